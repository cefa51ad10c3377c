"""A picture to share: the verdict, its reason, and the supports with the obstruction framed."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from closedness.drawing.svg import Svg, embedded, svg_document, svg_text
from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.supports.masks import Cell
    from closedness.verdict import Verdict

__all__ = ["png_of", "share_svg"]

COLOURS = {"closed": "#0072B2", "not_closed": "#A63F00", "undecided": "#555555"}
WIDTH = 76
SCALE = 2


def share_svg(verdict: Verdict) -> Svg:
    """The picture.

    Framed are, in the factors, the entries of the curve whose product tends to a matrix that is no product, and that
    matrix's entries in the product.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> picture = share_svg(decide(SupportProduct.from_text("10/11 * 11/01")))
    >>> "NOT CLOSED" in picture, picture.count("stroke-width='3'")
    (True, 8)
    """
    from closedness.report.page import LARGEST_COLOURED, cells_of, large_picture
    from closedness.supports.pictures import product_svg

    small = cells_of(verdict.product) <= LARGEST_COLOURED
    supports = product_svg(verdict.product, _framed(verdict)) if small else large_picture(verdict)
    m, n = verdict.product.shape
    lines = textwrap.wrap(f"{verdict.reason[:1].upper()}{verdict.reason[1:]}.", WIDTH)
    if verdict.counterexample is not None and verdict.counterexample.curve and small:
        lines.append("Framed: factors that grow without bound while their product tends to a matrix that is none.")
    colour = COLOURS[verdict.status.value]
    parts = [svg_text(14, 30, verdict.status.words.upper(), 22, colour, "bold", "start")]
    y = 44.0
    for line in lines:
        y += 18
        parts.append(svg_text(14, y, line, 13, anchor="start"))
    drawing, width, height = embedded(supports, 4, y + 12)
    foot = f"{m}×{n} products of {len(verdict.product)} factors, {verdict.field} entries; closedness, problem "
    foot += verdict.product.content_id[:12]
    bottom = y + height + 34
    parts += [drawing, svg_text(14, bottom, foot, 11, "#555555", anchor="start")]
    return svg_document(max(width + 8, 620), bottom + 14, f"{verdict.status.words}: {verdict.reason}", parts)


def _framed(verdict: Verdict) -> Sequence[Sequence[Cell]]:
    example = verdict.counterexample
    if example is None:
        return ()
    of_curve = [sorted(factor) for factor in example.curve] or [[] for _ in example.shapes]
    return [*of_curve, sorted(example.entries)]


def png_of(picture: Svg) -> bytes:
    """The picture as PNG, twice as large.

    Raises
    ------
    InputError
        If the package resvg_py is missing.
    """
    try:
        import resvg_py
    except ModuleNotFoundError:
        raise InputError("PNG needs the package resvg_py: pip install 'closedness[png]'; SVG needs nothing") from None
    return bytes(resvg_py.svg_to_bytes(svg_string=picture, zoom=SCALE))
