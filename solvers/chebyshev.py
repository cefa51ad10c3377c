"""Leading eigenvectors of stacks of matrices without a gap, from Chebyshev polynomials of them in single precision.

A polynomial that is small on most of the spectrum is made by repeated squaring. A few steps of the Lanczos process
with it give the leading vector, which is polished in double precision; the norm of the polynomial bounds the second
eigenvalue. Proofs: docs/solvers.md, Lemmas 6 and 7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, adjoint, inner, row_energies
from solvers.panels import scratch

__all__ = ["Leading", "leading_by_polynomials"]

_BAND = (1.2, 0.6)  # of tr G² and of its root: the least of both ends the band on which the polynomial is small
_DOUBLINGS = 3  # of the degree
_STEPS = 8  # of the Lanczos process
_SQUARINGS = 8  # of the small compressions

Real = NDArray[np.float64]
Times = Callable[[Array], Array]


class Leading(NamedTuple):
    """Unit vectors ``(g, m)``, their Rayleigh quotients, and where no vector is proved to capture more."""

    vectors: Array
    values: Real
    proved: NDArray[np.bool_]


class _Polynomial(NamedTuple):
    """``2 T_d(2 G/band - 1)`` in single precision, and a bound of ``‖T_d(2 G/band - 1)‖²``."""

    matrices: Array
    band: Real
    degree: int
    energy: Real


def leading_by_polynomials(low: Array, trace: Real, roundings: float, times: Times, relative: float) -> Leading:
    """Leading eigenvectors of positive semidefinite matrices; those of trace 1 are meant by ``values``.

    Parameters
    ----------
    low : ndarray, (g, m, m)
        The matrices in single precision; overwritten.
    trace : ndarray, (g,)
        Positive traces of ``low``.
    roundings : float
        Bound of the error of ``low`` (Frobenius), relative to the trace, in units of single precision.
    times : callable
        Multiplies rows ``(g, 1, m)`` in double precision by the matrices of trace 1.
    relative : float
        Excess of the captured trace allowed, relative to the trace that is left over.
    """
    made = _polynomial(low, trace, roundings)
    row, product = _polished(_lanczos(made.matrices).astype(np.result_type(low, np.float64)), made.band, times)
    values = inner(row, product).real
    residual = row_energies(product - values[:, None] * row)
    eps = float(np.finfo(np.float64).eps)
    tail = 1.0 - values
    allowed = np.maximum(relative * (tail - 16.0 * eps), 16.0 * eps * eps)
    room = values - _second(made, values)
    return Leading(np.conj(row), values, (room > 0.0) & (residual <= allowed * room))


def _unit(x: Array) -> float:
    """Bound of the rounding of one operation of single precision."""
    return 2.0**-22 if np.iscomplexobj(x) else 2.0**-24


def _polynomial(low: Array, trace: Real, roundings: float) -> _Polynomial:
    """``2 T_{2k} = (2 T_k)² - 2``, with the bound of errors of Lemma 7; ``low`` is overwritten."""
    g, m, _ = low.shape
    unit = _unit(low)
    gamma, long = (m + 4) * unit, (m * m + 4) * unit
    energy = row_energies(low.reshape(g, -1)) / np.square(trace)
    band = np.minimum(_BAND[0] * energy, _BAND[1] * np.sqrt(energy))
    low *= (4.0 / (band * trace)).astype(low.real.dtype)[:, None, None]
    low.reshape(g, -1)[:, :: m + 1] -= 2.0
    now, other = low, scratch("other", low.shape, low.dtype)
    error = 4.0 * unit * (roundings / band + np.sqrt(16.0 * energy / np.square(band) + 4.0 * m))
    for _ in range(_DOUBLINGS):
        now, other = np.matmul(now, now, out=other), now
        diagonal = now.reshape(g, -1)[:, :: m + 1]
        energy = diagonal.real.sum(-1, dtype=np.float64) * (1.0 + 4.0 * gamma) + 2.0 * np.square(error)
        diagonal -= 2.0
        error = error * (2.0 * np.sqrt(energy) + error) + 2.0 * gamma * energy + 2.0 * unit * m
    norm = np.sqrt(row_energies(now.reshape(g, -1)) * (1.0 + long))
    return _Polynomial(now, band, 2**_DOUBLINGS, 0.25 * np.square(norm + error))


def _lanczos(matrices: Array) -> Array:
    """Conjugate leading Ritz vectors ``(g, 1, m)`` of a Krylov space, with full orthogonalisation."""
    g, m, _ = matrices.shape
    basis = np.empty((g, _STEPS, m), matrices.dtype)
    start = np.random.default_rng(m).standard_normal(m)
    basis[:, 0] = start / np.linalg.norm(start)
    compressed = np.zeros((g, _STEPS, _STEPS), matrices.dtype)
    for k in range(_STEPS):
        image = np.matmul(basis[:, k : k + 1], matrices)
        known = basis[:, : k + 1]
        part = np.matmul(image, adjoint(known))
        compressed[:, k, : k + 1] = part[:, 0]
        if k == _STEPS - 1:
            break
        image -= np.matmul(part, known)
        size = np.sqrt(row_energies(image))
        compressed[:, k, k + 1] = size[:, 0]
        basis[:, k + 1] = (image * (1.0 / np.maximum(size, 1e-30)).astype(image.real.dtype)[:, :, None])[:, 0]
    return np.asarray(np.matmul(_leading_row(compressed), basis))


def _leading_row(matrices: Array) -> Array:
    """Conjugate leading eigenvectors ``(g, 1, k)`` of small Hermitian matrices, by repeated squaring."""
    g = len(matrices)
    power = matrices.astype(np.result_type(matrices, np.float64))
    for step in range(_SQUARINGS):
        if step % 4 == 0:
            power *= (1.0 / np.sqrt(row_energies(power.reshape(g, -1)) + 1e-300))[:, None, None]
        power = np.matmul(power, power)
    place = np.argmax(np.diagonal(power, axis1=1, axis2=2).real, axis=-1)
    row = power[np.arange(g), place]
    row *= (1.0 / np.sqrt(row_energies(row) + 1e-300))[:, None]
    return np.asarray(row[:, None, :].astype(matrices.dtype))


def _polished(row: Array, band: Real, times: Times) -> tuple[Array, Array]:
    """A Chebyshev polynomial of degree 2 applied to rows, and the products; all in double precision."""
    twice = (4.0 / band)[:, None, None]
    one = (0.5 * twice) * times(row) - row
    two = twice * times(one) - 2.0 * one - row
    two *= (1.0 / np.sqrt(row_energies(two)))[..., None]
    return two[:, 0], times(two)[:, 0]


def _second(made: _Polynomial, values: Real) -> Real:
    """Bounds of the second eigenvalues (Lemma 6, or what the trace leaves); ``values`` are below the first ones."""
    x = np.maximum(2.0 * values / made.band - 1.0, 1.0)
    own = np.where(values > made.band, np.square(np.cosh(made.degree * np.arccosh(x))), 0.0)
    rest = np.sqrt(np.maximum(made.energy - own, 1.0))
    return np.minimum(0.5 * made.band * (1.0 + np.cosh(np.arccosh(rest) / made.degree)), 1.0 - values)
