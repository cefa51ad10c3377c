"""Factors with bounded, non-negative and fixed entries."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import nnls

from closedness.errors import InputError
from solvers import Diagnosis, factorize_fixed_support

LOWER = np.tril(np.ones((2, 2)))


def supports(rng, m, n, r):
    return rng.random((m, r)) < 0.7, rng.random((n, r)) < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_non_negative_factors_are_found(dtype):
    exact = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        I, J = supports(rng, 8, 7, 3)
        A = ((rng.random(I.shape) * I) @ (rng.random(J.shape) * J).T).astype(dtype)
        f = factorize_fixed_support(A, I, J, nonnegative=True)
        assert (f.X >= 0).all()
        assert (f.Y >= 0).all()
        assert not f.X[~I].any()
        assert f.X.dtype == dtype
        assert f.method == "box"
        assert f.error == pytest.approx(np.linalg.norm(A - f.X @ f.Y.T), rel=1e-3, abs=1e-5)
        exact += f.relative_error < 1e-3
    assert exact >= 5


@pytest.mark.slow
def test_non_negative_factors_are_optimal_in_each_factor():
    """Against the active-set method for one factor at a time."""
    rng = np.random.default_rng(1)
    I, J = supports(rng, 7, 6, 3)
    A = rng.standard_normal((7, 6))
    f = factorize_fixed_support(A, I, J, nonnegative=True, iterations=2000)
    for i in range(7):
        hidden = np.flatnonzero(I[i])
        if hidden.size:
            _, least = nnls(f.Y[:, hidden], A[i])
            assert np.linalg.norm(A[i] - f.Y @ f.X[i]) == pytest.approx(least, abs=1e-4)


def test_bounds_make_a_divergent_problem_solvable():
    """LU of the exchange matrix: with entries up to b, x11 = y11 = ε, x21 = y12 = 1/ε ≤ b, the error is about 1/b²."""
    target = np.array([[0.0, 1.0], [1.0, 0.0]])
    errors = []
    for largest in (2.0, 5.0, 20.0):
        f = factorize_fixed_support(target, LOWER, LOWER, largest=largest, starts=6)
        assert f.norm_bounded
        assert max(np.abs(f.X).max(), np.abs(f.Y).max()) <= largest * (1 + 1e-12)
        assert f.diagnosis in (Diagnosis.CONVERGED, Diagnosis.STALLED)
        assert f.error <= 1.05 / largest**2
        errors.append(f.error)
    assert all(b < a for a, b in itertools.pairwise(errors))


@pytest.mark.slow
def test_fixed_entries_stay():
    """LU with a unit diagonal of L, as textbooks write it."""
    rng = np.random.default_rng(2)
    n = 5
    A = rng.standard_normal((n, n)) + 5 * np.eye(n)
    mask = np.tril(np.ones((n, n), bool))
    unit = np.where(np.eye(n, dtype=bool), 1.0, np.nan)
    f = factorize_fixed_support(A, mask, mask, fixed=(unit, None), iterations=2000)
    assert np.array_equal(np.diag(f.X), np.ones(n))
    assert f.relative_error < 1e-5
    L, rest = np.eye(n), A.copy()
    for k in range(n):
        L[k:, k] = rest[k:, k] / rest[k, k]
        rest = rest - np.multiply.outer(L[:, k], rest[k])
    assert np.allclose(f.X, L, atol=1e-3)
    everything = factorize_fixed_support(A, mask, mask, fixed=(L, (A.T @ np.linalg.inv(L).T) * mask))
    assert everything.error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("factor", [2.0**400, 2.0**-400])
def test_scales_and_weights(factor):
    rng = np.random.default_rng(3)
    I, J = supports(rng, 6, 5, 2)
    A, W = rng.standard_normal((6, 5)), rng.uniform(0.5, 2.0, (6, 5))
    f = factorize_fixed_support(A, I, J, nonnegative=True, weights=W)
    g = factorize_fixed_support(A * factor, I, J, nonnegative=True, weights=W * factor)
    assert math.isclose(g.relative_error, f.relative_error, rel_tol=1e-3)
    assert f.error == pytest.approx(np.linalg.norm(W * (A - f.X @ f.Y.T)))
    h = factorize_fixed_support(A, I, J, nonnegative=True, ridge=0.5)
    assert np.linalg.norm(h.X) ** 2 + np.linalg.norm(h.Y) ** 2 <= np.linalg.norm(A) ** 2 / 0.5


def test_the_time_limit():
    rng = np.random.default_rng(4)
    I, J = supports(rng, 60, 60, 20)
    f = factorize_fixed_support(rng.standard_normal((60, 60)), I, J, nonnegative=True, seconds=0.05, iterations=10**5)
    assert f.diagnosis is Diagnosis.OUT_OF_TIME
    assert f.out_of_time
    assert (f.X >= 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"largest": -1.0}, "largest must be None or a positive number"),
        ({"largest": math.nan}, "largest must be None or a positive number"),
        ({"fixed": np.ones((2, 2))}, "fixed must be a pair of arrays"),
        ({"fixed": (np.ones((3, 2)), None)}, r"the fixed entries of X must have shape \(2, 2\), got \(3, 2\)"),
        ({"fixed": (None, [[1, 1], [1, 1]])}, r"the fixed entry Y\[0, 1\] must be finite, and 0 off the support"),
        ({"fixed": ("ab", None)}, "must be real numbers"),
        ({"nonnegative": True, "method": "svd"}, "takes no nonnegative"),
        ({"nonnegative": True, "A": 1j * np.eye(2)}, "A must be real"),
        ({"symmetric": True, "A": 1j * np.eye(2)}, "A must be real"),
        ({"symmetric": True, "J": np.ones((2, 2))}, "needs I equal to J"),
        ({"symmetric": True, "fixed": (None, [[1, 0], [1, 1]])}, r"fixed=\(values of X, None\)"),
    ],
)
def test_bad_options_are_refused(options, message):
    arguments = {"A": np.eye(2), "I": LOWER, "J": LOWER, **options}
    with pytest.raises(InputError, match=message):
        factorize_fixed_support(**arguments)


@pytest.mark.parametrize("magnitude", [0.0, 120.0, -120.0])
def test_symmetric_factors(magnitude):
    """A Cholesky factor is found; a matrix that is not positive is approached as well as its eigenvalues allow."""
    rng = np.random.default_rng(7)
    lower = np.tri(5)
    L = rng.standard_normal((5, 5)) * lower
    A = L @ L.T
    f = factorize_fixed_support(A * 10.0**magnitude, lower, lower, symmetric=True)
    assert np.array_equal(f.X, f.Y)
    assert not f.X[lower == 0].any()
    assert f.relative_error <= 1e-5
    X = f.X * 10.0 ** (-magnitude / 2)
    assert abs(np.linalg.norm(A - X @ X.T) - f.error * 10.0**-magnitude) <= 1e-9 * np.linalg.norm(A)
    B = np.diag([3.0, 2.0, -1.0, 0.5, -0.2])
    full = np.ones((5, 2))
    g = factorize_fixed_support(B, full, full, symmetric=True)
    assert g.error == pytest.approx(np.sqrt(1.0 + 0.25 + 0.04), rel=1e-6)
    assert g.lower_bound <= g.error


def test_symmetric_factors_with_weights_and_bounds():
    rng = np.random.default_rng(8)
    I = rng.random((6, 2)) < 0.8
    x = np.abs(rng.standard_normal((6, 2))) * I
    W = (rng.random((6, 6)) < 0.8) * 1.0
    W = np.minimum(W, W.T)
    f = factorize_fixed_support(x @ x.T, I, I, symmetric=True, nonnegative=True, weights=W, largest=4.0)
    assert (f.X >= 0).all()
    assert f.X.max() <= 4.0
    assert f.relative_error <= 1e-4
    assert abs(np.linalg.norm(W * (x @ x.T - f.X @ f.X.T)) - f.error) <= 1e-9
    known = np.full((6, 2), np.nan)
    known[0] = x[0]
    g = factorize_fixed_support(x @ x.T, I, I, symmetric=True, fixed=(known, None))
    assert np.array_equal(g.X[0], x[0])
    assert np.array_equal(g.X, g.Y)
