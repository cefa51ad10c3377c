"""Families of matrices: entries that are zero, one, or parameters."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.algebra.casesplit import CaseAnswer, CaseSplit
from closedness.algebra.polysystem import Scaling, System, evaluate
from closedness.rules.strata.outside import bounded_minors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flint import fmpz_mpoly

    from closedness.algebra.polysystem import Branch
    from closedness.rules.strata.outside import CoveredMinor
    from closedness.supports.state import State

Node = dict[str, Any]
# polynomials that do not vanish on a branch, with their names in the certificate
Units = tuple[tuple["fmpz_mpoly", str], ...]
# values tried for parameters, simple ones first
VALUES = (1, -1, 2, 3, -2, 5, 7, 11, -3)
# budget of exact steps to find factors of one member
POINT_STEPS = 1_000


class Family:
    """The matrices of a state, written with parameters, and the equations of their factors."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.names: list[str] = []
        self.position: dict[str, int] = {}
        self.ones: list[tuple[int, int]] = []
        self.entries: dict[tuple[int, int], int | str] = {}
        self.parameters: set[int] = set()
        nonzero = set()
        for p, i in enumerate(state.rows):
            for j in bits(state.star[p] | state.nonzero[p]):
                if state.nonzero[p] >> j & 1 and self._joins(("row", i), ("column", j)):
                    self.ones.append((i, j))
                    self.entries[i, j] = 1
                    continue
                v = self._variable(f"a:{i}:{j}")
                self.entries[i, j] = self.names[v]
                self.parameters.add(v)
                if state.nonzero[p] >> j & 1:
                    nonzero.add(v)
        self.nonzero = frozenset(nonzero)
        equations = self._equations()
        self.system = System.build(self.names, equations, self._scalings())

    def _variable(self, name: str) -> int:
        if name not in self.position:
            self.position[name] = len(self.names)
            self.names.append(name)
        return self.position[name]

    def _joins(self, *ends: tuple[str, int]) -> bool:
        """Add an edge to the forest of entries that are scaled to one, if it closes no cycle."""
        parent: dict[tuple[str, int], tuple[str, int]] = self.__dict__.setdefault("_forest", {})

        def find(node: tuple[str, int]) -> tuple[str, int]:
            while parent.setdefault(node, node) != node:
                node = parent[node]
            return node

        first, second = (find(end) for end in ends)
        if first == second:
            return False
        parent[first] = second
        return True

    def _equations(self) -> dict[str, dict[tuple[int, ...], int]]:
        state = self.state
        equations: dict[str, dict[tuple[int, ...], int]] = {}
        for p, i in enumerate(state.rows):
            for j in bits(state.omega[p]):
                poly: dict[tuple[int, ...], int] = dict.fromkeys(self._summands(p, j), 1)
                entry = self.entries.get((i, j))
                if entry == 1:
                    poly[()] = -1
                elif isinstance(entry, str):
                    poly[(self.position[entry],)] = -1
                if poly:
                    equations[f"{i}:{j}"] = poly
        return equations

    def _summands(self, p: int, j: int) -> Iterator[tuple[int, ...]]:
        """The products of entries of the factors that add up to an entry of the matrix, as positions of variables."""
        i = self.state.rows[p]
        for k in bits(self.state.tau[p] & self.state.sigma[j]):
            yield self._variable(f"x:{i}:{k}"), self._variable(f"y:{k}:{j}")

    def _scalings(self) -> list[Scaling]:
        weights: dict[str, dict[int, int]] = {}
        for name, v in self.position.items():
            side, first, second = name.split(":")
            if side == "x":
                weights.setdefault(second, {})[v] = 1
            elif side == "y":
                weights.setdefault(first, {})[v] = -1
        return [((0, int(k)), weight) for k, weight in weights.items()]

    def minors(self) -> Iterator[CoveredMinor]:
        """Minors that vanish on all products, with the few lines and hidden indices that cover them."""
        return bounded_minors(self.state)

    def section(self, entries: Iterable[tuple[str, list[Any], Node]]) -> Node:
        """The node of the certificate for entries of the factors: name, numerator and denominator."""
        left: list[list[Any]] = []
        right: list[list[Any]] = []
        for name, top, bottom in entries:
            side, first, second = name.split(":")
            (left if side == "x" else right).append([int(first), int(second), top, bottom])
        return {"do": "section", "left": left, "right": right}

    def members(self, base: Branch, tries: int, seed: int) -> Iterator[dict[int, Fraction]]:
        """Rational values of the parameters that fit a branch; seed 0 starts with ones.

        Parameters
        ----------
        base : Branch
            What is known about the parameters.
        tries : int
            How many random choices are made; unsuitable ones are passed over.
        seed : int
            Seed of the choices.
        """
        rng = random.Random(seed)
        for trial in range(tries):
            choices = VALUES if tries == 1 else VALUES[: max(2, trial - 2)]
            values = {v: Fraction(1 if trial == 0 and tries > 1 else rng.choice(choices)) for v in self.parameters}
            if self._fits(base, values):
                yield values

    def _fits(self, base: Branch, values: dict[int, Fraction]) -> bool:
        for step in reversed(base.trail):
            leading = evaluate(step.leading, values)
            if not leading:
                return False
            values[step.variable] = -evaluate(step.rest, values) / leading
        return all(values[v] for v in self.nonzero) and all(evaluate(unit, values) for unit in base.units)

    def matrix(self, values: Mapping[int, Fraction]) -> dict[tuple[int, int], Fraction]:
        """The non-zero entries of a member."""
        return {
            cell: Fraction(1) if entry == 1 else values[self.position[str(entry)]]
            for cell, entry in self.entries.items()
        }

    def factors(self, values: Mapping[int, Fraction]) -> CaseAnswer:
        """Exact factors of a member, or a refutation, or neither within a small budget."""
        target = self.matrix(values)
        equations: dict[str, dict[tuple[int, ...], Fraction | int]] = {}
        names = [name for v, name in enumerate(self.names) if v not in self.parameters]
        number = {name: position for position, name in enumerate(names)}
        for label, poly in self._equations().items():
            i, j = map(int, label.split(":"))
            entry: dict[tuple[int, ...], Fraction | int] = {
                tuple(number[self.names[v]] for v in monomial): 1 for monomial in poly if len(monomial) > 1
            }
            value = target.get((i, j))
            if value:
                entry[()] = -value
            equations[label] = entry
        scalings = [
            (hidden, {number[self.names[v]]: weight for v, weight in weights.items()})
            for hidden, weights in self._scalings()
        ]
        return CaseSplit(System.build(names, equations, scalings), POINT_STEPS).run()

    def as_units(self, branch: Branch, names: Units, poly: fmpz_mpoly) -> Node | None:
        """Write a polynomial as a constant times named non-vanishing factors, or return None."""
        constant, factors = poly.factor()
        powers: list[list[Any]] = []
        for factor, exponent in factors:
            name = next((name for unit, name in names if unit == factor), None)
            if name is None and len(factor) == 1:
                v = next(u for u, e in enumerate(factor.monoms()[0]) if e)
                if v in branch.nonzero and v in self.parameters:
                    name = self.names[v]
            if name is None:
                name = next((name for unit, name in names if unit == -factor), None)
                constant *= (-1) ** int(exponent)
            if name is None:
                return None
            powers.append([name, int(exponent)])
        return {"constant": str(constant), "powers": powers}
