"""Search for stratification proofs (``docs/rules/strata.md``)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from flint import nmod_mat

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.finite import SMALL_PRIME
from closedness.budget import UNLIMITED, Budget, within
from closedness.rules.generic import generic_factor
from closedness.rules.rule import Rule
from closedness.rules.strata.distinctions import FamilyProver
from closedness.rules.strata.family import Family
from closedness.rules.strata.outside import triangular_minor
from closedness.rules.strata.pieces import PieceProver
from closedness.rules.strata.renaming import Naming, naming
from closedness.rules.strata.section import SearchExhausted
from closedness.rules.words import of_strata
from closedness.supports.state import (
    State,
    column_clear,
    may_add_column,
    may_add_row,
    row_clear,
    spend,
    with_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    MayAdd = Callable[[State, int, int], bool]

Node = dict[str, Any]
# budget of states of one search for products inside a search
SPENDING = 200
# seconds for one family before it is taken to pieces
FAMILY_SECONDS = 0.25
# budget of steps for one section at the end of such a search
LEAF_STEPS = 60


class _Overspent(Exception):
    """The budget of one search for products is spent."""


class StrataSearch:
    """Prove that every matrix is a product or is outside the closure, state by state.

    Parameters
    ----------
    nodes : int
        Budget of states.
    budget : Budget, optional
        Ends the search.
    """

    def __init__(self, nodes: int = 5_000, *, budget: Budget = UNLIMITED) -> None:
        self.left = nodes
        self.budget = budget
        self.known: dict[Hashable, tuple[Node, Naming, bool]] = {}
        self.resisted: set[Hashable] = set()
        self.spending = 0
        self.stuck: list[tuple[State, FamilyProver]] = []

    def closed(self, state: State) -> Node | None:
        """Return the proof node for a state, or None when some leaf resists."""
        return self._attempt(state, products=False)

    def products(self, state: State, nodes: int) -> Node | None:
        """The same for the stronger claim that all matrices of the state are products."""
        self.spending = nodes
        try:
            return self._attempt(state, products=True)
        except _Overspent:
            return None

    def _attempt(self, state: State, *, products: bool) -> Node | None:
        names = naming(state)
        if names.key in self.known:
            node, other, strict = self.known[names.key]
            if strict or not products:
                renaming = names.onto(other)
                if all(a == b for pairs in renaming.values() for a, b in pairs):
                    return node
                return {"do": "rename", **renaming, "then": node}
        if products:
            if names.key in self.resisted:
                return None
            self.spending -= 1
            if self.spending < 0:
                raise _Overspent
        self.left -= 1
        if self.left < 0 or self.budget.expired():
            raise SearchExhausted
        found = self._products(state) if products else self._closed(state)
        if found is not None:
            self.known[names.key] = found, names, products
        elif products:
            self.resisted.add(names.key)
        return found

    def _closed(self, state: State) -> Node | None:
        if covered(state):
            generic = generic_factor(state)
            if generic is not None:
                return generic
        minor = triangular_minor(state)
        if minor is not None:
            return self._outside(state, minor)
        reduced, steps = normalise(state)
        if steps:
            node = self.closed(reduced)
            return None if node is None else chain(steps, node)
        node = self.products(state, SPENDING)
        if node is not None:
            return node
        pick = pick_split(state)
        if pick is not None:
            return self._split(state, pick, products=False)
        family = Family(state)
        hasty = FamilyProver(family, 1_000, 3, within(FAMILY_SECONDS, self.budget))
        pieces = PieceProver(family, self.budget)
        patient = FamilyProver(family, 1_000, 3, self.budget)
        for solver in (hasty, pieces, patient):
            try:
                node = self._family(solver)
            except SearchExhausted:
                if self.budget.expired():
                    raise
                continue
            if node is not None:
                return node
            # where the pieces got stuck is where limits are looked for first
            self.stuck.insert(0, (state, solver))
            if pieces.hopeless or (solver is pieces and len(self.stuck) > 1):
                break
        return None

    def _products(self, state: State) -> Node | None:
        if not covered(state):
            return None
        generic = generic_factor(state)
        if generic is not None:
            return generic
        reduced, steps = normalise(state)
        if steps:
            node = self._attempt(reduced, products=True)
            return None if node is None else chain(steps, node)
        if rank_too_large(state):
            return None
        for step, child in spendings(state):
            node = self._attempt(child, products=True)
            if node is not None:
                return {**step, "then": node}
        pick = pick_split(state)
        if pick is not None:
            return self._split(state, pick, products=True)
        return self._family(FamilyProver(Family(state), LEAF_STEPS, 0, self.budget, products=True))

    @staticmethod
    def _family(solver: FamilyProver) -> Node | None:
        node = solver.run()
        return None if node is None else {"do": "family", "ones": [list(c) for c in solver.family.ones], "tree": node}

    def _split(self, state: State, pick: tuple[int, int], *, products: bool) -> Node | None:
        p, j = pick
        nonzero = self._attempt(with_entry(state, p, j, zero=False), products=products)
        if nonzero is None:
            return None
        zero = self._attempt(with_entry(state, p, j, zero=True), products=products)
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


def rank_too_large(state: State) -> bool:
    """True when random matrices of the state have larger rank than random products: a guide, no proof."""
    live = sorted({j for omega in state.omega for j in bits(omega)})
    if any(omega.bit_count() < len(live) for omega in state.omega):
        return False
    present = 0
    for tau in state.tau:
        present |= tau
    terms = list(bits(present))
    numbers = random.Random(0)

    def at_random(masks: list[int], width: Sequence[int]) -> nmod_mat:
        entries = [numbers.randrange(1, SMALL_PRIME) if mask >> j & 1 else 0 for mask in masks for j in width]
        return nmod_mat(len(masks), len(width), entries, SMALL_PRIME)

    matrix = at_random([s | z for s, z in zip(state.star, state.nonzero, strict=True)], live)
    if matrix.rank() <= min(len(terms), 1):
        return False
    left = at_random(list(state.tau), terms)
    right = at_random([state.sigma[j] for j in live], terms)
    return bool(matrix.rank() > (left * right.transpose()).rank())


def spendings(state: State) -> list[tuple[Node, State]]:
    """Ways to spend one hidden index on the cross through a non-zero entry, the smallest rests first."""
    choices: dict[State, tuple[tuple[int, int], Node]] = {}
    for p, j in pivots(state):
        for k in bits(state.tau[p] & state.sigma[j]):
            down = [q for q, t in enumerate(state.tau) if t >> k & 1 and state.omega[q] >> j & 1]
            across = mask_of(c for c in bits(state.omega[p]) if state.sigma[c] >> k & 1)
            for rows, columns in ((down, across), ([p], across), (down, 1 << j)):
                rest = spend(state, k, p, j, rows, columns)
                if rest not in choices and covered(rest):
                    step = {
                        "do": "spend",
                        "term": k,
                        "pivot": [state.rows[p], j],
                        "rows": [state.rows[q] for q in rows],
                        "columns": list(bits(columns)),
                    }
                    choices[rest] = extent(rest), step
    return [(step, rest) for rest, (_, step) in sorted(choices.items(), key=lambda item: item[1][0])]


def extent(state: State) -> tuple[int, int]:
    """Numbers of live rows and columns, and of entries that may be non-zero."""
    entries = [s | z for s, z in zip(state.star, state.nonzero, strict=True)]
    live = 0
    for mask in entries:
        live |= mask
    return len(state.rows) + live.bit_count(), sum(mask.bit_count() for mask in entries)


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


def normalise(state: State, may_add_column: MayAdd = may_add_column) -> tuple[State, list[Node]]:
    """Clear with non-zero entries whatever can be cleared without losing what is known.

    Parameters
    ----------
    state : State
    may_add_column : callable
        Whether multiples of one column may be added to another one; the answer for two factors by default.
    """
    steps: list[Node] = []
    while True:
        step = _clearing(state, may_add_column)
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


def _clearing(state: State, may_add_column: MayAdd) -> tuple[int, int, list[int], int] | None:
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


def pick_split(state: State, may_add_column: MayAdd = may_add_column) -> tuple[int, int] | None:
    """The unknown entry that, once known to be non-zero, clears most; the arguments are those of `normalise`."""
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


RULES = (
    Rule(
        "strata",
        "pair",
        "each matrix is a product or violates a rank condition that limits satisfy",
        tell=lambda node, left: ("Case distinction", of_strata(node)),
    ),
)
