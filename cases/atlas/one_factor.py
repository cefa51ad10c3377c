"""Minimal supports beside a factor without zeros that are not closed, by the complete criterion of rule ``dense``.

Let ``Y`` be free with at least as many columns of the product as hidden indices. A support of ``X`` is written by the
types of its rows. Deletion of rows keeps sets closed, a type need not occur more often than it has members (rule
``twins``), and by Theorems 2 and 3 of rule ``dense`` a support is not closed if and only if, after the reduction there,
some set of rows is crowded. Each minimal support extends a closed one by a row, so going through the closed ones, row
by row and up to the names of the hidden indices, meets all minimal ones.
"""

from __future__ import annotations

import hashlib
import json
import time
from functools import reduce
from itertools import combinations, permutations
from operator import or_
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["crowded_rows", "minimal_supports", "table"]

Types = tuple[int, ...]
LISTED = 4  # hidden indices up to which a table holds the supports themselves


def matched(rows: Sequence[int]) -> dict[int, int]:
    """A largest matching: the row of each matched hidden index."""
    partner: dict[int, int] = {}

    def augmented(i: int, seen: set[int]) -> bool:
        for k in bits(rows[i]):
            if k not in seen:
                seen.add(k)
                if k not in partner or augmented(partner[k], seen):
                    partner[k] = i
                    return True
        return False

    for i in range(len(rows)):
        augmented(i, set())
    return partner


def reduced(rows: Sequence[int]) -> list[int]:
    """What Lemma 1 of rule ``dense`` leaves: hidden indices of which any have more rows than members."""
    partner = matched(rows)
    reached, stack = 0, [i for i in range(len(rows)) if i not in partner.values()]
    while stack:
        for k in bits(rows[stack.pop()] & ~reached):
            reached |= 1 << k
            stack.append(partner[k])
    dropped = reduce(or_, rows, 0) & ~reached
    return [row for row in rows if not row & dropped]


def crowded_rows(rows: Sequence[int]) -> tuple[int, ...] | None:
    """A smallest crowded set among the rows that the reduction leaves, as their types; None if there is none.

    Examples
    --------
    >>> crowded_rows((1, 2, 3)), crowded_rows((1, 3, 3))
    ((3,), None)
    """
    left = reduced(rows)
    terms = list(bits(reduce(or_, left, 0)))
    lines = {k: sum(1 << i for i, row in enumerate(left) if row >> k & 1) for k in terms}
    need = {k: len(terms) - len(matched([row for row in left if not row >> k & 1])) for k in terms}
    for size in range(1, len(terms)):
        if sum(each <= size for each in need.values()) > size:
            for chosen in combinations(range(len(left)), size):
                mask = sum(1 << i for i in chosen)
                if sum((lines[k] & mask).bit_count() >= need[k] for k in terms) > size:
                    return tuple(left[i] for i in chosen)
    return None


def minimal_supports(
    hidden: int, progress: Callable[[int, int, int], None] | None = None
) -> Iterator[tuple[Types, Types]]:
    """The minimal supports with exactly so many hidden indices, each with a crowded set of rows.

    Parameters
    ----------
    hidden : int
    progress : callable, optional
        Called with the number of rows, of closed supports and of minimal ones.

    Examples
    --------
    >>> list(minimal_supports(2))
    [((1, 2, 3), (3,))]
    """
    names = [[sum(1 << p[k] for k in bits(t)) for t in range(1 << hidden)] for p in permutations(range(hidden))]
    known: dict[Types, Types | None] = {}

    def representative(rows: Types) -> Types:
        return min(tuple(sorted([name[t] for t in rows])) for name in names)

    def crowded(rows: Types) -> Types | None:
        if rows not in known:
            known[rows] = crowded_rows(rows)
        return known[rows]

    level: list[Types] = [()]
    while level:
        larger = {
            tuple(sorted((*rows, t)))
            for rows in level
            for t in range(1, 1 << hidden)
            if rows.count(t) < t.bit_count()
        }
        level, found = [], []
        for rows in sorted({representative(rows) for rows in larger}):
            crowd = crowded(rows)
            if crowd is None:
                level.append(rows)
            elif reduce(or_, rows) + 1 == 1 << hidden and all(
                crowded(rows[:i] + rows[i + 1 :]) is None for i in range(len(rows))
            ):
                found.append((rows, crowd))
        known.clear()
        if progress is not None and larger:
            progress(len(next(iter(larger))), len(level), len(found))
        yield from found


def table(largest: int, done: dict[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Numbers of minimal supports by hidden indices and rows; the supports themselves for few hidden indices.

    Parameters
    ----------
    largest : int
        At most so many hidden indices.
    done : dict
        What is known from an earlier call; it is not done again.
    progress : callable
        Called with the table after each number of hidden indices.
    """
    found = dict(done)
    for hidden in range(2, largest + 1):
        if str(hidden) in found:
            continue
        start = time.process_time()
        closed: dict[str, int] = {}
        supports = list(
            minimal_supports(hidden, lambda m, number, _: closed.update({str(m): number}))  # noqa: B023 - used at once
        )
        sizes = sorted({len(rows) for rows, _ in supports})
        lines = [" ".join(map(str, rows)) for rows, _ in sorted(supports)]
        entry: dict[str, Any] = {
            "minimal": {str(m): sum(len(rows) == m for rows, _ in supports) for m in sizes},
            "closed": {m: number for m, number in closed.items() if number},
            "crowded_rows": {
                str(s): sum(len(crowd) == s for _, crowd in supports)
                for s in sorted({len(crowd) for _, crowd in supports})
            },
            "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
            "processor_seconds": round(time.process_time() - start, 1),
        }
        if hidden <= LISTED:
            entry["supports"] = lines
        found[str(hidden)] = entry
        progress(found)
    return found


def stored(path: Any) -> dict[str, Any]:
    """The table of a file, empty when there is none."""
    return json.loads(path.read_text(encoding="utf-8"))["hidden"] if path.exists() else {}
