// What the widgets share; `widgets.script` puts it before the files of each. All text is set as
// textContent: what came from a file never becomes markup.

const MOST_TRIES = 300;

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

export const fill = (text, values) =>
  text.replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);

export const makeId = () => `dl-${Math.random().toString(36).slice(2)}`;

export function make(tag, className = "", text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// What is already there is left alone: each change of the page costs the time of a picture.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// In JupyterLab an arrow key moves to another cell and two letters d delete one, even while a list
// of a widget has the focus. Below an element with this mark JupyterLab leaves all keys alone.
export function keepKeys(node) {
  node.dataset.lmSuppressShortcuts = "true";
}

export function keepKeysOfBox({ el }) {
  el.style.display = "none";
  let tries = 0;
  const mark = () => {
    const box = el.closest(".widget-box");
    if (box) {
      keepKeys(box);
      box.addEventListener("keydown", (event) => event.stopPropagation());
    } else if (tries++ < MOST_TRIES) requestAnimationFrame(mark);
  };
  mark();
}
