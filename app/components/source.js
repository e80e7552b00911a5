// The document in lines: which of them are lit, and which one a reader stands on. Offsets are UTF-16.
const LONG_LINES = 400;
let lines = [];
let lit = [];
let current = null;
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
  lit = [];
  current = null;
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

const buildSourcePane = (value) => {
  const pane = make("div", {
    classes: "tk-source", tabindex: "0", role: "region", "aria-label": value.labels.document, lang: value.language,
  }, drawSource(value.source));
  // Thousands of lines are laid out only where they are seen.
  pane.classList.toggle("tk-long", lines.length > LONG_LINES);
  return pane;
};

const unlight = () => {
  for (const line of lit) {
    line.row.classList.remove("tk-lit");
    line.body.replaceChildren(line.text || "\u200b");
  }
  lit = [];
};

const scrollToLine = (row) => {
  const pane = panes.source;
  if (row.offsetTop >= pane.scrollTop && row.offsetTop + row.offsetHeight <= pane.scrollTop + pane.clientHeight) return;
  pane.scrollTop = Math.max(0, row.offsetTop - pane.clientHeight / 2 + row.offsetHeight / 2);
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
  if (lit.length) scrollToLine(lit.reduce((one, two) => (one.start <= two.start ? one : two)).row);
};

// Where a point of the page's selection lies in the document; null outside of it.
const offsetInSource = (node, offset) => {
  const row = node && (node.nodeType === 1 ? node : node.parentElement).closest(".tk-line");
  const line = row && lines[Number(row.dataset.number) - 1];
  if (!line || line.row !== row) return null;
  const before = document.createRange();
  before.setStart(line.body, 0);
  before.setEnd(node, offset);
  return line.start + Math.min(before.toString().length, line.text.length);
};

const selectedInSource = () => {
  const selection = window.getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !panes.source.contains(selection.anchorNode)) return null;
  const range = selection.getRangeAt(0);
  const start = offsetInSource(range.startContainer, range.startOffset);
  const end = offsetInSource(range.endContainer, range.endOffset);
  return start === null || end === null || end <= start ? null : [start, end];
};

const standOn = (line) => {
  if (current) current.row.classList.remove("tk-current");
  current = line;
  if (!line) return;
  line.row.classList.add("tk-current");
  scrollToLine(line.row);
};
