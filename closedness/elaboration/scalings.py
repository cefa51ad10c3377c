"""Refutations without scalings: what the rules say of a matrix after a variable was scaled to one, said of it before.

When a variable `v` of a hidden index is not zero, the factors may be scaled such that it is one: every other entry `x`
of the hidden index is then `x v` or `x / v`. A polynomial in the new entries is one in the old ones over a power of
`v`, so each step after the scaling is one without it, with powers of `v` put in.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from closedness.check import CONSTANT, ONE, Number, Poly, Rejected
from closedness.elaboration.branches import UNIT, Units, parsed, poly_text, times_units, units_text, variable_of
from closedness.elaboration.side_by_side import SideBySide
from closedness.elaboration.systems import Solved, solved
from closedness.elaboration.tables import Growth, Table, written

__all__ = ["scaled", "without_scalings"]

Node = dict[str, Any]


class Scaling(NamedTuple):
    """The variable of a hidden index that was put to one."""

    name: str
    level: int
    k: int

    def weight(self, name: str) -> int:
        """1 for entries of column `k` of the factor, -1 for those of row `k` of the next one."""
        parts = name.split(":")
        if len(parts) != 3:
            return 0
        factor, i, j = parts
        return (factor == str(self.level) and j == str(self.k)) - (factor == str(self.level + 1) and i == str(self.k))


def scaled(system: Solved, scaling: Scaling) -> Solved:
    """The system in the scaled variables.

    Raises
    ------
    Rejected
        When the variable may be zero, or something is not homogeneous.
    """
    if scaling.name not in system.units or scaling.weight(scaling.name) == 0:
        raise Rejected(f"{scaling.name[:30]!r} cannot be scaled to 1")
    for poly in (*system.relations, *map(system.reduced, system.units.values())):
        if len({sum(e * scaling.weight(name) for name, e in monomial) for monomial in poly}) > 1:
            raise Rejected("a relation or a unit is not homogeneous for the scaling")
    other = system.copy()
    other.put(scaling.name, CONSTANT, {ONE: -1})
    return other


class Both(NamedTuple):
    """One branch in the scaled variables and in the plain ones.

    Relations and units of the plain one are those of the scaled one, with powers of scaled variables put in, times
    these monomials; powers may be negative. A relation that is zero has none.
    """

    rich: Solved
    plain: Solved
    scalings: tuple[Scaling, ...] = ()
    ratios: tuple[Units | None, ...] = ()

    def laurent(self, poly: Poly) -> dict[Any, Number]:
        """A polynomial in the scaled variables as one in the plain ones; exponents may be negative."""
        found: dict[Any, Number] = {}
        for monomial, value in poly.items():
            powers = dict(monomial)
            for scaling in reversed(self.scalings):
                weight = sum(e * scaling.weight(name) for name, e in powers.items())
                if weight:
                    e = powers.pop(scaling.name, 0) - weight * scaling.weight(scaling.name)
                    powers.update({scaling.name: e} if e else {})
            found[tuple(sorted(powers.items()))] = value
        return found

    def cleared(self, poly: Poly) -> Poly:
        """The same times the least monomial that makes it a polynomial."""
        return shifted(self.laurent(poly), lacking([self.laurent(poly)]))

    def against(self, poly: Poly, plain: Poly) -> Units | None:
        """The monomial by which the former must be multiplied to give the latter."""
        own = self.laurent(poly)
        if not own and not plain:
            return None
        # a monomial order is kept by the product with a monomial
        first, second = (min(each, key=graded) if each else () for each in (own, plain))
        powers: dict[str | int, int] = dict(second)
        for name, e in first:
            powers[name] = powers.get(name, 0) - e
        ratio = Fraction(plain.get(second, 0)) / Fraction(own.get(first, 1))
        powers = {name: e for name, e in powers.items() if e}
        if not ratio or shifted(own, (ratio, powers)) != plain:
            raise Rejected("a relation is another one without the scaling")
        return ratio, powers

    def followed(self, rich: Solved, plain: Solved) -> Both:
        """The branch after a step."""
        pairs = zip(rich.relations, plain.relations, strict=True)
        return self._replace(
            rich=rich, plain=plain, ratios=tuple(self.against(own, other) for own, other in pairs)
        )

    def unit(self, name: str | int) -> Units:
        """What a unit is multiplied by."""
        if isinstance(name, str) and any(scaling.name == name for scaling in self.scalings):
            return Fraction(1), {name: 1}
        return self.against(self.rich.units[name], self.plain.units[name]) or UNIT

    def combination(self, terms: Any, value: Any = None, squares: Any = ()) -> tuple[list[Any], Units, list[Any]]:
        """Terms, value and squares, all multiplied by one monomial."""
        found = []
        for number, multiplier in terms:
            if (ratio := self.ratios[number]) is not None:
                found.append((number, self.laurent(parsed(multiplier)), times_units(UNIT, ratio, -1)))
        product: Units = UNIT
        roots = [(Fraction(weight), self.laurent(parsed(root))) for weight, root in squares]
        if value is not None:
            product = Fraction(value[0]), dict(value[1])
            for name, e in value[1]:
                product = times_units(product, self.unit(name), -e)
        most: dict[Any, int] = {name: -e for name, e in product[1].items() if e < 0}
        for _, poly, ratio in found:
            for name, e in lacking([shifted(poly, (Fraction(1), ratio[1]))])[1].items():
                most[name] = max(most.get(name, 0), e)
        if roots:
            for name, e in lacking([root for _, root in roots])[1].items():
                most[name] = max(most.get(name, 0), 2 * e)
            most = {name: e + e % 2 for name, e in most.items()}
        common: Units = (Fraction(1), most)
        half: Units = (Fraction(1), {name: e // 2 for name, e in most.items()})
        listed = [[number, poly_text(shifted(poly, times_units(ratio, common)))] for number, poly, ratio in found]
        new = [[str(weight), poly_text(shifted(root, half))] for weight, root in roots]
        return listed, times_units(product, common), new


def graded(monomial: Any) -> Any:
    """For comparing the monomials of one polynomial: lexicographic, so that products keep the order."""
    return Lexicographic(dict(monomial))


class Lexicographic:
    """A monomial that is compared by the exponent of the first variable in which two differ."""

    def __init__(self, powers: dict[str, int]) -> None:
        self.powers = powers

    def __lt__(self, other: Lexicographic) -> bool:
        for name in sorted(self.powers.keys() | other.powers.keys()):
            a, b = self.powers.get(name, 0), other.powers.get(name, 0)
            if a != b:
                return a < b
        return False


def shifted(poly: dict[Any, Number], by: Units) -> Poly:
    """The product with a monomial."""
    found: Poly = {}
    for monomial, value in poly.items():
        powers = dict(monomial)
        for name, e in by[1].items():
            powers[str(name)] = powers.get(str(name), 0) + e
        found[tuple(sorted((name, e) for name, e in powers.items() if e))] = by[0] * value
    return found


def lacking(polys: list[dict[Any, Number]]) -> Units:
    """The least monomial that makes all of them polynomials."""
    most: dict[str | int, int] = {}
    for poly in polys:
        for monomial in poly:
            for name, e in monomial:
                most[name] = max(most.get(name, 0), -e)
    return Fraction(1), {name: e for name, e in most.items() if e > 0}


def without_scalings(relations: list[Poly], nodes: list[Node]) -> list[Node]:
    """The table of a refutation without its steps `scale`."""
    if not any(node["do"] == "scale" for node in nodes):
        return nodes
    start = Both(Solved(relations, {}), Solved(relations, {}))
    start = start.followed(start.rich, start.plain)
    follower = _Unscaled(nodes, "no_product")
    return written((len(nodes) - 1, start), follower.grow)


class _Unscaled(SideBySide):
    """Follows a table in both kinds of variables."""

    def grow(self, table: Table, wanted: tuple[int, Both]) -> Growth:
        position, both = wanted
        node = self.nodes[position]
        kind = node["do"]
        if kind == "scale":
            scaling = Scaling(node["variable"], *node["hidden"])
            following = both._replace(scalings=(*both.scalings, scaling))
            return (yield from self.settled(table, following, scaled(both.rich, scaling), both.plain, node["then"]))
        if kind == "close":
            terms, value, squares = both.combination(node["terms"], node["value"], node["squares"])
            return table.add("close", terms=terms, value=units_text(value), squares=squares)
        if kind == "split":
            return (yield from self.split(table, node, both))
        if kind == "derive":
            return (yield from self.derive(table, node, both))
        return (yield from self._solve(table, node, both))

    def settled(self, table: Table, both: Both, rich: Solved, plain: Solved, then: int) -> Growth:
        return (yield then, both.followed(rich, plain))

    def distinction(self, both: Both, on: Poly) -> Poly:
        return on if variable_of(on) else both.cleared(on)

    def combined(self, both: Both, terms: Any) -> list[tuple[int, Poly]]:
        return [(number, parsed(poly)) for number, poly in both.combination(terms)[0]]

    def _solve(self, table: Table, node: Node, both: Both) -> Growth:
        number, name = node["relation"], node["variable"]
        constant, powers = node["leading"]
        rich = solved(both.rich, number, name, (Fraction(constant), [tuple(each) for each in powers]))
        leading = self._leading(both, number, name)
        plain = solved(both.plain, number, name, (leading[0], list(leading[1].items())))
        then = yield from self.settled(table, both, rich, plain, node["then"])
        return table.add("solve", relation=number, variable=name, leading=units_text(leading), then=then)

    @staticmethod
    def _leading(both: Both, number: int, name: str) -> Units:
        """The coefficient of the variable, a monomial."""
        for monomial, value in both.plain.relations[number].items():
            powers: dict[str | int, int] = dict(monomial)
            if powers.pop(name, 0) == 1:
                return Fraction(value), powers
        raise Rejected("the relation cannot be solved for the variable")
