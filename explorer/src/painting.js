import { h } from "./dom.js";
import * as P from "./problem.js";

const LISTED = 24;

/** How an entry of factor `l` looks and is called.
 *
 * `of`: class of each hidden index, `marks`: of the counterexample, `proposed`: entries that a repair would change. */
export const factorCell = (state, l, of, marks, proposed) => {
  const rows = state.factors[l];
  const two = state.factors.length === 2;
  const marked = new Set((marks?.factors[l] ?? []).map(String));
  const growing = new Set((marks?.growing[l] ?? []).map(String));
  return (i, j) => {
    const set = P.on(rows, i, j);
    const c = two ? of.get(l === 0 ? j : i) : undefined;
    const at = `${i},${j}`;
    const parts = [set ? (c === undefined ? "on" : `on k${c % 8}`) : "off"];
    const words = [`row ${i}, column ${j}:`, set ? "may be non-zero" : "zero"];
    if (set && c !== undefined) words.push(`class ${P.letter(c)}`);
    if (set && two && c === undefined) parts.push("idle");
    if (marked.has(at)) parts.push("marked");
    if (growing.has(at)) parts.push("growing");
    if (proposed.has(`${l},${at}`)) parts.push("proposed");
    if (growing.has(at)) words.push("grows without bound in the counterexample");
    else if (marked.has(at)) words.push("in the counterexample");
    return { classes: parts.join(" "), text: set && c !== undefined ? P.letter(c) : "", label: words.join(" ") };
  };
};

/** How an entry of the product looks and is called.
 *
 * `found`: the classes, `pointed`: a hidden index that is looked at. */
export const totalCell = (rows, found, marks, pointed) => {
  const target = new Set((marks?.target ?? []).map(String));
  const reach = pointed === null ? null : found.find(({ members }) => members.includes(pointed));
  return (i, j) => {
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
  };
};

const stripes = (owners) => {
  const width = 100 / owners.length;
  const stops = owners.map((c, k) => `var(--k${c % 8}) ${k * width}% ${(k + 1) * width}%`);
  return `linear-gradient(135deg, ${stops.join(", ")})`;
};

/** Classes and twins in words. */
export const described = (state, found, marks) => {
  const { rows, columns } = P.twins(state);
  const items = found.slice(0, LISTED).map(({ rows: r, columns: c, members, complete }, number) => {
    const one = members.length === 1;
    const names = `hidden ${one ? "index" : "indices"} ${members.join(", ")}`;
    const words = [names, `${r.length}×${c.length} entries`];
    if (!one) words.push("twins");
    if (complete) words.push("complete");
    return h("li", {}, h("span", { className: `chip on k${number % 8}` }, P.letter(number)), ` ${words.join("; ")}`);
  });
  const alike = [
    ...rows.map((group) => `rows ${group.join(", ")}`),
    ...columns.map((group) => `columns ${group.join(", ")}`),
  ];
  const caption = (words, kind = "") => h("p", { className: `caption${kind}` }, words);
  return [
    ...(items.length ? [h("ul", { className: "legend" }, ...items)] : []),
    ...(found.length > LISTED ? [caption(`and ${found.length - LISTED} more classes`)] : []),
    ...(alike.length ? [caption(`Twins, with equal supports: ${alike.slice(0, 12).join("; ")}.`, " twins")] : []),
    ...(marks ? [caption("Framed: entries of the counterexample; ↑ those that grow without bound.")] : []),
  ];
};
