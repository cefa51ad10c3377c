"""Fixed-support factorisation contains rank-one matrix completion: the NP-hardness proof, both ways.

Rank-one completion asks for ``min Σ (A_ij - x_i y_j)²`` over the known entries ``(i, j)``. One hidden index gets full
columns in X and Y; each column ``j`` with unknown entries gets one more index, with ``I_k`` its unknown rows and
``J_k = {j}``. Such an index is a complete class of one column, so it fits the unknown cells exactly and the two
problems have equal infima.

References
----------
N. Gillis, F. Glineur, *Low-rank matrix approximation with weights or missing data is NP-hard*, SIMAX 2011;
Q.-T. Le, E. Riccietti, R. Gribonval, arXiv:2112.00386, Theorem 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness import Support
from closedness.errors import InputError
from solvers.arrays import Array, measure, read_matrix

__all__ = ["CompletionInstance", "completion_to_factorization"]


@dataclass(frozen=True, eq=False)
class CompletionInstance:
    """A fixed-support problem that is a rank-one completion problem.

    Attributes
    ----------
    A : ndarray, (m, n)
        The target; unknown entries are 0.
    known : ndarray of bool, (m, n)
    I, J : Support, (m, r) and (n, r)
        Supports of X and Y; hidden index 0 is the completion.
    columns : tuple of int
        The column served by each of the hidden indices ``1 … r-1``.
    """

    A: Array
    known: NDArray[np.bool_]
    I: Support
    J: Support
    columns: tuple[int, ...]

    def completion_error(self, x: Any, y: Any) -> float:
        """``sqrt(Σ_known (A_ij - x_i y_j)²)``."""
        residual = np.where(self.known, self.A - np.outer(np.asarray(x), np.asarray(y)), 0)
        return float(np.linalg.norm(residual))

    def factors(self, x: Any, y: Any) -> tuple[Array, Array]:
        """Factors ``X, Y`` with the error of the completion ``x yᵀ``: unknown cells are fitted exactly.

        Parameters
        ----------
        x, y : array_like, (m,) and (n,)

        Returns
        -------
        X, Y : ndarray, (m, r) and (n, r)
        """
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != self.A.shape[:1] or y.shape != self.A.shape[1:]:
            raise InputError(f"x and y must have lengths {self.A.shape}, got shapes {x.shape} and {y.shape}")
        dtype = np.result_type(self.A, x, y)
        X, Y = np.zeros(self.I.shape, dtype), np.zeros(self.J.shape, dtype)
        X[:, 0], Y[:, 0] = x, y
        for k, j in enumerate(self.columns, start=1):
            rows = ~self.known[:, j]
            X[rows, k] = (self.A[:, j] - x * y[j])[rows]
            Y[j, k] = 1.0
        return X, Y

    def completion(self, X: Any, Y: Any) -> tuple[Array, Array]:
        """The completion ``x, y`` inside any factors: its error on the known entries is at most theirs."""
        X, Y = np.asarray(X), np.asarray(Y)
        if X.shape != self.I.shape or Y.shape != self.J.shape:
            raise InputError(f"X and Y must have shapes {self.I.shape} and {self.J.shape}, got {X.shape} and {Y.shape}")
        return X[:, 0].copy(), Y[:, 0].copy()


def completion_to_factorization(A: Any, known: Any) -> CompletionInstance:
    """Rank-one completion of ``A`` on its known entries as a factorisation with fixed supports.

    Parameters
    ----------
    A : array_like, (m, n)
        Entries that are not known are ignored, NaN allowed.
    known : array_like of bool, (m, n)

    Raises
    ------
    InputError
        Shapes that differ, or a known entry that is not finite.

    Examples
    --------
    >>> instance = completion_to_factorization([[1.0, 2.0], [2.0, float("nan")]], [[True, True], [True, False]])
    >>> print(instance.I)
    1.
    11
    >>> X, Y = instance.factors([1.0, 2.0], [1.0, 2.0])
    >>> (X @ Y.T).tolist()
    [[1.0, 2.0], [2.0, 0.0]]
    """
    matrix = read_matrix(A)
    mask = np.asarray(known)
    if mask.shape != matrix.shape or mask.dtype != bool:
        raise InputError(
            f"known must be booleans of shape {matrix.shape}, got shape {mask.shape} and dtype {mask.dtype}"
        )
    target = np.where(mask, matrix, np.zeros((), matrix.dtype))
    measure(target)
    m, n = target.shape
    columns = tuple(int(j) for j in np.flatnonzero(~mask.all(axis=0)))
    X, Y = np.ones((m, 1 + len(columns)), bool), np.ones((n, 1 + len(columns)), bool)
    X[:, 1:] = ~mask[:, list(columns)]
    Y[:, 1:] = False
    Y[list(columns), range(1, 1 + len(columns))] = True
    return CompletionInstance(target, mask.copy(), Support.read(X), Support.read(Y), columns)
