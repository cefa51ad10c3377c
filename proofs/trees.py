"""Write a certificate that a set of two factors is closed as a tree for ``Rules.v``, in the notation of ``driver.ml``.

Nothing here is trusted: the program that Coq proved checks the tree against the two supports. Certificates with rules
that have no node there are not covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from translate import Untranslatable

Table = list[list[bool]]


class Closed(NamedTuple):
    """The supports of a certificate and its tree."""

    left: Table
    right: Table
    hidden: int
    tree: str

    def text(self, columns: int) -> str:
        """What ``driver.ml`` reads."""
        sizes = f"closed {len(self.left)} {self.hidden} {columns}"
        return "\n".join((sizes, truths(self.left), truths(self.right), self.tree, ""))


def listed(parts: Iterable[object]) -> str:
    """A list."""
    return f"[{'; '.join(map(str, parts))}]"


def truths(rows: Table) -> str:
    """A table of truth values."""
    return listed(listed(str(entry).lower() for entry in row) for row in rows)


class Tree:
    """The nodes of a proof, a table, for supports of fixed numbers of rows and columns.

    ``names`` are the certificate's names of the hidden indices; indices that are used up keep their places.
    """

    def __init__(self, rows: int, columns: int, nodes: list[Any]) -> None:
        self.m, self.n = rows, columns
        self.nodes = nodes

    def go(self, place: int, names: Sequence[int], left: Table, right: Table) -> str:
        """The tree of a node, with the supports that are left."""
        node = self.nodes[place]
        rule = node.get("rule", node.get("do"))
        if rule == "crossing":
            return "(RCrossing)"
        if rule == "full":
            return self.full(node, names, left, right)
        if rule == "split":
            return self.split(node, names, left, right)
        if rule == "product":
            return self.product(node, names, left, right)
        raise Untranslatable(f"the rule {rule}")

    def full(self, node: Any, names: Sequence[int], left: Table, right: Table) -> str:
        """Each line has its representatives; the tree speaks of columns, so rows are turned before and after."""
        by_rows = node["side"] == "rows"
        crossing, lines = (self.n, self.m) if by_rows else (self.m, self.n)
        mates = [[len(names)] * crossing for _ in range(lines)]
        for line, pairs in node["lines"]:
            for place, name in pairs:
                mates[line][place] = names.index(name)
        places = [names.index(name) for name in node["terms"]]
        then = self.go(node["then"], names, *without(places, left, right))
        matched = f"(RMatchings {listed(places)} {listed(map(listed, mates))} {f'(RTurn {then})' if by_rows else then})"
        return f"(RTurn {matched})" if by_rows else matched

    def split(self, node: Any, names: Sequence[int], left: Table, right: Table) -> str:
        """A hidden index falls into parts, the last ones from then on."""
        place, parts = names.index(node["term"]), node["parts"]
        kept = [k for k in range(len(names)) if k != place]
        new_left = [
            [left[i][k] for k in kept] + [left[i][place] and i in rows for _, rows, _ in parts] for i in range(self.m)
        ]
        new_right = [right[k] for k in kept]
        new_right += [[right[place][j] and j in columns for j in range(self.n)] for _, _, columns in parts]
        then = self.go(node["then"], [*(names[k] for k in kept), *(part[0] for part in parts)], new_left, new_right)
        places = listed(kept + [place] * len(parts))
        return f"(RSplit {len(kept) + len(parts)} {places} {truths(new_left)} {truths(new_right)} {then})"

    def product(self, node: Any, names: Sequence[int], left: Table, right: Table) -> str:
        """Hidden indices in no part have no cell that is looked at, and need no representatives; then the parts."""
        groups = [[names.index(name) for name in part["terms"]] for part in node["parts"]]
        idle = [k for k in range(len(names)) if not any(k in group for group in groups)]
        then, rest = "(RCrossing)", without(idle, left, right)
        if groups:
            then = self.groups([part["then"] for part in node["parts"]], groups, names, *rest)
        if not idle:
            return then
        nobody = [[len(names)] * self.m for _ in range(self.n)]
        return f"(RMatchings {listed(idle)} {listed(map(listed, nobody))} {then})"

    def groups(
        self, nodes: Sequence[int], groups: Sequence[list[int]], names: Sequence[int], left: Table, right: Table
    ) -> str:
        """The first group, and the others."""
        if len(groups) == 1:
            return self.go(nodes[0], names, left, right)
        others = [k for group in groups[1:] for k in group]
        first = self.go(nodes[0], names, *without(others, left, right))
        more = self.groups(nodes[1:], groups[1:], names, *without(groups[0], left, right))
        return f"(RProduct {listed(groups[0])} {first} {more})"


def without(places: Sequence[int], left: Table, right: Table) -> tuple[Table, Table]:
    """The supports without some hidden indices, which keep their places."""
    # the program clears them on one side, which one depends on turns; no cell is theirs if they are cleared on both
    return (
        [[entry and k not in places for k, entry in enumerate(row)] for row in left],
        [[entry and k not in places for entry in row] for k, row in enumerate(right)],
    )


def closed(certificate: Any) -> str:
    """What the program reads for a certificate that a set is closed.

    Raises
    ------
    Untranslatable
        For other sets than products of two factors, and for rules without a node.
    """
    problem = certificate["problem"]
    factors = problem.get("factors", [])
    if len(factors) != 2 or set(problem) != {"factors"}:
        raise Untranslatable("not a pair of factors with supports alone")
    (m, hidden), (_, n) = (factor["shape"] for factor in factors)
    left, right = ([[j in row for j in range(factor["shape"][1])] for row in factor["rows"]] for factor in factors)
    nodes = certificate["proof"]
    tree = Tree(m, n, nodes).go(len(nodes) - 1, range(hidden), left, right)
    return Closed(left, right, hidden, tree).text(n)
