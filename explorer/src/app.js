import { Answer } from "./answer.js";
import { button, h, save } from "./dom.js";
import { Grid, sideBeside } from "./grid.js";
import { History } from "./history.js";
import * as P from "./problem.js";
import { PRESETS } from "./presets.js";

const DELAY = 60;
const LIVE = 5;
const LARGEST_DRAWN = 4096;
const KEYS = [
  ["arrows", "go from entry to entry, and to the names of rows and columns"],
  ["space", "allow or forbid the entry"],
  ["1, x, 0, .", "draw, from left to right"],
  ["shift and arrows, then space", "a rectangle"],
  ["on a name: enter", "select the line"],
  ["on a name: alt and arrows, +, delete", "move it, repeat it (a twin), remove it"],
  ["ctrl z, ctrl shift z", "undo, redo"],
];

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
        h("div", { className: "editor" }, this.dimensions, this.editor, this.tools, this.structure, this.#help()),
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
      this.#presets(),
      h("span", { className: "group" }, this.undo, this.redo),
      this.field,
      h("span", { className: "group" }, button("Open …", () => files.click(), { title: "or drop or paste a file" }), files),
      h("span", { className: "group" }, forms, button("Save", () => this.#write(forms.value), { className: "save" })),
      button("Copy link", () => this.#link(), { className: "link" }),
    );
  }

  #presets() {
    const names = h(
      "select",
      { "aria-label": "presets", className: "preset" },
      ...PRESETS.map(({ name }, k) => h("option", { value: String(k) }, name)),
    );
    const inputs = h("span", { className: "group" });
    const make = () => {
      const { parameters, make: build } = PRESETS[Number(names.value)];
      const values = [...inputs.querySelectorAll("input")].map((input, k) => {
        const { min, max, value } = parameters[k];
        return Math.max(min, Math.min(max, Math.round(Number(input.value)) || value * (input.value === "")));
      });
      this.take({ factors: build(...values), field: this.state.field });
    };
    const ask = () =>
      inputs.replaceChildren(
        ...PRESETS[Number(names.value)].parameters.map(({ label, value, min, max }) =>
          h("label", {}, `${label} `, h("input", { type: "number", min, max, value, onchange: make })),
        ),
      );
    names.addEventListener("change", () => {
      ask();
      make();
    });
    ask();
    return h("span", { className: "group presets" }, names, inputs, button("Draw", make, { className: "draw" }));
  }

  #help() {
    return h(
      "details",
      { className: "help" },
      h("summary", {}, "Keyboard and pointer"),
      h("p", {}, "Click an entry, or drag a rectangle. Click the number of a row, column or hidden index to move, repeat or remove it. Drop or paste a file anywhere."),
      h("dl", {}, ...KEYS.flatMap(([keys, words]) => [h("dt", {}, keys), h("dd", {}, words)])),
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
    this.#describe(found);
  }

  #paintFactor(grid, l, of) {
    const { factors } = this.state;
    const rows = factors[l];
    const two = factors.length === 2;
    const marked = new Set((this.#marks?.factors[l] ?? []).map(String));
    const growing = new Set((this.#marks?.growing[l] ?? []).map(String));
    const caption = `W${l + 1}  ${rows.length} × ${rows[0].length}`;
    grid.update(caption, rows, (i, j) => {
      const set = P.on(rows, i, j);
      const c = two ? of.get(l === 0 ? j : i) : undefined;
      const at = `${i},${j}`;
      const parts = [set ? (c === undefined ? "on" : `on k${c % 8}`) : "off"];
      const words = [`row ${i}, column ${j}:`, set ? "may be non-zero" : "zero"];
      if (set && c !== undefined) words.push(`class ${P.letter(c)}`);
      if (set && two && c === undefined) parts.push("idle");
      if (marked.has(at)) parts.push("marked");
      if (growing.has(at)) parts.push("growing");
      if (this.#proposed.has(`${l},${at}`)) parts.push("proposed");
      if (growing.has(at)) words.push("grows without bound in the counterexample");
      else if (marked.has(at)) words.push("in the counterexample");
      return { classes: parts.join(" "), text: set && c !== undefined ? P.letter(c) : "", label: words.join(" ") };
    });
    const axis = this.#selected && this.#selected.level - l;
    grid.select(axis, axis === 0 || axis === 1 ? this.#selected.k : null);
  }

  #paintTotal(found) {
    const rows = P.product(this.state);
    const target = new Set((this.#marks?.target ?? []).map(String));
    const reach = this.#pointed === null ? null : found.find(({ members }) => members.includes(this.#pointed));
    this.#total.update(`product  ${rows.length} × ${rows[0].length}`, rows, (i, j) => {
      const set = P.on(rows, i, j);
      const owners = found.flatMap((each, c) => (each.rows.includes(i) && each.columns.includes(j) ? [c] : []));
      const parts = [set ? "on" : "off"];
      if (owners.length === 1) parts.push(`k${owners[0] % 8}`);
      if (owners.length > 1) parts.push("several");
      if (target.has(`${i},${j}`)) parts.push("marked");
      if (reach?.rows.includes(i) && reach.columns.includes(j)) parts.push("reached");
      const letters = owners.map(P.letter);
      const words = [`row ${i}, column ${j}:`, set ? "may be non-zero" : "zero"];
      if (letters.length) words.push(`classes ${letters.join(", ")}`);
      return {
        classes: parts.join(" "),
        text: letters.length > 3 ? `${letters.length}` : letters.join(""),
        label: words.join(" "),
        stripes: owners.length > 1 ? stripes(owners) : undefined,
      };
    });
  }

  /** Classes and twins in words. */
  #describe(found) {
    const { rows, columns } = P.twins(this.state);
    const items = found.slice(0, 24).map(({ rows: r, columns: c, members, complete }, number) => {
      const one = members.length === 1;
      const words = `hidden ${one ? "index" : "indices"} ${members.join(", ")}; ${r.length}×${c.length} entries${one ? "" : "; twins"}${complete ? "; complete" : ""}`;
      return h("li", {}, h("span", { className: `chip on k${number % 8}` }, P.letter(number)), ` ${words}`);
    });
    const alike = [
      ...rows.map((group) => `rows ${group.join(", ")}`),
      ...columns.map((group) => `columns ${group.join(", ")}`),
    ];
    this.structure.replaceChildren(
      ...(items.length ? [h("ul", { className: "legend" }, ...items)] : []),
      ...(found.length > 24 ? [h("p", { className: "caption" }, `and ${found.length - 24} more classes`)] : []),
      ...(alike.length ? [h("p", { className: "caption twins" }, `Twins, with equal supports: ${alike.slice(0, 12).join("; ")}.`)] : []),
      ...(this.#marks ? [h("p", { className: "caption" }, "Framed: entries of the counterexample; ↑ those that grow without bound.")] : []),
    );
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

const stripes = (owners) => {
  const width = 100 / owners.length;
  const stops = owners.map((c, k) => `var(--k${c % 8}) ${k * width}% ${(k + 1) * width}%`);
  return `linear-gradient(135deg, ${stops.join(", ")})`;
};

const base64 = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });

const savePng = async (svg) => {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = h("canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  save("closedness.png", blob);
};
