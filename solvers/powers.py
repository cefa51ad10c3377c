"""Leading singular vectors of stacks of blocks without a gap: powers in single precision, proofs in double.

Gram matrices of some tens of rows are squared in single precision, where a product costs half as much. A power damps
all but a few directions; these are then made orthonormal, turned and tested with the blocks themselves. What single
precision loses can only cost a proof, never accuracy. Proofs: docs/solvers.md, Lemmas 3 to 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, adjoint, middle, row_energies
from solvers.chebyshev import leading_by_polynomials
from solvers.filtering import orthonormal_rows
from solvers.panels import scratch

__all__ = ["powered_vectors", "powered_eigenvectors", "worth_powering"]

_ORDERS = {"f": range(24, 97), "d": range(12, 97), "F": range(24, 97), "D": range(12, 97)}
_DIMENSION = 4
_PANEL_BYTES = 1 << 21
_SQUARINGS = 5
_TINY = 1e-6  # norms of blocks between this and its inverse need no scaling
_PURE = 0.3  # share of the leading direction at which half of the matrices are powered enough
_TOO_PURE = 0.6  # and at which a matrix leaves the others: single precision would lose its second direction
_STEPS = (2, 2)  # orthonormalised, in a round; two rounds at most
_TIMES = 2  # powers applied in each of them
_ACCURACY = 0.5  # of eps: relative excess of the discarded energy that cannot be seen

Real = NDArray[np.float64]
Places = NDArray[np.intp]
Times = Callable[[Array], Array]


class Powered(NamedTuple):
    """Result for a stack of ``g`` blocks.

    Attributes
    ----------
    vectors : ndarray, (g, m)
        Unit vectors.
    values : ndarray, (g,), float64
        Their Rayleigh quotients.
    proved : ndarray of bool, (g,)
        Where no vector captures noticeably more; elsewhere the rest is meaningless.
    """

    vectors: Array
    values: Real
    proved: NDArray[np.bool_]


class _Power(NamedTuple):
    """``P = G^degree / exp(logarithm)``, its norm, and a bound of the relative error of both, for each matrix."""

    matrices: Array
    degree: int
    logarithm: Real
    norm: Real
    error: Real

    def some(self, chosen: NDArray[np.bool_]) -> _Power:
        """Those of some matrices."""
        if chosen.all():
            return self
        return _Power(
            self.matrices[chosen], self.degree, self.logarithm[chosen], self.norm[chosen], self.error[chosen]
        )


def worth_powering(order: int, dtype: np.dtype[Any]) -> bool:
    """Whether the products cost less than an eigensolver called matrix by matrix, or than squaring to rank 1.

    Examples
    --------
    >>> double = np.dtype(float)
    >>> worth_powering(64, double), worth_powering(8, double), worth_powering(200, double)
    (True, False, False)
    """
    return order in _ORDERS[dtype.char]


def powered_vectors(blocks: Array, energies: Real, relative: float) -> Powered:
    """Leading left singular vectors of blocks ``(g, m, n)`` with positive ``energies``, panel by panel.

    The Rayleigh quotients are those of ``B Bᴴ``. ``relative`` is the excess of the captured energy allowed, relative
    to the energy that is left over.
    """
    _, m, n = blocks.shape
    single, _ = _precisions(blocks)
    step = _panel_length(m * max(m, n), blocks.dtype)

    def low_of(some: Array, energy: Real) -> tuple[Array, Real]:
        low, turned = scratch("low", some.shape, single), scratch("turned low", (len(some), n, m), single)
        if energy.min() > _TINY**2 and energy.max() < _TINY**-2:
            np.copyto(low, some, casting="same_kind")
            trace = energy
        else:
            shrink = (1.0 / np.sqrt(energy)).astype(some.real.dtype)
            np.multiply(some, shrink[:, None, None], out=low, casting="same_kind")
            trace = np.ones(len(some))
        np.conjugate(low.swapaxes(1, 2), out=turned)
        return np.matmul(low, turned, out=scratch("power0", (len(some), m, m), single)), trace

    def times_of(some: Array, energy: Real) -> Times:
        turned, shrink = adjoint(some), (1.0 / energy)[:, None, None]
        return lambda rows: np.matmul(np.matmul(rows * shrink, some), turned)

    return _by_panels(blocks, energies, step, low_of, times_of, n + 4.0, relative)


def powered_eigenvectors(gram: Array, traces: Real, relative: float) -> Powered:
    """Leading eigenvectors of positive semidefinite matrices ``(g, m, m)`` with positive ``traces``."""
    single, _ = _precisions(gram)
    step = _panel_length(gram[0].size, gram.dtype)

    def low_of(some: Array, trace: Real) -> tuple[Array, Real]:
        low = scratch("power0", some.shape, single)
        if trace.min() > _TINY**2 and trace.max() < _TINY**-2:
            np.copyto(low, some, casting="same_kind")
            return low, trace
        np.multiply(some, (1.0 / trace).astype(some.real.dtype)[:, None, None], out=low, casting="same_kind")
        return low, np.ones(len(some))

    def times_of(some: Array, trace: Real) -> Times:
        shrink = (1.0 / trace)[:, None, None]
        return lambda rows: np.matmul(rows * shrink, some)

    return _by_panels(gram, traces, step, low_of, times_of, 2.0, relative)


def _by_panels(
    stack: Array,
    traces: Real,
    step: int,
    low_of: Callable[[Array, Real], tuple[Array, Real]],
    times_of: Callable[[Array, Real], Times],
    roundings: float,
    relative: float,
) -> Powered:
    """Leading vectors by polynomials, and by powers where these prove nothing, panel by panel.

    ``low_of`` gives Gram matrices in single precision with their traces, ``times_of`` what multiplies rows by Gram
    matrices of trace 1 in double precision.
    """
    g, m = stack.shape[:2]
    _, double = _precisions(stack)
    relative = max(relative, _ACCURACY * float(np.finfo(stack.dtype).eps))
    out = Powered(np.zeros((g, m), stack.dtype), np.zeros(g), np.zeros(g, bool))
    vain = False
    for first in range(0, g, step):
        some, trace = stack[first : first + step], traces[first : first + step]
        places = np.arange(first, first + len(some))
        if not vain:
            found = leading_by_polynomials(*low_of(some, trace), roundings, times_of(some, trace), relative)
            out.vectors[places], out.values[places], out.proved[places] = found
            left = ~found.proved
            vain = bool(2 * np.count_nonzero(left) > len(left))
            places, trace = places[left], trace[left]
            if places.size:
                some = some[left]
        if places.size:

            def part(chosen: Places, some: Array = some, trace: Real = trace) -> Times:
                every = len(chosen) == len(some)
                return times_of(some, trace) if every else times_of(some[chosen], trace[chosen])

            low, size = low_of(some, trace)
            _panel(low, size, roundings, part, double, relative, places, out)
    out.values[...] *= traces
    return out


def _panel_length(size: int, dtype: np.dtype[Any]) -> int:
    """How many matrices of so many entries make a panel; half as many where a copy in double precision is made."""
    copied = dtype.char in "fF"  # while rows are multiplied
    return max(1, _PANEL_BYTES // (2 * size * dtype.itemsize if copied else size * dtype.itemsize // 2))


def _precisions(x: Array) -> tuple[type, type]:
    """The types of single and of double precision, complex for complex entries."""
    return (np.complex64, np.complex128) if np.iscomplexobj(x) else (np.float32, np.float64)


def _panel(
    low: Array,
    trace: Real,
    roundings: float,
    part: Callable[[Places], Times],
    double: type,
    relative: float,
    places: Places,
    out: Powered,
) -> None:
    """Fill ``out`` at ``places`` for matrices of trace 1; ``low`` are they in single precision, with this trace.

    So many ``roundings`` bound the errors of ``low``, relative to the trace; ``part(chosen)`` multiplies rows by the
    chosen matrices.
    """
    left = np.arange(len(low))
    power = _first(low, trace, roundings)
    for squaring in range(_SQUARINGS + 1):
        purity = np.square(power.norm / np.trace(power.matrices, axis1=1, axis2=2).real)
        ready = purity > (_TOO_PURE if squaring < _SQUARINGS and middle(purity) < _PURE else 0.0)
        if ready.any():
            _finish(power.some(ready), left[ready], part, double, relative, places, out)
            left = left[~ready]
            if not left.size:
                return
            power = power.some(~ready)
        power = _squared(power, squaring)


def _first(low: Array, trace: Real, roundings: float) -> _Power:
    """The matrices themselves, scaled to norm 1 so that powers stay in the range of single precision."""
    norm = np.sqrt(row_energies(low.reshape(len(low), -1)))
    low *= (1.0 / norm).astype(low.real.dtype)[:, None, None]
    unit = _unit(low)
    return _Power(low, 1, np.log(norm / trace), np.ones(len(low)), unit * roundings * trace / norm + unit)


def _unit(x: Array) -> float:
    """Bound of the rounding of one operation of single precision."""
    return 2.0**-22 if np.iscomplexobj(x) else 2.0**-24


def _squared(power: _Power, squaring: int) -> _Power:
    """The squares, every other time scaled to norm 1. The bound of the error is that of Lemma 5."""
    old, m = power.matrices, power.matrices.shape[-1]
    new = np.matmul(old, old, out=scratch(f"power{(squaring + 1) % 2}", old.shape, old.dtype))
    norm = np.sqrt(row_energies(new.reshape(len(new), -1)))
    ratio, unit = np.square(power.norm) / norm, _unit(old)
    error = power.error
    error = 2.0 * error * np.sqrt(ratio) + (np.square(error) + (m + 4) * unit * np.square(1.0 + error)) * ratio
    logarithm = 2.0 * power.logarithm
    if squaring % 2:
        new *= (1.0 / norm).astype(new.real.dtype)[:, None, None]
        logarithm, norm, error = logarithm + np.log(norm), np.ones(len(new)), error + unit
    return _Power(new, 2 * power.degree, logarithm, norm, error)


def _finish(
    power: _Power,
    place: Places,
    part: Callable[[Places], Times],
    double: type,
    relative: float,
    places: Places,
    out: Powered,
) -> None:
    """Apply a power to a few directions and test, twice at most; fill ``out`` at ``places[place]``.

    Where the directions cannot be kept apart, halves are tried by themselves.
    """
    single, m = power.matrices.dtype, power.matrices.shape[-1]
    rows: Array = np.random.default_rng(m).standard_normal((_DIMENSION, m)).astype(single)
    unit = power.matrices * (1.0 / power.norm).astype(power.matrices.real.dtype)[:, None, None]
    left, now = np.arange(len(place)), power
    for steps in _STEPS:
        try:
            for step in range(steps):
                for _ in range(_TIMES):
                    rows = np.matmul(rows, unit)
                if step < steps - 1:  # the exact products that follow are made orthonormal themselves
                    rows = orthonormal_rows(rows.astype(double)).astype(single)
            times = part(place[left])
            basis = orthonormal_rows(times(rows.astype(double)))
            vectors, values, proved = _test(now, basis, times(basis), relative)
        except np.linalg.LinAlgError:
            if len(left) > 1:
                for half in (left[: len(left) // 2], left[len(left) // 2 :]):
                    chosen = np.isin(np.arange(len(place)), half)
                    _finish(power.some(chosen), place[chosen], part, double, relative, places, out)
            return
        done = places[place[left[proved]]]
        out.vectors[done], out.values[done], out.proved[done] = vectors[proved], values[proved], True
        if proved.all():
            return
        left, now, unit, rows = left[~proved], now.some(~proved), unit[~proved], basis[~proved].astype(single)


def _test(power: _Power, basis: Array, image: Array, relative: float) -> tuple[Array, Real, NDArray[np.bool_]]:
    """Leading Ritz vectors and values, and where Lemmas 3 and 4 prove that little more can be captured of the trace 1.

    As in :func:`solvers.filtering.filtered`, with the error of the power as the allowance for rounding.
    """
    eps = float(np.finfo(basis.dtype).eps)
    values, turn = np.linalg.eigh(np.matmul(image, adjoint(basis)))
    turn = adjoint(turn)
    rows = np.matmul(turn, basis)
    residual = np.matmul(turn, image)
    residual -= rows * values[:, :, None]
    energies = row_energies(residual)
    exponent = 2 * power.degree
    logarithm = 2.0 * (power.logarithm + np.log(power.norm))  # of tr G^exponent
    powers = np.exp(exponent * np.log(np.maximum(values, np.finfo(np.float64).tiny)) - logarithm[:, None])
    outside = np.maximum(1.0 - powers.sum(-1), 0.0) + 4.0 * power.error
    outer = np.exp((np.log(outside) + logarithm) / exponent)
    least = values[:, -1]
    between = 0.5 * (least + np.maximum(values[:, -2], outer))  # τ of Lemma 3
    below = between[:, None] - values[:, :-1]
    sound = (power.error < 0.1) & (between < least) & (below > 0.0).all(axis=1)
    below = np.where(sound[:, None], below, 1.0)
    sound &= (energies[:, :-1] / below).sum(-1) <= between - outer
    tail = 1.0 - least
    allowed = np.maximum(relative * (tail - 16.0 * eps), 16.0 * eps * eps)
    proved = sound & (energies[:, -1] <= allowed * (least - between))
    return np.conj(rows[:, -1]), least, proved
