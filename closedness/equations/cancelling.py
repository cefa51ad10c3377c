"""Factors whose product is zero, drawn for small groups of hidden indices that cancel within themselves.

The entries of a group in a row of the first factor lie in a space, those in a column of the second one are orthogonal
to it. An index alone has one side zero; two can cancel each other, and then reach the lines of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.integers import orthogonal_basis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Drawn", "cancelling"]


class Drawn(NamedTuple):
    """An entry in a row of the first factor (`side` 0) or a column of the second one (`side` 1)."""

    side: int
    line: int
    k: int
    value: int


def cancelling(
    group: Sequence[int],
    space: Sequence[Sequence[int]],
    masks: tuple[Sequence[int], Sequence[int]],
    weight: Callable[[], int],
) -> Iterator[Drawn]:
    """The entries of a group that are not zero, at random within the supports.

    Parameters
    ----------
    group : sequence of int
        The hidden indices.
    space : sequence of sequence of int
        Vectors with an entry for each of them, which span the space.
    masks : (sequence of int, sequence of int)
        The hidden indices of each row of the first factor and of each column of the second one, as bitmasks.
    weight : callable
        Draws a coefficient of a combination.

    Examples
    --------
    >>> [tuple(each) for each in cancelling([0, 1], [[1, 1]], ([3, 1], [3]), lambda: 1)]
    [(0, 0, 0, -1), (0, 0, 1, -1), (1, 0, 0, -1), (1, 0, 1, 1)]
    """
    across = orthogonal_basis(space, len(group))
    for side, conditions in enumerate((across, orthogonal_basis(across, len(group)))):
        for line, mask in enumerate(masks[side]):
            own = [p for p, k in enumerate(group) if mask >> k & 1]
            if not own:
                continue
            basis = orthogonal_basis([[condition[p] for p in own] for condition in conditions], len(own))
            weights = [weight() for _ in basis]
            for place, p in enumerate(own):
                value = sum(w * vector[place] for w, vector in zip(weights, basis, strict=True))
                if value:
                    yield Drawn(side, line, group[p], value)
