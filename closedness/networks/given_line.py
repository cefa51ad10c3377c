"""Given data on a line: neurons with a kink at each anchor, and two that become one between two of these.

The rule is ``relu-kinks``: the targets have as many kinks as the network can make, at places of their own. See
``docs/rules/relu-kinks.md``.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from itertools import product as iterated
from typing import Any

from closedness.algebra.bitsets import mask_of
from closedness.algebra.laurent import Laurent
from closedness.algebra.matching import distinct_representatives
from closedness.budget import Budget
from closedness.networks.curve_data import GivenData
from closedness.networks.merging import put_argument
from closedness.networks.values import DataSet, Vector, rank
from closedness.rules.rule import Rule

__all__ = ["kinks_on_line", "on_line"]

MOST_NEURONS = 14
"""Up to so many neurons all ways to look left or right are tried."""


def on_line(data: DataSet) -> tuple[DataSet, Vector] | None:
    """The data in their order on a line, with places on it from 0 to 1; None if they are on none, or a point twice.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> data = DataSet.read(Network.read([[[1, 1]], [[1]]]), [[2, 4], [0, 0], [1, 2]], [[1], [2], [3]])
    >>> [str(s) for s in on_line(data)[1]]
    ['0', '1/2', '1']
    """
    order = sorted(range(data.size), key=lambda p: data.points[p])
    points = tuple(data.points[p] for p in order)
    if len(set(points)) < max(2, len(points)):
        return None
    direction = [b - a for a, b in zip(points[0], points[-1], strict=True)]
    moving = next(j for j, d in enumerate(direction) if d)
    places = [(point[moving] - points[0][moving]) / direction[moving] for point in points]
    for point, s in zip(points, places, strict=True):
        if any(a + s * d != x for a, d, x in zip(points[0], direction, point, strict=True)):
            return None
    return DataSet(data.network, points, tuple(data.targets[p] for p in order)), places


def kinks_on_line(data: DataSet, outputs: list[int], budget: Budget) -> tuple[GivenData, dict[str, Any]] | None:
    """A curve to the targets, and the proof that they need more kinks than there are, or None.

    Parameters
    ----------
    data : DataSet
        With one hidden layer.
    outputs : list of int
        Outputs that share no neuron with others.
    budget : Budget
    """
    found = on_line(data)
    if found is None or data.size < 3:
        return None
    ordered, places = found
    line = _Line(ordered, places, outputs)
    neurons = line.neurons
    if len(neurons) > MOST_NEURONS:
        return None
    one = [Fraction(1)] * ordered.size
    if any(rank([*ordered.arguments(k), places, one]) != rank(ordered.arguments(k)) for k in neurons):
        return None  # a kink that cannot be anywhere
    return line.search(budget)


class _Line:
    def __init__(self, data: DataSet, places: Vector, outputs: list[int]) -> None:
        self.data, self.places, self.outputs = data, places, outputs
        self.gaps = [b - a for a, b in pairwise(places)]
        self.slope = data.network.slope
        slopes = [
            {o: (data.targets[p + 1][o] - data.targets[p][o]) / gap for o in outputs} for p, gap in enumerate(self.gaps)
        ]
        self.first = slopes[0]
        self.bends: list[dict[int, Fraction]] = [{}]
        for before, after in pairwise(slopes):
            self.bends.append({o: v for o in outputs if (v := after[o] - before[o])})
        self.bends.append({})
        # neurons that feed other outputs only are not needed
        self.neurons = data.feeding({o for bend in self.bends for o in bend})
        self.columns = data.network.masks[1].col_masks

    def search(self, budget: Budget) -> tuple[GivenData, dict[str, Any]] | None:
        bent = [p for p, bend in enumerate(self.bends) if bend]
        for at in range(2, self.data.size - 2):
            left, right = self.bends[at - 1], self.bends[at + 1]
            before, after = self.gaps[at - 1], self.gaps[at]
            jump = {o: v * before for o, v in left.items()}
            if not jump or jump != {o: -v * after for o, v in right.items()}:
                continue
            anchors = [p for p in bent if p not in (at - 1, at, at + 1)]
            every = sorted([*anchors, at - 1, at + 1])
            if len(every) < len(self.neurons) or any(q - p < 2 for p, q in pairwise(every)):
                continue
            rest = dict(self.bends[at])
            for o, v in jump.items():
                rest[o] = rest.get(o, Fraction(0)) - v * (1 / after - 1 / before)
            rest = {o: v for o, v in rest.items() if v}
            if rest.keys() <= jump.keys() and self._multiple(rest, jump):
                continue
            found = self._with_pair(at, jump, rest, anchors, budget)
            if found is not None:
                return found, {"rule": "relu-kinks", "anchors": every, "at": at}
        return None

    def _multiple(self, rest: dict[int, Fraction], jump: dict[int, Fraction]) -> bool:
        return len({rest.get(o, Fraction(0)) / v for o, v in jump.items()}) == 1

    def _with_pair(
        self, at: int, jump: dict[int, Fraction], rest: dict[int, Fraction], anchors: list[int], budget: Budget
    ) -> GivenData | None:
        for k, l in permutations(self.neurons, 2):
            if budget.expired():
                return None
            both, either = self.columns[k] & self.columns[l], self.columns[k] | self.columns[l]
            if mask_of(jump) & ~both or mask_of(rest) & ~either:
                continue
            others = [m for m in self.neurons if m not in (k, l)]
            edges = {p: mask_of(m for m in others if not mask_of(self.bends[p]) & ~self.columns[m]) for p in anchors}
            owner = distinct_representatives(edges)
            if owner is None:
                continue
            found = self._facing(at, (k, l), jump, rest, owner, budget)
            if found is not None:
                return found
        return None

    def _facing(
        self,
        at: int,
        pair: tuple[int, int],
        jump: dict[int, Fraction],
        rest: dict[int, Fraction],
        owner: dict[int, int],
        budget: Budget,
    ) -> GivenData | None:
        """Which neurons look left: those that give the first slope."""
        bends = [rest, *(self.bends[p] for p in owner)]
        unit = 1 / (1 - self.slope)
        for looks in iterated((True, False), repeat=len(bends)):
            if budget.expired():
                return None
            first = dict.fromkeys(self.outputs, Fraction(0))
            for bend, right in zip(bends, looks, strict=True):
                for o, v in bend.items():
                    first[o] += (self.slope if right else -1) * v * unit
            if first == self.first:
                return self._curve(at, pair, jump, rest, owner, looks)
        return None

    def _curve(
        self,
        at: int,
        pair: tuple[int, int],
        jump: dict[int, Fraction],
        rest: dict[int, Fraction],
        owner: dict[int, int],
        looks: tuple[bool, ...],
    ) -> GivenData | None:
        data, unit = self.data, 1 / (1 - self.slope)
        one, zero = Fraction(1), Fraction(0)
        weights: dict[tuple[int, int], Laurent] = {}
        biases: dict[int, Laurent] = {}
        out: dict[tuple[int, int], Laurent] = {}
        start = dict.fromkeys(self.outputs, zero)
        k, l = pair
        sign = one if looks[0] else -one
        there = [sign * (s - self.places[at]) for s in self.places]
        for m, step in ((k, sign), (l, -sign)):
            put_argument(data, m, [(0, there), (1, [step] * data.size)], weights, biases)
        for o, v in jump.items():
            out[o, k] = {-1: v * unit}
            out[o, l] = {-1: -v * unit}
            start[o] += 2 * v * unit * (self.slope if looks[0] else -one)
        for o, v in rest.items():
            m = k if data.network.masks[1].row_masks[o] >> k & 1 else l
            out.setdefault((o, m), {})[0] = v * unit
            start[o] += v * unit * self._activated(there[0])
        for (p, m), right in zip(owner.items(), looks[1:], strict=True):
            argument = [(s - self.places[p]) * (one if right else -one) for s in self.places]
            put_argument(data, m, [(0, argument)], weights, biases)
            for o, v in self.bends[p].items():
                out[o, m] = {0: v * unit}
                start[o] += v * unit * self._activated(argument[0])
        last = {o: {0: v} for o in self.outputs if (v := data.targets[0][o] - start[o])}
        if mask_of(last) & ~data.network.biases[1]:
            return None
        targets = tuple({o: v for o in self.outputs if (v := row[o])} for row in data.targets)
        return GivenData(data.network, targets, (weights, out), (biases, last), data.points, tuple(self.outputs), pair)

    def _activated(self, value: Fraction) -> Fraction:
        return value if value >= 0 else self.slope * value


RULES = (
    Rule(
        "data-kinks",
        "data",
        "the targets have as many kinks on a line as the network can make, at places of their own",
        claim="not_closed",
    ),
)
