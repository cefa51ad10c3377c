"""What kind of file some bytes are: by their content, then by the ending of the name."""

from __future__ import annotations

from typing import NoReturn

from closedness.errors import FormatError

__all__ = ["ENDINGS", "kind_of", "refuse"]

ENDINGS = {
    ".txt": "text",
    ".dat": "text",
    ".csv": "table",
    ".tsv": "table",
    ".json": "json",
    ".npy": "npy",
    ".npz": "npz",
    ".mtx": "mtx",
    ".mat": "mat",
    ".pt": "torch",
    ".pth": "torch",
    ".bin": "torch",
    ".ckpt": "torch",
    ".safetensors": "safetensors",
}
"""The kind that an ending stands for, where the content does not say it."""

_STARTS = (
    (b"\x93NUMPY", "npy"),
    (b"%%MatrixMarket", "mtx"),
    (b"MATLAB 5.0", "mat"),
    (b"MATLAB 7.3", "hdf5"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"%PDF", "PDF"),
    (b"\x80\x02", "pickle"),
    (b"\x80\x03", "pickle"),
    (b"\x80\x04", "pickle"),
    (b"\x80\x05", "pickle"),
)
_NETWORK = "holds layers of a network; see closedness scan, closedness report --layer, or save with numpy.savez"
_REFUSED = {
    "hdf5": "holds HDF5 (MATLAB's -v7.3, h5py); save it with -v7 in MATLAB, or as .npz",
    "gzip": "is compressed (gzip); unpack it: gunzip -c FILE | closedness … -",
    "bzip2": "is compressed (bzip2); unpack it: bunzip2 -c FILE | closedness … -",
    "xz": "is compressed (xz); unpack it: xz -dc FILE | closedness … -",
    "zstd": "is compressed (zstd); unpack it: zstd -dc FILE | closedness … -",
    "picture": "is a picture; supports are read from .txt, .csv, .json, .npy, .npz, .mtx and .mat",
    "PDF": "is a PDF; supports are read from .txt, .csv, .json, .npy, .npz, .mtx and .mat",
    "spreadsheet": "is a spreadsheet; save its sheet as .csv",
    "pickle": "is a Python pickle, which is never loaded; save the matrices with numpy.savez",
    "torch": _NETWORK,
    "safetensors": _NETWORK,
    "lavaan": "is a measurement model (=~), not matrices: closedness model FILE",
}


def kind_of(data: bytes, ending: str = "") -> str:
    """The kind of a file from its bytes, and from the ending of its name where these do not tell.

    Examples
    --------
    >>> kind_of(b"%%MatrixMarket matrix coordinate"), kind_of(b"[[1]]", ".txt"), kind_of(b"1,0", ".csv")
    ('mtx', 'json', 'table')
    >>> kind_of(b"x.")
    'text'
    """
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data.startswith(b"PK"):
        return _archive(data, ending)
    if len(data) > 9 and data[8:9] == b"{" and 0 < int.from_bytes(data[:8], "little") <= len(data) - 8:
        return "safetensors"
    named = ENDINGS.get(ending.lower())
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"[", b'"') and named in (None, "text", "table") and not (start == b'"' and named):
        return "json"
    if named is None and b"=~" in data[:4096]:
        return "lavaan"
    return named or "text"


def _archive(data: bytes, ending: str) -> str:
    """What a zip archive holds, from the names at its start or its end."""
    ends = data[:4096] + data[-65536:]
    if b"xl/worksheets" in ends or b"content.xml" in ends:
        return "spreadsheet"
    if b"/data.pkl" in ends and b".npy" not in ends:
        return "torch"
    return "torch" if ENDINGS.get(ending.lower()) == "torch" else "npz"


def refuse(kind: str, place: str) -> NoReturn:
    """Say what a file is that holds no problem, and the way out.

    Raises
    ------
    FormatError
        Always.
    """
    raise FormatError(_REFUSED[kind], place)
