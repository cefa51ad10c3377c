"""What a proof of format 1 knows on a branch, and the names that the checker has for it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from closedness.check import CONSTANT, ONE, Monomial, Poly, _monomial_times, _power, _System, _times
from closedness.elaboration.systems import Solved, by_degree

__all__ = ["Branch", "Units", "parsed", "poly_text", "variable_of"]

Units = tuple[Fraction, dict["str | int", int]]  # a number and powers
UNIT: Units = (Fraction(1), {})


def parsed(node: Any) -> Poly:
    """A polynomial as written."""
    return {tuple(sorted((str(v), int(e)) for v, e in powers)): Fraction(c) for c, powers in node if Fraction(c)}


def poly_text(poly: Poly) -> list[Any]:
    """A polynomial as it is written.

    Examples
    --------
    >>> poly_text({(("x", 2),): Fraction(1, 2), (): Fraction(-1)})
    [['1/2', [['x', 2]]], ['-1', []]]
    """
    return [[str(value), [list(power) for power in monomial]] for monomial, value in poly.items()]


def units_text(units: Units) -> list[Any]:
    """A product of units as it is written."""
    return [str(units[0]), [[name, e] for name, e in units[1].items() if e]]


def times_units(a: Units, b: Units, power: int = 1) -> Units:
    powers = dict(a[1])
    for name, e in b[1].items():
        powers[name] = powers.get(name, 0) + power * e
    return a[0] * b[0] ** power, {name: e for name, e in powers.items() if e}


def variable_of(poly: Poly) -> str | None:
    """The name, if the polynomial is a variable."""
    if len(poly) == 1:
        ((monomial, value),) = poly.items()
        if value == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            return monomial[0][0]
    return None


class Shown(NamedTuple):
    """A relation of format 1: the checker's number for it, or None when the checker has put it to zero.

    The one of format 1 times `units` is the one of the checker; powers may be negative.
    """

    number: int | None
    units: Units


class Branch:
    """A system, with the names of format 1."""

    def __init__(self, system: Solved) -> None:
        self.system = system
        self.leading: list[Units] = []  # of the substitutions
        self.units: dict[str, str | int] = {}  # names u:0, u:1, ...
        self.count = 0
        self.shown: list[Shown] = []  # relations of families, by number
        self.labels: dict[str, int | None] = {}  # equations of refutations, by label

    def copy(self, system: Solved) -> Branch:
        """The same names for another system."""
        other = Branch(system)
        other.leading, other.units, other.count = list(self.leading), dict(self.units), self.count
        other.shown, other.labels = list(self.shown), dict(self.labels)
        return other

    def named(self, number: str | int) -> None:
        """The next unit of format 1."""
        self.units[f"u:{self.count}"] = number
        self.count += 1

    def unit_product(self, node: Any) -> Units:
        """A unit product as format 1 writes it."""
        powers: dict[str | int, int] = {}
        for name, e in node["powers"]:
            new = self.units.get(name, name)
            powers[new] = powers.get(new, 0) + e
        return Fraction(node["constant"]), powers

    def expanded(self, units: Units) -> Poly:
        """A product of units with positive powers, as a polynomial."""
        total: Poly = CONSTANT if units[0] == 1 else {ONE: units[0]}
        for name, e in units[1].items():
            unit = self.system.units.get(name, {((str(name), 1),): Fraction(1)})
            total = _times(total, _power(unit, e))
        return total

    def added(self, poly: Poly) -> Units:
        """By what the checker multiplies a polynomial that becomes a relation."""
        factor = UNIT
        for (name, c, d), leading in zip(self.system.made, self.leading, strict=True):
            parts = by_degree(poly, name)
            degree = max(parts, default=0)
            if degree:
                single = Solved([], {})
                single.made = [(name, c, d)]
                poly = single.reduced(poly)
                factor = times_units(factor, leading, degree)
        low = lowest(poly, self.system)
        return times_units(factor, (Fraction(1), dict(low)), -1)

    def multiple(self, number: int, poly: Poly) -> Units | None:
        """The product of units by which a relation must be multiplied to give the polynomial, if there is one."""
        relation = self.system.relations[number]
        if not relation or len(relation) != len(poly):
            return None
        powers: dict[str | int, int] = dict(lowest(poly, self.system))
        for name, e in lowest(relation, self.system):
            powers[name] = powers.get(name, 0) - e
        raised = {name: e for name, e in powers.items() if e > 0}
        lowered = {name: -e for name, e in powers.items() if e < 0}
        a = {_monomial_times(m, _monomial(raised)): c for m, c in relation.items()}
        b = {_monomial_times(m, _monomial(lowered)): c for m, c in poly.items()}
        if a.keys() != b.keys():
            return None
        first = next(iter(a))
        ratio = Fraction(b[first]) / a[first]
        if any(b[m] != ratio * c for m, c in a.items()):
            return None
        return ratio, {name: e for name, e in powers.items() if e}


def _monomial(powers: dict[Any, int]) -> Monomial:
    return tuple(sorted((str(name), e) for name, e in powers.items()))


def lowest(poly: Poly, system: _System) -> Monomial:
    """The powers of variables among the units that divide a polynomial."""
    low: dict[str, int] | None = None
    for monomial in poly:
        powers = dict(monomial)
        known = powers if low is None else low
        low = {v: min(e, powers[v]) for v, e in known.items() if v in powers and v in system.units}
    return tuple((low or {}).items())
