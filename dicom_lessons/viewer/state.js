// What the viewer and Python share: window, frame, inversion and what was measured.

import { rounded } from "../kit.js";
import { paintSoon } from "./draw.js";
import { quantum } from "./picture.js";

const PAUSE = 50; // milliseconds between messages to Python, if somebody listens
const CALM = 250; // and if nobody does
const LOOK = ["center", "width", "function", "table"];
export const STATE = [...LOOK, "frame", "flipped", "as_file"];

// While dragging only if somebody listens; the model learns only what is sent, or Python's echo of
// older values would undo the newest.
export function sendState(v, now = false) {
  const listened = v.model.get("live");
  clearTimeout(v.sending);
  if (!v.unsent.size || (v.drag && !listened && !now)) return;
  const wait = now ? 0 : v.sent + (listened ? PAUSE : CALM) - performance.now();
  if (wait > 0) {
    v.sending = setTimeout(() => sendState(v, true), wait);
    return;
  }
  v.sent = performance.now();
  for (const [name, value] of v.unsent) v.model.set(name, value);
  v.unsent.clear();
  v.model.save_changes();
}

export function takeStateOfPython(v) {
  const known = v.model.get("as_file") ? LOOK : []; // by the frame that is shown
  for (const name of STATE)
    if (!v.unsent.has(name) && !known.includes(name)) v.state[name] = v.model.get(name);
  followFile(v);
  paintSoon(v);
}

// Each frame has its own window, until somebody sets one by hand.
export function followFile(v) {
  if (v.state.as_file) changeState(v, v.frame.look);
}

export function changeState(v, values, now = false) {
  for (const [name, value] of Object.entries(values)) {
    if (v.state[name] !== value) v.unsent.set(name, value);
    if (name in v.state) v.state[name] = value;
  }
  paintSoon(v);
  sendState(v, now);
}

export function changeWindow(v, center, width) {
  const { state, frame } = v;
  const step = quantum(frame);
  const least = state.function === "LINEAR" ? 1 : step;
  const wide = Math.max(least, rounded(width, step));
  changeState(v, { center: rounded(center, step), width: wide, table: -1, as_file: false });
}

export function choosePreset(v, choice) {
  if (!choice) return;
  const { name: _name, ...values } = choice;
  changeState(v, { table: -1, as_file: false, ...values }, true);
}

export const isChosen = ({ state }, choice) => {
  if (state.as_file || choice.as_file) return state.as_file === choice.as_file;
  const values = { table: -1, ...choice };
  return LOOK.every((name) => (values[name] ?? state[name]) === state[name]);
};
