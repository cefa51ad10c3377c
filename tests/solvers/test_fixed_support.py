"""Factorisation with fixed supports: optimality where a theorem says so, honest diagnoses elsewhere."""

import copy
import dataclasses
import itertools
import math
import pickle
import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from closedness import Support
from closedness.errors import InputError
from solvers import Chain, Diagnosis, factorize_butterfly, factorize_fixed_support, load
from solvers.families import hierarchical, lu, monarch
from solvers.relaxation import relaxation_bound
from solvers.tractable import tractability

LOWER = [[1, 0], [1, 1]]


def supports(rectangles, m, n):
    """Supports from a list of (rows, columns), one hidden index each."""
    I, J = np.zeros((m, len(rectangles)), bool), np.zeros((n, len(rectangles)), bool)
    for k, (rows, cols) in enumerate(rectangles):
        I[list(rows), k] = True
        J[list(cols), k] = True
    return I, J


def types(numbers, r):
    return [[t >> k & 1 for k in range(r)] for t in numbers]


def random_tractable(rng):
    """Disjoint rectangles with multiplicities, and a complete class over them that leaves rectangles."""
    m, n = (int(v) for v in rng.integers(3, 9, 2))
    row_cut = sorted(rng.choice(np.arange(1, m), int(rng.integers(1, 3)), replace=False))
    col_cut = sorted(rng.choice(np.arange(1, n), int(rng.integers(1, 3)), replace=False))
    row_parts = np.split(rng.permutation(m), row_cut)
    col_parts = np.split(rng.permutation(n), col_cut)
    rectangles, answer_blocks = [], []
    cover = np.zeros((m, n), bool)
    complete = []
    if rng.random() < 0.5:  # a complete class: full rows of some parts, so the rest of any block is a rectangle
        rows = rng.choice(m, int(rng.integers(1, 3)), replace=False)
        cover[rows] = True
        complete = [(rows, np.arange(n))] * len(rows)
    for rows in row_parts:
        for cols in col_parts:
            if rng.random() < 0.25:
                continue
            q = int(rng.integers(1, 4))
            left = [i for i in rows if not cover[i, 0]]
            rectangles += [(rows, cols)] * q
            answer_blocks.append((left, cols, q))
    if not rectangles and not complete:
        return random_tractable(rng)
    everything = rectangles + complete
    order = rng.permutation(len(everything))
    I, J = supports([everything[k] for k in order], m, n)
    return I, J, answer_blocks, cover


def closed_form(A, blocks, cover):
    seen = cover.copy()
    energy = 0.0
    for rows, cols, q in blocks:
        if len(rows):
            energy += (np.linalg.svd(A[np.ix_(rows, cols)], compute_uv=False)[q:] ** 2).sum()
            seen[np.ix_(rows, cols)] = True
    return math.sqrt(energy + np.linalg.norm(A[~seen]) ** 2)


def test_500_tractable_instances_reach_the_closed_form():
    rng = np.random.default_rng(0)
    with_complete = 0
    for trial in range(500):
        I, J, blocks, cover = random_tractable(rng)
        m, n = len(I), len(J)
        A = rng.standard_normal((m, n))
        if trial % 3 == 0:
            A = A + 1j * rng.standard_normal((m, n))
        f = factorize_fixed_support(A, I, J)
        assert f.optimal
        assert f.diagnosis is Diagnosis.OPTIMAL
        assert np.all(f.X[~I] == 0)
        assert np.all(f.Y[~J] == 0)
        scale = np.linalg.norm(A)
        assert math.isclose(f.error, closed_form(A, blocks, cover), abs_tol=1e-12 * scale)
        assert math.isclose(f.error, np.linalg.norm(A - f.X @ f.Y.T), abs_tol=1e-12 * scale)
        with_complete += bool(cover.any())
    assert 150 < with_complete < 400


@pytest.mark.slow
def test_no_search_from_20_starts_beats_the_closed_form_on_500_tractable_instances():
    rng = np.random.default_rng(0)
    ties = 0
    for trial in range(500):
        I, J, blocks, cover = random_tractable(rng)
        A = rng.standard_normal((len(I), len(J)))
        best, scale = closed_form(A, blocks, cover), np.linalg.norm(A)
        search = factorize_fixed_support(A, I, J, method="iterative", starts=20, iterations=5, seed=trial)
        assert not search.optimal or search.error <= best + 1e-9 * scale
        assert search.error >= best - 1e-9 * scale
        assert search.lower_bound <= best + 1e-9 * scale
        ties += search.error <= best + 1e-3 * scale
    assert ties > 400  # the search is a real contender


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dtype_is_kept_and_arguments_are_not_modified(dtype):
    rng = np.random.default_rng(1)
    A = rng.standard_normal((6, 5)).astype(dtype)
    I, J = supports([(range(3), range(5)), (range(3, 6), range(2))], 6, 5)
    before = A.copy(), I.copy(), J.copy()
    f = factorize_fixed_support(A, I, J)
    assert f.X.dtype == f.Y.dtype == dtype
    assert all(np.array_equal(x, y) for x, y in zip(before, (A, I, J), strict=True))


def test_supports_of_many_kinds():
    A = np.arange(12.0).reshape(3, 4)
    I, J = np.ones((3, 2), int), np.ones((4, 2), int)
    reference = factorize_fixed_support(A, I, J).error
    for x, y in (
        (I.tolist(), J.tolist()),
        (scipy.sparse.csr_array(I), scipy.sparse.csr_array(J)),
        (Support.read(I), Support.read(J)),
    ):
        assert factorize_fixed_support(A, x, y).error == reference
    assert factorize_fixed_support(scipy.sparse.csr_array(A), I, J).error == reference


@pytest.mark.parametrize(
    ("I", "J", "part"),
    [
        (LOWER, LOWER, "hidden index 0 outside the complete classes is not a rectangle"),
        (types([1, 2, 3], 2), types([3, 3], 2), "hidden indices 0 and 1 overlap without being equal"),
        (np.kron(np.eye(2), np.ones((2, 1))), np.kron(np.eye(2), np.ones((2, 1))), "pairwise disjoint"),
        ([[1, 1], [1, 1]], [[1, 1], [1, 1]], "complete classes cover"),
        # a complete class on the first row and rank 1 below: the theorem's general case
        ([[1, 1], [1, 0], [1, 0]], [[1, 1], [1, 1], [1, 1]], "outside the complete classes"),
        # the remainder of the rank-1 block is an L shape
        ([[1, 1, 0], [1, 0, 1], [1, 0, 0]], [[1, 1, 0], [1, 0, 0], [1, 0, 0]], "not a rectangle"),
    ],
)
def test_the_condition_is_reported(I, J, part):
    found = tractability(Support.read(I), Support.read(J))
    assert part in found.reason
    assert found.tractable == ("not a rectangle" not in part and "without" not in part)


@pytest.mark.parametrize(
    ("target", "I", "J"),
    [
        ([[0, 1], [1, 0]], LOWER, LOWER),
        (np.eye(4)[::-1], np.tril(np.ones((4, 4))), np.tril(np.ones((4, 4)))),
        ([[1, 0], [1, 0], [0, 1]], types([1, 2, 3], 2), types([3, 3], 2)),
        (
            [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
            np.hstack([np.ones((3, 1)), np.eye(3)]),
            np.hstack([np.ones((3, 1)), np.eye(3)]),
        ),
    ],
    ids=["LU 2", "LU 4", "V-shaped", "rank one plus diagonal"],
)
def test_divergence_is_diagnosed(target, I, J):
    f = factorize_fixed_support(target, I, J, starts=2)
    assert f.diagnosis is Diagnosis.DIVERGING
    assert not f.optimal
    assert "diverge" in str(f)
    assert f.path[-1].size > 20 * np.linalg.norm(target)
    assert all(b.size > 1.5 * a.size and b.error < a.error for a, b in itertools.pairwise(f.path[1:]))
    assert 0.0 <= f.lower_bound <= f.error < 1e-3


def test_convergence_is_not_called_divergence():
    rng = np.random.default_rng(2)
    for _ in range(10):
        f = factorize_fixed_support(rng.standard_normal((2, 2)) + 3 * np.eye(2), LOWER, LOWER, starts=1)
        assert f.diagnosis is Diagnosis.OPTIMAL
        assert f.optimal
        assert f.relative_error < 1e-14


def test_a_ridge_makes_the_problem_well_posed():
    errors = []
    for ridge in (1e-1, 1e-2, 1e-3):
        f = factorize_fixed_support([[0, 1], [1, 0]], LOWER, LOWER, ridge=ridge)
        assert f.norm_bounded
        assert f.diagnosis is Diagnosis.CONVERGED
        assert np.linalg.norm(f.X) ** 2 + np.linalg.norm(f.Y) ** 2 <= 2.0 / ridge + 1e-9
        errors.append(f.error)
    assert errors[0] > errors[1] > errors[2]
    # scaling A by 4 and the ridge by 4 scales X and Y by 2
    f, g = (factorize_fixed_support(np.array([[0.0, s], [s, 0.0]]), LOWER, LOWER, ridge=0.1 * s) for s in (1.0, 4.0))
    assert math.isclose(4 * f.error, g.error, rel_tol=1e-6)


def test_lower_bounds_are_below_every_search():
    rng = np.random.default_rng(3)
    positive = 0
    for trial in range(30):
        I, J = rng.random((5, 3)) < 0.6, rng.random((5, 3)) < 0.6
        A = rng.standard_normal((5, 5))
        bound = relaxation_bound(A, Support.read(I), Support.read(J))
        f = factorize_fixed_support(A, I, J, method="iterative", starts=3, iterations=100, seed=trial)
        assert bound <= f.error + 1e-10
        positive += bound > 1e-3
    assert positive >= 25


def test_extreme_scales():
    A = np.array([[1.0, 2.0], [3.0, 5.0]])
    reference = factorize_fixed_support(A, [[1], [1]], [[1], [1]])
    for factor in (2.0**600, 2.0**-600):
        f = factorize_fixed_support(A * factor, [[1], [1]], [[1], [1]])
        assert math.isclose(f.relative_error, reference.relative_error, rel_tol=1e-12)
        assert math.isclose(f.error / factor, reference.error, rel_tol=1e-12)


def test_named_supports():
    I, J = lu(3).pair()
    assert not tractability(I, J).tractable
    I, J = hierarchical(3, 1, 1).pair()
    found = tractability(I, J)
    assert found.tractable
    A = np.random.default_rng(4).standard_normal((8, 8))
    f = factorize_fixed_support(A, I, J)
    assert f.error == pytest.approx(np.linalg.norm(A - f.X @ f.Y.T))


def test_empty_columns_and_zero_targets():
    f = factorize_fixed_support(np.ones((2, 2)), [[0], [0]], [[1], [1]])
    assert f.optimal
    assert f.error == 2.0
    f = factorize_fixed_support(np.zeros((2, 2)), LOWER, LOWER, starts=1)
    assert f.error == 0.0
    assert f.relative_error == 0.0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"I": [[1], [1], [1]]}, "I must have 2 rows"),
        ({"J": [[1], [1], [1]]}, "J must have 2 rows"),
        ({"J": [[1, 1], [1, 1]]}, "same number of columns"),
        ({"I": [[1], [2]]}, "I: entry"),
        ({"A": [[1.0, math.inf], [0.0, 0.0]]}, r"A\[0, 1\] is inf"),
        ({"method": "newton"}, "method must be"),
        ({"starts": 0}, "starts must be a positive integer"),
        ({"iterations": 2.5}, "iterations must be a positive integer"),
        ({"ridge": -1.0}, "ridge must be a finite number"),
        ({"tolerance": math.nan}, "tolerance must be a finite number"),
        ({"I": LOWER, "J": LOWER, "method": "svd"}, "needs tractable supports"),
    ],
)
def test_bad_arguments_are_refused(kwargs, message):
    arguments = {"A": np.ones((2, 2)), "I": [[1], [1]], "J": [[1], [1]], **kwargs}
    with pytest.raises(InputError, match=message):
        factorize_fixed_support(**arguments)


# ----------------------------------------------------------------------------------------------- panels


@pytest.mark.parametrize("kind", ["intervals of columns", "intervals of rows", "scattered"])
@pytest.mark.parametrize("dtype", [np.float64, np.complex64])
def test_the_size_of_the_panels_does_not_matter(monkeypatch, kind, dtype):
    """Blocks that are read as intervals, as the others, and in panels of one block."""
    rng = np.random.default_rng(7)
    chain = monarch((24, 36))
    I, J = chain_supports = chain[0].support().to_dense(), chain[1].support().to_dense().T
    A = rng.standard_normal((24, 36)).astype(dtype)
    if kind == "intervals of rows":
        A, I, J = np.ascontiguousarray(A.T), J, I
    elif kind == "scattered":
        p, q = rng.permutation(24), rng.permutation(36)
        A, I, J = A[np.ix_(p, q)], I[p], J[q]
    target = A.copy() if kind == "intervals of columns" else rng.standard_normal((24, 36)).astype(dtype)
    assert factorize_fixed_support(target, *chain_supports).error == pytest.approx(
        factorize_butterfly(target, chain).error, rel=1e-5
    )
    whole = factorize_fixed_support(A, I, J)
    monkeypatch.setattr("solvers.blockwise.PANEL_BYTES", 1)
    single = factorize_fixed_support(A, I, J)
    assert single.error == pytest.approx(whole.error, rel=1e-6)
    assert np.linalg.norm(A - single.X @ single.Y.T) == pytest.approx(whole.error, rel=1e-4)


def test_memory_beside_the_factors_is_a_few_panels():
    chain = monarch((1024, 1024))
    I, J = chain[0].support(), chain[1].support().T
    A = np.random.default_rng(0).standard_normal((1024, 1024))
    factorize_fixed_support(A, I, J)  # the supports are read once
    tracemalloc.start()
    try:
        f = factorize_fixed_support(A, I, J)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - f.X.nbytes - f.Y.nbytes < 0.9 * A.nbytes


@pytest.mark.parametrize(
    "chain", [monarch(64), monarch((24, 36)), [(2, 3, 4, 6), (8, 6, 5, 1)], [(1, 4, 4, 2), (2, 4, 3, 1)]]
)
@pytest.mark.parametrize("layout", ["rows", "columns", "strided"])
def test_blocks_at_regular_places_are_those_of_the_chain(chain, layout):
    """Panels of regular blocks are copied as views; the order of the hidden indices may hide that they are regular."""
    chain, rng = Chain(chain), np.random.default_rng(0)
    A = rng.standard_normal(chain.shape)
    if layout == "columns":
        A = np.asfortranarray(A)
    elif layout == "strided":
        A = np.repeat(np.repeat(A, 2, axis=0), 3, axis=1)[::2, ::3]
    I, J = (p.to_dense() for p in (chain[0].support(), chain[1].support().T))
    expected = factorize_butterfly(A, chain).error
    for order in (np.arange(I.shape[1]), rng.permutation(I.shape[1])):
        f = factorize_fixed_support(A, I[:, order], J[:, order])
        assert f.optimal
        assert math.isclose(f.error, expected, rel_tol=1e-9)
        assert math.isclose(float(np.linalg.norm(A - f.X @ f.Y.T)), f.error, rel_tol=1e-9)
        assert not f.X[I[:, order] == 0].any()


# ------------------------------------------------------------------------ factors formed when asked for


@pytest.mark.parametrize("case", range(12))
def test_dense_factors_are_formed_when_asked_for(case, tmp_path):
    """Complete classes, entries outside, blocks of several shapes, and scaled targets."""
    rng = np.random.default_rng(case)
    I, J, _, _ = random_tractable(rng)
    A = rng.standard_normal((len(I), len(J))) * 10.0 ** (0, 200, -200)[case % 3]
    f = factorize_fixed_support(A, I, J, method="svd")
    assert {"X", "Y"}.isdisjoint(f.__dict__)
    copied, turned, same = pickle.loads(pickle.dumps(f)), f.T, dataclasses.replace(f)
    f.save(tmp_path / "f.npz")
    norm = np.linalg.norm(A / np.abs(A).max())
    error = np.linalg.norm((A - f.X @ f.Y.T) / np.abs(A).max()) * np.abs(A).max()
    assert abs(error - f.error) <= 1e-13 * norm * np.abs(A).max()
    assert not f.X[~np.asarray(I, bool)].any()
    assert not f.Y[~np.asarray(J, bool)].any()
    for g in (copied, turned.T, same, load(tmp_path / "f.npz"), copy.copy(f)):
        np.testing.assert_array_equal(g.X, f.X)
        np.testing.assert_array_equal(g.Y, f.Y)
    with pytest.raises(AttributeError, match="no attribute 'Z'"):
        _ = f.Z


def test_changed_supports_are_noticed():
    """Boolean supports that were read before are recognised by their entries, not by the array."""
    I, J = np.eye(4, dtype=bool), np.eye(4, dtype=bool)
    A = np.arange(16.0).reshape(4, 4)
    first = factorize_fixed_support(A, I, J).error
    I[0, 1] = J[0, 1] = True
    assert factorize_fixed_support(A, I, J).error < first
    I[...] = False
    assert factorize_fixed_support(A, I, J).error == pytest.approx(np.linalg.norm(A))


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("tolerance", "a", "tolerance must be a finite number at least 0, got 'a'"),
        ("tolerance", None, "tolerance must be a finite number at least 0, got None"),
        ("ridge", "a", "ridge must be a finite number at least 0, got 'a'"),
        ("ridge", True, "ridge must be a finite number at least 0, got True"),
        ("largest", "a", "largest must be None or a positive number, got 'a'"),
        ("nonnegative", "no", "nonnegative must be True or False, got 'no'"),
        ("symmetric", 1, "symmetric must be True or False, got 1"),
    ],
)
def test_options_of_another_type_are_refused(option, value, rule):
    with pytest.raises(InputError, match=rule):
        factorize_fixed_support(np.ones((2, 2)), LOWER, LOWER, **{option: value})
