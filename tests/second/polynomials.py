"""Polynomials with rational coefficients, those of FLINT, each operation paid for in advance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from tests.second.reading import need, pay

MOST_BITS = 20_000  # of the coefficients over a common denominator
MOST_TERMS = 50_000
MOST_PRODUCTS = 4_000_000
Poly = Any
Terms = dict[tuple[tuple[str, int], ...], Any]


class Ring:
    """Polynomials in these variables."""

    def __init__(self, names: Iterable[str]) -> None:
        self.place = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self.words = 1 + len(self.place) // 8
        pay(len(self.place))
        self.context = fmpq_mpoly_ctx.get([f"x{number}" for number in range(len(self.place))], Ordering.lex)
        self.zero, self.one = self.constant(0), self.constant(1)

    def constant(self, value: Any) -> Poly:
        """A number."""
        return self.context.constant(value)

    def variable(self, name: str) -> Poly:
        """A variable."""
        pay(self.words / 5)
        return self.context.gen(self.place[name])

    def read(self, terms: Terms) -> Poly:
        """A polynomial of a certificate."""
        bits = bits_of(terms.values())
        need(bits <= MOST_BITS, "the numbers of a polynomial are too long")
        pay(len(terms) * (len(self.place) / 10 + bits / 100) / 4)
        dense = {}
        for powers, value in terms.items():
            exponents = [0] * len(self.place)
            for name, power in powers:
                exponents[self.place[name]] = power
            dense[tuple(exponents)] = value
        return self.context.from_dict(dense)

    def times(self, a: Poly, b: Poly) -> Poly:
        """The product."""
        if a == self.one or len(b) == 0:
            return b
        if b == self.one or len(a) == 0:
            return a
        pairs, bits, others = len(a) * len(b), bits_of(a.coeffs()), bits_of(b.coeffs())
        need(pairs <= MOST_PRODUCTS and bits + others <= MOST_BITS, "a product of polynomials is too large")
        pay((len(a) + len(b)) / 4 + pairs * (self.words + (bits + others) / 64 + bits * others / 100_000) / 20)
        product = a * b
        need(len(product) <= MOST_TERMS, "a polynomial has too many terms")
        return product

    def plus(self, a: Poly, b: Poly) -> Poly:
        """The sum."""
        if len(a) == 0 or len(b) == 0:
            return a if len(a) else b
        bits = bits_of(a.coeffs()) + bits_of(b.coeffs())
        pay((len(a) + len(b)) * (self.words + bits / 20) / 10)
        need(bits <= 2 * MOST_BITS, "a sum of polynomials is too large")
        total = a + b
        need(len(total) <= MOST_TERMS, "a polynomial has too many terms")
        return total

    def product(self, factors: Iterable[Poly]) -> Poly:
        """The product of many."""
        found = self.one
        for each in factors:
            found = self.times(found, each)
        return found

    def total(self, summands: Iterable[Poly]) -> Poly:
        """The sum of many."""
        found = self.zero
        for each in summands:
            found = self.plus(found, each)
        return found

    def power(self, a: Poly, exponent: int) -> Poly:
        """A power, by repeated products."""
        return self.product(a for _ in range(exponent))

    def evaluate(self, terms: Terms, values: dict[str, Poly]) -> Poly:
        """A polynomial of a certificate with values for its variables."""
        return self.total(
            self.product((self.constant(value), *(self.power(values[name], power) for name, power in powers)))
            for powers, value in terms.items()
        )

    def killed(self, a: Poly, names: Iterable[str]) -> Poly:
        """Without the terms in which one of these variables occurs."""
        zeros = {f"x{self.place[name]}": 0 for name in names}
        pay((1 + len(zeros)) * (1 + len(a) * self.words / 5))
        return a.subs(zeros) if zeros and len(a) else a

    def without(self, a: Poly, names: Iterable[str]) -> Poly:
        """Divided by all powers of these variables that divide it."""
        if len(a) == 0:
            return a
        pay(len(a) * self.words)
        keep = {self.place[name] for name in names}
        powers = tuple(e if place in keep else 0 for place, e in enumerate(a.term_content().degrees()))
        return a / self.context.from_dict({powers: 1}) if any(powers) else a

    def determinant(self, rows: Sequence[Sequence[Poly]]) -> Poly:
        """By minors of the first rows, for each set of columns once."""
        minors = {(): self.one}
        for count, row in enumerate(rows):
            grown: dict[tuple[int, ...], Poly] = {}
            for columns, minor in minors.items():
                for column in (c for c, entry in enumerate(row) if len(minor) and len(entry) and c not in columns):
                    key = tuple(sorted((*columns, column)))
                    signed = row[column] if (count + key.index(column)) % 2 == 0 else -row[column]
                    grown[key] = self.plus(grown.get(key, self.zero), self.times(minor, signed))
            minors = grown
        return minors.get(tuple(range(len(rows))), self.zero)


def bits_of(values: Iterable[Any]) -> int:
    """A bound for the bits of the numbers when they have a common denominator."""
    numbers = list(values)
    below = {int(value.q) for value in numbers if value.q != 1}
    above = max((int(value.p).bit_length() for value in numbers), default=0)
    return above + sum(q.bit_length() for q in below)
