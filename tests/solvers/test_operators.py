"""Chains applied to vectors and matrices: fused pieces, memory that exists, threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from closedness.errors import InputError
from solvers.families import deformable, kaleidoscope, monarch, square_dyadic
from solvers.fusing import fusible, plan
from solvers.operators import ButterflyOperator, to_dense
from tests.helpers.pages import run_python

CHAINS = {
    "dyadic 2": square_dyadic(2),
    "dyadic 16": square_dyadic(16),
    "dyadic 1024": square_dyadic(1024),
    "Monarch": monarch((48, 36)),
    "deformable": deformable([3, 2, 5], [2, 7, 2], [2, 3]),
    "not chainable": kaleidoscope(16),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_every_width_gives_the_dense_product(name, dtype):
    chain, rng = CHAINS[name], np.random.default_rng(0)
    factors = [rng.standard_normal(p).astype(dtype) for p in chain]
    if dtype in "FD":
        factors = [(f + 1j * rng.standard_normal(f.shape)).astype(dtype) for f in factors]
    op, dense = ButterflyOperator(factors), np.eye(chain.shape[0])
    for f in factors:
        dense = dense @ to_dense(f)
    scale = 50 * np.finfo(dtype).eps * np.linalg.norm(dense)
    for width in (1, 2, 5, 64, 100):
        x = rng.standard_normal((chain.shape[1], width)).astype(dtype)
        y = rng.standard_normal((chain.shape[0], width)).astype(dtype)
        for turned, image, expected in (
            (op, x, dense @ x), (op.T, y, dense.T @ y), (op.H, y, dense.conj().T @ y),
        ):  # fmt: skip
            limit = scale * np.linalg.norm(image)
            found = turned @ image
            assert found.dtype == np.dtype(dtype)
            assert np.linalg.norm(found - expected) <= limit
            out = np.empty_like(found)
            assert turned.apply(image, out=out, workers=2) is out
            assert np.linalg.norm(out - expected) <= limit
            if width == 1:
                assert np.linalg.norm(turned.apply(image[:, 0]) - expected[:, 0]) <= limit


def test_plans_are_partitions():
    for chain in CHAINS.values():
        for width in (1, 16, 128):
            pieces = plan(chain.patterns, width)
            assert [p.start for p in pieces] == [0, *[p.stop for p in pieces[:-1]]]
            assert pieces[-1].stop == len(chain)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_leaves_the_range_beforehand(dtype):
    """The products of neighbours would be zero and infinity; applied one by one they are harmless."""
    big = float(np.finfo(dtype).max) ** 0.75
    sizes = (1 / big, 1 / big, big, big)
    factors = [np.full(p, s, dtype) for p, s in zip(square_dyadic(16), sizes, strict=True)]
    assert not fusible(factors)
    op = ButterflyOperator(factors)
    for width in (1, 3):
        x = np.full((16, width), dtype(1 / big))
        assert np.allclose(op @ x, 16 / big, rtol=1e-5, atol=0)


def test_bad_arguments_are_refused():
    op = ButterflyOperator([np.ones((1, 2, 2, 1))])
    x = np.ones(2)
    for out in (np.empty(3), np.empty(2, np.float32), np.empty((2, 1)), np.empty(4)[::2], x):
        with pytest.raises(InputError, match=r"out must be a writeable array of shape \(2,\) and dtype float64"):
            op.apply(x, out=out)
    with pytest.raises(InputError, match="x must have 2 rows"):
        op.apply(np.ones(3))
    with pytest.raises(InputError, match="workers must be a positive integer"):
        op.apply(x, workers=0)


def test_the_page_on_kaleidoscopes_is_real():
    page = Path(__file__).parents[2] / "docs" / "kaleidoscope.md"
    assert run_python(page.read_text(encoding="utf-8"), page.name) >= 6


def test_memory_that_cannot_take_the_result_is_refused():
    op = ButterflyOperator([np.ones((1, 2, 2, 1))])
    closed = np.empty(2)
    closed.flags.writeable = False
    for out in ([0.0, 0.0], closed, np.empty(3), np.empty(2, complex)):
        with pytest.raises(InputError, match=r"out must be a writeable array of shape \(2,\) and dtype float64"):
            op.apply(np.ones(2), out=out)


@pytest.mark.parametrize("chain", [square_dyadic(64), monarch(64), deformable([2, 3, 2], [3, 2, 2]), kaleidoscope(16)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_transposed_products_are_multiplied_out_as_the_product_itself(chain, dtype):
    rng = np.random.default_rng(4)
    factors = [rng.standard_normal(p).astype(dtype) * (1.0 if dtype is float else 1.0 + 0.5j) for p in chain]
    op = ButterflyOperator(factors)
    dense = op.toarray()
    for turned, expected in ((op.T, dense.T), (op.H, np.conj(dense).T)):
        np.testing.assert_allclose(turned.toarray(), expected, atol=1e-12 * np.abs(dense).max())
        for width in (1, 5, 40, 130):
            x = rng.standard_normal((turned.shape[1], width))
            close = 1e-12 * np.abs(dense).sum(axis=0).max() * np.abs(x).max()
            np.testing.assert_allclose(turned @ x, expected @ x, atol=close)
            assert len(turned._kernels_for(width)) == len(op._kernels_for(width))
