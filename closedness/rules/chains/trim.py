"""Rule ``trim``: entries on no path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule, Step
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence

Chain = tuple[Support, ...]


def trimmed(chain: Chain) -> Chain:
    """Drop the entries that lie on no path from a row to a column.

    Examples
    --------
    >>> S = Support.from_text
    >>> [s.to_text(separator="/") for s in trimmed((S("11"), S("10/00"), S("11/11")))]
    ['1.', '1./..', '11/..']
    """
    forward = (1 << chain[0].shape[0]) - 1
    reached = []
    for factor in chain:
        reached.append(forward)
        following = 0
        for i in bits(forward):
            following |= factor.row_masks[i]
        forward = following
    result: list[Support] = []
    alive = (1 << chain[-1].shape[1]) - 1
    for factor, start in zip(reversed(chain), reversed(reached), strict=True):
        masks = [
            mask & alive if start >> i & 1 else 0 for i, mask in enumerate(factor.row_masks)
        ]
        result.append(Support.from_masks(factor.shape, masks))
        alive = sum(1 << i for i, mask in enumerate(masks) if mask)
    return tuple(reversed(result))


def trim(chain: Chain) -> Step[Chain] | None:
    """The chain without the entries on no path, if there are any; its limits are limits of the chain."""
    smaller = trimmed(chain)
    if smaller == chain:
        return None
    return Step((smaller,), lambda nodes: {"rule": "trim", "then": nodes[0]}, lambda found: found)


def product_support(chain: Sequence[Support]) -> Support:
    """The support of the products: the cells that some path reaches."""
    result = chain[-1]
    for factor in reversed(chain[:-1]):
        result = factor @ result
    return result


RULES = (
    Rule(
        "trim",
        "chain",
        "entries on no path do not matter, and what is left is closed",
        tell=lambda node, left: (
            "Dead ends",
            f"In the chain {left.sizes}, entries that lie on no path from a row of the first factor to a column of the "
            "last one have no influence. They are left out.",
        ),
    ),
)
