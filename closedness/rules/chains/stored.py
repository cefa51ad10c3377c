"""Small chains that are known not to be closed, and how others contain them.

Limits for which no general search is known are kept in a table (``docs/limits.md``). A chain contains
an entry of the table when fixing some of its square factors to the identity leaves a group of paths like those of the
entry; whether the target is then no product of the whole chain is shown by a refutation of its own, in which
neighbouring factors are merged.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget
from closedness.equations.membership import refute
from closedness.rules.chains.absorb import holds_identity
from closedness.rules.chains.parts import parts
from closedness.rules.chains.submatrix import Submatrix, submatrix
from closedness.rules.chains.trim import trimmed
from closedness.rules.rows import row
from closedness.rules.rule import Evidence
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve

# rows, columns or inner indices of a group of paths that is looked at
LARGEST_GROUP = 8
# choices of the factors that are not fixed, and groups of one choice that are looked at
MOST_CHOICES = 60
MOST_GROUPS = 3


@lru_cache(maxsize=1)
def stored_chains() -> tuple[tuple[Chain, Evidence], ...]:
    """The table, and the transposes of its entries."""
    text = files("closedness").joinpath("data/not_closed_chains.json").read_text(encoding="utf-8")
    found = []
    for entry in json.loads(text):
        chain = tuple(Support.from_text(factor) for factor in entry["factors"])
        target = {(i, j): Fraction(value) for i, j, value in entry["target"]}
        curve = tuple(
            {(i, j): {e: Fraction(value) for e, value in entry} for i, j, entry in factor}
            for factor in entry["curve"]
        )
        found.append((chain, _limit(target, curve)))
        transposed = _limit({(j, i): v for (i, j), v in target.items()}, _transposed(curve))
        found.append((tuple(factor.T for factor in reversed(chain)), transposed))
    return tuple(found)


def _limit(target: dict[Cell, Fraction], curve: Curve) -> Evidence:
    return Evidence("limit", row("limit").sentence, target, curve)


def _transposed(curve: Curve) -> Curve:
    return tuple({(j, i): entry for (i, j), entry in factor.items()} for factor in reversed(curve))


def stored_limit(chain: Chain) -> Evidence | None:
    """The limit of the chain of the table that differs from this one by names only.

    Examples
    --------
    >>> first, second = Support.kronecker(1, 2, 2, 2), Support.kronecker(2, 2, 2, 1)
    >>> len(stored_limit((first, second, first)).target)
    9
    """
    for other, limit in stored_chains():
        names = _isomorphism(other, chain)
        if names is not None:
            place = Submatrix(chain, names)
            return _limit(place.target(limit.target), place.curve(limit.curve))
    return None


def _isomorphism(first: Chain, second: Chain) -> tuple[tuple[int, ...], ...] | None:
    """For every level the names in the second chain of the indices of the first one."""
    if [(factor.shape, factor.nnz) for factor in first] != [(factor.shape, factor.nnz) for factor in second]:
        return None
    import networkx as nx

    def graph(chain: Chain) -> nx.DiGraph[Any]:
        drawn: nx.DiGraph[Any] = nx.DiGraph()
        for level, factor in enumerate(chain):
            drawn.add_nodes_from(((level, i) for i in range(factor.shape[0])), level=level)
            drawn.add_nodes_from(((level + 1, j) for j in range(factor.shape[1])), level=level + 1)
            drawn.add_edges_from(((level, i), (level + 1, j)) for i, j in factor)
        return drawn

    same = nx.algorithms.isomorphism.categorical_node_match("level", None)
    matcher = nx.algorithms.isomorphism.DiGraphMatcher(graph(first), graph(second), node_match=same)
    if not matcher.is_isomorphic():
        return None
    sizes = [factor.shape[0] for factor in first] + [first[-1].shape[1]]
    return tuple(tuple(matcher.mapping[level, k][1] for k in range(size)) for level, size in enumerate(sizes))


def contained_limit(
    chain: Chain, settle: Callable[[Chain], Evidence | None], *, budget: Budget
) -> Evidence | None:
    """A limit of a small group of paths that is left when some factors are fixed to the identity.

    Parameters
    ----------
    chain : tuple of Support
    settle : callable
        Finds a limit of a small chain that is no product of it.
    budget : Budget
        A true answer ends the search.
    """
    known: dict[Chain, Evidence | None] = {}
    for kept in _choices(chain):
        if any(mask.bit_count() > LARGEST_GROUP for at in kept for mask in chain[at].row_masks):
            continue
        rest = trimmed(tuple(chain[at] for at in kept))
        for group in islice(_small_groups(rest), MOST_GROUPS):
            if budget.expired():
                return None
            if group.chain not in known:
                known[group.chain] = settle(group.chain)
            limit = known[group.chain]
            if limit is not None:
                found = _completed(chain, kept, group, limit, budget)
                if found is not None:
                    return found
    return None


def _choices(chain: Chain) -> Iterator[tuple[int, ...]]:
    """Which three factors are kept; the others hold the identity."""
    last = len(chain) - 1
    if last < 2:
        return
    needed = {at for at, factor in enumerate(chain) if not holds_identity(factor)}
    every = [kept for kept in combinations(range(last + 1), 3) if needed <= set(kept)]
    every.sort(key=lambda kept: (kept[0] != 0) + (kept[2] != last))
    if len(every) > MOST_CHOICES:
        half = MOST_CHOICES // 2
        every = every[:half] + random.Random(0).sample(every[half:], half)
    yield from every


def _small_groups(chain: Chain) -> Iterator[Submatrix]:
    """Groups of paths with few rows, columns and inner indices, numbered on their own."""
    for _, part in parts(chain):
        rows = [i for i, mask in enumerate(part[0].row_masks) if mask]
        columns = [j for j, mask in enumerate(part[-1].col_masks) if mask]
        if max(len(rows), len(columns)) > LARGEST_GROUP:
            continue
        found = submatrix(part, rows, columns)
        if found is not None and max(max(factor.shape) for factor in found.chain) <= LARGEST_GROUP:
            yield found


def _completed(
    chain: Chain, kept: tuple[int, ...], group: Submatrix, limit: Evidence, budget: Budget
) -> Evidence | None:
    """The limit for the whole chain, if it is no product there either."""
    curve: list[dict[Cell, dict[int, Fraction]]] = []
    parts_of_curve = group.curve(limit.curve)
    target = group.target(limit.target)
    one = {0: Fraction(1)}
    for at in range(len(chain)):
        before = sum(k < at for k in kept)
        curve.append(
            parts_of_curve[before] if at in kept else {(k, k): dict(one) for k in group.names[before]}
        )
    for merge in _mergings(len(chain), kept):
        merged = SupportProduct(chain).merged(merge)
        if refute(merged, target, cells=group.cells, steps=4_000, budget=budget) is not None:
            return replace(limit, target=target, curve=tuple(curve), merge=merge)
    return None


def _mergings(length: int, kept: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Groups of neighbours around the kept factors: those between two go to the right one or to the left one."""
    first, middle, last = kept
    for start, end in ((first + 1, last), (middle, last), (first + 1, middle + 1), (middle, middle + 1)):
        yield start, end - start, length - end


__all__ = ["contained_limit", "stored_chains", "stored_limit"]
