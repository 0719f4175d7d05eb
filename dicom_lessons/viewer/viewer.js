// The image viewer. Stored values arrive once per frame; window, zoom, frames and measurements are
// worked out here, on a 2D canvas with a lookup table. All text is set as textContent.

const SIDE = 512; // longest side of the picture on the page, in CSS pixels
const BESIDE = 254; // what the fields need beside the picture, in CSS pixels
const KEPT = 2 ** 28; // bytes of frames kept
const FLIGHT = 2; // requests for frames on their way
const SPARE = 20; // milliseconds that one request may keep Python from other work
const BATCH = 2 ** 20; // bytes that it may bring
const WIDEST_TABLE = 2 ** 20; // stored values that get a lookup table
const PAUSE = 50; // milliseconds between messages to Python, if somebody listens
const CALM = 250; // and if nobody does
const HALF_FRAME = 8; // milliseconds; two pictures within one frame would be one too many
const STATE = ["center", "width", "function", "table", "frame", "inverted"];
const ARRAYS = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array,
  f4: Float32Array, f8: Float64Array, rgb: Uint8Array,
};

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function make(tag, className = "", text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// Binary parts may begin at any byte of a message; wide numbers must not.
function array(view, Kind) {
  if (view.byteOffset % Kind.BYTES_PER_ELEMENT) view = new DataView(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer);
  return new Kind(view.buffer, view.byteOffset, view.byteLength / Kind.BYTES_PER_ELEMENT);
}

function lookUp(table, value) {
  return table.values[clamp(Math.floor(value - table.first + 0.5), 0, table.values.length - 1)];
}

// A frame: what Python told, with its binary parts as typed arrays.
function openFrame(info) {
  const tables = (list) => list.map((table) => ({ ...table, values: array(table.entries, Float64Array) }));
  const frame = { ...info, grey: info.kind !== "rgb" };
  frame.stored = array(info.pixels, ARRAYS[info.kind]);
  frame.drawn = info.overlay.byteLength ? array(info.overlay, Uint8Array) : null;
  frame.bytes = info.pixels.byteLength + info.overlay.byteLength;
  if (!frame.grey) return frame;
  frame.tables = tables(info.tables);
  const table = info.modality && tables([info.modality])[0];
  frame.modality = table ? (value) => lookUp(table, value) : (value) => value * info.slope + info.intercept;
  const ends = table ? [Math.min(...table.values), Math.max(...table.values)] : [info.low, info.high].map(frame.modality);
  frame.least = Math.min(...ends);
  frame.most = Math.max(...ends);
  frame.padded = (value) => info.padding.length > 0 && value >= info.padding[0] && value <= info.padding[info.padding.length - 1];
  return frame;
}

// PS3.3 C.11.2.1.2: the grey level from 0 to 255 of a value in modality units.
function windowed(center, width, name) {
  if (name === "SIGMOID") return (x) => 255 / (1 + Math.exp((-4 * (x - center)) / width));
  if (name === "LINEAR") [center, width] = [center - 0.5, width - 1];
  const [low, high] = [center - width / 2, center + width / 2];
  return (x) => (x <= low ? 0 : x > high ? 255 : ((x - center) / (width || 1) + 0.5) * 255);
}

function greyOf(frame, state) {
  const table = frame.tables[state.table];
  const voi = table
    ? (x) => (lookUp(table, x) * 255) / (2 ** table.bits - 1)
    : windowed(state.center, state.width, state.function);
  const grey = state.inverted ? (v) => 255 - voi(frame.modality(v)) : (v) => voi(frame.modality(v));
  return (v) => Math.floor((Number.isNaN(v) ? 0 : grey(v)) + 0.5);
}

// Which stored columns (or rows) each column of the screen covers, and how much of the first and
// the last of them; one alone where the picture is enlarged.
function spans(start, end, origin, scale, most) {
  const from = new Int32Array(end), to = new Int32Array(end);
  const first = new Float64Array(end), last = new Float64Array(end), total = new Float64Array(end);
  for (let i = start; i < end; i++) {
    const low = Math.max(0, origin + i / scale), high = Math.min(most, origin + (i + 1) / scale);
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

// The stored values at the pixels of the screen: the nearest where pixels are enlarged, the mean
// where they are reduced. Made anew when the frame, the zoom or the place changes, never per window.
function sample(frame, view, W, H) {
  const { rows, columns, stored, drawn } = frame;
  const left = view.x - W / 2 / view.sx, top = view.y - H / 2 / view.sy;
  const x0 = clamp(Math.ceil(-left * view.sx - 0.5), 0, W), x1 = clamp(Math.ceil((columns - left) * view.sx - 0.5), 0, W);
  const y0 = clamp(Math.ceil(-top * view.sy - 0.5), 0, H), y1 = clamp(Math.ceil((rows - top) * view.sy - 0.5), 0, H);
  const n = frame.grey ? 1 : 3;
  const cells = new stored.constructor(W * H * n);
  const over = drawn && new Uint8Array(W * H);
  const across = spans(x0, x1, left, view.sx, columns), down = spans(y0, y1, top, view.sy, rows);
  const whole = !(stored instanceof Float32Array || stored instanceof Float64Array);
  const sums = new Float64Array(W * n);
  for (let y = y0; y < y1; y++) {
    const r0 = down.from[y], r1 = down.to[y];
    if (view.sx >= 1 && view.sy >= 1) {
      for (let x = x0, at = r0 * columns; x < x1; x++)
        for (let k = 0; k < n; k++) cells[(y * W + x) * n + k] = stored[(at + across.from[x]) * n + k];
    } else {
      sums.fill(0);
      for (let r = r0; r <= r1; r++) {
        const share = r === r0 ? down.first[y] : r === r1 ? down.last[y] : 1;
        for (let x = x0; x < x1; x++) {
          const c0 = across.from[x], c1 = across.to[x], at = r * columns;
          for (let k = 0; k < n; k++) {
            let sum = stored[(at + c0) * n + k] * across.first[x];
            for (let c = c0 + 1; c < c1; c++) sum += stored[(at + c) * n + k];
            if (c1 > c0) sum += stored[(at + c1) * n + k] * across.last[x];
            sums[x * n + k] += sum * share;
          }
        }
      }
      for (let x = x0; x < x1; x++)
        for (let k = 0; k < n; k++) {
          const mean = sums[x * n + k] / (across.total[x] * down.total[y]);
          cells[(y * W + x) * n + k] = whole ? Math.floor(mean + 0.5) : mean;
        }
    }
    if (over)
      for (let x = x0; x < x1; x++)
        for (let r = r0; r <= r1; r++)
          for (let c = across.from[x]; c <= across.to[x]; c++) over[y * W + x] |= drawn[r * columns + c];
  }
  return { cells, over, x0, x1, y0, y1 };
}

const OPAQUE = 0xff000000, YELLOW = 0xff00e6ff; // ABGR, as little-endian canvases hold it

function colour(frame, state, sampled, out, W) {
  const { cells, x0, x1, y0, y1 } = sampled;
  out.fill(OPAQUE);
  if (!frame.grey) {
    const flip = state.inverted ? 0xffffff : 0;
    for (let y = y0; y < y1; y++)
      for (let x = x0, i = y * W + x0; x < x1; x++, i++)
        out[i] = OPAQUE | ((cells[3 * i] | (cells[3 * i + 1] << 8) | (cells[3 * i + 2] << 16)) ^ flip);
    return;
  }
  const grey = greyOf(frame, state);
  const { low, high } = frame;
  if (Number.isInteger(low) && Number.isInteger(high) && high - low < WIDEST_TABLE && frame.kind[0] !== "f") {
    const table = new Uint32Array(high - low + 1);
    for (let i = 0; i < table.length; i++) table[i] = OPAQUE | (grey(low + i) * 0x010101);
    for (let y = y0; y < y1; y++)
      for (let x = x0, i = y * W + x0; x < x1; x++, i++) out[i] = table[cells[i] - low];
  } else
    for (let y = y0; y < y1; y++)
      for (let x = x0, i = y * W + x0; x < x1; x++, i++) out[i] = OPAQUE | (grey(cells[i]) * 0x010101);
}

// How often each modality value occurs, in bins; padding does not count. Each bin holds as many
// whole stored values as the next, or the histogram would look like a comb.
function histogram(frame, most) {
  const whole = frame.kind[0] !== "f" && frame.high - frame.low < WIDEST_TABLE;
  const span = frame.high - frame.low + 1;
  const bins = whole ? Math.ceil(span / Math.ceil(span / most)) : most;
  const counts = new Float64Array(bins);
  const scale = whole && span > 1
    ? ((span - 1) / (frame.most - frame.least || 1)) / Math.ceil(span / most)
    : bins / (frame.most - frame.least || 1);
  const add = (value, times) => {
    if (!frame.padded(value)) counts[clamp(Math.floor((frame.modality(value) - frame.least) * scale + 1e-9), 0, bins - 1)] += times;
  };
  if (whole) {
    const each = new Uint32Array(frame.high - frame.low + 1);
    for (let i = 0, { stored, low } = frame; i < stored.length; i++) each[stored[i] - low]++;
    each.forEach((times, i) => times && add(frame.low + i, times));
  } else for (const value of frame.stored) if (Number.isFinite(value)) add(value, 1);
  return counts;
}

function statistics(frame, a, b) {
  const [c0, c1] = [a.x, b.x].sort((m, n) => m - n), [r0, r1] = [a.y, b.y].sort((m, n) => m - n);
  let count = 0, mean = 0, squares = 0, low = Infinity, high = -Infinity;
  for (let r = r0; r <= r1; r++)
    for (let c = c0; c <= c1; c++) {
      const value = frame.stored[r * frame.columns + c];
      if (Number.isNaN(value) || frame.padded(value)) continue;
      const x = frame.modality(value), before = mean;
      mean += (x - mean) / ++count;
      squares += (x - before) * (x - mean);
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  const told = { kind: "region", rows: [r0, r1], columns: [c0, c1], count, area: null };
  if (frame.spacing.length) told.area = (r1 - r0 + 1) * (c1 - c0 + 1) * frame.spacing[0] * frame.spacing[1];
  return count ? { ...told, mean, deviation: Math.sqrt(squares / count), low, high } : { ...told, mean: null };
}

function distance(frame, a, b) {
  const dx = b.x - a.x, dy = b.y - a.y;
  const [down, across] = frame.spacing;
  const mm = frame.spacing.length ? Math.hypot(dx * across, dy * down) : null;
  return { kind: "distance", from: [a.y, a.x], to: [b.y, b.x], pixels: Math.hypot(dx, dy), mm, at_detector: frame.at_detector };
}

// What is already there is left alone: each change of the page costs the time of a picture.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const short = (value, digits = 5) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)))).replace("-", "−");

function buildPage(labels, about, grey) {
  const root = make("section", "dl-viewer", "", { "aria-label": labels.title });
  root.dataset.lmSuppressShortcuts = "true"; // the notebook would take the keys for itself
  const id = `dl-${Math.random().toString(36).slice(2)}`;
  const page = { root, id, tools: {} };
  const bar = root.appendChild(make("div", "dl-bar"));
  const tools = bar.appendChild(make("div", "dl-bar", "", { role: "radiogroup", "aria-label": labels.tool }));
  for (const [tool, text] of labels.tools) {
    if (!grey && (tool === "window" || tool === "region")) continue;
    page.tools[tool] = tools.appendChild(make("button", "", text, { type: "button", role: "radio" }));
  }
  const button = (name, text) => (page[name] = bar.appendChild(make("button", "", text, { type: "button", "aria-label": labels[name], title: labels[name] })));
  button("zoom_in", "+");
  button("zoom_out", "−");
  button("reset", labels.reset);
  const body = root.appendChild(make("div", "dl-body"));
  const left = body.appendChild(make("div", "dl-left"));
  page.stage = left.appendChild(make("div", "dl-stage", "", {
    tabindex: "0", role: "application", "aria-label": [about.alt, labels.picture].filter(Boolean).join(". "), "aria-describedby": `${id}-help ${id}-values`,
  }));
  page.screen = page.stage.appendChild(make("canvas"));
  page.marks = page.stage.appendChild(make("canvas"));
  page.cine = left.appendChild(make("div", "dl-cine"));
  page.play = page.cine.appendChild(make("button", "", labels.play, { type: "button" }));
  page.slider = page.cine.appendChild(make("input", "", "", { type: "range", min: 1, max: about.frames, step: 1, "aria-label": labels.frame }));
  page.counter = page.cine.appendChild(make("output"));
  page.cine.hidden = about.frames < 2;
  const panel = body.appendChild(make("div", "dl-panel"));
  const fields = panel.appendChild(make("div"));
  const field = (name, input) => {
    const label = fields.appendChild(make("label", "dl-field", ""));
    label.append(make("span", "", labels[name]), (page[name] = input));
    label.hidden = !grey;
  };
  field("preset", make("select"));
  field("center", make("input", "", "", { type: "number", step: "any" }));
  field("width", make("input", "", "", { type: "number", step: "any" }));
  field("function", make("select"));
  for (const name of ["LINEAR", "LINEAR_EXACT", "SIGMOID"]) page.function.append(make("option", "", name, { value: name }));
  for (const name of ["inverted", "overlay"]) {
    const label = fields.appendChild(make("label", "dl-check"));
    label.append((page[name] = make("input", "", "", { type: "checkbox" })), make("span", "", labels[name]));
  }
  page.histogram = fields.appendChild(make("canvas", "dl-histogram", "", { role: "img", "aria-label": labels.histogram, title: labels.histogram }));
  page.histogram.hidden = !grey;
  const table = panel.appendChild(make("table", "dl-values", "", { id: `${id}-values` })).appendChild(make("tbody"));
  page.values = {};
  for (const name of ["place", "stored", "modality", "displayed", "position", "measured"]) {
    if (!grey && name === "modality") continue;
    const row = table.appendChild(make("tr"));
    row.append(make("th", "", labels[name], { scope: "row" }), (page.values[name] = make("td")));
  }
  page.values.measured.setAttribute("aria-live", "polite");
  page.note = root.appendChild(make("div", "dl-note", "", { role: "alert" }));
  const letters = Object.keys(page.tools).map((tool) => tool[0].toUpperCase()).join(" ");
  const help = labels.help.filter(([when]) => ({ grey, film: about.frames > 1 })[when] ?? true);
  root.append(make("p", "dl-help", help.map(([, text]) => fill(text, { letters })).join(" "), { id: `${id}-help` }));
  return page;
}

function render({ model, el }) {
  const about = model.get("about"), labels = about.labels;
  const frames = new Map([[0, openFrame(model.get("first"))]]);
  let frame = frames.get(0), kept = frame.bytes, shownIndex = 0;
  const grey = frame.grey;
  const page = buildPage(labels, about, grey);
  const pending = new Set(), failed = new Map();
  let way = 1, flying = 0, cost = SPARE, closed = false;
  const state = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const { frame: _first, ...begun } = state;
  const view = { zoom: 1, x: 0, y: 0, sx: 1, sy: 1 };
  const cursor = { x: 0, y: 0, shown: false };
  let tool = grey ? "window" : "move", mark = null, drag = null, dirty = true, sampled = null, waiting = 0, painted = 0, drawn = "";
  let W = 0, H = 0, image, out, timer = 0, playing = 0, counts = null, choices = [];

  // ---- state, sent to Python now and then, and while dragging only if somebody listens; the model
  // learns only what is sent, or Python's echo of older values would undo the newest
  const unsent = new Map();
  let lastSent = 0;
  function send(now) {
    clearTimeout(timer);
    if (!unsent.size || (drag && !model.get("live") && !now)) return;
    const wait = now ? 0 : lastSent + (model.get("live") ? PAUSE : CALM) - performance.now();
    if (wait > 0) timer = setTimeout(() => send(true), wait);
    else {
      lastSent = performance.now();
      for (const [name, value] of unsent) model.set(name, value);
      unsent.clear();
      model.save_changes();
    }
  }
  function hear() {
    for (const name of STATE) if (!unsent.has(name)) state[name] = model.get(name);
    later();
  }
  function set(values, now = false) {
    for (const [name, value] of Object.entries(values)) {
      if (state[name] !== value) unsent.set(name, value);
      if (name in state) state[name] = value;
    }
    later();
    send(now);
  }
  const quantum = () => (grey ? 10 ** Math.min(0, Math.floor(Math.log10((frame.most - frame.least || 1) / 500))) : 1);
  const rounded = (value) => {
    const q = quantum();
    return Number((Math.round(value / q) * q).toPrecision(12));
  };
  function setWindow(center, width) {
    const table = frame.tables[state.table];
    if (table && width === undefined) width = table.values.length;
    const least = state.function === "LINEAR" ? 1 : quantum();
    set({ center: rounded(center), width: Math.max(least, rounded(width)), table: -1 });
  }

  // ---- drawing
  function resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const height = frame.rows * frame.aspect;
    const room = el.clientWidth || 2 * SIDE;
    const scale = Math.min(Math.min(SIDE, room) / frame.columns, SIDE / height);
    const w = Math.max(1, Math.round(frame.columns * scale)), h = Math.max(1, Math.round(height * scale));
    page.root.classList.toggle("dl-narrow", room < w + BESIDE);
    if (W === Math.round(w * ratio) && H === Math.round(h * ratio)) return;
    page.stage.style.width = `${w}px`;
    page.stage.style.height = `${h}px`;
    [W, H] = [Math.round(w * ratio), Math.round(h * ratio)];
    for (const canvas of [page.screen, page.marks]) [canvas.width, canvas.height] = [W, H];
    image = page.screen.getContext("2d", { alpha: false }).createImageData(W, H);
    out = new Uint32Array(image.data.buffer);
    look();
  }
  function look(zoom = view.zoom, x = view.x, y = view.y) {
    view.zoom = clamp(zoom, 1, 64);
    view.sx = (W / frame.columns) * view.zoom;
    view.sy = (H / frame.rows) * view.zoom;
    const [halfX, halfY] = [W / 2 / view.sx, H / 2 / view.sy];
    view.x = clamp(x, halfX, frame.columns - halfX);
    view.y = clamp(y, halfY, frame.rows - halfY);
    dirty = true;
    later();
  }
  function later() {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      paint();
    });
  }
  // A key or a turn of the wheel may come at any moment: painted at once, it is seen a frame earlier.
  function atOnce() {
    if (!waiting || performance.now() - painted < HALF_FRAME) return;
    cancelAnimationFrame(waiting);
    waiting = 0;
    paint();
  }
  function paint() {
    painted = performance.now();
    if (state.frame !== shownIndex) show(state.frame);
    if (dirty) sampled = sample(frame, view, W, H);
    dirty = false;
    colour(frame, state, sampled, out, W);
    if (sampled.over && page.overlay.checked) sampled.over.forEach((on, i) => on && (out[i] = YELLOW));
    page.screen.getContext("2d", { alpha: false }).putImageData(image, 0, 0);
    drawMarks();
    tell();
  }
  function drawMarks() {
    const cross = cursor.shown && ["cursor", "distance", "region"].includes(tool) && !drag && cursor;
    const wanted = JSON.stringify([W, H, view, frame.letters, mark, cross]);
    if (drawn === wanted) return;
    drawn = wanted;
    const pen = page.marks.getContext("2d");
    const unit = W / (page.stage.clientWidth || W);
    pen.clearRect(0, 0, W, H);
    pen.font = `600 ${14 * unit}px sans-serif`;
    pen.lineJoin = "round";
    const letter = (text, x, y, align) => {
      pen.textAlign = align;
      pen.textBaseline = "middle";
      pen.lineWidth = 3 * unit;
      pen.strokeStyle = "#000";
      pen.strokeText(text, x, y);
      pen.fillStyle = "#fff";
      pen.fillText(text, x, y);
    };
    const [leftLetter, right, top, bottom] = frame.letters;
    letter(leftLetter, 8 * unit, H / 2, "left");
    letter(right, W - 8 * unit, H / 2, "right");
    letter(top, W / 2, 12 * unit, "center");
    letter(bottom, W / 2, H - 12 * unit, "center");
    const at = (point) => [(point.x + 0.5 - view.x) * view.sx + W / 2, (point.y + 0.5 - view.y) * view.sy + H / 2];
    const stroke = (draw) => {
      for (const [style, width] of [["#000", 3.5], ["#ffe600", 1.5]]) {
        pen.strokeStyle = style;
        pen.lineWidth = width * unit;
        pen.beginPath();
        draw();
        pen.stroke();
      }
    };
    if (mark) {
      const [[ax, ay], [bx, by]] = [at(mark.a), at(mark.b)];
      if (mark.kind === "distance") stroke(() => (pen.moveTo(ax, ay), pen.lineTo(bx, by)));
      else {
        const [hx, hy] = [view.sx / 2, view.sy / 2];
        stroke(() => pen.rect(Math.min(ax, bx) - hx, Math.min(ay, by) - hy, Math.abs(bx - ax) + 2 * hx, Math.abs(by - ay) + 2 * hy));
      }
    }
    if (cross) {
      const [x, y] = at(cursor), arm = 9 * unit;
      stroke(() => {
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
          pen.moveTo(x + dx * arm, y + dy * arm);
          pen.lineTo(x + dx * 3 * unit, y + dy * 3 * unit);
        }
      });
    }
  }
  function tell() {
    const value = (input, text) => document.activeElement !== input && input.value !== text && (input.value = text);
    if (grey) {
      value(page.center, String(state.center));
      value(page.width, String(state.width));
      value(page.function, state.function);
      page.function.disabled = state.table >= 0;
      const same = (c) => ("table" in c ? c.table === state.table : state.table < 0 && c.center === state.center && c.width === state.width && c.function === state.function);
      page.preset.value = String(choices.findIndex(same));
      drawHistogram();
    }
    page.inverted.checked = state.inverted;
    page.slider.value = shownIndex + 1;
    write(page.counter, `${shownIndex + 1} / ${about.frames}`);
    const told = cursor.shown && cursor.x < frame.columns && cursor.y < frame.rows ? inspect() : {};
    for (const name of ["place", "stored", "modality", "displayed", "position"])
      if (page.values[name]) write(page.values[name], told[name] ?? "–");
  }
  function inspect() {
    const i = cursor.y * frame.columns + cursor.x;
    const told = { place: `${cursor.x}, ${cursor.y}`, position: position(cursor) };
    if (!grey) {
      const rgb = Array.from(frame.stored.slice(3 * i, 3 * i + 3));
      const displayed = rgb.map((value) => (state.inverted ? 255 - value : value));
      return { ...told, stored: rgb.join(", "), displayed: displayed.join(", ") };
    }
    const stored = frame.stored[i];
    return {
      ...told,
      stored: short(stored, 7) + (frame.padded(stored) ? ` (${labels.padding})` : ""),
      modality: `${short(frame.modality(stored), 7)} ${frame.units}`,
      displayed: String(greyOf(frame, state)(stored)),
    };
  }
  function position({ x, y }) {
    const mm = (value) => value.toFixed(1).replace("-", "−");
    const [down, across] = frame.spacing;
    if (!frame.spacing.length) return "–";
    if (!frame.position.length) return fill(frame.at_detector ? labels.distance_detector : labels.distance, { mm: `${mm(x * across)}; ${mm(y * down)}` });
    const d = frame.directions;
    return fill(labels.distance, { mm: frame.position.map((p, k) => mm(p + x * across * d[k] + y * down * d[k + 3])).join("; ") });
  }
  function say(told) {
    const n = (value) => short(value, 4);
    if (told.kind === "distance") {
      const text = told.mm === null ? labels.distance_pixels : told.at_detector ? labels.distance_detector : labels.distance;
      return fill(text, { mm: told.mm === null ? "" : told.mm.toFixed(1), pixels: told.pixels.toFixed(1) });
    }
    const size = fill(told.area === null ? labels.region_size : labels.region_area, { count: told.count, area: told.area === null ? "" : told.area.toFixed(0) });
    if (told.mean === null) return size;
    const numbers = { mean: n(told.mean), deviation: n(told.deviation), low: n(told.low), high: n(told.high) };
    return `${fill(labels.region, numbers)}; ${size}`;
  }

  // ---- the histogram
  let edge = null;
  let plotted = {};
  const axis = { least: 0, most: 1 };
  function drawHistogram() {
    const canvas = page.histogram;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [w, h] = [Math.round((canvas.clientWidth || 300) * ratio), Math.round((canvas.clientHeight || 96) * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const range = frame.most - frame.least || 1;
    const room = (outside) => clamp(outside + range * 0.02, range * 0.04, range * 0.4);
    if (!edge) {
      axis.least = frame.least - room(frame.least - state.center + state.width / 2);
      axis.most = frame.most + room(state.center + state.width / 2 - frame.most);
    }
    const x = (value) => ((value - axis.least) / (axis.most - axis.least)) * w;
    const style = getComputedStyle(page.root);
    const { frame: _frame, ...window_ } = state;
    const wanted = JSON.stringify([w, h, axis, window_, style.color]);
    if (plotted.wanted === wanted && plotted.counts === counts) return;
    plotted = { wanted, counts };
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, w, h);
    if (counts) {
      const tallest = Math.log1p(Math.max(...counts)) || 1;
      pen.fillStyle = style.color;
      pen.globalAlpha = 0.55;
      const step = (x(frame.most) - x(frame.least)) / counts.length;
      counts.forEach((count, i) => {
        const tall = (Math.log1p(count) / tallest) * (h - 10 * ratio);
        pen.fillRect(x(frame.least) + i * step, h - tall, Math.max(step, 1), tall);
      });
      pen.globalAlpha = 1;
    }
    if (state.table >= 0) return;
    const mark = style.getPropertyValue("--dl-mark").trim() || "#1976d2";
    const [low, high] = [x(state.center - state.width / 2), x(state.center + state.width / 2)];
    pen.fillStyle = mark;
    pen.globalAlpha = 0.16;
    pen.fillRect(low, 0, high - low, h);
    pen.globalAlpha = 1;
    pen.fillRect(low - ratio, 0, 2 * ratio, h);
    pen.fillRect(high - ratio, 0, 2 * ratio, h);
    const level = windowed(state.center, state.width, state.function);
    pen.strokeStyle = mark;
    pen.lineWidth = 2 * ratio;
    pen.beginPath();
    for (let i = 0; i <= w; i += ratio) {
      const y = level(axis.least + (i / w) * (axis.most - axis.least)) / 255;
      pen.lineTo(i, 4 * ratio + (state.inverted ? y : 1 - y) * (h - 8 * ratio));
    }
    pen.stroke();
  }
  function count() {
    counts = grey ? histogram(frame, 256) : null;
    later();
  }

  // ---- frames
  function show(index) {
    const found = frames.get(index);
    way = index < shownIndex ? -1 : 1;
    fetchMore();
    if (failed.has(index)) write(page.note, failed.get(index));
    if (!found) return;
    const same = found.rows === frame.rows && found.columns === frame.columns && found.aspect === frame.aspect;
    [frame, shownIndex, dirty] = [found, index, true];
    if (!same) (resize(), look(1, frame.columns / 2, frame.rows / 2));
    if (mark && !drag) measure(false);
    write(page.note, frame.note ?? "");
    clearTimeout(show.timer);
    if (!playing) show.timer = setTimeout(count, 80);
  }
  const far = (index) => Math.abs(index - state.frame);
  const farthest = () => [...frames.keys()].reduce((a, b) => (far(b) > far(a) ? b : a));
  // The nearest frames that are missing, those ahead first, until the memory is full of nearer ones.
  function* missing() {
    for (let step = 0; step < about.frames; step++)
      for (const index of step ? [state.frame + way * step, state.frame - way * step] : [state.frame]) {
        if (index < 0 || index >= about.frames || frames.has(index) || pending.has(index) || failed.has(index)) continue;
        if (step && kept + (pending.size + 1) * frame.bytes > KEPT && far(farthest()) <= step) return;
        yield index;
      }
  }
  // Few frames at a time, so that Python is never far from its answer to somebody else.
  function fetchMore() {
    while (!closed && flying < FLIGHT && !(drag && frames.has(state.frame))) {
      const most = clamp(Math.floor(Math.min(SPARE / cost, BATCH / frame.bytes)), 1, 8), wanted = [];
      for (const index of missing()) if (wanted.push(index) === most) break;
      if (!wanted.length) return;
      wanted.forEach((index) => pending.add(index));
      flying++;
      model.send({ ask: page.id, frames: wanted });
    }
  }
  function receive(message, buffers) {
    if (message.ask !== page.id) return; // another view of the same viewer asked
    flying--;
    cost = message.spent / message.frames.length;
    message.places.forEach((path, i) => {
      const last = path[path.length - 1];
      path.slice(0, -1).reduce((node, key) => node[key], message)[last] = buffers[i];
    });
    for (const told of message.frames) keep(told);
    setTimeout(fetchMore, cost > SPARE ? cost : 0);
  }
  function keep({ frame: index, info, note }) {
    pending.delete(index);
    if (index === state.frame) later();
    if (!info) return failed.set(index, note);
    const opened = openFrame(info);
    frames.set(index, opened);
    kept += opened.bytes;
    for (let last = farthest(); kept > KEPT && last !== index && last !== shownIndex; last = farthest()) {
      kept -= frames.get(last).bytes;
      frames.delete(last);
    }
  }
  const go = (index) => set({ frame: clamp(index, 0, about.frames - 1) });
  function play(on = !playing) {
    cancelAnimationFrame(playing);
    playing = 0;
    page.play.textContent = on ? labels.stop : labels.play;
    if (!on) return count();
    let due = performance.now() + about.frame_time;
    const step = (now) => {
      playing = requestAnimationFrame(step);
      if (now < due || (state.frame !== shownIndex && !failed.has(state.frame))) return;
      due = Math.max(due + about.frame_time, now);
      go((state.frame + 1) % about.frames);
    };
    playing = requestAnimationFrame(step);
  }

  // ---- measuring
  function measure(now = true) {
    if (!mark) return;
    const told = mark.kind === "distance" ? distance(frame, mark.a, mark.b) : statistics(frame, mark.a, mark.b);
    write(page.values.measured, say(told));
    set({ measured: { ...told, frame: shownIndex } }, now);
  }
  function choose(name) {
    if (!page.tools[name]) return;
    tool = name;
    for (const [key, button] of Object.entries(page.tools)) {
      button.setAttribute("aria-checked", String(key === name));
      button.tabIndex = key === name ? 0 : -1;
    }
    page.stage.style.cursor = { window: "ns-resize", move: "grab" }[name] ?? "crosshair";
    later();
  }
  function reset() {
    mark = null;
    page.values.measured.textContent = "–";
    set(begun, true);
    look(1, frame.columns / 2, frame.rows / 2);
  }
  function use(choice) {
    if (!choice) return;
    if ("table" in choice) set({ table: choice.table }, true);
    else set({ center: choice.center, width: choice.width, function: choice.function, table: -1 }, true);
  }

  // ---- mouse and touch
  const pointAt = (event) => {
    const box = page.stage.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * W, y = ((event.clientY - box.top) / box.height) * H;
    return {
      x: clamp(Math.floor((x - W / 2) / view.sx + view.x), 0, frame.columns - 1),
      y: clamp(Math.floor((y - H / 2) / view.sy + view.y), 0, frame.rows - 1),
    };
  };
  page.stage.addEventListener("pointerdown", (event) => {
    const doing = event.button === 0 ? tool : "move";
    drag = { doing, x: event.clientX, y: event.clientY, from: { ...state, x: view.x, y: view.y } };
    page.stage.setPointerCapture?.(event.pointerId);
    page.stage.focus({ preventScroll: true });
    if (doing === "distance" || doing === "region") mark = { kind: doing, a: pointAt(event), b: pointAt(event) };
    event.preventDefault();
  });
  page.stage.addEventListener("pointermove", (event) => {
    Object.assign(cursor, pointAt(event), { shown: true });
    if (!drag) return later();
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (drag.doing === "window") {
      if (dx || dy) setWindow(drag.from.center + (dy * drag.from.width) / 300, drag.from.width * Math.exp(dx / 200));
    } else if (drag.doing === "move") {
      const unit = W / page.stage.clientWidth;
      look(view.zoom, drag.from.x - (dx * unit) / view.sx, drag.from.y - (dy * unit) / view.sy);
    } else if (mark && drag.doing !== "cursor") {
      mark.b = pointAt(event);
      measure(false);
    }
    later();
  });
  const drop = () => {
    if (!drag) return;
    const { doing } = drag;
    drag = null;
    if (doing === "distance" || doing === "region") measure();
    else send(true);
    fetchMore();
    later();
  };
  page.stage.addEventListener("pointerup", drop);
  page.stage.addEventListener("pointercancel", drop);
  page.stage.addEventListener("lostpointercapture", drop);
  page.stage.addEventListener("pointerleave", () => {
    cursor.shown = Boolean(drag);
    later();
  });
  page.stage.addEventListener("contextmenu", (event) => event.preventDefault());
  page.stage.addEventListener("dblclick", reset);
  page.stage.addEventListener("wheel", (event) => {
    const way = Math.sign(event.deltaY);
    if (event.ctrlKey) {
      const before = pointAt(event);
      look(view.zoom * 1.2 ** -way, before.x + (view.x - before.x) / 1.2 ** -way, before.y + (view.y - before.y) / 1.2 ** -way);
    } else if (about.frames > 1) go(state.frame + way);
    else return; // the page scrolls
    atOnce();
    event.preventDefault();
  }, { passive: false });

  const valueAt = (event) => {
    const box = page.histogram.getBoundingClientRect();
    return { value: axis.least + ((event.clientX - box.left) / box.width) * (axis.most - axis.least), perPixel: (axis.most - axis.least) / box.width };
  };
  page.histogram.addEventListener("pointerdown", (event) => {
    const { value, perPixel } = valueAt(event);
    const ends = [state.center - state.width / 2, state.center + state.width / 2];
    const near = ends.map((end) => Math.abs(end - value) / perPixel);
    edge = { end: Math.min(...near) <= 8 ? near.indexOf(Math.min(...near)) : -1, value, ends };
    drag = { doing: "histogram" };
    page.histogram.setPointerCapture?.(event.pointerId);
    event.preventDefault();
  });
  page.histogram.addEventListener("pointermove", (event) => {
    if (!edge) return;
    const { value } = valueAt(event);
    let [low, high] = edge.ends;
    if (edge.end === 0) low = Math.min(value, high);
    else if (edge.end === 1) high = Math.max(value, low);
    else [low, high] = [low + value - edge.value, high + value - edge.value];
    setWindow((low + high) / 2, high - low);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    page.histogram.addEventListener(name, () => {
      edge = null;
      drop();
    });

  // ---- keyboard
  function arrow(dx, dy, far) {
    const step = far ? 10 : 1, { center, width } = state;
    if (tool === "window") setWindow(center + dy * step * Math.max(quantum(), rounded(width / 100)), width + dx * step * Math.max(quantum(), rounded(width / 50)));
    else if (tool === "move") look(view.zoom, view.x + (dx * step * 10) / view.sx, view.y + (dy * step * 10) / view.sy);
    else {
      if (!cursor.shown) Object.assign(cursor, { x: Math.floor(view.x), y: Math.floor(view.y), shown: true });
      cursor.x = clamp(cursor.x + dx * step, 0, frame.columns - 1);
      cursor.y = clamp(cursor.y + dy * step, 0, frame.rows - 1);
      if (mark?.open) {
        mark.b = { x: cursor.x, y: cursor.y };
        measure(false);
      }
      later();
    }
  }
  function setPoint() {
    if (tool !== "distance" && tool !== "region") return;
    const here = { x: cursor.x, y: cursor.y };
    if (mark?.open) Object.assign(mark, { b: here, open: false });
    else mark = { kind: tool, a: here, b: here, open: true };
    cursor.shown = true;
    measure();
  }
  const zoom = (factor) => look(view.zoom * factor);
  const keys = {
    ArrowUp: (far) => arrow(0, -1, far), ArrowDown: (far) => arrow(0, 1, far),
    ArrowLeft: (far) => arrow(-1, 0, far), ArrowRight: (far) => arrow(1, 0, far),
    PageUp: () => go(state.frame - 1), PageDown: () => go(state.frame + 1),
    Enter: setPoint, Home: reset, " ": () => about.frames > 1 && play(),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
  };
  const letters = {
    KeyW: () => choose("window"), KeyM: () => choose("move"), KeyC: () => choose("cursor"),
    KeyD: () => choose("distance"), KeyR: () => choose("region"),
    KeyI: () => set({ inverted: !state.inverted }, true),
  };
  page.stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const digit = /^Digit([1-9])$/.exec(event.code);
    // letters by their place on the keyboard, so that they work under a Russian layout too
    const action = keys[event.key] ?? letters[event.code] ?? (digit && (() => use(choices[digit[1] - 1])));
    if (!action) return;
    action(event.shiftKey);
    atOnce();
    event.preventDefault();
    event.stopPropagation();
  });
  page.stage.addEventListener("focus", later);

  // ---- buttons and fields
  for (const [name, button] of Object.entries(page.tools)) button.addEventListener("click", () => choose(name));
  page.tools[tool].parentElement.addEventListener("keydown", (event) => {
    const names = Object.keys(page.tools), way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way || event.target.getAttribute("role") !== "radio") return;
    choose(names[(names.indexOf(tool) + way + names.length) % names.length]);
    page.tools[tool].focus();
    event.preventDefault();
  });
  page.zoom_in.addEventListener("click", () => zoom(1.25));
  page.zoom_out.addEventListener("click", () => zoom(0.8));
  page.reset.addEventListener("click", reset);
  page.play.addEventListener("click", () => play());
  page.slider.addEventListener("input", () => go(page.slider.valueAsNumber - 1));
  page.preset.addEventListener("change", () => use(choices[Number(page.preset.value)]));
  const typed = (name) => () => {
    const value = page[name].valueAsNumber;
    const least = state.function === "LINEAR" ? 1 : 1e-9;
    if (Number.isFinite(value)) set({ [name]: name === "width" ? Math.max(least, value) : value, table: -1 }, true);
  };
  for (const name of ["center", "width"]) {
    page[name].addEventListener("input", typed(name));
    page[name].addEventListener("blur", later);
  }
  page.function.addEventListener("change", () => {
    const width = Math.max(page.function.value === "LINEAR" ? 1 : 1e-9, state.width);
    set({ function: page.function.value, width }, true);
  });
  page.inverted.addEventListener("change", () => set({ inverted: page.inverted.checked }, true));
  page.overlay.checked = true;
  page.overlay.addEventListener("change", later);
  page.overlay.parentElement.hidden = !frame.drawn;

  if (grey) {
    choices = [
      ...frame.tables.map((table, index) => ({ name: table.name, table: index })),
      ...frame.windows, ...about.presets, frame.full,
    ];
    page.preset.append(make("option", "", labels.own, { value: "-1" }));
    choices.forEach((choice, i) => {
      const numbers = "table" in choice ? "" : ` (${short(choice.center)} / ${short(choice.width)})`;
      page.preset.append(make("option", "", `${i < 9 ? `${i + 1}  ` : ""}${choice.name}${numbers}`, { value: String(i) }));
    });
  }

  STATE.forEach((name) => model.on(`change:${name}`, hear));
  model.on("msg:custom", receive);
  el.append(page.root);
  page.note.textContent = frame.note ?? "";
  const observer = new ResizeObserver(resize);
  observer.observe(el);
  resize();
  look(1, frame.columns / 2, frame.rows / 2);
  choose(tool);
  page.values.measured.textContent = "–";
  cancelAnimationFrame(waiting);
  waiting = 0;
  paint();
  setTimeout(count, 0);
  setTimeout(fetchMore, 0);
  return () => {
    closed = true;
    observer.disconnect();
    cancelAnimationFrame(playing);
    cancelAnimationFrame(waiting);
    clearTimeout(timer);
    clearTimeout(show.timer);
    STATE.forEach((name) => model.off(`change:${name}`, hear));
    model.off("msg:custom", receive);
  };
}

// ---- a page without a kernel: the same viewer over a model that only remembers

async function inflated(value) {
  if (Array.isArray(value)) return Promise.all(value.map(inflated));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.deflated === "string") {
    const bytes = Uint8Array.from(atob(value.deflated), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new DataView(await new Response(stream).arrayBuffer());
  }
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await inflated(one)])));
}

async function recall({ state, about, frames }) {
  const told = await inflated(frames);
  const known = { ...state, about, first: told[0].info }, listeners = {};
  return {
    get: (name) => known[name],
    set: (name, value) => void (known[name] = value),
    save_changes: () => {},
    on: (name, call) => void (listeners[name] = call),
    off: (name) => void delete listeners[name],
    send: (asked) => {
      const message = { ask: asked.ask, frames: asked.frames.map((frame) => ({ frame, ...told[frame] })), places: [], spent: 0 };
      setTimeout(() => listeners["msg:custom"]?.(message, []));
    },
  };
}

// An element of its own knows when it is on the page, and stays apart from others like it.
function openPages(name) {
  customElements.get(name) || customElements.define(name, class extends HTMLElement {
    async connectedCallback() {
      this.model ??= recall(JSON.parse(this.querySelector("script").textContent));
      const model = await this.model;
      if (this.close || !this.isConnected) return;
      const el = make("div");
      this.replaceChildren(el);
      this.close = render({ model, el });
    }
    disconnectedCallback() {
      this.close?.();
      this.close = null;
    }
  });
}

export default { render };
