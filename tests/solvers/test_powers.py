"""Leading vectors by powers in single precision: what is called proved is true, the rest goes to an eigensolver."""

import numpy as np
import pytest

from solvers import factorize_butterfly, factorize_fixed_support, powers
from solvers.arrays import row_energies
from solvers.families import low_rank, square_dyadic
from solvers.powers import powered_eigenvectors, powered_vectors
from solvers.subspace import leading_eigenvector, leading_vector

DTYPES = (np.float32, np.float64, np.complex64, np.complex128)


def gaussian(rng, shape, dtype=float):
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def with_spectrum(rng, values, count, dtype=float, first=None):
    """Positive semidefinite matrices with these eigenvalues; ``first`` is the eigenvector of the first one."""
    m = len(values)
    start = gaussian(rng, (count, m, m), dtype)
    if first is not None:
        start[:, :, 0] = first
    basis = np.linalg.qr(start)[0]
    return np.matmul(basis * np.asarray(values, basis.real.dtype), np.conj(basis).swapaxes(1, 2))


def check(gram, vectors, chosen, slack):
    """The excess of the vectors is at most 1e-12 of what is left over, up to rounding."""
    wide = gram[chosen].astype(np.result_type(gram, np.float64))
    sigma = np.linalg.eigvalsh(wide)
    x = vectors[chosen].astype(wide.dtype)
    got = np.real(np.einsum("gi,gij,gj->g", np.conj(x), wide, x))
    assert np.allclose(np.linalg.norm(x, axis=1), 1.0, rtol=64 * slack)
    excess = sigma[:, -1] - got
    rest = sigma[:, :-1].sum(axis=1)
    allowed = max(1e-12, slack) * rest + 64.0 * slack * sigma.sum(axis=1)
    assert (excess <= allowed).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(24, 24), (33, 40), (64, 64), (48, 200), (64, 48)])
def test_gaussian_blocks_are_proved_and_right(dtype, shape):
    rng = np.random.default_rng(3)
    B = gaussian(rng, (40, *shape), dtype)
    eps = float(np.finfo(dtype).eps)
    gram = np.matmul(B, np.conj(B).swapaxes(1, 2))
    found = powered_vectors(B, row_energies(B).sum(-1), 1e-12)
    assert found.proved.mean() > 0.8
    check(gram, found.vectors, found.proved, eps)
    traces = np.trace(gram, axis1=1, axis2=2).real.astype(float)
    again = powered_eigenvectors(gram, traces, 1e-12)
    assert again.proved.mean() > 0.8
    check(gram, again.vectors, again.proved, eps)
    check(gram, leading_vector(B), slice(None), eps)
    check(gram, leading_eigenvector(gram)[0], slice(None), eps)


@pytest.mark.parametrize("gap", [0.0, 1e-14, 1e-9, 1e-5, 1e-2])
@pytest.mark.parametrize("many", [2, 3, 8])
def test_clustered_values_are_proved_only_if_right(gap, many):
    rng = np.random.default_rng(4)
    values = np.concatenate([1.0 + gap * np.arange(many)[::-1], np.linspace(0.9, 0.0, 32 - many)])
    gram = with_spectrum(rng, values, 20)
    found = powered_eigenvectors(gram, np.full(20, values.sum()), 1e-12)
    check(gram, found.vectors, found.proved, np.finfo(float).eps)
    check(gram, leading_eigenvector(gram)[0], slice(None), np.finfo(float).eps)


@pytest.mark.parametrize("second", [0.5, 0.9, 0.999, 1.0 - 1e-9])
def test_a_leading_vector_hidden_from_the_start_is_not_missed(second):
    """The eigenvector of the largest eigenvalue is orthogonal to all directions that the iteration starts from."""
    rng, m = np.random.default_rng(5), 32
    start = np.random.default_rng(m).standard_normal((powers._DIMENSION, m))
    hidden = np.linalg.svd(start)[2][-1]
    values = np.concatenate([[1.0, second], np.linspace(0.4, 0.01, m - 2)])
    gram = with_spectrum(rng, values, 10, first=hidden)
    found = powered_eigenvectors(gram, np.full(10, values.sum()), 1e-12)
    check(gram, found.vectors, found.proved, np.finfo(float).eps)
    check(gram, leading_eigenvector(gram)[0], slice(None), np.finfo(float).eps)


@pytest.mark.parametrize("exponent", [-280, -150, -40, 40, 150, 280])
def test_magnitudes(exponent):
    """Energies of blocks of any size; those of one stack may differ by more than single precision holds."""
    rng = np.random.default_rng(6)
    plain = gaussian(rng, (6, 32, 32))
    scales = 10.0 ** np.where(np.arange(6) % 2, exponent // 2, 0)
    B = plain * scales[:, None, None]
    found = powered_vectors(B, row_energies(B).sum(-1), 1e-12)
    assert found.proved.any()
    gram = np.matmul(plain, plain.swapaxes(1, 2))
    check(gram, found.vectors, found.proved, np.finfo(float).eps)
    x, values, traces = leading_eigenvector(np.matmul(B, B.swapaxes(1, 2)))
    check(gram, x, slice(None), np.finfo(float).eps)
    assert np.allclose(traces, row_energies(B).sum(-1), rtol=1e-12)
    assert (values <= traces).all()


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("kind", ["Gaussian", "flat", "one large"])
def test_the_error_of_the_powers_is_within_the_bound(dtype, kind):
    """Lemma 5, against powers in double precision."""
    rng, m = np.random.default_rng(7), 48
    values = {"flat": np.ones(m), "one large": np.concatenate([[50.0], np.ones(m - 1)])}.get(kind)
    B = gaussian(rng, (8, m, m), np.result_type(dtype, float))
    gram = np.matmul(B, np.conj(B).swapaxes(1, 2)) if values is None else with_spectrum(rng, values, 8, B.dtype)
    gram /= np.trace(gram, axis1=1, axis2=2).real[:, None, None]
    power = powers._first(gram.astype(dtype), np.ones(8), 2.0)
    exact = gram / np.exp(power.logarithm)[:, None, None]
    for squaring in range(5):
        error = np.linalg.norm(power.matrices - exact, axis=(1, 2)) / np.linalg.norm(exact, axis=(1, 2))
        assert (error <= power.error).all()
        assert np.allclose(power.norm, np.linalg.norm(exact, axis=(1, 2)), rtol=power.error.max())
        exact = np.matmul(exact, exact)
        power = powers._squared(power._replace(matrices=power.matrices.copy()), squaring)
        if squaring % 2:
            exact /= np.linalg.norm(exact, axis=(1, 2))[:, None, None]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("magnitude", [-0.97, -0.5, 0.0, 0.5, 0.97])
def test_solvers_report_true_errors_on_blocks_without_a_gap(dtype, magnitude):
    """One block of order 48, of any size that the dtype has: error, bounds and factors beside singular values."""
    rng, limits = np.random.default_rng(8), np.finfo(dtype)
    plain = gaussian(rng, (48, 48), dtype)
    exponent = round(magnitude * limits.maxexp)
    A = np.ldexp(plain.view(plain.real.dtype), exponent).view(dtype)
    sigma = np.linalg.svd(plain.astype(np.result_type(dtype, float)), compute_uv=False)
    truth = np.sqrt(np.square(sigma[1:]).sum())
    rough = 1e-12 if limits.eps < 1e-10 else 1e-5
    g = factorize_butterfly(A, low_rank(48, 48, 1))
    f = factorize_fixed_support(A, np.ones((48, 1)), np.ones((48, 1)))
    for found in (g, f):
        assert found.relative_error == pytest.approx(truth / np.linalg.norm(sigma), rel=rough)
        assert np.ldexp(found.error, -exponent) == pytest.approx(truth, rel=rough)
    x, y = g.factors[0].reshape(48, 1), g.factors[1].reshape(1, 48)
    for product in ((x, y), (f.X, f.Y.T)):
        wide = [part.astype(np.result_type(dtype, float)) for part in product]
        rest = A.astype(wide[0].dtype) - wide[0] @ wide[1]
        assert np.linalg.norm(np.ldexp(rest.view(float), -exponent)) == pytest.approx(truth, rel=rough)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_projections_of_the_target_know_the_distances_of_blocks_without_a_gap(dtype):
    """Order 1024: blocks of order 32 at the middle; distances beside those from eigenvalues."""
    A = gaussian(np.random.default_rng(9), (1024, 1024), dtype)
    f = factorize_butterfly(A, square_dyadic(1024), projections="target")
    plain = factorize_butterfly(A, square_dyadic(1024))
    rough = 1e-10 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(f.split_distances, plain.split_distances, rtol=rough)
    assert max(f.split_distances) <= f.error <= f.bound


@pytest.mark.parametrize("dtype", DTYPES)
def test_flat_spectra_have_unit_vectors(dtype):
    """LAPACK's eigensolver for a part of the spectrum returns zeros without a word for some of these matrices."""
    rng = np.random.default_rng(2)
    basis = np.linalg.qr(gaussian(rng, (12, 77, 77), np.result_type(dtype, float)))[0]
    values = np.ones((12, 77))
    values[:, :2] += 10.0 ** -rng.uniform(0, 16, (12, 2))
    gram = np.matmul(basis * values[:, None, :], np.conj(basis).swapaxes(1, 2)).astype(dtype)
    x = leading_eigenvector(gram)[0]
    assert np.allclose(np.linalg.norm(x, axis=1), 1.0, rtol=1e-5)
    check(gram, x, slice(None), float(np.finfo(dtype).eps))
