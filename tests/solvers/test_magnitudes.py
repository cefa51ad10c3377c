"""Errors and bounds at all magnitudes: every number the solvers report beside the truth, from exact numbers."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closedness.errors import InputError
from solvers import factorize_butterfly, factorize_fixed_support, split_distances, verify_butterfly
from solvers.butterfly import residual_norm
from solvers.families import deformable, low_rank, monarch, square_dyadic
from solvers.operators import to_dense

DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
CHAINS = (
    square_dyadic(2),
    square_dyadic(4),
    square_dyadic(8),
    square_dyadic(16),
    monarch(16),
    monarch((6, 8)),
    low_rank(5, 6, 2),
    low_rank(2, 7, 1),
    low_rank(7, 2, 1),
    deformable([2, 3, 2], [2, 2, 3], [1, 2]),
    deformable([3, 2], [2, 4], [2]),
    deformable([2, 2, 2, 2], [2, 2, 2, 2], [2, 3, 2]),
    [(2, 2, 2, 2), (4, 2, 2, 1)],  # the support of the product is not everything
)
ORDERS = ("left-to-right", "right-to-left", "balanced")


def parts(matrix):
    """Real and imaginary part as exact rational matrices."""

    def exact(x):
        return flint.fmpq_mat(*x.shape, [flint.fmpq(*float(v).as_integer_ratio()) for v in x.ravel()])

    return exact(matrix.real), exact(matrix.imag)


def root(square):
    """Square root of a rational number, to 200 bits or more."""
    p, q = int(square.p), int(square.q)
    shift = max(0, 400 - p.bit_length() + q.bit_length())
    shift += shift & 1
    return Fraction(math.isqrt((p << shift) // q), 1 << shift // 2)


def true_error(A, factors):
    """``‖A - X_1 X_2 …‖`` and ``‖A‖``."""
    re, im = parts(factors[0])
    for f in factors[1:]:
        x, y = parts(f)
        re, im = re * x - im * y, re * y + im * x
    x, y = parts(A)
    return tuple(root(sum(v * v for M in pair for v in M.entries())) for pair in ((x - re, y - im), (x, y)))


def rounding_of(A):
    """Relative to ``‖A‖``. Discarded energies of a millionth (in double precision) are differences of norms."""
    eps = float(np.finfo(A.dtype).eps)
    return (500.0 if eps < 1e-10 else 40.0) * eps * math.sqrt(max(A.shape))


def close(reported, truth, norm, allowed, least=5e-324):
    """Whether a float agrees with the truth up to rounding; infinite stands for what exceeds the largest float."""
    limit = Fraction(sys.float_info.max)
    if math.isinf(reported):
        return truth * (1 + Fraction(allowed)) >= limit
    return abs(Fraction(reported) - truth) <= Fraction(allowed) * norm + Fraction(least)


@st.composite
def targets(draw, shape):
    """Matrices with entries of very different sizes, of any magnitude that the dtype has, many of them structured."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    A = rng.standard_normal(shape)
    if dtype.kind == "c":
        A = A + 1j * rng.standard_normal(shape)
    kind = draw(st.sampled_from(("plain", "rank one", "sparse", "rows", "integers")))
    if kind == "rank one":
        A = A[:, :1] * A[:1]
    elif kind == "sparse":
        A = A * (rng.random(shape) < 0.3)
    elif kind == "rows":
        A = A * 10.0 ** rng.uniform(-20, 0, (shape[0], 1))
    elif kind == "integers":
        A = np.round(2 * A)
    limits = np.finfo(dtype)
    spread = draw(st.sampled_from((0, 0, 5, 12, 25, 40, 160, 300)))
    low, high = math.log10(limits.smallest_subnormal), math.log10(limits.max)
    magnitude = draw(st.floats(low + 1, high - 2) | st.sampled_from((0.0, high - 1.0, high - 0.7)))
    # first to the size of about one, then in two steps, so that nothing leaves the range of float64 on the way
    A = A / max(1e-300, np.abs(A).max()) * 10.0 ** rng.uniform(-spread, 0, shape)
    steps = 10.0 ** (magnitude / 2)
    with np.errstate(all="ignore"):
        return ((A * steps) * steps).astype(dtype)


@st.composite
def butterflies(draw):
    chain = draw(st.sampled_from(CHAINS))
    shape = chain.shape if hasattr(chain, "shape") else (8, 8)
    return chain, draw(targets(shape)), draw(st.sampled_from(ORDERS)), draw(st.sampled_from(("sequential", "target")))


def check_butterfly(case):
    chain, A, order, projections = case
    f = factorize_butterfly(A, chain, order, projections=projections)
    dense = [to_dense(x) for x in f.factors]
    assert all(np.isfinite(x).all() and x.dtype == A.dtype for x in f.factors)
    error, norm = true_error(A, dense)
    allowed = rounding_of(A) * len(f.factors)
    assert close(f.norm, norm, norm, allowed)
    assert close(f.error, error, norm, allowed)
    assert norm == 0 or abs(Fraction(f.relative_error) - error / norm) <= allowed
    slack = min(float(allowed * float(min(norm, Fraction(sys.float_info.max)))), sys.float_info.max)
    slack += len(f.factors) * math.ulp(0.0)  # distances that are added have been rounded to subnormal numbers
    bound, lower = f.bound, f.lower_bound
    assert bound + slack >= f.error >= lower - slack >= f.cheap_lower_bound - 3 * slack
    assert 1.0 <= f.ratio < math.inf or math.isinf(f.error)
    assert not np.isnan(split_distances(A, chain)).any()
    subnormal = 16.0 * float(np.finfo(A.dtype).smallest_subnormal)  # the residual is formed in the dtype of A
    assert close(residual_norm(A, f.factors), error, norm, allowed, subnormal)
    assert isinstance(verify_butterfly(A, chain).member, bool)


RECTANGLES = (
    [((0, 1), (0, 1)), ((2, 3), (2, 3))],
    [((0, 1, 2), (0, 1)), ((0, 1, 2), (2, 3)), ((3, 4, 5), (0, 1, 2, 3))],
    [((0, 1, 2), (0, 1, 2, 3)), ((0, 1, 2), (0, 1, 2, 3)), ((4,), (1, 3)), ((5,), (0,))],
    [((0,), (0, 1, 2, 3)), ((0, 1, 2), (0, 1, 2, 3)), ((3, 4, 5), (1, 2))],
    [((0, 1, 2, 3, 4, 5), (0, 1, 2, 3))] * 2,
)


@st.composite
def blocks(draw):
    rectangles = draw(st.sampled_from(RECTANGLES))
    I, J = np.zeros((6, len(rectangles)), bool), np.zeros((4, len(rectangles)), bool)
    for k, (rows, cols) in enumerate(rectangles):
        I[list(rows), k] = True
        J[list(cols), k] = True
    return draw(targets((6, 4))), I, J


def check_blocks(case):
    A, I, J = case
    f = factorize_fixed_support(A, I, J)
    assert f.optimal
    assert np.isfinite(f.X).all()
    assert np.isfinite(f.Y).all()
    assert f.X.dtype == f.Y.dtype == A.dtype
    error, norm = true_error(A, [f.X, f.Y.T])
    allowed = rounding_of(A)
    assert close(f.error, error, norm, allowed)
    assert f.lower_bound == f.error
    assert norm == 0 or abs(Fraction(f.relative_error) - error / norm) <= allowed


QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@given(butterflies())
@settings(max_examples=120, **QUIET)
def test_butterfly_errors_are_true_at_every_magnitude(case):
    check_butterfly(case)


@given(blocks())
@settings(max_examples=120, **QUIET)
def test_fixed_support_errors_are_true_at_every_magnitude(case):
    check_blocks(case)


@pytest.mark.slow
@given(butterflies())
@settings(max_examples=1000, **QUIET)
def test_butterfly_errors_are_true_at_every_magnitude_1000_times(case):
    check_butterfly(case)


@pytest.mark.slow
@given(blocks())
@settings(max_examples=1000, **QUIET)
def test_fixed_support_errors_are_true_at_every_magnitude_1000_times(case):
    check_blocks(case)


@pytest.mark.parametrize(("dtype", "small"), [(np.complex64, 3e-23 + 1e-23j), (np.complex128, 3e-161 + 1e-161j)])
def test_complex_entries_of_very_different_size(dtype, small):
    A = np.zeros((4, 4), dtype)
    A[0, 3], A[2, 3] = small, 1.0
    for order in ORDERS:
        check_butterfly(("dyadic", A, order, "sequential"))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", [16, 64, 256])
def test_an_oscillating_gaussian_kernel(n, order):
    """Its entries run through all sizes that float32 has."""
    x = np.linspace(-12.0, 12.0, n)
    A = (np.exp(-((x[:, None] - x[None, :]) ** 2)) * np.exp(40j * np.outer(x, x))).astype(np.complex64)
    f = factorize_butterfly(A, "dyadic", order)
    product = np.asarray(f.toarray(), np.complex128)
    assert math.isclose(f.error, np.linalg.norm(A.astype(np.complex128) - product), rel_tol=1e-4, abs_tol=1e-5 * f.norm)
    assert f.lower_bound <= f.error + 1e-5 * f.norm
    assert f.error <= f.bound + 1e-5 * f.norm


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_top_of_the_range(dtype):
    largest = float(np.finfo(dtype).max)
    A = np.full((8, 8), largest, dtype)
    A[::2] /= 3
    check_butterfly(("dyadic", A, "balanced", "sequential"))
    I, J = np.ones((8, 1), bool), np.ones((8, 1), bool)
    check_blocks((A, I, J))


def test_the_ratio_of_a_member_is_one():
    for n in (4, 16, 64):
        A = np.multiply.outer(np.arange(1.0, n + 1), np.arange(2.0, n + 2)) / 7
        f = factorize_butterfly(A, "dyadic")
        assert f.ratio == 1.0
    A = np.random.default_rng(0).standard_normal((16, 16))
    f = factorize_butterfly(A, "dyadic")
    assert f.ratio == f.error / f.lower_bound > 1.0
    assert factorize_butterfly(np.zeros((4, 4))).ratio == 1.0


def test_masked_entries_are_refused():
    A = np.ma.masked_equal(np.arange(16.0).reshape(4, 4), 6.0)
    for call in (
        lambda: factorize_butterfly(A),
        lambda: factorize_fixed_support(A, np.ones((4, 1)), np.ones((4, 1))),
        lambda: split_distances(A, "dyadic"),
        lambda: verify_butterfly(A),
    ):
        with pytest.raises(InputError, match=r"A must have no masked entries: A\[1, 2\] is one of 1"):
            call()
    whole = np.ma.masked_array(np.eye(4))
    assert factorize_butterfly(whole).error == factorize_butterfly(np.eye(4)).error


def test_integers_that_would_be_rounded_are_refused():
    for A in ([[2**53 + 1, 0], [0, 1]], np.array([[2**53 + 1, 0], [0, 1]]), [[2**53 + 1, 0.5], [0, 1]], [[2**64 + 1]]):
        n = len(A)
        with pytest.raises(InputError, match=r"A\[0, 0\] = \d+ would be rounded to float64"):
            factorize_fixed_support(A, np.ones((n, 1)), np.ones((n, 1)))
    exact = factorize_fixed_support([[2**60, 0], [0, 2**60]], np.ones((2, 2)), np.ones((2, 2)))
    assert exact.relative_error == 0.0
    assert verify_butterfly([[2**70 + 1, 1], [1, 0]]).exact  # exact arithmetic takes any integer


def test_results_for_torch_are_torch():
    torch = pytest.importorskip("torch")
    A = torch.randn(8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    f = factorize_butterfly(A)
    dense = f.toarray()
    assert isinstance(dense, torch.Tensor)
    assert all(isinstance(x, torch.Tensor) for x in f.dense_factors())
    op, v = f.operator(), torch.ones(8, dtype=torch.float64)
    for got, expected in (
        (op @ v, dense @ v),
        (op.matvec(v), dense @ v),
        (op @ dense, dense @ dense),
        (op.matmat(dense), dense @ dense),
        (op.rmatvec(v), dense.T @ v),
        (op.rmatmat(dense), dense.T @ dense),
        (op.H @ v, dense.T @ v),
    ):
        assert isinstance(got, torch.Tensor)
        assert torch.allclose(got, expected)
    assert isinstance(op @ np.ones(8), np.ndarray)
