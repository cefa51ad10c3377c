"""Rule ``dual-bases``: with few zeros, every matrix of the possible rank is a product.

The vectors of the hidden indices, in the column space and in the row space of a matrix, have to be dual bases. They
can be chosen one pair after the other, the most confined ones first, as long as two subspaces of ``s`` dimensions
with codimensions together smaller than ``s`` are left (``docs/rules/dual-bases.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.rules.rule import Node
    from closedness.supports.pattern import Pattern

__all__ = ["dual_bases"]


def dual_bases(pattern: Pattern) -> Node | None:
    """The proof node when the numbers of zeros, in increasing order, are at most 0, 1, 2 and so on.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> from closedness.supports.pattern import Pattern
    >>> dual_bases(Pattern.of(SupportProduct.from_text("110/111/111 * 111/111/110")))
    {'rule': 'dual-bases'}
    >>> dual_bases(Pattern.of(SupportProduct.from_text("110/111/111 * 111/110/111"))) is None
    False
    >>> dual_bases(Pattern.of(SupportProduct.from_text("10/11 * 11/01"))) is None
    True
    """
    rectangles = [pattern.rectangle(k) for k in bits(pattern.terms)]
    rectangles = [sides for sides in rectangles if all(sides)]
    rows = columns = 0
    for own_rows, own_columns in rectangles:
        rows, columns = rows | own_rows, columns | own_columns
    zeros = sorted((rows & ~r).bit_count() + (columns & ~c).bit_count() for r, c in rectangles)
    rank = min(rows.bit_count(), columns.bit_count())
    if not rank or any(count > place for place, count in enumerate(zeros[:rank])):
        return None
    if any(columns & ~pattern.cells[i] for i in bits(rows)):
        return None
    return {"rule": "dual-bases"}


RULES = (
    Rule(
        "dual-bases",
        "pair",
        "supports have so few zeros that every matrix of the possible rank is a product",
        tell=lambda node, left: (
            "Few zeros",
            "The columns of the first factor and the rows of the second, as bases of the column space and of the row "
            "space of a matrix that are dual to each other, can be chosen one pair after the other, those with most "
            "zeros first: there is always room left. So every matrix of a rank up to the number of hidden indices is "
            "a product.",
        ),
    ),
)
