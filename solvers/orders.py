"""Orders in which the splits of a chain are made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from closedness.errors import InputError
from solvers.arrays import is_positive_int

__all__ = ["read_order", "balanced_order", "one_sided", "overlapping", "accumulated"]


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
    given = list(order) if isinstance(order, Iterable) else []
    splits = tuple(int(s) for s in given if is_positive_int(s))
    if len(splits) != len(given) or not isinstance(order, Iterable) or sorted(splits) != list(range(1, count)):
        raise InputError(f"order must be a permutation of 1..{count - 1}, got {order!r}")
    return splits


def one_sided(order: Sequence[int], count: int) -> bool:
    """Whether every split leaves a single factor on one side that no later split touches.

    Then the parts discarded at the splits are mutually orthogonal (docs/solvers.md, Theorem 2).

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


def overlapping(order: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Pairs of splits ``(s, t)``, ``s`` made before ``t``, whose discarded parts need not be orthogonal.

    They are orthogonal when every split made after ``s``, up to and including ``t``, lies on one side of ``s``
    (docs/solvers.md, Theorem 2).

    Examples
    --------
    >>> overlapping((1, 3, 2)), overlapping((2, 1, 3))
    ((), ((2, 3),))
    """
    found = []
    for j, s in enumerate(order):
        sides = set()
        for t in order[j + 1 :]:
            sides.add(t > s)
            if len(sides) == 2:
                found.append((s, t))
    return tuple(found)


def accumulated(order: Sequence[int], parts: Sequence[float]) -> float:
    """Largest norm that a sum of parts of the given norms can have, by the orthogonality proved for an order.

    Parameters
    ----------
    order : permutation of 1 … L-1
    parts : sequence of float, (L - 1,)
        Norms, at least 0; ``parts[s - 1]`` belongs to split ``s``.

    Returns
    -------
    float
        ``sqrt(Σ_s p_s² + 2 Σ p_s p_t)``, the second sum over the :func:`overlapping` pairs.

    Examples
    --------
    >>> accumulated((1, 2, 3), [3.0, 0.0, 4.0]), accumulated((2, 1, 3), [0.0, 3.0, 4.0])
    (5.0, 7.0)
    """
    scale = max((float(p) for p in parts), default=0.0)
    if scale == 0.0 or math.isinf(scale):
        return scale
    sizes = [float(p) / scale for p in parts]
    squares = math.fsum(p * p for p in sizes)
    return scale * math.sqrt(squares + 2.0 * math.fsum(sizes[s - 1] * sizes[t - 1] for s, t in overlapping(order)))
