"""Matrices of numbers: targets, exact or in floating point, from files of any kind."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness.errors import FormatError, InputError
from closedness.files import problems
from closedness.files.arrays import printable
from closedness.files.documents import load_json
from closedness.files.kinds import kind_of
from closedness.files.problems import parse_parts, place_of, read_bytes
from closedness.files.text import Table
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_matrix", "read_numbers"]


def read_matrix(path: str | os.PathLike[str]) -> list[list[int | str]]:
    """Read an exact matrix from a file of any kind.

    Parameters
    ----------
    path : str or path
        A file, or ``"-"`` for standard input. In JSON a list of rows of numbers or strings ``"p/q"``. Decimal
        numbers in text stand for what is written, binary numbers for their exact value.

    Returns
    -------
    list of list of int or str
        Rows of equal length; strings are ``"p/q"``.

    Raises
    ------
    FormatError
        If the file cannot be read or holds anything else; the message is one line.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "target.json")
    ...     _ = file.write_text('[[1, "-2/3"], [0, 5]]')
    ...     read_matrix(file)
    [[1, '-2/3'], [0, 5]]
    """
    place = place_of(path)
    data = read_bytes(path)
    ending = Path(path).suffix
    if data.strip() and kind_of(data, ending) == "json":
        return _exact_json(data, place)
    parts = parse_parts(data, ending, place)
    if isinstance(parts, SupportProduct) or len(parts) != 1:
        raise FormatError(f"holds {len(tuple(parts))} matrices, not the one that is asked about", place)
    return [[_exact(value) for value in row] for row in _rows(parts[0][1], place)]


def read_numbers(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    r"""The numbers of a matrix in a file of any kind, in floating point.

    Raises
    ------
    FormatError
        As for :func:`read_matrix`, or if a string is no number.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "a.csv")
    ...     _ = file.write_text("a,b\n1,-2.5")
    ...     read_numbers(file)
    array([[ 1. , -2.5]])
    """
    import numpy as np

    rows = read_matrix(path)
    try:
        return np.array([[float(Fraction(value)) for value in row] for row in rows])
    except (ValueError, ZeroDivisionError, OverflowError):
        raise FormatError('holds a string that is no number "p/q"', place_of(path)) from None


def _exact(value: Any) -> int | str:
    exact = Fraction(value)
    return int(exact) if exact.denominator == 1 else str(exact)


def _rows(value: Any, place: str) -> list[list[Any]]:
    import numpy as np

    if isinstance(value, Table):
        try:
            return list(value.numbers())
        except InputError as error:
            raise FormatError(str(error), place) from None
    if isinstance(value, Support):
        return [[int(cell) for cell in row] for row in value.to_dense().tolist()]
    if hasattr(value, "tocoo"):
        if value.shape[0] * value.shape[1] * 8 > problems.MAX_UNPACKED_BYTES:
            raise FormatError(f"is too large ({value.shape[0]}×{value.shape[1]})", place)
        value = value.toarray()
    array = np.asarray(value)
    if array.ndim != 2:
        raise FormatError(f"has {array.ndim} dimensions, not the two of a matrix", place)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FormatError("holds entries that are not finite", place)
    return [[int(cell) if isinstance(cell, bool) else cell for cell in row] for row in array.tolist()]


def _exact_json(data: bytes, place: str) -> list[list[int | str]]:
    rows = load_json(data, place, exact=True)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise FormatError("is not a list of rows", place)
    if len({len(row) for row in rows}) > 1:
        raise FormatError("has rows of different lengths", place)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if not isinstance(value, (int, str, Fraction)) or isinstance(value, bool):
                said = printable(str(value), 40)
                raise FormatError(f'entry ({i}, {j}) is {said}, not a number or a string "p/q"', place)
    return [[_exact(value) if isinstance(value, Fraction) else value for value in row] for row in rows]
