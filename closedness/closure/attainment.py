"""Whether the smallest error for one given matrix is the error of some factors, or only approached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from closedness.budget import Budget
from closedness.engines.member import Member, member
from closedness.equations.curve import factors_of_terms, limit_curve
from closedness.equations.paths import exact_matrix
from closedness.errors import BudgetExceeded
from closedness.rules.limits.dominant_limit import generic_point
from closedness.rules.rows import row
from closedness.supports.pattern import Pattern
from closedness.verdict import Counterexample, Status

if TYPE_CHECKING:
    from fractions import Fraction

    from closedness.certificate import Certificate
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = ["Attainment", "attainment"]

# shares of what is left of the time
FACTORS, CURVE = 0.4, 0.4


@dataclass(frozen=True)
class Attainment:
    """Whether a matrix has an optimal factorisation.

    Attributes
    ----------
    answer : {"yes", "no", "unknown"}
        Whether the infimum of the error is the error of some factors.
    infimum_is_zero : bool or None
        Whether products come arbitrarily near; None where it is not known.
    reason : str
    member : Member or None
        What is known about the matrix being a product itself.
    verdict : Verdict or None
        The verdict about the whole set, where it was asked for.
    counterexample : Counterexample or None
        The matrix and a curve of factors that tends to it, where it is a limit and no product.
    certificate : Certificate or None
        Of the answer "no"; or that the set is closed.
    """

    answer: Literal["yes", "no", "unknown"]
    infimum_is_zero: bool | None
    reason: str
    member: Member | None = None
    verdict: Verdict | None = None
    counterexample: Counterexample | None = None
    certificate: Certificate | None = None


def attainment(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    field: Literal["real", "complex"] = "real",
    seconds: float | None = 60.0,
) -> Attainment:
    """Say whether the given matrix has a best approximation by products with these supports.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
        Exact: a matrix of floating-point numbers is taken at its word.
    field : {"real", "complex"}
    seconds : float or None
        Time limit.

    Returns
    -------
    Attainment
        "yes" with factors, or as the set is closed; "no" with a certificate that this matrix is a limit and no product.

    Raises
    ------
    InputError
        If the target has another shape or an entry is no exact number.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> found = attainment(lu, [[0, 1], [1, 0]])
    >>> found.answer, found.infimum_is_zero, found.counterexample.order_of_divergence()
    ('no', True, 1)
    >>> attainment(lu, [[1, 2], [3, 4]]).answer
    'yes'
    """
    from closedness.decide import decide

    budget = Budget(seconds)
    matrix = exact_matrix(target, product.shape)
    entries = {(i, j): value for i, row in enumerate(matrix) for j, value in enumerate(row) if value}
    try:
        found = member(product, matrix, field, budget.part(FACTORS).left())
    except BudgetExceeded:
        found = None  # too many paths to write the equations down
    if found is not None and found.answer == "yes" and found.proved:
        return Attainment("yes", True, "it is a product itself", found)
    if found is not None and found.answer == "no" and found.proved and len(product) == 2:
        made = _limit(product, entries, found, field, budget.part(CURVE))
        if made is not None:
            return made
    verdict = decide(product, field=field, seconds=budget.left(), last_resort=False)
    zero = False if verdict.status is Status.CLOSED and found is not None and found.answer == "no" else None
    if verdict.status is Status.CLOSED:
        reason = "the set of products is closed, so every matrix has a best approximation"
        return Attainment("yes", zero, reason, found, verdict, certificate=verdict.certificate)
    if verdict.status is Status.NOT_CLOSED:
        reason = "some matrices have no best approximation, and it is not known whether this is one of them"
    else:
        reason = "it is not known whether the set of products is closed"
    return Attainment("unknown", None, reason, found, verdict)


def _limit(
    product: SupportProduct, entries: dict[Cell, Fraction], found: Member, field: str, budget: Budget
) -> Attainment | None:
    """The answer "no", if a curve of factors tends to the matrix, or products are dense, and the checker agrees."""
    from closedness.certificate import Certificate
    from closedness.check import check

    if found.by_rules is None:
        return None
    pattern, dense = Pattern.of(product), None
    terms = limit_curve(pattern, entries, budget=budget)
    if terms is None:
        m, n = product.shape
        dense = generic_point(pattern, range(m), range(n), entries) if field in row("dominant-limit").fields else None
        if dense is None:
            return None
    curve = () if terms is None else factors_of_terms(terms)
    certificate = Certificate.not_closed(product, field, entries, curve, found.by_rules, {}, dense)
    if not check(certificate).verified:
        return None
    shapes = tuple(factor.shape for factor in product.factors)
    reason = "it is a limit of products and no product: the error tends to zero only while factors diverge"
    return Attainment("no", True, reason, found, None, Counterexample(shapes, entries, curve), certificate)
