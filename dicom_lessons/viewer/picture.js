// The arithmetic of the viewer, without a page: frames, grey levels, sampling, measurements.

import { clamp, ordered, spans, typedArray } from "../kit.js";

const WIDEST_TABLE = 2 ** 20; // stored values that get a lookup table
const LEAST = 2 ** 16; // that a frame counts for: so many small ones need time, not memory
const OPAQUE = 0xff000000; // ABGR, as little-endian canvases hold it
const YELLOW = 0xff00e6ff;
const UNSIGNED = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, rgb: Uint8Array };
const SIGNED = { i1: Int8Array, i2: Int16Array, i4: Int32Array };
const ARRAYS = { ...UNSIGNED, ...SIGNED, f4: Float32Array, f8: Float64Array };

// PS3.3 C.11.1.1: values before the first entry take the first, those behind the last the last.
export function lookUp(table, value) {
  return table.values[clamp(Math.floor(value - table.first + 0.5), 0, table.values.length - 1)];
}

const isWhole = (frame) =>
  frame.kind[0] !== "f" &&
  Number.isInteger(frame.low) &&
  Number.isInteger(frame.high) &&
  frame.high - frame.low < WIDEST_TABLE;

// A frame: the message of Python, with its binary parts as typed arrays. Where `step` is above 1,
// its pixels are only every so many rows and columns: a picture until all of them have come.
export function openFrame(info) {
  const step = info.step ?? 1;
  const frame = { ...info, step, grey: info.kind !== "rgb" };
  frame.stored = typedArray(info.pixels, ARRAYS[info.kind]);
  frame.overlaid = info.overlay.byteLength ? typedArray(info.overlay, Uint8Array) : null;
  frame.bytes = Math.max((info.pixels.byteLength + info.overlay.byteLength) * step ** 2, LEAST);
  if (!frame.grey) return frame;
  const opened = (table) => ({ ...table, values: typedArray(table.entries, Float64Array) });
  const modality = info.modality && opened(info.modality);
  frame.tables = info.tables.map(opened);
  frame.modality = modality
    ? (value) => lookUp(modality, value)
    : (value) => value * info.slope + info.intercept;
  const ends = modality ? Array.from(modality.values) : [info.low, info.high].map(frame.modality);
  frame.least = ends.reduce((a, b) => Math.min(a, b));
  frame.most = ends.reduce((a, b) => Math.max(a, b));
  const [first, last] = [info.padding[0], info.padding[info.padding.length - 1]];
  frame.isPadding = (value) => value >= first && value <= last;
  return frame;
}

// PS3.3 C.11.2.1.2: the grey level from 0 to 255 of a value in modality units.
export function windowFunction(center, width, name) {
  if (name === "SIGMOID") return (x) => 255 / (1 + Math.exp((-4 * (x - center)) / width));
  const [middle, range] = name === "LINEAR" ? [center - 0.5, width - 1] : [center, width];
  const [low, high] = [middle - range / 2, middle + range / 2];
  return (x) => {
    if (x <= low) return 0;
    return x > high ? 255 : ((x - middle) / (range || 1) + 0.5) * 255;
  };
}

// The whole grey level of a stored value, by the window or the table that is chosen.
export function greyFunction(frame, state) {
  const table = frame.tables[state.table];
  const voi = table
    ? (x) => (lookUp(table, x) * 255) / (2 ** table.bits - 1)
    : windowFunction(state.center, state.width, state.function);
  const level = (value) => (Number.isNaN(value) ? 0 : voi(frame.modality(value)));
  if (!state.inverted) return (value) => Math.floor(level(value) + 0.5);
  return (value) => (Number.isNaN(value) ? 0 : Math.floor(255 - level(value) + 0.5));
}

// The part of the screen, in whole pixels, that a picture of so many pixels covers.
function covered(size, center, scale, screen) {
  const origin = center - screen / 2 / scale;
  const start = clamp(Math.ceil(-origin * scale - 0.5), 0, screen);
  const end = clamp(Math.ceil((size - origin) * scale - 0.5), 0, screen);
  return { start, end, origin };
}

// The stored values at the pixels of the screen: the nearest where pixels are enlarged, the mean
// where they are reduced. Made anew when the frame, the zoom or the place changes, never per window.
export function sample(frame, view, W, H) {
  const { step, stored, overlaid } = frame;
  const [rows, columns] = [Math.ceil(frame.rows / step), Math.ceil(frame.columns / step)];
  const [scaleX, scaleY] = [view.sx * step, view.sy * step];
  const x = covered(frame.columns / step, view.x / step, scaleX, W);
  const y = covered(frame.rows / step, view.y / step, scaleY, H);
  const area = { W, x0: x.start, x1: x.end, y0: y.start, y1: y.end };
  const across = spans(x.start, x.end, x.origin, scaleX, columns);
  const down = spans(y.start, y.end, y.origin, scaleY, rows);
  const n = frame.grey ? 1 : 3;
  const source = { stored, columns, n };
  const cells = new stored.constructor(W * H * n);
  const take = scaleX >= 1 && scaleY >= 1 ? takeNearest : takeMeans;
  take(cells, source, area, across, down);
  const over = overlaid && new Uint8Array(W * H);
  if (over) takeOverlay(over, overlaid, columns, area, across, down);
  return { ...area, cells, over };
}

function takeNearest(cells, { stored, columns, n }, { W, x0, x1, y0, y1 }, across, down) {
  for (let y = y0; y < y1; y++) {
    const row = down.from[y] * columns;
    for (let x = x0; x < x1; x++)
      for (let k = 0; k < n; k++)
        cells[(y * W + x) * n + k] = stored[(row + across.from[x]) * n + k];
  }
}

function takeMeans(cells, source, { W, x0, x1, y0, y1 }, across, down) {
  const { n } = source;
  const isFloat = cells instanceof Float32Array || cells instanceof Float64Array;
  const sums = new Float64Array(W * n);
  for (let y = y0; y < y1; y++) {
    sums.fill(0);
    const [first, last] = [down.from[y], down.to[y]];
    for (let row = first; row <= last; row++) {
      let share = 1;
      if (row === first) share = down.first[y];
      else if (row === last) share = down.last[y];
      addRow(sums, source, row, share, x0, x1, across);
    }
    for (let x = x0; x < x1; x++)
      for (let k = 0; k < n; k++) {
        const mean = sums[x * n + k] / (across.total[x] * down.total[y]);
        cells[(y * W + x) * n + k] = isFloat ? mean : Math.floor(mean + 0.5);
      }
  }
}

function addRow(sums, { stored, columns, n }, row, share, x0, x1, across) {
  const begin = row * columns;
  for (let x = x0; x < x1; x++) {
    const [from, to] = [across.from[x], across.to[x]];
    for (let k = 0; k < n; k++) {
      let sum = stored[(begin + from) * n + k] * across.first[x];
      for (let column = from + 1; column < to; column++) sum += stored[(begin + column) * n + k];
      if (to > from) sum += stored[(begin + to) * n + k] * across.last[x];
      sums[x * n + k] += sum * share;
    }
  }
}

function takeOverlay(over, overlaid, columns, { W, x0, x1, y0, y1 }, across, down) {
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++)
      for (let row = down.from[y]; row <= down.to[y]; row++)
        for (let column = across.from[x]; column <= across.to[x]; column++)
          over[y * W + x] |= overlaid[row * columns + column];
}

// Fill the pixels of the screen, ABGR, from the stored values sampled for them.
export function colour(frame, state, sampled, out) {
  out.fill(OPAQUE);
  if (!frame.grey) return colourRGB(state, sampled, out);
  const { cells, W, x0, x1, y0, y1 } = sampled;
  const grey = greyFunction(frame, state);
  if (!isWhole(frame)) {
    for (let y = y0; y < y1; y++)
      for (let i = y * W + x0; i < y * W + x1; i++) out[i] = OPAQUE | (grey(cells[i]) * 0x010101);
    return;
  }
  const { low, high } = frame;
  const table = new Uint32Array(high - low + 1);
  for (let i = 0; i < table.length; i++) table[i] = OPAQUE | (grey(low + i) * 0x010101);
  for (let y = y0; y < y1; y++)
    for (let i = y * W + x0; i < y * W + x1; i++) out[i] = table[cells[i] - low];
}

function colourRGB(state, { cells, W, x0, x1, y0, y1 }, out) {
  const flip = state.inverted ? 0xffffff : 0;
  for (let y = y0; y < y1; y++)
    for (let i = y * W + x0; i < y * W + x1; i++) {
      const blueGreenRed = (cells[3 * i + 2] << 16) | (cells[3 * i + 1] << 8) | cells[3 * i];
      out[i] = OPAQUE | (blueGreenRed ^ flip);
    }
}

export function colourOverlay({ over }, out) {
  if (over) for (let i = 0; i < over.length; i++) if (over[i]) out[i] = YELLOW;
}

// How often each modality value occurs, in bins; padding does not count. Each bin holds as many
// whole stored values as the next, or the histogram would look like a comb.
export function histogram(frame, most) {
  const whole = isWhole(frame);
  const values = frame.high - frame.low + 1;
  const each = Math.ceil(values / most); // stored values in a bin
  const bins = whole ? Math.ceil(values / each) : most;
  const counts = new Float64Array(bins);
  const range = frame.most - frame.least || 1;
  const scale = whole && values > 1 ? (values - 1) / range / each : bins / range;
  const add = (value, times) => {
    if (frame.isPadding(value)) return;
    const bin = Math.floor((frame.modality(value) - frame.least) * scale + 1e-9);
    counts[clamp(bin, 0, bins - 1)] += times;
  };
  if (!whole) {
    for (const value of frame.stored) if (Number.isFinite(value)) add(value, 1);
    return counts;
  }
  const { stored, low } = frame;
  const times = new Uint32Array(values);
  for (let i = 0; i < stored.length; i++) times[stored[i] - low]++;
  for (let i = 0; i < values; i++) if (times[i]) add(low + i, times[i]);
  return counts;
}

// Mean, standard deviation and ends of the modality values between two corners, both included.
export function statistics(frame, a, b) {
  const [columns, rows] = [ordered(a.x, b.x), ordered(a.y, b.y)];
  let [count, mean, squares, low, high] = [0, 0, 0, Infinity, -Infinity];
  for (let row = rows[0]; row <= rows[1]; row++)
    for (let column = columns[0]; column <= columns[1]; column++) {
      const value = frame.stored[row * frame.columns + column];
      if (Number.isNaN(value) || frame.isPadding(value)) continue;
      const x = frame.modality(value);
      const before = mean;
      mean += (x - mean) / ++count;
      squares += (x - before) * (x - mean);
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  const [down, across] = frame.spacing;
  const pixels = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1);
  const area = frame.spacing.length ? pixels * down * across : null;
  const region = { kind: "region", rows, columns, count, area };
  if (!count) return { ...region, mean: null };
  return { ...region, mean, deviation: Math.sqrt(squares / count), low, high };
}

// From the middle of one pixel to that of another.
export function distance(frame, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const [down, across] = frame.spacing;
  const mm = frame.spacing.length ? Math.hypot(dx * across, dy * down) : null;
  const ends = { from: [a.y, a.x], to: [b.y, b.x], pixels: Math.hypot(dx, dy) };
  return { kind: "distance", ...ends, mm, at_detector: frame.at_detector };
}

// The finest step of a window that is worth a move: a power of ten, at most 1.
export function quantum(frame) {
  if (!frame.grey) return 1;
  return 10 ** Math.min(0, Math.floor(Math.log10((frame.most - frame.least || 1) / 500)));
}
