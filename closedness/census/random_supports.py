"""Decide random supports of two factors by density and number of hidden indices, to see how common ill-posedness is."""

from __future__ import annotations

import random
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from closedness.budget import time_limit
from closedness.census.decide_all import fault_of
from closedness.census.spread import spread
from closedness.census.store import Database, packed, unpacked
from closedness.decide import decide
from closedness.errors import InputError
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

BATCH = 5


@dataclass(frozen=True, order=True)
class Cell:
    """One cell of a diagram: size and densities of random supports ``I`` (rows × hidden), ``J`` (columns × hidden).

    Parameters
    ----------
    rows, columns, hidden : int
        At least 1.
    left, right : float
        The probability of each entry of ``I`` and of ``J``, from 0 to 1; 1 gives a factor without zeros.

    Raises
    ------
    InputError
        If a size is not positive, or a density not a probability.
    """

    rows: int
    columns: int
    hidden: int
    left: float
    right: float

    def __post_init__(self) -> None:
        for name in ("rows", "columns", "hidden"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, not a positive number")
        for name in ("left", "right"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"the density {name} is {getattr(self, name)}, not a number from 0 to 1")

    def support(self, seed: int, number: int) -> SupportProduct:
        """The random support of that number; the same for the same seed on every machine.

        Examples
        --------
        >>> cell = Cell(3, 3, 2, 0.5, 1.0)
        >>> cell.support(1, 0) == cell.support(1, 0), cell.support(1, 0) == cell.support(1, 1)
        (True, False)
        """
        rng = random.Random(f"{seed} {self.rows}x{self.columns} {self.hidden} {self.left} {self.right} {number}")
        left, right = (
            Support.from_masks(
                (lines, self.hidden),
                [sum(1 << k for k in range(self.hidden) if rng.random() < density) for _ in range(lines)],
            )
            for lines, density in ((self.rows, self.left), (self.columns, self.right))
        )
        return SupportProduct([left, right.T])


@dataclass(frozen=True)
class RandomEntry:
    """One random support and what became of it.

    Attributes
    ----------
    cell : Cell
    seed, number : int
        ``cell.support(seed, number)`` is the support.
    status : Status
    rule : str
        The rule that settled it, or why none did.
    certificate : str or None
        JSON text in the steps of the rules; None when undecided.
    """

    cell: Cell
    seed: int
    number: int
    status: Status
    rule: str
    certificate: str | None


class RandomStore(Database):
    """A database of decided random supports."""

    kind = "random supports"
    table = "support"
    schema = (
        "CREATE TABLE IF NOT EXISTS support (rows INTEGER, columns INTEGER, hidden INTEGER, left_density REAL, "
        "right_density REAL, seed INTEGER, number INTEGER, status TEXT NOT NULL, rule TEXT NOT NULL, certificate BLOB, "
        "PRIMARY KEY (rows, columns, hidden, left_density, right_density, seed, number)) WITHOUT ROWID"
    )

    def add(self, entries: Iterable[RandomEntry]) -> None:
        """Store verdicts in one transaction; those that are there already stay."""
        found = [
            (*astuple(e.cell), e.seed, e.number, e.status.value, e.rule, packed(e.certificate)) for e in entries
        ]
        with self.connection:
            self.connection.executemany("INSERT OR IGNORE INTO support VALUES (?,?,?,?,?,?,?,?,?,?)", found)

    def keys(self, seed: int) -> set[tuple[Cell, int]]:
        """Cell and number of the supports that are stored."""
        query = "SELECT rows, columns, hidden, left_density, right_density, number FROM support WHERE seed = ?"
        return {(Cell(*values), number) for *values, number in self.connection.execute(query, (seed,))}

    def entries(self, status: Status | None = None) -> Iterator[RandomEntry]:
        """The stored verdicts, in a fixed order."""
        query = "SELECT * FROM support" + ("" if status is None else " WHERE status = ?")
        asked = () if status is None else (status.value,)
        query += " ORDER BY rows, columns, hidden, left_density, right_density, seed, number"
        for *values, seed, number, word, rule, blob in self.connection.execute(query, asked):
            yield RandomEntry(Cell(*values), seed, number, Status(word), rule, unpacked(blob))

    def counts(self) -> dict[Cell, dict[str, int]]:
        """Number of supports by cell and status."""
        query = (
            "SELECT rows, columns, hidden, left_density, right_density, status, count(*) FROM support "
            "GROUP BY rows, columns, hidden, left_density, right_density, status"
        )
        found: dict[Cell, dict[str, int]] = {}
        for *values, status, number in self.connection.execute(query):
            found.setdefault(Cell(*values), {})[status] = number
        return found


def decide_batch(
    batch: Sequence[tuple[Cell, int]], seed: int, field: str, seconds: float | None
) -> list[RandomEntry]:
    """Decide several random supports by the exact rules; the unit of work of an executor.

    Parameters
    ----------
    batch : sequence of (Cell, int)
    seed : int
    field : {"real", "complex"}
    seconds : float or None
        Limit for each support.

    Examples
    --------
    >>> [entry.status.value for entry in decide_batch([(Cell(2, 2, 2, 1.0, 1.0), 0)], 1, "real", 5.0)]
    ['closed']
    """
    entries = []
    for cell, number in batch:
        verdict = decide(cell.support(seed, number), field, seconds, last_resort=False)
        proof = verdict.certificate
        entries.append(
            RandomEntry(
                cell,
                seed,
                number,
                verdict.status,
                verdict.reason if proof is None else str(proof.proof["rule"]),
                None if proof is None else proof.in_large_steps(),
            )
        )
    return entries


def random_census(
    store: RandomStore,
    executor: Executor,
    cells: Sequence[Cell],
    instances: int,
    *,
    seed: int = 1,
    field: str = "real",
    seconds: float | None = 60.0,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Decide so many random supports of every cell; those that are stored are skipped.

    Parameters
    ----------
    store : RandomStore
    executor : Executor
        Anything with ``submit``: a process pool, a thread pool, a Dask client's executor.
    cells : sequence of Cell
    instances : int
    seed : int
    field : {"real", "complex"}
    seconds : float or None
        Limit for each support.
    workers : int
        How many batches run side by side.
    progress : callable, optional
        Called with (done, total) at the start and after each batch.

    Examples
    --------
    >>> import tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from pathlib import Path
    >>> cell = Cell(2, 2, 2, 1.0, 1.0)
    >>> with tempfile.TemporaryDirectory() as folder, RandomStore(Path(folder) / "c.sqlite") as store:
    ...     with ThreadPoolExecutor(1) as pool:
    ...         random_census(store, pool, [cell], 3)
    ...     store.counts() == {cell: {"closed": 3}}
    True
    """
    limit = time_limit(seconds)
    wanted = [(cell, number) for cell in dict.fromkeys(cells) for number in range(instances)]
    done = store.keys(seed)
    todo = [each for each in wanted if each not in done]
    finished = len(wanted) - len(todo)
    if progress is not None:
        progress(finished, len(wanted))
    batches = [todo[start : start + BATCH] for start in range(0, len(todo), BATCH)]
    for entries in spread(executor, decide_batch, batches, (seed, field, limit), workers):
        store.add(entries)
        finished += len(entries)
        if progress is not None:
            progress(finished, len(wanted))


def verify_random(entry: RandomEntry) -> tuple[str, str, bool]:
    """Check a stored certificate: the name of the support, the fault, whether a solver is trusted.

    Examples
    --------
    >>> (entry,) = decide_batch([(Cell(2, 2, 2, 1.0, 1.0), 0)], 1, "real", 5.0)
    >>> verify_random(entry)
    ('2×2, 2 hidden indices, densities 1.0 and 1.0, number 0 of seed 1', '', False)
    """
    assert entry.certificate is not None
    cell = entry.cell
    name = f"{cell.rows}×{cell.columns}, {cell.hidden} hidden indices, densities {cell.left} and {cell.right}"
    fault = fault_of(entry.certificate, cell.support(entry.seed, entry.number), entry.status)
    return f"{name}, number {entry.number} of seed {entry.seed}", *fault
