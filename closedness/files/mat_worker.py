"""The process that reads a ``.mat`` file: scipy's reader can crash on a damaged one, and then only this process ends.

The file comes on standard input; an ``.npz`` file goes to standard output: ``list`` is JSON in bytes, for each matrix
its name and why it is none, or the empty text; the matrices are ``dense_0``, or ``row_0``, ``column_0``
and ``value_0``, led by the numbers of rows and of columns and a zero.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any

__all__ = ["packed"]


def packed(data: bytes) -> bytes:
    """The matrices of a ``.mat`` file as the ``.npz`` file described above."""
    import numpy as np
    from scipy.io import loadmat

    found: dict[str, Any] = {}
    for name, value in loadmat(BytesIO(data)).items():
        if name.startswith("__"):
            continue
        if getattr(value, "dtype", None) is not None and value.dtype.kind == "O":
            found |= {f"{name}{{{number}}}": cell for number, cell in enumerate(value.flat, 1)}
        else:
            found[name] = value
    listed: list[list[str]] = []
    arrays: dict[str, Any] = {}
    for number, (name, value) in enumerate(found.items()):
        dtype = getattr(value, "dtype", None)
        what = ""
        if dtype is None or dtype.kind not in "biuf":
            what = type(value).__name__ if dtype is None else "struct" if dtype.names else str(dtype)
        elif hasattr(value, "tocoo"):
            value = value.tocoo()
            # led by the shape, so that no array is empty
            arrays[f"row_{number}"] = np.append(value.shape[0], value.row)
            arrays[f"column_{number}"] = np.append(value.shape[1], value.col)
            arrays[f"value_{number}"] = np.append(np.zeros(1, value.data.dtype), value.data)
        else:
            arrays[f"dense_{number}"] = value
        listed.append([name, what])
    arrays["list"] = np.frombuffer(json.dumps(listed).encode(), np.uint8)
    stream = BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(packed(sys.stdin.buffer.read()))
