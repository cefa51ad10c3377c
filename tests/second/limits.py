"""Limits that are no products: curves, and refutations by equations and by pinned vectors."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

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


TWO_FACTORS = {"pinned": pinned, "diagonal": diagonal, "frames": frames}
