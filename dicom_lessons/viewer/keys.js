// The keyboard, and the buttons and fields of the panel.

import { clamp, leadsOut, rounded } from "../kit.js";
import { moveView, paintNow, paintSoon, zoomAt } from "./draw.js";
import { goTo, play } from "./frames.js";
import { measure } from "./panel.js";
import { quantum } from "./picture.js";
import { isMeasure } from "./pointer.js";
import { changeState, changeWindow, choosePreset } from "./state.js";

const LETTERS = { S: "scroll", W: "window", M: "move", C: "cursor", D: "distance", R: "region" };
const CURSORS = { scroll: "default", window: "ns-resize", move: "grab" };
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const PAGES = { PageUp: -1, PageDown: 1 };
const ZOOMS = { "+": 1.25, "=": 1.25, "-": 0.8 };
// keys that a control of some type needs itself
const [SPACE, NO_PAGE] = [/^( |Enter)$/, /^(?!Page)/];
const OWN = { "select-one": /./, number: NO_PAGE, range: /^Arrow/, checkbox: SPACE, button: SPACE };
const NARROWEST = 1e-9; // window that a function other than LINEAR can have

// Fingers scroll the page until a tool is chosen by hand.
export function chooseTool(v, name, byHand = true) {
  const { tools, stage, histogram } = v.page;
  if (!tools[name]) return;
  v.tool = name;
  v.fingers = byHand && name !== "scroll";
  for (const one of [stage, histogram]) one.style.touchAction = v.fingers ? "none" : "pan-y";
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

function actionOf(v, event, reset) {
  const { key, code, shiftKey } = event;
  // letters by their place on the keyboard, so that they work under a Russian layout too
  const [, letter, digit] = /^(?:Key(.)|Digit(.))$/.exec(code) ?? [];
  if (key === "Home") return reset;
  if (key === "Enter") return () => setPoint(v);
  if (key === " ") return () => v.about.frames > 1 && play(v);
  if (PAGES[key]) return () => goTo(v, v.state.frame + PAGES[key]);
  if (ARROWS[key]) return () => pressArrow(v, ARROWS[key], shiftKey);
  if (ZOOMS[key]) return () => zoomAt(v, ZOOMS[key]);
  if (LETTERS[letter]) return () => chooseTool(v, LETTERS[letter]);
  if (letter === "I") return () => changeState(v, { flipped: !v.state.flipped }, true);
  return digit && (() => choosePreset(v, v.choices[digit]));
}

export function listenToKeys(v, reset) {
  const { page } = v;
  page.root.addEventListener("keydown", (event) => {
    if (leadsOut(event) || event.altKey || event.defaultPrevented) return;
    if (OWN[event.target.type]?.test(event.key)) return;
    const action = actionOf(v, event, reset);
    if (!action) return;
    action();
    paintNow(v);
    event.preventDefault();
  });
  page.stage.addEventListener("focus", () => paintSoon(v));
  page.group.addEventListener("keydown", (event) => {
    const names = Object.keys(page.tools);
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    chooseTool(v, names[(names.indexOf(v.tool) + dx + dy + names.length) % names.length]);
    page.tools[v.tool].focus();
    event.preventDefault();
  });
}

export function listenToPanel(v, reset) {
  const { page, state } = v;
  page.root.addEventListener("click", ({ target, detail }) => {
    // a button that was clicked acts on the picture, and so do the next keys
    if (detail && target.type === "button") page.stage.focus({ preventScroll: true });
  });
  for (const [name, button] of Object.entries(page.tools))
    button.addEventListener("click", () => chooseTool(v, name));
  page.zoom_in.addEventListener("click", () => zoomAt(v, ZOOMS["+"]));
  page.zoom_out.addEventListener("click", () => zoomAt(v, ZOOMS["-"]));
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
      changeState(v, { [name]: value, table: -1, as_file: false }, true);
    });
    page[name].addEventListener("blur", () => paintSoon(v));
  }
  page.function.addEventListener("change", () => {
    const name = page.function.value;
    const width = Math.max(narrowest(name), state.width);
    changeState(v, { function: name, width, as_file: false }, true);
  });
  page.inverted.addEventListener("change", () =>
    changeState(v, { flipped: page.inverted.checked !== v.frame.inverted }, true),
  );
  page.overlay.addEventListener("change", () => paintSoon(v));
}
