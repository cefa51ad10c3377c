"""Laurent polynomials in the parameter ``t`` of a curve, as dicts from exponents to coefficients."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Laurent = dict[int, Fraction]
Entries = dict[tuple[int, int], Laurent]


def add_product(total: Laurent, left: Laurent, right: Laurent) -> None:
    """Add the product of two Laurent polynomials to a third one; coefficients that become zero stay."""
    for e, v in left.items():
        for f, w in right.items():
            total[e + f] = total.get(e + f, Fraction(0)) + v * w


def product_of(factors: Sequence[Mapping[tuple[int, int], Laurent]]) -> Entries:
    """The entries of a product of matrices that are not zero, without coefficients that are zero.

    Examples
    --------
    >>> t = {1: Fraction(1)}
    >>> product_of([{(0, 0): t, (0, 1): t}, {(0, 0): {-1: Fraction(2)}, (1, 0): {-1: Fraction(-1)}}])
    {(0, 0): {0: Fraction(1, 1)}}
    """
    product: Mapping[tuple[int, int], Laurent] = factors[0]
    for factor in factors[1:]:
        rows: dict[int, list[tuple[int, Laurent]]] = {}
        for (k, j), entry in factor.items():
            rows.setdefault(k, []).append((j, entry))
        total: Entries = {}
        for (i, k), left in product.items():
            for j, right in rows.get(k, []):
                add_product(total.setdefault((i, j), {}), left, right)
        product = total
    return nonzero(product)


def limit_of_curve(factors: Sequence[Mapping[tuple[int, int], Laurent]]) -> dict[tuple[int, int], Fraction] | None:
    """The entries of the limit of a product for ``t`` to 0 that are not zero, None if it diverges."""
    return limit_at_zero(product_of(factors))


def nonzero(matrix: Mapping[tuple[int, int], Laurent]) -> Entries:
    """The same matrix without zeros."""
    kept = {cell: {e: v for e, v in entry.items() if v} for cell, entry in matrix.items()}
    return {cell: entry for cell, entry in kept.items() if entry}


def limit_at_zero(matrix: Mapping[tuple[int, int], Laurent]) -> dict[tuple[int, int], Fraction] | None:
    """The entries of the limit for ``t`` to 0 that are not zero, None if it diverges.

    Examples
    --------
    >>> limit_at_zero({(0, 0): {0: Fraction(3), 1: Fraction(1)}, (1, 0): {2: Fraction(1)}})
    {(0, 0): Fraction(3, 1)}
    >>> limit_at_zero({(0, 0): {-1: Fraction(1)}}) is None
    True
    """
    if any(e < 0 and value for entry in matrix.values() for e, value in entry.items()):
        return None
    return {cell: entry[0] for cell, entry in matrix.items() if entry.get(0)}


def plus(first: Laurent, second: Laurent, factor: Fraction | int = 1) -> Laurent:
    """The first one and a multiple of the second one, added.

    Examples
    --------
    >>> plus({-1: Fraction(1)}, {-1: Fraction(1), 0: Fraction(2)}, -1)
    {0: Fraction(-2, 1)}
    """
    total = dict(first)
    for e, value in second.items():
        total[e] = total.get(e, Fraction(0)) + factor * value
    return {e: value for e, value in total.items() if value}


def series(*terms: tuple[int, Mapping[int, Fraction | int]]) -> dict[int, Laurent]:
    """The vector that is a sum of powers of ``t`` times constant vectors.

    Examples
    --------
    >>> series((-1, {0: 2}), (1, {0: 1, 3: 1}))
    {0: {-1: Fraction(2, 1), 1: Fraction(1, 1)}, 3: {1: Fraction(1, 1)}}
    """
    found: dict[int, Laurent] = {}
    for exponent, vector in terms:
        for line, value in vector.items():
            found.setdefault(line, {})[exponent] = Fraction(value)
    return found


def terms_of(laurent: Laurent) -> list[list[Any]]:
    """A Laurent polynomial as it stands in certificates: exponents and coefficients.

    Examples
    --------
    >>> terms_of({0: Fraction(-2), -1: Fraction(1, 3)})
    [[-1, '1/3'], [0, '-2']]
    """
    return [[e, str(value)] for e, value in sorted(laurent.items()) if value]


def entries_of(matrix: Mapping[tuple[int, int], Laurent]) -> list[list[Any]]:
    """A matrix as it stands in certificates: row, column and terms of its entries that are not zero."""
    return [[i, j, terms_of(entry)] for (i, j), entry in sorted(matrix.items()) if any(entry.values())]


def laurent_text(laurent: Laurent) -> str:
    """Write a Laurent polynomial, lowest exponents first.

    Examples
    --------
    >>> from fractions import Fraction
    >>> laurent_text({-1: Fraction(1), 0: Fraction(-2)})
    '1/t - 2'
    """
    text = ""
    for e, value in sorted(laurent.items()):
        if value:
            term = _term(e, abs(value))
            sign = " - " if value < 0 else " + "
            text += (sign if text else sign.strip().replace("+", "")) + term
    return text or "0"


def _term(e: int, value: Fraction) -> str:
    if e == 0:
        return str(value)
    power = "t" if abs(e) == 1 else f"t^{abs(e)}"
    if e < 0:
        return f"{value}/{power}" if value.denominator == 1 else f"({value})/{power}"
    return power if value == 1 else f"{value}·{power}" if value.denominator == 1 else f"({value})·{power}"
