"""Sets of cells as integers: one bitmask per row, from every kind of 0/1 matrix."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cell", "checked_indices", "checked_shape", "masks_of_array", "masks_of_nested", "masks_of_sparse"]
__all__ += ["pack_columns", "pack_rows", "shorten"]

Cell = tuple[int, int]
Masks = tuple[tuple[int, int], list[int]]


def masks_of_sparse(obj: Any) -> Masks:
    """Shape and row masks of a scipy.sparse matrix or array of shape (m, n) with values 0 and 1.

    Raises
    ------
    InputError
        If it does not have two non-empty dimensions, or a value is not 0 or 1 (repeated cells are summed first).
    """
    if len(obj.shape) != 2:
        raise InputError(f"a support has two dimensions, this sparse array has {len(obj.shape)}")
    coo = obj.tocoo(copy=True)
    coo.sum_duplicates()
    shape = checked_shape((int(coo.shape[0]), int(coo.shape[1])))
    masks = [0] * shape[0]
    for i, j, value in zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True):
        if value == 1:
            masks[i] |= 1 << j
        elif value != 0:
            raise InputError(f"entry ({i}, {j}) of the support is {value!r}, not 0 or 1")
    return shape, masks


def masks_of_array(obj: Any) -> Masks:
    """Shape and row masks of a numpy array (or what converts to one) of shape (m, n) with values 0 and 1.

    Raises
    ------
    InputError
        If it does not have two non-empty dimensions, or a value is not 0 or 1.
    """
    import numpy as np

    array = np.asarray(obj)
    if array.ndim != 2:
        raise InputError(f"a support has two dimensions, this array has {array.ndim}")
    shape = checked_shape((int(array.shape[0]), int(array.shape[1])))
    if array.dtype.kind not in "biufc":
        return masks_of_nested(array.tolist())
    if array.dtype.kind == "b":
        return shape, pack_rows(array)
    cells = array == 1
    known = cells | (array == 0)
    if not known.all():
        i, j = (int(x) for x in np.argwhere(~known)[0])
        raise InputError(f"entry ({i}, {j}) of the support is {array[i, j].item()!r}, not 0 or 1")
    return shape, pack_rows(cells)


def masks_of_nested(obj: Any) -> Masks:
    """Shape and row masks of a sequence of rows of 0 and 1.

    Raises
    ------
    InputError
        If it is not a sequence of equally long, non-empty sequences, or an entry is not 0 or 1.
    """
    if not isinstance(obj, Sequence) or isinstance(obj, (str, bytes)):
        raise InputError(f"a support is a matrix of 0 and 1, not {type(obj).__name__}")
    masks = []
    width = 0
    for i, row in enumerate(obj):
        if hasattr(row, "tolist"):
            row = row.tolist()
        if not isinstance(row, Sequence) or isinstance(row, (str, bytes)):
            raise InputError(f"row {i} of the support is {shorten(row)}, not a list of 0 and 1")
        if i == 0:
            width = len(row)
        elif len(row) != width:
            raise InputError(f"row {i} of the support has {len(row)} entries, row 0 has {width}")
        mask = 0
        for j, value in enumerate(row):
            if hasattr(value, "item"):
                value = value.item()
            elif hasattr(value, "__index__"):  # integers of other packages, such as those of sympy
                value = operator.index(value)
            if not isinstance(value, (int, float)) or value not in (0, 1):
                raise InputError(f"entry ({i}, {j}) of the support is {shorten(value)}, not 0 or 1")
            if value:
                mask |= 1 << j
        masks.append(mask)
    return checked_shape((len(masks), width)), masks


def pack_rows(cells: NDArray[np.bool_]) -> list[int]:
    """One integer per row of a boolean array of shape (m, n).

    Examples
    --------
    >>> import numpy as np
    >>> pack_rows(np.array([[True, False], [True, True]]))
    [1, 3]
    """
    import numpy as np

    return _integers(np.packbits(cells, axis=1, bitorder="little"))


def pack_columns(cells: NDArray[np.bool_]) -> list[int]:
    """One integer per column of a boolean array of shape (m, n), without packing across rows bit by bit.

    Examples
    --------
    >>> import numpy as np
    >>> pack_columns(np.array([[True, False], [True, True]]))
    [3, 2]
    """
    import numpy as np

    packed = np.zeros(((len(cells) + 7) // 8, cells.shape[1]), np.uint8)
    for bit in range(min(8, len(cells))):
        rows = cells[bit::8]
        packed[: len(rows)] |= rows.view(np.uint8) << bit
    return _integers(packed.T)


def _integers(packed: NDArray[np.uint8]) -> list[int]:
    """Every row of an array of bytes as an integer, lowest byte first."""
    data, width = packed.tobytes(), packed.shape[1]
    return [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]


def checked_shape(shape: Any) -> tuple[int, int]:
    """The shape as a pair of integers.

    Raises
    ------
    InputError
        If it is not a pair of positive integers.
    """
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise InputError(f"shape is {shorten(shape)}, not a pair of sizes")
    for size in shape:
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            raise InputError(f"shape is {shorten(shape)}, not a pair of integers")
        if size < 1:
            raise InputError(f"a support of shape {shape[0]}×{shape[1]} is empty: it needs at least one row and column")
    return int(shape[0]), int(shape[1])


def checked_indices(name: str, indices: Iterable[int], size: int) -> tuple[int, ...]:
    """The indices as a tuple.

    Raises
    ------
    InputError
        If one repeats or is outside ``0 … size - 1``.
    """
    found = tuple(int(index) for index in indices)
    for index in found:
        if not 0 <= index < size:
            raise InputError(f"{name} holds {index}, outside 0 … {size - 1}")
    if len(set(found)) != len(found):
        raise InputError(f"{name} is {shorten(list(found))}: an index repeats")
    return found


def shorten(value: object, limit: int = 40) -> str:
    """Value for an error message: one line of bounded length.

    Examples
    --------
    >>> shorten([1] * 100, limit=10)
    '[1, 1, 1,…'
    """
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
