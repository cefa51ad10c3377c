"""Small changes of a support that make its set of products closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.verdict import Verdict

__all__ = ["Repair", "single_cell_repairs"]


@dataclass(frozen=True)
class Repair:
    """One entry of one factor that is to be forbidden or allowed.

    Attributes
    ----------
    factor, row, column : int
        Counted from 0.
    allow : bool
        Allow the entry (else forbid it).
    product : SupportProduct
        The changed supports; decided to be closed.
    """

    factor: int
    row: int
    column: int
    allow: bool
    product: SupportProduct

    def __str__(self) -> str:
        verb = "allow" if self.allow else "forbid"
        return f"{verb} the entry ({self.row}, {self.column}) of W{self.factor + 1}"


def single_cell_repairs(verdict: Verdict, budget: Budget, most: int = 2) -> list[Repair]:
    """Single entries whose change makes the set closed, each verified by a decision and a check.

    Parameters
    ----------
    verdict : Verdict
        Of a set that is not closed, with its counterexample.
    budget : Budget
        Time for all attempts together.
    most : int
        How many to return of each kind: entries to allow, entries to forbid.

    Examples
    --------
    >>> from closedness import decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> [str(repair) for repair in single_cell_repairs(verdict, Budget(60), most=1)]
    ['allow the entry (0, 1) of W1', 'forbid the entry (0, 0) of W1']
    """
    from closedness.check import check
    from closedness.decide import decide

    found: list[Repair] = []
    for factor, row, column, allow in _candidates(verdict):
        if budget.expired():
            break
        if sum(repair.allow is allow for repair in found) >= most:
            continue
        changed = _changed(verdict.product, factor, row, column)
        if budget.expired():  # supports of many thousand rows take their time to be written
            break
        answer = decide(changed, field=verdict.field, seconds=budget.part(0.5).left(), last_resort=False)
        if answer.status.value == "closed" and check(answer.certificate).verified:
            found.append(Repair(factor, row, column, allow, changed))
    return found


def _candidates(verdict: Verdict) -> Iterator[tuple[int, int, int, bool]]:
    """Forbidden entries in the rows and columns of the curve first, then the entries on it."""
    if verdict.counterexample is None:
        return
    curve = verdict.counterexample.curve
    for number, (entries, support) in enumerate(zip(curve, verdict.product.factors, strict=True)):
        for i in sorted({i for i, _ in entries}):
            for j in sorted({j for _, j in entries}):
                if (i, j) not in support:
                    yield number, i, j, True
    for number, entries in enumerate(curve):
        for i, j in sorted(entries):
            yield number, i, j, False


def _changed(product: SupportProduct, factor: int, row: int, column: int) -> SupportProduct:
    support = product.factors[factor]
    masks = list(support.row_masks)
    masks[row] ^= 1 << column
    factors = list(product.factors)
    factors[factor] = Support.from_masks(support.shape, masks)
    return SupportProduct(factors)
