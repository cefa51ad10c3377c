"""Limits that are no products: curves, and refutations by equations and by pinned vectors."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import networkx as nx
from flint import fmpq

from tests.second.frames import diagonal, frames
from tests.second.grammar import Factor
from tests.second.linear import Laurent, plus, rank, times
from tests.second.patterns import Pattern, Terms, jacobian_rank
from tests.second.patterns import factors as entries_of
from tests.second.polynomials import Poly, Ring
from tests.second.reading import Node, names_from, need, pay, wellformed
from tests.second.systems import Branch, System

Cell = tuple[int, int]
Target = dict[Cell, Any]


def not_closed(field: str, factors: list[Factor], proof: Node) -> None:
    """The rules `limit` and `dominant-limit`."""
    if proof.rule == "dominant-limit":
        need(field == "complex" and len(factors) == 2, "the rule is about two complex factors")
        is_limit(factors, proof)
        refute(field, factors, proof.target, proof.then)
        return
    wellformed(len(proof.curve) == len(factors), "the curve has another number of factors")
    for factor, entries in zip(factors, proof.curve, strict=True):
        for i, j in entries:
            need(i < factor.height and j in factor.rows[i], "an entry of the curve lies outside of the support")
    check_target(factors[0].height, factors[-1].width, proof.target)
    converge(proof.curve, proof.target)
    refute(field, factors, proof.target, proof.then)


def is_limit(factors: list[Factor], proof: Node) -> None:
    """The products of a block are dense in all its matrices, or in those of a rank; the target is one of them."""
    rows, columns = set(proof.rows), set(proof.columns)
    left, right = factors
    pay(left.width + sum(1 + len(row) / 10 for row in (*left.rows, *right.rows)))
    terms: Terms = {}
    for k, across in enumerate(right.rows):
        terms[k] = frozenset(i for i in rows if i < left.height and k in left.rows[i]), across & columns
        pay(len(rows) / 5)
    block = Pattern.of(terms)
    covered = block.covered
    target = {cell: value for cell, value in proof.target.items() if value != 0}
    need(covered.issuperset(target), "an entry of the target lies outside of the block, or is always zero")
    dimension = jacobian_rank(block.terms, *entries_of(proof, block.terms), covered)
    if dimension == len(covered):
        return
    height, width = (sorted({cell[side] for cell in covered}) for side in (0, 1))
    most = min(len(height), len(width), len(block.terms))
    of_rank = most * (len(height) + len(width) - most)
    need(dimension == of_rank, "the products are not shown to be dense")
    need(rank([[target.get((i, j), 0) for j in width] for i in height]) <= most, "the target has a larger rank")


def check_target(height: int, width: int, target: Target) -> None:
    """The cells of the target exist."""
    need(all(i < height and j < width for i, j in target), "an entry of the target lies outside")


def converge(curve: list[dict[Cell, Laurent]], target: Target) -> None:
    """The product of the factors has no negative powers of t, and the target as its constant terms."""
    product: dict[int, dict[int, Laurent]] = {i: {i: {0: fmpq(1)}} for i in {i for i, _ in curve[0]}}
    for factor in curve:
        rows: dict[int, dict[int, Laurent]] = {}
        for (i, j), entry in factor.items():
            rows.setdefault(i, {})[j] = {exponent: value for exponent, value in entry.items() if value != 0}
        for i, row in product.items():
            found: dict[int, Laurent] = {}
            for k, a in row.items():
                for j, b in rows.get(k, {}).items():
                    found[j] = plus(found.get(j, {}), times(a, b))
            product[i] = found
    entries = {(i, j): entry for i, row in product.items() for j, entry in row.items()}
    need(all(exponent >= 0 for entry in entries.values() for exponent in entry), "the products do not converge")
    for cell in {*entries, *target}:
        need(entries.get(cell, {}).get(0, 0) == target.get(cell, 0), "the products converge to something else")


# ---- refutations -------------------------------------------------------------------------------------


def refute(field: str, factors: list[Factor], target: Target, node: Node) -> None:
    """The target is no product of these factors."""
    while node.do == "merge":
        need(sum(node.sizes) == len(factors), "the groups do not divide the factors")
        ends = list(accumulate(node.sizes, initial=0))
        factors = [support_of_product(factors[start:end]) for start, end in pairwise(ends)]
        node = node.then
    if node.do == "equations":
        equations(field, factors, target, node)
        return
    need(node.do in TWO_FACTORS and len(factors) == 2, "this is no refutation for so many factors")
    TWO_FACTORS[node.do](factors, target, node)


def support_of_product(factors: list[Factor]) -> Factor:
    """The cells that some path reaches."""
    found = factors[0]
    for factor in factors[1:]:
        pay(sum(1 + len(row) for row in found.rows))
        rows = []
        for row in found.rows:
            pay(sum(len(factor.rows[k]) for k in row) / 10)
            rows.append(frozenset().union(*(factor.rows[k] for k in row)))
        found = Factor(found.height, factor.width, tuple(rows))
    return found


def equations(field: str, factors: list[Factor], target: Target, node: Node) -> None:
    """Entries of the product and of the target differ."""
    height, width = factors[0].height, factors[-1].width
    need(all(i < height and j < width for i, j in node.cells), "an equation is about no cell")
    names = set(names_from(node.then))
    for i in {i for i, _ in node.cells}:
        reached = {i}
        for number, factor in enumerate(factors):
            pay(sum(1 + len(factor.rows[k]) for k in reached))
            names.update(f"{number}:{k}:{j}" for k in reached for j in factor.rows[k])
            reached = {j for k in reached for j in factor.rows[k]}
    ring = Ring(sorted(names))
    columns: dict[int, list[set[int]]] = {}
    for j in {j for _, j in node.cells}:
        columns[j] = [{j}]
        for factor in factors[:0:-1]:
            pay(factor.height)
            columns[j].insert(0, {k for k, row in enumerate(factor.rows) if row & columns[j][0]})
    relations = []
    for i, j in node.cells:
        vector = {i: ring.one}
        for number, (factor, wanted) in enumerate(zip(factors, columns[j], strict=True)):
            step: dict[int, Poly] = {}
            for k, poly in vector.items():
                for end in factor.rows[k] & wanted:
                    product = ring.times(poly, ring.variable(f"{number}:{k}:{end}"))
                    step[end] = ring.plus(step[end], product) if end in step else product
            vector = step
        relations.append(ring.plus(vector.get(j, ring.zero), ring.constant(-target.get((i, j), 0))))
    System(ring, field).run(node.then, Branch(relations=tuple(relations)))


def pinned(factors: list[Factor], target: Target, node: Node) -> None:
    """An entry that is not zero is a sum over hidden indices of which one side vanishes."""
    left, right = factors
    size = left.width
    lines = {k: {i for i, row in enumerate(left.rows) if k in row} for k in range(size)}
    crossing = {k: set(right.rows[k]) for k in range(size)}
    pay(left.height * size / 10)
    if node.side == "columns":
        lines, crossing = crossing, lines
        target = {(j, i): value for (i, j), value in target.items()}
    heights = (left.height, right.width) if node.side == "rows" else (right.width, left.height)
    across = {*node.across, node.at}
    named = {node.line, *(i for group in node.groups for i in group)}
    need(max(named) < heights[0] and max(across) < heights[1], "a line is not there")
    vanishing: set[int] = set()
    order = sorted(across)
    for group in node.groups:
        hidden = {k for k in range(size) if lines[k] & set(group) and crossing[k] & across}
        pay(size + len(group) * len(order) * (1 + min(len(group), len(order))))
        need(all(target.get((i, node.at), 0) == 0 for i in group), "an entry of a group is not zero")
        block = [[target.get((i, j), 0) for j in order] for i in group]
        need(rank(block) >= len(hidden), "the rank of a group is smaller")
        vanishing |= hidden
    need(target.get((node.line, node.at), 0) != 0, "the entry is zero")
    meeting = {k for k in range(size) if node.line in lines[k] and node.at in crossing[k]}
    need(meeting <= vanishing, "a hidden index that meets the entry is in no group")


def occupied(factors: list[Factor], target: Target, node: Node) -> None:
    """However hidden indices of their own are chosen for some lines, the others need one of these.

    All choices are tried, one need after the other, and those met before are left out; for two places a hidden index
    can be along the first, along the second, or neither.
    """
    left, right = factors
    size = left.width
    if node.side == "columns":
        target = {(j, i): value for (i, j), value in target.items()}
    rows, other = ({i: set(row) for i, row in enumerate(left.rows)}, [set(row) for row in right.rows])
    if node.side == "columns":
        rows = {j: {k for k in range(size) if j in right.rows[k]} for j in range(right.width)}
        other = [{i for i, row in enumerate(left.rows) if k in row} for k in range(size)]
    pay(left.height * size / 10 + right.width * size / 10)
    width = right.width if node.side == "rows" else left.height
    groups, across, places = node.groups, list(node.across), set(node.places)
    need(len(groups) == len(across) == len(set(across)) and len(across) in (1, 2), "no one or two groups")
    named = {*node.lines, *(i for group in groups for i in group)}
    need(all(i in rows for i in named) and all(j < width for j in places | set(across)), "a line is not there")
    for number, group in enumerate(groups):
        pay(len(group) * (len(places) + 2))
        for i in group:
            need(target.get((i, across[number]), 0) != 0, "a line of a group is zero in its place")
            rest = places | set(across) - {across[number]}
            need(all(target.get((i, j), 0) == 0 for j in rest), "not zero elsewhere")
    lines = sorted(node.lines)
    need(len(lines) == len(places) and across[0] not in places and across[-1] not in places, "the block is not square")
    pay(len(lines) ** 3)
    need(rank([[target.get((i, j), 0) for j in sorted(places)] for i in lines]) == len(lines), "the block is singular")
    able = {k for k in range(size) if other[k] & places}
    alive = {k for k in range(size) if other[k] & (places | set(across))}
    needy = [(rows[i] & alive, number) for number, group in enumerate(groups) for i in group]
    needy.sort(key=lambda each: len(each[0]))
    need(not _can_serve(needy, [rows[i] & able for i in lines], len(groups)), "the other lines can be served")


def _can_serve(needy: list[tuple[set[int], int]], lines: list[set[int]], places: int) -> bool:
    """Whether hidden indices for `lines` can be chosen such that the others serve the needy ones."""

    def matched(lent: set[int]) -> bool:
        pay(400 + 20 * sum(1 + len(line) for line in lines))
        graph = nx.Graph()
        graph.add_nodes_from(("line", i) for i in range(len(lines)))
        graph.add_edges_from((("line", i), k) for i, line in enumerate(lines) for k in line - lent)
        top = {("line", i) for i in range(len(lines))}
        return len(nx.bipartite.maximum_matching(graph, top)) == 2 * len(lines)

    def search(lent: dict[int, int], seen: set[frozenset[tuple[int, int]]]) -> bool:
        key = frozenset(lent.items())
        if key in seen:
            return False
        seen.add(key)
        pay(20 + len(lent))
        if not matched(set(lent)):
            return False
        for own, number in needy:
            along = {lent[k] for k in own if k in lent}
            free = sum(lent.get(k) == FREE for k in own)
            if number in along or (free and (free > 1 or 1 - number in along)):
                continue
            ways = (0,) if places == 1 else (0, 1, FREE)
            return any(search({**lent, k: way}, seen) for k in sorted(own - lent.keys()) for way in ways)
        return True

    return search({}, set())


FREE = 2
TWO_FACTORS = {"occupied": occupied, "pinned": pinned, "diagonal": diagonal, "frames": frames}
