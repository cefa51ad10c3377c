"""Closed beside a factor without zeros with few lines: limits of the flats of lines contain vectors that span them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.rules.pairs.incidence import Incidence

__all__ = ["flat_orders", "meeting_bound"]


def meeting_bound(types: Sequence[int], room: int) -> int:
    """A lower bound of the dimension in which flats meet that have a generic vector in common.

    Parameters
    ----------
    types : sequence of int
        For each flat the bitmask of the generic vectors in `room` dimensions that span it.
    room : int

    Examples
    --------
    >>> meeting_bound([0b0011, 0b0101], 3), meeting_bound([0b0111, 0b1101], 3), meeting_bound([], 3)
    (1, 3, 3)
    """
    if not types:
        return room
    first, *rest = types
    bound, common = min(room, first.bit_count()), first
    for position, mask in enumerate(rest, 1):
        common &= mask
        # inside the flat of an earlier type, the sum of both is no larger than the flat of the union
        joint = min(min(room, (mask | earlier).bit_count()) for earlier in types[:position])
        bound = max(bound + min(room, mask.bit_count()) - joint, min(room, common.bit_count()), 1)
    return bound


def flat_orders(incidence: Incidence, budget: Budget = UNLIMITED) -> dict[int, list[int]] | None:
    """Orders of lines that show that limits of the flats contain vectors that span them, or None.

    Returns
    -------
    dict or None
        For some hidden indices lines whose flats meet in more than one dimension, in an order that shows it.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> flat_orders(Incidence.of_types([1, 3, 6, 6], across=0b11))
    {1: [], 2: []}
    >>> flat_orders(Incidence.of_types([1, 2, 3], across=0b11)) is None
    True
    """
    room = incidence.across.bit_count()
    line_of = {mask: line for line, mask in sorted(incidence.types.items(), reverse=True)}
    rank: dict[int, int] = {}
    orders: dict[int, list[int]] = {}
    for k in incidence.members:
        if budget.expired():
            return None
        own = [mask for mask in line_of if mask >> k & 1 and mask.bit_count() < room]
        own = [mask for mask in own if not any(other != mask and not other & ~mask for other in own)]
        order = _order(own, room)
        rank[k] = meeting_bound(order, room)
        if rank[k] > 1:
            orders[k] = [line_of[mask] for mask in order]
    for mask in line_of:
        dimension = min(room, mask.bit_count())
        spare = mask.bit_count() - dimension
        for size in range(1, dimension):
            if sum(rank[k] <= size for k in bits(mask)) > size + spare:
                return None
    return dict(sorted(orders.items()))


def _order(types: list[int], room: int) -> list[int]:
    """An order with a large bound: greedily, from each start."""
    best: list[int] = list(types)
    for start in types:
        order, rest = [start], [mask for mask in types if mask != start]
        while rest:
            following = max(rest, key=lambda mask: meeting_bound([*order, mask], room))
            order.append(following)
            rest.remove(following)
        if meeting_bound(order, room) > meeting_bound(best, room):
            best = order
    return best
