// The histogram with the window in it: drawn, and dragged as a whole or by an edge.

import { clamp } from "../kit.js";
import { paintSoon } from "./draw.js";
import { histogram, windowFunction } from "./picture.js";
import { changeWindow } from "./state.js";

const BINS = 256;
const GRASP = 8; // how far from an edge it is still taken hold of, in CSS pixels

export function countValues(v) {
  if (v.frame.step > 1) return; // the histogram is of all pixels
  v.plot.counts = v.frame.grey ? histogram(v.frame, BINS) : null;
  paintSoon(v);
}

function fitAxis({ plot, frame, state }) {
  if (plot.edge) return; // the axis stands still while its window is dragged
  const range = frame.most - frame.least || 1;
  const room = (outside) => clamp(outside + range * 0.02, range * 0.04, range * 0.4);
  const half = state.width / 2;
  plot.least = frame.least - room(frame.least - state.center + half);
  plot.most = frame.most + room(state.center + half - frame.most);
}

export function drawHistogram(v) {
  const { plot, state, page } = v;
  const canvas = page.histogram;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const w = Math.round((canvas.clientWidth || 300) * ratio);
  const h = Math.round((canvas.clientHeight || 96) * ratio);
  fitAxis(v);
  const style = getComputedStyle(page.root);
  const { center, width, table, inverted } = state;
  const bars = [w, h, plot.least, plot.most, style.color].join();
  const curve = [bars, center, width, state.function, table, inverted].join();
  if (plot.curve === curve && plot.counted === plot.counts) return;
  if (plot.bars !== bars || plot.counted !== plot.counts)
    plot.picture = barsOf(v, w, h, ratio, style.color);
  Object.assign(plot, { bars, curve, counted: plot.counts });
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, w, h);
  pen.drawImage(plot.picture, 0, 0);
  if (table < 0) drawWindow(v, pen, w, h, ratio, style.getPropertyValue("--dl-mark").trim());
}

function barsOf({ plot, frame }, w, h, ratio, color) {
  const picture = new OffscreenCanvas(w, h);
  const pen = picture.getContext("2d");
  if (!plot.counts) return picture;
  const x = (value) => ((value - plot.least) / (plot.most - plot.least)) * w;
  const tallest = Math.log1p(Math.max(...plot.counts)) || 1;
  const step = (x(frame.most) - x(frame.least)) / plot.counts.length;
  pen.fillStyle = color;
  pen.globalAlpha = 0.55;
  plot.counts.forEach((count, i) => {
    const tall = (Math.log1p(count) / tallest) * (h - 10 * ratio);
    pen.fillRect(x(frame.least) + i * step, h - tall, Math.max(step, 1), tall);
  });
  return picture;
}

function drawWindow({ plot, state }, pen, w, h, ratio, mark) {
  const range = plot.most - plot.least;
  const x = (value) => ((value - plot.least) / range) * w;
  const [low, high] = [x(state.center - state.width / 2), x(state.center + state.width / 2)];
  pen.fillStyle = pen.strokeStyle = mark || "#1976d2";
  pen.globalAlpha = 0.16;
  pen.fillRect(low, 0, high - low, h);
  pen.globalAlpha = 1;
  pen.fillRect(low - ratio, 0, 2 * ratio, h);
  pen.fillRect(high - ratio, 0, 2 * ratio, h);
  const level = windowFunction(state.center, state.width, state.function);
  pen.lineWidth = 2 * ratio;
  pen.beginPath();
  for (let i = 0; i <= w; i += ratio) {
    const part = level(plot.least + (i / w) * range) / 255;
    pen.lineTo(i, 4 * ratio + (state.inverted ? part : 1 - part) * (h - 8 * ratio));
  }
  pen.stroke();
}

function valueAt({ page, plot }, event) {
  const box = page.histogram.getBoundingClientRect();
  const perPixel = (plot.most - plot.least) / box.width;
  return { value: plot.least + (event.clientX - box.left) * perPixel, perPixel };
}

export function holdHistogram(v, event) {
  const { plot, state } = v;
  const { value, perPixel } = valueAt(v, event);
  const ends = [state.center - state.width / 2, state.center + state.width / 2];
  const away = ends.map((end) => Math.abs(end - value) / perPixel);
  const nearest = Math.min(...away);
  plot.edge = { end: nearest <= GRASP ? away.indexOf(nearest) : -1, value, ends };
}

export function dragHistogram(v, event) {
  const { end, value: start, ends } = v.plot.edge;
  const { value } = valueAt(v, event);
  let [low, high] = ends;
  if (end === 0) low = Math.min(value, high);
  else if (end === 1) high = Math.max(value, low);
  else [low, high] = [low + value - start, high + value - start];
  changeWindow(v, (low + high) / 2, high - low);
}
