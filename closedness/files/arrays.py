"""Arrays of ``.npy`` and ``.npz`` files that come from strangers.

Nothing is unpickled, nothing beyond the stated limits is unpacked, and every fault ends in one
:class:`~closedness.errors.FormatError` that names it.
"""

from __future__ import annotations

import os
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from math import prod
from typing import IO, TYPE_CHECKING, Any

from closedness.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["npz_sizes", "printable", "read_npy", "read_npz"]


def read_npz(
    source: str | os.PathLike[str] | IO[bytes],
    place: str,
    wanted: Callable[[str], bool],
    limit: int,
) -> dict[str, NDArray[Any]]:
    """The wanted arrays of an ``.npz`` file by name, in the order of the file.

    Parameters
    ----------
    source : path or binary stream
    place : str
        What to call the source in error messages.
    wanted : callable
        Which names to read.
    limit : int
        Arrays that unpack to more bytes than this, all together, are refused before unpacking.

    Raises
    ------
    FormatError
        If the file is damaged, unpacks to more than the limit, or holds anything but arrays of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> stream = BytesIO()
    >>> np.savez(stream, fc1=np.eye(2), note=np.zeros(3))
    >>> {name: array.shape for name, array in read_npz(stream, "example", str.isalnum, 1000).items()}
    {'fc1': (2, 2), 'note': (3,)}
    """
    try:
        with zipfile.ZipFile(source) as archive:
            chosen = {name: info for name, info in _members(archive, place).items() if wanted(name)}
            unpacked = sum(info.file_size for info in chosen.values())
            if unpacked > limit:
                raise FormatError(
                    f"unpacks to {unpacked / 2**20:.0f} MiB, more than the limit of {limit // 2**20} MiB", place
                )
            return {name: _member(archive, info, f"{place}: {printable(name, 40)}") for name, info in chosen.items()}
    except FormatError:
        raise
    except _BROKEN_ARCHIVE as error:
        raise _broken(error, place) from None


def npz_sizes(source: str | os.PathLike[str] | IO[bytes], place: str) -> dict[str, int]:
    """Names of the arrays of an ``.npz`` file with the numbers of bytes they unpack to.

    Raises
    ------
    FormatError
        If the file cannot be read, or is damaged.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            return {name: info.file_size for name, info in _members(archive, place).items()}
    except FormatError:
        raise
    except _BROKEN_ARCHIVE as error:
        raise _broken(error, place) from None


def _members(archive: zipfile.ZipFile, place: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name in members:
            raise FormatError(f"the array {printable(name, 40)!r} occurs twice", place)
        members[name] = info
    return members


def _broken(error: Exception, place: str) -> FormatError:
    if isinstance(error, FileNotFoundError):
        return FormatError("no such file", place)
    return FormatError(f"is not a complete .npz file ({printable(str(error), 60) or 'broken'})", place)


# What zipfile raises on archives that are damaged, encrypted, or made to confuse it.
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str) -> NDArray[Any]:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError("is compressed in a way that numpy does not use", place)
    with archive.open(info) as packed:
        return _array(BytesIO(packed.read(info.file_size)), place)


def read_npy(data: bytes, place: str) -> NDArray[Any]:
    """The array in the bytes of an ``.npy`` file.

    Raises
    ------
    FormatError
        If it is not an array of numbers, or not complete.
    """
    return _array(BytesIO(data), place)


def _array(content: IO[bytes], place: str) -> NDArray[Any]:
    """One array, never unpickled, and allocated only after its size is known to be true."""
    import numpy as np
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(content)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read_header is None:
            raise FormatError(f"has the unknown array format {version[0]}.{version[1]}", place)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # headers written by Python 2
            shape, fortran, dtype = read_header(content)
    except FormatError:
        raise
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError):
        raise FormatError("is not a numpy array", place) from None
    if dtype.hasobject:
        raise FormatError("holds pickled Python objects, which are never loaded; save numbers 0 and 1", place)
    if dtype.kind not in "biuf":
        raise FormatError(f"has entries of type {printable(str(dtype), 40)}, not numbers 0 and 1", place)
    if any(size < 0 for size in shape):
        raise FormatError(f"has a negative size (shape {printable(str(shape), 60)})", place)
    count = prod(int(size) for size in shape)
    if count == 0:
        raise FormatError(f"is empty (shape {printable(str(shape), 60)})", place)
    body = content.read()
    if count * dtype.itemsize != len(body):
        raise FormatError(f"declares {printable(str(shape), 60)} entries but holds {len(body)} bytes", place)
    return np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def printable(text: str, limit: int = 200) -> str:
    """Text that stays on one line."""
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= limit else "…" + shown[1 - limit :]
