// Where a job stands: a sentence, a bar, and the summary as far as it is written.
const draw = () => {
  const value = view();
  root.replaceChildren();
  root.hidden = !value.sentence;
  if (!value.sentence) return;
  const isSized = typeof value.percent === "number";
  const bar = make("div", {
    classes: "tk-bar" + (isSized ? "" : " tk-open"), role: "progressbar", "aria-label": value.sentence,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": isSized ? value.percent : null,
  }, make("span", { classes: "tk-fill" }));
  if (isSized) bar.firstElementChild.style.width = value.percent + "%";
  root.dataset.state = value.state;
  root.append(make("p", { classes: "tk-sentence", role: value.state === "failed" ? "alert" : "status", text: value.sentence }));
  if (value.detail) root.append(make("p", { classes: "tk-detail", text: value.detail }));
  if (value.state === "queued" || value.state === "running") root.append(bar);
  if (value.text) root.append(make("p", { classes: "tk-sofar", text: value.text, dir: "auto" }));
};
watch("value", draw);
draw();
