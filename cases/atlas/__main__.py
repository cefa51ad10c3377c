"""``python -m cases.atlas verify``: check the classification; ``page``: write its page and picture.

``evidence`` attacks it with random limits and a solver.

``sample`` decides random patterns with four hidden indices, beyond the complete list; ``hard`` patterns with four and
five, with the engines as last resort (a second file, of earlier findings, restricts them to those that resisted there);
``fields`` computes the table of what is not closed over the reals only; ``one-factor`` the minimal supports beside a
factor without zeros, with at most five hidden indices, going on where it was stopped.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one of the commands."""
    if arguments[:1] == ["verify"]:
        return _verify()
    if arguments[:1] == ["page"] and len(arguments) == 2:
        from cases.atlas.page import page
        from cases.atlas.picture import atlas_svg

        path = Path(arguments[1])
        path.write_text(page(), encoding="utf-8")
        atlas_svg().save(path.with_suffix(".svg"))
        return 0
    if arguments[:1] == ["evidence"] and len(arguments) == 2:
        return _evidence(Path(arguments[1]))
    if arguments[:1] == ["sample"] and len(arguments) == 2:
        return _sample(Path(arguments[1]))
    if arguments[:1] == ["hard"] and len(arguments) in (2, 3):
        return _hard(*map(Path, arguments[1:]))
    if arguments[:1] == ["fields"] and len(arguments) == 2:
        from cases.atlas.fields import entry
        from closedness.files.tables import write_table

        write_table(Path(arguments[1]), [entry()])
        return 0
    if arguments[:1] == ["one-factor"] and len(arguments) == 2:
        return _one_factor(Path(arguments[1]))
    sys.stderr.write(
        "usage: python -m cases.atlas verify | (page | evidence | sample | hard | fields | one-factor) FILE\n"
    )
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


def _evidence(path: Path) -> int:
    """300 verdicts against 1,000 random limits each, or against z3; the findings go to a file."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from cases.atlas.evidence import campaign

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("verdicts", total=300)
        findings = campaign(300, 1_000, 20.0, progress=lambda done: progress.update(task, completed=done))
    found = {"command": "python -m cases.atlas evidence FILE", "sample": 300, "tries": 1_000, **findings.to_dict()}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))  # noqa: T201
    return 1 if findings.contradictions else 0


def _sample(path: Path) -> int:
    """Random 4×4 patterns with four hidden indices: how many are decided, and which are not."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from cases.atlas.sampling import sample

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("patterns", total=400)
        found = sample(4, 4, 4, 400, 5.0, progress=lambda done: progress.update(task, completed=done))
    path.write_text(json.dumps({"command": "python -m cases.atlas sample FILE", **found}, indent=1) + "\n")
    print(json.dumps({key: value for key, value in found.items() if key != "undecided"}))  # noqa: T201
    return 0


def _hard(path: Path, earlier: Path | None = None) -> int:
    """Patterns with four and five hidden indices: which verdicts are proved, which rest on an engine."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from cases.atlas.hard import campaign

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("patterns", total=None)
        before = json.loads(earlier.read_text(encoding="utf-8"))["resisting"] if earlier else []
        only = {entry["name"] for entry in before} if earlier else None
        found = campaign(60, 10.0, only=only, progress=lambda done: progress.update(task, completed=done))
    command = f"python -m cases.atlas hard FILE{f' {earlier.name}' if earlier else ''}"
    path.write_text(json.dumps({"command": command, **found}, indent=1) + "\n")
    print(json.dumps({key: value for key, value in found.items() if key != "resisting"}))  # noqa: T201
    return 0


def _one_factor(path: Path) -> int:
    """The minimal supports beside a factor without zeros; the file keeps what is done."""
    import json

    from cases.atlas.one_factor import stored, table

    def write(found: dict[str, object]) -> None:
        data = {"command": "python -m cases.atlas one-factor FILE", "hidden": found}
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")

    table(5, stored(path), write)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
