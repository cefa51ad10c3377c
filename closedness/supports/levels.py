"""Sets of products given by sparsity levels: finite unions of sets with fixed supports.

A level bounds the number of entries in each row, in each column, or in the whole of a factor. The set of these products
is the union of the sets of the supports within the levels; the largest supports suffice. :func:`decide_levels` of
:mod:`closedness.levels.decide` decides whether the union is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from closedness.elaboration import content_id
from closedness.errors import BudgetExceeded, InputError
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

__all__ = ["Level", "SparsityLevels", "orbit_representatives"]

Member = tuple[tuple[int, ...], ...]
"""Row masks of every factor."""


@dataclass(frozen=True)
class Level:
    """Bounds on the numbers of entries of one factor.

    Parameters
    ----------
    shape : (int, int)
    row, column, total : int or None
        At most so many entries in each row, in each column, in all; None for no bound.

    Raises
    ------
    InputError
        If a size is not positive, or a bound negative.
    """

    shape: tuple[int, int]
    row: int | None = None
    column: int | None = None
    total: int | None = None

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise InputError(f"shape is {self.shape}, not two positive numbers")
        for name in ("row", "column", "total"):
            bound = getattr(self, name)
            if bound is not None and bound < 0:
                raise InputError(f"{name} is {bound}, not a number of entries of at least 0")

    def at_most(self, kind: str) -> int:
        """The bound of this kind, as far as it can bind."""
        m, n = self.shape
        most = {"row": n, "column": m, "total": m * n}[kind]
        bound = getattr(self, kind)
        return most if bound is None else min(bound, most)

    def allows(self, support: Support) -> bool:
        """Whether a support is within the bounds."""
        return (
            support.shape == self.shape
            and all(mask.bit_count() <= self.at_most("row") for mask in support.row_masks)
            and all(mask.bit_count() <= self.at_most("column") for mask in support.col_masks)
            and support.nnz <= self.at_most("total")
        )

    def largest(self, limit: int = 100_000) -> list[Support]:
        """The supports within the bounds that no larger one contains.

        Parameters
        ----------
        limit : int
            Steps of the enumeration.

        Raises
        ------
        BudgetExceeded
            If there are too many.

        Examples
        --------
        >>> [support.row_masks for support in Level((2, 2), row=1, column=1).largest()]
        [(1, 2), (2, 1)]
        """
        m, n = self.shape
        by_rows = self.at_most("column") == m and self.at_most("total") == m * n
        if not by_rows and self.at_most("row") == n and self.at_most("total") == m * n:
            turned = Level((n, m), row=self.column).largest(limit)
            return sorted((support.T for support in turned), key=lambda support: support.row_masks)
        least = self.at_most("row") if by_rows else 0  # rows alone are bounded: each of them is filled
        counts = range(least, self.at_most("row") + 1)
        choices = [mask for mask in range(1 << n) if mask.bit_count() in counts] if n <= 16 else []
        if not choices:
            raise BudgetExceeded(f"a factor has {n} columns: too many supports to go through")
        found = []
        stack: list[tuple[tuple[int, ...], tuple[int, ...], int]] = [
            ((), (self.at_most("column"),) * n, self.at_most("total"))
        ]
        steps = 0
        while stack:
            rows, free, left = stack.pop()
            steps += 1
            if steps > limit:
                raise BudgetExceeded(f"more than {limit} supports to go through")
            if len(rows) == m:
                if self._is_largest(rows, free, left):
                    found.append(Support.from_masks(self.shape, rows))
                continue
            full = sum(1 << j for j in range(n) if not free[j])
            for mask in choices:
                if not mask & full and mask.bit_count() <= left:
                    after = tuple(count - (mask >> j & 1) for j, count in enumerate(free))
                    stack.append(((*rows, mask), after, left - mask.bit_count()))
        return sorted(found, key=lambda support: support.row_masks)

    def _is_largest(self, rows: tuple[int, ...], free: tuple[int, ...], left: int) -> bool:
        """No entry can be added."""
        if not left:
            return True
        open_columns = sum(1 << j for j, count in enumerate(free) if count)
        return not any(mask.bit_count() < self.at_most("row") and open_columns & ~mask for mask in rows)


@dataclass(frozen=True)
class SparsityLevels:
    """The question: products of matrices, each within its level.

    Parameters
    ----------
    levels : tuple of Level, as multiplied, at least two

    Raises
    ------
    InputError
        If there are fewer than two, or neighbouring sizes do not match.

    Examples
    --------
    >>> SparsityLevels.of((2, 3, 2), row=(1, None)).levels[0]
    Level(shape=(2, 3), row=1, column=None, total=None)
    """

    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        if len(self.levels) < 2:
            raise InputError(f"levels has {len(self.levels)} factors, at least two are needed")
        for l, (left, right) in enumerate(pairwise(self.levels)):
            if left.shape[1] != right.shape[0]:
                raise InputError(
                    f"levels[{l}] has {left.shape[1]} columns, levels[{l + 1}] has {right.shape[0]} rows: "
                    "these must be equal"
                )

    @classmethod
    def of(
        cls,
        sizes: Iterable[int],
        *,
        row: Iterable[int | None] | None = None,
        column: Iterable[int | None] | None = None,
        total: Iterable[int | None] | None = None,
    ) -> SparsityLevels:
        """Levels from the sizes ``n_0, …, n_N`` and one bound per factor of each kind.

        Raises
        ------
        InputError
            If the numbers of bounds and of factors differ.
        """
        shapes = list(pairwise(sizes))
        bounds = {}
        for name, given in (("row", row), ("column", column), ("total", total)):
            listed = [None] * len(shapes) if given is None else list(given)
            if len(listed) != len(shapes):
                raise InputError(f"{name} has {len(listed)} bounds for {len(shapes)} factors")
            bounds[name] = listed
        lines = zip(shapes, bounds["row"], bounds["column"], bounds["total"], strict=True)
        return cls(tuple(Level(*line) for line in lines))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes ``n_0, …, n_N``."""
        return (self.levels[0].shape[0], *(level.shape[1] for level in self.levels))

    def to_problem(self) -> dict[str, Any]:
        """The problem object of certificates."""
        return {
            "levels": [
                {"shape": list(each.shape), "row": each.row, "column": each.column, "total": each.total}
                for each in self.levels
            ]
        }

    @property
    def content_id(self) -> str:
        """The sha256 of the problem object."""
        return content_id(self.to_problem())

    def members(self, limit: int) -> list[Member]:
        """The largest supports within the levels, as row masks.

        Raises
        ------
        BudgetExceeded
            If there are more than `limit`.
        """
        lists = [level.largest() for level in self.levels]
        number = 1
        for each in lists:
            number *= len(each)
        if number > limit:
            raise BudgetExceeded(f"{number} largest supports, more than {limit}")
        return [tuple(support.row_masks for support in chosen) for chosen in product(*lists)]

    def product_of(self, member: Member) -> SupportProduct:
        """The supports of a member."""
        return SupportProduct(
            Support.from_masks(level.shape, masks) for level, masks in zip(self.levels, member, strict=True)
        )


def neighbours(member: Member, sizes: tuple[int, ...]) -> Iterator[Member]:
    """The members with two neighbouring indices of one size exchanged."""
    for level, size in enumerate(sizes):
        for a in range(size - 1):
            factors = list(member)
            if level < len(factors):
                rows = list(factors[level])
                rows[a], rows[a + 1] = rows[a + 1], rows[a]
                factors[level] = tuple(rows)
            if level:
                factors[level - 1] = tuple(
                    mask ^ (3 << a) if (mask >> a ^ mask >> (a + 1)) & 1 else mask for mask in factors[level - 1]
                )
            yield tuple(factors)


def orbit_representatives(members: Iterable[Member], sizes: tuple[int, ...]) -> list[Member]:
    """One member of each class up to the order of rows, of columns and of inner indices.

    Examples
    --------
    >>> levels = SparsityLevels.of((2, 2, 2), row=(1, 1))
    >>> len(levels.members(100)), len(orbit_representatives(levels.members(100), levels.sizes))
    (16, 4)
    """
    left = set(members)
    found = []
    while left:
        first = min(left)
        found.append(first)
        seen, stack = {first}, [first]
        while stack:
            for other in neighbours(stack.pop(), sizes):
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        left -= seen
    return found
