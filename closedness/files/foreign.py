"""Matrices that scipy reads: Matrix Market, MATLAB's ``.mat``, scipy's own sparse matrices.

Sizes are looked at before anything is unpacked; whatever the readers say about a damaged file becomes one line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

from closedness.errors import FormatError
from closedness.files.arrays import printable, read_npz

__all__ = ["guarded", "read_mat", "read_mtx", "read_sparse"]

_SECONDS = 60.0
_MIRRORED = {"general": None, "symmetric": 1, "skew-symmetric": -1, "hermitian": 1}
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_COMPRESSED = 15  # the type of a compressed element of a .mat file


def guarded(read: Callable[[], Any], place: str, advice: str) -> Any:
    """Call a reader of another package; whatever it says becomes one line.

    Raises
    ------
    FormatError
        If it fails.
    """
    try:
        return read()
    except FileNotFoundError:
        raise FormatError("no such file", place) from None
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror or type(error).__name__})", place) from None
    except Exception as error:  # noqa: BLE001  whatever a damaged or foreign file provokes
        first = printable(_COLOUR.sub("", str(error)).strip().partition("\n")[0], 80)
        raise FormatError(f"{advice} ({type(error).__name__}: {first})", place) from None


def read_mtx(data: bytes, place: str, limit: int) -> Any:
    """The matrix of a Matrix Market file, in coordinates.

    It is read here, line by line: scipy's fast reader can crash on damaged files.

    Raises
    ------
    FormatError
        If it is damaged, holds complex numbers, or declares more than it holds.
    """
    from scipy.sparse import coo_array

    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError(f"is not UTF-8 text (byte {error.start})", place) from None
    words = lines[0].lower().split()
    if len(words) != 5 or words[1] != "matrix" or words[2] not in ("coordinate", "array") or words[4] not in _MIRRORED:
        raise FormatError("is not a complete Matrix Market file (its first line)", place)
    form, kind, sign = words[2], words[3], _MIRRORED[words[4]]
    if kind not in ("real", "double", "integer", "unsigned-integer", "pattern"):
        raise FormatError(f"holds {printable(kind, 20)} numbers, not numbers 0 and 1", place)
    body = [line.split() for line in lines[1:] if line.strip() and not line.startswith("%")]
    try:
        sizes = [int(word) for word in body[0]]
        if len(sizes) != (3 if form == "coordinate" else 2) or min(sizes) < 0:
            raise ValueError("its sizes")
        entries = _entries(form, kind, sizes, body[1:], sign)
    except (ValueError, IndexError, OverflowError) as error:
        advice = f"is not a complete Matrix Market file ({printable(str(error), 60)})"
        raise FormatError(advice, place) from None
    if sizes[0] * sizes[1] > limit * 8:
        raise FormatError(f"declares {sizes[0]}×{sizes[1]} entries, more than the limit", place)
    cells = {(i, j): value for i, j, value in entries}
    if sign is not None:
        cells |= {(j, i): sign * value for i, j, value in entries if i != j}
    rows, columns = [i for i, _ in cells], [j for _, j in cells]
    return coo_array((list(map(float, cells.values())), (rows, columns)), shape=(sizes[0], sizes[1]))


def _entries(
    form: str, kind: str, sizes: list[int], body: list[list[str]], sign: int | None
) -> list[tuple[int, int, float]]:
    """Rows, columns and values as listed, counted from 0."""
    m, n = sizes[:2]
    if sign is not None and m != n:
        raise ValueError("symmetric and not square")
    if form == "array":
        first = [0 if sign is None else j + (sign < 0) for j in range(n)] if n <= len(body) else []
        count = sum(max(m - start, 0) for start in first)
        if count != len(body) or not first:
            raise ValueError(f"declares {m}×{n} entries, and holds {len(body)}")
        places = ((i, j) for j in range(n) for i in range(first[j], m))
        return [(i, j, float(line[0])) for (i, j), line in zip(places, body, strict=True)]
    if sizes[2] != len(body):
        raise ValueError(f"declares {sizes[2]} entries, and holds {len(body)}")
    entries = []
    for line in body:
        i, j = int(line[0]) - 1, int(line[1]) - 1
        if not (0 <= i < m and 0 <= j < n):
            raise ValueError(f"the entry {i + 1} {j + 1} is outside {m}×{n}")
        entries.append((i, j, 1.0 if kind == "pattern" else float(line[2])))
    if len({(i, j) for i, j, _ in entries}) < len(entries):
        raise ValueError("an entry is listed twice")
    return entries


def read_sparse(data: bytes, place: str) -> Any:
    """A matrix that ``scipy.sparse.save_npz`` wrote.

    Raises
    ------
    FormatError
        If it is none.
    """
    from scipy.sparse import load_npz

    return guarded(lambda: _sound(load_npz(BytesIO(data))), place, "is not a scipy.sparse matrix")


def read_mat(data: bytes, place: str, limit: int) -> dict[str, Any]:
    """The matrices of a ``.mat`` file by name, cell arrays (as FAµST saves factors) entry by entry.

    Raises
    ------
    FormatError
        If it is damaged, unpacks to more bytes than the limit, or holds anything but matrices and cell arrays of them.
    """
    _require_small(data, place, limit)
    broken = FormatError("is not a complete .mat file", place)
    run = [sys.executable, "-m", "closedness.files.mat_worker"]
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    try:
        answer = subprocess.run(run, input=data, capture_output=True, timeout=_SECONDS, env=environment, check=False)
    except subprocess.TimeoutExpired:
        raise broken from None
    if answer.returncode or not answer.stdout:
        raise broken
    try:
        arrays = read_npz(BytesIO(answer.stdout), place, lambda _: True, 4 * limit)
    except FormatError as error:  # an empty matrix has no factor
        raise FormatError(f"holds a matrix that {error.message}", place) from None
    found: dict[str, Any] = {}
    for number, (name, what) in enumerate(json.loads(arrays["list"].tobytes())):
        if what:
            said = f"holds {printable(name, 40)!r}, which is no matrix of numbers ({printable(what, 40)})"
            raise FormatError(f"{said}; save only the factors", place)
        if f"dense_{number}" in arrays:
            found[name] = arrays[f"dense_{number}"]
        else:
            parts = [arrays[f"{part}_{number}"] for part in ("value", "row", "column")]
            found[name] = guarded(partial(_coordinates, *parts), place, "is not a complete .mat file")
    return found


def _coordinates(value: Any, row: Any, column: Any) -> Any:
    from scipy.sparse import coo_array

    return _sound(coo_array((value[1:], (row[1:], column[1:])), shape=(int(row[0]), int(column[0]))))


def _sound(matrix: Any) -> Any:
    """A sparse matrix in coordinates, after a look at its indices: scipy's loops would follow wrong ones anywhere.

    Raises
    ------
    ValueError
        If an index is outside the shape.
    """
    import numpy as np

    if hasattr(matrix, "indptr"):
        along, across = matrix.shape if matrix.format in ("csr", "bsr") else matrix.shape[::-1]
        if matrix.format == "bsr":
            along, across = along // matrix.blocksize[0], across // matrix.blocksize[1]
        ends = np.asarray(matrix.indptr)
        if len(ends) != along + 1 or ends[0] != 0 or (np.diff(ends) < 0).any():
            raise ValueError("rows that do not follow one another")
        if ends[-1] != len(matrix.indices) or len(matrix.data) < ends[-1]:
            raise ValueError("indices that do not fit the entries")
        if len(matrix.indices) and not (0 <= matrix.indices.min() and matrix.indices.max() < across):
            raise ValueError("an index outside the shape")
    coordinates = matrix.tocoo()
    for indices, size in zip((coordinates.row, coordinates.col), matrix.shape, strict=True):
        if len(indices) and not (0 <= indices.min() and indices.max() < size):
            raise ValueError("an index outside the shape")
    return coordinates


def _require_small(data: bytes, place: str, limit: int) -> None:
    """Refuse a file whose compressed elements unpack to more than the limit, without unpacking more than that."""
    order = "little" if data[126:128] == b"IM" else "big"
    position, total = 128, 0
    while position + 8 <= len(data):
        kind = int.from_bytes(data[position : position + 4], order)  # type: ignore[arg-type]
        size = int.from_bytes(data[position + 4 : position + 8], order)  # type: ignore[arg-type]
        if kind == _COMPRESSED:
            try:
                total += len(zlib.decompressobj().decompress(data[position + 8 : position + 8 + size], limit + 1))
            except zlib.error:
                raise FormatError("is not a complete .mat file", place) from None
        if total > limit:
            raise FormatError(f"unpacks to more than the limit of {limit // 2**20} MiB", place)
        position += 8 + size
