"""The primes modulo which ranks are looked at: by chance too small, and never too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["PRIME", "SMALL_PRIME", "residue"]

PRIME = 2**61 - 1
SMALL_PRIME = 1_000_003  # for a first look, confirmed otherwise


def residue(value: Fraction) -> int:
    """A rational number modulo `PRIME`, of which its denominator must be no multiple.

    Examples
    --------
    >>> from fractions import Fraction
    >>> 2 * residue(Fraction(1, 2)) % PRIME, residue(Fraction(-1)) == PRIME - 1
    (1, True)
    """
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME
