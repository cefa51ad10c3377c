"""A factor without zeros that has fewer lines than there are hidden indices: parts of the question, and pinned vectors.

Some hidden indices are *tight* when they have as many lines of their own as members. If these lines of a target have
that rank, the vectors of the indices lie in the space that the lines span. A line all of whose hidden indices are
pinned in this way cannot leave the sum of these spaces, but a limit can.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import nmod_mat

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.finite import PRIME
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.rules.pairs.growing import Cell
    from closedness.rules.pairs.incidence import Incidence

__all__ = ["Pinned", "largest_unions", "pinned_limit"]

MOST_UNIONS = 4_000
NUMBERS = (3, 9, 99, 9_999)  # sizes of the entries drawn for a limit, tried in turn


def unions(incidence: Incidence, most: int, budget: Budget = UNLIMITED) -> Iterator[int]:
    """The unions of the hidden indices of lines that have at most `most` members, as far as they are not too many.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> sorted(unions(Incidence.of_types([1, 2, 6], across=1), 2))
    [1, 2, 3, 6]
    """
    types = sorted({mask for mask in incidence.types.values() if mask.bit_count() <= most}, key=int.bit_count)
    seen = set(types)
    queue = list(types)
    for mask in queue:
        if budget.expired():
            return
        yield mask
        for other in types:
            union = mask | other
            if union not in seen and union.bit_count() <= most and len(seen) < MOST_UNIONS:
                seen.add(union)
                queue.append(union)


def largest_unions(incidence: Incidence, most: int, budget: Budget = UNLIMITED) -> list[int]:
    """Those of `unions` that no other line can join, the largest first.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> largest_unions(Incidence.of_types([1, 2, 6], across=1), 2)
    [3, 6]
    """
    types = set(incidence.types.values())
    found = [
        mask
        for mask in unions(incidence, most, budget)
        if all((mask | other).bit_count() > most for other in types if other & ~mask)
    ]
    return sorted(found, key=lambda mask: (-mask.bit_count(), mask))


@dataclass(frozen=True)
class Pinned:
    """A limit in which the hidden indices of a line are pinned.

    Attributes
    ----------
    line : int
    groups : list of list of int
        Lines that have, group by group, as their rank the number of their hidden indices.
    width : int
        The number of positions of the target; the last one is zero but for the line.
    target : dict of (line, position) to Fraction
    left : dict of (line, hidden index) to (exponent, number)
    right : dict of (hidden index, position) to (exponent, number)
    """

    line: int
    groups: list[list[int]]
    width: int
    target: dict[Cell, Fraction]
    left: dict[Cell, tuple[int, Fraction]]
    right: dict[Cell, tuple[int, Fraction]]


def pinned_limit(incidence: Incidence, budget: Budget = UNLIMITED) -> Pinned | None:
    """A line whose hidden indices are pinned by tight sets that do not contain all of them, and the limit.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> found = pinned_limit(Incidence.of_types([1, 2, 4, 7], across=0b11))
    >>> found.line, found.groups
    (3, [[0], [1], [2]])
    >>> pinned_limit(Incidence.of_types([1, 2, 3, 7], across=0b11)).line
    2
    """
    tight: dict[int, list[int]] = {}
    for mask in unions(incidence, incidence.across.bit_count() - 1, budget):
        for chosen, lines in _tight(incidence, mask):
            tight.setdefault(chosen, lines)
    best: tuple[int, int, list[int]] | None = None
    for line, mask in incidence.types.items():
        groups = _cover(mask, [chosen for chosen in tight if mask & ~chosen])
        if groups:
            size = sum(group.bit_count() for group in groups)
            best = min(best or (size, line, groups), (size, line, groups))
    if best is None:
        return None
    _, line, groups = best
    rng = random.Random(0)
    for size in NUMBERS:
        found = _drawn(incidence, line, [(group, tight[group]) for group in groups], rng, size)
        if found is not None:
            return found
    return None


def _tight(incidence: Incidence, mask: int) -> Iterator[tuple[int, list[int]]]:
    """The largest tight set inside `mask`, and a line for each member."""
    own = mask_of(line for line, types in incidence.types.items() if not types & ~mask)
    members = {k: incidence.members[k] & own for k in bits(mask)}
    matching = Matching(members, own)
    chosen = [k for k in members if k not in matching.stuck]
    if chosen:
        yield mask_of(chosen), sorted(matching.bit_of[k] for k in chosen)


def _cover(mask: int, tight: list[int]) -> list[int]:
    """Few small sets whose union contains `mask`, or none."""
    chosen: list[int] = []
    missing = mask
    while missing:
        best = max(tight, key=lambda each: ((each & missing).bit_count(), -each.bit_count()), default=0)
        if not best & missing:
            return []
        chosen.append(best)
        missing &= ~best
    return chosen


def _drawn(
    incidence: Incidence, line: int, groups: list[tuple[int, list[int]]], rng: random.Random, size: int
) -> Pinned | None:
    """The limit with random entries up to `size`, or None if they are special."""
    mask = incidence.types[line]
    width = max(chosen.bit_count() for chosen, _ in groups)
    everything = mask
    for chosen, _ in groups:
        everything |= chosen
    rows = sorted({i for _, lines in groups for i in lines})
    X = {(i, k): rng.randint(1, size) for i in rows for k in bits(incidence.types[i])}
    Y = {(k, j): rng.randint(-size, size) for k in bits(everything) for j in range(width)}
    # the vectors of the line's hidden indices have sum zero
    last, *others = sorted(bits(mask), reverse=True)
    Y |= {(last, j): -sum(Y[k, j] for k in others) for j in range(width)}
    target = {
        (i, j): Fraction(value)
        for i in rows
        for j in range(width)
        if (value := sum(X[i, k] * Y[k, j] for k in bits(incidence.types[i])))
    }
    for chosen, lines in groups:
        block = [[int(target.get((i, j), 0)) for j in range(width)] for i in lines]
        if nmod_mat(block, PRIME).rank() < chosen.bit_count():
            return None
    target[line, width] = Fraction(1)
    left = {cell: (0, Fraction(value)) for cell, value in X.items()}
    left |= {(line, k): (-1, Fraction(1)) for k in bits(mask)}
    right = {cell: (0, Fraction(value)) for cell, value in Y.items() if value}
    right[last, width] = (1, Fraction(1))
    return Pinned(line, [lines for _, lines in groups], width + 1, target, left, right)
