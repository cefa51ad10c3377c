"""Is a matrix a product of Kronecker-sparse factors? Numerically with a tolerance, or exactly.

For a chainable chain a matrix is in the class iff its support lies in the product's support and, at every split and
for every block of the split, the block's rank is at most the rank of the split (docs/solvers.md, Proposition 1;
arXiv:2411.04506).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.errors import InputError
from solvers.arrays import measure, read_matrix, scaled, stretched
from solvers.blocks import singular_tails
from solvers.exact_ranks import RootMatrix, ranks_mod, rational_rank, rational_rows
from solvers.families import read_chain
from solvers.kronecker_sparse import Chain
from solvers.refusals import refuses
from solvers.splits import PairShape, compact_view, product_blocks

__all__ = ["verify_butterfly", "Membership", "Violation"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Violation:
    """A block whose rank is too large, or an entry outside the support of the product (``split`` 0).

    Attributes
    ----------
    split : int
        Between factors ``split`` and ``split + 1``, counted from 1; 0 for an entry outside the support.
    rows, cols : tuple of int
        The block, counted from 0.
    allowed : int
        Largest rank allowed.
    excess : float
        Exact tests: the rank found (``allowed + 1`` means that or more). Numerical test: distance of the block to the
        matrices of rank ``allowed`` (Frobenius, absolute).
    """

    split: int
    rows: tuple[int, ...]
    cols: tuple[int, ...]
    allowed: int
    excess: float

    def __str__(self) -> str:
        where = f"rows {_short(self.rows)} and columns {_short(self.cols)}"
        if self.split == 0:
            return f"the entry in {where} lies outside the support of the product and is not zero"
        return (
            f"split {self.split}: the block of {where} must have rank at most {self.allowed}, found {self.excess:.4g}"
        )


@dataclass(frozen=True, slots=True)
class Membership:
    """The answer of :func:`verify_butterfly`; true in a boolean context when the matrix is in the class.

    Attributes
    ----------
    member : bool
    exact : bool
        Whether exact arithmetic was used; then the answer is a proof up to the correctness of the arithmetic.
    method : str
        ``"singular values"``, ``"rational ranks"`` or ``"ranks over a prime field"``.
    violations : tuple of Violation
        Violating blocks in the order of the splits (at most 100); empty exactly for members.
    tolerance : float
        Relative tolerance of the numerical test; 0 for exact tests.
    """

    member: bool
    exact: bool
    method: str
    violations: tuple[Violation, ...]
    tolerance: float

    def __bool__(self) -> bool:
        return self.member

    def __str__(self) -> str:
        how = "exactly" if self.exact else f"up to a relative distance of {self.tolerance:.1e} per block"
        if self.member:
            return f"in the class, {how} ({self.method})"
        return f"not in the class ({self.method}): {self.violations[0]}"


def _short(indices: tuple[int, ...]) -> str:
    text = ", ".join(map(str, indices[:8]))
    return text if len(indices) <= 8 else f"{text}, … ({len(indices)} in all)"


@refuses(weights="it decides on all entries; the error that factorize_weighted_butterfly finds is a test")
def verify_butterfly(
    A: Any,
    chain: Any = "dyadic",
    *,
    tolerance: float | None = None,
    exact: bool = False,
    progress: Progress | None = None,
) -> Membership:
    """Decide whether ``A`` is a product of factors with the patterns of a chainable chain.

    Parameters
    ----------
    A : array_like, (m, n), or RootMatrix
        Floating-point matrices are tested numerically; matrices of integers, fractions, strings ``"p/q"``, sympy or
        flint rationals, and :class:`RootMatrix` values, exactly.
    chain : as for :func:`solvers.factorize_butterfly`
    tolerance : float, optional
        Numerical test: largest distance of a block to the allowed rank, relative to ``‖A‖_F``; default
        ``64·eps·sqrt(size)`` with ``size`` the smaller dimension of ``A``.
    exact : bool
        Take floating-point entries as the rational numbers they are.
    progress : callable, optional
        Called with (steps done, steps in all): splits, or images of a :class:`RootMatrix`.

    Returns
    -------
    Membership

    Raises
    ------
    InputError
        As :func:`solvers.factorize_butterfly`; also complex entries with ``exact=True``, a tolerance that is not
        positive.

    Examples
    --------
    >>> from solvers.exact_ranks import dft_matrix
    >>> from solvers.families import bit_reversal
    >>> print(verify_butterfly(dft_matrix(8, bit_reversal(8)), "dyadic"))
    in the class, exactly (ranks over a prime field)
    >>> str(verify_butterfly([[1, 2, 0, 0], [2, 4, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]], "dyadic"))[:46]
    'not in the class (rational ranks): split 1: th'
    """
    if tolerance is not None and not (0.0 < tolerance < math.inf):
        raise InputError(f"tolerance must be a positive number, got {tolerance!r}")
    if isinstance(A, RootMatrix):
        return _verify_roots(A, _chain_for(chain, A.shape), progress)
    rows = rational_rows(A)
    if rows is None and exact:
        matrix = read_matrix(A)
        measure(matrix)
        if np.iscomplexobj(matrix):
            raise InputError("A must be real for exact=True; give roots of unity as a RootMatrix")
        rows = [[Fraction(float(v)) for v in row] for row in matrix]
    if rows is not None:
        if not rows or not rows[0]:
            raise InputError("A must have at least one row and one column")
        return _verify_rational(rows, _chain_for(chain, (len(rows), len(rows[0]))), progress)
    return _verify_numerically(A, chain, tolerance, progress)


def _chain_for(chain: Any, shape: tuple[int, int]) -> Chain:
    patterns = read_chain(chain, shape)
    patterns.require_chainable()
    return patterns


def _index_blocks(chain: Chain, split: int) -> tuple[PairShape, NDArray[np.int64]]:
    """The pair at a split, and the flat positions in the matrix of the entries of every block, (g, b, c)."""
    pair = PairShape.of(chain.piece(0, split), chain.piece(split, len(chain)))
    m, n = chain.shape
    positions = compact_view(np.arange(m * n, dtype=np.int64).reshape(m, n), chain.product)
    return pair, product_blocks(positions, pair).reshape(-1, pair.b, pair.c)


def _violation(chain: Chain, split: int, positions: NDArray[np.int64], allowed: int, excess: float) -> Violation:
    n = chain.shape[1]
    rows = tuple(int(v) // n for v in positions[:, 0])
    cols = tuple(int(v) % n for v in positions[0])
    return Violation(split, rows, cols, allowed, excess)


def _outside(chain: Chain, nonzero: NDArray[np.bool_]) -> list[Violation]:
    """Entries outside the support of the product."""
    rest = np.array(nonzero)
    compact_view(rest, chain.product)[...] = False
    return [Violation(0, (int(i),), (int(j),), 0, 1.0) for i, j in np.argwhere(rest)[:100]]


def _answer(found: list[Violation], exact: bool, method: str, tolerance: float) -> Membership:
    return Membership(not found, exact, method, tuple(found[:100]), tolerance)


def _verify_rational(rows: list[list[Fraction]], chain: Chain, progress: Progress | None) -> Membership:
    flat = [v for row in rows for v in row]
    found = _outside(chain, np.array([v != 0 for v in flat]).reshape(chain.shape))
    for split in range(1, len(chain)):
        if progress is not None:
            progress(split - 1, len(chain) - 1)
        pair, blocks = _index_blocks(chain, split)
        if pair.q >= min(pair.b, pair.c):
            continue
        for positions in blocks:
            rank = rational_rank([[flat[k] for k in line] for line in positions.tolist()])
            if rank > pair.q:
                found.append(_violation(chain, split, positions, pair.q, rank))
    return _answer(found, True, "rational ranks", 0.0)


def _verify_roots(matrix: RootMatrix, chain: Chain, progress: Progress | None) -> Membership:
    found = _outside(chain, matrix.coefficients != 0)
    splits = [(s, *_index_blocks(chain, s)) for s in range(1, len(chain))]
    splits = [(s, pair, blocks) for s, pair, blocks in splits if pair.q < min(pair.b, pair.c)]
    if splits:
        size = max(pair.q for _, pair, _ in splits) + 1
        count = sum(math.gcd(j, matrix.order) == 1 for j in range(matrix.order))
        for done, (p, image) in enumerate(matrix.images(size)):
            if progress is not None:
                progress(done, count)
            flat = image.reshape(-1)
            for s, pair, blocks in splits:
                ranks = ranks_mod(flat[blocks], p, pair.q)
                for k in np.flatnonzero(ranks > pair.q):
                    found.append(_violation(chain, s, blocks[k], pair.q, int(ranks[k])))
            if found:
                break
    return _answer(found, True, "ranks over a prime field", 0.0)


def _verify_numerically(A: Any, chain: Any, tolerance: float | None, progress: Progress | None) -> Membership:
    matrix = read_matrix(A)
    patterns = _chain_for(chain, (matrix.shape[0], matrix.shape[1]))
    energy, exponent = measure(matrix)
    usual = scaled(matrix, exponent)
    if tolerance is None:
        tolerance = 64.0 * float(np.finfo(matrix.dtype).eps) * math.sqrt(min(matrix.shape))
    limit = tolerance * math.sqrt(energy)
    rest = np.array(usual)
    compact_view(rest, patterns.product)[...] = 0.0
    found = _outside(patterns, np.abs(rest) > limit)
    del rest
    values = compact_view(usual, patterns.product)
    for split in range(1, len(patterns)):
        if progress is not None:
            progress(split - 1, len(patterns) - 1)
        pair, positions = _index_blocks(patterns, split)
        blocks = product_blocks(values, pair).reshape(-1, pair.b, pair.c)
        distances = np.sqrt(np.maximum(singular_tails(blocks, pair.q), 0.0))
        for k in np.flatnonzero(distances > limit):
            excess = stretched(float(distances[k]), exponent)
            found.append(_violation(patterns, split, positions[k], pair.q, excess))
    return _answer(found, False, "singular values", tolerance)
