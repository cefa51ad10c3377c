"""The questions of the decision engine, put to a real-algebra engine; what comes back is made exact and verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from closedness.budget import Budget
from closedness.engines.base import Algebraic, Answer, Backend, Matrix, Value
from closedness.engines.exact import exact_model
from closedness.engines.sentences.polynomials import ZERO, constant
from closedness.engines.sentences.questions import (
    Field,
    Scalings,
    Targets,
    closedness_query,
    fullness_query,
    image,
    membership_query,
)
from closedness.engines.z3 import Z3
from closedness.equations.paths import PathSystem, Variable, exact_matrix
from closedness.errors import BackendError, BudgetExceeded
from closedness.supports.product import SupportProduct

__all__ = ["closedness_sentence", "is_full", "is_product", "rationalise"]

_DENOMINATORS = (1, 2, 6, 60, 1000)


def is_product(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    *,
    field: Field = "real",
    scalings: Scalings = "split",
    backend: Backend | None = None,
    proof: bool = False,
) -> Answer:
    """Whether a fixed rational matrix is a product.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    seconds : float, optional
        Limit on wall time.
    memory_mb : int, optional
        Limit on the memory of the engine's process.
    field : {"real", "complex"}
    scalings : {"none", "inline", "split"}
        See :mod:`closedness.engines.sentences.questions`.
    backend : Backend, optional
        z3 by default.
    proof : bool
        Look for a refutation that can be checked when the answer is "unsat", in the time that is left.

    Returns
    -------
    Answer
        "sat": it is; over R with ``factors`` whenever exact rational factors were found. Models, also those with
        algebraic numbers and over C, are put into the equations exactly: ``verified`` says whether this was possible
        within the limits of `algebra.numberfield`, and ``detail`` why not. "unsat": it is not, on the engine's
        word unless there is a ``refutation``. A model that does not satisfy the equations makes the answer "unknown".

    Raises
    ------
    InputError
        If the target has the wrong shape or an entry is not an exact rational.

    Examples
    --------
    >>> p = SupportProduct.from_text("11/11 * 11/11")
    >>> is_product(p, [[1, 2], [3, 4]]).status
    'sat'
    """
    budget = Budget(seconds)
    engine = backend or Z3()
    matrix = exact_matrix(target, product.shape)
    if field == "complex" and engine.capabilities.complex:
        query = replace(membership_query(product, matrix, "real", scalings), numbers="complex")
    else:
        query = membership_query(product, matrix, field, scalings)
    answer = engine.solve(query, budget.left(), memory_mb)
    if answer.status == "unsat" and proof:
        return _refuted(answer, product, matrix, field, budget)
    if answer.status != "sat":
        return answer
    if answer.model is None:
        return replace(answer, detail=answer.detail or f"{answer.engine} gave no model")
    worst = _residual(product, matrix, answer.model, field)
    exact = not any(isinstance(value, Algebraic) for value in answer.model.values())
    if worst and (exact or worst > Fraction(1, 10**6)):
        return replace(answer, status="unknown", model=None, detail=f"{answer.engine} gave a model that is none")
    if field == "real":
        values = {Variable(*map(int, name[1:].split("_"))): value for name, value in answer.model.items()}
        rational = rationalise(product, matrix, values)
        if rational is not None:
            return replace(answer, factors=rational, verified=True)
    return _verified(answer, product, matrix, field)


def _refuted(answer: Answer, product: SupportProduct, matrix: Matrix, field: Field, budget: Budget) -> Answer:
    """Look for a refutation: case distinctions, identities, Singular's cofactors, sums of squares over R."""
    from closedness.engines.singular import Singular
    from closedness.equations.membership import covered_cells, refute

    target = {(i, j): value for i, row in enumerate(matrix) for j, value in enumerate(row) if value}
    outside = [cell for cell in target if cell not in set(covered_cells(product))]
    found = refute(
        product,
        target,
        cells=outside or None,
        real=field == "real",
        budget=budget,
        identities=partial(Singular().cofactors, seconds=budget.left()),
    )
    if found is None:
        return replace(answer, detail="no refutation was found that can be checked")
    return replace(answer, verified=True, refutation=found, detail="a refutation was found that can be checked")


def _verified(answer: Answer, product: SupportProduct, matrix: Matrix, field: Field) -> Answer:
    """Put a model into the equations, exactly."""
    assert answer.model is not None
    parts = 2 if field == "complex" else 1
    target = {
        (i, j): (constant(value), ZERO)[:parts] for i, row in enumerate(matrix) for j, value in enumerate(row)
    }
    try:
        model = exact_model(answer.model)
        holds = model.satisfies(image(product, field=field, scalings="none").equals(target))
    except ValueError as error:
        return replace(answer, detail=f"the model was not verified exactly ({error}), only numerically")
    if not holds:
        return replace(answer, status="unknown", model=None, detail=f"{answer.engine} gave a model that is none")
    where = "rational numbers" if model.field is None else str(model.field)
    return replace(answer, verified=True, detail=f"verified exactly, by factors over {where}")


def _residual(product: SupportProduct, matrix: Matrix, model: Mapping[str, Value], field: Field) -> Fraction:
    """Largest deviation of the product at the model, algebraic numbers replaced by approximations."""
    values = {name: v.approximation if isinstance(v, Algebraic) else v for name, v in model.items()}
    worst = Fraction(0)
    reached = image(product, field=field, scalings="none")
    for (i, j), components in reached.entries.items():
        for index, component in enumerate(components):
            value = component.substitute(values).value
            if value is None:
                raise BackendError("a model leaves variables open")
            worst = max(worst, abs(value - (matrix[i][j] if index == 0 else 0)))
    return worst


def rationalise(
    product: SupportProduct, target: Sequence[Sequence[Any]], values: Mapping[Variable, Value]
) -> tuple[Matrix, ...] | None:
    """Exact rational factors near a real solution.

    Rational solutions are returned as they are. Otherwise all factors but one are rounded, to several precisions, and
    the remaining one is found by exact linear algebra.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    values : mapping of Variable to Fraction or Algebraic

    Returns
    -------
    tuple of N matrices of Fractions, or None
        Factors whose product is exactly the target, verified; ``None`` when none was found.
    """
    system = PathSystem(product)
    matrix = exact_matrix(target, product.shape)
    for candidate in _candidates(system, matrix, values):
        if system.evaluate(candidate) == matrix:
            return system.factors(candidate)
    return None


def _candidates(
    system: PathSystem, matrix: Matrix, values: Mapping[Variable, Value]
) -> Iterator[dict[Variable, Fraction]]:
    exact = {v: value for v, value in values.items() if isinstance(value, Fraction)}
    if len(exact) == len(values):
        yield exact
        return
    for bound in _DENOMINATORS:
        rounded = {v: _rounded(value, bound) for v, value in values.items()}
        for free in range(len(system.product)):
            solved = _solved(system, matrix, {v: value for v, value in rounded.items() if v.factor != free}, free)
            if solved is not None:
                yield solved


def _rounded(value: Value, bound: int) -> Fraction:
    return value if isinstance(value, Fraction) else value.approximation.limit_denominator(bound)


def _solved(
    system: PathSystem, matrix: Matrix, fixed: Mapping[Variable, Fraction], free: int
) -> dict[Variable, Fraction] | None:
    """The entries of one factor from the others, by one exact row reduction."""
    from flint import fmpq, fmpq_mat

    unknowns = [v for v in system.variables if v.factor == free]
    index = {v: position for position, v in enumerate(unknowns)}
    rows = []
    for (i, j), monomials in system.entries.items():
        row = [Fraction(0)] * (len(unknowns) + 1)
        for monomial in monomials:
            term = Fraction(1)
            for v in monomial:
                if v.factor != free:
                    term *= fixed.get(v, 0)
            row[index[monomial[free]]] += term
        row[-1] = matrix[i][j]
        rows.append([fmpq(value.numerator, value.denominator) for value in row])
    if not rows:
        return None
    reduced, rank = fmpq_mat(rows).rref()
    solution = dict.fromkeys(unknowns, Fraction(0))
    for r in range(rank):
        pivot = next(c for c in range(len(unknowns) + 1) if reduced[r, c] != 0)
        if pivot == len(unknowns):
            return None
        value = reduced[r, len(unknowns)]
        solution[unknowns[pivot]] = Fraction(int(value.p), int(value.q))
    return {**fixed, **solution}


def is_full(
    product: SupportProduct,
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    *,
    field: Field = "real",
    targets: Targets = "split",
    backend: Backend | None = None,
) -> Answer:
    """Whether the set of products misses a matrix on its support: "unsat" means that it is the whole coordinate space.

    Parameters
    ----------
    product : SupportProduct
    seconds, memory_mb : optional
        Limits on wall time and on the memory of the engine's process.
    field : {"real", "complex"}
    targets : {"support", "split"}
        See :mod:`closedness.engines.sentences.questions`.
    backend : Backend, optional
        z3 by default.

    Returns
    -------
    Answer
        "unsat": full. "sat": not full, the model (``a_i_j``) being a matrix that is missed. Both on the engine's word.

    Examples
    --------
    >>> is_full(SupportProduct.from_text("11/11 * 11/11")).status
    'unsat'
    """
    budget = Budget(seconds)
    query = fullness_query(product, field, targets=targets)
    return (backend or Z3()).solve(query, budget.left(), memory_mb)


def closedness_sentence(
    product: SupportProduct,
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    *,
    field: Field = "real",
    textbook: bool = False,
    backend: Backend | None = None,
) -> Answer:
    """The sentence that says "not closed", put to an engine.

    Parameters
    ----------
    product : SupportProduct
    seconds, memory_mb : optional
        Limits on wall time and on the memory of the engine's process.
    field : {"real", "complex"}
    textbook : bool
        The sentence as it stands in the literature, without any simplification and, with z3, in one attempt.
    backend : Backend, optional
        z3 by default.

    Returns
    -------
    Answer
        "unsat": closed. "sat": not closed; the model, if any, is a limit that is not attained (``a_i_j``). Both on the
        engine's word. Singular answers over C only, by the image as a constructible set.

    Examples
    --------
    >>> closedness_sentence(SupportProduct.from_text("10/11 * 11/01")).status
    'sat'
    """
    budget = Budget(seconds)
    if textbook:
        query, engine = closedness_query(product, field, "none", "all"), backend or Z3(restarts=False)
    else:
        query, engine = closedness_query(product, field), backend or Z3()
    if field == "complex" and engine.capabilities.complex:
        return _complex_closedness(product, engine, seconds, memory_mb)
    return engine.solve(query, budget.left(), memory_mb)


def _complex_closedness(
    product: SupportProduct, engine: Backend, seconds: float | None, memory_mb: int | None
) -> Answer:
    from closedness.engines.constructible import image_over_c
    from closedness.engines.singular import Singular

    assert isinstance(engine, Singular)
    budget = Budget(seconds)
    try:
        found = image_over_c(product, seconds, memory_mb, singular=engine)
        answer = Answer("unsat" if found.closed else "sat", detail="; ".join(found.lines()))
    except (BackendError, BudgetExceeded) as error:
        answer = Answer("unknown", detail=str(error))
    return replace(answer, seconds=budget.elapsed(), engine=engine.name, version=engine.version)
