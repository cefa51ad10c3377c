"""What :func:`solvers.factorize_fixed_support` returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from closedness import Support
from solvers.arrays import Array, as_array, kind_of
from solvers.storage import pack, register, restored

if TYPE_CHECKING:
    from closedness.verdict import Verdict

__all__ = ["Diagnosis", "FixedSupportFactorization", "Later", "Monitor", "PathPoint"]


class Diagnosis(Enum):
    """What happened in a run."""

    OPTIMAL = "optimal"
    CONVERGED = "converged"
    STALLED = "stalled"
    DIVERGING = "diverging"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Monitor:
    """One reading of an iterative run.

    Attributes
    ----------
    iteration : int
    error : float
        ``‖A - X Yᵀ‖`` (Frobenius, absolute).
    size : float
        ``Σ_k ‖x_k‖·‖y_k‖``: the size of the factors, free of the scaling between ``x_k`` and ``y_k``.
    """

    iteration: int
    error: float
    size: float


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A minimiser of ``‖A - X Yᵀ‖² + ridge·(‖X‖² + ‖Y‖²)``.

    Attributes
    ----------
    ridge : float
    error : float
        ``‖A - X Yᵀ‖`` alone.
    size : float
        ``Σ_k ‖x_k‖·‖y_k‖``.
    """

    ridge: float
    error: float
    size: float


class Later(NamedTuple):
    """In place of ``X``: a function that gives both factors, called when the first of them is asked for."""

    make: Callable[[], tuple[Any, Any]]


@dataclass(frozen=True, eq=False)
class FixedSupportFactorization:
    """``A ≈ X Yᵀ`` with ``supp X ⊆ I`` and ``supp Y ⊆ J`` (plain transpose, complex too).

    Attributes
    ----------
    X : array, (m, r)
    Y : array, (n, r)
        Results of method ``"svd"`` hold the values inside the blocks; X and Y are formed when they are asked for.
    error : float
        ``‖A - X Yᵀ‖``, Frobenius, absolute, floating point.
    relative_error : float
        ``error / ‖A‖``; 0 for the zero matrix.
    optimal : bool
        True only when it is proved that no factors with these supports have a smaller error (up to rounding): by the
        theorem on tractable supports, or because the error is the lower bound.
    method : str
        ``"svd"``, ``"iterative"``, or ``"box"`` for factors with bounded, non-negative or fixed entries.
    diagnosis : Diagnosis
        What happened in the best run; ``DIVERGING`` means that factors grow without bound while the error falls, and
        ``path`` is the evidence; ``OUT_OF_TIME`` that the time limit ended the search.
    condition : str
        Why the theorem applies, or which hidden indices break its condition.
    lower_bound : float
        No factors with these supports have a smaller error (Frobenius, absolute); 0 when nothing better is known.
    norm_bounded : bool
        Whether a ridge or bounds of the entries made the problem well-posed; ``error`` is without the ridge.
    history : tuple of Monitor
        Readings of the best start at geometrically growing iterations; empty for the direct method.
    path : tuple of PathPoint
        Minimisers for smaller and smaller ridges, from the best factors on, when the search did not converge: for a
        bounded minimum the size settles, for a divergence it grows.
    verdict : Verdict or None
        Whether the supports are closed, with a certificate, when :func:`closedness.decide` was asked.
    starts_finished, starts_asked : int
        Starts of the iterative method that were not cut by the time limit, and how many there were to be. Both 0 for
        the direct method.
    I, J : Support
        The supports of X and Y.
    """

    X: Any
    Y: Any
    I: Support = field(repr=False)
    J: Support = field(repr=False)
    error: float
    relative_error: float
    optimal: bool
    method: str
    diagnosis: Diagnosis
    condition: str
    lower_bound: float
    norm_bounded: bool = False
    history: tuple[Monitor, ...] = field(default=(), repr=False)
    path: tuple[PathPoint, ...] = field(default=(), repr=False)
    verdict: Verdict | None = field(default=None, repr=False)
    starts_finished: int = 0
    starts_asked: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.X, Later):
            object.__setattr__(self, "_later", self.X)
            for name in ("X", "Y"):
                object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        """The dense factors, when they are first asked for."""
        later = self.__dict__.get("_later") if name in ("X", "Y") else None
        if later is not None:
            self.__dict__.update(zip("XY", later.make(), strict=True))
            self.__dict__.pop("_later", None)
        if name not in self.__dict__:  # else another thread was faster
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: with the dense factors, not the function that forms them."""
        _ = self.X
        return dict(self.__dict__)

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit ended the search before all starts had ended by themselves."""
        return self.starts_finished < self.starts_asked

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the product."""
        return self.I.shape[0], self.J.shape[0]

    @property
    def T(self) -> FixedSupportFactorization:
        """Factors of the transposed matrix, ``Aᵀ ≈ Y Xᵀ``; the verdict, about other supports, is left out."""
        return replace(self, X=self.Y, Y=self.X, I=self.J, J=self.I, verdict=None)

    def toarray(self) -> Any:
        """The dense product ``X Yᵀ``, of the library of the target."""
        return self.X @ self.Y.T

    def sparse_factors(self) -> tuple[csr_matrix, csr_matrix]:
        """``X`` and ``Yᵀ`` as ``scipy.sparse.csr_matrix``."""
        return csr_matrix(as_array(self.X)), csr_matrix(as_array(self.Y).T)

    def operator(self) -> LinearOperator:
        """The product as a scipy ``LinearOperator`` that applies the sparse factors."""
        left, right = self.sparse_factors()
        return aslinearoperator(left) @ aslinearoperator(right)

    def to_torch(self) -> Any:
        """``x -> X Yᵀ x`` as a ``torch.nn.Module`` of two linear layers; training keeps the supports.

        Raises
        ------
        BackendError
            If torch cannot be imported.
        """
        from solvers.torch_factors import masked_linear_pair

        return masked_linear_pair(self.X, self.Y, self.I.to_dense(), self.J.to_dense())

    def to_scipy(self) -> LinearOperator:
        """The product as a scipy ``LinearOperator``: another name of :meth:`operator`."""
        return self.operator()

    def to_lazylinop(self) -> Any:
        """The product as a ``lazylinop`` operator; BackendError if lazylinop cannot be imported."""
        from solvers.exchange import pair_to_lazylinop

        return pair_to_lazylinop(self.X, self.Y)

    def to_pyfaust(self) -> Any:
        """The product as a ``pyfaust.Faust``; BackendError if pyfaust cannot be imported."""
        from solvers.exchange import pair_to_faust

        return pair_to_faust(self.X, self.Y)

    def save(self, path: Any) -> None:
        """Write the result, without the verdict, to a file (.npz) that :func:`solvers.load` reads."""
        left_out = {"X", "Y", "_later", "I", "J", "verdict", "diagnosis", "history", "path"}
        facts: dict[str, Any] = {k: v for k, v in self.__dict__.items() if k not in left_out}
        facts.update(
            diagnosis=self.diagnosis.value,
            history=[asdict(h) for h in self.history],
            path=[asdict(p) for p in self.path],
            library=kind_of(self.X),
        )
        arrays = {"X": self.X, "Y": self.Y, "I": self.I.to_dense(), "J": self.J.to_dense()}
        pack(path, "fixed supports", facts, arrays)

    def __str__(self) -> str:
        return "\n".join(self.explain())

    def explain(self) -> list[str]:
        """The result in sentences."""
        lines = [f"error {self.error:.6e} (relative {self.relative_error:.3e}), method {self.method}: {self.condition}"]
        if self.optimal:
            lines.append("the error is the smallest possible with these supports")
            return lines
        lines.append(f"no factors with these supports have an error below {self.lower_bound:.6e}")
        if self.diagnosis is Diagnosis.DIVERGING:
            first, last = self.path[-4], self.path[-1]
            lines.append(
                f"the factors diverge while the error falls: with ridges {first.ridge:.0e} -> {last.ridge:.0e} size "
                f"{first.size:.2e} -> {last.size:.2e}, error {first.error:.6e} -> {last.error:.6e}"
            )
        elif self.diagnosis is Diagnosis.OUT_OF_TIME:
            lines.append("the search was ended before it converged")
        else:
            lines.append(f"the search {self.diagnosis.value}; a smaller error is not excluded")
        if self.out_of_time:
            lines.append(
                f"the time limit was reached: {self.starts_finished} of {self.starts_asked} starts ran to their end"
            )
        if self.verdict is not None:
            lines.append(f"these supports are {self.verdict.status.value.replace('_', ' ')}: {self.verdict.reason}")
            if self.verdict.counterexample is not None:
                lines.append("so some targets have no best factors: .verdict.counterexample holds one, with its curve")
        return lines


@register("fixed supports")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> FixedSupportFactorization:
    names = ("error", "relative_error", "optimal", "method", "condition", "lower_bound", "norm_bounded")
    return FixedSupportFactorization(
        X=restored(arrays["X"], facts),
        Y=restored(arrays["Y"], facts),
        I=Support.read(arrays["I"]),
        J=Support.read(arrays["J"]),
        diagnosis=Diagnosis(facts["diagnosis"]),
        history=tuple(Monitor(**h) for h in facts["history"]),
        path=tuple(PathPoint(**p) for p in facts["path"]),
        starts_finished=facts["starts_finished"],
        starts_asked=facts["starts_asked"],
        **{name: facts[name] for name in names},
    )
