"""The application: its sub-commands, and the one place where it starts and ends.

Exit codes: 0 success, 2 bad input or usage, 4 undecided, 70 a fault of this program, 130 interrupted; ``check`` has its
own, see :mod:`closedness.cli.check`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from closedness.cli.butterfly import butterfly
from closedness.cli.cases import app as cases
from closedness.cli.census import census
from closedness.cli.check import check
from closedness.cli.closure import closure
from closedness.cli.convert import convert
from closedness.cli.counterexample import counterexample
from closedness.cli.decide import decide
from closedness.cli.doctor import doctor
from closedness.cli.explore import explore
from closedness.cli.export import export
from closedness.cli.guard import INTERRUPTED, complain, guarded, restore_interrupts
from closedness.cli.levels import levels
from closedness.cli.member import member
from closedness.cli.model import model
from closedness.cli.network import network
from closedness.cli.repair import repair
from closedness.cli.report import report
from closedness.cli.scan import scan
from closedness.cli.show import show
from closedness.cli.solve import solve
from closedness.cli.target import target
from closedness.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="closedness",
    help="Decide whether the set of products of matrices with prescribed supports is closed.",
    epilog="Problem files: .txt, .json, .npz, .npy, .mtx, .csv, .mat, folders, or - for standard input. "
    "Every sub-command takes --json.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"closedness {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Decide whether the set of products of matrices with prescribed supports is closed."""


for _command in (
    show,
    decide,
    member,
    closure,
    check,
    convert,
    counterexample,
    export,
    census,
    solve,
    target,
    butterfly,
    report,
    repair,
    explore,
    scan,
    levels,
    model,
    network,
    doctor,
):
    app.command(_command.__name__)(guarded(_command))
app.add_typer(cases)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    closedness ...
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # × and ᵀ on terminals that lack them
    restore_interrupts()
    try:
        command = get_command(app)  # before the arguments are read: what it imports may be interrupted, too
        command(args=None if argv is None else list(argv), prog_name="closedness")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    return 0
