"""Solutions of polynomial equations in a number field, found by substitution and verified exactly.

Where a system has solutions but no rational one, equations are solved for variables in which they are linear, other
variables get small rational values, and one irreducible equation in one variable defines the field. What is found is
put into all equations of the system and counts only if it solves them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpq_poly, fmpz_mpoly, fmpz_poly

from closedness.algebra.deadline import NEVER, Deadline
from closedness.algebra.numberfield import MOST_DEGREE, NumberField, TooLarge, real_roots, written
from closedness.algebra.polysystem import by_degree, substitute

if TYPE_CHECKING:
    from closedness.algebra.polysystem import Branch, System

__all__ = ["AlgebraicPoint", "algebraic_point", "value_at"]

# polynomials with more terms, or of higher degree in the variable solved for, end an attempt
MOST_MONOMIALS = 300
_VALUES = (1, -1, 2, 0, -2, 3, 5)


@dataclass(frozen=True)
class AlgebraicPoint:
    """Values in a number field for all variables of a system, verified by substitution.

    Attributes
    ----------
    field : NumberField
        With a real root whenever its polynomial has one.
    values : dict of str to fmpq_poly
    """

    field: NumberField
    values: dict[str, fmpq_poly]

    @property
    def real(self) -> bool:
        """Whether the values are real numbers."""
        return self.field.interval is not None

    def lines(self) -> list[str]:
        """The field and the values for readers."""
        found = [str(self.field)]
        for name, value in sorted(self.values.items()):
            approximate = f" = {self.field.number(value)}" if self.real and value.degree() > 0 else ""
            found.append(f"{name} = {written(value)}{approximate}")
        return found


def value_at(poly: fmpz_mpoly, values: Mapping[int, fmpq_poly], field: NumberField) -> fmpq_poly:
    """A polynomial at a point of a number field, exactly."""
    total = fmpq_poly([0])
    for monomial, coefficient in poly.to_dict().items():
        term = fmpq_poly([int(coefficient)])
        for v, e in enumerate(monomial):
            for _ in range(int(e)):
                term = field.times(term, values[v])
        total = total + term
    return total


def algebraic_point(
    system: System,
    branch: Branch,
    *,
    seed: int = 0,
    attempts: int = 4,
    budget: Deadline = NEVER,
) -> AlgebraicPoint | None:
    """Look for a solution of a system in a number field, among those of one branch of a case distinction.

    Parameters
    ----------
    system : System
    branch : Branch
        Equations that are left, and the substitutions that led to them.
    seed : int
        Seed of the values of free variables.
    attempts : int
        Other values and other orders of elimination are tried so many times.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    AlgebraicPoint or None
        Verified; with real values if that was possible.

    Examples
    --------
    >>> from closedness.algebra.polysystem import Branch, System
    >>> system = System.build(["x", "y"], {"f": {(0, 1): 1, (): -2}, "g": {(0,): 1, (1,): -1}})
    >>> found = algebraic_point(system, Branch(system))
    >>> found.real, str(found.field)
    (True, 'Q(t), t^2 - 2 = 0, t = 1.414213562…')
    """
    rng = random.Random(seed)
    complex_one = None
    for number in range(attempts):
        if budget.expired():
            return complex_one
        try:
            found = _Attempt(system, branch, rng, careful=number == 0).run()
        except TooLarge:
            continue
        if found is not None and found.real:
            return found
        complex_one = complex_one or found
    return complex_one


class _Attempt:
    """One elimination with one choice of values."""

    def __init__(self, system: System, branch: Branch, rng: random.Random, *, careful: bool) -> None:
        self.system = system
        self.trail = branch.trail
        self.nonzero = branch.nonzero
        self.rng = rng
        self.careful = careful
        self.width = len(system.names)
        self.equations = list(branch.equations.values())
        self.steps: list[tuple[int, fmpz_mpoly, fmpz_mpoly]] = []
        self.fixed: dict[int, Fraction] = {}
        self.generator = -1
        self.modulus: fmpz_mpoly | None = None
        self.field: NumberField | None = None

    def run(self) -> AlgebraicPoint | None:
        while self._tidy():
            if not self.equations:
                return self._complete()
            if not (self._define() or self._solve() or self._specialise()):
                return None
        return None

    # ---- elimination ---------------------------------------------------------------------------

    def _variables(self, poly: fmpz_mpoly) -> list[int]:
        return [v for v, degree in enumerate(poly.degrees()) if degree > 0 and v != self.generator]

    def _tidy(self) -> bool:
        """Reduce modulo the defining polynomial; False for an equation without solution or too long."""
        kept = []
        for poly in self.equations:
            if self.modulus is not None:
                poly = self._modulo(poly)
            if poly.is_zero():
                continue
            if not self._variables(poly) or len(poly) > MOST_MONOMIALS:
                return False
            kept.append(poly.primitive()[1])
        self.equations = sorted(kept, key=lambda poly: (len(self._variables(poly)), len(poly)))
        return True

    def _modulo(self, poly: fmpz_mpoly) -> fmpz_mpoly:
        assert self.modulus is not None
        v, top = self.generator, int(self.modulus.degrees()[self.generator])
        lead = int(self.modulus.leading_coefficient())
        variable = self.system.context.gens()[v]
        while (degree := int(poly.degrees()[v])) >= top and not poly.is_zero():
            poly = lead * poly - by_degree(poly, v)[degree] * variable ** (degree - top) * self.modulus
        return poly

    def _define(self) -> bool:
        """Take a value from an equation in one variable: rational, or the generator of the field."""
        poly = self.equations[0]
        inside = [v for v, degree in enumerate(poly.degrees()) if degree > 0]
        if len(inside) != 1:
            return False
        v = inside[0]
        coefficients = [0] * (int(poly.degrees()[v]) + 1)
        for monomial, value in poly.to_dict().items():
            coefficients[int(monomial[v])] = int(value)
        factors = [factor for factor, _ in fmpz_poly(coefficients).factor()[1]]
        linear = [factor for factor in factors if factor.degree() == 1]
        if linear:
            factor = self.rng.choice(linear)
            self._fix(v, Fraction(-int(factor[0]), int(factor[1])))
            return True
        if self.field is not None:
            raise TooLarge("a second field")
        usable = [factor for factor in factors if factor.degree() <= MOST_DEGREE]
        if not usable:
            raise TooLarge("the degree")
        places = [(factor, ends) for factor in usable for ends in real_roots(factor)]
        factor, ends = self.rng.choice(places) if places else (self.rng.choice(usable), None)
        self.field = NumberField(factor, ends)
        self.generator = v
        gens = self.system.context.gens()
        self.modulus = sum(
            (int(c) * gens[v] ** k for k, c in enumerate(self.field.polynomial.coeffs())),
            self.system.context.constant(0),
        )
        return True

    def _solve(self) -> bool:
        """Solve an equation for a variable in which it is linear; coefficients are assumed not to vanish."""
        best: tuple[tuple[int, int, float], int, int] | None = None
        for place, poly in enumerate(self.equations):
            degrees = poly.degrees()
            for v in self._variables(poly):
                if degrees[v] != 1:
                    continue
                having = [m for m in poly.monoms() if m[v]]
                elsewhere = sum(int(other.degrees()[v] > 0) for other in self.equations)
                cost = (len(having), len(poly) * elsewhere, 0.0 if self.careful else self.rng.random())
                if best is None or cost < best[0]:
                    best = (cost, place, v)
        if best is None:
            return False
        _, place, v = best
        parts = by_degree(self.equations.pop(place), v)
        c, d = parts[1], parts.get(0, self.system.context.constant(0))
        self.steps.append((v, c, d))
        self.equations = [
            substitute(poly, v, c, d) if poly.degrees()[v] > 0 else poly for poly in self.equations
        ]
        return True

    def _specialise(self) -> bool:
        """Give a variable of the shortest equation with several variables a value."""
        choices = self._variables(self.equations[0])
        if self.generator < 0 and len(choices) < 2:
            return False
        v = self.rng.choice(choices)
        values = [x for x in _VALUES if x or v not in self.nonzero]
        self._fix(v, Fraction(values[0] if self.careful else self.rng.choice(values)))
        return True

    def _fix(self, v: int, value: Fraction) -> None:
        self.fixed[v] = value
        numerator = self.system.context.constant(-value.numerator)
        self.equations = [
            substitute(poly, v, self.system.context.constant(value.denominator), numerator)
            if poly.degrees()[v] > 0
            else poly
            for poly in self.equations
        ]

    # ---- going back ----------------------------------------------------------------------------

    def _complete(self) -> AlgebraicPoint | None:
        """Values for all variables; None if a coefficient vanishes or an equation does not hold."""
        if self.field is None:
            return None
        field = self.field
        solved = {v for v, _, _ in self.steps} | {step.variable for step in self.trail}
        values: dict[int, fmpq_poly] = {}
        for v in range(self.width):
            if v == self.generator:
                values[v] = field.theta
            elif v in self.fixed:
                values[v] = field.rational(self.fixed[v])
            elif v not in solved:
                free = 1 if v in self.nonzero or self.careful else self.rng.choice(_VALUES)
                values[v] = field.rational(free)
        going_back: Iterable[tuple[int, fmpz_mpoly, fmpz_mpoly]] = [
            *((step.variable, step.leading, step.rest) for step in self.trail),
            *self.steps,
        ]
        for v, c, d in reversed(list(going_back)):
            leading = value_at(c, values, field)
            if leading.is_zero():
                return None
            values[v] = field.times(-value_at(d, values, field), field.inverse(leading))
        if any(not value_at(poly, values, field).is_zero() for poly in self.system.equations.values()):
            return None
        return AlgebraicPoint(field, {name: values[v] for v, name in enumerate(self.system.names)})
