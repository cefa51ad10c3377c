"""Butterfly factorisation: errors, bounds, dtypes, refusals."""

import itertools
import math
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard
from scipy.sparse.linalg import aslinearoperator

from closedness.errors import InputError
from solvers import factorize_butterfly
from solvers.blocks import truncate
from solvers.butterfly import residual_norm
from solvers.distances import split_distances
from solvers.families import bit_reversal, block_butterfly, deformable, low_rank, monarch, square_dyadic
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator, to_dense
from solvers.orders import balanced_order, one_sided, read_order
from solvers.panels import PANEL_BYTES
from solvers.splits import PairShape, fuse_all, fuse_pair, product_blocks
from solvers.subspace import leading_vector

CHAINS = [
    square_dyadic(16),
    monarch((12, 20), 3, 4),
    deformable([2, 3, 4], [3, 2, 5], 2),
    block_butterfly(32, 2),
    Chain([(2, 2, 2, 6), (4, 2, 2, 3), (8, 1, 3, 3)]),  # block diagonal with a > 1 and d > 1
    Chain([(1, 2, 8, 2), (2, 8, 2, 1)]),  # redundant
    square_dyadic(2),
    square_dyadic(1),
    low_rank(5, 4, 2),
    deformable([2, 2, 2], [3, 2, 5]),
    Chain([(3, 2, 2, 4), (6, 2, 5, 2), (30, 2, 3, 1)]),  # block diagonal, swept
]
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12, np.complex64: 2e-5, np.complex128: 1e-12}


def dense_product(factors):
    out = to_dense(factors[0])
    for factor in factors[1:]:
        out = out @ to_dense(factor)
    return out


def gaussian(rng, shape, dtype):
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


def brute_distances(A, chain):
    """E_s by full singular value decompositions of every block, with the entries outside the support."""
    inside = np.zeros(A.shape, bool)
    p = chain.product
    inside[p.support().to_dense()] = True
    outside = np.linalg.norm(A[~inside]) ** 2
    out = []
    for s in range(1, len(chain)):
        left, right = chain.piece(0, s), chain.piece(s, len(chain))
        pair = PairShape.of(left, right)
        values = np.einsum("ijlikl->ijkl", A.reshape(p.a, p.b, p.d, p.a, p.c, p.d))
        blocks = product_blocks(values, pair).reshape(-1, pair.b, pair.c)
        tails = sum((np.linalg.svd(b, compute_uv=False)[pair.q :] ** 2).sum() for b in blocks)
        out.append(math.sqrt(outside + tails))
    return np.array(out)


@pytest.mark.parametrize("dtype", list(TOLERANCE))
@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_error_is_that_of_the_factors_and_within_the_bounds(chain, dtype):
    rng = np.random.default_rng(1)
    tol = TOLERANCE[dtype]
    for order in itertools.islice(itertools.permutations(range(1, len(chain))), 6):
        A = gaussian(rng, chain.shape, dtype)
        before = A.copy()
        g = factorize_butterfly(A, chain, order)
        assert np.array_equal(A, before)
        assert all(f.dtype == dtype and f.shape == p for f, p in zip(g.factors, chain, strict=True))
        dense = dense_product(g.factors)
        assert abs(np.linalg.norm(A - dense) - g.error) <= tol * g.norm
        assert np.allclose(g.toarray(), dense, atol=tol * g.norm)
        assert np.allclose(g.split_distances, brute_distances(A, chain), atol=tol * g.norm)
        assert g.lower_bound <= g.error + tol * g.norm
        assert g.error <= g.bound + tol * g.norm
        assert g.cheap_lower_bound <= g.lower_bound + tol * g.norm
        assert g.error <= g.guarantee * max(g.lower_bound, g.outside) + g.outside + tol * g.norm


@pytest.mark.parametrize("n", [2, 4, 64, 256])
@pytest.mark.parametrize("order", ["left-to-right", "right-to-left", "balanced"])
def test_fast_transforms_are_found_to_rounding(n, order):
    H = hadamard(n).astype(float)
    k = np.arange(n)
    F = np.exp(-2j * np.pi * (np.outer(k, k) % n) / n)[:, bit_reversal(n)]
    for A in (H, F):
        g = factorize_butterfly(A, "dyadic", order)
        assert residual_norm(A, g.factors) <= 2e-15 * g.norm
        assert g.error <= 2e-15 * g.norm


@pytest.mark.slow
def test_1000_random_targets_never_exceed_the_sharp_bound():
    """err² ≤ Σ E_s², L = 2 … 6: proved for one-sided orders; others exceed it on special targets, none of these."""
    rng = np.random.default_rng(7)
    two_sided = 0
    for trial in range(1000):
        count = int(rng.integers(2, 7))
        rows, cols = rng.integers(1, 4, count), rng.integers(1, 4, count)
        if math.prod(rows) * math.prod(cols) > 4000:
            rows, cols = np.full(count, 2), np.full(count, 2)
        chain = deformable(list(map(int, rows)), list(map(int, cols)), [int(q) for q in rng.integers(1, 3, count - 1)])
        order = tuple(int(s) for s in rng.permutation(np.arange(1, count)))
        exact = dense_product([rng.standard_normal(p) for p in chain])
        noise = rng.standard_normal(chain.shape) * 10.0 ** rng.uniform(-3, 0.5)
        A = exact + noise if trial % 4 else noise
        g = factorize_butterfly(A, chain, order)
        true = np.linalg.norm(A - dense_product(g.factors))
        sharp = float(np.linalg.norm(g.split_distances))
        assert true <= sharp * (1 + 1e-9) + 1e-12 * g.norm, (chain, order)
        assert abs(true - g.error) <= 1e-11 * g.norm
        if one_sided(order, count):
            assert math.isclose(math.hypot(*g.step_errors), g.error, abs_tol=1e-12 * g.norm)
        else:
            two_sided += 1
    assert two_sided > 200


def test_without_orthonormalisation_the_bound_fails():
    """Kept counterexample: the singular values shared between neighbours make later splits cut the wrong directions."""
    chain = square_dyadic(16)
    rng = np.random.default_rng(11)
    worst = 0.0
    for _ in range(40):
        scale = [np.exp(2.0 * rng.standard_normal(p)) * rng.standard_normal(p) for p in chain]
        A = dense_product(scale)
        A = A / np.linalg.norm(A) + 1e-3 * rng.standard_normal(chain.shape)
        plain = factorize_butterfly(A, chain, orthonormal=False)
        good = factorize_butterfly(A, chain)
        sharp = np.linalg.norm(good.split_distances)
        assert good.error <= sharp * (1 + 1e-12)
        assert math.isclose(plain.error, np.linalg.norm(A - plain.toarray()), rel_tol=1e-9)
        assert plain.bound == math.inf
        worst = max(worst, plain.error / sharp)
    assert worst > 1.01


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(0, 2**31),
    st.booleans(),
)
def test_products_of_random_factors_are_recovered(radices, rank, seed, cplx):
    chain = deformable([r for r, _ in radices], [c for _, c in radices], rank)
    rng = np.random.default_rng(seed)
    A = dense_product([gaussian(rng, p, complex if cplx else float) for p in chain])
    for order in ("left-to-right", "balanced"):
        g = factorize_butterfly(A, chain, order)
        assert residual_norm(A, g.factors) <= 1e-12 * g.norm


def test_graded_singular_values_survive():
    """Rank 4 blocks with σ = 1, 1e-4, 1e-6, 1e-8: a bare Gram eigenproblem would lose the last ones."""
    rng = np.random.default_rng(3)
    u, v = (np.linalg.qr(rng.standard_normal((24, 4)))[0] for _ in range(2))
    A = (u * [1.0, 1e-4, 1e-6, 1e-8]) @ v.T
    for side in (A, A[:, :20], A[:20]):
        g = factorize_butterfly(side, low_rank(*side.shape, 4))
        assert g.error <= 1e-15
        assert residual_norm(side, g.factors) <= 1e-15


@pytest.mark.parametrize("panel", [1 << 8, 1 << 10, 1 << 12, 1 << 14])
def test_the_size_of_the_panels_does_not_matter(monkeypatch, panel):
    rng = np.random.default_rng(6)
    chains = [
        square_dyadic(64),
        deformable([2, 2, 2, 2], [3, 2, 4, 5]),
        Chain([(3, 2, 2, 4), (6, 2, 5, 2), (30, 2, 3, 1)]),
    ]
    for chain in [*chains, monarch(64), deformable([4, 2, 4], [4, 4, 2], 2)]:
        for dtype in (np.float64, np.complex128):
            A = gaussian(rng, chain.shape, dtype)
            reference = factorize_butterfly(A, chain)
            monkeypatch.setattr("solvers.pair_sweep.PANEL_BYTES", panel)
            monkeypatch.setattr("solvers.panels.PANEL_BYTES", panel)
            g = factorize_butterfly(A, chain)
            monkeypatch.undo()
            assert np.allclose(g.step_errors, reference.step_errors, rtol=1e-12)
            assert np.allclose(g.toarray(), reference.toarray(), atol=1e-12)


def test_memory_of_the_dyadic_chain_is_bounded():
    n = 1024
    A = np.random.default_rng(0).standard_normal((n, n))
    factorize_butterfly(A, "dyadic")  # the scratch panels stay
    tracemalloc.start()
    try:
        factorize_butterfly(A, "dyadic")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 0.75 * A.nbytes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "projections", "share"),
    [
        ("left-to-right", "sequential", 0.625),
        ("right-to-left", "sequential", 0.75),
        ("balanced", "sequential", 0.625),
        ("left-to-right", "target", 1.5),
        ("right-to-left", "target", 1.5),
        ("balanced", "target", 1.5),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.complex64])
def test_memory_of_every_order(order, projections, share, dtype):
    """Beside the input: the share that the documentation states, and a few panels of two megabytes."""
    A = np.random.default_rng(4).standard_normal((1024, 1024)).astype(dtype)
    factorize_butterfly(A[:8, :8], "dyadic")
    tracemalloc.start()
    try:
        factorize_butterfly(A, "dyadic", order, projections=projections)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= share * A.nbytes + 5 * PANEL_BYTES


def test_threads_do_not_share_scratch_memory():
    rng = np.random.default_rng(9)
    targets = [rng.standard_normal((128, 128)) for _ in range(12)]
    expected = [factorize_butterfly(A, "dyadic").error for A in targets]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda A: factorize_butterfly(A, "dyadic").error, targets * 5))
    assert found == expected * 5


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_blocks_of_all_kinds_in_one_stack(rank, dtype):
    """Zero, exact, nearly exact, graded, Gaussian and multiple singular values beside each other."""
    rng = np.random.default_rng(rank)
    for _ in range(60):
        m, n = (int(v) for v in rng.integers(rank + 1, 20, 2))
        blocks = gaussian(rng, (9, m, n), dtype)
        blocks[0] = 0.0
        blocks[1] = np.eye(m, n)
        blocks[2, :, rank:] = 0.0
        blocks[3, :, rank:] *= 1e-9
        blocks[4] *= 10.0 ** -np.linspace(0, 12, n)
        blocks[5] *= 1e-60
        blocks[6, 1:] = 0.0
        blocks[7] = blocks[7, :, :1]
        for side in ("left", "right"):
            found = truncate(blocks, rank, side)
            error = np.linalg.norm(blocks - found.left @ found.right, axis=(1, 2))
            sigma = np.linalg.svd(blocks, compute_uv=False)
            best = np.linalg.norm(sigma[:, rank:], axis=1)
            assert np.all(error <= best * (1 + 1e-11) + 2e-14 * sigma[:, 0])
            assert np.allclose(np.sqrt(np.maximum(found.discarded, 0.0)), error, rtol=1e-8, atol=1e-13 * sigma.max())
            basis = found.left if side == "left" else found.right.swapaxes(1, 2)
            gram = basis.conj().swapaxes(1, 2) @ basis
            assert np.abs(gram - np.eye(rank))[sigma[:, rank - 1] > 0].max() < 1e-13


def test_extreme_scales_do_not_overflow():
    H = hadamard(8).astype(float)
    for factor in (2.0**600, 2.0**-600):
        g = factorize_butterfly(H * factor, "dyadic")
        assert g.relative_error < 1e-15
        assert np.allclose(g.toarray() / factor, H)
    g = factorize_butterfly(np.zeros((8, 8)), "dyadic")
    assert (g.error, g.relative_error, g.lower_bound) == (0.0, 0.0, 0.0)


def test_memory_layouts_give_the_same_answer():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((32, 32))
    big = rng.standard_normal((64, 64))
    big[::2, 1::2] = A
    reference = factorize_butterfly(A, "dyadic")
    for other in (np.asfortranarray(A), big[::2, 1::2], A[::-1][::-1]):
        g = factorize_butterfly(other, "dyadic")
        assert math.isclose(g.error, reference.error, rel_tol=1e-13)
        assert np.allclose(g.toarray(), reference.toarray())


def test_arrays_of_the_other_byte_order_and_read_only_arrays():
    A = np.random.default_rng(5).standard_normal((16, 16))
    A.flags.writeable = False
    reference = factorize_butterfly(A, "dyadic")
    swapped = factorize_butterfly(A.astype(A.dtype.newbyteorder()), "dyadic")
    assert swapped.error == reference.error
    assert all(np.array_equal(x, y) for x, y in zip(swapped.factors, reference.factors, strict=True))


def test_leading_vectors_by_squaring_agree_with_eigenvectors():
    """Gaussian blocks, a multiple leading eigenvalue, zero, and one more panel than fits."""
    rng = np.random.default_rng(12)
    for m in (3, 8, 17, 32):
        blocks = rng.standard_normal(((1 << 19) // (8 * m * m) + 5, m, m + 3))
        blocks[0], blocks[1] = 0.0, np.eye(m, m + 3)
        found = leading_vector(blocks)
        captured = np.linalg.norm(np.matmul(found[:, None, :], blocks), axis=(1, 2))
        sigma = np.linalg.svd(blocks, compute_uv=False)
        excess = sigma[:, 0] ** 2 - captured**2
        assert (excess <= 1e-12 * (sigma[:, 1:] ** 2).sum(axis=1) + 1e-14 * sigma[:, 0] ** 2).all()
        assert np.allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-13)


def test_operator_agrees_with_the_dense_product():
    rng = np.random.default_rng(2)
    chain = deformable([2, 3, 2], [3, 2, 2], [1, 2])
    g = factorize_butterfly(gaussian(rng, chain.shape, complex), chain)
    op, D = g.operator(), g.toarray()
    x, X = rng.standard_normal(chain.shape[1]), rng.standard_normal((chain.shape[1], 5))
    assert np.allclose(op @ x, D @ x)
    assert np.allclose(op @ X, D @ X)
    assert np.allclose(op.H @ (D @ x), D.conj().T @ (D @ x))
    assert np.allclose(op.T @ (D @ X), D.T @ (D @ X))
    assert np.allclose(aslinearoperator(op).matvec(x), D @ x)
    sparse = g.sparse_factors()
    assert np.allclose((sparse[0] @ sparse[1] @ sparse[2]).toarray(), D)
    assert all(s.has_canonical_format for s in sparse)
    assert np.allclose(np.linalg.multi_dot(g.dense_factors()), D)


def test_operators_of_what_is_no_number_are_refused():
    for values in (np.full((1, 2, 2, 1), "a"), np.ones((1, 2, 2, 1), dtype=object)):
        with pytest.raises(InputError, match=r"factors\[1\] must hold numbers of fixed size, got dtype"):
            ButterflyOperator([np.ones((1, 2, 2, 1)), values])
    whole = ButterflyOperator([np.arange(4).reshape(1, 2, 2, 1), np.ones((1, 2, 2, 1), dtype=np.float32)])
    assert (whole @ np.ones(2)).tolist() == [2.0, 10.0]


def test_large_blocks_far_apart_are_applied_alike():
    """Blocks of order 32 with d > 1 are multiplied on a copy; also vectors, and memory that is not contiguous."""
    rng = np.random.default_rng(6)
    chain = monarch(1024)
    assert chain[0].d > 1
    assert chain[0].b * chain[0].c >= 1024
    operator = ButterflyOperator([gaussian(rng, p, complex) for p in chain])
    dense = operator.toarray()
    for x in (rng.standard_normal((1024, 3)), rng.standard_normal((7, 1024)).T, rng.standard_normal(1024)):
        assert np.allclose(operator @ x, dense @ x)


def test_fusing_two_factors():
    rng = np.random.default_rng(4)
    for chain in CHAINS:
        if len(chain) < 2:
            continue
        x, y = rng.standard_normal(chain[0]), rng.standard_normal(chain[1])
        assert np.allclose(to_dense(fuse_pair(x, y)), to_dense(x) @ to_dense(y))
    with pytest.raises(InputError, match="not chainable"):
        fuse_pair(np.ones((2, 2, 2, 1)), np.ones((1, 2, 2, 2)))


def test_progress_and_str():
    seen = []
    g = factorize_butterfly(hadamard(16), "dyadic", "balanced", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert "16x16" in str(g)
    seen.clear()
    factorize_butterfly(hadamard(16), "dyadic", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_orders():
    assert balanced_order(1) == ()
    assert sorted(balanced_order(9)) == list(range(1, 9))
    assert read_order([2, 1], 3) == (2, 1)
    assert one_sided((1, 4, 2, 3), 5)
    assert not one_sided((3, 1, 2, 4), 5)


@pytest.mark.parametrize(
    ("A", "chain", "order", "message"),
    [
        (np.ones((4, 6)), "dyadic", "balanced", "square shape with a power of two"),
        (np.ones((4, 4)), "butterfly", "balanced", "chain must be one of"),
        (np.ones((4, 4)), [(1, 2, 2, 2), (2, 2, 3, 1)], "balanced", "must have the shape of A"),
        (np.ones((4, 4)), [(2, 2, 2, 1), (1, 2, 2, 2)], "balanced", "not chainable: a = 2"),
        (np.ones((4, 4)), [(1, 2, 2, 2), (1, 2, 2, 1)], "balanced", r"chain\[1\] must have as many rows"),
        (np.ones((4, 4)), [(1, 2, 2), (2, 2, 2, 1)], "balanced", r"chain\[0\] must be four positive integers"),
        (np.ones((4, 4)), [], "balanced", "at least one pattern"),
        (np.ones((4, 4)), 7, "balanced", "chain must be a sequence"),
        (np.ones((4, 4)), "dyadic", "sideways", "order must be one of"),
        (np.ones((4, 4)), "dyadic", [2], "order must be a permutation of 1..1"),
        (np.ones((4, 4)), "dyadic", 1, "order must be a permutation of 1..1"),
        (np.ones(4), "dyadic", "balanced", "two dimensions"),
        (np.ones((0, 4)), "dyadic", "balanced", "at least one row"),
        (np.ones((4, 4), object), "dyadic", "balanced", "object"),
        (np.full((4, 4), "a"), "dyadic", "balanced", "dtype"),
        ([[1.0, 2.0], [3.0]], "dyadic", "balanced", "rectangular"),
        (np.diag([1.0, np.nan]), "dyadic", "balanced", r"A\[1, 1\] is nan"),
        (np.diag([1.0, np.inf]), "dyadic", "balanced", r"A\[1, 1\] is inf"),
    ],
)
def test_bad_arguments_are_refused(A, chain, order, message):
    with pytest.raises(InputError, match=message):
        factorize_butterfly(A, chain, order)


def test_split_distances_of_a_member_are_zero():
    rng = np.random.default_rng(8)
    chain = monarch((12, 18))
    A = to_dense(fuse_all([rng.standard_normal(p) for p in chain]))
    assert split_distances(A, chain).max() <= 1e-14 * np.linalg.norm(A)


def test_progress_of_the_distances():
    A = np.random.default_rng(3).standard_normal((64, 64))
    seen = []
    found = split_distances(A, "dyadic", progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(1, seen[-1][1] + 1))
    assert np.allclose(found, brute_distances(A, square_dyadic(64)))
    g, seen = factorize_butterfly(A, "dyadic"), []
    assert np.array_equal(g.measure_distances(lambda done, total: seen.append(done)), found)
    assert seen
    assert g.measure_distances(lambda done, total: pytest.fail("measured twice")) is g.split_distances


def test_half_precision_is_read_as_single_precision():
    A = hadamard(8).astype(np.float16)
    found = factorize_butterfly(A)
    assert found.factors[0].dtype == np.float32
    assert np.array_equal(A, np.round(found.toarray()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("noise", [1.0, 1e-1, 1e-2, 3e-3, 1e-4, 1e-8])
def test_what_turned_rows_discard_is_right_whether_inner_products_show_it_or_not(dtype, noise):
    """Beside the residual in higher precision, on both sides of the share where a difference of energies is trusted."""
    rng = np.random.default_rng(21)
    A = (hadamard(64) + noise * gaussian(rng, (64, 64), dtype)).astype(dtype)
    f = factorize_butterfly(A)
    wide = np.result_type(A, np.float64)
    rest = A.astype(wide) - dense_product([x.astype(wide) for x in f.factors])
    assert f.error == pytest.approx(np.linalg.norm(rest), abs=64 * float(np.finfo(dtype).eps) * f.norm)
