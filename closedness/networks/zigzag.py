"""A data set on a line for which a deep, dense ReLU network has no optimum (rule ``relu-kinks``).

All hidden layers but the last one fold the line as often as they can: each lap runs through the same interval, on
which the last hidden layer then does what `kinks.line_data` does for one hidden layer. So the target has as many kinks
as any network of these widths can have. Statement and proof are in ``docs/rules/relu-kinks.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
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
        if reach & ~network.biases[number]:
            return None
        layers.append(list(bits(reach)))
        if number:
            read = {network.masks[number].row_masks[k] for k in layers[-1]}
            if len(read) > 1:
                return None
            reach = read.pop()
    layers.reverse()
    return layers if wide_enough([len(layer) for layer in layers]) else None


def wide_enough(widths: list[int]) -> bool:
    """Whether layers of these widths can fold the line as often as the bound for their kinks allows.

    At first one or two neurons in a layer of their own, then three or more; before the last layer also two.

    Examples
    --------
    >>> [wide_enough(widths) for widths in ([3, 3], [1, 2], [2, 2], [1, 1, 3], [4, 2, 3])]
    [True, True, True, True, True]
    >>> [wide_enough(widths) for widths in ([3, 2], [2, 3, 3], [3, 1, 3], [1, 1, 1, 3], [2, 1])]
    [False, False, False, False, False]
    """
    *folding, last = widths
    if last < 3:
        return last == 2 and folding in ([1], [2])
    ones = next((number for number, width in enumerate(folding) if width > 1), len(folding))
    rest = folding[ones:]
    return ones <= 2 and all(width > 2 for width in rest[:-1]) and (not rest or rest[-1] > 1)


def number_of_points(layers: list[list[int]]) -> int:
    """The size of the data set of `zigzag_data`, or a little more.

    Examples
    --------
    >>> number_of_points([[0, 1, 2], [0, 1, 2]])
    33
    """
    *folding, last = layers
    size = 2 * len(last) + 2
    for layer in reversed(folding):
        width = len(layer)
        size = size * (width + 1) if width > 2 else 2 * size + 2 if width == 2 else size + 2
    return size + 1


@dataclass(frozen=True)
class _Fold:
    """A map of an interval ``[begin, …]`` onto ``[low, high]`` in pieces, and the hidden layer that computes it.

    Attributes
    ----------
    begin : int
        Where the interval begins.
    pieces : tuple of (length, slope, value at the begin)
    neurons : tuple of (direction, kink, weight)
        The map is `constant` plus the sum of ``weight · σ(direction · (s − kink))``.
    constant : int
    """

    begin: int
    pieces: tuple[tuple[int, Fraction, int], ...]
    neurons: tuple[tuple[int, int, Fraction], ...]
    constant: int

    @classmethod
    def of(cls, width: int, low: int, high: int, *, turned: bool) -> _Fold:
        """The fold of a layer; one neuron cuts the line off, to the left or, `turned`, to the right."""
        one, size = Fraction(1), high - low
        if width == 1 and not turned:
            return cls(-1, ((1, one * 0, low), (size, one, low)), ((1, 0, one),), low)
        if width == 1:
            return cls(0, ((size, -one, high), (1, one * 0, low)), ((-1, size, one),), low)
        if width == 2:  # down, along the bottom, up
            pieces = ((size, -one, high), (2, one * 0, low), (size, one, low))
            return cls(0, pieces, ((-1, size, one), (1, size + 2, one)), low)
        half = Fraction(1, 2)
        laps = [(size, one, low)]
        laps += [(2 * size, -half if n % 2 else half, high if n % 2 else low) for n in range(1, width + 1)]
        # the third neuron looks left: it gives the first lap its slope
        neurons = [
            (-1 if n == 2 else 1, size * (2 * n + 1), Fraction(-3, 2) if n == 0 else Fraction((-1) ** (n + 1)))
            for n in range(width)
        ]
        return cls(0, tuple(laps), tuple(neurons), low + 5 * size)

    @property
    def end(self) -> int:
        """Where the interval ends."""
        return self.begin + sum(length for length, _, _ in self.pieces)

    def at(self, s: int) -> int:
        """The value at a place."""
        start = self.begin
        for length, slope, value in self.pieces:
            if s <= start + length:
                return value + int(slope * (s - start))
            start += length
        raise ValueError(s)

    def preimages(self, values: list[int]) -> list[int]:
        """All places that are mapped to the increasing `values`, and those of pieces where the map is constant."""
        found: list[int] = []
        start = self.begin
        for length, slope, value in self.pieces:
            if slope:
                order = values if slope > 0 else values[::-1]
                found += [start + int((y - value) / slope) for y in order]
            else:
                found += range(start, start + length + 1)
            start += length
        return sorted(set(found))


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
    ones = next((number for number, layer in enumerate(layers[:-1]) if len(layer) > 1), len(layers) - 1)
    for number in range(len(layers) - 2, -1, -1):
        low, top = (folds[0].begin, folds[0].end) if folds else (LOW, high)
        folds.insert(0, _Fold.of(len(layers[number]), low, top, turned=number == 1 and ones == 2))
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
        for k, (sign, kink, weight) in zip(layer, fold.neurons, strict=True):
            _read(network, form, constant, k, sign, {0: Fraction(-sign * kink)}, matrix, vector)
            after[k] = weight
        weights.append(matrix)
        biases.append(vector)
        form, constant = after, Fraction(fold.constant)
    # the turns at the low end show if a neuron looks left: one of the others, or the two themselves
    left = not others
    matrix, vector = {}, {}
    side = -1 if left else 1
    _read(network, form, constant, first, side, {1: one}, matrix, vector)
    _read(network, form, constant, second, side, {1: -one}, matrix, vector)
    for number, k in enumerate(others):
        sign = 1 if number else -1
        _read(network, form, constant, k, sign, {0: Fraction(-sign * (3 + GAP * number))}, matrix, vector)
    out: dict[Cell, Laurent] = {(o, first): {-1: one}, (o, second): {-1: -one}, (q, second): {0: one}}
    out |= {(output, k): {0: one} for k, output in zip(others, feeds, strict=True)}
    heights = [_height(folds, s) for s in values]
    targets = []
    for y in heights:
        target: dict[int, Fraction] = {o: Fraction(1 + side * ((y > 0) - (y < 0))), q: Fraction(max(side * y, 0))}
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
        {"anchors": _anchors(values, heights, targets), "at": heights.index(0)},
    )


def _anchors(values: list[int], heights: list[int], targets: list[dict[int, Fraction]]) -> list[int]:
    """The places where the second differences do not vanish, but for those in the middle of two neurons."""
    found = []
    for p in range(1, len(values) - 1):
        before, after = values[p] - values[p - 1], values[p + 1] - values[p]
        bends = (
            (targets[p + 1].get(o, Fraction(0)) - targets[p].get(o, Fraction(0))) / after
            - (targets[p].get(o, Fraction(0)) - targets[p - 1].get(o, Fraction(0))) / before
            for o in targets[p - 1].keys() | targets[p].keys() | targets[p + 1].keys()
        )
        if heights[p] and any(bends):
            found.append(p)
    return found


def _height(folds: list[_Fold], s: int) -> int:
    """Where a place of the line lies in the last interval."""
    for fold in folds:
        s = fold.at(s)
    return s


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
