import { h } from "./dom.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const [WIDE, NARROW] = [34, 19];
const [SMALLEST, LARGEST] = [0.95, 2];
const TYPED = { 1: "1", x: "1", X: "1", 0: "0", ".": "0" };

const side = (columns, room) => `${Math.max(SMALLEST, Math.min(LARGEST, room / columns))}rem`;

/** The side of a cell so that grids with these numbers of columns stand beside each other. */
export const sideBeside = (columns) => side(columns.reduce((a, b) => a + b + 1), WIDE - 2 * columns.length);

/**
 * A support as a table that is drawn with the pointer or the keyboard.
 *
 * One cell is in the order of the tab key; arrows lead to the others and to the names of rows and columns, which
 * `actions.line(axis, k)` selects. `actions.fill(from, to, value)` is called when a rectangle is drawn; without it the
 * table is only shown.
 */
export class Grid {
  #cells = [];
  #here = [0, 0];
  #anchor = null;
  #stroke = null;
  #shape = "";

  constructor(name, actions) {
    this.actions = actions;
    this.caption = h("figcaption");
    this.table = h("table", { className: "grid", role: "grid", "aria-label": name });
    this.node = h("figure", { className: actions.fill ? "factor" : "factor fixed" }, this.caption, h("div", { className: "scroll" }, this.table));
    this.table.addEventListener("keydown", (event) => this.#key(event));
    this.table.addEventListener("focusin", (event) => this.#at(event.target)?.forEach((k, axis) => (this.#here[axis] = k)));
    this.table.addEventListener("pointerdown", (event) => this.#down(event));
    this.table.addEventListener("pointermove", (event) => this.#drag(event));
    this.table.addEventListener("pointerup", () => this.#up());
    this.table.addEventListener("pointercancel", () => this.#cancel());
    this.table.addEventListener("pointerover", (event) => this.#point(event.target));
    this.table.addEventListener("pointerleave", () => actions.point?.(null));
  }

  /** Show rows of "0" and "1"; `look(i, j)` gives { classes, text, label, stripes } of a cell. */
  update(caption, rows, look) {
    const [m, n] = [rows.length, rows[0].length];
    if (this.#shape !== `${m}×${n}`) this.#build(m, n);
    this.rows = rows;
    this.caption.textContent = caption;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const cell = this.#cells[i + 1][j + 1];
        const { classes, text, label, stripes } = look(i, j);
        if (cell.className !== classes) cell.className = classes;
        if (cell.textContent !== text) cell.textContent = text;
        if (cell.getAttribute("aria-label") !== label) cell.setAttribute("aria-label", label);
        if (cell.style.background !== (stripes ?? "")) cell.style.background = stripes ?? "";
      }
    }
  }

  /** Mark the name of a selected line. */
  select(axis, k) {
    for (const cell of this.table.querySelectorAll("th[aria-selected=true]")) cell.removeAttribute("aria-selected");
    if (k !== null) (axis === 0 ? this.#cells[k + 1][0] : this.#cells[0][k + 1]).setAttribute("aria-selected", "true");
  }

  focus(i = this.#here[0], j = this.#here[1]) {
    const [row, column] = [Math.min(i, this.#cells.length - 2), Math.min(j, this.#cells[0].length - 2)];
    for (const each of this.table.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    const cell = this.#cells[row + 1][column + 1];
    cell.tabIndex = 0;
    cell.focus();
  }

  #build(m, n) {
    this.#shape = `${m}×${n}`;
    const head = (k, axis) => {
      const scope = axis === 0 ? "row" : "col";
      return h("th", { scope, role: axis === 0 ? "rowheader" : "columnheader", tabIndex: -1 }, String(k));
    };
    this.#cells = [[h("td", { className: "corner", "aria-hidden": "true" }), ...Array.from({ length: n }, (_, j) => head(j, 1))]];
    for (let i = 0; i < m; i++) {
      const row = Array.from({ length: n }, () => h("td", { role: "gridcell", tabIndex: -1 }));
      this.#cells.push([head(i, 0), ...row]);
    }
    this.#cells.forEach((row, i) => row.forEach((cell, j) => Object.assign(cell.dataset, { i: i - 1, j: j - 1 })));
    this.table.replaceChildren(...this.#cells.map((row) => h("tr", { role: "row" }, ...row)));
    this.table.style.setProperty("--own", side(n, NARROW));
    this.#here = [Math.min(this.#here[0], m - 1), Math.min(this.#here[1], n - 1)];
    this.#cells[this.#here[0] + 1][this.#here[1] + 1].tabIndex = 0;
  }

  #at(target) {
    const cell = target?.closest?.("td, th");
    if (!cell || !this.table.contains(cell) || cell.className === "corner") return null;
    return [Number(cell.dataset.i), Number(cell.dataset.j)];
  }

  #point(target) {
    this.actions.point?.(this.#at(target));
  }

  // ------------------------------------------------------------------ the pointer

  #down(event) {
    const at = this.#at(event.target);
    if (!at || event.button !== 0) return;
    this.focus(...at);
    event.preventDefault();
    if (at[0] < 0 || at[1] < 0) {
      this.actions.line(at[0] < 0 ? 1 : 0, Math.max(...at));
      return;
    }
    if (!this.actions.fill) return;
    this.#stroke = { from: at, to: at, value: this.rows[at[0]][at[1]] === "1" ? "0" : "1" };
    this.#preview(at, at);
  }

  #drag(event) {
    if (!this.#stroke) return;
    const at = this.#at(this.table.getRootNode().elementFromPoint(event.clientX, event.clientY));
    if (!at || at[0] < 0 || at[1] < 0) return;
    this.#stroke.to = at;
    this.#preview(this.#stroke.from, at);
  }

  #up() {
    if (!this.#stroke) return;
    const { from, to, value } = this.#stroke;
    this.#cancel();
    this.actions.fill(from, to, value);
  }

  #cancel() {
    this.#stroke = null;
    this.#anchor = null;
    for (const cell of this.table.querySelectorAll(".preview")) cell.classList.remove("preview");
  }

  #preview([i, j], [k, m]) {
    this.#cells.forEach((row, a) =>
      row.forEach((cell, b) => {
        const inside = a - 1 >= Math.min(i, k) && a - 1 <= Math.max(i, k) && b - 1 >= Math.min(j, m) && b - 1 <= Math.max(j, m);
        cell.classList.toggle("preview", inside);
      }),
    );
  }

  // ------------------------------------------------------------------ the keyboard

  #key(event) {
    const at = this.#at(event.target);
    if (!at || event.ctrlKey || event.metaKey) return;
    const [i, j] = at;
    const name = i < 0 || j < 0;
    const [axis, k] = [i < 0 ? 1 : 0, Math.max(i, j)];
    const step = STEPS[event.key];
    if (step && event.altKey && name) {
      this.actions.move(axis, k, k + step[0] + step[1]);
    } else if (step && !event.altKey) {
      this.#walk(i + step[0], j + step[1], event.shiftKey, at);
    } else if (event.key === "Escape") {
      this.#cancel();
    } else if (event.key === " " || event.key === "Enter") {
      if (name) this.actions.line(axis, k);
      else this.#press(i, j);
    } else if (name && event.key === "Delete") {
      this.actions.remove(axis, k);
    } else if (name && event.key === "+") {
      this.actions.repeat(axis, k);
    } else if (!name && event.key in TYPED && this.actions.fill) {
      this.actions.fill(at, at, TYPED[event.key]);
      this.#walk(i, j + 1, false, at);
    } else {
      return;
    }
    event.preventDefault();
  }

  #walk(i, j, extending, from) {
    const [last, end] = [this.#cells.length - 2, this.#cells[0].length - 2];
    const to = [Math.max(-1, Math.min(last, i)), Math.max(-1, Math.min(end, j))];
    if (to[0] < 0 && to[1] < 0) return;
    if (extending && this.actions.fill && Math.min(...from, ...to) >= 0) {
      this.#anchor ??= from;
      this.#preview(this.#anchor, to);
    } else {
      this.#cancel();
    }
    this.focus(...to);
  }

  #press(i, j) {
    if (!this.actions.fill) return;
    const from = this.#anchor ?? [i, j];
    const value = this.rows[from[0]][from[1]] === "1" ? "0" : "1";
    this.#cancel();
    this.actions.fill(from, [i, j], value);
  }
}
