// Measures what a hand on the mouse sees, the same way for every viewer. A strip through the middle
// of the picture is read in every animation frame, before and after its callbacks (a WebGL canvas is
// empty again once its frame is shown), and compared with the strip before.

const WIDE = 16;
const HIGH = 640;
const strip = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
const pen = strip.getContext("2d", { willReadFrequently: true });
const nextFrame = () => new Promise(requestAnimationFrame);
const sizeOf = (data) => data.byteLength ?? data.size ?? data.length;

function readStrip(selector) {
  const picture = selector && document.querySelector(selector);
  const isImage = picture instanceof HTMLImageElement;
  if (!picture || (isImage && !picture.complete)) return null;
  const w = isImage ? picture.naturalWidth : picture.width;
  const h = isImage ? picture.naturalHeight : picture.height;
  if (!w || !h) return null;
  const high = Math.min(h, HIGH);
  pen.clearRect(0, 0, WIDE, high);
  pen.drawImage(picture, (w - WIDE) / 2, (h - high) / 2, WIDE, high, 0, 0, WIDE, high);
  return new Uint32Array(pen.getImageData(0, 0, WIDE, high).data.buffer);
}

function digest(pixels) {
  let [sum, any] = [1, 0];
  for (const pixel of pixels) {
    sum = (Math.imul(sum, 31) + pixel) | 0;
    any |= pixel;
  }
  return any && (sum || 1);
}

// One colour with a few words on it is no picture.
function isPicture(pixels) {
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  return Math.max(...counts.values()) < 0.8 * pixels.length;
}

class Bench {
  selector = "";
  before = 0; // digest of the strip
  since = 0; // when the move or the run began
  first = false; // whether a picture is awaited, not only a change
  taken = 0; // milliseconds from then to changed pixels
  pictures = 0;
  bytes = 0; // to and from the kernel

  look() {
    const pixels = readStrip(this.selector);
    const sum = pixels ? digest(pixels) : 0;
    if (!sum || sum === this.before || (this.first && !isPicture(pixels))) return;
    Object.assign(this, { before: sum, first: false });
    this.pictures += 1;
    if (this.since) this.taken ||= performance.now() - this.since;
  }
  watch(selector = this.selector) {
    Object.assign(this, { selector, before: 0 });
    this.look();
    Object.assign(this, { since: 0, taken: 0, bytes: 0 });
  }
  // Milliseconds from the first move since the last answer to changed pixels; null if too long.
  async seen(patience) {
    const end = performance.now() + patience;
    while (!this.taken && performance.now() < end) await nextFrame();
    const taken = this.taken || null;
    Object.assign(this, { since: 0, taken: 0 });
    return taken;
  }
  #notebook(cell) {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = cell;
    return content;
  }
  // Runs a cell; `seen` then tells how long its first picture took.
  run(cell) {
    this.#notebook(cell);
    const run = { before: 0, taken: 0, first: true, since: performance.now() };
    Object.assign(this, run);
    return window.jupyterapp.commands.execute("notebook:run-cell");
  }
  write(cell, source) {
    this.#notebook(cell).activeCell.model.sharedModel.setSource(source);
  }
  clear(cell) {
    this.#notebook(cell);
    window.jupyterapp.commands.execute("notebook:clear-cell-output");
  }
  // Pictures per second while the hand never rests: one move in each frame, there and back.
  async drag(control, across, milliseconds) {
    const place = document.querySelector(control);
    const box = place.getBoundingClientRect();
    const [began, before] = [performance.now(), this.pictures];
    for (let n = 0; performance.now() < began + milliseconds; n++) {
      const far = 3 * (1 + Math.abs((n % 100) - 50));
      const clientX = box.left + box.width / 2 + (across ? far : 0);
      const clientY = box.top + box.height / 4 + (across ? 0 : far);
      const move = { clientX, clientY, bubbles: true, cancelable: true, button: -1, buttons: 1 };
      const pointer = { ...move, pointerId: 1, pointerType: "mouse", isPrimary: true };
      place.dispatchEvent(new PointerEvent("pointermove", pointer));
      place.dispatchEvent(new MouseEvent("mousemove", move));
      await nextFrame();
      await new Promise((next) => setTimeout(next, 0)); // real moves, too, come between frames
    }
    return (1000 * (this.pictures - before)) / (performance.now() - began);
  }
}

const bench = new Bench();
window.bench = bench;

const afterwards = new MessageChannel();
function beat() {
  bench.look();
  afterwards.port1.postMessage(0);
  requestAnimationFrame(beat);
}
afterwards.port2.onmessage = () => bench.look();
requestAnimationFrame(beat);

const begin = (event) => {
  bench.since ||= event.timeStamp;
};
for (const type of ["pointermove", "wheel", "keydown"])
  window.addEventListener(type, begin, { capture: true, passive: true });

window.WebSocket = class extends window.WebSocket {
  constructor(...where) {
    super(...where);
    this.ofKernel = this.url.includes("/channels");
    if (this.ofKernel)
      this.addEventListener("message", ({ data }) => {
        bench.bytes += sizeOf(data);
      });
  }
  send(data) {
    if (this.ofKernel) bench.bytes += sizeOf(data);
    super.send(data);
  }
};
