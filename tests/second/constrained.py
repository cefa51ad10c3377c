"""Factors with constraints: non-negative ones, covariance matrices, fixed entries."""

from __future__ import annotations

from collections import Counter

from tests.second.chains import prove
from tests.second.grammar import Factor
from tests.second.limits import not_closed
from tests.second.reading import Node, need, pay


def about_factors(factors: list[Factor], claim: str, proof: Node, trusted: set[str]) -> None:
    """The products of factors of real numbers form a closed set, or they do not."""
    if claim == "closed":
        prove("real", factors, proof, trusted)
    else:
        need(proof.rule == "limit", f"a rule {proof.rule} does not show that a set is not closed")
        not_closed("real", factors, proof)


def check(claim: str, problem: Node, proof: Node, trusted: set[str]) -> None:
    """A certificate about factors with constraints."""
    if problem.kind == "fixed" and not problem.values:
        about_factors([factor.free for factor in problem.factors], claim, proof, trusted)
    elif proof.rule == "covariance":
        covariance(problem, proof, trusted)
    elif proof.rule == "covariance-limit":
        covariance_limit(problem, proof, trusted)
    elif proof.rule == "paired-items":
        paired_items(problem, proof)
    elif proof.rule == "affine":
        affine(problem)
    elif proof.rule == "marker":
        marker(problem, proof)


# ---- covariance matrices -----------------------------------------------------------------------------


def times_square(loadings: Factor, block: list[int], items: set[int]) -> list[Factor]:
    """The loadings of these items on a block, and a square matrix without zeros."""
    pay(loadings.height + len(block) ** 2)
    place = {k: number for number, k in enumerate(sorted(block))}
    rows = (row if i in items else frozenset() for i, row in enumerate(loadings.rows))
    left = Factor(loadings.height, len(block), tuple(frozenset(place[k] for k in row if k in place) for row in rows))
    return [left, Factor(len(block), len(block), (frozenset(range(len(block))),) * len(block))]


def covariance(problem: Node, proof: Node, trusted: set[str]) -> None:
    """Each block is closed, perhaps without an item with a variance of its own that loads on all of it."""
    need(len(proof.blocks) == len(problem.blocks), "the blocks are others")
    for block, case in zip(problem.blocks, proof.blocks, strict=True):
        need(len(case.without) <= 1, "more than one item is left out")
        for item in case.without:
            need(item in problem.unique, "the item has no variance of its own")
            need(problem.loadings.rows[item].issuperset(block), "the item does not load on the whole block")
        items = set(range(problem.loadings.height)) - set(case.without)
        prove("real", times_square(problem.loadings, block, items), case.then, trusted)


def covariance_limit(problem: Node, proof: Node, trusted: set[str]) -> None:
    """Items without variances of their own that load on one block, which is not closed on them."""
    need(proof.block < len(problem.blocks), "there is no such block")
    block = problem.blocks[proof.block]
    for item in proof.items:
        need(item < problem.loadings.height and item not in problem.unique, "an item is not there or has a variance")
        need(problem.loadings.rows[item] <= set(block), "an item loads on another block")
    about_factors(times_square(problem.loadings, block, set(proof.items)), "not_closed", proof.then, trusted)


def paired_items(problem: Node, proof: Node) -> None:
    """Pairs of items that would be equal, such that one of them is orthogonal to all it loads on."""
    rows = problem.loadings.rows
    (k, a), (l, b) = proof.first, proof.second
    named = [a, b, proof.item, proof.partner, *(item for _, *pair in proof.others for item in pair)]
    need(len(set(named)) == len(named), "an item is named twice")
    need(all(item < len(rows) for item in named), "an item is not there")
    block = next((set(block) for block in problem.blocks if k in block), set())
    need(l in block and k != l, "the two factors are not two of one block")
    need(all(rows[item] <= block for item in named), "an item loads on another block")
    need(rows[a] == {k} and rows[b] == {l}, "an item loads on another factor")
    need({k, l} <= rows[proof.item], "the item does not load on both factors")
    need(Counter(g for g, _, _ in proof.others) == Counter(rows[proof.item] - {k, l}), "a further factor is left out")
    for g, own, other in proof.others:
        need(rows[own] == {g} and g in rows[other], "the items of a further factor are others")
    if proof.factor is None:
        need({k, l} <= rows[proof.partner], "the partner does not load on both factors")
    else:
        need(proof.factor in rows[proof.partner] - rows[proof.item], "the partner has no factor that the item has not")


# ---- fixed entries -----------------------------------------------------------------------------------


def affine(problem: Node) -> None:
    """Each hidden index has a side without free entries."""
    left, right = (factor.free for factor in problem.factors)
    moving: set[int] = set().union(*left.rows)
    both = any(row for k, row in enumerate(right.rows) if k in moving)
    need(not both, "a hidden index has free entries on both sides")


def marker(problem: Node, proof: Node) -> None:
    """A fixed entry beside a free one, in cells that no other hidden index covers."""
    left, right = problem.factors
    free = {(i, k) for i, row in enumerate(left.free.rows) for k in row}
    across = {(j, k) for k, row in enumerate(right.free.rows) for j in row}
    given = {cell: value for cell, value in left.fixed.items() if value != 0}
    beyond = {(j, k): value for (k, j), value in right.fixed.items() if value != 0}
    pay(len(free) + len(across))
    if proof.side == "right":
        free, across, given, beyond = across, free, beyond, given
    k, j = proof.hidden, proof.column
    need((proof.fixed, k) in given and (proof.free, k) in free, "the two entries are not fixed and free")
    need((j, k) in across and all(hidden != k for _, hidden in beyond), "the other vector is not free")
    for i in (proof.fixed, proof.free):
        near = {hidden for line, hidden in (*free, *given) if line == i}
        far = {hidden for line, hidden in (*across, *beyond) if line == j}
        need(near & far == {k}, "another hidden index covers a cell")
