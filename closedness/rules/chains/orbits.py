"""Rule ``orbits``: nested row types and nested column types leave finitely many cases to look at."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from closedness.algebra.laurent import product_of
from closedness.budget import UNLIMITED, Budget
from closedness.equations.membership import decide_membership
from closedness.rules.chains.placements import combined, descent, placements_within
from closedness.rules.rule import Evidence, Proof, Rule, sentence
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.rules.chains.placements import Bounds, Entries, Placement
    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve, Finding

MOST_PLACEMENTS = 2_000
MOST_LINES = 7
OUTSIDE = "a placement of ones is a limit of products with diverging factors and no product itself"


def nested_order(types: Sequence[int]) -> list[int] | None:
    """The lines sorted so that their types grow, or None when some are not comparable.

    Examples
    --------
    >>> nested_order([3, 1]), nested_order([1, 2])
    ([1, 0], None)
    """
    order = sorted(range(len(types)), key=lambda i: types[i].bit_count())
    if any(types[a] & ~types[b] for a, b in pairwise(order)):
        return None
    return order


def smallest_cut(chain: Chain, rows: Sequence[int], columns: Sequence[int]) -> list[list[int]]:
    """The fewest nodes ``[level, index]`` that meet every path from the rows to the columns."""
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    for level, factor in enumerate(chain):
        for i, row in enumerate(factor.rows):
            for j in row:
                graph.add_edge((level, i, "out"), (level + 1, j, "in"))
    sizes = [factor.shape[0] for factor in chain] + [chain[-1].shape[1]]
    for level, size in enumerate(sizes):
        for k in range(size):
            graph.add_edge((level, k, "in"), (level, k, "out"), capacity=1)
    for i in rows:
        graph.add_edge("source", (0, i, "in"))
    for j in columns:
        graph.add_edge((len(chain), j, "out"), "sink")
    _, (near, far) = nx.minimum_cut(graph, "source", "sink")
    return sorted(
        [level, k]
        for level, size in enumerate(sizes)
        for k in range(size)
        if (level, k, "in") in near and (level, k, "out") in far
    )


def orbits(chain: Chain, *, budget: Budget = UNLIMITED) -> Finding | None:
    """Decide a chain whose first factor's row types and last factor's column types are nested.

    Returns
    -------
    Proof, Evidence or None
        None when the rule does not apply, or a placement resists.
    """
    m, n = chain[0].shape[0], chain[-1].shape[1]
    rows, columns = nested_order(chain[0].row_masks), nested_order(chain[-1].col_masks)
    if rows is None or columns is None or max(m, n) > MOST_LINES:
        return None
    cuts = {
        (p, q): smallest_cut(chain, rows[:p], columns[:q])
        for p in range(1, m + 1)
        for q in range(1, n + 1)
    }
    bounds: Bounds = tuple(tuple(len(cuts[p, q]) for q in range(1, n + 1)) for p in range(1, m + 1))
    found = []
    for placement in placements_within(bounds, n):
        found.append(placement)
        if len(found) > MOST_PLACEMENTS:
            return None
    found.sort(key=lambda placement: sum(c >= 0 for c in placement))
    search = _Search(chain, rows, columns, budget)
    shown: dict[Placement, list[Any]] = {}
    outside: list[Placement] = []
    for placement in found:
        answer = search.member(placement)
        if answer is None:
            return None
        if answer:
            shown[placement] = answer
        else:
            outside.append(placement)
    if outside:
        return search.counterexample(shown, outside)
    node = {
        "rule": "orbits",
        "cuts": [[p, q, cut] for (p, q), cut in cuts.items() if len(cut) < min(p, q)],
        "placements": [
            {"ones": search.cells(placement), "factors": factors} for placement, factors in shown.items()
        ],
    }
    return Proof(node, sentence(RULES, "orbits"))


class _Search:
    """Membership of placements, and curves to those that are no products."""

    def __init__(
        self, chain: Chain, rows: list[int], columns: list[int], budget: Budget
    ) -> None:
        self.chain = chain
        self.product = SupportProduct(chain)
        self.rows = rows
        self.columns = columns
        self.budget = budget
        # a factor that may be the identity can be left out when factors are looked for
        self.spare = [
            at
            for at, factor in enumerate(chain)
            if len(chain) > 3
            and factor.shape[0] == factor.shape[1]
            and all(factor.row_masks[i] >> i & 1 for i in range(factor.shape[0]))
        ]

    def cells(self, placement: Placement) -> list[list[int]]:
        """The ones in the original numbering."""
        return sorted([self.rows[p], self.columns[q]] for p, q in enumerate(placement) if q >= 0)

    def target(self, placement: Placement) -> dict[tuple[int, int], Fraction]:
        """The placement as a matrix."""
        return {(i, j): Fraction(1) for i, j in self.cells(placement)}

    def member(self, placement: Placement) -> list[Any] | None:
        """Factors of the placement; an empty list when it is no product; None when unknown."""
        if not any(q >= 0 for q in placement):
            return [[] for _ in self.chain]
        if self.budget.expired():
            return None
        target = self.target(placement)
        for at in self.spare:
            shorter = SupportProduct((*self.chain[:at], *self.chain[at + 1 :]))
            outcome = decide_membership(shorter, target, steps=3_000, budget=self.budget)
            if outcome.point is not None:
                factors = _factors(outcome.point, len(self.chain) - 1)
                identity = [[i, i, "1"] for i in range(self.chain[at].shape[0])]
                return [*factors[:at], identity, *factors[at:]]
        outcome = decide_membership(self.product, target, steps=3_000, budget=self.budget)
        if outcome.refutation is not None:
            return []
        return None if outcome.point is None else _factors(outcome.point, len(self.chain))

    def counterexample(
        self, shown: dict[Placement, list[Any]], outside: list[Placement]
    ) -> Evidence | None:
        """A placement outside the set below one inside it, with the curve between them."""
        n = len(self.columns)
        for goal in outside:
            for start in sorted(shown, key=lambda placement: sum(c >= 0 for c in placement)):
                path = descent(start, goal, n)
                if path is not None:
                    return Evidence("limit", OUTSIDE, self.target(goal), self._curve(shown[start], path, n))
        return None

    def _curve(self, factors: list[Any], path: list[Any], n: int) -> Curve:
        rows, columns = combined(path, len(self.rows), n)
        curve: list[Entries] = [
            {(i, j): {0: Fraction(value)} for i, j, value in factor} for factor in factors
        ]
        left = {(self.rows[a], self.rows[b]): entry for (a, b), entry in rows.items()}
        right = {(self.columns[a], self.columns[b]): entry for (a, b), entry in columns.items()}
        curve[0] = product_of((left, curve[0]))
        curve[-1] = product_of((curve[-1], right))
        return tuple(curve)


def _factors(point: dict[str, Fraction], length: int) -> list[Any]:
    """A point of the membership system as entries ``[i, j, value]`` of every factor."""
    factors: list[Any] = [[] for _ in range(length)]
    for name, value in sorted(point.items()):
        level, i, j = map(int, name.split(":"))
        if value:
            factors[level].append([i, j, str(value)])
    return factors


RULES = (
    Rule(
        "orbits",
        "chain",
        "every matrix within the rank bounds of all products is a product",
        tell=lambda node, left: (
            "Normal forms",
            "Row and column operations that respect the supports bring every matrix to one of "
            f"{len(node['placements'])} placements of ones; each that satisfies the rank bounds of all products is a "
            "product.",
        ),
        written=("strata",),
    ),
)
