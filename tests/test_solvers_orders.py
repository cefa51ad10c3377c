"""Bounds of the error in two-sided orders: where the sharp bound fails, and the bound that is proved."""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import factorize_butterfly
from solvers.families import deformable, square_dyadic
from solvers.kronecker_sparse import Chain
from solvers.operators import to_dense
from solvers.orders import accumulated, one_sided, overlapping
from solvers.splits import PairShape, compact_view, product_blocks

STORED = Path(__file__).parents[1] / "benchmarks" / "results" / "two_sided_orders.json"
CHAIN = Chain([(1, 2, 1, 4), (1, 4, 3, 1), (1, 3, 4, 1), (4, 1, 2, 1)])


def proposition_2() -> np.ndarray:
    A = np.zeros((8, 8))
    A[0, 4], A[4, 1], A[4, 2], A[1, 0], A[2, 1], A[2, 2] = 2.0, 0.5, 1.5, 1.1, 1.5, 0.5
    return A


def index_blocks(chain, split):
    """Row and column indices of the class blocks at a split, and the rank allowed."""
    m, n = chain.shape
    pair = PairShape.of(chain.piece(0, split), chain.piece(split, len(chain)))
    flat = product_blocks(compact_view(np.arange(m * n).reshape(m, n), chain.product), pair)
    return flat.reshape(-1, pair.b, pair.c), pair.q


def precise_ratio(rows, chain, order):
    """``err² / Σ E_s²`` with 40 digits: successive truncation of the class blocks by mpmath's own SVD."""
    with mpmath.workdps(40):
        start = [mpmath.mpf(v) for row in rows for v in row]
        total = mpmath.mpf(0)
        state = list(start)
        for s in (*order, *(-s for s in order)):
            values = start if s < 0 else state
            blocks, q = index_blocks(chain, abs(s))
            for block in blocks.tolist():
                u, sigma, v = mpmath.svd_r(mpmath.matrix([[values[k] for k in line] for line in block]))
                if s < 0:
                    total += sum(x**2 for x in sigma[q:])
                    continue
                for (i, line), j in itertools.product(enumerate(block), range(len(block[0]))):
                    state[line[j]] = sum(u[i, k] * sigma[k] * v[k, j] for k in range(q))
        return float(sum((x - y) ** 2 for x, y in zip(start, state, strict=True)) / total)


def test_the_sharp_bound_fails_in_the_balanced_order():
    """Proposition 2: err² = 5, Σ E_s² = 4.71; the figures of its proof, and the dyadic chain of order 16."""
    A = proposition_2()
    g = factorize_butterfly(A, CHAIN, "balanced")
    assert g.order == (2, 1, 3)
    assert np.allclose(np.square(g.split_distances), [2.5, 1.0, 1.21], rtol=1e-14)
    assert math.isclose(g.error**2, 5.0, rel_tol=1e-14)
    assert math.isclose(np.linalg.norm(A - g.toarray()) ** 2, 5.0, rel_tol=1e-14)
    assert g.error <= g.bound
    for order in itertools.permutations((1, 2, 3)):
        h = factorize_butterfly(A, CHAIN, order)
        assert h.error <= h.bound * (1 + 1e-14)
        if one_sided(order, 4):
            assert h.error**2 < 3.72
    stored = json.loads(STORED.read_text())["cases"]
    assert {len(case["matrix"]) for case in stored.values()} == {8, 16}
    for case in stored.values():
        chain, order = Chain(case["chain"]), tuple(case["order"])
        g = factorize_butterfly(np.array(case["matrix"]), chain, order)
        found = g.error**2 / float(np.square(g.split_distances).sum())
        assert found > 1.05
        assert math.isclose(found, case["ratio"], rel_tol=1e-9)
        assert math.isclose(found, precise_ratio(case["matrix"], chain, order), rel_tol=1e-9)
        assert g.error <= g.bound
    assert Chain(stored["dyadic 16"]["chain"]) == square_dyadic(16)


def test_proposition_2_in_exact_numbers():
    """All singular vectors of the run are unit vectors or (1, ±1): rational arithmetic by hand."""
    A = [[Fraction(v).limit_denominator(10) for v in row] for row in proposition_2().tolist()]
    M = [row[:] for row in A]
    for i in (4, 2):  # the block of rows 4, 2 and columns 1, 2 loses its singular value 1
        M[i][1] = M[i][2] = (A[4][1] + A[4][2]) / 2
    M[4][1] = M[4][2] = Fraction(0)  # energy 2 beside 4 in the pair of rows 0, 4
    assert M[1][0] ** 2 > M[2][1] ** 2
    M[2][1] = Fraction(0)  # energy 1 beside 1.21 in the pair of columns 0, 1
    assert sum((x - y) ** 2 for r, s in zip(A, M, strict=True) for x, y in zip(r, s, strict=True)) == 5
    g = factorize_butterfly(proposition_2(), CHAIN, (2, 1, 3))
    assert np.allclose(g.toarray(), [[float(v) for v in row] for row in M], atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 6), st.integers(0, 2**31), st.booleans())
def test_parts_that_do_not_overlap_are_orthogonal(count, seed, cplx):
    """Theorem 2, the step behind the bound: inner products of the changes, from runs stopped early."""
    rng = np.random.default_rng(seed)
    chain = deformable([2] * count, [2] * count, [int(q) for q in rng.integers(1, 3, count - 1)])
    order = tuple(int(s) for s in rng.permutation(np.arange(1, count)))
    A = rng.standard_normal(chain.shape) + (1j * rng.standard_normal(chain.shape) if cplx else 0.0)
    states = [stopped(A, chain, order, done) for done in range(count)]
    changes = dict(zip(order, (x - y for x, y in itertools.pairwise(states)), strict=True))
    together = set(overlapping(order))
    assert (not together) == one_sided(order, count)
    for s, t in itertools.combinations(order, 2):
        if (s, t) not in together:
            assert abs(np.vdot(changes[s], changes[t])) <= 1e-12 * np.linalg.norm(A) ** 2
    g = factorize_butterfly(A, chain, order)
    assert g.error <= accumulated(order, g.step_errors) * (1 + 1e-12)
    assert g.error <= g.bound * (1 + 1e-12)


def stopped(A, chain, order, done):
    """The product after the first splits, by singular value decompositions of the class blocks."""
    state = A.reshape(-1).copy()
    for s in order[:done]:
        blocks, q = index_blocks(chain, s)
        u, sigma, v = np.linalg.svd(state[blocks], full_matrices=False)
        state[blocks] = (u[:, :, :q] * sigma[:, None, :q]) @ v[:, :q]
    return state.reshape(A.shape)


def test_overlapping_pairs_do_occur():
    """The product of two changes that overlap is not zero in general: the pairs are not called overlapping in vain."""
    rng = np.random.default_rng(1)
    chain = square_dyadic(16)
    A = rng.standard_normal((16, 16))
    first, second, third = (stopped(A, chain, (2, 1, 3), k) for k in (1, 2, 3))
    assert overlapping((2, 1, 3)) == ((2, 3),)
    assert abs(np.vdot(A - first, second - third)) > 1e-6
    assert np.allclose(third, to_dense_product(factorize_butterfly(A, chain, (2, 1, 3)).factors), atol=1e-12)


def to_dense_product(factors):
    return np.linalg.multi_dot([to_dense(f) for f in factors])


@pytest.mark.parametrize(
    ("order", "expected"),
    [((), 0.0), ((1,), 1.0), ((1, 2, 3), math.sqrt(3)), ((2, 1, 3), math.sqrt(5)), ((2, 3, 1), math.sqrt(5))],
)
def test_the_guarantee_of_an_order(order, expected):
    assert math.isclose(accumulated(order, [1.0] * len(order)), expected)
    assert accumulated(order, [0.0] * len(order)) == 0.0
