"""Rule ``limit`` with targets whose refutation is forced cell by cell.

A target is zero in some cells and not zero in others. Where a cell that is not zero has one hidden index left, its two
entries are not zero; where a cell that is zero has one left and one of its entries is not zero, the other one is; where
it has two left and the product of one is not zero, neither is that of the other. Cells are chosen at random among those
that force something, until one is forced to have another value than it has. Few rows and columns take part, and in
their block the curve is sought.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.budget import UNLIMITED, Budget
from closedness.rules.limits.limit import limit_at
from closedness.rules.limits.targets import QUICK
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from closedness.rules.limits.limit import Effort
    from closedness.rules.rule import Evidence
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct

# cells of a target: True where it is not zero
Chosen = dict["Cell", bool]

# random targets that are begun, those refuted for which a curve is sought, the cells of one, and rows and columns
MOST_TRIES = 3_000
MOST_REFUTED = 12
MOST_CHOSEN = 14
MOST_LINES = 10
# hidden indices of a cell from which on it is not looked at: it forces nothing for a long time
MANY = 6
# cells of a pattern from which on nothing is sought
MOST_CELLS = 4_000
# how likely cells are to be chosen, by the number of their lines that occur already; the first one at random
LIKELY = (0.3, 2.0, 4.0)
# a zero that makes an entry zero, or two products not zero, leads further than a cell with one hidden index
MORE_LIKELY = 2.0

__all__ = ["forced", "is_refuted", "refuted_targets"]


class Entries:
    """What is known of the entries of both factors: by line a bitmask of hidden indices."""

    def __init__(self, pattern: Pattern) -> None:
        m, n = pattern.shape
        self.pattern = pattern
        self.nonzero = [0] * m, [0] * n
        self.zero = [0] * m, [0] * n

    def left(self, cell: Cell) -> int:
        """The hidden indices whose product in a cell need not be zero."""
        i, j = cell
        return self.pattern.row_types[i] & self.pattern.col_types[j] & ~self.zero[0][i] & ~self.zero[1][j]

    def sure(self, cell: Cell) -> int:
        """The hidden indices whose product in a cell is not zero."""
        return self.nonzero[0][cell[0]] & self.nonzero[1][cell[1]]

    def _note(self, cell: Cell, index: int) -> bool:
        """Both entries of a hidden index in a cell are not zero; whether this is new."""
        new = index & ~self.sure(cell)
        for side, line in enumerate(cell):
            self.nonzero[side][line] |= index
        return bool(new)

    def force(self, cell: Cell, *, nonzero: bool) -> bool | None:
        """What one cell forces: whether something new is known; None for a contradiction."""
        left = self.left(cell)
        sure = left & self.sure(cell)
        if nonzero:
            return None if not left else left.bit_count() == 1 and self._note(cell, left)
        if left.bit_count() == 2 and sure.bit_count() == 1:
            return self._note(cell, left & ~sure)
        if left.bit_count() != 1:
            return False
        if sure:
            return None
        for side, line in enumerate(cell):
            if self.nonzero[1 - side][cell[1 - side]] & left:
                self.zero[side][line] |= left
                return True
        return False

    def contradict(self, chosen: Chosen, budget: Budget = UNLIMITED) -> bool:
        """Whether the cells force a contradiction; what they force is noted."""
        new = True
        while new and not budget.expired():
            new = False
            for cell, nonzero in chosen.items():
                answer = self.force(cell, nonzero=nonzero)
                if answer is None:
                    return True
                new |= answer
        return False


def is_refuted(pattern: Pattern, chosen: Chosen, budget: Budget = UNLIMITED) -> bool:
    """Whether cells that are zero and cells that are not force a contradiction, so that no such product exists.

    Examples
    --------
    >>> pattern = Pattern.of_types([1, 3], [1, 3])  # LU of order 2
    >>> is_refuted(pattern, {(0, 1): True, (1, 0): True, (0, 0): False})
    True
    >>> is_refuted(pattern, {(0, 1): True, (1, 0): True, (1, 1): False})
    False
    """
    return Entries(pattern).contradict(chosen, budget)


def forced(
    product: SupportProduct, *, tries: int = MOST_TRIES, effort: Effort = QUICK, budget: Budget = UNLIMITED
) -> Evidence | None:
    """A limit of products whose zeros alone show that it is no product.

    Parameters
    ----------
    product : SupportProduct
        The question, two factors.
    tries : int
        Random targets that are begun.
    effort : Effort, optional
        For the curve to each of them.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> from closedness.supports.product import SupportProduct
    >>> sorted(forced(SupportProduct.from_text("10/11 * 11/01")).target)
    [(0, 1), (1, 0)]
    """
    whole = Pattern.of(product)
    seen: set[frozenset[tuple[Cell, bool]]] = set()
    for chosen in refuted_targets(whole, tries=tries, budget=budget):
        name = frozenset(chosen.items())
        if name in seen:
            continue
        seen.add(name)
        rows, columns = ({cell[side] for cell in chosen} for side in (0, 1))
        block = Pattern(
            tuple(tau if i in rows else 0 for i, tau in enumerate(whole.row_types)),
            tuple(sigma if j in columns else 0 for j, sigma in enumerate(whole.col_types)),
            whole.cells,
        )
        target = {cell: Fraction(1) for cell, nonzero in chosen.items() if nonzero}
        found = limit_at(product, block, target, (), effort=effort, budget=budget)
        if found is not None or len(seen) == MOST_REFUTED or budget.expired():
            return found
    return None


def refuted_targets(pattern: Pattern, *, tries: int = MOST_TRIES, budget: Budget = UNLIMITED) -> list[Chosen]:
    """Random targets that are refuted, without the cells that the contradiction does not need."""
    rng = random.Random(0)
    covered = [
        ((i, j), count)
        for i, tau in enumerate(pattern.row_types)
        for j, sigma in enumerate(pattern.col_types)
        if (count := (tau & sigma).bit_count())
    ]
    cells = [cell for cell, count in covered if count < MANY]
    found: list[Chosen] = []
    # the first cell that forces something has one hidden index
    if len(cells) > MOST_CELLS or not any(count == 1 for _, count in covered):
        return found
    for _ in range(tries):
        if budget.expired() or len(found) > 4 * MOST_REFUTED:
            break
        chosen = _begin(pattern, cells, rng)
        if chosen is not None:
            found.append(_needed(pattern, chosen))
    return sorted(found, key=len)


def _needed(pattern: Pattern, chosen: Chosen) -> Chosen:
    """Cells without which there is no contradiction."""
    for cell in list(chosen):
        fewer = {other: nonzero for other, nonzero in chosen.items() if other != cell}
        if is_refuted(pattern, fewer):
            chosen = fewer
    return chosen


def _begin(pattern: Pattern, cells: list[Cell], rng: random.Random) -> Chosen | None:
    """Choose cells that force something until there is a contradiction, if there is one soon."""
    chosen: Chosen = {}
    lines: tuple[set[int], set[int]] = (set(), set())
    known = Entries(pattern)
    for _ in range(MOST_CHOSEN):
        choices: list[tuple[Cell, bool]] = []
        weights: list[float] = []
        full = len(lines[0]) + len(lines[1]) >= MOST_LINES
        for cell in cells:
            shared = (cell[0] in lines[0]) + (cell[1] in lines[1])
            if cell in chosen or (full and shared < 2):
                continue
            left = known.left(cell)
            count = left.bit_count()
            if count > 2:
                continue
            sure = left & known.sure(cell)
            if count == 0 or (count == 1 and sure):
                return {**chosen, cell: count == 0}
            weight = LIKELY[shared] if chosen else 1.0
            if count == 1:
                choices.append((cell, True))
                weights.append(weight)
            if sure if count == 2 else left & (known.nonzero[0][cell[0]] | known.nonzero[1][cell[1]]):
                choices.append((cell, False))
                weights.append(MORE_LIKELY * weight)
        if not choices:
            return None
        cell, nonzero = rng.choices(choices, weights)[0]
        chosen[cell] = nonzero
        for side, line in enumerate(cell):
            lines[side].add(line)
        if known.contradict(chosen):
            return chosen
    return None
