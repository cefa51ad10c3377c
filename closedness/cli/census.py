"""``closedness census``: decide all patterns with few hidden indices, or random supports, and keep certificates."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import Field, FieldOption, JsonOption
from closedness.cli.guard import DECIDED, INTERRUPTED, UNDECIDED, complain
from closedness.cli.output import console, print_json, require_writable, write_whole
from closedness.errors import BackendError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from closedness.census.random_supports import Cell, RandomStore
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
    instances: Annotated[
        int | None,
        typer.Option(
            "--random",
            metavar="K",
            help="Decide K random supports of each density and ratio instead, of products of --rows by --columns.",
        ),
    ] = None,
    density: Annotated[
        list[float] | None, typer.Option(metavar="D", help="With --random: share of entries; repeat for several.")
    ] = None,
    ratio: Annotated[
        list[float] | None,
        typer.Option(metavar="Q", help="With --random: hidden indices by columns, r/n; repeat for several."),
    ] = None,
    dense_factor: Annotated[
        bool, typer.Option("--dense-factor", help="With --random: the second factor has no zeros.")
    ] = False,
    seed: Annotated[int, typer.Option(metavar="S", help="With --random: where the random numbers start.")] = 1,
    as_json: JsonOption = False,
) -> int:
    """Decide all patterns of a size. Exit code 0: decided or verified; 1: a failed certificate; 4: undecided left."""
    for name, bound in (("--rows", rows), ("--columns", columns), ("--jobs", jobs), ("--random", instances)):
        if bound is not None and bound < 1:
            raise InputError(f"{name} is {bound}, not a positive number")
    if verify:
        return _verify(database, field, jobs, as_json=as_json)
    limit = time_limit(seconds, "--seconds")
    cells: list[Cell] = []
    if instances is None:
        _require_patterns(hidden, rows, columns, atlas, {"--density": density, "--ratio": ratio})
    else:
        cells = _cells(rows, columns, density, ratio, atlas, dense_factor=dense_factor)
    require_writable(database)
    with _open(database, field, instances is not None) as store, ExitStack() as stack:
        if retry:
            store.forget_undecided()
        try:
            executor = _executor(stack, jobs, scheduler)
            if instances is None:
                _decide_patterns(store, executor, hidden, (rows, columns), field, limit, jobs, _progress(stack))
            else:
                _decide_random(store, executor, cells, instances, seed, field, limit, jobs, _progress(stack))
        except KeyboardInterrupt:
            complain(f"interrupted; {database} keeps what is decided, the same command goes on")
            return INTERRUPTED
        except _lost() as error:
            why = str(error).partition("\n")[0] or type(error).__name__
            raise BackendError(
                f"a worker was lost ({why}); {database} keeps what is decided, the same command goes on"
            ) from None
        if atlas is not None:
            _write_atlas(store, hidden, atlas)
        if undecided is not None:
            _write_undecided(store, undecided)
        return _report(store, as_json=as_json)


def _require_patterns(
    hidden: int, rows: int | None, columns: int | None, atlas: Path | None, others: dict[str, list[float] | None]
) -> None:
    if not 1 <= hidden <= 5:
        raise InputError(f"--hidden is {hidden}, not a number of hidden indices from 1 to 5")
    if hidden > 3 and (rows is None or columns is None):
        raise InputError(f"--hidden is {hidden}: with more than 3 hidden indices give --rows and --columns")
    if atlas is not None and not atlas.is_dir():
        raise InputError(f"--atlas is {str(atlas)!r}, not a directory")
    for name, value in others.items():
        if value:
            raise InputError(f"{name} is {value[0]:g} without --random: it is about random supports")


def _cells(
    rows: int | None,
    columns: int | None,
    density: list[float] | None,
    ratio: list[float] | None,
    atlas: Path | None,
    *,
    dense_factor: bool,
) -> list[Cell]:
    """The cells that are asked for, each once."""
    from closedness.census.random_supports import Cell

    for name, given in (("--rows", rows), ("--columns", columns), ("--density", density), ("--ratio", ratio)):
        if not given:
            raise InputError(f"--random needs {name}")
    if atlas is not None:
        raise InputError("--atlas is about all patterns of a size, not about --random")
    assert rows is not None
    assert columns is not None
    cells = []
    for q in ratio or ():
        hidden = round(q * columns) if 0 < q < 1000 else 0
        if hidden < 1:
            raise InputError(f"--ratio is {q:g}: no number of hidden indices for {columns} columns")
        for d in density or ():
            if not 0 <= d <= 1:
                raise InputError(f"--density is {d:g}, not a number from 0 to 1")
            cells.append(Cell(rows, columns, hidden, d, 1.0 if dense_factor else d))
    return list(dict.fromkeys(cells))


def _open(database: Path, field: Field, for_random: bool) -> Any:
    from closedness.census.random_supports import RandomStore
    from closedness.census.store import CensusStore

    return RandomStore(database, field.value) if for_random else CensusStore(database, field.value)


def _lost() -> tuple[type[BaseException], ...]:
    """What an executor raises when a worker dies."""
    from concurrent.futures import BrokenExecutor

    loaded = sys.modules.get("distributed")
    killed = getattr(loaded, "KilledWorker", None)
    return (BrokenExecutor,) if killed is None else (BrokenExecutor, killed)


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


def _progress(stack: ExitStack) -> Callable[[str, int, int], None]:
    """Bars on the standard error of a terminal: name, done, total."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    watched = sys.stderr.isatty()
    progress = stack.enter_context(Progress(*parts, console=Console(stderr=True), disable=not watched))
    tasks: dict[str, Any] = {}

    def show(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = progress.add_task(name, total=total)
        progress.update(tasks[name], completed=done)

    return show


def _decide_patterns(
    store: CensusStore,
    executor: Executor,
    hidden: int,
    sizes: tuple[int | None, int | None],
    field: Field,
    seconds: float | None,
    jobs: int,
    show: Callable[[str, int, int], None],
) -> None:
    from closedness.census.decide_all import Census

    Census(
        store,
        executor,
        field=field.value,
        seconds=seconds,
        largest_rows=sizes[0],
        largest_columns=sizes[1],
        workers=jobs,
        progress=lambda r, done, total: show(f"{r} hidden", done, total),
    ).run(hidden)


def _decide_random(
    store: RandomStore,
    executor: Executor,
    cells: Sequence[Cell],
    instances: int,
    seed: int,
    field: Field,
    seconds: float | None,
    jobs: int,
    show: Callable[[str, int, int], None],
) -> None:
    from closedness.census.random_supports import random_census

    random_census(
        store,
        executor,
        cells,
        instances,
        seed=seed,
        field=field.value,
        seconds=seconds,
        workers=jobs,
        progress=lambda done, total: show("random supports", done, total),
    )


def _write_atlas(store: CensusStore, hidden: int, directory: Path) -> None:
    from closedness.census.decide_all import atlas_entries
    from closedness.files.tables import write_table

    minimal, maximal = atlas_entries(store, hidden)
    write_table(directory / "minimal_not_closed.jsonl.gz", minimal)
    write_table(directory / "maximal_closed.jsonl.gz", maximal)
    complain(f"{len(minimal)} minimal non-closed and {len(maximal)} maximal closed patterns written to {directory}")


def _write_undecided(store: CensusStore | RandomStore, path: Path) -> None:
    from closedness.census.random_supports import RandomStore
    from closedness.verdict import Status

    if isinstance(store, RandomStore):
        found: list[dict[str, Any]] = [
            {**entry.cell.support(entry.seed, entry.number).to_problem(), "tried": entry.rule}
            for entry in store.entries(status=Status.UNDECIDED)
        ]
    else:
        found = [
            {"rows": entry.rows, "columns": entry.columns, "tried": entry.rule}
            for entry in store.entries(status=Status.UNDECIDED)
        ]
    write_whole(path, json.dumps(found, indent=1) + "\n")


def _verify(database: Path, field: Field, jobs: int, *, as_json: bool) -> int:
    """Check every stored certificate with the independent checker."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import track

    from closedness.census.decide_all import verify_entry
    from closedness.census.random_supports import RandomStore, verify_random
    from closedness.census.store import kind_of

    for_random = kind_of(database) == RandomStore.kind
    with _open(database, field, for_random) as store:
        entries = [entry for entry in store.entries() if entry.certificate is not None]
    bad, trusted = [], 0
    verifier: Callable[[Any], tuple[str, str, bool]] = verify_random if for_random else verify_entry
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = pool.map(verifier, entries, chunksize=200)
        for name, fault, trusts in track(
            results, "verifying", total=len(entries), console=Console(stderr=True), disable=not sys.stderr.isatty()
        ):
            trusted += trusts
            if fault:
                bad.append((name, fault))
    for name, fault in bad:
        complain(f"{name}: {fault}")
    if as_json:
        print_json({"verified": len(entries) - len(bad), "rejected": len(bad), "trusting_a_solver": trusted})
    else:
        good = len(entries) - len(bad)
        console().print(f"{good} certificates verified, {len(bad)} rejected, {trusted} trust a solver")
    return FAILED if bad else DECIDED


def _report(store: CensusStore | RandomStore, *, as_json: bool) -> int:
    """Print the numbers; the exit code."""
    from closedness.census.random_supports import RandomStore

    if isinstance(store, RandomStore):
        return _report_random(store, as_json=as_json)
    counts = store.counts()
    if as_json:
        table: dict[str, dict[str, int]] = {}
        for (hidden, status), number in sorted(counts.items()):
            table.setdefault(str(hidden), {})[status] = number
        print_json(table)
    else:
        for (hidden, status), number in sorted(counts.items()):
            console().print(f"{hidden} hidden indices, {status.replace('_', ' ')}: {number}")
    return UNDECIDED if any(status == "undecided" for _, status in counts) else DECIDED


def _report_random(store: RandomStore, *, as_json: bool) -> int:
    from dataclasses import asdict

    counts = store.counts()
    if as_json:
        print_json([{**asdict(cell), **found} for cell, found in sorted(counts.items())])
    else:
        for cell, found in sorted(counts.items()):
            densities = f"{cell.left:g}" if cell.left == cell.right else f"{cell.left:g} and {cell.right:g}"
            words = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in sorted(found.items()))
            size = f"{cell.rows}×{cell.columns}, {cell.hidden} hidden indices"
            console().print(f"{size}, density {densities}: {words}", soft_wrap=True)
    return UNDECIDED if any("undecided" in found for found in counts.values()) else DECIDED
