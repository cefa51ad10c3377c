"""Laurent polynomials in the parameter ``t`` of a curve, as dicts from exponents to coefficients."""

from __future__ import annotations

from fractions import Fraction

Laurent = dict[int, Fraction]


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
