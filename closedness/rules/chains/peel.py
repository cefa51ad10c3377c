"""Rule ``peel``: a first or last factor that can be kept orthogonal is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.chains.trim import product_support
from closedness.rules.pairs.crossing import are_crossing
from closedness.rules.rule import Node, Rule, Step
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    rest = product_support(chain[1:]).row_masks
    columns, rows = first.col_masks, second.row_masks
    near = [0] * len(rows)
    for names, mask in zip(first.rows, first.row_masks, strict=True):
        for k in names:
            near[k] |= mask
    if sum(mask.bit_count() for mask in near) > DENSE:
        return _crossing_everywhere(first, second, rest)
    return all(
        not rest[k] & rest[other] or are_crossing((columns[k], rows[k]), (columns[other], rows[other]))
        for k, mask in enumerate(near)
        for other in bits(mask & ((1 << k) - 1))
    )


def _crossing_everywhere(first: Support, second: Support, rest: Sequence[int]) -> bool:
    """The same for many overlapping pairs: sizes of all intersections by matrix products, exact below 2^24."""
    import numpy as np

    columns = first.to_dense().T.astype(np.float32)
    rows = second.to_dense().astype(np.float32)
    beyond = Support.from_masks((len(rest), max(1, *(mask.bit_length() for mask in rest))), rest)
    reached = beyond.to_dense().astype(np.float32)
    common_rows, common_columns = columns @ columns.T, rows @ rows.T
    overlapping = (common_rows > 0) & (reached @ reached.T > 0)
    # entry (k, l): the rows of k are among those of l, the columns of l among those of k
    inside = (common_rows == columns.sum(1)[:, None]) & (common_columns == rows.sum(1)[None, :])
    return not bool((overlapping & ~(inside | inside.T)).any())


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
