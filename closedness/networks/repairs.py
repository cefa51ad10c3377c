"""Mask entries to drop so that training a network that is not linear has an optimum for all data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.networks.architecture import Network
from closedness.networks.stars import forms_trees
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from closedness.supports.masks import Cell

__all__ = ["advice", "entries_to_drop", "without"]

LARGEST_COUNTED = 1_000_000
"""Mask entries up to which those to drop are counted."""


def entries_to_drop(
    masks: Iterable[Any], activation: str | Fraction | float = "relu", *, biases: bool | Sequence[Any] = True
) -> list[list[Cell]]:
    """Entries whose removal makes the hidden neurons trees, with stars before the outputs (rule ``relu-trees``).

    Components that are stars stay as they are. In the others each hidden neuron keeps one entry, to the neuron of the
    next layer that most neurons feed. This is a small set, not always the smallest one.

    Parameters
    ----------
    masks, activation, biases
        As for `assess_network`.

    Returns
    -------
    list of list of (output, input)
        For each layer, first layer first.

    Examples
    --------
    >>> entries_to_drop([[[1], [1]], [[1, 1], [0, 1]]])
    [[], [(1, 1)]]
    """
    network = Network.read(masks, activation, biases)
    reduced = network.reduced()
    dropped: list[list[Cell]] = [[] for _ in reduced.masks]
    for number in range(1, len(reduced.masks)):
        mask = reduced.masks[number]
        last = number == len(reduced.masks) - 1
        fed = [row.bit_count() for row in mask.row_masks]
        left = list(fed)
        for k, column in enumerate(mask.col_masks):
            outputs = list(bits(column))
            alone = all(fed[o] == 1 for o in outputs)
            if len(outputs) < 2 or (last and alone and _alike(reduced, column)):
                continue
            best = max(outputs, key=left.__getitem__)
            for o in outputs:
                if o != best:
                    dropped[number].append((o, k))
                    left[o] -= 1
    return dropped


def _alike(network: Network, outputs: int) -> bool:
    """Whether all of these outputs have a bias, or none."""
    return network.biases[-1] & outputs in (0, outputs)


def advice(network: Network) -> str:
    """What to change, in a sentence for an engineer; empty if nothing need be changed.

    Examples
    --------
    >>> advice(Network.read([[[1], [1]], [[1, 1], [0, 1]]]))
    'drop 1 of 5 mask entries, so that each hidden neuron feeds one output, or use weight decay'
    """
    if network.slope == 1 or len(network.masks) < 2:
        return ""
    if sum(mask.nnz for mask in network.masks) > LARGEST_COUNTED:
        trees = forms_trees(network.reduced())
        return "" if trees else "let each hidden neuron feed one neuron of the next layer only, or use weight decay"
    dropped = entries_to_drop(network.masks, network.slope, biases=_listed(network))
    count = sum(map(len, dropped))
    if not count:
        return ""
    reduced = network.reduced()
    total = sum(mask.nnz for mask in reduced.masks)
    inner = any(dropped[:-1])
    where = "each hidden neuron feeds one neuron of the next layer" if inner else "each hidden neuron feeds one output"
    return f"drop {count} of {total} mask entries, so that {where}, or use weight decay"


def without(network: Network, dropped: Sequence[Sequence[Cell]]) -> Network:
    """The network with these mask entries dropped.

    Examples
    --------
    >>> network = Network.read([[[1], [1]], [[1, 1], [0, 1]]])
    >>> without(network, [[], [(1, 1)]]).masks[1].rows
    ((0, 1), ())
    """
    masks = []
    for mask, cells in zip(network.masks, dropped, strict=True):
        rows = list(mask.row_masks)
        for i, j in cells:
            rows[i] &= ~(1 << j)
        masks.append(Support.from_masks(mask.shape, rows))
    return replace(network, masks=tuple(masks))


def _listed(network: Network) -> list[list[int]]:
    return [
        [bias >> i & 1 for i in range(mask.shape[0])] for mask, bias in zip(network.masks, network.biases, strict=True)
    ]
