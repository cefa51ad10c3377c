"""Sums, products, stacks, inverses; lower ranks; sizes that no chain has; exchange with other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness.errors import InputError
from solvers import (
    choose_chain,
    factorize_butterfly,
    factorize_fixed_support,
    factorize_padded,
    load,
    round_butterfly,
    split_distances,
)
from solvers.algebra import add, block_diagonal, hstack, inverse, multiply, vstack
from solvers.families import deformable, low_rank, monarch, padded_shape, square_dyadic
from solvers.operators import ButterflyOperator
from tests.helpers.packages import optional

RADICES = (([2, 2, 3, 2], [2, 3, 2, 2]), ([3, 2], [2, 4]), ([4, 1], [1, 5]), ([2, 2, 2], [2, 2, 2]), ([5], [3]))
QUIET = settings(max_examples=40, deadline=None)


def random_factors(rng, chain, dtype=float, magnitude=0.0):
    out = []
    for p in chain:
        f = rng.standard_normal(p)
        if np.dtype(dtype).kind == "c":
            f = f + 1j * rng.standard_normal(p)
        out.append((f * 10.0 ** (magnitude / len(chain))).astype(dtype))
    return out


@st.composite
def pairs(draw):
    rows, cols = draw(st.sampled_from(RADICES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from((np.float64, np.complex128, np.float32, np.complex64)))
    ranks = [[draw(st.integers(1, 4)) for _ in rows[1:]] for _ in range(2)]
    limit = 25.0 if np.dtype(dtype).itemsize // (1 + (np.dtype(dtype).kind == "c")) == 4 else 300.0
    magnitude = draw(st.sampled_from((0.0, 0.0, limit, -limit)))
    return [random_factors(rng, deformable(rows, cols, q), dtype, magnitude) for q in ranks], magnitude


def dense(factors, scale=0.0):
    """In double precision, over a power of ten."""
    wide = [np.asarray(f, np.result_type(f, np.float64)) * 10.0 ** (-scale / len(factors)) for f in factors]
    return ButterflyOperator(wide).toarray()


@given(pairs())
@QUIET
def test_sums_and_lower_ranks(case):
    (x, y), magnitude = case
    s = add(x, y)
    eps = float(np.finfo(s.dtype).eps)
    expected = dense(x, magnitude) + dense(y, magnitude)
    norm = np.linalg.norm(expected)
    size = np.linalg.norm(dense(x, magnitude)) + np.linalg.norm(dense(y, magnitude))
    assert np.linalg.norm(dense(s.factors, magnitude) - expected) <= 100 * eps * size
    small = round_butterfly(s, ranks=1)
    rest = np.linalg.norm(expected - dense(small.factors, magnitude))
    unit = 10.0 ** (magnitude / 2)
    allowed = 300 * eps * size
    assert all(np.isfinite(f).all() and f.dtype == s.dtype for f in small.factors)
    assert abs(small.error / unit / unit - rest) <= allowed
    assert abs(small.norm / unit / unit - norm) <= allowed
    distances = split_distances(expected, small.chain)
    assert np.abs(small.split_distances / unit / unit - distances).max(initial=0.0) <= allowed
    assert small.bound >= small.error * (1 - 1e-5) - allowed * unit * unit
    assert small.lower_bound <= small.error * (1 + 1e-5) + allowed * unit * unit


@given(pairs(), st.sampled_from((0.0, 1e-3, 0.1, 0.5)))
@QUIET
def test_an_error_is_kept(case, error):
    (x, y), magnitude = case
    found = round_butterfly(add(x, y), error=error)
    eps = float(np.finfo(found.factors[0].dtype).eps)
    assert found.relative_error <= error + 500 * eps
    assert found.bound <= (error + 500 * eps) * found.norm
    assert abs(np.linalg.norm(dense(found.factors, magnitude) - dense(x, magnitude) - dense(y, magnitude))) <= (
        error + 1000 * eps
    ) * (np.linalg.norm(dense(x, magnitude)) + np.linalg.norm(dense(y, magnitude)))


def test_a_sum_loses_the_ranks_that_it_does_not_need():
    rng = np.random.default_rng(0)
    x = random_factors(rng, deformable([2, 2, 3], [2, 3, 2], 1))
    double = add(x, x)
    found = round_butterfly(double, error=1e-10)
    assert double.chain.ranks == (2, 2)
    assert found.chain.ranks == (1, 1)
    assert np.allclose(found.toarray(), 2 * dense(x))
    nothing = round_butterfly(add(x, [-x[0], *x[1:]]), ranks=1)
    assert nothing.norm <= 1e-12


def test_products_stacks_and_inverses():
    rng = np.random.default_rng(1)
    chain = square_dyadic(8)
    x, y = random_factors(rng, chain), random_factors(rng, chain, complex)
    X, Y = dense(x), dense(y)
    zero = np.zeros((8, 8))
    for found, expected in (
        (multiply(x, y), X @ Y),
        (block_diagonal(x, y), np.block([[X, zero], [zero, Y]])),
        (vstack(x, y, x), np.vstack([X, Y, X])),
        (hstack(x, y), np.hstack([X, Y])),
        (inverse(multiply(x, y)), np.linalg.inv(X @ Y)),
        (inverse(ButterflyOperator(x)), np.linalg.inv(X)),
        (add(x, y), X + Y),
    ):
        assert np.allclose(found.toarray(), expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
        v = rng.standard_normal(found.shape[1])
        assert np.allclose(found @ v, expected @ v)
        assert np.allclose(found.T @ (expected @ v), expected.T @ (expected @ v))
    assert block_diagonal(x, y).chain.chainable
    f = factorize_butterfly(X)
    assert np.allclose(add(f, f).toarray(), 2 * X)


def test_bad_arguments_of_the_algebra_are_refused():
    x, y = [np.ones(p) for p in low_rank(2, 3, 1)], [np.ones(p) for p in low_rank(2, 2, 1)]
    with pytest.raises(InputError, match=r"terms\[1\] must have the radices"):
        add(x, y)
    with pytest.raises(InputError, match=r"terms\[1\] must have the patterns"):
        block_diagonal(x, y)
    with pytest.raises(InputError, match="square blocks"):
        inverse(x)
    with pytest.raises(InputError, match="singular block"):
        inverse([np.ones((1, 2, 2, 1))])
    with pytest.raises(InputError, match="at least one"):
        add()
    for options in ({}, {"ranks": 1, "error": 0.1}):
        with pytest.raises(InputError, match="one of ranks and error"):
            round_butterfly(x, **options)
    for ranks in (0, [1, 1], [1.5], True):
        with pytest.raises(InputError, match="ranks must be"):
            round_butterfly(x, ranks=ranks)
    with pytest.raises(InputError, match=r"factors\[0\] must be finite"):
        round_butterfly([np.full((1, 2, 1, 1), np.nan), np.ones((1, 1, 2, 1))], ranks=1)


@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**6), st.sampled_from(("dyadic", "monarch")),
    st.sampled_from((0.0, 290.0, -290.0)),
)  # fmt: skip
@QUIET
def test_sizes_that_are_no_power_of_two(m, n, seed, chain, magnitude):
    A = np.random.default_rng(seed).standard_normal((m, n))
    f = factorize_padded(A * 10.0**magnitude, chain)
    unit = 10.0**magnitude
    rest = np.linalg.norm(A - f.toarray() / unit)
    slack = 1e-12 * np.linalg.norm(A)
    assert f.operator().shape == (m, n)
    assert abs(f.error / unit - rest) <= slack
    assert abs(f.relative_error - rest / np.linalg.norm(A)) <= 1e-12
    assert f.bound / unit + slack >= rest >= f.lower_bound / unit - slack
    assert not ButterflyOperator(f.factors).toarray()[m:].any()
    assert not ButterflyOperator(f.factors).toarray()[:, n:].any()
    x, y = np.ones((n, 2)), np.ones(m)
    assert np.allclose(f.operator() @ x, f.toarray() @ x)
    assert np.allclose(f.operator().T @ y, f.toarray().T @ y)
    assert np.allclose(f.operator().H @ y, f.toarray().T @ y)


def test_a_chain_of_another_size_is_chosen_where_it_helps():
    x = np.linspace(0, 1, 61)  # a prime number of points: no chain but one factor and low rank
    A = 1 / (0.02 + np.abs(x[:, None] - x[None, :] - 0.3))
    plain, wide = choose_chain(A, 1e-3), choose_chain(A, 1e-3, pad=True)
    assert wide.parameters <= plain.parameters
    f = factorize_padded(A, wide.chain)
    assert f.error <= wide.bound * (1 + 1e-9)
    assert padded_shape(A.shape) == (64, 64)
    with pytest.raises(InputError, match="at least as large as A"):
        factorize_padded(A, square_dyadic(32))


def test_other_libraries_apply_the_same_product(tmp_path):
    A = np.random.default_rng(2).standard_normal((16, 16))
    f = factorize_butterfly(A, monarch(16))
    whole = multiply(f, f)
    whole.save(tmp_path / "square.npz")
    again = load(tmp_path / "square.npz")
    assert np.array_equal(again.toarray(), whole.toarray())
    v = np.ones(16)
    assert np.allclose(f.to_scipy() @ v, f.toarray() @ v)
    pytest.importorskip("torch")
    import torch

    assert np.allclose(whole.to_torch()(torch.ones(16, dtype=torch.float64)).detach().numpy(), whole @ v)


def test_lazylinop_and_pyfaust_take_results():
    optional("lazylinop.butterfly")
    optional("pyfaust")
    from solvers import factorize_fixed_support

    rng = np.random.default_rng(3)
    A, v = rng.standard_normal((8, 8)), np.ones(8)
    f, g = factorize_butterfly(A), factorize_fixed_support(A, np.tri(8), np.tri(8), starts=1, decide_seconds=0)
    for found in (f, g, multiply(f, f)):
        expected = np.asarray(found.toarray()) @ v
        for name in ("to_lazylinop", "to_pyfaust"):
            assert np.allclose(getattr(found, name)() @ v, expected)


@pytest.mark.parametrize("term", [None, 3, "pair"])
def test_what_has_no_factors_is_refused(term):
    if term == "pair":
        term = factorize_fixed_support(np.ones((8, 8)), np.ones((8, 1)), np.ones((8, 1)))
    product = factorize_butterfly(np.eye(8))
    for program in (add, multiply, vstack, hstack, block_diagonal):
        with pytest.raises(InputError, match=r"factors must be a sequence of arrays \(a, b, c, d\), got"):
            program(product, term)
