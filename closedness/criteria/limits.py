"""Rule ``limit`` from stuck families: a limit of products that no product equals.

The matrices on which a stratification proof gets stuck are the natural candidates for targets.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.criteria.evidence import Evidence, factors_of_terms, refute
from closedness.curve import limit_curve
from closedness.fill import fill_full
from closedness.polysystem import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from closedness.criteria.evidence import Cell
    from closedness.criteria.stratification.search import StrataSearch
    from closedness.criteria.stratification.section import SectionSolver
    from closedness.pattern import Pattern
    from closedness.product import SupportProduct

VALUES = (1, -1, 2, 3, -2, 5, 7)


def family_members(solver: SectionSolver, tries: int, seed: int = 0) -> Iterator[dict[Cell, Fraction]]:
    """Rational members of the branches on which a section search got stuck."""
    family = solver.family
    rng = random.Random(seed)
    for base in solver.stuck:
        for trial in range(tries):
            values = {
                v: Fraction(1 if trial == 0 else rng.choice(VALUES[: 2 + trial]))
                for v in family.parameters
            }
            if not _solve_trail(base.trail, values):
                continue
            if any(not values[v] for v in family.nonzero):
                continue
            if any(not evaluate(unit, values) for unit in base.units):
                continue
            yield {
                cell: Fraction(1) if entry == 1 else values[family.position[str(entry)]]
                for cell, entry in family.entries.items()
            }


def _solve_trail(trail: Sequence[object], values: dict[int, Fraction]) -> bool:
    from closedness.polysystem import Substitution

    for step in reversed(trail):
        assert isinstance(step, Substitution)
        leading = evaluate(step.leading, values)
        if not leading:
            return False
        values[step.variable] = -evaluate(step.rest, values) / leading
    return True


def limit_from_stuck(
    product: SupportProduct,
    pattern: Pattern,
    search: StrataSearch,
    fills: Sequence[tuple[Pattern, int]],
    origin: Mapping[int, int],
    *,
    tries: int = 6,
    expired: Callable[[], bool] | None = None,
) -> Evidence | None:
    """Turn a stuck leaf into a counterexample.

    Parameters
    ----------
    product : SupportProduct
        The question.
    pattern : Pattern
        The reduced pattern the search worked on.
    search : StrataSearch
        The search that got stuck.
    fills : sequence of (Pattern, int)
        The full subsets removed on the way, first removed first.
    origin : mapping of int to int
        Hidden index behind each renamed one.
    tries : int
        Members tried of each stuck family.
    expired : callable, optional
        A true answer ends the search.
    """
    cells = [
        (i, j)
        for i, mask in enumerate(pattern.covered())
        for j in range(mask.bit_length())
        if mask >> j & 1
    ]
    for _, solver in search.stuck:
        for target in family_members(solver, tries):
            if expired is not None and expired():
                return None
            refutation = refute(product, target, cells=cells, steps=4_000, expired=expired)
            if refutation is None:
                continue
            terms = limit_curve(pattern, target)
            if terms is None:
                continue
            complete = fill_full(product, terms, fills, origin)
            return Evidence(
                "limit",
                "a matrix is the limit of products with diverging factors and is no product itself",
                target,
                factors_of_terms(complete),
                refutation,
            )
    return None
