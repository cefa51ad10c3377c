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
from math import comb
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from flint import Ordering, fmpq, fmpq_mpoly_ctx, fmpq_poly, fmpz_mat

from tests.helpers.second_chains import Chains, graph, reach, turned
from tests.helpers.second_dense import Cell, Sides, dense, pinned, types
from tests.helpers.second_frames import frames
from tests.helpers.second_reading import (
    LETTERS,
    BadFormat,
    Factor,
    Refused,
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

Poly = Any  # fmpq_mpoly
DERIVED = re.compile(r"d:(0|[1-9][0-9]{0,5})", re.ASCII)
ENTRY = re.compile(r"[0-9]{1,9}:[0-9]{1,9}:[0-9]{1,9}", re.ASCII)
ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,59}", re.ASCII)
CELL = re.compile(r"a:(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})", re.ASCII)
MOST_STEPS = 200_000
MOST_WORK = 2_000_000  # term products of one multiplication
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
        if type(data) is dict and data.get("format") == "closedness-levels-certificate":
            return levels_certificate(data)
        if type(data) is dict and data.get("format") == "closedness-network-certificate":
            return network_certificate(data)
        if type(data) is dict and data.get("format") == "closedness-constrained-certificate":
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


def envelope(data: Any, expected: str) -> tuple[Any, str, str, Any]:
    """Problem, field, claim and proof of a certificate of the expected format."""
    keys = ["format", "version", "problem", "problem_id", "field", "claim", "proof"]
    if type(data) is dict and "provenance" in data:
        origin = data["provenance"]
        wellformed(type(origin) is dict and all(type(value) is str for value in origin.values()), "provenance")
        data = {key: value for key, value in data.items() if key != "provenance"}
    form, version, problem, identity, field, claim, proof = take(data, *keys)
    wellformed(form == expected and type(version) is int and version == 1, "format or version")
    wellformed(field in ("real", "complex") and claim in ("closed", "not_closed"), "field or claim")
    return (problem, identity), field, claim, proof


def identified(problem: Any, identity: Any) -> None:
    plain = json.dumps(problem, sort_keys=True, separators=(",", ":"))
    need(identity == hashlib.sha256(plain.encode()).hexdigest(), "problem_id")


def product_certificate(data: Any) -> Answer:
    """The answer to a certificate about one product, given as parsed JSON."""
    (problem, identity), field, claim, proof = envelope(data, "closedness-certificate")
    factors = _factors(problem)
    identified(problem, identity)
    if claim == "not_closed":
        _not_closed(field, factors, proof)
        return Answer(claim, ())
    if type(proof) is dict and proof.get("rule") == "solver":
        _, engine, question, answer = take(proof, "rule", "engine", "question", "answer")
        wellformed(ENGINE.fullmatch(word(engine)), "not the name of an engine")
        need(question == "closedness" and answer == "unsat", "the solver does not say that the set is closed")
        return Answer(claim, (engine,))
    closed = Closed(field)
    closed.prove(proof, factors)
    return Answer(claim, tuple(sorted(closed.trusted)))


# ---- polynomials -------------------------------------------------------------------------------


def _names(node: Any) -> set[str]:
    """Everything in a part of a proof that may be the name of a variable."""
    if type(node) is str:
        return {node}
    if type(node) is list:
        return set().union(*map(_names, node))
    if type(node) is dict:
        silent = ("do", "equation", "unit", "constant", "leading", "value")
        return set().union(*(_names(value) for key, value in node.items() if key not in silent))
    return set()


class Ring:
    """Polynomials over Q in named variables."""

    def __init__(self, names: Iterable[str]) -> None:
        self.place = {name: v for v, name in enumerate(sorted({"", *(name for name in names if len(name) <= LETTERS)}))}
        pay(100 + 10 * len(self.place))
        self.context = fmpq_mpoly_ctx.get([f"v{v}" for v in range(len(self.place))], Ordering.degrevlex)
        self.one: Poly = self.context.constant(1)
        self.zero: Poly = self.context.constant(0)

    def variable(self, name: str) -> Poly:
        return self.context.gen(self.place[name])

    def read(self, node: Any) -> Poly:
        found: dict[tuple[int, ...], fmpq] = {}
        for term in items(node):
            coefficient, powers = items(term, 2)
            pay(2 + len(self.place) // 10)
            exponents = [0] * len(self.place)
            for power in items(powers):
                name, e = items(power, 2)
                wellformed(len(word(name)) <= LETTERS, "a long name")
                v = self.place[name]
                wellformed(not exponents[v], "a variable twice in a monomial")
                exponents[v] = index(e, 1, MOST_DEGREE)
            key = tuple(exponents)
            value = rational(coefficient)
            wellformed(found.get(key, fmpq(0)) == 0, "a monomial twice")
            found[key] = value
        return self.context.from_dict(found)

    def size(self, a: Poly) -> int:
        """Words of a polynomial: exponents and coefficients."""
        numbers = a.coeffs()
        digits = max((c.p.bit_length() + c.q.bit_length() for c in numbers), default=0)
        return len(numbers) * (1 + len(self.place) // 8 + digits // 64)

    def times(self, a: Poly, b: Poly) -> Poly:
        need(len(a) * len(b) <= MOST_WORK, "a product is too large")
        pay(1 + self.size(a) * len(b) // 8 + self.size(b) * len(a) // 8)
        product = a * b
        pay(self.size(product))
        need(max(product.degrees(), default=0) <= MOST_DEGREE, "a degree is too large")
        return product

    def power(self, a: Poly, e: int) -> Poly:
        if e == 0:
            return self.one
        half = self.power(a, e // 2)
        square = self.times(half, half)
        return self.times(square, a) if e % 2 else square

    def root(self, poly: Poly, v: int, linear: Poly) -> Poly:
        """The polynomial where ``linear`` (of degree one in `v`) vanishes, without denominators."""
        if poly.is_zero() or not poly.degrees()[v]:
            return poly
        degree = poly.degrees()[v]
        need(degree <= 64, "a degree is too large")
        slope = linear.derivative(v)
        # the powers that the resultant is made of are multiplied first, so that they are paid for
        pay(self.size(poly) * (self.size(self.power(slope, degree)) + self.size(self.power(linear, degree))) // 8)
        found = linear.resultant(poly, f"v{v}")
        pay(self.size(found))
        return found

    def slope(self, poly: Poly, v: int) -> Poly:
        """The coefficient of a variable of degree one."""
        need(poly.degrees()[v] == 1, "not linear")
        return poly.derivative(v)


# ---- not closed --------------------------------------------------------------------------------


def _not_closed(field: str, factors: list[Factor], proof: Any) -> None:
    rule, listed, curve, refutation = take(proof, "rule", "target", "curve", "refutation")
    wellformed(rule == "limit", "unknown rule")
    target: dict[tuple[int, int], fmpq] = {}
    for entry in items(listed):
        i, j, value = items(entry, 3)
        cell = index(i, 0, factors[0].rows - 1), index(j, 0, factors[-1].columns - 1)
        wellformed(cell not in target, "an entry twice")
        target[cell] = rational(value)
    _curve(factors, target, items(curve, len(factors)))
    if type(refutation) is dict and "pinned" in refutation:
        _pinned(factors, target, refutation)
        return
    if type(refutation) is dict and "frames" in refutation:
        _frames(factors, target, refutation)
        return
    Refutation(field, factors, target, refutation).run()


def _pinned(factors: list[Factor], target: dict[tuple[int, int], fmpq], node: dict[str, Any]) -> None:
    (body,) = take({key: value for key, value in node.items() if key != "merge"}, "pinned")
    if "merge" in node:
        sizes = [index(size, 1, 10**9) for size in items(node["merge"])]
        factors = Refutation._grouped(factors, sizes, set(range(factors[0].rows)))
    need(len(factors) == 2, "not two factors")
    left, right = factors
    rows: dict[int, set[int]] = {}
    for i, line in enumerate(left.support):
        for k in line:
            rows.setdefault(k, set()).add(i)
    pinned(body, {k: Sides(lines, set(right.support[k])) for k, lines in rows.items()}, target)


def _frames(factors: list[Factor], target: dict[tuple[int, int], fmpq], node: dict[str, Any]) -> None:
    (body,) = take({key: value for key, value in node.items() if key != "merge"}, "frames")
    if "merge" in node:
        sizes = [index(size, 1, 10**9) for size in items(node["merge"])]
        factors = Refutation._grouped(factors, sizes, set(range(factors[0].rows)))
    frames(factors, target, body)


def _curve(factors: list[Factor], target: dict[tuple[int, int], fmpq], curve: list[Any]) -> None:
    """Multiply each factor by a power of t that makes it polynomial, and compare low coefficients."""
    shift = 0
    product: dict[int, dict[int, Any]] = {}
    for level, (factor, listed) in enumerate(zip(factors, curve, strict=True)):
        entries: dict[tuple[int, int], dict[int, fmpq]] = {}
        for entry in items(listed):
            i, j, terms = items(entry, 3)
            cell = index(i, 0, factor.rows - 1), index(j, 0, factor.columns - 1)
            wellformed(cell not in entries, "an entry twice")
            need(cell[1] in factor.support[cell[0]], "an entry outside the support")
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


class System(NamedTuple):
    """Equations by label, the variables known to be non-zero, the scalings used up."""

    equations: dict[str, Poly]
    nonzero: frozenset[int]
    used: frozenset[tuple[int, int]]


class Refutation:
    """Case distinctions that leave no solution of "product of the factors = target"."""

    def __init__(self, field: str, factors: list[Factor], target: dict[tuple[int, int], fmpq], node: Any) -> None:
        wellformed(type(node) is dict, "not an object")
        self.field = field
        merge = node.get("merge")
        listed, nodes = take({key: value for key, value in node.items() if key != "merge"}, "cells", "nodes")
        cells = []
        for cell in items(listed):
            i, j = items(cell, 2)
            cells.append((index(i, 0, factors[0].rows - 1), index(j, 0, factors[-1].columns - 1)))
        if "merge" in node:
            factors = self._grouped(factors, [index(size, 1, 10**9) for size in items(merge)], {i for i, _ in cells})
        self.nodes = items(nodes)
        wellformed(self.nodes, "an empty table")
        reached = [{i for i, _ in cells}]
        for factor in factors[:-1]:
            reached.append({k for i in reached[-1] for k in factor.support[i]})
        variables = {
            f"{level}:{i}:{k}"
            for level, (factor, rows) in enumerate(zip(factors, reached, strict=True))
            for i in rows
            for k in factor.support[i]
        }
        self.ring = Ring(variables | _names(self.nodes))
        self.names = sorted(self.ring.place)
        self.steps = 0
        self.visited: set[int] = set()
        equations: dict[str, Poly] = {}
        for i, j in cells:
            wellformed(f"{i}:{j}" not in equations, "a cell twice")
            entry = self._entry(factors, i, j)
            equations[f"{i}:{j}"] = entry - self.ring.context.constant(target.get((i, j), fmpq(0)))
        self.start = System(equations, frozenset(), frozenset())

    @staticmethod
    def _grouped(factors: list[Factor], sizes: list[int], rows: set[int]) -> list[Factor]:
        """Boolean products of neighbours, as far as the given rows reach: matrices of variables that know less."""
        wellformed(sum(sizes) == len(factors), "the groups are not the factors")
        rest = list(factors)
        found = []
        for size in sizes:
            group, rest = rest[:size], rest[size:]
            lines = {i: {i} for i in rows}
            for factor in group:
                lines = {i: set().union(*(factor.support[k] for k in ks)) for i, ks in lines.items()}
            support = [frozenset(lines.get(i, ())) for i in range(group[0].rows)]
            found.append(Factor(group[0].rows, group[-1].columns, support))
            rows = set().union(*lines.values())
        return found

    def run(self) -> None:
        self._refute(len(self.nodes) - 1, self.start)
        wellformed(len(self.visited) == len(self.nodes), "a node is never used")

    def _entry(self, factors: list[Factor], i: int, j: int) -> Poly:
        """The entry of the product of the matrices of variables."""
        line: dict[int, Poly] = {i: self.ring.one}
        for level, factor in enumerate(factors):
            following: dict[int, Poly] = {}
            for k, poly in line.items():
                for l in factor.support[k]:
                    pay(1)
                    if level + 1 < len(factors) or l == j:
                        pay(2 + len(poly) * (1 + len(self.ring.place) // 8))
                        term = poly * self.ring.variable(f"{level}:{k}:{l}")
                        following[l] = following.get(l, self.ring.zero) + term
                        need(len(following[l]) <= 50_000, "too many paths")
            line = following
        return line.get(j, self.ring.zero)

    def _variable(self, name: Any) -> int:
        wellformed(ENTRY.fullmatch(word(name)), "not a variable")
        return self.ring.place[name]

    def _equation(self, system: System, label: Any) -> Poly:
        need(word(label) in system.equations, "no such equation")
        return system.equations[label]

    @staticmethod
    def _occurring(monomial: tuple[int, ...]) -> set[int]:
        return {v for v, e in enumerate(monomial) if e}

    def _is_unit(self, system: System, poly: Poly) -> bool:
        return len(poly) == 1 and self._occurring(poly.monoms()[0]) <= system.nonzero

    def _put(self, system: System, v: int, value: int) -> System:
        pay(sum(2 + self.ring.size(poly) for poly in system.equations.values()))
        equations = {label: poly.subs({f"v{v}": value}) for label, poly in system.equations.items()}
        return System(equations, system.nonzero - {v}, system.used)

    def _tidy(self, system: System, poly: Poly) -> Poly:
        """Without the powers of non-zero variables that divide it."""
        if poly.is_zero():
            return poly
        pay(len(poly) * (1 + len(self.names)))
        monomials = poly.monoms()
        common = tuple(
            min(m[v] for m in monomials) if v in system.nonzero else 0 for v in range(len(self.names))
        )
        if not any(common):
            return poly
        quotient, rest = divmod(poly, self.ring.context.from_dict({common: 1}))
        assert rest.is_zero()
        return quotient

    def _refute(self, position: int, system: System) -> None:
        while True:
            self.steps += 1
            need(self.steps < MOST_STEPS, "too many steps")
            pay(10 + 2 * len(system.equations) + len(system.nonzero))
            self.visited.add(position)
            node = self.nodes[position]
            kind = node.get("do") if type(node) is dict else None
            if kind == "contradiction":
                _, label = take(node, "do", "equation")
                need(self._is_unit(system, self._equation(system, label)), "no contradiction")
                return
            if kind == "combine":
                self._combine(system, node)
                return
            if kind == "split":
                _, name, zero, nonzero = take(node, "do", "variable", "zero", "nonzero")
                v = self._variable(name)
                self._refute(_earlier(zero, position), self._put(system, v, 0))
                position = _earlier(nonzero, position)
                system = system._replace(nonzero=system.nonzero | {v})
                continue
            if kind == "factor":
                self._factor(position, system, node)
                return
            if kind == "derive":
                _, name, terms, then = take(node, "do", "name", "terms", "then")
                wellformed(type(name) is str and DERIVED.fullmatch(name) is not None, "not the name of an equation")
                need(name not in system.equations, "the name is taken")
                system = system._replace(equations={**system.equations, name: self._sum(system, terms)})
                position = _earlier(then, position)
                continue
            step: Callable[[System, int, Any], System] | None = {
                "zero": self._zero,
                "nonzero": self._nonzero,
                "solve": self._solve,
                "scale": self._scale,
            }.get(kind if type(kind) is str else "")
            if step is None:
                raise BadFormat("unknown step")
            key = "hidden" if kind == "scale" else "equation"
            _, name, detail, then = take(node, "do", "variable", key, "then")
            system = step(system, self._variable(name), detail)
            position = _earlier(then, position)

    def _zero(self, system: System, v: int, label: Any) -> System:
        poly = self._equation(system, label)
        need(len(poly) == 1, "not a monomial")
        occurring = self._occurring(poly.monoms()[0])
        need(v in occurring and occurring <= system.nonzero | {v}, "need not vanish")
        return self._put(system, v, 0)

    def _nonzero(self, system: System, v: int, label: Any) -> System:
        rest = self._equation(system, label).subs({f"v{v}": 0})
        need(self._is_unit(system, rest), "may vanish")
        return system._replace(nonzero=system.nonzero | {v})

    def _solve(self, system: System, v: int, label: Any) -> System:
        poly = self._equation(system, label)
        need(self._is_unit(system, self.ring.slope(poly, v)), "cannot be solved")
        left = system._replace(nonzero=system.nonzero - {v})
        equations = {
            other: self._tidy(left, self.ring.root(value, v, poly))
            for other, value in system.equations.items()
            if other != label
        }
        return left._replace(equations=equations)

    def _scale(self, system: System, v: int, hidden: Any) -> System:
        level, k = indices(hidden, 2)
        need((level, k) not in system.used, "the scaling is used up")
        weights = [0] * len(self.names)
        for u, name in enumerate(self.names):
            if ENTRY.fullmatch(name):
                at, row, column = name.split(":")
                weights[u] = (at == str(level) and column == str(k)) - (at == str(level + 1) and row == str(k))
        need(v in system.nonzero and weights[v], "cannot be scaled to one")
        for poly in system.equations.values():
            pay(len(poly) * (1 + len(self.names)))
            degrees = {sum(w * e for w, e in zip(weights, m, strict=True)) for m in poly.monoms()}
            need(len(degrees) <= 1, "an equation is not homogeneous for the scaling")
        return self._put(system, v, 1)._replace(used=system.used | {(level, k)})

    def _combine(self, system: System, node: Any) -> None:
        """Multiples of the equations, up to units, add up to a unit."""
        if "squares" not in node:
            _, terms = take(node, "do", "terms")
            need(self._is_unit(system, self._sum(system, terms)), "the sum may vanish")
            return
        _, terms, squares = take(node, "do", "terms", "squares")
        need(self.field == "real", "squares may be negative")
        value = self._sum(system, terms)
        for square in items(squares):
            weight, listed = items(square, 2)
            need(rational(weight) >= 0, "a square is subtracted")
            root = self.ring.read(listed)
            value -= rational(weight) * self.ring.times(root, root)
        need(self._is_unit(system, value), "the sum may vanish")
        need(value.leading_coefficient() > 0 and all(e % 2 == 0 for e in value.monoms()[0]), "the sum may be negative")

    def _sum(self, system: System, terms: Any) -> Poly:
        """The sum of multiples of the equations."""
        total = self.ring.zero
        for term in items(terms):
            label, listed, multiplier = take(term, "equation", "polynomial", "multiplier")
            poly = self.ring.read(listed)
            given, found = self._tidy(system, poly), self._tidy(system, self._equation(system, label))
            need(not given.is_zero() and self._same(given, found), "not the equation")
            total += self.ring.times(self.ring.read(multiplier), poly)
        return total

    @staticmethod
    def _same(a: Poly, b: Poly) -> bool:
        """Equal up to a constant factor; neither is zero."""
        if a.is_zero() or b.is_zero():
            return False
        numbers = (a.leading_coefficient(), b.leading_coefficient())
        pay((len(a) + len(b)) * (1 + sum(c.p.bit_length() + c.q.bit_length() for c in numbers) // 64))
        return bool(a * b.leading_coefficient() == b * a.leading_coefficient())

    def _factor(self, position: int, system: System, node: Any) -> None:
        _, label, cases = take(node, "do", "equation", "cases")
        poly = self._tidy(system, self._equation(system, label))
        product = self.ring.one
        children = []
        for case in items(cases):
            listed, power, then = take(case, "factor", "power", "then")
            factor = self.ring.read(listed)
            product = self.ring.times(product, self.ring.power(factor, index(power, 1, 100)))
            child = system._replace(equations={**system.equations, label: factor})
            children.append((_earlier(then, position), child))
        product = self._tidy(system, product)
        need(self._same(product, poly), "the factors do not multiply to the equation")
        for child_position, child in children:
            self._refute(child_position, child)


def _earlier(node: Any, position: int) -> int:
    wellformed(index(node) < position, "refers to a node that is not earlier")
    return int(node)


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
        pay(len(terms) * (2 + words(terms)) + 2 * len(unseen))
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
        pay(2 + rows.bit_length() // 64 * rows.bit_count() + rows.bit_count() * (1 + columns.bit_length() // 64))
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
        listed = indices(node)
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
            if rule == "nothing":
                take(node, "rule")
                need(not shape.covered(), "cells are left")
                return
            if rule == "crossing":
                take(node, "rule")
                self._crossing(shape)
                return
            if rule == "ideal":
                self._ideal(node, shape)
                return
            if rule in ("dense", "types"):
                self._dense(node, shape, dense if rule == "dense" else types)
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
                "linear": self._linear,
                "regular": self._regular,
                "split": self._split,
                "dominant": self._dominant,
                "extend": self._extend,
                "rename": self._rename,
            }.get(rule if type(rule) is str else "")
            if step is None:
                raise BadFormat("unknown rule")
            node, shape = step(node, shape)

    def _dense(self, node: Any, shape: Shape, rule: Callable[[Any, dict[int, Sides], set[Cell]], None]) -> None:
        number = {bit: name for name, bit in self.place.items()}

        def names(mask: int) -> set[int]:
            return {number[bit] for bit in _ones(mask)}

        terms = {number[k]: Sides(names(rows), names(columns)) for k, (rows, columns) in shape.terms.items()}
        rule(node, terms, {(number[i], j) for i, mask in shape.unseen.items() for j in names(mask)})

    def _ideal(self, node: Any, shape: Shape) -> None:
        """The polynomials vanish on all products; that they vanish nowhere else is the engine's word."""
        _, polynomials, engine, answer = take(node, "rule", "polynomials", "engine", "answer")
        wellformed(ENGINE.fullmatch(word(engine)), "not the name of an engine")
        need(answer == "unsat" and self.field == "real", "the engine does not say that there are no other real zeros")
        covered = shape.covered()

        def meeting(i: int, j: int) -> list[int]:
            need(covered.get(i, 0) >> j & 1, "an entry that is not looked at")
            pay(len(shape.terms) * (1 + words(shape.terms)))
            return [k for k, (rows, columns) in shape.terms.items() if rows >> i & 1 and columns >> j & 1]

        self.vanish_on_products(polynomials, meeting)
        self.trusted.add(engine)

    def vanish_on_products(self, polynomials: Any, meeting: Callable[[int, int], Iterable[int]]) -> None:
        """Polynomials in the entries are zero when sums over the hidden indices `meeting` a cell are put in."""
        entries: dict[str, list[tuple[str, str]]] = {}
        for name in _names(polynomials):
            if CELL.fullmatch(name):
                i, j = self.cell(name)
                entries[name] = [(f"x:{i}:{k}", f"y:{k}:{j}") for k in meeting(i, j)]
        ring = Ring(_names(polynomials) | {name for pairs in entries.values() for pair in pairs for name in pair})
        for written in items(polynomials):
            values = [
                sum((ring.variable(x) * ring.variable(y) for x, y in entries[name]), ring.zero)
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
            k, sides = self.bit(index(name)), (self.mask(indices(rows)), self.mask(indices(columns)))
            need(k in shape.terms and k not in terms, "a hidden index is missing or given twice")
            need(not any(own & ~all_ for own, all_ in zip(sides, shape.terms[k], strict=True)), "not a part")
            terms[k] = sides
        values: list[dict[tuple[int, int], int]] = []
        for written in (left, right):
            values.append({})
            for entry in items(written):
                a, b, value = items(entry, 3)
                wellformed(type(value) is int and abs(value) <= 10**9, "not a number")
                values[-1][self.bit(index(a)), self.bit(index(b))] = value
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
            names = self.bits(listed)
            need(len(set(names)) == len(names) and left >= set(names), "a hidden index is missing or used twice")
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
            lines = self.bits(keep) + self.bits(drop)
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
        names = self.bits(listed)
        need(names and len(set(names)) == len(names) and set(names) <= set(shape.terms), "hidden indices")
        own = Shape({k: shape.terms[k] for k in names}, shape.unseen)
        Strata(self, []).generic(Known.of(own), {"do": "generic", "side": side, "lines": lines})
        unseen = dict(shape.unseen)
        for i, mask in own.covered().items():
            unseen[i] = unseen.get(i, 0) | mask
        return then, Shape.make({k: v for k, v in shape.terms.items() if k not in names}, unseen)

    def _linear(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        """Solve for the free entries in the order of their stages; fixed ones belong to stage 0."""
        _, listed, left, right, stages, then = take(node, "rule", "terms", "left", "right", "stages", "then")
        names = self.bits(listed)
        need(names and len(set(names)) == len(names) and set(names) <= set(shape.terms), "hidden indices")
        # (side, hidden index, line) to (stage, value of a fixed entry)
        entries: dict[tuple[int, int, int], tuple[int, int]] = {}

        def put(side: int, pair: list[int], stage: int, value: int) -> None:
            line, k = pair if side == 0 else reversed(pair)
            need((side, k, line) not in entries, "an entry is given twice")
            need(k in names and shape.terms[k][side] >> line & 1, "an entry outside the support")
            entries[side, k, line] = (stage, value)

        for side, written in enumerate((left, right)):
            for entry in items(written):
                *pair, value = items(entry, 3)
                wellformed(type(value) is int and abs(value) <= 10**9, "not a number")
                put(side, self.bits(pair), 0, value)
        for stage, listed_entries in enumerate(items(stages), 1):
            for side, written in enumerate(take(listed_entries, "left", "right")):
                for pair in items(written):
                    put(side, self.bits(pair, 2), stage, 0)
        own = Shape({k: shape.terms[k] for k in names}, shape.unseen)
        equations: dict[tuple[int, int], list[tuple[Any, Any]]] = {}
        for k in names:
            for i, mask in own.cells(k).items():
                for j in _ones(mask):
                    pair = ((0, k, i), (1, k, j))
                    equations.setdefault((i, j), []).extend([pair] if entries.keys() >= {*pair} else [])
        for stage in range(1, len(items(stages)) + 1):
            place = {name: p for p, name in enumerate(n for n, (s, _) in entries.items() if s == stage)}
            pay(len(entries) + len(equations) * (2 + len(place) // 8) + 2 * sum(map(len, equations.values())))
            pay(min(len(equations), len(place)) * len(place) * len(place) // 100)
            rows = []
            for cell, pairs in list(equations.items()):
                row = [0] * len(place)
                linear = True
                pay(len(pairs) * (1 + len(place) // 16))
                for pair in pairs:
                    (early, value), (late, _) = sorted(entries[name] for name in pair)
                    linear &= late < stage or (late == stage and early == 0)
                    if late == stage:
                        row[next(place[name] for name in pair if name in place)] += value
                if linear:
                    rows.append(row)
                    del equations[cell]
            need(not rows or fmpz_mat(rows).rank() == len(rows), "not every matrix is reached")
        need(not equations, "an entry is not reached")
        unseen = dict(shape.unseen)
        for i, mask in own.covered().items():
            unseen[i] = unseen.get(i, 0) | mask
        return then, Shape.make({k: v for k, v in shape.terms.items() if k not in names}, unseen)

    def _regular(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        """Two integer matrices with product zero at the cells; the rank over the rationals of their derivative."""
        _, listed, left, right, then = take(node, "rule", "terms", "left", "right", "then")
        names = self.bits(listed)
        need(names and len(set(names)) == len(names) and set(names) <= set(shape.terms), "hidden indices")
        vectors: list[dict[int, dict[int, int]]] = [{k: {} for k in names}, {k: {} for k in names}]
        for side, written in enumerate((left, right)):
            for entry in items(written):
                *pair, value = items(entry, 3)
                wellformed(type(value) is int and abs(value) <= 10**9, "not a number")
                a, b = self.bits(pair)
                k, line = (b, a) if side == 0 else (a, b)
                need(k in names and shape.terms[k][side] >> line & 1, "an entry outside the support")
                need(line not in vectors[side][k], "an entry is given twice")
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
        cells = shape.cells(term)
        terms = {k: sides for k, sides in shape.terms.items() if k != term}
        rows_used = columns_used = 0
        for part in items(parts):
            name, row_list, column_list = items(part, 3)
            new, rows, columns = self.bit(index(name)), self.mask(row_list), self.mask(column_list)
            need(new not in terms and new != term, "the new name is in use")
            need(not rows & rows_used and not columns & columns_used, "the bicliques touch")
            rows_used |= rows
            columns_used |= columns
            for i in _ones(rows if columns else 0):
                need(cells.get(i, 0) & columns == columns, "a biclique has a cell outside the support")
                cells[i] &= ~columns
            terms[new] = (rows, columns)
        need(not any(cells.values()), "the bicliques do not exhaust the support")
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
        return new

    def _rename(self, node: Any, shape: Shape) -> tuple[Any, Shape]:
        _, row_list, column_list, term_list, transposed, then = take(
            node, "rule", "rows", "columns", "terms", "transposed", "then"
        )
        wellformed(type(transposed) is bool, "neither true nor false")
        rows, columns, terms = self.renaming(row_list), self.renaming(column_list), self.renaming(term_list)
        used_rows, used_columns = shape.lines()
        need(set(_ones(used_rows)) <= set(rows) and set(_ones(used_columns)) <= set(columns), "a line without name")
        need(set(shape.terms) <= set(terms), "a hidden index without name")
        renamed = Shape(
            {terms[k]: (_moved(r, rows), _moved(c, columns)) for k, (r, c) in shape.terms.items()},
            {rows[i]: _moved(mask, columns) for i, mask in shape.unseen.items()},
        )
        return then, renamed.turned() if transposed else renamed


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
            (i, j): "x" if row.nonzero >> j & 1 else "*"
            for i, row in self.rows
            for j in _ones(row.star | row.nonzero)
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

    def run(self, shape: Shape) -> None:
        wellformed(self.nodes, "an empty table")
        self._prove(len(self.nodes) - 1, Known.of(shape), dichotomy=True)
        wellformed(len({position for position, *_ in self.done}) == len(self.nodes), "a node is never used")

    def _prove(self, position: int, known: Known, *, dichotomy: bool) -> None:
        """With `dichotomy`, matrices outside the closure are allowed; without it all must be products."""
        while (position, known, dichotomy) not in self.done:
            self.done.add((position, known, dichotomy))
            pay(10 + 4 * len(known.rows) + len(known.columns))
            self.closed.steps += 1
            need(self.closed.steps < MOST_STEPS, "too many steps")
            node = self.nodes[position]
            kind = node.get("do") if type(node) is dict else None
            if kind == "generic":
                self.generic(known, node)
                return
            if kind == "family":
                _, ones, tree = take(node, "do", "ones", "tree")
                Family(self.closed, known, ones, tree, dichotomy=dichotomy).prove(tree)
                return
            if kind == "split":
                _, cell, zero, nonzero = take(node, "do", "cell", "zero", "nonzero")
                i, j = self.closed.bits(cell, 2)
                need(known.status(i, j) == "*", "the entry is not unknown")
                entries = known.entries()
                del entries[i, j]
                self._prove(_earlier(zero, position), known.with_entries(entries), dichotomy=dichotomy)
                position = _earlier(nonzero, position)
                known = known.with_entries({**entries, (i, j): "x"})
            elif kind == "clear":
                known, then = self._clear(known, node)
                position = _earlier(then, position)
            elif kind == "rename":
                known, then = self._rename(known, node)
                position = _earlier(then, position)
            elif kind == "spend":
                known, then = self._spend(known, node)
                position = _earlier(then, position)
                dichotomy = False
            else:
                raise BadFormat("unknown step")

    def _clear(self, known: Known, node: Any) -> tuple[Known, Any]:
        _, side, pivot, line_list, then = take(node, "do", "side", "pivot", "lines", "then")
        columns = is_columns(side)
        i, j = self.closed.bits(pivot, 2)
        lines = self.closed.bits(line_list)
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
        lines, across = set(self.closed.bits(row_list)), set(self.closed.bits(column_list))
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


class Branch(NamedTuple):
    """Values that are non-zero, and polynomials that vanish, on part of a family: linear ones, and any others."""

    units: dict[str, Poly]
    roots: tuple[tuple[int, Poly], ...]
    made: int
    relations: tuple[Poly, ...] = ()


class Family:
    """The matrices of a state, up to scalings of rows and columns, with parameters for the entries."""

    def __init__(self, closed: Closed, known: Known, ones: Any, tree: Any, *, dichotomy: bool) -> None:
        self.closed = closed
        self.dichotomy = dichotomy
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
        named = {
            (i, j): f"a:{number[i]}:{number[j]}" for i, j in known.entries() if (i, j) not in cells
        }
        self.ring = Ring(set(named.values()) | _names(tree))
        self.entries = dict.fromkeys(cells, self.ring.one)
        self.entries.update((cell, self.ring.variable(name)) for cell, name in named.items())
        units = {name: self.entries[cell] for cell, name in named.items() if known.status(*cell) == "x"}
        self.start = Branch(units, (), 0)

    def prove(self, tree: Any) -> None:
        self._prove(tree, self.start)

    def _vanishes(self, branch: Branch, poly: Poly) -> bool:
        for v, linear in branch.roots:
            poly = self.ring.root(poly, v, linear)
        return bool(poly.is_zero())

    def _unit(self, branch: Branch, node: Any) -> Poly:
        """A non-zero constant times powers of values that are non-zero on the branch."""
        constant, powers = take(node, "constant", "powers")
        value = rational(constant)
        need(value != 0, "the constant is zero")
        total = self.ring.context.constant(value)
        for power in items(powers):
            name, e = items(power, 2)
            exponent = index(e, 1, 1000)
            total = self.ring.times(total, self.ring.power(self._named(branch, name), exponent))
        return total

    @staticmethod
    def _named(branch: Branch, name: Any) -> Poly:
        need(word(name) in branch.units, "not known to be non-zero")
        return branch.units[name]

    @staticmethod
    def _with_unit(branch: Branch, poly: Poly) -> Branch:
        pay(5 + len(branch.units))
        return branch._replace(units={**branch.units, f"u:{branch.made}": poly}, made=branch.made + 1)

    def _prove(self, node: Any, branch: Branch) -> None:
        self.closed.steps += 1
        need(self.closed.steps < MOST_STEPS, "too many steps")
        kind = node.get("do") if type(node) is dict else None
        if kind == "section":
            self._section(node, branch)
        elif kind == "outside":
            need(self.dichotomy, "these matrices must be products")
            self._outside(node, branch)
        elif kind == "empty":
            _, name = take(node, "do", "unit")
            need(self._vanishes(branch, self._named(branch, name)), "need not vanish")
        elif kind == "when":
            self._when(node, branch)
        elif kind == "vanishing":
            self._vanishing(node, branch)
        elif kind == "cases":
            _, listed, zero, nonzero = take(node, "do", "polynomial", "zero", "nonzero")
            poly = self.ring.read(listed)
            self._prove(nonzero, self._with_unit(branch, poly))
            self._prove(zero, branch._replace(relations=(*branch.relations, poly)))
        elif kind == "inconsistent":
            self._inconsistent(node, branch)
        else:
            raise BadFormat("unknown step")

    def _meeting(self, i: int, j: int) -> Iterable[int]:
        need(i in self.rows and self.rows[i].omega >> j & 1, "an entry that is not looked at")
        return _ones(self.rows[i].tau & self.columns[j])

    def _vanishing(self, node: Any, branch: Branch) -> None:
        """Limits of products satisfy the polynomials; other matrices need not be products."""
        _, polynomials, then = take(node, "do", "polynomials", "then")
        need(self.dichotomy, "these matrices must be products")
        self.closed.vanish_on_products(polynomials, self._meeting)
        values = []
        for name in self.ring.place:
            there = CELL.fullmatch(name) is not None
            values.append(self.entries.get(self.closed.cell(name), self.ring.zero) if there else self.ring.zero)
        relations = ()
        for each in items(polynomials):
            poly = self.ring.read(each)
            pay(self.ring.size(poly) * sum(poly.degrees()))
            relations += (poly.compose(*values, ctx=self.ring.context),)
        self._prove(then, branch._replace(relations=branch.relations + relations))

    def _combined(self, branch: Branch, node: Any) -> Poly:
        """A sum of multiples of what vanishes."""
        total = self.ring.zero
        for term in items(node):
            number, multiplier = items(term, 2)
            need(index(number) < len(branch.relations), "no such relation")
            total += self.ring.times(branch.relations[number], self.ring.read(multiplier))
        return total

    def _inconsistent(self, node: Any, branch: Branch) -> None:
        wellformed(type(node) is dict, "not an object")
        if "squares" in node:
            _, combination, value, squares = take(node, "do", "combination", "value", "squares")
            need(self.closed.field == "real", "squares may be negative")
            total = self._unit(branch, value)
            constant, powers = take(value, "constant", "powers")
            need(rational(constant) > 0 and all(e % 2 == 0 for _, e in powers), "the value may be negative")
            for square in items(squares):
                weight, root = items(square, 2)
                need(rational(weight) >= 0, "a square is subtracted")
                poly = self.ring.read(root)
                total += rational(weight) * self.ring.times(poly, poly)
        else:
            _, combination, value = take(node, "do", "combination", "value")
            total = self._unit(branch, value)
        need(self._vanishes(branch, self._combined(branch, combination) - total), "the sum is not the stated value")

    def _when(self, node: Any, branch: Branch) -> None:
        _, listed, name, leading, zero, nonzero = take(
            node, "do", "polynomial", "variable", "leading", "zero", "nonzero"
        )
        poly = self.ring.read(listed)
        v = self.ring.place[word(name)]
        slope = self.ring.slope(poly, v)
        need(self._vanishes(branch, slope - self._unit(branch, leading)), "the leading coefficient may vanish")
        declarations, then = take(zero, "declare", "then")
        where_zero = branch._replace(roots=(*branch.roots, (v, poly)))
        for declaration in items(declarations):
            value, cofactor, unit, multiplier = take(declaration, "polynomial", "cofactor", "unit", "multiplier")
            factor = self.ring.read(value)
            known = self.ring.times(self._named(branch, unit), self._unit(branch, multiplier))
            difference = self.ring.times(factor, self.ring.read(cofactor)) - known
            need(self._vanishes(where_zero, difference), "the declared factor does not divide")
            where_zero = self._with_unit(where_zero, factor)
        self._prove(then, where_zero)
        self._prove(nonzero, self._with_unit(branch, poly))

    def _covered(self, cover: Any, rows: list[int], columns: list[int]) -> None:
        """Few rows, columns and hidden indices meet all terms of the entries of a minor."""
        by_rows, by_columns, by_terms = map(self.closed.mask, take(cover, "rows", "columns", "terms"))
        size = by_rows.bit_count() + by_columns.bit_count() + by_terms.bit_count()
        need(size < len(rows), "the cover is not smaller than the minor")
        for i in rows:
            for j in columns:
                need(i in self.rows and self.rows[i].omega >> j & 1, "an entry is not looked at")
                if not by_rows >> i & 1 and not by_columns >> j & 1:
                    need(not self.rows[i].tau & self.columns[j] & ~by_terms, "the cover leaves out an entry")

    def _section(self, node: Any, branch: Branch) -> None:
        _, *listed = take({"modulo": [], **node}, "do", "left", "right", "modulo")
        modulo: dict[tuple[int, int], tuple[Poly, Poly]] = {}
        for entry in items(listed.pop()):
            first, second, multiplier, combination = items(entry, 4)
            cell = self.closed.bit(index(first)), self.closed.bit(index(second))
            wellformed(cell not in modulo, "an entry of the product twice")
            modulo[cell] = self._unit(branch, multiplier), self._combined(branch, combination)
        sides: list[dict[tuple[int, int], tuple[Poly, Poly]]] = []
        for entries in listed:
            side: dict[tuple[int, int], tuple[Poly, Poly]] = {}
            for entry in items(entries):
                first, second, top, bottom = items(entry, 4)
                cell = self.closed.bit(index(first)), self.closed.bit(index(second))
                wellformed(cell not in side, "an entry twice")
                side[cell] = (self.ring.read(top), self._unit(branch, bottom))
            sides.append(side)
        left, right = sides
        for i, k in left:
            need(i in self.rows and self.rows[i].tau >> k & 1, "left entry outside the support")
        for k, j in right:
            need(j in self.columns and self.columns[j] >> k & 1, "right entry outside the support")
        for i, row in self.rows.items():
            for j in _ones(row.omega):
                value = self.entries.get((i, j), self.ring.zero)
                summands = [
                    (self.ring.times(left[i, k][0], right[k, j][0]), self.ring.times(left[i, k][1], right[k, j][1]))
                    for k in _ones(row.tau & self.columns[j])
                    if (i, k) in left and (k, j) in right
                ]
                if (i, j) in modulo:
                    # (product − entry)·multiplier is the combination: one summand more
                    nonzero, combination = modulo.pop((i, j))
                    summands.append((self.ring.zero - combination, nonzero))
                need(self._vanishes(branch, self._difference(summands, value)), "an entry of the product is wrong")
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

    def _outside(self, node: Any, branch: Branch) -> None:
        _, row_list, column_list, cover, multiplier, value = take(
            node, "do", "rows", "columns", "cover", "multiplier", "value"
        )
        rows, columns = self.closed.bits(row_list), self.closed.bits(column_list)
        need(len(set(rows)) == len(rows) == len(columns) == len(set(columns)) <= 8, "not a minor")
        self._covered(cover, rows, columns)
        minor = self.ring.times(self._determinant(rows, columns), self._unit(branch, multiplier))
        need(self._vanishes(branch, minor - self._unit(branch, value)), "the minor is not the stated value")

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
        wellformed(len({position for position, *_ in self.done}) == len(self.nodes), "a node is never used")

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
        self.closed.steps += 1
        need(self.closed.steps < MOST_STEPS, "too many steps")
        node = self.nodes[position]
        kind = node.get("do") if type(node) is dict else None
        if kind == "family":
            _, ones, tree = take(node, "do", "ones", "tree")
            LayeredFamily(self, known, ones, tree).prove(tree)
        elif kind == "split":
            _, cell, zero, nonzero = take(node, "do", "cell", "zero", "nonzero")
            i, j = self.closed.bits(cell, 2)
            need(known.status(i, j) == "*", "the entry is not unknown")
            entries = known.entries()
            known = self._known({**entries, (i, j): "x"}, self.factors)
            self._prove(_earlier(nonzero, position), known, dichotomy=dichotomy)
            del entries[i, j]
            self._prove(_earlier(zero, position), self._known(entries, self.factors), dichotomy=dichotomy)
        elif kind == "clear":
            known, then = self._clear(known, node)
            self._prove(_earlier(then, position), known, dichotomy=dichotomy)
        else:
            wellformed(kind in ("rename", "generic", "spend"), "unknown step")
            need(False, "the step speaks of two factors")

    def _clear(self, known: Known, node: Any) -> tuple[Known, Any]:
        _, side, pivot, line_list, then = take(node, "do", "side", "pivot", "lines", "then")
        i, j = self.closed.bits(pivot, 2)
        need(known.status(i, j) == "x", "the pivot may vanish")
        entries = known.entries()
        factors = self.factors
        if is_columns(side):
            entries, factors = {(b, a): s for (a, b), s in entries.items()}, self.other_way
            i, j = j, i
        lines = self.closed.bits(line_list)
        need(len(set(lines)) == len(lines) and i not in lines, "lines are repeated or contain the pivot")
        seen = self._known(entries, factors)
        for line in lines:
            changed = seen.add_row(i, line, j)
            entries = {cell: status for cell, status in entries.items() if cell[0] != line} | changed
        if is_columns(side):
            entries = {(b, a): s for (a, b), s in entries.items()}
        return self._known(entries, self.factors), then


class LayeredFamily(Family):
    """The matrices of a state of a chain."""

    def __init__(self, strata: LayeredStrata, known: Known, ones: Any, tree: Any) -> None:
        super().__init__(strata.closed, known, ones, tree, dichotomy=True)
        self.factors = strata.factors
        self.number = {position: label for label, position in self.closed.place.items()}

    def _vanishing(self, node: Any, branch: Branch) -> None:
        take(node, "do", "polynomials", "then")
        need(False, "the step speaks of two factors")

    def _covered(self, cover: Any, rows: list[int], columns: list[int]) -> None:
        (listed,) = take(cover, "nodes")
        nodes = {tuple(indices(node, 2)) for node in items(listed)}
        need(len(items(listed)) < len(rows), "the cut is not smaller than the minor")
        need(set(rows) <= set(self.rows) and set(columns) <= set(self.columns), "no such line")
        arrows = graph(self.factors)
        arrows.remove_nodes_from(nodes)
        ends = {(len(self.factors), self.number[j]) for j in columns}
        for i in rows:
            start = (0, self.number[i])
            met = nx.descendants(arrows, start) | {start} if start in arrows else set()
            need(not met & ends, "a path avoids the cut")

    def _section(self, node: Any, branch: Branch) -> None:
        _, listed = take(node, "do", "factors")
        one = self.ring.one
        line: dict[tuple[int, int], list[tuple[Poly, Poly]]] = {(i, self.number[i]): [(one, one)] for i in self.rows}
        for entries, factor in zip(items(listed, len(self.factors)), self.factors, strict=True):
            values: dict[int, dict[int, tuple[Poly, Poly]]] = {}
            for entry in items(entries):
                first, second, top, bottom = items(entry, 4)
                a, b = index(first, 0, factor.rows - 1), index(second, 0, factor.columns - 1)
                need(b in factor.support[a], "an entry outside the support")
                wellformed(b not in values.setdefault(a, {}), "an entry twice")
                values[a][b] = (self.ring.read(top), self._unit(branch, bottom))
            following: dict[tuple[int, int], list[tuple[Poly, Poly]]] = {}
            for (i, a), summands in line.items():
                for b, (top, bottom) in values.get(a, {}).items():
                    terms = following.setdefault((i, b), [])
                    terms += [(self.ring.times(t, top), self.ring.times(u, bottom)) for t, u in summands]
                    need(len(terms) <= 10_000, "too many paths")
            line = following
        for i in self.rows:
            for j in self.columns:
                value = self.entries.get((i, j), self.ring.zero)
                summands = line.get((i, self.number[j]), [])
                need(self._vanishes(branch, self._difference(summands, value)), "an entry of the product is wrong")
