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

// Binary parts may begin at any byte of a message; wide numbers must not.
export function typedArray(view, Kind) {
  const { buffer, byteOffset, byteLength } = view;
  if (byteOffset % Kind.BYTES_PER_ELEMENT === 0)
    return new Kind(buffer, byteOffset, byteLength / Kind.BYTES_PER_ELEMENT);
  return new Kind(buffer.slice(byteOffset, byteOffset + byteLength));
}

// Whole numbers of some bytes each, from their differences: all lowest bytes first, and in the
// lowest bit the sign.
function sumUp(bytes, size) {
  const numbers = new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[size](bytes.length / size);
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    let step = 0;
    for (let k = size - 1; k >= 0; k--) step = (step << 8) | bytes[k * numbers.length + i];
    sum = (sum + ((step >>> 1) ^ -(step & 1))) | 0;
    numbers[i] = sum;
  }
  return numbers.buffer;
}

// Parts of a page that stand in it deflated and in Base64.
export async function inflate(value) {
  if (Array.isArray(value)) return Promise.all(value.map(inflate));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.deflated === "string") {
    const bytes = Uint8Array.from(atob(value.deflated), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    return new DataView(value.size ? sumUp(new Uint8Array(buffer), value.size) : buffer);
  }
  const parts = Object.entries(value).map(async ([key, part]) => [key, await inflate(part)]);
  return Object.fromEntries(await Promise.all(parts));
}

export const minus = (text) => text.replace("-", "−");

export function short(value, digits = 5) {
  const number = Number.isInteger(value) ? value : Number(value.toPrecision(digits));
  return minus(String(number));
}

// What leads out of a widget passes: Tab, Shift+Enter, and all with Ctrl or Cmd.
export const leadsOut = ({ key, shiftKey, ctrlKey, metaKey }) =>
  key === "Tab" || ctrlKey || metaKey || (key === "Enter" && shiftKey);

function giveBackFocus(root) {
  const cell = root.closest(".jp-Cell");
  if (cell) cell.focus({ preventScroll: true });
  else document.activeElement.blur();
}

// In JupyterLab an arrow key moves to another cell and two letters d delete one. No other key that
// is pressed in a widget gets there; Escape gives the focus back to the cell.
export function keepKeys(root) {
  root.classList.add("dl-live"); // looked for by beside.js
  root.tabIndex = -1; // so that a click on plain text focuses the widget, not the cell around it
  const isUndone = ({ code, target }) => code === "KeyZ" && target.matches("input, textarea");
  root.addEventListener("keydown", (event) => {
    if (!leadsOut(event) || isUndone(event)) event.stopPropagation();
  });
  const first = (event) => {
    if (event.key === "Escape") giveBackFocus(root);
    // the text fields of ipywidgets stop every key
    if (!event.target.closest(".widget-text") || !(event.ctrlKey || event.metaKey)) return;
    const again = new KeyboardEvent("keydown", event);
    if (!isUndone(event) && !root.parentElement.dispatchEvent(again)) event.preventDefault();
  };
  root.addEventListener("keydown", first, true);
}

// What `widgets.script` makes of each `render`: its keys are kept.
export const keeping = (render) => (context) => {
  const close = render(context);
  keepKeys(context.el.lastElementChild);
  return close;
};

export function keepKeysOfBox({ el }) {
  el.style.display = "none";
  let tries = 0;
  const mark = () => {
    const box = el.closest(".widget-box");
    if (box) keepKeys(box);
    else if (tries++ < MOST_TRIES) requestAnimationFrame(mark);
  };
  mark();
}

// Two fingers on a node: `begin` when the second comes, then `move(spread, before, now)` for each
// step: how many times farther they are apart, and where their middle was and is.
export function listenToPinch(node, begin, move) {
  const fingers = new Map();
  let before = null;
  const look = () => {
    const [a, b] = fingers.values();
    const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    return { ...middle, apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1 };
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event);
    before = fingers.size === 2 ? look() : null;
    if (before) begin();
  });
  node.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (!before) return;
    const now = look();
    move(now.apart / before.apart, before, now);
    before = now;
  });
  for (const name of ["pointerup", "pointercancel"])
    node.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      before = null;
    });
  // two fingers never scroll the page
  const keep = (event) => event.touches.length > 1 && event.preventDefault();
  for (const name of ["touchstart", "touchmove"])
    node.addEventListener(name, keep, { passive: false });
}

// Each element of this name holds a message as JSON: a widget without a kernel is made of it. An
// element of its own knows when it is on the page, and stays apart from others like it.
export function openTwins(name, openModel, render) {
  class Twin extends HTMLElement {
    async connectedCallback() {
      this.model ??= openModel(JSON.parse(this.querySelector("script").textContent));
      const model = await this.model;
      if (this.close || !this.isConnected) return;
      const el = make("div");
      this.replaceChildren(el);
      this.close = keeping(render)({ model, el });
    }
    disconnectedCallback() {
      this.close?.();
      this.close = null;
    }
  }
  if (!customElements.get(name)) customElements.define(name, Twin);
}

export const ordered = (a, b) => (a < b ? [a, b] : [b, a]);

export function rounded(value, step) {
  return Number((Math.round(value / step) * step).toPrecision(12));
}

// Of so many cells in a row, which each pixel of the screen covers, and how much of the first and
// the last of them; one alone where the picture is enlarged.
export function spans(start, end, origin, scale, most) {
  const [from, to] = [new Int32Array(end), new Int32Array(end)];
  const [first, last, total] = [0, 1, 2].map(() => new Float64Array(end));
  for (let i = start; i < end; i++) {
    const low = Math.max(0, origin + i / scale);
    const high = Math.min(most, origin + (i + 1) / scale);
    if (scale >= 1) from[i] = to[i] = clamp(Math.floor(origin + (i + 0.5) / scale), 0, most - 1);
    else {
      from[i] = clamp(Math.floor(low + 1e-9), 0, most - 1);
      to[i] = clamp(Math.ceil(high - 1e-9) - 1, from[i], most - 1);
    }
    const alone = from[i] === to[i];
    first[i] = alone ? 1 : from[i] + 1 - low;
    last[i] = alone ? 0 : high - to[i];
    total[i] = alone ? 1 : high - low;
  }
  return { from, to, first, last, total };
}
