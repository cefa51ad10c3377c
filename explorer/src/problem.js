// A problem is { factors, field }: each factor a list of rows, each row a string of "0" and "1". Values, never changed.

const SMALLEST = 1;
export const LARGEST = 256;

/** The sizes along the chain: rows, hidden indices, …, columns. */
export const sizes = ({ factors }) => [factors[0].length, ...factors.map((factor) => factor[0].length)];

export const on = (factor, i, j) => factor[i][j] === "1";

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const put = (row, from, to, value) => row.slice(0, from) + value.repeat(to - from + 1) + row.slice(to + 1);

/** Entries of a rectangle of a factor allowed ("1") or forbidden ("0"). */
export const fill = (problem, l, [i, j], [k, m], value) => {
  const [top, bottom] = [Math.min(i, k), Math.max(i, k)];
  const [left, right] = [Math.min(j, m), Math.max(j, m)];
  const changed = problem.factors[l].map((row, r) => (r >= top && r <= bottom ? put(row, left, right, value) : row));
  return { ...problem, factors: problem.factors.with(l, changed) };
};

/** The lines of a level in another order: `order` names old lines, -1 a new empty one. */
export const lines = (problem, level, order) => {
  const factors = [...problem.factors];
  if (level > 0) {
    factors[level - 1] = factors[level - 1].map((row) => order.map((k) => (k < 0 ? "0" : row[k])).join(""));
  }
  if (level < factors.length) {
    const empty = "0".repeat(factors[level][0].length);
    factors[level] = order.map((k) => (k < 0 ? empty : problem.factors[level][k]));
  }
  return { ...problem, factors };
};

const count = (size) => Array.from({ length: size }, (_, k) => k);

export const resize = (problem, level, size) => {
  const now = sizes(problem)[level];
  const wanted = Math.max(SMALLEST, Math.min(Math.max(LARGEST, now), Math.round(size) || SMALLEST));
  return lines(problem, level, count(wanted).map((k) => (k < now ? k : -1)));
};

export const move = (problem, level, from, to) => {
  const order = count(sizes(problem)[level]);
  if (to < 0 || to >= order.length) return problem;
  order.splice(to, 0, ...order.splice(from, 1));
  return lines(problem, level, order);
};

export const repeat = (problem, level, k) => {
  const order = count(sizes(problem)[level]);
  if (order.length >= LARGEST) return problem;
  order.splice(k, 0, k);
  return lines(problem, level, order);
};

export const remove = (problem, level, k) => {
  const order = count(sizes(problem)[level]);
  return order.length > SMALLEST ? lines(problem, level, order.toSpliced(k, 1)) : problem;
};

/** Allow or forbid all entries of a line, on both sides of a hidden index. */
export const paint = (problem, level, k, value) => {
  let found = problem;
  const size = sizes(problem);
  if (level > 0) found = fill(found, level - 1, [0, k], [size[level - 1] - 1, k], value);
  if (level < problem.factors.length) found = fill(found, level, [k, 0], [k, size[level + 1] - 1], value);
  return found;
};

/** One more factor, the identity's support; or one fewer. */
export const append = (problem) => {
  const n = sizes(problem).at(-1);
  const identity = count(n).map((i) => put("0".repeat(n), i, i, "1"));
  return { ...problem, factors: [...problem.factors, identity] };
};

export const shorten = (problem) =>
  problem.factors.length > 2 ? { ...problem, factors: problem.factors.slice(0, -1) } : problem;

export const transpose = (factor) => count(factor[0].length).map((j) => factor.map((row) => row[j]).join(""));

const times = (a, b) =>
  a.map((row) => count(b[0].length).map((j) => ([...row].some((x, k) => x === "1" && on(b, k, j)) ? "1" : "0")).join(""));

/** The support of the products. */
export const product = ({ factors }) => factors.reduce(times);

const where = (text) => [...text].flatMap((x, k) => (x === "1" ? [k] : []));

/** Of two factors: hidden indices with the same rectangle of entries, as the library's pictures name them. */
export const classes = ({ factors }) => {
  if (factors.length !== 2) return [];
  const columns = transpose(factors[0]);
  const found = new Map();
  columns.forEach((column, k) => {
    const row = factors[1][k];
    if (!column.includes("1") || !row.includes("1")) return;
    const key = `${column} ${row}`;
    if (!found.has(key)) found.set(key, { rows: where(column), columns: where(row), members: [] });
    found.get(key).members.push(k);
  });
  return [...found.values()].map((each) => ({
    ...each,
    complete: each.members.length >= Math.min(each.rows.length, each.columns.length),
  }));
};

/** Groups of rows, and of columns, with equal supports. */
export const twins = ({ factors }) => {
  const groups = (list) => {
    const found = new Map();
    list.forEach((line, k) => found.set(line, [...(found.get(line) ?? []), k]));
    return [...found].filter(([line, group]) => group.length > 1 && line.includes("1")).map(([, group]) => group);
  };
  return { rows: groups(factors[0]), columns: groups(transpose(factors.at(-1))) };
};

/** A, …, Z, AA, … */
export const letter = (number) =>
  (number >= 26 ? letter(Math.floor(number / 26) - 1) : "") + String.fromCharCode(65 + (number % 26));

// -------------------------------------------------------------------- other forms

export const toText = ({ factors }) => factors.map((factor) => factor.join("/")).join("*");

export const fromText = (text, field = "real") => {
  const factors = text.split("*").map((part) => part.trim().split("/").map((row) => row.trim().replace(/[xX]/g, "1").replace(/\./g, "0")));
  return valid({ factors, field });
};

/** The problem object of certificates. */
export const toObject = ({ factors }) => ({
  factors: factors.map((factor) => ({ shape: [factor.length, factor[0].length], rows: factor.map(where) })),
});

export const fromObject = ({ factors }, field = "real") => ({
  factors: factors.map(({ shape: [, n], rows }) =>
    rows.map((row) => {
      const cells = Array(n).fill("0");
      for (const j of row) cells[j] = "1";
      return cells.join("");
    }),
  ),
  field,
});

/** The problem, or null if its factors are none or do not fit. */
export const valid = (problem) => {
  const { factors, field } = problem;
  const rectangle = (factor) => factor.length > 0 && factor.every((row) => /^[01]+$/.test(row) && row.length === factor[0].length);
  if (factors.length < 2 || !factors.every(rectangle) || !["real", "complex"].includes(field)) return null;
  return factors.every((factor, l) => l === 0 || factors[l - 1][0].length === factor.length) ? problem : null;
};

// -------------------------------------------------------------------- links

const LARGEST_DRAWN_LINK = 600;
const LARGEST_LINK = 100_000;

/** The part of an address after "#": drawn where that is short, else the sizes and packed bits; empty if too long. */
export const toLink = (problem) => {
  const field = problem.field === "real" ? "" : `&field=${problem.field}`;
  const text = toText(problem);
  if (text.length <= LARGEST_DRAWN_LINK) return `p=${text}${field}`;
  const bits = problem.factors.flat().join("");
  if (bits.length > 6 * LARGEST_LINK) return "";
  let bytes = "";
  for (let k = 0; k < bits.length; k += 8) bytes += String.fromCharCode(parseInt(bits.slice(k, k + 8).padEnd(8, "0"), 2));
  return `b=${sizes(problem).join(",")}:${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}${field}`;
};

/** The problem of a link or its part after "#"; null if there is none. */
export const fromLink = (link) => {
  const part = link.slice(link.indexOf("#") + 1);
  const field = /&field=complex\b/.test(part) ? "complex" : "real";
  const drawn = /^p=([^&]+)/.exec(part);
  if (drawn) return fromText(decodeURIComponent(drawn[1]), field);
  const packed = /^b=([\d,]+):([\w-]+)/.exec(part);
  if (!packed) return null;
  const size = packed[1].split(",").map(Number);
  if (size.length < 3 || size.some((n) => n < 1 || n > LARGEST * LARGEST)) return null;
  let bits;
  try {
    bits = [...atob(packed[2].replaceAll("-", "+").replaceAll("_", "/"))]
      .map((c) => c.charCodeAt(0).toString(2).padStart(8, "0")).join("");
  } catch {
    return null;
  }
  let at = 0;
  const factors = [];
  for (let l = 0; l + 1 < size.length; l++) {
    const rows = [];
    for (let i = 0; i < size[l]; i++, at += size[l + 1]) rows.push(bits.slice(at, at + size[l + 1]));
    factors.push(rows);
  }
  return valid({ factors, field });
};
