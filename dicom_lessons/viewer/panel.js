// The panel: fields, values under the cursor, and what was measured, in words.

import { fill, make, minus, setText, short } from "../kit.js";
import { drawHistogram } from "./histogram.js";
import { distance, greyFunction, statistics } from "./picture.js";
import { changeState, isChosen } from "./state.js";

const NONE = "–";
const AT_CURSOR = ["place", "stored", "modality", "displayed", "position"];

// The windows that can be chosen: those of the frame that is shown, and usual ones.
export function listChoices(v) {
  const { frame, page, about, labels } = v;
  if (!frame.grey) return;
  const file = { name: labels.as_file, ...frame.look, as_file: true };
  const tables = frame.tables.map(({ name }, table) => ({ name, table }));
  const usual = frame.units === "HU" ? about.presets : [];
  v.choices = [file, ...tables, ...frame.windows, ...usual, frame.full];
  const texts = v.choices.map(({ name, center, width, as_file }, i) => {
    const numbers = as_file || !width ? "" : ` (${short(center)} / ${short(width)})`;
    return `${i < 10 ? `${i}  ` : ""}${name}${numbers}`;
  });
  if (v.listed === texts.join()) return;
  v.listed = texts.join();
  const option = (text, i) => make("option", "", text, { value: String(i - 1) });
  page.preset.replaceChildren(...[labels.own, ...texts].map(option));
}

export function updatePanel(v) {
  const { state, page, frame, cursor } = v;
  if (frame.grey) updateFields(v);
  page.inverted.checked = state.inverted;
  page.slider.value = v.index + 1;
  setText(page.counter, `${v.index + 1} / ${v.about.frames}`);
  const inside = cursor.inside && cursor.x < frame.columns && cursor.y < frame.rows;
  const values = inside ? valuesAt(v, cursor) : {};
  for (const name of AT_CURSOR)
    if (page.values[name]) setText(page.values[name], values[name] ?? NONE);
}

function updateFields(v) {
  const { state, page } = v;
  for (const name of ["center", "width", "function"]) {
    const text = String(state[name]);
    // what somebody types stays as it is
    if (document.activeElement !== page[name] && page[name].value !== text) page[name].value = text;
  }
  page.function.disabled = state.table >= 0;
  page.preset.value = String(v.choices.findIndex((choice) => isChosen(v, choice)));
  drawHistogram(v);
}

function valuesAt(v, { x, y }) {
  const { frame, state, labels } = v;
  const values = { place: `${x}, ${y}`, position: positionText(v, x, y) };
  if (frame.step > 1) return values; // not every pixel has come
  const i = y * frame.columns + x;
  if (!frame.grey) {
    const rgb = Array.from(frame.stored.slice(3 * i, 3 * i + 3));
    const displayed = rgb.map((value) => (state.inverted ? 255 - value : value));
    return { ...values, stored: rgb.join(", "), displayed: displayed.join(", ") };
  }
  const stored = frame.stored[i];
  const padding = frame.isPadding(stored) ? ` (${labels.padding})` : "";
  return {
    ...values,
    stored: short(stored, 7) + padding,
    modality: `${short(frame.modality(stored), 7)} ${frame.units}`,
    displayed: String(greyFunction(frame, state)(stored)),
  };
}

function positionText({ frame, labels }, x, y) {
  const { spacing, position, directions } = frame;
  if (!spacing.length) return NONE;
  const [right, down] = [x * spacing[1], y * spacing[0]];
  const place = position.length
    ? position.map((start, k) => start + right * directions[k] + down * directions[k + 3])
    : [right, down];
  const mm = place.map((value) => minus(value.toFixed(1))).join("; ");
  const atDetector = frame.at_detector && !position.length;
  return fill(atDetector ? labels.distance_detector : labels.distance, { mm });
}

function distanceText({ mm, pixels, at_detector }, labels) {
  if (mm === null) return fill(labels.distance_pixels, { pixels: pixels.toFixed(1) });
  const label = at_detector ? labels.distance_detector : labels.distance;
  return fill(label, { mm: mm.toFixed(1) });
}

function regionText({ count, area, mean, ...rest }, labels) {
  const label = area === null ? labels.region_size : labels.region_area;
  const size = fill(label, { count, area: area?.toFixed(0) });
  if (mean === null) return size;
  const [deviation, low, high] = [rest.deviation, rest.low, rest.high].map((x) => short(x, 4));
  return `${fill(labels.region, { mean: short(mean, 4), deviation, low, high })}; ${size}`;
}

export function measure(v, now = true) {
  const { frame, mark, labels } = v;
  if (!mark) setText(v.page.values.measured, NONE);
  if (!mark || frame.step > 1) return;
  const isDistance = mark.kind === "distance";
  const measured = (isDistance ? distance : statistics)(frame, mark.a, mark.b);
  setText(v.page.values.measured, (isDistance ? distanceText : regionText)(measured, labels));
  changeState(v, { measured: { ...measured, frame: v.index } }, now);
}
