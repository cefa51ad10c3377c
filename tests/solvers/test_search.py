"""The search on fixed supports: what elimination solves, what variable projection finds, what is said about it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Support
from closedness.budget import Budget
from solvers import Diagnosis, factorize_fixed_support, search
from solvers.elimination import eliminate
from solvers.free_cells import reduce_supports
from solvers.hardness import completion_to_factorization
from solvers.result import PathPoint
from solvers.search import judge_path
from solvers.tractable import tractability
from solvers.variable_projection import descend, problem_of


def lower(n):
    return np.tril(np.ones((n, n), bool))


def band(n, width):
    i = np.arange(n)
    return (i[:, None] >= i) & (i[:, None] - i <= width)


def arrow(n):
    return np.hstack([np.ones((n, 1), bool), np.eye(n, dtype=bool)[:, 1:]])


def planted(rng, I, J, cplx=False):
    """A target that factors fit exactly."""
    X, Y = rng.standard_normal(I.shape), rng.standard_normal(J.shape)
    if cplx:
        X, Y = X + 1j * rng.standard_normal(I.shape), Y + 1j * rng.standard_normal(J.shape)
    return (X * I) @ (Y * J).T


# ----------------------------------------------------------------------------------------------- elimination


@pytest.mark.parametrize("n", [4, 6, 12, 32, 64])
def test_lu_of_a_gaussian_matrix_is_found_to_rounding(n):
    rng = np.random.default_rng(n)
    A = rng.standard_normal((n, n))
    rows, cols, hidden = rng.permutation(n), rng.permutation(n), rng.permutation(n)
    I, J = lower(n)[rows][:, hidden], lower(n)[cols][:, hidden]
    for kwargs in ({}, {"method": "iterative"}):
        f = factorize_fixed_support(A[np.ix_(rows, cols)], I, J, **kwargs)
        assert f.relative_error < 1e-12
        assert f.optimal
        assert f.diagnosis is Diagnosis.OPTIMAL
        assert not f.path


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("support", [band(12, 2), band(30, 5), arrow(9), lower(8)], ids=["band", "wide", "arrow", "lu"])
def test_planted_eliminations_are_found(support, cplx):
    A = planted(np.random.default_rng(1), support, support, cplx)
    f = factorize_fixed_support(A, support, support)
    assert f.relative_error < 1e-11
    assert f.diagnosis is Diagnosis.OPTIMAL


@pytest.mark.slow
def test_elimination_never_loses_to_plain_elimination():
    """200 random targets of orders 2 to 9, near zero pivots among them."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        n = int(rng.integers(2, 10))
        A = rng.standard_normal((n, n))
        if rng.random() < 0.3:
            A[0, 0] = 10.0 ** -rng.integers(3, 7)
        L, U, rest = np.eye(n), np.zeros((n, n)), A.copy()
        for k in range(n):
            U[k, k:] = rest[k, k:]
            L[k:, k] = rest[k:, k] / rest[k, k]
            rest = rest - np.multiply.outer(L[:, k], U[k])
        plain = np.linalg.norm(A - L @ U)
        f = factorize_fixed_support(A, lower(n), lower(n), decide_seconds=0)
        assert f.error <= max(10.0 * plain, 1e-13 * np.linalg.norm(A))  # both are rounding
        assert f.diagnosis is not Diagnosis.DIVERGING


def test_elimination_stops_with_its_time():
    class Spent(Budget):
        def expired(self):
            return True

    X, Y = eliminate(np.eye(3), lower(3), lower(3), Spent(None))
    assert not X.any()
    assert not Y.any()


# ----------------------------------------------------------------------------------------------- free classes


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_free_classes_represent_everything_on_their_cells(seed):
    rng = np.random.default_rng(seed)
    m, n, r = (int(v) for v in rng.integers(1, 7, 3))
    I, J = rng.random((m, r)) < 0.5, rng.random((n, r)) < 0.5
    found = reduce_supports(I, J)
    A = rng.standard_normal((m, n))
    X, Y = np.zeros((m, r)), np.zeros((n, r))
    X[:, found.core] = (rng.standard_normal((m, r)) * I)[:, found.core]
    Y[:, found.core] = (rng.standard_normal((n, r)) * J)[:, found.core]
    before = X @ Y.T
    found.complete(A, X, Y)
    assert not X[~I].any()
    assert not Y[~J].any()
    after = X @ Y.T
    np.testing.assert_allclose(after[found.free], A[found.free], atol=1e-12)
    np.testing.assert_array_equal(after[~found.free], before[~found.free])
    # complete classes of the theorem are free
    complete = tractability(Support.read(I), Support.read(J)).complete
    assert not set(found.core.tolist()) & {k for group in complete for k in group.members}


def test_supports_that_are_free_one_after_the_other_are_solved():
    """Not tractable by the theorem: the last index is free only when the others have taken their cells."""
    I = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], bool)
    J = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1]], bool)
    found = reduce_supports(I, J)
    assert not found.core.size
    A = np.random.default_rng(0).standard_normal((3, 3))
    f = factorize_fixed_support(A, I, J, method="iterative")
    assert f.optimal
    assert f.relative_error < 1e-15


# ----------------------------------------------------------------------------------------------- variable projection


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_planted_factors_are_found_quadratically(cplx, weighted, wide, monkeypatch):
    """The explicit matrix and conjugate gradients, weights with zeros, real and complex."""
    if wide:
        monkeypatch.setattr("solvers.variable_projection._DIRECT", 0)
    rng = np.random.default_rng(3)
    I, J = rng.random((14, 5)) < 0.6, rng.random((12, 5)) < 0.6
    A = planted(rng, I, J, cplx)
    weights = np.where(rng.random(A.shape) < 0.9, rng.uniform(0.5, 2.0, A.shape), 0.0) if weighted else None
    start = rng.standard_normal((6, *J.shape)) + (1j * rng.standard_normal((6, *J.shape)) if cplx else 0.0)
    runs = descend(problem_of(A, I, J, weights), start, 200, 1e-12, Budget(None), goal=1e-26)
    assert runs.objective.min() < 1e-24
    best = int(np.argmin(runs.objective))
    rest = (A - runs.X[best] @ runs.Y[best].T) * (1.0 if weights is None else weights)
    assert np.linalg.norm(rest) ** 2 == pytest.approx(runs.objective[best], rel=1e-6, abs=1e-28)
    assert not runs.X[:, ~I].any()
    assert not runs.Y[:, ~J].any()


@pytest.mark.slow
@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_large_problems_are_solved_jointly(cplx, weighted, monkeypatch):
    """The way of large problems, on a small one: the same errors, real and complex, weighted, with a ridge."""
    rng = np.random.default_rng(6)
    I, J = rng.random((10, 3)) < 0.6, rng.random((9, 3)) < 0.6
    A = planted(rng, I, J, cplx)
    noisy = A + 0.1 * rng.standard_normal(A.shape)
    weights = rng.uniform(0.5, 2.0, A.shape) if weighted else None
    options = {"weights": weights, "decide_seconds": 0, "method": "iterative"}
    usual = [factorize_fixed_support(noisy, I, J, ridge=ridge, **options) for ridge in (0.0, 0.2)]
    monkeypatch.setattr("solvers.quasi_newton._CUBES", 0)
    exact = factorize_fixed_support(A, I, J, **options)
    assert exact.relative_error < 1e-6
    for ridge, other in zip((0.0, 0.2), usual, strict=True):
        f = factorize_fixed_support(noisy, I, J, ridge=ridge, **options)
        assert f.error == pytest.approx(other.error, rel=1e-3)
        assert not f.path
        assert f.starts_finished == f.starts_asked


def test_runs_side_by_side_are_the_runs_alone():
    rng = np.random.default_rng(4)
    I, J = rng.random((9, 4)) < 0.6, rng.random((8, 4)) < 0.6
    problem = problem_of(rng.standard_normal((9, 8)), I, J)
    start = rng.standard_normal((5, *J.shape))
    together = descend(problem, start, 15, 1e-10, Budget(None))
    for i in range(5):
        alone = descend(problem, start[i : i + 1], 15, 1e-10, Budget(None))
        np.testing.assert_allclose(alone.objective[0], together.objective[i], rtol=1e-8)


def test_gradients_vanish_where_runs_converge():
    rng = np.random.default_rng(8)
    for ridge in (0.0, 0.3):
        I, J = rng.random((7, 3)) < 0.7, rng.random((6, 3)) < 0.7
        A = rng.standard_normal((7, 6))
        runs = descend(problem_of(A, I, J, None, ridge), rng.standard_normal((4, *J.shape)), 500, 1e-14, Budget(None))
        assert runs.converged.any()
        for X, Y in zip(runs.X[runs.converged], runs.Y[runs.converged], strict=True):
            rest = A - X @ Y.T
            assert np.abs(np.where(I, rest @ Y - ridge * X, 0)).max() < 1e-5
            assert np.abs(np.where(J, rest.T @ X - ridge * Y, 0)).max() < 1e-5 * (1 + np.linalg.norm(X))


# ----------------------------------------------------------------------------------------------- what is said


def invariant(seed):
    """A problem and the same with rows, columns and hidden indices in another order, transposed."""
    rng = np.random.default_rng(seed)
    m, n, r = (int(v) for v in rng.integers(3, 7, 3))
    I, J = rng.random((m, r)) < 0.6, rng.random((n, r)) < 0.6
    A = rng.standard_normal((m, n))
    p, q, k = rng.permutation(m), rng.permutation(n), rng.permutation(r)
    return (A, I, J), (A[np.ix_(p, q)].T, J[q][:, k], I[p][:, k])


@pytest.mark.slow
def test_the_error_does_not_depend_on_the_order():
    same = 0
    for seed in range(30):
        first, second = invariant(seed)
        f, g = (factorize_fixed_support(*case, decide_seconds=0, starts=30) for case in (first, second))
        assert f.lower_bound <= g.error * (1 + 1e-12) + 1e-12
        same += math.isclose(f.error, g.error, rel_tol=1e-4, abs_tol=1e-4)
    assert same >= 27


def test_a_path_is_judged():
    """Sizes that grow while the error falls; not sizes that settle, and not a path into another valley."""

    def path(size, error):
        return tuple(PathPoint(10.0**-t, error(t), size(t)) for t in range(2, 9))

    runaway = path(lambda t: 2.0**t, lambda t: 1.0 + 4.0**-t)
    assert judge_path(runaway, 1.0, 1.0, 1e4)
    assert not judge_path(runaway, 100.0, 1.0, 1e4)  # not large
    assert not judge_path(runaway, 1.0, 0.5, 1e4)  # not where the search was
    assert not judge_path(runaway[:3], 1.0, 1.0, 1e4)
    assert not judge_path(path(lambda t: 50.0 - 2.0**-t, lambda t: 1.0 + 4.0**-t), 1.0, 1.0, 1e4)
    assert not judge_path(path(lambda t: 2.0**t, lambda t: 1.0), 1.0, 1.0, 1e4)
    vanishing = path(lambda t: 2.0**t, lambda t: 2.0**-t)
    assert judge_path(vanishing, 1.0, 1e-6, 1e6)
    assert not judge_path(vanishing, 1.0, 1e-9, 1e6)  # far below the curve: it is attained there


def test_bounded_optima_are_not_called_divergent():
    """Orders with a known bounded optimum: rank-one parts that overlap, far from the boundary of the set."""
    rng = np.random.default_rng(9)
    for _ in range(40):
        n = int(rng.integers(3, 8))
        I, J = rng.random((n, 3)) < 0.7, rng.random((n, 3)) < 0.7
        A = planted(rng, I, J)
        f = factorize_fixed_support(A, I, J, decide_seconds=0)
        assert f.relative_error < 1e-10
        assert f.diagnosis is not Diagnosis.DIVERGING


def test_completion_problems_lose_their_artificial_indices():
    rng = np.random.default_rng(2)
    known = rng.random((8, 7)) < 0.7
    x, y = rng.standard_normal(8), rng.standard_normal(7)
    problem = completion_to_factorization(np.outer(x, y), known)
    found = reduce_supports(problem.I.to_dense(), problem.J.to_dense())
    assert found.core.tolist() == [0]
    f = factorize_fixed_support(problem.A, problem.I, problem.J)
    assert f.relative_error < 1e-12


def test_incomplete_lu_is_stationary():
    """ILU(0) of a five-point Laplacian: entries of the fill-in are zero in the target, so no factors fit."""
    k = 4
    one = np.diag(np.full(k, 4.0)) - np.eye(k, k=1) - np.eye(k, k=-1)
    A = np.kron(np.eye(k), one) - np.kron(np.eye(k, k=1) + np.eye(k, k=-1), np.eye(k))
    I, J = np.tril(A != 0), np.triu(A != 0).T
    f = factorize_fixed_support(A, I, J, decide_seconds=0)
    assert 0.0 < f.relative_error < 0.1
    assert f.diagnosis is Diagnosis.CONVERGED
    rest = A - f.X @ f.Y.T
    assert np.abs(np.where(I, rest @ f.Y, 0)).max() < 1e-4
    X, Y = eliminate(A, I, J, Budget(None))
    assert f.error <= np.linalg.norm(A - X @ Y.T) * (1 + 1e-12)


def test_more_starts_are_never_worse():
    rng = np.random.default_rng(11)
    for _ in range(5):
        I, J = rng.random((8, 5)) < 0.5, rng.random((8, 5)) < 0.5
        A = rng.standard_normal((8, 8))
        errors = [factorize_fixed_support(A, I, J, decide_seconds=0, starts=k).error for k in (1, 40)]
        assert all(b <= a * (1 + 1e-6) for a, b in itertools.pairwise(errors))


def test_starts_that_agree_end_the_search():
    """The first four starts find one minimum: no more are made unless their number is given, and none finds less."""
    rng = np.random.default_rng(1)
    I, J = rng.random((16, 4)) < 0.5, np.ones((20, 4), bool)
    A = (rng.standard_normal(I.shape) * I) @ rng.standard_normal(J.shape).T + 0.1 * rng.standard_normal((16, 20))
    made = []

    def counted(*arguments):
        runs = descend(*arguments)
        made.append(len(runs.X))
        return runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "descend", counted)
        few = factorize_fixed_support(A, I, J, method="iterative", decide_seconds=0)
        usual, made[:] = sum(made), []
        many = factorize_fixed_support(A, I, J, method="iterative", starts=24, decide_seconds=0)
    assert usual <= 6 < 24 <= sum(made)
    assert few.diagnosis.value == "converged"
    assert few.error <= many.error * (1 + 1e-6)


@pytest.mark.parametrize("cplx", [False, True])
def test_the_factor_with_fewer_entries_is_searched_on_either_side(cplx):
    rng = np.random.default_rng(2)
    I, J = rng.random((9, 3)) < 0.5, np.ones((7, 3), bool)
    A = rng.standard_normal((9, 7)) + (1j * rng.standard_normal((9, 7)) if cplx else 0.0)
    weights = rng.random((9, 7))
    for w in (None, weights):
        one = factorize_fixed_support(A, I, J, method="iterative", weights=w, decide_seconds=0)
        turned = factorize_fixed_support(
            A.T, J, I, method="iterative", weights=None if w is None else w.T, decide_seconds=0
        )
        assert one.error == pytest.approx(turned.error, rel=1e-6)
        rest = (A - one.X @ one.Y.T) * (1.0 if w is None else w)
        assert np.linalg.norm(rest) == pytest.approx(one.error, rel=1e-9)
        assert not one.X[~I].any()
        assert one.lower_bound == pytest.approx(turned.lower_bound)
