"""Placements of ones, at most one in a line: their order, and the curves that go down in it.

With rows and columns sorted so that their types grow, the products are stable under adding earlier
rows to later ones, earlier columns to later ones, and scaling. The orbits of these operations are
represented by placements; the closure of an orbit consists of the orbits of the placements with
smaller leading counts (``docs/rules/orbits.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.algebra.laurent import Laurent, product_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Placement = tuple[int, ...]  # the column of the one in each row, or -1
Bounds = tuple[tuple[int, ...], ...]
Entries = dict[tuple[int, int], Laurent]


def leading_counts(placement: Placement, n: int) -> Bounds:
    """Numbers of ones in the leading blocks: entry ``[p-1][q-1]`` for the p×q block.

    Examples
    --------
    >>> leading_counts((1, 0), 2)
    ((0, 1), (1, 2))
    """
    counts = []
    row = [0] * n
    for column in placement:
        if column >= 0:
            row = [value + (q >= column) for q, value in enumerate(row)]
        counts.append(tuple(row))
    return tuple(counts)


def below(first: Bounds, second: Bounds) -> bool:
    """Every leading count is at most the other's."""
    return all(a <= b for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True))


def placements_within(bounds: Bounds, n: int) -> Iterator[Placement]:
    """All placements whose leading counts are within the bounds.

    Examples
    --------
    >>> sum(1 for _ in placements_within(((1, 1), (1, 2)), 2))
    7
    """

    def extend(prefix: Placement, counts: tuple[int, ...]) -> Iterator[Placement]:
        if len(prefix) == len(bounds):
            yield prefix
            return
        bound = bounds[len(prefix)]
        for column in range(-1, n):
            if column >= 0 and column in prefix:
                continue
            new = counts if column < 0 else tuple(c + (q >= column) for q, c in enumerate(counts))
            if all(a <= b for a, b in zip(new, bound, strict=True)):
                yield from extend((*prefix, column), new)

    yield from extend((), (0,) * n)


@dataclass(frozen=True)
class Move:
    """One step down: the new placement, and row and column operations in ``t`` that tend to it."""

    result: Placement
    rows: Entries
    columns: Entries


def moves(placement: Placement, n: int) -> Iterator[Move]:
    """Steps to smaller placements.

    Two ones in north-west to south-east order change to the other diagonal; a one moves down or
    to the right into an empty line; a one vanishes.
    """
    m = len(placement)
    one = Fraction(1)
    taken = {column for column in placement if column >= 0}
    for p, column in enumerate(placement):
        if column < 0:
            continue

        def changed(**new: int) -> Placement:
            return tuple(new.get(f"r{i}", c) for i, c in enumerate(placement))

        for p2 in range(p + 1, m):
            other = placement[p2]
            if other > column:
                # [[1, 0], [1/t, 1]] · [[1, 0], [0, 1]] · [[t, 1], [0, -1/t]] = [[t, 1], [1, 0]]
                rows = {**_identity(m), (p2, p): {-1: one}}
                columns = {
                    **_identity(n),
                    (column, column): {1: one},
                    (column, other): {0: one},
                    (other, other): {-1: -one},
                }
                yield Move(changed(**{f"r{p}": other, f"r{p2}": column}), rows, columns)
            elif other < 0:
                rows = {**_identity(m), (p, p): {1: one}, (p2, p): {0: one}}
                yield Move(changed(**{f"r{p}": -1, f"r{p2}": column}), rows, _identity(n))
        for q in range(column + 1, n):
            if q not in taken:
                columns = {**_identity(n), (column, column): {1: one}, (column, q): {0: one}}
                yield Move(changed(**{f"r{p}": q}), _identity(m), columns)
        rows = {**_identity(m), (p, p): {1: one}}
        yield Move(changed(**{f"r{p}": -1}), rows, _identity(n))


def descent(start: Placement, goal: Placement, n: int) -> list[Move] | None:
    """Moves that lead from one placement down to another one, or None."""
    wanted = leading_counts(goal, n)
    if not below(wanted, leading_counts(start, n)):
        return None
    path: list[Move] = []
    current = start
    while current != goal:
        step = next(
            (move for move in moves(current, n) if below(wanted, leading_counts(move.result, n))), None
        )
        if step is None:
            return None
        path.append(step)
        current = step.result
    return path


def combined(path: list[Move], m: int, n: int) -> tuple[Entries, Entries]:
    """Row and column operations that take the first placement of a descent to the last one.

    A limit of limits is a limit: the operations of earlier moves are taken at a high power of t, so that
    what they leave over vanishes under the later ones.
    """
    rows, columns = _identity(m), _identity(n)
    for move in reversed(path):
        # the moves so far have poles of this order at most; the new one leaves over multiples of s = t^power
        power = 1 + _pole(rows) + _pole(columns)
        rows = product_of((rows, _in_power(move.rows, power)))
        columns = product_of((_in_power(move.columns, power), columns))
    return rows, columns


def _pole(entries: Entries) -> int:
    return -min((e for entry in entries.values() for e in entry), default=0)


def _in_power(entries: Entries, power: int) -> Entries:
    return {cell: {e * power: v for e, v in entry.items()} for cell, entry in entries.items()}


def _identity(size: int) -> Entries:
    return {(i, i): {0: Fraction(1)} for i in range(size)}

