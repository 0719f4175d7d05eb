// The keyboard, and the buttons and fields of the panel.

import { clamp, leadsOut } from "../kit.js";
import { moveView, paintNow, paintSoon } from "./draw.js";
import { goTo, play } from "./frames.js";
import { measure } from "./panel.js";
import { quantum, rounded } from "./picture.js";
import { isMeasure } from "./pointer.js";
import { changeState, changeWindow, choosePreset } from "./state.js";

const LETTERS = { KeyW: "window", KeyM: "move", KeyC: "cursor", KeyD: "distance", KeyR: "region" };
const CURSORS = { window: "ns-resize", move: "grab" };
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const PAGES = { PageUp: -1, PageDown: 1 };
const ZOOMS = { "+": 1.25, "=": 1.25, "-": 0.8 };
const NARROWEST = 1e-9; // window that a function other than LINEAR can have

export function chooseTool(v, name) {
  const { tools, stage } = v.page;
  if (!tools[name]) return;
  v.tool = name;
  for (const [tool, button] of Object.entries(tools)) {
    button.setAttribute("aria-checked", String(tool === name));
    button.tabIndex = tool === name ? 0 : -1;
  }
  stage.style.cursor = CURSORS[name] ?? "crosshair";
  paintSoon(v);
}

function pressArrow(v, [dx, dy], far) {
  const { tool, view, state } = v;
  const step = far ? 10 : 1;
  if (tool === "window") {
    const q = quantum(v.frame);
    const [down, across] = [100, 50].map((part) => Math.max(q, rounded(state.width / part, q)));
    changeWindow(v, state.center + dy * step * down, state.width + dx * step * across);
  } else if (tool === "move") {
    const [x, y] = [view.x + (dx * step * 10) / view.sx, view.y + (dy * step * 10) / view.sy];
    moveView(v, view.zoom, x, y);
  } else moveCursor(v, dx * step, dy * step);
}

function moveCursor(v, dx, dy) {
  const { cursor, view, frame, mark } = v;
  if (!cursor.inside) Object.assign(cursor, { x: Math.floor(view.x), y: Math.floor(view.y) });
  cursor.inside = true;
  cursor.x = clamp(cursor.x + dx, 0, frame.columns - 1);
  cursor.y = clamp(cursor.y + dy, 0, frame.rows - 1);
  if (mark?.open) {
    mark.b = { x: cursor.x, y: cursor.y };
    measure(v, false);
  }
  paintSoon(v);
}

function setPoint(v) {
  if (!isMeasure(v.tool)) return;
  const here = { x: v.cursor.x, y: v.cursor.y };
  if (v.mark?.open) Object.assign(v.mark, { b: here, open: false });
  else v.mark = { kind: v.tool, a: here, b: here, open: true };
  v.cursor.inside = true;
  measure(v);
}

function zoom(v, factor) {
  moveView(v, v.view.zoom * factor);
}

function actionOf(v, event, reset) {
  const { key, code, shiftKey } = event;
  // letters by their place on the keyboard, so that they work under a Russian layout too
  const digit = /^Digit([1-9])$/.exec(code);
  if (key === "Home") return reset;
  if (key === "Enter") return () => setPoint(v);
  if (key === " ") return () => v.about.frames > 1 && play(v);
  if (PAGES[key]) return () => goTo(v, v.state.frame + PAGES[key]);
  if (ARROWS[key]) return () => pressArrow(v, ARROWS[key], shiftKey);
  if (ZOOMS[key]) return () => zoom(v, ZOOMS[key]);
  if (LETTERS[code]) return () => chooseTool(v, LETTERS[code]);
  if (code === "KeyI") return () => changeState(v, { inverted: !v.state.inverted }, true);
  return digit && (() => choosePreset(v, v.choices[digit[1] - 1]));
}

export function listenToKeys(v, reset) {
  const { page } = v;
  page.stage.addEventListener("keydown", (event) => {
    if (leadsOut(event) || event.altKey) return;
    const action = actionOf(v, event, reset);
    if (!action) return;
    action();
    paintNow(v);
    event.preventDefault();
    event.stopPropagation();
  });
  page.stage.addEventListener("focus", () => paintSoon(v));
  const group = page.tools[v.tool].parentElement;
  group.addEventListener("keydown", (event) => {
    const names = Object.keys(page.tools);
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way || event.target.getAttribute("role") !== "radio") return;
    chooseTool(v, names[(names.indexOf(v.tool) + way + names.length) % names.length]);
    page.tools[v.tool].focus();
    event.preventDefault();
  });
}

export function listenToPanel(v, reset) {
  const { page, state } = v;
  for (const [name, button] of Object.entries(page.tools))
    button.addEventListener("click", () => chooseTool(v, name));
  page.zoom_in.addEventListener("click", () => zoom(v, ZOOMS["+"]));
  page.zoom_out.addEventListener("click", () => zoom(v, ZOOMS["-"]));
  page.reset.addEventListener("click", reset);
  page.play.addEventListener("click", () => play(v));
  page.slider.addEventListener("input", () => goTo(v, page.slider.valueAsNumber - 1));
  page.preset.addEventListener("change", () => choosePreset(v, v.choices[page.preset.value]));
  const narrowest = (name) => (name === "LINEAR" ? 1 : NARROWEST);
  for (const name of ["center", "width"]) {
    page[name].addEventListener("input", () => {
      const number = page[name].valueAsNumber;
      if (!Number.isFinite(number)) return;
      const value = name === "width" ? Math.max(narrowest(state.function), number) : number;
      changeState(v, { [name]: value, table: -1 }, true);
    });
    page[name].addEventListener("blur", () => paintSoon(v));
  }
  page.function.addEventListener("change", () => {
    const name = page.function.value;
    changeState(v, { function: name, width: Math.max(narrowest(name), state.width) }, true);
  });
  page.inverted.addEventListener("change", () =>
    changeState(v, { inverted: page.inverted.checked }, true),
  );
  page.overlay.addEventListener("change", () => paintSoon(v));
}
