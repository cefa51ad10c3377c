"""Many matrices with the same supports, or with the same chain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import read_matrix
from solvers.butterfly import factorize_butterfly
from solvers.butterfly_result import ButterflyFactorization
from solvers.fixed_support import factorize_fixed_support, read_supports
from solvers.result import FixedSupportFactorization

__all__ = ["factorize_batch", "factorize_butterfly_batch"]

_T = TypeVar("_T")


def factorize_batch(
    matrices: Any,
    I: Any,
    J: Any,
    *,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> list[FixedSupportFactorization]:
    """Factorise each matrix of a batch with the same supports; what depends on the supports alone is done once.

    Parameters
    ----------
    matrices : array_like, (…, m, n), or sequence of matrices (m, n)
        As for :func:`factorize_fixed_support`.
    I, J : supports, (m, r) and (n, r)
    seconds : float or None
        Time limit (wall clock) of all together; each matrix gets an equal share of what is left.
    progress : callable, optional
        Called with (matrices done, matrices in all).
    **options
        Those of :func:`factorize_fixed_support`, the same for all.

    Returns
    -------
    list of FixedSupportFactorization

    Raises
    ------
    InputError
        As :func:`factorize_fixed_support`; the message names the matrix.

    Examples
    --------
    >>> import numpy as np
    >>> found = factorize_batch(np.ones((3, 2, 2)), [[1], [1]], [[1], [1]])
    >>> len(found), all(f.optimal for f in found)
    (3, True)
    """
    listed = _listed(matrices)
    if not listed:
        return []
    first = _named(0, read_matrix, listed[0])
    rows, cols = read_supports(I, J, (first.shape[0], first.shape[1]))
    budget = Budget(seconds)
    found = []
    for i, matrix in enumerate(listed):
        left = budget.left()
        share = None if left is None else left / (len(listed) - i)
        found.append(_named(i, factorize_fixed_support, matrix, rows, cols, seconds=share, **options))
        if progress is not None:
            progress(i + 1, len(listed))
    return found


def _listed(matrices: Any) -> list[Any]:
    """The matrices of a batch; several leading axes are read like one, the last of them fastest."""
    shape = getattr(matrices, "shape", None)
    if shape is not None and len(shape) != 3:
        if len(shape) < 3:
            raise InputError(f"matrices must have at least three dimensions, got shape {tuple(shape)}")
        matrices = matrices.reshape(math.prod(shape[:-2]), *shape[-2:])
    if not isinstance(matrices, Iterable) or isinstance(matrices, (str, bytes, Mapping)):
        raise InputError(f"matrices must be an array or a sequence of matrices, got {type(matrices).__name__}")
    return list(matrices)


def _named(i: int, program: Callable[..., _T], *arguments: Any, **options: Any) -> _T:
    """Call a program; its refusals name the matrix."""
    try:
        return program(*arguments, **options)
    except InputError as error:
        raise InputError(f"matrices[{i}]: {error}") from None


def factorize_butterfly_batch(
    matrices: Any,
    chain: Any = "dyadic",
    order: Any = "left-to-right",
    *,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> list[ButterflyFactorization]:
    """Factorise each matrix of a batch along the same chain.

    Parameters
    ----------
    matrices : array_like, (…, m, n), or sequence of matrices (m, n)
        As for :func:`factorize_butterfly`.
    chain, order, **options
        Those of :func:`factorize_butterfly`, the same for all.
    progress : callable, optional
        Called with (matrices done, matrices in all).

    Returns
    -------
    list of ButterflyFactorization

    Raises
    ------
    InputError
        As :func:`factorize_butterfly`; the message names the matrix.

    Examples
    --------
    >>> import numpy as np
    >>> [f.error for f in factorize_butterfly_batch(np.ones((2, 4, 4)))]
    [0.0, 0.0]
    """
    listed = _listed(matrices)
    found = []
    for i, matrix in enumerate(listed):
        found.append(_named(i, factorize_butterfly, matrix, chain, order, **options))
        if progress is not None:
            progress(i + 1, len(listed))
    return found
