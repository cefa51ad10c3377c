"""Decide whether the set of products with prescribed supports is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from closedness.budget import Budget
from closedness.errors import InputError
from closedness.verdict import Counterexample, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from closedness.engines import Backend
    from closedness.rules.rule import Finding
    from closedness.search.question import Question
    from closedness.supports.product import SupportProduct

__all__ = ["answers", "decide"]

# share of the time after which the engines are asked, when the exact rules have not come to an end by themselves
EXACT = 0.75


# who answers questions of other kinds, those with constraints on the factors
_ANSWERS: dict[type, Callable[[Any, float | None], Any]] = {}


def answers(*kinds: type) -> Callable[[Callable[[Any, float | None], Any]], Callable[[Any, float | None], Any]]:
    """Let `decide` hand questions of these types on, with the time limit; a decorator.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> from closedness.constrained import NonNegative
    >>> decide(NonNegative(SupportProduct.from_text("10/11 * 11/01"))).theorem
    'nonnegative'
    """

    def register(answer: Callable[[Any, float | None], Any]) -> Callable[[Any, float | None], Any]:
        _ANSWERS.update(dict.fromkeys(kinds, answer))
        return answer

    return register


@overload
def decide(
    product: SupportProduct,
    field: str = "real",
    seconds: float | None = 60.0,
    *,
    memory_mb: int | None = 2048,
    last_resort: bool = True,
    backend: str = "z3",
) -> Verdict: ...


@overload
def decide(product: Any, field: str = "real", seconds: float | None = 60.0) -> Any: ...


def decide(
    product: Any,
    field: str = "real",
    seconds: float | None = 60.0,
    *,
    memory_mb: int | None = 2048,
    last_resort: bool = True,
    backend: str = "z3",
) -> Any:
    """Decide closedness of ``{W_1 ⋯ W_N : supp W_l ⊆ S_l}``, with a certificate.

    Parameters
    ----------
    product : SupportProduct
        The supports. Or a question with constraints on the factors, of `closedness.constrained`: the answer is then
        that of `closedness.constrained.decide_constrained`.
    field : {"real", "complex"}
        The numbers allowed as entries. The exact rules hold over both.
    seconds : float or None
        Wall-clock limit; None means no limit.
    memory_mb : int or None
        Memory limit of external engines, in MiB.
    last_resort : bool
        Ask the real-algebra backend when all exact rules fail: first for zeros of the polynomials
        that vanish on the set (rule ``ideal``), then for the textbook sentence. A verdict that
        rests on its word names it when the certificate is checked.
    backend : {"z3", "cvc5", "qepcad", "singular", "all"}
        The engine to ask then. With "all" every engine that is installed is asked, also for a second
        opinion on what the exact rules decide. Singular also looks for refutations that the exact rules
        miss; they are verified without it.

    Returns
    -------
    Verdict
        ``CLOSED`` and ``NOT_CLOSED`` come with a certificate, ``NOT_CLOSED`` also with a
        counterexample; ``UNDECIDED`` says what was tried. An interrupt (Ctrl-C) gives
        ``UNDECIDED``, too.

    Raises
    ------
    InputError
        For an unknown field, a negative time limit, an unknown backend or one that is not installed.
    BackendError
        With ``backend="all"``, if reliable answers contradict each other; the message names both.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> lower = [[1, 0], [1, 1]]
    >>> verdict = decide(SupportProduct.from_pair(lower, lower))
    >>> verdict.status
    <Status.NOT_CLOSED: 'not_closed'>
    >>> verdict.counterexample.target
    ((Fraction(0, 1), Fraction(1, 1)), (Fraction(1, 1), Fraction(0, 1)))
    """
    from closedness.search.question import Question
    from closedness.supports.product import SupportProduct

    other = _ANSWERS.get(type(product))
    if other is not None:
        if field != "real":
            raise InputError(f"field is {field!r}: factors with constraints are real")
        return other(product, seconds)
    if not isinstance(product, SupportProduct):
        raise InputError(f"product is {type(product).__name__}, not a SupportProduct")
    if field not in ("real", "complex"):
        raise InputError(f"field is {field!r}, not 'real' or 'complex'")
    question = Question(product, field, Budget(seconds), memory_mb, engines_called(backend))
    try:
        return answer(question, last_resort=last_resort, opinions=backend == "all")
    except KeyboardInterrupt:
        question.tried.append("interrupted")
        return verdict(question, None, "interrupted")


def engines_called(name: str) -> tuple[Backend, ...]:
    """The engines of a name; importing them is left until they are needed for the default."""
    if name == "z3":
        return ()
    from closedness.engines import engines as named

    return named(name)


def answer(question: Question, *, last_resort: bool, opinions: bool) -> Verdict:
    """What the first stage finds that the checker confirms."""
    if last_resort:
        question.exact = question.budget.part(EXACT)
    for stage in (rules, refuted, *([engines] if last_resort else [])):
        found = confirmed(question, stage(question))
        if found is not None:
            return with_opinions(question, found) if opinions and stage is not engines else found
    return verdict(question, None, "out of time" if question.budget.expired() else "no rule applies")


def rules(question: Question) -> Finding | None:
    """The rules for the number of factors; those for chains are imported only when there is one."""
    if len(question.product) == 2:
        from closedness.search.two_factors import two_factors

        return two_factors(question)
    from closedness.search.any_number import any_number

    return any_number(question)


def refuted(question: Question) -> Finding | None:
    """Limits that an engine shows to be no products; imported when nothing cheaper settles the question."""
    from closedness.search.last_resort import refuted

    return refuted(question)


def engines(question: Question) -> Finding | None:
    """The engines, if any time is left for them."""
    from closedness.search.last_resort import last_resort

    return None if question.budget.expired() else last_resort(question)


def confirmed(question: Question, found: Finding | None) -> Verdict | None:
    """The verdict, if the independent checker confirms it."""
    from closedness.check import check

    if found is None:
        return None
    made = verdict(question, found)
    report = check(made.certificate)
    if report.verified:
        return made
    question.tried.append(f"a proof was found and dropped, the checker says: {report.reason}")
    return None


def with_opinions(question: Question, made: Verdict) -> Verdict:
    """Ask the engines about a verdict of the exact rules."""
    from closedness.search.opinions import second_opinions

    lines = second_opinions(made, question.engines, question.budget.left(), question.memory_mb)
    question.consult(question.engines)
    return replace(made, opinions=lines, seconds=question.budget.elapsed(), provenance=provenance(question))


def verdict(question: Question, found: Finding | None, reason: str = "") -> Verdict:
    """What was found, with its certificate; undecided for a reason when nothing was."""
    from closedness.certificate import Certificate
    from closedness.rules.rule import Proof

    product, field, versions = question.product, question.number_field, provenance(question)
    about: dict[str, Any] = {
        "product": product,
        "field": field,
        "seconds": question.budget.elapsed(),
        "tried": tuple(question.tried),
        "provenance": versions,
    }
    if found is None:
        from closedness.search.known import known

        return Verdict(Status.UNDECIDED, reason, known=known(question), **about)
    if isinstance(found, Proof):
        certificate = Certificate.closed(product, field, found.node, versions)
        return Verdict(Status.CLOSED, found.sentence, certificate=certificate, **about)
    certificate = Certificate.not_closed(
        product, field, found.target, found.curve, found.refutation, versions, found.dense
    )
    shapes = tuple(factor.shape for factor in product.factors)
    example = Counterexample(shapes, dict(found.target), found.curve)
    return Verdict(Status.NOT_CLOSED, found.sentence, certificate=certificate, counterexample=example, **about)


def provenance(question: Question) -> dict[str, str]:
    """Versions of what took part."""
    from closedness.version import __version__

    return {"closedness": __version__, **question.consulted}
