"""The Zariski closure of a set of products: its dimension, its generic rank, and the rank conditions that hold on it.

Proofs: section "The closure" of the theory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.finite import PRIME
from closedness.equations.paths import generic_rank
from closedness.equations.rank_conditions import rank_conditions
from closedness.errors import BudgetExceeded

if TYPE_CHECKING:
    from closedness.equations.rank_conditions import RankCondition
    from closedness.supports.product import SupportProduct

__all__ = ["Closure", "closure"]

MOST_JACOBIAN_ENTRIES = 10_000_000


class Closure(NamedTuple):
    """What is known of the Zariski closure of a set of products.

    Attributes
    ----------
    dimension : int
        Proved to be at most the true dimension, and equal to it with overwhelming probability.
    at_most : int
        Proved upper bound of the dimension. If it equals `dimension`, that is the dimension.
    cells : int
        Entries that some path reaches: the dimension of the space the products lie in.
    rank : int
        Largest rank of a product; as for `dimension`, a proved lower bound that is right with overwhelming probability.
    conditions : tuple of RankCondition, or None
        What :func:`closedness.equations.rank_conditions.rank_conditions` returns.
    """

    dimension: int
    at_most: int
    cells: int
    rank: int
    conditions: tuple[RankCondition, ...] | None

    @property
    def dense(self) -> bool:
        """Whether the dimension found is that of the space; ``True`` is proved: over C the products are then dense."""
        return self.dimension == self.cells

    @property
    def exact(self) -> bool:
        """Whether the dimension is proved."""
        return self.dimension == self.at_most


def closure(product: SupportProduct) -> Closure:
    """Dimension, generic rank and rank conditions of the Zariski closure of a set of products.

    Parameters
    ----------
    product : SupportProduct
        Any number of factors.

    Returns
    -------
    Closure

    Raises
    ------
    BudgetExceeded
        If the Jacobian would have more than 10 million entries.

    Notes
    -----
    Dimension and rank are ranks modulo the prime 2^61 − 1 at two random points. Reduction and evaluation can only lower
    a rank, so both are proved lower bounds.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> found = closure(SupportProduct.from_text("1/1/1 * 111"))
    >>> found.dimension, found.cells, found.rank, found.dense, found.exact
    (5, 9, 1, False, True)
    >>> print(*found.conditions)
    rank of rows {0, 1, 2} × columns {0, 1, 2} ≤ 1
    """
    cells = product.support.nnz
    free = sum(factor.nnz for factor in product.factors)
    if free * cells > MOST_JACOBIAN_ENTRIES:
        raise BudgetExceeded(
            f"the Jacobian has {free}×{cells} entries, more than the {MOST_JACOBIAN_ENTRIES} that are looked at"
        )
    return Closure(
        generic_rank(product),
        min(cells, _parameters(product)),
        cells,
        _generic_rank_of(product),
        rank_conditions(product),
    )


def _parameters(product: SupportProduct) -> int:
    """Entries on paths from rows to columns, less the hidden indices on paths, each of which can be scaled."""
    factors = product.factors
    reached = [set(range(factors[0].shape[0]))]
    for factor in factors:
        reached.append({j for i in reached[-1] for j in factor.rows[i]})
    live = reached[-1]
    used = hidden = 0
    for l in range(len(factors) - 1, -1, -1):
        rows = {i: [j for j in factors[l].rows[i] if j in live] for i in reached[l]}
        used += sum(map(len, rows.values()))
        live = {i for i, row in rows.items() if row}
        hidden += len(live) if l else 0
    return used - hidden


def _generic_rank_of(product: SupportProduct, trials: int = 2) -> int:
    import random

    from flint import nmod_mat

    best = 0
    for seed in range(trials):
        rng = random.Random(seed)
        result = None
        for factor in product.factors:
            m, n = factor.shape
            values = [[0] * n for _ in range(m)]
            for i, j in factor:
                values[i][j] = rng.randrange(1, PRIME)
            matrix = nmod_mat(values, PRIME)
            result = matrix if result is None else result * matrix
        if result is not None:
            best = max(best, result.rank())
    return best
