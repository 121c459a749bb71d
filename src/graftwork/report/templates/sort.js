// Tables sort by a click on a heading: upwards, downwards, and back to the order they came in.

const UNITS = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };
const SECONDS = { s: 1, min: 60, h: 3600, d: 86400 };
const NUMBER = /^([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)(?:\s*(kB|MB|GB|TB|PB|[kMGTPEB])(?![A-Za-z]))?/;

// What a cell's text is as a number: its first one, signs, units and durations understood; null where it holds none.
function numberIn(text) {
  const plain = text.trim().replace(/\u2212/g, "-").replace(/\u00a0/g, " ");
  const duration = plain.match(/^[\d.]+ (?:s|min|h|d)\b/);
  if (duration) {
    return [...plain.matchAll(/([\d.]+) (s|min|h|d)\b/g)].reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit], 0);
  }
  const found = plain.match(NUMBER);
  return found && Number(found[1].replace(/,/g, "")) * (UNITS[found[2]] || 1);
}

// What a cell is sorted by: a number, or its text.
function sortKey(cell) {
  if (!cell) return null;
  const own = cell.dataset.sort;
  if (own !== undefined) return own === "" || Number.isNaN(Number(own)) ? own : Number(own);
  const text = cell.textContent.trim();
  if (text === "" || text === "–") return null;
  return cell.classList.contains("number") ? numberIn(text) : text;
}

const collator = new Intl.Collator("en", { numeric: true });

// Negative, 0 or positive, as Array.sort wants it; a cell without a value comes last in both directions.
function compareKeys(a, b, direction) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return direction * (a - b);
  return direction * collator.compare(String(a), String(b));
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const original = [...body.rows];

  function sortBy(column, direction) {
    headings.forEach((heading, index) => {
      if (index === column && direction) heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else heading.removeAttribute("aria-sort");
    });
    if (!direction) return body.append(...original);
    // Rows that are equal here stay in the order they are in: sorting by one column, then another, works as hoped.
    const keyed = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[column]) }));
    keyed.sort((a, b) => compareKeys(a.key, b.key, direction));
    return body.append(...keyed.map(({ row }) => row));
  }

  headings.forEach((heading, column) => {
    const button = element("button", { type: "button", className: "sorter" });
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort");
      sortBy(column, now === "ascending" ? -1 : now === "descending" ? 0 : 1);
    });
  });
}

for (const table of document.querySelectorAll("table.data:not(.fixed)")) {
  if (table.tHead && table.tBodies[0].rows.length > 1) makeSortable(table);
}
