"""All smallest repairs, by the number of changes; each counterexample says where one of the changes must be.

A set of changes is extended only by those that touch the obstruction of what it leaves (`Obstruction.ways_out`): if a
repair contains the set, and the obstruction holds, the repair contains one of these. So all repairs of the least size
are reached, and as long as every smaller set was decided nothing smaller exists.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from closedness.repair.changes import Change, Repair, Repairs, apply
from closedness.repair.obstruction import Obstruction, obstruction
from closedness.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from closedness.budget import Budget
    from closedness.repair.changes import Rules
    from closedness.supports.product import SupportProduct

__all__ = ["Search", "repair_of"]

# share of what is left of the time for one of the supports
SHARE = 0.2
# changes by which a set is extended when its supports could not be decided
MOST_BLIND = 60


class Search:
    """Go through the sets of changes, those of one size after those of the size before.

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    rules : Rules
    budget : Budget
    executor : Executor, optional
        Anything with ``submit``, where supports are decided side by side.
    workers : int
        How many are handed to it at a time.
    progress : callable, optional
        Called with (sets of this size done, sets of this size) now and then.
    """

    def __init__(
        self,
        product: SupportProduct,
        field: str,
        rules: Rules,
        budget: Budget,
        executor: Executor | None = None,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.product = product
        self.field = field
        self.rules = rules
        self.budget = budget
        self.executor = executor
        self.workers = workers
        self.progress = progress
        self.known: list[Obstruction] = []
        self.undecided = 0
        self.doubt: int | None = None  # the size of the first set that could not be decided

    def run(self, at_most: int, most: int) -> Repairs:
        """All smallest repairs with at most so many changes; not more than `most` of them."""
        level: set[frozenset[Change]] = {frozenset()}
        for size in range(at_most + 1):
            found: list[Repair] = []
            following: set[frozenset[Change]] = set()
            least = size if self.doubt is None else self.doubt
            done = 0
            for changes, changed, answer in self._answers(sorted(level, key=sorted)):
                if answer is None:
                    return self._stopped(found, least, "the time was over")
                done += 1
                if self.progress is not None:
                    self.progress(done, len(level))
                if isinstance(answer, Verdict) and answer.status is Status.CLOSED:
                    found.append(repair_of(self.product, changes, answer))
                    if len(found) >= most:
                        return self._stopped(found, least, f"the first {most} were asked for")
                    continue
                if isinstance(answer, Verdict) and self.doubt is None:
                    self.doubt = least = size
                if not found:
                    more = self._next(changed, answer)
                    following.update(changes | {each} for each in more if each not in changes)
            if found:
                return self._ended(found, size)
            level = following
            if not level:
                return self._ended([], at_most + 1)
        return self._ended([], at_most + 1)

    def _ended(self, found: list[Repair], least: int) -> Repairs:
        if self.undecided:
            why = f"{self.undecided} of the changed supports could not be decided"
            return Repairs(tuple(found), self.doubt or 0, False, self.undecided, why)
        return Repairs(tuple(found), least, True)

    def _stopped(self, found: list[Repair], least: int, why: str) -> Repairs:
        return Repairs(tuple(found), least, False, self.undecided, why)

    def _answers(
        self, level: list[frozenset[Change]]
    ) -> Iterator[tuple[frozenset[Change], SupportProduct, Verdict | Obstruction | None]]:
        """For each set the changed supports, and their verdict or an obstruction known already; None out of time."""
        start = 0
        while start < len(level):
            batch: list[tuple[frozenset[Change], SupportProduct]] = []
            while start < len(level) and len(batch) < self.workers:
                changes = level[start]
                start += 1
                if self.budget.expired():
                    yield changes, self.product, None
                    return
                changed = apply(self.product, changes)
                held = next((each for each in self.known if each.holds(changed)), None)
                if held is None:
                    batch.append((changes, changed))
                else:
                    yield changes, changed, held
            verdicts = self._decided([changed for _, changed in batch])
            for (changes, changed), verdict in zip(batch, verdicts, strict=True):
                if verdict.reason == "interrupted":
                    raise KeyboardInterrupt
                new = obstruction(verdict)
                if new is not None:
                    self.known.append(new)
                if verdict.status is Status.UNDECIDED:
                    self.undecided += 1
                yield changes, changed, verdict if new is None else new

    def _decided(self, products: list[SupportProduct]) -> Iterable[Verdict]:
        seconds = self.budget.part(SHARE).left()
        if self.executor is None:
            return [decided(product, self.field, seconds) for product in products]
        futures = [self.executor.submit(decided, product, self.field, seconds) for product in products]
        return [future.result() for future in futures]

    def _next(self, changed: SupportProduct, answer: Verdict | Obstruction) -> Iterator[Change]:
        """Changes one of which every repair that goes on from these supports must contain."""
        if isinstance(answer, Obstruction):
            return answer.ways_out(changed, self.rules)
        return islice(self.rules.all(changed), MOST_BLIND)


def decided(product: SupportProduct, field: str, seconds: float | None) -> Verdict:
    """The verdict of the exact rules; the unit of work of an executor."""
    from closedness.decide import decide

    return decide(product, field=field, seconds=seconds, last_resort=False)


def repair_of(product: SupportProduct, changes: Iterable[Change], verdict: Verdict) -> Repair:
    """The changes, those that allow apart from those that forbid."""
    ordered = sorted(changes)
    there = {each: (each.row, each.column) in product.factors[each.factor] for each in ordered}
    return Repair(
        tuple(each for each in ordered if not there[each]), tuple(each for each in ordered if there[each]), verdict
    )
