"""Weighted and missing entries on fixed supports."""

from __future__ import annotations

import numpy as np
import pytest

from closedness import Support
from closedness.errors import InputError
from solvers import Diagnosis, factorize_fixed_support
from solvers.relaxation import relaxation_bound

LOWER = np.tril(np.ones((5, 5), bool))


def problem(seed, cplx=False):
    rng = np.random.default_rng(seed)
    I, J = rng.random((9, 3)) < 0.7, rng.random((8, 3)) < 0.7
    X, Y = rng.standard_normal(I.shape) * I, rng.standard_normal(J.shape) * J
    if cplx:
        X = X * np.exp(1j * rng.uniform(0, 6, X.shape))
    return rng, X @ Y.T, I, J


@pytest.mark.parametrize("cplx", [False, True])
def test_missing_entries_are_recovered(cplx):
    """Planted factors, a tenth of the entries unknown: whatever stands there does not matter."""
    same = 0
    for seed in range(10):
        rng, A, I, J = problem(seed, cplx)
        known = rng.random(A.shape) < 0.9
        found = []
        for missing in (np.nan, 1e6):
            f = factorize_fixed_support(np.where(known, A, missing), I, J, weights=known, decide_seconds=0)
            assert f.relative_error < 1e-8
            assert f.method == "iterative"
            assert f.error == pytest.approx(np.linalg.norm((A - f.X @ f.Y.T)[known]), abs=1e-9)
            found.append(f.X @ f.Y.T)
        assert np.array_equal(*found)
        same += np.allclose(found[0], A, atol=1e-5)
    assert same >= 6  # where the known entries determine the others


@pytest.mark.slow
def test_weights_are_weights():
    """Weighted errors are below those of the unweighted optimum, and scale with the weights."""
    for seed in range(8):
        rng, A, I, J = problem(seed)
        A = A + 0.3 * rng.standard_normal(A.shape)
        W = rng.uniform(0.2, 3.0, A.shape)
        f = factorize_fixed_support(A, I, J, weights=W, decide_seconds=0)
        plain = factorize_fixed_support(A, I, J, decide_seconds=0)
        assert f.error == pytest.approx(np.linalg.norm(W * (A - f.X @ f.Y.T)))
        assert f.relative_error == pytest.approx(f.error / np.linalg.norm(W * A))
        assert f.lower_bound <= f.error <= np.linalg.norm(W * (A - plain.X @ plain.Y.T)) * (1 + 1e-9)
        one = factorize_fixed_support(A, I, J, weights=np.ones(A.shape), decide_seconds=0)
        assert one.error == pytest.approx(plain.error, rel=1e-3)
        double = factorize_fixed_support(A, I, J, weights=2 * W, decide_seconds=0)
        assert double.error == pytest.approx(2 * f.error, rel=1e-3)
        for far in (2.0**600, 2.0**-600):
            assert factorize_fixed_support(A, I, J, weights=far * W, decide_seconds=0).error == f.error * far


@pytest.mark.slow
def test_lower_bounds_with_weights():
    rng = np.random.default_rng(3)
    positive = 0
    for _ in range(30):
        I, J = rng.random((5, 3)) < 0.6, rng.random((5, 3)) < 0.6
        A, W = rng.standard_normal((5, 5)), rng.uniform(0.5, 2.0, (5, 5)) * (rng.random((5, 5)) < 0.9)
        bound = relaxation_bound(A, Support.read(I), Support.read(J), None, W**2)
        f = factorize_fixed_support(A, I, J, weights=W, decide_seconds=0, starts=6)
        assert bound <= f.error + 1e-9
        assert f.lower_bound == pytest.approx(min(bound, f.error), abs=1e-9)
        positive += bound > 1e-3
    assert positive >= 15


def test_what_is_missing_makes_classes_free():
    """A triangle of which only a row and a column per index are known: everything is fitted."""
    A = np.random.default_rng(0).standard_normal((5, 5))
    known = np.eye(5, dtype=bool) | np.eye(5, k=1, dtype=bool)
    f = factorize_fixed_support(A, LOWER, LOWER, weights=known)
    assert f.relative_error < 1e-14
    assert f.optimal
    nothing = factorize_fixed_support(A, LOWER, LOWER, weights=np.zeros((5, 5)))
    assert nothing.error == 0.0
    assert nothing.relative_error == 0.0


def test_closedness_is_asked_only_when_all_entries_count():
    target = np.array([[0.0, 1.0], [1.0, 0.0]])
    I = np.array([[1, 0], [1, 1]])
    f = factorize_fixed_support(target, I, I, weights=[[1.0, 2.0], [2.0, 1.0]])
    assert f.diagnosis is Diagnosis.DIVERGING
    assert f.verdict is not None
    g = factorize_fixed_support(target, I, I, weights=[[1.0, 1.0], [1.0, 0.0]])
    assert g.diagnosis is Diagnosis.DIVERGING
    assert g.verdict is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((4, 5)), r"weights must have the shape of A, \(5, 5\), got \(4, 5\)"),
        (-np.ones((5, 5)), r"weights must be finite and at least 0: weights\[0, 0\] is -1.0"),
        (np.full((5, 5), np.inf), r"weights\[0, 0\] is inf"),
        (1j * np.ones((5, 5)), "weights must be real"),
        (np.ones(5), "weights must have two dimensions"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(InputError, match=message):
        factorize_fixed_support(np.eye(5), LOWER, LOWER, weights=weights)


def test_the_direct_method_takes_no_weights():
    with pytest.raises(InputError, match="takes no weights"):
        factorize_fixed_support(np.eye(2), np.ones((2, 1)), np.ones((2, 1)), weights=np.ones((2, 2)), method="svd")
