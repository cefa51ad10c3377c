"""``closedness solve A.npy FILE``: the best factors with the supports of a problem file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import FileArgument, JsonOption
from closedness.cli.guard import complain
from closedness.cli.output import console, print_json, require_writable, steps, write_whole
from closedness.cli.packages import sibling
from closedness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MatrixArgument", "OutOption", "read_array", "solve", "write_arrays"]

SEARCH_SECONDS = 30.0

MatrixArgument = Annotated[
    Path, typer.Argument(metavar="A.npy", help="The matrix: .npy, .csv, .txt, .mtx, or any file of one matrix.")
]
OutOption = Annotated[Path | None, typer.Option(metavar="OUT", help="Write the factors to this file (.npz).")]


def solve(
    matrix: MatrixArgument,
    file: FileArgument,
    method: Annotated[str, typer.Option(help="auto, svd or iterative.")] = "auto",
    starts: Annotated[int | None, typer.Option(help="Starts of the iterative method; by default 4 to 24.")] = None,
    iterations: Annotated[int, typer.Option(help="Iterations of the best starts.")] = 400,
    ridge: Annotated[float, typer.Option(help="Weight of the squared norms of the factors.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the random starts.")] = 0,
    seconds: Annotated[
        float, typer.Option(metavar="S", help="Time to decide whether troublesome supports are closed; 0: do not.")
    ] = 5.0,
    search_seconds: Annotated[
        float, typer.Option(metavar="S", help="Time of the search; the best factors found are reported; inf: no limit.")
    ] = SEARCH_SECONDS,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> int:
    """Factorise a matrix as X Yᵀ with two given supports. Exit code 0: solved; 2: bad input."""
    from closedness.files.problems import read_problem

    limits = {
        "decide_seconds": time_limit(seconds, "--seconds"),
        "seconds": time_limit(search_seconds, "--search-seconds"),
    }
    if out is not None:
        require_writable(out)
    product = read_problem(*file)
    if len(product) != 2:
        found_factors = f"{' '.join(file)}: solve needs two factors, found {len(product)}"
        raise InputError(f"{found_factors}; for chains see the command butterfly")
    target = read_array(matrix)
    I, J = product.pair()
    options = {"method": method, "starts": starts, "iterations": iterations, "ridge": ridge, "seed": seed}
    with steps("iterations") as progress:
        found = sibling("solvers").factorize_fixed_support(target, I, J, progress=progress, **limits, **options)
    if out is not None:
        write_arrays(out, {"X": found.X, "Y": found.Y})
    if as_json:
        answer: dict[str, Any] = {
            "error": found.error,
            "relative_error": found.relative_error,
            "optimal": found.optimal,
            "lower_bound": found.lower_bound,
            "method": found.method,
            "diagnosis": found.diagnosis.value,
            "out_of_time": found.out_of_time,
            "condition": found.condition,
            "problem_id": product.content_id,
            "history": [[h.iteration, h.error, h.size] for h in found.history],
            "path": [[p.ridge, p.error, p.size] for p in found.path],
            "closedness": None if found.verdict is None else found.verdict.status.value,
        }
        print_json(answer)
    else:
        console().print(str(found), soft_wrap=True)
    if out is not None:
        complain(f"factors written to {out}")
    return 0


def read_array(path: Path) -> NDArray[np.generic]:
    """The numbers of one matrix in a file of any kind.

    Raises
    ------
    InputError
        If the file is missing, holds no matrix or several, or Python objects.
    """
    import numpy as np

    from closedness.files.numbers import read_numbers

    try:
        with open(path, "rb") as stream:
            if stream.read(6) == b"\x93NUMPY":
                stream.seek(0)
                return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    except (ValueError, EOFError, SyntaxError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not a readable .npy file ({reason})") from None
    return read_numbers(path)


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write named arrays as ``.npz`` to exactly this path, all or nothing.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    import io

    import numpy as np

    packed = io.BytesIO()
    np.savez(packed, **arrays)
    write_whole(path, packed.getvalue())
