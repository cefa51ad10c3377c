"""Hidden neurons that can meet any targets on given data (rules ``interpolation``, ``zero-loss``).

See ``docs/rules/interpolation.md``.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME, residue
from closedness.networks.values import DataSet, solved
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.algebra.laurent import Laurent
    from closedness.budget import Budget
    from closedness.networks.merging import Parameters

__all__ = ["hidden_values", "interpolating", "last_layer"]

MOST_POINTS = 200
TRIES = 12
READ = 3
"""So many inputs of a neuron get a weight."""

Values = list[dict[int, Fraction]]


def interpolating(data: DataSet, outputs: list[int], budget: Budget) -> Parameters | None:
    """Hidden layers whose values, with the biases of the outputs, span all values on the data; None if none was found.

    Parameters
    ----------
    data : DataSet
    outputs : list of int
    budget : Budget

    Examples
    --------
    >>> from closedness.budget import Budget
    >>> from closedness.networks.architecture import Network
    >>> data = DataSet.read(Network.read([[[1], [1]], [[1, 1]]]), [[0], [1], [2]], [[1], [0], [3]])
    >>> interpolating(data, [0], Budget(None)) is None
    False
    """
    points = list(dict.fromkeys(data.points))
    need = {(data.network.masks[-1].row_masks[o], data.network.biases[-1] >> o & 1) for o in outputs}
    if len(points) > MOST_POINTS or any(row.bit_count() + bias < len(points) for row, bias in need):
        return None
    draw = random.Random(0)
    for _ in range(TRIES):
        hidden = _hidden(data, points, draw, budget)
        if hidden is None:
            return None
        parameters, values = hidden
        if all(_spans(values, row, bool(bias)) for row, bias in need):
            return parameters
    return None


def _hidden(
    data: DataSet, points: list[tuple[Fraction, ...]], draw: random.Random, budget: Budget
) -> tuple[Parameters, Values] | None:
    """Random weights; kinks between neighbouring points, as evenly as may be."""
    values: Values = [{j: x for j, x in enumerate(point) if x} for point in points]
    weights, biases = [], []
    for number, mask in enumerate(data.network.masks[:-1]):
        matrix: dict[tuple[int, int], Laurent] = {}
        vector: dict[int, Laurent] = {}
        after: Values = [{} for _ in points]
        directions: dict[int, dict[int, int]] = {}
        counts: dict[int, int] = {}
        for i, row in enumerate(mask.row_masks):
            if budget.expired():
                return None
            biased = bool(data.network.biases[number] >> i & 1)
            if not row and not biased:
                continue
            if row not in directions or not biased:
                read = list(bits(row))
                chosen = read if len(read) <= READ else draw.sample(read, READ)
                directions[row] = {j: draw.choice((-1, 1)) * draw.randint(1, 9) for j in chosen}
            direction = directions[row]
            sums = [sum((w * at.get(j, Fraction(0)) for j, w in direction.items()), Fraction(0)) for at in values]
            bias = Fraction(0)
            if biased:
                order = sorted(set(sums))
                turn = counts[row] = counts.get(row, -1) + 1
                if len(order) > 1:
                    place = turn % (len(order) - 1)
                    bias = -(order[place] + order[place + 1]) / 2
                else:
                    bias = 1 - order[0]
            flip = draw.choice((-1, 1))
            matrix |= {(i, j): {0: Fraction(flip * w)} for j, w in direction.items()}
            if bias:
                vector[i] = {0: flip * bias}
            for at, total in zip(after, sums, strict=True):
                value = flip * (total + bias)
                value = value if value >= 0 else data.network.slope * value
                if value:
                    at[i] = value
        weights.append(matrix)
        biases.append(vector)
        values = after
    return (tuple(weights), tuple(biases)), values


def _spans(values: Values, row: int, biased: bool) -> bool:
    from flint import nmod_mat

    numbers = []
    for at in values:
        numbers += [_modulo(at.get(k, Fraction(0))) for k in bits(row)]
        if biased:
            numbers.append(1)
    width = row.bit_count() + biased
    return int(nmod_mat(len(values), width, numbers, PRIME).rank()) == len(values)


def _modulo(value: Fraction) -> int:
    return residue(value) if value.denominator % PRIME else 0


def hidden_values(data: DataSet, parameters: Parameters) -> Values:
    """The values of the last hidden layer on the data."""
    values: Values = [{j: x for j, x in enumerate(point) if x} for point in data.points]
    for matrix, vector in zip(*parameters, strict=True):
        following: Values = []
        for at in values:
            after = {i: bias[0] for i, bias in vector.items()}
            for (i, j), weight in matrix.items():
                if j in at:
                    after[i] = after.get(i, Fraction(0)) + weight[0] * at[j]
            following.append({i: v if v >= 0 else data.network.slope * v for i, v in after.items()})
        values = following
    return values


def last_layer(data: DataSet, outputs: list[int], values: Values) -> Parameters | None:
    """Weights and biases of outputs that meet their targets, or None."""
    weights: dict[tuple[int, int], Laurent] = {}
    biases: dict[int, Laurent] = {}
    for o in outputs:
        fed = list(bits(data.network.masks[-1].row_masks[o]))
        biased = bool(data.network.biases[-1] >> o & 1)
        rows = [[at.get(k, Fraction(0)) for k in fed] + [Fraction(1)] * biased for at in values]
        found = solved(rows, data.target(o), len(fed) + biased)
        if found is None:
            return None
        weights |= {(o, k): {0: v} for k, v in zip(fed, found, strict=False) if v}
        if biased and found[-1]:
            biases[o] = {0: found[-1]}
    return (weights,), (biases,)


RULES = (
    Rule(
        "interpolation",
        "data",
        "the hidden neurons can take values with which any targets are met",
    ),
    Rule(
        "zero-loss",
        "data",
        "some parameters give the targets exactly",
        written=("interpolation",),
    ),
)
