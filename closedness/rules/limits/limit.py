"""Rule ``limit`` from stuck families: a limit of products that no product equals.

The matrices on which a stratification proof gets stuck are the natural candidates for targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget
from closedness.equations.curve import factors_of_terms, limit_curve, limit_of
from closedness.equations.membership import refute
from closedness.rules.limits.dominant_limit import dominant_limit
from closedness.rules.pairs.full import only_terms
from closedness.rules.rule import Evidence, Rule
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from closedness.equations.membership import Identities
    from closedness.rules.strata.distinctions import FamilyProver
    from closedness.rules.strata.strata import StrataSearch
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct


@dataclass(frozen=True)
class Effort:
    """Budgets: of steps and reductions for a refutation, of steps and uncrossings for a curve.

    With `real`, a refutation may contain sums of squares, so that it holds over the reals only. With `dominant`, a
    target for which no curve is found is a limit, too, if products are dense there: over the complex numbers only.
    """

    member_steps: int = 4_000
    cofactors: int | None = None
    real: bool = False
    dominant: bool = False
    curve_steps: int = 3_000
    depth: int = 2


THOROUGH = Effort()


def family_members(solver: FamilyProver, tries: int) -> Iterator[dict[Cell, Fraction]]:
    """Rational members of the branches on which a section search got stuck."""
    for base in solver.stuck:
        for values in solver.family.members(base, tries, seed=0):
            yield solver.family.matrix(values)


def limit_from_stuck(
    product: SupportProduct,
    pattern: Pattern,
    search: StrataSearch,
    fills: Sequence[tuple[Pattern, int]],
    *,
    tries: int = 10,
    effort: Effort = THOROUGH,
    budget: Budget = UNLIMITED,
    identities: Identities | None = None,
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
        The full subsets that were removed on the way; on their cells any limit will do, since
        the refutation does not look at them.
    tries : int
        Members tried of each stuck family.
    effort : Effort
        Budgets for each member.
    budget : Budget, optional
        Ends the search.
    identities : callable, optional
        See `closedness.equations.membership.refute`.
    """
    for _, solver in search.stuck:
        for member in family_members(solver, tries):
            if budget.expired():
                return None
            found = limit_at(
                product, pattern, member, fills, effort=effort, budget=budget, identities=identities
            )
            if found is not None:
                return found
    return None


def limit_at(
    product: SupportProduct,
    pattern: Pattern,
    member: Mapping[Cell, Fraction],
    fills: Sequence[tuple[Pattern, int]],
    *,
    effort: Effort = THOROUGH,
    budget: Budget = UNLIMITED,
    identities: Identities | None = None,
) -> Evidence | None:
    """Show that one matrix of a reduced pattern is a limit of products and no product.

    The arguments are those of `limit_from_stuck`; `member` holds the non-zero entries of the matrix.
    """
    cells = [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]
    refutation = refute(
        product,
        member,
        cells=cells,
        steps=effort.member_steps,
        cofactors=effort.cofactors,
        real=effort.real,
        budget=budget,
        identities=identities,
    )
    if refutation is None:
        return None
    rows = sorted({i for i, _ in cells})
    columns = sorted({j for _, j in cells})
    free = set()
    for before, subset in fills:
        covered = only_terms(before, subset).covered()
        free |= {(i, j) for i in rows for j in columns if covered[i] >> j & 1}
    whole = Pattern.of(product).select(rows, columns)
    row_place = {i: place for place, i in enumerate(rows)}
    column_place = {j: place for place, j in enumerate(columns)}
    target = {(row_place[i], column_place[j]): value for (i, j), value in member.items()}
    left_open = [(row_place[i], column_place[j]) for i, j in free]
    terms = limit_curve(whole, target, left_open, depth=effort.depth, steps=effort.curve_steps, budget=budget)
    if terms is None:
        return dominant_limit(Pattern.of(product), rows, columns, member, refutation) if effort.dominant else None
    limit = limit_of(terms)
    assert limit is not None
    named = [
        (
            {rows[i]: entry for i, entry in x.items()},
            {columns[j]: entry for j, entry in y.items()},
        )
        for x, y in terms
    ]
    return Evidence(
        "limit",
        "a matrix is the limit of products with diverging factors and is no product itself",
        {(rows[i], columns[j]): value for (i, j), value in limit.items()},
        factors_of_terms(named),
        refutation,
    )


RULES = (
    Rule(
        "limit",
        "chain",
        "a matrix is the limit of products with diverging factors and is no product itself",
        claim="not_closed",
    ),
)
