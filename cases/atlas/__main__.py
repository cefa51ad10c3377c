"""``python -m cases.atlas verify``: check the classification; ``page``: write its page."""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one of the two commands."""
    if arguments[:1] == ["verify"]:
        return _verify()
    if arguments[:1] == ["page"] and len(arguments) == 2:
        from cases.atlas.page import page

        Path(arguments[1]).write_text(page(), encoding="utf-8")
        return 0
    sys.stderr.write("usage: python -m cases.atlas verify | page FILE\n")
    return 2


def _verify() -> int:
    from rich.console import Console
    from rich.progress import Progress

    from cases.atlas.theorem import consistency, verify

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("classes", total=None)
        tally = verify(progress=lambda done: progress.update(task, completed=done))
    faults = [*tally.faults, *consistency()]
    print(  # noqa: T201
        f"{tally.certificates} certificates verified; {tally.closed} classes closed, "
        f"{tally.not_closed} not closed, {len(faults)} faults"
    )
    for fault in faults:
        print(fault)  # noqa: T201
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
