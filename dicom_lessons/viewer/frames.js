// Frames: asked of Python before they are needed, kept while there is room, and played.

import { clamp, setText } from "../kit.js";
import { fitPage, paintSoon, showWhole } from "./draw.js";
import { countValues } from "./histogram.js";
import { listChoices, measure } from "./panel.js";
import { openFrame } from "./picture.js";
import { changeState, followFile } from "./state.js";

const ROOM = 2 ** 28; // bytes of frames kept
const FLIGHT = 2; // requests for frames on their way
const SPARE = 20; // milliseconds that one request may keep Python from other work
const BATCH = 2 ** 20; // bytes that it may bring
const MOST_ASKED = 8;
const AHEAD = 10_000; // milliseconds that Python may spend on frames that are not shown yet
const SHAPE = ["rows", "columns", "aspect"];
const COUNTED_AFTER = 80; // milliseconds; a histogram takes longer than a frame

export function newFrames(first) {
  const [opened, pending, failed] = [new Map([[0, first]]), new Set(), new Map()];
  return { opened, pending, failed, kept: first.bytes, way: 1, flying: 0, cost: SPARE };
}

// Show a frame if it is here, otherwise as soon as it comes.
export function showFrame(v, index) {
  const { frames, page, frame: before } = v;
  if (index !== v.index) frames.way = index < v.index ? -1 : 1;
  requestFrames(v);
  if (frames.failed.has(index)) setText(page.note, frames.failed.get(index));
  const frame = frames.opened.get(index);
  if (!frame) return;
  Object.assign(v, { frame, index, sampled: null });
  if (SHAPE.some((name) => frame[name] !== before[name])) {
    fitPage(v);
    showWhole(v);
  }
  if (v.mark && !v.drag) measure(v, false);
  listChoices(v);
  followFile(v);
  setText(page.note, frame.note);
  clearTimeout(v.counting);
  if (!v.playing) v.counting = setTimeout(() => countValues(v), COUNTED_AFTER);
}

export function goTo(v, index) {
  changeState(v, { frame: clamp(index, 0, v.about.frames - 1) });
}

const away = (v, index) => Math.abs(index - v.state.frame);

function farthest(v) {
  return [...v.frames.opened.keys()].reduce((a, b) => (away(v, b) > away(v, a) ? b : a));
}

// The nearest frames that are missing, those ahead first, until the memory is full of nearer ones.
function* missing(v) {
  const { opened, pending, failed, kept, way } = v.frames;
  const { state, frame, about } = v;
  for (let step = 0; step < Math.min(about.frames, AHEAD / v.frames.cost); step++) {
    const here = state.frame;
    for (const index of step ? [here + way * step, here - way * step] : [here]) {
      const isComplete = opened.get(index)?.step === 1;
      if (index < 0 || index >= about.frames || isComplete) continue;
      if (pending.has(index) || failed.has(index)) continue;
      const isFull = kept + (pending.size + 1) * frame.bytes > ROOM;
      if (step && isFull && away(v, farthest(v)) <= step) return;
      yield index;
    }
  }
}

// Few frames at a time, so that Python is never far from its answer to somebody else.
export function requestFrames(v) {
  const { frames, frame, model, page } = v;
  while (!frames.closed && frames.flying < FLIGHT) {
    if (v.drag && frames.opened.has(v.state.frame)) return;
    const room = Math.floor(Math.min(SPARE / frames.cost, BATCH / frame.bytes));
    const wanted = [];
    for (const index of missing(v)) if (wanted.push(index) === clamp(room, 1, MOST_ASKED)) break;
    if (!wanted.length) return;
    for (const index of wanted) frames.pending.add(index);
    frames.flying++;
    model.send({ ask: page.id, frames: wanted });
  }
}

export function receiveFrames(v, message, buffers) {
  const { frames, page } = v;
  if (message.ask !== page.id) return; // another view of the same viewer asked
  frames.flying--;
  frames.cost = message.spent / message.frames.length;
  message.places.forEach((path, i) => {
    path.slice(0, -1).reduce((node, key) => node[key], message)[path.at(-1)] = buffers[i];
  });
  for (const answer of message.frames) storeFrame(v, answer);
  setTimeout(() => requestFrames(v), frames.cost > SPARE ? frames.cost : 0);
}

function storeFrame(v, { frame: index, info, note }) {
  const { frames } = v;
  frames.pending.delete(index);
  if (index === v.state.frame) paintSoon(v);
  if (!info) {
    frames.failed.set(index, note);
    return;
  }
  const opened = openFrame(info);
  frames.kept += opened.bytes - (frames.opened.get(index)?.bytes ?? 0);
  frames.opened.set(index, opened);
  while (frames.kept > ROOM) {
    const last = farthest(v);
    if (last === index || last === v.index) return;
    frames.kept -= frames.opened.get(last).bytes;
    frames.opened.delete(last);
  }
}

export function play(v, on = !v.playing) {
  const { about, frames, state, page } = v;
  cancelAnimationFrame(v.playing);
  v.playing = 0;
  page.play.textContent = on ? v.labels.stop : v.labels.play;
  if (!on) return countValues(v);
  let due = performance.now() + about.frame_time;
  const advance = (now) => {
    v.playing = requestAnimationFrame(advance);
    if (now < due || (state.frame !== v.index && !frames.failed.has(state.frame))) return;
    due = Math.max(due + about.frame_time, now);
    goTo(v, (state.frame + 1) % about.frames);
  };
  v.playing = requestAnimationFrame(advance);
}
