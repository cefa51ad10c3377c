"""Butterflies of weighted and incomplete matrices."""

import numpy as np
import pytest

from closedness.errors import InputError
from solvers import factorize_butterfly, factorize_weighted_butterfly
from solvers.families import low_rank, monarch, square_dyadic
from solvers.matrices import to_dense
from solvers.splits import fuse_all


def member(rng, chain, dtype):
    x = [rng.standard_normal(p) + (1j * rng.standard_normal(p) if np.dtype(dtype).kind == "c" else 0) for p in chain]
    return to_dense(fuse_all(x)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("chain", [monarch(16), low_rank(9, 7, 2), square_dyadic(8)], ids=["monarch", "rank", "dyadic"])
def test_equal_weights_give_the_unweighted_result(chain, dtype):
    rng = np.random.default_rng(1)
    A = member(rng, chain, dtype) + 0.1 * rng.standard_normal(chain.shape)
    f, g = factorize_weighted_butterfly(A, np.full(A.shape, 3.0), chain), factorize_butterfly(A, chain)
    assert f.error == pytest.approx(3.0 * g.error)
    assert f.lower_bound == pytest.approx(3.0 * g.lower_bound)
    assert f.relative_error == pytest.approx(g.relative_error)
    assert f.converged


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("exponent", [-300, -20, 0, 20, 300])
def test_with_two_factors_the_error_never_rises(dtype, exponent):
    if np.dtype(dtype).itemsize // (2 if np.dtype(dtype).kind == "c" else 1) == 4:
        exponent //= 10
    rng, chain = np.random.default_rng(2), low_rank(10, 8, 2)
    plain = (member(rng, chain, dtype) + 0.3 * rng.standard_normal(chain.shape)).astype(dtype)
    A = plain * dtype(10.0) ** exponent if exponent else plain
    W = rng.random(A.shape)
    f = factorize_weighted_butterfly(A, W, chain, iterations=60)
    history = np.array(f.history)
    assert (np.diff(history) <= 1e-5 * history[:-1]).all()
    rest = W * (A / 10.0**exponent - f.toarray().astype(np.complex128) / 10.0**exponent)
    assert f.error / 10.0**exponent == pytest.approx(np.linalg.norm(rest), rel=1e-4)
    assert f.lower_bound <= f.error
    weighted = W * plain
    assert f.error / 10.0**exponent <= np.linalg.norm(weighted - to_best(weighted, 2)) / W.min()


def to_best(A, rank):
    u, s, v = np.linalg.svd(A)
    return (u[:, :rank] * s[:rank]) @ v[:rank]


def test_missing_entries_are_filled_in():
    rng, chain = np.random.default_rng(3), low_rank(20, 20, 2)
    A = member(rng, chain, float)
    known = rng.random(A.shape) < 0.8
    f = factorize_weighted_butterfly(np.where(known, A, np.nan), known, chain, tolerance=1e-9, iterations=2000)
    assert f.relative_error < 1e-4
    assert np.linalg.norm(f.toarray() - A) < 1e-2 * np.linalg.norm(A)
    assert f.lower_bound == 0.0


def test_the_lower_bound_holds_for_planted_factors():
    rng = np.random.default_rng(4)
    for seed in range(20):
        chain = [square_dyadic(8), monarch(16)][seed % 2]
        truth = member(rng, chain, float)
        A = truth + 0.05 * np.linalg.norm(truth) / np.sqrt(truth.size) * rng.standard_normal(truth.shape)
        W = rng.uniform(0.2, 1.0, A.shape)
        f = factorize_weighted_butterfly(A, W, chain, iterations=30)
        assert 0.0 < f.lower_bound <= np.linalg.norm(W * (A - truth))
        assert f.lower_bound <= f.error


def test_zero_weights_everywhere_and_time():
    A, chain = np.ones((8, 8)), square_dyadic(8)
    assert factorize_weighted_butterfly(A * np.nan, np.zeros((8, 8)), chain).error == 0.0
    rng = np.random.default_rng(5)
    f = factorize_weighted_butterfly(rng.standard_normal((8, 8)), rng.random((8, 8)), chain, tolerance=0.0, seconds=0)
    assert len(f.history) == 1
    assert not f.converged


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.ones((3, 4)), r"weights must have the shape of A, \(4, 4\), got \(3, 4\)"),
        (-np.ones((4, 4)), r"weights must be finite and at least 0: weights\[0, 0\] is -1.0"),
        (1j * np.ones((4, 4)), "weights must be real, got dtype complex128"),
    ],
)
def test_bad_weights_are_refused(weights, match):
    with pytest.raises(InputError, match=match):
        factorize_weighted_butterfly(np.ones((4, 4)), weights)


@pytest.mark.parametrize(("name", "value"), [("iterations", 0), ("tolerance", -1.0)])
def test_bad_options_are_refused(name, value):
    with pytest.raises(InputError, match=f"{name} must be"):
        factorize_weighted_butterfly(np.ones((4, 4)), np.ones((4, 4)), **{name: value})
