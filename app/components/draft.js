// Keeps what a person types on the server: at most SAVE_MS after a key, and at once when the page is hidden or closed.
// Saves are numbered, so that one that is overtaken on its way is ignored there.
const SAVE_MS = 300, RETRY_MS = 2000, MAX_KEEPALIVE_BYTES = 60000;
const tabName = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const keeper = { address: null, read: null, tell: () => {}, sequence: 0, timer: null, isSending: false, isDirty: false };

const sendDraft = async () => {
  if (!keeper.address) return;
  clearTimeout(keeper.timer);
  const address = keeper.address;
  keeper.timer = null;
  keeper.isDirty = false;
  keeper.isSending = true;
  const body = JSON.stringify({ ...keeper.read(), tab: tabName, sequence: ++keeper.sequence });
  const keepalive = new TextEncoder().encode(body).length < MAX_KEEPALIVE_BYTES;
  let sentence = null, taken = null;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive });
    if (!answer.ok) sentence = (await answer.json().catch(() => ({}))).error || "";
    else if (answer.status === 200) taken = await answer.json();  // kept, but somebody else has the item
  } catch { sentence = ""; }
  if (address !== keeper.address) return;  // another item is open by now
  keeper.isSending = false;
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
const openDraft = (address, read, tell) => {
  flushDraft();
  clearTimeout(keeper.timer);
  Object.assign(keeper, { address, read, tell, timer: null, isSending: false, isDirty: false });
};
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flushDraft(); });
window.addEventListener("pagehide", flushDraft);
