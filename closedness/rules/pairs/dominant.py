"""Rule ``dominant``, over the complex numbers only: a closed subset that is dense is everything.

Smaller supports that are crossing give a closed set. If the products with these supports are dense in the matrices on
all covered cells, which the Jacobian at one point shows, they are all these matrices, and so are the products with the
larger supports. Over the real numbers the subset has inner points, but it need not be dense.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from flint import nmod_mat

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME
from closedness.budget import UNLIMITED, Budget
from closedness.rules.rule import Rule
from closedness.supports.graph import not_crossing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.supports.pattern import Pattern

Node = dict[str, Any]
# rows and columns (bitmasks) of smaller supports by hidden index
Supports = dict[int, tuple[int, int]]
Point = tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]
MOST_SUPPORTS = 2_000
MOST_CELLS = 400

__all__ = ["dominant", "point", "rank_at"]


def dominant(pattern: Pattern, *, budget: Budget = UNLIMITED) -> Node | None:
    """The proof node when smaller crossing supports give a dense set.

    Parameters
    ----------
    pattern : Pattern
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    dict or None
        Valid over the complex numbers.

    Examples
    --------
    >>> from closedness.supports.pattern import Pattern
    >>> dominant(Pattern.of_types([1, 3], [1, 3])) is None
    True
    """
    cells = {(i, j): position for position, (i, j) in enumerate(_cells(pattern))}
    if not cells or len(cells) > MOST_CELLS:
        return None
    rng = random.Random(0)
    for supports in _crossing_supports(pattern, len(cells)):
        if budget.expired():
            return None
        at = point(supports, rng)
        if rank_at(supports, at, cells) == len(cells):
            return _node(supports, at)
    return None


def _cells(pattern: Pattern) -> Iterator[tuple[int, int]]:
    for i, covered in enumerate(pattern.covered()):
        for j in bits(covered):
            yield i, j


def _parameters(supports: Supports) -> int:
    return sum(rows.bit_count() + columns.bit_count() - 1 for rows, columns in supports.values())


def _crossing_supports(pattern: Pattern, cells: int) -> Iterator[Supports]:
    """Smaller supports that are crossing pairwise and have enough parameters, the larger ones first."""
    start = {k: pattern.rectangle(k) for k in bits(pattern.terms)}
    start = {
        k: (rows, columns)
        for k, (rows, columns) in start.items()
        if not any(columns & ~pattern.cells[i] for i in bits(rows))
    }
    waiting, seen = [start], {tuple(sorted(start.items()))}
    while waiting and len(seen) < MOST_SUPPORTS:
        waiting.sort(key=_parameters)
        supports = waiting.pop()
        if _parameters(supports) < cells:
            return
        pair = not_crossing(supports)
        if pair is None:
            yield supports
            continue
        for smaller in _repairs(supports, *pair):
            key = tuple(sorted(smaller.items()))
            if key not in seen:
                seen.add(key)
                waiting.append(smaller)


def _repairs(supports: Supports, k: int, other: int) -> Iterator[Supports]:
    """The pair made crossing, or disjoint, by taking rows and columns away from one or both."""
    (i1, j1), (i2, j2) = supports[k], supports[other]
    for first, second in (
        ((i1 & i2, j1), (i2, j1 & j2)),
        ((i1, j1 & j2), (i1 & i2, j2)),
        ((i1 & ~i2, j1), (i2, j2)),
        ((i1, j1), (i2 & ~i1, j2)),
        ((i1, j1 & ~j2), (i2, j2)),
        ((i1, j1), (i2, j2 & ~j1)),
    ):
        changed = {**supports, k: first, other: second}
        yield {name: sides for name, sides in changed.items() if all(sides)}


def point(supports: Supports, rng: random.Random) -> Point:
    """Random entries of both factors within the supports."""
    left: dict[tuple[int, int], int] = {}
    right: dict[tuple[int, int], int] = {}
    for k, (rows, columns) in sorted(supports.items()):
        left |= {(i, k): rng.randint(1, 99) for i in bits(rows)}
        right |= {(k, j): rng.randint(1, 99) for j in bits(columns)}
    return left, right


def rank_at(supports: Supports, point: Point, cells: dict[tuple[int, int], int]) -> int:
    """The rank of the Jacobian of the product modulo a prime, a lower bound of the rank."""
    left, right = point
    lines = []
    for k, (rows, columns) in supports.items():
        for i in bits(rows):
            line = [0] * len(cells)
            for j in bits(columns):
                line[cells[i, j]] = right[k, j]
            lines.append(line)
        for j in bits(columns):
            line = [0] * len(cells)
            for i in bits(rows):
                line[cells[i, j]] = left[i, k]
            lines.append(line)
    return int(nmod_mat(lines, PRIME).rank()) if lines else 0


def _node(supports: Supports, point: Point) -> Node:
    left, right = point
    return {
        "rule": "dominant",
        "terms": [[k, list(bits(rows)), list(bits(columns))] for k, (rows, columns) in sorted(supports.items())],
        "left": [[i, k, value] for (i, k), value in sorted(left.items())],
        "right": [[k, j, value] for (k, j), value in sorted(right.items())],
        "then": {"rule": "crossing"},
    }


RULES = (
    Rule(
        "dominant",
        "pair",
        "a closed part of it is dense in the matrices on its support, so it is all of them",
        tell=lambda node, left: (
            "A dense part",
            "Entries are complex, and the products with the smaller supports below are dense in the matrices on the "
            "support: the derivative at one point has full rank. If their set is closed, it is all of these matrices.",
        ),
        fields=("complex",),
    ),
)
