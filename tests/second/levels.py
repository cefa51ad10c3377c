"""Sparsity levels: unions over all supports with bounded numbers of entries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, permutations, product
from math import factorial, inf, prod
from typing import Any

from tests.second.chains import prove
from tests.second.grammar import Factor
from tests.second.limits import check_target, converge, refute
from tests.second.reading import Node, need, pay, wellformed

MOST_SUPPORTS = 50_000
Support = tuple[int, ...]  # the columns of each row as bits
Member = tuple[Support, ...]


def check(field: str, levels: list[Node], proof: Node, trusted: set[str]) -> None:
    """A certificate about sparsity levels."""
    if proof.rule == "one-entry":
        one_entry(levels)
    elif proof.rule == "elimination":
        elimination(levels, proof)
    elif proof.rule == "uncrossed":
        uncrossed(levels)
    elif proof.rule == "members":
        members(field, levels, proof, trusted)
    else:
        union_limit(field, levels, proof)


def bound(value: int | None) -> float:
    """A bound, or that there is none."""
    return inf if value is None else value


def allowed(level: Node, support: Support) -> bool:
    """Whether a support is within the bounds."""
    pay(len(support) + level.width)
    sizes = [row.bit_count() for row in support]
    if sum(sizes) > bound(level.total) or any(size > bound(level.row) for size in sizes):
        return False
    return all(sum(row >> j & 1 for row in support) <= bound(level.column) for j in range(level.width))


def largest(level: Node) -> list[Support]:
    """The supports within the bounds to which no entry can be added.

    Row by row; a part is given up when an entry that it leaves out could be added whatever comes later.
    """
    m, n = level.height, level.width
    row, column, total = (int(min(bound(b), m * n)) for b in (level.row, level.column, level.total))
    found: list[Support] = []
    waiting: list[tuple[Support, tuple[int, ...]]] = [((), (0,) * n)]
    while waiting:
        rows, counts = waiting.pop()
        left = m - len(rows)
        spent = sum(counts)
        later = min(total - spent, sum(min(left, column - count) for count in counts), left * row)
        pay(10 + n + len(rows) + n * n // 64)  # masks of n bits are made bit by bit
        never = sum(1 << j for j, count in enumerate(counts) if count + left < column)
        if spent + later < total and any(line.bit_count() < row and never & ~line for line in rows):
            continue
        if not left:
            found.append(rows)
            need(len(found) <= MOST_SUPPORTS, "there are too many supports")
            continue
        free = [j for j in range(n) if counts[j] < column]
        # what no other bound forbids and the column will not forbid either must be in the row
        forced = [j for j in free if counts[j] + left - 1 < column] if row >= n and total >= m * n else []
        kept = set(forced)
        rest = [j for j in free if j not in kept]
        sizes = range(min(row, total - spent, len(rest)) + 1)
        for chosen in chain.from_iterable(combinations(rest, size) for size in sizes):
            pay(4 + n)
            mask = sum(1 << j for j in (*forced, *chosen))
            waiting.append(((*rows, mask), tuple(c + (mask >> j & 1) for j, c in enumerate(counts))))
    return found


def all_largest(levels: list[Node]) -> Iterator[Member]:
    """The largest supports of all factors."""
    each = [largest(level) for level in levels]
    need(prod(map(len, each)) <= MOST_SUPPORTS, "there are too many supports")
    return product(*each)


def one_entry(levels: list[Node]) -> None:
    """Lines of a factor have at most one entry, or the product has one line."""
    need(len(levels) == 2, "the rule is about two factors")
    for level in levels:
        row = min(bound(level.row), level.width)
        column = min(bound(level.column), level.height)
        if min(row, column) <= 1:
            return
    need(levels[0].height == 1 or levels[1].width == 1, "lines may have more entries")


def elimination(levels: list[Node], proof: Node) -> None:
    """There are enough entries for elimination with pivots."""
    need(len(levels) == 2, "the rule is about two factors")
    left, right = levels
    if proof.side == "columns":
        left, right = (
            Node(height=f.width, width=f.height, row=f.column, column=f.row, total=f.total) for f in (right, left)
        )
    m, r, n = left.height, left.width, right.width
    stages = min(m, n)
    need(r >= n, "there are too few inner indices")
    need(proof.zeros <= stages * n - stages * (stages + 1) // 2, "there are too many zeros")
    need(bound(left.total) >= m * n - proof.zeros, "the first factor has too few entries")
    need(bound(left.row) >= n and bound(left.column) >= m, "lines of the first factor have too few entries")
    need(bound(right.total) >= n + proof.zeros, "the second factor has too few entries")
    least = n if proof.zeros else 1
    need(bound(right.row) >= least and bound(right.column) >= least, "lines of the second factor have too few entries")


def uncrossed(levels: list[Node]) -> None:
    """With two inner indices, what limits look like is within the levels."""
    need(len(levels) == 2 and levels[0].width == 2, "the rule is about two factors with two inner indices")
    m, n = levels[0].height, levels[1].width
    for left, right in all_largest(levels):
        pay(m + n)
        rows = [sum((row >> k & 1) << i for i, row in enumerate(left)) for k in range(2)]
        if not rows[0] & rows[1] or not right[0] & right[1]:
            continue
        joint, common = (rows[0] | rows[1], right[0] & right[1]), (rows[0] & rows[1], right[0] | right[1])
        choices = [(joint, common)]
        if common[0].bit_count() == 1:
            choices.append(((joint[0] & ~common[0], joint[1]), common))
        if joint[1].bit_count() == 1:
            choices.append((joint, (common[0], common[1] & ~joint[1])))
        pairs = [pair for choice in choices for pair in (choice, choice[::-1])]
        need(any(uncrossed_within(levels, m, pair) for pair in pairs), "an uncrossed support is beyond the levels")


def uncrossed_within(levels: list[Node], m: int, pair: Any) -> bool:
    """Whether two rectangles are a support within the levels."""
    (rows, columns), (others, more) = pair
    left = tuple((rows >> i & 1) | (others >> i & 1) << 1 for i in range(m))
    return allowed(levels[0], left) and allowed(levels[1], (columns, more))


def masks(factors: list[Factor]) -> Member:
    """Supports as bits."""
    pay(sum(len(row) + 1 for factor in factors for row in factor.rows))
    return tuple(tuple(sum(1 << j for j in row) for row in factor.rows) for factor in factors)


def class_of(member: Member, widths: list[int]) -> Any:
    """The same for members that differ by the order of rows, inner indices and columns, and for no others.

    For each order of the inner indices, rows and columns are sorted; the least result counts.
    """
    heights = list(map(len, member))
    pay(prod(factorial(size) for size in heights[1:]) * (sum(heights) + widths[-1]) * 2)
    best: Any = None
    for orders in product(*(permutations(range(size)) for size in heights[1:])):
        lines = [
            [sum((row >> j & 1) << place for place, j in enumerate(order)) for row in factor]
            for factor, order in zip(member[:-1], orders, strict=True)
        ]
        lines.append(list(member[-1]))
        lines[0].sort()
        for number, order in enumerate(orders, start=1):
            lines[number] = [lines[number][j] for j in order]
        columns = sorted(sum((row >> j & 1) << i for i, row in enumerate(lines[-1])) for j in range(widths[-1]))
        if len(member) == 1:
            columns = []
        form = (tuple(map(tuple, lines[:-1])), tuple(columns))
        best = form if best is None or form < best else best
    return best


def members(field: str, levels: list[Node], proof: Node, trusted: set[str]) -> None:
    """Every largest support has a proof, up to the order of its lines."""
    need(len(levels) > 1, "a single factor has no inner indices")
    shapes = [(level.height, level.width) for level in levels]
    widths = [level.width for level in levels]
    known = set()
    for case in proof.cases:
        if [(factor.height, factor.width) for factor in case.factors] == shapes:
            known.add(class_of(masks(case.factors), widths))
        prove(field, case.factors, case.then, trusted)
    for member in all_largest(levels):
        need(class_of(member, widths) in known, "there is no case for a support")


def union_limit(field: str, levels: list[Node], proof: Node) -> None:
    """A limit of products within the levels that is no product of any largest support."""
    wellformed(len(proof.curve) == len(levels), "the curve has another number of factors")
    for level, entries in zip(levels, proof.curve, strict=True):
        need(all(i < level.height and j < level.width for i, j in entries), "an entry of the curve lies outside")
        rows, columns = [0] * level.height, [0] * level.width
        pay(level.height + level.width)
        for i, j in entries:
            rows[i] += 1
            columns[j] += 1
        within = max(rows) <= bound(level.row) and max(columns) <= bound(level.column)
        need(within and len(entries) <= bound(level.total), "the curve is beyond the levels")
    check_target(levels[0].height, levels[-1].width, proof.target)
    converge(proof.curve, proof.target)
    shapes = [(level.height, level.width) for level in levels]
    covers = []
    for case in proof.cover:
        need([(factor.height, factor.width) for factor in case.factors] == shapes, "a support has other sizes")
        refute(field, case.factors, proof.target, case.then)
        covers.append(packed(masks(case.factors), shapes))
    for member in all_largest(levels):
        bits = packed(member, shapes)
        pay(len(covers) / 10)
        need(any(bits & cover == bits for cover in covers), "a support is contained in none of those refuted")


def packed(member: Member, shapes: list[tuple[int, int]]) -> int:
    """All entries as the bits of one number."""
    found = 0
    for support, (_, width) in zip(member, shapes, strict=True):
        for row in support:
            found = found << width | row
    return found
