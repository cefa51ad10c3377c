"""Rank conditions: proofs that the matrices of a family are not even limits of products."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.equations.covers import small_cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.supports.state import State

Node = dict[str, Any]
# partial triangles looked at in one state
MOST_TRIANGLES = 3_000
CoveredMinor = tuple[list[int], list[int], Node]


def triangular_minor(state: State, largest: int = 6) -> CoveredMinor | None:
    """A minor that is triangular with non-zero diagonal and exceeds the rank of all products.

    Returns
    -------
    (rows, columns, cover) or None
        Row names, columns, and fewer rows, columns and hidden indices than the size of the minor
        that cover all products there.
    """
    support = [s | z for s, z in zip(state.star, state.nonzero, strict=True)]
    entries = [(p, j) for p, mask in enumerate(state.nonzero) for j in bits(mask)]

    left = MOST_TRIANGLES

    def extend(chosen: list[tuple[int, int]], used: int, columns: int) -> CoveredMinor | None:
        nonlocal left
        left -= 1
        if left < 0:
            return None
        if chosen:
            positions = [p for p, _ in chosen]
            cover = small_cover(state, positions, columns, len(chosen) - 1)
            if cover is not None:
                return [state.rows[p] for p in positions], [j for _, j in chosen], cover
        if len(chosen) >= min(largest, len(state.rows)):
            return None
        for p, j in entries:
            if used >> p & 1 or columns >> j & 1:
                continue
            # the new row is zero in the earlier columns, and the whole minor is looked at
            if support[p] & columns or state.omega[p] & columns != columns:
                continue
            if any(not state.omega[q] >> j & 1 for q, _ in chosen):
                continue
            found = extend([*chosen, (p, j)], used | 1 << p, columns | 1 << j)
            if found is not None:
                return found
        return None

    return extend([], 0, 0)


def bounded_minors(state: State, largest: int = 5) -> Iterator[CoveredMinor]:
    """All minors that vanish on every product, small ones first."""
    live = sorted({j for omega in state.omega for j in bits(omega)})
    for size in range(1, min(len(state.rows), len(live), largest) + 1):
        for positions in combinations(range(len(state.rows)), size):
            for columns in combinations(live, size):
                mask = mask_of(columns)
                if any(state.omega[p] & mask != mask for p in positions):
                    continue
                cover = small_cover(state, list(positions), mask, size - 1)
                if cover is not None:
                    yield [state.rows[p] for p in positions], list(columns), cover
