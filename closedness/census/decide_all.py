"""Decide all patterns with few hidden indices, with certificates, from nothing."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget, time_limit
from closedness.census.spread import spread
from closedness.census.store import CensusStore, Entry
from closedness.certificate import Certificate
from closedness.check import Malformed, Rejected, check
from closedness.elaboration import elaborated
from closedness.rules.limits.subpattern import MinimalPattern, stored_subpattern
from closedness.search.pairs import Prover
from closedness.supports.enumeration import Configurations, Types
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

BATCH = 100


def product_of_types(rows: Types, columns: Types) -> SupportProduct:
    """The two-factor product with the given row and column types."""
    hidden = max(*rows, *columns).bit_length()
    left = Support.from_masks((len(rows), hidden), rows)
    right = Support.from_masks((len(columns), hidden), columns)
    return SupportProduct([left, right.T])


def classify(
    rows: Types,
    columns: Types,
    minimal: Sequence[MinimalPattern],
    field: str = "real",
    seconds: float | None = 60.0,
) -> Entry:
    """Decide one pattern without any stored table.

    Parameters
    ----------
    rows, columns : tuple of int
        Types.
    minimal : sequence of MinimalPattern
        The minimal non-closed patterns found so far, to be looked for as sub-patterns.
    field : str
    seconds : float or None
        Wall-clock limit of this pattern.
    """
    product = product_of_types(rows, columns)
    pattern = Pattern.of(product)
    hidden = product.factors[0].shape[1]
    budget = Budget(seconds)
    evidence = stored_subpattern(pattern, minimal)
    if evidence is None:
        prover = Prover(product, field=field, budget=budget, table=(), dense=False)
        proof = prover.full(pattern)
        if proof is not None:
            certificate = Certificate.closed(product, field, proof.node, {})
            rule = str(proof.node["rule"])
            return Entry(hidden, rows, columns, Status.CLOSED, rule, certificate.in_large_steps())
        evidence = prover.found
    if evidence is None:
        return Entry(hidden, rows, columns, Status.UNDECIDED, prover.complaint, None)
    certificate = Certificate.not_closed(
        product, field, evidence.target, evidence.curve, evidence.refutation, {}
    )
    return Entry(hidden, rows, columns, Status.NOT_CLOSED, evidence.rule, certificate.in_large_steps())


def classify_batch(
    batch: Sequence[tuple[Types, Types]],
    minimal: Sequence[MinimalPattern],
    field: str,
    seconds: float | None,
) -> list[Entry]:
    """Decide several patterns; the unit of work of an executor."""
    return [classify(rows, columns, minimal, field, seconds) for rows, columns in batch]


def minimal_of(entry: Entry) -> MinimalPattern:
    """A stored non-closed pattern as an entry of the table of minimal patterns."""
    assert entry.certificate is not None
    proof = json.loads(entry.certificate)["proof"]
    return MinimalPattern(
        entry.rows, entry.columns, proof["target"], proof["curve"], proof["refutation"]
    )


class Census:
    """A resumable census.

    Parameters
    ----------
    store : CensusStore
    executor : Executor
        Anything with ``submit``: a process pool, a thread pool, a Dask client's executor.
    field : str
    seconds : float or None
        Limit for each pattern.
    largest_rows, largest_columns : int, optional
        Only patterns with at most so many rows and columns (or the transposed).
    progress : callable, optional
        Called with (hidden, done, total) after each batch.
    """

    def __init__(
        self,
        store: CensusStore,
        executor: Executor,
        *,
        field: str = "real",
        seconds: float | None = 60.0,
        largest_rows: int | None = None,
        largest_columns: int | None = None,
        workers: int = 2,
        progress: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self.store = store
        self.executor = executor
        self.field = field
        self.seconds = time_limit(seconds)
        self.sizes = (largest_rows, largest_columns)
        self.workers = workers
        self.progress = progress

    def run(self, hidden: int) -> None:
        """Decide all patterns with at most so many hidden indices; what is stored is skipped."""
        for r in range(1, hidden + 1):
            patterns = self.patterns(r)
            done = self.store.keys(r)
            total, finished = len(patterns), len(done & set(patterns))
            if self.progress is not None:
                self.progress(r, finished, total)
            for _, level in groupby(patterns, key=lambda p: len(p[0]) + len(p[1])):
                todo = [pattern for pattern in level if pattern not in done]
                for entries in self._level(todo):
                    self.store.add(entries)
                    finished += len(entries)
                    if self.progress is not None:
                        self.progress(r, finished, total)

    def patterns(self, hidden: int) -> list[tuple[Types, Types]]:
        """The patterns of the census with exactly so many hidden indices on both sides."""
        rows, columns = self.sizes
        bounds = [bound for bound in (rows, columns) if bound is not None]
        largest = max(bounds) if len(bounds) == 2 else None
        found = Configurations(hidden, largest).patterns()
        return [pattern for pattern in found if self._fits(pattern)]

    def _fits(self, pattern: tuple[Types, Types]) -> bool:
        a, b = len(pattern[0]), len(pattern[1])
        infinite = 10**9
        rows, columns = (infinite if bound is None else bound for bound in self.sizes)
        return (a <= rows and b <= columns) or (b <= rows and a <= columns)

    def _level(self, todo: Sequence[tuple[Types, Types]]) -> Iterator[list[Entry]]:
        """All patterns of one size: none of them is a sub-pattern of another."""
        if not todo:
            return
        minimal = [
            minimal_of(entry)
            for entry in self.store.entries(status=Status.NOT_CLOSED)
            if entry.rule != "subpattern"
        ]
        batches = [todo[start : start + BATCH] for start in range(0, len(todo), BATCH)]
        yield from spread(
            self.executor, classify_batch, batches, (minimal, self.field, self.seconds), self.workers
        )


def atlas_entries(store: CensusStore, hidden: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The minimal non-closed and the maximal closed patterns of a complete census.

    Parameters
    ----------
    store : CensusStore
    hidden : int
        Patterns with at most so many hidden indices.

    Returns
    -------
    minimal, maximal : list of dict
        Entries of the tables ``minimal_not_closed`` and ``maximal_closed``.
    """
    minimal = []
    for entry in store.entries(status=Status.NOT_CLOSED):
        if entry.rule != "subpattern" and entry.hidden <= hidden:
            found = minimal_of(entry)
            minimal.append(
                {
                    "rows": list(found.rows),
                    "columns": list(found.columns),
                    "target": found.target,
                    "curve": found.curve,
                    "refutation": found.refutation,
                }
            )
    maximal = []
    configurations = Configurations(hidden)
    closed = {(e.rows, e.columns) for e in store.entries(hidden, Status.CLOSED)}
    for entry in store.entries(hidden, Status.CLOSED):
        if not any(p in closed for p in _extensions(configurations, entry.rows, entry.columns)):
            assert entry.certificate is not None
            proof = json.loads(entry.certificate)["proof"]
            maximal.append(
                {"rows": list(entry.rows), "columns": list(entry.columns), "proof": proof}
            )
    maximal.sort(key=lambda e: (-len(e["rows"]) - len(e["columns"]), e["rows"], e["columns"]))
    return minimal, maximal


def _extensions(
    configurations: Configurations, rows: Types, columns: Types
) -> Iterator[tuple[Types, Types]]:
    """Representatives of the patterns with one more row or column, within the twin bound."""
    for first, second in ((rows, columns), (columns, rows)):
        for kind in _addable(configurations.hidden, first):
            larger = tuple(sorted((*first, kind)))
            a, b = configurations.canonical(configurations.index[larger], configurations.index[second])
            yield configurations.all[a], configurations.all[b]


def _addable(hidden: int, types: Iterable[int]) -> Iterator[int]:
    count = Counter(types)
    for kind in range(1, 1 << hidden):
        if count[kind] < kind.bit_count():
            yield kind


def fault_of(text: str, product: SupportProduct, status: Status) -> tuple[str, bool]:
    """What is wrong with a stored certificate (empty if nothing), and whether a solver is trusted."""
    try:
        certificate = json.loads(text)
        report = check(json.dumps(elaborated(certificate)))
    except (Rejected, Malformed, ValueError) as error:
        return str(error), False
    fault = "" if report.verified else report.reason
    if report.verified:
        if SupportProduct.from_problem(certificate["problem"]) != product:
            fault = "the certificate is about another pattern"
        elif report.claim != status.value:
            fault = f"the certificate claims {report.claim}"
    return fault, bool(report.trusted)


def verify_entry(entry: Entry) -> tuple[str, str, bool]:
    """Check a stored certificate: the name of the pattern, the fault, whether a solver is trusted."""
    assert entry.certificate is not None
    product = product_of_types(entry.rows, entry.columns)
    name = f"rows {list(entry.rows)}, columns {list(entry.columns)}"
    return name, *fault_of(entry.certificate, product, entry.status)
