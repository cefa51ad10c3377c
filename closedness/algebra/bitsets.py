"""Finite sets of small integers as the bits of one integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress


def bits(mask: int) -> Iterator[int]:
    """Positions of the set bits of a non-negative integer, ascending.

    Examples
    --------
    >>> list(bits(0b1011))
    [0, 1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


_DIGITS = bytes.maketrans(b"01", bytes((0, 1)))


def positions(mask: int) -> tuple[int, ...]:
    """The same as a tuple; quick for long masks with many ones, too.

    Examples
    --------
    >>> positions(0b1011)
    (0, 1, 3)
    """
    length = mask.bit_length()
    if length > 16 * mask.bit_count():
        return tuple(bits(mask))
    return tuple(compress(range(length), f"{mask:b}"[::-1].encode().translate(_DIGITS)))


def mask_of(positions: Iterable[int]) -> int:
    """Return the integer whose ones stand at `positions`."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask


def covered_once(masks: Iterable[int]) -> int:
    """The elements of exactly one of the sets.

    Examples
    --------
    >>> covered_once([0b011, 0b110])
    5
    """
    once = twice = 0
    for mask in masks:
        twice |= once & mask
        once |= mask
    return once & ~twice


def union_of(masks: Iterable[int]) -> int:
    """The integer with the ones of all of these.

    Examples
    --------
    >>> bin(union_of([0b001, 0b100]))
    '0b101'
    """
    union = 0
    for mask in masks:
        union |= mask
    return union


def transpose_masks(masks: Sequence[int], width: int) -> tuple[int, ...]:
    """Transpose a 0/1 matrix given by the bitmasks of its rows."""
    columns = [0] * width
    for i, mask in enumerate(masks):
        for j in bits(mask):
            columns[j] |= 1 << i
    return tuple(columns)
