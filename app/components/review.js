// The review of one summary: the document and the marked summary side by side, the reviewer's own version with what
// changed in it, phrase by phrase or at will, and the verdict (`source.js`, `marks.js`, `differences.js`, `draft.js`).
const REFUSED_MS = 1200;  // a button comes back after that: what was granted has taken it away by then
let scorings = 0;  // how often something was sent to be scored again
let work = null;  // what is being done on the open item

const baseText = () => view().summary;
const currentText = () => work.box.value;
const changesFrom = (text) => changesBetween(text, currentText(), view().language);
hooks.shown = () => (work && work.isScoredShown ? work.scored : view());

// --- the reviewer's version -------------------------------------------------------------------------------------
const refresh = () => {
  work.changes = changesFrom(baseText());
  const isChanged = currentText() !== baseText();
  work.diff.hidden = !isChanged;
  work.diffBody.replaceChildren(isChanged ? drawChanges(baseText(), currentText(), work.changes) : "");
  work.restore.disabled = !isChanged || !view().is_open;
  work.score.disabled = !currentText().trim() || work.isScoring || !isChanged;
  work.stale.hidden = !work.scored || work.scored.summary === currentText().trim();
  markPhrases();
};
const setText = (text) => { work.box.value = text; refresh(); keepDraft(); };
const replaceRange = (start, end, text) => setText(currentText().slice(0, start) + text + currentText().slice(end));
const rangeNow = (part) => mapRange(changesFrom(hooks.shown().summary), part.start, part.end);

// --- phrase by phrase -------------------------------------------------------------------------------------------
const markPhrases = () => {
  if (areTokensShown || work.isScoredShown) { work.progress.textContent = ""; return; }
  const phrases = view().phrases;
  const nodes = panes.summary.querySelectorAll("[data-phrase]");
  let asked = 0, done = 0;
  phrases.forEach((phrase, index) => {
    const node = nodes[index];
    const isCorrected = isTouched(work.changes, phrase.start, phrase.end), isAccepted = !isCorrected && work.accepted.has(index);
    const state = isCorrected ? "corrected" : isAccepted ? "accepted" : "";
    if (node && (node.dataset.done || "") !== state) {
      node.dataset.done = state;
      node.setAttribute("aria-label", state ? `${phrase.label}. ${view().labels[state]}` : phrase.label);
    }
    if (phrase.band === "sure") return;
    asked += 1;
    if (state) done += 1;
  });
  work.progress.textContent = asked ? view().labels.checked.replace("{done}", done).replace("{total}", asked) : "";
};
const takeAlternative = (phrase, number) => {
  const other = phrase.alternatives[number];
  if (!other || !view().is_open) return;
  const [start, end] = rangeNow(other);
  replaceRange(start, end, other.text);
  show(pinned);
  pinned.focus({ preventScroll: true });
};
hooks.chip = (other, number) => make("button", { type: "button", classes: "tk-chip", data: { take: String(number) }, disabled: !view().is_open },
  make("kbd", { text: String(number + 1) }), make("bdi", { text: other.label }));
hooks.phraseActions = (phrase, index) => {
  if (!view().is_open) return [];
  const labels = view().labels;
  const field = make("input", { type: "text", id: "phrase-text", classes: "tk-field", "aria-label": labels.phrase_text, lang: view().language });
  let start, last, read = null;
  const readPhrase = () => {
    if (read === currentText()) return;  // what was added at the end of the phrase stays part of it
    [start, last] = rangeNow(phrase);
    field.value = currentText().slice(start, last);
    read = currentText();
  };
  readPhrase();
  field.addEventListener("focus", readPhrase);  // the text around it may have changed since the panel was drawn
  field.addEventListener("input", () => {
    replaceRange(start, last, field.value);
    last = start + field.value.length;
    read = currentText();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || !["Enter", "Escape"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (pinned) pinned.focus({ preventScroll: true });
  });
  const accept = work.isScoredShown ? null : make("button", {
    type: "button", classes: "tk-action", id: "accept-phrase", data: { accept: String(index) },
    "aria-pressed": String(work.accepted.has(index)), disabled: isTouched(work.changes, phrase.start, phrase.end),
  }, make("kbd", { text: "y" }), make("span", { text: labels.accept_phrase }));
  return [make("div", { classes: "tk-phrase-actions" }, accept,
    make("label", { classes: "tk-inline" }, make("span", {}, make("kbd", { text: "c" }), make("span", { text: labels.correct_phrase })), field))];
};
const toggleAccepted = (index) => {
  if (!view().is_open || work.isScoredShown || isTouched(work.changes, view().phrases[index].start, view().phrases[index].end)) return;
  const isNew = !work.accepted.has(index);
  if (isNew) work.accepted.add(index); else work.accepted.delete(index);
  refresh();
  keepDraft();
  if (isNew) walk(1); else show(pinned);
};
// To the next phrase that is worth a look and not done yet; when none is left, to the next one at all.
const walk = (step) => {
  const nodes = [...panes.summary.querySelectorAll("[data-phrase]")].filter((node) => node.dataset.band !== "sure");
  const open = nodes.filter((node) => !node.dataset.done || node === pinned);
  const list = open.some((node) => node !== pinned) ? open : nodes;
  if (!list.length) return;
  const at = list.indexOf(pinned);
  pin(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length]);
};
const walkOmissions = () => {
  const nodes = [...panes.omissions.querySelectorAll("[data-omission]")].filter((node) => node.offsetParent);
  if (nodes.length) pin(nodes[(nodes.indexOf(pinned) + 1) % nodes.length]);
};
hooks.omissionAction = (index) => (view().is_open ? make("button", {
  type: "button", classes: "tk-insert", data: { insert: String(index) },
  "aria-label": view().labels.insert_what.replace("{text}", () => hooks.shown().omissions[index].text) },
  make("kbd", { text: "i" }), make("span", { text: view().labels.insert })) : null);
const insertOmission = (index) => {
  const said = hooks.shown().omissions[index].text.trim();
  const before = currentText().trimEnd();
  const isJapanese = view().language === "ja";
  const stop = /[.。!?！？]$/.test(before) || !before ? "" : isJapanese ? "。" : ".";
  const end = /[.。!?！？]$/.test(said) ? "" : isJapanese ? "。" : ".";
  setText(before + stop + (before && !isJapanese ? " " : "") + said + end);
  work.say(view().labels.inserted);
};

// --- drawing ----------------------------------------------------------------------------------------------------
const labelled = (id, label, control, hint) => make("div", { classes: "tk-labelled", id },
  make("label", { text: label, for: control.id }), hint ? make("p", { classes: "tk-hint", text: hint }) : null, control);
const buildWork = (value) => {
  const { draft, labels } = value;
  const box = make("textarea", { id: "corrected-text", rows: "5", readonly: !value.is_open, lang: value.language, dir: "auto", maxlength: "20000", spellcheck: "false" });
  box.value = draft.text;
  const note = make("textarea", { id: "note-text", rows: "1", readonly: !value.is_open, maxlength: "2000", dir: "auto" });
  note.value = draft.note;
  const reason = make("select", { id: "reason-code", disabled: !value.is_open },
    ...value.reasons.map(([code, name]) => make("option", { value: code, text: name, selected: code === draft.reason })));
  const button = (id, text, classes = "tk-button") => make("button", { type: "button", id, classes, text });
  return {
    user: value.user, item: value.item, version: value.version, openedAt: Date.now(), box, note, reason, changes: [], scored: null,
    isScoredShown: false, isScoring: false, run: null, accepted: new Set(draft.accepted), progress: make("span", { classes: "tk-hint" }),
    diffBody: make("p", { classes: "tk-diff-body", lang: value.language, dir: "auto" }), state: make("span", { classes: "tk-hint", id: "draft-state", text: draft.state }),
    restore: button("restore", labels.restore, "tk-tool"), score: button("score-again", labels.score, "tk-tool"),
    which: button("which", labels.show_scored, "tk-tool"), scoring: make("p", { classes: "tk-hint", id: "scoring", role: "status" }),
    stale: make("p", { classes: "tk-hint", text: labels.stale, hidden: true }), said: make("p", { classes: "tk-unseen", role: "status" }),
    say: (text) => { work.said.textContent = ""; work.said.textContent = text; },
  };
};
const drawEditor = (value) => {
  const { labels } = value;
  work.diff = make("div", { classes: "tk-diff", id: "diff", hidden: true }, make("h3", { text: labels.changes }), work.diffBody);
  return make("section", { classes: "tk-editor" },
    labelled("corrected", labels.own_text, work.box, value.is_open ? labels.own_text_info : ""),
    value.is_open ? make("div", { classes: "tk-editor-foot" }, work.state, work.restore, work.score) : null,
    work.scoring, work.stale, work.diff,
    make("div", { classes: "tk-why" }, labelled("reason", labels.reason, work.reason), labelled("note", labels.note, work.note)), work.said);
};
const allowVerdicts = () => {
  for (const button of root.querySelectorAll(".tk-verdict")) button.disabled = button.id !== "skip" && !isHeld();
};
const drawVerdicts = (value) => (value.is_open ? make("div", { id: "verdicts", role: "group", "aria-label": value.labels.verdict },
  ...value.verdicts.map(([kind, name, key]) => make("button", { type: "button", id: kind, classes: "tk-verdict", data: { verdict: kind } },
    make("span", { text: name }), make("kbd", { text: key })))) : null);
// Below the verdicts: leave it for later or for somebody else.
const drawPassingOn = (value) => {
  const names = value.passing_on;
  const record = make("a", { href: names.record.href, target: "_blank", id: "record", text: names.record.text });
  const button = (id, text, press) => {
    const node = make("button", { type: "button", id, classes: "tk-toggle", text });
    node.addEventListener("click", () => { flushDraft(); press(node); });
    return node;
  };
  if (!value.is_open) {
    if (!names.reopen) return make("div", { classes: "tk-later" }, record);
    const why = make("input", { type: "text", id: "reopen-reason", classes: "tk-field", maxlength: "2000", placeholder: names.reopen.reason, "aria-label": names.reopen.reason, dir: "auto" });
    const reopen = button("reopen", names.reopen.text, () => trigger('reopen', { user: work.user, item: work.item, note: why.value }));
    return make("div", { classes: "tk-later" }, make("div", { classes: "tk-later-row" }, why, reopen), record);
  }
  const list = (id, label, options) => make("select", { id, "aria-label": label, classes: "tk-field" }, ...options.map(([code, name]) => make("option", { value: String(code), text: name })));
  const hours = list("postpone-hours", names.when, names.hours), role = list("pass-role", names.role, names.roles);
  const person = make("input", { type: "text", id: "pass-person", classes: "tk-field", maxlength: "200", placeholder: names.person, "aria-label": names.person });
  const note = make("input", { type: "text", id: "pass-note", classes: "tk-field", maxlength: "2000", placeholder: names.note, "aria-label": names.note, dir: "auto" });
  const second = make("input", { type: "checkbox", id: "pass-second" });
  const postpone = button("postpone", names.postpone, () => trigger('postpone', { user: work.user, item: work.item, hours: Number(hours.value), note: note.value }));
  const escalate = button("escalate", names.escalate, () => trigger('escalate', { user: work.user, item: work.item, person: person.value, role: role.value, note: note.value, second: second.checked }));
  const later = make("details", { classes: "tk-later" }, make("summary", { text: names.title }),
    make("div", { classes: "tk-later-row" }, note),
    make("div", { classes: "tk-later-row" }, hours, postpone),
    make("div", { classes: "tk-later-row" }, person, role, make("label", { classes: "tk-inline" }, second, make("span", { text: names.second })), escalate),
    record);
  if (!names.wake) return later;
  const until = make("p", { classes: "tk-hint", text: names.wake.until });
  const wake = button("wake", names.wake.text, (node) => {
    node.disabled = true;
    setTimeout(() => { node.disabled = false; }, REFUSED_MS);
    trigger('wake', { user: work.user, item: work.item });
  });
  return make("div", {}, make("div", { classes: "tk-later-row" }, until, wake), later);
};
const readWork = () => ({ user: work.user, text: currentText(), note: work.note.value, reason: work.reason.value, accepted: [...work.accepted].sort((a, b) => a - b) });
const showDraftState = (state, sentence) => {
  const labels = view().labels;
  work.state.dataset.state = state;
  work.state.textContent = state === "failed" ? `${labels.draft_failed} ${sentence}` : labels["draft_" + state];
  if (state === "failed") work.say(labels.draft_failed);
};
const restoreKept = () => {
  const typed = takeKept();
  if (!typed) return;
  work.note.value = typed.note;
  work.reason.value = typed.reason;
  work.accepted = new Set(typed.accepted);
  setText(typed.text);
};
const draw = () => {
  const value = view();
  // Nothing of this item changed, unless that it is no longer postponed: keep what is being typed.
  if (work && value.item === work.item && value.version === work.version && value.is_open) {
    const wake = root.querySelector("#wake");
    if (wake && !value.passing_on.wake) wake.closest(".tk-later-row").remove();
    return;
  }
  const hadFocus = element.contains(document.activeElement);
  openDraft(null, null, null, () => {});
  openLease({ item: null });
  root.replaceChildren();
  work = null;
  areTokensShown = false;
  if (!value.phrases) return;
  buildPanes(value);
  work = buildWork(value);
  if (value.is_open) openDraft(`/drafts/${value.item}`, `tashika-draft/${value.user}/${value.item}`, readWork, showDraftState);
  work.which.hidden = true;
  const head = drawDecision(value);
  head.tabIndex = -1;
  root.append(head, ...buildHolding(value),
    make("div", { classes: "tk-columns" }, drawSourceSection(value), make("section", {},
      make("div", { classes: "tk-head" }, make("h3", { text: value.labels.summary }), make("span", { classes: "tk-head-tools" }, work.progress, work.which, panes.toggle)),
      panes.summary, drawLegend(value), panes.detail, panes.omissions, drawEditor(value))),
    drawVerdicts(value) || "", drawPassingOn(value), drawProvenance(value));
  if (value.is_open) openLease(value);
  work.changes = changesFrom(baseText());
  drawOmissions();
  drawSummary();
  refresh();
  if (value.is_open) restoreKept();
  if (hadFocus) head.focus({ preventScroll: true });
  root.dataset.drawnAt = String(performance.now());  // `keyboard.js` takes no verdict on what nobody can have seen yet
};
hooks.drawn = () => { if (work && work.diff) markPhrases(); };

// --- what a person does -----------------------------------------------------------------------------------------
const decide = (kind) => {
  flushDraft();
  for (const button of root.querySelectorAll(".tk-verdict")) button.disabled = true;
  // A refusal leaves the item open: its buttons come back, unless somebody else has it meanwhile.
  const opened = work;
  setTimeout(() => { if (work === opened) { allowVerdicts(); askLease(); } }, REFUSED_MS);
  trigger('decide', { user: work.user, kind, item: work.item, version: work.version, seconds: (Date.now() - work.openedAt) / 1000, text: currentText(), note: work.note.value, reason: work.reason.value, accepted: [...work.accepted] });
};
const scoreAgain = () => {
  if (work.score.disabled) return;
  flushDraft();
  work.isScoring = true;
  work.run = ++scorings;
  work.scoring.textContent = view().labels.scoring;
  refresh();
  trigger('rescore', { item: work.item, run: work.run, text: currentText() });
};
const showScored = (isShown) => {
  work.isScoredShown = isShown;
  root.dataset.drawnAt = String(performance.now());
  work.which.textContent = isShown ? view().labels.show_original : view().labels.show_scored;
  drawOmissions();
  drawSummary();
};
// Others may be under way: of other items, or of this one before it was opened again. A refusal does not say of which.
document.addEventListener("tk-scored", ({ detail }) => {
  if (!element.isConnected || !work || !work.isScoring || (detail.item && detail.run !== work.run)) return;
  work.scoring.textContent = detail.sentence || "";
  work.isScoring = detail.state === "running";
  if (detail.scored) {
    work.scored = detail.scored;
    work.which.hidden = false;
    // Drawing would take away the field that somebody types into: the next keys would be verdicts.
    if (isWorking(document.activeElement)) work.which.textContent = view().labels.show_scored;
    else showScored(true);
  }
  refresh();
});
element.addEventListener("input", (event) => {
  if (!work) return;
  if (event.target === work.box) { refresh(); keepDraft(); }
  if (event.target === work.note || event.target === work.reason) keepDraft();
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !work || button.disabled) return;
  const { take, accept, insert, verdict } = button.dataset;
  if (take !== undefined && pinned) takeAlternative(hooks.shown().phrases[Number(pinned.dataset.phrase)], Number(take));
  if (accept !== undefined) toggleAccepted(Number(accept));
  if (insert !== undefined) insertOmission(Number(insert));
  if (verdict) verdict === "skip" ? (flushDraft(), trigger('skip', { user: work.user, item: work.item })) : decide(verdict);
  if (button === work.restore) { setText(baseText()); work.box.focus(); }
  if (button === work.score) scoreAgain();
  if (button === work.which) showScored(!work.isScoredShown);
});
const pinnedPhrase = () => (pinned && pinned.dataset.phrase !== undefined ? Number(pinned.dataset.phrase) : null);
const keys = {
  f: () => walk(1), d: () => walk(-1), o: walkOmissions, s: scoreAgain,
  y: () => { if (pinnedPhrase() !== null) toggleAccepted(pinnedPhrase()); },
  c: () => { const field = root.querySelector("#phrase-text"); if (field) { field.focus(); field.select(); } },
  i: () => { if (pinned && pinned.dataset.omission !== undefined && view().is_open) insertOmission(Number(pinned.dataset.omission)); },
  w: () => work.reason.focus(),
};
document.addEventListener("tk-key", (event) => {
  if (!element.isConnected || !work) return;
  const key = event.detail;
  if (/^[1-9]$/.test(key) && pinnedPhrase() !== null) takeAlternative(hooks.shown().phrases[pinnedPhrase()], Number(key) - 1);
  else if (keys[key]) keys[key]();
});
watch("value", draw);
draw();
