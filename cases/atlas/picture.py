"""The minimal patterns that are not closed as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.atlas.theorem import notation
from closedness.drawing.svg import COLOURS, Svg, svg_document, svg_text
from closedness.rules.limits.subpattern import minimal_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.supports.enumeration import Types
    from closedness.supports.masks import Cell

__all__ = ["atlas_svg", "pattern_svg"]

LETTERS = "abc"
_INK = ("#222222", "#222222", "#FFFFFF")
_SIDE, _ACROSS = 26.0, 6


def atlas_svg() -> Svg:
    """All minimal patterns with at most three hidden indices, six in a row.

    Each cell shows the hidden indices that reach it, by colour and letter; frames mark the non-zero entries of a limit
    that is no product (dashed when the entry is not 1).

    Examples
    --------
    >>> picture = atlas_svg()
    >>> picture.count("font-weight='bold'") == len([e for e in minimal_patterns() if e.hidden <= 3])
    True
    """
    entries = [each for each in minimal_patterns() if each.hidden <= len(LETTERS)]
    boxes = [(len(each.columns) * _SIDE, len(each.rows) * _SIDE) for each in entries]
    wide = max(max(width for width, _ in boxes) + 24, 172.0)
    parts, top = [], 40.0
    legend = (
        "letters: hidden indices that reach a cell; frames: entries of a limit that is no product, "
        "solid 1, dashed −1 or 1/2"
    )
    parts.append(svg_text(14, 22, legend, 12, anchor="start"))
    for start in range(0, len(entries), _ACROSS):
        row = list(range(start, min(start + _ACROSS, len(entries))))
        for place, number in enumerate(row):
            each = entries[number]
            x = 14 + place * wide
            parts.append(svg_text(x, top + 12, f"{number + 1}", 12, weight="bold", anchor="start"))
            parts.append(svg_text(x + 22, top + 12, notation(each.rows, each.columns), 10, "#444444", anchor="start"))
            values = {(i, j): str(value) for i, j, value in each.target}
            parts += _grid(x, top + 20, each.rows, each.columns, values)
        top += max(boxes[number][1] for number in row) + 40
    title = f"the {len(entries)} minimal patterns that are not closed, with at most three hidden indices"
    return svg_document(14 + _ACROSS * wide, top, title, parts)


def _grid(left: float, top: float, rows: Types, columns: Types, values: dict[tuple[int, int], str]) -> list[str]:
    parts = [f"<g transform='translate({left:g} {top:g})' font-size='10' text-anchor='middle' stroke='none'>"]
    frames = []
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            x, y = j * _SIDE, i * _SIDE
            reaching = [k for k in range(len(LETTERS)) if (row & column) >> k & 1]
            width = _SIDE / max(1, len(reaching))
            for place, k in enumerate(reaching):
                start = x + place * width
                parts.append(f"<path d='M{start:.4g} {y:g}h{width:.4g}v{_SIDE:g}h-{width:.4g}z' fill='{COLOURS[k]}'/>")
                at = f"x='{start + width / 2:.4g}' y='{y + _SIDE / 2 + 4:g}'"
                parts.append(f"<text {at} fill='{_INK[k]}'>{LETTERS[k]}</text>")
            if (i, j) in values:
                dash = "" if values[i, j] == "1" else " stroke-dasharray='4 3'"
                inner = _SIDE - 5
                frames.append(
                    f"<path d='M{x + 2.5:g} {y + 2.5:g}h{inner:g}v{inner:g}h-{inner:g}z' fill='none' stroke='#222222' "
                    f"stroke-width='2.4'{dash}/>"
                )
    lines = "".join(f"M0 {i * _SIDE:g}H{len(columns) * _SIDE:g}" for i in range(len(rows) + 1))
    lines += "".join(f"M{j * _SIDE:g} 0V{len(rows) * _SIDE:g}" for j in range(len(columns) + 1))
    return [*parts, f"<path d='{lines}' fill='none' stroke='#555555'/>", *frames, "</g>"]


def pattern_svg(rows: Types, columns: Types, cells: Iterable[Cell] = ()) -> str:
    """One pattern as a small picture: each cell shows the hidden indices that reach it, frames mark some cells.

    Examples
    --------
    >>> small = pattern_svg((1, 3), (1, 3), [(0, 1), (1, 0)])
    >>> len(small) < 1000, small.count("<text")
    (True, 2)
    """
    side, shapes = 20, []
    places = [(i, j) for i in range(len(rows)) for j in range(len(columns)) if rows[i] & columns[j]]
    for k, letter in enumerate(LETTERS):
        path, xs, ys = "", [], []
        for i, j in places:
            reaching = [h for h in range(len(LETTERS)) if (rows[i] & columns[j]) >> h & 1]
            if k in reaching:
                width = side / len(reaching)
                x = j * side + reaching.index(k) * width
                path += f"M{x:.3g} {i * side}h{width:.3g}v{side}h-{width:.3g}z"
                xs.append(f"{x + width / 2:.3g}")
                ys.append(str(i * side + 14))
        if path:
            shapes.append(f"<path d='{path}' fill='{COLOURS[k]}'/>")
            at = f"x='{' '.join(xs)}' y='{' '.join(ys)}'"
            shapes.append(f"<text {at} fill='{_INK[k]}'>{letter * len(xs)}</text>")
    wide, high = side * len(columns), side * len(rows)
    lines = "".join(f"M0 {i * side}H{wide}" for i in range(len(rows) + 1))
    lines += "".join(f"M{j * side} 0V{high}" for j in range(len(columns) + 1))
    shapes.append(f"<path d='{lines}' fill='none' stroke='#555'/>")
    frames = "".join(f"M{j * side + 2} {i * side + 2}h{side - 4}v{side - 4}h-{side - 4}z" for i, j in cells)
    if frames:
        shapes.append(f"<path d='{frames}' fill='none' stroke='#222' stroke-width='2'/>")
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{wide + 2}' height='{high + 2}' "
    head += f"viewBox='-1 -1 {wide + 2} {high + 2}' font-family='sans-serif' font-size='9' text-anchor='middle'>"
    return f"{head}<title>{notation(rows, columns)}</title>{''.join(shapes)}</svg>"
