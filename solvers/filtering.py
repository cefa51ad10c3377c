"""Leading eigenspaces of stacks of Hermitian matrices by filtered subspace iteration, accepted on a proof only.

Powers of the matrices, made by repeated squaring, damp the unwanted directions; the subspaces are a few dimensions
larger than asked for. Everything but the eigenproblems of the small compressions is a product of stacks. Proofs:
docs/solvers.md, Lemmas 3 and 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, adjoint, inner, row_energies

__all__ = ["Filtered", "filtered", "orthonormal_rows", "worth_filtering"]

_ORDERS = range(24, 97)  # beyond, an eigensolver for a part of the spectrum is faster
_PANEL_BYTES = 1 << 20
_SQUARINGS = 6
_PURE = 0.3
_STEPS = (5, 10)  # at first, and for those without a proof
_ACCURACY = 0.5  # of eps: relative excess of the discarded energy that cannot be seen


class Filtered(NamedTuple):
    """Result for a stack of ``g`` matrices of order ``m``.

    Attributes
    ----------
    values : ndarray, (g, q), float64
        Largest eigenvalues, ascending.
    vectors : ndarray, (g, m, q)
        Orthonormal, in the order from large to small.
    proved : ndarray of bool, (g,)
        Where no ``q``-dimensional subspace captures noticeably more of the trace; elsewhere the rest is meaningless.
    """

    values: NDArray[np.float64]
    vectors: Array
    proved: NDArray[np.bool_]


def worth_filtering(order: int, count: int) -> bool:
    """Whether the products cost less than an eigensolver called matrix by matrix.

    Examples
    --------
    >>> worth_filtering(32, 4), worth_filtering(8, 4)
    (True, False)
    """
    return order in _ORDERS and 4 * count <= order


def filtered(gram: Array, count: int, relative: float) -> Filtered:
    """Eigenvectors of the ``count`` largest eigenvalues of positive semidefinite matrices, panel by panel.

    Parameters
    ----------
    gram : ndarray, (g, m, m)
        Hermitian, positive semidefinite.
    count : int
        ``q`` with :func:`worth_filtering`.
    relative : float
        Excess of the captured trace allowed, relative to the trace that is left over.
    """
    g, m, _ = gram.shape
    out = Filtered(np.zeros((g, count)), np.zeros((g, m, count), gram.dtype), np.zeros(g, bool))
    double = np.result_type(gram, np.float64)  # powers need its range
    start = np.random.default_rng(m).standard_normal((2 * count, m)).astype(double)
    relative = max(relative, _ACCURACY * float(np.finfo(gram.dtype).eps))
    step = max(1, _PANEL_BYTES // gram[0].nbytes)
    left = np.arange(g)
    for steps in _STEPS:
        for first in range(0, len(left), step):
            chosen = left[first : first + step]
            part = gram if len(chosen) == g else gram[chosen]
            _panel(part.astype(double, copy=False), chosen, start, steps, relative, out)
        left = left[~out.proved[left]]
    return out


def _panel(gram: Array, place: NDArray[np.intp], start: Array, steps: int, relative: float, out: Filtered) -> None:
    """Fill ``out`` at ``place``. Where the subspaces cannot be kept independent, halves are tried by themselves."""
    try:
        values, vectors, proved = _filter(gram, start, steps, relative)
    except np.linalg.LinAlgError:
        if len(gram) > 1:
            for half in (slice(None, len(gram) // 2), slice(len(gram) // 2, None)):
                _panel(gram[half], place[half], start, steps, relative, out)
        return
    out.values[place], out.vectors[place], out.proved[place] = values, vectors, proved


def _filter(gram: Array, start: Array, steps: int, relative: float) -> Filtered:
    """Apply a power of the matrices ``steps`` times, and test. A basis is kept as rows ``vᴴ``."""
    total = np.trace(gram, axis1=-2, axis2=-1).real
    if not np.all(total > 0.0):
        raise np.linalg.LinAlgError
    unit = gram / total[:, None, None]
    power, degree, logarithm = _power(unit)
    basis = np.broadcast_to(start, (len(gram), *start.shape))
    for _ in range(steps):
        basis = orthonormal_rows(np.matmul(basis, power))
    found = _test(unit, orthonormal_rows(basis), len(start) // 2, degree, logarithm, relative)
    return found._replace(values=found.values * total[:, None])


def _power(unit: Array) -> tuple[Array, int, NDArray[np.float64]]:
    """A power ``P`` of every matrix, scaled to trace 1, the exponent ``k``, and ``log tr G^k``.

    Squaring ends before the leading eigenvalue outweighs the others so much that rounding hides them.
    """
    power, degree, logarithm = unit, 1, np.zeros(len(unit))
    for _ in range(_SQUARINGS):
        flat = power.reshape(len(power), -1)
        purity = inner(flat, flat).real  # tr(P²)
        if np.partition(purity, len(purity) // 2)[len(purity) // 2] > _PURE:
            break
        power = np.matmul(power, power)
        power *= (1.0 / purity)[:, None, None]
        logarithm = 2.0 * logarithm + np.log(purity, dtype=np.float64)
        degree *= 2
    return power, degree, logarithm


def orthonormal_rows(rows: Array) -> Array:
    """An orthonormal basis of the rows, from the Cholesky factor of their Gram matrix."""
    return np.asarray(np.matmul(np.linalg.inv(np.linalg.cholesky(np.matmul(rows, adjoint(rows)))), rows))


def _test(
    unit: Array, basis: Array, count: int, degree: int, logarithm: NDArray[np.float64], relative: float
) -> Filtered:
    """Ritz values (ascending) and vectors of the leading ``count`` directions, and where they are proved to be those.

    The trace of the ``k``-th power bounds the eigenvalues outside the subspace (Lemma 4); with it Lemma 3 bounds the
    excess.
    """
    eps = float(np.finfo(unit.dtype).eps)
    image = np.matmul(basis, unit)
    values, turn = np.linalg.eigh(np.matmul(image, adjoint(basis)))
    turn = adjoint(turn)
    rows = np.matmul(turn, basis)
    residual = np.matmul(turn, image)
    residual -= rows * values[:, :, None]
    energies = row_energies(residual)  # of each Ritz vector
    values = values.astype(np.float64)
    powers = np.exp(degree * np.log(np.maximum(values, np.finfo(np.float64).tiny)) - logarithm[:, None])
    rounding = 4.0 * unit.shape[-1] * eps * degree
    outside = np.maximum(1.0 - powers.sum(-1), 0.0) + rounding  # tr C^k / tr G^k
    outer = np.exp((np.log(outside) + logarithm) / degree)
    least = values[:, -count]
    between = 0.5 * (least + np.maximum(values[:, -count - 1], outer))  # τ of Lemma 3
    below = between[:, None] - values[:, :-count]
    sound = (between < least) & (below > 0.0).all(axis=1)
    below = np.where(sound[:, None], below, 1.0)
    sound &= (energies[:, :-count] / below).sum(-1) <= between - outer
    tail = 1.0 - values[:, -count:].sum(-1)
    allowed = np.maximum(relative * (tail - 16.0 * eps), 16.0 * eps * eps)
    proved = sound & (energies[:, -count:].sum(-1) <= allowed * (least - between))
    return Filtered(values[:, -count:], adjoint(rows[:, : -count - 1 : -1]), proved)
