"""Case: a support with its stated verdict, and what became of the statement when it was put to the test."""

from __future__ import annotations

from dataclasses import dataclass

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

    def verify(self, seconds: float | None = 60.0) -> Outcome:
        """Decide the case and check the certificate.

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
        verdict = decide(self.product, seconds=seconds)
        if verdict.certificate is None:
            return Outcome(self, verdict.status, False, (), verdict.seconds, verdict.reason)
        report = check(verdict.certificate)
        agrees = report.claim == verdict.status.value and verdict.certificate.product == self.product
        reason = verdict.reason if report.verified else report.reason
        return Outcome(self, verdict.status, report.verified and agrees, report.trusted, verdict.seconds, reason)


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
    """

    case: Case
    status: Status
    verified: bool
    trusted: tuple[str, ...]
    seconds: float
    reason: str

    @property
    def passed(self) -> bool:
        """The stated verdict was found, with a complete proof."""
        return self.status is self.case.status and self.verified and not self.trusted
