// Inside: load a program and do with it what is asked for, over a channel or for a list of inputs.
const vm = require("vm");
const REQUESTS = 3;
const REPLIES = 4;
const RESULT = 5;

function load(program) {
  globalThis.require = require;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  vm.runInThisContext(script(program), { filename: "program" });
}

// The value of a name at the top of the program, where `const` and `class` are no properties of the global object.
function valueOf(name) {
  if (!vm.runInThisContext(`typeof ${name} !== "undefined"`)) return globalThis.module?.exports?.[name];
  return vm.runInThisContext(name);
}

function serve(program) {
  const kept = [];
  const keep = (value) => {
    const known = kept.indexOf(value);
    return known >= 0 ? known : kept.push(value) - 1;
  };
  const remote = (number) => kept[number];
  const functions = {
    find: (names) => {
      const found = {};
      for (const name of names) {
        const value = valueOf(name);
        if (value !== undefined) found[name] = keep(value);
      }
      return found;
    },
    get: (value, name) => (typeof value[name] === "function" ? value[name].bind(value) : value[name]),
    set: (value, name, item) => void (value[name] = item),
    construct: (value, ...rest) => new value(...rest),
  };
  let failure = null;
  try {
    load(program);
  } catch (error) {
    failure = reasonOf(error);
  }
  const answer = (ask) => {
    if (failure) return { raised: failure };
    try {
      const given = ask.arguments.map((data) => decode(data, remote));
      const called = typeof ask.function === "string" ? functions[ask.function] : kept[ask.function.remote];
      const reply = { value: encode(called(...given), keep), changed: {} };
      given.forEach((value, index) => {
        if (typeof value !== "object" || value === null || "remote" in ask.arguments[index]) return;
        const after = encode(value, keep);
        if (stringify(after) !== stringify(ask.arguments[index])) reply.changed[index] = after;
      });
      return reply;
    } catch (error) {
      return { raised: reasonOf(error) };
    }
  };
  const receive = receiver(REQUESTS);
  for (let ask = receive(); ask !== null; ask = receive()) send(REPLIES, answer(ask));
}

// The value if JSON can say it.
function plain(value) {
  if (value === null || ["boolean", "string"].includes(typeof value)) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (isArray(value)) return Array.from(value, plain);
  if (typeof value === "object" && ARRAYS.includes(prototypeOf(value))) {
    return { __proto__: null, ...Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) };
  }
  throw new TypeError(`JSON has no ${typeof value === "number" ? value : typeof value}`);
}

function runCases(program, name, cases) {
  const results = [];
  try {
    load(program);
    const called = valueOf(name);
    for (const given of cases) results.push({ value: plain(called(...given)) });
  } catch (error) {
    results.push({ raised: reasonOf(error) });
  }
  return results;
}

const order = job();
if (order.cases) send(RESULT, runCases(order.program, order.function, order.cases));
else serve(order.program);
process.exit(0);
