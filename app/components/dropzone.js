// A file dropped anywhere on the form goes the way of the upload button, and the form says so while one hovers.
const form = () => document.querySelector("#form");
const chooser = () => { const button = document.querySelector("#upload"); return button && button.parentElement.querySelector("input[type=file]"); };
const hint = make("p", { classes: "tk-drop-hint", text: view().text, hidden: true });
root.append(hint);
const holdsFiles = (event) => Boolean(event.dataTransfer && [...event.dataTransfer.types].includes("Files"));
const isOverForm = (event) => Boolean(element.isConnected && form() && form().offsetParent && holdsFiles(event));
const mark = (isOn) => { hint.hidden = !isOn; if (form()) form().classList.toggle("tk-dropping", isOn); };
document.addEventListener("dragover", (event) => {
  if (!isOverForm(event)) return;
  event.preventDefault();
  mark(true);
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
// The dialog offers what can be read; what is dropped, or chosen all the same, the reader answers to.
document.addEventListener("click", (event) => {
  const input = element.isConnected && event.target.closest && event.target.closest("#upload") && chooser();
  if (input) input.accept = view().accept;
}, true);
// Caught before the text field would take it; a file dropped beside the form must not replace the page either.
document.addEventListener("drop", (event) => {
  if (!isOverForm(event)) return;
  event.preventDefault();
  event.stopPropagation();
  mark(false);
  const input = chooser();
  if (!input || !event.dataTransfer.files.length) return;
  const first = new DataTransfer();
  first.items.add(event.dataTransfer.files[0]);
  input.files = first.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}, true);
// A text that is too long to be read is refused before it gets into the field: Chromium lays out two million characters
// for minutes, and the page would stand still. Caught for every way in: paste, a dropped selection, an input method.
document.addEventListener("beforeinput", (event) => {
  const field = event.target, { limit } = view();
  const inserted = event.data ?? (event.dataTransfer ? event.dataTransfer.getData("text/plain") : "");
  if (!element.isConnected || !inserted || !field.matches || !field.matches("#document textarea")) return;
  const rest = field.value.length - (field.selectionEnd - field.selectionStart);
  if (rest + inserted.length <= limit) return;
  const characters = [...field.value.slice(0, field.selectionStart), ...inserted, ...field.value.slice(field.selectionEnd)].length;
  if (characters <= limit) return;
  event.preventDefault();
  trigger('refuse', { characters });
}, true);
