// One bar of choices that acts on every table, chart and example. What something is about stands in its attributes
// data-approach, data-task, data-subset and data-metric; several values are joined by |. The address keeps the choice.

const FACETS = ["approach", "task", "subset", "metric"];
const bar = document.getElementById("filters");
const boxesOf = (facet) => [...bar.querySelectorAll(`input[name=${facet}]`)];
// Facet -> all its values; a facet that the study has one value of has no boxes and chooses nothing.
const known = Object.fromEntries(FACETS.map((facet) => [facet, new Set(boxesOf(facet).map((box) => box.value))]));
// Facet -> the values chosen; none means all.
const chosen = Object.fromEntries(FACETS.map((facet) => [facet, new Set()]));
const listeners = [];
// What other parts want the address to keep besides: name -> words without spaces, joined by commas.
const kept = new Map();

const isShown = (facet, value) => !chosen[facet].size || !known[facet].has(value) || chosen[facet].has(value);

// Of something about two approaches, both must be chosen once two are.
function matches(marked) {
  return FACETS.every((facet) => {
    const text = marked.dataset[facet];
    if (text === undefined || !chosen[facet].size) return true;
    const values = text.split("|").filter((value) => known[facet].has(value));
    const hits = values.filter((value) => chosen[facet].has(value)).length;
    return !values.length || hits >= Math.min(values.length, chosen[facet].size, 2);
  });
}

// Inside a chart, what is not chosen stays as a pale shape, so that scales and places keep their meaning.
function fadeSeries() {
  const approaches = [...known.approach];
  for (const drawn of document.querySelectorAll("[data-series]")) {
    drawn.classList.toggle("pale", !isShown("approach", approaches[drawn.dataset.series]));
  }
}

function tellEmpty() {
  for (const region of document.querySelectorAll("main .scroll")) {
    const rows = [...region.querySelectorAll("tbody tr")];
    region.classList.toggle("empty", rows.length > 0 && rows.every((row) => row.classList.contains("filtered")));
  }
  for (const group of document.querySelectorAll(".charts, .heat-maps, .duel")) {
    const parts = [...group.children];
    group.classList.toggle("empty", parts.length > 0 && parts.every((part) => part.classList.contains("filtered")));
  }
}

// Show what was chosen in everything under ``root``; sections that draw new things call it again for them.
function applyFilters(root) {
  for (const marked of root.querySelectorAll(FACETS.map((facet) => `[data-${facet}]`).join())) {
    marked.classList.toggle("filtered", !matches(marked));
  }
  fadeSeries();
  tellEmpty();
}

function tellChoice() {
  let count = 0;
  for (const facet of FACETS) {
    const said = bar.querySelector(`.facet[data-of=${facet}] output`);
    if (!said) continue;
    const values = [...chosen[facet]];
    count += values.length;
    said.textContent = !values.length ? "all" : values.length === 1 ? values[0] : `${values.length} of ${known[facet].size}`;
    for (const box of boxesOf(facet)) box.checked = chosen[facet].has(box.value);
  }
  const words = FACETS.filter((facet) => chosen[facet].size).map((facet) => `${facet} ${[...chosen[facet]].join(", ")}`);
  bar.querySelector("[role=status]").textContent = count ? `Shown: ${words.join("; ")}` : "";
  bar.querySelector("button[name=reset]").hidden = !count;
}

function choiceChanged() {
  tellChoice();
  applyFilters(document.querySelector("main"));
  for (const listener of listeners) listener();
}

// #section?approach=lora,hybrid&subset=mined: a place on the page, and the choice.
function addressOf(place) {
  const parts = FACETS.filter((facet) => chosen[facet].size)
    .map((facet) => `${facet}=${[...chosen[facet]].map(encodeURIComponent).join(",")}`);
  for (const [name, words] of kept) parts.push(`${name}=${words}`);
  return parts.length ? `#${place}?${parts.join("&")}` : place ? `#${place}` : location.pathname + location.search;
}

function readAddress() {
  const [place, choice] = location.hash.slice(1).split("?");
  if (choice === undefined) return { place, found: false };
  const wanted = new Map(choice.split("&").map((part) => part.split("=")));
  if (wanted.has("compare")) kept.set("compare", wanted.get("compare"));
  for (const facet of FACETS) {
    const values = (wanted.get(facet) || "").split(",").map(decoded);
    chosen[facet] = new Set(values.filter((value) => known[facet].has(value)));
  }
  return { place, found: true };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // an address that was cut: what is left of it chooses nothing
  }
}

function keepInAddress() {
  history.replaceState(null, "", addressOf(location.hash.slice(1).split("?")[0]));
}

function goTo(place) {
  const target = place && document.getElementById(place);
  if (target) target.scrollIntoView();
}

bar.addEventListener("change", (event) => {
  const { name, value, checked } = event.target;
  if (!known[name]) return;
  if (checked) chosen[name].add(value);
  else chosen[name].delete(value);
  // In the order of the study, whichever was clicked first.
  chosen[name] = new Set([...known[name]].filter((each) => chosen[name].has(each)));
  choiceChanged();
  keepInAddress();
});
bar.addEventListener("submit", (event) => event.preventDefault());
bar.querySelector("button[name=reset]").addEventListener("click", () => {
  for (const facet of FACETS) chosen[facet].clear();
  choiceChanged();
  keepInAddress();
  bar.querySelector("summary, button[name=theme]").focus();
});
// The boxes of one facet are open at a time; Escape, or a click elsewhere, closes them.
document.addEventListener("click", (event) => {
  for (const open of bar.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
});
bar.addEventListener("keydown", (event) => {
  const open = event.target.closest("details[open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
// A link to a section keeps the choice; an address with a choice, pasted or gone back to, makes it.
addEventListener("hashchange", () => {
  const { place, found } = readAddress();
  if (found) choiceChanged();
  keepInAddress();
  if (found) goTo(place);
});

const atFirst = readAddress();
bar.hidden = false;
if (atFirst.found) choiceChanged();
// The other parts still change the heights of what stands above.
addEventListener("load", () => goTo(atFirst.place));
