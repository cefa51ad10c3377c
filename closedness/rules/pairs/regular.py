"""Rule ``regular``: factors whose product is zero, and near which every small matrix is a product.

Products may be scaled, so every matrix is one. Such factors are sought among those in which the hidden indices fall
into small groups that cancel within themselves (`closedness.equations.cancelling`).
"""

from __future__ import annotations

import random
from math import exp, log
from typing import TYPE_CHECKING, Any

from flint import nmod_mat

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME
from closedness.budget import UNLIMITED, Budget
from closedness.equations.cancelling import cancelling
from closedness.rules.pairs.linear import LARGEST, MOST_CELLS
from closedness.rules.rule import Rule
from closedness.rules.words import indices

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from closedness.rules.rule import Node
    from closedness.supports.pattern import Pattern

CYCLE = 4_000  # steps from one heating to the next
HEAT = 0.5  # at first a rank less by one is kept with probability exp(-2)
MOST_KEPT = 1_500  # groups whose vectors are remembered
REFRESHED = 200  # changes after which sums and differences of floating point are computed anew
# directions with a square well below these two are not reached
SMALL, TINY = 1e-5, 1e-8

# hidden indices, and the dimension of the space in which their entries of a row of X lie
Group = tuple[tuple[int, ...], int]
LARGEST_GROUP = 3

__all__ = ["RegularSearch"]


class RegularSearch:
    """Look for factors whose product is zero and whose derivative reaches every matrix.

    Parameters
    ----------
    pattern : Pattern
    seed : int
        Of the entries and of the search.

    Attributes
    ----------
    hopeless : bool
        Not even at random factors does the derivative reach every matrix, or there are too many cells.

    Examples
    --------
    >>> from closedness.supports.pattern import Pattern
    >>> search = RegularSearch(Pattern.of_types([3, 3], [3, 3]))
    >>> search.run()["rule"]
    'regular'
    >>> RegularSearch(Pattern.of_types([1, 3], [1, 1])).hopeless
    True
    """

    def __init__(self, pattern: Pattern, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.cells: dict[tuple[int, int], int] = {}
        for i, mask in enumerate(pattern.covered()):
            for j in bits(mask):
                self.cells[i, j] = len(self.cells)
        self.masks = pattern.row_types, pattern.col_types
        self.supports = {k: pattern.rectangle(k) for k in bits(pattern.terms) if any(pattern.term_cells(k))}
        self.lines: dict[Group, list[tuple[int, ...]]] = {}
        self.points: dict[Group, list[tuple[int, dict[int, int], dict[int, int]]]] = {}
        self.groups: set[Group] = {
            ((k,), int(columns.bit_count() >= rows.bit_count())) for k, (rows, columns) in self.supports.items()
        }
        self.blocks: dict[Group, np.ndarray[Any, Any]] = {}
        self.missing = float("inf")
        self.steps = self.changes = 0
        self.hopeless = not self.supports or len(self.cells) > MOST_CELLS or self._generic_rank() < len(self.cells)

    def _generic_rank(self) -> int:
        lines = []
        for rows, columns in self.supports.values():
            left, right = self._numbers(rows), self._numbers(columns)
            lines += [self._line((i, j, v) for j, v in right.items()) for i in left]
            lines += [self._line((i, j, v) for i, v in left.items()) for j in right]
        return int(nmod_mat(lines, PRIME).rank())

    def _numbers(self, mask: int) -> dict[int, int]:
        return {line: self.rng.randint(1, LARGEST) for line in bits(mask)}

    def _line(self, entries: Iterator[tuple[int, int, int]]) -> tuple[int, ...]:
        line = [0] * len(self.cells)
        for i, j, value in entries:
            if (i, j) in self.cells:
                line[self.cells[i, j]] = value
        return tuple(line)

    def _prepare(self, group: Group) -> None:
        """Entries of a group, rows of X in a random space and rows of Y orthogonal to it, and what they reach."""
        names, dimension = group
        space = [[self.rng.choice((1, 1, -1, 2, -2)) for _ in names] for _ in range(dimension)]
        left, right = entries = ({k: dict[int, int]() for k in names}, {k: dict[int, int]() for k in names})
        for side, line, k, value in cancelling(names, space, self.masks, lambda: self.rng.randint(1, LARGEST)):
            entries[side][k][line] = value
        lines = set()
        for k in names:
            rows, columns = self.supports[k]
            x, y = left[k], right[k]
            lines |= {self._line((i, j, v) for i, v in x.items()) for j in bits(columns)}
            lines |= {self._line((i, j, v) for j, v in y.items()) for i in bits(rows)}
        self.lines[group] = [line for line in sorted(lines) if any(line)]
        self.points[group] = [(k, left[k], right[k]) for k in names]

    def _block(self, group: Group) -> np.ndarray[Any, Any]:
        """What a group reaches, as columns of length 1 in floating point."""
        import numpy as np

        if group not in self.blocks:
            self._prepare(group)
            lines = np.array(self.lines[group], dtype=float).reshape(-1, len(self.cells)).T
            self.blocks[group] = lines / np.linalg.norm(lines, axis=0)
        return self.blocks[group]

    def _forget(self) -> None:
        """Keep the vectors of the present groups only."""
        self.blocks = {group: self._block(group) for group in self.groups}
        self.lines = {group: self.lines[group] for group in self.groups}
        self.points = {group: self.points[group] for group in self.groups}

    def _squares(self, groups: set[Group]) -> np.ndarray[Any, Any]:
        """The sum of the squares ``v v^T`` of what groups reach."""
        import numpy as np

        columns = np.concatenate([self._block(group) for group in sorted(groups)], axis=1)
        return np.asarray(columns @ columns.T)

    def _reaches_all(self) -> bool:
        """Whether the derivative is onto, by its rank modulo a prime."""
        lines = [line for group in sorted(self.groups) for line in self.lines[group]]
        return len(lines) >= len(self.cells) and int(nmod_mat(lines, PRIME).rank()) == len(self.cells)

    def _changed(self) -> set[Group]:
        """Another choice: groups parted or joined, or with a space of another dimension."""
        groups = set(self.groups)
        for _ in range(self.rng.choice((1, 1, 2))):
            names, dimension = group = self.rng.choice(sorted(groups))
            groups.discard(group)
            partners = [g for g in sorted(groups) if len(names) + len(g[0]) <= LARGEST_GROUP]
            kind = self.rng.random()
            if len(names) > 1 and kind < 0.4:
                groups |= {((k,), self.rng.randrange(2)) for k in names}
            elif partners and kind < 0.8:
                partner = self.rng.choice(partners)
                groups.discard(partner)
                joined = tuple(sorted((*names, *partner[0])))
                groups.add((joined, self.rng.randrange(1, len(joined))))
            else:
                groups.add((names, 1 - dimension if len(names) == 1 else self.rng.randrange(1, len(names))))
        return groups

    def run(self, *, steps: int = 24_000, budget: Budget = UNLIMITED) -> Node | None:
        """Go on searching; the proof node that every matrix on the pattern's cells is a product, or None.

        Parameters
        ----------
        steps : int
            Choices looked at, those of earlier calls included.
        budget : Budget, optional
            A true answer ends the search; it may be taken up again.
        """
        if self.hopeless:
            return None
        squares = self._squares(self.groups)
        if self.steps == 0:
            self.missing = _missing(squares)
            if self.missing < 1 and self._reaches_all():
                return self._node()
        while self.steps < steps and not budget.expired():
            heat = 0.01 + HEAT * (1 - self.steps % CYCLE / CYCLE)
            self.steps += 1
            if len(self.blocks) > MOST_KEPT:
                self._forget()
            groups = self._changed()
            if groups == self.groups:
                continue
            changed = self._squares(groups - self.groups)
            changed += squares
            changed -= self._squares(self.groups - groups)
            missing = _missing(changed)
            if missing > self.missing + SMALL and self.rng.random() >= exp(max(-50.0, (self.missing - missing) / heat)):
                continue
            self.groups, self.missing, squares = groups, missing, changed
            self.changes += 1
            if self.changes % REFRESHED == 0:
                squares = self._squares(groups)
            if missing < 1 and self._reaches_all():
                return self._node()
        return None

    def _node(self) -> Node:
        points = sorted(((k, x, y) for group in self.groups for k, x, y in self.points[group]), key=lambda p: p[0])
        return {
            "rule": "regular",
            "terms": sorted(self.supports),
            "left": [[i, k, value] for k, x, _ in points for i, value in x.items()],
            "right": [[k, j, value] for k, _, y in points for j, value in y.items()],
            "then": {"rule": "nothing"},
        }


def _missing(squares: np.ndarray[Any, Any]) -> float:
    """About how many dimensions are not reached, from determinants in floating point.

    With eigenvalues ``e`` this is the sum of ``log((e + SMALL) / (e + TINY))`` over ``log(SMALL / TINY)``: nearly 1 for
    each ``e`` well below `TINY`, nearly 0 for each well above `SMALL`. A Cholesky factorisation is much faster than a
    rank modulo a prime. Infinite where rounding leaves no positive matrix.
    """
    import numpy as np
    from scipy.linalg.lapack import dpotrf

    total = 0.0
    for sign, shift in ((1, SMALL), (-1, TINY)):
        shifted = squares.copy()
        shifted.flat[:: len(squares) + 1] += shift
        # symmetric: the transpose has the order of entries that spares a copy
        factor, failed = dpotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
        if failed:
            return float("inf")
        total += sign * 2 * float(np.log(factor.diagonal()).sum())
    return total / log(SMALL / TINY)


RULES = (
    Rule(
        "regular",
        "pair",
        "near factors whose product is zero every matrix is reached, and products can be scaled",
        tell=lambda node, left: (
            "Near zero",
            f"There are factors with hidden {indices(node['terms'])} whose product is zero and whose derivative "
            f"reaches every matrix on {len(left.cells(node['terms']))} entries. So all small matrices there are "
            "products, and, as products can be scaled, all matrices are. These entries are no longer looked at.",
        ),
    ),
)
