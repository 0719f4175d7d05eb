// The byte explorer's view. Only the rows in view exist; Python sends their bytes and elements in
// blocks, on demand. Every part works on one object, the explorer.

import { clamp, fill, leadsOut, make, makeId, typedArray } from "../kit.js";
import { Rows } from "./rows.js";

const WIDTH = 16; // bytes per row
const BLOCK = { bytes: 64, entries: 64 }; // rows per block, as in explorer.py
const DEEPEST = 8; // levels of sequences that are indented
const PARTS = ["tag", "VR", "reserved", "length", "value"];
const NOTHING = { entry: -1, offset: -1, end: -1, text: "" };

const hex = (value, digits) => value.toString(16).padStart(digits, "0");
const kindClass = (kind) => `dl-${kind.replaceAll(" ", "-")}`;

function buildPage(labels, id) {
  const root = make("section", "dl-bytes", "", { "aria-label": labels.title });
  const bar = root.appendChild(make("div", "dl-bar"));
  bar.append(make("strong", "dl-title", labels.title));
  const choice = bar.appendChild(make("label", "dl-choice", `${labels.encoding} `));
  const select = choice.appendChild(make("select"));
  for (const [value, text] of labels.encodings) select.append(make("option", "", text, { value }));
  const note = root.appendChild(make("div", "dl-note", "", { role: "alert" }));
  const panes = root.appendChild(make("div", "dl-panes"));
  const list = buildList(panes.appendChild(make("div", "dl-pane dl-left")), labels);
  const dump = buildDump(panes.appendChild(make("div", "dl-pane dl-right")), labels, id);
  const status = root.appendChild(make("div", "dl-status", "", { role: "status" }));
  root.append(make("div", "dl-help", labels.help, { id: `${id}-help` }));
  const group = { role: "group", "aria-label": labels.legend };
  const legend = root.appendChild(make("div", "dl-legend", "", group));
  for (const [kind, name] of labels.kinds)
    legend.append(make("span", `dl-chip ${kindClass(kind)}`, name));
  const comparison = root.appendChild(make("div", "dl-comparison"));
  return { root, select, note, list, dump, status, comparison };
}

function buildList(pane, labels) {
  const head = make("div", "dl-row dl-entry dl-head", "", { "aria-hidden": "true" });
  pane.append(head);
  for (const name of labels.columns) head.append(make("span", "", name));
  const list = { role: "listbox", tabindex: "0", "aria-label": labels.elements };
  return pane.appendChild(make("div", "dl-scroll", "", list));
}

function buildDump(pane, labels, id) {
  const ruler = Array.from({ length: WIDTH }, (_, i) => hex(i, 2)).join(" ");
  const text = `          ${ruler}  ASCII`;
  pane.append(make("div", "dl-row dl-head dl-ruler", text, { "aria-hidden": "true" }));
  const dump = { role: "group", tabindex: "0", "aria-label": labels.bytes };
  dump["aria-describedby"] = `${id}-help`;
  return pane.appendChild(make("div", "dl-scroll dl-dump", "", dump));
}

const shown = (x) => x.model.get("shown");

function ask(x, what, block = 0) {
  x.model.send({ ask: what, block, encoding: shown(x).encoding });
}

function regionAt(x, offset) {
  const row = x.bytes.row(Math.floor(offset / WIDTH));
  return row?.regions[offset - row.start];
}

function drawEntry(x, index, row) {
  const isSelected = index === x.selection.entry;
  const node = make("div", "dl-row dl-entry", "", {
    role: "option",
    id: `${x.id}-${index}`,
    "aria-posinset": index + 1,
    "aria-setsize": x.entries.total,
    "aria-selected": isSelected,
  });
  node.classList.toggle("dl-selected", isSelected);
  node.classList.toggle("dl-focus", index === x.focus);
  if (!row) return node;
  const [depth, ...cells] = row;
  for (const cell of cells) node.append(make("span", "", String(cell)));
  node.children[1].style.paddingInlineStart = `${Math.min(depth, DEEPEST) * 8}px`;
  node.title = cells.slice(1).filter(Boolean).join("  ");
  node.addEventListener("click", () => chooseEntry(x, index));
  return node;
}

function drawBytes(x, index, row) {
  const node = make("div", "dl-row");
  node.append(make("span", "dl-offset", `${hex(index * WIDTH, 8)}  `));
  if (!row) return node;
  const letters = [];
  for (let i = 0; i < WIDTH; i++) {
    if (i >= row.bytes.length) {
      node.append(make("span", "", "   "));
      continue;
    }
    const byte = row.bytes[i];
    const joined = i + 1 < WIDTH && row.regions[i + 1] === row.regions[i];
    const classes = byteClasses(x, row.start + i, row.regions[i]);
    const offset = { "data-offset": row.start + i };
    node.append(make("span", classes, hex(byte, 2) + (joined ? " " : ""), offset));
    if (!joined) node.append(" ");
    const letter = byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
    letters.push(make("span", classes, letter, offset));
  }
  node.append(" ", ...letters);
  return node;
}

function byteClasses(x, offset, region) {
  const classes = ["dl-byte"];
  if (region) classes.push(kindClass(x.labels.kinds[region[0]][0]));
  if (offset >= x.selection.offset && offset < x.selection.end) classes.push("dl-lit");
  if (offset === x.cursor) classes.push("dl-cursor");
  return classes.join(" ");
}

function chooseEntry(x, index) {
  if (index < 0 || index >= x.entries.total) return;
  x.focus = index;
  if (x.model.get("entry") === index) return ask(x, "selection");
  x.model.set("entry", index);
  x.model.save_changes();
}

function chooseByte(x) {
  const region = regionAt(x, x.cursor);
  if (region) chooseEntry(x, region[3]);
}

function describeByte(x) {
  const region = regionAt(x, x.cursor);
  x.undescribed = !region; // its bytes are still on their way
  if (!region) return;
  const kind = x.labels.kinds[region[0]][1];
  const values = { offset: x.cursor, hex: hex(x.cursor, 4).toUpperCase(), kind };
  const meaning = region[3] === x.selection.entry ? ` — ${x.selection.text}` : "";
  x.page.status.textContent = fill(x.labels.byte, values) + meaning;
}

function moveCursor(x, offset) {
  x.cursor = clamp(offset, 0, shown(x).size - 1);
  x.bytes.scrollTo(Math.floor(x.cursor / WIDTH));
  describeByte(x);
}

function moveFocus(x, index) {
  x.focus = clamp(index, 0, x.entries.total - 1);
  x.page.list.setAttribute("aria-activedescendant", `${x.id}-${x.focus}`);
  x.entries.scrollTo(x.focus);
}

function drawComparison(x, rows) {
  const { labels } = x;
  const { comparison } = x.page;
  comparison.replaceChildren();
  if (!rows.length) {
    comparison.append(make("p", "dl-hint", labels.nothing));
    return;
  }
  const table = comparison.appendChild(make("table", "dl-table"));
  table.append(make("caption", "", labels.comparison));
  const head = table.appendChild(make("thead")).appendChild(make("tr"));
  for (const part of labels.parts) head.append(make("th", "", part, { scope: "col" }));
  const body = table.appendChild(make("tbody"));
  const names = Object.fromEntries(labels.encodings);
  for (const row of rows) {
    const line = make("tr", row.encoding === shown(x).encoding ? "dl-current" : "");
    body.append(line);
    line.append(make("th", "", names[row.encoding], { scope: "row" }));
    line.append(make("td", "", String(row.offset)));
    if (row.note) line.append(make("td", "dl-noted", row.note, { colspan: "5" }));
    else
      for (const part of PARTS)
        line.append(partCell(row.parts[part], rows[0].parts[part], labels.differs));
  }
}

function partCell(part, stored, differs) {
  const cell = make("td");
  if (!part) {
    cell.append(make("span", "dl-none", "—"));
    return cell;
  }
  const [kind, stream, sense] = part;
  cell.append(make("code", `dl-chip ${kindClass(kind)}`, stream));
  if (stored && stored[1] !== stream)
    cell.append(make("span", "dl-differs", " ≠", { title: differs, "aria-label": differs }));
  cell.append(make("div", "dl-sense", sense));
  return cell;
}

function receive(x, message, buffers) {
  if (message.answer === "comparison") drawComparison(x, message.rows);
  else if (message.encoding !== shown(x).encoding) return;
  else if (message.answer === "entries") x.entries.store(message.block, message.rows);
  else if (message.answer === "bytes") storeBytes(x, message, buffers[0]);
  else if (message.answer === "selection") select(x, message);
}

function storeBytes(x, message, view) {
  const data = typedArray(view, Uint8Array);
  const start = message.block * BLOCK.bytes * WIDTH;
  const regions = new Array(data.length);
  for (const region of message.regions) regions.fill(region, region[1] - start, region[2] - start);
  const rows = [];
  for (let at = 0; at < data.length; at += WIDTH) {
    const [bytes, own] = [data.subarray(at, at + WIDTH), regions.slice(at, at + WIDTH)];
    rows.push({ start: start + at, bytes, regions: own });
  }
  x.bytes.store(message.block, rows);
  if (x.undescribed) describeByte(x);
}

function select(x, selection) {
  x.selection = selection;
  if (selection.entry >= 0) {
    const { offset, end } = selection;
    if (x.cursor < offset || x.cursor >= end) x.cursor = offset;
    x.bytes.scrollTo(Math.floor(x.cursor / WIDTH));
    moveFocus(x, selection.entry);
    x.page.status.textContent = selection.text;
  }
  x.bytes.paint();
  x.entries.paint();
}

function openFile(x) {
  const { size, entries, note, encoding } = shown(x);
  const { style } = x.page.root; // columns as wide as their numbers
  for (const [name, head] of [
    ["offset", 0],
    ["length", 3],
  ]) {
    const letters = Math.max(x.labels.columns[head].length, String(size).length);
    style.setProperty(`--${name}`, `${letters}ch`);
  }
  x.page.select.value = encoding;
  x.page.note.textContent = note;
  x.page.note.hidden = !note;
  x.cursor = 0;
  x.focus = 0;
  x.bytes.reset(Math.ceil(size / WIDTH));
  x.entries.reset(entries);
  ask(x, "selection");
}

// A key moves by so many places in a grid of some width and a page of some rows, or chooses.
function pressKey(event, { width, rows, place, total }, move, choose) {
  if (leadsOut(event) || event.altKey) return;
  const page = (rows - 1) * width;
  const steps = { ArrowUp: -width, ArrowDown: width, ArrowLeft: -1, ArrowRight: 1 };
  Object.assign(steps, { PageUp: -page, PageDown: page, Home: -place, End: total - 1 - place });
  if (event.key === "Enter" || event.key === " ") choose();
  else if (event.key in steps) move(place + steps[event.key]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function listen(x) {
  const { page, model } = x;
  const onList = (event) => {
    const { total } = x.entries;
    const grid = { width: 1, rows: x.entries.visible(), place: x.focus, total };
    const move = (index) => {
      page.list.focus({ preventScroll: true });
      moveFocus(x, index);
    };
    pressKey(event, grid, move, () => chooseEntry(x, x.focus));
  };
  const onDump = (event) => {
    const total = shown(x).size;
    const grid = { width: WIDTH, rows: x.bytes.visible(), place: x.cursor, total };
    const move = (offset) => moveCursor(x, offset);
    pressKey(event, grid, move, () => chooseByte(x));
  };
  page.root.addEventListener("keydown", (event) => {
    // anywhere but in the choice of encodings, whose own keys they are
    if (page.dump.contains(event.target)) onDump(event);
    else if (event.target !== page.select) onList(event);
  });
  page.dump.addEventListener("click", (event) => {
    const offset = event.target.dataset?.offset;
    if (offset === undefined) return;
    moveCursor(x, Number(offset));
    chooseByte(x);
  });
  page.select.addEventListener("change", () => {
    model.set("encoding", page.select.value);
    model.save_changes();
  });
}

function render({ model, el }) {
  const labels = model.get("labels");
  const id = makeId();
  const page = buildPage(labels, id);
  el.append(page.root);
  const x = { model, labels, id, page, cursor: 0, focus: 0, selection: NOTHING };
  const drawOne = (draw) => (index, row) => draw(x, index, row);
  const need = (what) => (block) => ask(x, what, block);
  x.entries = new Rows(page.list, BLOCK.entries, drawOne(drawEntry), need("entries"));
  x.bytes = new Rows(page.dump, BLOCK.bytes, drawOne(drawBytes), need("bytes"));
  listen(x);
  const take = (message, buffers) => receive(x, message, buffers);
  const open = () => openFile(x);
  model.on("msg:custom", take);
  model.on("change:shown", open);
  const watcher = new ResizeObserver(() => {
    const { list } = page; // the row of names is as wide as the rows, beside their scroll bar
    list.previousSibling.style.marginInlineEnd = `${list.offsetWidth - list.clientWidth}px`;
    x.bytes.paintSoon();
    x.entries.paintSoon();
  });
  watcher.observe(page.root);
  drawComparison(x, []);
  open();
  return () => {
    watcher.disconnect();
    model.off("msg:custom", take);
    model.off("change:shown", open);
  };
}

export default { render };
