"""What :func:`solvers.factorize_butterfly` returns."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from closedness.errors import InputError
from solvers.arrays import Array, Kind, as_array, device_of, restore
from solvers.distances import split_distances
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator, to_dense, to_sparse
from solvers.orders import accumulated
from solvers.storage import pack, read_factors, register, restored, stored_kind

__all__ = ["ButterflyFactorization", "read_butterfly"]


@dataclass(frozen=True, eq=False)
class ButterflyFactorization:
    """``A ≈ X_1 X_2 … X_L`` with Kronecker-sparse factors, its error, and what is proved about it.

    All errors, distances and bounds are Frobenius norms, absolute, in floating point; infinite where they exceed the
    largest float64. ``relative_error`` is right even then.

    Attributes
    ----------
    factors : list of array, (a_l, b_l, c_l, d_l)
        Values of the factors, first factor first; the layout that ``lazylinop.butterfly.ksm`` takes.
    chain : Chain
    order : tuple of int
        Splits in the order they were made, counted from 1.
    projections : str
        ``"sequential"`` or ``"target"``: where the singular vectors of the splits came from.
    orthonormal : bool
        Whether neighbours were orthonormalised before each split; without it no upper bound is proved.
    error : float
        ``‖A - X_1…X_L‖``. In orders that cut off one factor at a time it is computed from the parts discarded at the
        splits, which are mutually orthogonal; otherwise from the residual itself.
    norm : float
        ``‖A‖``.
    relative_error : float
        ``error / norm``; 0 for the zero matrix.
    outside : float
        Norm of the entries of ``A`` outside the support of the product.
    target : ndarray, (m, n), or None
        The matrix itself, not a copy; read when the bounds are first asked for. None in results that were saved
        without it.
    kind : str
        ``"numpy"``, ``"torch"`` or ``"torch:cuda:0"`` and the like: what the factors, ``dense_factors()`` and
        ``toarray()`` are arrays of, and on which device.
    """

    factors: list[Any]
    chain: Chain
    order: tuple[int, ...]
    projections: str
    orthonormal: bool
    error: float
    norm: float
    relative_error: float
    outside: float
    target: Array | None = field(repr=False)
    kind: Kind = "numpy"
    _steps: tuple[float, ...] | Callable[[], tuple[float, ...]] = field(default=(), repr=False)
    _distances: NDArray[np.float64] | None = field(default=None, init=False, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the product."""
        return self.chain.shape

    @property
    def step_errors(self) -> tuple[float, ...]:
        """Norms of what was discarded at the splits ``1 … L-1``; each is at most ``E_s`` (with orthonormalisation).

        With projections of the target it is what each of them alone discards of the target, ``E_s`` without
        ``outside``; where a run has not found all of these they are measured on the target when first asked for.
        """
        if not isinstance(self._steps, tuple):
            object.__setattr__(self, "_steps", self._steps())
        assert isinstance(self._steps, tuple)
        return self._steps

    def measure_distances(self, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float64]:
        """``E_1 … E_{L-1}``, computed at the first call, with progress as in :func:`solvers.split_distances`."""
        if self._distances is None:
            if self.projections == "target":
                found = np.hypot(np.asarray(self.step_errors, dtype=np.float64), self.outside)
            elif self.target is None:
                raise InputError("the bounds need the target, which was not saved: save with target=True")
            else:
                found = split_distances(self.target, self.chain, progress=progress)
            object.__setattr__(self, "_distances", found)
        assert self._distances is not None
        return self._distances

    @property
    def split_distances(self) -> NDArray[np.float64]:
        """``E_1 … E_{L-1}``: distances of ``A`` to the two-factor sets (one SVD per block; computed on first use)."""
        return self.measure_distances()

    @property
    def lower_bound(self) -> float:
        """``max_s E_s``: no factorisation with this chain has a smaller error."""
        return max((float(e) for e in self.split_distances), default=self.outside)

    @property
    def cheap_lower_bound(self) -> float:
        """A lower bound known from the run itself: the largest part discarded at one split."""
        if not self.orthonormal:
            return self.outside
        return max((math.hypot(e, self.outside) for e in self.step_errors), default=self.outside)

    @property
    def bound(self) -> float:
        """The sharpest proved upper bound of the error in this order, from the distances ``E_s``.

        ``sqrt(Σ E_s²)`` when every split cut off a single factor, and with projections of the target. In other orders
        this can fail (docs/solvers.md, Proposition 2); twice the products of the distances at
        :func:`~solvers.orders.overlapping` splits are added below the root. Infinite without orthonormalisation.
        Entries outside the product's support count once.
        """
        if not self.orthonormal:
            return math.inf
        inside = [_leg(float(e), self.outside) for e in self.split_distances]
        if self.projections == "target":
            return math.hypot(*inside, self.outside)
        return math.hypot(accumulated(self.order, inside), self.outside)

    @property
    def theorem_vii_bound(self) -> float:
        """``(2^{L-1} - 1)·max E_s``: the older guarantee ``error ≤ (2^{L-1} - 1)·(best error)`` made numerical."""
        if not self.orthonormal:
            return math.inf
        return max(float(2 ** (len(self.chain) - 1) - 1), 1.0) * self.lower_bound

    @property
    def guarantee(self) -> float:
        """Proved factor from the best error to ours: ``sqrt(L - 1)``, and more in orders with overlapping splits."""
        if not self.orthonormal:
            return math.inf
        if self.projections == "target":
            return max(math.sqrt(len(self.chain) - 1), 1.0)
        return max(accumulated(self.order, [1.0] * (len(self.chain) - 1)), 1.0)

    @property
    def ratio(self) -> float:
        """``error / lower_bound``: at most this far from the best possible.

        Neither is known better than up to rounding: the lower bound is read as at least ``16·L·eps·norm``, and the
        ratio as at least 1, so it is 1 for members of the class.
        """
        if self.norm == 0.0:
            return 1.0
        if math.isinf(self.error):
            return math.inf
        eps = float(np.finfo(as_array(self.factors[0]).dtype).eps)
        rounding = 16.0 * len(self.chain) * eps * min(self.norm, sys.float_info.max)
        rounding = max(rounding, sys.float_info.min)
        return max(1.0, self.error / max(self.lower_bound, rounding))

    def to_torch(self) -> Any:
        """``x -> X_1 … X_L x`` as a ``torch.nn.Module`` that trains the values inside the patterns.

        Raises
        ------
        BackendError
            If torch cannot be imported.
        """
        from solvers.torch_factors import butterfly_module

        return butterfly_module([as_array(f) for f in self.factors], device_of(self.kind))

    def to_scipy(self) -> ButterflyOperator:
        """The product as a scipy ``LinearOperator``: another name of :meth:`operator`."""
        return self.operator()

    def to_lazylinop(self) -> Any:
        """The product as a ``lazylinop`` operator; BackendError if lazylinop cannot be imported."""
        from solvers.exchange import to_lazylinop

        return to_lazylinop(self)

    def to_pyfaust(self) -> Any:
        """The product as a ``pyfaust.Faust``; BackendError if pyfaust cannot be imported."""
        from solvers.exchange import to_faust

        return to_faust(self)

    def save(self, path: Any, *, target: bool = False) -> None:
        """Write the result to a file (.npz) that :func:`solvers.load` reads.

        Distances that have been computed are kept; ``target=True`` keeps the matrix too, for bounds asked for later.
        """
        pack(path, "butterfly", *self.stored(target))

    def stored(self, target: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """The facts and arrays of which :func:`read_butterfly` makes the result again."""
        facts = {
            "chain": [list(p) for p in self.chain],
            "order": list(self.order),
            "projections": self.projections,
            "orthonormal": self.orthonormal,
            "error": self.error,
            "norm": self.norm,
            "relative_error": self.relative_error,
            "step_errors": list(self.step_errors),
            "outside": self.outside,
            "library": self.kind,
        }
        arrays = {f"factor{i}": f for i, f in enumerate(self.factors)}
        if self._distances is not None:
            arrays["distances"] = self._distances
        if target and self.target is not None:
            arrays["target"] = self.target
        return facts, arrays

    def operator(self) -> ButterflyOperator:
        """The product as a scipy ``LinearOperator``; applied to torch tensors it gives torch tensors.

        Its ``.T`` is the transposed product. In general the reversed chain of transposed patterns is not chainable, so
        the transposed matrix has no factorisation of this kind.
        """
        return ButterflyOperator(self.factors)

    def dense_factors(self) -> list[Any]:
        """The factors as dense matrices, of the library of the target."""
        return [restore(to_dense(as_array(f)), self.kind) for f in self.factors]

    def sparse_factors(self) -> list[csr_matrix]:
        """The factors as ``scipy.sparse.csr_matrix``; ``pyfaust.Faust`` takes the list."""
        return [to_sparse(as_array(f)) for f in self.factors]

    def toarray(self) -> Any:
        """The dense product, ``(m, n)``, of the library of the target."""
        return restore(ButterflyOperator(self.factors).toarray(), self.kind)

    def __str__(self) -> str:
        return (
            f"butterfly factorisation of a {self.shape[0]}x{self.shape[1]} matrix into {len(self.chain)} "
            f"factor{'s' if len(self.chain) > 1 else ''}, "
            f"{self.chain.parameters()} values, error {self.error:.3e} (relative {self.relative_error:.3e})"
        )


def _leg(hypotenuse: float, other: float) -> float:
    """``sqrt(h² - o²)`` without squares that leave the range; 0 where rounding makes ``h`` the smaller one."""
    if not hypotenuse > other:
        return 0.0
    share = other / hypotenuse
    return hypotenuse if math.isinf(hypotenuse) else hypotenuse * math.sqrt((1.0 - share) * (1.0 + share))


@register("butterfly")
def read_butterfly(facts: dict[str, Any], arrays: dict[str, Array]) -> ButterflyFactorization:
    """The result that was stored; raises KeyError, TypeError or ValueError on what is none."""
    chain = Chain(facts["chain"])
    factors = read_factors(arrays, chain)
    found = ButterflyFactorization(
        factors=[restored(f, facts) for f in factors],
        chain=chain,
        order=tuple(facts["order"]),
        _steps=tuple(facts["step_errors"]),
        target=arrays.get("target"),
        kind=stored_kind(facts),
        **{k: facts[k] for k in ("projections", "orthonormal", "error", "norm", "relative_error", "outside")},
    )
    if "distances" in arrays:
        object.__setattr__(found, "_distances", arrays["distances"])
    return found
