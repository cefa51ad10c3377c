"""Data sets on a line for which a network with one hidden layer has no optimum (rules ``relu-kinks``, ``relu-bias``).

Statements and proofs are in ``docs/rules/relu-kinks.md``. A neuron is piecewise linear along a line, with one kink; its
second differences vanish at all data points but one or two neighbours. The target needs all neurons, one at each
*anchor*, and between two anchors it has a second difference that these two neurons cannot make together.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.algebra.laurent import Laurent, plus
from closedness.networks.curve_data import CurveData
from closedness.networks.stars import Crossing, fixed_neurons
from closedness.rules.rule import Rule
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.networks.architecture import Network

__all__ = ["LineData", "bias_data", "line_data", "number_of_line_points"]

Vector = dict[int, Fraction]
GAP = 2
"""Anchors are at every second data point."""


@dataclass(frozen=True)
class LineData(CurveData):
    """Data points on a line with targets for which the infimum of the loss is zero and not attained.

    Attributes
    ----------
    base, direction : tuple of int
        The points are ``base + s · direction``.
    places : tuple of int
        The values ``s``, increasing.
    rule : str
        The rule that shows that no parameters meet the targets.
    refutation : dict
        What its proof names besides the data.
    """

    base: tuple[int, ...]
    direction: tuple[int, ...]
    places: tuple[int, ...]
    rule: str
    refutation: dict[str, Any]

    def points(self) -> Iterator[Vector]:
        """The inputs, as dicts from coordinate to value."""
        for s in self.places:
            yield {j: Fraction(b + s * d) for j, (b, d) in enumerate(zip(self.base, self.direction, strict=True))}

    def proof(self) -> dict[str, Any]:
        """The proof as it stands in certificates."""
        return {
            "rule": self.rule,
            "base": list(self.base),
            "direction": list(self.direction),
            "places": list(self.places),
            "targets": [[[o, str(value)] for o, value in sorted(each.items()) if value] for each in self.targets],
            **self.curve(),
            **self.refutation,
        }


def number_of_line_points(network: Network, crossing: Crossing) -> int:
    """The size of the data set of `line_data`."""
    rows = network.masks[1].row_masks
    return 2 * ((rows[crossing.shared] | rows[crossing.other]) & ~fixed_neurons(network)).bit_count() + 1


def line_data(network: Network, crossing: Crossing) -> LineData:
    """The data set for two neurons that are in no star.

    Parameters
    ----------
    network : Network
        Reduced, with one hidden layer; the activation is not linear.
    crossing : Crossing
        Two neurons as `crossing_of` finds them.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> network = Network.read([[[1], [1], [1]], [[1, 1, 1], [0, 1, 1]]])
    >>> data = line_data(network, Crossing(0, 1, 0, 1))
    >>> data.places, data.refutation
    ((-2, -1, 0, 1, 2, 3, 4), {'anchors': [1, 3, 5], 'at': 2})
    """
    inputs, outputs = network.masks
    o, q = crossing.shared, crossing.other
    fixed = fixed_neurons(network)
    first, second = crossing.first, crossing.second
    rows = outputs.row_masks
    others = [k for k in bits((rows[o] | rows[q]) & ~fixed) if k not in (first, second)]
    # with different coordinates two weights do what a weight and a bias would; positive ones keep fixed kinks away
    plain = not fixed and all(network.biases[0] >> k & 1 for k in (first, second, *others))
    n = inputs.shape[1]
    base = (0,) * n if plain else tuple(range(3, n + 3))
    one = Fraction(1)
    kinks: list[tuple[int, Laurent]] = [(first, {1: -one}), (second, {1: one})]
    kinks += [(k, {0: Fraction(3 + GAP * number)}) for number, k in enumerate(others)]
    weights: dict[Cell, Laurent] = {}
    biases: dict[int, Laurent] = {}
    for k, kink in kinks:
        _put(network, base, k, {0: one}, plus({}, kink, -one), weights, biases)
    feeds = {k: o if rows[o] >> k & 1 else q for k in others}
    out: dict[Cell, Laurent] = {(o, first): {-1: one}, (o, second): {-1: -one}, (q, second): {0: one}}
    out |= {(feeds[k], k): {0: one} for k in others}
    places = tuple(range(-2, 3 + GAP * len(others)))
    anchored = [(3 + GAP * number, feeds[k]) for number, k in enumerate(others)]
    targets = tuple(_target(s, network.slope, o, q, anchored) for s in places)
    return LineData(
        network,
        targets,
        (weights, out),
        (biases, {}),
        base,
        (1,) * n,
        places,
        "relu-kinks",
        {"anchors": list(range(1, len(places) - 1, GAP)), "at": 2},
    )


def bias_data(network: Network, neuron: int, biased: int, plain: int) -> LineData | None:
    """The data set for a neuron that alone feeds an output with a bias and one without (rule ``relu-bias``).

    None if other neurons, whose kinks are fixed, feed these outputs, too.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> network = Network.read([[[1]], [[1], [1]]], biases=[True, [1, 0]])
    >>> data = bias_data(network, 0, 0, 1)
    >>> data.targets, str(data.loss(Fraction(1, 10)))
    (({1: Fraction(1, 1)}, {0: Fraction(1, 1), 1: Fraction(1, 1)}), '1/100')
    """
    rows, n, one = network.masks[1].row_masks, network.masks[0].shape[1], Fraction(1)
    if rows[biased] != 1 << neuron or rows[plain] != 1 << neuron:
        return None
    base = tuple(range(n))
    weights: dict[Cell, Laurent] = {}
    biases: dict[int, Laurent] = {}
    _put(network, base, neuron, {1: one}, {0: one}, weights, biases)
    out: dict[Cell, Laurent] = {(biased, neuron): {-1: one}, (plain, neuron): {0: one}}
    return LineData(
        network,
        ({plain: one}, {biased: one, plain: one}),
        (weights, out),
        (biases, {biased: {-1: -one}}),
        base,
        (1,) * n,
        (0, 1),
        "relu-bias",
        {"neuron": neuron, "biased": biased, "plain": plain},
    )


def _put(
    network: Network,
    base: tuple[int, ...],
    k: int,
    slope: Laurent,
    constant: Laurent,
    weights: dict[Cell, Laurent],
    biases: dict[int, Laurent],
) -> None:
    """Parameters of neuron `k` that read ``slope · s + constant`` from the points ``base + s``."""
    reads = list(bits(network.masks[0].row_masks[k]))
    if network.biases[0] >> k & 1:
        found = [(reads[0], slope)]
        bias = plus(constant, slope, -base[reads[0]])
        biases |= {k: bias} if bias else {}
    else:
        left, right = reads[:2]
        gap = Fraction(1, base[right] - base[left])
        part = plus(plus({}, constant, gap), slope, -base[left] * gap)
        found = [(left, plus(slope, part, -1)), (right, part)]
    weights |= {(k, j): entry for j, entry in found if entry}


def _target(s: int, slope: Fraction, o: int, q: int, others: list[tuple[int, int]]) -> Vector:
    """The limit of ``e_o (σ(s+t) − σ(s−t))/t + e_q σ(s−t) + Σ e σ(s−a)`` as t → 0."""

    def activation(value: int) -> Fraction:
        return Fraction(value) if value >= 0 else slope * value

    total: Vector = {o: Fraction(2) if s > 0 else 2 * slope if s < 0 else 1 + slope, q: activation(s)}
    for place, output in others:
        total[output] = total.get(output, Fraction(0)) + activation(s - place)
    return {i: value for i, value in total.items() if value}


RULES = (
    Rule(
        "relu-kinks",
        "masks",
        "the targets have as many kinks on a line as the network can make, at places of their own",
        claim="not_closed",
        written=("data-set",),
    ),
    Rule(
        "relu-bias",
        "masks",
        "a neuron alone feeds an output that has a bias and another one that has none",
        claim="not_closed",
        written=("data-set",),
    ),
)
