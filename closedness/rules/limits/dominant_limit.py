"""Rule ``dominant-limit``, over the complex numbers only: targets that are limits because products are dense.

Where the derivative of the product at one point has the dimension of all matrices on a block of rows and columns, or
of those of a bounded rank, all of these are limits of products. A target that is refuted then needs no curve.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_mat

from closedness.algebra.bitsets import bits
from closedness.rules.pairs.dominant import MOST_CELLS, point, rank_at
from closedness.rules.rule import Evidence, Rule, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from closedness.supports.masks import Cell
    from closedness.supports.pattern import Pattern

Node = dict[str, Any]

__all__ = ["dominant_limit", "generic_point"]


def dominant_limit(
    pattern: Pattern,
    rows: Sequence[int],
    columns: Sequence[int],
    target: Mapping[Cell, Fraction],
    refutation: Node,
) -> Evidence | None:
    """The evidence of a refuted target that is zero outside of a block, if it is a limit over the complex numbers.

    Parameters
    ----------
    pattern : Pattern
        The question.
    rows, columns : sequence of int
        The block.
    target : dict of (row, column) to Fraction
    refutation : dict
        Shows that it is no product.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from closedness.supports.pattern import Pattern
    >>> lu = Pattern.of_types([1, 3], [1, 3])
    >>> dominant_limit(lu, [0, 1], [0, 1], {(0, 1): Fraction(1), (1, 0): Fraction(1)}, {}).dense["left"]
    [[0, 0, 50], [1, 0, 98], [1, 1, 34]]
    """
    node = generic_point(pattern, rows, columns, target)
    return None if node is None else Evidence("dominant-limit", sentence(RULES, "dominant-limit"), dict(target), (),
                                              refutation, dense=node)


def generic_point(
    pattern: Pattern, rows: Sequence[int], columns: Sequence[int], target: Mapping[Cell, Fraction]
) -> Node | None:
    """Block and factors, as certificates have them, whose derivative shows that the target is a complex limit."""
    supports = {}
    for k in bits(pattern.terms):
        own, across = pattern.rectangle(k)
        own, across = own & sum(1 << i for i in rows), across & sum(1 << j for j in columns)
        if own and across:
            supports[k] = own, across
    cells = {(i, j) for own, across in supports.values() for i in bits(own) for j in bits(across)}
    if not 0 < len(cells) <= MOST_CELLS or not cells >= {cell for cell, value in target.items() if value}:
        return None
    left, right = point(supports, random.Random(0))
    found = rank_at(supports, (left, right), {cell: place for place, cell in enumerate(sorted(cells))})
    if found < len(cells):
        m, n = len({i for i, _ in cells}), len({j for _, j in cells})
        most = min(m, n, len(supports))
        if found < most * (m + n - most) or _rank(target, rows, columns) > most:
            return None
    return {
        "rows": sorted({i for i, _ in cells}),
        "columns": sorted({j for _, j in cells}),
        "left": [[i, k, value] for (i, k), value in sorted(left.items())],
        "right": [[k, j, value] for (k, j), value in sorted(right.items())],
    }


def _rank(target: Mapping[Cell, Fraction], rows: Sequence[int], columns: Sequence[int]) -> int:
    zero = fmpq(0)
    lines = [[fmpq(*target[i, j].as_integer_ratio()) if (i, j) in target else zero for j in columns] for i in rows]
    return int(fmpq_mat(lines).rank())


RULES = (
    Rule(
        "dominant-limit",
        "pair",
        "entries are complex, products are dense in the matrices on the support or in those of bounded rank, and one "
        "of these matrices is no product",
        claim="not_closed",
        fields=("complex",),
    ),
)
