"""Targets with a diagonal part, up to repeated lines, for which there are too few hidden indices.

Classes ``c = 1 … s`` consist of some rows and some columns; the target has equal lines within a class, and is not zero
in the rows of one class and the columns of another exactly where these are the same. Within a product each hidden
index has, where its support misses a line of the class, only zeros there. If many hidden indices, in some order, do
not meet the columns of a class after another one has met its rows, there are too few others for the diagonal part
(``docs/rules/diagonal.md``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# choices of classes that a search looks at, for each line and class and at most; searches for one number of classes
STEPS, MOST_STEPS, SEARCHES = 40, 3_000, 3
# where choices that are worse are still taken
HOT, COLD = 0.7, 0.05

__all__ = ["Classes", "classes", "refutation", "renamed_diagonal"]

Groups = tuple[int, ...]


@dataclass(frozen=True)
class Classes:
    """Rows and columns of each class as bitmasks, and orders of the classes.

    Attributes
    ----------
    rows, columns : tuple of int
        Bitmasks of lines.
    lost : int
        By how much the rank of the target is smaller than the number of hidden indices: 0 or 1.
    orders : tuple of tuple of int
        One order of the classes; with a rank lost one for the case that the columns of the first factor span the
        column space of the target, and one for the case that the rows of the second span its row space.
    """

    rows: Groups
    columns: Groups
    lost: int
    orders: tuple[tuple[int, ...], ...]


def classes(
    row_masks: Sequence[int],
    column_masks: Sequence[int],
    hidden: int,
    rng: random.Random,
    *,
    budget: Budget = UNLIMITED,
) -> Iterator[Classes]:
    """Classes for which the hidden indices do not suffice, those with few classes first.

    Parameters
    ----------
    row_masks, column_masks : sequence of int
        The hidden indices of each row and of each column.
    hidden : int
        Their number, at most that of rows and that of columns.
    rng : random.Random
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> import random
    >>> next(classes([0b01, 0b11], [0b01, 0b11], 2, random.Random(0)))
    Classes(rows=(1, 2), columns=(2, 1), lost=0, orders=((0, 1),))
    """
    for count in range(1, hidden + 1):
        for lost in (0, 1):
            if count <= hidden - lost:
                search = _Search(row_masks, column_masks, hidden, count, lost, rng, budget)
                for _ in range(SEARCHES):
                    found = search.run()
                    if found is not None:
                        yield found
                        break
                    if budget.expired():
                        return


def refutation(
    found: Classes, row_masks: Sequence[int], column_masks: Sequence[int], hidden: int
) -> dict[str, Any]:
    """The refutation of a certificate for a target with these classes.

    Examples
    --------
    >>> exchanged = Classes((2, 1), (1, 2), 0, ((1, 0),))
    >>> refutation(exchanged, [0b01, 0b11], [0b01, 0b11], 2)["diagonal"]["cases"]
    [{'rows': [[0], [1]], 'columns': [[1], [0]], 'terms': [1]}]
    """
    cases = []
    for case, order in enumerate(found.orders):
        rows, columns = _chosen(found, row_masks, column_masks, hidden, case)
        left = [_common(rows[c], row_masks) for c in order]
        right = [_common(columns[c], column_masks) for c in order]
        terms = list(bits(_avoiding(left, right, range(len(order)), hidden)))
        # no hidden index has rows of a class whose columns another one before it has, or itself
        places = {k: max((p + 1 for p, own in enumerate(right) if own >> k & 1), default=0) for k in terms}
        cases.append(
            {
                "rows": [list(bits(rows[c])) for c in order],
                "columns": [list(bits(columns[c])) for c in order],
                "terms": sorted(terms, key=lambda k: (places[k], k)),
            }
        )
    block = {"rows": list(range(len(row_masks))), "columns": list(range(len(column_masks)))}
    return {"diagonal": {**block, "cases": cases}}


def renamed_diagonal(
    refutation: Mapping[str, Any], rows: Sequence[int], terms: Sequence[int], columns: Sequence[int]
) -> dict[str, Any]:
    """The refutation for a part of a product, in the numbers of the whole.

    Row ``i`` of the part is row ``rows[i]`` of the whole, and so for hidden indices and columns. No other hidden
    index may meet the block.

    Examples
    --------
    >>> case = {"rows": [[0]], "columns": [[1]], "terms": [0]}
    >>> node = {"diagonal": {"rows": [0, 1], "columns": [0, 1], "cases": [case]}}
    >>> renamed_diagonal(node, [3, 4], [7], [5, 6])["diagonal"]["cases"]
    [{'rows': [[3]], 'columns': [[6]], 'terms': [7]}]
    """
    node, names = refutation["diagonal"], {"rows": rows, "columns": columns}
    lines = {side: [own[line] for line in node[side]] for side, own in names.items()}
    cases = [
        {
            **{side: [[own[line] for line in group] for group in case[side]] for side, own in names.items()},
            "terms": [terms[k] for k in case["terms"]],
        }
        for case in node["cases"]
    ]
    return {"diagonal": {**lines, "cases": cases}}


def _common(lines: int, masks: Sequence[int]) -> int:
    """The hidden indices that have all lines."""
    found = -1
    for line in bits(lines):
        found &= masks[line]
    return found


def _avoiding(left: Sequence[int], right: Sequence[int], order: Iterable[int], hidden: int) -> int:
    """The hidden indices whose rows are in later classes than their columns, with the classes in this order."""
    met = bad = 0
    for c in order:
        met |= left[c]
        bad |= met & right[c]
    return ~bad & (1 << hidden) - 1


def _chosen(
    found: Classes, row_masks: Sequence[int], column_masks: Sequence[int], hidden: int, case: int
) -> tuple[list[int], list[int]]:
    """The lines that a case may use: where a rank is lost, one of each class on one of the sides."""
    rows, columns = list(found.rows), list(found.columns)
    if not found.lost:
        return rows, columns
    order, groups = found.orders[case], (columns, rows)[case]
    options = [[1 << line for line in bits(group)] for group in groups]
    groups[:] = [own[0] for own in options]

    def number() -> int:
        left = [_common(rows[c], row_masks) for c in order]
        right = [_common(columns[c], column_masks) for c in order]
        return _avoiding(left, right, range(len(order)), hidden).bit_count()

    best, better = number(), True
    while better:
        better = False
        for c, own in enumerate(options):
            for line in own:
                old, groups[c] = groups[c], line
                new = number()
                if new > best:
                    best, better = new, True
                else:
                    groups[c] = old
    return rows, columns


@dataclass
class _Search:
    """Simulated annealing over classes and their orders."""

    row_masks: Sequence[int]
    column_masks: Sequence[int]
    hidden: int
    count: int
    lost: int
    rng: random.Random
    budget: Budget

    def run(self) -> Classes | None:
        """Classes for which the hidden indices do not suffice, or None."""
        rng = self.rng
        rank = self.hidden - self.lost
        masks = (self.row_masks, self.column_masks)
        labels = [self._labels(len(own), len(own) - rank) for own in masks]
        orders = [list(range(self.count)) for _ in range(1 + self.lost)]
        value = self._value(labels, orders)
        steps = min(MOST_STEPS, STEPS * self.count * (len(masks[0]) + len(masks[1])))
        for step in range(steps):
            if value >= 1:
                found = self._classes(labels, orders)
                return found if self._covered(found) else None
            if not step % 64 and self.budget.expired():
                return None
            heat = HOT * (1 - step / steps) + COLD
            new_labels, new_orders = [own.copy() for own in labels], [own.copy() for own in orders]
            move = rng.random()
            if move < 0.3:
                for own in new_orders:
                    if rng.random() < 0.7:
                        p, q = rng.randrange(self.count), rng.randrange(self.count)
                        own[p], own[q] = own[q], own[p]
            else:
                own = rng.choice(new_labels)
                p, q = rng.randrange(len(own)), rng.randrange(len(own))
                if move < 0.8:
                    own[p], own[q] = own[q], own[p]
                elif own[p] >= 0:
                    own[p] = rng.randrange(self.count)
            new = self._value(new_labels, new_orders)
            if new >= value or rng.random() < math.exp((new - value) / heat):
                labels, orders, value = new_labels, new_orders, new
        return None

    def _labels(self, lines: int, repeated: int) -> list[int]:
        """A class for some lines, at least one for each class."""
        named = list(range(self.count))
        named += [self.rng.randrange(self.count) for _ in range(min(repeated, lines - self.count))]
        labels = named + [-1] * (lines - len(named))
        self.rng.shuffle(labels)
        return labels

    def _classes(self, labels: Sequence[Sequence[int]], orders: Sequence[Sequence[int]]) -> Classes:
        rows, columns = (
            tuple(sum(1 << line for line, c in enumerate(own) if c == each) for each in range(self.count))
            for own in labels
        )
        return Classes(rows, columns, self.lost, tuple(map(tuple, orders)))

    def _covered(self, found: Classes) -> bool:
        """Whether no entry that is not to be zero has no hidden index."""
        return all(
            self.row_masks[i] & self.column_masks[j]
            for rows, columns in zip(found.rows, found.columns, strict=True)
            for i in bits(rows)
            for j in bits(columns)
        )

    def _value(self, labels: Sequence[Sequence[int]], orders: Sequence[Sequence[int]]) -> float:
        """By how many the list is too long, in the worse of the cases; the better one counts a little."""
        common: list[list[int]] = []
        options: list[list[list[int]]] = []
        for own, masks in zip(labels, (self.row_masks, self.column_masks), strict=True):
            found: list[list[int]] = [[] for _ in range(self.count)]
            for line, c in enumerate(own):
                if c >= 0:
                    found[c].append(masks[line])
            if not all(found):
                return -math.inf
            options.append(found)
            together = []
            for each in found:
                mask = -1
                for one in each:
                    mask &= one
                together.append(mask)
            common.append(together)
        need = self.hidden - self.count
        if not self.lost:
            return self._number(common[0], common[1], orders[0]) - need
        found_each = sorted(
            self._best(common[side], options[1 - side], side, order) - need for side, order in enumerate(orders)
        )
        return found_each[0] + 0.1 * min(found_each[1], 1)

    def _number(self, left: Sequence[int], right: Sequence[int], order: Sequence[int]) -> int:
        return _avoiding(left, right, order, self.hidden).bit_count()

    def _best(self, common: Sequence[int], options: Sequence[Sequence[int]], side: int, order: Sequence[int]) -> int:
        """The largest number that a choice of one line from each class of the other side gives, one after the other."""
        chosen = [own[0] for own in options]
        left, right = (common, chosen) if side == 0 else (chosen, common)
        best = self._number(left, right, order)
        for c, own in enumerate(options):
            for mask in own[1:]:
                old, chosen[c] = chosen[c], mask
                new = self._number(left, right, order)
                if new > best:
                    best = new
                else:
                    chosen[c] = old
        return best
