"""``closedness census``: decide all patterns with few hidden indices, resumably, with certificates."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import Field, FieldOption, JsonOption
from closedness.cli.guard import complain
from closedness.cli.output import console, print_json, require_writable
from closedness.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from closedness.census.store import CensusStore

__all__ = ["census"]

FAILED = 1
SCHEDULER_SECONDS = 10


def census(
    hidden: Annotated[int, typer.Option(metavar="R", help="At most so many hidden indices.")] = 3,
    rows: Annotated[int | None, typer.Option(metavar="M", help="At most so many rows.")] = None,
    columns: Annotated[int | None, typer.Option(metavar="N", help="At most so many columns.")] = None,
    database: Annotated[Path, typer.Option(metavar="FILE", help="SQLite file; resumed when it exists.")] = Path(
        "census.sqlite"
    ),
    jobs: Annotated[int, typer.Option(metavar="N", help="Worker processes.")] = 2,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Use the Dask cluster at this address instead.")
    ] = None,
    field: FieldOption = Field.REAL,
    seconds: Annotated[float, typer.Option(metavar="S", help="Time limit for each pattern.")] = 60.0,
    retry: Annotated[bool, typer.Option("--retry", help="Try undecided patterns again.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check all stored certificates instead.")] = False,
    atlas: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the tables of minimal and maximal patterns there.")
    ] = None,
    undecided: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the undecided patterns there (JSON).")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Decide all patterns of a size. Exit code 0: decided or verified; 1: a failed certificate; 4: undecided left."""
    from closedness.census.store import CensusStore
    from closedness.cli.guard import DECIDED, INTERRUPTED, UNDECIDED

    if not 1 <= hidden <= 5:
        raise InputError(f"--hidden is {hidden}, not a number of hidden indices from 1 to 5")
    for name, bound in (("--rows", rows), ("--columns", columns), ("--jobs", jobs)):
        if bound is not None and bound < 1:
            raise InputError(f"{name} is {bound}, not a positive number")
    if hidden > 3 and (rows is None or columns is None):
        raise InputError(f"--hidden is {hidden}: with more than 3 hidden indices give --rows and --columns")
    if atlas is not None and not atlas.is_dir():
        raise InputError(f"--atlas is {str(atlas)!r}, not a directory")
    require_writable(database)
    with CensusStore(database, field.value) as store:
        if verify:
            return _verify(store, jobs, as_json=as_json)
        if retry:
            store.forget_undecided()
        try:
            _run(store, hidden, (rows, columns), field, time_limit(seconds, "--seconds"), jobs, scheduler)
        except KeyboardInterrupt:
            complain(f"interrupted; {database} keeps what is decided, the same command goes on")
            return INTERRUPTED
        counts = store.counts()
        if atlas is not None:
            _write_atlas(store, hidden, atlas)
        if undecided is not None:
            _write_undecided(store, undecided)
    _report(counts, as_json=as_json)
    return UNDECIDED if any(status == "undecided" for _, status in counts) else DECIDED


def _executor(stack: ExitStack, jobs: int, scheduler: str | None) -> Executor:
    if scheduler is None:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        return stack.enter_context(ProcessPoolExecutor(jobs, mp_context=get_context("spawn")))
    try:
        import distributed
    except ImportError:
        raise InputError("--scheduler needs the package distributed: pip install closedness[dask]") from None
    connect: Any = distributed.Client  # it carries no types
    try:
        client = stack.enter_context(connect(scheduler, timeout=SCHEDULER_SECONDS))
    except (OSError, ValueError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(f"--scheduler {scheduler}: no Dask scheduler answers at this address ({why})") from None
    executor: Executor = client.get_executor()
    return executor


def _run(
    store: CensusStore,
    hidden: int,
    sizes: tuple[int | None, int | None],
    field: Field,
    seconds: float | None,
    jobs: int,
    scheduler: str | None,
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from closedness.census.decide_all import Census

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        executor = _executor(stack, jobs, scheduler)
        watched = sys.stderr.isatty()
        progress = stack.enter_context(Progress(*parts, console=Console(stderr=True), disable=not watched))
        tasks: dict[int, Any] = {}

        def show(r: int, done: int, total: int) -> None:
            if r not in tasks:
                tasks[r] = progress.add_task(f"{r} hidden", total=total)
            progress.update(tasks[r], completed=done)

        Census(
            store,
            executor,
            field=field.value,
            seconds=seconds,
            largest_rows=sizes[0],
            largest_columns=sizes[1],
            workers=jobs,
            progress=show,
        ).run(hidden)


def _write_atlas(store: CensusStore, hidden: int, directory: Path) -> None:
    from closedness.census.decide_all import atlas_entries
    from closedness.files.tables import write_table

    minimal, maximal = atlas_entries(store, hidden)
    write_table(directory / "minimal_not_closed.jsonl.gz", minimal)
    write_table(directory / "maximal_closed.jsonl.gz", maximal)
    complain(f"{len(minimal)} minimal non-closed and {len(maximal)} maximal closed patterns written to {directory}")


def _write_undecided(store: CensusStore, path: Path) -> None:
    import json

    from closedness.cli.output import write_whole
    from closedness.verdict import Status

    found = [
        {"rows": entry.rows, "columns": entry.columns, "tried": entry.rule}
        for entry in store.entries(status=Status.UNDECIDED)
    ]
    write_whole(path, json.dumps(found, indent=1) + "\n")


def _verify(store: CensusStore, jobs: int, *, as_json: bool) -> int:
    """Check every stored certificate with the independent checker."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import track

    from closedness.census.decide_all import verify_entry

    entries = [entry for entry in store.entries() if entry.certificate is not None]
    bad, trusted = [], 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = pool.map(verify_entry, entries, chunksize=200)
        for entry, reason, trusts in track(
            results, "verifying", total=len(entries), console=Console(stderr=True), disable=not sys.stderr.isatty()
        ):
            trusted += trusts
            if reason:
                bad.append((entry, reason))
    for (rows, columns), reason in bad:
        complain(f"rows {list(rows)}, columns {list(columns)}: {reason}")
    if as_json:
        print_json({"verified": len(entries) - len(bad), "rejected": len(bad), "trusting_a_solver": trusted})
    else:
        good = len(entries) - len(bad)
        console().print(f"{good} certificates verified, {len(bad)} rejected, {trusted} trust a solver")
    return FAILED if bad else 0


def _report(counts: dict[tuple[int, str], int], *, as_json: bool) -> None:
    if as_json:
        table: dict[str, dict[str, int]] = {}
        for (hidden, status), number in sorted(counts.items()):
            table.setdefault(str(hidden), {})[status] = number
        print_json(table)
        return
    for (hidden, status), number in sorted(counts.items()):
        console().print(f"{hidden} hidden indices, {status.replace('_', ' ')}: {number}")
