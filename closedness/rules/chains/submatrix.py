"""Deletion for many factors: rows of the first factor, columns of the last one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, union_of
from closedness.rules.chains.trim import trimmed
from closedness.supports.masks import Cell
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve


@dataclass(frozen=True)
class Submatrix:
    """The paths between chosen rows and columns, indices renumbered.

    Attributes
    ----------
    chain : Chain
        The smaller chain.
    names : tuple of tuple of int
        For rows, each inner level and columns the original indices.
    """

    chain: Chain
    names: tuple[tuple[int, ...], ...]

    def target(self, target: dict[Cell, Fraction]) -> dict[Cell, Fraction]:
        """The target in the original numbering."""
        rows, columns = self.names[0], self.names[-1]
        return {(rows[i], columns[j]): value for (i, j), value in target.items()}

    def curve(self, curve: Curve) -> Curve:
        """The curve in the original numbering."""
        return tuple(
            {(left[i], right[j]): entry for (i, j), entry in factor.items()}
            for left, right, factor in zip(self.names, self.names[1:], curve, strict=False)
        )

    @property
    def cells(self) -> list[Cell]:
        """The cells of the chosen rows and columns."""
        return list(product(self.names[0], self.names[-1]))


def submatrix(
    chain: Chain, rows: Sequence[int], columns: Sequence[int], *, largest: int | None = None
) -> Submatrix | None:
    """Keep the named rows and columns and the paths between them; None when there is no path.

    With `largest`, None as well when the paths meet more inner indices at some level.

    Examples
    --------
    >>> S = Support.from_text
    >>> found = submatrix((S("100/110/111"), S("111/011/001")), [0, 1], [0, 1])
    >>> [factor.to_text(separator="/") for factor in found.chain], found.names
    (['1./11', '11/.1'], ((0, 1), (0, 1), (0, 1)))
    """
    forward = [sum(1 << i for i in rows)]
    for factor in chain[:-1]:
        forward.append(union_of(factor.row_masks[i] for i in bits(forward[-1])))
    backward = [sum(1 << j for j in columns)]
    for factor in reversed(chain[1:]):
        backward.append(union_of(factor.col_masks[j] for j in bits(backward[-1])))
    names = [tuple(rows)]
    for start, end in zip(forward[1:], reversed(backward[1:]), strict=True):
        both = start & end
        if not both or (largest is not None and both.bit_count() > largest):
            return None
        names.append(tuple(bits(both)))
    names.append(tuple(columns))
    small = []
    for factor, left, right in zip(chain, names, names[1:], strict=False):
        place, kept = {j: new for new, j in enumerate(right)}, sum(1 << j for j in right)
        masks = factor.row_masks
        rows_of = [[place[j] for j in bits(masks[i] & kept)] for i in left]
        small.append(Support((len(left), len(right)), rows_of))
    return Submatrix(trimmed(tuple(small)), tuple(names))


def small_submatrices(chain: Chain, tries: int, *, largest: int = 40, seed: int = 0) -> Iterator[Submatrix]:
    """Submatrices with few rows and columns: all when there are few, else the sparsest ones and random ones.

    At no level do they have more than `largest` inner indices.
    """
    m, n = chain[0].shape[0], chain[-1].shape[1]
    row_order = sorted(range(m), key=lambda i: chain[0].row_masks[i].bit_count())
    column_order = sorted(range(n), key=lambda j: chain[-1].col_masks[j].bit_count())
    rng = random.Random(seed)
    sizes = ((2, 2), (2, 3), (3, 2), (3, 3)) if max(m, n) <= 32 else ((2, 2),)
    for size in sizes:
        if size[0] > m or size[1] > n:
            continue
        for rows, columns in _choices(m, n, size, tries, rng):
            found = submatrix(
                chain, [row_order[i] for i in rows], [column_order[j] for j in columns], largest=largest
            )
            if found is not None:
                yield found


def _choices(
    m: int, n: int, size: tuple[int, int], tries: int, rng: random.Random
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    a, b = size
    if max(m, n) <= 6:
        yield from product(combinations(range(m), a), combinations(range(n), b))
        return
    for start in range(min(m, n) - max(a, b) + 1):
        if start < tries // 4:
            yield tuple(range(start, start + a)), tuple(range(start, start + b))
    for _ in range(tries):
        yield tuple(sorted(rng.sample(range(m), a))), tuple(sorted(rng.sample(range(n), b)))
