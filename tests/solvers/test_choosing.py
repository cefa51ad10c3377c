"""From an error to an architecture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import hadamard

from closedness.errors import InputError
from solvers import choose_chain, factorize_butterfly, split_distances
from solvers.families import bit_reversal, deformable, low_rank, monarch
from solvers.splits import compact_view, fuse_all


def member(chain, rng):
    """A random product along a chain."""
    product = fuse_all([rng.standard_normal(tuple(p)) / math.sqrt(p.c) for p in chain])
    out = np.zeros(chain.shape)
    compact_view(out, chain.product)[...] = product
    return out


@pytest.mark.parametrize("shape", [(8, 8), (12, 18), (16, 16), (7, 10), (1, 6), (30, 5)])
@pytest.mark.parametrize("error", [0.0, 1e-3, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("cplx", [False, True])
def test_the_chain_reaches_the_error(shape, error, cplx):
    rng = np.random.default_rng(0)
    A = rng.standard_normal(shape) * 10.0 ** rng.uniform(-3, 0, (shape[0], 1))
    if cplx:
        A = A + 1j * rng.standard_normal(shape)
    found = choose_chain(A, error)
    norm = np.linalg.norm(A)
    assert found.complete
    assert found.relative_bound <= max(error, 1e-12)
    assert found.parameters <= A.size
    for choice in (found, *found.others[:6]):
        f = factorize_butterfly(A, choice.chain)
        assert f.error <= choice.bound + 1e-12 * norm
        assert f.error >= choice.lower_bound - 1e-12 * norm
        assert choice.parameters == choice.chain.parameters() >= found.parameters
        if len(choice.chain) > 1:
            distances = split_distances(A, choice.chain)
            assert choice.bound == pytest.approx(np.linalg.norm(distances), rel=1e-6, abs=1e-9 * norm)


def test_structure_is_recognised():
    rng = np.random.default_rng(1)
    n = 32
    fourier = np.fft.fft(np.eye(n))[:, bit_reversal(n)]
    for A in (hadamard(n), fourier):
        assert choose_chain(A, 1e-10).parameters == 4 * n // 2 * 5
    assert choose_chain(member(low_rank(24, 30, 2), rng), 1e-10).parameters <= 2 * (24 + 30)
    chain = monarch((16, 36))
    assert choose_chain(member(chain, rng), 1e-10).parameters <= chain.parameters()
    chain = deformable([4, 2, 4], [4, 2, 4], 2)
    assert choose_chain(member(chain, rng), 1e-10).parameters <= chain.parameters()


def test_smaller_errors_need_more_parameters():
    x = np.linspace(0.0, 1.0, 64)
    A = 1.0 / (1.0 + np.abs(x[:, None] - x[None, :]) * 30)
    counts = [choose_chain(A, e).parameters for e in (0.3, 0.1, 1e-2, 1e-4)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_scale_does_not_matter():
    A = np.random.default_rng(2).standard_normal((16, 16))
    found = choose_chain(A, 0.3)
    for factor in (2.0**600, 2.0**-600):
        far = choose_chain(A * factor, 0.3)
        assert far.chain == found.chain
        assert far.bound == pytest.approx(found.bound * factor)
    assert choose_chain(np.zeros((4, 4)), 0.0).bound == 0.0


def test_the_time_limit_leaves_the_dense_chain():
    A = np.random.default_rng(3).standard_normal((8, 8))
    found = choose_chain(A, 0.1, seconds=0.0)
    assert not found.complete
    assert tuple(found.chain[0]) == (1, 8, 8, 1)
    assert found.bound == 0.0
    assert "64 values" in str(found)


@pytest.mark.parametrize("error", [-0.1, 1.0, math.nan, "a"])
def test_bad_errors_are_refused(error):
    with pytest.raises(InputError, match="error must be a number at least 0 and below 1"):
        choose_chain(np.eye(4), error)


def test_bad_limits_are_refused():
    with pytest.raises(InputError, match=r"seconds is .*, not a time limit"):
        choose_chain(np.eye(4), 0.1, seconds=-1.0)
