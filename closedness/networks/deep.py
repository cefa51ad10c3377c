"""Deeper networks of which the masks say that some data have no optimum (rules ``relu-crossing``, ``relu-narrow``).

Statements and proofs are in ``docs/rules/relu-crossing.md`` and ``docs/rules/relu-narrow.md``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of, union_of
from closedness.algebra.matching import distinct_representatives
from closedness.networks.stars import TRIED, crossings
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.networks.architecture import Network
    from closedness.networks.stars import Crossing

__all__ = ["Funnel", "deep_crossing", "funnel_of"]


def deep_crossing(network: Network) -> Crossing | None:
    """Two neurons of the last hidden layer to which the theorem for several hidden layers applies, or None.

    Parameters
    ----------
    network : Network
        Reduced, with several hidden layers.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> def dense(*sizes):
    ...     return Network.read([[[1] * n] * m for n, m in zip(sizes, sizes[1:])])
    >>> deep_crossing(dense(1, 3, 2, 2))
    Crossing(first=1, second=0, shared=0, other=1)
    >>> deep_crossing(dense(1, 3, 1, 2, 2)) is deep_crossing(dense(1, 3, 3, 1, 2)) is None
    True
    """
    return next((found for crossing in crossings(network) if (found := _competing(network, crossing))), None)


def _competing(network: Network, crossing: Crossing) -> Crossing | None:
    """The crossing with a first neuron that reads the same as the second one, if the two are enough."""
    last = len(network.masks) - 1
    rows, reads = network.masks[last].row_masks, network.masks[last - 1].row_masks
    neurons = rows[crossing.shared] | rows[crossing.other]
    read = reads[crossing.second]
    alike = mask_of(k for k in bits(neurons & network.biases[last - 1]) if reads[k] == read)
    first = next(bits(alike & rows[crossing.shared] & ~(1 << crossing.second)), None)
    if first is None or not alike >> crossing.second & 1:
        return None
    if not network.slope and alike.bit_count() == 2:
        kinds = {network.masks[last - 2].row_masks[k] for k in bits(read)}
        if neurons != alike or read & ~network.biases[last - 2]:
            return None
        if last > 2 and (read.bit_count() < 2 or len(kinds) > 1):
            return None
    return replace(crossing, first=first)


@dataclass(frozen=True)
class Funnel:
    """Inputs that are more than the neurons of the first layer that read them, and two neurons behind these.

    Attributes
    ----------
    pairs : tuple of (neuron, input)
        The neurons of the first layer from which paths lead to the output, each with an input of its own.
    free : int
        One input more.
    output : int
    level : int
        The number of the hidden layer of the two neurons.
    first, second : int
        Two neurons that both see the free input through a neuron that both read, and that another one reads.
    """

    pairs: tuple[tuple[int, int], ...]
    free: int
    output: int
    level: int
    first: int
    second: int

    def proof(self) -> dict[str, Any]:
        """The proof as it stands in certificates."""
        return {"rule": "relu-narrow", **asdict(self), "pairs": [list(pair) for pair in self.pairs]}


def funnel_of(network: Network) -> Funnel | None:
    """What shows that a network with several hidden layers is no tree behind a narrow first layer, or None.

    Parameters
    ----------
    network : Network
        Reduced, with several hidden layers.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> dense = Network.read([[[1, 1]], [[1], [1]], [[1, 1]]])
    >>> funnel_of(dense)
    Funnel(pairs=((0, 1),), free=0, output=0, level=2, first=0, second=1)
    >>> funnel_of(Network.read([[[1]], [[1], [1]], [[1, 1]]])) is None
    True
    """
    last = len(network.masks) - 1
    inputs, columns = network.masks[0].row_masks, network.masks[0].col_masks
    for output in islice(range(network.masks[-1].shape[0]), TRIED):
        reach = [1 << output]  # the neurons of each layer that reach the output, last layer first
        for number in range(last, 0, -1):
            reach.append(_read_by(network, number, reach[-1]))
        first = reach[-1]
        if sum(1 for column in columns if column & first) <= first.bit_count():
            continue
        owners: dict[int, dict[int, int] | None] = {}  # by free input
        for number in range(1, last):
            for pair in islice(_pairs(network, number, reach[last - number - 1], reach[last - number]), TRIED**2):
                k, l = pair
                rows = network.masks[number].row_masks
                seen = _sources(network, rows[k] & rows[l], number - 1)
                around = _sources(network, 1 << output, last, (number, 1 << k | 1 << l))
                if first & ~(seen | around):
                    continue
                for j in islice(bits(_read_by(network, 0, seen)), TRIED):
                    if j not in owners:
                        owners[j] = distinct_representatives({i: inputs[i] & ~(1 << j) for i in bits(first)})
                    owner = owners[j]
                    if owner is not None:
                        return Funnel(tuple(sorted(owner.items())), j, output, number + 1, k, l)
    return None


def _pairs(network: Network, number: int, after: int, alive: int) -> Iterator[tuple[int, int]]:
    """Pairs of neurons of a layer with biases that read a common neuron, and that a neuron of the next layer reads."""
    readers, feeds = network.masks[number].col_masks, network.masks[number + 1].col_masks
    for column in islice((column for column in readers if column & alive), TRIED**2):
        for k, l in islice(combinations(bits(column & alive & network.biases[number]), 2), TRIED):
            if feeds[k] & feeds[l] & after:
                yield k, l


def _read_by(network: Network, number: int, neurons: int) -> int:
    """What some neurons of a layer read."""
    rows = network.masks[number].row_masks
    return union_of(rows[k] for k in bits(neurons))


def _sources(network: Network, reach: int, number: int, without: tuple[int, int] = (0, 0)) -> int:
    """The neurons of the first layer from which paths lead to some of layer `number`, avoiding neurons of one layer."""
    for layer in range(number, 0, -1):
        reach = _read_by(network, layer, reach)
        if layer - 1 == without[0]:
            reach &= ~without[1]
    return reach


RULES = (
    Rule(
        "relu-narrow",
        "masks",
        "the first hidden layer has fewer neurons than inputs, and two neurons behind it can make a step",
        claim="not_closed",
    ),
)
