// Where a job stands: a sentence, a bar, the summary as far as it is written, and a button that ends it.
// The button outlives every redrawing, so that a press or the focus on it is never lost.
const stop = make("button", { type: "button", classes: "tk-cancel", id: "cancel" });
stop.addEventListener("click", () => { stop.disabled = true; trigger('cancel', {}); });
const draw = () => {
  const value = view();
  for (const node of [...root.children]) if (node !== stop) node.remove();
  root.hidden = !value.sentence;
  stop.hidden = !value.cancel;
  if (!value.cancel) stop.disabled = false;
  if (!value.sentence) return;
  const isSized = typeof value.percent === "number";
  const bar = make("div", {
    classes: "tk-bar" + (isSized ? "" : " tk-open"), role: "progressbar", "aria-label": value.sentence,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": isSized ? value.percent : null,
  }, make("span", { classes: "tk-fill" }));
  if (isSized) bar.firstElementChild.style.width = value.percent + "%";
  root.dataset.state = value.state;
  if (value.cancel && !stop.isConnected) root.append(stop);
  if (value.cancel && stop.textContent !== value.cancel) { stop.textContent = value.cancel; stop.disabled = false; }
  const add = (node) => (stop.isConnected ? stop.before(node) : root.append(node));
  add(make("p", { classes: "tk-sentence", role: value.state === "failed" ? "alert" : "status", text: value.sentence }));
  if (value.detail) add(make("p", { classes: "tk-detail", text: value.detail }));
  if (value.state === "queued" || value.state === "running") add(bar);
  if (value.text) add(make("p", { classes: "tk-sofar", text: value.text, dir: "auto" }));
};
watch("value", draw);
draw();
