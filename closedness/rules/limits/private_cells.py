"""Rule ``private-cells``: 2×2 LU inside a support, found in linear time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.bitsets import bits
from closedness.equations.curve import factors_of_terms
from closedness.equations.membership import refute
from closedness.rules.rule import Evidence, Rule
from closedness.supports.graph import induced_path, private_lines

if TYPE_CHECKING:
    from closedness.equations.curve import Term
    from closedness.supports.product import SupportProduct


class LUPattern(NamedTuple):
    """Private cells ``(i1, j1), (i1, j2), (i2, j1)`` of the hidden index `k`; ``(i2, j2)`` is one of `other`, too."""

    k: int
    other: int
    i1: int
    i2: int
    j1: int
    j2: int


def lu_pattern(product: SupportProduct) -> LUPattern | None:
    """Find a 2×2 LU pattern whose first three cells one hidden index alone covers.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu_pattern(SupportProduct.from_text("10/11 * 11/01"))
    LUPattern(k=0, other=1, i1=0, i2=1, j1=0, j2=1)
    """
    left, right = product.factors
    rectangles = list(zip(left.col_masks, right.row_masks, strict=True))
    for k, lines in private_lines(left.row_masks, rectangles):
        path = induced_path([mask for _, mask in lines])
        if path is not None:
            first, second, j1, j2 = path
            i1, i2 = lines[first][0], lines[second][0]
            others = left.row_masks[i2] & right.col_masks[j2] & ~(1 << k)
            return LUPattern(k, next(bits(others)), i1, i2, j1, j2)
    return None


def limit_at_private_cells(product: SupportProduct) -> Evidence | None:
    """The target ``[[0, 1], [1, 0]]`` on a 2×2 LU pattern, with its curve and refutation."""
    found = lu_pattern(product)
    if found is None:
        return None
    k, other, i1, i2, j1, j2 = found
    one = Fraction(1)
    target = {(i1, j2): one, (i2, j1): one}
    refutation = refute(product, target, cells=[(i1, j1), (i1, j2), (i2, j1)])
    if refutation is None:
        return None
    terms: list[Term] = [({}, {}) for _ in range(product.factors[0].shape[1])]
    # x = (1, 1/t), y = (t, 1): entries t, 1, 1, and 1/t, which the other index cancels
    terms[k] = ({i1: {0: one}, i2: {-1: one}}, {j1: {1: one}, j2: {0: one}})
    terms[other] = ({i2: {-1: -one}}, {j2: {0: one}})
    return Evidence(
        "private-cells",
        f"rows {i1}, {i2} and columns {j1}, {j2} form a 2×2 LU pattern: hidden index {k} alone "
        f"covers three of the four cells",
        target,
        factors_of_terms(terms),
        refutation,
    )


RULES = (
    Rule(
        "private-cells",
        "pair",
        "one hidden index alone covers three of the four cells of a 2×2 LU pattern",
        claim="not_closed",
        written=("limit",),
    ),
)
