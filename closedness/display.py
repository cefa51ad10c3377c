"""Drawings of supports: text for terminals, SVG for notebooks and files.

Every drawing function returns a string; SVG comes as :class:`Svg`, which notebooks show as a picture. Colours are those
of Okabe and Ito, told apart by colour-blind readers; letters (and hatching where letters do not fit) carry the same
information in black and white. Equal input gives equal text, byte for byte.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from closedness.graph import EqualClass, classes, crossing
from closedness.masks import bits

if TYPE_CHECKING:
    from closedness.product import SupportProduct
    from closedness.support import Support

__all__ = [
    "Svg",
    "class_name",
    "cover_text",
    "overlap_svg",
    "product_svg",
    "product_text",
    "side_by_side",
    "support_svg",
]

COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#BBBBBB")
"""Okabe and Ito's palette, with grey for black."""

_DARK = {"#009E73", "#0072B2", "#D55E00"}  # white letters on these
_INK, _LINE = "#222222", "#BFBFBF"
_FONT = "font-family='DejaVu Sans, Arial, sans-serif'"
_HATCHES = (
    "",
    "M0,8 L8,0",
    "M0,0 L8,8",
    "M0,4 L8,4",
    "M4,0 L4,8",
    "M0,4 L8,4 M4,0 L4,8",
    "M0,0 L8,8 M0,8 L8,0",
    "M3,4 a1,1 0 1,0 2,0 a1,1 0 1,0 -2,0",
)
_MAX_SVG_CELLS = 250_000
_MAX_LEGEND = 12
_MAX_TEXT_ROWS, _MAX_TEXT_WIDTH = 64, 160


class Svg(str):
    """SVG text that notebooks display as a picture.

    Examples
    --------
    >>> from closedness import Support
    >>> support_svg(Support.from_text("10/11")).startswith("<svg")
    True
    """

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file (UTF-8)."""
        Path(path).write_text(self, encoding="utf-8")


def class_name(number: int) -> str:
    """Letter of a class: A … Z, AA, AB, ….

    Examples
    --------
    >>> [class_name(number) for number in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


# -------------------------------------------------------------------- text


def side_by_side(blocks: Sequence[Sequence[str]], gaps: Sequence[str]) -> str:
    """Blocks of lines next to each other, with a sign in the middle of each gap.

    Parameters
    ----------
    blocks : sequence of sequences of str
        The lines of each block.
    gaps : sequence of str
        The sign between neighbours, one fewer than blocks.

    Examples
    --------
    >>> print(side_by_side([["1.", "11"], ["11", ".1"]], ["·"]))
    1. · 11
    11   .1
    """
    height = max(len(block) for block in blocks)
    lines = []
    for i in range(height):
        parts = []
        for b, block in enumerate(blocks):
            width = max((len(line) for line in block), default=0)
            parts.append((block[i] if i < len(block) else "").ljust(width))
            if b < len(gaps):
                parts.append(f" {gaps[b] if i == (height - 1) // 2 else ' ' * len(gaps[b])} ")
        lines.append("".join(parts).rstrip())
    return "\n".join(lines)


def product_text(product: SupportProduct) -> str:
    """The factors side by side; one line instead if they would not fit on a page.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> print(product_text(SupportProduct.from_text("10/11 * 11/01")))
    1. · 11
    11   .1
    """
    if not _fits(product.factors):
        return repr(product)
    return side_by_side([str(factor).splitlines() for factor in product.factors], ["·"] * (len(product) - 1))


def cover_text(product: SupportProduct) -> str:
    """Support of a two-factor product, each cell with the letters of the classes whose rectangles cover it.

    Raises
    ------
    InputError
        If there are not exactly two factors.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> print(cover_text(SupportProduct.from_text("10/11 * 11/01")))
    A  A
    A  AB
    """
    I, J = product.pair()
    found = classes(I, J)
    names = [[""] * J.shape[0] for _ in range(I.shape[0])]
    for c, each in enumerate(found):
        for i in bits(each.rectangle.rows):
            for j in bits(each.rectangle.cols):
                names[i][j] += class_name(c)
    width = max(1, max(len(name) for row in names for name in row))
    if I.shape[0] > _MAX_TEXT_ROWS or J.shape[0] * (width + 1) > _MAX_TEXT_WIDTH:
        return f"<{I.shape[0]}×{J.shape[0]} cells in {len(found)} classes: too large to print>"
    return "\n".join(" ".join((name or ".").ljust(width) for name in row).rstrip() for row in names)


def _fits(factors: Iterable[Support]) -> bool:
    shapes = [factor.shape for factor in factors]
    return max(m for m, _ in shapes) <= _MAX_TEXT_ROWS and sum(n + 3 for _, n in shapes) <= _MAX_TEXT_WIDTH


# -------------------------------------------------------------------- pictures of grids


def support_svg(support: Support) -> Svg:
    """One support as a grid with filled cells."""
    cell = _cell_size([support.shape])
    m, n = support.shape
    picture = _Picture(n * cell + 20, m * cell + 20, f"support, {m} × {n}, {support.nnz} cells")
    if m * n > _MAX_SVG_CELLS:
        return _too_large(f"support, {m} × {n}, {support.nnz} cells")
    _plain_grid(picture, support, 10, 10, cell)
    return picture.svg()


def product_svg(product: SupportProduct) -> Svg:
    """Factors and product as grids; with two factors coloured by rank-one support, with a legend of the classes.

    In the product, a cell that several rectangles cover is divided among them.
    """
    shapes = [factor.shape for factor in product.factors] + [product.shape]
    described = f"product of supports {' · '.join(f'{m} × {n}' for m, n in shapes[:-1])}"
    if sum(m * n for m, n in shapes) > _MAX_SVG_CELLS:
        return _too_large(described)
    cell = _cell_size(shapes)
    found = classes(*product.pair()) if len(product) == 2 else ()
    height, gap, top = max(m for m, _ in shapes) * cell, 36, 34
    width = sum(n for _, n in shapes) * cell + gap * (len(shapes) - 1) + 20
    legend = found[: _MAX_LEGEND if len(found) > 2 * _MAX_LEGEND else None]
    text_width = max([7.5 * len(_legend(each)) + 34 for each in legend], default=0)
    total = top + height + 14 + (20 * len(legend) + 10 + (20 if len(found) > len(legend) else 0) if legend else 0)
    picture = _Picture(max(width, text_width), total, described)
    titles = ["X", "Yᵀ", "X Yᵀ"] if found else [*(f"W{_sub(l + 1)}" for l in range(len(product))), "product"]
    grids = [*product.factors, product.support]
    class_of = {k: c for c, each in enumerate(found) for k in each.members}
    x = 10.0
    for g, (grid, title) in enumerate(zip(grids, titles, strict=True)):
        m, n = grid.shape
        y = top + (height - m * cell) / 2
        picture.text(x + n * cell / 2, 18, f"{title}  {m}×{n}", 13, weight="bold")
        if not found or g > 2:
            _plain_grid(picture, grid, x, y, cell)
        else:
            owners = _owners(grid, g, class_of, found)
            for i in range(m):
                for j in range(n):
                    _cell(picture, x + j * cell, y + i * cell, cell, owners[i][j])
        if g < len(grids) - 1:
            sign = "=" if g == len(grids) - 2 else "·"
            picture.text(x + n * cell + gap / 2, top + height / 2 + 6, sign, 20)
        picture.rect(x, y, n * cell, m * cell, "none", _LINE)
        x += n * cell + gap
    y = top + height + 28
    for c, each in enumerate(legend):
        _cell(picture, 10, y - 13, 16, [c])
        picture.text(32, y, _legend(each), 12, anchor="start")
        y += 20
    if len(found) > len(legend):
        picture.text(32, y, f"and {len(found) - len(legend)} more classes", 12, anchor="start")
    return picture.svg()


def _owners(grid: Support, g: int, class_of: dict[int, int], found: Sequence[EqualClass]) -> list[list[list[int]]]:
    """The classes that own each cell of X (g = 0), Yᵀ (g = 1) or the product (g = 2); -1 for a useless cell."""
    m, n = grid.shape
    owners: list[list[list[int]]] = [[[] for _ in range(n)] for _ in range(m)]
    if g < 2:
        for i, j in grid:
            owners[i][j] = [class_of.get(j if g == 0 else i, -1)]
    else:
        for c, each in enumerate(found):
            for i in bits(each.rectangle.rows):
                for j in bits(each.rectangle.cols):
                    owners[i][j].append(c)
    return owners


def _legend(each: EqualClass) -> str:
    rows, cols = each.rectangle.shape
    members = ", ".join(map(str, each.members[:12])) + (" …" if each.size > 12 else "")
    noun = "index" if each.size == 1 else "indices"
    return f"hidden {noun} {members}; {rows}×{cols} cells{'; complete' if each.complete else ''}"


# -------------------------------------------------------------------- picture of the overlap graph


def overlap_svg(product: SupportProduct) -> Svg:
    """Overlap graph of the classes of a two-factor product.

    A node is a class of equal rectangles (double ring: complete). Two are joined when their rectangles share a cell:
    by a solid line when they are crossing (harmless), by a dashed line when they are not.

    Raises
    ------
    InputError
        If there are not exactly two factors.
    """
    found = classes(*product.pair())
    ring = max(60.0, 60 * len(found) / math.pi) if len(found) > 1 else 0.0
    radius, margin = 22.0, 64.0
    size = 2 * (ring + margin)
    picture = _Picture(max(size, 330), size + 44, f"overlap graph of {len(found)} classes")
    centre = max(size, 330) / 2
    spots = [
        (
            centre + ring * math.sin(2 * math.pi * c / len(found)),
            ring + margin - ring * math.cos(2 * math.pi * c / len(found)),
        )
        for c in range(len(found))
    ]
    for c, each in enumerate(found):
        for d in range(c + 1, len(found)):
            if each.rectangle.overlaps(found[d].rectangle):
                dash = "" if crossing(each.rectangle, found[d].rectangle) else "6,4"
                picture.line(*spots[c], *spots[d], dash)
    for c, each in enumerate(found):
        (x, y), (rows, cols) = spots[c], each.rectangle.shape
        picture.circle(x, y, radius, _colour(c))
        if each.complete:
            picture.circle(x, y, radius - 4, "none")
        picture.text(x, y + 5, class_name(c), 15, _letter(c), "bold")
        below = y + radius + 15 if y > ring + margin - 1 else y - radius - 7
        picture.text(x, below, f"{each.size} × ({rows}×{cols})", 11, halo=True)
    picture.line(20, size + 12, 56, size + 12, "")
    picture.text(62, size + 16, "overlap, crossing", 12, anchor="start")
    picture.line(180, size + 12, 216, size + 12, "6,4")
    picture.text(222, size + 16, "not crossing", 12, anchor="start")
    picture.text(20, size + 36, "double ring: complete class", 12, anchor="start")
    return picture.svg()


# -------------------------------------------------------------------- documents


def svg_document(width: float, height: float, title: str, body: Iterable[str]) -> Svg:
    """A picture from its parts, on white ground.

    Examples
    --------
    >>> svg_document(10, 10, "a dot", ["<circle cx='5' cy='5' r='2'/>"]).count("<title>a dot</title>")
    1
    """
    w, h = math.ceil(width), math.ceil(height)
    return Svg(
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='{h}' viewBox='0 0 {w} {h}' role='img' {_FONT}>\n"
        f"<title>{escape(title)}</title>\n<rect width='{w}' height='{h}' fill='white'/>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


def svg_text(
    x: float, y: float, text: str, size: float, fill: str = _INK, weight: str = "normal", anchor: str = "middle"
) -> str:
    """A text element.

    Examples
    --------
    >>> svg_text(1, 2, "a < b", 12)
    "<text x='1' y='2' font-size='12' font-weight='normal' text-anchor='middle' fill='#222222'>a &lt; b</text>"
    """
    return (
        f"<text x='{_num(x)}' y='{_num(y)}' font-size='{_num(size)}' font-weight='{weight}' "
        f"text-anchor='{anchor}' fill='{fill}'>{escape(text)}</text>"
    )


def embedded(picture: str, x: float, y: float) -> tuple[str, float, float]:
    """A picture as part of another one, at a place; its width and height.

    Examples
    --------
    >>> from closedness import Support
    >>> embedded(support_svg(Support.from_text("1")), 5, 7)[1:]
    (48.0, 48.0)
    """
    head = picture[: picture.index(">")]
    width, height = (float(head.partition(f" {name}='")[2].partition("'")[0]) for name in ("width", "height"))
    return picture.replace("<svg ", f"<svg x='{_num(x)}' y='{_num(y)}' ", 1).strip(), width, height


# -------------------------------------------------------------------- strokes


class _Picture:
    """An SVG document under construction."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._size = (math.ceil(width), math.ceil(height))
        self._title = title
        self._hatches: set[int] = set()
        self._parts: list[str] = []

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "none") -> None:
        self._parts.append(
            f"<rect x='{_num(x)}' y='{_num(y)}' width='{_num(w)}' height='{_num(h)}' fill='{fill}' stroke='{stroke}'/>"
        )

    def hatch(self, x: float, y: float, w: float, h: float, number: int) -> None:
        number %= len(_HATCHES)
        if _HATCHES[number]:
            self._hatches.add(number)
            self.rect(x, y, w, h, f"url(#closedness-hatch-{number})")

    def line(self, x1: float, y1: float, x2: float, y2: float, dash: str) -> None:
        dashed = f" stroke-dasharray='{dash}'" if dash else ""
        self._parts.append(
            f"<line x1='{_num(x1)}' y1='{_num(y1)}' x2='{_num(x2)}' y2='{_num(y2)}' "
            f"stroke='{_INK}' stroke-width='2'{dashed}/>"
        )

    def circle(self, x: float, y: float, r: float, fill: str) -> None:
        self._parts.append(
            f"<circle cx='{_num(x)}' cy='{_num(y)}' r='{_num(r)}' fill='{fill}' stroke='{_INK}' stroke-width='1.5'/>"
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: str = _INK,
        weight: str = "normal",
        anchor: str = "middle",
        halo: bool = False,
    ) -> None:
        stroke = " stroke='white' stroke-width='4' paint-order='stroke'" if halo else ""
        self._parts.append(
            f"<text x='{_num(x)}' y='{_num(y)}' font-size='{_num(size)}' font-weight='{weight}' "
            f"text-anchor='{anchor}' fill='{fill}'{stroke}>{escape(text)}</text>"
        )

    def svg(self) -> Svg:
        width, height = self._size
        hatches = "".join(
            f"<pattern id='closedness-hatch-{number}' width='8' height='8' patternUnits='userSpaceOnUse'>"
            f"<path d='{_HATCHES[number]}' fill='none' stroke='{_INK}' stroke-opacity='0.45'/></pattern>\n"
            for number in sorted(self._hatches)
        )
        defs = f"<defs>\n{hatches}</defs>\n" if hatches else ""
        return Svg(
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
            f"viewBox='0 0 {width} {height}' role='img' {_FONT}>\n<title>{escape(self._title)}</title>\n{defs}"
            f"<rect width='{width}' height='{height}' fill='white'/>\n" + "\n".join(self._parts) + "\n</svg>\n"
        )


def _plain_grid(picture: _Picture, support: Support, x: float, y: float, cell: float) -> None:
    """Filled cells in one colour; runs of cells are one stroke when there are many."""
    m, n = support.shape
    if cell >= 8:
        for i in range(m):
            for j in range(n):
                fill = _INK if (i, j) in support else "white"
                picture.rect(x + j * cell, y + i * cell, cell, cell, fill, _LINE)
        return
    for i, row in enumerate(support.rows):
        start = 0
        for k, j in enumerate(row):
            if k + 1 == len(row) or row[k + 1] != j + 1:
                picture.rect(x + row[start] * cell, y + i * cell, (j + 1 - row[start]) * cell, cell, _INK)
                start = k + 1
    picture.rect(x, y, n * cell, m * cell, "none", _LINE)


def _cell(picture: _Picture, x: float, y: float, size: float, owners: Sequence[int]) -> None:
    """One cell, divided among the classes that own it."""
    if not owners:
        if size >= 8:
            picture.rect(x, y, size, size, "white", _LINE)
        return
    across = math.ceil(math.sqrt(len(owners)))
    down = math.ceil(len(owners) / across)
    for t, c in enumerate(owners):
        in_row = across if t // across < down - 1 else len(owners) - across * (down - 1)
        w, h = size / in_row, size / down
        tx, ty = x + (t % across) * w, y + (t // across) * h
        edge = "white" if len(owners) > 1 and w >= 8 else "none"
        picture.rect(tx, ty, w, h, "white" if c < 0 else _colour(c), edge)
        if c >= 0:
            name = class_name(c)
            font = min(0.6 * h, 0.95 * w / len(name))
            if font < 7 or c >= len(COLOURS):
                picture.hatch(tx, ty, w, h, c + c // len(COLOURS))
            if font >= 5:
                picture.text(tx + w / 2, ty + h / 2 + 0.36 * font, name, font, _letter(c), "bold")
    if size >= 8:
        picture.rect(x, y, size, size, "none", "#555555")


def _cell_size(shapes: Iterable[tuple[int, int]]) -> float:
    longest = max(max(shape) for shape in shapes)
    return 28.0 if longest <= 16 else max(1.0, float(448 // longest))


def _colour(c: int) -> str:
    return COLOURS[c % len(COLOURS)]


def _letter(c: int) -> str:
    return "white" if _colour(c) in _DARK else _INK


def _too_large(text: str) -> Svg:
    picture = _Picture(8 * len(text) + 160, 40, text)
    picture.text(10, 25, f"{text}: too large to draw", 13, anchor="start")
    return picture.svg()


def _sub(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


def _num(value: float) -> str:
    """Shortest decimal with at most two digits after the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
