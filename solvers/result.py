"""What :func:`solvers.factorize_fixed_support` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from closedness.verdict import Verdict

__all__ = ["Diagnosis", "FixedSupportFactorization", "Monitor"]


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


@dataclass(frozen=True, eq=False)
class FixedSupportFactorization:
    """``A ≈ X Yᵀ`` with ``supp X ⊆ I`` and ``supp Y ⊆ J`` (plain transpose, complex too).

    Attributes
    ----------
    X : array, (m, r)
    Y : array, (n, r)
    error : float
        ``‖A - X Yᵀ‖``, Frobenius, absolute, floating point.
    relative_error : float
        ``error / ‖A‖``; 0 for the zero matrix.
    optimal : bool
        True only when a theorem says that no factors with these supports have a smaller error (up to rounding).
    method : str
        ``"svd"`` or ``"alternating"``.
    diagnosis : Diagnosis
        What happened in the best run; ``DIVERGING`` means that factors grow without bound while the error falls,
        ``OUT_OF_TIME`` that the time limit ended it, and its readings do not show divergence.
    condition : str
        Why the theorem applies, or which hidden indices break its condition.
    lower_bound : float
        No factors with these supports have a smaller error (Frobenius, absolute); 0 when nothing better is known.
    norm_bounded : bool
        Whether a ridge made the problem well-posed; ``error`` is still the plain error, without the ridge.
    history : tuple of Monitor
        Readings of the best start at geometrically growing iterations; empty for the direct method.
    verdict : Verdict or None
        Whether the supports are closed, with a certificate, when :func:`closedness.decide` was asked.
    starts_finished, starts_asked : int
        Runs of the alternating method that ended by themselves, and how many were asked for; fewer finished than
        asked means that the time limit was reached. Both 0 for the direct method.
    """

    X: Any
    Y: Any
    error: float
    relative_error: float
    optimal: bool
    method: str
    diagnosis: Diagnosis
    condition: str
    lower_bound: float
    norm_bounded: bool = False
    history: tuple[Monitor, ...] = field(default=(), repr=False)
    verdict: Verdict | None = field(default=None, repr=False)
    starts_finished: int = 0
    starts_asked: int = 0

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit ended the search before all starts had ended by themselves."""
        return self.starts_finished < self.starts_asked

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
            first, last = self.history[0], self.history[-1]
            lines.append(
                f"the factors diverge while the error falls: size {first.size:.2e} -> {last.size:.2e}, error "
                f"{first.error:.2e} -> {last.error:.2e} in {last.iteration} iterations"
            )
        elif self.diagnosis is Diagnosis.OUT_OF_TIME:
            lines.append(f"the search was ended after {self.history[-1].iteration} iterations, before it converged")
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
