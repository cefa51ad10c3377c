"""Generic limits of products with given supports: candidates for limits that leave a set given by sparsity levels.

Limits by ``uncrossing`` and ``zero-sum`` (``docs/rules``) with random small numbers. A limit of one
support is only of use if no other support has it as a product, so special limits rarely do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.equations.curve import factors_of_terms, limit_of, uncrossings
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from closedness.algebra.laurent import Laurent
    from closedness.equations.curve import Term
    from closedness.supports.product import SupportProduct

__all__ = ["Cell", "Limit", "generic_limits"]

Limit = tuple[dict[Cell, Fraction], "Sequence[Mapping[Cell, Laurent]]"]
Rectangles = Sequence[tuple[int, int]]
NUMBERS = tuple(Fraction(value) for value in (1, 2, 3, -1, -2, 5, 7, -3, 4, -5))


def generic_limits(product: SupportProduct, tries: int = 3, seed: int = 0) -> Iterator[Limit]:
    """Limits of two-factor products with the curves that lead to them.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    tries : int
        Limits of each kind.
    seed : int

    Yields
    ------
    limit : dict from cell to Fraction
        The non-zero entries.
    curve : sequence of dict
        The two factors as Laurent polynomials.

    Examples
    --------
    >>> from closedness.supports.product import SupportProduct
    >>> limit, curve = next(generic_limits(SupportProduct([[[1, 0], [1, 1]], [[1, 1], [0, 1]]])))
    >>> len(limit), min(exponent for entry in curve[0].values() for exponent in entry)
    (3, -1)
    """
    rng = random.Random(seed)
    pattern = Pattern.of(product)
    supports = [pattern.rectangle(k) for k in range(product.inner[0])]
    turned = [(columns, rows) for rows, columns in supports]
    for size in range(len(supports), 2, -1):
        for chosen in combinations(range(len(supports)), size):
            for _ in range(tries):
                yield from _written(_zero_sum(chosen, supports, rng))
                yield from _written([(x, y) for y, x in _zero_sum(chosen, turned, rng)])
    for step in uncrossings(supports):
        for _ in range(tries):
            terms = [(_random(rows, rng), _random(columns, rng)) for rows, columns in step.apply(supports)]
            yield from _written(step.undo(supports, terms))


def _written(terms: Sequence[Term]) -> Iterator[Limit]:
    limit = limit_of(terms)
    if limit is not None:
        yield limit, factors_of_terms(terms)


def _random(mask: int, rng: random.Random) -> dict[int, Laurent]:
    return {place: {0: rng.choice(NUMBERS)} for place in bits(mask)}


def _zero_sum(chosen: Sequence[int], supports: Rectangles, rng: random.Random) -> list[Term]:
    """``(x/t + u_k)(y_k + t v_k)ᵀ`` for the chosen indices with ``Σ y_k = 0``; constants for the others."""
    terms: list[Term] = [(_random(rows, rng), _random(columns, rng)) for rows, columns in supports]
    common = supports[chosen[0]][0]
    for k in chosen:
        common &= supports[k][0]
    x = {i: rng.choice(NUMBERS) for i in bits(common)}
    columns = 0
    for k in chosen:
        columns |= supports[k][1]
        for i, value in x.items():
            terms[k][0][i] = {-1: value, **terms[k][0][i]}
    for j in bits(columns):
        owners = [k for k in chosen if supports[k][1] >> j & 1]
        values = [rng.choice(NUMBERS) for _ in owners[1:]]
        for k, value in zip(owners, [-sum(values, Fraction(0)), *values], strict=True):
            terms[k][1][j] = {0: value} if value else {}
        terms[owners[0]][1][j] = {**terms[owners[0]][1][j], 1: rng.choice(NUMBERS)}
    return terms
