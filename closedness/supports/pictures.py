"""Drawings of supports: text for terminals, SVG for notebooks and files.

Every drawing function returns a string; SVG comes as :class:`Svg`, which notebooks show as a picture. Colours are those
of Okabe and Ito, told apart by colour-blind readers; letters (and hatching where letters do not fit) carry the same
information in black and white. Equal input gives equal text, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from closedness.algebra.bitsets import bits
from closedness.drawing.grid import MAX_SVG_CELLS, plain_grid
from closedness.drawing.svg import (
    LINE,
    Picture,
    Svg,
    cell_size,
    class_colour,
    class_name,
    draw_cell,
    letter_colour,
    too_large,
)
from closedness.supports.graph import EqualClass, are_crossing, classes

if TYPE_CHECKING:
    from closedness.supports.masks import Cell
    from closedness.supports.support import Support

__all__ = [
    "cover_text",
    "overlap_svg",
    "product_svg",
    "product_text",
    "side_by_side",
]

_MAX_LEGEND = 12
_MAX_TEXT_ROWS, _MAX_TEXT_WIDTH = 64, 160



class Factors(Protocol):
    """What is drawn of a product of supports; products draw themselves, so they are not known here."""

    @property
    def factors(self) -> tuple[Support, ...]: ...

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def support(self) -> Support: ...

    def pair(self) -> tuple[Support, Support]: ...

    def __len__(self) -> int: ...


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


def product_text(product: Factors) -> str:
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


def cover_text(product: Factors) -> str:
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


def product_svg(product: Factors, framed: Sequence[Iterable[Cell]] = ()) -> Svg:
    """Factors and product as grids; with two factors coloured by rank-one support, with a legend of the classes.

    In the product, a cell that several rectangles cover is divided among them.

    Parameters
    ----------
    product : SupportProduct
    framed : sequence of sequences of (row, column), optional
        Cells to put a frame around: of each factor, and of the product.
    """
    shapes = [factor.shape for factor in product.factors] + [product.shape]
    described = f"product of supports {' · '.join(f'{m} × {n}' for m, n in shapes[:-1])}"
    if sum(m * n for m, n in shapes) > MAX_SVG_CELLS:
        return too_large(described)
    cell = cell_size(shapes)
    found = classes(*product.pair()) if len(product) == 2 else ()
    height, gap, top = max(m for m, _ in shapes) * cell, 36, 34
    width = sum(n for _, n in shapes) * cell + gap * (len(shapes) - 1) + 20
    legend = found[: _MAX_LEGEND if len(found) > 2 * _MAX_LEGEND else None]
    text_width = max([7.5 * len(_legend(each)) + 34 for each in legend], default=0)
    total = top + height + 14 + (20 * len(legend) + 10 + (20 if len(found) > len(legend) else 0) if legend else 0)
    picture = Picture(max(width, text_width), total, described)
    titles = ["X", "Yᵀ", "X Yᵀ"] if found else [*(f"W{_sub(l + 1)}" for l in range(len(product))), "product"]
    grids = [*product.factors, product.support]
    class_of = {k: c for c, each in enumerate(found) for k in each.members}
    x = 10.0
    for g, (grid, title) in enumerate(zip(grids, titles, strict=True)):
        m, n = grid.shape
        y = top + (height - m * cell) / 2
        picture.text(x + n * cell / 2, 18, f"{title}  {m}×{n}", 13, weight="bold")
        if not found or g > 2:
            plain_grid(picture, grid, x, y, cell)
        else:
            owners = _owners(grid, g, class_of, found)
            for i in range(m):
                for j in range(n):
                    draw_cell(picture, x + j * cell, y + i * cell, cell, owners[i][j])
        if g < len(grids) - 1:
            sign = "=" if g == len(grids) - 2 else "·"
            picture.text(x + n * cell + gap / 2, top + height / 2 + 6, sign, 20)
        picture.rect(x, y, n * cell, m * cell, "none", LINE)
        for i, j in framed[g] if framed else ():
            picture.frame(x + j * cell, y + i * cell, cell)
        x += n * cell + gap
    y = top + height + 28
    for c, each in enumerate(legend):
        draw_cell(picture, 10, y - 13, 16, [c])
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


def overlap_svg(product: Factors) -> Svg:
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
    picture = Picture(max(size, 330), size + 44, f"overlap graph of {len(found)} classes")
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
                dash = "" if are_crossing(each.rectangle, found[d].rectangle) else "6,4"
                picture.line(*spots[c], *spots[d], dash)
    for c, each in enumerate(found):
        (x, y), (rows, cols) = spots[c], each.rectangle.shape
        picture.circle(x, y, radius, class_colour(c))
        if each.complete:
            picture.circle(x, y, radius - 4, "none")
        picture.text(x, y + 5, class_name(c), 15, letter_colour(c), "bold")
        below = y + radius + 15 if y > ring + margin - 1 else y - radius - 7
        picture.text(x, below, f"{each.size} × ({rows}×{cols})", 11, halo=True)
    picture.line(20, size + 12, 56, size + 12, "")
    picture.text(62, size + 16, "overlap, crossing", 12, anchor="start")
    picture.line(180, size + 12, 216, size + 12, "6,4")
    picture.text(222, size + 16, "not crossing", 12, anchor="start")
    picture.text(20, size + 36, "double ring: complete class", 12, anchor="start")
    return picture.svg()


def _sub(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


