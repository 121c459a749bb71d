// Two approaches against each other: what the records say of every difference, and on which items they part.

const duels = dataOf("duel-data");
if (duels) compareTwo(duels);

function compareTwo({ approaches, start, places, verdicts, rows }) {
  const section = document.getElementById("compare");
  const form = section.querySelector("form");
  const { a: first, b: second } = form.elements;
  const differences = section.querySelector(".duel");
  const items = section.querySelector(".parted");
  const solved = (dataOf("examples-data") || { solved: [] }).solved;

  // The records hold each pair once; seen from the other side, every sign turns and the interval's ends change places.
  const turned = (text) =>
    text.includes(" to ") ? text.split(" to ").reverse().map(turned).join(" to ")
      : text.startsWith("+") ? `\u2212${text.slice(1)}` : text.startsWith("\u2212") ? `+${text.slice(1)}` : text;

  function recordsOf(a, b) {
    return rows.filter(([one, other]) => (one === a && other === b) || (one === b && other === a))
      .map(([one, , place, verdict, ...cells]) => {
        const full = [...cells, ...Array(6 - cells.length).fill("–")];
        const [difference, interval, p, effect, ...rest] = full;
        const side = one === a ? (text) => text : turned;
        return { place: places[place], verdict: verdicts[verdict], numbers: [side(difference), side(interval), p, side(effect), ...rest] };
      })
      .sort((x, y) => places.indexOf(x.place) - places.indexOf(y.place));
  }

  function drawTable(id, caption, headings, bodyRows) {
    const head = element("tr", {}, ...headings.map(([label, kind]) => element("th", { scope: "col", className: kind || "" }, label)));
    const table = element("table", { className: "data" }, element("caption", { id }, element("span", {}, caption)),
      element("thead", {}, head), element("tbody", {}, ...bodyRows));
    if (bodyRows.length > 1) makeSortable(table);
    return element("div", { className: "scroll", role: "region", tabindex: "0", "aria-labelledby": id }, table);
  }

  function drawDifferences(a, b) {
    const [one, other] = [approaches[a], approaches[b]];
    const headings = [["Subset"], ["Metric"], ["Statistic"], [one, "number"], [other, "number"], ["Difference", "number"],
      ["95\u00a0% interval", "number"], ["Verdict"], ["Corrected p", "number"], ["Effect size", "number"],
      ["Noise floor", "number"], ["Seeds", "number"]];
    const drawn = recordsOf(a, b).map(({ place, verdict, numbers }) => {
      const number = (text) => element("td", { className: "number" }, text);
      return element("tr", { "data-subset": place.subset, "data-metric": place.metric },
        element("th", { scope: "row" }, place.subset), element("td", {}, place.metric), element("td", { className: "short" }, place.statistic),
        number(place.own[a]), number(place.own[b]), number(numbers[0]), number(numbers[1]),
        element("td", { className: "long" }, verdict), ...numbers.slice(2).map(number));
    });
    if (!drawn.length) return element("p", { className: "lacks" }, "The records hold no difference between these two.");
    return drawTable("duel-differences", `${one} less ${other}`, headings, drawn);
  }

  function drawItems(a, b) {
    const [one, other] = [approaches[a], approaches[b]];
    if (!solved.length) return [];
    const headings = [["Task"], ["Subset"], ["Both right", "number"], [`Only ${one}`, "number"], [`Only ${other}`, "number"],
      ["Both wrong", "number"], ["Right means"]];
    const drawn = solved.map(({ task, subset, right, marks }) => {
      const pairs = [...marks[a]].map((mark, item) => mark + marks[b][item]);
      const cells = [["11", "both"], ["10", "first"], ["01", "second"], ["00", "neither"]].map(([wanted, outcome]) =>
        countCell(pairs.filter((pair) => pair === wanted).length, { task, subset, outcome, one, other }));
      return element("tr", { "data-task": task, "data-subset": subset },
        element("th", { scope: "row" }, task), element("td", {}, subset), ...cells, element("td", {}, right));
    });
    return [drawTable("duel-items", "Items that one gets right at the end and the other not", headings, drawn)];
  }

  // A count that leads to its items in the example browser.
  function countCell(count, { task, subset, outcome, one, other }) {
    const cell = element("td", { className: "number", "data-sort": count });
    if (!count) {
      cell.append("0");
      return cell;
    }
    const label = `${count}: show these items of ${task}, ${subset}`;
    const button = element("button", { type: "button", className: "link", "aria-label": label }, String(count));
    button.addEventListener("click", () => showExamples({ task, subset, outcome, approach: one, beside: other }));
    cell.append(button);
    return cell;
  }

  function draw() {
    const [a, b] = [first.selectedIndex, second.selectedIndex];
    const same = a === b;
    differences.replaceChildren(same ? element("p", { className: "lacks" }, "Choose two different approaches.") : drawDifferences(a, b));
    items.replaceChildren(...(same ? [] : drawItems(a, b)));
    applyFilters(section);
  }

  function chosenByHand() {
    kept.set("compare", `${first.value},${second.value}`);
    keepInAddress();
    draw();
  }

  function fromAddress() {
    const wanted = (kept.get("compare") || "").split(",");
    if (wanted.length === 2 && wanted.every((name) => approaches.includes(name))) [first.value, second.value] = wanted;
    draw();
  }

  for (const select of [first, second]) fillSelect(select, approaches.map((name) => [name, name]));
  [first.value, second.value] = start;
  form.addEventListener("change", chosenByHand);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.swap.addEventListener("click", () => {
    [first.value, second.value] = [second.value, first.value];
    chosenByHand();
  });
  addEventListener("hashchange", fromAddress);
  section.hidden = false;
  fromAddress();
}
