// Families of supports to start from; the tests compare them with cases/families.py.

const draw = (m, n, inside) =>
  Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => (inside(i, j) ? "1" : "0")).join(""));

const beside = (a, b) => a.map((row, i) => row + b[i]);

/** I_a ⊗ 1_{b×c} ⊗ I_d. */
const kronecker = (a, b, c, d) =>
  draw(a * b * d, a * c * d, (i, j) => Math.floor(i / (b * d)) === Math.floor(j / (c * d)) && i % d === j % d);

const everything = (m, n) => draw(m, n, () => true);

const size = (label, value, max, min = 1) => ({ label, value, min, max });

export const PRESETS = [
  {
    name: "LU",
    parameters: [size("order", 3, 24)],
    make: (n) => [draw(n, n, (i, j) => j <= i), draw(n, n, (i, j) => i <= j)],
  },
  {
    name: "LU of a band",
    parameters: [size("order", 5, 24), size("below", 1, 23, 0), size("above", 1, 23, 0)],
    make: (n, below, above) => [
      draw(n, n, (i, j) => j <= i && i - j <= below),
      draw(n, n, (i, j) => i <= j && j - i <= above),
    ],
  },
  {
    name: "butterfly",
    parameters: [size("factors", 3, 5, 2)],
    make: (count) => Array.from({ length: count }, (_, l) => kronecker(2 ** l, 2, 2, 2 ** (count - 1 - l))),
  },
  {
    name: "Monarch",
    parameters: [size("blocks", 3, 6), size("size", 3, 6)],
    make: (blocks, each) => [kronecker(1, blocks, blocks, each), kronecker(blocks, each, each, 1)],
  },
  {
    name: "low rank + sparse",
    parameters: [size("order", 4, 20), size("rank", 1, 8), size("band", 0, 19, 0)],
    make: (n, rank, band) => [
      beside(everything(n, rank), draw(n, n, (i, j) => Math.abs(i - j) <= band)),
      [...everything(rank, n), ...draw(n, n, (i, j) => i === j)],
    ],
  },
  {
    name: "factor model",
    parameters: [size("factors", 3, 8), size("items each", 2, 6), size("samples", 4, 24), size("cross-loadings", 1, 8, 0)],
    make: (factors, items, samples, cross) => [
      draw(factors * items, factors, (i, k) => {
        const own = Math.floor(i / items);
        // the first item of each of the first groups loads on the next factor, too
        return own === k || (i % items === 0 && own < cross && (own + 1) % factors === k);
      }),
      everything(factors, samples),
    ],
  },
];
