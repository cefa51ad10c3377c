"""Leading vectors from Chebyshev polynomials: what is called proved is true, bounds of Lemmas 6 and 7 hold."""

import numpy as np
import pytest
from numpy.polynomial.chebyshev import Chebyshev

from solvers import chebyshev
from solvers.chebyshev import leading_by_polynomials
from solvers.powers import powered_eigenvectors

DTYPES = (np.float64, np.complex128)


def gaussian(rng, shape, dtype=float):
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def gram_of(blocks):
    return np.matmul(blocks, np.conj(blocks).swapaxes(1, 2))


def lead(gram):
    """The program on matrices that are scaled to trace 1, and these."""
    unit = gram / np.trace(gram, axis1=1, axis2=2).real[:, None, None]
    low = unit.astype(np.complex64 if np.iscomplexobj(unit) else np.float32)
    return unit, leading_by_polynomials(low, np.ones(len(unit)), 2.0, lambda rows: np.matmul(rows, unit), 1e-12)


def check(unit, found):
    """Where proved, the excess is at most 1e-12 of what is left over, up to rounding."""
    values = np.linalg.eigvalsh(unit)
    x = found.vectors
    got = np.real(np.einsum("gi,gij,gj->g", np.conj(x), unit, x))
    excess = values[:, -1] - got
    allowed = 1e-12 * values[:, :-1].sum(axis=1) + 1e-14
    assert (excess[found.proved] <= allowed[found.proved]).all()
    np.testing.assert_allclose(np.linalg.norm(x[found.proved], axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(found.values[found.proved], got[found.proved], rtol=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(12, 12), (16, 256), (33, 40), (64, 64), (96, 100)])
def test_gaussian_blocks_are_proved_and_right(dtype, shape):
    unit, found = lead(gram_of(gaussian(np.random.default_rng(3), (60, *shape), dtype)))
    assert found.proved.mean() > 0.9
    check(unit, found)


@pytest.mark.parametrize("gap", [0.0, 1e-14, 1e-9, 1e-5, 1e-2])
@pytest.mark.parametrize("many", [1, 2, 3, 32])
def test_clustered_values_are_proved_only_if_right(gap, many):
    rng = np.random.default_rng(4)
    values = np.concatenate([1.0 + gap * np.arange(many)[::-1], np.linspace(0.9, 0.0, 32 - many)])
    basis = np.linalg.qr(gaussian(rng, (20, 32, 32)))[0]
    unit, found = lead(np.matmul(basis * values, basis.swapaxes(1, 2)))
    check(unit, found)


@pytest.mark.parametrize("second", [0.2, 0.9, 0.999, 1.0 - 1e-9])
def test_a_leading_vector_hidden_from_the_start_is_not_missed(second):
    """The Lanczos process starts in the orthogonal complement of the eigenvector: never proved by the second one."""
    m, rng = 32, np.random.default_rng(5)
    start = np.random.default_rng(m).standard_normal(m)
    first = np.linalg.svd(start[None])[2][-1]
    basis = np.linalg.qr(np.concatenate([first[:, None], gaussian(rng, (m, m - 1))], axis=1))[0]
    values = np.concatenate([[1.0, second], np.linspace(0.1, 0.01, m - 2)])
    gram = np.broadcast_to((basis * values) @ basis.T, (4, m, m))
    unit, found = lead(gram)
    check(unit, found)
    again = powered_eigenvectors(np.ascontiguousarray(gram), np.full(4, values.sum()), 1e-12)
    assert (np.abs(again.values[again.proved] - 1.0) <= 1e-9).all()


@pytest.mark.parametrize("kind", ["one direction", "identity", "diagonal", "half zero", "graded"])
def test_degenerate_matrices(kind):
    """No warning, no wrong proof."""
    m = 24
    diagonal = {
        "one direction": np.eye(m)[0],
        "identity": np.ones(m),
        "diagonal": np.arange(1.0, m + 1),
        "half zero": np.repeat([1.0, 0.0], m // 2) * np.arange(m, 0, -1),
        "graded": 10.0 ** -np.arange(m),
    }[kind]
    check(*lead(np.broadcast_to(np.diag(diagonal), (3, m, m))))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("kind", ["Gaussian", "flat", "one large"])
def test_the_norm_of_the_polynomial_is_bounded(dtype, kind):
    """Lemma 7 against eigenvalues: the bound holds, and is not far from the norm."""
    rng, m = np.random.default_rng(7), 48
    blocks = gaussian(rng, (8, m, m), np.result_type(dtype, float))
    gram = {
        "Gaussian": gram_of(blocks),
        "flat": np.broadcast_to(np.eye(m), blocks.shape).astype(blocks.dtype),
        "one large": gram_of(blocks[:, :, :1]) * 5.0 + gram_of(blocks),
    }[kind]
    gram = gram / np.trace(gram, axis1=1, axis2=2).real[:, None, None]
    made = chebyshev._polynomial(gram.astype(dtype), np.ones(8), 2.0)
    values = np.linalg.eigvalsh(gram)
    exact = np.square(Chebyshev.basis(made.degree)(2.0 * values / made.band[:, None] - 1.0)).sum(axis=1)
    assert (exact <= made.energy).all()
    assert (made.energy <= 1.1 * exact + 1.0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_second_eigenvalue_is_bounded(dtype):
    """Lemma 6: every Rayleigh quotient gives a bound that holds; a good one gives a good bound."""
    gram = gram_of(gaussian(np.random.default_rng(8), (30, 40, 40), dtype))
    unit = gram / np.trace(gram, axis1=1, axis2=2).real[:, None, None]
    low = unit.astype(np.complex64 if dtype is np.complex128 else np.float32)
    made = chebyshev._polynomial(low, np.ones(30), 2.0)
    values = np.linalg.eigvalsh(unit)
    for share in (0.0, 0.5, 0.9, 0.99, 1.0):
        assert (values[:, -2] <= chebyshev._second(made, share * values[:, -1])).all()
    assert (chebyshev._second(made, values[:, -1]) <= 1.05 * values[:, -2] + 0.01 * values[:, -1]).all()


def test_stacks_that_prove_nothing_go_on_with_powers():
    """Blocks of all kinds in one stack: every result is right, whichever program has found it."""
    rng, m = np.random.default_rng(9), 32
    basis = np.linalg.qr(gaussian(rng, (600, m, m)))[0]
    values = np.ones((600, m)) * np.linspace(1.0, 0.2, m)
    values[::3, 1] = 1.0 - 1e-13
    values[1::3, 2:] = 1e-9
    sizes = 10.0 ** rng.uniform(-9, 9, 600)
    gram = np.matmul(basis * (values * sizes[:, None])[:, None, :], basis.swapaxes(1, 2))
    traces = np.trace(gram, axis1=1, axis2=2)
    found = powered_eigenvectors(gram, traces, 1e-12)
    assert found.proved.any()
    excess = np.linalg.eigvalsh(gram)[:, -1] - found.values
    assert (excess[found.proved] <= (1e-12 * (traces - found.values) + 1e-14 * traces)[found.proved]).all()
