// Plain facts: notes, tiles of figures, definition lists and tables, one after another. A cell may hold a button.
const cellOf = (cell) => (typeof cell === "string" ? make("td", { text: cell }) : make("td", {},
  make("button", { type: "button", classes: "tk-cell-button", data: { press: String(cell.press) }, text: cell.button, "aria-label": cell.label })));
const drawers = {
  note: (block) => make("div", { classes: "tk-note", data: { tone: block.tone }, role: block.is_urgent ? "alert" : "status" },
    block.title ? make("p", { classes: "tk-note-title", text: block.title }) : null,
    ...block.lines.map((line) => make("p", { text: line }))),
  heading: (block) => make("h2", { text: block.text }),
  tiles: (block) => make("div", { classes: "tk-tiles" }, ...block.items.map((item) =>
    make("div", { classes: "tk-tile" },
      make("span", { classes: "tk-figure", text: item.figure }),
      make("span", { classes: "tk-caption", text: item.caption }),
      item.hint ? make("span", { classes: "tk-hint", text: item.hint }) : null))),
  facts: (block) => make("dl", {}, ...block.rows.flatMap(([name, entry]) => [make("dt", { text: name }), make("dd", { text: entry })])),
  table: (block) => make("div", { classes: "tk-scroll", tabindex: "0", role: "region", "aria-label": block.label }, make("table", {},
    make("thead", {}, make("tr", {}, ...block.head.map((cell) => make("th", { text: cell, scope: "col" })))),
    make("tbody", {}, ...block.rows.map((row) => make("tr", {}, ...row.map(cellOf)))))),
  keys: (block) => make("dl", { classes: "tk-keys" }, ...block.rows.flatMap(([key, entry]) =>
    [make("dt", {}, make("kbd", { text: key })), make("dd", { text: entry })])),
};
const draw = () => {
  const blocks = view().blocks || [];
  root.replaceChildren(...blocks.map((block) => drawers[block.type](block)));
};
element.addEventListener("click", (event) => {
  const button = event.target.closest(".tk-cell-button");
  if (button) trigger('press', { number: Number(button.dataset.press) });
});
watch("value", draw);
draw();
