"""Ranks, kernels and Laurent polynomials of numbers, paid for in advance."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm
from typing import Any

from flint import arb_mat, ctx, fmpq, fmpz_mat, nmod_mat

from tests.second.reading import need, pay

PRIME = 2**61 - 1
MOST_BITS = 20_000
Vector = list[int]
Laurent = dict[int, Any]  # exponents of t with coefficients that are not zero


def whole(row: Sequence[Any]) -> Vector:
    """A multiple with whole numbers."""
    numbers = [fmpq(value) for value in row]
    below = lcm(*(int(value.q) for value in numbers if value.q != 1))
    pay(len(numbers) * (1 + below.bit_length() / 2_000))
    return [int(value.p) * (below // int(value.q)) for value in numbers]


def effort(rows: Sequence[Sequence[int]]) -> None:
    """Pay for an elimination."""
    height, width = len(rows), len(rows[0])
    bits = max((abs(value).bit_length() for row in rows for value in row), default=0)
    least = min(height, width)
    pay(height * width * (1 + least / 300 + bits / 60 + least * bits / 20_000))


def rank(rows: Sequence[Sequence[Any]]) -> int:
    """The rank of rational vectors."""
    integers = [whole(row) for row in rows]
    if not integers or not integers[0]:
        return 0
    effort(integers)
    return int(fmpz_mat(integers).rank())


def kernel(rows: Sequence[Sequence[int]], width: int) -> list[Vector]:
    """A basis of the vectors with zero product with all rows."""
    if not rows:
        return [[int(i == j) for j in range(width)] for i in range(width)]
    effort(rows)
    matrix, nullity = fmpz_mat([list(row) for row in rows]).nullspace()
    return [primitive([int(matrix[i, j]) for i in range(width)]) for j in range(int(nullity))]


def primitive(row: Vector) -> Vector:
    """Divided by the greatest common divisor."""
    common = gcd(*row)
    return [value // common for value in row] if common > 1 else list(row)


def products(left: Sequence[Vector], right: Sequence[Vector]) -> list[Vector]:
    """The matrix of the products of two lists of vectors."""
    if not left or not right:
        return [[] for _ in left]
    pay(len(left) * len(right) * len(left[0]) / 20)
    found = fmpz_mat(left) * fmpz_mat(right).transpose()
    return [[int(value) for value in row] for row in found.tolist()]


def rank_modulo(rows: Sequence[dict[int, int]], width: int) -> int:
    """The rank of sparse whole vectors modulo a prime, which is at most their rank."""
    if not rows or not width:
        return 0
    pay(len(rows) * width * (1 + min(len(rows), width) / 60) / 10)
    dense = [[row.get(place, 0) % PRIME for place in range(width)] for row in rows]
    return int(nmod_mat(dense, PRIME).rank())


def squares_exceed(vectors: Sequence[dict[int, int]], size: int, bound: int) -> bool:
    """Whether the sum of the squares of whole vectors, less a multiple of the identity, is positive definite."""
    pay(size**3 / 20 + sum(1 + len(vector) ** 2 for vector in vectors))
    total = [[-bound * (p == q) for q in range(size)] for p in range(size)]
    for vector in vectors:
        for p, v in vector.items():
            for q, w in vector.items():
                total[p][q] += v * w
    with ctx.workprec(200):
        return is_definite(arb_mat(fmpz_mat(total)))


def is_definite(matrix: arb_mat) -> bool:
    """Whether all matrices in a symmetric one of intervals are positive definite, by Schur complements."""
    size = matrix.nrows()
    if size == 1:
        return bool(matrix[0, 0] > 0)
    half = size // 2
    corner, side, rest = (
        arb_mat([[matrix[i, j] for j in columns] for i in rows])
        for rows, columns in (
            (range(half), range(half)),
            (range(half), range(half, size)),
            (range(half, size), range(half, size)),
        )
    )
    try:
        return is_definite(corner) and is_definite(rest - side.transpose() * corner.solve(side))
    except ZeroDivisionError:  # the intervals are too wide
        return False


def short(value: Any) -> Any:
    """The same number, if it is not too long."""
    bits = int(value.p).bit_length() + int(value.q).bit_length()
    pay(bits / 2_000)
    need(bits <= MOST_BITS, "a number becomes too long")
    return value


def plus(a: Laurent, b: Laurent) -> Laurent:
    """The sum of two Laurent polynomials."""
    found = dict(a)
    pay((len(a) + len(b)) / 5)
    for exponent, value in b.items():
        found[exponent] = short(found.get(exponent, 0) + value)
    return {exponent: value for exponent, value in found.items() if value != 0}


def times(a: Laurent, b: Laurent) -> Laurent:
    """The product of two Laurent polynomials."""
    found: Laurent = {}
    pay(1 + 2 * len(a) * len(b))
    for e, x in a.items():
        for f, y in b.items():
            found[e + f] = short(found.get(e + f, 0) + x * y)
    return {exponent: value for exponent, value in found.items() if value != 0}
