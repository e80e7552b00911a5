// A document beside its summary, to be read (`source.js`, `marks.js`).
const draw = () => {
  const value = view();
  root.replaceChildren();
  lit = [];
  if (!value.phrases) return;
  buildPanes(value);
  root.append(
    drawDecision(value),
    make("div", { classes: "tk-columns" },
      drawSourceSection(value),
      make("section", {},
        make("div", { classes: "tk-head" }, make("h3", { text: value.labels.summary }), panes.toggle),
        panes.summary, drawLegend(value), panes.detail, panes.omissions)),
    drawProvenance(value));
  drawOmissions();
  drawSummary();
};
watch("value", draw);
draw();
