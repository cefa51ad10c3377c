"""The counterexample of a page: the target, the curve of factors, and a slider that moves along it."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Any

from closedness.files.labels import Labels
from closedness.report.words import section

if TYPE_CHECKING:
    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.verdict import Counterexample

__all__ = ["counterexample_section"]

LARGEST_MATRIX = 10
DECADES = 6


def counterexample_section(example: Counterexample, labels: Labels | None = None) -> str:
    """Target, curve and product, with the slider that moves along the curve.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> text = counterexample_section(decide(SupportProduct.from_text("10/11 * 11/01")).counterexample)
    >>> "type='range'" in text
    True
    """
    from closedness.report.norms import norms_svg

    lines = _lines(example)
    if not example.curve:
        return section("counterexample", "The counterexample", _without_curve(example, lines, labels or Labels()))
    error = example.difference()
    orders = example.order_of_divergence()
    small = all(len(line) <= LARGEST_MATRIX for line in lines)
    body = [
        "<p>The target <b>A</b> below is no product of factors with these supports (proved in the next section). For "
        "every t &gt; 0 the factors shown are admissible, and their product tends to A as t tends to 0, while some of "
        f"their entries grow like 1/t{f'<sup>{orders}</sup>' if orders > 1 else ''}.</p>",
    ]
    if any(len(line) < size for line, size in zip(lines, _sizes(example), strict=True)):
        body.append("<p>Only the rows and columns that take part are shown; all other entries are zero.</p>")
    body += [
        "<div class='slider'><label for='t'>move t towards 0</label> "
        f"<input id='t' type='range' min='0' max='{DECADES}' step='0.05' value='1'> "
        "<output id='tvalue'>t = 0.1</output></div>",
        "<p class='gauge'>distance of the product from A (Frobenius norm): <output id='distance'></output>; "
        "largest entry of a factor: <output id='largest'></output></p>",
        f"<div class='wide'>{_course(example, error)}<p class='caption'>Blue, solid: distance from A. "
        "Orange, dashed: largest entry of a factor.</p></div>",
        "<details><summary>the size of the factors against the distance</summary>"
        f"<div class='wide'>{norms_svg(example)}</div><p class='caption'>Balanced factors, scaled against each other "
        "as well as possible: even so their norm grows without bound.</p></details>",
        _formulas(example, lines, labels or Labels()) if small else _formula_list(example),
    ]
    data = {
        "lines": lines,
        "target": [[i, j, float(value)] for (i, j), value in sorted(example.entries.items())],
        "curve": [_numbers(factor) for factor in example.curve],
        "error": _numbers(error),
        "small": small,
    }
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    body.append(f"<script type='application/json' id='data'>{text}</script>")
    return section("counterexample", "The counterexample", "\n".join(body))


def _without_curve(example: Counterexample, lines: list[list[int]], labels: Labels) -> str:
    """The target alone, which is a limit over the complex numbers because products are dense."""
    rows, columns = lines[0], lines[-1]
    row_names, column_names = (
        [f"{k} {escape(name)}" if (name := labels.name(level, k)) else str(k) for k in line]
        for level, line in ((0, rows), (len(example.shapes), columns))
    )
    entries = [[str(example.entries.get((i, j), 0)).replace("-", "−") for j in columns] for i in rows]
    return (
        "<p>The target <b>A</b> below is no product of factors with these supports (proved in the next section). Yet "
        "products come as close to it as one likes: at a point given in the certificate the derivative of the product "
        "has the dimension of all matrices on these rows and columns, or of those of bounded rank, so that over the "
        "complex numbers products are dense in them. No curve of factors is given.</p>"
        f"<div class='wide'>{_matrix('A', entries, row_names, column_names)}</div>"
    )


def _sizes(example: Counterexample) -> list[int]:
    return [example.shapes[0][0], *(shape[1] for shape in example.shapes)]


def _lines(example: Counterexample) -> list[list[int]]:
    """Rows of the first factor, hidden indices, …, columns of the last factor that take part."""
    used: list[set[int]] = [set() for _ in range(len(example.shapes) + 1)]
    for level, factor in enumerate(example.curve):
        for i, j in factor:
            used[level].add(i)
            used[level + 1].add(j)
    used[0] |= {i for i, _ in example.entries}
    used[-1] |= {j for _, j in example.entries}
    if max(_sizes(example)) <= LARGEST_MATRIX:
        return [list(range(size)) for size in _sizes(example)]
    return [sorted(line) for line in used]


def _numbers(entries: dict[Cell, Laurent]) -> list[Any]:
    return [[i, j, [[e, float(v)] for e, v in sorted(entry.items())]] for (i, j), entry in sorted(entries.items())]


def _value(entry: Laurent, t: float) -> float:
    return sum(float(v) * t**e for e, v in entry.items())


def _course(example: Counterexample, error: dict[Cell, Laurent]) -> str:
    from closedness.report.pictures import course_svg

    distances, sizes = [], []
    for step in range(DECADES * 4 + 1):
        x = step / 4
        t = 10.0**-x
        distance = math.sqrt(sum(_value(entry, t) ** 2 for entry in error.values()))
        largest = max((abs(_value(entry, t)) for factor in example.curve for entry in factor.values()), default=0.0)
        if distance > 0:
            distances.append((x, math.log10(distance)))
        if largest > 0:
            sizes.append((x, math.log10(largest)))
    return course_svg(distances or [(0.0, 0.0), (float(DECADES), 0.0)], sizes or [(0.0, 0.0)])


def _formulas(example: Counterexample, lines: list[list[int]], labels: Labels) -> str:
    """Target, factors as formulas and as numbers at t, product at t."""
    from closedness.algebra.laurent import laurent_text

    def heads(level: int, between: str) -> list[str]:
        named = [(k, labels.name(level, k)) for k in lines[level]]
        return [f"{k}{between}{escape(name)}" if name else str(k) for k, name in named]

    formulas, values = [], []
    for level, factor in enumerate(example.curve):
        rows, columns = lines[level], lines[level + 1]
        names = heads(level, " "), heads(level + 1, "<br>")
        shown = [[laurent_text(factor.get((i, j), {})).replace("-", "−") for j in columns] for i in rows]
        formulas.append(_matrix(f"W{level + 1}(t)", shown, *names))
        empty = [["" for _ in columns] for _ in rows]
        values.append(_matrix(f"W{level + 1}", empty, *names, f"factor{level}"))
    rows, columns = lines[0], lines[-1]
    names = heads(0, " "), heads(len(lines) - 1, "<br>")
    target = [[str(example.entries.get((i, j), 0)).replace("-", "−") for j in columns] for i in rows]
    goal = _matrix("target A", target, *names)
    product = _matrix("product", [["" for _ in columns] for _ in rows], *names, "product")
    return (
        f"<div class='matrices'>{''.join(formulas)}<span class='sign'>→</span>{goal}</div>\n"
        f"<div class='matrices live'>{''.join(values)}<span class='sign'>=</span>{product}</div>"
    )


def _matrix(name: str, cells: list[list[str]], rows: list[str], columns: list[str], mark: str = "") -> str:
    head = "".join(f"<th scope='col'>{j}</th>" for j in columns)
    body = "".join(
        f"<tr><th scope='row'>{i}</th>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>"
        for i, line in zip(rows, cells, strict=True)
    )
    identity = f" id='{mark}'" if mark else ""
    return f"<table{identity}><caption>{name}</caption><tr><td></td>{head}</tr>{body}</table>"


def _formula_list(example: Counterexample) -> str:
    from closedness.algebra.laurent import laurent_text

    lists = []
    for level, factor in enumerate(example.curve, 1):
        entries = [f"W{level}[{i},{j}] = {laurent_text(entry)}" for (i, j), entry in sorted(factor.items())]
        lists.append(f"<p class='formula'>{', '.join(entries[:200])}{' …' if len(entries) > 200 else ''}</p>")
    target = ", ".join(f"A[{i},{j}] = {value}" for (i, j), value in sorted(example.entries.items())[:200])
    return "".join(lists) + f"<p class='formula'>{target}</p>"
