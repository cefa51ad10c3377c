"""The second checker's rules for products of any number of factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import networkx as nx
import numpy as np

from tests.helpers.second_reading import Factor, index, indices, items, need, pay, take, wellformed, word

PAIR_RULES = (
    *("product", "twins", "full", "regular", "dominant", "split", "extend"),
    *("crossing", "dual-bases", "flats", "solved-lines", "types", "ideal", "solver"),
)
Chain = list[Factor]


def turned(factors: Chain) -> Chain:
    """The transposed product."""
    found = []
    pay(sum(factor.columns + sum(map(len, factor.support)) for factor in factors) // 2)
    for factor in reversed(factors):
        support: list[list[int]] = [[] for _ in range(factor.columns)]
        for i, row in enumerate(factor.support):
            for j in row:
                support[j].append(i)
        found.append(Factor(factor.columns, factor.rows, support))
    return found


def graph(factors: Chain) -> nx.DiGraph:
    """Entries as arrows between the indices of neighbouring levels."""
    pay(sum(3 * (factor.rows + factor.columns + sum(map(len, factor.support))) for factor in factors))
    found = nx.DiGraph()
    found.add_nodes_from((0, i) for i in range(factors[0].rows))
    for level, factor in enumerate(factors):
        found.add_nodes_from((level + 1, j) for j in range(factor.columns))
        found.add_edges_from(((level, i), (level + 1, j)) for i, row in enumerate(factor.support) for j in row)
    return found


def reach(factors: Chain) -> np.ndarray:
    """Which cells some path connects."""
    pay(factors[0].rows ** 2 // 10)
    total = np.eye(factors[0].rows, dtype=bool)
    for factor in factors:
        lines = factors[0].rows + factor.rows
        pay(lines * factor.columns // 5 + factors[0].rows * factor.rows * factor.columns // 500)
        matrix = np.zeros((factor.rows, factor.columns), dtype=bool)
        for i, row in enumerate(factor.support):
            matrix[i, row] = True
        total = (total.astype(np.int64) @ matrix.astype(np.int64)) > 0
    return total


class Chains:
    """Proves that the set of products of a chain is closed.

    Parameters
    ----------
    pair : callable
        Proves a pattern of two factors with the rules for pairs.
    full : callable
        Checks that two factors give all matrices on their support.
    strata : callable
        Replays a table of states of the chain.
    """

    def __init__(
        self,
        pair: Callable[[Any, Factor, Factor], None],
        full: Callable[[Any, Any, Factor, Factor], None],
        strata: Callable[[Any, Chain], None],
    ) -> None:
        self.pair = pair
        self.full = full
        self.strata = strata

    def prove(self, node: Any, factors: Chain) -> None:
        """Follow the proof, or raise `Refused`."""
        while True:
            pay(10)
            rule = node.get("rule") if type(node) is dict else None
            if rule == "single":
                take(node, "rule")
                need(len(factors) == 1, "more than one factor")
                return
            if rule == "strata" and len(factors) != 2:
                _, table = take(node, "rule", "nodes")
                self.strata(table, factors)
                return
            if rule == "parts":
                for then, part in self._parts(node, factors):
                    self.prove(then, part)
                return
            if rule == "trim":
                _, node = take(node, "rule", "then")
                factors = self._trim(factors)
            elif rule == "fusion":
                node, factors = self._fusion(node, factors)
            elif rule == "triangular":
                node, factors = self._triangular(node, factors)
            elif rule == "peel":
                node, factors = self._peel(node, factors)
            else:
                wellformed(len(factors) == 2 or rule in PAIR_RULES, "unknown rule")
                need(len(factors) == 2, "the rule speaks of two factors")
                self.pair(node, *factors)
                return

    @staticmethod
    def _trim(factors: Chain) -> Chain:
        """Keep the entries on paths from the first level to the last."""
        arrows = graph(factors)
        first = [(0, i) for i in range(factors[0].rows)]
        last = [(len(factors), j) for j in range(factors[-1].columns)]
        forward = set(chain.from_iterable(nx.bfs_layers(arrows, first)))
        backward = set(chain.from_iterable(nx.bfs_layers(arrows.reverse(copy=False), last)))
        return [
            factor._replace(
                support=[
                    [j for j in row if (level, i) in forward and (level + 1, j) in backward]
                    for i, row in enumerate(factor.support)
                ]
            )
            for level, factor in enumerate(factors)
        ]

    def _fusion(self, node: Any, factors: Chain) -> tuple[Any, Chain]:
        _, place, side, lines, then = take(node, "rule", "at", "side", "lines", "then")
        at = index(place)
        need(at + 1 < len(factors), "there is no such pair")
        self.full(side, lines, *factors[at : at + 2])
        cells = reach(factors[at : at + 2])
        fused = Factor(cells.shape[0], cells.shape[1], [[int(j) for j in np.flatnonzero(row)] for row in cells])
        return then, [*factors[:at], fused, *factors[at + 2 :]]

    @staticmethod
    def _triangular(node: Any, factors: Chain) -> tuple[Any, Chain]:
        """Three triangular factors in turn, with diagonal ones anywhere, give all square matrices."""
        _, place, listed, then = take(node, "rule", "at", "kinds", "then")
        at, kinds = index(place), [word(kind) for kind in items(listed)]
        need(kinds and at + len(kinds) <= len(factors), "not so many factors")
        n = factors[at].rows
        turns = []
        for kind, factor in zip(kinds, factors[at : at + len(kinds)], strict=True):
            wellformed(kind in ("lower", "upper", "diagonal"), "another kind")
            need(factor.rows == factor.columns == n, "not square, or of another size")
            full = np.ones((n, n), dtype=bool)
            part = {"lower": np.tril(full), "upper": np.triu(full), "diagonal": np.eye(n, dtype=bool)}[kind]
            need((reach([factor]) >= part).all(), "a factor does not hold its part")
            turns += [kind] if kind != "diagonal" else []
        need(turns in (["lower", "upper", "lower"], ["upper", "lower", "upper"]), "not three in turn")
        dense = Factor(n, n, [list(range(n)) for _ in range(n)])
        return then, [*factors[:at], dense, *factors[at + len(kinds) :]]

    @staticmethod
    def _peel(node: Any, factors: Chain) -> tuple[Any, Chain]:
        _, side, then = take(node, "rule", "side", "then")
        wellformed(side in ("left", "right"), "neither 'left' nor 'right'")
        need(len(factors) > 1, "only one factor is left")
        seen = factors if side == "left" else turned(factors)
        (first,) = turned(seen[:1])
        columns = [set(rows) for rows in first.support]
        rows = [set(row) for row in seen[1].support]
        rest = reach(seen[1:])
        for k in range(len(columns)):
            pay(k)
            for l in range(k):
                if columns[k] & columns[l] and (rest[k] & rest[l]).any():
                    need(
                        (columns[k] <= columns[l] and rows[k] >= rows[l])
                        or (columns[l] <= columns[k] and rows[l] >= rows[k]),
                        "two hidden indices are not crossing",
                    )
        return then, factors[1:] if side == "left" else factors[:-1]

    @staticmethod
    def _parts(node: Any, factors: Chain) -> Iterator[tuple[Any, Chain]]:
        _, parts = take(node, "rule", "parts")
        need(len(factors) > 1, "there are no inner indices")
        owner: dict[tuple[int, int], int] = {}
        thens = []
        for number, part in enumerate(items(parts)):
            inner, then = take(part, "inner", "then")
            thens.append(then)
            for level, names in enumerate(items(inner, len(factors) - 1)):
                for k in indices(names):
                    need(owner.setdefault((level + 1, k), number) == number, "an inner index in two parts")
        chains: list[Chain] = [
            [factor._replace(support=[[] for _ in range(factor.rows)]) for factor in factors] for _ in thens
        ]
        for level, factor in enumerate(factors):
            for i, row in enumerate(factor.support):
                for j in row:
                    ends = {owner.get(v, -1) for v in ((level, i), (level + 1, j)) if 0 < v[0] < len(factors)}
                    need(len(ends) == 1 and -1 not in ends, "an entry in no part")
                    chains[ends.pop()][level].support[i].append(j)
        total = np.zeros((factors[0].rows, factors[-1].columns), dtype=int)
        for piece in chains:
            total += reach(piece)
        need((total <= 1).all(), "two parts have a common cell")
        yield from zip(thens, chains, strict=True)
