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

from closedness.algebra.bitsets import bits
from closedness.algebra.matching import distinct_representatives
from closedness.algebra.polysystem import Branch
from closedness.budget import UNLIMITED, Budget
from closedness.rules.limits.limit import Effort, limit_at
from closedness.rules.strata.family import Family
from closedness.rules.strata.renaming import naming
from closedness.rules.strata.strata import normalise, pick_split
from closedness.supports.pattern import Pattern
from closedness.supports.state import State, with_entry

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from closedness.rules.rule import Evidence
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct

Matrix = dict["Cell", Fraction]
# placements of ones that are looked at, and those of them that are put to the exact engines
MOST_PLACEMENTS = 20_000
# cells up to which all placements are gone through, instead of random ones
FEW_CELLS = 25
MOST_CANDIDATES = 40
# share of the covered cells that are non-zero in a random target
DENSITIES = (0.25, 0.35, 0.45)
# budget of exact steps: members and limits of this kind are found at once or not at all
QUICK = Effort(member_steps=200, cofactors=40, curve_steps=800, depth=1)


def target_among_placements(
    product: SupportProduct,
    pattern: Pattern,
    fills: Sequence[tuple[Pattern, int]],
    *,
    effort: Effort = QUICK,
    budget: Budget = UNLIMITED,
) -> Evidence | None:
    """Try the placements of ones that have no distinct representatives.

    Parameters
    ----------
    product : SupportProduct
        The question.
    pattern : Pattern
        What the reductions left of it.
    fills : sequence of (Pattern, int)
        The full subsets that were removed on the way, see `closedness.rules.limits.limit.limit_at`.
    effort : Effort, optional
        For each of them.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> from closedness.supports.pattern import Pattern
    >>> from closedness.supports.product import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> sorted(target_among_placements(lu, Pattern.of(lu), ()).target)
    [(0, 1), (1, 0)]
    """
    if fills:
        # what full subsets make arbitrary is zero in the target: private entries help to refute it
        pattern, fills = _with_all_cells(product, pattern), ()
    few = pattern.shape[0] * pattern.shape[1] <= FEW_CELLS
    placements = placements_without_representatives(pattern, budget) if few else random_placements(pattern, budget)
    for cells in islice(placements, MOST_CANDIDATES):
        if budget.expired():
            return None
        found = _limit(product, pattern, dict.fromkeys(cells, Fraction(1)), fills, effort, budget)
        if found is not None:
            return found
    return None


def _with_all_cells(product: SupportProduct, pattern: Pattern) -> Pattern:
    """The whole question on the rows and columns of a reduced pattern."""
    whole, covered = Pattern.of(product), pattern.covered()
    live = 0
    for mask in covered:
        live |= mask
    return Pattern(
        tuple(tau if mask else 0 for tau, mask in zip(whole.row_types, covered, strict=True)),
        tuple(sigma if live >> j & 1 else 0 for j, sigma in enumerate(whole.col_types)),
        whole.cells,
    )


def target_by_chance(
    product: SupportProduct,
    pattern: Pattern,
    fills: Sequence[tuple[Pattern, int]],
    *,
    tries: int = 120,
    effort: Effort = QUICK,
    budget: Budget = UNLIMITED,
) -> Evidence | None:
    """Try random matrices, as many as `tries` of each kind; the other arguments are those of the placements."""
    kinds = zip(sparse_matrices(pattern), normal_forms(pattern, budget), strict=False)
    for target in chain.from_iterable(islice(kinds, tries)):
        if budget.expired():
            return None
        found = _limit(product, pattern, target, fills, effort, budget)
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


def normal_forms(pattern: Pattern, budget: Budget = UNLIMITED) -> Iterator[Matrix]:
    """Members of random complete states of the rule ``strata``, each state once."""
    rng = random.Random(0)
    seen: set[Hashable] = set()
    while True:
        state, _ = normalise(State.start(pattern))
        while (pick := pick_split(state)) is not None:
            if budget.expired():
                return
            state, _ = normalise(with_entry(state, *pick, zero=rng.random() < 0.5))
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
    effort: Effort,
    budget: Budget,
) -> Evidence | None:
    if not target:
        return None
    return limit_at(product, pattern, target, fills, effort=effort, budget=budget)


def placements_without_representatives(
    pattern: Pattern, budget: Budget = UNLIMITED
) -> Iterator[tuple[Cell, ...]]:
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
                    if left < 0 or budget.expired():
                        return
                    larger = (*cells, (i, j))
                    edges = {a: pattern.row_types[a] & pattern.col_types[b] for a, b in larger}
                    if distinct_representatives(edges) is None:
                        yield larger
                    following.append((larger, columns | 1 << j))
        level = following


def random_placements(pattern: Pattern, budget: Budget = UNLIMITED) -> Iterator[tuple[Cell, ...]]:
    """Random placements of ones that have just become too large for distinct hidden indices."""
    covered = pattern.covered()
    rng = random.Random(0)
    for _ in range(MOST_PLACEMENTS):
        if budget.expired():
            return
        edges: dict[int, int] = {}
        cells: list[Cell] = []
        columns = 0
        for i in rng.sample(range(len(covered)), len(covered)):
            free = list(bits(covered[i] & ~columns))
            if not free:
                continue
            j = rng.choice(free)
            columns |= 1 << j
            cells.append((i, j))
            edges[i] = pattern.row_types[i] & pattern.col_types[j]
            if distinct_representatives(edges) is None:
                yield tuple(cells)
                break


__all__ = [
    "normal_forms",
    "placements_without_representatives",
    "random_placements",
    "sparse_matrices",
    "target_among_placements",
    "target_by_chance",
]
