"""Rule ``limit`` by trial: likely matrices that are limits of products and no products.

Placements of ones, at most one in a line, come first. Such a matrix is a product if its ones can be given distinct
hidden indices, so only those without distinct representatives are looked at. Then random matrices with few non-zero
entries, in turn with random normal forms under the row and column operations that the supports allow: what is known of
an unknown entry is decided by chance, until every entry is zero or known not to be.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import chain, islice
from typing import TYPE_CHECKING

from closedness.criteria.limits import Effort, limit_at
from closedness.criteria.stratification.family import Family
from closedness.criteria.stratification.renaming import naming
from closedness.criteria.stratification.search import normalise, pick_split
from closedness.generic import distinct_representatives
from closedness.pattern import bits
from closedness.polysystem import Branch
from closedness.state import State, split

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from closedness.criteria.evidence import Cell, Evidence
    from closedness.pattern import Pattern
    from closedness.product import SupportProduct

Matrix = dict["Cell", Fraction]
# placements of ones that are looked at, and those of them that are put to the exact engines
MOST_PLACEMENTS = 20_000
MOST_CANDIDATES = 40
# share of the covered cells that are non-zero in a random target
DENSITIES = (0.25, 0.35, 0.45)
# budget of exact steps: members and limits of this kind are found at once or not at all
QUICK = Effort(member_steps=400, cofactors=0, curve_steps=800, depth=1)


def target_among_placements(
    product: SupportProduct,
    pattern: Pattern,
    fills: Sequence[tuple[Pattern, int]],
    *,
    expired: Callable[[], bool] | None = None,
) -> Evidence | None:
    """Try the placements of ones that have no distinct representatives.

    Parameters
    ----------
    product : SupportProduct
        The question.
    pattern : Pattern
        What the reductions left of it.
    fills : sequence of (Pattern, int)
        The full subsets that were removed on the way, see `closedness.criteria.limits.limit_at`.
    expired : callable, optional
        A true answer ends the search.

    Examples
    --------
    >>> from closedness.pattern import Pattern
    >>> from closedness.product import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> sorted(target_among_placements(lu, Pattern.of(lu), ()).target)
    [(0, 1), (1, 0)]
    """
    for cells in islice(placements_without_representatives(pattern), MOST_CANDIDATES):
        if expired is not None and expired():
            return None
        found = _limit(product, pattern, dict.fromkeys(cells, Fraction(1)), fills, expired)
        if found is not None:
            return found
    return None


def target_by_chance(
    product: SupportProduct,
    pattern: Pattern,
    fills: Sequence[tuple[Pattern, int]],
    *,
    tries: int = 120,
    expired: Callable[[], bool] | None = None,
) -> Evidence | None:
    """Try random matrices, as many as `tries` of each kind; the other arguments are those of the placements."""
    kinds = zip(sparse_matrices(pattern), normal_forms(pattern), strict=False)
    for target in chain.from_iterable(islice(kinds, tries)):
        if expired is not None and expired():
            return None
        found = _limit(product, pattern, target, fills, expired)
        if found is not None:
            return found
    return None


def sparse_matrices(pattern: Pattern) -> Iterator[Matrix]:
    """Random matrices with few non-zero entries, most of them ones."""
    rng = random.Random(0)
    cells = [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]
    while True:
        density = rng.choice(DENSITIES)
        yield {cell: Fraction(rng.choice((1, 1, 1, -1, 2))) for cell in cells if rng.random() < density}


def normal_forms(pattern: Pattern) -> Iterator[Matrix]:
    """Members of random complete states of the rule ``strata``, each state once."""
    rng = random.Random(0)
    seen: set[Hashable] = set()
    while True:
        state, _ = normalise(State.start(pattern))
        while (pick := pick_split(state)) is not None:
            state, _ = normalise(split(state, *pick, zero=rng.random() < 0.5))
        key = naming(state).key
        if key in seen:
            yield {}
            continue
        seen.add(key)
        family = Family(state)
        base = Branch(family.system, family.nonzero)
        yield next((family.matrix(values) for values in family.members(base, 1, len(seen))), {})


def _limit(
    product: SupportProduct,
    pattern: Pattern,
    target: Matrix,
    fills: Sequence[tuple[Pattern, int]],
    expired: Callable[[], bool] | None,
) -> Evidence | None:
    if not target:
        return None
    return limit_at(product, pattern, target, fills, effort=QUICK, expired=expired)


def placements_without_representatives(pattern: Pattern) -> Iterator[tuple[Cell, ...]]:
    """Placements of ones that cannot be given distinct hidden indices, small ones first."""
    covered = pattern.covered()
    left = MOST_PLACEMENTS
    level: list[tuple[tuple[Cell, ...], int]] = [((), 0)]
    while level:
        following: list[tuple[tuple[Cell, ...], int]] = []
        for cells, columns in level:
            first = cells[-1][0] + 1 if cells else 0
            for i in range(first, len(covered)):
                for j in bits(covered[i] & ~columns):
                    left -= 1
                    if left < 0:
                        return
                    larger = (*cells, (i, j))
                    edges = {a: pattern.row_types[a] & pattern.col_types[b] for a, b in larger}
                    if distinct_representatives(edges) is None:
                        yield larger
                    following.append((larger, columns | 1 << j))
        level = following


__all__ = [
    "normal_forms",
    "placements_without_representatives",
    "sparse_matrices",
    "target_among_placements",
    "target_by_chance",
]
