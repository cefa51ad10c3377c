"""Pictures for the report beside those of `supports.pictures`: proof steps, large supports, the course of a curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from closedness.drawing.svg import COLOURS, Svg, svg_document

if TYPE_CHECKING:
    from closedness.supports.support import Support

__all__ = ["Grid", "course_svg", "grid_svg", "large_svg", "pattern_svg"]

Grid = tuple[str, Sequence[int], Sequence[int], Sequence[Sequence[tuple[str, str]]], set[tuple[int, int]]]
"""Title, names of rows and of columns, sign and small print of each cell, cells with a frame."""

_WHITE_LETTERS = {"#009E73", "#0072B2", "#D55E00"}
LARGEST_PATTERN = 16


def pattern_svg(
    terms: Mapping[int, tuple[frozenset[int], frozenset[int]]], free: frozenset[tuple[int, int]]
) -> Svg | None:
    """The state of a proof: the hidden indices in the cells they reach, a star where entries are free.

    Returns None when the pattern is too large to be readable.
    """
    rows = sorted({i for sides in terms.values() for i in sides[0]} | {i for i, _ in free})
    columns = sorted({j for sides in terms.values() for j in sides[1]} | {j for _, j in free})
    if not rows or not columns or max(len(rows), len(columns)) > LARGEST_PATTERN:
        return None
    seen = [(i, j) for i in rows for j in columns if (i, j) not in free]
    deepest = max((sum(i in r and j in c for r, c in terms.values()) for i, j in seen), default=1)
    if deepest > 6:
        return None
    width, height = max(24.0, (7.0 + 7.0 * len(str(max(terms, default=0)))) * deepest), 24.0
    body = []
    for y, i in enumerate(rows):
        top = 18 + y * height
        body.append(f"<text x='12' y='{top + 16}' font-size='10' text-anchor='middle' fill='#555'>{i}</text>")
        for x, j in enumerate(columns):
            left = 24 + x * width
            if y == 0:
                middle = left + width / 2
                body.append(f"<text x='{middle}' y='12' font-size='10' text-anchor='middle' fill='#555'>{j}</text>")
            owners = [k for k, (r, c) in sorted(terms.items()) if i in r and j in c]
            if (i, j) in free:
                body.append(_box(left, top, width, height, "#EEEEEE", "*", "#222"))
            elif owners:
                part = width / len(owners)
                for number, k in enumerate(owners):
                    colour = COLOURS[k % len(COLOURS)]
                    ink = "white" if colour in _WHITE_LETTERS else "#222"
                    body.append(_box(left + number * part, top, part, height, colour, str(k), ink))
            body.append(f"<rect x='{left}' y='{top}' width='{width}' height='{height}' fill='none' stroke='#888'/>")
    title = "numbers: hidden indices that reach the cell; star: entries that are no longer looked at"
    return svg_document(26 + width * len(columns), 20 + height * len(rows), title, body)


def grid_svg(grids: Sequence[Grid], signs: Mapping[str, tuple[str, str]]) -> Svg:
    """Matrices of signs side by side.

    Parameters
    ----------
    grids : sequence of (title, rows, columns, cells, framed)
        `rows` and `columns` are names; `framed` holds positions.
    signs : mapping of str to (background, ink)

    Examples
    --------
    >>> picture = grid_svg([("A", [0], [4], [[("?", "1")]], {(0, 0)})], {"?": ("white", "black")})
    >>> picture.count("<text")
    5
    """
    side, x, body = 30.0, 10.0, []
    tallest = max(len(rows) for _, rows, _, _, _ in grids)
    top = 34.0 if any(title for title, _, _, _, _ in grids) else 18.0
    for title, rows, columns, cells, framed in grids:
        left = x + 14
        if title:
            body.append(_label(left + side * len(columns) / 2, 14, title, 13))
        for b, j in enumerate(columns):
            body.append(_label(left + side * (b + 0.5), top - 5, str(j), 10))
        for a, i in enumerate(rows):
            body.append(_label(x + 5, top + side * (a + 0.5) + 4, str(i), 10))
            for b, (sign, small) in enumerate(cells[a]):
                ground, ink = signs.get(sign, ("white", "#222222"))
                at = f"x='{left + side * b:g}' y='{top + side * a:g}' width='{side:g}' height='{side:g}'"
                body.append(f"<rect {at} fill='{ground}' stroke='#888888'/>")
                raised = 3 if small else 0
                size = 14 if len(sign) < 3 else 10
                body.append(_label(left + side * (b + 0.5), top + side * (a + 0.5) + 5 - raised, sign, size, ink))
                if small:
                    body.append(_label(left + side * (b + 0.5), top + side * (a + 1) - 3, small, 8, ink))
        for a, b in sorted(framed):
            at = f"x='{left + side * b + 2:g}' y='{top + side * a + 2:g}' width='{side - 4:g}' height='{side - 4:g}'"
            body.append(f"<rect {at} fill='none' stroke='white' stroke-width='5.5'/>")
            body.append(f"<rect {at} fill='none' stroke='#222222' stroke-width='3'/>")
        x = left + side * len(columns) + 18
    return svg_document(x, top + side * tallest + 6, "the state before this step", body)


def _label(x: float, y: float, text: str, size: int, ink: str = "#222222") -> str:
    return f"<text x='{x:g}' y='{y:g}' font-size='{size}' text-anchor='middle' fill='{ink}'>{escape(text)}</text>"


def _box(x: float, y: float, w: float, h: float, colour: str, letter: str, ink: str) -> str:
    at = f"x='{x + w / 2:g}' y='{y + h / 2 + 4:g}'"
    return (
        f"<rect x='{x:g}' y='{y:g}' width='{w:g}' height='{h:g}' fill='{colour}'/>"
        f"<text {at} font-size='11' text-anchor='middle' fill='{ink}'>{letter}</text>"
    )


def large_svg(
    grids: Sequence[tuple[str, Support]],
    marked: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    side: float = 300.0,
) -> Svg:
    """Large supports side by side, one path each, with the rows and columns that matter marked.

    Parameters
    ----------
    grids : sequence of (title, Support)
    marked : sequence of (rows, columns)
        For each grid what to mark.
    side : float
        Length of the longest side of a grid, in pixels.
    """
    longest = max(max(support.shape) for _, support in grids)
    cell = min(12.0, max(0.75, side / longest))
    height = max(support.shape[0] for _, support in grids) * cell
    x, body = 10.0, []
    for (title, support), (rows, columns) in zip(grids, marked, strict=True):
        m, n = support.shape
        top = 30 + (height - m * cell) / 2
        middle = x + n * cell / 2
        body.append(f"<text x='{middle:g}' y='18' font-size='12' text-anchor='middle'>{escape(title)} {m}×{n}</text>")
        body.append(f"<g transform='translate({x:g} {top:g}) scale({cell:g})'><path d='{_runs(support)}' fill='#222'/>")
        body += [f"<rect x='0' y='{i}' width='{n}' height='1' fill='#E69F00' fill-opacity='.55'/>" for i in rows]
        body += [f"<rect x='{j}' y='0' width='1' height='{m}' fill='#56B4E9' fill-opacity='.55'/>" for j in columns]
        body.append(f"<rect width='{n}' height='{m}' fill='none' stroke='#888' stroke-width='{1 / cell:g}'/></g>")
        x += max(n * cell, 7.5 * len(f"{title} {m}×{n}")) + 24
    return svg_document(x, height + 44, "supports of the factors and of their product", body)


def _runs(support: Support) -> str:
    """One path over the runs of cells of each row."""
    parts = []
    for i, row in enumerate(support.rows):
        start = 0
        for position, j in enumerate(row):
            if position + 1 == len(row) or row[position + 1] != j + 1:
                parts.append(f"M{row[start]} {i}h{j + 1 - row[start]}v1H{row[start]}z")
                start = position + 1
    return "".join(parts)


def course_svg(distances: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]]) -> Svg:
    """Distance from the target (falling) and largest entry of a factor (growing) over ``-log10 t``, both as log10.

    The group of the moving dots has the id ``dots``; its circles are placed by the page's script.
    """
    everything = [y for _, y in (*distances, *sizes)]
    low, high = math.floor(min(everything)), math.ceil(max(everything))
    high = max(high, low + 1)
    last = max(x for x, _ in distances)
    left, top, width, height = 46.0, 10.0, 400.0, 170.0

    def place(x: float, y: float) -> str:
        return f"{left + width * x / last:.1f},{top + height * (high - y) / (high - low):.1f}"

    body = [f"<rect x='{left}' y='{top}' width='{width}' height='{height}' fill='white' stroke='#888'/>"]
    step = max(1, math.ceil((high - low) / 6))
    for y in range(low, high + 1, step):
        at = place(0, y).split(",")[1]
        body.append(f"<text x='{left - 5}' y='{at}' font-size='10' text-anchor='end' dy='3'>1e{y}</text>")
        body.append(f"<line x1='{left}' x2='{left + width}' y1='{at}' y2='{at}' stroke='#DDD'/>")
    for x in range(int(last) + 1):
        at = place(x, low).split(",")[0]
        body.append(f"<text x='{at}' y='{top + height + 14}' font-size='10' text-anchor='middle'>t = 1e-{x}</text>")
    for points, colour, dash in ((distances, "#0072B2", ""), (sizes, "#D55E00", " stroke-dasharray='6 4'")):
        line = " ".join(place(x, y) for x, y in points)
        body.append(f"<polyline points='{line}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>")
    body.append(
        f"<g id='dots' data-left='{left}' data-top='{top}' data-width='{width}' data-height='{height}' "
        f"data-low='{low}' data-high='{high}' data-last='{last}'>"
        "<circle r='5' fill='#0072B2' cx='-9'/><circle r='5' fill='#D55E00' cx='-9'/></g>"
    )
    title = "distance from the target and largest entry of a factor"
    return svg_document(left + width + 30, top + height + 24, title, body)
