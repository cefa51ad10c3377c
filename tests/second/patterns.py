"""Closedness of patterns of two factors: the rules that end a proof or lead to smaller patterns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.second.linear import rank_modulo, squares_exceed
from tests.second.polynomials import Ring
from tests.second.reading import Node, need, pay

Cell = tuple[int, int]
Lines = frozenset[int]
Terms = dict[int, tuple[Lines, Lines]]
CELL_NAME = re.compile(r"a:(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True)
class Pattern:
    """Rows and columns of the hidden indices, and the cells that are not looked at."""

    terms: Terms
    unseen: frozenset[Cell] = frozenset()

    @staticmethod
    def of(terms: Terms, unseen: Iterable[Cell] = ()) -> Pattern:
        """Empty supports do not count, nor do cells outside of their rows and columns."""
        terms = {k: support for k, support in terms.items() if all(support)}
        rows, columns = Pattern(terms).lines
        return Pattern(terms, frozenset((i, j) for i, j in unseen if i in rows and j in columns))

    @cached_property
    def lines(self) -> tuple[Lines, Lines]:
        """The rows and the columns of the supports."""
        pay(sum(len(rows) + len(columns) for rows, columns in self.terms.values()) / 5)
        rows, columns = ([support[side] for support in self.terms.values()] for side in (0, 1))
        return frozenset().union(*rows), frozenset().union(*columns)

    def seen(self, k: int) -> set[Cell]:
        """The looked-at cells of a support."""
        rows, columns = self.terms[k]
        pay(len(rows) * len(columns) / 2)
        return {(i, j) for i in rows for j in columns} - self.unseen

    @cached_property
    def covered(self) -> set[Cell]:
        """The looked-at cells of all supports."""
        columns: dict[int, set[int]] = {i: set() for i in self.lines[0]}
        for rows, others in self.terms.values():
            for i in rows:
                size = len(columns[i])
                columns[i] |= others
                pay(len(others) / 20 + 3 * (len(columns[i]) - size))
        return {(i, j) for i, some in columns.items() for j in some} - self.unseen

    def only(self, terms: Iterable[int]) -> Pattern:
        """The pattern with these supports alone."""
        need(set(terms) <= set(self.terms), "a hidden index is not there")
        return Pattern.of({k: self.terms[k] for k in terms}, self.unseen)

    def less(self, terms: Iterable[int]) -> Pattern:
        """The pattern without these supports, whose cells are no longer looked at."""
        left = {k: support for k, support in self.terms.items() if k not in terms}
        return Pattern.of(left, self.unseen | self.only(terms).covered)

    def towards(self, side: str) -> Pattern:
        """The pattern with the lines of this side as rows."""
        if side == "rows":
            return self
        pay(len(self.unseen) / 5)
        terms = {k: (columns, rows) for k, (rows, columns) in self.terms.items()}
        return Pattern(terms, frozenset((j, i) for i, j in self.unseen))


Goals = list[tuple[Node, Pattern]]


@dataclass
class Question:
    """The field, and the engines whose word is taken."""

    field: str
    trusted: set[str]


# ---- the end of a proof ------------------------------------------------------------------------------


def crossing(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Supports with a common cell are nested, one way in rows and the other way in columns."""
    terms = list(pattern.terms.values())
    pay((len(pattern.unseen) + len(terms)) * len(terms) / 10)
    hidden = any(i in rows and j in columns for i, j in pattern.unseen for rows, columns in terms)
    need(not hidden, "a cell of a support is not looked at")
    for number, (rows, columns) in enumerate(terms):
        pay(number * (len(rows) + len(columns)) / 50)
        for others, more in terms[:number]:
            apart = rows.isdisjoint(others) or columns.isdisjoint(more)
            nested = (rows <= others and columns >= more) or (rows >= others and columns <= more)
            need(apart or nested, "two supports with a common cell are not crossing")
    return []


def dual_bases(question: Question, node: Node, pattern: Pattern) -> Goals:
    """The hidden indices have few zeros."""
    need(not pattern.unseen, "a cell is not looked at")
    m, n = map(len, pattern.lines)
    zeros = sorted(m - len(rows) + n - len(columns) for rows, columns in pattern.terms.values())
    need(all(e <= s for s, e in enumerate(zeros[: min(m, n)])), "a hidden index has too many zeros")
    return []


def ideal(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Polynomials vanish on the products; that they vanish nowhere else is the engine's word."""
    need(question.field == "real", "the rule is about real zeros")
    meeting: dict[Cell, list[tuple[str, ...]]] = {}
    for k in sorted(pattern.terms):
        for i, j in pattern.seen(k):
            meeting.setdefault((i, j), []).append((f"x:{i}:{k}", f"y:{k}:{j}"))
    vanish(node.polynomials, meeting.get)
    question.trusted.add(node.engine)
    return []


# ---- smaller patterns --------------------------------------------------------------------------------


def product(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Parts without a common cell."""
    named = [k for part in node.parts for k in part.terms]
    need(len(set(named)) == len(named), "a hidden index is in two parts")
    parts = [pattern.only(part.terms) for part in node.parts]
    cells = sum(len(part.covered) for part in parts)
    need(cells == len(pattern.covered), "two parts share a cell, or a cell is in no part")
    return [(part.then, smaller) for part, smaller in zip(node.parts, parts, strict=True)]


def twins(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Of lines that are alike so many are kept as their block can have as its rank."""
    turned = pattern.towards(node.side)
    gone: set[int] = set()
    for each in node.classes:
        lines = [*each.keep, *each.drop]
        need(len(set(lines)) == len(lines), "a line is kept and dropped")
        need(turned.lines[0].issuperset(lines) and gone.isdisjoint(lines), "a line is not there")
        alike = set()
        for i in lines:
            kind = frozenset(k for k, (rows, _) in turned.terms.items() if i in rows)
            columns: Lines = frozenset().union(*(turned.terms[k][1] for k in kind))
            pay(len(turned.terms) / 5 + len(columns))
            alike.add((kind, frozenset(j for j in columns if (i, j) not in turned.unseen)))
        need(len(alike) <= 1, "the lines of a class are different")
        need(len(each.keep) >= len(each.cover.lines) + len(each.cover.terms), "too few lines are kept")
        for kind, window in alike:
            met = [turned.terms[k][1] & window for k in kind - set(each.cover.terms)]
            need(all(columns <= set(each.cover.lines) for columns in met), "the cover leaves out an entry")
        gone |= set(each.drop)
    terms = {k: (rows - gone, columns) for k, (rows, columns) in turned.terms.items()}
    return [(node.then, Pattern.of(terms, turned.unseen).towards(node.side))]


def full(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Some hidden indices give all matrices on their cells."""
    representatives(pattern.only(node.terms), node.side, node.lines)
    return [(node.then, pattern.less(node.terms))]


def regular(question: Question, node: Node, pattern: Pattern) -> Goals:
    """Some hidden indices give zero, or nearly so, at a point where the derivative is onto."""
    part = pattern.only(node.terms)
    left, right = factors(node, part.terms)
    inside = sum(map(len, (*left.values(), *right.values())))
    need(inside == len(node.left) + len(node.right), "an entry lies outside of the supports")
    found: dict[Cell, int] = {}
    for k, column in left.items():
        pay(len(column) * (1 + len(right[k])))
        for i, x in column.items():
            for j, y in right[k].items():
                found[i, j] = found.get((i, j), 0) + x * y
    square = sum(value * value for cell, value in found.items() if cell in part.covered)
    if square:
        vectors = jacobian(part.terms, left, right, part.covered)
        need(squares_exceed(vectors, len(part.covered), math.isqrt(4 * square) + 1), "the product is not small")
    else:
        need(jacobian_rank(part.terms, left, right, part.covered) == len(part.covered), "the derivative is not onto")
    return [(node.then, pattern.less(node.terms))]


def dominant(question: Question, node: Node, pattern: Pattern) -> Goals:
    """A part of the supports whose products are dense in all matrices."""
    need(question.field == "complex", "the rule is about complex numbers")
    terms = {k: (frozenset(rows), frozenset(columns)) for k, (rows, columns) in node.terms.items()}
    for k, (rows, columns) in terms.items():
        inside = k in pattern.terms and rows <= pattern.terms[k][0] and columns <= pattern.terms[k][1]
        need(inside, "this is no part of a support")
    cells = pattern.covered
    need(jacobian_rank(terms, *factors(node, terms), cells) == len(cells), "the derivative is not onto")
    return [(node.then, Pattern.of(terms, pattern.unseen))]


def split(question: Question, node: Node, pattern: Pattern) -> Goals:
    """The looked-at cells of a support lie in parts of it that share no line."""
    need(node.term in pattern.terms, "the hidden index is not there")
    others = {k: support for k, support in pattern.terms.items() if k != node.term}
    need(others.keys().isdisjoint(node.parts), "another support has the name of a part")
    for side in (0, 1):
        lines = [line for part in node.parts.values() for line in part[side]]
        need(len(set(lines)) == len(lines), "two parts share a line")
        need(pattern.terms[node.term][side].issuperset(lines), "a part lies outside of the support")
    parts = {k: (frozenset(rows), frozenset(columns)) for k, (rows, columns) in node.parts.items()}
    need(Pattern(parts).covered >= pattern.seen(node.term), "a cell is in no part")
    return [(node.then, Pattern.of({**others, **parts}, pattern.unseen))]


def extend(question: Question, node: Node, pattern: Pattern) -> Goals:
    """A larger pattern, of which this one is left without some lines."""
    rows, columns = set(node.rows), set(node.columns)
    need(rows.isdisjoint(pattern.lines[0]) and columns.isdisjoint(pattern.lines[1]), "a line is not new")
    larger = {k: (frozenset(some), frozenset(others)) for k, (some, others) in node.terms.items()}
    smaller = {k: (some - rows, others - columns) for k, (some, others) in larger.items()}
    need(Pattern.of(smaller).terms == pattern.terms, "without the new lines the pattern is another one")
    return [(node.then, Pattern.of(larger, pattern.unseen))]


# ---- what several rules need -------------------------------------------------------------------------


def trimmed(pattern: Pattern) -> Pattern:
    """Each support with the rows and columns of its looked-at cells."""
    cells = {k: pattern.seen(k) for k in pattern.terms}
    terms = {k: (frozenset(i for i, _ in some), frozenset(j for _, j in some)) for k, some in cells.items()}
    return Pattern.of(terms, pattern.unseen)


def renamed(node: Node, pattern: Pattern) -> Pattern:
    """The pattern with other names."""
    terms = {
        node.terms[k]: (frozenset(node.rows[i] for i in rows), frozenset(node.columns[j] for j in columns))
        for k, (rows, columns) in pattern.terms.items()
    }
    return Pattern(terms, frozenset((node.rows[i], node.columns[j]) for i, j in pattern.unseen))


def representatives(pattern: Pattern, side: str, lines: dict[int, dict[int, int]]) -> None:
    """In each line the covered cells have hidden indices of their own, so all matrices are products."""
    pattern = pattern.towards(side)
    need(set(lines) <= pattern.lines[0], "a line is not there")
    need(all(j in lines.get(i, ()) for i, j in pattern.covered), "a cell has no hidden index")
    for i, chosen in lines.items():
        need(len(set(chosen.values())) == len(chosen), "a hidden index is used twice")
        for j, k in chosen.items():
            rows, columns = pattern.terms.get(k, ((), ()))
            need(i in rows and j in columns and (i, j) not in pattern.unseen, "a hidden index does not cover its cell")


def vanish(polynomials: list[Any], meeting: Callable[[Cell], list[tuple[str, ...]] | None]) -> None:
    """The polynomials are zero when sums over the paths are put in for the entries."""
    cells: dict[str, list[tuple[str, ...]]] = {}
    for name in {name for terms in polynomials for powers in terms for name, _ in powers}:
        match = CELL_NAME.fullmatch(name)
        paths = meeting((int(match[1]), int(match[2]))) if match else None
        need(paths is not None, f"{name!r:.50} is no entry that is looked at")
        cells[name] = paths or []
    pay(sum(map(len, cells.values())))
    ring = Ring(sorted({part for paths in cells.values() for path in paths for part in path}))
    sums = {
        name: ring.total(ring.product(map(ring.variable, path)) for path in paths) for name, paths in cells.items()
    }
    for terms in polynomials:
        need(len(ring.evaluate(terms, sums)) == 0, "a polynomial does not vanish on the products")


Entries = dict[int, dict[int, int]]


def factors(node: Node, terms: Terms) -> tuple[Entries, Entries]:
    """The entries that are given inside of the supports, by hidden index."""
    left: Entries = {k: {} for k in terms}
    right: Entries = {k: {} for k in terms}
    for (i, k), value in node.left.items():
        if k in terms and i in terms[k][0]:
            left[k][i] = value
    for (k, j), value in node.right.items():
        if k in terms and j in terms[k][1]:
            right[k][j] = value
    return left, right


def jacobian_rank(terms: Terms, left: Entries, right: Entries, cells: set[Cell]) -> int:
    """The rank, at most, of the derivative of the products at looked-at cells."""
    return rank_modulo(jacobian(terms, left, right, cells), len(cells))


def jacobian(terms: Terms, left: Entries, right: Entries, cells: set[Cell]) -> list[dict[int, int]]:
    """The derivative of the products at looked-at cells, by entries of the factors."""
    order = {cell: place for place, cell in enumerate(sorted(cells))}
    vectors: list[dict[int, int]] = []
    for k, (rows, columns) in terms.items():
        pay(len(rows) * len(right[k]) + len(columns) * len(left[k]))
        vectors += ({order[i, j]: y for j, y in right[k].items() if (i, j) in order} for i in rows)
        vectors += ({order[i, j]: x for i, x in left[k].items() if (i, j) in order} for j in columns)
    return vectors


def about_dense(rule: Callable[[Node, Pattern], None]) -> Callable[[Question, Node, Pattern], Goals]:
    """A rule for patterns all of whose cells are looked at, told with the lines of its side as rows."""

    def step(question: Question, node: Node, pattern: Pattern) -> Goals:
        need(not pattern.unseen, "a cell is not looked at")
        rule(node, pattern.towards(node.side))
        return []

    return step


RULES: dict[str, Callable[[Question, Node, Pattern], Goals]] = {
    "crossing": crossing,
    "dual-bases": dual_bases,
    "ideal": ideal,
    "product": product,
    "twins": twins,
    "full": full,
    "regular": regular,
    "dominant": dominant,
    "split": split,
    "extend": extend,
}
