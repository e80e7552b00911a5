// A document beside its summary. Phrases carry a band by colour and underline; one that has the focus (or the
// pointer) shows why it is doubtful and lights the lines of the document it rests on. Offsets are UTF-16 here.
const LONG_LINES = 400;
let lines = [];
let lit = [];
let pinned = null;
let areTokensShown = false;
let panes = {};

const lineOf = (offset) => {
  let low = 0, high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle].start <= offset) low = middle; else high = middle - 1;
  }
  return low;
};

const drawSource = (text) => {
  lines = [];
  const pieces = document.createDocumentFragment();
  let start = 0;
  text.split("\n").forEach((line, index) => {
    const body = make("span", { classes: "tk-line-text", text: line || "\u200b", dir: "auto" });
    pieces.append(make("div", { classes: "tk-line", data: { number: String(index + 1) } }, body));
    lines.push({ start, text: line, body, row: body.parentElement });
    start += line.length + 1;
  });
  return pieces;
};

const unlight = () => {
  for (const line of lit) {
    line.row.classList.remove("tk-lit");
    line.body.replaceChildren(line.text || "\u200b");
  }
  lit = [];
};

const light = (spans) => {
  unlight();
  const marks = new Map();
  for (const [start, end] of spans) {
    for (let index = lineOf(start); index < lines.length && lines[index].start < Math.max(end, start + 1); index++) {
      const line = lines[index];
      const from = Math.max(0, start - line.start), to = Math.min(line.text.length, end - line.start);
      marks.set(line, (marks.get(line) || []).concat([[from, to]]));
    }
  }
  for (const [line, ranges] of marks) {
    line.row.classList.add("tk-lit");
    ranges.sort((one, two) => one[0] - two[0]);
    const parts = [];
    let at = 0;
    for (const [from, to] of ranges) {
      if (from < at || to <= from) continue;
      parts.push(line.text.slice(at, from), make("mark", { text: line.text.slice(from, to) }));
      at = to;
    }
    parts.push(line.text.slice(at));
    line.body.replaceChildren(...parts.filter((part) => part !== ""));
    lit.push(line);
  }
  if (!lit.length) return;
  const pane = panes.source;
  const first = lit.reduce((one, two) => (one.start <= two.start ? one : two)).row;
  const top = first.offsetTop - pane.clientHeight / 2 + first.offsetHeight / 2;
  if (first.offsetTop < pane.scrollTop || first.offsetTop + first.offsetHeight > pane.scrollTop + pane.clientHeight) {
    pane.scrollTop = Math.max(0, top);
  }
};

const listOf = (classes, entries) => make("ul", { classes }, ...entries.map((entry) => make("li", { text: entry, dir: "auto" })));

const detailOfPhrase = (phrase) => [
  make("p", { classes: "tk-detail-head" },
    make("bdi", { classes: "tk-quote", text: phrase.text }),
    make("span", { classes: "tk-tag", data: { band: phrase.band }, text: phrase.band_name })),
  make("p", { classes: "tk-chance", text: phrase.chance }),
  phrase.reasons.length ? listOf("tk-reasons", phrase.reasons) : null,
  phrase.alternatives.length ? make("p", { classes: "tk-alternatives" },
    make("span", { text: view().labels.alternatives + " " }),
    ...phrase.alternatives.map((other) => make("bdi", { classes: "tk-chip", text: other }))) : null,
  make("p", { classes: "tk-origin", text: phrase.origin }),
];

const detailOfToken = (token) => {
  const labels = view().labels;
  const row = (name, entry) => [make("dt", { text: name }), make("dd", { text: entry })];
  return [
    make("p", { classes: "tk-detail-head" }, make("bdi", { classes: "tk-quote", text: token.text || labels.part })),
    make("dl", {}, ...row(labels.probability, token.chance), ...row(labels.entropy, token.entropy),
      ...row(labels.aleatoric, token.aleatoric), ...row(labels.epistemic, token.epistemic),
      ...row(labels.variance, token.variance)),
    token.alternatives.length ? make("p", { classes: "tk-alternatives" },
      make("span", { text: labels.alternatives + " " }),
      ...token.alternatives.map((other) => make("bdi", { classes: "tk-chip", text: other }))) : null,
  ];
};

const showDetail = (nodes) => panes.detail.replaceChildren(...nodes.filter((node) => node));
const showHint = () => showDetail([make("p", { classes: "tk-hint", text: view().labels.hint })]);

const show = (node) => {
  for (const other of root.querySelectorAll(".tk-on")) other.classList.remove("tk-on");
  if (!node) { unlight(); showHint(); return; }
  node.classList.add("tk-on");
  const { phrase, token, omission } = node.dataset;
  if (phrase !== undefined) {
    showDetail(detailOfPhrase(view().phrases[Number(phrase)]));
    light(view().phrases[Number(phrase)].spans);
  } else if (token !== undefined) {
    showDetail(detailOfToken(view().tokens[Number(token)]));
  } else {
    light([view().omissions[Number(omission)].span]);
  }
};

const drawPhrases = () => {
  const { summary, phrases } = view();
  const pieces = document.createDocumentFragment();
  let at = 0;
  phrases.forEach((phrase, index) => {
    if (phrase.start > at) pieces.append(summary.slice(at, phrase.start));
    pieces.append(make("span", {
      classes: "tk-phrase", data: { phrase: String(index), band: phrase.band }, role: "button",
      tabindex: phrase.band === "sure" ? "-1" : "0", "aria-label": phrase.label, text: summary.slice(phrase.start, phrase.end),
    }));
    at = phrase.end;
  });
  pieces.append(summary.slice(at));
  return pieces;
};

const drawTokens = () => {
  const pieces = document.createDocumentFragment();
  view().tokens.forEach((token, index) => pieces.append(make("span", {
    classes: "tk-token", data: { token: String(index), level: String(token.level) }, role: "button", tabindex: index ? "-1" : "0",
    "aria-label": token.label, text: token.text || "\u00b7",
  })));
  return pieces;
};

const drawSummary = () => {
  panes.summary.replaceChildren(areTokensShown ? drawTokens() : drawPhrases());
  panes.toggle.setAttribute("aria-pressed", String(areTokensShown));
  pinned = null;
  show(null);
};

const drawOmissions = (value) => make("section", { classes: "tk-omissions" },
  make("h3", { text: value.labels.omissions }),
  value.omissions.length
    ? make("ul", {}, ...value.omissions.map((omission, index) => make("li", {}, make("button", {
        type: "button", data: { omission: String(index) } },
        make("span", { classes: "tk-badge", text: omission.kind }), make("span", { text: omission.text, dir: "auto" })))))
    : make("p", { classes: "tk-hint", text: value.labels.no_omissions }));

const drawDecision = (value) => make("div", { classes: "tk-decision", data: { tone: value.decision.tone } },
  make("p", { classes: "tk-decision-title", text: value.decision.title }),
  make("p", { text: value.decision.why }),
  value.link ? make("p", {}, make("a", { classes: "tk-link", href: value.link.href, text: value.link.text })) : null,
  ...value.notes.map((note) => make("p", { classes: "tk-remark", text: note })));

const draw = () => {
  const value = view();
  root.replaceChildren();
  lit = [];
  if (!value.phrases) return;
  panes = {
    source: make("div", { classes: "tk-source", tabindex: "0", role: "region", "aria-label": value.labels.document, lang: value.language }, drawSource(value.source)),
    summary: make("div", { classes: "tk-summary", role: "group", "aria-label": value.labels.summary, lang: value.language, dir: "auto" }),
    detail: make("div", { classes: "tk-panel", "aria-live": "polite" }),
    toggle: make("button", { type: "button", classes: "tk-toggle", text: value.labels.tokens }),
  };
  const legend = make("ul", { classes: "tk-legend", "aria-label": value.labels.legend }, ...value.legend.map((entry) =>
    make("li", {}, make("span", { classes: "tk-sample", data: { band: entry.band }, text: entry.name }), make("span", { text: entry.meaning }))));
  root.append(
    drawDecision(value),
    make("div", { classes: "tk-columns" },
      make("section", {}, make("h3", { text: value.labels.document }), make("p", { classes: "tk-subtitle", text: value.subtitle, dir: "auto" }), panes.source),
      make("section", {},
        make("div", { classes: "tk-head" }, make("h3", { text: value.labels.summary }), panes.toggle),
        panes.summary, legend, panes.detail, drawOmissions(value))),
    make("div", { classes: "tk-provenance" }, ...value.provenance.map((line) => make("p", { text: line }))));
  // Thousands of lines are laid out only where they are seen.
  panes.source.classList.toggle("tk-long", lines.length > LONG_LINES);
  drawSummary();
};

const partOf = (node) => (node && node.closest ? node.closest("[data-phrase],[data-token],[data-omission]") : null);
const isPart = (node) => Boolean(partOf(node)) && element.contains(node);
element.addEventListener("mouseover", (event) => { if (isPart(event.target)) show(partOf(event.target)); });
element.addEventListener("mouseout", (event) => { if (isPart(event.target) && !isPart(event.relatedTarget)) show(pinned); });
element.addEventListener("focusin", (event) => { if (isPart(event.target)) { pinned = partOf(event.target); show(pinned); } });
element.addEventListener("click", (event) => {
  if (panes.toggle && panes.toggle.contains(event.target)) { areTokensShown = !areTokensShown; drawSummary(); return; }
  if (isPart(event.target)) { pinned = partOf(event.target); pinned.focus({ preventScroll: true }); show(pinned); }
});
element.addEventListener("keydown", (event) => {
  const part = partOf(event.target);
  if (!part || part.dataset.omission !== undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") { pinned = null; part.blur(); show(null); return; }
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const siblings = [...panes.summary.querySelectorAll("[role=button]")];
  const next = siblings[siblings.indexOf(part) + step];
  event.preventDefault();
  event.stopPropagation();
  if (next) next.focus({ preventScroll: true });
});
watch("value", draw);
draw();
