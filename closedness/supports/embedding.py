"""Small patterns as sub-patterns: places of their rows, columns and hidden indices in larger ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import permutations
from math import perm
from typing import TYPE_CHECKING, Protocol

from closedness.algebra.bitsets import bits
from closedness.algebra.deadline import NEVER, Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.supports.pattern import Pattern

# with more ways to place the hidden indices than this the search would take too long
MOST_PLACEMENTS = 1_400


class SmallPattern(Protocol):
    """What is looked for: row and column types over the hidden indices 0, 1, …."""

    @property
    def rows(self) -> tuple[int, ...]:
        """Row types."""

    @property
    def columns(self) -> tuple[int, ...]:
        """Column types."""

    @property
    def hidden(self) -> int:
        """Number of hidden indices."""


@dataclass(frozen=True)
class Embedding:
    """Where the rows, columns and hidden indices of a small pattern sit.

    With `transposed`, `rows` are the places of the small pattern's rows among the columns.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[int, ...]
    transposed: bool


def embeddings(
    pattern: Pattern, small: SmallPattern, *, budget: Deadline = NEVER
) -> Iterator[Embedding]:
    """Places of a small pattern in a pattern whose cells are all looked at."""
    terms = list(bits(pattern.terms))
    if small.hidden > len(terms) or perm(len(terms), small.hidden) > MOST_PLACEMENTS:
        return
    for transposed in (False, True):
        rows, columns = pattern.row_types, pattern.col_types
        if transposed:
            rows, columns = columns, rows
        row_counts, column_counts = Counter(rows), Counter(columns)
        for chosen in permutations(terms, small.hidden):
            if budget.expired():
                return
            found = _embed(row_counts, column_counts, small, chosen, pattern.terms, budget)
            if found is not None:
                yield Embedding(_places(rows, found[0]), _places(columns, found[1]), chosen, transposed)


def _places(types: tuple[int, ...], wanted: list[int]) -> tuple[int, ...]:
    used: set[int] = set()
    places = []
    for kind in wanted:
        place = next(i for i, t in enumerate(types) if t == kind and i not in used)
        used.add(place)
        places.append(place)
    return tuple(places)


def _embed(
    rows: Counter[int],
    columns: Counter[int],
    small: SmallPattern,
    chosen: tuple[int, ...],
    terms: int,
    budget: Deadline,
) -> tuple[list[int], list[int]] | None:
    """Types for the small pattern's rows and columns, without foreign common indices."""
    image = {1 << k: 1 << place for k, place in enumerate(chosen)}
    inner = sum(image.values())
    outer = terms & ~inner

    def moved(kind: int) -> int:
        return sum(image[1 << k] for k in bits(kind))

    want_rows, want_columns = Counter(map(moved, small.rows)), Counter(map(moved, small.columns))
    for want, have in ((want_rows, rows), (want_columns, columns)):
        for kind, count in want.items():
            if sum(n for t, n in have.items() if t & inner == kind) < count:
                return None
    # an outer index may occur in the chosen rows or in the chosen columns, not in both: rows are chosen one by one as
    # long as columns are left for them, and of choices that use the same outer indices one is enough
    level: dict[int, list[int]] = {0: []}
    for kind, count in want_rows.items():
        for _ in range(count):
            following: dict[int, list[int]] = {}
            for used, found in level.items():
                for t, n in rows.items():
                    if budget.expired():
                        return None
                    union = used | t & outer
                    if t & inner != kind or union in following or found.count(t) == n:
                        continue
                    if _choose(columns, want_columns, inner, union) is not None:
                        following[union] = [*found, t]
            level = following
    for used, found_rows in level.items():
        found_columns = _choose(columns, want_columns, inner, used)
        assert found_columns is not None
        order_rows = _ordered(found_rows, [moved(t) for t in small.rows], inner)
        order_columns = _ordered(found_columns, [moved(t) for t in small.columns], inner)
        return order_rows, order_columns
    return None


def _choose(have: Counter[int], want: Counter[int], inner: int, absent: int) -> list[int] | None:
    """Types of the wanted kinds without the indices in `absent`."""
    chosen: list[int] = []
    for kind, count in want.items():
        for t, n in have.items():
            if t & inner == kind and not t & absent:
                take = min(n, count)
                chosen.extend([t] * take)
                count -= take
        if count:
            return None
    return chosen


def _ordered(chosen: list[int], wanted: list[int], inner: int) -> list[int]:
    pool = list(chosen)
    order = []
    for kind in wanted:
        place = next(p for p, t in enumerate(pool) if t & inner == kind)
        order.append(pool.pop(place))
    return order
