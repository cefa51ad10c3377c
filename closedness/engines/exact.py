"""Models of engines as exact numbers: algebraic ones in one number field, verified by substitution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpq_poly

from closedness.algebra.numberfield import NumberField, TooLarge, common_field, real_roots
from closedness.engines.base import Algebraic, Value
from closedness.engines.sentences.logic import And, Atom, Formula, Not, Or
from closedness.engines.sentences.polynomials import Poly
from closedness.errors import BackendError

__all__ = ["ExactModel", "exact_model"]

_HALVINGS = 2_000


@dataclass(frozen=True)
class ExactModel:
    """The values of a model in one number field, or rational ones.

    Attributes
    ----------
    field : NumberField or None
        None for rational values.
    values : dict of str to fmpq_poly
        Polynomials in the generator of the field; constants if there is none.
    """

    field: NumberField | None
    values: dict[str, fmpq_poly]

    def at(self, poly: Poly) -> fmpq_poly:
        """A polynomial at the model, exactly.

        Raises
        ------
        TooLarge
            If numbers get too long.
        BackendError
            If the model leaves a variable open.
        """
        total = fmpq_poly([0])
        for coefficient, names in poly.monomials:
            term = fmpq_poly([fmpq(coefficient.numerator, coefficient.denominator)])
            for name in names:
                if name not in self.values:
                    raise BackendError(f"a model leaves {name} open")
                term = term * self.values[name]
                if self.field is not None:
                    term = self.field.reduced(term)
            total = total + term
        return total

    def sign(self, poly: Poly) -> int:
        """The sign of a polynomial at the model, exactly."""
        value = self.at(poly)
        if self.field is not None:
            return self.field.sign(value)
        return int(value[0] > 0) - int(value[0] < 0)

    def satisfies(self, formula: Formula) -> bool:
        """Whether a formula without quantifiers holds at the model.

        Raises
        ------
        TooLarge
            If numbers get too long.
        BackendError
            If the formula has quantifiers, or variables that the model leaves open.
        """
        if isinstance(formula, Atom):
            sign = self.sign(formula.left - formula.right)
            return {"=": sign == 0, "!=": sign != 0, "<": sign < 0, "<=": sign <= 0}[formula.relation]
        if isinstance(formula, And):
            return all(self.satisfies(part) for part in formula.parts)
        if isinstance(formula, Or):
            return any(self.satisfies(part) for part in formula.parts)
        if isinstance(formula, Not):
            return not self.satisfies(formula.part)
        raise BackendError("a formula with quantifiers is not verified by substitution")

    def value(self, poly: Poly) -> Value:
        """A polynomial at the model as a number by itself: a root of its minimal polynomial, isolated.

        Raises
        ------
        TooLarge
            If numbers get too long.
        """
        element = self.at(poly)
        if self.field is None or element.degree() <= 0:
            return Fraction(int(element[0].p), int(element[0].q))
        degree = self.field.polynomial.degree()
        powers = [self.field.times(element, fmpq_poly([0] * power + [1])) for power in range(degree)]
        minimal = fmpq_mat([[row[c] for c in range(degree)] for row in powers]).minpoly().numer()
        places = real_roots(minimal)
        for _ in range(_HALVINGS):
            low, high = self.field.bounds(element)
            near = [place for place in places if place[0] <= high and place[1] >= low]
            if len(near) == 1:
                return Algebraic(tuple(int(c) for c in minimal.coeffs()), near[0])
            self.field.halved()
        raise TooLarge("the roots of a minimal polynomial were not told apart")

    def lines(self) -> list[str]:
        """The values for readers."""
        number = str if self.field is None else self.field.number
        head = [] if self.field is None else [str(self.field)]
        return [*head, *(f"{name} = {number(value)}" for name, value in sorted(self.values.items()))]


def exact_model(model: Mapping[str, Value]) -> ExactModel:
    """Bring the values of a model into one number field.

    Raises
    ------
    TooLarge
        If the field or its numbers are beyond the limits of :mod:`closedness.algebra.numberfield`.
    ValueError
        If a value is not given by an irreducible polynomial and an isolating interval.

    Examples
    --------
    >>> root = Algebraic((-2, 0, 1), (Fraction(1), Fraction(2)))
    >>> from closedness.engines.sentences.polynomials import constant, variable
    >>> found = exact_model({"x": root, "y": Fraction(1, 2)})
    >>> found.satisfies(Atom(variable("x") * variable("x") * variable("y"), "=", constant(1)))
    True
    """
    algebraic = {name: value for name, value in model.items() if isinstance(value, Algebraic)}
    values = {
        name: fmpq_poly([fmpq(value.numerator, value.denominator)])
        for name, value in model.items()
        if isinstance(value, Fraction)
    }
    if not algebraic:
        return ExactModel(None, values)
    field, elements = common_field([(value.polynomial, value.interval) for value in algebraic.values()])
    return ExactModel(field, {**values, **dict(zip(algebraic, elements, strict=True))})
