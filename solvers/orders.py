"""Orders in which the splits of a chain are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closedness.errors import InputError

__all__ = ["read_order", "balanced_order", "one_sided"]


def balanced_order(count: int) -> tuple[int, ...]:
    """Splits of ``count`` factors by halving: a permutation of ``1 … count-1``, every piece before its parts.

    Examples
    --------
    >>> balanced_order(4)
    (2, 1, 3)
    """
    out: list[int] = []

    def halve(start: int, stop: int) -> None:
        if stop - start > 1:
            middle = (start + stop) // 2
            out.append(middle)
            halve(start, middle)
            halve(middle, stop)

    halve(0, count)
    return tuple(out)


def read_order(order: Any, count: int) -> tuple[int, ...]:
    """An order of the ``count - 1`` splits; split ``s`` lies between factors ``s`` and ``s + 1``, counted from 1.

    Parameters
    ----------
    order : {"left-to-right", "right-to-left", "balanced"} or permutation of 1 … count-1
    count : int
        Number of factors.

    Raises
    ------
    InputError
        Unknown name, or not a permutation.
    """
    names = {
        "left-to-right": tuple(range(1, count)),
        "right-to-left": tuple(range(count - 1, 0, -1)),
        "balanced": balanced_order(count),
    }
    if isinstance(order, str):
        if order not in names:
            raise InputError(
                f"order must be one of {', '.join(names)} or a permutation of 1..{count - 1}, got {order!r}"
            )
        return names[order]
    try:
        splits = tuple(int(s) for s in order)
    except (TypeError, ValueError):
        splits = ()
    if sorted(splits) != list(range(1, count)):
        raise InputError(f"order must be a permutation of 1..{count - 1}, got {order!r}")
    return splits


def one_sided(order: Sequence[int], count: int) -> bool:
    """Whether every split leaves a single factor on one side that no later split touches.

    Then the parts discarded at the splits are mutually orthogonal (docs/solvers.md, Proposition 2).

    Examples
    --------
    >>> one_sided((1, 2, 3), 4), one_sided((1, 3, 2), 4), one_sided((2, 1, 3), 4)
    (True, True, False)
    """
    start, stop = 0, count
    for s in order:
        if s == start + 1:
            start = s
        elif s == stop - 1:
            stop = s
        else:
            return False
    return True
