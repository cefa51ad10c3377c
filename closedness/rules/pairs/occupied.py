"""Lines that occupy hidden indices, beside a factor without zeros with fewer lines than there are hidden indices.

Some lines grow; their vectors then need hidden indices of their own. A hidden index that is left is *given* to the
other lines, for a multiple of one vector or of another one, or for neither. If no choice of what is given serves all
of them, the limit is no product (Theorem 9 on the page of ``dense``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from flint import fmpq_mat

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget
from closedness.rules.pairs.growing import fraction, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.rules.pairs.incidence import Incidence

__all__ = ["Occupied", "can_be_served", "occupied_limit"]

Cell = tuple[int, int]
MOST_SETS = 20_000  # sets of growing lines that are looked at
MOST_CHOICES = 6_000  # choices of what is given, for one set of growing lines
NEITHER = 2
NUMBERS = (3, 9, 99, 9_999)  # sizes of the entries drawn for a limit, tried in turn


@dataclass(frozen=True)
class Occupied:
    """A limit in which lines grow that occupy too many hidden indices.

    Attributes
    ----------
    lines : list of int
        The lines that grow; on them the target is a unit matrix, at the last positions.
    groups : list of list of int
        Other lines, one group for each of the first positions: not zero there, and zero elsewhere.
    width : int
        The number of positions of the target.
    target : dict of (line, position) to Fraction
    left : dict of (line, hidden index) to (exponent, number)
    right : dict of (hidden index, position) to (exponent, number)
    """

    lines: list[int]
    groups: list[list[int]]
    width: int
    target: dict[Cell, Fraction]
    left: dict[Cell, tuple[int, Fraction]]
    right: dict[Cell, tuple[int, Fraction]]


def occupied_limit(incidence: Incidence, budget: Budget = UNLIMITED) -> Occupied | None:
    """Lines that grow and leave too few hidden indices to the others, and the limit.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> found = occupied_limit(Incidence.of_types([1, 2, 4, 7], across=0b11))
    >>> found.lines, found.groups
    ([3], [[0, 1, 2]])
    >>> occupied_limit(Incidence.of_types([3, 5, 6, 7], across=0b11)) is None
    True
    """
    for groups in (1, 2):
        for grown, others in _grown(incidence, groups, budget):
            for chosen in _divided(others, groups):
                if budget.expired():
                    return None
                if not can_be_served(incidence, grown, chosen, budget):
                    return _drawn(incidence, grown, chosen)
    return None


def _grown(incidence: Incidence, groups: int, budget: Budget) -> Iterator[tuple[list[int], list[int]]]:
    """Lines that can grow, and the others where the first positions are free; those with few hidden indices first."""
    lines = sorted(incidence.types)
    size = incidence.across.bit_count() - groups
    if size < 1 or size >= len(lines) or comb(len(lines), size) > MOST_SETS:
        return
    share = {line: mask.bit_count() for line, mask in incidence.types.items()}
    left = sorted(combinations(lines, len(lines) - size), key=lambda others: sum(share[line] for line in others))
    for others in left:
        if budget.expired():
            return
        grown = [line for line in lines if line not in others]
        if not _matched(incidence, grown, 0):
            continue
        free = [line for line in others if _matched(incidence, grown + [line] * groups, 0)]
        if len(free) >= groups:
            yield grown, free


def _matched(incidence: Incidence, lines: list[int], given: int) -> bool:
    """Whether lines have hidden indices of their own beside those given."""
    wishes = {place: incidence.types[line] & ~given for place, line in enumerate(lines)}
    return len(Matching(wishes, mask_of(incidence.members))) == len(lines)


def _divided(lines: list[int], groups: int) -> Iterator[dict[int, int]]:
    """The group of each line, up to names of the groups."""
    if groups == 1:
        yield dict.fromkeys(lines, 0)
        return
    for code in range(1, 1 << len(lines) - 1):
        yield {line: code >> place & 1 for place, line in enumerate(lines)}


def can_be_served(
    incidence: Incidence, grown: list[int], group: dict[int, int], budget: Budget = UNLIMITED
) -> bool:
    """Whether some choice of what is given serves all lines (or there are too many choices to tell).

    Parameters
    ----------
    incidence : Incidence
    grown : list of int
        Lines that need hidden indices of their own, which are not given.
    group : dict of int to int
        Of each other line its group, 0 or 1.
    budget : Budget, optional
        Ends the search; the answer is then yes.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> lines = Incidence.of_types([1, 2, 4, 7], across=0b11)
    >>> can_be_served(lines, [3], {0: 0, 1: 0}), can_be_served(lines, [3], {0: 0, 1: 0, 2: 0})
    (True, False)
    """
    one = set(group.values()) == {0}
    types = {line: incidence.types[line] for line in grown}
    every = mask_of(incidence.members)
    needy = sorted((list(bits(incidence.types[line])), wanted) for line, wanted in group.items())
    needy.sort(key=lambda each: len(each[0]))
    stack: list[tuple[dict[int, int], frozenset[Cell], dict[int, int]]] = [({}, frozenset(), {})]
    seen = 0
    while stack:
        given, barred, own = stack.pop()
        seen += 1
        if seen > MOST_CHOICES or budget.expired():
            return True
        start = {line: k for line, k in own.items() if k not in given}
        matching = Matching(types, every & ~mask_of(given), start)
        if len(matching) < len(grown):
            continue
        for terms, wanted in needy:
            kinds = [given[k] for k in terms if k in given]
            if not _serves(kinds, wanted):
                break
        else:
            return True
        options = [wanted] if one else [wanted, NEITHER] + [1 - wanted] * (NEITHER in kinds)
        for k in terms:
            for kind in options:
                if k not in given and (k, kind) not in barred:
                    stack.append(({**given, k: kind}, barred, matching.bit_of))
                    barred |= {(k, kind)}
    return False


def _serves(kinds: list[int], wanted: int) -> bool:
    """Whether multiples of these vectors can have a multiple of the wanted one as their sum."""
    return wanted in kinds or kinds.count(NEITHER) + (1 - wanted in kinds) >= 2


def _drawn(incidence: Incidence, grown: list[int], group: dict[int, int]) -> Occupied | None:
    """The limit, with random entries in the lines that grow."""
    rng = random.Random(0)
    for size in NUMBERS:
        found = _of_numbers(incidence, grown, group, rng, size)
        if found is not None:
            return found
    return None


def _of_numbers(
    incidence: Incidence, grown: list[int], group: dict[int, int], rng: random.Random, size: int
) -> Occupied | None:
    terms = list(incidence.members)
    first = max(group.values()) + 1
    X = {(i, k): rng.randint(1, size) for i in grown for k in bits(incidence.types[i])}
    solved = unseen(grown, terms, X)
    pivots, rank = list(solved), len(grown)
    if len(pivots) < rank:
        return None
    # columns that the growing lines do not see, and below them columns that invert these lines
    Y = {(k, b): Fraction(rng.randint(-size, size)) for k in terms for b in range(first)}
    for pivot, combination in solved.items():
        for b in range(first):
            Y[pivot, b] = sum((value * Y[k, b] for k, value in combination.items()), Fraction(0))
    square = fmpq_mat(rank, rank, [X.get((i, pivot), 0) for i in grown for pivot in pivots]).inv()
    right = {cell: (0, value) for cell, value in Y.items() if value}
    for row, pivot in enumerate(pivots):
        for column in range(rank):
            if square[row, column] != 0:
                right[pivot, first + column] = (1, fraction(square[row, column]))
    left = {cell: (-1, Fraction(value)) for cell, value in X.items()}
    target = {(line, first + place): Fraction(1) for place, line in enumerate(grown)}
    for line, wanted in group.items():
        entries = _solved(Y, list(bits(incidence.types[line])), wanted, first, rng)
        if entries is None:
            return None
        left |= {(line, k): (0, value) for k, value in entries.items() if value}
        target[line, wanted] = sum((value * Y[k, wanted] for k, value in entries.items()), Fraction(0))
    groups = [[line for line, wanted in group.items() if wanted == b] for b in range(first)]
    return Occupied(grown, groups, first + rank, target, left, right)


def _solved(
    Y: dict[Cell, Fraction], terms: list[int], wanted: int, first: int, rng: random.Random
) -> dict[int, Fraction] | None:
    """Entries of a line, few of them, whose product has one position that is not zero."""
    if first == 1:
        k = next((k for k in terms if Y[k, 0]), None)
        return None if k is None else {k: 1 / Y[k, 0]}
    for k, l in combinations(terms, 2):
        if (Y[k, 0] * Y[l, 1] - Y[l, 0] * Y[k, 1]) != 0:
            return {k: Y[l, 1 - wanted], l: -Y[k, 1 - wanted]}
    return None
