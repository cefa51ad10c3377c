"""A data set on a line for which a deep, dense ReLU network has no optimum (rule ``relu-kinks``).

All hidden layers but the last one fold the line as often as they can: each lap runs through the same interval, on
which the last hidden layer then does what `kinks.line_data` does for one hidden layer. So the target has as many kinks
as any network of these widths can have. Statement and proof are in ``docs/rules/relu-kinks.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.algebra.laurent import Laurent
from closedness.networks.kinks import GAP, LineData
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from closedness.networks.architecture import Network
    from closedness.networks.stars import Crossing

__all__ = ["dense_layers", "number_of_points", "zigzag_data"]

LOW = -3
"""Where the last interval begins."""


def dense_layers(network: Network, crossing: Crossing) -> list[list[int]] | None:
    """The neurons of each hidden layer that reach two outputs, if the theorem for deep networks applies to them.

    Parameters
    ----------
    network : Network
        Reduced.
    crossing : Crossing
        In the last hidden layer.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> from closedness.networks.stars import Crossing
    >>> dense = [[1] * 3] * 3
    >>> dense_layers(Network.read([dense, dense, dense]), Crossing(0, 1, 0, 1))
    [[0, 1, 2], [0, 1, 2]]
    """
    if network.slope or len(network.masks) < 3:
        return None
    rows = network.masks[-1].row_masks
    reach = rows[crossing.shared] | rows[crossing.other]
    layers = []
    for number in range(len(network.masks) - 2, -1, -1):
        if reach.bit_count() < 3 or reach & ~network.biases[number]:
            return None
        layers.append(list(bits(reach)))
        if number:
            read = {network.masks[number].row_masks[k] for k in layers[-1]}
            if len(read) > 1:
                return None
            reach = read.pop()
    return layers[::-1]


def number_of_points(layers: list[list[int]]) -> int:
    """The size of the data set of `zigzag_data`.

    Examples
    --------
    >>> number_of_points([[0, 1, 2], [0, 1, 2]])
    33
    """
    *folding, last = layers
    return prod(len(layer) + 1 for layer in folding) * (2 * len(last) + 2) + 1


@dataclass(frozen=True)
class _Fold:
    """A map of an interval onto another one in laps, and the hidden layer that computes it."""

    low: int
    high: int
    size: int

    @property
    def length(self) -> int:
        """The interval that is folded is ``[0, length]``; the first lap has slope 1, the others ±1/2."""
        return (self.high - self.low) * (2 * self.size + 1)

    def kink(self, number: int) -> int:
        return (self.high - self.low) * (2 * number + 1)

    def neuron(self, number: int) -> tuple[int, Fraction]:
        """The direction in which a neuron is active, and its weight in the value of the map.

        The third neuron looks left: it gives the first lap its slope.
        """
        return -1 if number == 2 else 1, Fraction(-3, 2) if number == 0 else Fraction((-1) ** (number + 1))

    @property
    def constant(self) -> int:
        return self.low + self.kink(2)

    def preimages(self, values: list[int]) -> list[int]:
        """All places that are mapped to the increasing `values`, which begin with `low` and end with `high`."""
        found = [value - self.low for value in values]
        for lap in range(1, self.size + 1):
            start = self.kink(lap - 1)
            if lap % 2:
                found += [start + 2 * (self.high - value) for value in values[-2::-1]]
            else:
                found += [start + 2 * (value - self.low) for value in values[1:]]
        return found


def zigzag_data(network: Network, crossing: Crossing, layers: list[list[int]]) -> LineData:
    """The data set for two neurons of the last hidden layer that are in no star.

    Parameters
    ----------
    network : Network
        Reduced, ReLU.
    crossing : Crossing
    layers : list of list of int
        As `dense_layers` finds them.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> from closedness.networks.stars import Crossing
    >>> dense, crossing = [[1] * 3] * 3, Crossing(0, 1, 0, 1)
    >>> network = Network.read([dense, dense, dense])
    >>> data = zigzag_data(network, crossing, dense_layers(network, crossing))
    >>> data.count, [float(data.loss(Fraction(1, 10**k))) for k in (1, 2)]
    (33, [0.18, 0.0018])
    """
    one = Fraction(1)
    o, q, first, second = crossing.shared, crossing.other, crossing.first, crossing.second
    rows = network.masks[-1].row_masks
    others = [k for k in layers[-1] if k not in (first, second)]
    feeds = [o if rows[o] >> k & 1 else q for k in others]
    high = 3 + GAP * len(others)
    folds: list[_Fold] = []
    for layer in reversed(layers[:-1]):
        low, top = (0, folds[0].length) if folds else (LOW, high)
        folds.insert(0, _Fold(low, top, len(layer)))
    values = list(range(LOW, high + 1))
    for fold in reversed(folds):
        values = fold.preimages(values)
    weights: list[dict[Cell, Laurent]] = []
    biases: list[dict[int, Laurent]] = []
    # what the layer before stands for: a linear form in its neurons and a constant
    form: dict[int, Fraction] | None = None
    constant = Fraction(0)
    for fold, layer in zip(folds, layers, strict=False):
        matrix: dict[Cell, Laurent] = {}
        vector: dict[int, Laurent] = {}
        after: dict[int, Fraction] = {}
        for number, k in enumerate(layer):
            sign, weight = fold.neuron(number)
            _read(network, form, constant, k, sign, {0: Fraction(-sign * fold.kink(number))}, matrix, vector)
            after[k] = weight
        weights.append(matrix)
        biases.append(vector)
        form, constant = after, Fraction(fold.constant)
    matrix, vector = {}, {}
    _read(network, form, constant, first, 1, {1: one}, matrix, vector)
    _read(network, form, constant, second, 1, {1: -one}, matrix, vector)
    for number, k in enumerate(others):
        sign = 1 if number else -1  # one neuron looks left, so that the turns at the low end show
        _read(network, form, constant, k, sign, {0: Fraction(-sign * (3 + GAP * number))}, matrix, vector)
    out: dict[Cell, Laurent] = {(o, first): {-1: one}, (o, second): {-1: -one}, (q, second): {0: one}}
    out |= {(output, k): {0: one} for k, output in zip(others, feeds, strict=True)}
    heights = [_height(folds, s) for s in values]
    turns = {LOW, high}
    anchors = [
        p
        for p, y in enumerate(heights)
        if 0 < p < len(heights) - 1 and (y in turns or y == -1 or (0 < y < high - 1 and y % 2))
    ]
    targets = []
    for y in heights:
        target: dict[int, Fraction] = {o: Fraction(1 + (y > 0) - (y < 0)), q: Fraction(max(y, 0))}
        for number, output in enumerate(feeds):
            distance = (y - 3 - GAP * number) * (1 if number else -1)
            target[output] = target[output] + max(distance, 0)
        targets.append({output: value for output, value in target.items() if value})
    n = network.masks[0].shape[1]
    return LineData(
        network,
        tuple(targets),
        (*weights, matrix, out),
        (*biases, vector, {}),
        (0,) * n,
        (1,) * n,
        tuple(values),
        "relu-kinks",
        {"anchors": anchors, "at": heights.index(0)},
    )


def _height(folds: list[_Fold], s: int) -> int:
    """Where a place of the line lies in the last interval."""
    y = s
    for fold in folds:
        span = fold.high - fold.low
        lap, rest = (0, 2 * y) if y <= span else divmod(y + span, 2 * span)
        y = fold.low + rest // 2 if lap % 2 == 0 else fold.high - rest // 2
    return y


def _read(
    network: Network,
    form: dict[int, Fraction] | None,
    constant: Fraction,
    k: int,
    sign: int,
    shift: Laurent,
    matrix: dict[Cell, Laurent],
    vector: dict[int, Laurent],
) -> None:
    """Parameters of neuron `k` that read ``sign · (form + constant) + shift``; without a form the place itself."""
    if form is None:
        form = {next(bits(network.masks[0].row_masks[k])): Fraction(1)}
    matrix |= {(k, j): {0: sign * value} for j, value in form.items()}
    total = dict(shift)
    total[0] = total.get(0, Fraction(0)) + sign * constant
    vector[k] = {e: value for e, value in total.items() if value}
