"""The limit in which a set of lines grows beside a factor without zeros, and why it is no product."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq_mat, nmod_mat

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME, residue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from closedness.rules.pairs.incidence import Incidence

__all__ = ["RowBlock", "fraction", "row_block", "too_close", "unseen"]

Cell = tuple[int, int]


@dataclass(frozen=True)
class RowBlock:
    """A limit of products in which the lines of a block diverge.

    Attributes
    ----------
    target : dict of (line, position) to Fraction
        Its columns are numbered like the hidden indices, in increasing order.
    left : dict of (line, hidden index) to (exponent, number)
    right : dict of (hidden index, position) to (exponent, number)
    """

    target: dict[Cell, Fraction]
    left: dict[Cell, tuple[int, Fraction]]
    right: dict[Cell, tuple[int, Fraction]]


def row_block(incidence: Incidence, block: int, numbers: Mapping[Cell, int]) -> RowBlock:
    """The limit for a block `S` of lines and a matrix `X` on the incidences.

    With ``X_t`` the matrix `X` whose lines in `S` are divided by `t`, and a basis ``(B_1, B_2)`` of the coefficients
    with ``X_S B_1 = 0``, the product ``X_t (B_1, t B_2)`` tends to ``X B_1`` off `S` beside ``X_S B_2`` on `S`.

    Parameters
    ----------
    incidence : Incidence
    block : int
        Bitmask of the lines of `S`.
    numbers : dict of (line, hidden index) to int
        The entries of `X` that are not zero.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> lines = Incidence.of_types([1, 2, 3], across=0b11)
    >>> limit = row_block(lines, 0b100, {(0, 0): 1, (1, 1): 1, (2, 0): 1, (2, 1): 1})
    >>> {cell: str(value) for cell, value in limit.target.items()}
    {(2, 0): '1', (1, 1): '1', (0, 1): '-1'}
    """
    terms = list(incidence.members)
    place = {k: position for position, k in enumerate(terms)}
    solved = unseen(list(bits(block)), terms, numbers)
    right: dict[Cell, tuple[int, Fraction]] = {}
    for position, k in enumerate(terms):
        if k in solved:
            right[k, position] = (1, Fraction(1))
            continue
        right[k, position] = (0, Fraction(1))
        for pivot, combination in solved.items():
            if k in combination:
                right[pivot, position] = (0, combination[k])
    target: dict[Cell, Fraction] = {}
    for (k, position), (exponent, factor) in right.items():
        for i in bits(incidence.members[k]):
            value = numbers.get((i, k), 0)
            if value and (exponent == 1) == bool(block >> i & 1):
                target[i, position] = target.get((i, position), Fraction(0)) + value * factor
    left = {(i, k): (-(block >> i & 1), Fraction(value)) for (i, k), value in numbers.items() if k in place and value}
    return RowBlock({cell: value for cell, value in target.items() if value}, left, right)


def unseen(lines: Sequence[int], terms: Sequence[int], numbers: Mapping[Cell, int]) -> dict[int, dict[int, Fraction]]:
    """The vectors that some lines annihilate: entries of as many hidden indices as the rank, by those of the others.

    Examples
    --------
    >>> unseen([0], [3, 5], {(0, 3): 2, (0, 5): 4})
    {3: {5: Fraction(-2, 1)}}
    """
    inside = fmpq_mat(len(lines), len(terms), [numbers.get((i, k), 0) for i in lines for k in terms])
    echelon, rank = inside.rref()
    places = range(len(terms))
    found: dict[int, dict[int, Fraction]] = {}
    for row in range(rank):
        pivot = next(j for j in places if echelon[row, j] != 0)
        others = (j for j in places[pivot + 1 :] if echelon[row, j] != 0)
        found[terms[pivot]] = {terms[j]: -fraction(echelon[row, j]) for j in others}
    return found


def fraction(value: Any) -> Fraction:
    """A rational number of the library of matrices as one of Python's."""
    return Fraction(int(value.p), int(value.q))


def too_close(incidence: Incidence, target: Mapping[Cell, Fraction], rng: random.Random) -> list[int] | None:
    """Hidden indices for whose vectors the columns of the target leave fewer dimensions than there are indices.

    Parameters
    ----------
    incidence : Incidence
    target : dict of (line, position) to Fraction
        As many positions as hidden indices.
    rng : random.Random

    Returns
    -------
    list of int or None
        Modulo a prime, so this is to be checked; None if there are none, or the dice fell badly.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> limit = {(2, 0): Fraction(1), (0, 1): Fraction(-1), (1, 1): Fraction(1)}
    >>> too_close(Incidence.of_types([1, 2, 3], across=0b11), limit, random.Random(0))
    [0, 1]
    """
    terms = list(incidence.members)
    size = len(terms)
    rows = {i: [residue(target.get((i, position), Fraction(0))) for position in range(size)] for i in incidence.types}
    if nmod_mat(list(rows.values()), PRIME).rank() < size:
        return None
    spaces = []
    for k in terms:
        outside = [rows[i] for i, mask in incidence.types.items() if not mask >> k & 1]
        spaces.append(_kernel(outside, size))
    drawn = []
    for space in spaces:
        weights = [rng.randrange(1, PRIME) for _ in space]
        drawn.append([sum(w * v[j] for w, v in zip(weights, space, strict=True)) % PRIME for j in range(size)])
    # a vector in the span of others, drawn at random, has all of its space in their span
    circuit = _circuit(drawn)
    if circuit is None:
        return None
    together = [vector for position in circuit for vector in spaces[position]]
    if together and nmod_mat(together, PRIME).rank() >= len(circuit):
        return None
    return sorted(terms[position] for position in circuit)


def _kernel(rows: list[list[int]], size: int) -> list[list[int]]:
    if not rows:
        return [[int(i == j) for j in range(size)] for i in range(size)]
    basis, dimension = nmod_mat(rows, PRIME).nullspace()
    return [[int(basis[i, j]) for i in range(size)] for j in range(dimension)]


def _circuit(vectors: list[list[int]]) -> list[int] | None:
    """Positions of vectors modulo the prime that are dependent while any fewer of them are not; few if possible."""
    size = len(vectors)
    matrix = nmod_mat([[vectors[j][i] for j in range(size)] for i in range(size)], PRIME)
    echelon, rank = matrix.rref()
    if rank == size:
        return None
    pivots = []
    column = 0
    for row in range(rank):
        while int(echelon[row, column]) == 0:
            column += 1
        pivots.append(column)
    found = [
        [pivot for row, pivot in enumerate(pivots) if int(echelon[row, free])] + [free]
        for free in range(size)
        if free not in pivots
    ]
    return min(found, key=len)
