import { Answer } from "./answer.js";
import { help, presetBar } from "./bar.js";
import { button, h, save } from "./dom.js";
import { base64, savePng } from "./files.js";
import { Grid, sideBeside } from "./grid.js";
import { History } from "./history.js";
import { described, factorCell, totalCell } from "./painting.js";
import * as P from "./problem.js";
import { PRESETS } from "./presets.js";

const DELAY = 60;
const LIVE = 5;
const LARGEST_DRAWN = 4096;
/** Show the explorer in an element. `options`: problem, seconds, formats, ask, changed, whole. */
export const mount = (place, options) => {
  const app = new App(options);
  place.replaceChildren(app.node);
  return app;
};

class App {
  #grids = [];
  #total = new Grid("product", { line: () => {}, move: () => {}, remove: () => {}, repeat: () => {} });
  #marks = null;
  #selected = null;
  #pointed = null;
  #proposed = new Set();
  #abort = null;
  #timer = null;
  #picture = "";

  constructor(options) {
    this.options = options;
    const [lu] = PRESETS;
    this.history = new History(options.problem ?? { factors: lu.make(3), field: "real" });
    this.answer = new Answer({
      take: (problem) => this.take({ ...problem, field: this.state.field }),
      preview: (entries) => this.#preview(entries),
      longer: () => this.#longer(),
    });
    this.editor = h("div", { className: "factors" });
    this.structure = h("div", { className: "structure" });
    this.dimensions = h("div", { className: "bar dimensions", role: "group", "aria-label": "sizes" });
    this.tools = h("div", { className: "bar tools", role: "toolbar", "aria-label": "selected line", hidden: true });
    this.message = h("p", { className: "message", role: "alert" });
    this.node = h(
      "main",
      { className: "closedness-explorer" },
      h("h1", {}, options.name ? `${options.name}: is the set of products closed?` : "Is the set of products closed?"),
      this.#bar(),
      this.message,
      h(
        "div",
        { className: "halves" },
        h("div", { className: "editor" }, this.dimensions, this.editor, this.tools, this.structure, help()),
        this.answer.verdict,
        this.answer.rest,
      ),
    );
    const whole = options.whole ?? this.node; // the page hears keys and files everywhere, a widget its own
    whole.addEventListener("keydown", (event) => this.#key(event));
    whole.addEventListener("dragover", (event) => event.preventDefault());
    whole.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#read([...event.dataTransfer.files]);
    });
    whole.addEventListener("paste", (event) => this.#paste(event));
    this.#show();
  }

  get state() {
    return this.history.state;
  }

  /** Go on with other supports. */
  take(problem) {
    if (P.same(problem, this.state)) return;
    this.history.push(problem);
    this.#show();
  }

  end() {
    this.#abort?.abort();
    clearTimeout(this.#timer);
  }

  // ------------------------------------------------------------------ the bar

  #bar() {
    this.undo = button("Undo", () => this.#back("undo"), { title: "ctrl z" });
    this.redo = button("Redo", () => this.#back("redo"), { title: "ctrl shift z" });
    const files = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.#read([...files.files]).then(() => (files.value = "")) });
    const forms = h(
      "select",
      { "aria-label": "format", className: "format" },
      ...[...this.options.formats, "svg", "png"].map((form) => h("option", { value: form }, `.${form}`)),
    );
    this.field = h(
      "select",
      { "aria-label": "entries", className: "field", onchange: () => this.take({ ...this.state, field: this.field.value }) },
      h("option", { value: "real" }, "real entries"),
      h("option", { value: "complex" }, "complex entries"),
    );
    return h(
      "div",
      { className: "bar" },
      presetBar((factors) => this.take({ factors, field: this.state.field })),
      h("span", { className: "group" }, this.undo, this.redo),
      this.field,
      h("span", { className: "group" }, button("Open …", () => files.click(), { title: "or drop or paste a file" }), files),
      h("span", { className: "group" }, forms, button("Save", () => this.#write(forms.value), { className: "save" })),
      button("Copy link", () => this.#link(), { className: "link" }),
    );
  }

  #back(way) {
    this.history[way]();
    this.#show();
  }

  #key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches?.("input")) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      this.#back(key === "y" || event.shiftKey ? "redo" : "undo");
    }
  }

  // ------------------------------------------------------------------ the supports

  #name(level) {
    const last = this.state.factors.length;
    if (level === 0) return "row";
    if (level === last) return "column";
    return last === 2 ? "hidden index" : `hidden index (${level})`;
  }

  #show() {
    const { factors, field } = this.state;
    this.#marks = null;
    this.#selected = null;
    this.#proposed = new Set();
    this.field.value = field;
    this.undo.disabled = !this.history.canUndo;
    this.redo.disabled = !this.history.canRedo;
    const small = factors.reduce((sum, factor) => sum + factor.length * factor[0].length, 0) <= LARGEST_DRAWN;
    this.small = small;
    if (small) this.#frame();
    else this.editor.replaceChildren(h("p", {}, "Too large to be drawn entry by entry; change the file, or the sizes."));
    this.#sizes();
    this.#paint();
    this.options.changed?.(this.state);
    this.#ask(Math.min(LIVE, this.options.seconds));
  }

  /** As many grids as factors, with the signs between them. */
  #frame() {
    const count = this.state.factors.length;
    this.editor.style.setProperty("--beside", sideBeside(P.sizes(this.state).slice(1)));
    if (this.#grids.length === count && this.editor.contains(this.#total.node)) return;
    this.#grids = this.#grids.slice(0, count);
    for (let l = this.#grids.length; l < count; l++) this.#grids.push(this.#grid(l));
    const sign = (text) => h("span", { className: "sign", "aria-hidden": "true" }, text);
    const nodes = this.#grids.flatMap((grid, l) => (l ? [sign("·"), grid.node] : [grid.node]));
    this.editor.replaceChildren(...nodes, sign("="), this.#total.node);
  }

  #grid(l) {
    const change = (make) => (axis, ...rest) => {
      this.take(make(this.state, l + axis, ...rest));
      this.#grids[l].focus();
    };
    const grid = new Grid(`factor W${l + 1}`, {
      fill: (from, to, value) => this.take(P.fill(this.state, l, from, to, value)),
      line: (axis, k) => this.#select(l + axis, k),
      remove: change(P.remove),
      repeat: change(P.repeat),
      move: (axis, from, to) => {
        if (to < 0 || to >= P.sizes(this.state)[l + axis]) return;
        this.take(P.move(this.state, l + axis, from, to));
        grid.focus(axis === 0 ? to : -1, axis === 0 ? -1 : to);
      },
      point: (at) => this.#pointAt(at === null ? null : this.#hidden(l, at)),
    });
    return grid;
  }

  /** The hidden index of a cell or name of a factor, of two. */
  #hidden(l, [i, j]) {
    if (this.state.factors.length !== 2) return null;
    const k = l === 0 ? j : i;
    return k < 0 ? null : k;
  }

  #pointAt(k) {
    if (k === this.#pointed) return;
    this.#pointed = k;
    if (this.small) this.#paintTotal(P.classes(this.state));
  }

  /** Mark the entries that a repair would change. */
  #preview(entries) {
    this.#proposed = new Set(entries.map(String));
    this.#paint();
  }

  #paint() {
    const found = P.classes(this.state);
    if (this.small) {
      const of = new Map(found.flatMap(({ members }, c) => members.map((k) => [k, c])));
      this.#grids.forEach((grid, l) => this.#paintFactor(grid, l, of));
      this.#paintTotal(found);
    }
    this.structure.replaceChildren(...described(this.state, found, this.#marks));
  }

  #paintFactor(grid, l, of) {
    const rows = this.state.factors[l];
    const caption = `W${l + 1}  ${rows.length} × ${rows[0].length}`;
    grid.update(caption, rows, factorCell(this.state, l, of, this.#marks, this.#proposed));
    const axis = this.#selected && this.#selected.level - l;
    grid.select(axis, axis === 0 || axis === 1 ? this.#selected.k : null);
  }

  #paintTotal(found) {
    const rows = P.product(this.state);
    const caption = `product  ${rows.length} × ${rows[0].length}`;
    this.#total.update(caption, rows, totalCell(rows, found, this.#marks, this.#pointed));
  }

  #sizes() {
    const inputs = P.sizes(this.state).map((size, level) => {
      const input = h("input", {
        type: "number", min: 1, max: Math.max(P.LARGEST, size), value: size, "data-level": level,
        onchange: () => this.take(P.resize(this.state, level, Number(input.value))),
      });
      return h("label", {}, `${this.#name(level).replace("index", "indices").replace(/^(row|column)$/, "$1s")} `, input);
    });
    const focused = this.dimensions.getRootNode().activeElement?.dataset?.level;
    this.dimensions.replaceChildren(
      ...inputs,
      h(
        "span",
        { className: "group" },
        button("+ factor", () => this.take(P.append(this.state))),
        button("− factor", () => this.take(P.shorten(this.state)), { disabled: this.state.factors.length < 3 }),
      ),
    );
    if (focused !== undefined) this.dimensions.querySelector(`[data-level='${focused}']`)?.focus();
  }

  // ------------------------------------------------------------------ a selected line

  #select(level, k) {
    const again = this.#selected?.level === level && this.#selected.k === k;
    this.#selected = again ? null : { level, k };
    this.#tools();
    this.#paint();
  }

  #tools() {
    this.tools.hidden = this.#selected === null;
    if (this.#selected === null) return;
    const { level, k } = this.#selected;
    const size = P.sizes(this.state)[level];
    const change = (words, make, to, properties = {}) =>
      button(
        words,
        () => {
          this.take(make(this.state));
          if (to !== null && to < P.sizes(this.state)[level]) this.#select(level, to);
          else this.#tools();
        },
        properties,
      );
    this.tools.replaceChildren(
      h("b", {}, `${this.#name(level)} ${k}`),
      change("move back", (s) => P.move(s, level, k, k - 1), k - 1, { disabled: k === 0 }),
      change("move on", (s) => P.move(s, level, k, k + 1), k + 1, { disabled: k === size - 1 }),
      change("repeat (twin)", (s) => P.repeat(s, level, k), k + 1),
      change("allow all", (s) => P.paint(s, level, k, "1"), k),
      change("forbid all", (s) => P.paint(s, level, k, "0"), k),
      change("remove", (s) => P.remove(s, level, k), null, { disabled: size === 1 }),
      button("done", () => this.#select(level, k)),
    );
  }

  // ------------------------------------------------------------------ the answer

  #ask(seconds) {
    this.end();
    this.#tools();
    this.answer.wait();
    this.asked = seconds;
    this.#picture = "";
    const abort = new AbortController();
    this.#abort = abort;
    const began = performance.now();
    this.#timer = setTimeout(async () => {
      try {
        const payload = { problem: P.toObject(this.state), field: this.state.field, seconds };
        await this.options.ask("verdict", payload, (part) => abort.signal.aborted || this.#hear(part, began), abort.signal);
        this.answer.done();
      } catch (error) {
        if (!abort.signal.aborted) this.answer.fail(`The question was not answered: ${error.message}`);
      }
    }, DELAY);
  }

  #hear(part, began) {
    this.answer.show(part);
    if (part.part === "verdict") {
      this.node.dataset.milliseconds = String(Math.round(performance.now() - began));
      this.#marks = part.marks;
      if (part.picture) {
        const template = h("template");
        template.innerHTML = part.picture;
        this.editor.replaceChildren(h("div", { className: "wide" }, template.content));
      }
      this.#paint();
    } else if (part.part === "picture") {
      this.#picture = part.svg;
    }
  }

  #longer() {
    const seconds = Math.min(this.options.seconds, this.asked * 6);
    return seconds > this.asked ? { seconds, ask: () => this.#ask(seconds) } : null;
  }

  // ------------------------------------------------------------------ files and links

  #say(words) {
    this.message.textContent = words;
  }

  async #read(files) {
    if (!files.length) return;
    try {
      const sent = await Promise.all(files.map(async (file) => ({ name: file.name, data: await base64(file) })));
      await this.options.ask("read", { files: sent }, (part) => {
        if (part.part === "error") this.#say(part.message);
        else {
          this.#say("");
          this.take(P.fromObject(part.problem, this.state.field));
        }
      });
    } catch (error) {
      this.#say(error.message);
    }
  }

  #paste(event) {
    if (event.target.matches?.("input")) return;
    const text = event.clipboardData.getData("text").trim();
    if (event.clipboardData.files.length) this.#read([...event.clipboardData.files]);
    else if (text) {
      const linked = /#[pb]=/.test(text) ? P.fromLink(text) : null;
      if (linked) this.take(linked);
      else this.#read([new File([text], /^[[{]/.test(text) ? "pasted.json" : "pasted.txt")]);
    } else return;
    event.preventDefault();
  }

  async #write(form) {
    this.#say("");
    if (form === "svg" || form === "png") {
      if (!this.#picture) this.#say("The picture is there when the verdict is.");
      else if (form === "svg") save("closedness.svg", new Blob([this.#picture], { type: "image/svg+xml" }));
      else await savePng(this.#picture);
      return;
    }
    try {
      await this.options.ask("write", { problem: P.toObject(this.state), format: form }, (part) => {
        if (part.part === "error") this.#say(part.message);
        else save(part.name, new Blob([Uint8Array.from(atob(part.data), (c) => c.charCodeAt(0))]));
      });
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #link() {
    const link = `#${P.toLink(this.state)}`;
    if (link === "#") {
      this.#say("These supports are too large for a link; save them as a file.");
      return;
    }
    const address = this.options.changed && location.protocol.startsWith("http") ? location.href.split("#")[0] + link : link;
    try {
      await navigator.clipboard.writeText(address);
      this.#say("The link is copied. It opens while this explorer runs; pasted into another one, it brings these supports there.");
    } catch {
      this.#say(address);
    }
  }
}
