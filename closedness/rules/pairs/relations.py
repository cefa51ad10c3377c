"""Every matrix is a product beside a factor without zeros, when there is one line more than hidden indices.

The lines of a matrix have a linear relation. Vectors orthogonal to it, each at two lines of a hidden index, span all
that is orthogonal to it when they form a tree and the relation is not zero where edges of the tree meet. At which lines
relations can be zero is distinguished; only as many lines as the matrix has columns are met by none.
"""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from flint import nmod_mat

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.finite import PRIME
from closedness.budget import UNLIMITED, Budget
from closedness.elaboration.tables import CHILDREN

if TYPE_CHECKING:
    from closedness.rules.pairs.incidence import Incidence

__all__ = ["relation_tree"]

Node = dict[str, Any]
MOST_CASES = 1_000
MOST_LINES = 20


class _Relations(NamedTuple):
    """Relations that do not meet some lines; lines that none of them meets, and lines that some meet."""

    avoided: int
    apart: int
    met: int


def relation_tree(incidence: Incidence, budget: Budget = UNLIMITED) -> list[Node] | None:
    """A table of steps that shows that every matrix is a product, or None.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> table = relation_tree(Incidence.of_types([7, 11, 13, 14, 15], across=0b11))
    >>> table[-1]
    {'do': 'meet', 'line': 4, 'zero': 5, 'nonzero': 0}
    >>> relation_tree(Incidence.of_types([1, 1, 2, 2, 3], across=0b11)) is None
    True
    """
    if len(incidence.types) != len(incidence.members) + 1 or len(incidence.types) > MOST_LINES:
        return None
    search = _Search(incidence, budget)
    root = search.shown(_Relations(0, 0, 0))
    return None if root is None else search.table(root)


class _Search:
    """Cases that are shown already, with the positions of their nodes, and those that are not."""

    def __init__(self, incidence: Incidence, budget: Budget) -> None:
        self.lines = sorted(incidence.types)
        self.terms = sorted(incidence.members)
        place = {line: p for p, line in enumerate(self.lines)}
        self.members = [mask_of(place[line] for line in bits(incidence.members[k])) for k in self.terms]
        self.room = incidence.across.bit_count()
        self.budget = budget
        self.nodes: list[Node] = []
        self.place: dict[_Relations, int | None] = {}

    def shown(self, case: _Relations) -> int | None:
        """The position of a node that shows that every matrix is a product in a case."""
        if case not in self.place:
            if self.budget.expired() or len(self.place) >= MOST_CASES:
                return None
            self.place[case] = None
            node = self._node(case)
            if node is not None:
                self.nodes.append(node)
                self.place[case] = len(self.nodes) - 1
        return self.place[case]

    def table(self, root: int) -> list[Node]:
        """The nodes that are used, with the edges of their trees."""
        used = {root}
        for position in range(root, -1, -1):
            if position in used:
                used |= {self.nodes[position][key] for key in CHILDREN if key in self.nodes[position]}
        order = {position: number for number, position in enumerate(sorted(used))}
        found = []
        for position in order:
            node = self.nodes[position]
            changed: Node = {key: order[node[key]] for key in CHILDREN if key in node}
            if node["do"] == "tree":
                changed["edges"] = [] if node["edges"] is None else self._edges(*node["edges"])
            found.append({**node, **changed})
        return found

    def _node(self, case: _Relations) -> Node | None:
        if case.apart.bit_count() > self.room:
            return {"do": "tree", "edges": None}
        zero = case.avoided | case.apart
        inner = self._inner(zero, case.met)
        if inner == case.met:
            return {"do": "tree", "edges": (zero, inner)}
        if inner is not None:
            line = next(bits(inner & ~case.met))
            nonzero = self.shown(case._replace(met=case.met | 1 << line))
            other = None if nonzero is None else self.shown(case._replace(apart=case.apart | 1 << line))
            if other is not None:
                return {"do": "meet", "line": self.lines[line], "zero": other, "nonzero": nonzero}
        if len(self.lines) - case.avoided.bit_count() - 1 > self.room:
            for line in bits(mask_of(range(len(self.lines))) & ~zero):
                then = self.shown(_Relations(case.avoided | 1 << line, case.apart, 0))
                if then is not None:
                    return {"do": "avoid", "line": self.lines[line], "then": then}
        return None

    def _inner(self, zero: int, met: int) -> int | None:
        """Few lines, those that are met among them, such that a tree need be joined there only."""
        if self._spans(zero, met):
            return met
        others = list(bits(mask_of(range(len(self.lines))) & ~zero & ~met))
        for size in (1, 2):
            for chosen in combinations(others, size):
                if self._spans(zero, met | mask_of(chosen)):
                    return met | mask_of(chosen)
        found = met | mask_of(others)
        if not self._spans(zero, found):
            return None
        for line in sorted(others, key=lambda line: sum(mask >> line & 1 for mask in self.members)):
            if self._spans(zero, found & ~(1 << line)):
                found &= ~(1 << line)
        return found

    def _spans(self, zero: int, inner: int, fixed: tuple[tuple[int, int], ...] = ()) -> bool:
        """Whether random vectors of the hidden indices are independent, the first ones being the edges given."""
        rng = random.Random(zero * 31 + inner)
        rows = []
        for p, mask in enumerate(self.members):
            row = [0] * len(self.lines)
            if p < len(fixed):
                i, j = fixed[p]
                row[i] = 1
                if i != j and inner >> i & 1 and inner >> j & 1:
                    row[j] = PRIME - 1
                rows.append(row)
                continue
            joined = list(bits(mask & inner))
            for i in bits(mask & (zero if not joined else ~inner)):
                row[i] = rng.randrange(1, PRIME)
            for i in joined[1:]:
                row[i] = rng.randrange(1, PRIME)
            if joined:
                row[joined[0]] = -sum(row[i] for i in joined[1:]) % PRIME
            rows.append(row)
        return int(nmod_mat(rows, PRIME).rank()) == len(rows)

    def _edges(self, zero: int, inner: int) -> list[list[int]]:
        """An edge for each hidden index, so that all of them together are a tree and lines by themselves."""
        fixed: tuple[tuple[int, int], ...] = ()
        for mask in self.members:
            joined = list(bits(mask & inner))
            options = [(i, i) for i in bits(mask & zero)]
            options += [(i, joined[0]) for i in bits(mask & ~zero & ~inner) if joined]
            options += list(combinations(joined, 2))
            fixed = (*fixed, next(edge for edge in options if self._spans(zero, inner, (*fixed, edge))))
        return [[k, self.lines[i], self.lines[j]] for k, (i, j) in zip(self.terms, fixed, strict=True)]
