"""A second checker of certificates about constrained factors, written apart from that part of `closedness.check`.

It compares 0/1 matrices, and for paired items builds the covariance matrix and looks at it, instead of comparing sets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.helpers.second_check import Answer, Factor, _factors, envelope, identified, products
from tests.helpers.second_reading import distinct, index, indices, items, need, rational, take, wellformed


def constrained_certificate(data: Any) -> Answer:
    """What a certificate about constrained factors proves; raises `Refused` or `BadFormat` otherwise."""
    (problem, identity), field, claim, proof = envelope(data)
    wellformed(field == "real" and type(problem) is dict and type(proof) is dict, "field, problem or proof")
    kind = problem.get("kind")
    if kind == "nonnegative":
        _factors({key: value for key, value in problem.items() if key != "kind"})
        identified(problem, identity)
        wellformed(claim == "closed" and take(proof, "rule") == ["nonnegative"], "rule")
        return Answer(claim, ())
    wellformed(kind in ("covariance", "fixed"), "kind")
    if kind == "covariance":
        return _covariance(problem, identity, claim, proof)
    return _fixed(problem, identity, claim, proof)


def _matrix(shape: Any, rows: Any) -> np.ndarray:
    m, n = (index(size, 1) for size in items(shape, 2))
    found = np.zeros((m, n), bool)
    for i, row in enumerate(items(rows, m)):
        columns = indices(row)
        wellformed(columns == sorted(set(columns)) and all(j < n for j in columns), "columns")
        found[i, columns] = True
    return found


def _covariance(problem: Any, identity: Any, claim: str, proof: Any) -> Answer:
    _, loadings, blocks, unique = take(problem, "kind", "loadings", "blocks", "unique")
    table = _matrix(*take(loadings, "shape", "rows"))
    m, r = table.shape
    blocks = [indices(block) for block in items(blocks)]
    wellformed(all(blocks) and sorted(k for block in blocks for k in block) == list(range(r)), "blocks")
    unique = indices(unique)
    wellformed(unique == sorted(set(unique)) and all(i < m for i in unique), "unique")
    identified(problem, identity)
    rule = proof.get("rule")
    trusted: tuple[str, ...] = ()
    if claim == "closed":
        wellformed(rule == "covariance", "rule")
        (_, nodes) = take(proof, "rule", "blocks")
        for block, node in zip(blocks, items(nodes, len(blocks)), strict=True):
            without, then = take(node, "without", "then")
            part = table[:, block].copy()
            need(len(distinct(without)) < 2, "two items")
            for item in without:
                need(item in unique and part[item].all(), "the item")
                part[item] = False
            trusted += _times_square(then, "closed", part)
        return Answer(claim, trusted)
    wellformed(rule in ("covariance-limit", "paired-items"), "rule")
    if rule == "covariance-limit":
        _, number, kept, then = take(proof, "rule", "block", "items", "then")
        block = blocks[index(number, 0, len(blocks) - 1)]
        kept = distinct(kept)
        need(all(i < m for i in kept) and not set(kept) & set(unique), "items")
        outside = np.delete(table, block, axis=1)
        need(not outside[kept].any(), "an item loads on other blocks")
        part = np.zeros((m, len(block)), bool)
        part[kept] = table[np.ix_(kept, block)]
        return Answer(claim, _times_square(then, "not_closed", part))
    _pairs(table, blocks, proof)
    return Answer(claim, ())


def _factor(table: np.ndarray) -> Factor:
    return Factor(*table.shape, [[int(j) for j in np.flatnonzero(row)] for row in table])


def _times_square(then: Any, claim: str, part: np.ndarray) -> tuple[str, ...]:
    """What is proved of some loadings times a free square matrix."""
    free = np.ones((part.shape[1], part.shape[1]), bool)
    return products([_factor(part), _factor(free)], "real", claim, then).trusted


def _pairs(table: np.ndarray, blocks: list[list[int]], proof: Any) -> None:
    keys = ("first", "second", "item", "partner", "factor", "others")
    _, first, second, item, partner, factor, others = take(proof, "rule", *keys)
    m, r = table.shape
    k, a = indices(first, 2)
    l, b = indices(second, 2)
    i, j = index(item, 0, m - 1), index(partner, 0, m - 1)
    triples = [indices(each, 3) for each in items(others)]
    need(max([a, b, *(x for each in triples for x in each[1:])]) < m, "no item")
    need(max([k, l, *(each[0] for each in triples)]) < r, "no factor")
    pairs = [(a, b), (i, j), *((c, d) for _, c, d in triples)]
    sigma = np.zeros((m, m), int)
    for one, two in pairs:
        for x in (one, two):
            for y in (one, two):
                sigma[x, y] += 1
    # each item of a pair is in no other pair
    need(set(sigma.ravel()) <= {0, 1} and sigma.sum() == 4 * len(pairs), "items used twice")
    used = np.flatnonzero(sigma.any(axis=0))
    where = next(block for block in blocks if k in block)
    need(not np.delete(table, where, axis=1)[used].any(), "other blocks")
    need(k != l, "one factor")
    # the directions of all factors of the item are those of pairs other than its own
    for g, pure in [(k, a), (l, b), *((g, c) for g, c, _ in triples)]:
        need(table[pure].sum() == 1 and table[pure, g], "an item of one factor")
    listed = sorted([k, l, *(g for g, _, _ in triples)])
    need(listed == list(np.flatnonzero(table[i])), "the factors of the item")
    need(all(table[d, g] for g, _, d in triples), "a second item of a factor")
    if factor is None:
        need(table[j, k] and table[j, l], "the partner")
    else:
        h = index(factor)
        need(h < r and table[j, h] and not table[i, h], "the partner")


def _fixed(problem: Any, identity: Any, claim: str, proof: Any) -> Answer:
    _, factors = take(problem, "kind", "factors")
    free, numbers = [], []
    for each in items(factors, 2):
        shape, rows, fixed = take(each, "shape", "rows", "fixed")
        table = _matrix(shape, rows)
        given = np.zeros(table.shape, bool)
        for entry in items(fixed):
            i, j, value = items(entry, 3)
            i, j = index(i, 0, table.shape[0] - 1), index(j, 0, table.shape[1] - 1)
            wellformed(rational(value) != 0 and not table[i, j] and not given[i, j], "a fixed entry")
            given[i, j] = True
        free.append(table)
        numbers.append(given)
    wellformed(free[0].shape[1] == free[1].shape[0], "sizes do not fit")
    identified(problem, identity)
    if not any(given.any() for given in numbers):
        return products([_factor(table) for table in free], "real", claim, proof)
    rule = proof.get("rule")
    wellformed(rule == {"closed": "affine", "not_closed": "marker"}[claim], "rule")
    if rule == "affine":
        take(proof, "rule")
        need(not (free[0].any(axis=0) & free[1].any(axis=1)).any(), "both sides are free")
        return Answer(claim, ())
    _, side, k, i, other, j = take(proof, "rule", "side", "hidden", "fixed", "free", "column")
    wellformed(side in ("left", "right"), "side")
    (left, right), (held, beside) = free, numbers
    if side == "right":
        left, right, held, beside = right.T, left.T, beside.T, held.T
    k, i, other, j = (index(value) for value in (k, i, other, j))
    need(k < left.shape[1] and max(i, other) < left.shape[0] and j < right.shape[1], "no such entry")
    need(held[i, k] and left[other, k] and right[k, j] and not beside[k].any(), "entries")
    for row in (i, other):
        need(list(np.flatnonzero((left | held)[row] & (right | beside)[:, j])) == [k], "another hidden index")
    return Answer(claim, ())
