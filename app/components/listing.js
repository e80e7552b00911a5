// A list of one page of rows; the inbox adds states, a filter bar, a line of progress, chips and bulk assignment.
const open = { more: null };
const chosen = new Set();
const typed = () => {
  const active = document.activeElement;
  if (!active || !root.contains(active)) return null;
  return { ...active.dataset, name: active.name, text: active.tagName === "INPUT" ? active.value : null };
};
const badge = (row) => (row.badge ? make("span", { classes: "tk-badge", text: row.badge.text, data: { tone: row.badge.tone } }) : null);
const drawChips = (row) => (row.chips && row.chips.length
  ? make("span", { classes: "tk-chips" }, ...row.chips.map((chip) => make("span", { classes: "tk-chip", text: chip.text, dir: "auto", data: { kind: chip.kind } })))
  : null);
const drawRow = (row) => {
  const box = row.select ? make("input", { type: "checkbox", classes: "tk-select", "aria-label": row.select, data: { select: String(row.id) } }) : null;
  if (box) box.checked = chosen.has(row.id);
  return make("li", { classes: box ? "tk-selectable" : "" }, box, make("button", {
    type: "button", classes: "tk-row", data: { id: String(row.id) }, "aria-current": row.is_open ? "true" : null,
  },
    make("span", { classes: "tk-title", text: row.title, dir: "auto" }),
    make("span", { classes: "tk-meta" }, badge(row), make("span", { text: row.meta })),
    drawChips(row)));
};
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
const drawSelect = (name, label, value, options, any) => {
  const list = make("select", { name, "aria-label": label, classes: "tk-field-input", data: { query: name } },
    any ? make("option", { value: "", text: any }) : null,
    ...(value && !options.some((entry) => entry.value === value) ? [make("option", { value, text: value })] : []),
    ...options.map((entry) => make("option", { value: entry.value, text: entry.text })));
  list.value = value || (any ? "" : options[0].value);
  return list;
};
const drawField = (label, control) => make("label", { classes: "tk-field" }, make("span", { text: label }), control);
const drawNumber = (bar, field) => {
  const held = bar.query[field.name];
  const control = make("input", { type: "number", name: field.name, min: "0", max: String(field.most), step: "any",
    classes: "tk-field-input", data: { query: field.name, factor: String(field.factor) } });
  control.value = held === undefined ? "" : String(Math.round(held * field.factor * 100) / 100);
  return drawField(field.label, control);
};
const drawViews = (views) => make("div", { classes: "tk-views", role: "group", "aria-label": views.label },
  ...views.entries.map((entry) => make("span", { classes: "tk-view" },
    make("button", { type: "button", text: entry.name, dir: "auto", data: { view: String(entry.id) } }),
    make("button", { type: "button", text: "×", "aria-label": `${views.forget}: ${entry.name}`, data: { forget: String(entry.id) } }))),
  make("input", { type: "text", name: "view-name", maxlength: "60", placeholder: views.name, "aria-label": views.name, classes: "tk-field-input", data: { viewname: "1" } }),
  make("button", { type: "button", text: views.keep, data: { keep: "1" } }));
const drawBar = (bar) => {
  const search = make("input", { type: "search", name: "text", maxlength: "200", placeholder: bar.search, "aria-label": bar.search, classes: "tk-search", data: { query: "text" } });
  search.value = bar.query.text || "";
  const more = make("details", { classes: "tk-more" },
    make("summary", { text: bar.more }),
    make("div", { classes: "tk-fields" },
      ...bar.choices.map((field) => drawField(field.label, drawSelect(field.name, field.label, field.value, field.options, bar.any))),
      ...bar.numbers.map((field) => drawNumber(bar, field))),
    drawViews(bar.views),
    make("button", { type: "button", classes: "tk-clear", text: bar.clear, data: { clear: "1" } }));
  more.open = open.more === null ? bar.is_open : open.more;
  more.addEventListener("toggle", () => { open.more = more.open; });
  return make("div", { classes: "tk-bar" }, search,
    drawField(bar.sort.label, drawSelect("sort", bar.sort.label, bar.sort.value, bar.sort.options, null)), more);
};
const drawStatus = (status) => make("p", { classes: "tk-status" }, make("span", { text: status.today }),
  status.oldest ? make("button", { type: "button", classes: "tk-oldest", text: status.oldest.text, data: { id: String(status.oldest.id) } }) : null);
const drawBulk = (bulk) => make("div", { classes: "tk-bulk" },
  make("input", { type: "text", name: "person", maxlength: "200", placeholder: bulk.person, "aria-label": bulk.person, classes: "tk-field-input", data: { person: "1" } }),
  make("button", { type: "button", text: bulk.assign, data: { assign: "1" } }));
const restore = (held) => {
  if (!held) return;
  const names = ["id", "filter", "query", "viewname", "person", "select", "page"];
  const name = names.find((one) => held[one]);
  const node = name && root.querySelector(`[data-${name}="${CSS.escape(held[name])}"]`);
  if (!node) return;
  if (held.text !== null && node.type !== "checkbox") node.value = held.text;
  node.focus({ preventScroll: true });
};
const showBulk = () => { const bulk = root.querySelector(".tk-bulk"); if (bulk) bulk.hidden = chosen.size === 0; };
const draw = () => {
  const value = view();
  const held = typed();
  const rows = value.rows || [];
  for (const id of value.assigned || []) chosen.delete(id);  // what was refused stays selected
  for (const id of [...chosen]) if (!rows.some((row) => row.id === id && row.select)) chosen.delete(id);
  root.replaceChildren();
  if (value.heading) root.append(make("h2", { text: value.heading }));
  if (value.filters && value.filters.length) root.append(drawFilters(value));
  if (value.bar) root.append(drawBar(value.bar));
  if (value.status) root.append(drawStatus(value.status));
  if (value.empty) root.append(make("div", { classes: "tk-empty" },
    make("p", { classes: "tk-empty-title", text: value.empty.title }), make("p", { text: value.empty.hint })));
  if (value.bulk) root.append(drawBulk(value.bulk));
  if (rows.length) root.append(make("ul", { "aria-label": value.label }, ...rows.map(drawRow)));
  if (value.pager && value.pager.pages > 1) root.append(drawPager(value.pager));
  showBulk();
  restore(held);
};
// A second change, or a view that is kept, may come before the answer to the first: it must not undo it. So it builds on
// what was asked, and is sent once that is drawn: answers to several at once may come in any order, and the last would
// stay. What was refused draws nothing, and is forgotten after a while.
const ANSWER_MS = 3000;
const turns = { waiting: [], timer: null };
const sendNext = () => {
  clearTimeout(turns.timer);
  turns.timer = null;
  if (!turns.waiting.length) return;
  trigger(...turns.waiting.shift());
  turns.timer = setTimeout(sendNext, ANSWER_MS);
};
const sendInTurn = (name, data) => {
  turns.waiting.push([name, data]);
  if (!turns.timer) sendNext();
};
let asked = { query: null, at: 0 };
const query = () => (asked.query && Date.now() - asked.at < ANSWER_MS ? asked.query : view().bar.query);
const show = (wanted) => {
  asked = { query: wanted, at: Date.now() };
  sendInTurn("filter", { query: wanted });
};
const ask = (change) => show({ ...query(), ...change });
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const { id, filter, page, view: saved, forget, keep, assign, clear } = button.dataset;
  const bar = view().bar;
  if (id) trigger("choose", { id: Number(id) });
  if (filter) ask({ state: filter });
  if (page) trigger("turn", { page: Number(page) });
  if (saved) show(bar.views.entries.find((entry) => String(entry.id) === saved).query);
  if (forget) sendInTurn("forget", { id: Number(forget) });
  if (keep) sendInTurn("keep", { name: root.querySelector("[data-viewname]").value, query: query() });
  if (clear) show({ state: query().state, sort: query().sort });
  if (assign) trigger("assign", { ids: [...chosen], person: root.querySelector("[data-person]").value });
});
element.addEventListener("change", (event) => {
  const { query: field, factor, select } = event.target.dataset;
  if (select) {
    if (event.target.checked) chosen.add(Number(select)); else chosen.delete(Number(select));
    showBulk();
  }
  if (!field) return;
  const given = event.target.value;
  ask({ [field]: factor ? (given === "" ? null : Number(given) / Number(factor)) : given });
});
watch("value", () => { draw(); sendNext(); });
draw();
