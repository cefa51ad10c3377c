"""Two-factor patterns in type notation, with the set of cells that are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of, transpose_masks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from closedness.supports.product import SupportProduct


@dataclass(frozen=True, slots=True)
class Pattern:
    """A masked two-factor pattern ``(Ω; S_1, ..., S_r)`` in type notation.

    Parameters
    ----------
    row_types : tuple of int, length m
        Bit ``k`` of ``row_types[i]`` is set when row ``i`` may use the hidden index ``k``.
    col_types : tuple of int, length n
        The same for the columns.
    cells : tuple of int, length m
        Bit ``j`` of ``cells[i]`` is set when the entry ``(i, j)`` is looked at (``Ω``). Entries
        that no rank-one support covers belong to it: they are zero for every product and for
        every limit. Only what complete classes make arbitrary is not looked at.

    Notes
    -----
    The set in question is ``P = π_Ω(Σ_k R(S_k))`` (``docs/theory.md``, section "Objects").
    """

    row_types: tuple[int, ...]
    col_types: tuple[int, ...]
    cells: tuple[int, ...]

    @classmethod
    def of_types(cls, row_types: Iterable[int], col_types: Iterable[int]) -> Pattern:
        """Build the unmasked pattern: all cells are looked at.

        Examples
        --------
        >>> Pattern.of_types([1, 3], [1, 3]).cells
        (3, 3)
        """
        rows, cols = tuple(row_types), tuple(col_types)
        return cls(rows, cols, ((1 << len(cols)) - 1,) * len(rows))

    def covered(self) -> tuple[int, ...]:
        """The looked-at cells that some rank-one support covers, row by row."""
        return tuple(
            mask_of(j for j in bits(window) if tau & self.col_types[j])
            for tau, window in zip(self.row_types, self.cells, strict=True)
        )

    @classmethod
    def of(cls, product: SupportProduct) -> Pattern:
        """Read a two-factor support product."""
        left, right = product.factors
        return cls.of_types(left.row_masks, right.col_masks)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.row_types), len(self.col_types)

    @property
    def terms(self) -> int:
        """Bitmask of the hidden indices that occur on both sides."""
        left = right = 0
        for tau in self.row_types:
            left |= tau
        for sigma in self.col_types:
            right |= sigma
        return left & right

    @property
    def T(self) -> Pattern:
        """The transposed pattern."""
        return Pattern(
            self.col_types, self.row_types, transpose_masks(self.cells, len(self.col_types))
        )

    def rectangle(self, k: int) -> tuple[int, int]:
        """Rows and columns (bitmasks) of the rank-one support ``S_k``."""
        bit = 1 << k
        return (
            mask_of(i for i, tau in enumerate(self.row_types) if tau & bit),
            mask_of(j for j, sigma in enumerate(self.col_types) if sigma & bit),
        )

    def term_cells(self, k: int) -> tuple[int, ...]:
        """The cells of ``S_k ∩ Ω``, a bitmask of columns for every row."""
        bit = 1 << k
        columns = self.rectangle(k)[1]
        return tuple(
            cells & columns if tau & bit else 0
            for tau, cells in zip(self.row_types, self.cells, strict=True)
        )

    def select(self, rows: Sequence[int], columns: Sequence[int]) -> Pattern:
        """Keep the named rows and columns, in the order given (deletion of the others)."""
        cells = tuple(
            mask_of(new for new, j in enumerate(columns) if self.cells[i] >> j & 1) for i in rows
        )
        return Pattern(
            tuple(self.row_types[i] for i in rows),
            tuple(self.col_types[j] for j in columns),
            cells,
        )
