"""Where the program begins: what an interruption during its start-up means.

Importing the sub-commands takes a quarter of a second, in which a person may press Ctrl-C already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (`closedness.cli.app.main`); interrupted while it starts, it ends with 130 as later.

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
    try:
        from closedness.cli.app import main as run
    except KeyboardInterrupt:
        sys.stderr.write("closedness: interrupted\n")
        return 130
    return run(argv)
