// Measures what a hand on the mouse sees, the same way for every viewer. A strip through the middle
// of the picture is read in every animation frame, before and after its callbacks (a WebGL canvas is
// empty again once its frame is shown), and compared with the strip before.
window.bench = (() => {
  const WIDE = 16,
    HIGH = 640;
  const strip = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  const pen = strip.getContext("2d", { willReadFrequently: true });
  const afterwards = new MessageChannel();
  const state = { selector: "", before: 0, since: 0, first: false, seen: 0, pictures: 0, bytes: 0 };

  function read() {
    const picture = state.selector && document.querySelector(state.selector);
    const image = picture instanceof HTMLImageElement;
    if (!picture || (image && !picture.complete)) return null;
    const [w, h] = image
      ? [picture.naturalWidth, picture.naturalHeight]
      : [picture.width, picture.height];
    if (!w || !h) return null;
    const high = Math.min(h, HIGH);
    pen.clearRect(0, 0, WIDE, high);
    pen.drawImage(picture, (w - WIDE) / 2, (h - high) / 2, WIDE, high, 0, 0, WIDE, high);
    return new Uint32Array(pen.getImageData(0, 0, WIDE, high).data.buffer);
  }
  function digest(pixels) {
    let sum = 1,
      any = 0;
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
  function look() {
    const pixels = read();
    const sum = pixels ? digest(pixels) : 0;
    if (!sum || sum === state.before || (state.first && !isPicture(pixels))) return;
    Object.assign(state, { before: sum, first: false });
    state.pictures += 1;
    if (state.since) state.seen ||= performance.now() - state.since;
  }
  function beat() {
    look();
    afterwards.port1.postMessage(0);
    requestAnimationFrame(beat);
  }
  afterwards.port2.onmessage = look;
  requestAnimationFrame(beat);
  for (const type of ["pointermove", "wheel", "keydown"])
    window.addEventListener(type, (event) => (state.since ||= event.timeStamp), {
      capture: true,
      passive: true,
    });

  const size = (data) => data.byteLength ?? data.size ?? data.length;
  window.WebSocket = class extends window.WebSocket {
    constructor(...where) {
      super(...where);
      this.ofKernel = this.url.includes("/channels");
      if (this.ofKernel)
        this.addEventListener("message", (event) => (state.bytes += size(event.data)));
    }
    send(data) {
      if (this.ofKernel) state.bytes += size(data);
      super.send(data);
    }
  };

  return {
    watch(selector = state.selector) {
      Object.assign(state, { selector, before: 0 });
      look();
      Object.assign(state, { since: 0, seen: 0, bytes: 0 });
    },
    bytes: () => state.bytes,
    // Milliseconds from the first move since the last answer to changed pixels; null if too long.
    async seen(patience) {
      const end = performance.now() + patience;
      while (!state.seen && performance.now() < end) await new Promise(requestAnimationFrame);
      const told = state.seen || null;
      Object.assign(state, { since: 0, seen: 0 });
      return told;
    },
    // Runs a cell; `seen` then tells how long its first picture took.
    run(cell) {
      const { commands, shell } = window.jupyterapp;
      shell.currentWidget.content.activeCellIndex = cell;
      Object.assign(state, { before: 0, seen: 0, first: true, since: performance.now() });
      commands.execute("notebook:run-cell");
    },
    clear(cell) {
      const { commands, shell } = window.jupyterapp;
      shell.currentWidget.content.activeCellIndex = cell;
      commands.execute("notebook:clear-cell-output");
    },
    // Pictures per second while the hand never rests: one move in each frame, there and back.
    async drag(control, across, milliseconds) {
      const place = document.querySelector(control),
        box = place.getBoundingClientRect();
      const began = performance.now(),
        before = state.pictures;
      for (let n = 0; performance.now() < began + milliseconds; n++) {
        const far = 3 * (1 + Math.abs((n % 100) - 50));
        const x = box.left + box.width / 2 + (across ? far : 0);
        const y = box.top + box.height / 4 + (across ? 0 : far);
        const how = {
          clientX: x,
          clientY: y,
          bubbles: true,
          cancelable: true,
          button: -1,
          buttons: 1,
        };
        place.dispatchEvent(
          new PointerEvent("pointermove", {
            ...how,
            pointerId: 1,
            pointerType: "mouse",
            isPrimary: true,
          }),
        );
        place.dispatchEvent(new MouseEvent("mousemove", how));
        await new Promise(requestAnimationFrame);
        await new Promise((next) => setTimeout(next, 0)); // real moves, too, come between frames
      }
      return (1000 * (state.pictures - before)) / (performance.now() - began);
    },
  };
})();
