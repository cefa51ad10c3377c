"""Case: a support with its stated verdict, and what became of the statement when it was put to the test."""

from __future__ import annotations

from dataclasses import dataclass, replace

from closedness import ClosednessError, Status, SupportProduct, check, decide

__all__ = ["Case", "Outcome", "UnknownCaseError"]


class UnknownCaseError(ClosednessError, KeyError):
    """There is no case of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Case:
    """A named support with a stated verdict.

    Attributes
    ----------
    name : str
        Unique; lower case, digits and hyphens.
    group : str
        The family or chapter it belongs to.
    title : str
        One line for people.
    product : SupportProduct
        The support.
    status : Status
        The stated verdict, over the reals.
    why : str
        The reason, in one sentence.
    sources : tuple of str
        Keys of ``cases/references.bib``; empty for what this project found by itself.
    over_complex : Status or None
        The stated verdict over the complex numbers, where it is another one.

    Examples
    --------
    >>> from cases import load
    >>> load("lu-3").status
    <Status.NOT_CLOSED: 'not_closed'>
    """

    name: str
    group: str
    title: str
    product: SupportProduct
    status: Status
    why: str
    sources: tuple[str, ...] = ()
    over_complex: Status | None = None

    def verify(self, seconds: float | None = 60.0) -> Outcome:
        """Decide the case and check the certificate.

        If the verdict is another one over the complex numbers, both are decided and checked.

        Parameters
        ----------
        seconds : float or None
            Time limit of the decision.

        Examples
        --------
        >>> from cases import load
        >>> load("lu-2").verify().passed
        True
        """
        real = self._verify("real", seconds)
        if self.over_complex is None or not real.passed:
            return real
        other = self._verify("complex", seconds)
        return replace(real, seconds=real.seconds + other.seconds) if other.passed else other

    def _verify(self, field: str, seconds: float | None) -> Outcome:
        verdict = decide(self.product, field=field, seconds=seconds)
        if verdict.certificate is None:
            return Outcome(self, verdict.status, False, (), verdict.seconds, verdict.reason, field)
        report = check(verdict.certificate)
        agrees = report.claim == verdict.status.value and verdict.certificate.product == self.product
        reason = verdict.reason if report.verified else report.reason
        return Outcome(self, verdict.status, report.verified and agrees, report.trusted, verdict.seconds, reason, field)


@dataclass(frozen=True)
class Outcome:
    """What `Case.verify` found.

    Attributes
    ----------
    case : Case
    status : Status
        The verdict of `closedness.decide`.
    verified : bool
        The certificate was verified and is about this support and this verdict.
    trusted : tuple of str
        Solvers whose bare word the certificate takes; a case passes only without any.
    seconds : float
        Time of the decision.
    reason : str
        The verdict's reason, or why the certificate was rejected.
    field : {"real", "complex"}
        The numbers allowed.
    """

    case: Case
    status: Status
    verified: bool
    trusted: tuple[str, ...]
    seconds: float
    reason: str
    field: str = "real"

    @property
    def stated(self) -> Status:
        """The stated verdict over the field."""
        other = self.case.over_complex if self.field == "complex" else None
        return self.case.status if other is None else other

    @property
    def passed(self) -> bool:
        """The stated verdict was found, with a complete proof."""
        return self.status is self.stated and self.verified and not self.trusted
