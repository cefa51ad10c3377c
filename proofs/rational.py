"""Linear algebra over the rationals, and what of it a program can check without elimination (``Witnesses.v``).

Nothing here is trusted: the program that Coq proved multiplies the matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

Vector = list[int]
Rows = Sequence[Sequence[int]]


class Impossible(Exception):
    """There is no such proof."""


def listed(parts: object) -> str:
    """A list in the notation of Coq."""
    return f"[{'; '.join(map(str, parts))}]"  # type: ignore[call-overload]


def number(value: int | Fraction) -> str:
    """An integer in the notation of Coq."""
    return f"({int(value)})%Z"


def naturals(values: object) -> str:
    """A list of natural numbers."""
    return listed(f"{value}%nat" for value in values)  # type: ignore[attr-defined]


def table(rows: Sequence[Sequence[int | Fraction]]) -> str:
    """A table of integers."""
    return listed(listed(number(value) for value in row) for row in rows)


def transposed(rows: Rows, width: int) -> list[Vector]:
    """The columns."""
    return [[row[j] for row in rows] for j in range(width)]


def reduced(rows: Sequence[Sequence[int | Fraction]], width: int) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced echelon form of the rows, with what was done to them appended, and the pivots."""
    size = len(rows)
    work = [[*map(Fraction, row), *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(rows)]
    pivots: list[int] = []
    for j in range(width):
        done = len(pivots)
        found = next((i for i in range(done, size) if work[i][j]), None)
        if found is None:
            continue
        work[done], work[found] = work[found], work[done]
        first = work[done][j]
        work[done] = [value / first for value in work[done]]
        for i in range(size):
            if i != done and work[i][j]:
                factor = work[i][j]
                work[i] = [a - factor * b for a, b in zip(work[i], work[done], strict=True)]
        pivots.append(j)
    return work, pivots


def whole(rows: Sequence[Sequence[int | Fraction]]) -> tuple[int, list[Vector]]:
    """A number, and the rows multiplied by it, which makes them integers."""
    scale = lcm(*(Fraction(value).denominator for row in rows for value in row))
    return scale, [[int(value * scale) for value in row] for row in rows]


def kernel(equations: Rows, width: int) -> list[Vector]:
    """A basis of the vectors that satisfy the equations."""
    work, pivots = reduced(equations, width)
    found = []
    for free in (j for j in range(width) if j not in pivots):
        vector = [Fraction(int(j == free)) for j in range(width)]
        for row, pivot in zip(work, pivots, strict=False):
            vector[pivot] = -row[free]
        _, (integers,) = whole([vector])
        common = gcd(*integers)
        found.append([value // common for value in integers])
    return found


def independent(rows: Rows, width: int) -> list[int]:
    """The first independent rows."""
    return reduced(transposed(rows, width), len(rows))[1]


def basis(rows: Rows, width: int) -> list[Vector]:
    """Independent vectors among the given ones with the same span."""
    return [list(rows[i]) for i in independent(rows, width)]


def products(left: Rows, right: Rows) -> list[Vector]:
    """The products of two lists of vectors."""
    return [[sum(a * b for a, b in zip(v, u, strict=True)) for u in right] for v in left]


def combinations(vectors: Rows, rows: Sequence[Sequence[int | Fraction]], width: int) -> list[list[Fraction]]:
    """For each row the coefficients with which independent vectors add up to it."""
    if not vectors:
        if any(map(any, rows)):
            raise Impossible("a vector outside of a space")
        return [[] for _ in rows]
    places = reduced(vectors, width)[1]
    inverse = inverted([[vector[j] for j in places] for vector in vectors])
    found = []
    for row in rows:
        part = [sum((row[j] * inverse[a][b] for a, j in enumerate(places)), Fraction(0)) for b in range(len(vectors))]
        if any(sum(c * vector[j] for c, vector in zip(part, vectors, strict=True)) != row[j] for j in range(width)):
            raise Impossible("a vector outside of a space")
        found.append(part)
    return found


def inverted(rows: Rows) -> list[list[Fraction]]:
    """The inverse of a square matrix."""
    size = len(rows)
    work, pivots = reduced(rows, size)
    if len(pivots) < size:
        raise Impossible("a matrix without an inverse")
    return [row[size:] for row in work]


# ---- what is printed ----------------------------------------------------------------------------


def span(equations: Rows, vectors: Rows, width: int) -> str:
    """That all solutions of the equations are spanned by the vectors."""
    work, pivots = reduced(equations, width)
    left = [[Fraction(0)] * len(equations) for _ in range(width)]
    for row, pivot in zip(work, pivots, strict=False):
        left[pivot] = row[width:]
    solutions = {}
    for free in (j for j in range(width) if j not in pivots):
        solutions[free] = [Fraction(int(j == free)) for j in range(width)]
        for row, pivot in zip(work, pivots, strict=False):
            solutions[free][pivot] = -row[free]
    parts = dict(zip(solutions, combinations(vectors, list(solutions.values()), width), strict=True))
    right = [[parts[j][w] if j in parts else Fraction(0) for j in range(width)] for w in range(len(vectors))]
    scale, together = whole([*left, *right])
    return f"(Span {number(scale)} {table(together[:width])} {table(together[width:])})"


def rank_above(rows: Rows, width: int, size: int) -> tuple[str, str, str]:
    """That the rank is at least this: a number and two matrices."""
    lines = independent(rows, width)[:size]
    columns = independent(transposed([rows[i] for i in lines], width), len(lines)) if lines else []
    if len(columns) < size:
        raise Impossible("a rank that is smaller")
    scale, inverse = whole(inverted([[rows[i][j] for j in columns] for i in lines]))
    left = [[0] * len(rows) for _ in range(size)]
    for a in range(size):
        for b, i in enumerate(lines):
            left[a][i] = inverse[a][b]
    right = [[int(j == column) for column in columns] for j in range(width)]
    return number(scale), table(left), table(right)


def rank_below(rows: Rows, width: int) -> tuple[int, str]:
    """The rank, and that it is no larger: a number and two factors."""
    vectors = basis(rows, width)
    scale, left = whole(combinations(vectors, rows, width))
    return len(vectors), f"{number(scale)} {table(left)} {table(vectors)}"
