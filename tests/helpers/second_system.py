"""Case distinctions over polynomials in the second checker: refutations, and families of matrices.

Written from the format's page, on python-flint.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from tests.helpers.second_reading import (
    LETTERS,
    BadFormat,
    Refused,
    index,
    items,
    need,
    pay,
    rational,
    take,
    wellformed,
    word,
)

Poly = Any  # fmpq_mpoly
MOST_STEPS = 200_000
OTHERS = (
    *("entry", "clear", "rename", "generic", "spend", "family", "tight", "gram", "either"),
    *("decide", "bound", "equations", "frames", "pinned", "diagonal"),
)
SYSTEM_STEPS = ("split", "derive", "close", "vanish", "minor", "section")
MOST_WORK = 2_000_000  # term products of one multiplication
MOST_DEGREE = 1_000


def earlier(node: Any, position: int) -> int:
    """A reference to an earlier node of a table."""
    wellformed(index(node) < position, "refers to a node that is not earlier")
    return int(node)


def table(node: Any) -> list[Any]:
    """A table of nodes."""
    wellformed(items(node), "an empty table")
    return items(node)


# ---- polynomials -------------------------------------------------------------------------------


def names_in(node: Any) -> set[str]:
    """Everything in a part of a proof that may be the name of a variable."""
    if type(node) is str:
        return {node}
    if type(node) is list:
        return set().union(*map(names_in, node))
    if type(node) is dict:
        silent = ("do", "leading", "value")
        return set().union(*(names_in(value) for key, value in node.items() if key not in silent))
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


class Branch(NamedTuple):
    """What vanishes, what does not (variables by name, polynomials by number), and variables that vanish."""

    relations: tuple[Poly, ...]
    units: dict[str | int, Poly]
    zeros: frozenset[int] = frozenset()
    made: int = 0


class Family:
    """The matrices that a branch may speak of; a refutation speaks of none."""

    dichotomy = False

    def minor(self, system: Cases, branch: Branch, node: Any) -> Branch:
        """Know that a minor vanishes."""
        raise BadFormat("no matrices")

    def vanish(self, system: Cases, branch: Branch, node: Any) -> Branch:
        """Know that polynomials vanish."""
        raise BadFormat("no matrices")

    def section(self, system: Cases, branch: Branch, node: Any) -> None:
        """Accept factors of all matrices."""
        raise BadFormat("no matrices")


class Cases:
    """A table of case distinctions, over the variables of a ring."""

    def __init__(
        self, ring: Ring, nodes: list[Any], field: str, visited: set[int], family: Family | None = None
    ) -> None:
        self.ring, self.nodes, self.field, self.visited, self.family = ring, nodes, field, visited, family
        self.steps = 0

    # -- branches

    def value(self, branch: Branch, poly: Poly) -> Poly:
        """What a polynomial becomes where the variables that vanish are put to zero."""
        if not branch.zeros:
            return poly
        pay(len(poly) * (1 + len(branch.zeros)))
        kept = {m: c for m, c in poly.to_dict().items() if not any(m[v] for v in branch.zeros)}
        return self.ring.context.from_dict(kept)

    def vanishes(self, branch: Branch, poly: Poly) -> bool:
        return bool(self.value(branch, poly).is_zero())

    def tidy(self, branch: Branch, poly: Poly) -> Poly:
        """Without the powers of non-zero variables that divide it."""
        if poly.is_zero():
            return poly
        pay(len(poly) * (1 + len(self.ring.place) // 8 + len(branch.units)))
        monomials = poly.monoms()
        places = [self.ring.place[name] for name in branch.units if type(name) is str and name in self.ring.place]
        low = {v: min(m[v] for m in monomials) for v in places}
        if not any(low.values()):
            return poly
        common = tuple(low.get(v, 0) for v in range(len(self.ring.place)))
        quotient, rest = divmod(poly, self.ring.context.from_dict({common: 1}))
        assert rest.is_zero()
        return quotient

    def knowing(self, branch: Branch, poly: Poly) -> Branch:
        """One relation more."""
        pay(10 + len(branch.relations))
        return branch._replace(relations=(*branch.relations, self.tidy(branch, self.value(branch, poly))))

    def without(self, branch: Branch, v: int) -> Branch:
        """A variable is put to zero."""
        other = branch._replace(zeros=branch.zeros | {v})
        return other._replace(relations=tuple(self.tidy(branch, self.value(other, p)) for p in branch.relations))

    def unit(self, branch: Branch, node: Any) -> Poly:
        """A non-zero number times powers of what does not vanish."""
        constant, powers = items(node, 2)
        value = rational(constant)
        total = self.ring.context.constant(value)
        listed = [items(power, 2) for power in items(powers)]
        for name, _ in listed:
            wellformed(type(name) in (str, int), "neither a name nor a number")
        need(value != 0, "the number is zero")
        for name, e in listed:
            need(name in branch.units, "not known to be non-zero")
            total = self.ring.times(total, self.ring.power(branch.units[name], index(e, 1, MOST_DEGREE)))
        return total

    def sum(self, branch: Branch, node: Any) -> Poly:
        """A sum of multiples of what vanishes."""
        total = self.ring.zero
        for term in items(node):
            number, multiplier = items(term, 2)
            poly = self.ring.read(multiplier)
            need(index(number) < len(branch.relations), "no such relation")
            total += self.ring.times(branch.relations[number], poly)
        return total

    # -- nodes

    def follow(self, position: int, branch: Branch) -> None:
        """Accept the proof below a node, or raise."""
        while True:
            self.steps += 1
            need(self.steps < MOST_STEPS, "too many steps")
            pay(10 + 2 * len(branch.relations) + len(branch.units))
            self.visited.add(position)
            node = self.nodes[position]
            kind = node.get("do") if type(node) is dict else None
            if kind == "split":
                _, on, zero, nonzero = take(node, "do", "on", "zero", "nonzero")
                first, second = self.both(branch, self.ring.read(on))
                self.follow(earlier(zero, position), first)
                position, branch = earlier(nonzero, position), second
            elif kind == "close":
                self.close(branch, node)
                return
            elif kind == "section":
                need(self.family is not None, "no matrices")
                assert self.family is not None
                self.family.section(self, branch, node)
                return
            else:
                step = {
                    "derive": self.derive,
                    "minor": self.limit,
                    "vanish": self.limit,
                }.get(kind if type(kind) is str else "")
                if step is None:
                    raise unknown(kind)
                branch = step(branch, node)
                position = earlier(node["then"], position)

    def both(self, branch: Branch, poly: Poly) -> tuple[Branch, Branch]:
        """Where it vanishes and where it does not."""
        pay(5 + len(branch.units))
        single = len(poly) == 1 and sum(poly.monoms()[0]) == 1 and poly.coeffs()[0] == 1
        if single:
            v = poly.monoms()[0].index(1)
            name = next(name for name, place in self.ring.place.items() if place == v)
            return self.without(branch, v), branch._replace(units={**branch.units, name: poly})
        other = branch._replace(units={**branch.units, branch.made: poly}, made=branch.made + 1)
        return self.knowing(branch, poly), other

    def derive(self, branch: Branch, node: Any) -> Branch:
        _, terms, _ = take(node, "do", "terms", "then")
        return self.knowing(branch, self.sum(branch, terms))

    def limit(self, branch: Branch, node: Any) -> Branch:
        """What holds for products holds for their limits, and other matrices need not be products."""
        need(self.family is not None and self.family.dichotomy, "these matrices must be products")
        assert self.family is not None
        return (self.family.minor if node["do"] == "minor" else self.family.vanish)(self, branch, node)

    def close(self, branch: Branch, node: Any) -> None:
        _, terms, value, squares = take(node, "do", "terms", "value", "squares")
        total = self.unit(branch, value)
        if items(squares):
            need(self.field == "real", "squares may be negative")
            need(rational(value[0]) > 0 and all(e % 2 == 0 for _, e in value[1]), "the value may be negative")
        for square in squares:
            weight, root = items(square, 2)
            need(rational(weight) >= 0, "a square is subtracted")
            poly = self.ring.read(root)
            total += rational(weight) * self.ring.times(poly, poly)
        need(self.vanishes(branch, self.sum(branch, terms) - total), "the sum is another one")


def unknown(kind: Any) -> Exception:
    """Unknown steps are malformed; those that speak of something else are refused."""
    if kind in OTHERS:
        return Refused("the step speaks of something else")
    return BadFormat("unknown step")
