"""The parametrisation, cut into parts without common factor entries and with superfluous factor entries fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.paths import PathSystem, Variable, generic_rank
from closedness.pattern import bits
from closedness.product import SupportProduct
from closedness.support import Support

if TYPE_CHECKING:
    from closedness.paths import Monomial

__all__ = ["Part", "fixed_entries", "parts"]

Cell = tuple[int, int]


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
        Generic rank of the Jacobian, see :func:`closedness.paths.generic_rank`.
    """

    cells: tuple[Cell, ...]
    sums: tuple[tuple[Monomial, ...], ...]
    names: tuple[Variable, ...]
    dimension: int

    @property
    def codimension(self) -> int:
        """How many equations cut it out near a generic point."""
        return len(self.cells) - self.dimension


def fixed_entries(product: SupportProduct) -> dict[Variable, int]:
    """Factor entries that may be fixed to 0 or 1 without changing the Zariski closure of the products.

    Of hidden indices with equal columns in one factor and equal rows in the next one, ``s`` at a time can be
    transformed by any invertible ``s × s`` matrix, which makes a generic block the identity. Where there are not enough
    rows for that, every hidden index is scaled.

    Examples
    --------
    >>> sorted((v.name, value) for v, value in fixed_entries(SupportProduct.from_text("11/11 * 11/11")).items())
    [('w0_0_0', 1), ('w0_0_1', 0), ('w0_1_0', 0), ('w0_1_1', 1)]
    """
    fixed: dict[Variable, int] = {}
    for l, (left, right) in enumerate(zip(product.factors, product.factors[1:], strict=False)):
        alike: dict[tuple[int, int], list[int]] = {}
        for k in range(left.shape[1]):
            pair = left.col_masks[k], right.row_masks[k]
            if all(pair):
                alike.setdefault(pair, []).append(k)
        for (above, below), members in alike.items():
            rows, columns = list(bits(above)), list(bits(below))
            size = len(members)
            # the right factor is still free only when it is the last one
            if len(product) == 2 and min(len(rows), size) < min(len(columns), size):
                block = {Variable(l + 1, k, j): (k, j) for k in members for j in columns[:size]}
                place = {(k, columns[a]) for a, k in enumerate(members[: len(columns)])}
                lines = len(columns)
            else:
                block = {Variable(l, i, k): (k, i) for k in members for i in rows[:size]}
                place = {(k, rows[a]) for a, k in enumerate(members[: len(rows)])}
                lines = len(rows)
            if lines >= size:
                fixed |= {v: int(where in place) for v, where in block.items()}
            else:
                fixed |= {Variable(l, rows[0], k): 1 for k in members}
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
