"""Limits of products of many factors by uncrossing inner indices, and their verification."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from closedness.algebra.laurent import limit_of_curve
from closedness.budget import UNLIMITED, Budget
from closedness.equations.curve import Uncrossing, uncrossings
from closedness.equations.membership import decide_membership
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from closedness.equations.curve import Rectangle
    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve

# budget of exact steps for the factors of one target over one chain
POINT_STEPS = 800

Target = dict[Cell, Fraction]


def respects(chain: Chain, curve: Curve) -> bool:
    """Every factor of the curve stays in its support."""
    return all(
        cell in support for support, factor in zip(chain, curve, strict=True) for cell in factor
    )


def _rectangles(chain: Chain, level: int) -> list[Rectangle]:
    left, right = chain[level], chain[level + 1]
    return list(zip(left.col_masks, right.row_masks, strict=True))


def _with_rectangles(chain: Chain, level: int, rectangles: Sequence[Rectangle]) -> Chain:
    left, right = chain[level], chain[level + 1]
    columns = Support.from_masks((left.shape[1], left.shape[0]), [rows for rows, _ in rectangles])
    rows = Support.from_masks(right.shape, [columns for _, columns in rectangles])
    return (*chain[:level], columns.T, rows, *chain[level + 2 :])


def _undo(chain: Chain, level: int, move: Uncrossing, curve: Curve) -> Curve:
    left, right = curve[level], curve[level + 1]
    width = chain[level].shape[1]
    terms = [
        (
            {i: entry for (i, j), entry in left.items() if j == k},
            {j: entry for (i, j), entry in right.items() if i == k},
        )
        for k in range(width)
    ]
    undone = move.undo(_rectangles(chain, level), terms)
    new_left = {(i, k): entry for k, (x, _) in enumerate(undone) for i, entry in x.items() if entry}
    new_right = {(k, j): entry for k, (_, y) in enumerate(undone) for j, entry in y.items() if entry}
    return (*curve[:level], new_left, new_right, *curve[level + 2 :])


def uncrossed(chain: Chain) -> Iterator[tuple[int, Uncrossing, Chain]]:
    """Chains whose products are limits of the chain's products, one uncrossing away."""
    for level in range(len(chain) - 1):
        rectangles = _rectangles(chain, level)
        for move in uncrossings(rectangles):
            yield level, move, _with_rectangles(chain, level, move.apply(rectangles))


def sample(chain: Chain, rng: random.Random) -> Curve:
    """Constant factors with small entries, many of them 0 or 1."""
    density = rng.choice((0.5, 0.75, 1.0))
    values = [Fraction(1), Fraction(1), Fraction(-1), Fraction(2), Fraction(3)]
    return tuple(
        {cell: {0: rng.choice(values)} for cell in support if rng.random() < density} for support in chain
    )


def limits(chain: Chain, *, samples: int, seed: int = 0) -> Iterator[tuple[Target, Curve]]:
    """Targets that are limits of products, with curves, by one or two uncrossings.

    The target is read off the curve, so it is a limit whatever the steps were.
    """
    rng = random.Random(seed)
    first = list(uncrossed(chain))
    seen: set[tuple[tuple[Cell, Fraction], ...]] = set()
    for depth in (1, 2):
        for level, move, changed in first:
            steps = [(level, move, chain)]
            final = changed
            if depth == 2:
                more = list(uncrossed(changed))
                if not more:
                    continue
                second_level, second_move, final = rng.choice(more)
                steps.append((second_level, second_move, changed))
            for _ in range(samples):
                curve = sample(final, rng)
                for where, step, before in reversed(steps):
                    curve = _undo(before, where, step, curve)
                target = limit_of_curve(curve)
                if target is None or not respects(chain, curve):
                    continue
                key = tuple(sorted(target.items()))
                if key not in seen:
                    seen.add(key)
                    yield target, curve


def curve_to(chain: Chain, target: Target, *, budget: Budget = UNLIMITED) -> Curve | None:
    """A curve of products that tends to a given matrix, by one or two uncrossings, or None.

    The matrix is factorised exactly over the uncrossed chain; the steps are undone on these factors.

    Examples
    --------
    >>> lower = Support.from_text("10/11")
    >>> swap = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    >>> limit_of_curve(curve_to((lower, lower.T), swap)) == swap
    True
    """
    first = [(changed, [(level, move, chain)]) for level, move, changed in uncrossed(chain)]
    second = (
        (changed, [*steps, (level, move, before)])
        for before, steps in first
        for level, move, changed in uncrossed(before)
    )
    seen: set[Chain] = set()
    for changed, steps in (*first, *second):
        if budget.expired():
            return None
        if changed in seen:
            continue
        seen.add(changed)
        found = decide_membership(SupportProduct(changed), target, steps=POINT_STEPS, cofactors=0, budget=budget)
        if found.point is None:
            continue
        curve: Curve = tuple({} for _ in chain)
        for name, value in found.point.items():
            level, i, j = map(int, name.split(":"))
            if value:
                curve[level][i, j] = {0: value}
        for level, move, before in reversed(steps):
            curve = _undo(before, level, move, curve)
        if limit_of_curve(curve) == target and respects(chain, curve):
            return curve
    return None


def random_limit(chain: Chain, rng: random.Random) -> tuple[Target, Curve] | None:
    """One random limit of products by one or two uncrossings, None when no two inner indices overlap.

    Crossing pairs are used, too: their supports stay the same, but factors diverge all the same.

    Examples
    --------
    >>> lower = Support.from_text("10/11")
    >>> target, curve = random_limit((lower, lower.T), random.Random(3))
    >>> limit_of_curve(curve) == target
    True
    """
    while True:
        steps: list[tuple[int, Uncrossing, Chain]] = []
        final = chain
        for _ in range(rng.choice((1, 1, 2))):
            choices = [
                (level, Uncrossing(k, l))
                for level in range(len(final) - 1)
                for (k, (i1, j1)), (l, (i2, j2)) in combinations(enumerate(_rectangles(final, level)), 2)
                if i1 & i2 and j1 & j2
            ]
            if not choices:
                break
            level, move = rng.choice(choices)
            steps.append((level, move, final))
            final = _with_rectangles(final, level, move.apply(_rectangles(final, level)))
        if not steps:
            return None
        curve = sample(final, rng)
        for level, move, before in reversed(steps):
            curve = _undo(before, level, move, curve)
        target = limit_of_curve(curve)
        if target is not None and respects(chain, curve):
            return target, curve


def random_arc(chain: Chain, rng: random.Random, tries: int = 2_000) -> tuple[Target, Curve] | None:
    """One random curve whose entries are ``a t^{-1} + b + c t``, most of the coefficients 0, with a limit.

    Curves are drawn until the product of one has a limit and some factor has none; None after `tries`.

    Examples
    --------
    >>> lower = Support.from_text("10/11")
    >>> target, curve = random_arc((lower, lower.T), random.Random(0))
    >>> limit_of_curve(curve) == target
    True
    """
    exponents = ((0,), (0,), (-1,), (1,), (-1, 0), (0, 1), (-1, 0, 1))
    values = [Fraction(value) for value in (1, 1, -1, 2)]
    for _ in range(tries):
        density = rng.choice((0.5, 0.8, 1.0))
        curve = tuple(
            {
                cell: {e: rng.choice(values) for e in rng.choice(exponents)}
                for cell in support
                if rng.random() < density
            }
            for support in chain
        )
        if all(e >= 0 for factor in curve for entry in factor.values() for e in entry):
            continue
        target = limit_of_curve(curve)
        if target is not None:
            return target, curve
    return None
