"""Exact matrices for the membership test: rational entries, and integer multiples of roots of unity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from closedness.errors import InputError
from solvers.arrays import from_torch, kind_of

__all__ = ["RootMatrix", "dft_matrix", "rational_rows", "rational_rank", "ranks_mod", "prime_for"]

Integers = NDArray[np.int64]


class RootMatrix:
    """A matrix with entries ``c_ij · ζ^e_ij``, ``ζ = exp(2πi/order)``, ``c_ij`` integers: exact arithmetic for the DFT.

    Parameters
    ----------
    order : int
        Positive.
    exponents : array_like of int, (m, n)
    coefficients : array_like of int, (m, n), optional
        1 when not given; of modulus below 2**20.

    Raises
    ------
    InputError
        Wrong shapes, entries that are not integers, or an order that is not positive.

    Examples
    --------
    >>> RootMatrix(4, [[0, 1]]).to_complex().round(12).tolist()
    [[(1+0j), 1j]]
    """

    def __init__(self, order: int, exponents: Any, coefficients: Any = None) -> None:
        e = np.asarray(exponents)
        c = np.ones(e.shape, np.int64) if coefficients is None else np.asarray(coefficients)
        if order < 1:
            raise InputError(f"order must be a positive integer, got {order!r}")
        if e.ndim != 2 or e.dtype.kind not in "iu" or 0 in e.shape:
            raise InputError(f"exponents must be a matrix of integers, got shape {e.shape} and dtype {e.dtype}")
        if c.shape != e.shape or c.dtype.kind not in "iu":
            raise InputError(
                f"coefficients must be integers of shape {e.shape}, got shape {c.shape} and dtype {c.dtype}"
            )
        if int(np.abs(c).max()) >= 2**20:
            raise InputError(f"coefficients must be below 2**20 in modulus, got {int(np.abs(c).max())}")
        self.order = int(order)
        self.exponents = e.astype(np.int64) % self.order
        self.coefficients = c.astype(np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return int(self.exponents.shape[0]), int(self.exponents.shape[1])

    def to_complex(self) -> NDArray[np.complex128]:
        """The entries in floating point."""
        return np.asarray(self.coefficients * np.exp(2j * np.pi * self.exponents / self.order))

    def images(self, minors: int) -> Iterator[tuple[int, Integers]]:
        """The matrix under every ring homomorphism ``Z[ζ] → F_p``, for one prime that decides minors up to a size.

        ``p ≡ 1`` modulo the order splits completely, and it exceeds every minor of size at most ``minors`` in every
        complex embedding. A minor that vanishes in all images is divisible by ``p`` in ``Z[ζ]``, so its quotient by
        ``p`` is an algebraic integer of norm below 1: the minor is zero. A minor that does not vanish in one image is
        not zero.
        """
        largest = max(1, int(np.abs(self.coefficients).max()))
        bound = math.factorial(minors) * largest**minors
        p = prime_for(self.order, bound)
        root = _root_of_unity(self.order, p)
        for j in range(1, self.order + 1):
            if math.gcd(j, self.order) == 1:
                powers = np.ones(self.order, np.int64)
                step = pow(root, j, p)
                for k in range(1, self.order):
                    powers[k] = powers[k - 1] * step % p
                yield p, (self.coefficients % p) * powers[self.exponents] % p


def dft_matrix(n: int, columns: Any = None) -> RootMatrix:
    """The DFT matrix ``ζ^{-jk}`` of order ``n``, exactly; its columns reordered by a permutation when given.

    Examples
    --------
    >>> dft_matrix(2).exponents.tolist()
    [[0, 0], [0, 1]]
    """
    k = np.arange(n, dtype=np.int64)
    order = k if columns is None else np.asarray(columns)
    return RootMatrix(n, -(k[:, None] * order[None, :]) % n)


def prime_for(order: int, bound: int) -> int:
    """Smallest prime ``p ≡ 1`` modulo ``order`` with ``p > bound`` and ``p > 2``; below ``2**31``.

    Raises
    ------
    InputError
        If there is none below ``2**31``.
    """
    p = order + 1 + max(0, bound - order) // order * order
    while p <= bound or p == 2 or not flint.fmpz(p).is_prime():
        p += order
        if p >= 2**31:
            raise InputError(
                f"no prime below 2**31 decides minors of size up to {bound} with roots of unity of order {order}"
            )
    return p


def _root_of_unity(order: int, p: int) -> int:
    """An element of exact multiplicative order ``order`` modulo ``p``."""
    primes = [int(q) for q, _ in flint.fmpz(order).factor()] if order > 1 else []
    for g in range(2, p):
        w = pow(g, (p - 1) // order, p)
        if all(pow(w, order // q, p) != 1 for q in primes):
            return w
    return 1


def ranks_mod(blocks: Integers, p: int, limit: int) -> NDArray[np.int64]:
    """Ranks over ``F_p`` of a stack of blocks, counted up to ``limit + 1``; ``p < 2**31``.

    Examples
    --------
    >>> ranks_mod(np.array([[[1, 2], [2, 4]], [[1, 2], [3, 4]]]), 5, 2).tolist()
    [1, 2]
    """
    work = blocks.astype(np.int64) % p
    g, m, n = work.shape
    ranks = np.zeros(g, np.int64)
    every = np.arange(g)
    for _ in range(min(m, n, limit + 1)):
        flat = (work != 0).reshape(g, -1)
        place = flat.argmax(axis=1)
        some = flat[every, place]
        if not some.any():
            break
        i, j = place // n, place % n
        pivot = work[every, i, j]
        inverse = np.array([pow(int(v), -1, p) if v else 0 for v in pivot], np.int64)
        column = work[every, :, j] * inverse[:, None] % p
        row = work[every, i, :]
        work = (work - column[:, :, None] * row[:, None, :]) % p
        ranks += some
    return ranks


def rational_rows(A: Any) -> list[list[Fraction]] | None:
    """The entries as fractions, or None if there are floats.

    Taken are integers, fractions, strings ``"p/q"``, sympy and flint rationals.

    Raises
    ------
    InputError
        If an entry is none of these, or rows differ in length.
    """
    if isinstance(A, flint.fmpq_mat | flint.fmpz_mat):
        return [[Fraction(int(v.p), int(v.q)) for v in row] for row in flint.fmpq_mat(A).tolist()]
    if kind_of(A) != "numpy":
        A = from_torch(A, "A")
    if not isinstance(A, np.ndarray) and hasattr(A, "toarray"):
        A = A.toarray()
    array = A if isinstance(A, np.ndarray) else None
    if array is not None and array.dtype.kind in "fc":
        return None
    if hasattr(A, "tolist"):
        A = A.tolist()
    try:
        rows = [list(row) for row in A]
    except TypeError:
        return None
    out: list[list[Fraction]] = []
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise InputError(f"A must be rectangular: row {i} has {len(row)} entries, row 0 has {len(rows[0])}")
        line = []
        for j, value in enumerate(row):
            if isinstance(value, float | complex | np.inexact):
                return None
            line.append(_fraction(value, i, j))
        out.append(line)
    return out


def _fraction(value: Any, i: int, j: int) -> Fraction:
    """One exact entry."""
    try:
        if hasattr(value, "p") and hasattr(value, "q"):
            return Fraction(int(value.p), int(value.q))
        return Fraction(value) if isinstance(value, int | str | Fraction) else Fraction(int(value))
    except (TypeError, ValueError, ZeroDivisionError):
        raise InputError(f"A[{i}, {j}] must be a rational number, got {value!r}") from None


def rational_rank(block: list[list[Fraction]]) -> int:
    """Rank over the rationals, by python-flint.

    Examples
    --------
    >>> rational_rank([[Fraction(1, 3), Fraction(1)], [Fraction(1), Fraction(3)]])
    1
    """
    rows = []
    for row in block:
        scale = math.lcm(*(v.denominator for v in row))
        rows.append([v.numerator * (scale // v.denominator) for v in row])
    return int(flint.fmpz_mat(rows).rank())
