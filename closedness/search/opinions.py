"""Second opinions: engines are asked about a verdict that has a certificate; a contradiction is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.errors import BackendError, BudgetExceeded
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.engines import Answer, Backend
    from closedness.verdict import Verdict

__all__ = ["second_opinions"]

LONGEST = 60.0


def second_opinions(
    verdict: Verdict, engines: Sequence[Backend], seconds: float | None, memory_mb: int | None = 2048
) -> tuple[str, ...]:
    """What engines say about a verdict: whether its target is a product, or whether the textbook sentence is true.

    Parameters
    ----------
    verdict : Verdict
        Closed or not closed.
    engines : sequence of Backend
    seconds : float, optional
        Limit for all of them together; a minute for each without a limit.
    memory_mb : int, optional
        Limit on the memory of each engine's process.

    Returns
    -------
    tuple of str
        One line for each engine.

    Raises
    ------
    BackendError
        If an engine contradicts the verdict, unless it warns that its answer is no proof; the message names both.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> from closedness.engines import Z3
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> second_opinions(verdict, [Z3()], 20)
    ('z3 5.4.1.0 agrees: the target is no product',)
    """
    budget = Budget(seconds)
    lines = []
    for place, engine in enumerate(engines):
        limit = LONGEST
        if seconds is not None:
            limit = min(limit, (budget.left() or 0.0) / (len(engines) - place))
        try:
            answer, meaning = _ask(verdict, engine, limit, memory_mb)
        except BudgetExceeded as error:
            lines.append(f"{engine.name} was not asked: {error}")
            continue
        if answer.status == "unknown":
            lines.append(f"{answer.name} does not know: {answer.detail or 'no reason given'}")
        elif answer.status == "unsat":
            reservation = "" if answer.reliable else f" ({answer.detail})"
            lines.append(f"{answer.name} agrees: {meaning['unsat']}{reservation}")
        elif answer.reliable:
            raise BackendError(
                f"disagreement: the exact rules say {verdict.status.words} ({verdict.reason}), "
                f"{answer.name} says that {meaning['sat']}{' (verified exactly)' if answer.verified else ''}"
            )
        else:
            lines.append(f"{answer.name} says without proof that {meaning['sat']}")
    return tuple(lines)


def _ask(
    verdict: Verdict, engine: Backend, seconds: float, memory_mb: int | None
) -> tuple[Answer, dict[str, str]]:
    from closedness.engines import closedness_sentence, is_product

    if verdict.status is Status.NOT_CLOSED:
        assert verdict.counterexample is not None
        target = verdict.counterexample.target
        answer = is_product(
            verdict.product, target, seconds, memory_mb, field=verdict.field, backend=engine
        )
        return answer, {"unsat": "the target is no product", "sat": "the target is a product"}
    answer = closedness_sentence(verdict.product, seconds, memory_mb, field=verdict.field, backend=engine)
    return answer, {"unsat": "the set is closed", "sat": "the set is not closed"}
