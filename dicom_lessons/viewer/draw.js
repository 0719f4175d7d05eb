// Painting: the picture first, then the marks on it and the panel beside it.

import { clamp } from "../kit.js";
import { showFrame } from "./frames.js";
import { updatePanel } from "./panel.js";
import { colour, colourOverlay, sample } from "./picture.js";

const SIDE = 512; // longest side of the picture on the page, in CSS pixels
const ABOVE = 190; // what the window holds besides the picture: bars, frames, what was measured
const LOWEST = 160; // that a picture becomes in a low window
const MOST_ZOOM = 64;
const HALF_FRAME = 8; // milliseconds; two pictures within one frame would be one too many
const MARKED = ["cursor", "distance", "region"]; // tools with a cross at the cursor

export function fitPage(v) {
  const { frame, page, canvas } = v;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const height = frame.rows * frame.aspect;
  const room = v.el.clientWidth || 2 * SIDE;
  const tallest = clamp(window.innerHeight - ABOVE, LOWEST, SIDE);
  const scale = Math.min(SIDE / frame.columns, room / frame.columns, tallest / height);
  const w = Math.max(1, Math.round(frame.columns * scale));
  const h = Math.max(1, Math.round(height * scale));
  const [W, H] = [Math.round(w * ratio), Math.round(h * ratio)];
  if (canvas.W === W && canvas.H === H) return;
  page.stage.style.width = `${w}px`;
  page.stage.style.height = `${h}px`;
  for (const one of [page.screen, page.marks]) [one.width, one.height] = [W, H];
  const pen = page.screen.getContext("2d", { alpha: false });
  const image = pen.createImageData(W, H);
  v.canvas = { W, H, unit: W / w, pen, image, out: new Uint32Array(image.data.buffer) };
  moveView(v);
}

export function moveView(v, zoom = v.view.zoom, x = v.view.x, y = v.view.y) {
  const { view, frame } = v;
  const { W, H } = v.canvas;
  view.zoom = clamp(zoom, 1, MOST_ZOOM);
  view.sx = (W / frame.columns) * view.zoom;
  view.sy = (H / frame.rows) * view.zoom;
  const [halfX, halfY] = [W / 2 / view.sx, H / 2 / view.sy];
  view.x = clamp(x, halfX, frame.columns - halfX);
  view.y = clamp(y, halfY, frame.rows - halfY);
  v.sampled = null;
  paintSoon(v);
}

// Zoom so that what was at one place, counted from the middle of the canvas, comes to another.
export function zoomAt(v, factor, from = { x: 0, y: 0 }, to = from) {
  const { zoom, x, y, sx, sy } = v.view;
  const most = clamp(zoom * factor, 1, MOST_ZOOM) / zoom;
  const [dx, dy] = [from.x / sx - to.x / sx / most, from.y / sy - to.y / sy / most];
  moveView(v, zoom * factor, x + dx, y + dy);
}

export function showWhole(v) {
  moveView(v, 1, v.frame.columns / 2, v.frame.rows / 2);
}

export function paintSoon(v) {
  v.waiting ||= requestAnimationFrame(() => {
    v.waiting = 0;
    paint(v);
  });
}

// An event may come at any moment: its picture painted at once is seen a frame earlier. The marks
// and the panel follow in the frame that is due.
export function paintNow(v) {
  if (v.waiting && performance.now() - v.painted >= HALF_FRAME) paintPicture(v);
}

function paint(v) {
  paintPicture(v);
  drawMarks(v);
  updatePanel(v);
}

export function paintPicture(v) {
  const { state, frames } = v;
  if (state.frame !== v.index || frames.opened.get(v.index) !== v.frame) showFrame(v, state.frame);
  state.inverted = state.flipped !== v.frame.inverted;
  const { pen, image, out, W, H } = v.canvas;
  const overlay = v.page.overlay.checked;
  const { center, width, table, inverted } = state;
  const look = [center, width, state.function, table, inverted, overlay].join();
  if (v.sampled && v.look === look) return;
  v.painted = performance.now();
  v.look = look;
  v.sampled ??= sample(v.frame, v.view, W, H);
  colour(v.frame, state, v.sampled, out);
  if (overlay) colourOverlay(v.sampled, out);
  pen.putImageData(image, 0, 0);
}

function drawMarks(v) {
  const { view, frame, mark, page } = v;
  const { W, H, unit } = v.canvas;
  const cross = v.cursor.inside && MARKED.includes(v.tool) && !v.drag && v.cursor;
  const marks = JSON.stringify([W, H, unit, view, frame.letters, mark, cross]);
  if (v.marks === marks) return;
  v.marks = marks;
  const pen = page.marks.getContext("2d");
  pen.clearRect(0, 0, W, H);
  drawLetters(pen, frame.letters, unit, W, H);
  const along = (value, middle, scale, screen) => (value + 0.5 - middle) * scale + screen / 2;
  const place = (p) => [along(p.x, view.x, view.sx, W), along(p.y, view.y, view.sy, H)];
  if (mark) drawMeasure(pen, mark.kind, [place(mark.a), place(mark.b)], view, unit);
  if (cross) drawCross(pen, place(cross), unit);
}

function drawLetters(pen, [left, right, top, bottom], unit, W, H) {
  const places = [
    [left, 8 * unit, H / 2, "left"],
    [right, W - 8 * unit, H / 2, "right"],
    [top, W / 2, 12 * unit, "center"],
    [bottom, W / 2, H - 12 * unit, "center"],
  ];
  Object.assign(pen, { font: `600 ${14 * unit}px sans-serif`, lineWidth: 3 * unit });
  Object.assign(pen, { textBaseline: "middle", lineJoin: "round" });
  Object.assign(pen, { strokeStyle: "#000", fillStyle: "#fff" });
  for (const [text, x, y, align] of places) {
    pen.textAlign = align;
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
}

// Yellow on a black edge is seen on any picture.
function stroke(pen, unit, trace) {
  for (const [style, width] of Object.entries({ "#000": 3.5, "#ffe600": 1.5 })) {
    pen.strokeStyle = style;
    pen.lineWidth = width * unit;
    pen.beginPath();
    trace();
    pen.stroke();
  }
}

function drawMeasure(pen, kind, [[ax, ay], [bx, by]], view, unit) {
  const [left, top] = [Math.min(ax, bx) - view.sx / 2, Math.min(ay, by) - view.sy / 2];
  const [wide, high] = [Math.abs(bx - ax) + view.sx, Math.abs(by - ay) + view.sy];
  stroke(pen, unit, () => {
    if (kind === "region") return pen.rect(left, top, wide, high);
    pen.moveTo(ax, ay);
    pen.lineTo(bx, by);
  });
}

function drawCross(pen, [x, y], unit) {
  const [near, far] = [3 * unit, 9 * unit];
  stroke(pen, unit, () => {
    for (const way of [-1, 1]) {
      pen.moveTo(x + way * far, y);
      pen.lineTo(x + way * near, y);
      pen.moveTo(x, y + way * far);
      pen.lineTo(x, y + way * near);
    }
  });
}
