"""Crowded sets of lines: more hidden indices have their rank in lines of the set than the set has lines.

A set `S` of lines is crowded when more than ``|S|`` hidden indices `k` have at least `ρ_k` of their lines in `S`.
Either one is found, or a tree of weights that shows, in exact arithmetic, that there is none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.budget import UNLIMITED, Budget
from closedness.elaboration.tables import flatten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Demand", "crowded_set", "uncrowded_tree", "weight_bound"]

# the lines of each hidden index (bitmask) and how many of them it needs
Demand = dict[int, tuple[int, int]]
Node = dict[str, Any]
ENUMERATED = 12  # lines up to which all sets are looked at
SMALL_DENOMINATOR = 12
LARGE_DENOMINATOR = 100_000
MOST_NODES = 2_000


def is_crowded(demand: Demand, lines: int, slack: int = 0) -> bool:
    """Whether more hidden indices have what they need in these lines than there are lines, by more than the slack.

    Examples
    --------
    >>> is_crowded({0: (0b011, 1), 1: (0b110, 1)}, 0b010)
    True
    """
    return sum((mask & lines).bit_count() >= need for mask, need in demand.values()) > lines.bit_count() + slack


def crowded_set(demand: Demand, seconds: float | None = None) -> int | None:
    """A crowded set with few lines (bitmask), or None if none was found.

    Up to 12 lines all sets are looked at. Beyond that an integer programme is solved in floating point: what it finds
    is checked, that it finds nothing is no proof.

    Examples
    --------
    >>> crowded_set({0: (0b011, 1), 1: (0b110, 1)}), crowded_set({0: (0b011, 1), 1: (0b110, 2)})
    (2, None)
    """
    lines = sorted({line for mask, _ in demand.values() for line in bits(mask)})
    for line in lines:
        if is_crowded(demand, 1 << line):
            return 1 << line
    if weight_bound(demand, {k: Fraction(1, need) for k, (_, need) in demand.items()}) == 0:
        return None
    return _among_all(demand, lines) if len(lines) <= ENUMERATED else _by_programme(demand, lines, seconds)


def _among_all(demand: Demand, lines: list[int]) -> int | None:
    import numpy as np

    place = {line: position for position, line in enumerate(lines)}
    sets = np.arange(1 << len(lines), dtype=np.int64)
    more = -np.bitwise_count(sets).astype(np.int16)
    sizes = -more
    for mask, need in demand.values():
        own = np.int64(mask_of(place[line] for line in bits(mask)))
        more += np.bitwise_count(sets & own) >= need
    found = np.flatnonzero(more > 0)
    if not len(found):
        return None
    best = int(found[np.argmin(sizes[found])])
    return mask_of(lines[position] for position in bits(best))


def _by_programme(demand: Demand, lines: list[int], seconds: float | None) -> int | None:
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = _needs(demand, lines)
    terms = len(demand)
    size = np.concatenate([np.zeros(terms), np.ones(len(lines))])
    crowd = LinearConstraint(np.concatenate([np.ones(terms), -np.ones(len(lines))]), lb=1)
    options = {} if seconds is None else {"time_limit": max(0.01, seconds)}
    constraints = [LinearConstraint(matrix, ub=0), crowd]
    found = milp(size, integrality=np.ones_like(size), bounds=Bounds(0, 1), constraints=constraints, options=options)
    if found.x is None:
        return None
    chosen = mask_of(line for line, value in zip(lines, found.x[terms:], strict=True) if value > 0.5)
    return chosen if is_crowded(demand, chosen) else None


def _needs(demand: Demand, lines: list[int]) -> NDArray[Any]:
    """Rows ``need · z_k − Σ s_i`` over the lines of `k`; the variables are all z, then all s."""
    import numpy as np

    place = {line: position for position, line in enumerate(lines)}
    matrix = np.zeros((len(demand), len(demand) + len(lines)))
    for row, (mask, need) in enumerate(demand.values()):
        matrix[row, row] = need
        matrix[row, [len(demand) + place[line] for line in bits(mask)]] = -1
    return matrix


def weight_bound(
    demand: Demand, weights: Mapping[int, Fraction], fixed: Mapping[tuple[str, int], bool] | None = None
) -> Fraction:
    """An upper bound of (hidden indices that have what they need in a set) − (lines of the set).

    Parameters
    ----------
    demand : dict
    weights : dict of int to Fraction
        Not negative; hidden indices that are not named have weight 0.
    fixed : dict of ("row" or "term", number) to bool
        Lines that are in the set or not, and hidden indices that count or not.

    Examples
    --------
    >>> weight_bound({0: (0b011, 1), 1: (0b110, 2)}, {0: Fraction(1), 1: Fraction(1, 2)})
    Fraction(1, 2)
    """
    fixed = fixed or {}
    sums: dict[int, Fraction] = {}
    bound = Fraction(0)
    for k, (mask, need) in demand.items():
        counts = fixed.get(("term", k))
        if counts is False:
            continue
        weight = weights.get(k, Fraction(0))
        own = 1 - need * weight
        bound += own if counts else max(own, Fraction(0))
        for line in bits(mask):
            sums[line] = sums.get(line, Fraction(0)) + weight
    for line, total in sums.items():
        inside = fixed.get(("row", line))
        if inside is not False:
            bound += total - 1 if inside else max(total - 1, Fraction(0))
    # a line that is in the set although no counting index has it
    return bound - sum(1 for (kind, line), inside in fixed.items() if kind == "row" and inside and line not in sums)


def uncrowded_tree(
    demand: Demand, budget: Budget = UNLIMITED, *, slack: int = 0
) -> list[Node] | int | None:
    """A proof that no set is crowded, or a crowded set that the search for it met.

    Each leaf has weights whose bound (`weight_bound`) is less than 1 more than the slack; each other node decides
    whether a line is in the set, or a hidden index has what it needs.

    Returns
    -------
    list of dict, int or None
        A table of nodes, a crowded set as bitmask, or None when too many nodes or too much time were needed.

    Examples
    --------
    >>> uncrowded_tree({0: (0b011, 1), 1: (0b110, 2)})
    [{'do': 'bound', 'weights': [[0, '1'], [1, '1/2']]}]
    """
    search = _Tree(demand, budget, slack)
    try:
        return flatten(search.grow({}))
    except _Met as met:
        return met.lines
    except _OutOfNodes:
        return None


class _Met(Exception):
    """A crowded set was met."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines


class _OutOfNodes(Exception):
    """More nodes or more time than allowed."""


class _Tree:
    """Branch and bound with linear programmes, whose dual solutions are rounded to fractions."""

    def __init__(self, demand: Demand, budget: Budget, slack: int) -> None:
        self.demand = demand
        self.budget = budget
        self.slack = slack
        self.lines = sorted({line for mask, _ in demand.values() for line in bits(mask)})
        self.names = [*(("term", k) for k in demand), *(("row", line) for line in self.lines)]
        self.nodes = 0

    def grow(self, fixed: dict[tuple[str, int], bool]) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES or self.budget.expired():
            raise _OutOfNodes
        weights = {k: Fraction(1, need) for k, (_, need) in self.demand.items()}
        values: NDArray[Any] | None = None
        if weight_bound(self.demand, weights, fixed) >= 1 + self.slack:
            values, duals = self._relaxed(fixed)
            weights = self._rounded(duals, fixed)
        if weight_bound(self.demand, weights, fixed) < 1 + self.slack:
            used = [[k, str(weight)] for k, weight in weights.items() if weight and fixed.get(("term", k)) is not False]
            return {"do": "bound", "weights": used}
        assert values is not None
        inside = mask_of(
            line for line, value in zip(self.lines, values[len(self.demand) :], strict=True) if value > 0.5
        )
        if is_crowded(self.demand, inside, self.slack):
            raise _Met(inside)
        open_names = [place for place, name in enumerate(self.names) if name not in fixed]
        if not open_names:
            raise _OutOfNodes
        kind, number = name = self.names[min(open_names, key=lambda place: abs(values[place] - 0.5))]
        return {
            "do": "split",
            kind: number,
            "zero": self.grow({**fixed, name: False}),
            "nonzero": self.grow({**fixed, name: True}),
        }

    def _relaxed(self, fixed: dict[tuple[str, int], bool]) -> tuple[NDArray[Any], dict[int, float]]:
        import numpy as np
        from scipy.optimize import linprog

        cost = np.concatenate([-np.ones(len(self.demand)), np.ones(len(self.lines))])
        bounds = [(int(fixed[name]), int(fixed[name])) if name in fixed else (0, 1) for name in self.names]
        found = linprog(cost, A_ub=_needs(self.demand, self.lines), b_ub=np.zeros(len(self.demand)), bounds=bounds)
        if found.x is None:
            # an index must count and has too few lines left: the heavier it is, the smaller the bound
            weight = float(len(self.names) + 2)
            return np.full(len(self.names), 0.5), {k: weight for k in self.demand if self._starved(k, fixed)}
        return found.x, dict(zip(self.demand, -found.ineqlin.marginals, strict=True))

    def _starved(self, k: int, fixed: dict[tuple[str, int], bool]) -> bool:
        mask, need = self.demand[k]
        return fixed.get(("term", k)) is True and sum(fixed.get(("row", i)) is not False for i in bits(mask)) < need

    def _rounded(self, duals: dict[int, float], fixed: dict[tuple[str, int], bool]) -> dict[int, Fraction]:
        best: dict[int, Fraction] = {}
        for denominator in (SMALL_DENOMINATOR, LARGE_DENOMINATOR):
            best = {
                k: max(Fraction(0), Fraction(float(value)).limit_denominator(denominator)) for k, value in duals.items()
            }
            if weight_bound(self.demand, best, fixed) < 1 + self.slack:
                break
        return best
