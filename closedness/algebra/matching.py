"""Largest matchings of keys to the bits of their masks, by shortest augmenting paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of, union_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class Matching:
    """A largest matching of keys to bits of their own.

    Parameters
    ----------
    edges : mapping of int to int
        For every key the bits that it may have.
    allowed : int, optional
        The bits that may be used; all if not given.
    start : mapping of int to int, optional
        Bits of some keys to begin with.

    Attributes
    ----------
    bit_of : dict of int to int
        The bit of every matched key.
    stuck : set of int
        The keys that alternating paths reach from the unmatched ones: together they have fewer bits than members, by
        the number of the unmatched ones (König's theorem).

    Examples
    --------
    >>> Matching({0: 0b1, 1: 0b1}).stuck
    {0, 1}
    >>> Matching({0: 0b11, 1: 0b1}).bit_of
    {0: 1, 1: 0}
    """

    def __init__(
        self, edges: Mapping[int, int], allowed: int | None = None, start: Mapping[int, int] | None = None
    ) -> None:
        self.edges = edges
        self.bit_of = dict(start or {})
        self.key_at = {bit: key for key, bit in self.bit_of.items()}
        self.allowed = union_of(edges.values()) if allowed is None else allowed
        self.free = self.allowed & ~mask_of(self.key_at)
        self.stuck: set[int] = set()
        for key in edges:
            if key not in self.bit_of:
                self._augment(key)

    def __len__(self) -> int:
        return len(self.bit_of)

    def _augment(self, key: int) -> None:
        came_from: dict[int, tuple[int, int]] = {}
        reached, queue = {key}, [key]
        seen = 0
        for now in queue:
            fresh = self.edges[now] & self.allowed & ~seen
            if fresh & self.free:
                bit = next(bits(fresh & self.free))
                self.free &= ~(1 << bit)
                while True:
                    self.bit_of[now], self.key_at[bit] = bit, now
                    if now == key:
                        return
                    now, bit = came_from[now]
            seen |= fresh
            for bit in bits(fresh):
                other = self.key_at[bit]
                if other not in reached:
                    reached.add(other)
                    queue.append(other)
                    came_from[other] = (now, bit)
        # nothing that a failed search reaches can ever be matched better
        self.stuck |= reached


def distinct_representatives(edges: Mapping[int, int]) -> dict[int, int] | None:
    """Match each key to its own bit of its mask, or return None.

    Examples
    --------
    >>> distinct_representatives({0: 0b11, 1: 0b1})
    {0: 1, 1: 0}
    >>> distinct_representatives({0: 0b1, 1: 0b1}) is None
    True
    """
    found = Matching(edges)
    return found.bit_of if len(found) == len(edges) else None
