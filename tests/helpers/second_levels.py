"""A second checker of certificates about sparsity levels, written apart from `the first one`.

It works with 0/1 matrices instead of bitmasks, and compares supports by sorting instead of going through orbits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations, product
from typing import Any

import numpy as np
from flint import fmpq

from tests.helpers.second_check import (
    Answer,
    Factor,
    _curve,
    _factors,
    envelope,
    identified,
    products,
    refute,
)
from tests.helpers.second_reading import index, is_columns, items, need, pay, rational, take, wellformed


def levels_certificate(data: Any) -> Answer:
    """The answer to a certificate about sparsity levels, given as parsed JSON; raises `Refused` or `BadFormat`."""
    (problem, identity), field, claim, proof = envelope(data)
    (listed,) = take(problem, "levels")
    levels = [Bounds(each) for each in items(listed)]
    wellformed(len(levels) > 1, "one factor")
    wellformed(all(a.n == b.m for a, b in pairwise(levels)), "sizes do not fit")
    identified(problem, identity)
    if claim == "not_closed":
        _union_limit(field, levels, proof)
        return Answer(claim, ())
    return Answer(claim, tuple(sorted(_closed(field, levels, proof))))


class Bounds:
    """One level."""

    def __init__(self, node: Any) -> None:
        shape, *bounds = take(node, "shape", "row", "column", "total")
        self.m, self.n = items(shape, 2)
        wellformed(index(self.m, 1, 10**6) and index(self.n, 1, 10**6), "shape")
        for bound in bounds:
            wellformed(bound is None or index(bound, 0, 10**9) >= 0, "bound")
        infinite = 10**12
        self.row, self.column, self.total = (infinite if bound is None else bound for bound in bounds)

    def allow(self, support: np.ndarray) -> bool:
        return bool(
            support.sum(1).max() <= self.row and support.sum(0).max() <= self.column and support.sum() <= self.total
        )

    def largest(self) -> Iterator[np.ndarray]:
        """All supports within the bounds with no room for one more entry: sizes first, then positions."""
        if self.row >= self.n and self.total >= self.m * self.n:  # columns alone are bounded
            size = min(self.column, self.m)
            for chosen in product(combinations(range(self.m), size), repeat=self.n):
                pay(10 + self.m * self.n // 50)
                support = np.zeros((self.m, self.n), dtype=int)
                for j, rows in enumerate(chosen):
                    support[list(rows), j] = 1
                yield support
            return
        need(self.m * self.n <= 16, "too many supports")
        cells = list(product(range(self.m), range(self.n)))
        most = min(self.total, self.m * min(self.row, self.n), self.n * min(self.column, self.m))
        for size in range(most + 1):
            for chosen in combinations(cells, size):
                pay(30)
                support = np.zeros((self.m, self.n), dtype=int)
                for cell in chosen:
                    support[cell] = 1
                if self.allow(support) and not any(self._room(support, cell) for cell in cells if not support[cell]):
                    yield support

    def _room(self, support: np.ndarray, cell: tuple[int, int]) -> bool:
        support[cell] = 1
        room = self.allow(support)
        support[cell] = 0
        return room


def _members(levels: list[Bounds]) -> Iterator[tuple[np.ndarray, ...]]:
    return product(*(list(level.largest()) for level in levels))


def _array(factor: Factor) -> np.ndarray:
    pay(factor.rows * factor.columns // 10)
    found = np.zeros((factor.rows, factor.columns), dtype=int)
    for i, columns in enumerate(factor.support):
        found[i, list(columns)] = 1
    return found


def _canonical(member: tuple[np.ndarray, ...]) -> Any:
    """The least form over all orders of inner indices, with rows and columns sorted."""
    inner = [permutations(range(factor.shape[1])) for factor in member[:-1]]
    forms = []
    for orders in product(*inner):
        pay(20 + sum(factor.size for factor in member) // 4)
        moved = list(member)
        for level, order in enumerate(orders):
            moved[level] = moved[level][:, order]
            moved[level + 1] = moved[level + 1][order, :]
        first = sorted(map(tuple, moved[0].tolist()))
        last = sorted(map(tuple, moved[-1].T.tolist()))
        forms.append((first, [factor.tolist() for factor in moved[1:-1]], last))
    return min(forms)


def _closed(field: str, levels: list[Bounds], proof: Any) -> set[str]:
    """Follow a proof; the engines whose word it takes."""
    rule = proof.get("rule") if type(proof) is dict else None
    wellformed(rule in ("one-entry", "elimination", "uncrossed", "members"), "unknown rule")
    if rule == "members":
        _, cases = take(proof, "rule", "cases")
        known = []
        trusted: set[str] = set()
        for case in items(cases):
            listed, then = take(case, "factors", "then")
            factors = _factors({"factors": listed})
            trusted.update(products(factors, field, "closed", then).trusted)
            need([(factor.rows, factor.columns) for factor in factors] == [(b.m, b.n) for b in levels], "other sizes")
            known.append(_canonical(tuple(map(_array, factors))))
        need(all(_canonical(member) in known for member in _members(levels)), "a support without a case")
        return trusted
    need(len(levels) == 2, "two factors are needed")
    first, second = levels
    if rule == "one-entry":
        take(proof, "rule")
        single = min(first.row, first.column, second.row, second.column, first.n) <= 1
        need(single or first.m == 1 or second.n == 1, "no line with one entry")
    elif rule == "uncrossed":
        take(proof, "rule")
        need(first.n == 2, "two inner indices are needed")
        need(all(_absorbed(levels, left, right) for left, right in _members(levels)), "limits that may leave")
    else:
        _, side, zeros = take(proof, "rule", "side", "zeros")
        turned = is_columns(side)
        index(zeros)
        sides = [(each.row, each.column, each.total) for each in levels]
        m, n = first.m, second.n
        if turned:
            m, n = n, m
            sides = [(column, row, total) for row, column, total in reversed(sides)]
        (row, column, total), (row2, column2, total2) = sides
        need(first.n >= n and row >= n and column >= m and total >= m * n - zeros, "first factor")
        need(zeros <= sum(n - p for p in range(1, min(m, n) + 1)) and total2 >= n + zeros, "zeros")
        need(min(row2, column2) >= (n if zeros else 1), "second factor")
    return set()


def _absorbed(levels: list[Bounds], left: np.ndarray, right: np.ndarray) -> bool:
    """Whether u yᵀ + x vᵀ, the limits, are products with supports within the levels."""
    x, u = left.min(axis=1), left.max(axis=1)
    y, v = right.min(axis=0), right.max(axis=0)
    if not x.any() or not y.any():
        return True
    forms = [(u, v)]
    if y.sum() == 1:
        forms.append((u, v - y))
    if x.sum() == 1:
        forms.append((u - x, v))
    for tall, wide in forms:
        for order in ([0, 1], [1, 0]):
            columns, rows = np.stack([tall, x])[order].T, np.stack([y, wide])[order]
            if levels[0].allow(columns) and levels[1].allow(rows):
                return True
    return False


def _union_limit(field: str, levels: list[Bounds], proof: Any) -> None:
    rule, listed, curve, cover = take(proof, "rule", "target", "curve", "cover")
    wellformed(rule == "union-limit", "unknown rule")
    pay(sum(level.m * level.n for level in levels))
    full = [Factor(level.m, level.n, [list(range(level.n)) for _ in range(level.m)]) for level in levels]
    target: dict[tuple[int, int], fmpq] = {}
    for entry in items(listed):
        i, j, value = items(entry, 3)
        cell = index(i), index(j)
        wellformed(cell not in target, "an entry twice")
        target[cell] = rational(value)
    _curve(full, target, items(curve, len(levels)))
    for level, entries in zip(levels, curve, strict=True):
        used = np.zeros((level.m, level.n), dtype=int)
        for i, j, _ in entries:
            used[i, j] = 1
        need(level.allow(used), "a curve with too many entries")
    bounds = []
    for node in items(cover):
        factors, refutation = take(node, "factors", "refutation")
        read = _factors({"factors": factors})
        bounds.append([_array(factor) for factor in read])
        wellformed([each.shape for each in bounds[-1]] == [(level.m, level.n) for level in levels], "other sizes")
        refute(field, read, target, refutation)
    stacks = [np.stack(each) for each in zip(*bounds, strict=True)] if bounds else []
    for member in _members(levels):
        inside = [(stack >= support).all(axis=(1, 2)) for stack, support in zip(stacks, member, strict=False)]
        need(stacks and np.logical_and.reduce(inside).any(), "a support that no refutation covers")
