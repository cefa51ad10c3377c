"""Files of a problem in every format that is read."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from closedness.supports.product import SupportProduct

__all__ = ["FORMATS", "problem_files"]

FORMATS = ("txt", "json", "csv", "tsv", "npz", "npy", "mat", "mtx")
"""Formats of files, by their endings; a file of the last one holds one factor."""


def problem_files(product: SupportProduct, form: str) -> list[tuple[str, bytes]]:
    r"""The names and contents of the files of a problem.

    One file where the format can hold several factors, else one for each factor, named in their order.

    Parameters
    ----------
    product : SupportProduct
    form : str
        One of `FORMATS`.

    Raises
    ------
    InputError
        For another format.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> problem_files(lu, "csv")
    [('supports.csv', b'1,0\n1,1\n\n1,1\n0,1\n')]
    >>> [name for name, _ in problem_files(lu, "mtx")]
    ['W1.mtx', 'W2.mtx']
    """
    if form not in FORMATS:
        raise InputError(f"format is {form!r}, not one of {', '.join(FORMATS)}")
    if form == "txt":
        drawn = [factor.to_text(one="x", zero=".", separator="\n") for factor in product]
        return [("supports.txt", ("\n\n".join(drawn) + "\n").encode())]
    if form == "json":
        return [("supports.json", (json.dumps(product.to_problem()) + "\n").encode())]
    dense = [factor.to_dense().astype("uint8") for factor in product]
    if form in ("csv", "tsv"):
        mark = "," if form == "csv" else "\t"
        tables = ["\n".join(mark.join(map(str, row)) for row in factor.tolist()) for factor in dense]
        return [(f"supports.{form}", ("\n\n".join(tables) + "\n").encode())]
    if form == "npy":
        return _arrays(dense)
    if form == "mtx":
        return [(f"W{number}.mtx", _market(factor)) for number, factor in enumerate(dense, 1)]
    return [(f"supports.{form}", _archive(dense, form))]


def _arrays(dense: list[NDArray[Any]]) -> list[tuple[str, bytes]]:
    """A stack of factors of equal shape, else a file for each."""
    import numpy as np

    stacked = len({factor.shape for factor in dense}) == 1
    named = [("supports.npy", np.stack(dense))] if stacked else [(f"W{k}.npy", each) for k, each in enumerate(dense, 1)]
    found = []
    for name, array in named:
        file = BytesIO()
        np.save(file, array)
        found.append((name, file.getvalue()))
    return found


def _market(factor: NDArray[Any]) -> bytes:
    from scipy.io import mmwrite
    from scipy.sparse import coo_array

    file = BytesIO()
    mmwrite(file, coo_array(factor.astype(int)), field="pattern", symmetry="general")
    return file.getvalue()


def _archive(dense: list[NDArray[Any]], form: str) -> bytes:
    import numpy as np
    from scipy.io import savemat

    named = {f"W{number}": factor for number, factor in enumerate(dense, 1)}
    file = BytesIO()
    if form == "npz":
        np.savez_compressed(file, **named)  # type: ignore[arg-type]
    else:
        savemat(file, named)
    return file.getvalue()
