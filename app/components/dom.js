// Shared by all elements. Text reaches the page through textContent and setAttribute only.
const make = (tag, options = {}, ...children) => {
  const node = document.createElement(tag);
  const { text, classes, data, ...attributes } = options;
  if (classes) node.className = classes;
  if (text !== undefined && text !== null) node.textContent = text;
  for (const [name, entry] of Object.entries(data || {})) node.dataset[name] = entry;
  for (const [name, entry] of Object.entries(attributes)) {
    if (entry !== undefined && entry !== null && entry !== false) node.setAttribute(name, entry === true ? "" : entry);
  }
  node.append(...children.filter((child) => child));
  return node;
};
const root = element.firstElementChild;
const view = () => props.value || {};
const isTyping = (event) =>
  event.isComposing || event.keyCode === 229 ||
  Boolean(event.target.closest && event.target.closest("input, textarea, select, [contenteditable='true']"));
