// The image viewer. Stored values arrive once per frame; window, zoom, frames and measurements are
// worked out here, on a 2D canvas with a lookup table. Every part works on one object, the viewer.

import { fitPage, paintPicture, showWhole } from "./draw.js";
import { newFrames, receiveFrames, requestFrames } from "./frames.js";
import { countValues } from "./histogram.js";
import { chooseTool, listenToKeys, listenToPanel } from "./keys.js";
import { buildPage } from "./page.js";
import { listChoices, measure } from "./panel.js";
import { openFrame } from "./picture.js";
import { isTouched, listenToPointer } from "./pointer.js";
import { changeState, STATE, takeStateOfPython } from "./state.js";

function newViewer(model, el) {
  const about = model.get("about");
  const frame = openFrame(model.get("first"));
  return {
    model,
    el,
    about,
    labels: about.labels,
    page: buildPage(about, frame.grey),
    state: Object.fromEntries(STATE.map((name) => [name, model.get(name)])),
    unsent: new Map(), // changes of the state that Python does not know
    sent: 0, // when Python last heard of changes
    frame,
    index: 0,
    frames: newFrames(frame),
    choices: [], // windows and tables of the list
    view: { zoom: 1, x: 0, y: 0, sx: 1, sy: 1 }, // middle in stored pixels, screen pixels for each
    canvas: { W: 0, H: 0 },
    waiting: 0, // the animation frame that will paint
    painted: 0, // when the picture was last painted
    tool: "", // what one finger, the mouse and the arrow keys do
    fingers: false, // whether that is true of fingers too, or they scroll the page
    cursor: { x: 0, y: 0, inside: false },
    mark: null, // what is measured
    plot: { counts: null, edge: null, least: 0, most: 1 }, // the histogram
  };
}

function listenToPython(v) {
  const { model } = v;
  const take = () => takeStateOfPython(v);
  const receive = (message, buffers) => receiveFrames(v, message, buffers);
  const calls = [...STATE.map((name) => [`change:${name}`, take]), ["msg:custom", receive]];
  for (const [name, call] of calls) model.on(name, call);
  return () => {
    for (const [name, call] of calls) model.off(name, call);
  };
}

export function render({ model, el }) {
  const v = newViewer(model, el);
  const { page, frame } = v;
  const { frame: _frame, ...begun } = v.state;
  const reset = () => {
    v.mark = null;
    measure(v);
    changeState(v, begun.as_file ? { ...begun, ...v.frame.look } : begun, true);
    showWhole(v);
  };
  listChoices(v);
  page.overlay.checked = true;
  page.overlay.parentElement.hidden = !frame.overlaid;
  page.note.textContent = frame.note ?? "";
  const forget = listenToPython(v);
  listenToPointer(v, reset);
  listenToKeys(v, reset);
  listenToPanel(v, reset);
  el.append(page.root);
  const fit = () => fitPage(v);
  const observer = new ResizeObserver(fit);
  observer.observe(el);
  window.addEventListener("resize", fit); // its height, and how many pixels it has
  fitPage(v);
  showWhole(v);
  const usual = frame.grey ? "window" : "move";
  chooseTool(v, page.tools.scroll && isTouched() ? "scroll" : usual, false);
  measure(v);
  paintPicture(v); // marks and panel follow in the frame that is due
  setTimeout(() => countValues(v), 0);
  setTimeout(() => requestFrames(v), 0);
  return () => {
    v.frames.closed = true;
    observer.disconnect();
    window.removeEventListener("resize", fit);
    cancelAnimationFrame(v.playing);
    cancelAnimationFrame(v.waiting);
    clearTimeout(v.sending);
    clearTimeout(v.counting);
    forget();
  };
}

export default { render };
