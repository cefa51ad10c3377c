// The slider that moves along the curve of a counterexample; the tables and the chart are written by the report.

const value = (terms, t) => terms.reduce((sum, [e, v]) => sum + v * t ** e, 0);

const show = (x) => {
  if (x === 0) return "0";
  const size = Math.abs(x);
  const text = size >= 1e5 || size < 1e-3 ? x.toExponential(1) : String(Number(x.toPrecision(4)));
  return text.replace("e+", "e").replaceAll("-", "−");
};

/** Bring the counterexample in `root` to life. */
export const bindCurve = (root) => {
  const byId = (id) => root.querySelector(`#${id}`);
  const data = JSON.parse(byId("data").textContent);
  const slider = byId("t");
  const dots = byId("dots");

  const fill = (id, rows, columns, values) => {
    const lines = byId(id).rows;
    for (const i of rows) {
      for (const j of columns) {
        const x = values.get(`${i},${j}`) ?? 0;
        const cell = lines[rows.indexOf(i) + 1].cells[columns.indexOf(j) + 1];
        cell.textContent = show(x);
        cell.classList.toggle("big", Math.abs(x) >= 100);
      }
    }
  };

  const place = (dot, x, y) => {
    const d = Object.fromEntries(Object.entries(dots.dataset).map(([name, text]) => [name, Number(text)]));
    dot.setAttribute("cx", d.left + (d.width * x) / d.last);
    dot.setAttribute("cy", d.top + (d.height * (d.high - y)) / (d.high - d.low));
  };

  const update = () => {
    const x = Number(slider.value);
    const t = 10 ** -x;
    const factors = data.curve.map((entries) => new Map(entries.map(([i, j, terms]) => [`${i},${j}`, value(terms, t)])));
    const largest = Math.max(...factors.flatMap((factor) => [...factor.values()].map(Math.abs)));
    const errors = data.error.map(([i, j, terms]) => [`${i},${j}`, value(terms, t)]);
    const distance = Math.hypot(...errors.map(([, v]) => v));
    byId("tvalue").textContent = `t = ${show(t)}`;
    byId("distance").textContent = show(distance);
    byId("largest").textContent = show(largest);
    if (data.small) {
      factors.forEach((factor, l) => fill(`factor${l}`, data.lines[l], data.lines[l + 1], factor));
      const product = new Map(data.target.map(([i, j, v]) => [`${i},${j}`, v]));
      for (const [cell, v] of errors) product.set(cell, (product.get(cell) ?? 0) + v);
      fill("product", data.lines[0], data.lines[data.lines.length - 1], product);
    }
    if (distance > 0) place(dots.children[0], x, Math.log10(distance));
    place(dots.children[1], x, Math.log10(largest));
  };

  slider.addEventListener("input", update);
  update();
};
