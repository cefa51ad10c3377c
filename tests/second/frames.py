"""Refutations by linear algebra: pairs of vectors that would have to be dual to each other."""

from __future__ import annotations

from typing import Any

from flint import fmpq_mat, fmpz_mat

from tests.second.grammar import Factor
from tests.second.linear import Vector, effort, kernel, primitive, products, rank, whole
from tests.second.reading import Node, follow, need, pay

Space = list[Vector]
Cut = dict[tuple[str, int], Space]  # the spaces that are smaller than at first
Goals = list[tuple[Node, Cut]]
Term = tuple[frozenset[int], frozenset[int]]


def united(terms: dict[int, Term], side: str) -> dict[int, Term]:
    """The terms with the same single line on this side become one, named after the smallest."""
    found: dict[int, Term] = {}
    owner: dict[frozenset[int], int] = {}
    for k, term in sorted(terms.items()):
        single = term[side == "columns"]
        if len(single) == 1 and single in owner:
            old = found[owner[single]]
            found[owner[single]] = (old[0] | term[0], old[1] | term[1])
        else:
            owner.setdefault(single, k)
            found[k] = term
    return found


def terms_of(factors: list[Factor], rows: list[int], columns: list[int]) -> dict[int, Term]:
    """The hidden indices that meet the block, united."""
    left, right = factors
    pay(left.width * (len(rows) + len(columns)) / 5)
    terms = {}
    for k in range(left.width):
        term = frozenset(i for i in rows if k in left.rows[i]), right.rows[k].intersection(columns)
        if all(term):
            terms[k] = term
    return united(united(terms, "rows"), "columns")


def block_of(factors: list[Factor], target: dict[tuple[int, int], Any], node: Node) -> list[list[Any]]:
    """The part of the target in the rows and columns of a refutation."""
    left, right = factors
    need(all(i < left.height for i in node.rows), "a row of the block is not there")
    need(all(j < right.width for j in node.columns), "a column of the block is not there")
    need(node.rows and node.columns, "the block is empty")
    pay(len(node.rows) * len(node.columns))
    return [[target.get((i, j), 0) for j in node.columns] for i in node.rows]


def frames(factors: list[Factor], target: dict[tuple[int, int], Any], node: Node) -> None:
    """The refutation `frames`."""
    block = block_of(factors, target, node)
    Frames(node, block, terms_of(factors, node.rows, node.columns)).run()


def diagonal(factors: list[Factor], target: dict[tuple[int, int], Any], node: Node) -> None:
    """The refutation `diagonal`."""
    block = block_of(factors, target, node)
    terms = terms_of(factors, node.rows, node.columns)
    for case in node.cases:
        diagonal_case(node, block, terms, case)
    lacking = len(terms) - rank(block)
    narrow = [[all(len(group) == 1 for group in side) for side in (case.rows, case.columns)] for case in node.cases]
    if lacking > 1:
        need(any(rows and columns for rows, columns in narrow), "no case has groups of one member only")
    else:
        need(narrow, "there is no case")
        need(lacking < 1 or all(map(any, zip(*narrow, strict=True))), "a case has larger groups on both sides")


def diagonal_case(node: Node, block: list[list[Any]], terms: dict[int, Term], case: Node) -> None:
    """Equal lines of the factors would leave too few hidden indices for a diagonal part."""
    need(len(case.rows) == len(case.columns) and all(case.rows) and all(case.columns), "the groups are no pairs")
    for groups, lines, values in (
        (case.rows, node.rows, block), (case.columns, node.columns, list(zip(*block, strict=True)))
    ):
        place = {line: list(value) for line, value in zip(lines, values, strict=True)}
        need(all(set(group) <= set(place) for group in groups), "a line of a group is not in the block")
        pay(sum(map(len, groups)) * len(values[0]))
        need(all(place[line] == place[group[0]] for group in groups for line in group), "the lines of a group differ")
    for c, rows in enumerate(case.rows):
        row = dict(zip(node.columns, block[node.rows.index(rows[0])], strict=True))
        pay(len(row) + len(node.rows))
        for d, columns in enumerate(case.columns):
            need((row[columns[0]] == 0) == (c != d), "the groups are no diagonal")
    need(set(case.terms) <= set(terms) and len(set(case.terms)) == len(case.terms), "a term is not there, or twice")
    need(len(case.terms) + len(case.rows) > len(terms), "there are too few terms")
    met: set[int] = set()
    for k in case.terms:
        pay(sum(map(len, (*case.rows, *case.columns))) / 5)
        met |= {c for c, columns in enumerate(case.columns) if terms[k][1].issuperset(columns)}
        left = {c for c, rows in enumerate(case.rows) if terms[k][0].issuperset(rows)}
        need(met.isdisjoint(left), "a term meets a group that the same or an earlier one meets")


class Frames:
    """Spaces of a block whose rank is the number of terms; were it larger, the block would be no product anyway.

    With s independent rows and columns of the block, which cross in the matrix M, a column of the column space is
    A[:, columns] M^(-1) u, a row of the row space v^T A[rows, :], and their product is v^T u: both spaces have
    coordinates in which the product is the usual one.
    """

    def __init__(self, node: Node, block: list[list[Any]], terms: dict[int, Term]) -> None:
        self.root = node.then
        self.terms = terms
        size = len(terms)
        rows = independent(block, size)
        columns = independent([list(column) for column in zip(*(block[i] for i in rows), strict=True)], size)
        need(0 < size == len(rows) == len(columns), "the rank of the block is smaller")
        middle = fmpq_mat([[block[i][j] for j in columns] for i in rows])
        solution = (fmpq_mat([[row[j] for j in columns] for row in block]) * middle.inv()).tolist()
        across = [[block[i][j] for i in rows] for j in range(len(node.columns))]
        self.values = {
            "rows": {i: whole(row) for i, row in zip(node.rows, solution, strict=True)},
            "columns": {j: whole(column) for j, column in zip(node.columns, across, strict=True)},
        }
        self.first: dict[tuple[str, int], Space] = {}

    def space(self, cut: Cut, side: str, k: int) -> Space:
        """The vectors of a term on one side, in coordinates."""
        need(k in self.terms, f"there is no term {k}")
        if (side, k) in cut:
            return cut[side, k]
        if (side, k) not in self.first:
            support = self.terms[k][side == "columns"]
            outside = [row for line, row in self.values[side].items() if line not in support]
            self.first[side, k] = kernel(outside, len(self.terms))
        return self.first[side, k]

    def sum(self, cut: Cut, side: str, terms: list[int]) -> Space:
        """Vectors that span the sum of the spaces of these terms."""
        return [vector for k in terms for vector in self.space(cut, side, k)]

    def run(self) -> None:
        """Follow the steps to their contradictions."""
        follow(self.root, {"tight": self.tight, "either": self.either, "gram": self.gram}, {})

    def tight(self, cut: Cut, node: Node) -> Goals:
        """The vectors of some terms span the sum of their spaces; others are orthogonal to it."""
        need(not set(node.terms) & set(node.others), "a term is among the others")
        total = self.sum(cut, node.side, node.terms)
        need(rank(total) <= len(node.terms), "the sum has more dimensions than there are terms")
        other = "columns" if node.side == "rows" else "rows"
        return [(node.then, {**cut, **{(other, k): orthogonal(self.space(cut, other, k), total) for k in node.others}})]

    def either(self, cut: Cut, node: Node) -> Goals:
        """One of two vectors is orthogonal to the space of the other one."""
        need(node.term != node.other, "the two terms are one")
        rows, columns = self.space(cut, "rows", node.term), self.space(cut, "columns", node.other)
        need(rank(products(rows, columns)) <= 1, "the products have a larger rank")
        return [
            (node.rows, {**cut, ("rows", node.term): orthogonal(rows, columns)}),
            (node.columns, {**cut, ("columns", node.other): orthogonal(columns, rows)}),
        ]

    def gram(self, cut: Cut, node: Node) -> Goals:
        """The products of dual vectors cannot have the rank that they must have."""
        first, second = self.sum(cut, "rows", node.terms), self.sum(cut, "columns", node.others)
        common = len({*node.terms} & {*node.others})
        largest = rank(products(first, second))
        spare = rank(first) - len(node.terms) + rank(second) - len(node.others)
        need(common > largest or common < largest - spare, "the rank is possible")
        return []


def orthogonal(space: Space, others: Space) -> Space:
    """The vectors of a space with zero product with all others."""
    conditions = [list(row) for row in zip(*products(space, others), strict=True)]
    if not space or not conditions:
        return space
    chosen = kernel(conditions, len(space))
    if not chosen:
        return []
    effort(space)
    rows = (fmpz_mat(chosen) * fmpz_mat(space)).tolist()
    return [primitive([int(value) for value in row]) for row in rows]


def independent(rows: list[list[Any]], size: int) -> list[int]:
    """The first independent rows, at most this many: the pivots of the transposed matrix."""
    if not rows or not rows[0]:
        return []
    integers = [whole(row) for row in rows]
    effort(integers)
    reduced, _, height = fmpz_mat(integers).transpose().rref()
    return [next(j for j in range(len(rows)) if reduced[i, j] != 0) for i in range(int(height))][:size]
