// Keys of the review page, and the sheet that lists them. Quiet while somebody types or composes Japanese.
// A verdict is a key of its own that was pressed with the item in view: neither a held key that repeats itself, nor one
// that was meant for the item before.
const SETTLE_MS = 500;
const value0 = view();
const press = (id) => {
  const button = document.querySelector("#" + id);
  const target = button && (button.matches("button") ? button : button.querySelector("button"));
  if (target && !target.disabled) target.click();
};
const box = (id) => document.querySelector("#" + id + " textarea");
const move = (step) => {
  const rows = [...document.querySelectorAll("#inbox-list .tk-row")];
  const at = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = rows[at + step];
  if (next) { next.click(); next.scrollIntoView({ block: "nearest" }); }
};
const dialog = make("dialog", { classes: "tk-dialog", "aria-label": value0.title },
  make("h2", { text: value0.title }),
  make("dl", {}, ...value0.rows.flatMap(([keys, meaning]) =>
    [make("dt", {}, ...keys.map((key) => make("kbd", { text: key }))), make("dd", { text: meaning })])),
  make("button", { type: "button", classes: "tk-close", text: value0.close }));
root.append(
  make("button", { type: "button", classes: "tk-open-keys", "aria-haspopup": "dialog" },
    make("kbd", { text: "?" }), make("span", { text: value0.title })),
  dialog);
root.querySelector(".tk-open-keys").addEventListener("click", () => dialog.showModal());
dialog.querySelector(".tk-close").addEventListener("click", () => dialog.close());
const focusOn = (id) => { const node = box(id); if (node) { node.focus(); node.scrollIntoView({ block: "nearest" }); } };
const VERDICTS = new Set(["a", "r", "x"]);
const isSettled = (event) => {
  const review = document.querySelector("#review .tk-review");
  // The time of the key itself: one that waited in line while the item was being drawn is older than the drawing.
  return !event.repeat && event.timeStamp - Number(review && review.dataset.drawnAt) >= SETTLE_MS;
};
const actions = {
  a: () => press("approve"), r: () => press("reject"), x: () => press("skip"), u: () => press("undo"),
  e: () => focusOn("corrected"), n: () => focusOn("note"),
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
  "?": () => dialog.showModal(),
};
// What these mean, the review itself knows.
for (const key of "fdycoisw123456789") actions[key] = () => document.dispatchEvent(new CustomEvent("tk-key", { detail: key }));
document.addEventListener("keydown", (event) => {
  if (!element.isConnected || event.altKey || event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.closest && event.target.closest("#review")) {
    event.preventDefault();
    if (isSettled(event)) press("correct");
    return;
  }
  if (event.ctrlKey || event.metaKey || dialog.open) return;
  if (event.key === "Escape" && isTyping(event)) { event.target.blur(); return; }
  // A scrolled list or document keeps its arrow keys.
  const isScrolling = event.key.startsWith("Arrow") && event.target.closest && event.target.closest(".tk-source, [role=region], [role=radiogroup]");
  if (isTyping(event) || isScrolling || !actions[event.key]) return;
  event.preventDefault();
  if ((VERDICTS.has(event.key) && !isSettled(event)) || (event.key === "u" && event.repeat)) return;
  actions[event.key]();
});
