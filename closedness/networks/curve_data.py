"""A data set whose targets are limits of outputs along a curve of parameters, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from closedness.algebra.laurent import Laurent, terms_of
from closedness.errors import InputError
from closedness.networks.architecture import Network
from closedness.supports.masks import Cell

__all__ = ["CurveData", "GivenData"]

Vector = dict[int, Fraction]
Weights = dict[Cell, Fraction]


@dataclass(frozen=True)
class CurveData:
    """Targets of some data points, and parameters along which the outputs tend to them.

    Attributes
    ----------
    network : Network
        Reduced.
    targets : tuple of dict
        For each point the non-zero entries of its target.
    weights_curve, biases_curve : tuple of dict
        For each layer its non-zero weights and biases, Laurent polynomials in ``t`` as dicts from exponent to
        coefficient. Along them the loss tends to zero as t → 0.
    """

    network: Network
    targets: tuple[Vector, ...]
    weights_curve: tuple[dict[Cell, Laurent], ...]
    biases_curve: tuple[dict[int, Laurent], ...]

    @property
    def count(self) -> int:
        """Number of points."""
        return len(self.targets)

    def points(self) -> Iterator[Vector]:
        """The inputs, as dicts from coordinate to value."""
        raise NotImplementedError

    def weights(self, t: Fraction) -> list[Weights]:
        """The weights at ``t``, first layer first, non-zero entries only."""
        return [{cell: _at(entry, t) for cell, entry in layer.items()} for layer in self.weights_curve]

    def biases(self, t: Fraction) -> list[Vector]:
        """The biases at ``t``, first layer first, non-zero entries only."""
        return [{i: _at(entry, t) for i, entry in layer.items()} for layer in self.biases_curve]

    def outputs(self, t: Fraction) -> list[Vector]:
        """The outputs at the points, with the parameters at ``t``."""
        layers = list(zip(self.weights(t), self.biases(t), strict=True))
        slope = self.network.slope
        found = []
        for point in self.points():
            values = point
            for number, (weights, bias) in enumerate(layers):
                before: Vector = dict(bias)
                for (i, j), value in weights.items():
                    before[i] = before.get(i, Fraction(0)) + value * values.get(j, Fraction(0))
                values = before
                if number < len(layers) - 1:
                    values = {i: value if value >= 0 else slope * value for i, value in before.items()}
            found.append(values)
        return found

    def loss(self, t: Fraction) -> Fraction:
        """The sum of squares of the network with the parameters at `t`, in exact arithmetic.

        Examples
        --------
        >>> from closedness.networks.assess import assess_network
        >>> data = assess_network([[[1], [1]], [[1, 1], [1, 1]]], "relu").data
        >>> [str(data.loss(Fraction(1, 10**k))) for k in (1, 2, 3)]
        ['1/50', '1/5000', '1/500000']
        """
        t = Fraction(t)
        if t <= 0:
            raise InputError(f"t is {t}, not positive")
        total = Fraction(0)
        for values, target in zip(self.outputs(t), self.targets, strict=True):
            for o in self.looked_at(values.keys() | target.keys()):
                total += (values.get(o, Fraction(0)) - target.get(o, Fraction(0))) ** 2
        return total

    def looked_at(self, outputs: set[int]) -> set[int]:
        """The outputs that the loss is about."""
        return outputs

    def curve(self) -> dict[str, Any]:
        """The curve as it stands in certificates."""
        return {
            "weights": [
                [[i, j, terms_of(entry)] for (i, j), entry in sorted(layer.items())] for layer in self.weights_curve
            ],
            "biases": [[[i, terms_of(entry)] for i, entry in sorted(layer.items())] for layer in self.biases_curve],
        }


@dataclass(frozen=True)
class GivenData(CurveData):
    """Data that were given, and some outputs whose part of the loss tends to zero and does not reach it.

    Attributes
    ----------
    inputs : tuple of tuple of Fraction
        The points.
    chosen : tuple of int
        The outputs; they share no neuron with others.
    pair : (int, int)
        The hidden neurons that become equal, up to a factor, while their weights to the outputs diverge.
    """

    inputs: tuple[tuple[Fraction, ...], ...]
    chosen: tuple[int, ...]
    pair: tuple[int, int]

    def points(self) -> Iterator[Vector]:
        """The inputs, as dicts from coordinate to value."""
        for point in self.inputs:
            yield dict(enumerate(point))

    def looked_at(self, outputs: set[int]) -> set[int]:
        """The outputs that the loss is about."""
        return outputs & set(self.chosen)


def _at(entry: Laurent, t: Fraction) -> Fraction:
    return sum((value * t**e for e, value in entry.items()), Fraction(0))
