"""Decide whether a set of products given by sparsity levels is closed.

The rules, with proofs, are on the pages of ``docs/rules``. Nothing is answered that
:mod:`closedness.check` does not confirm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.laurent import entries_of
from closedness.budget import Budget
from closedness.check import Rejected, check
from closedness.elaboration import LARGE_STEPS, elaborated, envelope
from closedness.errors import BudgetExceeded, InputError
from closedness.levels.generic_limits import Limit, generic_limits
from closedness.rules.rule import Rule, sentence
from closedness.supports.levels import Level, Member, SparsityLevels, orbit_representatives
from closedness.supports.masks import Cell
from closedness.supports.support import Support
from closedness.verdict import Status

if TYPE_CHECKING:
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = ["LevelsVerdict", "decide_levels"]

MOST_MEMBERS = 7_000
SECONDS_A_CLASS = 10.0


@dataclass(frozen=True)
class LevelsVerdict:
    """The answer for sparsity levels.

    Attributes
    ----------
    levels : SparsityLevels
    field : str
    status : Status
    reason : str
        One sentence.
    certificate : dict or None
        For :func:`closedness.check`; None if undecided.
    members, classes : int or None
        Numbers of largest supports, and of these up to the order of rows, columns and inner indices; None if they were
        not gone through.
    seconds : float
    """

    levels: SparsityLevels
    field: str
    status: Status
    reason: str
    certificate: dict[str, Any] | None
    members: int | None
    classes: int | None
    seconds: float

    def __bool__(self) -> bool:
        raise TypeError("a LevelsVerdict has no truth value; compare .status with Status.CLOSED")


def decide_levels(
    levels: SparsityLevels,
    field: str = "real",
    seconds: float | None = 60.0,
    *,
    most_members: int = MOST_MEMBERS,
) -> LevelsVerdict:
    """Decide whether the set of all products within the levels is closed.

    Parameters
    ----------
    levels : SparsityLevels
    field : {"real", "complex"}
    seconds : float or None
        Time limit.
    most_members : int
        So many largest supports are gone through at most.

    Returns
    -------
    LevelsVerdict

    Examples
    --------
    >>> decide_levels(SparsityLevels.of((2, 2, 2), total=(3, 3))).status  # LU with pivoting
    <Status.CLOSED: 'closed'>
    >>> decide_levels(SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None))).status
    <Status.NOT_CLOSED: 'not_closed'>
    """
    if field not in ("real", "complex"):
        raise InputError(f"field is {field!r}, not 'real' or 'complex'")
    search = _Search(levels, field, Budget(seconds), most_members)
    try:
        return search.answer()
    except BudgetExceeded as error:
        return search.verdict(Status.UNDECIDED, str(error), None)
    except KeyboardInterrupt:
        return search.verdict(Status.UNDECIDED, "interrupted", None)


class _Search:
    def __init__(self, levels: SparsityLevels, field: str, budget: Budget, most_members: int) -> None:
        self.levels = levels
        self.field = field
        self.budget = budget
        self.most_members = most_members
        self.members: list[Member] | None = None
        self.classes: int | None = None

    def verdict(self, status: Status, reason: str, proof: dict[str, Any] | None) -> LevelsVerdict:
        certificate = None
        if proof is not None:
            certificate = envelope(
                self.levels.to_problem(), self.levels.content_id, self.field, status.value, proof, version=LARGE_STEPS
            )
            try:
                certificate = elaborated(certificate)
                report = check(certificate)
                complaint = "" if report.verified else report.reason
            except Rejected as error:
                complaint = str(error)
            if complaint:
                status, certificate = Status.UNDECIDED, None
                reason = f"a proof was found and dropped, the checker says: {complaint}"
        number = None if self.members is None else len(self.members)
        return LevelsVerdict(
            self.levels, self.field, status, reason, certificate, number, self.classes, self.budget.elapsed()
        )

    def answer(self) -> LevelsVerdict:
        by_numbers = one_entry(self.levels) or elimination(self.levels)
        if by_numbers is not None:
            return self.verdict(Status.CLOSED, *by_numbers)
        self.members = self.levels.members(self.most_members)
        by_limits = self.verdict(Status.CLOSED, sentence(RULES, "uncrossed"), {"rule": "uncrossed"})
        if by_limits.status is Status.CLOSED:
            return by_limits
        classes = orbit_representatives(self.members, self.levels.sizes)
        self.classes = len(classes)
        verdicts = [self._decide(member) for member in classes]
        if all(verdict.status is Status.CLOSED for verdict in verdicts):
            cases = [json.loads(v.certificate.to_json()) for v in verdicts if v.certificate is not None]
            reason = f"each of the {len(self.members)} largest supports within the levels gives a closed set"
            return self.verdict(Status.CLOSED, reason, {"rule": "members", "cases": cases})
        open_ones = [verdict for verdict in verdicts if verdict.status is not Status.CLOSED]
        for target, curve in _in_turns([_limits(verdict) for verdict in open_ones]):
            cover = self._cover(target)
            if cover is not None:
                proof = {
                    "rule": "union-limit",
                    "target": [[i, j, str(value)] for (i, j), value in sorted(target.items())],
                    "curve": [entries_of(factor) for factor in curve],
                    "cover": cover,
                }
                return self.verdict(Status.NOT_CLOSED, sentence(RULES, "union-limit"), proof)
        known = sum(verdict.status is Status.NOT_CLOSED for verdict in open_ones)
        reason = (
            f"{known} of {len(classes)} kinds of supports are not closed by themselves, {len(open_ones) - known} are "
            "undecided, but every limit that was tried is a product with other supports, or not settled"
        )
        return self.verdict(Status.UNDECIDED, reason, None)

    def _decide(self, member: Member) -> Verdict:
        from closedness.decide import decide

        if self.budget.expired():
            raise BudgetExceeded("out of time")
        left = self.budget.left()
        # half of the time for all classes together; a class that stays undecided can still yield a limit
        limit = SECONDS_A_CLASS if left is None else min(SECONDS_A_CLASS, max(0.1, left / 2 / (self.classes or 1)))
        return decide(self.levels.product_of(member), field=self.field, seconds=limit, last_resort=False)

    def _cover(self, target: Mapping[Cell, Fraction]) -> list[dict[str, Any]] | None:
        """Refutations of the target for all members, each for as many members as it serves."""
        from closedness.equations.membership import decide_membership, refutation_table

        assert self.members is not None
        cover: list[dict[str, Any]] = []
        bounds: list[Member] = []
        for member in self.members:
            if any(_contains(bound, member) for bound in bounds):
                continue
            if self.budget.expired():
                raise BudgetExceeded("out of time")
            product = self.levels.product_of(member)
            tree = None
            for steps in (3_000, 60_000):
                real = self.field == "real"
                outcome = decide_membership(product, target, steps=steps, real=real, budget=self.budget)
                tree = outcome.refutation
                if outcome.settled:
                    break
            if tree is None:
                return None
            found = refutation_table(tree)
            wide = _widened(product, {(i, j) for i, j in found["cells"]})
            bounds.append(tuple(factor.row_masks for factor in wide.factors))
            cover.append({"factors": wide.to_problem()["factors"], "refutation": found})
        return cover


def _contains(bound: Member, member: Member) -> bool:
    return all(
        not small & ~large
        for larger, smaller in zip(bound, member, strict=True)
        for large, small in zip(larger, smaller, strict=True)
    )


def _widened(product: SupportProduct, cells: set[Cell]) -> SupportProduct:
    """All entries that the equations of these cells do not look at are added to the supports."""
    from closedness.supports.product import SupportProduct

    rows, columns = {i for i, _ in cells}, {j for _, j in cells}
    factors = list(product.factors)
    first, last = factors[0], factors[-1]
    full = (1 << first.shape[1]) - 1
    factors[0] = Support.from_masks(
        first.shape, [mask if i in rows else full for i, mask in enumerate(first.row_masks)]
    )
    unused = sum(1 << j for j in range(last.shape[1]) if j not in columns)
    factors[-1] = Support.from_masks(last.shape, [mask | unused for mask in last.row_masks])
    return SupportProduct(factors)


def _in_turns(iterators: list[Iterator[Limit]]) -> Iterator[Limit]:
    """One of each, then the next of each."""
    while iterators:
        left = []
        for each in iterators:
            found = next(each, None)
            if found is not None:
                left.append(each)
                yield found
        iterators = left


def _limits(verdict: Verdict, tries: int = 3) -> Iterator[Limit]:
    """Limits of products with the supports of the verdict: the known one, and generic ones."""
    example = verdict.counterexample
    if example is not None and example.curve:
        yield {cell: value for cell, value in example.entries.items() if value}, example.curve
    if len(verdict.product) == 2:
        yield from generic_limits(verdict.product, tries)


# -------------------------------------------------------------------- by the numbers alone


def one_entry(levels: SparsityLevels) -> tuple[str, dict[str, Any]] | None:
    """Rule ``one-entry``: every member is closed, whatever the sizes."""
    if len(levels.levels) != 2:
        return None
    first, second = levels.levels
    if min(levels.sizes[0], levels.sizes[-1]) == 1:
        why = "the products have one row or one column, so each support gives all vectors with some support"
    elif min(first.at_most("row"), second.at_most("column")) <= 1:
        why = "rank-one supports have no common cells, whatever the supports"
    elif min(first.at_most("column"), second.at_most("row")) <= 1:
        why = "each support gives all matrices with some support"
    else:
        return None
    return why, {"rule": "one-entry"}


def elimination(levels: SparsityLevels) -> tuple[str, dict[str, Any]] | None:
    """Rule ``elimination``: every matrix is a product within the levels."""
    if len(levels.levels) != 2:
        return None
    first, second = levels.levels
    for transposed, left, right in ((False, first, second), (True, _turned(second), _turned(first))):
        m, n = left.shape[0], right.shape[1]
        zeros = max(0, m * n - left.at_most("total"))
        enough = (
            left.shape[1] >= n
            and zeros <= sum(n - p for p in range(1, min(m, n) + 1))
            and left.at_most("row") >= n
            and left.at_most("column") >= m
            and right.at_most("total") >= n + zeros
            and min(right.at_most("row"), right.at_most("column")) >= (n if zeros else 1)
        )
        if enough:
            why = f"every {levels.sizes[0]}×{levels.sizes[-1]} matrix is such a product, by elimination with pivoting"
            return why, {"rule": "elimination", "transposed": transposed, "zeros": zeros}
    return None


def _turned(level: Level) -> Level:
    return Level(level.shape[::-1], level.column, level.row, level.total)


RULES = (
    Rule(
        "one-entry",
        "levels",
        "by the numbers alone each support gives a closed set, and so does their union",
    ),
    Rule(
        "elimination",
        "levels",
        "every matrix is such a product, by elimination with pivoting",
    ),
    Rule(
        "uncrossed",
        "levels",
        "limits of products with one support within the levels are products with another one",
    ),
    Rule(
        "members",
        "levels",
        "each of the largest supports within the levels gives a closed set",
    ),
    Rule(
        "union-limit",
        "levels",
        "a matrix is a limit of products within the levels and is no such product itself",
        claim="not_closed",
    ),
)
