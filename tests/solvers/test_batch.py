"""Many matrices with the same supports."""

from __future__ import annotations

import time

import numpy as np
import pytest

from closedness.errors import InputError
from solvers import (
    Diagnosis,
    factorize_batch,
    factorize_butterfly,
    factorize_butterfly_batch,
    factorize_fixed_support,
)

LOWER = np.tril(np.ones((5, 5), bool))


@pytest.mark.parametrize("I", [LOWER, np.ones((5, 2), bool)], ids=["search", "direct"])
def test_a_batch_is_its_matrices(I):
    batch = np.random.default_rng(0).standard_normal((4, 5, 5))
    seen = []
    found = factorize_batch(batch, I, I, decide_seconds=0, progress=lambda *at: seen.append(at))
    for A, f in zip(batch, found, strict=True):
        alone = factorize_fixed_support(A, I, I, decide_seconds=0)
        assert np.array_equal(f.X, alone.X)
        assert f.error == alone.error
    assert seen == [(k, 4) for k in (1, 2, 3, 4)]
    assert [f.error for f in factorize_batch(batch.tolist(), I, I, decide_seconds=0)] == [f.error for f in found]
    assert factorize_batch([], I, I) == []


def test_options_are_those_of_every_matrix():
    batch = np.abs(np.random.default_rng(1).standard_normal((2, 5, 5)))
    assert all((f.X >= 0).all() for f in factorize_batch(batch, LOWER, LOWER, nonnegative=True))


def test_the_time_is_shared():
    rng = np.random.default_rng(2)
    I, J = rng.random((60, 40)) < 0.5, rng.random((60, 40)) < 0.5
    began = time.monotonic()
    found = factorize_batch(rng.standard_normal((3, 60, 60)), I, J, seconds=0.6, decide_seconds=0, iterations=10**5)
    assert time.monotonic() - began < 30.0
    assert all(f.diagnosis is Diagnosis.OUT_OF_TIME for f in found)


def test_bad_batches_are_refused():
    with pytest.raises(InputError, match=r"matrices must have at least three dimensions, got shape \(5, 5\)"):
        factorize_batch(np.eye(5), LOWER, LOWER)
    batch = np.zeros((2, 5, 5))
    batch[1, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"matrices\[1\]: A must be finite"):
        factorize_batch(batch, LOWER, LOWER)
    with pytest.raises(InputError, match="I must have 4 rows"):
        factorize_batch(np.zeros((1, 4, 5)), LOWER, LOWER)


@pytest.mark.torch
def test_a_batch_of_tensors():
    torch = pytest.importorskip("torch")
    found = factorize_batch(torch.ones(2, 3, 3), np.ones((3, 1)), np.ones((3, 1)))
    assert all(isinstance(f.X, torch.Tensor) for f in found)


def test_butterflies_of_a_batch():
    rng = np.random.default_rng(0)
    batch, seen = rng.standard_normal((3, 8, 8)), []
    found = factorize_butterfly_batch(batch, order="balanced", progress=lambda done, count: seen.append((done, count)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    for A, f in zip(batch, found, strict=True):
        assert f.error == factorize_butterfly(A, "dyadic", "balanced").error
    assert factorize_butterfly_batch([]) == []
    with pytest.raises(InputError, match="matrices must have at least three dimensions"):
        factorize_butterfly_batch(np.ones((4, 4)))
    with pytest.raises(InputError, match=r"matrices\[1\]: A must be finite"):
        factorize_butterfly_batch([np.ones((4, 4)), np.full((4, 4), np.nan)])


def test_leading_axes_are_read_as_one():
    A = np.random.default_rng(5).standard_normal((2, 3, 4, 4))
    errors = [factorize_butterfly(A[i, j]).error for i in range(2) for j in range(3)]
    assert [f.error for f in factorize_butterfly_batch(A)] == errors
    assert len(factorize_batch(A, np.ones((4, 1)), np.ones((4, 1)))) == 6


@pytest.mark.parametrize("bad", [None, 3.0, "abc", {"a": 1}])
def test_what_is_no_batch_is_refused(bad):
    with pytest.raises(InputError, match="matrices must be an array or a sequence of matrices, got"):
        factorize_batch(bad, np.ones((4, 1)), np.ones((4, 1)))
    with pytest.raises(InputError, match="matrices must be an array or a sequence of matrices, got"):
        factorize_butterfly_batch(bad)


def test_matrices_of_other_dimensions_are_refused():
    with pytest.raises(InputError, match=r"matrices must have at least three dimensions, got shape \(4, 4\)"):
        factorize_butterfly_batch(np.ones((4, 4)))
    with pytest.raises(InputError, match=r"matrices\[0\]: A must have two dimensions, got shape \(4,\)"):
        factorize_batch([np.ones(4)], np.ones((4, 1)), np.ones((4, 1)))
