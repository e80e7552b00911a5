// Plain facts: notes, tiles of figures, definition lists and tables, one after another. A cell may hold a button, with
// the one that is to have the focus once what it does is drawn (`after`).
const cellOf = (cell) => (typeof cell === "string" ? make("td", { text: cell }) : make("td", {},
  make("button", { type: "button", classes: "tk-cell-button", data: { press: String(cell.press), ...(cell.after === undefined ? {} : { after: String(cell.after) }) }, text: cell.button, "aria-label": cell.label })));
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
let pressed = null;
const buttons = () => [...root.querySelectorAll(".tk-cell-button")];
// Who works with the keyboard stays where they were: on the same button, or on the one in its place.
const focusAgain = (held, place) => {
  const { press, after } = held.dataset;
  const isMoved = held === pressed && after !== undefined;
  const same = buttons().find((button) => button.dataset.press === (isMoved ? after : press));
  const nearest = isMoved ? null : buttons()[Math.min(place, buttons().length - 1)];
  (same || nearest || root.querySelector(".tk-scroll") || root).focus({ preventScroll: true });
};
const draw = () => {
  const blocks = view().blocks || [];
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  const place = buttons().indexOf(held);
  root.replaceChildren(...blocks.map((block) => drawers[block.type](block)));
  if (held) focusAgain(held, place);
};
root.tabIndex = -1;
element.addEventListener("click", (event) => {
  pressed = event.target.closest(".tk-cell-button");
  if (pressed) trigger('press', { number: Number(pressed.dataset.press) });
});
watch("value", draw);
draw();
