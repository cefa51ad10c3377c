"""Why a set is not closed, in terms of the entries that matter: which changes can make it closed, which cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of, union_of
from closedness.repair.changes import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.repair.changes import Rules
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = ["Obstruction", "obstruction"]


@dataclass(frozen=True)
class Obstruction:
    """A counterexample: its curve of factors, and the entries of the product that its refutation speaks of.

    It stays one for other supports as long as the curve lies in them and no entry of `equations` has a path that it did
    not have (`holds`): the target is still a limit, and factors of it would, with zeros in the entries that are gone,
    solve the equations that were refuted.

    Attributes
    ----------
    product : SupportProduct
        The supports it was found for.
    curve : frozenset of Change
        The entries of the factors that the curve uses.
    equations : dict of int to int
        For each row of the product the bitmask of the columns that the refutation looks at.
    """

    product: SupportProduct
    curve: frozenset[Change]
    equations: dict[int, int]

    @property
    def columns(self) -> int:
        """Bitmask of the columns that the refutation looks at."""
        return union_of(self.equations.values())

    def holds(self, product: SupportProduct) -> bool:
        """Whether it shows that the set of these products is not closed, either.

        Parameters
        ----------
        product : SupportProduct
            Of the same shapes.
        """
        if not all((each.row, each.column) in product.factors[each.factor] for each in self.curve):
            return False
        added = [
            Change(number, i, j)
            for number, (new, old) in enumerate(zip(product.factors, self.product.factors, strict=True))
            for i, (mask, before) in enumerate(zip(new.row_masks, old.row_masks, strict=True))
            if mask & ~before
            for j in bits(mask & ~before)
        ]
        return not any(self._touched(each, product) for each in added)

    def _touched(self, change: Change, product: SupportProduct) -> bool:
        """Whether a path of an entry of the equations goes through this entry of a factor."""
        above = backward(product, change.factor, 1 << change.row)
        below = forward(product, change.factor + 1, 1 << change.column)
        return any(above >> i & 1 and columns & below for i, columns in self.equations.items())

    def ways_out(self, product: SupportProduct, rules: Rules) -> Iterator[Change]:
        """Changes one of which every repair of these supports must contain, if the obstruction holds for them.

        Entries of the curve are forbidden, or entries allowed that may lie on a path of the equations.
        """
        for each in sorted(self.curve):
            if rules.permit(product, each):
                yield each
        if not rules.add:
            return
        last = len(product.factors) - 1
        rows = mask_of(i for i in self.equations)
        for number, factor in enumerate(product.factors):
            for i in range(factor.shape[0]):
                if number == 0 and not rows >> i & 1:
                    continue
                for j in range(factor.shape[1]):
                    if number == last and not self.columns >> j & 1:
                        continue
                    change = Change(number, i, j)
                    if (i, j) not in factor and rules.permit(product, change):
                        yield change


def obstruction(verdict: Verdict) -> Obstruction | None:
    """The obstruction of a verdict that is not closed and has a curve, None for others."""
    if verdict.counterexample is None or not verdict.counterexample.curve or verdict.certificate is None:
        return None
    curve = frozenset(
        Change(number, i, j)
        for number, entries in enumerate(verdict.counterexample.curve)
        for (i, j), entry in entries.items()
        if any(entry.values())
    )
    equations: dict[int, int] = {}
    for i, j in _cells(verdict.certificate.proof.get("refutation"), verdict.product.shape):
        equations[i] = equations.get(i, 0) | 1 << j
    return Obstruction(verdict.product, curve, equations)


def _cells(refutation: Any, shape: Cell) -> Iterator[Cell]:
    """Entries of the product that a refutation looks at; all of them where it is one of another kind."""
    if isinstance(refutation, dict):
        if "cells" in refutation:
            yield from ((i, j) for i, j in refutation["cells"])
            return
        block = refutation.get("frames") or refutation.get("diagonal")
        if block is not None:
            yield from ((i, j) for i in block["rows"] for j in block["columns"])
            return
    yield from ((i, j) for i in range(shape[0]) for j in range(shape[1]))


def forward(product: SupportProduct, number: int, nodes: int) -> int:
    """Columns of the product that are reached from these rows of a factor; of its columns, beyond the last one."""
    for factor in product.factors[number:]:
        nodes = union_of(factor.row_masks[i] for i in bits(nodes))
    return nodes


def backward(product: SupportProduct, number: int, nodes: int) -> int:
    """Rows of the product from which these rows of a factor are reached."""
    for factor in reversed(product.factors[:number]):
        nodes = union_of(factor.col_masks[j] for j in bits(nodes))
    return nodes
