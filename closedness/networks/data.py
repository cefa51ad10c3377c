"""Finite data sets for which the training of a network with masked weights has no optimum, in exact arithmetic.

The statements, with proofs, are on the pages of ``docs/rules``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING

from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.supports.product import SupportProduct
    from closedness.verdict import Counterexample

__all__ = ["DataCounterexample", "relu_data"]

Vector = dict[int, Fraction]
Weights = dict[tuple[int, int], Fraction]


@dataclass(frozen=True)
class DataCounterexample:
    """A finite data set for which the infimum of the loss is zero and not attained.

    For ReLU networks the points are zero outside the coordinates `inputs`; there they are ``(p, p², …, p^n)`` for
    ``p = 1, …, count``. For linear networks point ``p`` is 1 at the coordinates in ``groups[p - 1]``, otherwise 0: unit
    vectors, or inputs that are equal. The targets are ``A x``, with column ``p`` of the matrix ``A`` for a group.

    Attributes
    ----------
    example : Counterexample
        The matrix ``A`` and the curve, factors as multiplied: last layer first.
    activation : str
        ``"linear"`` or ``"relu"``.
    inputs : tuple of int
        The coordinates that are used.
    count : int
        Number of points.
    groups : tuple of tuple of int
        Linear networks: disjoint groups of inputs; the curve is about the network with each group merged into one.
    first : dict from (neuron, group) to input, or None
        The input of the group that carries the weight of the merged one; None if every group is one input.
    """

    example: Counterexample
    activation: str
    inputs: tuple[int, ...]
    count: int
    groups: tuple[tuple[int, ...], ...] = ()
    first: dict[tuple[int, int], int] | None = None

    def points(self) -> Iterator[Vector]:
        """The inputs, as dicts from coordinate to value."""
        for p in range(1, self.count + 1):
            if self.activation == "linear":
                yield dict.fromkeys(self.groups[p - 1], Fraction(1))
            else:
                yield {j: Fraction(p ** (e + 1)) for e, j in enumerate(self.inputs)}

    def target(self, point: Vector) -> Vector:
        """The target ``A x`` of a point."""
        if self.groups:
            point = {g: point[group[0]] for g, group in enumerate(self.groups) if group[0] in point}
        return _apply(self.example.entries, point)

    def weights(self, t: Fraction) -> list[Weights]:
        """The weights at ``t``, first layer first, non-zero entries only."""
        weights = [
            {cell: sum((v * t**e for e, v in entry.items()), Fraction(0)) for cell, entry in factor.items()}
            for factor in reversed(self.example.curve)
        ]
        if self.first is not None:
            weights[0] = {(k, self.first[k, g]): value for (k, g), value in weights[0].items()}
        return weights

    def biases(self, t: Fraction) -> list[Vector]:
        """Biases at ``t``, first layer first, such that all hidden neurons are active on the data.

        Empty dicts for linear networks.
        """
        weights = self.weights(t)
        if self.activation == "linear":
            return [{} for _ in weights]
        values = list(self.points())
        constant: Vector = {}
        biases: list[Vector] = []
        for number, layer in enumerate(weights):
            values = [_apply(layer, value) for value in values]
            moved = _apply(layer, constant)
            if number == len(weights) - 1:
                biases.append({i: -v for i, v in moved.items()})
                break
            rows = {i for i, _ in layer}
            bias = {i: max(Fraction(0), *(-value.get(i, Fraction(0)) for value in values)) for i in rows}
            biases.append(bias)
            values = [{i: value.get(i, Fraction(0)) + bias[i] for i in rows} for value in values]
            constant = {i: moved.get(i, Fraction(0)) + bias[i] for i in rows}
        return biases

    def loss(self, t: Fraction) -> Fraction:
        """The sum of squares of the network with the parameters at `t`, in exact arithmetic.

        Examples
        --------
        >>> from closedness.networks.assess import assess_network
        >>> data = assess_network([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], activation="relu").data
        >>> [data.loss(Fraction(1, 10**k)) > data.loss(Fraction(1, 10 ** (k + 1))) > 0 for k in (0, 1, 2)]
        [True, True, True]
        """
        t = Fraction(t)
        if t <= 0:
            raise InputError(f"t is {t}, not positive")
        weights, biases = self.weights(t), self.biases(t)
        total = Fraction(0)
        for point in self.points():
            value = point
            for number, (layer, bias) in enumerate(zip(weights, biases, strict=True)):
                value = _apply(layer, value)
                for i, b in bias.items():
                    value[i] = value.get(i, Fraction(0)) + b
                if self.activation == "relu" and number < len(weights) - 1:
                    value = {i: v for i, v in value.items() if v > 0}
            wanted = self.target(point)
            for i in value.keys() | wanted.keys():
                total += (value.get(i, Fraction(0)) - wanted.get(i, Fraction(0))) ** 2
        return total


def _apply(matrix: Weights, vector: Vector) -> Vector:
    result: Vector = {}
    for (i, j), value in matrix.items():
        if j in vector:
            result[i] = result.get(i, Fraction(0)) + value * vector[j]
    return result


def relu_data(product: SupportProduct, example: Counterexample) -> DataCounterexample:
    """Enough points on a moment curve that more than n of them share an activation pattern."""
    from closedness.rules.chains.submatrix import submatrix

    cells = [cell for cell, value in example.entries.items() if value]
    rows, columns = sorted({i for i, _ in cells}), sorted({j for _, j in cells})
    part = submatrix(product.factors, rows, columns)
    # an entry outside the support of all products would not be a limit of products
    assert part is not None
    hidden = [len(names) for names in part.names[1:-1]]
    n = len(columns)
    if len(hidden) == 1:
        patterns = sum(comb(hidden[0], i) for i in range(n + 1))
    else:
        patterns = 2 ** sum(hidden)
    return DataCounterexample(example, "relu", tuple(columns), n * patterns + 1)
