"""Dense, sparse and matrix-free forms of Kronecker-sparse factors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator

from closedness.errors import InputError
from solvers.arrays import Array, Kind, as_array, from_torch, is_positive_int, kind_of, restore
from solvers.fusing import fusible, plan
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.matrices import to_dense, to_sparse
from solvers.splits import fuse_all
from solvers.storage import pack, register

__all__ = ["to_dense", "to_sparse", "apply_factor", "ButterflyOperator"]

_LINE = 64
_LARGE_PAGE = 1 << 21
_COLUMNS_OF_A_WORKER = 8  # fewer are not worth a thread


def apply_factor(values: Array, x: Array) -> Array:
    """``M @ x`` for a factor with values ``(a, b, c, d)`` and ``x`` of shape ``(acd, k)``.

    Examples
    --------
    >>> apply_factor(np.ones((1, 2, 2, 1)), np.array([[1.0], [2.0]])).tolist()
    [[3.0], [3.0]]
    """
    return np.asarray(ButterflyOperator([values]).matmat(x))


class ButterflyOperator(LinearOperator):  # type: ignore[misc]  # scipy has no types
    """Product of Kronecker-sparse factors as a scipy ``LinearOperator`` with fast ``matvec`` and ``matmat``.

    Parameters
    ----------
    factors : sequence of ndarray, (a_l, b_l, c_l, d_l)
        Values of the factors as multiplied; sizes of neighbours must match, chainability is not needed.

    Raises
    ------
    InputError
        A factor is not a four-dimensional array of numbers, or sizes differ.

    Examples
    --------
    >>> h = np.array([[1.0, 1.0], [1.0, -1.0]]).reshape(1, 2, 2, 1)
    >>> op = ButterflyOperator([np.repeat(h, 2, 3), np.repeat(h, 2, 0)])   # the Hadamard matrix of order 4
    >>> op.matvec(np.array([1.0, 0.0, 0.0, 0.0])).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, factors: Sequence[Any]) -> None:
        if not isinstance(factors, Iterable):
            raise InputError(f"factors must be a sequence of arrays (a, b, c, d), got {type(factors).__name__}")
        arrays = [as_array(f, f"factors[{i}]") for i, f in enumerate(factors)]
        for i, f in enumerate(arrays):
            if f.ndim != 4:
                raise InputError(f"factors[{i}] must be a four-dimensional array (a, b, c, d), got shape {f.shape}")
            if f.dtype.kind not in "biufc":
                raise InputError(f"factors[{i}] must hold numbers of fixed size, got dtype {f.dtype}")
        self.chain = Chain([f.shape for f in arrays])
        self.factors = arrays
        self._fusible = len(arrays) > 1 and fusible(arrays)
        self._kernels: dict[int, list[_Kernel]] = {}
        super().__init__(dtype=np.result_type(*arrays), shape=self.chain.shape)

    def _kernels_for(self, width: int) -> list[_Kernel]:
        """Kernels for this many vectors, last factor first, made when first needed."""
        group = 1 if width == 1 else 16 if width < 64 else 128
        if group not in self._kernels:
            pieces = plan(self.chain.patterns, group, self.dtype.itemsize, self._fusible)
            values = [fuse_all(self.factors[p.start : p.stop]) for p in pieces]
            if not self.chain.chainable:  # a transposed product: its neighbours fit where they are transposed back
                factors = _turned(self.factors)
                patterns = [KroneckerPattern(*f.shape) for f in factors]
                others = plan(patterns, group, self.dtype.itemsize, self._fusible)
                if len(others) < len(pieces):
                    values, pieces = _turned([fuse_all(factors[p.start : p.stop]) for p in others]), others[::-1]
            laid = _together([v for v, p in zip(values, pieces, strict=True) if not p.sparse])
            found = [_Kernel(v, None if p.sparse else laid.pop(0)) for v, p in zip(values, pieces, strict=True)]
            self._kernels[group] = found[::-1]
        return self._kernels[group]

    def _matmat(self, X: Array, out: Array | None = None) -> Array:
        x = np.asarray(X)
        kernels = self._kernels_for(x.shape[1])
        if x.shape[1] == 1:
            v = x.reshape(-1)
            for kernel in kernels:
                v = kernel.to_vector(v)
            if out is None:
                return v.reshape(-1, 1)
            out[:, 0] = v
            return out
        for kernel in kernels[:-1]:
            x = kernel.apply(x)
        return kernels[-1].apply(x, out)

    def _matvec(self, x: Array) -> Array:
        return self._matmat(np.asarray(x).reshape(-1, 1))

    def apply(self, x: Any, out: Any = None, workers: int = 1) -> Any:
        """The product times a vector ``(n,)`` or a matrix ``(n, k)``, into memory that exists, by several threads.

        Parameters
        ----------
        x : array_like, (n,) or (n, k)
        out : ndarray, (m,) or (m, k), optional
            Receives the result; of its dtype, in one piece of memory, and not overlapping ``x``.
        workers : int
            Threads; each takes a part of the columns.

        Returns
        -------
        array, (m,) or (m, k)
            ``out`` where that was given.

        Raises
        ------
        InputError
            Sizes that do not match, an ``out`` that cannot take the result, or a number of threads below 1.

        Examples
        --------
        >>> op, y = ButterflyOperator([np.ones((1, 2, 2, 1))]), np.empty(2)
        >>> op.apply(np.array([1.0, 2.0]), out=y) is y, y.tolist()
        (True, [3.0, 3.0])
        """
        kind = kind_of(x)
        plain = np.asarray(_plain(x, kind))
        if plain.ndim not in (1, 2) or plain.shape[0] != self.shape[1]:
            raise InputError(f"x must have {self.shape[1]} rows, got shape {plain.shape}")
        if not is_positive_int(workers):
            raise InputError(f"workers must be a positive integer, got {workers!r}")
        shape, dtype = (self.shape[0], *plain.shape[1:]), np.result_type(self.dtype, plain)
        if out is not None and (
            not isinstance(out, np.ndarray)
            or out.shape != shape
            or out.dtype != dtype
            or not out.flags.c_contiguous
            or not out.flags.writeable
            or np.may_share_memory(out, plain)
        ):
            raise InputError(
                f"out must be a writeable array of shape {shape} and dtype {dtype}, in one piece, apart from x"
            )
        columns = plain.reshape(plain.shape[0], -1)
        workers = min(workers, columns.shape[1] // _COLUMNS_OF_A_WORKER)
        if workers > 1:
            goal = np.empty(shape, dtype) if out is None else out
            self._by_threads(columns, goal, workers)
        else:
            goal = self._matmat(columns, None if out is None else out.reshape(shape[0], -1)).reshape(shape)
        return out if out is not None else restore(goal, kind)

    def _by_threads(self, columns: Array, goal: Array, workers: int) -> None:
        """Fill ``goal``, a part of the columns each."""
        count = columns.shape[1]
        cuts = [count * i // workers for i in range(workers + 1)]
        self._kernels_for(cuts[1])  # before the threads could all make them

        def part(i: int) -> None:
            goal[:, cuts[i] : cuts[i + 1]] = self._matmat(np.ascontiguousarray(columns[:, cuts[i] : cuts[i + 1]]))

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(part, range(workers)))

    def _adjoint(self) -> ButterflyOperator:
        return ButterflyOperator([np.conj(f).swapaxes(1, 2) for f in reversed(self.factors)])

    def _transpose(self) -> ButterflyOperator:
        return ButterflyOperator(_turned(self.factors))

    def _is_plain(self, x: Any) -> bool:
        """Whether scipy's checks, which take longer than small products, may be passed over."""
        return type(x) is np.ndarray and x.ndim in (1, 2) and x.shape[0] == self.shape[1] and x.dtype.kind in "fc"

    def __matmul__(self, other: Any) -> Any:
        return self.dot(other) if self._is_plain(other) else super().__matmul__(other)

    def matvec(self, x: Any) -> Any:
        """The product times a vector ``(n,)`` or ``(n, 1)``; a torch tensor gives a torch tensor."""
        if self._is_plain(x) and x.ndim == 1:
            return self._matmat(x[:, None]).reshape(-1)
        kind = kind_of(x)
        return restore(super().matvec(_plain(x, kind)), kind)

    def matmat(self, X: Any) -> Any:
        """The product times a matrix ``(n, k)``; a torch tensor gives a torch tensor."""
        kind = kind_of(X)
        return restore(super().matmat(_plain(X, kind)), kind)

    def rmatvec(self, x: Any) -> Any:
        """The adjoint times a vector; a torch tensor gives a torch tensor."""
        kind = kind_of(x)
        return restore(super().rmatvec(_plain(x, kind)), kind)

    def rmatmat(self, X: Any) -> Any:
        """The adjoint times a matrix; a torch tensor gives a torch tensor."""
        kind = kind_of(X)
        return restore(super().rmatmat(_plain(X, kind)), kind)

    def dot(self, x: Any) -> Any:
        """What ``@`` gives: of a torch tensor a torch tensor."""
        if self._is_plain(x):
            return self._matmat(x[:, None]).reshape(-1) if x.ndim == 1 else self._matmat(x)
        kind = kind_of(x)
        return restore(super().dot(_plain(x, kind)), kind)

    def sparse_factors(self) -> list[csr_matrix]:
        """The factors as ``scipy.sparse.csr_matrix``."""
        return [to_sparse(f) for f in self.factors]

    def to_torch(self) -> Any:
        """The product as a ``torch.nn.Module`` that trains; BackendError if torch cannot be imported."""
        from solvers.torch_factors import butterfly_module

        return butterfly_module(self.factors)

    def to_lazylinop(self) -> Any:
        """The product as a ``lazylinop`` operator; BackendError if lazylinop cannot be imported."""
        from solvers.exchange import to_lazylinop

        return to_lazylinop(self)

    def to_pyfaust(self) -> Any:
        """The product as a ``pyfaust.Faust``; BackendError if pyfaust cannot be imported."""
        from solvers.exchange import to_faust

        return to_faust(self)

    def save(self, path: Any) -> None:
        """Write the factors to a file (.npz) that :func:`solvers.load` reads."""
        pack(path, "factors", {"count": len(self.factors)}, {f"factor{i}": f for i, f in enumerate(self.factors)})

    def toarray(self) -> Array:
        """The dense product, ``(m, n)``."""
        if self.chain.chainable:
            return to_dense(fuse_all(self.factors))
        return self._matmat(np.eye(self.shape[1], dtype=self.dtype))


def _turned(factors: list[Array]) -> list[Array]:
    """The factors of the transposed product."""
    return [f.swapaxes(1, 2) for f in reversed(factors)]


def _plain(x: Any, kind: Kind) -> Any:
    """A tensor as the array that scipy's checks understand; everything else as it is."""
    return x if kind == "numpy" else from_torch(x, "x")


def _together(factors: list[Array]) -> list[Array]:
    """The blocks ``(a, d; b, c)`` of each factor, all in one piece of memory that starts at a large page.

    Applying large factors to one vector is bound by reading them; a few large pages are read faster than many.
    """
    bytes_ = sum(f.nbytes + -f.nbytes % _LINE for f in factors)
    memory = np.empty(bytes_ + (_LARGE_PAGE if bytes_ >= 2 * _LARGE_PAGE else _LINE), np.uint8)
    start = -memory.ctypes.data % (_LARGE_PAGE if bytes_ >= 2 * _LARGE_PAGE else _LINE)
    found = []
    for f in factors:
        a, b, c, d = f.shape
        blocks = memory[start : start + f.nbytes].view(f.dtype).reshape(a, d, b, c)
        blocks[...] = f.transpose(0, 3, 1, 2)
        found.append(blocks)
        start += f.nbytes + -f.nbytes % _LINE
    return found


class _Kernel:
    """One piece of the chain: its csr matrix, or its blocks laid out for the matrix products."""

    def __init__(self, values: Array, blocks: Array | None) -> None:
        self.shape = values.shape
        self.sparse = to_sparse(values) if blocks is None else None
        self.values = np.ascontiguousarray(values)
        self.blocks = blocks

    def apply(self, x: Array, out: Array | None = None) -> Array:
        a, b, c, d = self.shape
        k = x.shape[1]
        assert self.blocks is not None  # matrices are never applied by csr matrices: see solvers.fusing
        goal = np.empty((a, b, d, k), np.result_type(self.values, x)) if out is None else out.reshape(a, b, d, k)
        pieces = x.reshape(a, c, d, k).swapaxes(1, 2)
        if d > 1 and b * c >= 1024:  # large blocks read their piece often: rows far apart would cost more than a copy
            pieces = np.ascontiguousarray(pieces)
        np.matmul(self.blocks, pieces, out=goal.swapaxes(1, 2))
        return goal.reshape(a * b * d, k) if out is None else out

    def to_vector(self, x: Array) -> Array:
        if self.blocks is None:
            return np.asarray(self.sparse @ x)
        a, b, c, d = self.shape
        if d == 1 and b * c >= 256:
            return np.asarray(np.matmul(self.blocks[:, 0], x.reshape(a, c, 1))).reshape(-1)
        vector = x.reshape(a, c, d)
        if b * c >= 256:
            pieces = np.ascontiguousarray(vector.swapaxes(1, 2))[..., None]  # one small matrix times a vector each
            return np.asarray(np.matmul(self.blocks, pieces)[..., 0].swapaxes(1, 2)).reshape(-1)
        return np.asarray(np.einsum("ijkl,ikl->ijl", self.values, vector)).reshape(-1)


@register("factors")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> ButterflyOperator:
    return ButterflyOperator([arrays[f"factor{i}"] for i in range(facts["count"])])
