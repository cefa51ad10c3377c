"""Canonical form of two-factor supports: the same for supports that differ in names only.

A two-factor support is two multisets of subsets of the hidden indices ``0 … r-1``: the row types and the column types,
written as bitmasks. Row order, column order, the labels of the hidden indices and the exchange of the two sides do
not matter. Sorting takes care of the first two; this module finds the labels and the side.

Up to four hidden indices all relabellings are tried, with tables. Beyond that:

1. Hidden indices that occur in the same rows and the same columns (equal rectangles) are interchangeable; they become
   one index with a weight. Equal rows become one row with a multiplicity.
2. What shares no row and no column is canonicalised separately and then sorted.
3. Each part is labelled by colour refinement and individualisation with pruning by automorphisms [1]_: a search tree
   whose nodes fix one more index, refine the colours until they are stable, and whose leaves are labellings; the
   smallest (trace of colours, encoding) wins. Leaves with equal encoding give automorphisms, which cut off equivalent
   branches.

References
----------
.. [1] B. D. McKay, A. Piperno, "Practical graph isomorphism, II", J. Symbolic Comput. 60 (2014).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from typing import Any, NamedTuple

from closedness.algebra.bitsets import bits

__all__ = ["Relabelling", "canonical_relabelling", "canonical_types"]

_BRUTE = 4

Types = tuple[int, ...]
_Rows = Mapping[int, int]  # mask over the hidden indices -> how many rows have it
_Encoding = tuple[tuple[int, ...], tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


class Relabelling(NamedTuple):
    """How to reach the canonical form: exchange the sides if ``transposed``, then relabel the hidden indices.

    Attributes
    ----------
    hidden : tuple of int, length r
        New index ``k`` is the old index ``hidden[k]``.
    transposed : bool
        Whether the sides are exchanged.
    """

    hidden: tuple[int, ...]
    transposed: bool

    def apply(self, row_types: Iterable[int], col_types: Iterable[int]) -> tuple[Types, Types]:
        """The relabelled and sorted row types and column types."""
        new = {old: k for k, old in enumerate(self.hidden)}
        sides = (row_types, col_types)
        rows, cols = (tuple(sorted(sum(1 << new[k] for k in bits(mask)) for mask in side)) for side in sides)
        return (cols, rows) if self.transposed else (rows, cols)


def canonical_types(row_types: Iterable[int], col_types: Iterable[int], r: int) -> tuple[Types, Types]:
    """Canonical row types and column types, both sorted.

    Parameters
    ----------
    row_types, col_types : iterables of int
        Bit ``k`` of a type is set when the row (column) belongs to hidden index ``k``.
    r : int
        Number of hidden indices.

    Returns
    -------
    row_types, col_types : tuple of int
        Equal for two inputs exactly when one is the other up to order, relabelling and exchange of the sides.

    Examples
    --------
    >>> canonical_types([3, 1], [3, 1], 2)
    ((1, 3), (1, 3))
    >>> canonical_types([2, 3], [3, 2], 2)
    ((1, 3), (1, 3))
    """
    row_types, col_types = tuple(row_types), tuple(col_types)
    return canonical_relabelling(row_types, col_types, r).apply(row_types, col_types)


def canonical_relabelling(row_types: Sequence[int], col_types: Sequence[int], r: int) -> Relabelling:
    """A relabelling that leads to the canonical form; see :func:`canonical_types`.

    Examples
    --------
    >>> canonical_relabelling([2, 3], [3, 2], 2)
    Relabelling(hidden=(1, 0), transposed=False)
    """
    rows, cols = Counter(row_types), Counter(col_types)
    shape = [(len(side), sorted(mask.bit_count() for mask in side)) for side in (row_types, col_types)]
    label: Callable[[_Rows, _Rows, int], tuple[Any, tuple[int, ...]]] = _label_brute if r <= _BRUTE else _label
    if shape[0] < shape[1]:
        return Relabelling(label(rows, cols, r)[1], False)
    if shape[0] > shape[1]:
        return Relabelling(label(cols, rows, r)[1], True)
    straight, exchanged = label(rows, cols, r), label(cols, rows, r)
    if straight[0] <= exchanged[0]:
        return Relabelling(straight[1], False)
    return Relabelling(exchanged[1], True)


# -------------------------------------------------------------------- few hidden indices


@lru_cache(maxsize=_BRUTE + 1)
def _tables(r: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Every relabelling (new index -> old index) with the image of every mask."""
    tables = []
    for order in permutations(range(r)):
        new = {old: k for k, old in enumerate(order)}
        tables.append((order, tuple(sum(1 << new[k] for k in bits(mask)) for mask in range(1 << r))))
    return tuple(tables)


def _label_brute(rows: _Rows, cols: _Rows, r: int) -> tuple[Any, tuple[int, ...]]:
    """Smallest encoding over all relabellings, and the relabelling."""
    return min(
        (
            (
                sorted((image[mask], count) for mask, count in rows.items()),
                sorted((image[mask], count) for mask, count in cols.items()),
            ),
            order,
        )
        for order, image in _tables(r)
    )


# -------------------------------------------------------------------- many hidden indices


def _label(rows: _Rows, cols: _Rows, r: int) -> tuple[list[_Encoding], tuple[int, ...]]:
    """Encoding of all parts, and the relabelling (new index -> old index)."""
    row_list, col_list = list(rows), list(cols)
    twins: dict[tuple[int, int], list[int]] = {}
    for k in range(r):
        where = tuple(sum((mask >> k & 1) << i for i, mask in enumerate(side)) for side in (row_list, col_list))
        twins.setdefault((where[0], where[1]), []).append(k)
    groups = list(twins.values())
    small_rows, small_cols = (
        {sum((mask >> group[0] & 1) << g for g, group in enumerate(groups)): count for mask, count in side.items()}
        for side in (rows, cols)
    )
    parts = []
    for part in _components([*small_rows, *small_cols], len(groups)):
        inside = sum(1 << g for g in part)
        pick = [
            {
                sum((mask >> g & 1) << new for new, g in enumerate(part)): count
                for mask, count in side.items()
                if mask & inside
            }
            for side in (small_rows, small_cols)
        ]
        search = _Search([len(groups[g]) for g in part], *pick)
        parts.append((search.encoding, [groups[part[v]] for v in search.order]))
    parts.sort(key=lambda part: part[0])
    order = tuple(k for _, part_groups in parts for group in part_groups for k in group)
    return [encoding for encoding, _ in parts], order


def _components(masks: Iterable[int], n: int) -> list[list[int]]:
    """Partition of ``0 … n-1`` into the indices connected through common masks."""
    parts: list[int] = [1 << k for k in range(n)]
    for mask in masks:
        touching = [part for part in parts if part & mask]
        if len(touching) > 1:
            parts = [part for part in parts if not part & mask]
            parts.append(sum(touching))
    return [list(bits(part)) for part in parts]


class _Search:
    """Canonical labelling of one part: weighted vertices ``0 … n-1`` and two multisets of vertex sets.

    Attributes
    ----------
    order : list of int
        New vertex ``k`` is the old vertex ``order[k]``.
    encoding : tuple
        The part in its new labels: weights, first multiset, second multiset.
    """

    def __init__(self, weights: Sequence[int], rows: _Rows, cols: _Rows) -> None:
        self._weights = weights
        self._sides = (dict(rows), dict(cols))
        self._sets = [
            [(count, list(bits(mask))) for mask, count in side.items()] for side in self._sides
        ]
        n = len(weights)
        self._member: list[list[list[int]]] = [[[] for _ in range(n)] for _ in range(2)]
        for side in range(2):
            for s, (_, vertices) in enumerate(self._sets[side]):
                for v in vertices:
                    self._member[side][v].append(s)
        self._automorphisms: list[list[int]] = []
        self._best_trace: list[Any] = []
        self._best_path: list[int] = []
        self._found = False
        self.order: list[int] = []
        self.encoding: _Encoding = ((), (), ())
        ranks = {weight: rank for rank, weight in enumerate(sorted(set(weights)))}
        colours, trace = self._refine([ranks[weight] for weight in weights])
        self._explore(colours, [trace], [])

    def _refine(self, colours: list[int]) -> tuple[list[int], Any]:
        """Stable colouring finer than the given one, and a trace that isomorphic calls share."""
        trace = []
        cells = len(set(colours))
        while True:
            seen: list[list[int]] = []
            for sets in self._sets:
                keys = [(count, sorted(colours[v] for v in vertices)) for count, vertices in sets]
                names = sorted({(count, tuple(key)) for count, key in keys})
                number = {name: i for i, name in enumerate(names)}
                seen.append([number[count, tuple(key)] for count, key in keys])
                trace.append(tuple(names))
            signatures = [
                (colours[v], *(tuple(sorted(seen[side][s] for s in self._member[side][v])) for side in range(2)))
                for v in range(len(colours))
            ]
            finer = {signature: i for i, signature in enumerate(sorted(set(signatures)))}
            colours = [finer[signature] for signature in signatures]
            if len(finer) == cells:
                return colours, tuple(trace)
            cells = len(finer)

    def _explore(self, colours: list[int], trace: list[Any], path: list[int]) -> int:
        """Search below one node; returns the depth to go back to (its own depth to go on normally)."""
        depth = len(path)
        if self._found:
            known = self._best_trace[:depth + 1]
            if trace > known:
                return depth
        cells: dict[int, list[int]] = {}
        for v, colour in enumerate(colours):
            cells.setdefault(colour, []).append(v)
        open_cells = [(len(cell), colour) for colour, cell in cells.items() if len(cell) > 1]
        if not open_cells:
            return self._leaf(colours, trace, path)
        _, target = min(open_cells)
        tried: list[int] = []
        for v in cells[target]:
            if tried and self._equivalent(v, tried, path):
                continue
            split = [2 * colour + (colour == target and u != v) for u, colour in enumerate(colours)]
            dense = {colour: i for i, colour in enumerate(sorted(set(split)))}
            finer, step = self._refine([dense[colour] for colour in split])
            back = self._explore(finer, [*trace, step], [*path, v])
            if back < depth:
                return back
            tried.append(v)
        return depth

    def _leaf(self, colours: list[int], trace: list[Any], path: list[int]) -> int:
        """Compare a labelling with the best one."""
        depth = len(path)
        order = [0] * len(colours)
        for v, colour in enumerate(colours):
            order[colour] = v
        rows, cols = (
            tuple(sorted((sum(1 << colours[v] for v in bits(mask)), count) for mask, count in side.items()))
            for side in self._sides
        )
        encoding = (tuple(self._weights[v] for v in order), rows, cols)
        if self._found and (trace, encoding) == (self._best_trace, self.encoding):
            image = [0] * len(order)
            for old, new in zip(self.order, order, strict=True):
                image[old] = new
            self._automorphisms.append(image)
            common = 0
            while common < depth and self._best_path[common] == path[common]:
                common += 1
            return common
        if not self._found or (trace, encoding) < (self._best_trace, self.encoding):
            self._found = True
            self._best_trace, self._best_path = trace, path
            self.order, self.encoding = order, encoding
        return depth

    def _equivalent(self, v: int, tried: Sequence[int], path: Sequence[int]) -> bool:
        """Whether a known automorphism that fixes the path moves a tried vertex to ``v``."""
        fixing = [image for image in self._automorphisms if all(image[u] == u for u in path)]
        reached, frontier = {v}, [v]
        while frontier:
            u = frontier.pop()
            for image in fixing:
                if image[u] not in reached:
                    reached.add(image[u])
                    frontier.append(image[u])
        return not reached.isdisjoint(tried)
