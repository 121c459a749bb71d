"use strict";
// What the other parts share. Text from models and from mined code reaches the page as text nodes only; nothing in
// these scripts parses HTML.

function element(tag, options, ...children) {
  const made = document.createElement(tag);
  const { className, ...attributes } = options || {};
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A block of JSON that stands in the page; null where the study has none.
function dataOf(id) {
  const source = document.getElementById(id);
  return source && JSON.parse(source.textContent);
}

function fillSelect(select, entries) {
  select.replaceChildren(...entries.map(([value, label]) => element("option", { value }, label)));
}

// Light and dark; the page's own first colours were chosen in the head.
{
  const button = document.querySelector("button[name=theme]");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const tell = () => button.setAttribute("aria-pressed", isDark());
  button.addEventListener("click", () => {
    setTheme(isDark() ? "light" : "dark");
    tell();
  });
  dark.addEventListener("change", tell);
  tell();
}

// Paper shows what is folded away on the screen, and folds it again.
{
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open]):not(.facet)")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}
