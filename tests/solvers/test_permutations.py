"""Rows and columns of butterflies in unknown order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from closedness.errors import InputError
from solvers.families import square_dyadic
from solvers.operators import ButterflyOperator
from solvers.permutations import factorize_permuted


def mixed(A, seed):
    rng = np.random.default_rng(seed)
    return A[rng.permutation(len(A))][:, rng.permutation(len(A))]


def fourier(n):
    k = np.arange(n)
    return np.exp(-2j * np.pi * (np.outer(k, k) % n) / n)


@given(
    st.integers(0, 5), st.integers(0, 2**32 - 1), st.sampled_from(("random", "complex", "Hadamard", "DFT")),
    st.sampled_from((0.0, 200.0, -200.0)),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_an_order_is_found_again(levels, seed, kind, magnitude):
    n, rng = 1 << levels, np.random.default_rng(seed)
    if kind == "Hadamard":
        A = hadamard(n).astype(float)
    elif kind == "DFT":
        A = fourier(n)
    else:
        factors = [rng.standard_normal(p) for p in square_dyadic(n)]
        if kind == "complex":
            factors = [f + 1j * rng.standard_normal(f.shape) for f in factors]
        A = ButterflyOperator(factors).toarray()
        A = A / np.linalg.norm(A)
    B = mixed(A, seed)
    f = factorize_permuted(B * 10.0**magnitude)
    assert f.found
    assert f.relative_error <= 1e-6
    assert sorted(f.rows) == sorted(f.cols) == list(range(n))
    near = f.toarray() / 10.0**magnitude
    assert np.linalg.norm(near - B) <= 1e-6 * np.linalg.norm(B)
    x, unit = np.ones(n), 10.0**magnitude
    scale = 1e-9 * np.linalg.norm(B) * n
    assert np.linalg.norm((f.operator() @ x - f.toarray() @ x) / unit) <= scale
    assert np.linalg.norm((f.operator().T @ x - f.toarray().T @ x) / unit) <= scale


@pytest.mark.parametrize("seed", range(12))
def test_rows_that_are_nearly_parallel_are_told_apart(seed):
    rng = np.random.default_rng(seed)
    A = ButterflyOperator([rng.standard_normal(p) for p in square_dyadic(32)]).toarray()
    f = factorize_permuted(mixed(A, seed))
    assert f.found
    assert f.relative_error <= 1e-6


def test_the_fourier_matrix_in_its_usual_order():
    f = factorize_permuted(fourier(128))
    assert f.found
    assert f.relative_error < 1e-12


def test_a_little_noise_is_no_obstacle():
    rng = np.random.default_rng(0)
    A = mixed(fourier(32), 1)
    A = A + 1e-4 * rng.standard_normal(A.shape)
    f = factorize_permuted(A, tolerance=1e-3)
    assert f.found
    assert f.relative_error <= 1e-3


def test_other_matrices_are_not_found():
    A = np.random.default_rng(1).standard_normal((16, 16))
    f = factorize_permuted(A)
    assert not f.found
    assert f.complete
    assert f.relative_error > 0.1
    assert np.isclose(np.linalg.norm(f.toarray() - A) / np.linalg.norm(A), f.relative_error)


def test_bad_arguments_are_refused():
    with pytest.raises(InputError, match="tolerance must be"):
        factorize_permuted(np.eye(4), tolerance=0.0)
    with pytest.raises(InputError, match="power of two"):
        factorize_permuted(np.ones((3, 3)))
