"""The ideal of the Zariski closure of a set of products, for small supports: its generators by exact elimination.

Singular, an optional program, eliminates the factor entries; what it says is verified where time allows: all generators
vanish on the set by expansion, and the Gröbner basis that proves that there are no others satisfies Buchberger's
criterion. Without Singular, linear algebra finds the generators up to a degree. Proofs: section "The closure" of the
theory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from closedness.budget import Budget
from closedness.closure.basis_check import BasisCheck
from closedness.closure.dimension import closure as closure_of
from closedness.closure.image import elimination_ideal, graph_of
from closedness.closure.minors import Minor, minors_of, recognised
from closedness.engines.sentences.polynomials import Poly
from closedness.engines.singular import Singular
from closedness.equations.expansion import expansion_terms, irreducible, tangent_codimension, vanishes
from closedness.equations.grading import Grading, generating, kernel_generators, total_degree
from closedness.equations.parts import parts
from closedness.errors import BackendError, BudgetExceeded
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from closedness.closure.dimension import Closure
    from closedness.closure.image import EliminationIdeal
    from closedness.equations.grading import Polynomial
    from closedness.equations.parts import Part
    from closedness.supports.product import SupportProduct

__all__ = ["ClosureIdeal", "Generator", "closure_ideal"]

# linear algebra looks no further: it cannot know that there is nothing else
LAST_DEGREE = 6
HIGHEST_POWER = 3


class Generator(NamedTuple):
    """A polynomial in the entries that vanishes on all products.

    Attributes
    ----------
    polynomial : Poly
        In variables ``a_i_j``.
    rows, columns : tuple of int
        Those that occur.
    minor : bool
        Whether it is, up to a constant, the determinant of this block with zeros outside the support.
    condition : int or None
        Number of the rank condition, in `Closure.conditions`, that it is a minor of.
    """

    polynomial: Poly
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    minor: bool
    condition: int | None

    @property
    def degree(self) -> int:
        """Its degree."""
        return len(self.polynomial.monomials[0][1])

    def __str__(self) -> str:
        if self.minor:
            return str(Minor(self.rows, self.columns, {}))
        return str(self.polynomial)


@dataclass(frozen=True)
class ClosureIdeal:
    """Generators of the ideal of the Zariski closure, and what is known of them.

    Attributes
    ----------
    closure : Closure
        Dimension, generic rank and rank conditions. Generators may have improved the upper bound of the dimension.
    generators : tuple of Generator
        Minors of rank conditions first, then other minors, then the others; by degree. All vanish on all products.
    complete : bool
        Whether they generate the whole ideal.
    complete_to : int or None
        If they are not known to: every polynomial of at most this degree that vanishes on all products is in their
        ideal.
    minimal : bool
        Whether none of them can be left out. If not, there was no time to choose.
    degree : int or None
        Of the closure as a projective variety.
    trusted : tuple of str
        Programs on whose word it rests that the generators are complete.
    degree_trusted : tuple of str
        Programs on whose word the degree rests.
    conditions : {"ideal", "set", "larger", "unknown"}
        The minors of the rank conditions generate the ideal of the generators; or only have the same zero set; or a
        larger one.
    outside : mapping of (i, j) to Fraction, or None
        With "larger": a matrix with all rank conditions and not in the closure; zero elsewhere.
    notes : tuple of str
        Why something is missing, one clause each.
    """

    closure: Closure
    generators: tuple[Generator, ...]
    complete: bool
    complete_to: int | None
    minimal: bool
    degree: int | None
    trusted: tuple[str, ...] = ()
    degree_trusted: tuple[str, ...] = ()
    conditions: Literal["ideal", "set", "larger", "unknown"] = "unknown"
    outside: Mapping[Cell, Fraction] | None = None
    notes: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        """Dimension of the closure, see `Closure`."""
        return self.closure.dimension

    def __contains__(self, target: Mapping[Cell, Fraction]) -> bool:
        """Whether all generators vanish at a rational matrix, given by its non-zero entries on the support."""
        values = {name: Fraction(0) for each in self.generators for name in each.polynomial.names()}
        values |= {f"a_{i}_{j}": Fraction(value) for (i, j), value in target.items()}
        return not any(each.polynomial.substitute(values).value for each in self.generators)


class _PartIdeal(NamedTuple):
    """Generators in the cells of a part; `complete_to` is None when there are no others."""

    part: Part
    polynomials: list[Polynomial]
    complete_to: int | None
    degree: int | None
    claim: EliminationIdeal | None = None  # on what it rests, if not on linear algebra
    note: str = ""


def closure_ideal(
    product: SupportProduct,
    seconds: float | None = 10.0,
    memory_mb: int | None = 2048,
    *,
    singular: Singular | None = None,
) -> ClosureIdeal:
    """The ideal of the Zariski closure of a set of products, over Q; it is the same over R and over C.

    Parameters
    ----------
    product : SupportProduct
        Any number of factors.
    seconds, memory_mb : optional
        Limits on wall time, and on the memory of Singular's process in megabytes.
    singular : Singular, optional
        Where it is missing or fails, linear algebra finds the generators up to a degree.

    Returns
    -------
    ClosureIdeal
        Not `complete` when the limits were too tight, with the reason in its `notes`.

    Raises
    ------
    BudgetExceeded
        If the product is too large for dimension and rank, see :func:`closedness.closure.dimension.closure`.
    BackendError
        If what Singular said was found to be wrong.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> found = closure_ideal(SupportProduct.from_text("1/1 * 111"))
    >>> print(*(each.polynomial for each in found.generators), sep=", ")
    a_0_0*a_1_1 - a_0_1*a_1_0, a_0_0*a_1_2 - a_0_2*a_1_0, a_0_1*a_1_2 - a_0_2*a_1_1
    >>> found.dimension, found.conditions
    (4, 'ideal')
    """
    budget = Budget(seconds)
    known = closure_of(product)
    engine = singular or Singular()
    cells = tuple((i, j) for i, row in enumerate(product.support.rows) for j in row)
    if known.dense:
        return ClosureIdeal(known, (), True, None, True, 1, conditions="ideal")
    try:
        found = _part_ideals([part for part in parts(product) if part.codimension], budget, memory_mb, engine)
    except BudgetExceeded as error:
        return ClosureIdeal(known, (), False, 1, True, None, notes=(str(error),))
    embedded = [_embedded(poly, each.part.cells, cells) for each in found for poly in each.polynomials]
    notes = [each.note for each in found if each.note]
    grading = Grading(cells)
    minimal = True
    try:
        minors = list(minors_of(cells, known.conditions or ()))
        chosen = generating(grading, [*(each.polynomial for each in minors), *embedded], budget)
    except BudgetExceeded as error:
        notes.append(f"not minimal: {error}")
        minimal, minors, chosen = False, [], embedded
    relation, outside = _relation(grading, known, chosen, minors, minimal, budget)
    trusted = set()
    claims = [each.claim for each in found if each.claim is not None]
    if claims:  # what linear algebra finds is expanded already
        unverified = [poly for poly in chosen if not _vanishes(product, cells, poly, minors, budget)]
        if unverified:
            notes.append(f"no time left to expand {len(unverified)} generators")
            trusted |= {claim.engine for claim in claims}
    for part, claim in {each.part.shape: (each.part, each.claim) for each in found}.values():
        if claim is not None:
            try:
                _verify(part, claim, budget)
            except BudgetExceeded as error:
                notes.append(str(error))
                trusted.add(claim.engine)
    ceiling = known.cells - tangent_codimension(product, cells, chosen)
    ends = [each.complete_to for each in found if each.complete_to is not None]
    degrees = [each.degree for each in found if each.degree is not None]
    whole = len(degrees) == len(found)
    words = {each.claim.engine for each in found if each.claim is not None and each.part.codimension > 1}
    return ClosureIdeal(
        known._replace(at_most=min(known.at_most, ceiling)),
        _sorted(grading, chosen, minors),
        not ends,
        min(ends, default=None),
        minimal,
        math.prod(degrees) if whole else None,
        tuple(sorted(trusted)),
        tuple(sorted(words)) if whole else (),
        relation,
        outside,
        tuple(dict.fromkeys(notes)),
    )


def _part_ideals(
    pieces: Sequence[Part], budget: Budget, memory_mb: int | None, engine: Singular
) -> list[_PartIdeal]:
    """The ideals of all parts, computed once for parts that differ in names only."""
    shapes = {part.shape: part for part in pieces}
    found = {
        shape: _part_ideal(part, budget.part(0.7 / (len(shapes) - number)), memory_mb, engine)
        for number, (shape, part) in enumerate(shapes.items())
    }
    return [found[part.shape]._replace(part=part) for part in pieces]


def _part_ideal(part: Part, budget: Budget, memory_mb: int | None, engine: Singular) -> _PartIdeal:
    note = "singular is not installed"
    if engine.available:
        try:
            claim = elimination_ideal(part, budget.part(0.8).left(), memory_mb, singular=engine)
        except BackendError as error:
            note = str(error)
        else:
            if claim.dimension != part.dimension:
                raise BackendError(
                    f"{claim.engine} says that a part of the closure has dimension {claim.dimension}, "
                    f"but the Jacobian has rank {part.dimension}"
                )
            return _PartIdeal(part, claim.ideal(), None, claim.degree, claim)
    # the first polynomial found has the least degree, so it is irreducible, and alone where it is the only equation
    found, last = kernel_generators(part, budget, LAST_DEGREE, lambda polys: part.codimension == 1 and bool(polys))
    if part.codimension == 1 and found:
        return _PartIdeal(part, found, None, total_degree(found[0]))
    return _PartIdeal(part, found, last, None, note=note)


def _verify(part: Part, claim: EliminationIdeal, budget: Budget) -> None:
    """Prove that the polynomials without factor entries, if they vanish on the set, generate the ideal.

    Raises
    ------
    BackendError
        If the claim is wrong.
    BudgetExceeded
        If time is up before that is known.
    """
    ideal = claim.ideal()
    if part.codimension == 1 and len(ideal) == 1 and irreducible(ideal[0]):
        return
    check = BasisCheck(claim.basis, claim.eliminated)
    if not (check.vanishes_modulo(graph_of(part), budget) and check.verified(budget)):
        raise BackendError(f"{claim.engine} gave an elimination basis that is none")


def _embedded(poly: Polynomial, cells: Sequence[Cell], all_cells: Sequence[Cell]) -> Polynomial:
    place = {cell: a for a, cell in enumerate(cells)}
    return {tuple(key[place[cell]] if cell in place else 0 for cell in all_cells): value for key, value in poly.items()}


def _vanishes(
    product: SupportProduct, cells: Sequence[Cell], poly: Polynomial, minors: Sequence[Minor], budget: Budget
) -> bool:
    """By expansion; a minor of a rank condition vanishes by the theorem, too."""
    if not budget.expired() and expansion_terms(product, cells, poly):
        if not vanishes(product, cells, poly):
            raise BackendError("singular gave a polynomial that does not vanish on the products")
        return True
    return any(each.polynomial == poly for each in minors)


def _sorted(grading: Grading, chosen: Sequence[Polynomial], minors: Sequence[Minor]) -> tuple[Generator, ...]:
    known = {tuple(each.polynomial.items()): each for each in minors}
    found = []
    for poly in chosen:
        minor = known.get(tuple(poly.items())) or recognised(grading, poly)
        degree = grading.of(poly)
        assert degree is not None
        rows = tuple(i for i, e in zip(grading.rows, degree.rows, strict=True) if e)
        columns = tuple(j for j, e in zip(grading.columns, degree.columns, strict=True) if e)
        condition = None if minor is None else minor.condition
        found.append(Generator(_named(poly, grading.cells), rows, columns, minor is not None, condition))

    def order(each: Generator) -> tuple[bool, bool, int]:
        return (each.condition is None, not each.minor, each.degree)

    return tuple(sorted(found, key=order))


def _named(poly: Polynomial, cells: Sequence[Cell]) -> Poly:
    names = [f"a_{i}_{j}" for i, j in cells]
    return Poly(
        tuple(
            (Fraction(value), tuple(name for name, e in zip(names, exponents, strict=True) for _ in range(e)))
            for exponents, value in poly.items()
        )
    )


# -------------------------------------------------------------------- what the rank conditions alone say


def _relation(
    grading: Grading,
    known: Closure,
    chosen: Sequence[Polynomial],
    minors: Sequence[Minor],
    minimal: bool,
    budget: Budget,
) -> tuple[Literal["ideal", "set", "larger", "unknown"], dict[Cell, Fraction] | None]:
    """Exact: linear algebra, powers, and matrices with ones at the cells of one monomial."""
    if known.conditions is None or not minimal:
        return "unknown", None
    of_conditions = [each.polynomial for each in minors]
    others = [poly for poly in chosen if poly not in of_conditions]
    if not others:
        return "ideal", None
    for poly in others:
        for exponents in poly:
            ones = tuple(int(e > 0) for e in exponents)
            if _at_ones(poly, ones) and not any(_at_ones(each, ones) for each in of_conditions):
                point = {cell: Fraction(1) for cell, e in zip(grading.cells, ones, strict=True) if e}
                return "larger", point
    try:
        for poly in others:
            if not any(
                not generating(grading, [_power(poly, power)], budget, known=of_conditions)
                for power in range(2, HIGHEST_POWER + 1)
            ):
                return "unknown", None
    except BudgetExceeded:
        return "unknown", None
    return "set", None


def _at_ones(poly: Polynomial, ones: Sequence[int]) -> int:
    return sum(value for key, value in poly.items() if all(one or not e for one, e in zip(ones, key, strict=True)))


def _power(poly: Polynomial, exponent: int) -> Polynomial:
    result = poly
    for _ in range(exponent - 1):
        product: Polynomial = {}
        for left, a in result.items():
            for right, b in poly.items():
                key = tuple(map(sum, zip(left, right, strict=True)))
                product[key] = product.get(key, 0) + a * b
        result = {key: value for key, value in product.items() if value}
    return result
