"""Changes of supports: entries to allow or to forbid, and what a search for them delivers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from closedness.verdict import Verdict

__all__ = ["Change", "Repair", "Repairs", "Rules", "apply"]


class Change(NamedTuple):
    """One entry of one factor whose state is turned: allowed if it was forbidden, forbidden if it was allowed.

    Attributes
    ----------
    factor, row, column : int
        Counted from 0, as multiplied.
    """

    factor: int
    row: int
    column: int

    def __str__(self) -> str:
        return f"W{self.factor + 1}[{self.row},{self.column}]"


@dataclass(frozen=True)
class Repair:
    """A set of changes after which the set of products is closed.

    Attributes
    ----------
    allow, forbid : tuple of Change
        The entries to allow and those to forbid.
    verdict : Verdict
        Of the changed supports: closed, with its certificate.
    """

    allow: tuple[Change, ...]
    forbid: tuple[Change, ...]
    verdict: Verdict

    @property
    def product(self) -> SupportProduct:
        """The changed supports."""
        return self.verdict.product

    @property
    def size(self) -> int:
        """The number of changes."""
        return len(self.allow) + len(self.forbid)

    def __str__(self) -> str:
        words = []
        for verb, changes in (("allow", self.allow), ("forbid", self.forbid)):
            if changes:
                shown = ", ".join(map(str, changes[:12]))
                rest = f" and {len(changes) - 12} more" if len(changes) > 12 else ""
                words.append(f"{verb} {shown}{rest}")
        return "; ".join(words) or "nothing need be changed"


@dataclass(frozen=True)
class Repairs:
    """What a search for repairs found.

    Attributes
    ----------
    found : tuple of Repair
        Smallest first. Those of a complete search all have the same size.
    least : int
        It is proved that fewer changes do not suffice.
    complete : bool
        Whether `found` are all the smallest repairs.
    undecided : int
        Changed supports that could not be decided; each may be a repair, too.
    why : str
        What the search stopped for, when it is not complete.
    """

    found: tuple[Repair, ...] = ()
    least: int = 0
    complete: bool = False
    undecided: int = 0
    why: str = ""

    @property
    def summary(self) -> str:
        """What is known about all repairs, in a sentence."""
        if not self.complete and not self.least:
            return f"it is not known how many changes are needed; {self.why}"
        if not self.complete:
            return f"every repair needs {_counted(self.least)} or more; {self.why}"
        if not self.found:
            return f"no set of fewer than {_counted(self.least)} makes the set of products closed"
        if not self.found[0].size:
            return "closed as it is"
        return f"these are all the repairs by {_counted(self.found[0].size)}; fewer do not suffice"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.found), self.summary])


def _counted(number: int) -> str:
    return f"{number} change" + ("" if number == 1 else "s")


@dataclass(frozen=True)
class Rules:
    """Which changes are allowed.

    Attributes
    ----------
    add, remove : bool
        Whether entries may be allowed, and whether entries may be forbidden.
    keep : frozenset of Change
        Entries whose state must not change.
    """

    add: bool = True
    remove: bool = True
    keep: frozenset[Change] = field(default_factory=frozenset)

    def permit(self, product: SupportProduct, change: Change) -> bool:
        """Whether the change is one of these."""
        there = (change.row, change.column) in product.factors[change.factor]
        return change not in self.keep and (self.remove if there else self.add)

    def all(self, product: SupportProduct) -> Iterator[Change]:
        """Every change that is allowed."""
        for number, factor in enumerate(product.factors):
            rows, columns = factor.shape
            for i in range(rows):
                for j in range(columns):
                    change = Change(number, i, j)
                    if self.permit(product, change):
                        yield change


def apply(product: SupportProduct, changes: Iterable[Change]) -> SupportProduct:
    """The supports with these entries turned.

    Examples
    --------
    >>> apply(SupportProduct.from_text("10/11 * 11/01"), [Change(0, 0, 1)])
    SupportProduct.from_text('11/11 * 11/01')
    """
    masks = [list(factor.row_masks) for factor in product.factors]
    for change in changes:
        masks[change.factor][change.row] ^= 1 << change.column
    return SupportProduct(
        Support.from_masks(factor.shape, rows) if list(factor.row_masks) != rows else factor
        for factor, rows in zip(product.factors, masks, strict=True)
    )
