"""Exact polynomial equations over Q and the elementary steps that simplify them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flint import fmpq_mpoly

Terms = dict[tuple[int, ...], int]
Scaling = tuple[tuple[int, int], dict[int, int]]


@dataclass(frozen=True)
class System:
    """Equations ``f = 0`` with their symmetries.

    Parameters
    ----------
    names : tuple of str
        The variables.
    context : fmpz_mpoly_ctx
        The polynomial ring over the integers.
    equations : dict of str to fmpz_mpoly
        Label and left-hand side of each equation.
    scalings : tuple of (name, weights)
        Tori that act on the solutions: `weights` maps variable positions to exponents; every
        equation is homogeneous for each of them.
    """

    names: tuple[str, ...]
    context: fmpz_mpoly_ctx
    equations: dict[str, fmpz_mpoly]
    scalings: tuple[Scaling, ...] = ()

    @classmethod
    def build(
        cls,
        names: Sequence[str],
        equations: Mapping[str, Mapping[tuple[int, ...], Fraction | int]],
        scalings: Iterable[Scaling] = (),
    ) -> System:
        """Build from monomials given as tuples of variable positions, with repetition."""
        context = fmpz_mpoly_ctx.get(tuple(names), Ordering.degrevlex)
        polys: dict[str, fmpz_mpoly] = {}
        for label, terms in equations.items():
            scale = lcm(1, *(Fraction(value).denominator for value in terms.values()))
            coefficients: Terms = {}
            for positions, value in terms.items():
                exponents = [0] * len(names)
                for position in positions:
                    exponents[position] += 1
                key = tuple(exponents)
                coefficients[key] = coefficients.get(key, 0) + int(value * scale)
            polys[label] = context.from_dict(coefficients)
        return cls(tuple(names), context, polys, tuple(scalings))

    def encode(self, poly: fmpz_mpoly | fmpq_mpoly) -> list[list[Any]]:
        """Write a polynomial as ``[[coefficient, [[variable, exponent], ...]], ...]``."""
        return [
            [str(c), [[self.names[v], int(e)] for v, e in enumerate(m) if e]]
            for m, c in poly.to_dict().items()
        ]


@dataclass(frozen=True)
class Substitution:
    """One step of back-substitution: ``variable = -rest/leading``, or a constant value."""

    variable: int
    leading: fmpz_mpoly
    rest: fmpz_mpoly

    @property
    def parts(self) -> tuple[int, fmpz_mpoly, fmpz_mpoly]:
        """The arguments of `substitute`."""
        return self.variable, self.leading, self.rest


class Branch:
    """The equations that are left on one branch of a case distinction; cheap to copy.

    Attributes
    ----------
    equations : dict of str to fmpz_mpoly
        What must still vanish, without contents and without factors that cannot vanish.
    nonzero : frozenset of int
        Variables known to be non-zero.
    units : tuple of fmpz_mpoly
        Further irreducible polynomials known to be non-zero.
    """

    __slots__ = ("equations", "nonzero", "scalings", "system", "trail", "units")

    def __init__(self, system: System, nonzero: Iterable[int] = ()) -> None:
        self.system = system
        self.equations = dict(system.equations)
        self.nonzero = frozenset(nonzero)
        self.units: tuple[fmpz_mpoly, ...] = ()
        self.scalings = system.scalings
        self.trail: tuple[Substitution, ...] = ()
        self.tidy(list(self.equations))

    def copy(self) -> Branch:
        """Return an independent branch with the same content."""
        other = object.__new__(Branch)
        other.system = self.system
        other.equations = dict(self.equations)
        other.nonzero = self.nonzero
        other.units = self.units
        other.scalings = self.scalings
        other.trail = self.trail
        return other

    def tidy(self, labels: Iterable[str]) -> None:
        """Divide contents and non-vanishing factors out of the named equations; drop zeros."""
        for label in labels:
            poly = self.equations.get(label)
            if poly is None:
                continue
            if poly.is_zero():
                del self.equations[label]
            else:
                self.equations[label] = self.reduced(poly)

    def reduced(self, poly: fmpz_mpoly) -> fmpz_mpoly:
        """Remove the content and all factors known to be non-zero."""
        if self.nonzero:
            monomials = poly.monoms()
            low = [0] * len(self.system.names)
            for v in self.nonzero:
                low[v] = min(int(m[v]) for m in monomials)
            if any(low):
                poly = self.system.context.from_dict(
                    {
                        tuple(int(a) - b for a, b in zip(m, low, strict=True)): c
                        for m, c in poly.to_dict().items()
                    }
                )
        for unit in self.units:
            while True:
                quotient, remainder = divmod(poly, unit)
                if not remainder.is_zero():
                    break
                poly = quotient
        return poly.primitive()[1]

    def is_unit(self, poly: fmpz_mpoly) -> bool:
        """True for a non-zero constant times factors known to be non-zero."""
        if poly.is_zero():
            return False
        if len(poly) == 1:
            return all(not e or v in self.nonzero for v, e in enumerate(poly.monoms()[0]))
        return bool(self.units) and self.reduced(poly).is_constant()

    def assign(self, v: int, value: int) -> None:
        """Give the variable a constant value."""
        name = self.system.names[v]
        touched = [label for label, poly in self.equations.items() if poly.degrees()[v]]
        for label in touched:
            self.equations[label] = self.equations[label].subs({name: value})
        constant = self.system.context.constant
        self.nonzero = self.nonzero - {v}
        self.trail = (*self.trail, Substitution(v, constant(1), constant(-value)))
        self.tidy(touched)

    def mark(self, v: int) -> None:
        """Record that the variable is not zero."""
        self.nonzero = self.nonzero | {v}
        self.tidy([label for label, poly in self.equations.items() if poly.degrees()[v]])

    def scale(self, position: int, v: int) -> None:
        """Use up one scaling to make a non-zero variable equal to one.

        Other scalings that move the variable are lost: they would make it different from one again.
        """
        self.scalings = tuple(
            scaling
            for other, scaling in enumerate(self.scalings)
            if other != position and v not in scaling[1]
        )
        self.assign(v, 1)

    def solve(self, label: str, v: int) -> None:
        """Solve the equation ``c·v + d = 0``, c non-vanishing, for `v`; substitute elsewhere."""
        c, d = self.linear(self.equations.pop(label), v)
        touched = [other for other, poly in self.equations.items() if poly.degrees()[v]]
        for other in touched:
            self.equations[other] = substitute(self.equations[other], v, c, d)
        self.nonzero = self.nonzero - {v}
        self.trail = (*self.trail, Substitution(v, c, d))
        self.tidy(touched)

    def linear(self, poly: fmpz_mpoly, v: int) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """Split a polynomial of degree at most one in `v` into ``c`` and ``d`` with ``c·v + d``."""
        c = poly.derivative(v)
        return c, poly - c * self.system.context.gen(v)


def by_degree(poly: fmpz_mpoly, v: int) -> dict[int, fmpz_mpoly]:
    """Coefficients of the powers of one variable."""
    parts: dict[int, Terms] = {}
    for monomial, coefficient in poly.to_dict().items():
        key = tuple(0 if u == v else int(e) for u, e in enumerate(monomial))
        parts.setdefault(int(monomial[v]), {})[key] = int(coefficient)
    context = poly.context()
    return {degree: context.from_dict(terms) for degree, terms in parts.items()}


def substitute(poly: fmpz_mpoly, v: int, c: fmpz_mpoly, d: fmpz_mpoly) -> fmpz_mpoly:
    """Return ``c^deg · poly(v = -d/c)``."""
    degree = int(poly.degrees()[v])
    if degree == 1:
        slope = poly.derivative(v)
        return c * (poly - slope * poly.context().gen(v)) - d * slope
    total = poly.context().constant(0)
    for e, part in by_degree(poly, v).items():
        total += part * (-d) ** e * c ** (degree - e)
    return total


def cannot_vanish(monomials: Sequence[tuple[int, ...]], nonzero: frozenset[int]) -> int | None:
    """A variable whose vanishing would make a non-vanishing monomial equal to zero."""
    for rest in monomials:
        if any(e and v not in nonzero for v, e in enumerate(rest)):
            continue
        others = [m for m in monomials if m is not rest]
        for v, e in enumerate(others[0]):
            if e and not rest[v] and v not in nonzero and all(m[v] for m in others):
                return v
    return None


def evaluate(poly: fmpz_mpoly, values: Mapping[int, Fraction]) -> Fraction:
    """Evaluate at a rational point given by variable positions."""
    total = Fraction(0)
    for monomial, coefficient in poly.to_dict().items():
        term = Fraction(int(coefficient))
        for v, e in enumerate(monomial):
            if e:
                term *= values[v] ** int(e)
        total += term
    return total
