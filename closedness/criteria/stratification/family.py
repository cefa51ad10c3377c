"""Families of matrices: entries that are zero, one, or parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.pattern import bits
from closedness.polysystem import Scaling, System

if TYPE_CHECKING:
    from closedness.criteria.stratification.state import State


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
                terms: dict[tuple[int, ...], int] = {
                    (self._variable(f"x:{i}:{k}"), self._variable(f"y:{k}:{j}")): 1
                    for k in bits(state.tau[p] & state.sigma[j])
                }
                entry = self.entries.get((i, j))
                if entry == 1:
                    terms[()] = -1
                elif isinstance(entry, str):
                    terms[(self.position[entry],)] = -1
                if terms:
                    equations[f"{i}:{j}"] = terms
        return equations

    def _scalings(self) -> list[Scaling]:
        weights: dict[str, dict[int, int]] = {}
        for name, v in self.position.items():
            side, first, second = name.split(":")
            if side == "x":
                weights.setdefault(second, {})[v] = 1
            elif side == "y":
                weights.setdefault(first, {})[v] = -1
        return [((0, int(k)), weight) for k, weight in weights.items()]
