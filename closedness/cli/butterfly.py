"""``closedness butterfly A.npy --chain dyadic``: factorise along a chain of Kronecker-sparse factors."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from closedness.cli.decide import JsonOption
from closedness.cli.guard import complain
from closedness.cli.output import console, print_json, require_writable, steps
from closedness.cli.packages import sibling
from closedness.cli.solve import MatrixArgument, OutOption, read_array, write_arrays
from closedness.errors import InputError

__all__ = ["butterfly", "parse_chain"]


def butterfly(
    matrix: MatrixArgument,
    chain: Annotated[str, typer.Option(help="dyadic, monarch, or patterns such as '1,2,2,2;2,2,2,1'.")] = "dyadic",
    order: Annotated[
        str, typer.Option(help="left-to-right, right-to-left, balanced, or splits such as '2,1,3'.")
    ] = "left-to-right",
    projections: Annotated[
        str, typer.Option(help="sequential, or target: slower, with the sharp bound of the error in every order.")
    ] = "sequential",
    bit_reversal: Annotated[
        bool, typer.Option("--bit-reversal", help="Reorder the columns by bit reversal first, as for the DFT.")
    ] = False,
    bounds: Annotated[bool, typer.Option("--bounds", help="Compute the bounds of the error, too (slower).")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Only test whether the matrix is in the class.")] = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> int:
    """Factorise a matrix along a chain, or test whether it is such a product. Exit code 0: done; 2: bad input."""
    if out is not None:
        require_writable(out)
    idle = {
        "--out": out is not None,
        "--bounds": bounds,
        "--order": order != "left-to-right",
        "--projections": projections != "sequential",
    }
    if verify and any(idle.values()):
        name = next(option for option, given in idle.items() if given)
        raise InputError(f"{name} is of no use with --verify: no factors are computed")
    solvers = sibling("solvers")
    target = read_array(matrix)
    patterns = parse_chain(chain)
    if bit_reversal:
        from solvers.families import bit_reversal as reversal

        if target.ndim != 2:
            raise InputError(f"A must have two dimensions, got shape {target.shape}")
        target = target[:, reversal(target.shape[1])]
    if verify:
        with steps("splits") as progress:
            found = solvers.verify_butterfly(target, patterns, progress=progress)
        violations = [
            {"split": v.split, "rows": list(v.rows), "columns": list(v.cols), "allowed": v.allowed, "excess": v.excess}
            for v in found.violations
        ]
        member = {"member": found.member, "exact": found.exact, "method": found.method, "violations": violations}
        if as_json:
            print_json(member)
        else:
            console().print(str(found), soft_wrap=True)
        return 0
    with steps("splits") as progress:
        result = solvers.factorize_butterfly(
            target, patterns, _order(order), projections=projections, progress=progress
        )
    if bounds:
        with steps("bounds") as progress:
            result.measure_distances(progress)
    if out is not None:
        write_arrays(out, {f"X{i}": factor for i, factor in enumerate(result.factors, start=1)})
    answer: dict[str, Any] = {
        "error": result.error,
        "relative_error": result.relative_error,
        "chain": [list(pattern) for pattern in result.chain],
        "order": list(result.order),
        "projections": result.projections,
        "parameters": result.chain.parameters(),
        "bit_reversal": bit_reversal,
    }
    if bounds:
        answer["bound"], answer["lower_bound"] = result.bound, result.lower_bound
    if as_json:
        print_json(answer)
    else:
        console().print(str(result), soft_wrap=True)
        if bounds:
            console().print(
                f"the best error with this chain is at least {result.lower_bound:.6e}; "
                f"the error is proved to be at most {result.bound:.6e} (up to rounding)",
                soft_wrap=True,
            )
    if out is not None:
        complain(f"factors written to {out}")
    return 0


def parse_chain(text: str) -> str | list[tuple[int, ...]]:
    """A named chain, or the patterns in ``a,b,c,d;a,b,c,d;…``.

    Examples
    --------
    >>> parse_chain("dyadic"), parse_chain("1,2,2,2;2,2,2,1")
    ('dyadic', [(1, 2, 2, 2), (2, 2, 2, 1)])
    """
    if not any(character.isdigit() for character in text):
        return text
    try:
        return [tuple(int(number) for number in part.split(",")) for part in text.split(";")]
    except ValueError:
        raise InputError(f"--chain is {text!r}, not patterns a,b,c,d separated by semicolons") from None


def _order(text: str) -> str | tuple[int, ...]:
    """A named order, or splits separated by commas."""
    if not any(character.isdigit() for character in text):
        return text
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise InputError(f"--order is {text!r}, not splits separated by commas") from None
