"""Panels: parts of arrays that stay in the cache while they are worked on, and memory that they share."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PANEL_BYTES", "panel_bytes", "panels", "scratch"]

PANEL_BYTES = 1 << 21
"""Size of a panel; two or three arrays of this size should fit into the cache."""

_SCRATCH = threading.local()


def panel_bytes(total: int) -> int:
    """Size of the panels of an array of ``total`` bytes: twice as large where that hardly adds to the memory.

    Examples
    --------
    >>> panel_bytes(2**20) == PANEL_BYTES, panel_bytes(2**30) == 2 * PANEL_BYTES
    (True, True)
    """
    return 2 * PANEL_BYTES if total >= 32 * PANEL_BYTES else PANEL_BYTES


def panels(shape: tuple[int, ...], count: int) -> Iterator[tuple[slice, ...]]:
    """Cut an index range of several axes into boxes of about ``count`` indices, last axes kept whole.

    Examples
    --------
    >>> list(panels((2, 3), 3))
    [(slice(0, 1, None), slice(0, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    steps = []
    for size in reversed(shape):
        step = min(size, max(1, count))
        steps.append(step)
        count //= size
    yield from product(
        *([slice(i, min(i + k, n)) for i in range(0, n, k)] for n, k in zip(shape, reversed(steps), strict=True))
    )


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An uninitialised array in memory kept per thread: a few panels, so that none is mapped anew for every panel."""
    kept: dict[tuple[str, str], NDArray[Any]] = _SCRATCH.__dict__.setdefault("kept", {})
    key = (name, np.dtype(dtype).char)
    size = math.prod(shape)
    old = kept.get(key)
    if old is None or old.size < size:
        fresh = np.empty(size, dtype)
        if fresh.nbytes > 4 * PANEL_BYTES:
            return fresh.reshape(shape)
        old = kept[key] = fresh
    return old[:size].reshape(shape)
