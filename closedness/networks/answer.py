"""What is said about the training of a network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from closedness.networks.curve_data import CurveData
    from closedness.networks.data import DataCounterexample
    from closedness.verdict import Verdict

__all__ = ["Assessment", "Optimum"]


class Optimum(Enum):
    """Whether training attains the infimum of the squared loss, on every data set or on one that is given."""

    ALWAYS = "always"
    NOT_ALWAYS = "not_always"
    ATTAINED = "attained"
    NOT_ATTAINED = "not_attained"
    NOT_KNOWN = "not_known"

    def __bool__(self) -> NoReturn:
        raise TypeError("an Optimum has no truth value; compare it with Optimum.ALWAYS")


@dataclass(frozen=True)
class Assessment:
    """What is known about the existence of optimal weights.

    Attributes
    ----------
    optimum : Optimum
        For every finite data set: ``ALWAYS`` there is an optimum, ``NOT_ALWAYS`` (some data set has
        none), or ``NOT_KNOWN``. For a given data set: ``ATTAINED``, ``NOT_ATTAINED`` or ``NOT_KNOWN``.
    full_rank : Optimum or None
        Linear networks only: the same for data whose inputs span the input space.
    theorem : str
        The statement of ``docs/rules`` that was used, empty when nothing is known.
    reason : str
        One sentence.
    verdict : Verdict or None
        Closedness of the set of matrices of the linear network; None when it was not needed.
    data : DataCounterexample, LineData, GivenData or None
        A data set without an optimum, with parameters along which the loss tends to zero. Deep or wide networks may
        have only data sets that are too large to be written down.
    certificate : dict or None
        For networks that are not linear: a certificate for `closedness.check`, whose claim is ``"closed"`` if the
        outputs on every finite data set form a closed set. Beside it, that of `verdict`.
    advice : str
        For networks that are not linear: what to change so that an optimum exists for all data; empty if nothing.
    known : tuple of str
        Of a data set for which the answer is not known, what is: one sentence each.
    """

    optimum: Optimum
    full_rank: Optimum | None
    theorem: str
    reason: str
    verdict: Verdict | None = None
    data: DataCounterexample | CurveData | None = None
    certificate: dict[str, Any] | None = None
    advice: str = ""
    known: tuple[str, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("an Assessment has no truth value; compare .optimum with Optimum.ALWAYS")

    def __str__(self) -> str:
        words = {
            Optimum.ALWAYS: "training has an optimum for every data set",
            Optimum.NOT_ALWAYS: "training has no optimum for some data set",
            Optimum.ATTAINED: "training has an optimum on these data",
            Optimum.NOT_ATTAINED: "training has no optimum on these data",
            Optimum.NOT_KNOWN: "it is not known whether training has an optimum",
        }
        by = f" [{self.theorem}]" if self.theorem else ""
        more = "".join(f"; {each}" for each in self.known)
        return f"{words[self.optimum]}: {self.reason}{by}{more}"
