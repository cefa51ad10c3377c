r"""When is a pair of supports solved by singular value decompositions? The condition, decided on the supports alone.

Classes are the groups of hidden indices with equal rank-one support ``R × C``; a class with ``min(|R|, |C|)`` members
or more is complete, it can represent every matrix on ``R × C``. With ``E`` the union of the complete classes, the
problem is tractable if the remainders ``(R × C) \ E`` of the other classes are rectangles, pairwise disjoint or
identical.

References
----------
Q.-T. Le, E. Riccietti, R. Gribonval, *Spurious valleys, NP-hardness, and tractability of sparse matrix factorization
with fixed support*, SIMAX 2023, arXiv:2112.00386, Theorem 3.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from closedness import Support
from closedness.algebra.bitsets import bits
from closedness.supports.graph import EqualClass, classes

__all__ = ["Group", "Tractability", "tractability"]


@dataclass(frozen=True, slots=True)
class Group:
    """Hidden indices that share one rectangle: ``rows`` and ``cols`` as sorted indices."""

    rows: tuple[int, ...]
    cols: tuple[int, ...]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tractability:
    """The answer of :func:`tractability`.

    Attributes
    ----------
    tractable : bool
        Whether the theorem applies.
    reason : str
        One sentence: which case of the theorem, or which hidden indices break the condition.
    groups : tuple of Group
        Remainders of the classes that are not complete, equal ones merged; empty unless tractable.
    complete : tuple of Group
        The complete classes.
    covered : tuple of int
        ``covered[i]`` has bit ``j`` set when a complete class covers the cell ``(i, j)``.
    """

    tractable: bool
    reason: str
    groups: tuple[Group, ...]
    complete: tuple[Group, ...]
    covered: tuple[int, ...]


def tractability(I: Support, J: Support) -> Tractability:
    """Decide the condition of the theorem for the supports ``I`` (m, r) of X and ``J`` (n, r) of Y.

    Examples
    --------
    >>> tractability(Support.read([[1, 0], [0, 1], [1, 1]]), Support.read([[1, 1], [1, 1]])).reason
    'the rank-one supports of the hidden indices 0 and 1 overlap without being equal'
    """
    found = [k for k in classes(I, J) if not k.rectangle.empty]
    complete = [k for k in found if k.complete]
    covered = [0] * I.shape[0]
    for k in complete:
        for i in bits(k.rectangle.rows):
            covered[i] |= k.rectangle.cols
    full = tuple(_group(k.rectangle.rows, k.rectangle.cols, k.members) for k in complete)
    merged: dict[tuple[int, int], list[int]] = {}
    for k in found:
        if k.complete:
            continue
        rest = _remainder(k, covered) if complete else (k.rectangle.rows, k.rectangle.cols)
        if rest is None:
            where = f"the rank-one support of hidden index {k.members[0]}"
            why = f"the part of {where} outside the complete classes is not a rectangle"
            return Tractability(False, why, (), full, tuple(covered))
        if rest != (0, 0):
            merged.setdefault(rest, []).extend(k.members)
    clash = None if _clearly_disjoint(merged) else _overlap(merged)
    if clash is not None:
        what = "remainders" if complete else "rank-one supports"
        why = f"the {what} of the hidden indices {clash[0]} and {clash[1]} overlap without being equal"
        return Tractability(False, why, (), full, tuple(covered))
    groups = tuple(_group(rows, cols, tuple(members)) for (rows, cols), members in merged.items())
    if not complete:
        why = "the rank-one supports are pairwise disjoint or identical"
    elif not groups:
        why = "the complete classes cover the support of the product"
    else:
        why = "outside the complete classes the rank-one supports are rectangles, pairwise disjoint or identical"
    return Tractability(True, why, groups, full, tuple(covered))


def _clearly_disjoint(found: dict[tuple[int, int], list[int]]) -> bool:
    """A quick test that suffices when many rectangles have the same rows: True only if no two overlap."""
    columns: dict[int, int] = {}
    for rows, cols in found:
        before = columns.get(rows, 0)
        if before & cols:
            return False
        columns[rows] = before | cols
    if len(columns) ** 2 > 64 * len(found) + 64:
        return False
    parts = list(columns.items())
    return not any(r & s and c & d for i, (r, c) in enumerate(parts) for s, d in parts[:i])


def _overlap(found: dict[tuple[int, int], list[int]]) -> tuple[int, int] | None:
    """Two hidden indices whose rectangles overlap, if any."""
    taken: dict[int, int] = {}
    owner: dict[int, list[tuple[int, int]]] = {}
    for (rows, cols), members in found.items():
        for i in _positions(rows):
            if taken.get(i, 0) & cols:
                other = next(k for mask, k in owner[i] if mask & cols)
                return min(other, members[0]), max(other, members[0])
            taken[i] = taken.get(i, 0) | cols
            owner.setdefault(i, []).append((cols, members[0]))
    return None


def _group(rows: int, cols: int, members: tuple[int, ...]) -> Group:
    return Group(_positions(rows), _positions(cols), tuple(members))


@lru_cache(maxsize=4096)
def _positions(mask: int) -> tuple[int, ...]:
    """The ones of a mask; groups share few row and column sets."""
    return tuple(bits(mask))


def _remainder(found: EqualClass, covered: list[int]) -> tuple[int, int] | None:
    """Rows and columns of the rectangle minus the covered cells; None when that is not a rectangle."""
    if not any(covered[i] & found.rectangle.cols for i in _positions(found.rectangle.rows)):
        return found.rectangle.rows, found.rectangle.cols
    rows, cols = 0, 0
    for i in bits(found.rectangle.rows):
        left = found.rectangle.cols & ~covered[i]
        if not left:
            continue
        if cols and left != cols:
            return None
        cols = left
        rows |= 1 << i
    return rows, cols
