"""Families of matrices: systems in the entries that may be non-zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.second.patterns import vanish
from tests.second.polynomials import Poly, Ring
from tests.second.reading import Node, names_from, need, pay
from tests.second.systems import Branch, Goals, System

if TYPE_CHECKING:
    from tests.second.strata import State

Cell = tuple[int, int]
Units = Counter[str | int]


class Family(System):
    """The system of the matrices of a state whose entries in a forest are 1."""

    def __init__(self, field: str, then: Node, state: State, ones: set[Cell]) -> None:
        self.state = state
        self.free = {cell: f"a:{cell[0]}:{cell[1]}" for cell in sorted(state.entries) if cell not in ones}
        super().__init__(Ring([*self.free.values(), *names_from(then)]), field)
        self.then = then
        self.entries = {cell: self.ring.variable(name) for cell, name in self.free.items()}
        self.entries.update(dict.fromkeys(ones, self.ring.one))
        self.steps |= {"vanish": self.vanish, "minor": self.minor, "section": self.section}
        self.last = len(state.layers.levels)

    def start(self) -> None:
        """Start with the variables that are known not to be zero."""
        names = frozenset(name for cell, name in self.free.items() if self.state.entries[cell])
        self.run(self.then, Branch(names=names))

    def seen(self, i: int, j: int) -> bool:
        """Whether a cell of lines that are left is looked at."""
        lines = self.state.lines
        return i in lines["rows"] and j in lines["columns"] and (i, j) not in self.state.unseen

    def paths(self, cell: Cell) -> list[tuple[str, ...]] | None:
        """The entries on the paths of a cell; None if it is not looked at."""
        if not self.seen(*cell):
            return None
        found: list[tuple[tuple[str, ...], int]] = [((), cell[0])]
        for number, level in enumerate(self.state.layers.levels):
            pay(sum(1 + len(level.get(k, ())) for _, k in found) * self.last)
            found = [((*path, f"{number}:{k}:{e}"), e) for path, k in found for e in level.get(k, ())]
        return [path for path, end in found if end == cell[1]]

    def vanish(self, branch: Branch, node: Node) -> Goals:
        """Polynomials that vanish on products vanish on limits."""
        need(not self.state.products_only, "all matrices must be products here")
        vanish(node.polynomials, self.paths)
        names = {name for terms in node.polynomials for powers in terms for name, _ in powers}
        cells = {name: tuple(map(int, name.split(":")[1:])) for name in names}
        values = {name: self.entries.get((i, j), self.ring.zero) for name, (i, j) in cells.items()}
        relations = [self.ring.evaluate(terms, values) for terms in node.polynomials]
        return [(node.then, self.knowing(branch, *relations))]

    def minor(self, branch: Branch, node: Node) -> Goals:
        """A minor vanishes on limits, since few indices meet all its paths."""
        need(not self.state.products_only, "all matrices must be products here")
        need(len(node.rows) == len(node.columns) <= 8, "the minor is not square, or too large")
        different = len({*node.rows}) == len(node.rows) and len({*node.columns}) == len(node.columns)
        need(different, "a line occurs twice in the minor")
        need(all(self.seen(i, j) for i in node.rows for j in node.columns), "a cell is not looked at")
        need(len(node.cut) < len(node.rows), "the cut has too many members")
        cut = set(node.cut)
        reached = {i for i in node.rows if (0, i) not in cut}
        for number, level in enumerate(self.state.layers.levels, start=1):
            pay(sum(1 + len(level.get(k, ())) for k in reached) / 10)
            reached = {e for k in reached for e in level.get(k, ()) if (number, e) not in cut}
        need(reached.isdisjoint(node.columns), "a path avoids the cut")
        rows = [[self.entries.get((i, j), self.ring.zero) for j in node.columns] for i in node.rows]
        return [(node.then, self.knowing(branch, self.ring.determinant(rows)))]

    def section(self, branch: Branch, node: Node) -> Goals:
        """Factors whose product is the matrix of the family.

        Denominators are products of units and are kept as such: how often each of them occurs.
        """
        levels = self.state.layers.levels
        need(len(node.factors) == len(levels), "there is another number of factors")
        product: dict[int, dict[int, list[tuple[Poly, Units]]]] = {
            i: {i: [(self.ring.one, Counter())]} for i in self.state.lines["rows"]
        }
        for level, entries in zip(levels, node.factors, strict=True):
            rows: dict[int, dict[int, tuple[Poly, Units]]] = {}
            for (k, e), (above, below) in entries.items():
                need(e in level.get(k, ()), "an entry lies outside of the supports")
                rows.setdefault(k, {})[e] = self.fraction(branch, above, below)
            product = {i: self.step(branch, row, rows) for i, row in product.items()}
        need(all(self.seen(*cell) for cell in node.modulo), "a combination for a cell that is not looked at")
        for i, row in product.items():
            for j in self.state.window("rows", i):
                self.compare(branch, (i, j), row.get(j, []), node.modulo.get((i, j)))
        return ()

    def fraction(self, branch: Branch, above: Any, below: Any) -> tuple[Poly, Units]:
        """A numerator, and the units of the denominator."""
        need(below[0] != 0, "a denominator is zero")
        units: Units = Counter()
        for which, power in below[1]:
            self.unit(branch, which)
            units[which] += power
        return self.ring.times(self.ring.read(above), self.ring.constant(1 / below[0])), units

    def step(
        self, branch: Branch, row: dict[int, list[tuple[Poly, Units]]], rows: dict[int, dict[int, tuple[Poly, Units]]]
    ) -> dict[int, list[tuple[Poly, Units]]]:
        """A row times a factor; the summands of an entry have different denominators."""
        found: dict[int, dict[tuple[tuple[str | int, int], ...], Poly]] = {}
        for k, summands in row.items():
            for e, (above, below) in rows.get(k, {}).items():
                place = found.setdefault(e, {})
                for poly, units in summands:
                    pay(5 + len(units) + len(below))
                    both = tuple(sorted((units + below).items(), key=str)) if units or below else ()
                    place[both] = self.ring.plus(place.get(both, self.ring.zero), self.ring.times(poly, above))
        return {e: [(poly, Counter(dict(units))) for units, poly in place.items()] for e, place in found.items()}

    def over(self, branch: Branch, units: Units) -> Poly:
        """The product of units with these exponents."""
        return self.product(branch, (1, list(units.items())))

    def compare(self, branch: Branch, cell: Cell, summands: Iterable[tuple[Poly, Units]], modulo: Any) -> None:
        """The sum is the entry, up to a combination of relations."""
        common: Units = Counter()
        for _, units in summands:
            common |= units
        total = self.ring.total(self.ring.times(poly, self.over(branch, common - units)) for poly, units in summands)
        below = self.over(branch, common)
        entry = self.entries.get(cell, self.ring.zero)
        difference = self.ring.plus(total, -self.ring.times(entry, below))
        if modulo is not None:
            units, terms = modulo
            difference = self.ring.times(difference, self.product(branch, units))
            difference = self.ring.plus(difference, -self.ring.times(self.combination(branch, terms), below))
        need(self.vanishes(branch, difference), "an entry of the product is another one")
