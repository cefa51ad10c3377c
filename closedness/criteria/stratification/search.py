"""Search for stratification proofs (rule ``strata`` of ``docs/theory.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.criteria.stratification.distinctions import FamilyProver
from closedness.criteria.stratification.family import Family
from closedness.criteria.stratification.outside import triangular_minor
from closedness.criteria.stratification.renaming import Naming, naming
from closedness.criteria.stratification.section import SearchExhausted
from closedness.generic import generic_factor
from closedness.pattern import bits
from closedness.state import (
    State,
    column_clear,
    may_add_column,
    may_add_row,
    row_clear,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

Node = dict[str, Any]


class StrataSearch:
    """Prove that every matrix is a product or is outside the closure, state by state.

    Parameters
    ----------
    nodes : int
        Budget of states.
    expired : callable, optional
        A true answer ends the search.
    """

    def __init__(self, nodes: int = 5_000, *, expired: Callable[[], bool] | None = None) -> None:
        self.left = nodes
        self.expired = expired
        self.known: dict[Hashable, tuple[Node, Naming]] = {}
        self.stuck: list[tuple[State, FamilyProver]] = []

    def closed(self, state: State) -> Node | None:
        """Return the proof node for a state, or None when some leaf resists."""
        names = naming(state)
        if names.key in self.known:
            node, other = self.known[names.key]
            renaming = names.onto(other)
            if all(a == b for pairs in renaming.values() for a, b in pairs):
                return node
            return {"do": "rename", **renaming, "then": node}
        self.left -= 1
        if self.left < 0 or (self.expired is not None and self.expired()):
            raise SearchExhausted
        found = self._closed(state)
        if found is not None:
            self.known[names.key] = found, names
        return found

    def _closed(self, state: State) -> Node | None:
        unknown = sum(s.bit_count() for s in state.star)
        if covered(state):
            generic = generic_factor(state)
            if generic is not None:
                return generic
            if not unknown:
                solver = FamilyProver(Family(state), 1_000, 3, self.expired)
                node = solver.run()
                if node is not None:
                    return {"do": "family", "ones": [list(c) for c in solver.family.ones], "tree": node}
        minor = triangular_minor(state)
        if minor is not None:
            return self._outside(state, minor)
        reduced, steps = normalise(state)
        if steps:
            node = self.closed(reduced)
            return None if node is None else chain(steps, node)
        pick = pick_split(state)
        if pick is None:
            self.stuck.append((state, solver))
            return None
        p, j = pick
        nonzero = self.closed(split(state, p, j, zero=False))
        if nonzero is None:
            return None
        zero = self.closed(split(state, p, j, zero=True))
        if zero is None:
            return None
        return {"do": "split", "cell": [state.rows[p], j], "zero": zero, "nonzero": nonzero}

    @staticmethod
    def _outside(state: State, minor: tuple[list[int], list[int], Node]) -> Node:
        rows, columns, cover = minor
        family = Family(state)
        powers = [
            [entry, 1] for cell in zip(rows, columns, strict=True) if isinstance(entry := family.entries[cell], str)
        ]
        unit = {"constant": "1", "powers": []}
        node = {
            "do": "outside",
            "rows": rows,
            "columns": columns,
            "cover": cover,
            "multiplier": unit,
            "value": {"constant": "1", "powers": powers},
        }
        return {"do": "family", "ones": [list(c) for c in family.ones], "tree": node}


def covered(state: State) -> bool:
    """True when each entry that may be non-zero lies in some rank-one support."""
    return all(
        state.tau[p] & state.sigma[j] for p in range(len(state.rows)) for j in bits(state.star[p] | state.nonzero[p])
    )


def chain(steps: Iterable[Node], node: Node) -> Node:
    """Put linear steps before a node."""
    for step in reversed(list(steps)):
        node = {**step, "then": node}
    return node


def pivots(state: State) -> Iterator[tuple[int, int]]:
    """Positions of the non-zero entries."""
    for p, mask in enumerate(state.nonzero):
        for j in bits(mask):
            yield p, j


def normalise(state: State) -> tuple[State, list[Node]]:
    """Clear with non-zero entries whatever can be cleared without losing what is known."""
    steps: list[Node] = []
    while True:
        step = _clearing(state)
        if step is None:
            return state, steps
        p, j, targets, columns = step
        pivot = [state.rows[p], j]
        if targets:
            rows = [state.rows[q] for q in targets]
            steps.append({"do": "clear", "side": "rows", "pivot": pivot, "lines": rows})
            state = row_clear(state, p, j, targets)
        else:
            lines = list(bits(columns))
            steps.append({"do": "clear", "side": "columns", "pivot": pivot, "lines": lines})
            state = column_clear(state, p, j, columns)


def _clearing(state: State) -> tuple[int, int, list[int], int] | None:
    for p, j in pivots(state):
        bit = 1 << j
        targets = [
            q
            for q in range(len(state.rows))
            if q != p
            and (state.star[q] | state.nonzero[q]) & bit
            and may_add_row(state, p, q)
            and row_gain(state, p, q, j)
        ]
        if targets:
            return p, j, targets, 0
        for other in bits((state.star[p] | state.nonzero[p]) & ~bit):
            if may_add_column(state, j, other) and column_gain(state, p, j, other):
                return p, j, [], 1 << other
    return None


def row_gain(state: State, p: int, q: int, j: int) -> bool:
    """True when clearing ``(q, j)`` with row `p` makes nothing known in row `q` unknown."""
    others = (state.star[p] | state.nonzero[p]) & state.omega[q] & ~(1 << j)
    return not others & ~state.star[q]


def column_gain(state: State, p: int, j: int, other: int) -> bool:
    """The same for the column operation that clears ``(p, other)``."""
    return not any(
        q != p
        and state.omega[q] >> other & 1
        and (state.star[q] | state.nonzero[q]) >> j & 1
        and not state.star[q] >> other & 1
        for q in range(len(state.rows))
    )


def pick_split(state: State) -> tuple[int, int] | None:
    """The unknown entry that, once known to be non-zero, clears most."""
    best, choice = -1.0, None
    for p in range(len(state.rows)):
        row_power = sum(q != p and may_add_row(state, p, q) for q in range(len(state.rows)))
        for j in bits(state.star[p]):
            column_power = sum(
                other != j and may_add_column(state, j, other) for other in bits(state.star[p] | state.nonzero[p])
            )
            score = row_power + column_power + 0.01 * (state.tau[p] & state.sigma[j]).bit_count()
            # entries beside a known pivot come first: its row and column get finished
            if state.nonzero[p]:
                score += 0.5
            if score > best:
                best, choice = score, (p, j)
    return choice
