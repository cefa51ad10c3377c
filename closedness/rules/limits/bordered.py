"""Rule ``bordered``: a 2×2 LU pattern beside an identity matrix, for hidden indices that share many cells.

Some hidden indices, the carriers, alone cover all cells but one of a square block whose order is their number and
one. An identity matrix uses up all of them but one; by Schur complement the rest is a 2×2 block of which the last
carrier covers three cells alone (``docs/rules/bordered.md``). Low-rank plus sparse supports are of this kind: the
block is a clique of cells that the sparse part leaves out, found greedily.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget
from closedness.equations.curve import factors_of_terms
from closedness.rules.rule import Evidence, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.equations.curve import Term
    from closedness.supports.product import SupportProduct

# sets of carriers, and corners for each of them, that are tried
MOST_CARRIERS, MOST_CORNERS = 4, 400
# rows in which likely carriers are looked for, and rows that may be the second one of a corner
MOST_ROWS = 64

__all__ = ["BorderedMinor", "bordered", "bordered_minor"]


@dataclass(frozen=True)
class BorderedMinor:
    """Where the rule applies.

    Attributes
    ----------
    carriers : tuple of int
        The hidden indices that cover the block; the last one is that of the corner.
    other : int
        Another hidden index, which covers the last cell of the corner.
    rows, columns : tuple of int
        Those of the identity matrix.
    corner : (int, int, int, int)
        Rows ``a, b`` and columns ``c, d``; cell ``(b, d)`` is the one that others cover as well.
    """

    carriers: tuple[int, ...]
    other: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    corner: tuple[int, int, int, int]


def bordered(product: SupportProduct, *, budget: Budget = UNLIMITED) -> Evidence | None:
    """The limit and its refutation by frames, or None.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> low_rank_and_a_cell = SupportProduct.from_text("111/110/110 * 111/111/100")
    >>> bordered(low_rank_and_a_cell).sentence.partition(":")[0]
    'rows 2, 1, 0 and columns 2, 1, 0 form an identity matrix beside a 2×2 LU pattern'
    """
    found = bordered_minor(product, budget=budget)
    return None if found is None else bordered_evidence(product, found)


def bordered_evidence(product: SupportProduct, found: BorderedMinor) -> Evidence:
    """Target, curve and refutation for a minor of this kind."""
    one = Fraction(1)
    a, b, c, d = found.corner
    *first, last = found.carriers
    target = dict.fromkeys(zip(found.rows, found.columns, strict=True), one) | {(a, d): one, (b, c): one}
    terms: list[Term] = [({}, {}) for _ in range(product.factors[0].shape[1])]
    for k, i, j in zip(first, found.rows, found.columns, strict=True):
        terms[k] = ({i: {0: one}}, {j: {0: one}})
    # entries t, 1, 1 and 1/t, which the other hidden index cancels
    terms[last] = ({a: {0: one}, b: {-1: one}}, {c: {1: one}, d: {0: one}})
    terms[found.other] = ({b: {-1: -one}}, {d: {0: one}})
    rows, columns = [*found.rows, a, b], [*found.columns, c, d]
    # the hidden indices that meet the block in its last cell act as one, named after the first
    left, right = product.factors
    own = left.row_masks[b] & right.col_masks[d] & ~sum(1 << k for k in found.carriers)
    steps = [{"do": "pair", "term": next(bits(own))}]
    return Evidence(
        "bordered",
        f"rows {_shown(rows)} and columns {_shown(columns)} form an identity matrix beside a 2×2 LU pattern: "
        f"{len(found.carriers)} hidden indices alone cover all cells but one",
        target,
        factors_of_terms(terms),
        {"frames": {"rows": rows, "columns": columns, "steps": steps}},
    )


def _shown(lines: list[int]) -> str:
    if len(lines) <= 8:
        return ", ".join(map(str, lines))
    return f"{', '.join(map(str, lines[:6]))}, … ({len(lines)} in all)"


def bordered_minor(product: SupportProduct, *, budget: Budget = UNLIMITED) -> BorderedMinor | None:
    """Look for a place where the rule applies, with two carriers or more."""
    m, n = product.shape
    left, right = product.factors
    covering: Counter[int] = Counter()
    for row in left.row_masks[:: 1 + m // MOST_ROWS]:
        if budget.expired():
            return None
        covering.update(row & column for column in right.col_masks)
    full = sum(1 << k for k, (x, y) in enumerate(zip(left.col_masks, right.row_masks, strict=True)) if _all(x, m, y, n))
    likely = [full, *(mask for mask, _ in covering.most_common(MOST_CARRIERS))]
    for carriers in dict.fromkeys(likely):
        if 2 <= carriers.bit_count() < min(m, n):
            found = _Cliques.of(product, carriers, budget).search()
            if found is not None:
                return found
    return None


def _all(rows: int, m: int, columns: int, n: int) -> bool:
    return rows.bit_count() == m and columns.bit_count() == n


@dataclass(frozen=True)
class _Cliques:
    """Bitmasks of columns, for each row: the cells covered by carriers at most, and those by all of them."""

    product: SupportProduct
    carriers: int
    known: list[int]
    whole: list[int]
    budget: Budget

    @classmethod
    def of(cls, product: SupportProduct, carriers: int, budget: Budget) -> _Cliques:
        left, right = product.factors
        everything = (1 << right.shape[1]) - 1
        common = everything
        for k in bits(carriers):
            common &= right.row_masks[k]
        known, whole = [], []
        for row in left.row_masks:
            met = 0
            for k in bits(row & ~carriers):
                met |= right.row_masks[k]
            known.append(everything & ~met)
            whole.append(known[-1] & common if not carriers & ~row else 0)
        return cls(product, carriers, known, whole, budget)

    def search(self) -> BorderedMinor | None:
        """Corners in turn, with an identity matrix beside them as large as need be."""
        for number, corner in enumerate(self._corners()):
            if number >= MOST_CORNERS or self.budget.expired():
                return None
            found = self._beside(*corner)
            if found is not None:
                return found
        return None

    def _corners(self) -> Iterator[tuple[int, int, int, int]]:
        """Rows a, b and columns c, d with all cells but (b, d) known, large cliques of known cells first."""
        m, n = self.product.shape
        columns = [0] * n
        for i, mask in enumerate(self.known):
            for j in bits(mask):
                columns[j] |= 1 << i
        everything = (1 << n) - 1
        order = sorted(range(m), key=lambda i: -self.known[i].bit_count())
        for b in order[:MOST_ROWS]:
            others = sorted(bits(~self.known[b] & everything), key=lambda j: -columns[j].bit_count())
            for d in others[:8]:
                near = [a for a in bits(columns[d]) if self.known[a] & self.known[b]]
                near.sort(key=lambda a: -(self.known[a] & self.known[b]).bit_count())
                for a in near[:4]:
                    common = list(bits(self.known[a] & self.known[b]))
                    common.sort(key=lambda c: -(columns[c] & columns[d]).bit_count())
                    yield from ((a, b, c, d) for c in common[:2])

    def _beside(self, a: int, b: int, c: int, d: int) -> BorderedMinor | None:
        """Rows and columns for the identity matrix, chosen greedily."""
        left, right = self.product.factors
        rows, columns = left.row_masks, right.col_masks
        shared = rows[a] & rows[b] & columns[c] & columns[d] & self.carriers
        others = rows[b] & columns[d] & ~self.carriers
        if not shared or not others:
            return None
        size = self.carriers.bit_count() - 1
        free = self.known[a] & self.known[b] & ~(1 << c | 1 << d)
        both = 1 << c | 1 << d
        left_over = {i for i, mask in enumerate(self.known) if i not in (a, b) and mask & both == both}
        chosen: list[int] = []
        while len(chosen) < size and free.bit_count() >= size and left_over:
            best = max(left_over, key=lambda i: ((self.whole[i] & free).bit_count(), -i))
            left_over.remove(best)
            free &= self.whole[best]
            chosen.append(best)
        if len(chosen) < size or free.bit_count() < size:
            return None
        last = next(bits(shared))
        return BorderedMinor(
            (*(k for k in bits(self.carriers) if k != last), last),
            next(bits(others)),
            tuple(chosen),
            tuple(list(bits(free))[:size]),
            (a, b, c, d),
        )


RULES = (
    Rule(
        "bordered",
        "pair",
        "an identity matrix stands beside a 2×2 LU pattern",
        claim="not_closed",
        written=("limit",),
    ),
)
