"""Two hidden layers in which two neurons read mostly the same (rule ``relu-overlap``).

Statement and proof are in ``docs/rules/relu-overlap.md``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import chain, combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, union_of
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.networks.architecture import Network

__all__ = ["Overlap", "overlap_of"]

TRIED = 48
"""Inputs, pairs of inputs, and neurons with several outputs, that are tried."""
WEIGHED = 64
"""Neurons of which it is asked whether they show the kinks of the others."""
FINEST = 60
"""Shares below this power of one half are counted as this one."""


@dataclass(frozen=True)
class Overlap:
    """Two neurons of the second hidden layer that read mostly the same neurons.

    Attributes
    ----------
    first, second : int
        Two neurons of the second hidden layer.
    shared, other : int
        Both feed the output `shared`; `second` feeds the output `other`, too.
    inputs : tuple of int
        The inputs that are not zero in the data; what they do not reach is a constant.
    """

    first: int
    second: int
    shared: int
    other: int
    inputs: tuple[int, ...]

    def proof(self) -> dict[str, Any]:
        """The proof as it stands in certificates."""
        return {"rule": "relu-overlap", **asdict(self), "inputs": list(self.inputs)}


def overlap_of(network: Network) -> Overlap | None:
    """Two neurons to which the theorem applies, or None if none is among those that are tried.

    Parameters
    ----------
    network : Network
        Reduced; only one with two hidden layers is looked at.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> first, last = [[1]] * 5, [[1, 1, 1, 1], [1, 1, 1, 1]]
    >>> second = [[1, 1, 1, 1, 0], [0, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 0, 0, 0, 1]]
    >>> overlap_of(Network.read([first, second, last], "leaky_relu"))
    Overlap(first=2, second=0, shared=0, other=1, inputs=(0,))
    >>> overlap_of(Network.read([first, second[:2], [[1, 1], [1, 1]]])) is None
    True
    """
    if len(network.masks) != 3:
        return None
    every = range(network.masks[0].shape[1])
    few = chain(islice(combinations(every, 1), TRIED), islice(combinations(every, 2), TRIED))
    for inputs in chain((tuple(every),), few):
        seen = _Seen(network, inputs)
        for second in islice(seen.wide, TRIED):
            for first in seen.partners(second):
                for shared, other in seen.outputs(first, second):
                    if seen.spare(first, second) > seen.invisible(first, second, shared, other):
                        return Overlap(first, second, shared, other, inputs)
    return None


class _Seen:
    """What takes part where only some inputs are not zero: what the neurons of the second layer read."""

    # by bitmasks alone: a restricted network, reduced, takes four times as long for each of up to 97 sets of inputs

    def __init__(self, network: Network, inputs: tuple[int, ...]) -> None:
        first, second, last = network.masks
        chosen = sum(1 << j for j in inputs)
        alive = sum(1 << j for j, row in enumerate(first.row_masks) if row & chosen)
        constants = network.biases[0] & ~alive
        self.steep = bool(network.slope)
        self.movable = network.biases[0]
        self.reads = [row & alive for row in second.row_masks]
        biased = network.biases[1]
        self.free = [
            bool(read) and bool(biased >> k & 1 or row & constants)
            for k, (read, row) in enumerate(zip(self.reads, second.row_masks, strict=True))
        ]
        self.feeds = last.col_masks
        self.rows = last.row_masks

    @property
    def wide(self) -> Iterator[int]:
        """Neurons with biases that feed several outputs."""
        return (k for k, outputs in enumerate(self.feeds) if self.free[k] and outputs.bit_count() > 1)

    def partners(self, second: int) -> list[int]:
        """Neurons that share an output with one and enough of what it reads, the best ones first."""
        outputs = self.feeds[second]
        found = [
            (-spare, k)
            for k, feeds in enumerate(self.feeds)
            if k != second and self.free[k] and feeds & outputs and (spare := self.spare(k, second)) > 0
        ]
        return [k for _, k in sorted(found)[:4]]

    def outputs(self, first: int, second: int) -> Iterator[tuple[int, int]]:
        """An output that both feed and another one of the second neuron, of which what is read has biases."""
        for shared in islice(bits(self.feeds[first] & self.feeds[second]), 2):
            for other in islice(bits(self.feeds[second] & ~(1 << shared)), 2):
                if not union_of(self.reads[k] for k in bits(self.rows[shared] | self.rows[other])) & ~self.movable:
                    yield shared, other

    def spare(self, first: int, second: int) -> int:
        """By how many kinks the limit has more than the two neurons can have."""
        common = (self.reads[first] & self.reads[second]).bit_count()
        return 3 * common - self._changes(first) - self._changes(second)

    def _changes(self, neuron: int) -> int:
        """A bound on the number of changes of sign of what enters a neuron, besides kinks of what it reads."""
        size = self.reads[neuron].bit_count()
        return size + (self.steep or size > 2)

    def invisible(self, first: int, second: int, shared: int, other: int) -> int:
        """A bound on the number of kinks of the first layer that no output of the limit needs to show."""
        neurons = self.rows[shared] | self.rows[other]
        read = union_of(self.reads[k] for k in bits(neurons))
        others = neurons & ~(1 << first | 1 << second)
        shown = Counter(bits(self.reads[first] & self.reads[second]))
        for k in islice(bits(others), WEIGHED):
            shown.update(bits(self.reads[k]))
        if self.steep:
            return sum(1 for j in bits(read) if not shown[j])
        return sum(1 << (FINEST - min(shown[j], FINEST)) for j in bits(read)) >> FINEST


RULES = (
    Rule(
        "relu-overlap",
        "masks",
        "two neurons of the second hidden layer read mostly the same and can take over from each other",
        claim="not_closed",
    ),
)
