"""Rule ``peel``: a first or last factor that can be kept orthogonal is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.chains.trimming import product_support
from closedness.criteria.crossing import are_crossing
from closedness.pattern import bits

if TYPE_CHECKING:
    from closedness.chains.trimming import Chain


def transposed(chain: Chain) -> Chain:
    """The chain of the transposed products."""
    return tuple(factor.T for factor in reversed(chain))


def can_peel_left(chain: Chain) -> bool:
    """Overlapping columns of the first factor cross with respect to the second factor.

    Columns ``k`` and ``l`` of the first factor overlap when they have a common row and when some
    cell of that row is reached through both of them.

    Examples
    --------
    >>> from closedness.support import Support
    >>> lower = Support.from_text("10/11")
    >>> can_peel_left((lower, lower.T)), can_peel_left((lower, lower))
    (False, True)
    """
    first, second = chain[0], chain[1]
    rest = product_support(chain[1:]).row_masks
    columns, rows = first.col_masks, second.row_masks
    near = [0] * len(rows)
    for names, mask in zip(first.rows, first.row_masks, strict=True):
        for k in names:
            near[k] |= mask
    return all(
        not rest[k] & rest[other] or are_crossing((columns[k], rows[k]), (columns[other], rows[other]))
        for k, mask in enumerate(near)
        for other in bits(mask & ((1 << k) - 1))
    )


def can_peel(chain: Chain, side: str) -> bool:
    """The same for the side ``"left"`` or ``"right"``."""
    return can_peel_left(chain if side == "left" else transposed(chain))


def peeled(chain: Chain, side: str) -> Chain:
    """The chain without its first or last factor."""
    return chain[1:] if side == "left" else chain[:-1]
