"""Explain a training run whose weights grow: which hidden neurons pair up, and what they make together.

In a run without an optimum two hidden neurons become equal, up to a positive factor, while their weights to an output
that they share grow with opposite signs. Together they tend to a derivative: a function that no weights make. All
numbers are floating-point numbers of the run; nothing here is a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Layers = list[tuple[Numbers, Numbers]]

__all__ = ["Pair", "Run", "explain_run"]

NEAR = 1.0
"""Angles, in radians, up to which two neurons are taken for paired."""
GROWTH = 1.02
"""A norm that grows by less than this factor over the second half of a run does not grow."""
MOST_PAIRS = 5
MOST_NEURONS = 4096


@dataclass(frozen=True)
class Pair:
    """Two hidden neurons that become equal while their weights grow with opposite signs.

    Attributes
    ----------
    layer : int
        The hidden layer, from 0.
    first, second : int
    angles : (float, float)
        The angle between their input weights, with biases, in the middle of the run and at its end, in degrees.
    outputs : tuple of (int, float, float, float)
        Neurons of the next layer that both feed: the weights of both at the end, for input weights of norm 1, and the
        factor by which their difference grew over the second half of the run.
    makes : dict from output to tuple of float
        With data: what the two neurons add to the output at each data point.
    """

    layer: int
    first: int
    second: int
    angles: tuple[float, float]
    outputs: tuple[tuple[int, float, float, float], ...]
    makes: dict[int, tuple[float, ...]]

    def __str__(self) -> str:
        before, after = self.angles
        parts = [
            f"output {o} (now {a:+.3g} and {b:+.3g}, {growth:.2f} times as large as in the middle)"
            for o, a, b, growth in self.outputs
        ]
        text = (
            f"hidden neurons {self.first} and {self.second} of layer {self.layer} become one: the angle between their "
            f"input weights went from {before:.2g}° to {after:.2g}°, while their weights grow with opposite signs to "
            f"{', '.join(parts)}"
        )
        for o, values in self.makes.items():
            text += f"; together they chase a target that output {o} has at {_places(values)}"
        return text


@dataclass(frozen=True)
class Run:
    """What a log of weights shows.

    Attributes
    ----------
    norms : tuple of float
        The norm of all weights and biases, for each entry of the log.
    losses : tuple of float
        With data: the sum of squares, for each entry.
    grows : bool
        The norm grew over the second half of the run.
    pairs : tuple of Pair
        Those that grow most, first.
    """

    norms: tuple[float, ...]
    losses: tuple[float, ...]
    grows: bool
    pairs: tuple[Pair, ...]

    def __str__(self) -> str:
        middle = len(self.norms) // 2
        text = f"norm of the weights {self.norms[middle]:.3g} → {self.norms[-1]:.3g} over the second half of the run"
        if self.losses:
            text += f", loss {self.losses[middle]:.3g} → {self.losses[-1]:.3g}"
        if not self.pairs:
            return f"{text}: no two hidden neurons become one with weights that grow against each other"
        return "\n".join([text, *map(str, self.pairs)])


def explain_run(log: Sequence[Any], *, activation: float | str = "relu", data: tuple[Any, Any] | None = None) -> Run:
    """Explain a log of weights.

    Parameters
    ----------
    log : sequence
        Two entries or more, oldest first. Each is a sequence of layers, first layer first, a layer being a weight
        matrix of shape (outputs, inputs) or a pair of a weight matrix and a bias vector; or a state dict, a mapping
        from names to arrays.
    activation : {"relu", "leaky_relu", "abs"} or number
        As for `assess_network`.
    data : (X, Y), optional
        One row for each data point.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If the entries of the log do not fit each other, or the data do not fit them.

    Examples
    --------
    >>> def entry(t):
    ...     return [([[1.0], [1.0]], [t, -t]), ([[1 / t, -1 / t], [0.0, 1.0]], [0.0, 0.0])]
    >>> run = explain_run([entry(t) for t in (0.4, 0.2, 0.1, 0.05)])
    >>> run.grows, [(pair.first, pair.second) for pair in run.pairs]
    (True, [(0, 1)])
    """
    import numpy as np

    from closedness.networks.architecture import slope_of

    entries = [_layers(entry, number) for number, entry in enumerate(log)]
    if len(entries) < 2:
        raise InputError(f"log has {len(entries)} entries, at least two are needed")
    shapes = [[w.shape for w, _ in entry] for entry in entries]
    for number, each in enumerate(shapes):
        if each != shapes[0]:
            raise InputError(f"log[{number}] has layers of the shapes {each}, log[0] of {shapes[0]}")
    slope = float(slope_of(activation))
    norms = tuple(float(np.sqrt(sum((w**2).sum() + (b**2).sum() for w, b in entry))) for entry in entries)
    losses: tuple[float, ...] = ()
    hidden: list[Numbers] = []
    if data is not None:
        X, Y = (np.asarray(each, dtype=float) for each in data)
        widths = shapes[0][0][1], shapes[0][-1][0]
        if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or (X.shape[1], Y.shape[1]) != widths:
            raise InputError(
                f"data has shapes {X.shape} and {Y.shape}, the network {widths[0]} inputs, {widths[1]} outputs"
            )
        losses = tuple(float(((_values(entry, X, slope)[-1] - Y) ** 2).sum()) for entry in entries)
        hidden = _values(entries[-1], X, slope)
    middle = len(entries) // 2 if len(entries) > 2 else 0
    grows = norms[-1] > GROWTH * norms[middle]
    pairs: list[tuple[float, Pair]] = []
    for layer in range(len(shapes[0]) - 1):
        pairs += _pairs(entries[middle], entries[-1], layer, hidden, slope)
    pairs.sort(key=lambda each: -each[0])
    return Run(norms, losses, grows, tuple(pair for _, pair in pairs[:MOST_PAIRS]) if grows else ())


def _layers(entry: Any, number: int) -> Layers:
    import numpy as np

    if isinstance(entry, Mapping):
        arrays = [np.asarray(value, dtype=float) for value in entry.values()]
        listed: list[Any] = []
        for array in arrays:
            if array.ndim == 2:
                listed.append((array, np.zeros(array.shape[0])))
            elif array.ndim == 1 and listed and listed[-1][0].shape[0] == array.shape[0]:
                listed[-1] = (listed[-1][0], array)
        entry = listed
    found: Layers = []
    try:
        for layer in entry:
            if isinstance(layer, tuple):
                weights, bias = (np.asarray(each, dtype=float) for each in layer)
            else:
                weights = np.asarray(layer, dtype=float)
                bias = np.zeros(weights.shape[0])
            if weights.ndim != 2 or bias.shape != weights.shape[:1]:
                raise InputError(
                    f"log[{number}] has a layer of shape {weights.shape} with a bias of shape {bias.shape}"
                )
            if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
                raise InputError(f"log[{number}] holds a number that is not finite")
            found.append((weights, bias))
    except InputError:
        raise
    except (TypeError, ValueError):
        raise InputError(f"log[{number}] is no sequence of layers of numbers") from None
    if len(found) < 2:
        raise InputError(f"log[{number}] has {len(found)} layers; pairs of hidden neurons need two or more")
    for (first, _), (second, _) in pairwise(found):
        if first.shape[0] != second.shape[1]:
            raise InputError(f"log[{number}]: layers of the shapes {first.shape} and {second.shape} do not fit")
    return found


def _values(entry: Layers, X: Numbers, slope: float) -> list[Numbers]:
    """The values of the inputs, of all hidden layers and of the outputs."""
    import numpy as np

    values = [X]
    for number, (weights, bias) in enumerate(entry):
        argument = values[-1] @ weights.T + bias
        values.append(argument if number == len(entry) - 1 else np.where(argument > 0, argument, slope * argument))
    return values


def _pairs(before: Layers, after: Layers, layer: int, hidden: list[Numbers], slope: float) -> list[tuple[float, Pair]]:
    """Pairs of neurons of a hidden layer, with the size of what grows."""
    import numpy as np

    size = after[layer][0].shape[0]
    if size > MOST_NEURONS:
        raise InputError(f"layer {layer} has {size} neurons; pairs are looked for among at most {MOST_NEURONS}")
    (angles_before, out_before), (angles, out) = (_scaled(entry, layer, slope) for entry in (before, after))
    found = []
    for k, l in zip(*np.nonzero(np.triu(angles < NEAR, 1)), strict=True):
        if not angles[k, l] < angles_before[k, l]:
            continue
        outputs = []
        size_of_it = 0.0
        for o in np.nonzero(out[:, k] * out[:, l] < 0)[0]:
            a, b = float(out[o, k]), float(out[o, l])
            earlier = abs(float(out_before[o, k] - out_before[o, l]))
            # what grows cancels: the sum stays small beside the difference
            if abs(a - b) > GROWTH * earlier and abs(a + b) < abs(a - b) / 2:
                outputs.append((int(o), a, b, abs(a - b) / earlier if earlier else float("inf")))
                size_of_it += abs(a - b)
        if not outputs:
            continue
        makes: dict[int, tuple[float, ...]] = {}
        if hidden and layer == len(after) - 2:
            weights = after[-1][0]
            values = hidden[layer + 1]
            makes = {
                o: tuple((weights[o, k] * values[:, k] + weights[o, l] * values[:, l]).tolist()) for o, *_ in outputs
            }
        degrees = float(np.degrees(angles_before[k, l])), float(np.degrees(angles[k, l]))
        found.append((size_of_it, Pair(layer, int(k), int(l), degrees, tuple(outputs), makes)))
    return found


def _scaled(entry: Layers, layer: int, slope: float) -> tuple[Numbers, Numbers]:
    """Angles between the input weights of all neurons, and output weights for input weights of norm 1."""
    import numpy as np

    read = np.hstack([entry[layer][0], entry[layer][1][:, None]])
    norms = np.linalg.norm(read, axis=1)
    unit = read / np.where(norms > 0, norms, 1)[:, None]
    cosines = np.clip(unit @ unit.T, -1, 1)
    if slope == -1:  # the absolute value does not tell a neuron from its opposite
        cosines = np.abs(cosines)
    angles = np.arccos(cosines)
    # of nearly equal vectors the distance is more precise than the cosine
    for k, l in zip(*np.nonzero(cosines > 1 - 1e-6), strict=True):
        angles[k, l] = min(np.linalg.norm(unit[k] - unit[l]), np.linalg.norm(unit[k] + unit[l]))
    angles[norms == 0] = angles[:, norms == 0] = np.pi
    return angles, entry[layer + 1][0] * norms


def _places(values: Sequence[float]) -> str:
    """Values at data points."""
    shown = [f"point {p}: {value:.3g}" for p, value in enumerate(values)]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more points" if len(shown) > 12 else "")
