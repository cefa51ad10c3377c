"""Membership, fullness, closure and closedness as sentences of real algebra.

Every builder returns a `logic.Query`, whose cases together are satisfiable exactly when its
``purpose`` holds. The sentences mention the set of products only through its parametrisation, so any parametrisation of
the same set may be put in its place; the simplifications below do nothing else, or use that the set and its closure are
stable under scaling of rows and columns.

``scalings``
    The factors of a product in the normal form of `sentences.image`: every row after the first factor is
    zero or starts with 1.

    ``"none"``
        leaves the factors free;
    ``"inline"``
        adds the normal form as a condition: a disjunction for each row;
    ``"split"``
        makes one case of each choice of the first non-zero entries (only where the factors are existentially
        quantified from outside, i.e. for membership).

``targets``
    What statements about all targets range over.

    ``"all"``
        all entries are variables, as in the textbook;
    ``"support"``
        entries that no path reaches vanish on the set and on its closure, so the target has no variable there;
    ``"split"``
        one case for each zero pattern, with as many entries scaled to 1 as possible
        (:mod:`closedness.engines.sentences.torus`), and without and with the normal form of the factors as
        alternatives. Falls back to ``"support"`` when there are more than `MAX_CASES` patterns.

``ordered``
    Hidden indices that may change places are put in order (:func:`closedness.engines.sentences.image.orderings`).

``linear``
    The last factor is eliminated, column by column (`sentences.blocks`); membership only, and not
    together with fixed scalings.

Over C every variable is a pair of reals, its real part and its imaginary part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Literal

from closedness.engines.sentences.blocks import without_last_factor
from closedness.engines.sentences.image import Field, Image, image, normal_forms, orderings, parts_of
from closedness.engines.sentences.logic import (
    TRUE,
    Atom,
    Case,
    Formula,
    Not,
    Query,
    all_of,
    any_of,
    exists,
    forall,
)
from closedness.engines.sentences.polynomials import ZERO, Poly, constant, variable
from closedness.engines.sentences.torus import spanning_forest, zero_patterns
from closedness.equations.paths import Variable, exact_matrix
from closedness.errors import BudgetExceeded, InputError
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct

__all__ = [
    "Field",
    "Image",
    "Scalings",
    "Targets",
    "closedness_query",
    "closure_query",
    "fullness_query",
    "image",
    "membership_query",
    "normal_forms",
]

Scalings = Literal["none", "inline", "split"]
Targets = Literal["all", "support", "split"]
MAX_CASES = 2_000


def _checked(field: str, scalings: str, allowed: tuple[str, ...]) -> None:
    if field not in ("real", "complex"):
        raise InputError(f"field is {field!r}, not 'real' or 'complex'")
    if scalings not in allowed:
        raise InputError(f"scalings is {scalings!r}, not one of {', '.join(allowed)}")


# -------------------------------------------------------------------- the questions


def membership_query(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    field: Field = "real",
    scalings: Scalings = "split",
    *,
    ordered: bool = False,
    linear: bool = False,
) -> Query:
    """Whether a fixed matrix is a product: ``∃W: ∏W = A``.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    field : {"real", "complex"}
    scalings : {"none", "inline", "split"}
        ``"split"`` falls back to ``"inline"`` when there are more than `MAX_CASES` cases.
    ordered : bool
        Put hidden indices that may change places in order.
    linear : bool
        Eliminate the last factor.

    Returns
    -------
    Query
        Satisfiable exactly when ``A ∈ P``; without quantifiers.

    Raises
    ------
    InputError
        If the target has the wrong shape or an entry that is not an exact rational, or if `linear` is asked for
        together with fixed scalings or with a single factor.
    BudgetExceeded
        If the elimination of the last factor gives too long a formula.

    Examples
    --------
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> query = membership_query(lu, [[0, 1], [1, 0]])
    >>> query.quantified, len(query.cases)
    (False, 2)
    """
    _checked(field, scalings, ("none", "inline", "split"))
    matrix = exact_matrix(target, product.shape)
    purpose = "the given matrix is a product"
    values = {(i, j): value for i, row in enumerate(matrix) for j, value in enumerate(row)}
    goal = {cell: _constants(value, field) for cell, value in values.items()}
    reached = image(product, field=field, scalings="none")
    if any(value and cell not in reached.entries for cell, value in values.items()):
        return Query(purpose, ())
    goal = {cell: goal[cell] for cell in reached.entries}
    order = tuple(
        Atom(variable(parts_of(low.name, field)[0]), "<=", variable(parts_of(high.name, field)[0]))
        for low, high in (orderings(product, fixed=scalings != "none") if ordered else ())
    )
    if linear:
        if scalings != "none" or len(product) == 1:
            raise InputError("linear=True needs scalings='none' and at least two factors: the last one is eliminated")
        names, condition = without_last_factor(product, goal, field)
        kept = tuple(atom for atom in order if set(atom.left.names() + atom.right.names()) <= set(names))
        return Query(purpose, (Case(names, (*kept, condition)),))
    if scalings == "split":
        try:
            choices = normal_forms(product, frozenset(cell for cell in values if values[cell]), MAX_CASES)
        except BudgetExceeded:
            scalings = "inline"
        else:
            return Query(purpose, tuple(_cases(reached, goal, choices, field, order)))
    if scalings == "inline":
        reached = image(product, field=field, scalings="inline")
    equations = tuple(Atom(p, "=", a) for cell in goal for p, a in zip(reached.entries[cell], goal[cell], strict=True))
    conditions = order if reached.condition == TRUE else (reached.condition, *order)
    return Query(purpose, (Case(reached.names, conditions + equations),))


def _cases(
    reached: Image,
    goal: Mapping[Cell, tuple[Poly, ...]],
    choices: list[dict[Variable, int]],
    field: Field,
    order: tuple[Atom, ...],
) -> Iterator[Case]:
    for choice in choices:
        values: dict[str, Fraction] = {}
        for v, value in choice.items():
            names = parts_of(v.name, field)
            values[names[0]] = Fraction(value)
            values |= dict.fromkeys(names[1:], Fraction(0))
        placed = [Atom(each.left.substitute(values), "<=", each.right.substitute(values)) for each in order]
        equations = [each for each in placed if (each.left - each.right).value is None]
        if any((gap := (each.left - each.right).value) is not None and gap > 0 for each in placed):
            continue
        for cell, components in goal.items():
            for p, a in zip(reached.entries[cell], components, strict=True):
                p = p.substitute(values)
                if (p - a).value is None:
                    equations.append(Atom(p, "=", a))
                elif (p - a).value:
                    break
            else:
                continue
            break
        else:
            yield Case(tuple(name for name in reached.names if name not in values), tuple(equations), values)


def _constants(value: Fraction, field: Field) -> tuple[Poly, ...]:
    return (constant(value),) if field == "real" else (constant(value), ZERO)


@dataclass(frozen=True)
class _Goal:
    """A family of targets: entries as polynomials in the free variables, with conditions on these."""

    names: tuple[str, ...]
    conditions: tuple[Formula, ...]
    entries: dict[Cell, tuple[Poly, ...]]
    values: dict[str, Fraction]


def _goals(product: SupportProduct, field: Field, targets: Targets) -> Iterator[_Goal]:
    """Families of targets that together stand for all of them."""
    m, n = product.shape
    rows = [tuple(range(n))] * m if targets == "all" else product.support.rows
    cells = {(i, j): parts_of(f"a_{i}_{j}", field) for i, row in enumerate(rows) for j in row}
    patterns = None
    if targets == "split":
        with contextlib.suppress(BudgetExceeded):
            patterns = zero_patterns(product, MAX_CASES)
    if patterns is None:
        everything = {cell: tuple(map(variable, names)) for cell, names in cells.items()}
        yield _Goal(tuple(chain.from_iterable(cells.values())), (), everything, {})
        return
    for nonzero in patterns:
        forest = spanning_forest(nonzero)
        free = [cell for cell in cells if cell in nonzero and cell not in forest]
        entries: dict[Cell, tuple[Poly, ...]] = {}
        values: dict[str, Fraction] = {}
        for cell, names in cells.items():
            if cell in nonzero and cell not in forest:
                entries[cell] = tuple(map(variable, names))
            else:
                value = Fraction(cell in forest)
                entries[cell] = _constants(value, field)
                values |= dict.fromkeys(names, Fraction(0)) | {names[0]: value}
        yield _Goal(
            tuple(name for cell in free for name in cells[cell]),
            tuple(any_of(Atom(p, "!=", ZERO) for p in entries[cell]) for cell in free),
            entries,
            values,
        )


def _targets_query(
    purpose: str,
    product: SupportProduct,
    field: Field,
    scalings: Literal["none", "inline"],
    targets: Targets,
    build: Callable[[_Goal, Literal["none", "inline"]], tuple[Formula, ...]],
) -> Query:
    _checked(field, scalings, ("none", "inline"))
    if targets not in ("all", "support", "split"):
        raise InputError(f"targets is {targets!r}, not one of all, support, split")
    cases = []
    for goal in _goals(product, field, targets):
        asserts = goal.conditions + build(goal, scalings)
        others: tuple[tuple[Formula, ...], ...] = ()
        if targets == "split":
            others = (goal.conditions + build(goal, "none" if scalings == "inline" else "inline"),)
        cases.append(Case(goal.names, asserts, goal.values, others))
    return Query(purpose, tuple(cases))


def fullness_query(
    product: SupportProduct,
    field: Field = "real",
    scalings: Literal["none", "inline"] = "inline",
    targets: Targets = "split",
    *,
    ordered: bool = False,
) -> Query:
    """Whether some matrix on the support of the products is not a product: ``∃A ∈ F^S ∀W: ∏W ≠ A``.

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    scalings : {"none", "inline"}
    targets : {"all", "support", "split"}
    ordered : bool

    Returns
    -------
    Query
        Satisfiable exactly when the set is *not* the whole coordinate space of its support.

    Examples
    --------
    >>> fullness_query(SupportProduct.from_text("1 * 11"), targets="support").cases[0].names
    ('a_0_0', 'a_0_1')
    """
    return _targets_query(
        "the set of products is not the whole coordinate space of its support",
        product,
        field,
        scalings,
        "support" if targets == "all" else targets,
        lambda goal, scaled: (_misses(product, goal.entries, field, scaled, ordered),),
    )


def _misses(
    product: SupportProduct,
    goal: Mapping[Cell, tuple[Poly, ...]],
    field: Field,
    scalings: Literal["none", "inline"],
    ordered: bool,
) -> Formula:
    """``∀W: ∏W ≠ A``."""
    reached = image(product, "w", field, scalings, ordered)
    different = any_of(
        Atom(p, "!=", a) for cell in goal for p, a in zip(reached.at(cell, goal), goal[cell], strict=True)
    )
    return forall(reached.names, _implies(reached.condition, different))


def _approaches(
    product: SupportProduct,
    goal: Mapping[Cell, tuple[Poly, ...]],
    field: Field,
    scalings: Literal["none", "inline"],
    ordered: bool,
) -> Formula:
    """``∀ε>0 ∃W: ‖∏W − A‖_∞ < ε``."""
    reached = image(product, "u", field, scalings, ordered)
    radius = variable("eps")
    near = exists(reached.names, all_of((reached.condition, reached.near(goal, radius))))
    return forall(("eps",), _implies(Atom(ZERO, "<", radius), near))


def _implies(condition: Formula, conclusion: Formula) -> Formula:
    return conclusion if condition == TRUE else any_of((Not(condition), conclusion))


def closure_query(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    field: Field = "real",
    scalings: Literal["none", "inline"] = "none",
    *,
    ordered: bool = False,
) -> Query:
    """Whether a fixed matrix is a limit of products: ``∀ε>0 ∃W: ‖∏W − A‖_∞ < ε``.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    field : {"real", "complex"}
        Over C the maximum is taken over real and imaginary parts.
    scalings : {"none", "inline"}
    ordered : bool

    Returns
    -------
    Query
        Satisfiable exactly when ``A`` is in the closure.
    """
    _checked(field, scalings, ("none", "inline"))
    matrix = exact_matrix(target, product.shape)
    goal = {(i, j): _constants(value, field) for i, row in enumerate(matrix) for j, value in enumerate(row)}
    sentence = _approaches(product, goal, field, scalings, ordered)
    return Query("the given matrix is a limit of products", (Case((), (sentence,)),))


def closedness_query(
    product: SupportProduct,
    field: Field = "real",
    scalings: Literal["none", "inline"] = "none",
    targets: Targets = "split",
    *,
    ordered: bool = False,
) -> Query:
    """The textbook sentence: ``∃A: (∀W: ∏W ≠ A) ∧ (∀ε>0 ∃W': ‖∏W' − A‖_∞ < ε)``.

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    scalings : {"none", "inline"}
    targets : {"all", "support", "split"}
        ``scalings="none", targets="all"`` is the sentence as it stands in the literature.
    ordered : bool

    Returns
    -------
    Query
        Satisfiable exactly when the set of products is *not* closed.

    References
    ----------
    Le, Riccietti, Gribonval, NeurIPS 2023, arXiv 2306.02666: closedness is decidable by this sentence.
    """
    return _targets_query(
        "the set of products is not closed",
        product,
        field,
        scalings,
        targets,
        lambda goal, scaled: (
            _misses(product, goal.entries, field, scaled, ordered),
            _approaches(product, goal.entries, field, scaled, ordered),
        ),
    )
