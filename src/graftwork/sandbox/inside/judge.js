// Inside: run tests beside nothing but plain values; what they call of the program runs in the program's process.
const REPLIES = 3;
const REQUESTS = 4;
const RESULT = 5;
const NAME = /[A-Za-z_$][\w$]*/g;
const work = job();
const numbers = new WeakMap();
const receive = receiver(REPLIES);

class ProgramError extends Error {}

function numberOf(value) {
  if (!numbers.has(value)) throw new TypeError(`tests can hand plain values to a program, no ${typeof value}`);
  return numbers.get(value);
}

function errorOf([kind, text]) {
  const known = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error }[kind];
  return known ? new known(text) : new ProgramError(`${kind}: ${text}`);
}

function ask(called, given) {
  const sent = given.map((value) => (numbers.has(Object(value)) ? { remote: numberOf(value) } : encode(value, numberOf)));
  let reply = null;
  try {
    send(REQUESTS, { function: called, arguments: sent });
    reply = receive();
  } catch (error) {
    if (error.code !== "EPIPE") throw error;
  }
  if (reply === null) throw new ProgramError("the program ended before its tests did");
  if (reply.raised) throw errorOf(reply.raised);
  for (const [index, data] of Object.entries(reply.changed ?? {})) replace(given[index], decode(data, nested));
  const isRemote = typeof reply.value === "object" && reply.value !== null && "remote" in reply.value;
  return isRemote ? remote(reply.value.remote) : decode(reply.value, nested);
}

// Makes a container hold what another one holds.
function replace(old, made) {
  if (prototypeOf(old) !== prototypeOf(made)) throw new ProgramError("an argument came back as something else");
  if (old instanceof Map || old instanceof Set) {
    old.clear();
    made.forEach((item, key) => (old instanceof Map ? old.set(key, item) : old.add(item)));
    return;
  }
  if (isArray(old)) old.length = 0;
  for (const key of Object.keys(old)) delete old[key];
  Object.assign(old, made);
}

// Something in the program's process that cannot travel: callable, with properties, equal to nothing but itself.
const remotes = new Map();
function remote(number) {
  if (remotes.has(number)) return remotes.get(number);
  const made = new Proxy(function () {}, {
    apply: (_, self, given) => ask({ remote: number }, given),
    construct: (_, given) => Object(ask("construct", [made, ...given])),
    get: (_, name) => (typeof name === "symbol" ? undefined : (checkObjects(), ask("get", [made, name]))),
    set: (_, name, value) => (checkObjects(), ask("set", [made, name, value]), true),
  });
  numbers.set(made, number);
  remotes.set(number, made);
  return made;
}

// Attributes and objects inside values are refused, unless the tests are said to work on the program's objects:
// `f(2).includes(5)` would else hand the expected value to an object of the program, and take its word.
function checkObjects() {
  if (!work.objects) throw new ProgramError("the program gave back an object of its own, and the tests are not said to use such");
}

function nested(number) {
  checkObjects();
  return remote(number);
}

function check(value, ...messages) {
  if (!value) throw new Error(`assertion failed ${messages.join(" ")}`.trim());
}

// The names that tests use and that are not built in, so that no program can put its own JSON or Math in their place.
function namesIn(code) {
  return [...new Set(code.match(NAME))].filter((name) => {
    try {
      new Function(`let ${name}`); // throws for words of the language
      return !(name in globalThis) && name !== "require";
    } catch {
      return false;
    }
  });
}

function judge({ setup, test, names: given }) {
  try {
    console.assert = check;
    const code = script(`${setup}\n${test}`);
    const wanted = given ?? namesIn(code);
    const found = ask("find", [[...wanted]]); // a copy: what is handed over, the other side may change
    const names = wanted.filter((name) => Object.hasOwn(found, name));
    new Function("require", ...names, `{\n${code}\n}`)(require, ...names.map((name) => remote(found[name])));
    return { passed: true, reason: "" };
  } catch (error) {
    const [kind, text] = reasonOf(error);
    return { passed: false, reason: text ? `${kind}: ${text}` : kind };
  }
}

send(RESULT, judge(work));
process.exit(0);
