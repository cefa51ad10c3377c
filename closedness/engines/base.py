"""The interface of an engine: a question in, an answer out, whatever happens inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib import metadata
from typing import Any, Literal

from closedness.budget import Budget
from closedness.engines.sentences.logic import Query
from closedness.errors import BackendError

__all__ = [
    "Algebraic",
    "Answer",
    "Backend",
    "Capabilities",
    "Matrix",
    "Value",
    "installed_version",
]


@dataclass(frozen=True, slots=True)
class Algebraic:
    """A real algebraic number that is not known to be rational.

    Parameters
    ----------
    polynomial : tuple of int
        Integer coefficients, constant term first, of a polynomial with this root.
    interval : tuple of two Fractions
        Lower and upper end of an interval that contains this root and no other.
    """

    polynomial: tuple[int, ...]
    interval: tuple[Fraction, Fraction]

    @property
    def approximation(self) -> Fraction:
        """The middle of the interval."""
        return (self.interval[0] + self.interval[1]) / 2

    def __float__(self) -> float:
        return float(self.approximation)

    def __str__(self) -> str:
        return f"{float(self):.6g}…"


Value = Fraction | Algebraic
Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    Parameters
    ----------
    existential : bool
        Answers questions without further quantifiers.
    quantified : bool
        Answers questions with quantifiers below the free variables.
    model : bool
        Gives values of the free variables with "sat".
    proof : bool
        Is able to give refutations that can be verified without it.
    complex : bool
        Takes questions whose variables range over the complex numbers.
    """

    existential: bool
    quantified: bool
    model: bool
    proof: bool = False
    complex: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said.

    Attributes
    ----------
    status : {"sat", "unsat", "unknown"}
    model : dict of name to Fraction or Algebraic, or None
        Values of the free variables of the case that was satisfied.
    detail : str
        Why there is no answer, or a reservation about it; empty when there is nothing to say.
    seconds : float
        Wall time, starting the engine included.
    engine, version : str
        Who answered.
    factors : tuple of matrices of Fractions, or None
        Membership only: exact factors of the target, verified by multiplication.
    reliable : bool
        False when the engine itself warns that its answer is no proof.
    verified : bool
        The model was verified by exact substitution into the whole question, so that "sat" need not be believed; or,
        membership only, there is a refutation, so that "unsat" need not be believed.
    refutation : dict or None
        Membership only: the table of rule ``refutation``, as in certificates.
    """

    status: Literal["sat", "unsat", "unknown"]
    model: Mapping[str, Value] | None = None
    detail: str = ""
    seconds: float = 0.0
    engine: str = ""
    version: str = ""
    factors: tuple[Matrix, ...] | None = None
    reliable: bool = True
    verified: bool = False
    refutation: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Engine and version, as they are named under "trusted"."""
        return f"{self.engine} {self.version}".strip()


class Backend(ABC):
    """An engine of real algebra.

    Attributes
    ----------
    name : str
    capabilities : Capabilities
    """

    name: str = ""
    capabilities: Capabilities = Capabilities(existential=True, quantified=False, model=False)

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the engine; empty when it is not there."""

    @property
    def available(self) -> bool:
        """Whether the engine is installed."""
        return bool(self.version)

    @abstractmethod
    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        """Put the question; may raise BackendError."""

    def solve(self, query: Query, seconds: float | None = 60.0, memory_mb: int | None = 2048) -> Answer:
        """Answer a question within limits that hold.

        Parameters
        ----------
        query : Query
        seconds : float, optional
            Limit on wall time, after which the engine's process is killed.
        memory_mb : int, optional
            Limit on the memory of the engine's process, in megabytes.

        Returns
        -------
        Answer
            "unknown", with the reason in its `detail`, when the engine is missing, is not able to treat such a
            question, runs out of a limit, crashes, or writes something that cannot be understood.
        """
        budget = Budget(seconds)
        if not query.cases:
            return Answer("unsat", detail="contradictory without any computation", engine=self.name)
        if not self.available:
            return Answer("unknown", detail=f"{self.name} is not installed", engine=self.name)
        if query.quantified and not self.capabilities.quantified:
            return Answer("unknown", detail=f"{self.name} takes no quantifiers", engine=self.name, version=self.version)
        if query.numbers == "complex" and not self.capabilities.complex:
            said = f"{self.name} takes real variables only"
            return Answer("unknown", detail=said, engine=self.name, version=self.version)
        if seconds is not None and seconds <= 0:
            return Answer("unknown", detail="no time left", engine=self.name, version=self.version)
        try:
            answer = self._ask(query, seconds, memory_mb)
        except BackendError as error:
            answer = Answer("unknown", detail=str(error))
        return replace(answer, seconds=budget.elapsed(), engine=self.name, version=self.version)


@cache
def installed_version(distribution: str) -> str:
    """Version of an installed distribution, or the empty string."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
