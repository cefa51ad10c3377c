"""Filtered subspace iteration: right where it claims to be, silent elsewhere."""

import numpy as np
import pytest

from solvers.blocks import truncate
from solvers.filtering import _power, _test, filtered, worth_filtering


def stack(rng, g, m, n, dtype):
    x = rng.standard_normal((g, m, n))
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal((g, m, n))
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize(("m", "q"), [(24, 6), (32, 2), (32, 4), (48, 6)])
def test_gaussian_blocks_are_proved_and_right(m, q, dtype):
    rng = np.random.default_rng(m + q)
    blocks = stack(rng, 60, m, m, dtype)
    gram = blocks @ blocks.conj().swapaxes(1, 2)
    found = filtered(gram, q, 1e-12)
    sigma = np.linalg.svd(blocks.astype(np.complex128), compute_uv=False)
    eps = np.finfo(dtype).eps
    assert found.proved.mean() >= 0.9
    assert found.vectors.dtype == dtype
    chosen = found.proved
    captured = np.square(np.linalg.norm(blocks.conj().swapaxes(1, 2) @ found.vectors, axis=(1, 2)))
    largest = np.square(sigma[:, :q]).sum(1)
    assert np.all(np.abs(captured - largest)[chosen] <= (2e-12 + 100 * eps) * np.square(sigma[chosen]).sum(1))
    product = found.vectors.conj().swapaxes(1, 2) @ found.vectors
    assert np.abs(product - np.eye(q))[chosen].max() <= 100 * eps


def test_a_subspace_that_misses_a_leading_direction_is_not_proved():
    """Invariant subspaces have no residual; only the trace of the power tells that a larger eigenvalue is outside."""
    rng = np.random.default_rng(0)
    for m, q, gap in ((24, 2, 1e-3), (32, 4, 0.2), (40, 5, 0.5)):
        values = np.sort(rng.uniform(0.1, 0.5, m))[::-1]
        values[:q] = np.linspace(1.0 + gap, 1.0, q)
        turn = np.linalg.qr(rng.standard_normal((m, m)))[0]
        gram = ((turn * values) @ turn.T)[None]
        gram /= np.trace(gram[0])
        power, degree, logarithm = _power(gram)
        del power
        right, wrong = turn.T[None, : 2 * q], np.concatenate([turn.T[: q - 1], turn.T[q : 2 * q + 1]])[None]
        assert _test(gram, right, q, degree, logarithm, 1e-12).proved[0]
        assert not _test(gram, wrong, q, degree, logarithm, 1e-12).proved[0]


def test_stacks_with_blocks_of_all_kinds():
    """Zero, low rank, multiple and graded eigenvalues beside Gaussian ones: what is not proved goes another way."""
    rng = np.random.default_rng(1)
    for trial in range(12):
        q, dtype = int(rng.integers(2, 7)), (float, complex)[trial % 2]
        m, n = int(rng.integers(4 * q, 50)), int(rng.integers(4 * q, 50))
        blocks = stack(rng, 24, m, n, dtype)
        blocks[0] = 0.0
        blocks[1] = np.eye(m, n)
        blocks[2, :, q + 1 :] = 0.0
        blocks[3] *= 10.0 ** -np.linspace(0, 12, n)
        blocks[4, :, q:] *= 0.999 * np.linalg.norm(blocks[4, :, 0]) / np.linalg.norm(blocks[4, :, -1])
        blocks[5] *= 1e-60
        for side in ("left", "right"):
            found = truncate(blocks, q, side)
            error = np.linalg.norm(blocks - found.left @ found.right, axis=(1, 2))
            sigma = np.linalg.svd(blocks, compute_uv=False)
            assert np.all(error <= np.linalg.norm(sigma[:, q:], axis=1) * (1 + 1e-11) + 2e-14 * sigma[:, 0])


def test_where_filtering_is_worth_it():
    assert worth_filtering(32, 8)
    assert not worth_filtering(32, 9)
    assert not worth_filtering(512, 4)
