"""Deeper networks of which the masks say that some data have no optimum (rules ``relu-crossing``, ``relu-narrow``).

Statements and proofs are in ``docs/rules/relu-crossing.md`` and ``docs/rules/relu-narrow.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import distinct_representatives
from closedness.networks.stars import TRIED, crossings
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.networks.architecture import Network
    from closedness.networks.stars import Crossing

__all__ = ["Funnel", "deep_crossing", "funnel_of"]

MATCHED = 300
"""Neurons of the first layer up to which inputs of their own are looked for by augmenting paths."""


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
    return next((crossing for crossing in crossings(network) if _compete(network, crossing)), None)


def _compete(network: Network, crossing: Crossing) -> bool:
    """Whether the neurons of two outputs read the same; of two ReLU neurons, also what these read."""
    last = len(network.masks) - 1
    rows = network.masks[last].row_masks
    neurons = rows[crossing.shared] | rows[crossing.other]
    for number in (last - 1, last - 2):
        read = {network.masks[number].row_masks[k] for k in bits(neurons)}
        if neurons & ~network.biases[number] or (number and len(read) > 1):
            return False
        if number < last - 1 or network.slope or neurons.bit_count() > 2:
            return True
        (neurons,) = read
        if number > 1 and neurons.bit_count() == 1:
            return False
    raise AssertionError("two layers settle it")


@dataclass(frozen=True)
class Funnel:
    """Inputs that are more than the neurons of the first layer that read them, and two neurons behind these.

    Attributes
    ----------
    pairs : tuple of (neuron, input)
        The neurons of the first layer, each with an input of its own.
    free : int
        One input more.
    level : int
        The number of the hidden layer of the two neurons.
    path : tuple of int
        From the second layer to an output, a neuron in each layer, one of the two among them.
    second : int
        The other one of the two.
    """

    pairs: tuple[tuple[int, int], ...]
    free: int
    level: int
    path: tuple[int, ...]
    second: int

    def proof(self) -> dict[str, Any]:
        """The proof as it stands in certificates."""
        return {
            "rule": "relu-narrow",
            "pairs": [[k, j] for k, j in self.pairs],
            "free": self.free,
            "level": self.level,
            "path": list(self.path),
            "second": self.second,
        }


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
    Funnel(pairs=((0, 0),), free=1, level=2, path=(0, 0), second=1)
    >>> funnel_of(Network.read([[[1]], [[1], [1]], [[1, 1]]])) is None
    True
    """
    for output in islice(range(network.masks[-1].shape[0]), TRIED):
        reach = [1 << output]
        for mask in network.masks[:0:-1]:
            rows, after = mask.row_masks, reach[0]
            before = 0
            for k in bits(after):
                before |= rows[k]
            reach.insert(0, before)
        first = reach[0]
        chain = _chain(network, first, reach)
        if chain is None:
            continue
        owner = _own_inputs({k: network.masks[0].row_masks[k] for k in bits(first)})
        if owner is None:
            continue
        free = _free_input(network, first, owner)
        if free is not None:
            level, path, second = chain
            return Funnel(tuple(sorted(owner.items())), free, level, path, second)
    return None


def _own_inputs(reads: dict[int, int]) -> dict[int, int] | None:
    """An input for each neuron, all different; those of many neurons are looked for without going back."""
    owner: dict[int, int] = {}
    taken = 0
    for k in sorted(reads, key=lambda k: reads[k].bit_count()):
        j = next(bits(reads[k] & ~taken), None)
        if j is None:
            return distinct_representatives(reads) if len(reads) <= MATCHED else None
        owner[k] = j
        taken |= 1 << j
    return owner


def _free_input(network: Network, first: int, owner: dict[int, int]) -> int | None:
    own = mask_of(owner.values())
    read = 0
    for k in bits(first):
        read |= network.masks[0].row_masks[k]
    return next(bits(read & ~own), None)


def _chain(network: Network, first: int, reach: list[int]) -> tuple[int, tuple[int, ...], int] | None:
    """A path behind the first layer that reads all of it, with two neurons instead of one in one place."""
    layers = len(network.masks)
    # what can follow after single neurons: for each layer, by neuron, a path that leads there
    paths: dict[int, tuple[int, ...]] = {}
    for number in range(1, layers - 1):
        rows, alive = network.masks[number].row_masks, [*bits(reach[number])]
        readers: dict[int, list[int]] = {}
        if number == 1:
            readers[-1] = [k for k in alive if not first & ~rows[k]]
        else:
            for k in alive:
                for before in bits(rows[k] & mask_of(paths)):
                    readers.setdefault(before, []).append(k)
        after = network.masks[number + 1].row_masks
        for before, among in islice(readers.items(), TRIED):
            biased = [k for k in among if network.biases[number] >> k & 1]
            for k, second in islice(combinations(biased, 2), TRIED**2):
                both = 1 << k | 1 << second
                end = next((z for z in bits(reach[number + 1]) if not both & ~after[z]), None)
                if end is not None:
                    rest = _onward(network, reach, number + 1, end)
                    return number + 1, (*paths.get(before, ()), k, *rest), second
        paths = {k: (*paths.get(before, ()), k) for before, among in readers.items() for k in among}
    return None


def _onward(network: Network, reach: list[int], number: int, k: int) -> tuple[int, ...]:
    """A path from neuron `k` to the output; all neurons of `reach` have one."""
    found = [k]
    for later in range(number + 1, len(network.masks)):
        rows = network.masks[later].row_masks
        found.append(next(z for z in bits(reach[later]) if rows[z] >> found[-1] & 1))
    return tuple(found)


RULES = (
    Rule(
        "relu-narrow",
        "masks",
        "the first hidden layer has fewer neurons than inputs, and two neurons behind it can make a step",
        claim="not_closed",
    ),
)
