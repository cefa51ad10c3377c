"""Branches of a system of polynomial equations, and the steps that lead each of them to a contradiction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.second.polynomials import Poly, Ring
from tests.second.reading import Node, follow, need, pay


@dataclass(frozen=True)
class Branch:
    """What is known: polynomials that vanish, variables and polynomials that do not, and variables that do."""

    relations: tuple[Poly, ...] = ()
    names: frozenset[str] = frozenset()
    units: tuple[Poly, ...] = ()
    zeros: frozenset[str] = frozenset()


Goals = Iterable[tuple[Node, Branch]]


class System:
    """The steps about systems."""

    def __init__(self, ring: Ring, field: str) -> None:
        self.ring = ring
        self.field = field
        self.steps: dict[str, Callable[[Branch, Node], Goals]] = {
            "split": self.split,
            "derive": self.derive,
            "close": self.close,
        }

    def run(self, node: Node, branch: Branch) -> None:
        """Follow all branches from this node on to their ends."""
        follow(node, self.steps, branch)

    # ---- what is known on a branch

    def vanishes(self, branch: Branch, poly: Poly) -> bool:
        """Whether all terms of the polynomial have zeros."""
        return len(self.ring.killed(poly, branch.zeros)) == 0

    def tidy(self, branch: Branch, polys: Iterable[Poly]) -> tuple[Poly, ...]:
        """Relations without terms that vanish, divided by variables that do not."""
        return tuple(self.ring.without(self.ring.killed(poly, branch.zeros), branch.names) for poly in polys)

    def knowing(self, branch: Branch, *polys: Poly) -> Branch:
        """The branch with more relations."""
        pay(len(branch.relations) / 10)
        return replace(branch, relations=branch.relations + self.tidy(branch, polys))

    def unit(self, branch: Branch, which: str | int) -> Poly:
        """What a name or a number in a product of units stands for."""
        if isinstance(which, str):
            need(which in branch.names, f"{which!r:.50} may be zero")
            return self.ring.variable(which)
        need(which < len(branch.units), f"there is no unit {which}")
        return branch.units[which]

    def product(self, branch: Branch, value: tuple[Any, list[tuple[str | int, int]]]) -> Poly:
        """A product of units."""
        need(value[0] != 0, "zero is no product of units")
        powers = (self.ring.power(self.unit(branch, which), power) for which, power in value[1])
        return self.ring.product((self.ring.constant(value[0]), *powers))

    def combination(self, branch: Branch, terms: list[tuple[int, Any]]) -> Poly:
        """A sum of multiples of relations."""
        need(all(relation < len(branch.relations) for relation, _ in terms), "a relation is not there")
        return self.ring.total(self.ring.times(self.ring.read(poly), branch.relations[k]) for k, poly in terms)

    # ---- steps

    def split(self, branch: Branch, node: Node) -> Goals:
        """A polynomial vanishes, or it does not."""
        pay(len(branch.units) + len(branch.names) / 10)
        terms = [(powers, value) for powers, value in node.on.items() if value != 0]
        if len(terms) == 1 and terms[0][1] == 1 and [power for _, power in terms[0][0]] == [1]:
            name = terms[0][0][0][0]
            zero = replace(branch, zeros=branch.zeros | {name})
            zero = replace(zero, relations=self.tidy(zero, branch.relations))
            return [(node.zero, zero), (node.nonzero, replace(branch, names=branch.names | {name}))]
        poly = self.ring.read(node.on)
        unit = replace(branch, units=(*branch.units, poly))
        return [(node.zero, self.knowing(branch, poly)), (node.nonzero, unit)]

    def derive(self, branch: Branch, node: Node) -> Goals:
        """A combination of relations is a relation."""
        return [(node.then, self.knowing(branch, self.combination(branch, node.terms)))]

    def close(self, branch: Branch, node: Node) -> Goals:
        """What vanishes does not vanish, or is positive."""
        value = self.product(branch, node.value)
        difference = self.ring.plus(self.combination(branch, node.terms), -value)
        if node.squares:
            need(self.field == "real", "squares are not negative over the real numbers only")
            number, powers = node.value
            need(number > 0 and all(power % 2 == 0 for _, power in powers), "the value may be negative")
            need(all(weight >= 0 for weight, _ in node.squares), "a square is subtracted")
        for weight, poly in node.squares:
            root = self.ring.read(poly)
            difference = self.ring.plus(difference, -weight * self.ring.times(root, root))
        need(self.vanishes(branch, difference), "the combination is another polynomial")
        return ()
