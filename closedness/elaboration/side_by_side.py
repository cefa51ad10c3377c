"""Tables followed in two systems side by side: as the rules wrote them, and as they are written in certificates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from closedness.check import Poly, _Run, _System, step_derive, step_split
from closedness.elaboration.branches import parsed, poly_text
from closedness.elaboration.tables import Growth, Table

__all__ = ["SideBySide"]

Node = dict[str, Any]


class SideBySide(ABC):
    """What following a table takes on each branch; a branch has the systems `rich` and `plain`.

    Parameters
    ----------
    nodes : list of dict
        The table.
    claim : str
        What its proof shows.
    """

    def __init__(self, nodes: list[Node], claim: str) -> None:
        self.nodes = nodes
        self.run = _Run(claim)

    @abstractmethod
    def settled(self, table: Table, both: Any, rich: Any, plain: Any, then: int) -> Growth:
        """The node below, after a step that leads to these two systems."""

    @abstractmethod
    def distinction(self, both: Any, on: Poly) -> Poly:
        """What is distinguished in the plain system."""

    @abstractmethod
    def combined(self, both: Any, terms: Any) -> list[tuple[int, Poly]]:
        """A combination of relations in the plain system."""

    def after(self, step: Any, system: _System, **data: Any) -> Any:
        """The system after a step of the checker."""
        return step(self.run, system, {**data, "then": 0})[0][1]

    def split(self, table: Table, node: Node, both: Any) -> Growth:
        """A distinction in both systems."""
        on = parsed(node["on"])
        plain_on = self.distinction(both, on)
        sides = [
            step_split(self.run, system, {"on": poly, "zero": 0, "nonzero": 0})
            for system, poly in ((both.rich, on), (both.plain, plain_on))
        ]
        places: Node = {}
        for key, (_, rich), (_, plain) in zip(("zero", "nonzero"), *sides, strict=True):
            places[key] = yield from self.settled(table, both, rich, plain, node[key])
        return table.add("split", on=poly_text(plain_on), **places)

    def derive(self, table: Table, node: Node, both: Any) -> Growth:
        """A new relation in both systems."""
        terms = self.combined(both, node["terms"])
        rich = self.after(step_derive, both.rich, terms=[(number, parsed(poly)) for number, poly in node["terms"]])
        plain = self.after(step_derive, both.plain, terms=terms)
        then = yield from self.settled(table, both, rich, plain, node["then"])
        return table.add("derive", terms=[[number, poly_text(poly)] for number, poly in terms], then=then)
