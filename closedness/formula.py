"""Membership, fullness, closure and closedness as sentences of real algebra.

Every builder returns a :class:`~closedness.formulas.logic.Query`, whose cases together are satisfiable exactly when its
``purpose`` holds. The sentences mention the set of products only through its parametrisation, so any parametrisation of
the same set may be put in its place; the simplifications below do nothing else, or use that the set and its closure are
stable under scaling of rows and columns.

``scalings``
    The products do not change when row ``k`` of ``W_{l+1}`` is multiplied by ``c ≠ 0`` and column ``k`` of ``W_l`` is
    divided by it. Going from the last factor to the second one, every row is either zero, and then the
    column before it may be zero too, or its first non-zero entry can be made 1 at the cost of the factor before it,
    which is normalised later. So every product has factors in this normal form. With two factors
    the roles of the column of ``X`` and the column of ``Y`` may be exchanged for each hidden index; the
    shorter one is normalised.

    ``"none"``
        leaves the factors free;
    ``"inline"``
        adds the normal form as a condition: a disjunction for each row;
    ``"split"``
        makes one case of each choice of the first non-zero entries (only where the factors are existentially
        quantified from outside, i.e. for membership).

``support_only``
    Entries that no path reaches vanish on the set and on its closure, so the target has no variable there.

Over C every variable is a pair of reals, its real part and its imaginary part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Literal

from closedness.errors import BudgetExceeded, InputError
from closedness.formulas.logic import (
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
from closedness.formulas.terms import ONE, ZERO, Poly, constant, total, variable
from closedness.paths import PathSystem, Variable, exact_matrix
from closedness.product import SupportProduct

__all__ = [
    "Field",
    "Image",
    "Scalings",
    "closedness_query",
    "closure_query",
    "fullness_query",
    "image",
    "membership_query",
    "normal_forms",
]

Field = Literal["real", "complex"]
Scalings = Literal["none", "inline", "split"]
Cell = tuple[int, int]
MAX_CASES = 2_000


def _parts(name: str, field: Field) -> tuple[str, ...]:
    return (name,) if field == "real" else (f"{name}_re", f"{name}_im")


def _checked(field: str, scalings: str, allowed: tuple[str, ...]) -> None:
    if field not in ("real", "complex"):
        raise InputError(f"field is {field!r}, not 'real' or 'complex'")
    if scalings not in allowed:
        raise InputError(f"scalings is {scalings!r}, not one of {', '.join(allowed)}")


def _multiply(left: tuple[Poly, ...], right: tuple[Poly, ...]) -> tuple[Poly, ...]:
    if len(left) == 1:
        return (left[0] * right[0],)
    return (left[0] * right[0] - left[1] * right[1], left[0] * right[1] + left[1] * right[0])


# -------------------------------------------------------------------- the set of products


@dataclass(frozen=True)
class Image:
    """The set of products as a parametrisation.

    Attributes
    ----------
    names : tuple of str
        The real parameters.
    entries : dict of (i, j) to tuple of Poly
        One polynomial for each entry over R, real and imaginary part over C; entries that no path reaches are left out.
    condition : Formula
        Restriction of the parameters that does not change the set.
    """

    names: tuple[str, ...]
    entries: dict[Cell, tuple[Poly, ...]]
    condition: Formula

    def equals(self, target: Mapping[Cell, tuple[Poly, ...]]) -> Formula:
        """The product is the target, on the entries that the target mentions."""
        return all_of(
            Atom(p, "=", a) for cell in target for p, a in zip(self._at(cell, target), target[cell], strict=True)
        )

    def near(self, target: Mapping[Cell, tuple[Poly, ...]], radius: Poly) -> Formula:
        """The product is nearer to the target than the radius, in the maximum norm."""
        return all_of(
            chain.from_iterable(
                (Atom(p, "<", a + radius), Atom(a, "<", p + radius))
                for cell in target
                for p, a in zip(self._at(cell, target), target[cell], strict=True)
            )
        )

    def _at(self, cell: Cell, target: Mapping[Cell, tuple[Poly, ...]]) -> tuple[Poly, ...]:
        return self.entries.get(cell, (ZERO,) * len(target[cell]))


def image(
    product: SupportProduct, prefix: str = "w", field: Field = "real", scalings: Literal["none", "inline"] = "inline"
) -> Image:
    """The set of products, parametrised by its factors.

    Parameters
    ----------
    product : SupportProduct
    prefix : str
        First letters of the parameters' names; ``"w"`` gives the names of :class:`closedness.paths.Variable`.
    field : {"real", "complex"}
    scalings : {"none", "inline"}
        Whether the condition asks for the normal form described above.

    Returns
    -------
    Image

    Examples
    --------
    >>> im = image(SupportProduct.from_text("1 * 11"), scalings="none")
    >>> im.names, str(im.entries[0, 1][0])
    (('w0_0_0', 'w1_0_0', 'w1_0_1'), 'w0_0_0*w1_0_1')
    """
    _checked(field, scalings, ("none", "inline"))
    system = PathSystem(product)

    def name(v: Variable) -> str:
        return prefix + v.name[1:]

    parts = {v: tuple(map(variable, _parts(name(v), field))) for v in system.variables}
    entries = {}
    for cell, monomials in system.entries.items():
        products = []
        for monomial in monomials:
            value = parts[monomial[0]]
            for v in monomial[1:]:
                value = _multiply(value, parts[v])
            products.append(value)
        entries[cell] = tuple(total(component) for component in zip(*products, strict=True))
    condition = TRUE
    if scalings == "inline":
        unit = tuple((ONE, ZERO)[: len(_parts("", field))])

        def is_zero(v: Variable) -> Formula:
            return all_of(Atom(p, "=", ZERO) for p in parts[v])

        rows = []
        for leading, partner in _scaled_lines(product):
            choices = [
                all_of(
                    (
                        *map(is_zero, leading[:position]),
                        *(Atom(p, "=", one) for p, one in zip(parts[pivot], unit, strict=True)),
                    )
                )
                for position, pivot in enumerate(leading)
            ]
            choices.append(all_of(map(is_zero, leading + partner)))
            rows.append(any_of(choices))
        condition = all_of(rows)
    names = tuple(chain.from_iterable(_parts(name(v), field) for v in system.variables))
    return Image(names, entries, condition)


def _scaled_lines(product: SupportProduct) -> Iterator[tuple[tuple[Variable, ...], tuple[Variable, ...]]]:
    """The lines to normalise: entries of one row, and of the column before it that takes up the factor."""
    for l in range(len(product) - 1, 0, -1):
        before, factor = product.factors[l - 1], product.factors[l]
        columns = before.T.rows
        for k, row in enumerate(factor.rows):
            leading = tuple(Variable(l, k, j) for j in row)
            partner = tuple(Variable(l - 1, i, k) for i in columns[k])
            if len(product) == 2 and len(partner) < len(leading):
                leading, partner = partner, leading
            yield leading, partner


def normal_forms(
    product: SupportProduct, needed: frozenset[Cell] = frozenset(), limit: int = MAX_CASES
) -> list[dict[Variable, int]]:
    """All choices of first non-zero entries: what is fixed to 0 or 1 in each.

    Parameters
    ----------
    product : SupportProduct
    needed : set of (i, j)
        Entries of the product that must not vanish; choices in which no path reaches one of them are left out.
    limit : int
        Largest number of choices.

    Returns
    -------
    list of dict of Variable to 0 or 1

    Raises
    ------
    BudgetExceeded
        If there are more.

    Examples
    --------
    >>> len(normal_forms(SupportProduct.from_text("11/11 * 11/11")))
    9
    >>> len(normal_forms(SupportProduct.from_text("11/11 * 11/11"), frozenset({(0, 0), (1, 1)})))
    5
    """
    lines = list(_scaled_lines(product))
    found: list[dict[Variable, int]] = []
    system = PathSystem(product)
    monomials = [[frozenset(monomial) for monomial in system.entries.get(cell, ())] for cell in sorted(needed)]

    def extend(position: int, fixed: dict[Variable, int]) -> None:
        zeros = {v for v, value in fixed.items() if value == 0}
        if not all(any(zeros.isdisjoint(monomial) for monomial in entry) for entry in monomials):
            return
        if position == len(lines):
            found.append(fixed)
            if len(found) > limit:
                raise BudgetExceeded(f"more than {limit} normal forms of the factors")
            return
        leading, partner = lines[position]
        # With several factors an entry can be in a line and in a column fixed to zero before.
        free = [v for v in leading if v not in fixed]
        for index, pivot in enumerate(free):
            extend(position + 1, fixed | dict.fromkeys(free[:index], 0) | {pivot: 1})
        extend(position + 1, fixed | dict.fromkeys(leading, 0) | dict.fromkeys(partner, 0))

    extend(0, {})
    return found


# -------------------------------------------------------------------- the questions


def membership_query(
    product: SupportProduct,
    target: Sequence[Sequence[Any]],
    field: Field = "real",
    scalings: Scalings = "split",
) -> Query:
    """Whether a fixed matrix is a product: ``∃W: ∏W = A``.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    field : {"real", "complex"}
    scalings : {"none", "inline", "split"}
        ``"split"`` falls back to ``"inline"`` when there are more than `MAX_CASES` cases.

    Returns
    -------
    Query
        Satisfiable exactly when ``A ∈ P``; without quantifiers.

    Raises
    ------
    InputError
        If the target has the wrong shape or an entry that is not an exact rational.

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
    if scalings == "split":
        try:
            choices = normal_forms(product, frozenset(cell for cell, value in values.items() if value))
        except BudgetExceeded:
            scalings = "inline"
        else:
            return Query(purpose, tuple(_cases(reached, goal, choices, field)))
    if scalings == "inline":
        reached = image(product, field=field, scalings="inline")
    equations = tuple(Atom(p, "=", a) for cell in goal for p, a in zip(reached.entries[cell], goal[cell], strict=True))
    conditions = () if reached.condition == TRUE else (reached.condition,)
    return Query(purpose, (Case(reached.names, conditions + equations),))


def _cases(
    reached: Image, goal: Mapping[Cell, tuple[Poly, ...]], choices: list[dict[Variable, int]], field: Field
) -> Iterator[Case]:
    for choice in choices:
        values: dict[str, Fraction] = {}
        for v, value in choice.items():
            names = _parts(v.name, field)
            values[names[0]] = Fraction(value)
            values |= dict.fromkeys(names[1:], Fraction(0))
        equations = []
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


def _unknowns(product: SupportProduct, field: Field, support_only: bool) -> dict[Cell, tuple[str, ...]]:
    m, n = product.shape
    rows = product.support.rows if support_only else [range(n)] * m
    return {(i, j): _parts(f"a_{i}_{j}", field) for i, row in enumerate(rows) for j in row}


def fullness_query(
    product: SupportProduct, field: Field = "real", scalings: Literal["none", "inline"] = "none"
) -> Query:
    """Whether some matrix on the support of the products is not a product: ``∃A ∈ F^S ∀W: ∏W ≠ A``.

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    scalings : {"none", "inline"}

    Returns
    -------
    Query
        Satisfiable exactly when the set is *not* the whole coordinate space of its support.

    Examples
    --------
    >>> fullness_query(SupportProduct.from_text("1 * 11")).cases[0].names
    ('a_0_0', 'a_0_1')
    """
    _checked(field, scalings, ("none", "inline"))
    unknowns = _unknowns(product, field, True)
    goal = {cell: tuple(map(variable, names)) for cell, names in unknowns.items()}
    return Query(
        "the set of products is not the whole coordinate space of its support",
        (Case(tuple(chain.from_iterable(unknowns.values())), (_misses(product, goal, field, scalings),)),),
    )


def _misses(
    product: SupportProduct,
    goal: Mapping[Cell, tuple[Poly, ...]],
    field: Field,
    scalings: Literal["none", "inline"],
) -> Formula:
    """``∀W: ∏W ≠ A``."""
    reached = image(product, "w", field, scalings)
    different = any_of(
        Atom(p, "!=", a) for cell in goal for p, a in zip(reached._at(cell, goal), goal[cell], strict=True)
    )
    return forall(reached.names, _implies(reached.condition, different))


def _approaches(
    product: SupportProduct,
    goal: Mapping[Cell, tuple[Poly, ...]],
    field: Field,
    scalings: Literal["none", "inline"],
) -> Formula:
    """``∀ε>0 ∃W: ‖∏W − A‖_∞ < ε``."""
    reached = image(product, "u", field, scalings)
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
) -> Query:
    """Whether a fixed matrix is a limit of products: ``∀ε>0 ∃W: ‖∏W − A‖_∞ < ε``.

    Parameters
    ----------
    product : SupportProduct
    target : m × n matrix of int, Fraction or strings "p/q"
    field : {"real", "complex"}
        Over C the maximum is taken over real and imaginary parts.
    scalings : {"none", "inline"}

    Returns
    -------
    Query
        Satisfiable exactly when ``A`` is in the closure.
    """
    _checked(field, scalings, ("none", "inline"))
    matrix = exact_matrix(target, product.shape)
    goal = {(i, j): _constants(value, field) for i, row in enumerate(matrix) for j, value in enumerate(row)}
    return Query("the given matrix is a limit of products", (Case((), (_approaches(product, goal, field, scalings),)),))


def closedness_query(
    product: SupportProduct,
    field: Field = "real",
    scalings: Literal["none", "inline"] = "none",
    support_only: bool = True,
) -> Query:
    """The textbook sentence: ``∃A: (∀W: ∏W ≠ A) ∧ (∀ε>0 ∃W': ‖∏W' − A‖_∞ < ε)``.

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    scalings : {"none", "inline"}
    support_only : bool
        Give the target variables only where a path leads.

    Returns
    -------
    Query
        Satisfiable exactly when the set of products is *not* closed.

    References
    ----------
    Le, Riccietti, Gribonval, NeurIPS 2023, arXiv 2306.02666: closedness is decidable by this sentence.
    """
    _checked(field, scalings, ("none", "inline"))
    unknowns = _unknowns(product, field, support_only)
    goal = {cell: tuple(map(variable, names)) for cell, names in unknowns.items()}
    parts = (_misses(product, goal, field, scalings), _approaches(product, goal, field, scalings))
    names = tuple(chain.from_iterable(unknowns.values()))
    return Query("the set of products is not closed", (Case(names, parts),))
