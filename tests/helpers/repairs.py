"""Repairs by going through all sets of changes: verdicts of all supports of some sizes, one decision for each class."""

from __future__ import annotations

from functools import cache
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from closedness import Status, SupportProduct, decide
from closedness.repair.changes import Change, Rules

if TYPE_CHECKING:
    from collections.abc import Iterator

Sizes = tuple[int, int, int]


def product_of(bits: int, sizes: Sizes) -> SupportProduct:
    """The supports in which entry number p is allowed where bit p is set; see `places`."""
    m, r, n = sizes
    left = [[bits >> (i * r + k) & 1 for k in range(r)] for i in range(m)]
    right = [[bits >> (m * r + k * n + j) & 1 for j in range(n)] for k in range(r)]
    return SupportProduct([left, right])


def places(sizes: Sizes) -> list[Change]:
    """The entries of the two factors, in the order of the bits."""
    m, r, n = sizes
    return [Change(0, i, k) for i in range(m) for k in range(r)] + [Change(1, k, j) for k in range(r) for j in range(n)]


@cache
def closed_ones(sizes: Sizes) -> tuple[bytearray, tuple[int, ...]]:
    """For all supports of these sizes whether they are closed, and one of each class of permuted ones."""
    m, r, n = sizes
    every = places(sizes)
    number = {place: p for p, place in enumerate(every)}
    moves = [
        [
            number[Change(0, rows[each.row], hidden[each.column])]
            if each.factor == 0
            else number[Change(1, hidden[each.row], columns[each.column])]
            for each in every
        ]
        for rows in permutations(range(m))
        for hidden in permutations(range(r))
        for columns in permutations(range(n))
    ]
    status, classes = bytearray(1 << len(every)), []
    for bits in range(1 << len(every)):
        if status[bits]:
            continue
        classes.append(bits)
        answer = decide(product_of(bits, sizes)).status
        assert answer is not Status.UNDECIDED
        for move in moves:
            image = 0
            for p, to in enumerate(move):
                image |= (bits >> p & 1) << to
            status[image] = 1 + (answer is Status.CLOSED)
    return status, tuple(classes)


def all_smallest(bits: int, sizes: Sizes, rules: Rules, at_most: int) -> tuple[int | None, set[frozenset[Change]]]:
    """The size of the smallest repairs, and all of them; (None, nothing) if they have more than so many changes."""
    status, _ = closed_ones(sizes)
    every = places(sizes)
    allowed = [
        p
        for p, place in enumerate(every)
        if place not in rules.keep and (rules.remove if bits >> p & 1 else rules.add)
    ]
    for size in range(at_most + 1):
        found = {
            frozenset(every[p] for p in chosen)
            for chosen in combinations(allowed, size)
            if status[bits ^ sum(1 << p for p in chosen)] == 2
        }
        if found:
            return size, found
    return None, set()


def shapes(rows: int, hidden: int) -> Iterator[Sizes]:
    """All sizes with at most so many rows, columns and hidden indices."""
    for m in range(1, rows + 1):
        for n in range(1, rows + 1):
            for r in range(1, hidden + 1):
                yield m, r, n
