"""Bounds of the error in two-sided orders: where the sharp bound fails, and the bound that is proved."""

import itertools
import json
import math
import pickle
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvers
from closedness.errors import InputError
from solvers import factorize_butterfly, split_distances
from solvers.families import block_butterfly, deformable, square_dyadic
from solvers.kronecker_sparse import Chain
from solvers.operators import to_dense
from solvers.orders import accumulated, one_sided, overlapping
from solvers.projections import project
from solvers.splits import PairShape, compact_view, fuse_all, product_blocks
from solvers.target_vectors import TargetVectors

STORED = Path(__file__).parents[2] / "benchmarks" / "results" / "two_sided_orders.json"
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


def projected_by_hand(A, chain, sequence):
    """Project class blocks, (split, side) with the innermost first, by full SVDs of the blocks of ``A``."""
    out = A.copy()
    for split, side in sequence:
        blocks, q = index_blocks(chain, split)
        for block in blocks:
            u, _, v = np.linalg.svd(A.reshape(-1)[block], full_matrices=False)
            old = out.reshape(-1)[block]
            new = u[:, :q] @ (u[:, :q].conj().T @ old) if side == "left" else old @ v[:q].conj().T @ v[:q]
            out.reshape(-1)[block] = new
    return out


def worst_rank_excess(A, chain):
    """Largest relative energy beyond the rank allowed, over all splits."""
    excess = 0.0
    for s in range(1, len(chain)):
        blocks, q = index_blocks(chain, s)
        for block in blocks:
            excess = max(excess, np.linalg.norm(np.linalg.svd(A.reshape(-1)[block], compute_uv=False)[q:]))
    return excess / np.linalg.norm(A)


@pytest.mark.parametrize("cplx", [False, True])
def test_projections_of_the_target_satisfy_the_sharp_bound_in_every_order(cplx):
    """Theorem 3, against projections written out block by block."""
    rng = np.random.default_rng(5)
    for trial in range(12):
        count = 2 + trial % 5
        rows, cols, ranks = (rng.integers(1, 3, k).tolist() for k in (count, count, count - 1))
        chain = deformable(rows, cols, ranks)
        A = rng.standard_normal(chain.shape) + 1j * cplx * rng.standard_normal(chain.shape)
        A = A if cplx else A.real
        expected = {}
        for first in range(1, count):
            left = [(s, "left") for s in range(first, 0, -1)]
            expected[first] = projected_by_hand(A, chain, left + [(s, "right") for s in range(first + 1, count)])
            assert worst_rank_excess(expected[first], chain) <= 1e-13
        for order in itertools.islice(itertools.permutations(range(1, count)), 0, None, 5 if count == 6 else 1):
            g = factorize_butterfly(A, chain, order, projections="target")
            assert np.allclose(g.toarray(), expected[order[0]], atol=1e-9)  # singular vectors of close values may turn
            assert math.isclose(g.error, np.linalg.norm(A - g.toarray()), rel_tol=1e-10, abs_tol=1e-12 * g.norm)
            assert g.bound == pytest.approx(np.linalg.norm(split_distances(A, chain)), rel=1e-9, abs=1e-12 * g.norm)
            assert g.lower_bound * (1 - 1e-9) - 1e-12 * g.norm <= g.error <= g.bound * (1 + 1e-9) + 1e-12 * g.norm
            assert g.guarantee == max(1.0, math.sqrt(count - 1))


def test_projections_of_the_target_hold_the_bound_where_the_sequential_ones_break_it():
    stored = json.loads(STORED.read_text())["cases"]
    cases = [(proposition_2(), CHAIN), *((np.array(c["matrix"]), Chain(c["chain"])) for c in stored.values())]
    for A, chain in cases:
        broken = factorize_butterfly(A, chain, (2, 1, 3))
        assert broken.error > np.linalg.norm(broken.split_distances) * 1.02
        for order in itertools.permutations((1, 2, 3)):
            g = factorize_butterfly(A, chain, order, projections="target")
            assert np.linalg.norm(A - g.toarray()) <= np.linalg.norm(broken.split_distances)
            assert np.allclose(g.split_distances, broken.split_distances, rtol=1e-9)
            assert g.projections == "target"


def test_projections_of_the_target_in_the_wrong_sequence_lose_the_ranks():
    rng = np.random.default_rng(3)
    chain = square_dyadic(16)
    A = rng.standard_normal(chain.shape)
    right = [(3, "left"), (2, "left"), (1, "left")]
    assert worst_rank_excess(projected_by_hand(A, chain, right), chain) <= 1e-13
    assert worst_rank_excess(projected_by_hand(A, chain, right[::-1]), chain) > 1e-2


def test_projections_of_the_target_on_other_chains_and_targets():
    """Block diagonal chains with energy outside, redundant pairs, members, zero, extreme scales, few factors."""
    rng = np.random.default_rng(8)
    chains = [
        Chain([(2, 2, 2, 6), (4, 2, 2, 3), (8, 1, 3, 3)]),
        Chain([(1, 2, 8, 2), (2, 8, 2, 1)]),
        Chain([(3, 2, 2, 4), (6, 2, 5, 2), (30, 2, 3, 1)]),
        square_dyadic(1),
        square_dyadic(2),
        square_dyadic(8),
    ]
    for chain in chains:
        A = rng.standard_normal(chain.shape)
        before = A.copy()
        g = factorize_butterfly(A, chain, "balanced", projections="target")
        assert np.array_equal(A, before)
        assert math.isclose(g.error, np.linalg.norm(A - g.toarray()), rel_tol=1e-10, abs_tol=1e-13 * g.norm)
        assert np.allclose(g.split_distances, split_distances(A, chain), rtol=1e-9, atol=1e-12 * g.norm)
        assert g.error <= g.bound * (1 + 1e-12) + 1e-13 * g.norm
        member = g.toarray()
        again = factorize_butterfly(member, chain, "balanced", projections="target")
        assert again.error <= 1e-14 * np.linalg.norm(member)
        huge = factorize_butterfly(A * 2.0**600, chain, "balanced", projections="target")
        assert math.isclose(huge.error, g.error * 2.0**600, rel_tol=1e-9, abs_tol=1e-13 * huge.norm)
        small = factorize_butterfly(A.astype(np.complex64), chain, "balanced", projections="target")
        assert all(f.dtype == np.complex64 for f in small.factors)
    zero = factorize_butterfly(np.zeros((8, 8)), "dyadic", "balanced", projections="target")
    assert (zero.error, zero.bound) == (0.0, 0.0)
    seen = []
    factorize_butterfly(
        np.eye(8), "dyadic", "balanced", projections="target", progress=lambda done, count: seen.append((done, count))
    )
    assert seen == [(1, 2), (2, 2)]
    seen.clear()
    twice = block_butterfly(32, 2)
    factorize_butterfly(
        np.eye(32), twice, projections="target", progress=lambda done, count: seen.append((done, count))
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(InputError, match="projections must be 'sequential' or 'target', got 'svd'"):
        factorize_butterfly(np.eye(8), "dyadic", projections="svd")
    with pytest.raises(InputError, match="needs orthonormal=True"):
        factorize_butterfly(np.eye(8), "dyadic", projections="target", orthonormal=False)


@pytest.mark.parametrize("order", [(True, 2), (1.0, 2.0), (1.9, 2.2), ["1", "2"], None, 2, {1: 0}, iter([2])])
def test_orders_that_are_none_are_refused(order):
    with pytest.raises(InputError, match=r"order must be a permutation of 1\.\.2, got"):
        factorize_butterfly(np.eye(8), "dyadic", order)
    assert factorize_butterfly(np.eye(8), "dyadic", np.array([2, 1])).order == (2, 1)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
@pytest.mark.parametrize(
    "radices",
    [
        ([2] * 4, [2] * 4),
        ([2, 3, 2], [3, 2, 2]),
        ([8, 2, 2], [2, 2, 8]),
        ([2, 2, 2], [8, 2, 8]),
        ([8, 2, 3], [2, 2, 2]),
    ],
)
def test_vectors_of_all_splits_give_the_projected_target(radices, dtype):
    """Sums of Gram matrices beside the projection of every block of the target itself."""
    chain, rng = deformable(*radices), np.random.default_rng(3)
    A = rng.standard_normal(chain.shape)
    if dtype in "FD":
        A = A + 1j * rng.standard_normal(chain.shape)
    A = A.astype(dtype)
    member = to_dense(fuse_all([rng.standard_normal(p) for p in chain])).astype(dtype)
    rough = 1e-4 if dtype in "fF" else 1e-9
    for target in (A, member, member + A * dtype_of(A, 1e-3), np.zeros_like(A)):
        norm = float(np.linalg.norm(target))
        for first in range(1, len(chain)):
            values = compact_view(target, chain.product)
            vectors = TargetVectors(values, chain, norm**2, first)
            factors = vectors.factors()
            squares = vectors.measured(float(np.linalg.norm(target - to_dense(fuse_all(factors)))) ** 2)
            expected, others = project(values, chain, first)
            assert [f.shape for f in factors] == [tuple(p) for p in chain]
            assert all(f.dtype == A.dtype for f in factors)
            near = np.linalg.norm(fuse_all(factors) - expected)
            assert near <= rough * norm
            for s, square in squares.items():
                assert abs(math.sqrt(square) - math.sqrt(others[s])) <= rough * norm


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6, 1e-10, 0.0])
@pytest.mark.parametrize("order", ["left-to-right", "balanced"])
def test_distances_of_near_members_are_measured_where_they_are_asked_for(noise, order, tmp_path):
    """They are those that singular values give, before and after the result has been copied, saved or scaled."""
    rng, chain = np.random.default_rng(8), square_dyadic(64)
    A = to_dense(fuse_all([rng.standard_normal(p) for p in chain]))
    A += noise * np.linalg.norm(A) / 64 * rng.standard_normal(A.shape)
    expected = factorize_butterfly(A, chain).split_distances
    rough = 1e-14 * np.linalg.norm(A)
    found = factorize_butterfly(A, chain, order, projections="target")
    assert isinstance(found._steps, tuple) == (noise in (1e-2, 0.0))
    copy = pickle.loads(pickle.dumps(found))
    found.save(tmp_path / "f.npz")
    scaled = factorize_butterfly(A * 2.0**600, chain, order, projections="target")
    for result, factor in ((found, 1.0), (copy, 1.0), (solvers.load(tmp_path / "f.npz"), 1.0), (scaled, 2.0**-600)):
        np.testing.assert_allclose(result.split_distances * factor, expected, rtol=1e-9, atol=rough)
        assert result.error <= result.bound + rough / factor
        assert result.lower_bound <= result.error + rough / factor
        assert result.step_errors is result.step_errors


def dtype_of(A, value):
    return A.real.dtype.type(value)
