"""Matrices given by their entries or by products with vectors: exact for members, estimates near the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import LinearOperator

from closedness.errors import InputError
from solvers import factorize_butterfly, factorize_entries, factorize_operator
from solvers.families import bit_reversal, block_butterfly, deformable, low_rank, monarch, square_dyadic
from solvers.operators import ButterflyOperator

CHAINS = (
    square_dyadic(4),
    square_dyadic(32),
    monarch((24, 30)),
    low_rank(9, 7, 2),
    low_rank(3, 2, 4),
    deformable([2, 3, 4], [3, 2, 2], [2, 3]),
    block_butterfly(64, 3),
)


@given(
    st.sampled_from(CHAINS), st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from((0.0, 0.0, 290.0, -290.0)),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_members_are_found_from_samples(chain, seed, cplx, magnitude, by_entries):
    rng = np.random.default_rng(seed)
    factors = [rng.standard_normal(p) + (1j * rng.standard_normal(p) if cplx else 0) for p in chain]
    A = ButterflyOperator(factors).toarray()
    A /= np.linalg.norm(A)
    B = A * 10.0**magnitude
    if by_entries:
        found = factorize_entries(lambda i, j: B[i, j], B.shape, chain)
    else:
        found = factorize_operator(B, chain)
    assert all(np.isfinite(f).all() for f in found.factors)
    assert found.chain == chain
    product = ButterflyOperator([f * 10.0 ** (-magnitude / len(chain)) for f in found.factors]).toarray()
    error = np.linalg.norm(A - product)
    assert error <= 1e-6
    assert found.error / 10.0**magnitude <= 20 * error + 1e-13
    assert 0.2 <= found.norm / 10.0**magnitude <= 5.0


def test_the_fourier_matrix_is_never_formed():
    n = 4096
    order = bit_reversal(n)
    f = factorize_entries(lambda i, j: np.exp(-2j * np.pi * (i * order[j] % n) / n), (n, n))
    assert f.relative_error < 1e-10
    assert f.evaluations < 0.06 * n * n
    x = np.random.default_rng(0).standard_normal(n)
    assert np.linalg.norm(f.operator() @ x[order] - np.fft.fft(x)) <= 1e-9 * n


@pytest.mark.slow
@pytest.mark.parametrize("program", ["entries", "operator"])
def test_estimates_are_near_the_truth(program):
    rng = np.random.default_rng(1)
    points = np.sort(rng.random(128))
    A = np.exp(20j * np.outer(points, points)) / (3 + points[:, None] - points[None, :])
    chain = block_butterfly(128, 3)
    best = factorize_butterfly(A, chain)
    found = []
    for seed in range(8):
        if program == "entries":
            f = factorize_entries(lambda i, j: A[i, j], A.shape, chain, seed=seed)
        else:
            f = factorize_operator(A, chain, seed=seed)
        truth = np.linalg.norm(A - f.toarray())
        assert truth >= best.lower_bound * (1 - 1e-9)
        assert truth <= (10.0 if program == "entries" else 2.0) * best.error
        assert abs(f.error - truth) <= 6 * f.deviation + 1e-12
        assert f.deviation > 0.0
        found.append(abs(f.norm - np.linalg.norm(A)) / np.linalg.norm(A))
    assert np.mean(found) <= 0.3


def test_few_products_with_vectors_are_needed():
    chain = square_dyadic(1024)
    rng = np.random.default_rng(2)
    inner = ButterflyOperator([rng.standard_normal(p) for p in chain])
    f = factorize_operator(inner, chain)
    assert f.evaluations < 1024
    x = rng.standard_normal(1024)
    assert np.linalg.norm(f.operator() @ x - inner @ x) <= 1e-8 * np.linalg.norm(inner @ x)


def test_what_cannot_be_sampled_is_refused():
    for entry, message in (
        (lambda i, j: 1.0, "array of the shape"),
        (lambda i, j: np.full(i.shape, np.nan), r"entry\(\d+, \d+\) is nan"),
        (lambda i, j: np.full(i.shape, "a"), "must return numbers"),
        (3, "entry must be a function"),
    ):
        with pytest.raises(InputError, match=message):
            factorize_entries(entry, (4, 4))
    with pytest.raises(InputError, match="a product without zeros"):
        factorize_entries(lambda i, j: 1.0 * i, (4, 4), [(2, 2, 2, 1)])
    no_adjoint = LinearOperator((4, 4), matvec=lambda x: x, dtype=float)
    with pytest.raises(InputError, match="products with the adjoint"):
        factorize_operator(no_adjoint)
    with pytest.raises(InputError, match="at least two factors"):
        factorize_operator(np.ones((3, 4)), [(1, 3, 4, 1)])
    with pytest.raises(InputError, match="finite products"):
        factorize_operator(np.full((4, 4), np.inf))
    for extra in (0, 1.5):
        with pytest.raises(InputError, match="extra must be a positive integer"):
            factorize_operator(np.ones((4, 4)), extra=extra)
    zero = factorize_entries(lambda i, j: 0.0 * i, (8, 8))
    assert (zero.error, zero.relative_error) == (0.0, 0.0)
    assert not zero.toarray().any()


@pytest.mark.parametrize("shape", [(8,), "ab", None, 8, (8.0, 8.0), (0, 8), (8, 8, 8)])
def test_shapes_that_are_none_are_refused(shape):
    with pytest.raises(InputError, match="shape must be two positive integers, got"):
        factorize_entries(lambda i, j: 1.0 * i * j, shape)
