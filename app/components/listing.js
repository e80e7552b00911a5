// A list of one page of rows, with filters above and a pager below.
const badge = (row) => (row.badge ? make("span", { classes: "tk-badge", text: row.badge.text, data: { tone: row.badge.tone } }) : null);
const drawRow = (row) =>
  make("li", {}, make("button", {
    type: "button", classes: "tk-row", data: { id: String(row.id) }, "aria-current": row.is_open ? "true" : null,
  },
    make("span", { classes: "tk-title", text: row.title, dir: "auto" }),
    make("span", { classes: "tk-meta" }, badge(row), make("span", { text: row.meta }))));
const drawFilters = (value) =>
  make("div", { classes: "tk-filters", role: "group", "aria-label": value.filter_label },
    ...value.filters.map((entry) => make("button", {
      type: "button", classes: "tk-filter", data: { filter: entry.key }, "aria-pressed": entry.is_on ? "true" : "false",
    }, make("span", { text: entry.name }), make("span", { classes: "tk-count", text: entry.count }))));
const drawPager = (pager) =>
  make("div", { classes: "tk-pager" },
    make("button", { type: "button", data: { page: String(pager.page - 1) }, text: pager.back, disabled: pager.page <= 1 }),
    make("span", { text: pager.text }),
    make("button", { type: "button", data: { page: String(pager.page + 1) }, text: pager.next, disabled: pager.page >= pager.pages }));
const draw = () => {
  const value = view();
  const hadFocus = element.contains(document.activeElement) ? document.activeElement.dataset : null;
  root.replaceChildren();
  if (value.heading) root.append(make("h2", { text: value.heading }));
  if (value.filters && value.filters.length) root.append(drawFilters(value));
  if (value.empty) root.append(make("div", { classes: "tk-empty" },
    make("p", { classes: "tk-empty-title", text: value.empty.title }), make("p", { text: value.empty.hint })));
  if (value.rows && value.rows.length) root.append(make("ul", { "aria-label": value.label }, ...value.rows.map(drawRow)));
  if (value.pager && value.pager.pages > 1) root.append(drawPager(value.pager));
  if (!hadFocus) return;
  const again = hadFocus.id ? `[data-id="${CSS.escape(hadFocus.id)}"]` : hadFocus.filter ? `[data-filter="${CSS.escape(hadFocus.filter)}"]` : null;
  const node = again && root.querySelector(again);
  if (node) node.focus({ preventScroll: true });
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const { id, filter, page } = button.dataset;
  if (id) trigger('choose', { id: Number(id) });
  if (filter) trigger('filter', { state: filter });
  if (page) trigger('turn', { page: Number(page) });
});
watch("value", draw);
draw();
