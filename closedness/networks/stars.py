"""Networks whose hidden neurons form trees: training has an optimum for every data set (rule ``relu-trees``).

Statement and proof are in ``docs/rules/relu-trees.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.networks.architecture import Network

__all__ = ["Crossing", "crossing_of", "crossings", "fixed_neurons", "forms_trees", "unequal_star"]

TRIED = 8
"""Neurons of an output, and outputs of a neuron, among which a crossing with few neurons is looked for."""


@dataclass(frozen=True)
class Crossing:
    """Hidden neurons of the last hidden layer that are in no star.

    Attributes
    ----------
    first, second : int
        Two hidden neurons.
    shared, other : int
        Both feed the output `shared`; `second` feeds the output `other`, too.
    """

    first: int
    second: int
    shared: int
    other: int


def fixed_neurons(network: Network) -> int:
    """The neurons of the first layer with one input and no bias, as a bit mask: their kink cannot move.

    Of a network with one hidden layer that is `Network.reduced`; deeper networks have none that the theorems use.
    """
    if len(network.masks) != 2:
        return 0
    rows, bias = network.masks[0].row_masks, network.biases[0]
    return sum(1 << k for k, row in enumerate(rows) if row.bit_count() == 1 and not bias >> k & 1)


def crossing_of(network: Network) -> Crossing | None:
    """Two neurons of the last hidden layer that share an output while one feeds another output as well, or None.

    Of several that are tried, those whose outputs are fed by the fewest neurons. Fixed neurons do not count.

    Parameters
    ----------
    network : Network
        Reduced, with at least two layers.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> crossing_of(Network.read([[[1], [1]], [[1, 1], [0, 1]]]))
    Crossing(first=0, second=1, shared=0, other=1)
    """
    return next(iter(crossings(network)), None)


def crossings(network: Network) -> list[Crossing]:
    """Crossings as `crossing_of` finds them: some, and one if there is one, fewest neurons first."""
    free = ~fixed_neurons(network)
    rows = [row & free for row in network.masks[-1].row_masks]
    columns = network.masks[-1].col_masks
    found: list[tuple[int, Crossing]] = []
    for shared in sorted(range(len(rows)), key=lambda o: rows[o].bit_count()):
        if rows[shared].bit_count() < 2:
            continue
        wide = (k for k in bits(rows[shared]) if columns[k].bit_count() > 1)
        for second in islice(wide, TRIED):
            for other in islice(bits(columns[second] & ~(1 << shared)), TRIED):
                first = next(k for k in bits(rows[shared]) if k != second)
                size = (rows[shared] | rows[other]).bit_count()
                found.append((size, Crossing(first, second, shared, other)))
        if len(found) > TRIED**2:
            break
    return [crossing for _, crossing in sorted(found, key=lambda each: each[0])]


def unequal_star(network: Network) -> tuple[int, int, int] | None:
    """A hidden neuron that feeds two outputs which differ in having a bias, or in the fixed neurons that feed them.

    Parameters
    ----------
    network : Network
        Reduced, without a crossing.

    Returns
    -------
    (neuron, output, output) or None
        The first output has a bias and the second none, if there is such a pair.
    """
    fixed = fixed_neurons(network)
    rows, bias = network.masks[-1].row_masks, network.biases[-1]
    found = None
    for k, column in enumerate(network.masks[-1].col_masks):
        if fixed >> k & 1:
            continue
        for o, q in combinations(bits(column), 2):
            first, second = bias >> o & 1, bias >> q & 1
            if first != second:
                return (k, o, q) if first else (k, q, o)
            if rows[o] & fixed != rows[q] & fixed:
                found = found or (k, o, q)
    return found


def forms_trees(network: Network) -> bool:
    """Whether the theorem ``relu-trees`` applies.

    Parameters
    ----------
    network : Network
        Reduced.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> forms_trees(Network.read([[[1], [1]], [[1, 1]], [[1], [1]]]))
    True
    """
    for mask in network.masks[1:-1]:
        if any(column.bit_count() > 1 for column in mask.col_masks):
            return False
    return len(network.masks) == 1 or (crossing_of(network) is None and unequal_star(network) is None)


RULES = (
    Rule(
        "relu-trees",
        "masks",
        "hidden neurons form trees and stars, so there is an optimum for all data",
    ),
)
