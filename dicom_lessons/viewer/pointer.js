// Mouse, touch and wheel on the picture.

import { clamp } from "../kit.js";
import { moveView, paintNow, paintSoon } from "./draw.js";
import { goTo, requestFrames } from "./frames.js";
import { listenToHistogram } from "./histogram.js";
import { measure } from "./panel.js";
import { changeWindow, sendState } from "./state.js";

const PER_CENTER = 300; // CSS pixels down that move the center by one width of the window
const PER_WIDTH = 200; // CSS pixels across that multiply the width by e
const PER_TURN = 1.2; // zoom

export const isMeasure = (tool) => tool === "distance" || tool === "region";

function pixelAt({ page, canvas, view, frame }, event) {
  const { W, H } = canvas;
  const box = page.stage.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * W;
  const y = ((event.clientY - box.top) / box.height) * H;
  return {
    x: clamp(Math.floor((x - W / 2) / view.sx + view.x), 0, frame.columns - 1),
    y: clamp(Math.floor((y - H / 2) / view.sy + view.y), 0, frame.rows - 1),
  };
}

function beginDrag(v, event) {
  const { page, state, view } = v;
  const action = event.button === 0 ? v.tool : "move";
  const from = { center: state.center, width: state.width, viewX: view.x, viewY: view.y };
  v.drag = { action, x: event.clientX, y: event.clientY, from };
  page.stage.setPointerCapture?.(event.pointerId);
  page.stage.focus({ preventScroll: true });
  if (isMeasure(action)) v.mark = { kind: action, a: pixelAt(v, event), b: pixelAt(v, event) };
  event.preventDefault();
}

function drag(v, event) {
  const { view } = v;
  const { action, from } = v.drag;
  const [dx, dy] = [event.clientX - v.drag.x, event.clientY - v.drag.y];
  if (action === "window" && (dx || dy)) {
    const center = from.center + (dy * from.width) / PER_CENTER;
    changeWindow(v, center, from.width * Math.exp(dx / PER_WIDTH));
  } else if (action === "move") {
    const unit = v.canvas.W / v.page.stage.clientWidth;
    const [x, y] = [from.viewX - (dx * unit) / view.sx, from.viewY - (dy * unit) / view.sy];
    moveView(v, view.zoom, x, y);
  } else if (isMeasure(action) && v.mark) {
    v.mark.b = pixelAt(v, event);
    measure(v, false);
  }
}

function endDrag(v) {
  if (!v.drag) return;
  const { action } = v.drag;
  v.drag = null;
  if (isMeasure(action)) measure(v);
  else sendState(v, true);
  requestFrames(v);
  paintSoon(v);
}

function turnWheel(v, event) {
  const { view } = v;
  const way = Math.sign(event.deltaY);
  if (event.ctrlKey) {
    const factor = PER_TURN ** -way;
    const { x, y } = pixelAt(v, event);
    moveView(v, view.zoom * factor, x + (view.x - x) / factor, y + (view.y - y) / factor);
  } else if (v.about.frames > 1) goTo(v, v.state.frame + way);
  else return; // the page scrolls
  paintNow(v);
  event.preventDefault();
}

export function listenToPointer(v, reset) {
  const { stage } = v.page;
  const drop = () => endDrag(v);
  stage.addEventListener("pointerdown", (event) => beginDrag(v, event));
  stage.addEventListener("pointermove", (event) => {
    Object.assign(v.cursor, pixelAt(v, event), { inside: true });
    paintSoon(v);
    if (!v.drag) return;
    drag(v, event);
    paintNow(v);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    stage.addEventListener(name, drop);
  stage.addEventListener("pointerleave", () => {
    v.cursor.inside = Boolean(v.drag);
    paintSoon(v);
  });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", reset);
  stage.addEventListener("wheel", (event) => turnWheel(v, event), { passive: false });
  listenToHistogram(v, drop);
}
