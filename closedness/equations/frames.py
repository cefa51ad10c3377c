"""Frames: linear algebra which shows that a matrix is no product of two factors.

Look at a block of the matrix, some rows and some columns, whose rank is the number of hidden indices there. Then
the columns of the two factors are bases of the column space and of the row space, dual to each other, and the
supports confine each of them to a subspace: the spaces of one side, or of the other, or pairs of them may be too
small for that. What is found modulo a prime here is replayed over the integers by the checker
(``docs/rules/frames.md``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.finite import PRIME
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from flint import nmod_mat

    from closedness.supports.product import SupportProduct

Cell = tuple[int, int]
Step = dict[str, Any]
Space = tuple[str, int]
OPPOSITE = {"rows": "columns", "columns": "rows"}
# cases that a refutation may distinguish
MOST_SPLITS = 6

__all__ = ["Block", "frames_refutation", "renamed_frames"]


@dataclass(frozen=True)
class Block:
    """Some rows and columns of a product of two factors.

    Attributes
    ----------
    rows, columns : tuple of int
    terms : dict of int to (frozenset, frozenset)
        The rows and columns of each hidden index that meets the block. Those that meet it in one and the same row,
        or in one and the same column, act as a single one, named after the first of them.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> Block.of(SupportProduct.from_text("10/11 * 11/01"), [0, 1], [0]).terms
    {0: (frozenset({0, 1}), frozenset({0}))}
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: dict[int, tuple[frozenset[int], frozenset[int]]]

    @classmethod
    def of(cls, product: SupportProduct, rows: Iterable[int], columns: Iterable[int]) -> Block:
        """The block of a product with two factors."""
        rows, columns = tuple(rows), tuple(columns)
        left, right = product.factors
        across, down = mask_of(rows), mask_of(columns)
        terms: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        for k, (own_rows, own_columns) in enumerate(zip(left.col_masks, right.row_masks, strict=True)):
            if own_rows & across and own_columns & down:
                terms[k] = frozenset(bits(own_rows & across)), frozenset(bits(own_columns & down))
        for side in (0, 1):
            first: dict[frozenset[int], int] = {}
            for k, term in list(terms.items()):
                if len(term[side]) == 1 and (other := first.setdefault(term[side], k)) != k:
                    terms[other] = (terms[other][0] | term[0], terms[other][1] | term[1])
                    del terms[k]
        return cls(rows, columns, terms)


def frames_refutation(
    product: SupportProduct,
    target: Mapping[Cell, Fraction],
    rows: Iterable[int] | None = None,
    columns: Iterable[int] | None = None,
    *,
    splits: int = MOST_SPLITS,
    seed: int = 0,
    budget: Budget = UNLIMITED,
) -> dict[str, Any] | None:
    """Show by frames that a matrix is no product, or return None.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    target : dict of (row, column) to Fraction
        The entries that are not zero.
    rows, columns : iterable of int, optional
        The block to look at, by default everything.
    splits : int
        Case distinctions that may be made.
    seed : int
        Of the random vectors that guide the search.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    dict or None
        The refutation of a certificate: ``{"frames": {"rows", "columns", "steps"}}``.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> frames_refutation(lu, {(0, 1): 1, (1, 0): 1})["frames"]["steps"]
    [{'do': 'pair', 'term': 1}]
    >>> frames_refutation(lu, {(0, 0): 1, (1, 1): 1}) is None
    True
    """
    m, n = product.shape
    block = Block.of(product, range(m) if rows is None else rows, range(n) if columns is None else columns)
    search = _Search.of(block, target, random.Random(seed), budget)
    if search is None:
        return None
    found = search.solve(splits)
    if found is None:
        return None
    steps, _ = found
    return {"frames": {"rows": list(block.rows), "columns": list(block.columns), "steps": steps}}


def renamed_frames(
    refutation: Mapping[str, Any], rows: Sequence[int], terms: Sequence[int], columns: Sequence[int]
) -> dict[str, Any]:
    """The refutation for a part of a product, in the numbers of the whole.

    Row ``i`` of the part is row ``rows[i]`` of the whole, and so for hidden indices and columns. No other hidden
    index may meet the block.
    """

    def step(node: Step) -> Step:
        new = dict(node)
        for key in ("term", "other"):
            if key in new:
                new[key] = terms[new[key]]
        for key in ("terms", "others"):
            if key in new:
                new[key] = [terms[k] for k in new[key]]
        for key in ("rows", "columns"):
            if key in new:
                new[key] = [step(each) for each in new[key]]
        return new

    node = refutation["frames"]
    return {
        "frames": {
            "rows": [rows[i] for i in node["rows"]],
            "columns": [columns[j] for j in node["columns"]],
            "steps": [step(each) for each in node["steps"]],
        }
    }


# -------------------------------------------------------------------- linear algebra modulo a prime


def _matrix(lines: Sequence[Sequence[int]], width: int) -> nmod_mat:
    from flint import nmod_mat

    return nmod_mat(len(lines), width, [v % PRIME for line in lines for v in line], PRIME)


def _lines(matrix: nmod_mat) -> list[list[int]]:
    return [[int(v) for v in line] for line in matrix.tolist()]


def _kernel(matrix: nmod_mat) -> nmod_mat:
    """A basis, in rows, of the vectors orthogonal to all rows."""
    basis, size = matrix.nullspace()
    width = matrix.ncols()
    return _matrix([[int(basis[p, q]) for p in range(width)] for q in range(size)], width)


def _cut(space: nmod_mat, others: nmod_mat) -> nmod_mat:
    """A basis of what is orthogonal to all of `others` in a space."""
    products = others * space.transpose()
    return space if not any(map(any, _lines(products))) else _kernel(products) * space


def _stacked(spaces: Sequence[nmod_mat], width: int) -> nmod_mat:
    return _matrix([line for space in spaces for line in _lines(space)], width)


def _pivots(matrix: nmod_mat) -> list[int]:
    """Columns that are a basis of all columns."""
    reduced, rank = matrix.rref()
    found: list[int] = []
    for p in range(rank):
        c = found[-1] + 1 if found else 0
        while int(reduced[p, c]) == 0:
            c += 1
        found.append(c)
    return found


# -------------------------------------------------------------------- the search


@dataclass
class _Search:
    """The spaces that are left for each vector, in coordinates of dimension `size`."""

    terms: list[int]
    size: int
    spaces: dict[Space, nmod_mat]
    # the rows and the columns of the block, as linear forms on the spaces
    forms: dict[str, nmod_mat]
    rng: random.Random
    budget: Budget = UNLIMITED
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        block: Block,
        target: Mapping[Cell, Fraction],
        rng: random.Random,
        budget: Budget,
    ) -> _Search | None:
        """Start from the supports; None when the rank is not the number of terms."""
        size = len(block.terms)
        if not 0 < size <= min(len(block.rows), len(block.columns)):
            return None
        values = [[target.get((i, j), 0) for j in block.columns] for i in block.rows]
        if any(v and v.denominator % PRIME == 0 for line in values for v in line):
            return None
        whole = [[int(v.numerator) * pow(v.denominator, -1, PRIME) for v in line] for line in values]
        matrix = _matrix(whole, len(block.columns))
        front = _pivots(matrix)
        if len(front) != size:
            return None
        left = _matrix([[line[q] for q in front] for line in whole], size)
        top = _pivots(left.transpose())
        corner = _matrix([[whole[p][q] for q in front] for p in top], size)
        # rows of `left` and of `right` multiply to the block
        left = left * corner.inv()
        right = _matrix([whole[p] for p in top], len(block.columns)).transpose()
        spaces = {}
        for side, lines, names, which in (("rows", left, block.rows, 0), ("columns", right, block.columns, 1)):
            listed = _lines(lines)
            for k, term in block.terms.items():
                if budget.expired():
                    return None
                zero = [line for line, name in zip(listed, names, strict=True) if name not in term[which]]
                spaces[side, k] = _kernel(_matrix(zero, size))
        return cls(list(block.terms), size, spaces, {"rows": left, "columns": right}, rng, budget)

    def solve(self, splits: int) -> tuple[list[Step], set[Space]] | None:
        """Steps to a contradiction, and the spaces they use."""
        while True:
            if self.budget.expired():
                return None
            last = self._closed() or self._deficient_or_cut()
            if last is not None:
                return self._pruned(last, self._used(last))
            if not self.changed:
                break
        last = self._crossed()
        if last is not None:
            return self._pruned(last, self._used(last))
        return self._split(splits) if splits else None

    @staticmethod
    def _used(last: Step) -> set[Space]:
        if last["do"] == "pair":
            return {("rows", last["term"]), ("columns", last["term"])}
        if last["do"] == "gram":
            return {("rows", k) for k in last["terms"]} | {("columns", k) for k in last["others"]}
        return {(last["side"], k) for k in last["terms"]}

    def _pruned(self, last: Step, used: set[Space]) -> tuple[list[Step], set[Space]]:
        """Leave out what the last step does not depend on."""
        kept = [last]
        for step in reversed(self.steps):
            others = [k for k in step["others"] if (OPPOSITE[step["side"]], k) in used]
            if others:
                kept.append({**step, "others": others})
                used = used | {(step["side"], k) for k in step["terms"]}
        return kept[::-1], used

    def _closed(self) -> Step | None:
        for k in self.terms:
            products = self.spaces["rows", k] * self.spaces["columns", k].transpose()
            if not any(map(any, _lines(products))):
                for side in OPPOSITE:
                    if not self.spaces[side, k].nrows():
                        return {"do": "deficient", "side": side, "terms": [k]}
                return {"do": "pair", "term": k}
        return None

    def _crossed(self) -> Step | None:
        """Rows and columns of the block whose rank is larger than the number of terms that have entries in both."""
        vanishing: dict[str, dict[int, list[int]]] = {}
        for side in OPPOSITE:
            across = self.forms[side].transpose()
            zero = [0] * across.ncols()
            for position, k in enumerate(self.terms):
                if self.budget.expired():
                    return None
                met = map(any, zip(*_lines(self.spaces[side, k] * across), strict=True))
                for line, entry in enumerate(met):
                    zero[line] |= (not entry) << position
            vanishing[side] = {}
            for line, mask in enumerate(zero):
                vanishing[side].setdefault(mask, []).append(line)
        for left in sorted(vanishing["rows"], key=lambda mask: (mask.bit_count(), mask)):
            for right in sorted(vanishing["columns"], key=lambda mask: (mask.bit_count(), mask)):
                lost = self.size - (left | right).bit_count()
                rows, columns = (
                    [line for mask, lines in vanishing[side].items() if not least & ~mask for line in lines]
                    for side, least in (("rows", left), ("columns", right))
                )
                if min(len(rows), len(columns)) <= lost:
                    continue
                if self.budget.expired():
                    return None
                forms = (_lines(self.forms[side]) for side in ("rows", "columns"))
                chosen = [[lines[p] for p in own] for lines, own in zip(forms, (rows, columns), strict=True)]
                block = _matrix(chosen[0], self.size) * _matrix(chosen[1], self.size).transpose()
                if block.rank() > lost:
                    named = [[self.terms[p] for p in bits(mask)] for mask in (left, right)]
                    return {"do": "gram", "terms": named[0], "others": named[1]}
        return None

    def _deficient_or_cut(self) -> Step | None:
        """Spaces of some terms that are too small, or small enough to know what their vectors span."""
        self.changed = False
        for side in OPPOSITE:
            chosen = [self._random(self.spaces[side, k]) for k in self.terms]
            basis = _pivots(_matrix(chosen, self.size).transpose())
            if len(basis) < self.size:
                return {"do": "deficient", "side": side, "terms": self._deficient(side, chosen, basis)}
            for group in self._tight(side, chosen):
                if self.budget.expired():
                    break
                self._apply(side, group)
        return None

    def _random(self, space: nmod_mat) -> list[int]:
        weights = _matrix([[self.rng.randrange(1, PRIME) for _ in range(space.nrows())]], space.nrows())
        return _lines(weights * space)[0]

    def _uses(self, side: str, chosen: Sequence[Sequence[int]], basis: Sequence[int]) -> list[set[int]]:
        """For each term the vectors of the basis (positions of terms) that its space needs."""
        # coordinates on which the vectors of the basis are independent
        own = _matrix([chosen[p] for p in basis], self.size)
        columns = _pivots(own)
        inverse = _matrix([[int(own[p, c]) for c in columns] for p in range(len(basis))], len(basis)).inv()
        found = []
        for k in self.terms:
            part = _matrix([[line[c] for c in columns] for line in _lines(self.spaces[side, k])], len(basis))
            needed = {basis[q] for line in _lines(part * inverse) for q, v in enumerate(line) if v}
            found.append(needed)
        return found

    @staticmethod
    def _reached(start: int, uses: Sequence[set[int]]) -> set[int]:
        found, stack = {start}, [start]
        while stack:
            new = uses[stack.pop()] - found
            found |= new
            stack += new
        return found

    def _deficient(self, side: str, chosen: Sequence[Sequence[int]], basis: Sequence[int]) -> list[int]:
        """Terms whose spaces lie in the span of fewer vectors: a random choice has the greatest rank of all."""
        start = next(p for p in range(self.size) if p not in basis)
        return sorted(self.terms[p] for p in self._reached(start, self._uses(side, chosen, basis)))

    def _tight(self, side: str, chosen: Sequence[Sequence[int]]) -> list[list[int]]:
        uses = self._uses(side, chosen, range(self.size))
        groups = {frozenset(self._reached(p, uses)) for p in range(self.size)}
        return [sorted(self.terms[p] for p in group) for group in sorted(groups, key=lambda g: (len(g), sorted(g)))]

    def _apply(self, side: str, group: Sequence[int]) -> None:
        """The vectors of the group span the sum of their spaces; those of the other terms are orthogonal to it."""
        if len(group) == self.size:
            return
        span = _stacked([self.spaces[side, k] for k in group], self.size)
        others = []
        for k in self.terms:
            if k not in group:
                old = self.spaces[OPPOSITE[side], k]
                new = _cut(old, span)
                if new.nrows() < old.nrows():
                    self.spaces[OPPOSITE[side], k] = new
                    others.append(k)
        if others:
            self.changed = True
            self.steps.append({"do": "tight", "side": side, "terms": list(group), "others": others})

    def _split(self, splits: int) -> tuple[list[Step], set[Space]] | None:
        """Two terms whose vectors are orthogonal because one of two linear forms vanishes."""
        candidates = []
        for k in self.terms:
            if self.budget.expired():
                return None
            for l in self.terms:
                left, right = self.spaces["rows", k], self.spaces["columns", l]
                if k != l and (left * right.transpose()).rank() == 1:
                    candidates.append((left.nrows() + right.nrows(), k, l))
        for _, k, l in sorted(candidates)[:splits]:
            left, right = self.spaces["rows", k], self.spaces["columns", l]
            found = []
            for space, smaller in ((("rows", k), _cut(left, right)), (("columns", l), _cut(right, left))):
                branch = _Search(
                    self.terms, self.size, {**self.spaces, space: smaller}, self.forms, self.rng, self.budget
                )
                answer = branch.solve(splits // 2)
                if answer is None:
                    break
                found.append(answer)
            else:
                (first, used), (second, also) = found
                step = {"do": "split", "term": k, "other": l, "rows": first, "columns": second}
                return self._pruned(step, used | also | {("rows", k), ("columns", l)})
        return None
