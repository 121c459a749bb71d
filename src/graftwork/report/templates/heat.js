// One metric of each subset at a time, unless the filters name some; without JavaScript all are shown.

for (const section of document.querySelectorAll(".heat-section")) {
  const chooser = section.querySelector(".chooser");
  const select = chooser.querySelector("select");
  const groups = [...section.querySelectorAll(".heat-group")];
  const show = () => {
    const filtered = chosen.metric.size > 0;
    chooser.hidden = filtered || groups.length < 2;
    section.classList.toggle("chosen", !chooser.hidden);
    for (const group of groups) group.hidden = !filtered && group.id !== select.value;
  };
  select.addEventListener("change", show);
  listeners.push(show);
  show();
}
