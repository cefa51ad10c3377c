"""Repairs of large supports: closed ones near by, from which needless changes are taken back; how many are needed.

The closed supports are given by theorems: rank-one supports that do not overlap, rank-one supports that are equal
wherever they overlap, factors without zeros. Each is decided before it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of, union_of
from closedness.repair.changes import Change, Repair, apply
from closedness.repair.obstruction import obstruction
from closedness.repair.smallest import decided, repair_of
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.budget import Budget
    from closedness.repair.changes import Rules

__all__ = ["near_by", "needed"]

# shares of what is left of the time
DECISION, COUNTING = 0.25, 0.3


def near_by(product: SupportProduct, field: str, rules: Rules, budget: Budget) -> Repair | None:
    """A repair that is small, though there may be smaller ones; None if none was found."""
    best: Repair | None = None
    tried = set()
    for candidate in candidates(product, budget):
        if budget.expired():
            break
        changes = differences(product, candidate)
        if candidate in tried or not all(rules.permit(product, each) for each in changes):
            continue
        tried.add(candidate)
        if best is not None and len(changes) >= best.size:
            continue
        verdict = decided(candidate, field, budget.part(DECISION).left())
        if verdict.status is Status.CLOSED:
            best = repair_of(product, changes, verdict)
    return None if best is None else taken_back(product, field, best, budget)


def taken_back(product: SupportProduct, field: str, repair: Repair, budget: Budget) -> Repair:
    """Take back changes that are not needed: halves of them first, then smaller parts, single ones in the end."""
    changes = [*repair.allow, *repair.forbid]
    size = (len(changes) + 1) // 2
    while size and not budget.expired():
        start = 0
        while start < len(changes) and not budget.expired():
            rest = changes[:start] + changes[start + size :]
            verdict = decided(apply(product, rest), field, budget.part(DECISION).left())
            if verdict.status is Status.CLOSED:
                changes, repair = rest, repair_of(product, rest, verdict)
            else:
                start += size
        size = 0 if size == 1 else (size + 1) // 2
    return repair


def differences(product: SupportProduct, other: SupportProduct) -> list[Change]:
    """The entries that are allowed in one of them only."""
    return [
        Change(number, i, j)
        for number, (old, new) in enumerate(zip(product.factors, other.factors, strict=True))
        for i, (before, after) in enumerate(zip(old.row_masks, new.row_masks, strict=True))
        for j in bits(before ^ after)
    ]


def candidates(product: SupportProduct, budget: Budget) -> Iterator[SupportProduct]:
    """Supports that a theorem is likely to show closed, each from these by changes of one kind."""
    factors = product.factors
    if len(factors) == 2:
        yield from (apart(product, budget), alike(product, (0, 1)), alike(product, (0,)), alike(product, (1,)))
    full = [Support.kronecker(1, *factor.shape, 1) for factor in factors]
    for number, factor in enumerate(full):
        yield SupportProduct([*factors[:number], factor, *factors[number + 1 :]])
    yield SupportProduct(full)


def apart(product: SupportProduct, budget: Budget) -> SupportProduct:
    """Forbid entries until no two rank-one supports overlap; large ones are kept before small ones.

    Examples
    --------
    >>> from closedness.budget import Budget
    >>> apart(SupportProduct.from_text("10/11 * 11/01"), Budget(None))
    SupportProduct.from_text('10/10 * 11/01')
    """
    left, right = product.factors
    rows, columns = list(left.col_masks), list(right.row_masks)
    claimed = [0] * left.shape[0]
    order = sorted(range(len(rows)), key=lambda k: (-rows[k].bit_count() * columns[k].bit_count(), k))
    for k in order:
        if budget.expired():
            return product
        clash = [(i, claimed[i] & columns[k]) for i in bits(rows[k])]
        lines = mask_of(i for i, mask in clash if mask)
        across = union_of(mask for _, mask in clash)
        if across.bit_count() < lines.bit_count():
            columns[k] &= ~across
        else:
            rows[k] &= ~lines
        for i in bits(rows[k]):
            claimed[i] |= columns[k]
    return _of_rectangles(product, rows, columns)


def alike(product: SupportProduct, sides: tuple[int, ...]) -> SupportProduct:
    """Allow entries until rank-one supports that overlap have the same rows (side 0), the same columns (side 1).

    Examples
    --------
    >>> alike(SupportProduct.from_text("10/11 * 11/01"), (0,))
    SupportProduct.from_text('11/11 * 11/01')
    """
    left, right = product.factors
    rectangles = [list(left.col_masks), list(right.row_masks)]
    groups: list[list[int]] = []
    met: list[tuple[int, int]] = []
    for k, (rows, columns) in enumerate(zip(*rectangles, strict=True)):
        if not rows or not columns:
            continue
        own, together = (rows, columns), [k]
        apart_groups, apart_met = [], []
        for group, (up, across) in zip(groups, met, strict=True):
            if up & own[0] and across & own[1]:
                together += group
                own = (own[0] | up, own[1] | across)
            else:
                apart_groups.append(group)
                apart_met.append((up, across))
        groups, met = [*apart_groups, together], [*apart_met, own]
    for group, own in zip(groups, met, strict=True):
        for side in sides:
            for k in group:
                rectangles[side][k] = own[side]
    return _of_rectangles(product, *rectangles)


def _of_rectangles(product: SupportProduct, rows: list[int], columns: list[int]) -> SupportProduct:
    left, right = product.factors
    first = Support.from_masks((left.shape[1], left.shape[0]), rows).T
    return SupportProduct([first, Support.from_masks(right.shape, columns)])


def needed(product: SupportProduct, field: str, budget: Budget) -> int:
    """A number of changes that every repair of two factors needs at least.

    Counterexamples are collected that share neither rows nor columns of the product: each is found in what is left when
    the rows and columns of those before are deleted, and no change touches two of them.
    """
    if len(product) != 2:
        return 0
    left, right = product.factors
    rows, columns = (1 << left.shape[0]) - 1, (1 << right.shape[1]) - 1
    count = 0
    budget = budget.part(COUNTING)
    while rows and columns and not budget.expired():
        up, across = list(bits(rows)), list(bits(columns))
        part = SupportProduct([left.select(rows=up), right.select(cols=across)])
        found = obstruction(decided(part, field, budget.part(DECISION).left()))
        if found is None:
            break
        count += 1
        rows &= ~mask_of(up[i] for i in found.equations)
        columns &= ~mask_of(across[j] for j in bits(found.columns))
    return count
