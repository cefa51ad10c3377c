"""Rule ``linear``: hidden indices that give all matrices on their cells, by linear equations.

Of every hidden index the entries on one side are fixed, those on the other are free. The product of such factors is
linear in what is free; if its rank is the number of covered cells, every matrix on them is a product. Which side of
which hidden index is fixed is found by a local search: flips that do not lower the rank are kept.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

from flint import nmod_mat

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.finite import PRIME
from closedness.budget import UNLIMITED, Budget
from closedness.rules.pairs.full import only_terms
from closedness.rules.rule import Node, Rule, Step, without_terms
from closedness.rules.words import indices
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Cell = tuple[int, int]
MOST_CELLS = 600  # the checker eliminates as many unknowns
CELLS_A_SECOND = 400  # so many in about a second, with a time that grows like the third power
LARGEST = 99  # fixed entries are between 1 and this
QUICK_FLIPS = 60  # flips of the search where other rules wait
MOST_ROUNDS = 12  # how often hidden indices are left out when the rank does not suffice

__all__ = ["most_cells", "reduce_linear"]


def most_cells(seconds: float | None) -> int:
    """How many cells the checker can eliminate about as fast as in this time, or in one second."""
    return MOST_CELLS if seconds is None else min(MOST_CELLS, int(CELLS_A_SECOND * max(1.0, seconds) ** (1 / 3)))


class Entry(NamedTuple):
    """An entry of a factor: on the left the entry (line, k) of X, otherwise (k, line) of Y."""

    left: bool
    k: int
    line: int


def reduce_linear(
    pattern: Pattern,
    *,
    flips: int = QUICK_FLIPS,
    seed: int = 0,
    cells: int = MOST_CELLS,
    budget: Budget = UNLIMITED,
) -> Step[Pattern] | None:
    """Remove hidden indices that give all matrices on their looked-at cells, by a linear section.

    Parameters
    ----------
    pattern : Pattern
    flips : int
        How many changes of a split are tried.
    seed : int
        Of the fixed entries and of the flips.
    cells : int
        Patterns with more covered cells are left alone.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    Hidden index 0 gives the first row, hidden index 1 the rest of the first column; no single left factor serves all
    matrices, and no single right factor.

    >>> pattern = Pattern.of_types([1, 2, 2], [3, 1])
    >>> reduce_linear(pattern).full
    3
    """
    if sum(map(int.bit_count, pattern.covered())) > cells:
        return None
    terms = mask_of(k for k in bits(pattern.terms) if any(pattern.term_cells(k)))
    for _ in range(MOST_ROUNDS):
        if not terms or budget.expired():
            return None
        search = Sides(only_terms(pattern, terms), random.Random(seed))
        if search.run(flips, budget):
            return _reduction(pattern, terms, search)
        short = search.short_cells()
        terms &= ~mask_of(k for k in bits(terms) if search.supports[k] & short)
    return None


class Sides:
    """Search for a side of every hidden index such that the free entries reach every matrix.

    Parameters
    ----------
    pattern : Pattern
        All its hidden indices take part.
    rng : random.Random
        Draws the fixed entries and the flips.

    Attributes
    ----------
    cells : dict of cell to int
        The covered cells that are looked at, with their position.
    supports : dict of int to int
        The cells of every hidden index, a bitmask of positions.
    free_left : set of int
        The hidden indices whose left entries are free.
    """

    def __init__(self, pattern: Pattern, rng: random.Random) -> None:
        self.cells: dict[Cell, int] = {}
        for i, mask in enumerate(pattern.covered()):
            for j in bits(mask):
                self.cells[i, j] = len(self.cells)
        self.rng = rng
        self.supports: dict[int, int] = {}
        self.entries: dict[tuple[int, bool], list[Entry]] = {}
        self.vectors: dict[tuple[int, bool], list[list[int]]] = {}
        self.values: dict[Entry, int] = {}
        for k in bits(pattern.terms):
            self._add(pattern, k)
        self.free_left = {
            k for k in self.supports if len(self.entries[k, True]) > len(self.entries[k, False])
        }

    def _add(self, pattern: Pattern, k: int) -> None:
        meeting = [(i, j) for i, mask in enumerate(pattern.term_cells(k)) for j in bits(mask)]
        if not meeting:
            return
        self.supports[k] = mask_of(self.cells[cell] for cell in meeting)
        for left in (True, False):
            own = sorted({Entry(left, k, cell[not left]) for cell in meeting})
            self.values.update((entry, self.rng.randint(1, LARGEST)) for entry in own)
            self.entries[k, left] = own
        for left in (True, False):
            lines = {entry: [0] * len(self.cells) for entry in self.entries[k, left]}
            for i, j in meeting:
                mine, other = Entry(True, k, i), Entry(False, k, j)
                if not left:
                    mine, other = other, mine
                lines[mine][self.cells[i, j]] = self.values[other]
            self.vectors[k, left] = list(lines.values())

    def _lines(self, free_left: set[int]) -> list[list[int]]:
        return [line for k in self.supports for line in self.vectors[k, k in free_left]]

    def _rank(self, free_left: set[int]) -> int:
        lines = self._lines(free_left)
        return int(nmod_mat(lines, PRIME).rank()) if lines else 0

    def run(self, flips: int, budget: Budget) -> bool:
        """Search; true when the free entries reach every matrix."""
        wanted = len(self.cells)
        names = list(self.supports)
        if sum(max(len(self.entries[k, side]) for side in (True, False)) for k in names) < wanted:
            return False
        best = self._rank(self.free_left)
        for _ in range(flips):
            if best == wanted or budget.expired():
                break
            changed = self.free_left ^ {self.rng.choice(names) for _ in range(self.rng.choice((1, 1, 2)))}
            rank = self._rank(changed)
            if rank >= best:
                best, self.free_left = rank, changed
        return best == wanted

    def short_cells(self) -> int:
        """The cells, a bitmask, on which some linear form vanishes on all that is reached."""
        kernel, dimension = nmod_mat(self._lines(self.free_left), PRIME).nullspace()
        return mask_of(
            c for c in range(len(self.cells)) if any(int(kernel[c, column]) for column in range(dimension))
        )

    def basis(self) -> list[Entry]:
        """Free entries, as many as there are cells, that reach every matrix."""
        lines = self._lines(self.free_left)
        names = [entry for k in self.supports for entry in self.entries[k, k in self.free_left]]
        reduced, rank = nmod_mat(lines, PRIME).transpose().rref()
        return [names[column] for column in _pivots(reduced, rank)]

    def fixed(self, free: Sequence[Entry]) -> list[Entry]:
        """The entries by which free ones are multiplied."""
        used = {(entry.k, entry.left) for entry in free}
        return [entry for k, left in sorted(used) for entry in self.entries[k, not left]]


def _pivots(reduced: nmod_mat, rank: int) -> Iterator[int]:
    column = 0
    for row in range(rank):
        while not int(reduced[row, column]):
            column += 1
        yield column


def _reduction(pattern: Pattern, terms: int, search: Sides) -> Step[Pattern]:
    own = only_terms(pattern, terms).covered()
    smaller = without_terms(pattern, terms)
    cells = tuple(window & ~gone for window, gone in zip(pattern.cells, own, strict=True))
    smaller = Pattern(smaller.row_types, smaller.col_types, cells)
    free = search.basis()
    fixed = search.fixed(free)
    node: Node = {
        "rule": "linear",
        "terms": list(bits(terms)),
        "left": [[e.line, e.k, search.values[e]] for e in fixed if e.left],
        "right": [[e.k, e.line, search.values[e]] for e in fixed if not e.left],
        "stages": [
            {
                "left": [[e.line, e.k] for e in free if e.left],
                "right": [[e.k, e.line] for e in free if not e.left],
            }
        ],
    }

    def assemble(children: Sequence[Node]) -> Node:
        return {**node, "then": children[0]}

    return Step((smaller,), assemble, full=terms)


def _told(node: Node, left: Any) -> tuple[str, str]:
    stages = node["stages"]
    count = sum(len(stage["left"]) + len(stage["right"]) for stage in stages)
    free = f"{count} free entries" + (f", found in {len(stages)} stages," if len(stages) > 1 else "")
    return (
        "Linear equations",
        f"Some entries of hidden {indices(node['terms'])} are fixed at integers. Then {free} solve "
        f"linear equations with constant coefficients, whatever the {len(left.cells(node['terms']))} entries of "
        "the matrix are that these indices reach. They can be put right at the end: they are no longer looked at.",
    )


RULES = (
    Rule(
        "linear",
        "pair",
        "linear equations give every matrix on the entries of some hidden indices, and what is left is closed",
        tell=_told,
        written=("regular",),
    ),
)
