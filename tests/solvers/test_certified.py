"""Certified optima: bounds that hold, certificates that can be checked and not be forged, infima not attained."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness.errors import InputError
from solvers import certify_optimum, factorize_fixed_support
from solvers.certified import is_dense
from solvers.minor_bounds import Box, Terms, best_multipliers, proved

QUIET = {"deadline": None}
COLUMN = np.ones((3, 1))


def full_svd(A, r):
    return math.sqrt(float(np.square(np.linalg.svd(A)[1][r:]).sum()))


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3])
def test_lu_is_attained_where_the_minors_allow_it(n):
    rng, lower = np.random.default_rng(n), np.tri(n)
    found = certify_optimum(rng.standard_normal((n, n)), lower, lower)
    assert (found.lower, found.certified, found.attained) == (0.0, True, "yes")
    A = rng.integers(1, 5, (n, n)).astype(float)
    A[0, 0] = 0.0
    found = certify_optimum(A, lower, lower)
    assert (found.lower, found.certified, found.attained) == (0.0, True, "no")
    assert found.verify()


@pytest.mark.parametrize("magnitude", [0, 150, -150, 300, -300])
def test_the_optimum_of_a_rectangle_is_that_of_the_svd(magnitude):
    A = np.random.default_rng(5).standard_normal((3, 4))
    found = certify_optimum(A * 10.0**magnitude, np.ones((3, 1)), np.ones((4, 1)))
    truth = full_svd(A, 1)
    assert found.certified
    assert found.attained == "yes"
    assert found.verify()
    assert abs(found.upper / 10.0**magnitude - truth) <= 1e-9
    assert truth - 2e-6 * np.linalg.norm(A) <= found.lower / 10.0**magnitude <= truth * (1 + 1e-12)
    assert np.isclose(np.linalg.norm(A - (found.X / 10.0**magnitude) @ found.Y.T), truth)


def test_a_completion_with_two_valleys():
    """Descents end in either valley; the bound says which is the deeper one."""
    A = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0], [1.0, 1.0, 0.0]])
    W = 1.0 - np.eye(3)
    found = certify_optimum(A, COLUMN, COLUMN, weights=W, seconds=20.0)
    assert found.certified
    assert found.verify()
    options = {"weights": W, "decide_seconds": 0, "starts": 8}
    best = min(factorize_fixed_support(A, COLUMN, COLUMN, seed=s, **options).error for s in range(3))
    assert found.lower <= best * (1 + 1e-9)
    assert found.upper <= best * (1 + 1e-6)


def test_a_completion_that_is_a_limit_only():
    found = certify_optimum(
        [[9.0, 1.0], [1.0, 0.0]], np.ones((2, 1)), np.ones((2, 1)), weights=[[0.0, 1.0], [1.0, 1.0]]
    )
    assert (found.lower, found.certified, found.attained) == (0.0, True, "no")


@st.composite
def problems(draw):
    m, n, r = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    I, J = rng.random((m, r)) < 0.7, rng.random((n, r)) < 0.7
    A = np.round(rng.standard_normal((m, n)), draw(st.sampled_from((0, 1, 15))))
    weights = draw(st.sampled_from((None, "missing", "weights")))
    W = None if weights is None else (rng.random((m, n)) < 0.7) * (1.0 if weights == "missing" else rng.random((m, n)))
    if W is not None and not W.any():
        W = None
    return A, I, J, W


@given(problems())
@settings(max_examples=25, **QUIET)
def test_the_bound_is_below_every_error(case):
    A, I, J, W = case
    found = certify_optimum(A, I, J, weights=W, seconds=1.0)
    weights = np.ones(A.shape) if W is None else W
    norm = np.linalg.norm(weights * A)
    assert found.verify()
    assert found.lower <= found.upper
    assert abs(np.linalg.norm(weights * (A - found.X @ found.Y.T)) - found.upper) <= 1e-9 * max(norm, 1e-300)
    assert not found.X[~I].any()
    assert not found.Y[~J].any()
    other = factorize_fixed_support(A, I, J, weights=W, seed=1, starts=6, decide_seconds=0, method="iterative")
    assert found.lower <= other.error + 1e-12 * norm
    assert other.lower_bound <= found.upper + 1e-9 * norm
    if found.certified:
        assert found.upper <= other.error + 3e-6 * norm or found.lower == 0.0
    if found.attained == "no":
        assert found.upper > 0.0


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 5))
@settings(max_examples=60, **QUIET)
def test_elimination_fits_almost_every_matrix_of_dense_supports(seed, n, r):
    rng = np.random.default_rng(seed)
    I, J = rng.random((n, r)) < 0.6, rng.random((n, r)) < 0.6
    if not is_dense(I, J):
        return
    A = rng.standard_normal((n, n)) * ((I.astype(int) @ J.T.astype(int)) > 0)
    X, Y = I * rng.standard_normal(I.shape), J * rng.standard_normal(J.shape)
    directions = [np.outer(np.eye(n)[i], Y[:, k]) for i, k in np.argwhere(I)]
    directions += [np.outer(X[:, k], np.eye(n)[j]) for j, k in np.argwhere(J)]
    assert np.linalg.matrix_rank(np.array(directions).reshape(len(directions), A.size)) == np.count_nonzero(A)
    f = factorize_fixed_support(A, I, J, decide_seconds=0)
    assert f.error <= 1e-6 * np.linalg.norm(A)


@pytest.mark.slow
def test_certificates_cannot_be_forged():
    rng = np.random.default_rng(3)
    I, J = np.array([[1, 0], [1, 1], [1, 1]]), np.array([[1, 1], [1, 1], [1, 0]])
    found = certify_optimum(rng.standard_normal((3, 3)), I, J, gap=1e-2, seconds=20.0)
    assert found.verify()
    assert len(found.leaves) > 1
    assert not replace(found, leaves=found.leaves[1:]).verify()
    assert not replace(found, lower=found.lower * 1.1 + 1e-3).verify()
    first = next(leaf for leaf in found.leaves if leaf.found is not None)
    higher = replace(first, found=first.found._replace(bound=first.found.bound + 1))
    assert not replace(found, leaves=(higher, *found.leaves[1:])).verify()


def test_negative_multipliers_of_a_box_prove_nothing():
    one = Fraction(1)
    cells = {(i, j): one * (i == j) for i in range(2) for j in range(2)}
    terms = Terms((((0, 1), (0, 1)),), cells, dict.fromkeys(cells, one))
    box = Box.of(terms, (0,))
    from closedness.budget import Budget

    found = best_multipliers(terms, box, 10.0, Budget(None))
    assert proved(terms, box, found)
    assert not proved(terms, box, found._replace(box=tuple(-x for x in found.box)))
    assert not proved(terms, box, found._replace(box=()))


def test_what_is_too_large_or_complex_is_refused():
    with pytest.raises(InputError, match="13 free parameters, at most 12"):
        certify_optimum(np.ones((7, 7)), np.ones((7, 1)), np.ones((7, 1)))
    with pytest.raises(InputError, match="A must be real"):
        certify_optimum(np.ones((2, 2)) * 1j, np.ones((2, 1)), np.ones((2, 1)))
    for gap in (0.0, 1.0, "small"):
        with pytest.raises(InputError, match="gap must be"):
            certify_optimum(np.ones((2, 2)), np.ones((2, 1)), np.ones((2, 1)), gap=gap)


def test_the_time_limit_holds():
    import time

    rng = np.random.default_rng(0)
    began = time.perf_counter()
    found = certify_optimum(
        rng.standard_normal((3, 3)), [[1, 0], [1, 1], [0, 1]], np.ones((3, 2)), gap=1e-9, seconds=1.0
    )
    assert time.perf_counter() - began <= 1.2 * 1.0 + 1.0
    assert not found.certified or found.lower > 0.0
    assert found.verify()
