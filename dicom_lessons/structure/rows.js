// A list of which only the rows in view exist. `draw(index)` makes a row; `need(block)` asks for it.

import { clamp, make } from "../kit.js";

const ROW = 20; // height of a row in pixels, as in explorer.css
const TALLEST = 8e6; // browsers do not lay out much taller boxes
const MOST_BLOCKS = 60;
const ASKED_AFTER = 25; // milliseconds without another scroll

export class Rows {
  constructor(box, rowsPerBlock, draw, need) {
    Object.assign(this, { box, rowsPerBlock, draw, need, total: 0, blocks: new Map() });
    this.pending = new Set();
    this.space = box.appendChild(make("div", "dl-space", "", { role: "presentation" }));
    this.sheet = this.space.appendChild(make("div", "dl-sheet", "", { role: "presentation" }));
    box.addEventListener("scroll", () => this.paintSoon());
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
  scrollTo(row) {
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
  store(block, rows) {
    this.blocks.delete(block);
    this.blocks.set(block, rows);
    this.pending.delete(block);
    if (this.blocks.size > MOST_BLOCKS) this.blocks.delete(this.blocks.keys().next().value);
    this.paintSoon();
  }
  paintSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.paint();
    });
  }
  paint() {
    const first = this.first();
    const last = Math.min(this.total, first + this.visible() + 2);
    const top = this.total * ROW <= TALLEST ? first * ROW : this.box.scrollTop;
    this.sheet.style.transform = `translateY(${top}px)`;
    const rows = [];
    for (let index = first; index < last; index++) rows.push(this.draw(index, this.row(index)));
    this.sheet.replaceChildren(...rows);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.request(first, last), ASKED_AFTER);
  }
  request(first, last) {
    const end = Math.floor(Math.max(first, last - 1) / this.rowsPerBlock);
    for (let block = Math.floor(first / this.rowsPerBlock); block <= end; block++) {
      if (this.total === 0 || this.blocks.has(block) || this.pending.has(block)) continue;
      this.pending.add(block);
      this.need(block);
    }
  }
}
