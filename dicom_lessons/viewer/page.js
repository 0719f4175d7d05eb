// The elements of the viewer; what they do is in the other files.

import { fill, make, makeId } from "../kit.js";

const FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"];
const VALUES = ["place", "stored", "modality", "displayed", "position"];

export function buildPage(about, grey) {
  const { labels } = about;
  const root = make("section", "dl-viewer", "", { "aria-label": labels.title });
  const page = { root, id: makeId(), tools: {}, values: {} };
  buildBar(page, labels, grey);
  const body = root.appendChild(make("div", "dl-body"));
  const left = body.appendChild(make("div", "dl-left"));
  buildStage(page, left, about);
  buildCine(page, left, about);
  page.values.measured = buildMeasured(left, labels);
  page.note = left.appendChild(make("div", "dl-note", "", { "aria-live": "polite" }));
  const panel = body.appendChild(make("div", "dl-panel"));
  buildFields(page, panel.appendChild(make("div")), labels, grey);
  buildValues(page, panel, labels, grey);
  const tools = Object.keys(page.tools);
  const letters = tools.map((tool) => tool[0].toUpperCase()).join(" ");
  const given = { grey, film: about.frames > 1, touch: navigator.maxTouchPoints > 0 };
  const help = labels.help.filter(([when]) => given[when] ?? true);
  const text = help.map(([, sentence]) => fill(sentence, { letters })).join(" ");
  root.append(make("p", "dl-help", text, { id: `${page.id}-help` }));
  return page;
}

function buildBar(page, labels, grey) {
  const bar = page.root.appendChild(make("div", "dl-bar"));
  const group = { role: "radiogroup", "aria-label": labels.tool };
  page.group = bar.appendChild(make("div", "dl-bar", "", group));
  const radio = { type: "button", role: "radio" };
  for (const [tool, text] of labels.tools) {
    if (!grey && (tool === "window" || tool === "region")) continue;
    if (tool === "scroll" && !navigator.maxTouchPoints) continue;
    page.tools[tool] = page.group.appendChild(make("button", "", text, radio));
  }
  const texts = { zoom_in: "+", zoom_out: "−", reset: labels.reset };
  for (const [name, text] of Object.entries(texts)) {
    const attributes = { type: "button", "aria-label": labels[name], title: labels[name] };
    page[name] = bar.appendChild(make("button", "", text, attributes));
  }
}

function buildStage(page, left, about) {
  page.stage = left.appendChild(
    make("div", "dl-stage", "", { tabindex: "0", role: "application" }),
  );
  const label = [about.alt, about.labels.picture].filter(Boolean).join(". ");
  page.stage.setAttribute("aria-label", label);
  page.stage.setAttribute("aria-describedby", `${page.id}-help ${page.id}-values`);
  page.screen = page.stage.appendChild(make("canvas"));
  page.marks = page.stage.appendChild(make("canvas"));
}

function buildCine(page, left, { frames, labels }) {
  page.cine = left.appendChild(make("div", "dl-cine"));
  page.play = page.cine.appendChild(make("button", "", labels.play, { type: "button" }));
  const range = { type: "range", min: 1, max: frames, step: 1, "aria-label": labels.frame };
  page.slider = page.cine.appendChild(make("input", "", "", range));
  page.counter = page.cine.appendChild(make("output"));
  page.cine.hidden = frames < 2;
}

function buildMeasured(left, { measured }) {
  const line = left.appendChild(make("div", "dl-measured"));
  line.append(make("span", "", measured));
  return line.appendChild(make("output", "", "", { "aria-live": "polite" }));
}

function buildFields(page, fields, labels, grey) {
  const number = { type: "number", step: "any" };
  for (const name of ["preset", "center", "width", "function"]) {
    const isNumber = name === "center" || name === "width";
    page[name] = isNumber ? make("input", "", "", number) : make("select");
    const label = fields.appendChild(make("label", `dl-field dl-${name}`));
    label.append(make("span", "", labels[name]), page[name]);
    label.hidden = !grey;
  }
  for (const name of FUNCTIONS) page.function.append(make("option", "", name, { value: name }));
  for (const name of ["inverted", "overlay"]) {
    page[name] = make("input", "", "", { type: "checkbox" });
    const label = fields.appendChild(make("label", "dl-check"));
    label.append(page[name], make("span", "", labels[name]));
  }
  const image = { role: "img", "aria-label": labels.histogram, title: labels.histogram };
  page.histogram = fields.appendChild(make("canvas", "dl-histogram", "", image));
  page.histogram.hidden = !grey;
}

function buildValues(page, panel, labels, grey) {
  const table = panel.appendChild(make("table", "dl-values", "", { id: `${page.id}-values` }));
  const body = table.appendChild(make("tbody"));
  for (const name of VALUES) {
    if (!grey && name === "modality") continue;
    page.values[name] = make("td");
    const row = body.appendChild(make("tr"));
    row.append(make("th", "", labels[name], { scope: "row" }), page.values[name]);
  }
}
