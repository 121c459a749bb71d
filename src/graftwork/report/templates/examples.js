// The example browser: items by approach, task, subset, outcome and text, one approach or two side by side, in pages.

let showExamples = () => {};
const examples = dataOf("examples-data");
if (examples) browse(examples);

function browse({ approaches, start, moments, items, texts }) {
  const PAGE = 5;
  const browser = document.getElementById("browser");
  const form = browser.querySelector("form");
  const { task, subset, approach, beside, outcome, text } = form.elements;
  const pagers = [...browser.querySelectorAll(".pager")];
  const list = browser.querySelector(".items");
  const status = browser.querySelector("[role=status]");
  const small = texts.map((each) => each.toLowerCase());
  let matching = [];
  let page = 0;

  // Who is looked at: those chosen here, or all that the filter bar shows.
  const looked = () => [...new Set([approach.value, beside.value].filter(Boolean))];
  const shownApproaches = () => (approach.value ? looked() : approaches.filter((name) => isShown("approach", name)));

  // What approach, moment, text, right, exact, parses and similarity of an output are called here.
  const opened = ([writer, after, number, right, exact, parses, similarity]) =>
    ({ writer: approaches[writer], after: moments[after], number, right, exact, parses, similarity });
  // An approach's outputs for an item, earliest first: when its task was trained, then at the end.
  const outputsOf = (item, name) => item.outputs.filter(([writer]) => approaches[writer] === name).map(opened);
  const endOf = (item, name) => outputsOf(item, name).at(-1);

  const OUTCOMES = [
    ["", "any"], ["right", "right at the end"], ["wrong", "wrong at the end"], ["unparsed", "syntax error at the end"],
    ["changed", "changed by later tasks"], ["first", "only the first is right"], ["second", "only the second is right"],
    ["both", "both are right"], ["neither", "both are wrong"], ["differ", "the two differ"],
  ];
  const OF_TWO = { first: [1, 0], second: [0, 1], both: [1, 1], neither: [0, 0] };

  function hasOutcome(item, wanted) {
    if (wanted in OF_TWO || wanted === "differ") {
      const [one, other] = [endOf(item, approach.value), endOf(item, beside.value)];
      if (!one || !other) return false;
      return wanted === "differ" ? one.number !== other.number : one.right === OF_TWO[wanted][0] && other.right === OF_TWO[wanted][1];
    }
    return shownApproaches().some((name) => {
      const outputs = outputsOf(item, name);
      if (!outputs.length) return false;
      const end = outputs.at(-1);
      if (wanted === "right") return end.right === 1;
      if (wanted === "wrong") return end.right === 0;
      if (wanted === "unparsed") return end.parses === 0;
      return end.number !== outputs[0].number;
    });
  }

  function filter() {
    const words = text.value.trim().toLowerCase();
    const found = words && new Set(small.flatMap((each, number) => (each.includes(words) ? [number] : [])));
    const names = new Set(shownApproaches());
    const hasText = (item) => found.has(item.prompt) || found.has(item.reference) ||
      item.outputs.some(([writer, , number]) => names.has(approaches[writer]) && found.has(number));
    matching = items.filter((item) =>
      (!task.value || item.task === task.value) && (!subset.value || item.subset === subset.value) &&
      isShown("task", item.task) && isShown("subset", item.subset) &&
      (!outcome.value || hasOutcome(item, outcome.value)) && (!words || hasText(item)));
    show(0);
  }

  // Outcomes of two approaches can only be asked for when two are chosen.
  function offer() {
    const two = looked().length === 2;
    for (const option of outcome.options) option.disabled = !two && (option.value in OF_TWO || option.value === "differ");
    if (outcome.selectedOptions[0].disabled) outcome.value = "";
    beside.disabled = !approach.value;
  }

  function show(number) {
    const pages = Math.max(1, Math.ceil(matching.length / PAGE));
    page = Math.min(Math.max(0, number), pages - 1);
    const from = page * PAGE;
    const visible = matching.slice(from, from + PAGE);
    list.replaceChildren(...visible.map((item, index) => drawItem(item, from + index + 1)));
    status.textContent = matching.length
      ? `${matching.length} of ${items.length} items match; ${from + 1} to ${from + visible.length} are shown.` : "No item matches.";
    for (const pager of pagers) {
      pager.hidden = pages < 2;
      pager.querySelector("button[name=back]").disabled = page === 0;
      pager.querySelector("button[name=forth]").disabled = page === pages - 1;
      const select = pager.querySelector("select");
      if (select.length !== pages) fillSelect(select, [...Array(pages).keys()].map((each) => [each, `Page ${each + 1} of ${pages}`]));
      select.value = page;
    }
  }

  function drawItem(item, number) {
    const heading = `item-${number}`;
    const names = shownApproaches();
    const article = element("article", { "aria-labelledby": heading },
      element("h3", { id: heading }, `${number}. ${item.task}, ${item.subset}`),
      element("p", { className: "tags" }, `id ${item.id}`),
      element("p", { className: "prompt", dir: "auto" }, texts[item.prompt]),
      element("h4", {}, "Reference"), code(item.reference));
    if (item.base) {
      const base = opened(item.base);
      article.append(element("details", {}, element("summary", {}, "What the untouched base wrote"), moment("", base), code(base.number, item)));
    }
    if (names.length === 2 && approach.value) {
      article.append(element("div", { className: "beside" }, ...names.map((name) => drawOutputs(item, name, outputsOf(item, name)))));
      return article;
    }
    // Approaches that wrote the same stand together.
    const groups = new Map();
    for (const name of names) {
      const outputs = outputsOf(item, name);
      const key = outputs.map((output) => `${output.after} ${output.number}`).join();
      if (!outputs.length) continue;
      if (groups.has(key)) groups.get(key).names.push(name);
      else groups.set(key, { names: [name], outputs });
    }
    for (const group of groups.values()) article.append(drawOutputs(item, group.names.join(", "), group.outputs));
    return article;
  }

  function drawOutputs(item, heading, outputs) {
    const [early, end] = [outputs[0], outputs.at(-1)];
    const parts = element("div", { className: "moments" });
    if (!outputs.length) {
      parts.append(element("p", { className: "lacks" }, "Nothing recorded."));
    } else if (outputs.length > 1 && early.number === end.number) {
      parts.append(drawOutput(item, early, `after ${early.after}, and the same after ${end.after}`));
    } else {
      parts.append(...outputs.map((output) => drawOutput(item, output, `after ${output.after}`)));
    }
    return element("section", { className: "output" }, element("h4", {}, heading), parts);
  }

  // An exact output is not written out once more: it is the reference.
  const drawOutput = (item, output, label) =>
    element("div", {}, moment(label, output), ...(output.exact ? [] : [code(output.number, item)]));

  function moment(label, output) {
    const line = element("p", { className: "moment" }, label);
    const badge = (kind, words) => line.append(element("span", { className: `badge ${kind}` }, words));
    if (output.right === 1 && !output.exact) badge("good", "✓ passes its tests");
    if (output.exact) badge("good", "✓ exact: the reference, line by line");
    if (output.right === 0 && output.exact) badge("bad", "✗ fails its tests");
    if (output.exact === 0) badge("plain", "not exact");
    if (output.parses === 1 && !output.exact) badge("plain", "valid syntax");
    if (output.parses === 0) badge("bad", "✗ syntax error");
    if (output.similarity !== null && !output.exact) badge("plain", `similarity ${output.similarity.toFixed(2)}`);
    return line;
  }

  // A code block; given the item, lines that its reference does not hold are marked.
  function code(number, item) {
    const words = texts[number];
    const body = element("code", {});
    if (!words.trim()) {
      body.append(element("em", {}, "nothing"));
    } else if (!item) {
      body.append(words);
    } else {
      const reference = new Set(texts[item.reference].split("\n").map((line) => line.trim()));
      words.split("\n").forEach((line, index) => {
        if (index) body.append("\n");
        body.append(reference.has(line.trim()) ? line : element("span", { className: "differs" }, line));
      });
    }
    return element("pre", { tabindex: "0", "aria-label": "Code" }, body);
  }

  function turn(number) {
    show(number);
    status.parentElement.scrollIntoView({ block: "nearest" });
  }

  const distinct = (key) => [...new Set(items.map((item) => item[key]))];
  const choices = (none, names) => [["", none], ...names.map((name) => [name, name])];
  fillSelect(task, choices("all", distinct("task")));
  fillSelect(subset, choices("all", distinct("subset")));
  fillSelect(approach, choices("all", approaches));
  fillSelect(beside, choices("none", approaches));
  fillSelect(outcome, OUTCOMES);
  [approach.value, beside.value] = [start[0], start[1] || ""];
  form.addEventListener("input", () => {
    offer();
    filter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const pager of pagers) {
    pager.querySelector("button[name=back]").addEventListener("click", () => turn(page - 1));
    pager.querySelector("button[name=forth]").addEventListener("click", () => turn(page + 1));
    pager.querySelector("select").addEventListener("change", (event) => turn(Number(event.target.value)));
  }
  listeners.push(filter);
  showExamples = (wanted) => {
    text.value = "";
    for (const name of ["task", "subset", "approach", "beside"]) form.elements[name].value = wanted[name];
    offer();
    outcome.value = wanted.outcome;
    filter();
    document.getElementById("examples").scrollIntoView();
    form.elements.task.focus({ preventScroll: true });
  };
  browser.hidden = false;
  offer();
  filter();
}
