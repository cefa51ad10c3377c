"""Several engines as one: each is asked, and a contradiction between reliable answers is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.engines.base import Answer, Backend, Capabilities
from closedness.errors import BackendError

if TYPE_CHECKING:
    from closedness.engines.sentences.logic import Query

__all__ = ["Panel", "agreed", "ask_all"]


class Panel(Backend):
    """Engines that are asked one after the other, each with its share of the time that is left.

    Parameters
    ----------
    members : sequence of Backend

    Examples
    --------
    >>> from closedness.engines import Z3
    >>> Panel([Z3()]).available
    True
    """

    name = "all"

    def __init__(self, members: Sequence[Backend]) -> None:
        self.members = tuple(members)
        able = [member.capabilities for member in self.members]
        self.capabilities = Capabilities(
            existential=any(each.existential for each in able),
            quantified=any(each.quantified for each in able),
            model=any(each.model for each in able),
            proof=any(each.proof for each in able),
        )

    @property
    def version(self) -> str:
        """Names and versions of the members that are there."""
        return ", ".join(f"{each.name} {each.version}" for each in self.members if each.available)

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        raise NotImplementedError  # `solve` asks the members

    def solve(self, query: Query, seconds: float | None = 60.0, memory_mb: int | None = 2048) -> Answer:
        """The agreed answer, in the name of the first member that gave it.

        Raises
        ------
        BackendError
            If two reliable answers contradict each other; the message names both.
        """
        return agreed(query, ask_all(query, self.members, seconds, memory_mb, share=True))


def agreed(query: Query, answers: Sequence[Answer]) -> Answer:
    """One answer for several: a reliable one with a model if possible, else one that says why there is none.

    Raises
    ------
    BackendError
        If two reliable answers contradict each other; the message names both.
    """
    decided = [answer for answer in answers if answer.status != "unknown" and answer.reliable]
    for other in decided[1:]:
        if other.status != decided[0].status:
            raise BackendError(
                f"engines disagree on whether {query.purpose}: {decided[0].name} says {decided[0].status}, "
                f"{other.name} says {other.status}"
            )
    if decided:
        return next((answer for answer in decided if answer.model is not None), decided[0])
    details = "; ".join(f"{each.name}: {each.detail or each.status}" for each in answers)
    return Answer("unknown", detail=details or "no engine was asked", engine="all")


def ask_all(
    query: Query,
    backends: Sequence[Backend],
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    *,
    share: bool = False,
) -> list[Answer]:
    """Put one question to several engines, one after the other.

    Parameters
    ----------
    query : Query
    backends : sequence of Backend
    seconds : float, optional
        Limit for each engine, or for all of them together.
    memory_mb : int, optional
        Limit on the memory of each engine's process.
    share : bool
        Whether the limit is for all of them together: each gets its share of what is left.

    Raises
    ------
    BackendError
        If two reliable answers contradict each other; the message names both.
    """
    budget = Budget(seconds)
    answers: list[Answer] = []
    for place, backend in enumerate(backends):
        limit = seconds
        if share and seconds is not None:
            limit = (budget.left() or 0.0) / (len(backends) - place)
        answers.append(backend.solve(query, limit, memory_mb))
    agreed(query, answers)
    return answers
