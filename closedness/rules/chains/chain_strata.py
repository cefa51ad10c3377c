"""Rule ``chain-strata``: each matrix is a product of the chain, or violates a rank condition that limits satisfy.

The stratification of two factors (``closedness.rules.strata``) for any number of them. A state is kept as
one of two factors, the first factor and the paths from its columns to the columns of the last factor: this has the
same row operations. Columns, rank conditions and sections are those of the whole chain.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget
from closedness.elaboration.tables import flatten
from closedness.equations.membership import entry_paths
from closedness.rules.chains.fixed_factors import generic_section, pairs_for, specials
from closedness.rules.chains.orbits import smallest_cut
from closedness.rules.chains.trim import product_support
from closedness.rules.rule import Rule
from closedness.rules.strata.distinctions import FamilyProver
from closedness.rules.strata.family import Family
from closedness.rules.strata.section import SearchExhausted
from closedness.rules.strata.strata import chain as linked
from closedness.rules.strata.strata import normalise, pick_split
from closedness.rules.words import of_strata
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.supports.state import State, with_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from closedness.algebra.polysystem import Branch, Scaling
    from closedness.rules.chains.trim import Chain
    from closedness.rules.strata.family import Units
    from closedness.rules.strata.outside import CoveredMinor
    from closedness.rules.strata.section import SectionSearch

Node = dict[str, Any]
LARGEST_CHAIN = 60  # entries of all factors
LARGEST_MINOR = 5
# budgets of elementary steps for one section: with all factors but two fixed, and with none fixed
SPECIAL_STEPS, STEPS = 60, 400
MOST_SPECIALS = 12
DEPTH = 3


class _Shape:
    """What does not change during one search: the chain, its paths and its cuts."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.product = SupportProduct(chain)
        self._paths: dict[Cell, list[tuple[Cell, ...]]] = {}
        self._cuts: dict[tuple[tuple[int, ...], tuple[int, ...]], list[list[int]]] = {}
        # for every row the indices of the last inner level that it reaches
        self.ends = product_support(chain[:-1]).row_masks
        self.specials = specials(chain)

    def paths(self, i: int, j: int) -> list[tuple[Cell, ...]]:
        """The paths from a row to a column, one factor entry for each factor."""
        if (i, j) not in self._paths:
            self._paths[i, j] = entry_paths(self.product, i, j)
        return self._paths[i, j]

    def cut(self, rows: tuple[int, ...], columns: tuple[int, ...]) -> list[list[int]]:
        """The fewest nodes that meet all paths from the rows to the columns."""
        if (rows, columns) not in self._cuts:
            self._cuts[rows, columns] = smallest_cut(self.chain, rows, columns)
        return self._cuts[rows, columns]

    def may_add_column(self, state: State, j: int, other: int) -> bool:
        """Adding multiples of column `j` to column `other` maps products to products."""
        types = self.chain[-1].col_masks
        reached = 0
        for i in state.rows:
            reached |= self.ends[i]
        return not types[j] & ~types[other] & reached


class ChainFamily(Family):
    """The matrices of a state, written with parameters, and the equations of the factors of a chain."""

    def __init__(self, shape: _Shape, state: State) -> None:
        self.shape = shape
        super().__init__(state)

    def _summands(self, p: int, j: int) -> Iterator[tuple[int, ...]]:
        for path in self.shape.paths(self.state.rows[p], j):
            yield tuple(self._variable(f"{level}:{a}:{b}") for level, (a, b) in enumerate(path))

    def _scalings(self) -> list[Scaling]:
        weights: dict[tuple[int, int], dict[int, int]] = {}
        for name, v in self.position.items():
            if v in self.parameters:
                continue
            level, a, b = map(int, name.split(":"))
            if level + 1 < len(self.shape.chain):
                weights.setdefault((level, b), {})[v] = 1
            if level > 0:
                weights.setdefault((level - 1, a), {})[v] = -1
        return sorted(weights.items())

    def minors(self) -> Iterator[CoveredMinor]:
        """Minors that vanish on all products, with a cut that has fewer nodes than the minor has rows."""
        rows = self.state.rows
        live = sorted({j for omega in self.state.omega for j in bits(omega)})
        for size in range(1, min(len(rows), len(live), LARGEST_MINOR) + 1):
            for chosen in combinations(rows, size):
                for columns in combinations(live, size):
                    cut = self.shape.cut(chosen, columns)
                    if len(cut) < size:
                        yield list(chosen), list(columns), {"nodes": cut}

    def section(self, entries: Iterable[tuple[str, list[Any], Node]]) -> Node:
        """The node of the certificate for entries of the factors: name, numerator and denominator."""
        factors: list[list[list[Any]]] = [[] for _ in self.shape.chain]
        for name, top, bottom in entries:
            level, a, b = map(int, name.split(":"))
            factors[level].append([a, b, top, bottom])
        return {"do": "section", "factors": factors}


class _FamilyProver(FamilyProver):
    """Look for sections first with all factors but two fixed."""

    def _section(self, search: SectionSearch, base: Branch, names: Units) -> Node | None:
        family = self.family
        assert isinstance(family, ChainFamily)
        if self.depth == 0:
            return None
        shape = family.shape
        for special in islice(pairs_for(shape.chain, family.state, shape.specials), MOST_SPECIALS):
            fixed = {name: v for name, v in special.fixed(shape.chain).items() if name in family.position}
            found = search.find(base, names, fixed, SPECIAL_STEPS)
            if found is not None:
                return found
        return super()._section(search, base, names)


class ChainStrata:
    """Prove that every matrix is a product of a chain or is outside the closure, state by state.

    Parameters
    ----------
    chain : tuple of Support
        Trimmed, three factors or more.
    nodes : int
        Budget of states.
    budget : Budget, optional
        Ends the search.
    """

    def __init__(self, chain: Chain, nodes: int = 1_500, *, budget: Budget = UNLIMITED) -> None:
        self.shape = _Shape(chain)
        self.left = nodes
        self.budget = budget
        self.known: dict[State, Node] = {}
        self.stuck: list[FamilyProver] = []

    def run(self) -> Node | None:
        """The proof node of the certificate, or None; then `stuck` holds the families that resisted."""
        first = self.shape.chain[0]
        beyond = product_support(self.shape.chain[1:])
        pattern = Pattern.of_types(first.row_masks, beyond.col_masks)
        try:
            tree = self._closed(State.start(pattern))
        except (SearchExhausted, RecursionError):
            return None
        return None if tree is None else {"rule": "chain-strata", "nodes": flatten(tree)}

    def _closed(self, state: State) -> Node | None:
        if state in self.known:
            return self.known[state]
        self.left -= 1
        if self.left < 0 or self.budget.expired():
            raise SearchExhausted
        found = self._prove(state)
        if found is not None:
            self.known[state] = found
        return found

    def _prove(self, state: State) -> Node | None:
        unknown = any(state.star)
        solver = None
        family = ChainFamily(self.shape, state)
        ones = [list(cell) for cell in family.ones]
        for special in pairs_for(self.shape.chain, state, self.shape.specials):
            section = generic_section(self.shape.chain, special, state, family.entries)
            if section is not None:
                return {"do": "family", "ones": ones, "tree": section}
        if not unknown:
            solver = _FamilyProver(family, STEPS, DEPTH, self.budget)
            node = solver.run()
            if node is not None:
                return {"do": "family", "ones": ones, "tree": node}
        reduced, steps_taken = normalise(state, self.shape.may_add_column)
        if steps_taken:
            node = self._closed(reduced)
            return None if node is None else linked(steps_taken, node)
        pick = pick_split(state, self.shape.may_add_column)
        if pick is None:
            assert solver is not None
            self.stuck.append(solver)
            return None
        p, j = pick
        nonzero = self._closed(with_entry(state, p, j, zero=False))
        if nonzero is None:
            return None
        zero = self._closed(with_entry(state, p, j, zero=True))
        if zero is None:
            return None
        return {"do": "split", "cell": [state.rows[p], j], "zero": zero, "nonzero": nonzero}

    def members(self, tries: int) -> Iterator[dict[Cell, Fraction]]:
        """Rational members of the families that resisted."""
        for solver in self.stuck:
            for base in solver.stuck:
                for values in solver.family.members(base, tries, seed=0):
                    yield solver.family.matrix(values)


RULES = (
    Rule(
        "chain-strata",
        "chain",
        "each matrix is a product or violates a rank condition that limits satisfy",
        tell=lambda node, left: ("Case distinction", of_strata(node)),
        written=("strata",),
    ),
)

__all__ = ["ChainFamily", "ChainStrata"]
