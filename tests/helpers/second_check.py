"""A second checker of certificates, written from the format alone, for the tests.

It shares no code with ``closedness/check.py`` and does its work differently where it can: python-flint
polynomials instead of dictionaries, resultants instead of substitutions, bitmasks instead of sets, symbolic
matrix products instead of lists of paths, recursion instead of stacks of open goals.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from math import comb, prod
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from flint import fmpq, fmpq_poly, fmpz_mat

from tests.helpers.second_chains import Chains, reach, turned
from tests.helpers.second_dense import Sides, flats, pinned, solved_lines, types
from tests.helpers.second_frames import diagonal, frames
from tests.helpers.second_reading import (
    BadFormat,
    Factor,
    Refused,
    distinct,
    index,
    indices,
    is_columns,
    items,
    need,
    parse,
    pay,
    rational,
    take,
    wellformed,
    word,
)
from tests.helpers.second_system import (
    SYSTEM_STEPS,
    Branch,
    Cases,
    Family,
    Poly,
    Ring,
    earlier,
    names_in,
    table,
    unknown,
)

ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,59}", re.ASCII)
CELL = re.compile(r"a:(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})", re.ASCII)
MOST_STEPS = 200_000
CHAIN_RULES = ("single", "trim", "fusion", "peel", "parts", "triangular")
MOST_DEGREE = 1_000


class Answer(NamedTuple):
    """What a certificate proves, and whose word it takes."""

    claim: str
    trusted: tuple[str, ...]


def second_check(text: str | bytes) -> Answer:
    """Return what the certificate proves, or raise `Refused` (`BadFormat` when it is not a certificate)."""
    from tests.helpers.second_constrained import constrained_certificate
    from tests.helpers.second_levels import levels_certificate
    from tests.helpers.second_networks import network_certificate

    try:
        data = parse(text)
        problem = data.get("problem") if type(data) is dict else None
        if type(problem) is dict and "levels" in problem:
            return levels_certificate(data)
        if type(problem) is dict and "masks" in problem:
            return network_certificate(data)
        if type(problem) is dict and "kind" in problem:
            return constrained_certificate(data)
        return product_certificate(data)
    except RecursionError:
        raise BadFormat("nested too deeply") from None


def outcome(text: str | bytes) -> int:
    """Answer as an exit code: 0 verified, 1 rejected, 2 malformed, 3 verified trusting a solver."""
    try:
        return 3 if second_check(text).trusted else 0
    except BadFormat:
        return 2
    except Refused:
        return 1


# ---- reading -----------------------------------------------------------------------------------


def _factors(problem: Any) -> list[Factor]:
    factors: list[Factor] = []
    (listed,) = take(problem, "factors")
    for each in items(listed):
        shape, rows = take(each, "shape", "rows")
        m, n = indices(shape, 2)
        wellformed(m > 0 and n > 0 and (not factors or factors[-1].columns == m), "sizes do not fit")
        support = [indices(row) for row in items(rows, m)]
        for row in support:
            wellformed(all(a < b for a, b in zip(row, [*row, n][1:], strict=True)), "not increasing columns")
        factors.append(Factor(m, n, support))
    wellformed(factors, "no factor")
    return factors


def envelope(data: Any) -> tuple[Any, str, str, Any]:
    """Problem, field, claim and proof of a certificate."""
    keys = ["format", "version", "problem", "problem_id", "field", "claim", "proof"]
    if type(data) is dict and "provenance" in data:
        origin = data["provenance"]
        wellformed(type(origin) is dict and all(type(value) is str for value in origin.values()), "provenance")
        data = {key: value for key, value in data.items() if key != "provenance"}
    form, version, problem, identity, field, claim, proof = take(data, *keys)
    wellformed(form == "closedness-certificate" and type(version) is int and version == 2, "format or version")
    wellformed(field in ("real", "complex") and claim in ("closed", "not_closed"), "field or claim")
    return (problem, identity), field, claim, proof


def identified(problem: Any, identity: Any) -> None:
    plain = json.dumps(problem, sort_keys=True, separators=(",", ":"))
    need(identity == hashlib.sha256(plain.encode()).hexdigest(), "problem_id")


def product_certificate(data: Any) -> Answer:
    """The answer to a certificate about one product, given as parsed JSON."""
    (problem, identity), field, claim, proof = envelope(data)
    factors = _factors(problem)
    identified(problem, identity)
    return products(factors, field, claim, proof)


def products(factors: list[Factor], field: str, claim: str, proof: Any) -> Answer:
    """What a proof about the products of some factors shows, by itself or inside another one."""
    if claim == "not_closed":
        _not_closed(field, factors, proof)
        return Answer(claim, ())
    if type(proof) is dict and proof.get("rule") == "solver":
        _, engine, question, answer = take(proof, "rule", "engine", "question", "answer")
        wellformed(ENGINE.fullmatch(word(engine)), "not the name of an engine")
        wellformed(question == "closedness" and answer == "unsat", "the solver does not say that the set is closed")
        return Answer(claim, (engine,))
    closed = Closed(field)
    closed.prove(proof, factors)
    return Answer(claim, tuple(sorted(closed.trusted)))


# ---- not closed --------------------------------------------------------------------------------


def _not_closed(field: str, factors: list[Factor], proof: Any) -> None:
    rule, listed, curve, refutation = take(proof, "rule", "target", "curve", "refutation")
    wellformed(rule == "limit", "unknown rule")
    target: dict[tuple[int, int], fmpq] = {}
    for entry in items(listed):
        i, j, value = items(entry, 3)
        cell = index(i), index(j)
        wellformed(cell not in target, "an entry twice")
        target[cell] = rational(value)
    _curve(factors, target, items(curve, len(factors)))
    refute(field, factors, target, refutation)


def refute(field: str, factors: list[Factor], target: dict[tuple[int, int], fmpq], node: Any) -> None:
    """The target is no product of factors with these supports, groups of neighbours multiplied."""
    kind = node.get("do") if type(node) is dict else None
    wellformed(kind in ("equations", "pinned", "frames", "diagonal") and "merge" in node, "unknown refutation")
    sizes = [index(size, 1, 200_000) for size in items(node["merge"])]
    body = {key: value for key, value in node.items() if key not in ("do", "merge")}
    wellformed(sum(sizes) == len(factors), "the groups are not the factors")
    if kind == "equations":
        _equations(field, factors, sizes, target, body)
        return
    merged = grouped(factors, sizes, set(range(factors[0].rows)))
    if kind in ("frames", "diagonal"):
        (frames if kind == "frames" else diagonal)(merged, target, body)
        return
    need(len(merged) == 2, "not two factors")
    left, right = merged
    rows: dict[int, set[int]] = {}
    for i, line in enumerate(left.support):
        for k in line:
            rows.setdefault(k, set()).add(i)
    pinned(body, {k: Sides(lines, set(right.support[k])) for k, lines in rows.items()}, target)


def grouped(factors: list[Factor], sizes: list[int], rows: set[int]) -> list[Factor]:
    """Boolean products of neighbours, as far as the given rows reach: matrices of variables that know less."""
    rest = list(factors)
    found = []
    for size in sizes:
        group, rest = rest[:size], rest[size:]
        lines = {i: {i} for i in rows}
        for factor in group:
            lines = {i: set().union(*(factor.support[k] for k in ks)) for i, ks in lines.items()}
        support = [sorted(lines.get(i, ())) for i in range(group[0].rows)]
        found.append(Factor(group[0].rows, group[-1].columns, support))
        rows = set().union(*lines.values())
    return found


def _equations(
    field: str, factors: list[Factor], sizes: list[int], target: dict[tuple[int, int], fmpq], node: Any
) -> None:
    """Case distinctions that leave no solution of "product of the factors = target"."""
    listed, nodes = take(node, "cells", "nodes")
    cells = []
    for cell in items(listed):
        i, j = indices(cell, 2)
        need(i < factors[0].rows and j < factors[-1].columns, "no such entry")
        cells.append((i, j))
    factors = grouped(factors, sizes, {i for i, _ in cells})
    reached = [{i for i, _ in cells}]
    for factor in factors[:-1]:
        reached.append({k for i in reached[-1] for k in factor.support[i]})
    variables = {
        f"{level}:{i}:{k}"
        for level, (factor, rows) in enumerate(zip(factors, reached, strict=True))
        for i in rows
        for k in factor.support[i]
    }
    ring = Ring(variables | names_in(table(nodes)))
    relations = []
    for i, j in cells:
        line: dict[int, Poly] = {i: ring.one}
        for level, factor in enumerate(factors):
            following: dict[int, Poly] = {}
            for k, poly in line.items():
                for l in factor.support[k]:
                    pay(1)
                    if level + 1 < len(factors) or l == j:
                        pay(2 + len(poly) * (1 + len(ring.place) // 8))
                        term = poly * ring.variable(f"{level}:{k}:{l}")
                        following[l] = following.get(l, ring.zero) + term
                        need(len(following[l]) <= 50_000, "too many paths")
            line = following
        relations.append(line.get(j, ring.zero) - ring.context.constant(target.get((i, j), fmpq(0))))
    visited: set[int] = set()
    Cases(ring, nodes, field, visited).follow(len(nodes) - 1, Branch(tuple(relations), {}))
    wellformed(len(visited) == len(nodes), "a node is never used")


def _curve(factors: list[Factor], target: dict[tuple[int, int], fmpq], curve: list[Any]) -> None:
    """Multiply each factor by a power of t that makes it polynomial, and compare low coefficients."""
    shift = 0
    product: dict[int, dict[int, Any]] = {}
    for level, (factor, listed) in enumerate(zip(factors, curve, strict=True)):
        entries: dict[tuple[int, int], dict[int, fmpq]] = {}
        for entry in items(listed):
            i, j, terms = items(entry, 3)
            cell = index(i), index(j)
            wellformed(cell not in entries, "an entry twice")
            need(cell[0] < factor.rows and cell[1] in factor.support[cell[0]], "an entry outside the support")
            entries[cell] = {}
            for term in items(terms):
                e, value = items(term, 2)
                wellformed(index(e, -MOST_DEGREE, MOST_DEGREE) not in entries[cell], "an exponent twice")
                entries[cell][e] = rational(value)
        low = min((e for laurent in entries.values() for e in laurent), default=0)
        shift -= low
        rows: dict[int, dict[int, Any]] = {}
        for (i, j), laurent in entries.items():
            high = max(laurent, default=low)
            pay(1 + high - low)
            rows.setdefault(i, {})[j] = fmpq_poly([laurent.get(e, fmpq(0)) for e in range(low, high + 1)])
        product = rows if level == 0 else _matrix_product(product, rows)
    found = {(i, j): poly for i, row in product.items() for j, poly in row.items()}
    for cell in found.keys() | target.keys():
        poly = found.get(cell, fmpq_poly(0))
        if shift < 0:  # every curve entry tends to zero
            need(target.get(cell, fmpq(0)) == 0, "the product does not tend to the target")
            continue
        need(not any(poly[e] != 0 for e in range(min(shift, poly.degree() + 1))), "the product diverges")
        need(poly[shift] == target.get(cell, fmpq(0)), "the product does not tend to the target")


def poly_words(poly: Any) -> int:
    """Words of a polynomial in t."""
    digits = max((int(c).bit_length() for c in poly.numer().coeffs()), default=0)
    return int(poly.length() * (1 + (digits + int(poly.denom()).bit_length()) // 64))


def _matrix_product(left: dict[int, dict[int, Any]], right: dict[int, dict[int, Any]]) -> dict[int, dict[int, Any]]:
    total: dict[int, dict[int, Any]] = {}
    for i, row in left.items():
        for k, value in row.items():
            for j, other in right.get(k, {}).items():
                line = total.setdefault(i, {})
                pay(2 + poly_words(value) * (1 + poly_words(other)) // 64)
                line[j] = line[j] + value * other if j in line else value * other
    return total


# ---- closed: reductions --------------------------------------------------------------------------


def _ones(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def words(terms: dict[int, tuple[int, int]]) -> int:
    """The length of the longest mask."""
    return max((max(r.bit_length(), c.bit_length()) for r, c in terms.values()), default=0) // 64


class Shape(NamedTuple):
    """Rank-one supports as pairs of masks, and the cells that are not looked at, row by row."""

    terms: dict[int, tuple[int, int]]
    unseen: dict[int, int]

    @classmethod
    def make(cls, terms: dict[int, tuple[int, int]], unseen: dict[int, int]) -> Shape:
        """Without empty supports, and without unseen cells that lie in no row or no column of a support."""
        pay(len(terms) * (2 + words(terms) // 8) + 2 * len(unseen))
        kept = {k: sides for k, sides in terms.items() if all(sides)}
        rows, columns = cls(kept, {}).lines()
        return cls(kept, {i: mask & columns for i, mask in unseen.items() if rows >> i & 1 and mask & columns})

    def lines(self) -> tuple[int, int]:
        """The rows and the columns of all supports."""
        rows = columns = 0
        for r, c in self.terms.values():
            rows |= r
            columns |= c
        return rows, columns

    def cells(self, k: int) -> dict[int, int]:
        """The looked-at cells of a support, row by row."""
        rows, columns = self.terms[k]
        pay(2 + rows.bit_count() * (1 + (rows.bit_length() + columns.bit_length()) // 640))
        found = {i: columns & ~self.unseen.get(i, 0) for i in _ones(rows)}
        return {i: mask for i, mask in found.items() if mask}

    def covered(self) -> dict[int, int]:
        total: dict[int, int] = {}
        for k in self.terms:
            for i, mask in self.cells(k).items():
                total[i] = total.get(i, 0) | mask
        return total

    def turned(self) -> Shape:
        unseen: dict[int, int] = {}
        for i, mask in self.unseen.items():
            for j in _ones(mask):
                unseen[j] = unseen.get(j, 0) | 1 << i
        return Shape({k: (c, r) for k, (r, c) in self.terms.items()}, unseen)


class Closed:
    """One proof that a set is closed. Numbers of the certificate become bit positions as they occur."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.trusted: set[str] = set()
        self.place: dict[int, int] = {}
        self.steps = 0

    # -- numbers and masks

    def bit(self, number: int) -> int:
        return self.place.setdefault(number, len(self.place))

    def mask(self, node: Any) -> int:
        total = 0
        listed = distinct(node)
        pay(len(listed) * (len(self.place) + len(listed)) // 640)
        for number in listed:
            total |= 1 << self.bit(number)
        return total

    def cell(self, name: str) -> tuple[int, int]:
        """The entry that a variable ``a:i:j`` stands for."""
        _, i, j = name.split(":")
        return self.bit(int(i)), self.bit(int(j))

    def bits(self, node: Any, length: int | None = None) -> list[int]:
        return [self.bit(number) for number in indices(node, length)]

    def prove(self, proof: Any, factors: list[Factor]) -> None:
        """The rules for chains first; they leave two factors, or nothing, to the rules for pairs."""
        Chains(self._pair, self._is_full, self._stratified).prove(proof, factors)

    def _stratified(self, table: Any, factors: list[Factor]) -> None:
        LayeredStrata(self, items(table), factors).run_layers()

    def _pattern(self, left: Factor, right: Factor) -> Shape:
        terms: dict[int, tuple[int, int]] = {}
        (turned_left,) = turned([left])
        for k, (rows_of_k, columns) in enumerate(zip(turned_left.support, right.support, strict=True)):
            rows = self.mask(rows_of_k)
            terms[self.bit(k)] = (rows, self.mask(columns))
        return Shape.make(terms, {})

    def _pair(self, node: Any, left: Factor, right: Factor) -> None:
        self._prove(node, self._pattern(left, right))

    def _is_full(self, side: Any, lines: Any, left: Factor, right: Factor) -> None:
        known = Known.of(self._pattern(left, right))
        Strata(self, []).generic(known, {"do": "generic", "side": side, "lines": lines})

    def _prove(self, node: Any, shape: Shape) -> None:
        while True:
            self.steps += 1
            need(self.steps < MOST_STEPS, "too many steps")
            pay(5 + len(shape.terms) + len(shape.unseen))
            rule = node.get("rule") if type(node) is dict else None
            if rule == "crossing":
                take(node, "rule")
                self._crossing(shape)
                return
            if rule == "dual-bases":
                take(node, "rule")
                self._dual_bases(shape)
                return
            if rule == "ideal":
                self._ideal(node, shape)
                return
            if rule in ("flats", "solved-lines", "types"):
                self._dense(node, shape)
                return
            if rule == "strata":
                _, table = take(node, "rule", "nodes")
                Strata(self, items(table)).run(shape)
                return
            if rule == "product":
                for then, part in self._product(node, shape):
                    self._prove(then, part)
                return
            step: Callable[[Any, Shape], tuple[Any, Shape]] | None = {
                "twins": self._twins,
                "full": self._full,
                "regular": self._regular,
                "split": self._split,
                "dominant": self._dominant,
                "extend": self._extend,
            }.get(rule if type(rule) is str else "")
            if step is None:
                need(rule not in CHAIN_RULES and rule != "solver", "the rule speaks of something else")
                raise BadFormat("unknown rule")
            node, shape = step(node, shape)

    def _dense(self, node: Any, shape: Shape) -> None:
        number = {bit: name for name, bit in self.place.items()}

        def names(mask: int) -> set[int]:
            return {number[bit] for bit in _ones(mask)}

        terms = {number[k]: Sides(names(rows), names(columns)) for k, (rows, columns) in shape.terms.items()}
        unseen = {(number[i], j) for i, mask in shape.unseen.items() for j in names(mask)}
        {"flats": flats, "solved-lines": solved_lines, "types": types}[node["rule"]](node, terms, unseen)

    def _ideal(self, node: Any, shape: Shape) -> None:
        """The polynomials vanish on all products; that they vanish nowhere else is the engine's word."""
        _, polynomials, engine, answer = take(node, "rule", "polynomials", "engine", "answer")
        wellformed(ENGINE.fullmatch(word(engine)), "not the name of an engine")
        wellformed(answer == "unsat", "another answer")
        need(self.field == "real", "the engine does not say that there are no other real zeros")
        covered = shape.covered()

        def meeting(i: int, j: int) -> list[tuple[int, ...]]:
            need(covered.get(i, 0) >> j & 1, "an entry that is not looked at")
            pay(len(shape.terms) * (1 + words(shape.terms)))
            return [(k,) for k, (rows, columns) in shape.terms.items() if rows >> i & 1 and columns >> j & 1]

        self.vanish_on_products(polynomials, meeting)
        self.trusted.add(engine)

    def vanish_on_products(self, polynomials: Any, meeting: Callable[[int, int], Iterable[tuple[int, ...]]]) -> None:
        """Polynomials in the entries are zero when sums over the hidden indices `meeting` a cell are put in."""
        entries: dict[str, list[list[str]]] = {}
        for name in names_in(polynomials):
            if CELL.fullmatch(name):
                i, j = self.cell(name)
                entries[name] = [
                    [f"{level}:{a}:{b}" for level, (a, b) in enumerate(pairwise((i, *inner, j)))]
                    for inner in meeting(i, j)
                ]
        ring = Ring(names_in(polynomials) | {name for paths in entries.values() for path in paths for name in path})
        for written in items(polynomials):
            values = [
                sum((prod(map(ring.variable, path), start=ring.one) for path in entries[name]), ring.zero)
                if name in entries
                else ring.variable(name)
                for name in ring.place
            ]
            poly = ring.read(written)
            for monomial in poly.monoms():
                # as many monomials as there are ways to choose one summand in each place
                ways = 1
                for name, e in zip(ring.place, monomial, strict=True):
                    ways *= comb(e + max(len(entries.get(name, ())), 1) - 1, e)
                pay(ways * len(ring.place) // 8 if ways < 10**9 else ways)
            used = {name for name, e in zip(ring.place, poly.degrees(), strict=True) if e > 0}
            need(used <= entries.keys(), "no entry")
            need(poly.compose(*values, ctx=ring.context).is_zero(), "a polynomial does not vanish on the products")

    def _dominant(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        """Over C only; the rank over the rationals of the Jacobian at an integer point."""
        _, listed, left, right, then = take(node, "rule", "terms", "left", "right", "then")
        need(self.field == "complex", "dense over C only")
        terms: dict[int, tuple[int, int]] = {}
        for entry in items(listed):
            name, rows, columns = items(entry, 3)
            k, sides = self.bit(index(name)), (self.mask(rows), self.mask(columns))
            wellformed(k not in terms, "a hidden index twice")
            need(k in shape.terms, "a hidden index is missing")
            need(not any(own & ~all_ for own, all_ in zip(sides, shape.terms[k], strict=True)), "not a part")
            terms[k] = sides
        values: list[dict[tuple[int, int], int]] = []
        for written in (left, right):
            values.append({})
            for entry in items(written):
                a, b, value = items(entry, 3)
                wellformed(type(value) is int and abs(value) <= 10**9, "not a number")
                cell = self.bit(index(a)), self.bit(index(b))
                wellformed(cell not in values[-1], "an entry twice")
                values[-1][cell] = value
        covered = {(i, j) for i, mask in shape.covered().items() for j in _ones(mask)}
        places = {cell: position for position, cell in enumerate(covered)}
        # for each entry of the factors a line, and what the elimination costs
        entries = sum(r.bit_count() + c.bit_count() for r, c in terms.values())
        pay(entries * len(places) // 4 + len(places) * len(places) * entries // 2000)
        pay(sum(r.bit_count() * c.bit_count() for r, c in terms.values()))
        # one line for every entry of the factors: for x_ik those in row i, for y_kj those in column j
        lines: dict[tuple[str, int, int], list[int]] = {}
        for k, (r, c) in terms.items():
            for i, j in ((i, j) for i in _ones(r) for j in _ones(c) if (i, j) in places):
                lines.setdefault(("x", i, k), [0] * len(places))[places[i, j]] = values[1].get((k, j), 0)
                lines.setdefault(("y", k, j), [0] * len(places))[places[i, j]] = values[0].get((i, k), 0)
        rank = fmpz_mat(list(lines.values())).rank() if lines else 0
        need(rank == len(places), "the Jacobian has smaller rank")
        return then, Shape.make(terms, shape.unseen)

    def _dual_bases(self, shape: Shape) -> None:
        """Take the most confined vectors first: what is left of two spaces must not be orthogonal."""
        met = [0, 0]
        for sides in shape.terms.values():
            met = [union | mask for union, mask in zip(met, sides, strict=True)]
        pay(1 + len(shape.terms) * words(shape.terms))
        need(not any(mask & met[1] for i, mask in shape.unseen.items() if met[0] >> i & 1), "a cell is not looked at")
        most = min(union.bit_count() for union in met)
        zeros = sorted(
            sum((union & ~mask).bit_count() for union, mask in zip(met, sides, strict=True))
            for sides in shape.terms.values()
            if all(sides)
        )[:most]
        while zeros:
            need(2 * len(zeros) - zeros[-1] > len(zeros), "the spaces may be orthogonal")
            zeros.pop()

    def _crossing(self, shape: Shape) -> None:
        size = 1 + words(shape.terms)
        for position, (k, (rows, columns)) in enumerate(shape.terms.items()):
            pay(rows.bit_count() * size + position * size)
            need(not any(shape.unseen.get(i, 0) & columns for i in _ones(rows)), "a cell is not looked at")
            for r, c in (sides for l, sides in shape.terms.items() if l < k):
                if r & rows and c & columns:
                    meet = (r & rows, c & columns)
                    need(meet in ((r, columns), (rows, c)), "two supports are not crossing")

    def _product(self, node: Any, shape: Shape) -> list[tuple[Any, Shape]]:
        _, parts = take(node, "rule", "parts")
        taken: dict[int, int] = {}
        left = set(shape.terms)
        following = []
        for part in items(parts):
            listed, then = take(part, "terms", "then")
            names = [self.bit(number) for number in distinct(listed)]
            need(left >= set(names), "a hidden index is missing or used twice")
            left -= set(names)
            small = Shape.make({k: shape.terms[k] for k in names}, shape.unseen)
            own = small.covered()
            for i, mask in own.items():
                need(not taken.get(i, 0) & mask, "a cell lies in two parts")
                taken[i] = taken.get(i, 0) | mask
            following.append((then, small))
        need(not any(shape.cells(k) for k in left), "a hidden index is left out")
        return following

    def _twins(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        _, side, classes, then = take(node, "rule", "side", "classes", "then")
        columns = is_columns(side)
        turned = shape.turned() if columns else shape
        windows = turned.covered()
        gone = 0
        for group in items(classes):
            keep, drop, cover = take(group, "keep", "drop", "cover")
            lines = [self.bit(number) for number in distinct(keep) + distinct(drop)]
            need(items(keep) and len(set(lines)) == len(lines), "lines repeated, or none kept")
            need(not any(gone >> line & 1 for line in lines), "a line is dropped already")
            pay(len(lines) * (2 + len(turned.terms) * (1 + words(turned.terms))))
            types = {frozenset(k for k, (rows, _) in turned.terms.items() if rows >> line & 1) for line in lines}
            seen = {windows.get(line, 0) for line in lines}
            need(len(types) == 1 and len(seen) == 1, "no twins")
            cover_lines, cover_terms = take(cover, "lines", "terms")
            across, terms = self.mask(cover_lines), self.mask(cover_terms)
            need(across.bit_count() + terms.bit_count() <= len(items(keep)), "too few twins are kept")
            (kind,), (window,) = types, seen
            for k in kind:
                need(terms >> k & 1 or not turned.terms[k][1] & window & ~across, "the cover leaves something out")
            gone |= self.mask(drop)
        small = Shape.make({k: (rows & ~gone, cols) for k, (rows, cols) in turned.terms.items()}, turned.unseen)
        return then, small.turned() if columns else small

    def _full(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        _, listed, lines, side, then = take(node, "rule", "terms", "lines", "side", "then")
        names = [self.bit(number) for number in distinct(listed)]
        need(names and set(names) <= set(shape.terms), "hidden indices")
        own = Shape({k: shape.terms[k] for k in names}, shape.unseen)
        Strata(self, []).generic(Known.of(own), {"do": "generic", "side": side, "lines": lines})
        unseen = dict(shape.unseen)
        for i, mask in own.covered().items():
            unseen[i] = unseen.get(i, 0) | mask
        return then, Shape.make({k: v for k, v in shape.terms.items() if k not in names}, unseen)

    def _regular(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        """Two integer matrices with product zero at the cells; the rank over the rationals of their derivative."""
        _, listed, left, right, then = take(node, "rule", "terms", "left", "right", "then")
        names = [self.bit(number) for number in distinct(listed)]
        need(names and set(names) <= set(shape.terms), "hidden indices")
        vectors: list[dict[int, dict[int, int]]] = [{k: {} for k in names}, {k: {} for k in names}]
        for side, written in enumerate((left, right)):
            for entry in items(written):
                *pair, value = items(entry, 3)
                wellformed(type(value) is int and abs(value) <= 10**9, "not a number")
                a, b = self.bits(pair)
                k, line = (b, a) if side == 0 else (a, b)
                need(k in names and shape.terms[k][side] >> line & 1, "an entry outside the support")
                wellformed(line not in vectors[side][k], "an entry is given twice")
                vectors[side][k][line] = value
        own = Shape({k: shape.terms[k] for k in names}, shape.unseen)
        cells = [(i, j) for i, mask in own.covered().items() for j in _ones(mask)]
        place = {cell: p for p, cell in enumerate(cells)}
        total = [0] * len(cells)
        rows: list[list[int]] = []
        for k in names:
            x, y = vectors[0][k], vectors[1][k]
            pay((sum(map(int.bit_count, shape.terms[k])) + 1) * len(cells) // 4)
            seen = own.cells(k)
            for i in seen:
                for j in _ones(seen[i]):
                    total[place[i, j]] += x.get(i, 0) * y.get(j, 0)
                if any(y.values()):
                    rows.append([y.get(j, 0) if a == i and seen[i] >> j & 1 else 0 for a, j in cells])
            rows.extend(
                [x.get(i, 0) if b == j and seen.get(i, 0) >> j & 1 else 0 for i, b in cells]
                for j in (_ones(shape.terms[k][1]) if any(x.values()) else ())
            )
        need(not any(total), "the product is not zero")
        pay(min(len(rows), len(cells)) * len(rows) * len(cells) // 100)
        need((fmpz_mat(rows).rank() if rows and cells else 0) == len(cells), "the derivative is not onto")
        unseen = dict(shape.unseen)
        for i, mask in own.covered().items():
            unseen[i] = unseen.get(i, 0) | mask
        return then, Shape.make({k: v for k, v in shape.terms.items() if k not in names}, unseen)

    def _split(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        _, number, parts, then = take(node, "rule", "term", "parts", "then")
        term = self.bit(index(number))
        need(term in shape.terms, "no such hidden index")
        cells, (own_rows, own_columns) = shape.cells(term), shape.terms[term]
        terms = {k: sides for k, sides in shape.terms.items() if k != term}
        rows_used = columns_used = 0
        for part in items(parts):
            name, row_list, column_list = items(part, 3)
            new, rows, columns = self.bit(index(name)), self.mask(row_list), self.mask(column_list)
            need(new not in terms, "the new name is in use")
            need(not rows & rows_used and not columns & columns_used, "the parts touch")
            need(rows & ~own_rows == columns & ~own_columns == 0, "a part leaves the support")
            rows_used |= rows
            columns_used |= columns
            for i in _ones(rows):
                cells[i] = cells.get(i, 0) & ~columns
            terms[new] = (rows, columns)
        need(not any(cells.values()), "a looked-at cell is in no part")
        return then, Shape.make(terms, shape.unseen)

    def _extend(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        _, row_list, column_list, listed, then = take(node, "rule", "rows", "columns", "terms", "then")
        rows, columns = self.mask(row_list), self.mask(column_list)
        used_rows, used_columns = shape.lines()
        need(not rows & used_rows and not columns & used_columns, "a new line is in use")
        larger: dict[int, tuple[int, int]] = {}
        for entry in items(listed):
            number, own_rows, own_columns = items(entry, 3)
            k = self.bit(index(number))
            wellformed(k not in larger, "a hidden index twice")
            larger[k] = (self.mask(own_rows), self.mask(own_columns))
        restricted = Shape.make({k: (r & ~rows, c & ~columns) for k, (r, c) in larger.items()}, {})
        need(restricted.terms == shape.terms, "the old part changes")
        return then, Shape.make(larger, shape.unseen)

    def renaming(self, node: Any) -> dict[int, int]:
        """An injective map between numbers, given as pairs."""
        pairs = [self.bits(pair, 2) for pair in items(node)]
        new = {first: second for first, second in pairs}  # noqa: C416  (the pairs are lists)
        wellformed(len(new) == len(pairs), "mapped twice")
        need(len(set(new.values())) == len(pairs), "not one to one")
        need(max(new.values(), default=0) < 10**8, "masks of that many bits")
        return new


def _moved(mask: int, new: dict[int, int]) -> int:
    total = 0
    for position in _ones(mask):
        total |= 1 << new[position]
    return total


# ---- closed: stratification ----------------------------------------------------------------------


class Row(NamedTuple):
    """Hidden indices, looked-at columns, unknown entries, non-zero entries."""

    tau: int
    omega: int
    star: int
    nonzero: int


class Known(NamedTuple):
    """What is known of a matrix: its rows by number, and the hidden indices of its columns."""

    rows: tuple[tuple[int, Row], ...]
    columns: tuple[tuple[int, int], ...]

    @classmethod
    def settle(cls, rows: dict[int, Row], sigma: dict[int, int]) -> Known:
        """Delete zero rows and columns, and hidden indices where they touch no looked-at entry."""
        kept = {i: row for i, row in rows.items() if row.star | row.nonzero}
        live = 0
        for row in kept.values():
            live |= row.star | row.nonzero
        pay(5 * len(rows) + 2 * sum(row.omega.bit_count() + 1 for row in kept.values()))
        reach = dict.fromkeys(_ones(live), 0)
        for i, row in kept.items():
            touched = 0
            for j in _ones(row.omega & live):
                touched |= sigma[j]
            kept[i] = Row(row.tau & touched, row.omega & live, row.star, row.nonzero)
            for j in _ones(row.omega & live):
                reach[j] |= kept[i].tau
        return cls(
            tuple(sorted(kept.items())),
            tuple((j, sigma[j] & tau) for j, tau in sorted(reach.items())),
        )

    @classmethod
    def of(cls, shape: Shape) -> Known:
        tau: dict[int, int] = {}
        sigma: dict[int, int] = {}
        covered = shape.covered()
        for k in shape.terms:
            for i, mask in shape.cells(k).items():
                tau[i] = tau.get(i, 0) | 1 << k
                for j in _ones(mask):
                    sigma[j] = sigma.get(j, 0) | 1 << k
        everything = sum(1 << j for j in sigma)
        rows = {i: Row(tau[i], everything & ~shape.unseen.get(i, 0), covered[i], 0) for i in tau}
        return cls.settle(rows, sigma)

    def turned(self) -> Known:
        rows = {}
        pay(len(self.columns) * (1 + len(self.rows)))
        for j, sigma in self.columns:
            masks = [sum(1 << i for i, row in self.rows if row[part] >> j & 1) for part in (1, 2, 3)]
            rows[j] = Row(sigma, *masks)
        return Known.settle(rows, {i: row.tau for i, row in self.rows})

    def status(self, i: int, j: int) -> str:
        """``"x"`` for an entry known to be non-zero, ``"*"`` for an unknown one, ``"0"`` otherwise."""
        pay(1 + len(self.rows) // 16)
        for line, row in self.rows:
            if line == i:
                return "x" if row.nonzero >> j & 1 else "*" if row.star >> j & 1 else "0"
        return "0"

    def entries(self) -> dict[tuple[int, int], str]:
        return {
            (i, j): "x" if row.nonzero >> j & 1 else "*" for i, row in self.rows for j in _ones(row.star | row.nonzero)
        }

    def with_entries(self, entries: dict[tuple[int, int], str]) -> Known:
        rows = {}
        pay(len(self.rows) * (2 + len(entries) // 8) + 2 * len(entries))
        for i, row in self.rows:
            star = sum(1 << j for (a, j), s in entries.items() if a == i and s == "*")
            nonzero = sum(1 << j for (a, j), s in entries.items() if a == i and s == "x")
            rows[i] = Row(row.tau, row.omega, star, nonzero)
        return Known.settle(rows, dict(self.columns))

    def add_row(self, source: int, other: int, pivot: int) -> dict[tuple[int, int], str]:
        """The entries of row `other` after it lost the multiple of row `source` that clears `pivot`."""
        rows, sigma = dict(self.rows), dict(self.columns)
        need(source in rows and other in rows, "no such line")
        need(not rows[other].omega & ~rows[source].omega, "an entry of the source is not looked at")
        foreign = rows[source].tau & ~rows[other].tau
        need(not any(foreign & sigma[j] for j in _ones(rows[other].omega)), "the sum is no product")
        found = {}
        multiplier = self.status(other, pivot)
        for j in _ones(rows[other].omega):
            old, added = self.status(other, j), self.status(source, j)
            if j == pivot:
                new = "0"
            elif multiplier == "0" or added == "0":
                new = old
            elif multiplier == "x" and added == "x" and old == "0":
                new = "x"
            else:
                new = "*"
            if new != "0":
                found[other, j] = new
        return found


class Strata:
    """Every matrix is a product, or violates a condition that limits of products satisfy."""

    def __init__(self, closed: Closed, nodes: list[Any]) -> None:
        self.closed = closed
        self.nodes = nodes
        self.done: set[tuple[int, Known, bool]] = set()
        self.visited: set[int] = set()
        self.names: dict[int, frozenset[str]] = {}

    def run(self, shape: Shape) -> None:
        wellformed(self.nodes, "an empty table")
        self._prove(len(self.nodes) - 1, Known.of(shape), dichotomy=True)
        wellformed(len(self.visited) == len(self.nodes), "a node is never used")

    def names_below(self, position: int) -> frozenset[str]:
        """What may be the name of a variable in a node and in those below it."""
        waiting = [position]
        while waiting:
            here = waiting[-1]
            node = self.nodes[here]
            below = [node[key] for key in ("then", "zero", "nonzero") if key in node] if type(node) is dict else []
            new = [each for each in (earlier(child, here) for child in below) if each not in self.names]
            if new:
                waiting += new
                continue
            waiting.pop()
            children = ("then", "zero", "nonzero")
            own = {key: value for key, value in node.items() if key not in children} if below else node
            self.names[here] = frozenset(names_in(own)).union(*(self.names[child] for child in below))
            pay(len(self.names[here]) // 4)
        return self.names[position]

    def _family(self, known: Known, node: Any, position: int, *, dichotomy: bool) -> None:
        _, ones, then = take(node, "do", "ones", "then")
        Matrices(self, known, ones, earlier(then, position), dichotomy=dichotomy).prove()

    def _prove(self, position: int, known: Known, *, dichotomy: bool) -> None:
        """With `dichotomy`, matrices outside the closure are allowed; without it all must be products."""
        while (position, known, dichotomy) not in self.done:
            self.done.add((position, known, dichotomy))
            self.visited.add(position)
            pay(10 + 4 * len(known.rows) + len(known.columns))
            self.closed.steps += 1
            need(self.closed.steps < MOST_STEPS, "too many steps")
            node = self.nodes[position]
            kind = node.get("do") if type(node) is dict else None
            if kind == "generic":
                self.generic(known, node)
                return
            if kind == "family":
                self._family(known, node, position, dichotomy=dichotomy)
                return
            if kind == "entry":
                _, cell, zero, nonzero = take(node, "do", "cell", "zero", "nonzero")
                i, j = self.closed.bits(cell, 2)
                need(known.status(i, j) == "*", "the entry is not unknown")
                entries = known.entries()
                del entries[i, j]
                self._prove(earlier(zero, position), known.with_entries(entries), dichotomy=dichotomy)
                position = earlier(nonzero, position)
                known = known.with_entries({**entries, (i, j): "x"})
            elif kind == "clear":
                known, then = self._clear(known, node)
                position = earlier(then, position)
            elif kind == "rename":
                known, then = self._rename(known, node)
                position = earlier(then, position)
            elif kind == "spend":
                known, then = self._spend(known, node)
                position = earlier(then, position)
                dichotomy = False
            else:
                need(kind not in SYSTEM_STEPS, "the step speaks of something else")
                raise unknown(kind)

    def _clear(self, known: Known, node: Any) -> tuple[Known, Any]:
        _, side, pivot, line_list, then = take(node, "do", "side", "pivot", "lines", "then")
        columns = is_columns(side)
        i, j = self.closed.bits(pivot, 2)
        lines = [self.closed.bit(number) for number in distinct(line_list)]
        need(known.status(i, j) == "x", "the pivot may vanish")
        if columns:
            known, i, j = known.turned(), j, i
        need(len(set(lines)) == len(lines) and i not in lines, "lines are repeated or contain the pivot")
        entries = known.entries()
        for line in lines:
            entries = {cell: status for cell, status in entries.items() if cell[0] != line}
            entries.update(known.add_row(i, line, j))
        known = known.with_entries(entries)
        return known.turned() if columns else known, then

    def _spend(self, known: Known, node: Any) -> tuple[Known, Any]:
        """Subtract the rank-one matrix ``A[R, j] A[i, C] / A[i, j]``, the share of one hidden index."""
        _, term, pivot, row_list, column_list, then = take(node, "do", "term", "pivot", "rows", "columns", "then")
        k = self.closed.bit(index(term))
        i, j = self.closed.bits(pivot, 2)
        lines, across = ({self.closed.bit(number) for number in distinct(each)} for each in (row_list, column_list))
        rows, sigma = dict(known.rows), dict(known.columns)
        need(i in lines and j in across, "the pivot is not on the cross")
        need(all(q in rows and rows[q].tau >> k & 1 and rows[q].omega >> j & 1 for q in lines), "not its row")
        need(all(c in sigma and sigma[c] >> k & 1 and rows[i].omega >> c & 1 for c in across), "not its column")
        need(known.status(i, j) == "x" or len(lines) == 1 or len(across) == 1, "the pivot may vanish")
        left = {}
        for q, row in rows.items():
            for c in _ones(row.omega):
                old, down, right = known.status(q, c), known.status(q, j), known.status(i, c)
                if q not in lines or c not in across:
                    new = old
                elif q == i or c == j:
                    new = "0"
                elif "0" in (down, right):
                    new = old
                else:
                    new = "x" if (old, down, right) == ("0", "x", "x") else "*"
                if new != "0":
                    left[q, c] = new
        fewer = Known(
            tuple((q, row._replace(tau=row.tau & ~(1 << k))) for q, row in known.rows),
            tuple((c, terms & ~(1 << k)) for c, terms in known.columns),
        )
        return fewer.with_entries(left), then

    def _rename(self, known: Known, node: Any) -> tuple[Known, Any]:
        _, row_list, column_list, term_list, then = take(node, "do", "rows", "columns", "terms", "then")
        rows, columns, terms = map(self.closed.renaming, (row_list, column_list, term_list))
        every = 0
        for _, row in known.rows:
            every |= row.tau
        need(set(rows) == {i for i, _ in known.rows}, "the rows are not renamed one to one")
        need(set(columns) == {j for j, _ in known.columns}, "the columns are not renamed one to one")
        need(set(terms) == set(_ones(every)), "the hidden indices are not renamed one to one")
        renamed = {
            rows[i]: Row(_moved(row.tau, terms), *(_moved(mask, columns) for mask in row[1:])) for i, row in known.rows
        }
        return Known.settle(renamed, {columns[j]: _moved(sigma, terms) for j, sigma in known.columns}), then

    def generic(self, known: Known, node: Any) -> None:
        """In every line, the entries have distinct representatives that touch nothing else."""
        _, side, lines = take(node, "do", "side", "lines")
        if is_columns(side):
            known = known.turned()
        rows, sigma = dict(known.rows), dict(known.columns)
        served = set()
        for entry in items(lines):
            number, pairs = items(entry, 2)
            i = self.closed.bit(index(number))
            wellformed(i not in served, "a line twice")
            need(i in rows, "no such line")
            served.add(i)
            row = rows[i]
            representative = nx.Graph()
            columns = terms = 0
            for pair in items(pairs):
                j, k = self.closed.bits(pair, 2)
                need(row.omega >> j & 1 and row.tau >> k & 1 and sigma[j] >> k & 1, "no representative")
                need(not columns >> j & 1 and not terms >> k & 1, "a representative twice")
                columns |= 1 << j
                terms |= 1 << k
                representative.add_edge(("column", j), ("term", k))
            need(not (row.star | row.nonzero) & ~columns, "an entry without representative")
            need(not any(sigma[j] & terms for j in _ones(row.omega & ~columns)), "another entry is touched")
        need(served == set(rows), "a line is left out")


class Matrices(Family):
    """The matrices of a state, up to scalings of rows and columns, with parameters for the entries."""

    def __init__(self, strata: Strata, known: Known, ones: Any, position: int, *, dichotomy: bool) -> None:
        self.strata, self.closed, self.dichotomy, self.position = strata, strata.closed, dichotomy, position
        closed = self.closed
        self.rows, self.columns = dict(known.rows), dict(known.columns)
        forest = nx.Graph()
        cells = set()
        for cell in items(ones):
            i, j = closed.bits(cell, 2)
            need(known.status(i, j) == "x" and (i, j) not in cells, "cannot be scaled to one")
            cells.add((i, j))
            forest.add_edge(("row", i), ("column", j))
        need(not cells or nx.is_forest(forest), "the entries scaled to one close a cycle")
        number = {position: label for label, position in closed.place.items()}
        named = {(i, j): f"a:{number[i]}:{number[j]}" for i, j in known.entries() if (i, j) not in cells}
        self.ring = Ring(set(named.values()) | strata.names_below(position))
        self.entries = dict.fromkeys(cells, self.ring.one)
        self.entries.update((cell, self.ring.variable(name)) for cell, name in named.items())
        self.units: dict[str | int, Poly] = {
            name: self.entries[cell] for cell, name in named.items() if known.status(*cell) == "x"
        }

    def prove(self) -> None:
        """Follow the table from the node below the family."""
        cases = Cases(self.ring, self.strata.nodes, self.closed.field, self.strata.visited, self)
        cases.follow(self.position, Branch((), self.units))
        self.closed.steps += cases.steps
        need(self.closed.steps < MOST_STEPS, "too many steps")

    def supports(self) -> list[dict[int, set[int]]]:
        """For each factor the columns of each row, in the names of this checker."""
        terms: dict[int, set[int]] = {}
        for j, sigma in self.columns.items():
            for k in _ones(sigma):
                terms.setdefault(k, set()).add(j)
        return [{i: set(_ones(row.tau)) for i, row in self.rows.items()}, terms]

    def inner_name(self, number: int) -> int:
        """The name of an inner index in this checker."""
        return self.closed.bit(number)

    def names(self, level: int, number: int, last: int) -> int:
        return self.closed.bit(number) if level in (0, last) else self.inner_name(number)

    def minor(self, system: Cases, branch: Branch, node: Any) -> Branch:
        """All paths of a minor meet few nodes."""
        _, row_list, column_list, cut, _ = take(node, "do", "rows", "columns", "cut", "then")
        rows, columns = self.closed.bits(row_list), self.closed.bits(column_list)
        need(len(set(rows)) == len(rows) == len(columns) == len(set(columns)) <= 8, "not a minor")
        supports = self.supports()
        depth = len(supports)
        listed = [indices(each, 2) for each in items(cut)]
        need(len(listed) < len(rows), "the cut is not smaller than the minor")
        nodes = {(level, self.names(level, number, depth)) for level, number in listed}
        for i in rows:
            need(i in self.rows, "no such row")
            need(all(self.rows[i].omega >> j & 1 for j in columns), "an entry is not looked at")
        arrows = nx.DiGraph()
        pay(sum(4 + 3 * len(row) for factor in supports for row in factor.values()))
        for level, factor in enumerate(supports):
            arrows.add_edges_from(((level, i), (level + 1, j)) for i, row in factor.items() for j in row)
        arrows.remove_nodes_from(nodes)
        ends = {(depth, j) for j in columns}
        first = [(0, i) for i in rows if (0, i) in arrows]
        need(ends.isdisjoint(chain.from_iterable(nx.bfs_layers(arrows, first))), "a path avoids the cut")
        return system.knowing(branch, self._determinant(rows, columns))

    def _meeting(self, i: int, j: int) -> Iterable[tuple[int, ...]]:
        need(i in self.rows and self.rows[i].omega >> j & 1, "an entry that is not looked at")
        paths: list[tuple[int, ...]] = [(i,)]
        for factor in self.supports():
            paths = [(*path, k) for path in paths for k in factor.get(path[-1], ())]
            pay(len(paths))
        return [path[1:-1] for path in paths if path[-1] == j]

    def vanish(self, system: Cases, branch: Branch, node: Any) -> Branch:
        """Limits of products satisfy the polynomials."""
        _, polynomials, _ = take(node, "do", "polynomials", "then")
        self.closed.vanish_on_products(polynomials, self._meeting)
        values = []
        for name in self.ring.place:
            there = CELL.fullmatch(name) is not None
            values.append(self.entries.get(self.closed.cell(name), self.ring.zero) if there else self.ring.zero)
        for each in items(polynomials):
            poly = self.ring.read(each)
            pay(self.ring.size(poly) * sum(poly.degrees()))
            branch = system.knowing(branch, poly.compose(*values, ctx=self.ring.context))
        return branch

    def section(self, system: Cases, branch: Branch, node: Any) -> None:
        """Rational factors of all matrices, up to multiples of what vanishes."""
        _, listed, written = take(node, "do", "factors", "modulo")
        ring, supports = self.ring, self.supports()
        modulo: dict[tuple[int, int], tuple[Poly, Poly]] = {}
        for entry in items(written):
            first, second, multiplier, combination = items(entry, 4)
            cell = self.closed.bit(index(first)), self.closed.bit(index(second))
            wellformed(cell not in modulo, "an entry of the product twice")
            modulo[cell] = system.unit(branch, multiplier), system.sum(branch, combination)
        need(len(items(listed)) == len(supports), "there must be all factors")
        line: dict[tuple[int, int], list[tuple[Poly, Poly]]] = {(i, i): [(ring.one, ring.one)] for i in self.rows}
        for level, (entries, factor) in enumerate(zip(listed, supports, strict=True)):
            values: dict[int, dict[int, tuple[Poly, Poly]]] = {}
            for entry in items(entries):
                first, second, top, bottom = items(entry, 4)
                a = self.names(level, index(first), len(supports))
                b = self.names(level + 1, index(second), len(supports))
                wellformed(b not in values.setdefault(a, {}), "an entry twice")
                need(a in factor and b in factor[a], "an entry outside the support")
                values[a][b] = (ring.read(top), system.unit(branch, bottom))
            following: dict[tuple[int, int], list[tuple[Poly, Poly]]] = {}
            for (i, a), summands in line.items():
                for b, (top, bottom) in values.get(a, {}).items():
                    terms = following.setdefault((i, b), [])
                    terms += [(ring.times(t, top), ring.times(u, bottom)) for t, u in summands]
                    need(len(terms) <= 10_000, "too many paths")
            line = following
        for i, row in self.rows.items():
            for j in _ones(row.omega):
                value = self.entries.get((i, j), ring.zero)
                summands = list(line.get((i, j), []))
                if (i, j) in modulo:
                    # (product − entry)·multiplier is the combination: one summand more
                    nonzero, combination = modulo.pop((i, j))
                    summands.append((ring.zero - combination, nonzero))
                need(system.vanishes(branch, self._difference(summands, value)), "an entry of the product is wrong")
        need(not modulo, "a combination for an entry that is not looked at")

    def _difference(self, summands: list[tuple[Poly, Poly]], value: Poly) -> Poly:
        """``(Σ top/bottom − value)`` times the least common multiple of the denominators."""
        common = self.ring.one
        for _, bottom in summands:
            common = self.ring.times(common, divmod(bottom, common.gcd(bottom))[0])
        total = self.ring.zero - self.ring.times(value, common)
        for top, bottom in summands:
            total += self.ring.times(top, divmod(common, bottom)[0])
        return total

    def _determinant(self, rows: list[int], columns: list[int]) -> Poly:
        """Expand along the rows, keeping the minors of the first rows for all sets of columns."""
        minors = {0: self.ring.one}
        for i in rows:
            following: dict[int, Poly] = {}
            for used, minor in minors.items():
                for place, j in enumerate(columns):
                    if not used >> place & 1 and (i, j) in self.entries:
                        term = self.ring.times(minor, self.entries[i, j])
                        sign = -1 if (used >> place).bit_count() % 2 else 1
                        key = used | 1 << place
                        following[key] = following.get(key, self.ring.zero) + sign * term
            minors = following
        return minors.get((1 << len(columns)) - 1, self.ring.zero)


# ---- closed: stratification of chains --------------------------------------------------------------


class LayeredStrata(Strata):
    """The same for a chain. What is known is kept as for two factors: the first one, and the others together."""

    def __init__(self, closed: Closed, nodes: list[Any], factors: list[Factor]) -> None:
        super().__init__(closed, nodes)
        self.factors = factors
        self.other_way = turned(factors)

    def run_layers(self) -> None:
        wellformed(self.nodes, "an empty table")
        cells = {(self.closed.bit(int(i)), self.closed.bit(int(j))): "*" for i, j in np.argwhere(reach(self.factors))}
        self._prove(len(self.nodes) - 1, self._known(cells, self.factors), dichotomy=True)
        wellformed(len(self.visited) == len(self.nodes), "a node is never used")

    def _known(self, entries: dict[tuple[int, int], str], factors: list[Factor]) -> Known:
        """Rows have the indices of the first inner level, columns those from which they are reached."""
        rows = {}
        ones = sorted({j for _, j in entries})
        everything = sum(1 << j for j in ones)
        number = {position: label for label, position in self.closed.place.items()}
        for i in {i for i, _ in entries}:
            tau = sum(1 << k for k in factors[0].support[number[i]])
            marks = [sum(1 << j for (a, j), s in entries.items() if a == i and s == kind) for kind in "*x"]
            rows[i] = Row(tau, everything, *marks)
        beyond = reach(factors[1:]) if len(factors) > 1 else np.eye(factors[0].columns, dtype=bool)
        sigma = {j: sum(1 << int(k) for k in np.flatnonzero(beyond[:, number[j]])) for j in ones}
        return Known.settle(rows, sigma)

    def _prove(self, position: int, known: Known, *, dichotomy: bool) -> None:
        if (position, known, dichotomy) in self.done:
            return
        self.done.add((position, known, dichotomy))
        self.visited.add(position)
        self.closed.steps += 1
        need(self.closed.steps < MOST_STEPS, "too many steps")
        node = self.nodes[position]
        kind = node.get("do") if type(node) is dict else None
        if kind == "family":
            self._family(known, node, position, dichotomy=dichotomy)
        elif kind == "entry":
            _, cell, zero, nonzero = take(node, "do", "cell", "zero", "nonzero")
            i, j = self.closed.bits(cell, 2)
            need(known.status(i, j) == "*", "the entry is not unknown")
            entries = known.entries()
            known = self._known({**entries, (i, j): "x"}, self.factors)
            self._prove(earlier(nonzero, position), known, dichotomy=dichotomy)
            del entries[i, j]
            self._prove(earlier(zero, position), self._known(entries, self.factors), dichotomy=dichotomy)
        elif kind == "clear":
            known, then = self._clear(known, node)
            self._prove(earlier(then, position), known, dichotomy=dichotomy)
        else:
            need(kind not in ("rename", "generic", "spend", *SYSTEM_STEPS), "the step speaks of something else")
            raise unknown(kind)

    def _family(self, known: Known, node: Any, position: int, *, dichotomy: bool) -> None:
        _, ones, then = take(node, "do", "ones", "then")
        Layered(self, known, ones, earlier(then, position), dichotomy=True).prove()

    def _clear(self, known: Known, node: Any) -> tuple[Known, Any]:
        _, side, pivot, line_list, then = take(node, "do", "side", "pivot", "lines", "then")
        i, j = self.closed.bits(pivot, 2)
        need(known.status(i, j) == "x", "the pivot may vanish")
        entries = known.entries()
        factors = self.factors
        if is_columns(side):
            entries, factors = {(b, a): s for (a, b), s in entries.items()}, self.other_way
            i, j = j, i
        lines = [self.closed.bit(number) for number in distinct(line_list)]
        need(len(set(lines)) == len(lines) and i not in lines, "lines are repeated or contain the pivot")
        seen = self._known(entries, factors)
        for line in lines:
            changed = seen.add_row(i, line, j)
            entries = {cell: status for cell, status in entries.items() if cell[0] != line} | changed
        if is_columns(side):
            entries = {(b, a): s for (a, b), s in entries.items()}
        return self._known(entries, self.factors), then


class Layered(Matrices):
    """The matrices of a state of a chain."""

    def supports(self) -> list[dict[int, set[int]]]:
        strata = self.strata
        assert isinstance(strata, LayeredStrata)
        inner = [{i: set(row) for i, row in enumerate(factor.support)} for factor in strata.factors]
        # the first and the last level have the names of this checker
        bit = self.closed.bit
        inner[0] = {bit(i): row for i, row in inner[0].items()}
        inner[-1] = {i: {bit(j) for j in row} for i, row in inner[-1].items()}
        return inner

    def inner_name(self, number: int) -> int:
        return number
