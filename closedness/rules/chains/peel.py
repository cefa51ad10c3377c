"""Rule ``peel``: a first or last factor that can be kept orthogonal is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.chains.trim import product_support
from closedness.rules.rule import Node, Rule, Step
from closedness.supports.graph import are_crossing
from closedness.supports.overlaps import uncrossed_pairs

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain

# overlapping pairs of columns from which on they are looked at all at once
DENSE = 100_000


def transposed(chain: Chain) -> Chain:
    """The chain of the transposed products."""
    return tuple(factor.T for factor in reversed(chain))


def can_peel_left(chain: Chain) -> bool:
    """Overlapping columns of the first factor cross with respect to the second factor.

    Columns ``k`` and ``l`` of the first factor overlap when they have a common row and when some
    cell of that row is reached through both of them.

    Examples
    --------
    >>> from closedness.supports.support import Support
    >>> lower = Support.from_text("10/11")
    >>> can_peel_left((lower, lower.T)), can_peel_left((lower, lower))
    (False, True)
    """
    first, second = chain[0], chain[1]
    rest = product_support(chain[1:])
    reached = rest.row_masks
    columns, rows = first.col_masks, second.row_masks
    near = [0] * len(rows)
    for names, mask in zip(first.rows, first.row_masks, strict=True):
        for k in names:
            near[k] |= mask
    if sum(mask.bit_count() for mask in near) > DENSE:
        return not len(uncrossed_pairs(first, second, rest)[0])
    return all(
        not reached[k] & reached[other] or are_crossing((columns[k], rows[k]), (columns[other], rows[other]))
        for k, mask in enumerate(near)
        for other in bits(mask & ((1 << k) - 1))
    )


def can_peel(chain: Chain, side: str) -> bool:
    """The same for the side ``"left"`` or ``"right"``."""
    return can_peel_left(chain if side == "left" else transposed(chain))


def peel(chain: Chain, side: str) -> Step[Chain] | None:
    """The chain without its first or last factor, if that can be kept orthogonal; a limit of it is not lifted."""
    if not can_peel(chain, side):
        return None
    smaller = chain[1:] if side == "left" else chain[:-1]
    return Step((smaller,), lambda nodes: {"rule": "peel", "side": side, "then": nodes[0]})


def peel_all(chain: Chain) -> Node | None:
    """Peel factors until one is left."""
    steps: list[Step[Chain]] = []
    while len(chain) > 1:
        step = peel(chain, "left") or peel(chain, "right")
        if step is None:
            return None
        steps.append(step)
        (chain,) = step.left
    node: Node = {"rule": "single"}
    for step in reversed(steps):
        node = step.node([node])
    return node


RULES = (
    Rule(
        "single",
        "chain",
        "all matrices with a support",
        tell=lambda node, left: (
            "One factor",
            f"One factor of size {left.sizes} is left: all matrices with its support, a closed set.",
        ),
    ),
    Rule(
        "peel",
        "chain",
        "outer factors can be kept orthogonal, and what is left is closed",
        tell=lambda node, left: (
            "Peeling",
            f"The {'first' if node['side'] == 'left' else 'last'} factor of the chain {left.sizes} can be kept "
            "orthogonal, because the supports of its rank-one parts cross. It stays bounded, so it is enough that the "
            "products of the other factors are a closed set.",
        ),
    ),
)
