"""The parametrisation, cut into parts without common factor entries and with superfluous factor entries fixed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.equations.paths import PathSystem, Variable, generic_rank
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.equations.paths import Monomial

__all__ = ["Part", "fixed_entries", "parts"]


@dataclass(frozen=True)
class Part:
    """Entries of the product that share factor entries with each other and with no other entries.

    Attributes
    ----------
    cells : tuple of (i, j)
        In lexicographic order.
    sums : tuple of tuples of Monomials
        For each cell its paths, after some factor entries are fixed to 0 and 1; a monomial may be empty.
    names : tuple of Variable
        The factor entries that are left.
    dimension : int
        Generic rank of the Jacobian, see :func:`closedness.equations.paths.generic_rank`.
    """

    cells: tuple[Cell, ...]
    sums: tuple[tuple[Monomial, ...], ...]
    names: tuple[Variable, ...]
    dimension: int

    @property
    def shape(self) -> Hashable:
        """Equal for parts that differ in the names of rows, columns and factor entries only, in this order of them."""
        place = {v: a for a, v in enumerate(self.names)}
        rows = {i: a for a, i in enumerate(dict.fromkeys(i for i, _ in self.cells))}
        columns = {j: b for b, j in enumerate(sorted({j for _, j in self.cells}))}
        return (
            tuple((rows[i], columns[j]) for i, j in self.cells),
            tuple(tuple(tuple(place[v] for v in monomial) for monomial in entry) for entry in self.sums),
        )

    @property
    def codimension(self) -> int:
        """How many equations cut it out near a generic point."""
        return len(self.cells) - self.dimension


def fixed_entries(product: SupportProduct) -> dict[Variable, int]:
    """Factor entries that may be fixed to 0 or 1 without changing the Zariski closure of the products.

    Let ``k ≤ l`` if ``k`` has no more rows in the factor before than ``l``, and no fewer columns in the factor behind.
    Then multiples of column ``k`` may be added to column ``l`` when row ``l`` is subtracted from row ``k`` accordingly.
    With different rows for all hidden indices, these transformations give column ``l`` of a generic factor a one in
    the row of ``l`` and zeros in the rows of all other ``k ≤ l``.

    Examples
    --------
    >>> sorted((v.name, value) for v, value in fixed_entries(SupportProduct.from_text("11/11 * 11/11")).items())
    [('w0_0_0', 1), ('w0_0_1', 0), ('w0_1_0', 0), ('w0_1_1', 1)]
    """
    fixed: dict[Variable, int] = {}
    for l, (left, right) in enumerate(pairwise(product.factors)):
        found = {Variable(l, i, k): value for (i, k), value in _normal_form(left, right).items()}
        if len(product) == 2:  # the last factor may be the one that is transformed
            other = {Variable(1, k, j): value for (j, k), value in _normal_form(right.T, left.T).items()}
            found = max(found, other, key=len)
        fixed |= found
    return fixed


def _normal_form(left: Support, right: Support) -> dict[Cell, int]:
    """What can be fixed in the left one of two neighbours, by transformations of the indices between them."""
    rows = left.col_masks
    used = [k for k in range(left.shape[1]) if rows[k] and right.row_masks[k]]
    below = {
        l: [k for k in used if not rows[k] & ~rows[l] and not right.row_masks[l] & ~right.row_masks[k]] for l in used
    }
    row_of: dict[int, int] = {}
    for k in sorted(used, key=lambda k: rows[k].bit_count()):
        # only indices below a common one need different rows; the more entries of a row are fixed the better
        taken = mask_of(row_of[other] for each in below.values() if k in each for other in each if other in row_of)
        free = rows[k] & ~taken
        if not free:
            break
        row_of[k] = next(bits(free))
    if len(row_of) < len(used):
        row_of = Matching({k: rows[k] for k in used}).bit_of
    fixed: dict[Cell, int] = {}
    for l, others in below.items():
        if all(k in row_of for k in others):
            fixed |= {(row_of[k], l): int(k == l) for k in others}
        else:  # too few rows: it is only scaled
            fixed[next(bits(rows[l])), l] = 1
    return fixed


def parts(product: SupportProduct) -> list[Part]:
    """Cut a product into parts; the ideal of its closure is the sum of the ideals of the parts.

    Raises
    ------
    BudgetExceeded
        If there are too many paths to write down.

    Examples
    --------
    >>> for part in parts(SupportProduct.from_text("100/101/011 * 110/011/001")):
    ...     print(part.cells, part.codimension)
    ((0, 0), (0, 1), (1, 0), (1, 1)) 1
    ((1, 2), (2, 1), (2, 2)) 0
    """
    system = PathSystem(product)
    owner: dict[Variable, Cell] = {}
    root: dict[Cell, Cell] = {cell: cell for cell in system.entries}

    def find(cell: Cell) -> Cell:
        while root[cell] != cell:
            root[cell] = root[root[cell]]
            cell = root[cell]
        return cell

    for cell, monomials in system.entries.items():
        for v in {v for monomial in monomials for v in monomial}:
            root[find(cell)] = find(owner.setdefault(v, cell))
    groups: dict[Cell, list[Cell]] = {}
    for cell in system.entries:
        groups.setdefault(find(cell), []).append(cell)
    fixed = fixed_entries(product)
    found = []
    for cells in groups.values():
        used = {v for cell in cells for monomial in system.entries[cell] for v in monomial}
        dimension = generic_rank(_only(product, used)) if len(groups) > 1 else generic_rank(product)
        sums = tuple(
            tuple(
                tuple(v for v in monomial if v not in fixed)
                for monomial in system.entries[cell]
                if all(fixed.get(v, 1) for v in monomial)
            )
            for cell in cells
        )
        names = tuple(sorted({v for entry in sums for monomial in entry for v in monomial}))
        found.append(Part(tuple(cells), sums, names, dimension))
    return found


def _only(product: SupportProduct, used: set[Variable]) -> SupportProduct:
    """The product with all other factor entries taken away."""
    return SupportProduct(
        [
            Support.from_masks(
                factor.shape,
                [sum(1 << j for j in row if Variable(l, i, j) in used) for i, row in enumerate(factor.rows)],
            )
            for l, factor in enumerate(product.factors)
        ]
    )
