// Inside: JavaScript values as JSON lines between a program and its tests, which are two processes.
// Plain values travel as copies; for anything else the other side holds a number. The harness around this file wraps
// it into a function, so that no name of it meets a name of the program.
const fs = require("fs");
const LARGEST_MESSAGE = 1 << 24;
const { parse, stringify } = JSON;
const isArray = Array.isArray;
const prototypeOf = Object.getPrototypeOf;
const ARRAYS = [Array.prototype, Object.prototype, null];

function encode(value, keep) {
  switch (typeof value) {
    case "undefined":
      return { undefined: 1 };
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { number: Object.is(value, -0) ? "-0" : `${value}` };
    case "bigint":
      return { bigint: `${value}` };
  }
  if (value === null) return null;
  if (isArray(value)) return Array.from(value, (item) => encode(item, keep));
  if (value instanceof Map) return { map: Array.from(value, ([key, item]) => [encode(key, keep), encode(item, keep)]) };
  if (value instanceof Set) return { set: Array.from(value, (item) => encode(item, keep)) };
  if (value instanceof Date) return { date: value.getTime() };
  if (typeof value === "object" && ARRAYS.includes(prototypeOf(value))) {
    return { object: Object.entries(value).map(([key, item]) => [key, encode(item, keep)]) };
  }
  return { remote: keep(value) };
}

function decode(data, remote) {
  if (isArray(data)) return data.map((item) => decode(item, remote));
  if (typeof data !== "object" || data === null) return data;
  const [[name, content]] = Object.entries(data);
  switch (name) {
    case "undefined":
      return undefined;
    case "number":
      return Number(content);
    case "bigint":
      return BigInt(content);
    case "map":
      return new Map(content.map(([key, item]) => [decode(key, remote), decode(item, remote)]));
    case "set":
      return new Set(content.map((item) => decode(item, remote)));
    case "date":
      return new Date(content);
    case "object": {
      const made = {};
      for (const [key, item] of content) {
        Object.defineProperty(made, key, { value: decode(item, remote), writable: true, enumerable: true, configurable: true });
      }
      return made;
    }
    case "remote":
      return remote(content);
  }
  throw new TypeError(`no value is called ${name}`);
}

function send(channel, message) {
  let data = Buffer.from(stringify(message) + "\n");
  while (data.length) data = data.subarray(fs.writeSync(channel, data));
}

// Returns a function that gives the next message, or null once the other side has ended.
function receiver(channel) {
  let pieces = [];
  let length = 0;
  const buffer = Buffer.alloc(1 << 16);
  return () => {
    for (;;) {
      const last = pieces.length ? pieces[pieces.length - 1] : Buffer.alloc(0);
      const end = last.indexOf(10);
      if (end >= 0) {
        const line = Buffer.concat([...pieces.slice(0, -1), last.subarray(0, end)]);
        pieces = [last.subarray(end + 1)];
        length = pieces[0].length;
        return parse(line.toString());
      }
      const read = fs.readSync(channel, buffer);
      if (read === 0) return null;
      pieces.push(Buffer.from(buffer.subarray(0, read)));
      length += read;
      if (length > LARGEST_MESSAGE) throw new Error("a value is too large to be handed over");
    }
  };
}

function reasonOf(error) {
  try {
    return error instanceof Error ? [`${error.name}`, `${error.message}`.slice(0, 500)] : ["Error", `${error}`.slice(0, 500)];
  } catch {
    return ["Error", ""];
  }
}

const job = () => parse(fs.readFileSync(0, "utf8")).job;
