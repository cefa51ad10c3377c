"""Support: where a matrix may be non-zero. An immutable 0/1 pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, positions
from closedness.errors import InputError
from closedness.supports.masks import (
    checked_indices,
    checked_shape,
    masks_of_array,
    masks_of_nested,
    masks_of_sparse,
    pack_columns,
    shorten,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Support", "bits"]

_ONES = "1xX*"
_ZEROS = "0.-"
_LARGE = 1 << 14  # beyond so many cells numpy's conversions beat plain loops
_REPR_CELLS = 64


class Support:
    """An immutable set of cells of a matrix: the positions that may be non-zero.

    Parameters
    ----------
    shape : tuple of int, (m, n)
        Numbers of rows and columns, both at least 1.
    rows : iterable of m iterables of int
        The column indices of each row, in any order, without repetition.

    Raises
    ------
    InputError
        If a size is not a positive integer, the number of rows differs from ``m``, or a column index repeats or is
        outside ``0 … n-1``.

    Notes
    -----
    Stored as one integer per row whose bit ``j`` is cell ``(i, j)``; equality and hash use shape and cells alone.

    Examples
    --------
    >>> s = Support((2, 3), [[0], [1, 2]])
    >>> s == Support.read([[1, 0, 0], [0, 1, 1]])
    True
    >>> print(s)
    1..
    .11
    >>> s.rows, s.row_masks, s.col_masks, s.nnz
    (((0,), (1, 2)), (1, 6), (1, 2, 2), 3)
    """

    __slots__ = ("_col_masks", "_hash", "_row_masks", "_rows", "_shape")
    __match_args__ = ("shape", "rows")

    _shape: tuple[int, int]
    _row_masks: tuple[int, ...]
    _col_masks: tuple[int, ...] | None
    _rows: tuple[tuple[int, ...], ...] | None
    _hash: int

    def __init__(self, shape: tuple[int, int], rows: Iterable[Iterable[int]]) -> None:
        m, n = checked_shape(shape)
        masks = []
        for i, row in enumerate(rows):
            mask = 0
            for j in row:
                if isinstance(j, bool) or not hasattr(j, "__index__"):
                    raise InputError(f"rows[{i}] holds {j!r}, not an integer column index")
                j = j.__index__()
                if not 0 <= j < n:
                    raise InputError(f"rows[{i}] holds column {j}, outside 0 … {n - 1}")
                if mask >> j & 1:
                    raise InputError(f"rows[{i}] holds column {j} twice")
                mask |= 1 << j
            masks.append(mask)
        if len(masks) != m:
            raise InputError(f"rows has {len(masks)} rows, the shape says {m}")
        self._set((m, n), tuple(masks))

    def _set(self, shape: tuple[int, int], row_masks: tuple[int, ...]) -> None:
        put = object.__setattr__
        put(self, "_shape", shape)
        put(self, "_row_masks", row_masks)
        put(self, "_col_masks", None)
        put(self, "_rows", None)
        put(self, "_hash", hash((shape, row_masks)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Support is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Support is immutable: cannot delete {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Support.from_masks, (self._shape, self._row_masks)

    def __copy__(self) -> Support:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Support:
        return self

    # ---------------------------------------------------------------- other ways to make one

    @classmethod
    def from_masks(cls, shape: tuple[int, int], row_masks: Iterable[int]) -> Support:
        """Support from one bitmask per row: bit ``j`` of ``row_masks[i]`` is cell ``(i, j)``.

        Examples
        --------
        >>> print(Support.from_masks((2, 3), [0b001, 0b110]))
        1..
        .11
        """
        m, n = checked_shape(shape)
        masks = tuple(int(mask) for mask in row_masks)
        if len(masks) != m:
            raise InputError(f"row_masks has {len(masks)} rows, the shape says {m}")
        for i, mask in enumerate(masks):
            if mask < 0 or mask >> n:
                raise InputError(f"row_masks[{i}] is {mask}, outside 0 … 2^{n} - 1")
        self = object.__new__(cls)
        self._set((m, n), masks)
        return self

    @classmethod
    def from_rows(cls, shape: tuple[int, int], rows: Iterable[Iterable[int]]) -> Support:
        """Support from the column indices of each row; the same as ``Support(shape, rows)``."""
        return cls(shape, rows)

    @classmethod
    def from_text(cls, text: str) -> Support:
        """Support from a drawing: ``1 x X *`` are cells, ``0 . -`` are none, rows end at a line break or ``/``.

        Raises
        ------
        InputError
            If there is no row, a character is not one of these, or the rows differ in length.

        Examples
        --------
        >>> Support.from_text("x. / xx") == Support.read([[1, 0], [1, 1]])
        True
        """
        lines = ["".join(line.split()) for line in text.replace("/", "\n").splitlines()]
        lines = [line for line in lines if line]
        if not lines:
            raise InputError("text holds no row")
        masks = []
        for i, line in enumerate(lines):
            if len(line) != len(lines[0]):
                raise InputError(f"row {i} of the support has {len(line)} entries, row 0 has {len(lines[0])}")
            mask = 0
            for j, char in enumerate(line):
                if char in _ONES:
                    mask |= 1 << j
                elif char not in _ZEROS:
                    raise InputError(f"entry ({i}, {j}) of the support is {char!r}, not one of 0 1 . x")
            masks.append(mask)
        return cls.from_masks((len(lines), len(lines[0])), masks)

    @classmethod
    def kronecker(cls, a: int, b: int, c: int, d: int) -> Support:
        """Support ``I_a ⊗ 1_{b×c} ⊗ I_d`` of a Kronecker-sparse factor, of shape ``(a b d, a c d)``.

        Examples
        --------
        >>> print(Support.kronecker(1, 2, 2, 2))
        1.1.
        .1.1
        1.1.
        .1.1
        >>> Support.kronecker(2, 2, 2, 1) == Support.from_text("11../11../..11/..11")
        True
        """
        for name, value in zip("abcd", (a, b, c, d), strict=True):
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
                raise InputError(f"{name} is {value!r}, not a positive integer")
        comb = sum(1 << k * d for k in range(c))
        masks = [comb << ia * c * d + i for ia in range(a) for _ in range(b) for i in range(d)]
        return cls.from_masks((a * b * d, a * c * d), masks)

    @classmethod
    def read(cls, obj: Any) -> Support:
        """Support from any 0/1 matrix.

        Parameters
        ----------
        obj : Support, nested sequence, numpy array, scipy.sparse matrix or array, torch tensor, all of shape (m, n)
            Entries equal to 0 or 1 (or booleans). Tensors and sparse matrices are recognised by their methods.

        Returns
        -------
        Support

        Raises
        ------
        InputError
            If ``obj`` is not a matrix with at least one row and column, its rows are ragged, or an entry is not 0 or 1.

        Examples
        --------
        >>> import numpy as np, scipy.sparse as sp
        >>> Support.read(np.tri(3)) == Support.read(sp.csr_array(np.tri(3))) == Support.from_text("100/110/111")
        True
        >>> Support.read([[1, 0], [1]])
        Traceback (most recent call last):
            ...
        closedness.errors.InputError: row 1 of the support has 1 entries, row 0 has 2
        """
        if isinstance(obj, Support):
            return obj
        if isinstance(obj, (str, bytes)):
            raise InputError("a support given as text is read by Support.from_text")
        if hasattr(obj, "detach") and hasattr(obj, "cpu"):  # torch
            obj = obj.detach().cpu()
            if hasattr(obj, "to_dense"):
                obj = obj.to_dense()
            obj = obj.numpy()
        if hasattr(obj, "tocoo"):  # scipy.sparse
            return cls.from_masks(*masks_of_sparse(obj))
        if hasattr(obj, "__array__") or hasattr(obj, "__array_interface__"):
            return cls.from_masks(*masks_of_array(obj))
        return cls.from_masks(*masks_of_nested(obj))

    # ---------------------------------------------------------------- contents

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self._shape

    @property
    def row_masks(self) -> tuple[int, ...]:
        """One integer per row: bit ``j`` of ``row_masks[i]`` is cell ``(i, j)``."""
        return self._row_masks

    @property
    def col_masks(self) -> tuple[int, ...]:
        """One integer per column: bit ``i`` of ``col_masks[j]`` is cell ``(i, j)``."""
        masks = self._col_masks
        if masks is None:
            m, n = self._shape
            if m * n > _LARGE:
                masks = tuple(pack_columns(self.to_dense()))
            else:
                columns = [0] * n
                for i, mask in enumerate(self._row_masks):
                    for j in bits(mask):
                        columns[j] |= 1 << i
                masks = tuple(columns)
            object.__setattr__(self, "_col_masks", masks)
        return masks

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The sorted column indices of each row."""
        rows = self._rows
        if rows is None:
            rows = tuple(positions(mask) for mask in self._row_masks)
            object.__setattr__(self, "_rows", rows)
        return rows

    @property
    def nnz(self) -> int:
        """Number of cells."""
        return sum(mask.bit_count() for mask in self._row_masks)

    def __contains__(self, cell: object) -> bool:
        if not isinstance(cell, tuple) or len(cell) != 2:
            return False
        i, j = cell
        return 0 <= i < self._shape[0] and 0 <= j < self._shape[1] and bool(self._row_masks[i] >> j & 1)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """All cells ``(i, j)``, row by row."""
        return ((i, j) for i, mask in enumerate(self._row_masks) for j in bits(mask))

    def __len__(self) -> int:
        return self.nnz

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Support):
            return NotImplemented
        return self._shape == other._shape and self._row_masks == other._row_masks

    def __hash__(self) -> int:
        return self._hash

    def __le__(self, other: Support) -> bool:
        """Inclusion of supports of equal shape."""
        if not isinstance(other, Support):
            return NotImplemented
        return self._shape == other._shape and all(
            not a & ~b for a, b in zip(self._row_masks, other._row_masks, strict=True)
        )

    # ---------------------------------------------------------------- new supports from old

    @property
    def T(self) -> Support:
        """The transposed support."""
        return Support.from_masks((self._shape[1], self._shape[0]), self.col_masks)

    def select(self, rows: Iterable[int] | None = None, cols: Iterable[int] | None = None) -> Support:
        """Sub-support of the given rows and columns, in the given order; ``None`` keeps all.

        Raises
        ------
        InputError
            If an index repeats, is out of range, or nothing is left.

        Examples
        --------
        >>> print(Support.from_text("100/110/111").select(rows=[2, 1], cols=[0, 2]))
        11
        1.
        """
        m, n = self._shape
        masks = self._row_masks
        if rows is not None:
            keep = checked_indices("rows", rows, m)
            masks = tuple(masks[i] for i in keep)
            m = len(keep)
        if cols is not None:
            order = checked_indices("cols", cols, n)
            n = len(order)
            masks = tuple(sum((mask >> j & 1) << new for new, j in enumerate(order)) for mask in masks)
        return Support.from_masks((m, n), masks)

    def permute(self, rows: Sequence[int] | None = None, cols: Sequence[int] | None = None) -> Support:
        """Reorder rows and columns: row ``i`` of the result is row ``rows[i]`` of this support, columns likewise.

        Raises
        ------
        InputError
            If ``rows`` or ``cols`` is not a permutation.

        Examples
        --------
        >>> print(Support.from_text("10/11").permute(rows=[1, 0]))
        11
        1.
        """
        for name, order, size in (("rows", rows, self._shape[0]), ("cols", cols, self._shape[1])):
            if order is not None and sorted(order) != list(range(size)):
                raise InputError(f"{name} is {shorten(list(order))}, not a permutation of 0 … {size - 1}")
        return self.select(rows, cols)

    def kron(self, other: Support) -> Support:
        """Kronecker product: cell ``(i1 m2 + i2, j1 n2 + j2)`` for cells ``(i1, j1)`` here and ``(i2, j2)`` there.

        Examples
        --------
        >>> print(Support.from_text("10/11").kron(Support.from_text("11")))
        11..
        1111
        """
        (m1, n1), (m2, n2) = self._shape, other._shape
        masks = [
            sum(low << j * n2 for j in bits(high)) for high in self._row_masks for low in other._row_masks
        ]
        return Support.from_masks((m1 * m2, n1 * n2), masks)

    def __matmul__(self, other: Support) -> Support:
        """Support of the product: cells reached through at least one inner index.

        Examples
        --------
        >>> print(Support.from_text("10/11") @ Support.from_text("11/01"))
        11
        11
        """
        if not isinstance(other, Support):
            return NotImplemented
        if self._shape[1] != other._shape[0]:
            raise InputError(f"shapes {self._shape} and {other._shape} cannot be multiplied")
        masks = []
        for mask in self._row_masks:
            union = 0
            for k in positions(mask):
                union |= other._row_masks[k]
            masks.append(union)
        return Support.from_masks((self._shape[0], other._shape[1]), masks)

    # ---------------------------------------------------------------- out

    def to_dense(self) -> NDArray[np.bool_]:
        """Boolean array of shape ``(m, n)``."""
        import numpy as np

        m, n = self._shape
        width = (n + 7) // 8
        packed = b"".join(mask.to_bytes(width, "little") for mask in self._row_masks)
        array = np.frombuffer(packed, dtype=np.uint8).reshape(m, width)
        return np.unpackbits(array, axis=1, count=n, bitorder="little").view(np.bool_)

    def to_sparse(self) -> csr_array:
        """Boolean ``scipy.sparse.csr_array`` of shape ``(m, n)``."""
        import numpy as np
        from scipy.sparse import csr_array

        rows = self.rows
        indptr = np.cumsum([0, *(len(row) for row in rows)])
        indices = np.fromiter((j for row in rows for j in row), dtype=np.int64, count=int(indptr[-1]))
        return csr_array((np.ones(len(indices), dtype=np.bool_), indices, indptr), shape=self._shape)

    def to_text(self, one: str = "1", zero: str = ".", separator: str = "\n") -> str:
        """Drawing with one character per cell; :meth:`from_text` reads it back."""
        n = self._shape[1]
        table = str.maketrans("01", zero + one)
        return separator.join(format(mask, f"0{n}b")[::-1].translate(table) for mask in self._row_masks)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        m, n = self._shape
        if m * n <= _REPR_CELLS:
            return f"Support.from_text({self.to_text(zero='0', separator='/')!r})"
        return f"<Support {m}×{n} with {self.nnz} cells>"

    def _repr_svg_(self) -> str:
        from closedness.drawing.grid import support_svg

        return support_svg(self)
