"""Rule ``dependent``: limits in which some rows, and some columns, of the target have a small rank.

All vectors of the first factor agree with a small space on some rows ``R``, those of the second with another one on
some columns ``C``. A hidden index with many zeros in ``R`` then vanishes on all of ``R``; if too few hidden indices
are left for the block of the target in ``R`` and ``C``, it is no product. The target is a limit because the vectors
of some hidden indices of one factor cancel each other, while those of the other factor grow
(``docs/rules/dependent.md``).
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.laurent import limit_of_curve, series
from closedness.budget import UNLIMITED, Budget
from closedness.equations.frames import frames_refutation
from closedness.rules.limits.blocks import annihilated
from closedness.rules.rule import Evidence, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct

# sets of lines of one size that are looked at, and the largest rank on them
MOST_SETS, LARGEST_RANK = 2_000, 3
# sets of one size that are compared with the others
MOST_KEPT = 300
# pairs of sets, and limits altogether, that are tried
MOST_PAIRS, MOST_LIMITS = 30, 60
# rows or columns beyond which the linear algebra takes too long
LARGEST = 60
# hidden indices whose vectors cancel
GROUPS = (2, 3)

__all__ = ["dependent", "zero_sum_limit"]

# lines, the rank on them, the hidden indices that vanish there
Choice = tuple[tuple[int, ...], int, int]
Vector = dict[int, int]
Curve = tuple[dict["Cell", "Laurent"], dict["Cell", "Laurent"]]


def dependent(product: SupportProduct, *, budget: Budget = UNLIMITED) -> Evidence | None:
    """A limit with dependent rows and columns that is no product, or None.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> question = SupportProduct.from_text(".111/1111/1.11/.1.1 * 11.11/.1111/11111/1.111")
    >>> dependent(question).refutation["frames"]["steps"]
    [{'do': 'gram', 'terms': [0, 2], 'others': [1, 3]}]
    """
    m, n = product.shape
    left, right = product.factors
    r = product.inner[0]
    if r > min(m, n) or max(m, n) > LARGEST or not all(left.col_masks) or not all(right.row_masks):
        return None
    rng = random.Random(0)
    of_rows = _choices(m, r, [~mask & (1 << m) - 1 for mask in left.col_masks], rng, budget)
    of_columns = _choices(n, r, [~mask & (1 << n) - 1 for mask in right.row_masks], rng, budget)
    tried = 0
    for rows, columns in islice(_pairs(of_rows, of_columns, r), MOST_PAIRS):
        for growing in (1, 0):
            for group in islice(_groups(product, rows, columns, growing), MOST_LIMITS // MOST_PAIRS + 2):
                tried += 1
                if tried > MOST_LIMITS or budget.expired():
                    return None
                target, curve = zero_sum_limit(product, rows[:2], columns[:2], group, growing, rng)
                refutation = frames_refutation(product, target, budget=budget)
                if refutation is not None:
                    return Evidence("dependent", sentence(rows, columns), target, curve, refutation)
    return None


def sentence(rows: Choice, columns: Choice) -> str:
    """The reason in words."""
    return (
        f"products tend to a matrix of rank {rows[1]} on rows {list(rows[0])} and {columns[1]} on columns "
        f"{list(columns[0])}, where too few hidden indices have entries"
    )


def _choices(
    size: int, r: int, zeros: Sequence[int], rng: random.Random, budget: Budget
) -> list[Choice]:
    """Sets of lines with a rank that generic vectors may have on them, and the hidden indices that then vanish."""
    found: list[Choice] = []
    for rank in range(1, min(r, LARGEST_RANK) + 1):
        lines = size - r + rank
        if comb(size, lines) <= MOST_SETS:
            listed: Iterator[tuple[int, ...]] = combinations(range(size), lines)
        else:
            listed = (tuple(sorted(rng.sample(range(size), lines))) for _ in range(MOST_SETS))
        best: dict[int, tuple[int, ...]] = {}
        for chosen in listed:
            if budget.expired():
                return []
            mask = mask_of(chosen)
            gone = sum(1 << k for k, zero in enumerate(zeros) if (zero & mask).bit_count() >= rank)
            if gone:
                best.setdefault(gone, chosen)
        found += [
            (chosen, rank, gone)
            for gone, chosen in islice(best.items(), MOST_KEPT)
            if not any(gone != other and not gone & ~other for other in best)
        ]
    return found


def _pairs(of_rows: list[Choice], of_columns: list[Choice], r: int) -> Iterator[tuple[Choice, Choice]]:
    """Rows and columns where fewer hidden indices are left than the rank of the block."""
    for rows in of_rows:
        for columns in of_columns:
            if min(rows[1], columns[1]) > r - (rows[2] | columns[2]).bit_count():
                yield rows, columns


def _groups(product: SupportProduct, rows: Choice, columns: Choice, growing: int) -> Iterator[tuple[int, ...]]:
    """Hidden indices with a common vector in the growing factor that does not vanish on the chosen lines there."""
    left, right = product.factors
    masks = (left.col_masks, right.row_masks)
    common, united = (columns, rows) if growing else (rows, columns)
    on_common, on_united = mask_of(common[0]), mask_of(united[0])
    for size in GROUPS:
        for group in combinations(range(len(left.col_masks)), size):
            shared, together = -1, 0
            for k in group:
                shared &= masks[growing][k]
                together |= masks[1 - growing][k]
            if (on_common & ~shared).bit_count() < common[1] and not on_united & ~together:
                yield group


def zero_sum_limit(
    product: SupportProduct,
    rows: tuple[Sequence[int], int],
    columns: tuple[Sequence[int], int],
    group: Sequence[int],
    growing: int,
    rng: random.Random,
) -> tuple[dict[Cell, Fraction], Curve]:
    """A limit of products with a rank on some rows and some columns, and its curve.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    rows, columns : (sequence of int, int)
        Lines, and the rank of the target there.
    group : sequence of int
        Hidden indices with one vector in common in the factor that grows; in the other factor theirs have sum zero.
    growing : int
        1 when the second factor grows, 0 for the first.
    rng : random.Random

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> question = SupportProduct.from_text("11/01/11 * 111/110")
    >>> target, curve = zero_sum_limit(question, ([0, 1], 1), ([0], 1), (0, 1), 1, random.Random(0))
    >>> len({target.get((0, j), 0) / target.get((1, j), 1) for j in range(2)})
    1
    """
    left, right = product.factors
    supports = [[list(bits(mask)) for mask in masks] for masks in (left.col_masks, right.row_masks)]
    confined = [_equations(*lines, rng) for lines in (rows, columns)]
    still = 1 - growing
    # main terms of both factors, and what the group adds to them
    main = [[annihilated(own, confined[side], rng) for own in supports[side]] for side in (0, 1)]
    first: dict[int, Vector] = _zero_sum({k: supports[still][k] for k in group}, confined[still], rng)
    shared = sorted(set.intersection(*(set(supports[growing][k]) for k in group)))
    grown = annihilated(shared, confined[growing], rng)
    united = sorted(set().union(*(supports[still][k] for k in group)))
    added: dict[int, Vector] = {k: {} for k in group}
    for line, value in annihilated(united, confined[still], rng).items():
        added[next(k for k in group if line in supports[still][k])][line] = value
    factors: list[dict[int, dict[int, Laurent]]] = [{}, {}]
    for k in range(len(supports[0])):
        if k in first:
            factors[still][k] = series((0, first[k]), (1, added[k]))
            factors[growing][k] = series((-1, grown), (0, main[growing][k]))
        else:
            factors[still][k], factors[growing][k] = (series((0, main[side][k])) for side in (still, growing))
    curve = (
        {(i, k): series for k, vector in factors[0].items() for i, series in vector.items()},
        {(k, j): series for k, vector in factors[1].items() for j, series in vector.items()},
    )
    target = limit_of_curve(curve)
    assert target is not None  # what grows is multiplied by vectors whose sum is zero
    return target, curve


def _equations(lines: Sequence[int], rank: int, rng: random.Random) -> list[Vector]:
    """Equations of a space of this dimension on the lines; dimension 1 is that of equal entries."""
    if rank == 1:
        return [{lines[0]: 1, line: -1} for line in lines[1:]]
    return [{line: rng.choice((-1, 1)) * rng.randint(1, 3) for line in lines} for _ in range(len(lines) - rank)]


def _zero_sum(supports: dict[int, list[int]], confined: list[Vector], rng: random.Random) -> dict[int, Vector]:
    """Random vectors with these supports whose sum is zero."""
    names = [(k, line) for k, own in supports.items() for line in own]
    place = {name: p for p, name in enumerate(names)}
    equations: dict[int, Vector] = {}
    for (_, line), p in place.items():
        equations.setdefault(line, {})[p] = 1
    limits = [
        {place[k, line]: value for line, value in equation.items() if (k, line) in place}
        for k in supports
        for equation in confined
    ]
    found = annihilated(range(len(names)), [*equations.values(), *filter(None, limits)], rng)
    return {k: {line: found[place[k, line]] for line in own if place[k, line] in found} for k, own in supports.items()}


RULES = (
    Rule(
        "dependent",
        "pair",
        "a matrix with dependent rows and columns is the limit of products, and is no product",
        claim="not_closed",
        written=("limit",),
    ),
)
