"""Linear networks and all data: when an optimum exists for every data set, and data sets that have none.

For data ``D`` and targets ``Z`` the question is whether ``P·D`` is closed, for every ``D``; closedness of ``P`` alone
settles data of full row rank. The statements, with proofs, are on the pages of ``docs/rules``.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.budget import Budget
from closedness.networks.data import DataCounterexample
from closedness.supports.support import Support
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from closedness.supports.product import SupportProduct

__all__ = ["closed_for_all_data", "data_without_optimum", "merged_inputs"]

LARGEST_FUSED = 64
"""Neurons of a layer up to which fusion and merged inputs are tried."""
MOST_HIDDEN = 400
Chain = tuple[Support, ...]


def closed_for_all_data(factors: Chain, *, whole_is_closed: bool = False) -> tuple[str, str] | None:
    """Why ``P·D`` is closed for every ``D``: the theorem and a sentence, or None if no rule says so.

    Parameters
    ----------
    factors : tuple of Support
        As multiplied: last layer first.
    whole_is_closed : bool
        ``P`` itself is known to be closed.

    Examples
    --------
    >>> dense, lower = Support.read([[1, 1], [1, 1]]), Support.read([[1, 0], [1, 1]])
    >>> closed_for_all_data((dense, lower))[0], closed_for_all_data((lower, lower.T))
    ('linear-coordinate-space', None)
    """
    from closedness.rules.chains.trim import trimmed

    chain = trimmed(factors)
    last = factors[-1]
    if whole_is_closed and last.nnz == last.shape[0] * last.shape[1]:
        sentence = "the matrices of the network form a closed set, and the first layer is dense"
        return "linear-dense-first-layer", sentence
    return _by_rules(chain)


def _by_rules(chain: Chain) -> tuple[str, str] | None:
    """Fuse neighbours, or peel the last layer off, until one factor is left."""
    if len(chain) == 1:
        sentence = "the network computes all matrices with some support, so training is a linear least-squares problem"
        return "linear-coordinate-space", sentence
    if max(size for factor in chain for size in factor.shape) <= LARGEST_FUSED:
        from closedness.rules.chains.fusion import fusion

        for at in range(len(chain) - 1):
            fused = fusion(chain, at)
            if fused is not None:
                return _by_rules(fused.shorter)
    if len(chain) == 2 and _single_neurons_apart(*chain):
        return (
            "linear-single-inputs",
            "neurons with one input or one output only add linear spaces, beside which the others are nested where "
            "they meet, so weights can be kept bounded for all data",
        )
    if _rows_cross(chain[0], chain[1]) and _by_rules(chain[1:]) is not None:
        return (
            "linear-nested-neurons",
            "neurons that feed a common output are nested: the more outputs one feeds, the fewer inputs it has, so "
            "weights can be kept bounded for all data",
        )
    return None


def _single_neurons_apart(left: Support, right: Support) -> bool:
    """The condition of rule ``linear-single-inputs``: after linear spaces are put aside the rest is nested.

    ``given[o]`` are inputs of which output ``o`` has any combination, whatever the other neurons do.
    """
    outputs, inputs = left.col_masks, right.row_masks
    rest = {k: outputs[k] for k in range(len(inputs)) if outputs[k] and inputs[k]}
    if len(rest) > MOST_HIDDEN:
        return False
    given = [0] * left.shape[0]
    changed = True
    while changed:
        changed = False
        for k in list(rest):
            rest[k] = sum(1 << o for o in bits(rest[k]) if inputs[k] & ~given[o])
            needed = [inputs[k] & ~given[o] for o in bits(rest[k])]
            if len(needed) <= 1 or all(mask.bit_count() == 1 for mask in needed):
                for o in bits(rest[k]):
                    given[o] |= inputs[k]
                del rest[k]
                changed = True
    for k, l in combinations(rest, 2):
        if not rest[k] & rest[l]:
            continue
        first = next(bits(rest[k]))
        reads = {j: inputs[j] & ~given[first] for j in (k, l)}
        if not (_nested(rest, reads, k, l) or _nested(rest, reads, l, k)):
            return False
    # within a component all outputs have the same inputs given
    return all(len({given[o] for o in bits(mask)}) == 1 for mask in rest.values())


def _nested(outputs: Sequence[int] | dict[int, int], inputs: Sequence[int] | dict[int, int], k: int, l: int) -> bool:
    return not outputs[k] & ~outputs[l] and not inputs[l] & ~inputs[k]


def _rows_cross(left: Support, right: Support) -> bool:
    """Any two inner indices with a common row on the left are crossing, whatever their columns on the right."""
    columns, rows = left.col_masks, right.row_masks
    live = [k for k in range(len(rows)) if columns[k] and rows[k]]
    if len(live) > MOST_HIDDEN:
        return False
    for k, l in combinations(live, 2):
        if columns[k] & columns[l] and not (_nested(columns, rows, k, l) or _nested(columns, rows, l, k)):
            return False
    return True


def merged_inputs(product: SupportProduct, groups: tuple[tuple[int, ...], ...]) -> SupportProduct:
    """The network whose inputs are the groups: a group is read by whoever reads one of its members.

    Examples
    --------
    >>> from closedness.supports.product import SupportProduct
    >>> print(merged_inputs(SupportProduct([[[1, 1]], [[1, 0, 1], [0, 1, 0]]]), ((0, 1), (2,))).factors[1])
    11
    1.
    """
    from closedness.supports.product import SupportProduct

    masks = [sum(1 << j for j in group) for group in groups]
    last = product.factors[-1]
    rows = [sum(1 << g for g, mask in enumerate(masks) if row & mask) for row in last.row_masks]
    return SupportProduct([*product.factors[:-1], Support.from_masks((last.shape[0], len(groups)), rows)])


def data_without_optimum(
    product: SupportProduct, *, tries: int = 40, seconds: float | None = 10.0
) -> DataCounterexample | None:
    """Look for inputs whose merging leads to a set that is not closed (rule ``linear-merged-inputs``).

    Parameters
    ----------
    product : SupportProduct
        Last layer first.
    tries : int
        So many mergings are put to `decide`.
    seconds : float or None
        Limit on the whole search.

    Returns
    -------
    DataCounterexample or None
        None too if some layer has more than `LARGEST_FUSED` neurons.
    """
    from closedness.decide import decide

    if max(size for factor in product.factors for size in factor.shape) > LARGEST_FUSED:
        return None
    budget = Budget(seconds)
    seen: set[SupportProduct] = set()
    for groups in _mergings(product):
        if len(seen) >= tries or budget.expired():
            return None
        merged = merged_inputs(product, groups)
        if merged in seen:
            continue
        seen.add(merged)
        verdict = decide(merged, seconds=budget.part(0.3).left(), last_resort=False)
        if verdict.status is Status.NOT_CLOSED and verdict.counterexample is not None:
            rows = product.factors[-1].row_masks
            first = {
                (k, g): next(j for j in group if rows[k] >> j & 1)
                for g, group in enumerate(groups)
                for k in range(len(rows))
                if any(rows[k] >> j & 1 for j in group)
            }
            used = tuple(sorted(j for group in groups for j in group))
            return DataCounterexample(verdict.counterexample, "linear", used, len(groups), groups, first)
    return None


def _mergings(product: SupportProduct) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Groups of inputs that make two first-layer neurons share inputs, or keep one apart."""
    rows = product.factors[-1].row_masks
    for k, l in combinations(range(len(rows)), 2):
        only_k, only_l = list(bits(rows[k] & ~rows[l])), list(bits(rows[l] & ~rows[k]))
        both = list(bits(rows[k] & rows[l]))
        shared = [(j,) for j in both] + list(zip(only_k, only_l, strict=False))
        if len(shared) >= 2:
            yield tuple(shared[:2])
        for alone, others in ((only_k, only_l), (only_l, only_k)):
            if alone and (both or (len(alone) > 1 and others)):
                yield ((alone[0],), (both[0],) if both else (alone[1], others[0]))
        if only_k and only_l and both:
            yield ((only_k[0],), (only_l[0],), (both[0],))
        elif len(only_k) > 1 and len(only_l) > 1:
            yield ((only_k[0],), (only_l[0],), (only_k[1], only_l[1]))
