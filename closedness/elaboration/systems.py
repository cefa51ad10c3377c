"""What the rules know on a branch of a proof: the checker's system, and equations that were solved for a variable."""

from __future__ import annotations

from typing import Any

from closedness.check import (
    CONSTANT,
    ONE,
    Poly,
    Rejected,
    _plus,
    _power,
    _State,
    _System,
    _times,
)

__all__ = ["Solved", "by_degree", "solved", "substitute"]


def by_degree(poly: Poly, name: str) -> dict[int, Poly]:
    """The coefficients of the powers of a variable."""
    parts: dict[int, Poly] = {}
    for monomial, value in poly.items():
        degree = next((e for variable, e in monomial if variable == name), 0)
        parts.setdefault(degree, {})[tuple(power for power in monomial if power[0] != name)] = value
    return parts


def substitute(poly: Poly, name: str, c: Poly, d: Poly) -> Poly:
    """Return ``c^e · poly(name = -d/c)``, with the degree ``e``."""
    if not any(variable == name for monomial in poly for variable, _ in monomial):
        return poly
    parts, minus = by_degree(poly, name), _times(d, {ONE: -1})
    total: Poly = {}
    for e, part in parts.items():
        total = _plus(total, _times(_times(part, _power(minus, e)), _power(c, max(parts) - e)))
    return total


class Solved(_System):
    """A system with substitutions ``name = -d/c`` in their order; each ``c`` is a product of units."""

    def __init__(
        self,
        relations: list[Poly],
        units: dict[str | int, Poly],
        state: _State | None = None,
        entries: dict[tuple[int, int], Poly] | None = None,
    ) -> None:
        super().__init__(relations, units, state, entries)
        self.made: list[tuple[str, Poly, Poly]] = []

    @classmethod
    def of(cls, system: _System) -> Solved:
        """The same, before anything is solved."""
        return cls(system.relations, system.units, system.state, system.entries)

    def copy(self) -> Solved:
        """Another one with the same content."""
        other = Solved(self.relations, self.units, self.state, self.entries)
        other.made, other.count = list(self.made), self.count
        return other

    def reduced(self, poly: Poly) -> Poly:
        """A polynomial after all substitutions, times a product of units."""
        for name, c, d in self.made:
            poly = substitute(poly, name, c, d)
        return poly

    def zero(self, name: str) -> None:
        """Put a variable to 0."""
        self.put(name, CONSTANT, {})

    def put(self, name: str, c: Poly, d: Poly) -> None:
        """Substitute ``-d/c`` for a variable."""
        self.made.append((name, c, d))
        self.relations = [self.tidy(substitute(poly, name, c, d)) for poly in self.relations]


def solved(system: Solved, number: int, name: str, leading: Any) -> Solved:
    """A relation ``c·v + d``, with a product of units as ``c``, gives ``v = -d/c``.

    Raises
    ------
    Rejected
        When the relation is not of this form.
    """
    parts = by_degree(system.combination([(number, CONSTANT)]), name)
    if max(parts, default=0) != 1 or not system.same(parts[1], system.product(leading)):
        raise Rejected("the relation cannot be solved for the variable")
    fewer = system.copy()
    fewer.put(name, parts[1], parts.get(0, {}))
    return fewer
