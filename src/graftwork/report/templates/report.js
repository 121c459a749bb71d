"use strict";
// Text from models and from mined code reaches the page as text nodes only; nothing here parses HTML.

function element(tag, options, ...children) {
  const made = document.createElement(tag);
  const { className, ...attributes } = options || {};
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// One metric of each subset at a time; without JavaScript all are shown.
for (const section of document.querySelectorAll(".heat-section")) {
  const chooser = section.querySelector(".chooser");
  const select = chooser.querySelector("select");
  const show = () => {
    for (const group of section.querySelectorAll(".heat-group")) group.hidden = group.id !== select.value;
  };
  section.classList.add("chosen");
  chooser.hidden = false;
  select.addEventListener("change", show);
  show();
}

const source = document.getElementById("examples-data");
if (source) browse(JSON.parse(source.textContent));

function browse({ approaches, items, texts }) {
  const browser = document.getElementById("browser");
  const form = browser.querySelector("form");
  const picker = browser.querySelector("select[name=item]");
  const back = browser.querySelector("button[name=back]");
  const forth = browser.querySelector("button[name=forth]");
  const status = browser.querySelector("[role=status]");
  const article = browser.querySelector("article");
  let matching = [];

  const outcomes = [
    ["", "any"], ["exact", "exact at the end"], ["inexact", "not exact at the end"],
    ["changed", "changed by later tasks"], ["unparsed", "syntax error at the end"],
  ];
  const distinct = (key) => [...new Set(items.map((item) => item[key]))];
  const fill = (name, entries) => form.elements[name].append(...entries.map(([value, label]) => element("option", { value }, label)));
  const choices = (names) => [["", "all"], ...names.map((name) => [name, name])];
  fill("task", choices(distinct("task")));
  fill("subset", choices(distinct("subset")));
  fill("approach", choices(approaches));
  fill("outcome", outcomes);

  // An approach's outputs for an item, earliest first: when its task was trained, then at the end.
  const outputsOf = (item, approach) => item.outputs.filter((output) => output.approach === approach);
  const shownApproaches = () => (form.elements.approach.value ? [form.elements.approach.value] : approaches);

  function hasOutcome(item, wanted) {
    return shownApproaches().some((approach) => {
      const outputs = outputsOf(item, approach);
      if (!outputs.length) return false;
      const end = outputs[outputs.length - 1];
      if (wanted === "exact") return end.exact === true;
      if (wanted === "inexact") return end.exact === false;
      if (wanted === "unparsed") return end.parses === false;
      return end.text !== outputs[0].text;
    });
  }

  function hasText(item, wanted) {
    const outputs = item.outputs.filter((output) => shownApproaches().includes(output.approach));
    return [item.prompt, item.reference, ...outputs.map((output) => output.text)]
      .some((number) => texts[number].toLowerCase().includes(wanted));
  }

  function filter() {
    const { task, subset, outcome, text } = form.elements;
    const wanted = text.value.trim().toLowerCase();
    matching = items.filter((item) =>
      (!task.value || item.task === task.value) && (!subset.value || item.subset === subset.value) &&
      (!outcome.value || hasOutcome(item, outcome.value)) && (!wanted || hasText(item, wanted)));
    picker.replaceChildren(...matching.map((item, number) =>
      element("option", { value: number }, `${number + 1}. ${item.task}, ${item.subset}: ${texts[item.prompt].replace(/\s+/g, " ").slice(0, 90)}`)));
    picker.disabled = !matching.length;
    show(0);
  }

  function show(number) {
    picker.selectedIndex = number;
    back.disabled = number <= 0;
    forth.disabled = number >= matching.length - 1;
    status.textContent = matching.length ? `${number + 1} of ${matching.length}` : "None match.";
    article.hidden = !matching.length;
    if (matching.length) article.replaceChildren(...drawItem(matching[number]));
  }

  function drawItem(item) {
    const parts = [
      element("p", { className: "tags" }, `${item.task}, ${item.subset}, id ${item.id}`),
      element("h3", {}, "Description"),
      element("p", { className: "prompt", dir: "auto" }, texts[item.prompt]),
      element("h4", {}, "Reference"),
      code(item.reference),
    ];
    if (item.base) {
      const summary = element("summary", {}, "What the untouched base wrote");
      parts.push(element("details", {}, summary, moment("", item.base), code(item.base.text, item)));
    }
    // Approaches that wrote the same stand together.
    const groups = new Map();
    for (const approach of shownApproaches()) {
      const outputs = outputsOf(item, approach);
      const key = outputs.map((output) => `${output.after} ${output.text}`).join();
      if (!outputs.length) continue;
      if (groups.has(key)) groups.get(key).names.push(approach);
      else groups.set(key, { names: [approach], outputs });
    }
    for (const { names, outputs } of groups.values()) parts.push(drawOutputs(item, names.join(", "), outputs));
    return parts;
  }

  function drawOutputs(item, heading, outputs) {
    const first = outputs[0];
    const end = outputs[outputs.length - 1];
    const moments = element("div", { className: "moments" });
    if (outputs.length > 1 && first.text === end.text) {
      moments.append(drawOutput(item, first, `after ${first.after}, and the same after ${end.after}`));
    } else {
      moments.append(...outputs.map((output) => drawOutput(item, output, `after ${output.after}`)));
    }
    return element("section", { className: "output" }, element("h4", {}, heading), moments);
  }

  // An exact output is not written out once more: it is the reference.
  const drawOutput = (item, output, label) =>
    output.exact ? element("div", {}, moment(label, output)) : element("div", {}, moment(label, output), code(output.text, item));

  function moment(label, output) {
    const line = element("p", { className: "moment" }, label);
    const badge = (kind, text) => line.append(element("span", { className: `badge ${kind}` }, text));
    if (output.exact === true) badge("good", "✓ exact: the reference, line by line");
    if (output.exact === false) badge("plain", "not exact");
    if (output.parses === true && !output.exact) badge("plain", "valid syntax");
    if (output.parses === false) badge("bad", "✗ syntax error");
    if (output.similarity !== null && !output.exact) badge("plain", `similarity ${output.similarity.toFixed(2)}`);
    return line;
  }

  // A code block; given the item, lines that its reference does not hold are marked.
  function code(number, item) {
    const text = texts[number];
    const body = element("code", {});
    if (!text.trim()) {
      body.append(element("em", {}, "nothing"));
    } else if (!item) {
      body.append(text);
    } else {
      const known = new Set(texts[item.reference].split("\n").map((line) => line.trim()));
      text.split("\n").forEach((line, index) => {
        if (index) body.append("\n");
        body.append(known.has(line.trim()) ? line : element("span", { className: "differs" }, line));
      });
    }
    return element("pre", { tabindex: "0" }, body);
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  picker.addEventListener("change", () => show(picker.selectedIndex));
  back.addEventListener("click", () => show(picker.selectedIndex - 1));
  forth.addEventListener("click", () => show(picker.selectedIndex + 1));
  browser.hidden = false;
  filter();
}
