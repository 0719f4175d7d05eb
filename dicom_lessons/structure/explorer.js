// The byte explorer's view. Only the rows in view exist; Python sends their bytes and elements in
// blocks, on demand. All text is set as textContent.

const ROW = 20; // height of a row in pixels, as in byte_explorer.css
const WIDTH = 16; // bytes per row
const BLOCK = { bytes: 64, entries: 64 }; // rows per block, as in byte_explorer.py
const TALLEST = 8e6; // browsers do not lay out much taller boxes
const KEPT = 60; // blocks kept of each kind

function make(tag, className, text, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const hex = (value, digits) => value.toString(16).padStart(digits, "0");

// A list of which only the rows in view exist. `draw(index)` makes a row; `need(block)` asks for it.
class Rows {
  constructor(box, rowsPerBlock, draw, need) {
    Object.assign(this, { box, rowsPerBlock, draw, need, total: 0, blocks: new Map() });
    this.pending = new Set();
    this.space = box.appendChild(make("div", "dl-space", "", { role: "presentation" }));
    this.sheet = this.space.appendChild(make("div", "dl-sheet", "", { role: "presentation" }));
    box.addEventListener("scroll", () => this.later());
  }
  reset(total) {
    this.total = total;
    this.blocks.clear();
    this.pending.clear();
    this.space.style.height = `${Math.min(total * ROW, TALLEST)}px`;
    this.box.scrollTop = 0;
    this.paint();
  }
  visible() {
    return Math.max(1, Math.floor(this.box.clientHeight / ROW));
  }
  first() {
    const travel = this.space.offsetHeight - this.box.clientHeight;
    if (travel <= 0) return 0;
    const rows = Math.max(0, this.total - this.visible());
    if (this.total * ROW <= TALLEST) return Math.min(rows, Math.floor(this.box.scrollTop / ROW));
    return Math.round((this.box.scrollTop / travel) * rows);
  }
  show(row) {
    const first = this.first();
    if (row >= first && row < first + this.visible()) return this.paint();
    const wanted = clamp(row - Math.floor(this.visible() / 3), 0, this.total);
    if (this.total * ROW <= TALLEST) this.box.scrollTop = wanted * ROW;
    else {
      const travel = this.space.offsetHeight - this.box.clientHeight;
      this.box.scrollTop = (wanted / Math.max(1, this.total - this.visible())) * travel;
    }
    this.paint();
  }
  row(index) {
    return this.blocks.get(Math.floor(index / this.rowsPerBlock))?.[index % this.rowsPerBlock];
  }
  take(block, rows) {
    this.blocks.delete(block);
    this.blocks.set(block, rows);
    this.pending.delete(block);
    if (this.blocks.size > KEPT) this.blocks.delete(this.blocks.keys().next().value);
    this.later();
  }
  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.paint();
    });
  }
  paint() {
    const first = this.first();
    const last = Math.min(this.total, first + this.visible() + 2);
    this.sheet.style.transform = `translateY(${
      this.total * ROW <= TALLEST ? first * ROW : this.box.scrollTop
    }px)`;
    const rows = [];
    for (let index = first; index < last; index++) rows.push(this.draw(index, this.row(index)));
    this.sheet.replaceChildren(...rows);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(first, last), 25);
  }
  ask(first, last) {
    const end = Math.floor(Math.max(first, last - 1) / this.rowsPerBlock);
    for (let block = Math.floor(first / this.rowsPerBlock); block <= end; block++) {
      if (this.total === 0 || this.blocks.has(block) || this.pending.has(block)) continue;
      this.pending.add(block);
      this.need(block);
    }
  }
}

function render({ model, el }) {
  const labels = model.get("labels");
  const kinds = labels.kinds;
  const state = { cursor: 0, focus: 0, selection: { entry: -1, offset: -1, end: -1, text: "" } };
  const id = `dl-${Math.random().toString(36).slice(2)}`;
  const shown = () => model.get("shown");
  const ask = (what, block = 0) => model.send({ ask: what, block, encoding: shown().encoding });

  const root = el.appendChild(make("section", "dl-bytes", "", { "aria-label": labels.title }));
  const bar = root.appendChild(make("div", "dl-bar", ""));
  bar.append(make("strong", "dl-title", labels.title));
  const choice = bar.appendChild(make("label", "dl-choice", `${labels.encoding} `));
  const select = choice.appendChild(make("select", "", ""));
  for (const [value, text] of labels.encodings) select.append(make("option", "", text, { value }));
  const note = root.appendChild(make("div", "dl-note", "", { role: "alert" }));

  const panes = root.appendChild(make("div", "dl-panes", ""));
  const left = panes.appendChild(make("div", "dl-pane dl-left", ""));
  const right = panes.appendChild(make("div", "dl-pane dl-right", ""));
  const headings = left.appendChild(make("div", "dl-row dl-entry dl-head", "", { "aria-hidden": "true" }));
  for (const name of labels.columns) headings.append(make("span", "", name));
  const ruler = Array.from({ length: WIDTH }, (_, i) => hex(i, 2)).join(" ");
  right.append(make("div", "dl-row dl-head dl-ruler", `          ${ruler}  ASCII`, { "aria-hidden": "true" }));
  const list = left.appendChild(
    make("div", "dl-scroll", "", { role: "listbox", tabindex: "0", "aria-label": labels.elements }),
  );
  const dump = right.appendChild(
    make("div", "dl-scroll dl-dump", "", {
      role: "group", tabindex: "0", "aria-label": labels.bytes, "aria-describedby": `${id}-help`,
    }),
  );
  const status = root.appendChild(make("div", "dl-status", "", { role: "status" }));
  root.append(make("div", "dl-help", labels.help, { id: `${id}-help` }));
  const legend = root.appendChild(make("div", "dl-legend", "", { role: "group", "aria-label": labels.legend }));
  kinds.forEach(([kind, name]) => legend.append(make("span", `dl-chip dl-${kind.replaceAll(" ", "-")}`, name)));
  const comparison = root.appendChild(make("div", "dl-comparison", ""));

  const kindClass = (index) => `dl-${kinds[index][0].replaceAll(" ", "-")}`;

  function regionOf(offset) {
    const found = bytes.row(Math.floor(offset / WIDTH));
    return found && found.regions[offset - found.start];
  }

  function drawEntry(index, row) {
    const node = make("div", "dl-row dl-entry", "", {
      role: "option", id: `${id}-${index}`, "aria-posinset": index + 1,
      "aria-setsize": entries.total, "aria-selected": index === state.selection.entry,
    });
    if (index === state.selection.entry) node.classList.add("dl-selected");
    if (index === state.focus) node.classList.add("dl-focus");
    if (!row) return node;
    const [depth, ...cells] = row;
    cells.forEach((cell, column) => node.append(make("span", "", String(cell))));
    node.children[1].style.paddingInlineStart = `${Math.min(depth, 8) * 8}px`;
    node.title = cells.slice(1).filter(Boolean).join("  ");
    node.addEventListener("click", () => choose(index));
    return node;
  }

  function drawBytes(index, row) {
    const node = make("div", "dl-row", "");
    node.append(make("span", "dl-offset", `${hex(index * WIDTH, 8)}  `));
    if (!row) return node;
    const letters = [];
    for (let i = 0; i < WIDTH; i++) {
      if (i >= row.bytes.length) {
        node.append(make("span", "", "   "));
        continue;
      }
      const byte = row.bytes[i];
      const offset = row.start + i;
      const joined = i + 1 < WIDTH && row.regions[i + 1] === row.regions[i];
      const classes = row.regions[i] ? [kindClass(row.regions[i][0])] : [];
      if (offset >= state.selection.offset && offset < state.selection.end) classes.push("dl-lit");
      if (offset === state.cursor) classes.push("dl-cursor");
      const cell = make("span", `dl-byte ${classes.join(" ")}`, hex(byte, 2) + (joined ? " " : ""));
      cell.dataset.offset = offset;
      node.append(cell);
      if (!joined) node.append(" ");
      const letter = byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
      const character = make("span", `dl-byte ${classes.join(" ")}`, letter);
      character.dataset.offset = offset;
      letters.push(character);
    }
    node.append(" ", ...letters);
    return node;
  }

  const entries = new Rows(list, BLOCK.entries, drawEntry, (block) => ask("entries", block));
  const bytes = new Rows(dump, BLOCK.bytes, drawBytes, (block) => ask("bytes", block));

  function choose(index) {
    if (index < 0 || index >= entries.total) return;
    state.focus = index;
    if (model.get("entry") === index) return ask("selection");
    model.set("entry", index);
    model.save_changes();
  }

  function say() {
    const region = regionOf(state.cursor);
    state.unsaid = !region; // its bytes are still on their way
    if (!region) return;
    const values = { offset: state.cursor, hex: hex(state.cursor, 4).toUpperCase(), kind: kinds[region[0]][1] };
    const own = region[3] === state.selection.entry ? ` — ${state.selection.text}` : "";
    status.textContent = fill(labels.byte, values) + own;
  }

  function moveCursor(offset) {
    state.cursor = clamp(offset, 0, shown().size - 1);
    bytes.show(Math.floor(state.cursor / WIDTH));
    say();
  }

  function moveFocus(index) {
    state.focus = clamp(index, 0, entries.total - 1);
    list.setAttribute("aria-activedescendant", `${id}-${state.focus}`);
    entries.show(state.focus);
  }

  function compare(message) {
    comparison.replaceChildren();
    if (!message.rows.length) {
      comparison.append(make("p", "dl-hint", labels.nothing));
      return;
    }
    const table = comparison.appendChild(make("table", "dl-table", ""));
    table.append(make("caption", "", labels.comparison));
    const head = table.appendChild(make("thead", "", "")).appendChild(make("tr", "", ""));
    for (const part of labels.parts) head.append(make("th", "", part, { scope: "col" }));
    const body = table.appendChild(make("tbody", "", ""));
    const names = Object.fromEntries(labels.encodings);
    const stored = message.rows[0].parts;
    for (const row of message.rows) {
      const line = body.appendChild(make("tr", row.encoding === shown().encoding ? "dl-current" : "", ""));
      line.append(make("th", "", names[row.encoding], { scope: "row" }));
      if (row.note) {
        line.append(make("td", "", String(row.offset)));
        line.append(make("td", "dl-noted", row.note, { colspan: "5" }));
        continue;
      }
      line.append(make("td", "", String(row.offset)));
      for (const part of ["tag", "VR", "reserved", "length", "value"]) {
        const cell = line.appendChild(make("td", "", ""));
        const found = row.parts[part];
        if (!found) {
          cell.append(make("span", "dl-none", "—"));
          continue;
        }
        const [kind, stream, sense] = found;
        cell.append(make("code", `dl-chip dl-${kind.replaceAll(" ", "-")}`, stream));
        if (stored[part] && stored[part][1] !== stream) {
          cell.append(make("span", "dl-differs", " ≠", { title: labels.differs, "aria-label": labels.differs }));
        }
        cell.append(make("div", "dl-sense", sense));
      }
    }
  }

  function receive(message, buffers) {
    if (message.tell === "comparison") return compare(message);
    if (message.encoding !== shown().encoding) return;
    if (message.tell === "entries") entries.take(message.block, message.rows);
    if (message.tell === "bytes") {
      const view = buffers[0];
      const data = new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
      const start = message.block * BLOCK.bytes * WIDTH;
      const regions = new Array(data.length);
      for (const region of message.regions) regions.fill(region, region[1] - start, region[2] - start);
      const rows = [];
      for (let at = 0; at < data.length; at += WIDTH) {
        rows.push({ start: start + at, bytes: data.subarray(at, at + WIDTH), regions: regions.slice(at, at + WIDTH) });
      }
      bytes.take(message.block, rows);
      if (state.unsaid) say();
    }
    if (message.tell === "selection") {
      state.selection = message;
      if (message.entry >= 0) {
        if (state.cursor < message.offset || state.cursor >= message.end) state.cursor = message.offset;
        bytes.show(Math.floor(state.cursor / WIDTH));
        moveFocus(message.entry);
        status.textContent = message.text;
      }
      bytes.paint();
      entries.paint();
    }
  }

  function open() {
    const { size, entries: count, note: text, encoding } = shown();
    select.value = encoding;
    note.textContent = text;
    note.hidden = !text;
    state.cursor = 0;
    state.focus = 0;
    bytes.reset(Math.ceil(size / WIDTH));
    entries.reset(count);
    ask("selection");
  }

  const STEPS = (page, width) => ({
    ArrowUp: -width, ArrowDown: width, ArrowLeft: -1, ArrowRight: 1, PageUp: -page * width, PageDown: page * width,
  });
  function onKey(event, steps, position, total, move, enter) {
    if (event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") enter();
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(total - 1);
    else if (event.key in steps) move(position + steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  list.addEventListener("keydown", (event) =>
    onKey(event, STEPS(entries.visible() - 1, 1), state.focus, entries.total, moveFocus, () => choose(state.focus)));
  const chooseByte = () => {
    const region = regionOf(state.cursor);
    if (region) choose(region[3]);
  };
  dump.addEventListener("keydown", (event) =>
    onKey(event, STEPS(bytes.visible() - 1, WIDTH), state.cursor, shown().size, moveCursor, chooseByte));
  dump.addEventListener("click", (event) => {
    const offset = event.target.dataset?.offset;
    if (offset === undefined) return;
    moveCursor(Number(offset));
    chooseByte();
  });
  select.addEventListener("change", () => {
    model.set("encoding", select.value);
    model.save_changes();
  });

  model.on("msg:custom", receive);
  model.on("change:shown", open);
  const watcher = new ResizeObserver(() => { bytes.later(); entries.later(); });
  watcher.observe(root);
  compare({ rows: [] });
  open();
  return () => {
    watcher.disconnect();
    model.off("msg:custom", receive);
    model.off("change:shown", open);
  };
}

export default { render };
