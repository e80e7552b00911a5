// Keeps what a person types on the server: at most SAVE_MS after a key, and at once when the page is hidden or closed.
// Saves are numbered, so that one that is overtaken on its way is ignored there. What could not be saved when a page is
// left, as at the end of a session, stays in its tab, by person and item, until that person opens the item again.
const SAVE_MS = 300, RETRY_MS = 2000, MAX_KEEPALIVE_BYTES = 60000;
const tabName = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const keeper = { address: null, place: null, saved: null, read: null, tell: () => {}, sequence: 0, timer: null, isSending: false, isDirty: false };

const sendDraft = async () => {
  if (!keeper.address) return;
  clearTimeout(keeper.timer);
  const { address, place } = keeper, typed = keeper.read();
  keeper.timer = null;
  keeper.isDirty = false;
  keeper.isSending = true;
  const body = JSON.stringify({ ...typed, tab: tabName, sequence: ++keeper.sequence });
  const keepalive = new TextEncoder().encode(body).length < MAX_KEEPALIVE_BYTES;
  let sentence = null, taken = null;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive });
    if (!answer.ok) sentence = (await answer.json().catch(() => ({}))).error || "";
    else if (answer.status === 200) taken = await answer.json();  // kept, but somebody else has the item
  } catch { sentence = ""; }
  if (sentence === null) forgetKept(place, JSON.stringify(typed));
  if (address !== keeper.address) return;  // another item is open by now
  keeper.isSending = false;
  if (sentence === null) keeper.saved = JSON.stringify(typed);
  if (sentence !== null) {
    keeper.isDirty = true;
    keeper.timer = keeper.timer || setTimeout(sendDraft, RETRY_MS);
    keeper.tell("failed", sentence);
  } else if (keeper.isDirty) keeper.timer = keeper.timer || setTimeout(sendDraft, SAVE_MS);
  else keeper.tell("saved");
  if (taken) showHolding(taken);
};
const keepDraft = () => {
  keeper.isDirty = true;
  keeper.tell("typing");
  if (!keeper.timer && !keeper.isSending) keeper.timer = setTimeout(sendDraft, SAVE_MS);
};
const flushDraft = () => { if (keeper.isDirty) sendDraft(); };
// A browser may refuse to store anything; then there is only the server.
const kept = (act) => { try { return act(sessionStorage); } catch { return null; } };
const keepInTab = () => {
  if (!keeper.address || !(keeper.isDirty || keeper.isSending)) return;
  kept((store) => store.setItem(keeper.place, JSON.stringify({ typed: keeper.read(), saved: keeper.saved })));
};
const forgetKept = (place, typed) => kept((store) => {
  const found = JSON.parse(store.getItem(place));
  if (found && JSON.stringify(found.typed) === typed) store.removeItem(place);
});
// What this tab could not save of the item that was just opened; null where the server has something that the tab had
// not seen: that is newer.
const takeKept = () => kept((store) => {
  const found = JSON.parse(store.getItem(keeper.place));
  store.removeItem(keeper.place);
  return found && found.saved === keeper.saved ? found.typed : null;
});
const openDraft = (address, place, read, tell) => {
  keepInTab();
  flushDraft();
  clearTimeout(keeper.timer);
  Object.assign(keeper, { address, place, read, tell, saved: read && JSON.stringify(read()), timer: null, isSending: false, isDirty: false });
};
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flushDraft(); });
window.addEventListener("pagehide", () => { keepInTab(); flushDraft(); });
