import { button, h } from "./dom.js";
import { PRESETS } from "./presets.js";

const KEYS = [
  ["arrows", "go from entry to entry, and to the names of rows and columns"],
  ["space", "allow or forbid the entry"],
  ["1, x, 0, .", "draw, from left to right"],
  ["shift and arrows, then space", "a rectangle"],
  ["on a name: enter", "select the line"],
  ["on a name: alt and arrows, +, delete", "move it, repeat it (a twin), remove it"],
  ["ctrl z, ctrl shift z", "undo, redo"],
];

/** Supports to begin with, by name and sizes; `take` hears of the factors. */
export const presetBar = (take) => {
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
    take(build(...values));
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
};

/** What keys and the pointer do. */
export const help = () =>
  h(
    "details",
    { className: "help" },
    h("summary", {}, "Keyboard and pointer"),
    h(
      "p",
      {},
      "Click an entry, or drag a rectangle. Click the number of a row, column or hidden index to move, ",
      "repeat or remove it. Drop or paste a file anywhere.",
    ),
    h("dl", {}, ...KEYS.flatMap(([keys, words]) => [h("dt", {}, keys), h("dd", {}, words)])),
  );
