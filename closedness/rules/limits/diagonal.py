"""Rule ``diagonal``: targets with a diagonal part, up to repeated lines, for which there are too few hidden indices.

Where linear equations give factors of general matrices of rank ``r``, the number of hidden indices, all matrices of
rank at most ``r`` are limits of products. So a target may be chosen by how it is refuted: classes of equal rows and
columns between which it is diagonal (``closedness.equations.diagonal``), and unit vectors for the other lines
(``docs/rules/diagonal.md``).
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget
from closedness.equations.diagonal import Classes, classes, refutation, renamed_diagonal
from closedness.equations.dual_curve import dual_curve, entries_between, pair_order
from closedness.equations.first_order import FirstOrder
from closedness.equations.frames import Block
from closedness.rules.limits.dominant_limit import dominant_limit
from closedness.rules.rule import Evidence, Rule
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell

# lines or hidden indices beyond which the search takes too long
LARGEST = 40
# limits of the first order that are tried for one choice of classes
MOST_LIMITS = 200
# share of the time that is left for one of them
PART_OF_TIME = 0.5
# choices of classes that are tried again, and how often
MOST_KEPT, ROUNDS = 6, 5

__all__ = ["diagonal"]

Limit = tuple[dict["Cell", Fraction], tuple[dict["Cell", "Laurent"], dict["Cell", "Laurent"]]]


def diagonal(
    product: SupportProduct, *, dominant: bool = False, budget: Budget = UNLIMITED
) -> Evidence | None:
    """A limit with a diagonal part that is no product, or None.

    Parameters
    ----------
    product : SupportProduct
    dominant : bool
        Whether a target for which no curve is found may be a limit because products are dense: over the complex
        numbers only.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> diagonal(SupportProduct.from_text("10/11 * 11/01")).refutation["diagonal"]["cases"]
    [{'rows': [[0], [1]], 'columns': [[1], [0]], 'terms': [1]}]
    """
    from closedness.rules.chains.submatrix import submatrix

    for rows, columns in _blocks(product):
        if budget.expired():
            return None
        part = submatrix(product.factors, rows, columns)
        if part is None:
            continue
        smaller = SupportProduct(part.chain)
        met: list[Classes] = []
        # a part of the whole may be a limit where the whole is tried in vain
        found = _within(smaller, met, budget.part(PART_OF_TIME))
        if found is not None:
            classes_met, (target, curve), refuted = found
            refuted = renamed_diagonal(refuted, *part.names)
            return Evidence("diagonal", _sentence(classes_met), part.target(target), part.curve(curve), refuted)
        for without_curve in met if dominant else ():
            target, refuted = part.target(_target(smaller, without_curve)), _refuted(smaller, without_curve)
            refuted = renamed_diagonal(refuted, *part.names)
            evidence = dominant_limit(Pattern.of(product), rows, columns, target, refuted)
            if evidence is not None:
                return evidence
    return None


def _blocks(product: SupportProduct) -> Iterator[tuple[list[int], list[int]]]:
    """As many lines as the rank needs, everything, and the rows or columns without some hidden index.

    Those that meet no more hidden indices than they have rows and columns, each of these for itself. Where the whole
    has more lines than the rank needs, a part of it has the same classes, and fewer equations to be a limit.
    """
    m, n = product.shape
    left, right = product.factors
    every = (1 << m) - 1, (1 << n) - 1
    fewest = _fewest(left.row_masks, product.inner[0]), _fewest(right.col_masks, product.inner[0])
    lines = [fewest, every]
    lines += [(own, every[1]) for k in range(product.inner[0]) if (own := every[0] & ~left.col_masks[k])]
    lines += [(every[0], own) for k in range(product.inner[0]) if (own := every[1] & ~right.row_masks[k])]
    for rows, columns in dict.fromkeys(lines):
        block = Block.of(product, bits(rows), bits(columns))
        terms = sum(bool(x & rows and y & columns) for x, y in zip(left.col_masks, right.row_masks, strict=True))
        if len(block.terms) == terms and 0 < terms <= min(rows.bit_count(), columns.bit_count()):
            yield list(bits(rows)), list(bits(columns))


def _fewest(masks: Sequence[int], count: int) -> int:
    """So many lines, different ones with many zeros first."""
    met: dict[int, int] = {}
    order = []
    for line, mask in enumerate(masks):
        met[mask] = met.get(mask, 0) + 1
        order.append((met[mask], mask.bit_count(), line))
    return sum(1 << line for _, _, line in sorted(order)[:count])


def _within(
    product: SupportProduct, met: list[Classes], budget: Budget
) -> tuple[Classes, Limit, dict[str, Any]] | None:
    """Classes, a limit with these, and its refutation; those for which there is no limit are `met`."""
    r = product.inner[0]
    if max(product.shape) > LARGEST:
        return None
    rng = random.Random(0)
    order = pair_order(product, rng)
    rows, columns = product.factors[0].row_masks, product.factors[1].col_masks
    for found in chain(classes(rows, columns, r, rng, budget=budget), _again(met)):
        if budget.expired():
            met.append(found)
            return None
        limit = None if order is None else _chosen(product, found, order, budget)
        if limit is None:
            limit = _first_order(product, found, rng, budget)
        if limit is not None:
            return found, limit, _refuted(product, found)
        if found not in met and len(met) < MOST_KEPT:
            met.append(found)
    return None


def _again(met: list[Classes]) -> Iterator[Classes]:
    """What was met, in rounds."""
    for _ in range(ROUNDS if met else 0):
        yield from met.copy()


def _first_order(
    product: SupportProduct, found: Classes, rng: random.Random, budget: Budget
) -> Limit | None:
    """A limit of the first order with these classes."""
    groups = [(list(bits(rows)), list(bits(columns))) for rows, columns in zip(found.rows, found.columns, strict=True)]
    for _ in range(MOST_LIMITS):
        if budget.expired():
            return None
        limit = FirstOrder.by_chance(product, rng).limit(groups, product.inner[0] - found.lost, rng)
        if limit is not None:
            return limit
    return None


def _chosen(
    product: SupportProduct,
    found: Classes,
    order: Sequence[int],
    budget: Budget,
) -> Limit | None:
    """The target with unit vectors for the lines that are in no class, where every target is a limit."""
    left, right = _ends(product, found)
    curve = dual_curve(product, left, right, order, budget=budget)
    return None if curve is None else (entries_between(left, right), curve)


def _ends(product: SupportProduct, found: Classes) -> tuple[list[list[int]], list[list[int]]]:
    """Vectors for the rows and for the columns of the target, with its entries as their products."""
    r = product.inner[0]
    left, right = (
        _lines(size, own, r - found.lost, r)
        for size, own in zip(product.shape, (found.rows, found.columns), strict=True)
    )
    return left, right


def _target(product: SupportProduct, found: Classes) -> dict[Cell, Fraction]:
    """The target with unit vectors for the lines that are in no class."""
    return entries_between(*_ends(product, found))


def _refuted(product: SupportProduct, found: Classes) -> dict[str, Any]:
    left, right = product.factors
    return refutation(found, left.row_masks, right.col_masks, product.inner[0])


def _lines(size: int, groups: tuple[int, ...], rank: int, width: int) -> list[list[int]]:
    """Unit vectors: one for each class, the others for the lines that are in none, as long as there are lines."""
    lines = [[0] * width for _ in range(size)]
    for c, group in enumerate(groups):
        for line in bits(group):
            lines[line][c] = 1
    free = iter(line for line in lines if not any(line))
    for c in range(len(groups), rank):
        next(free)[c] = 1
    return lines


def _sentence(found: Classes) -> str:
    """The reason in words."""
    count = len(found.rows)
    part = "an entry" if count == 1 else f"a diagonal of {count} entries"
    repeated = any(group.bit_count() > 1 for group in (*found.rows, *found.columns))
    return (
        f"products tend to a matrix with {part}{', its lines repeated,' if repeated else ''} for which too few hidden "
        "indices are left"
    )


RULES = (
    Rule(
        "diagonal",
        "pair",
        "a matrix with a diagonal part is the limit of products, and too few hidden indices are left for that part",
        claim="not_closed",
        written=("limit",),
    ),
)
