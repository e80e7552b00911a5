// A summary in phrases: each carries a band by colour and underline; the selected one says why it is doubtful and
// lights the lines of the document it rests on. The other way round, a selected part of the document shows what rests
// on it. What an editor adds hangs on `hooks`.
let pinned = null;
let areTokensShown = false;
const hooks = { shown: view, phraseActions: () => [], omissionAction: () => null, drawn: () => {} };

const listOf = (classes, entries) => make("ul", { classes }, ...entries.map((entry) => make("li", { text: entry, dir: "auto" })));
const chipsOf = (alternatives, chip) => (alternatives.length ? make("p", { classes: "tk-alternatives" },
  make("span", { text: view().labels.alternatives + " " }), ...alternatives.map(chip)) : null);
const plainChip = (other) => make("bdi", { classes: "tk-chip", text: other.label });

const detailOfPhrase = (phrase, index) => [
  make("p", { classes: "tk-detail-head" },
    make("bdi", { classes: "tk-quote", text: phrase.text }),
    make("span", { classes: "tk-tag", data: { band: phrase.band }, text: phrase.band_name })),
  make("p", { classes: "tk-chance", text: phrase.chance }),
  phrase.reasons.length ? listOf("tk-reasons", phrase.reasons) : null,
  chipsOf(phrase.alternatives, hooks.chip || plainChip),
  make("p", { classes: "tk-origin", text: phrase.origin }),
  ...hooks.phraseActions(phrase, index),
];

const detailOfToken = (token) => {
  const labels = view().labels;
  const row = (name, entry) => [make("dt", { text: name }), make("dd", { text: entry })];
  return [
    make("p", { classes: "tk-detail-head" }, make("bdi", { classes: "tk-quote", text: token.text || labels.part })),
    make("dl", {}, ...row(labels.probability, token.chance), ...row(labels.entropy, token.entropy),
      ...row(labels.aleatoric, token.aleatoric), ...row(labels.epistemic, token.epistemic),
      ...row(labels.variance, token.variance)),
    chipsOf(token.alternatives, plainChip),
  ];
};

const showDetail = (nodes) => panes.detail.replaceChildren(...nodes.filter((node) => node));
const showHint = () => showDetail([make("p", { classes: "tk-hint", text: view().labels.hint })]);
const clearMarks = () => {
  for (const other of root.querySelectorAll(".tk-on, .tk-rests")) other.classList.remove("tk-on", "tk-rests");
};

const show = (node) => {
  clearMarks();
  standOn(null);
  if (!node) { unlight(); showHint(); return; }
  node.classList.add("tk-on");
  const { phrase, token, omission } = node.dataset;
  if (phrase !== undefined) {
    showDetail(detailOfPhrase(hooks.shown().phrases[Number(phrase)], Number(phrase)));
    light(hooks.shown().phrases[Number(phrase)].spans);
  } else if (token !== undefined) {
    showDetail(detailOfToken(hooks.shown().tokens[Number(token)]));
  } else {
    light([hooks.shown().omissions[Number(omission)].span]);
  }
};

// What in the summary rests on this part of the document.
const showRest = ([start, end]) => {
  clearMarks();
  pinned = null;
  const resting = hooks.shown().phrases.map((phrase, index) => [phrase, index])
    .filter(([phrase]) => phrase.spans.some(([from, to]) => from < end && to > start));
  const nodes = panes.summary.querySelectorAll("[data-phrase]");
  for (const [, index] of resting) if (nodes[index]) nodes[index].classList.add("tk-rests");
  const labels = view().labels;
  showDetail([
    make("p", { classes: "tk-chance", text: resting.length ? labels.rests : labels.nothing_rests }),
    resting.length ? listOf("tk-reasons", resting.map(([phrase]) => phrase.text)) : null,
  ]);
  const first = panes.summary.querySelector(".tk-rests");
  if (first) first.scrollIntoView({ block: "nearest" });
};

const drawPhrases = () => {
  const { summary, phrases } = hooks.shown();
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
  hooks.shown().tokens.forEach((token, index) => pieces.append(make("span", {
    classes: "tk-token", data: { token: String(index), level: String(token.level) }, role: "button", tabindex: index ? "-1" : "0",
    "aria-label": token.label, text: token.text || "\u00b7",
  })));
  return pieces;
};

const drawSummary = () => {
  panes.summary.replaceChildren(areTokensShown ? drawTokens() : drawPhrases());
  panes.toggle.setAttribute("aria-pressed", String(areTokensShown));
  pinned = null;
  hooks.drawn();
  show(null);
};

const drawOmission = (omission, index) => make("li", {}, make("button", {
  type: "button", classes: "tk-omission", data: { omission: String(index) } },
  make("span", { classes: "tk-badge", text: omission.kind }), make("span", { text: omission.text, dir: "auto" })),
  hooks.omissionAction(index));
const drawOmissions = () => {
  const { omissions } = hooks.shown();
  const labels = view().labels;
  const items = omissions.map(drawOmission);
  const facts = items.filter((item, index) => !omissions[index].is_measure);
  const measures = items.filter((item, index) => omissions[index].is_measure);
  panes.omissions.replaceChildren(
    make("h3", { text: labels.omissions }),
    facts.length ? make("ul", {}, ...facts) : make("p", { classes: "tk-hint", text: labels.no_omissions }),
    measures.length ? make("details", { classes: "tk-measures" },
      make("summary", { text: `${labels.measures} (${measures.length})` }), make("ul", {}, ...measures)) : "");
};

const drawDecision = (value) => make("div", { classes: "tk-decision", data: { tone: value.decision.tone } },
  make("p", { classes: "tk-decision-title", text: value.decision.title }),
  make("p", { text: value.decision.why }),
  value.link ? make("p", {}, make("a", { classes: "tk-link", href: value.link.href, text: value.link.text })) : null,
  ...value.notes.map((note) => make("p", { classes: "tk-remark", text: note })));

const drawLegend = (value) => make("ul", { classes: "tk-legend", "aria-label": value.labels.legend }, ...value.legend.map((entry) =>
  make("li", {}, make("span", { classes: "tk-sample", data: { band: entry.band }, text: entry.name }), make("span", { text: entry.meaning }))));

const buildPanes = (value) => {
  panes = {
    source: buildSourcePane(value),
    summary: make("div", { classes: "tk-summary", role: "group", "aria-label": value.labels.summary, lang: value.language, dir: "auto" }),
    detail: make("div", { classes: "tk-panel", "aria-live": "polite" }),
    toggle: make("button", { type: "button", classes: "tk-toggle tk-show-tokens", text: value.labels.tokens }),
    omissions: make("section", { classes: "tk-omissions" }),
  };
};
const drawSourceSection = (value) => make("section", { classes: "tk-source-section" },
  make("h3", { text: value.labels.document }), make("p", { classes: "tk-subtitle", text: value.subtitle, dir: "auto" }), panes.source);
const drawProvenance = (value) => make("div", { classes: "tk-provenance" }, ...value.provenance.map((line) => make("p", { text: line })));

const partOf = (node) => (node && node.closest ? node.closest("[data-phrase],[data-token],[data-omission]") : null);
const isPart = (node) => Boolean(partOf(node)) && element.contains(node);
const pin = (part) => { pinned = part; part.focus({ preventScroll: true }); part.scrollIntoView({ block: "nearest" }); show(part); };
const isWorking = (node) => Boolean(node && panes.detail && panes.detail.contains(node));

element.addEventListener("mouseover", (event) => {
  if (isPart(event.target) && !isWorking(document.activeElement)) show(partOf(event.target));
});
element.addEventListener("mouseout", (event) => {
  if (isPart(event.target) && !isPart(event.relatedTarget) && !isWorking(document.activeElement)) show(pinned);
});
element.addEventListener("focusin", (event) => { if (isPart(event.target)) { pinned = partOf(event.target); show(pinned); } });
element.addEventListener("click", (event) => {
  if (panes.toggle && panes.toggle.contains(event.target)) { areTokensShown = !areTokensShown; drawSummary(); return; }
  if (isPart(event.target)) { pin(partOf(event.target)); return; }
  const row = event.target.closest(".tk-source .tk-line");
  if (!row) return;
  const line = lines[Number(row.dataset.number) - 1];
  const selected = selectedInSource();
  unlight();
  standOn(selected ? null : line);
  showRest(selected || [line.start, line.start + Math.max(1, line.text.length)]);
});
element.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.target === panes.source) { walkLines(event); return; }
  const part = partOf(event.target);
  if (!part || part.dataset.omission !== undefined) return;
  if (event.key === "Escape") { pinned = null; part.blur(); show(null); return; }
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const siblings = [...panes.summary.querySelectorAll("[role=button]")];
  const next = siblings[siblings.indexOf(part) + step];
  event.preventDefault();
  event.stopPropagation();
  if (next) next.focus({ preventScroll: true });
});
const walkLines = (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const next = lines[current ? lines.indexOf(current) + step : 0];
  event.preventDefault();
  event.stopPropagation();
  if (!next) return;
  unlight();
  standOn(next);
  showRest([next.start, next.start + Math.max(1, next.text.length)]);
};
