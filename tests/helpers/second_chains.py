"""The second checker's rules for products of any number of factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
from flint import fmpq

from tests.helpers.second_reading import Factor, index, indices, items, need, pay, rational, take, wellformed, word

MOST_STEPS = 200_000
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
        self.steps = 0

    def prove(self, node: Any, factors: Chain) -> None:
        """Follow the proof, or raise `Refused`."""
        while True:
            pay(10)
            rule = node.get("rule") if type(node) is dict else None
            if rule == "single":
                take(node, "rule")
                need(len(factors) == 1, "more than one factor")
                return
            if rule == "chain":
                self._kronecker(node, factors)
                return
            if rule == "orbits":
                self._orbits(node, factors)
                return
            if rule == "chain-strata":
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
            elif rule == "absorb":
                _, at, into, node = take(node, "rule", "at", "into", "then")
                wellformed(into in ("left", "right"), "no side")
                first, second = (at, index(at) + 1) if into == "right" else (index(at) - 1, at)
                need(0 <= first and second < len(factors), "no such neighbour")
                alone = factors[at]
                need(alone.rows == alone.columns, "no square factor")
                need(all(i in row for i, row in enumerate(alone.support)), "no diagonal")
                both = reach([factors[first], factors[second]])
                need((both == reach([factors[second if into == "right" else first]])).all(), "the neighbour changes")
                factors = [factor for number, factor in enumerate(factors) if number != at]
            elif rule == "triangular":
                node, factors = self._triangular(node, factors)
            elif rule == "peel":
                node, factors = self._peel(node, factors)
            else:
                need(len(factors) == 2, "the rule speaks of two factors")
                self.pair(node, *factors)
                return

    @staticmethod
    def _trim(factors: Chain) -> Chain:
        """Keep the entries on paths from the first level to the last."""
        arrows = graph(factors)
        forward = {(0, i) for i in range(factors[0].rows)}
        backward = {(len(factors), j) for j in range(factors[-1].columns)}
        forward |= set().union(*(nx.descendants(arrows, v) for v in forward))
        backward |= set().union(*(nx.ancestors(arrows, v) for v in backward))
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
        for chain in chains:
            total += reach(chain)
        need((total <= 1).all(), "two parts have a common cell")
        yield from zip(thens, chains, strict=True)

    @staticmethod
    def _kronecker(node: Any, factors: Chain) -> None:
        _, listed = take(node, "rule", "parameters")
        before: list[int] | None = None
        for entry, factor in zip(items(listed, len(factors)), factors, strict=True):
            a, b, c, d = (index(value, 1) for value in items(entry, 4))
            need((a * b * d, a * c * d) == (factor.rows, factor.columns), "another size")
            block = np.kron(np.eye(a, dtype=bool), np.kron(np.ones((b, c), dtype=bool), np.eye(d, dtype=bool)))
            need(factor.support == [[int(j) for j in np.flatnonzero(row)] for row in block], "another support")
            if before is not None:
                a1, _, c1, d1 = before
                need(a % a1 == 0 and d1 % d == 0, "not chainable")
                need((a1 * c1) % a == 0 and (b * d) % d1 == 0 and a1 * c1 // a == b * d // d1, "not chainable")
            before = [a, b, c, d]

    def _orbits(self, node: Any, factors: Chain) -> None:
        """With nested types, the set is closed if all rook placements within rank bounds are products."""
        _, cuts, placements = take(node, "rule", "cuts", "placements")
        m, n = factors[0].rows, factors[-1].columns
        row_types = [set(row) for row in factors[0].support]
        column_types = [set(column) for column in turned(factors[-1:])[0].support]
        rows = sorted(range(m), key=lambda i: len(row_types[i]))
        columns = sorted(range(n), key=lambda j: len(column_types[j]))
        for types, order in ((row_types, rows), (column_types, columns)):
            need(all(types[a] <= types[b] for a, b in pairwise(order)), "types are not nested")
        arrows = graph(factors)
        pay(2 * m * n)
        bound = {(p, q): min(p, q) for p in range(1, m + 1) for q in range(1, n + 1)}
        for entry in items(cuts):
            first, second, cut = items(entry, 3)
            p, q = index(first, 1, m), index(second, 1, n)
            pay(10 + 30 * p + q + arrows.number_of_edges())
            nodes = {(level, k) for level, k in (indices(v, 2) for v in items(cut))}
            left = nx.restricted_view(arrows, [v for v in nodes if v in arrows], [])
            starts = {(0, i) for i in rows[:p] if (0, i) in left}
            met = starts.union(*nx.bfs_layers(left, starts)) if starts else starts
            need(not met & {(len(factors), j) for j in columns[:q]}, "a path avoids the cut")
            bound[p, q] = len(nodes)
        shown = {self._placement(each, factors) for each in items(placements)}
        self._all_shown(rows, columns, bound, shown)

    @staticmethod
    def _placement(node: Any, factors: Chain) -> frozenset[tuple[int, int]]:
        """The ones of a matrix that the given factors multiply to."""
        ones, listed = take(node, "ones", "factors")
        cells = frozenset((i, j) for i, j in (indices(cell, 2) for cell in items(ones)))
        total: dict[tuple[int, int], fmpq] = {(i, i): fmpq(1) for i in range(factors[0].rows)}
        for entries, factor in zip(items(listed, len(factors)), factors, strict=True):
            values: dict[int, dict[int, fmpq]] = {}
            for entry in items(entries):
                first, second, number = items(entry, 3)
                i, j = index(first, 0, factor.rows - 1), index(second, 0, factor.columns - 1)
                need(j in factor.support[i], "an entry outside the support")
                wellformed(j not in values.setdefault(i, {}), "an entry twice")
                values[i][j] = rational(number)
            product: dict[tuple[int, int], fmpq] = {}
            for (i, k), value in total.items():
                for j, other in values.get(k, {}).items():
                    pay(1 + (abs(value.p).bit_length() + abs(other.p).bit_length()) // 64)
                    product[i, j] = product.get((i, j), fmpq(0)) + value * other
            total = product
        need({cell: v for cell, v in total.items() if v != 0} == dict.fromkeys(cells, fmpq(1)), "another product")
        return cells

    def _all_shown(
        self,
        rows: list[int],
        columns: list[int],
        bound: dict[tuple[int, int], int],
        shown: set[frozenset[tuple[int, int]]],
    ) -> None:
        n = len(columns)

        def fill(p: int, taken: list[int], ones: frozenset[tuple[int, int]]) -> None:
            self.steps += 1
            need(self.steps < MOST_STEPS, "too many steps")
            pay(n * (2 + len(taken)) // 4)
            if p and any(sum(q < end for q in taken) > bound[p, end] for end in range(1, n + 1)):
                return
            if p == len(rows):
                need(ones in shown, "a placement within the bounds is not shown")
                return
            fill(p + 1, taken, ones)
            for q in range(n):
                if q not in taken:
                    fill(p + 1, [*taken, q], ones | {(rows[p], columns[q])})

        fill(0, [], frozenset())
