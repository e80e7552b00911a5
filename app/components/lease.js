// Keeps the open item for who works on it, says who holds it, and shows both texts where it has passed to another, or
// that it has changed since it was opened.
// Somebody who went away does not renew: the item becomes free by itself.
const RENEW_MS = 60000, ACTIVE_MS = 300000;
const holder = { user: null, item: null, version: null, state: "", line: null, box: null, timer: null, activeAt: Date.now() };

const buildHolding = (value) => {
  holder.line = make("p", { classes: "tk-lease", id: "lease", role: "status" });
  holder.box = make("section", { classes: "tk-conflict", id: "conflict", role: "alert", hidden: true });
  return [holder.line, holder.box];
};
const isHeld = () => holder.state === "own" || holder.state === "free";
const drawConflict = (told) => {
  const { labels, language } = view();
  const text = (title, body) => make("div", {}, make("h3", { text: title }), body);
  const both = told.theirs ? make("div", { classes: "tk-both" },
    text(labels.conflict_mine, make("p", { classes: "tk-diff-body", id: "conflict-mine", text: currentText(), lang: language, dir: "auto" })),
    text(told.whose, make("p", { classes: "tk-diff-body", id: "conflict-theirs", text: told.theirs, lang: language, dir: "auto" }))) : null;
  const reload = make("button", { type: "button", classes: "tk-toggle", id: "reload", text: labels.conflict_reload });
  reload.addEventListener("click", () => location.reload());
  holder.box.replaceChildren(...[make("p", { classes: "tk-note-title", text: told.sentence }), both, reload].filter(Boolean));
};
const showHolding = (told) => {
  const isTaken = "theirs" in told;
  holder.state = told.state;
  holder.line.textContent = isTaken ? "" : told.sentence;
  holder.line.dataset.state = told.state;
  if (isTaken) drawConflict(told);
  holder.box.hidden = !isTaken;
  allowVerdicts();
};
const tellLease = (isKept) => fetch(`/leases/${holder.item}`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: holder.user, is_held: isKept, version: holder.version }), keepalive: true });
const askLease = async () => {
  if (holder.item === null || holder.state === "given") return;
  const { item } = holder;
  try {
    const answer = await tellLease(true);
    const told = await answer.json();
    if (item === holder.item && answer.ok) showHolding(told);
  } catch { /* the network is away: the draft says so, and the next renewal tries again */ }
};
// A person may have one item in several tabs, but has one lease: a tab that closes gives it back only if no other tab of
// this browser has the item, and one that turns to another item lets those tabs take it again at once.
const tabs = { channel: new BroadcastChannel("tashika-items"), others: new Set() };
const tellTabs = (kind, item) => { if (item !== null) tabs.channel.postMessage({ kind, item, tab: tabName }); };
tabs.channel.addEventListener("message", ({ data }) => {
  if (!element.isConnected || data.item !== holder.item || data.tab === tabName) return;
  if (data.kind !== "left") tabs.others.add(data.tab);
  if (data.kind === "opened") tellTabs("here", holder.item);
  if (data.kind === "left" && tabs.others.delete(data.tab)) askLease();
});
const openLease = ({ user, item, version, holding }) => {
  clearInterval(holder.timer);
  if (item !== holder.item) {
    tellTabs("left", holder.item);
    tabs.others.clear();
  }
  Object.assign(holder, { user, item, version, state: "", timer: null });
  if (item === null) return;
  tellTabs("opened", item);
  holder.timer = setInterval(() => {
    if (!element.isConnected) clearInterval(holder.timer);
    else if (!document.hidden && Date.now() - holder.activeAt < ACTIVE_MS) askLease();
  }, RENEW_MS);
  showHolding(holding);
};
for (const sign of ["keydown", "pointerdown", "scroll"]) {
  document.addEventListener(sign, () => { holder.activeAt = Date.now(); }, { capture: true, passive: true });
}
window.addEventListener("focus", () => { if (element.isConnected) askLease(); });
window.addEventListener("pageshow", (event) => {
  if (!event.persisted || !element.isConnected) return;
  tellTabs("opened", holder.item);
  askLease();
});
window.addEventListener("pagehide", () => {
  if (holder.item !== null && holder.state === "own" && !tabs.others.size) tellLease(false);
  tellTabs("left", holder.item);
});
