"""Small linear programs in exact arithmetic: solutions of linear equations that are not negative."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

from closedness.algebra.deadline import Deadline

__all__ = ["nonnegative_solution", "solution"]

Vector = Sequence[Fraction]


def solution(
    equations: Sequence[tuple[Vector, Vector, Fraction]], budget: Deadline
) -> tuple[list[Fraction], list[Fraction]] | None:
    """Numbers that solve equations: some of any sign, some not negative.

    Parameters
    ----------
    equations : sequence of (coefficients of free numbers, coefficients of numbers that are not negative, right side)
    budget : Budget
        Whether the time is over.

    Returns
    -------
    (list of Fraction, list of Fraction) or None
        None if there are none, or the time is over.

    Examples
    --------
    >>> from closedness.algebra.deadline import NEVER
    >>> one = Fraction(1)
    >>> solution([([one], [one], Fraction(-2))], NEVER)
    ([Fraction(-2, 1)], [Fraction(0, 1)])
    """
    if not equations:
        return [], []
    free = len(equations[0][0])
    rows = [[*a, *(-v for v in a), *b] for a, b, _ in equations]
    found = nonnegative_solution(rows, [right for _, _, right in equations], budget)
    if found is None:
        return None
    return [a - b for a, b in zip(found[:free], found[free : 2 * free], strict=True)], found[2 * free :]


def nonnegative_solution(rows: Sequence[Vector], right: Vector, budget: Deadline) -> list[Fraction] | None:
    """A solution of linear equations with no negative entry, by the simplex method with Bland's rule.

    Parameters
    ----------
    rows : sequence of coefficients
        All of one length.
    right : right sides
    budget : Budget
        Whether the time is over.

    Returns
    -------
    list of Fraction or None
        None if there is none, or the time is over.

    Examples
    --------
    >>> from closedness.algebra.deadline import NEVER
    >>> one = Fraction(1)
    >>> nonnegative_solution([[one, one], [one, -one]], [Fraction(3), one], NEVER)
    [Fraction(2, 1), Fraction(1, 1)]
    >>> nonnegative_solution([[one, one]], [-one], NEVER) is None
    True
    """
    size = len(rows[0])
    table: list[list[Any]] = []
    for row, value in zip(rows, right, strict=True):
        line = [fmpq(v.numerator, v.denominator) for v in (*row, value)]
        table.append([-v for v in line] if line[-1] < 0 else line)
    # the sum of the artificial variables, one for each row, to be made zero
    cost = [sum(column, fmpq(0)) for column in zip(*table, strict=True)]
    basis = [-1] * len(table)
    while cost[-1] != 0:
        if budget.expired():
            return None
        entering = next((j for j in range(size) if cost[j] > 0), None)
        if entering is None:
            return None
        best = None
        for i, line in enumerate(table):
            if line[entering] > 0:
                key = (line[-1] / line[entering], basis[i])
                if best is None or key < best[0]:
                    best = (key, i)
        assert best is not None  # the cost is bounded by zero
        _pivot(table, cost, best[1], entering)
        basis[best[1]] = entering
    found = [Fraction(0)] * size
    for i, j in enumerate(basis):
        if j >= 0:
            found[j] = Fraction(int(table[i][-1].p), int(table[i][-1].q))
    return found


def _pivot(table: list[list[Any]], cost: list[Any], i: int, j: int) -> None:
    pivot = table[i][j]
    table[i] = [v / pivot for v in table[i]]
    for line in (*(each for p, each in enumerate(table) if p != i), cost):
        factor = line[j]
        if factor != 0:
            for column, value in enumerate(table[i]):
                if value != 0:
                    line[column] -= factor * value
