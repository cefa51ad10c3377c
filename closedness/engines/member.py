"""Is a matrix a product? Exact rules first, engines next; every answer says whether it is proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from closedness.algebra.numberfield import written
from closedness.budget import Budget
from closedness.equations.membership import decide_membership, refutation_table
from closedness.equations.paths import exact_matrix

if TYPE_CHECKING:
    from flint import fmpq_poly

    from closedness.algebra.casesplit import CaseAnswer
    from closedness.engines import Answer, Backend
    from closedness.supports.product import SupportProduct

__all__ = ["Member", "member"]

_SHARE = 0.5  # of the time, for the exact rules
Entries = dict[tuple[int, int, int], str]


@dataclass(frozen=True)
class Member:
    """Whether a matrix is a product, and why.

    Attributes
    ----------
    answer : {"yes", "no", "unknown"}
    proved : bool
        "yes" with factors that were multiplied out exactly, or "no" with a refutation that the checker accepts.
        Otherwise the answer rests on the word of an engine.
    source : str
        Who found it: "exact rules" or an engine with its version.
    detail : str
        A reservation, or why nothing is known; may be empty.
    numbers : str
        The numbers that the factors consist of: "rational numbers", or a number field with its generator ``t``.
    factors : tuple of matrices of str, or None
        Entries are fractions or polynomials in ``t``; over C also with ``i``.
    refutation : dict or None
        A certificate that the matrix is no product.
    by_rules : dict or None
        The same as the rules write it, from which `closedness.certificate.Certificate` is made.
    """

    answer: Literal["yes", "no", "unknown"]
    proved: bool
    source: str
    detail: str = ""
    numbers: str = ""
    factors: tuple[tuple[tuple[str, ...], ...], ...] | None = None
    refutation: Mapping[str, Any] | None = None
    by_rules: Mapping[str, Any] | None = field(default=None, repr=False)


def member(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    field: Literal["real", "complex"] = "real",
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    backend: Backend | None = None,
) -> Member:
    """Whether a rational matrix is a product of matrices with the given supports.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    field : {"real", "complex"}
    seconds : float, optional
        Time limit; half of it for the exact rules.
    memory_mb : int, optional
        Memory limit of engines.
    backend : Backend, optional
        Who is asked when the exact rules find nothing; z3 by default.

    Returns
    -------
    Member

    Raises
    ------
    InputError
        If the target has another shape or an entry is not an exact rational.
    BudgetExceeded
        If there are too many paths to write the equations down.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> found = member(lu, [[0, 1], [1, 0]])
    >>> found.answer, found.proved
    ('no', True)
    >>> member(lu, [[2, 1], [1, 1]]).factors
    ((('1', '0'), ('1/2', '1')), (('2', '1'), ('0', '1/2')))
    """
    budget = Budget(seconds)
    share = Budget(None if seconds is None else _SHARE * seconds)
    matrix = exact_matrix(target, product.shape)
    entries = {(i, j): value for i, row in enumerate(matrix) for j, value in enumerate(row) if value}
    outcome = decide_membership(product, entries, real=field == "real", budget=share)
    found = _by_rules(product, entries, field, outcome)
    if found is not None:
        return found
    from closedness.engines import is_product

    answer = is_product(
        product, matrix, budget.left(), memory_mb, field=field, backend=backend, proof=True
    )
    return _by_engine(product, entries, field, answer)


def _by_rules(
    product: SupportProduct, target: Mapping[tuple[int, int], Fraction], field: str, outcome: CaseAnswer
) -> Member | None:
    if outcome.refutation is not None:
        steps = refutation_table(outcome.refutation)
        table = _accepted(product, target, steps, field)
        if table is not None:
            return Member("no", True, "exact rules", refutation=table, by_rules=steps)
    if outcome.point is not None:
        point = {_place(name): str(value) for name, value in outcome.point.items()}
        return Member("yes", True, "exact rules", numbers="rational numbers", factors=_factors(product, point))
    known = outcome.algebraic
    if known is not None and (known.real or field == "complex"):
        point = {_place(name): written(value) for name, value in known.values.items()}
        return Member("yes", True, "exact rules", numbers=str(known.field), factors=_factors(product, point))
    return None


def _by_engine(
    product: SupportProduct, target: Mapping[tuple[int, int], Fraction], field: str, answer: Answer
) -> Member:
    if answer.status == "unknown":
        return Member("unknown", False, answer.name, answer.detail)
    if answer.status == "unsat":
        table = None if answer.refutation is None else _accepted(product, target, answer.refutation, field)
        proved = table is not None
        detail, steps = ("", answer.refutation) if proved else (answer.detail, None)
        return Member("no", proved, answer.name, detail, refutation=table, by_rules=steps)
    if answer.factors is not None:
        dense = tuple(tuple(tuple(map(str, row)) for row in factor) for factor in answer.factors)
        return Member("yes", True, answer.name, numbers="rational numbers", factors=dense)
    if not answer.verified or answer.model is None:
        return Member("yes", False, answer.name, answer.detail)
    from closedness.engines.exact import exact_model

    model = exact_model(answer.model)
    numbers = "rational numbers" if model.field is None else str(model.field)
    point: Entries = {}
    for name in answer.model:
        if field == "real":
            point[_place(name[1:].replace("_", ":"))] = written(model.values[name])
        elif name.endswith("_re"):
            imaginary = model.values[f"{name.removesuffix('_re')}_im"]
            point[_place(name[1:-3].replace("_", ":"))] = _pair(model.values[name], imaginary)
    return Member("yes", True, answer.name, numbers=numbers, factors=_factors(product, point))


def _accepted(
    product: SupportProduct, target: Mapping[tuple[int, int], Fraction], table: Any, field: str
) -> dict[str, Any] | None:
    """The certificate that the matrix is no product, if the checker accepts it."""
    from closedness.check import Rejected, check
    from closedness.elaboration import refuted

    entries = [[i, j, str(value)] for (i, j), value in sorted(target.items())]
    try:
        certificate = refuted(product.to_problem(), entries, dict(table), field)
    except Rejected:
        return None
    report = check(certificate)
    return certificate if report.verified and not report.trusted else None


def _place(name: str) -> tuple[int, int, int]:
    level, i, j = map(int, name.split(":"))
    return level, i, j


def _pair(real: fmpq_poly, imaginary: fmpq_poly) -> str:
    if imaginary.is_zero():
        return written(real)
    turned = f"({written(imaginary)})*i"
    return turned if real.is_zero() else f"{written(real)} + {turned}"


def _factors(product: SupportProduct, point: Entries) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Dense factors; entries on which the product does not depend are zero."""
    return tuple(
        tuple(tuple(point.get((level, i, j), "0") for j in range(factor.shape[1])) for i in range(factor.shape[0]))
        for level, factor in enumerate(product.factors)
    )
