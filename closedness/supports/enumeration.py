"""All two-factor patterns with few hidden indices, up to equivalence.

By the twin rule a type ``τ`` need not occur more than ``|τ|`` times, so for each number of hidden
indices there are finitely many patterns whatever the matrix size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Types = tuple[int, ...]


@dataclass(frozen=True)
class Configurations:
    """Multisets of row (or column) types with ``r`` hidden indices.

    Parameters
    ----------
    hidden : int
        Number ``r`` of hidden indices.
    largest : int or None
        Only multisets with at most so many members; None means the bound of the twin rule.

    Examples
    --------
    >>> len(Configurations(3).all)
    863
    """

    hidden: int
    largest: int | None = None

    @cached_property
    def all(self) -> tuple[Types, ...]:
        """The non-empty multisets, as sorted tuples of types, in a fixed order."""
        kinds = range(1, 1 << self.hidden)
        found = []
        for counts in product(*(range(kind.bit_count() + 1) for kind in kinds)):
            total = sum(counts)
            if total and (self.largest is None or total <= self.largest):
                found.append(tuple(k for k, n in zip(kinds, counts, strict=True) for _ in range(n)))
        return tuple(sorted(found, key=lambda types: (len(types), types)))

    @cached_property
    def index(self) -> dict[Types, int]:
        """Position of each multiset."""
        return {types: position for position, types in enumerate(self.all)}

    @cached_property
    def actions(self) -> tuple[tuple[int, ...], ...]:
        """For each relabelling of the hidden indices, where it sends each multiset."""
        result = []
        for order in permutations(range(self.hidden)):
            moved = [
                sum(1 << order[k] for k in range(self.hidden) if kind >> k & 1)
                for kind in range(1 << self.hidden)
            ]
            result.append(
                tuple(self.index[tuple(sorted(moved[t] for t in types))] for types in self.all)
            )
        return tuple(result)

    def canonical(self, rows: int, columns: int) -> tuple[int, int]:
        """The least equivalent pair of positions (relabelling and transposition)."""
        best = (rows, columns)
        for action in self.actions:
            a, b = action[rows], action[columns]
            best = min(best, (a, b), (b, a))
        return best

    def patterns(self) -> Iterator[tuple[Types, Types]]:
        """One representative of each class in which all hidden indices occur on both sides.

        Small patterns come first.
        """
        full = (1 << self.hidden) - 1
        used = [0] * len(self.all)
        for position, types in enumerate(self.all):
            for kind in types:
                used[position] |= kind
        positions = [p for p, mask in enumerate(used) if mask == full]
        classes = {
            (a, b)
            for a in positions
            for b in positions
            if b >= a and self.canonical(a, b) == (a, b)
        }
        order = sorted(classes, key=lambda p: (len(self.all[p[0]]) + len(self.all[p[1]]), p))
        for a, b in order:
            yield self.all[a], self.all[b]
