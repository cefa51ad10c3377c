"""Exact arithmetic in a number field ``Q(θ)``, with a real root of the defining polynomial where one is meant.

Elements are polynomials in ``θ`` of lower degree than the defining polynomial, as python-flint's ``fmpq_poly``.
Several real algebraic numbers are brought into one field by primitive elements and resultants. Limits on degrees and
sizes hold everywhere: what goes beyond them is an error, not an approximation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq, fmpq_poly, fmpz_mpoly_ctx, fmpz_poly

__all__ = ["MOST_BITS", "MOST_DEGREE", "Interval", "NumberField", "TooLarge", "common_field", "real_roots", "written"]

Interval = tuple[Fraction, Fraction]
# limits on the degree of a field, on that of resultants on the way, and on the bits of coefficients
MOST_DEGREE = 16
MOST_RESULTANT = 48
MOST_BITS = 20_000
_HALVINGS = 400


class TooLarge(ValueError):
    """A field or a number is beyond the limits."""


def real_roots(polynomial: fmpz_poly) -> list[Interval]:
    """Isolating intervals of the real roots of an irreducible polynomial of degree two or more, in order.

    The polynomial has different signs at the ends of each interval, which the roots' certified balls are widened for.

    Examples
    --------
    >>> [tuple(map(float, ends)) for ends in real_roots(fmpz_poly([1, 0, 1]))]
    []
    >>> [round(float(low)) for low, _ in real_roots(fmpz_poly([-8, 0, 1]))]
    [-3, 3]
    """
    found = []
    roots: list[Any] = polynomial.complex_roots()
    for ball, _ in roots:
        if ball.imag.is_zero():
            middle, radius = ball.real.mid().fmpq(), ball.real.rad().fmpq()
            ends = _fraction(middle - radius), _fraction(middle + radius)
            if _sign_at(polynomial, ends[0]) * _sign_at(polynomial, ends[1]) >= 0:
                raise TooLarge("a root could not be isolated")
            found.append(ends)
    return sorted(found)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _flint(value: Fraction | int) -> fmpq:
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def _sign_at(polynomial: fmpz_poly, place: Fraction) -> int:
    value = polynomial(_flint(place))
    return int(value > 0) - int(value < 0)


class NumberField:
    """``Q(θ)`` with ``θ`` a root of an irreducible polynomial.

    Parameters
    ----------
    polynomial : fmpz_poly
        Irreducible, of degree 2 to `MOST_DEGREE`.
    interval : (Fraction, Fraction), optional
        Ends of an interval that contains ``θ`` and no other root; without it, ``θ`` is any complex root.

    Raises
    ------
    TooLarge
        If the degree or the coefficients are beyond the limits.
    ValueError
        If the polynomial is not irreducible, or the interval does not isolate a real root.

    Examples
    --------
    >>> field = NumberField(fmpz_poly([-2, 0, 1]), (Fraction(1), Fraction(2)))
    >>> root = field.theta
    >>> field.times(root, root)
    2
    >>> field.sign(root - fmpq_poly([3, 0], 2)), field.number(root)[:6]
    (-1, '1.4142')
    """

    def __init__(self, polynomial: fmpz_poly, interval: Interval | None = None) -> None:
        if not 2 <= polynomial.degree() <= MOST_DEGREE:
            raise TooLarge(f"degree {polynomial.degree()} is not between 2 and {MOST_DEGREE}")
        if polynomial.height_bits() > MOST_BITS:
            raise TooLarge("the coefficients of a defining polynomial are too long")
        factors = polynomial.factor()[1]
        if len(factors) != 1 or factors[0][1] != 1:
            raise ValueError("the defining polynomial is reducible")
        self.polynomial: fmpz_poly = factors[0][0]
        self.modulus = fmpq_poly(self.polynomial)
        self.interval = interval
        if interval is not None:
            inside = [r for r in real_roots(self.polynomial) if r[0] <= interval[1] and r[1] >= interval[0]]
            ends = [_sign_at(self.polynomial, end) for end in interval]
            if len(inside) != 1 or ends[0] * ends[1] >= 0:
                raise ValueError("the interval does not isolate a real root")

    @property
    def theta(self) -> fmpq_poly:
        """The generator."""
        return fmpq_poly([0, 1])

    def rational(self, value: Fraction | int) -> fmpq_poly:
        """A rational number as an element."""
        return fmpq_poly([_flint(value)])

    def reduced(self, element: fmpq_poly) -> fmpq_poly:
        """The element as a polynomial of low degree.

        Raises
        ------
        TooLarge
            If its numbers are beyond the limits.
        """
        element = element % self.modulus
        if element.numer().height_bits() > MOST_BITS or int(element.denom()).bit_length() > MOST_BITS:
            raise TooLarge("the numbers are too long")
        return element

    def times(self, a: fmpq_poly, b: fmpq_poly) -> fmpq_poly:
        """The product."""
        return self.reduced(a * b)

    def inverse(self, a: fmpq_poly) -> fmpq_poly:
        """The inverse.

        Raises
        ------
        ZeroDivisionError
            For zero.
        """
        if a.is_zero():
            raise ZeroDivisionError("zero has no inverse")
        divisor, cofactor, _ = a.xgcd(self.modulus)
        return self.reduced(cofactor / divisor[0])

    # ---- the real root -------------------------------------------------------------------------

    def halved(self) -> Interval:
        """Halve the interval of ``θ`` and return it."""
        assert self.interval is not None
        low, high = self.interval
        middle = (low + high) / 2
        # irreducible of degree two or more: no rational number is a root
        at_low, at_middle = _sign_at(self.polynomial, low), _sign_at(self.polynomial, middle)
        self.interval = (middle, high) if at_low == at_middle else (low, middle)
        return self.interval

    def bounds(self, element: fmpq_poly) -> Interval:
        """An interval that contains a real element, by the present one of ``θ``."""
        assert self.interval is not None
        low, high = self.interval
        total = (Fraction(0), Fraction(0))
        for coefficient in reversed(element.coeffs()):
            ends = [a * b for a in total for b in (low, high)]
            value = _fraction(coefficient)
            total = (min(ends) + value, max(ends) + value)
        return total

    def sign(self, element: fmpq_poly) -> int:
        """The sign of a real element, exactly."""
        if element.is_zero():
            return 0
        for _ in range(_HALVINGS):
            low, high = self.bounds(element)
            if low > 0 or high < 0:
                return 1 if low > 0 else -1
            self.halved()
        raise TooLarge("the sign of a number was not found")

    def approximation(self, element: fmpq_poly) -> Fraction:
        """A rational number near a real element, at most ``10⁻¹²`` away."""
        for _ in range(_HALVINGS):
            low, high = self.bounds(element)
            if high - low < Fraction(1, 10**12):
                return (low + high) / 2
            self.halved()
        raise TooLarge("a number could not be approximated")

    def number(self, element: fmpq_poly) -> str:
        """A real element for readers: rational numbers exactly, others with a mark."""
        if element.degree() <= 0:
            return str(_fraction(element[0]))
        return f"{float(self.approximation(element)):.10g}…"

    def __str__(self) -> str:
        text = f"Q(t), {written(self.polynomial)} = 0"
        return text if self.interval is None else f"{text}, t = {self.number(self.theta)}"


def written(element: fmpq_poly | fmpz_poly) -> str:
    """A polynomial in ``t`` for readers.

    Examples
    --------
    >>> written(fmpq_poly([-2, 0, -1], 3))
    '-1/3*t^2 - 2/3'
    """
    text = str(element).replace("x", "t")
    return re.sub(r"^\((.*?)\)", r"\1", re.sub(r"\+ \(-([^)]*)\)", r"- \1", text))


# ------------------------------------------------------------------------------ several numbers


def common_field(numbers: Sequence[tuple[Sequence[int], Interval]]) -> tuple[NumberField, list[fmpq_poly]]:
    """Real algebraic numbers as elements of one field.

    Parameters
    ----------
    numbers : sequence of (coefficients, interval)
        Irreducible integer polynomials of degree two or more, constant term first, and isolating intervals.

    Returns
    -------
    (NumberField, list of fmpq_poly)
        The elements in the order of the numbers.

    Raises
    ------
    TooLarge
        If a limit on degrees or sizes is reached.
    ValueError
        If a polynomial is reducible or an interval does not isolate a root.

    References
    ----------
    H. Cohen: A Course in Computational Algebraic Number Theory, sections 3.6 and 4.5.

    Examples
    --------
    >>> two, three = ((-2, 0, 1), (Fraction(1), Fraction(2))), ((-3, 0, 1), (Fraction(1), Fraction(2)))
    >>> field, (a, b) = common_field([two, three])
    >>> field.polynomial.degree(), str(field.times(a, a)), str(field.times(b, b))
    (4, '2', '3')
    """
    known: dict[tuple[tuple[int, ...], Interval], fmpq_poly] = {}
    field: NumberField | None = None
    for coefficients, interval in numbers:
        key = tuple(coefficients), interval
        if key in known:
            continue
        single = NumberField(fmpz_poly(list(coefficients)), interval)
        if field is None:
            field, element = single, single.theta
        else:
            field, old, element = _joined(field, single)
            known = {other: _composed(field, value, old) for other, value in known.items()}
        known[key] = element
    if field is None:
        raise ValueError("no number was given")
    return field, [known[tuple(coefficients), interval] for coefficients, interval in numbers]


def _composed(field: NumberField, outer: fmpq_poly, inner: fmpq_poly) -> fmpq_poly:
    """A polynomial at an element."""
    total = fmpq_poly([0])
    for coefficient in reversed(outer.coeffs()):
        total = field.times(total, inner) + coefficient
    return total


def _joined(first: NumberField, second: NumberField) -> tuple[NumberField, fmpq_poly, fmpq_poly]:
    """The field of both generators, and these as its elements."""
    degree = first.polynomial.degree() * second.polynomial.degree()
    if degree > MOST_RESULTANT:
        raise TooLarge(f"two numbers of degrees {first.polynomial.degree()} and {second.polynomial.degree()}")
    for factor in (1, -1, 2, -2, 3, -3, 5, 7):
        resultant = _resultant(first.polynomial, second.polynomial, factor)
        if resultant.gcd(resultant.derivative()).degree() > 0:
            continue
        polynomial, interval = _root_of_sum(resultant, first, second, factor)
        if polynomial.degree() == 1:
            continue
        field = NumberField(polynomial, interval)
        theta = _common_root(field, first.polynomial, second.polynomial, factor)
        if theta is not None:
            return field, theta, (field.theta - theta) / fmpq(factor)
    raise TooLarge("no primitive element was found")


def _resultant(p: fmpz_poly, q: fmpz_poly, factor: int) -> fmpz_poly:
    """A polynomial whose roots are the sums of a root of `p` and `factor` times a root of `q`."""
    ring = fmpz_mpoly_ctx.get(("x", "z"), Ordering.lex)
    x, z = ring.gens()
    top = q.degree()
    left = sum((int(c) * x**k for k, c in enumerate(p.coeffs())), ring.constant(0))
    right = sum(
        (int(c) * (z - x) ** k * factor ** (top - k) for k, c in enumerate(q.coeffs())), ring.constant(0)
    )
    found = left.resultant(right, "x")
    coefficients = [0] * (int(found.degrees()[1]) + 1)
    for (_, power), value in found.to_dict().items():
        coefficients[int(power)] = int(value)
    return fmpz_poly(coefficients)


def _root_of_sum(
    resultant: fmpz_poly, first: NumberField, second: NumberField, factor: int
) -> tuple[fmpz_poly, Interval]:
    """The irreducible factor of a squarefree resultant that has the sum as its root, and where."""
    roots: list[tuple[fmpz_poly, Interval]] = []
    for piece, _ in resultant.factor()[1]:
        if piece.degree() == 1:
            value = Fraction(-int(piece[0]), int(piece[1]))
            roots.append((piece, (value, value)))
        else:
            roots += [(piece, ends) for ends in real_roots(piece)]
    for _ in range(_HALVINGS):
        assert first.interval is not None
        assert second.interval is not None
        ends = sorted(factor * end for end in second.interval)
        low, high = first.interval[0] + ends[0], first.interval[1] + ends[1]
        near = [(piece, place) for piece, place in roots if place[0] <= high and place[1] >= low]
        if len(near) == 1:
            return near[0]
        first.halved()
        second.halved()
    raise TooLarge("a sum of two numbers was not told from others")


def _common_root(field: NumberField, p: fmpz_poly, q: fmpz_poly, factor: int) -> fmpq_poly | None:
    """The only common root of ``p(x)`` and ``q((γ − x)/factor)`` in the field of ``γ``, by Euclid's algorithm."""
    a = [field.rational(int(c)) for c in p.coeffs()]
    base = [field.theta / fmpq(factor), fmpq_poly([fmpq(-1, factor)])]
    b = [fmpq_poly([0])]
    for c in reversed(q.coeffs()):
        b = _poly_times(field, b, base)
        b[0] = b[0] + int(c)
    while len(b) > 1:
        a, b = b, _remainder(field, a, b)
    if b and not b[0].is_zero():
        return None
    return field.times(-a[0], field.inverse(a[1])) if len(a) == 2 else None


def _poly_times(field: NumberField, a: list[fmpq_poly], b: list[fmpq_poly]) -> list[fmpq_poly]:
    total = [fmpq_poly([0])] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            total[i + j] = total[i + j] + field.times(x, y)
    return _trimmed(total)


def _trimmed(poly: list[fmpq_poly]) -> list[fmpq_poly]:
    while len(poly) > 1 and poly[-1].is_zero():
        poly.pop()
    return poly


def _remainder(field: NumberField, a: list[fmpq_poly], b: list[fmpq_poly]) -> list[fmpq_poly]:
    """The remainder of `a` by `b`, both with coefficients in the field, constant terms first."""
    rest, lead = list(a), field.inverse(b[-1])
    while len(rest) >= len(b):
        quotient, shift = field.times(rest[-1], lead), len(rest) - len(b)
        for k, value in enumerate(b):
            rest[shift + k] = rest[shift + k] - field.times(quotient, value)
        rest.pop()
    return _trimmed(rest or [fmpq_poly([0])])
