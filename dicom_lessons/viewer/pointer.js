// Mouse, touch and wheel on the picture.

import { clamp, listenToPinch } from "../kit.js";
import { moveView, paintNow, paintSoon, zoomAt } from "./draw.js";
import { goTo, requestFrames } from "./frames.js";
import { dragHistogram, holdHistogram } from "./histogram.js";
import { measure } from "./panel.js";
import { changeState, changeWindow, sendState } from "./state.js";

const PER_CENTER = 300; // CSS pixels down that move the center by one width of the window
const PER_WIDTH = 200; // CSS pixels across that multiply the width by e
const PER_TURN = 1.2; // zoom

export const isMeasure = (tool) => tool === "distance" || tool === "region";

export const isTouched = () => window.matchMedia("(pointer: coarse)").matches;

// Where the pointer is, in canvas pixels from the middle of the picture.
function placeOf({ page, canvas }, { clientX, clientY }) {
  const box = page.stage.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width - 0.5) * canvas.W;
  return { x, y: ((clientY - box.top) / box.height - 0.5) * canvas.H };
}

function pixelAt(v, event) {
  const { view, frame } = v;
  const { x, y } = placeOf(v, event);
  return {
    x: clamp(Math.floor(x / view.sx + view.x), 0, frame.columns - 1),
    y: clamp(Math.floor(y / view.sy + view.y), 0, frame.rows - 1),
  };
}

// One finger scrolls the page until a tool is chosen for it.
function beginDrag(v, event) {
  const { stage, histogram } = v.page;
  const node = event.currentTarget;
  Object.assign(v.cursor, pixelAt(v, event), { inside: node === stage });
  paintSoon(v);
  if (event.pointerType === "touch" && !(v.fingers && event.isPrimary)) return;
  let action = event.button === 0 ? v.tool : "move";
  if (node === histogram) action = "histogram";
  const from = { state: { ...v.state }, view: { ...v.view }, mark: v.mark };
  v.drag = { action, x: event.clientX, y: event.clientY, from };
  node.setPointerCapture?.(event.pointerId);
  if (action === "histogram") holdHistogram(v, event);
  node.closest("[tabindex]").focus({ preventScroll: true });
  if (isMeasure(action)) v.mark = { kind: action, a: pixelAt(v, event), b: pixelAt(v, event) };
  event.preventDefault();
}

function drag(v, event) {
  const { view } = v;
  const { action, from } = v.drag;
  const [dx, dy] = [event.clientX - v.drag.x, event.clientY - v.drag.y];
  if (action === "window" && (dx || dy)) {
    const { center, width } = from.state;
    changeWindow(v, center + (dy * width) / PER_CENTER, width * Math.exp(dx / PER_WIDTH));
  } else if (action === "move") {
    const { unit } = v.canvas;
    const [x, y] = [from.view.x - (dx * unit) / view.sx, from.view.y - (dy * unit) / view.sy];
    moveView(v, view.zoom, x, y);
  } else if (isMeasure(action) && v.mark) {
    v.mark.b = pixelAt(v, event);
    measure(v, false);
  } else if (action === "histogram") dragHistogram(v, event);
}

function endDrag(v) {
  if (!v.drag) return;
  const { action } = v.drag;
  v.drag = v.plot.edge = null;
  if (isMeasure(action)) measure(v);
  else sendState(v, true);
  requestFrames(v);
  paintSoon(v);
}

// What one finger did before the second came was not meant.
function undoDrag(v) {
  if (!v.drag) return;
  const { state, view, mark } = v.drag.from;
  v.drag = null;
  v.mark = mark;
  measure(v);
  changeState(v, state, true);
  moveView(v, view.zoom, view.x, view.y);
}

function turnWheel(v, event) {
  const way = Math.sign(event.deltaY);
  if (event.ctrlKey) zoomAt(v, PER_TURN ** -way, placeOf(v, event));
  else if (v.about.frames > 1) goTo(v, v.state.frame + way);
  else return; // the page scrolls
  paintNow(v);
  event.preventDefault();
}

export function listenToPointer(v, reset) {
  const { stage, histogram } = v.page;
  const pinch = (spread, from, to) => zoomAt(v, spread, placeOf(v, from), placeOf(v, to));
  listenToPinch(stage, () => undoDrag(v), pinch);
  for (const node of [stage, histogram]) {
    node.addEventListener("pointerdown", (event) => beginDrag(v, event));
    node.addEventListener("pointermove", (event) => {
      if (node === stage) Object.assign(v.cursor, pixelAt(v, event), { inside: true });
      paintSoon(v);
      if (!v.drag) return;
      drag(v, event);
      paintNow(v);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
      node.addEventListener(name, () => endDrag(v));
  }
  stage.addEventListener("pointerleave", ({ pointerType }) => {
    v.cursor.inside = Boolean(v.drag) || pointerType === "touch"; // a finger that is gone pointed
    paintSoon(v);
  });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", reset);
  stage.addEventListener("wheel", (event) => turnWheel(v, event), { passive: false });
}
