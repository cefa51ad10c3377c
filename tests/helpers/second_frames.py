"""Frames in the second checker: a block of the target that has no dual bases within the supports.

Where ``closedness/check.py`` works with coordinates in a basis of rows, this works with kernels of the whole
block: the vector of a hidden index is looked for among all combinations of columns (of rows), and combinations
that give zero are carried along.
"""

from __future__ import annotations

from math import lcm
from typing import Any

from flint import fmpq, fmpz_mat

from tests.helpers.second_reading import Factor, distinct, index, indices, items, need, pay, take, wellformed, word
from tests.helpers.second_system import SYSTEM_STEPS, earlier, table, unknown

Space = list[list[int]]
Spaces = dict[tuple[str, int], Space]
SIDES = ("rows", "columns")


def frames(factors: list[Factor], target: dict[tuple[int, int], fmpq], node: Any) -> None:
    """Accept the proof that no product has this block, or raise."""
    listed_rows, listed_columns, nodes = take(node, "rows", "columns", "nodes")
    rows, columns = distinct(listed_rows), distinct(listed_columns)
    need(len(factors) == 2, "not two factors")
    for lines, size in ((rows, factors[0].rows), (columns, factors[1].columns)):
        need(all(line < size for line in lines), "lines of the block")
    block = Frames(factors, target, rows, columns)
    need(_rank(block.block) == len(block.terms), "the rank is not the number of terms")
    block.nodes = table(nodes)
    block.refute(len(block.nodes) - 1, {})
    wellformed(len(block.visited) == len(block.nodes), "a node is never used")


def diagonal(factors: list[Factor], target: dict[tuple[int, int], fmpq], node: Any) -> None:
    """Accept the proof that too few hidden indices are left for a diagonal part, or raise."""
    listed_rows, listed_columns, listed = take(node, "rows", "columns", "cases")
    lines = distinct(listed_rows), distinct(listed_columns)
    cases = []
    for case in items(listed):
        *groups, terms = take(case, "rows", "columns", "terms")
        cases.append(([[distinct(group) for group in items(each)] for each in groups], indices(terms)))
    need(len(factors) == 2, "not two factors")
    for own, size in zip(lines, (factors[0].rows, factors[1].columns), strict=True):
        need(all(line < size for line in own), "lines of the block")
    block = Frames(factors, target, *lines)
    lost = len(block.terms) - _rank(block.block)
    matrices = block.block, _transposed(block.block)
    repeated = []
    for groups, terms in cases:
        places = [{line: p for p, line in enumerate(own)} for own in lines]
        need(all(line in place for place, own in zip(places, groups, strict=True) for g in own for line in g), "lines")
        inside = [[[place[line] for line in g] for g in own] for place, own in zip(places, groups, strict=True)]
        pay(sum(len(matrix[0]) for matrix, own in zip(matrices, inside, strict=True) for g in own for _ in g))
        for matrix, own in zip(matrices, inside, strict=True):
            need(all(g and all(matrix[p] == matrix[g[0]] for p in g) for g in own), "lines that differ")
        part = [[block.block[a[0]][b[0]] for b in inside[1]] for a in inside[0]]
        need(len(inside[0]) == len(inside[1]), "unequal numbers of groups")
        need(all(bool(v) == (c == d) for c, row in enumerate(part) for d, v in enumerate(row)), "not diagonal")
        need(len(set(terms)) == len(terms) and set(terms) <= block.terms.keys(), "no terms, or one twice")
        # where both vectors of a pair may have entries, the matrix of the pairs need not be triangular
        full = {side: [sum(1 << p for p in g) for g in own] for side, own in zip(SIDES, inside, strict=True)}
        own_lines = {k: block.terms[k] for k in terms}
        met = {k: [{c for c, g in enumerate(full[s]) if not g & ~t[s]} for s in SIDES] for k, t in own_lines.items()}
        pay(len(terms) ** 2 * (1 + len(part)))
        need(not any(met[k][0] & met[l][1] for q, k in enumerate(terms) for l in terms[: q + 1]), "not triangular")
        need(len(terms) > len(block.terms) - len(part), "enough hidden indices are left")
        repeated.append([any(len(g) > 1 for g in own) for own in groups])
    # the factor whose rank is that of the target has its repeated lines; which one that is, is not known
    if lost == 1:
        need(any(not right for _, right in repeated) and any(not left for left, _ in repeated), "a case is missing")
    elif lost > 1:
        need(any(not left and not right for left, right in repeated), "the rank is too small")
    need(repeated, "no case")


class Frames:
    """The block, as a matrix of integers, and the supports in it as bitmasks of positions."""

    def __init__(
        self, factors: list[Factor], target: dict[tuple[int, int], fmpq], rows: list[int], columns: list[int]
    ) -> None:
        pay(len(rows) * len(columns) * (1 + sum(v.p.bit_length() + v.q.bit_length() for v in target.values()) // 64))
        values = [[target.get((i, j), fmpq(0)) for j in columns] for i in rows]
        scale = lcm(*(int(value.q) for row in values for value in row))
        self.block = [[int(value.p) * (scale // int(value.q)) for value in row] for row in values]
        self.nodes: list[Any] = []
        self.visited: set[int] = set()
        self.shape = {"rows": len(rows), "columns": len(columns)}
        self.terms = self._terms(factors, rows, columns)

    @staticmethod
    def _terms(factors: list[Factor], rows: list[int], columns: list[int]) -> dict[int, dict[str, int]]:
        """For each hidden index that meets the block the masks of its rows and columns, thin ones united."""
        met: dict[int, dict[str, int]] = {}
        for p, i in enumerate(rows):
            for k in factors[0].support[i]:
                met.setdefault(k, dict.fromkeys(SIDES, 0))["rows"] |= 1 << p
        for k, masks in met.items():
            own = set(factors[1].support[k])
            masks["columns"] = sum(1 << q for q, j in enumerate(columns) if j in own)
        terms = {k: met[k] for k in sorted(met) if met[k]["columns"]}
        for side in SIDES:
            groups: dict[int, list[int]] = {}
            for k, masks in terms.items():
                if masks[side].bit_count() == 1:
                    groups.setdefault(masks[side], []).append(k)
            for first, *others in groups.values():
                for k in others:
                    gone = terms.pop(k)
                    terms[first] = {each: terms[first][each] | gone[each] for each in SIDES}
        return terms

    def _start(self, side: str, k: int) -> Space:
        """Combinations of the lines across that vanish off the hidden index's own lines."""
        matrix = self.block if side == "rows" else _transposed(self.block)
        width = self.shape["columns" if side == "rows" else "rows"]
        return _kernel([line for p, line in enumerate(matrix) if not self.terms[k][side] >> p & 1], width)

    def _space(self, spaces: Spaces, side: str, k: int) -> Space:
        return spaces[side, k] if (side, k) in spaces else self._start(side, k)

    def _products(self, left: Space, right: Space) -> list[list[int]]:
        if not left or not right or not self.block or not self.block[0]:
            return []
        pay(_effort(left) + _effort(right))
        product = fmpz_mat(left) * fmpz_mat(_transposed(self.block)) * fmpz_mat(_transposed(right))
        return [[int(v) for v in row] for row in product.tolist()]

    def _vectors(self, side: str, space: Space) -> list[list[int]]:
        """The vectors themselves: the combinations of lines worked out."""
        matrix = _transposed(self.block) if side == "rows" else self.block
        if not space:
            return []
        pay(_effort(space) + _effort(matrix))
        return [[int(v) for v in row] for row in (fmpz_mat(space) * fmpz_mat(matrix)).tolist()]

    def _named(self, node: Any) -> list[int]:
        found = distinct(node)
        need(set(found) <= self.terms.keys(), "no such term")
        return found

    def refute(self, position: int, spaces: Spaces) -> None:
        """Replay the nodes of one case."""
        while True:
            pay(20 + 3 * len(spaces))
            self.visited.add(position)
            node = self.nodes[position]
            if type(node) is not dict or node.get("do") != "tight":
                self._close(position, node, spaces)
                return
            _, side, listed, others, then = take(node, "do", "side", "terms", "others", "then")
            wellformed(word(side) in SIDES, "not a side")
            terms, cut = self._named(listed), self._named(others)
            span = [v for k in terms for v in self._vectors(side, self._space(spaces, side, k))]
            need(_rank(span) <= len(terms) and not set(terms) & set(cut), "not tight")
            opposite = "columns" if side == "rows" else "rows"
            combinations = [q for k in terms for q in self._space(spaces, side, k)]
            spaces = spaces | {
                (opposite, k): self._cut(opposite, self._space(spaces, opposite, k), combinations) for k in cut
            }
            position = earlier(then, position)

    def _cut(self, side: str, space: Space, others: Space) -> Space:
        """What is orthogonal to all vectors of the other side."""
        table = self._products(space, others) if side == "rows" else _transposed(self._products(others, space))
        if not table:
            return space
        return [
            [sum(c * q[p] for c, q in zip(weights, space, strict=True)) for p in range(len(space[0]))]
            for weights in _kernel(_transposed(table), len(space))
        ]

    def _close(self, position: int, step: Any, spaces: Spaces) -> None:
        wellformed(type(step) is dict, "not a step")
        kind = step.get("do")
        if kind == "gram":
            _, listed, others = take(step, "do", "terms", "others")
            named = self._named(listed), self._named(others)
            # how far chosen vectors are from filling the sums of their spaces
            sums = [
                [q for k in terms for q in self._space(spaces, side, k)]
                for side, terms in zip(SIDES, named, strict=True)
            ]
            room = sum(
                _rank(self._vectors(side, space)) - len(terms)
                for side, space, terms in zip(SIDES, sums, named, strict=True)
            )
            rank, common = _rank(self._products(*sums)), len(set(named[0]) & set(named[1]))
            need(common > rank or common + room < rank, "the rank is possible")
        elif kind == "either":
            _, term, other, first, second = take(step, "do", "term", "other", "rows", "columns")
            need(index(term) != index(other), "one term")
            k, l = self._named([term, other])
            left, right = self._space(spaces, "rows", k), self._space(spaces, "columns", l)
            need(_rank(self._products(left, right)) <= 1, "no product of two linear forms")
            self.refute(earlier(first, position), spaces | {("rows", k): self._cut("rows", left, right)})
            self.refute(earlier(second, position), spaces | {("columns", l): self._cut("columns", right, left)})
        else:
            need(kind not in SYSTEM_STEPS, "the step speaks of something else")
            raise unknown(kind)


def _transposed(matrix: list[list[int]]) -> list[list[int]]:
    return [list(line) for line in zip(*matrix, strict=True)]


def _effort(lines: list[list[int]]) -> int:
    """About what elimination costs; numbers grow with the lines."""
    size = sum(map(len, lines))
    digits = max((abs(v).bit_length() for line in lines for v in line), default=0)
    return 5 + size + size * len(lines) * (1 + len(lines) * digits // 256) // 50


def _rank(lines: list[list[int]]) -> int:
    pay(_effort(lines))
    return int(fmpz_mat(lines).rank()) if lines and lines[0] else 0


def _kernel(lines: list[list[int]], width: int) -> Space:
    """A basis of the vectors orthogonal to all lines."""
    pay(_effort(lines))
    if not lines:
        return [[int(p == q) for q in range(width)] for p in range(width)]
    basis, size = fmpz_mat(lines).nullspace()
    return [[int(basis[p, q]) for p in range(width)] for q in range(size)]
