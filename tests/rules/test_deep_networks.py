"""Networks with several hidden layers: two neurons before the outputs, and a narrow first layer."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, pairwise
from itertools import product as iterated
from typing import Any

import numpy as np
import pytest

from closedness.check import check
from closedness.networks import Optimum, assess_network
from closedness.networks.architecture import Network
from closedness.networks.deep import Funnel, deep_crossing, funnel_of
from tests.second.checker import outcome

Masks = list[list[list[int]]]


def both(certificate: dict[str, Any] | None) -> int:
    """The answer of both checkers, as an exit code."""
    assert certificate is not None
    text = json.dumps(certificate)
    code = check(text).exit_code
    assert code == outcome(text), (check(text), certificate)
    return code


def dense(*sizes: int) -> Masks:
    return [[[1] * n for _ in range(m)] for n, m in pairwise(sizes)]


def settled(inputs: int, hidden: tuple[int, ...], outputs: int) -> Optimum:
    """The answer for a dense network, as docs/networks.md states it."""
    *before, last = hidden
    if all(width == 1 for width in hidden[1:]) and (len(hidden) > 1 or outputs == 1 or last == 1):
        return Optimum.ALWAYS
    if len(hidden) == 1 or inputs > hidden[0]:
        return Optimum.NOT_ALWAYS
    if outputs > 1 and (last > 2 or (last == 2 and (before[-1] > 1 or len(before) == 1))):
        return Optimum.NOT_ALWAYS
    return Optimum.NOT_KNOWN


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_dense_shape(depth: int) -> None:
    for inputs, outputs in iterated((1, 2, 4), (1, 2, 3)):
        for hidden in iterated((1, 2, 3), repeat=depth):
            found = assess_network(dense(inputs, *hidden, outputs), "relu", seconds=1)
            assert found.optimum is settled(inputs, hidden, outputs), (inputs, hidden, outputs)
            if found.optimum is not Optimum.NOT_KNOWN:
                assert both(found.certificate) == 0


def test_masks_before_the_last_two_layers_do_not_matter() -> None:
    rng = random.Random(1)
    answers: Counter[str] = Counter()
    for _ in range(60):
        sizes = [rng.randint(1, 4) for _ in range(rng.choice([2, 3]))] + [rng.randint(2, 4), rng.randint(2, 3)]
        masks = [[[int(rng.random() < 0.6) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes[:-2])]
        masks += dense(*sizes[-3:])
        activation = rng.choice(["relu", "leaky_relu", "abs"])
        found = assess_network(masks, activation, seconds=1)
        reduced = Network.read(masks, activation).reduced()
        answers[found.theorem] += 1
        if deep_crossing(reduced) is not None:
            assert found.optimum is Optimum.NOT_ALWAYS
            assert both(found.certificate) == 0
            order = rng.sample(range(sizes[-2]), sizes[-2])
            moved = [*masks[:-2], [masks[-2][k] for k in order], [[row[k] for k in order] for row in masks[-1]]]
            assert assess_network(moved, activation, seconds=1).optimum is Optimum.NOT_ALWAYS
        elif sizes[-2] > 2 or activation != "relu":
            # nothing reaches the last hidden layer
            assert len(reduced.masks) == 2 or not any(reduced.masks[-1].row_masks)
    assert answers["relu-crossing"] > 25


def test_orders_and_padding_of_a_narrow_first_layer() -> None:
    rng = random.Random(2)
    for _ in range(25):
        sizes = [rng.randint(3, 5), rng.randint(1, 2), *(rng.randint(1, 3) for _ in range(rng.choice([1, 2]))), 1]
        masks = dense(*sizes)
        optimum = assess_network(masks, "relu", seconds=1).optimum
        assert optimum is settled(sizes[0], tuple(sizes[1:-1]), 1)
        order = rng.sample(range(sizes[1]), sizes[1])
        moved = [[masks[0][k] for k in order], [[row[k] for k in order] for row in masks[1]], *masks[2:]]
        assert assess_network(moved, "relu", seconds=1).optimum is optimum
        # a neuron that reads nothing, and an output that reads the last hidden layer as well
        padded = [[*masks[0], [0] * sizes[0]], [[*row, 1] for row in masks[1]], *masks[2:]]
        assert assess_network(padded, "relu", seconds=1).optimum is optimum
        more = [*masks[:-1], [*masks[-1], masks[-1][0]]]
        if optimum is Optimum.NOT_ALWAYS:
            assert assess_network(more, "relu", seconds=1).optimum is optimum


def test_an_input_that_only_some_neurons_read() -> None:
    first = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    masks = [first, [[1, 1, 1], [1, 1, 1]], [[1, 1]]]
    found = assess_network(masks, "relu", seconds=1)
    assert (found.optimum, found.theorem) == (Optimum.NOT_ALWAYS, "relu-narrow")
    assert both(found.certificate) == 0
    # as many neurons as inputs: not covered
    assert funnel_of(Network.read([[*first, [1, 0, 0, 1]], [[1] * 4] * 2, [[1, 1]]]).reduced()) is None


# -------------------------------------------------------------------- the limits


def outputs_of(layers: list[Any], point: list[Fraction], slope: Fraction) -> list[Fraction]:
    values = point
    for number, (matrix, bias) in enumerate(layers):
        values = [
            sum((w * x for w, x in zip(row, values, strict=True)), b) for row, b in zip(matrix, bias, strict=True)
        ]
        if number < len(layers) - 1:
            values = [x if x > 0 else x * slope for x in values]
    return values


def funnel_layers(network: Network, funnel: Funnel, t: Fraction) -> list[Any]:
    """The parameters of the proof; the step is where what the two neurons read together is 8."""
    own, level, last = dict(funnel.pairs), funnel.level, len(network.masks) - 1
    pair = (funnel.first, funnel.second)
    rows = [[set(row) for row in mask.rows] for mask in network.masks]
    common = rows[level - 1][pair[0]] & rows[level - 1][pair[1]]
    reader = next(i for i, row in enumerate(rows[level]) if {*pair} <= row and (level < last or i == funnel.output))
    layers = []
    for number, layer in enumerate(rows):
        matrix = [[Fraction(0)] * network.masks[number].shape[1] for _ in layer]
        bias = [Fraction(0)] * len(layer)
        for i, row in enumerate(layer):
            if number == 0:
                if i in own:
                    matrix[i][own[i]] = Fraction(1)
                    matrix[i][funnel.free] += t if funnel.free in row else 0
            elif number == level - 1 and i in pair:
                for j in common:
                    matrix[i][j] = 1 + t if i == pair[0] else Fraction(1)
                bias[i] = t - 8 * (1 + t) if i == pair[0] else Fraction(-8)
            else:
                for j in row:
                    matrix[i][j] = Fraction(0) if number == level and j in pair else Fraction(1)
                if number == level and i == reader:
                    matrix[i][pair[0]], matrix[i][pair[1]] = 1 / t, -1 / t
        layers.append((matrix, bias))
    return layers


PRUNED = [
    [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]],
    [[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 0, 0]],
    [[1, 1, 0, 0], [0, 0, 1, 1]],
    [[1, 1]],
]


@pytest.mark.slow
@pytest.mark.parametrize("slope", [Fraction(0), Fraction(1, 3), Fraction(2), Fraction(-1)])
@pytest.mark.parametrize(
    "masks", [dense(2, 1, 2, 1), dense(3, 2, 2, 2), dense(4, 3, 1, 2, 1), dense(3, 2, 3, 2, 1), PRUNED], ids=len
)
def test_the_step_of_a_narrow_network(masks: Masks, slope: Fraction) -> None:
    """Gradients beside the step span all inputs but one, and that one is seen at the step and nowhere else."""
    network = Network.read(masks, slope).reduced()
    funnel = funnel_of(network)
    assert funnel is not None
    layers, own = funnel_layers(network, funnel, Fraction(1, 10**12)), dict(funnel.pairs)
    size = network.masks[0].shape[1]

    def value(point: dict[int, Fraction]) -> Fraction:
        return outputs_of(layers, [point.get(j, Fraction(0)) for j in range(size)], slope)[funnel.output]

    step, tiny = Fraction(1, 1000), Fraction(1, 10**4)

    def gradient(point: dict[int, Fraction]) -> list[float]:
        moved = ({**point, j: point.get(j, Fraction(0)) + step * tiny} for j in range(size))
        return [float(round((value(each) - value(point)) / (step * tiny), 6)) for each in moved]

    positive = {j: Fraction(10 + number) for number, j in enumerate(own.values())}
    gradients = [gradient(positive)]
    gradients += [gradient({**positive, j: -step}) for j in own.values()]
    assert all(each[funnel.free] == 0 for each in gradients)
    table = np.array(gradients)
    assert np.linalg.matrix_rank(table) == len(own)
    # the place of the step on a ray: below it the output grows more slowly or not at all, and there is a jump
    seen = set()
    for j in own.values():
        others = {i: Fraction(1, 8) for i in own.values()}
        for at in range(1, 200):
            point = {**others, j: Fraction(at, 8)}
            values = {round(float(value({**point, funnel.free: -Fraction(k, 8)})), 6) for k in range(4)}
            seen.add(len(values))
    assert seen == {1, 4}


def valley_data(near: int, middle: bool = True) -> tuple[list[Fraction], list[Fraction], list[Fraction]]:
    """Two neurons before two ReLU neurons: the data of the proof, with ``g = 2σ(s + 1) + σ(1 − s) − 3``."""

    def g(s: Fraction) -> Fraction:
        return 2 * max(s + 1, Fraction(0)) + max(1 - s, Fraction(0)) - 3

    quarter = Fraction(1, 4)
    places = {c + i * quarter for c in (-2, 0) for i in range(-near, near + 1) if i or middle}
    places |= {Fraction(7, 8), Fraction(1), Fraction(9, 8), Fraction(-4), Fraction(3)}
    order = sorted(places)
    step = [Fraction(1) if g(s) > 0 else Fraction(1, 2) if g(s) == 0 else Fraction(0) for s in order]
    return order, step, [max(g(s), Fraction(0)) for s in order]


def possible(places: list[Fraction], step: list[Fraction], ramp: list[Fraction]) -> set[frozenset[tuple[bool, bool]]]:
    """What two features with one kink each allow one neuron to be: the kinds of ``α D + β σ(g) + γ``.

    For each way to put the two kinks between data points, with what is linear in the arguments: a necessary condition.
    """
    import z3

    def number(value: Fraction) -> Any:
        return z3.Q(value.numerator, value.denominator)

    found = set()
    size = len(places)
    for left in combinations_with_replacement(range(size + 1), 2):
        for facing in range(4):
            kinds = set()
            solver = z3.Solver()
            base, slope = z3.Reals("a0 a1 a2"), z3.Reals("b0 b1 b2")
            alpha, beta, gamma = z3.Reals("alpha beta gamma")
            solver.add([slope[0] == 0, slope[2] == 0, slope[1] == slope[0] + slope[2], slope[1] == 0][facing])
            for k, at in enumerate(left):
                if 0 < at < size:
                    ends = [base[k + 1] - base[k] + (slope[k + 1] - slope[k]) * number(places[p]) for p in (at - 1, at)]
                    solver.add(z3.Or(z3.And(ends[0] >= 0, ends[1] <= 0), z3.And(ends[0] <= 0, ends[1] >= 0)))
            for p in range(size):
                piece = (p >= left[0]) + (p >= left[1])
                value = base[piece] + slope[piece] * number(places[p])
                wanted = alpha * number(step[p]) + beta * number(ramp[p]) + gamma
                solver.add(z3.If(value >= 0, value, 0) == wanted)
            for with_step, with_ramp in ((True, False), (False, True), (True, True)):
                solver.push()
                solver.add(alpha != 0 if with_step else alpha == 0, beta != 0 if with_ramp else beta == 0)
                if solver.check() == z3.sat:
                    kinds.add((with_step, with_ramp))
                solver.pop()
            found.add(frozenset(kinds))
    return found


@pytest.mark.slow
def test_two_neurons_cannot_do_it_exactly() -> None:
    """Where the two kinks of the features are, one neuron can be a step or a ramp, never one of each."""
    assert possible(*valley_data(2)) == {frozenset(), frozenset({(True, False)}), frozenset({(False, True)})}
    # without the places where the step is half done they can
    assert frozenset({(False, True), (True, True)}) in possible(*valley_data(2, middle=False))


def kinks_needed(places: list[Fraction], values: list[Fraction]) -> int | None:
    """A number of kinks that a piecewise linear function with these values has at least; None if there is none."""
    table: dict[Fraction, Fraction] = {}
    for s, value in zip(places, values, strict=True):
        if table.setdefault(s, value) != value:
            return None
    order = sorted(table)
    count, last = 0, 0
    for p in range(1, len(order) - 1):
        a, b, c = order[p - 1 : p + 2]
        if p > last and (table[b] - table[a]) * (c - b) != (table[c] - table[b]) * (b - a):
            count, last = count + 1, p + 1
    return count


def test_a_narrow_network_sees_one_form_only() -> None:
    """Two inputs and the widths 1, 2 with one output: at most three kinks along the form of the first neuron."""
    curve = [(2 + Fraction(k, 4), Fraction(k * k, 16)) for k in range(1, 18)]
    points = [(Fraction(2), Fraction(0)), (Fraction(2), Fraction(-1, 2)), *curve]
    values = [Fraction(1), Fraction(1, 2), *(x - 1 for x, _ in curve)]
    rng = random.Random(3)
    forms = [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))]
    forms += [(Fraction(rng.randint(-60, 60), rng.randint(1, 40)), Fraction(1)) for _ in range(3000)]
    forms += [((y - z) / (w - x), Fraction(1)) for (x, y), (w, z) in combinations(points, 2) if w != x]
    for u, v in forms:
        needed = kinks_needed([u * x + v * y for x, y in points], values)
        assert needed is None or needed > 3
    # without the two points the first form does it
    assert kinks_needed([x for x, _ in curve], values[2:]) == 0


# -------------------------------------------------------------------- the checkers

CROSSING = {"rule": "relu-crossing", "first": 0, "second": 1, "shared": 0, "other": 1}
FUNNEL = {
    "rule": "relu-narrow", "pairs": [[0, 0], [1, 1]], "free": 2,
    "output": 0, "level": 2, "first": 0, "second": 1,
}
FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "the same neuron twice": lambda proof: proof.update(second=0),
    "an input twice": lambda proof: proof["pairs"][1].__setitem__(1, 0),
    "no free input": lambda proof: proof.update(free=1),
    "an input that is not there": lambda proof: proof.update(free=3),
    "a neuron that is not there": lambda proof: proof.update(second=2),
    "a neuron less": lambda proof: proof["pairs"].pop(),
    "a neuron more": lambda proof: proof["pairs"].append([2, 1]),
    "another level": lambda proof: proof.update(level=3),
    "before the first layer": lambda proof: proof.update(level=1),
    "behind the last layer": lambda proof: proof.update(level=4),
    "another output": lambda proof: proof.update(output=1),
    "the other claim": lambda proof: proof.update(rule="relu-trees"),
}


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_faults_of_narrow_layers_are_found(change: Callable[[dict[str, Any]], Any]) -> None:
    network = Network.read(dense(3, 2, 2, 1, 1))
    assert both(network.certificate("not_closed", FUNNEL)) == 0
    proof = copy.deepcopy(FUNNEL)
    change(proof)
    assert both(network.certificate("not_closed", proof)) in (1, 2)


def test_masks_and_biases_of_narrow_layers_matter() -> None:
    def answer(masks: Masks, activation: str = "relu", biases: Any = True) -> int:
        return both(Network.read(masks, activation, biases).certificate("not_closed", FUNNEL))

    good = dense(3, 2, 2, 1, 1)
    # an input of its own; what both read; who reads both
    for number, i, j in ((0, 0, 0), (1, 1, 0), (1, 0, 1), (2, 0, 1)):
        masks = copy.deepcopy(good)
        masks[number][i][j] = 0
        assert answer(masks) == 1
    for hidden in (0, 1):  # one neuron reads the free input, and the two see it or not
        masks = dense(3, 2, 3, 1, 1)
        masks[0][1 - hidden][2] = 0
        masks[1][1][0] = 0
        assert answer(masks) == 1 - hidden
    # a third neuron leads around the two: the first neuron need not be read by both
    masks = dense(3, 2, 3, 1, 1)
    masks[1][0][0] = 0
    assert answer(masks) == 0
    masks[1][2][0] = 0
    assert answer(masks) == 1
    assert answer(good, biases=[True, [1, 0], True, True]) == 1
    assert answer(good, biases=[False, True, False, False]) == answer(good, "abs") == 0
    assert answer(good, "linear") == answer(dense(3, 3, 2, 1, 1)) == 1


def test_pruned_networks_with_fewer_neurons_than_inputs() -> None:
    rng = random.Random(4)
    answers: Counter[str] = Counter()
    for _ in range(40):
        sizes = (rng.randint(8, 12), rng.randint(3, 6), rng.randint(3, 6), rng.randint(1, 3))
        masks = [[[int(rng.random() < 0.6) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes)]
        network = Network.read(masks).reduced()
        funnel = funnel_of(network)
        if funnel is not None:
            answers["narrow"] += 1
            assert both(Network.read(masks).certificate("not_closed", funnel.proof())) == 0
            assert assess_network(masks, "relu", seconds=1).optimum is Optimum.NOT_ALWAYS
            order = rng.sample(range(sizes[0]), sizes[0])
            assert funnel_of(Network.read([[[row[j] for j in order] for row in masks[0]], *masks[1:]]).reduced())
    assert answers["narrow"] > 20


def test_what_two_neurons_read_matters() -> None:
    def answer(masks: Masks, activation: str = "relu", biases: Any = True) -> int:
        return both(Network.read(masks, activation, biases).certificate("not_closed", CROSSING))

    three, two = dense(1, 2, 3, 2), dense(1, 3, 2, 2)
    assert answer(three) == answer(two) == answer(dense(1, 1, 2, 2)) == answer(dense(1, 3, 2, 2, 2)) == 0
    assert answer(dense(1, 1, 1, 2, 2)) == answer(dense(1, 3, 1, 2, 2)) == 1
    assert answer(dense(1, 3, 1, 2, 2), "abs") == answer(dense(1, 1, 1, 2, 2), "leaky_relu") == 0
    uneven = copy.deepcopy(three)
    uneven[1][2][0] = 0
    assert answer(uneven) == 1
    uneven[2] = [[1, 1, 0], [1, 1, 0]]  # the third neuron feeds neither output, and two are left
    assert answer(uneven) == 0
    # a fourth neuron may read what it will
    four = dense(1, 2, 4, 2)
    four[1][3][0] = 0
    assert answer(four) == answer(four, biases=[True, [1, 1, 1, 0], True]) == 0
    assert answer(four, biases=[True, [1, 1, 0, 1], True]) == 1
    four[1][2][0] = 0
    assert (answer(four), answer(four, "leaky_relu")) == (1, 0)
    four[1][1][0] = 0
    assert answer(four, "leaky_relu") == 1
    # of two neurons also the biases and masks before matter, of three they do not
    assert answer(three, biases=[False, True, False]) == 0
    assert answer(two, biases=[False, True, False]) == 1
    deeper, wider = dense(1, 3, 2, 2, 2), dense(1, 3, 2, 3, 2)
    for masks in (deeper, wider):
        masks[1][0][0] = 0
    assert (answer(deeper), answer(wider)) == (1, 0)
    linear = Network.read(three, "linear").certificate("not_closed", CROSSING)
    assert both(linear) == 1
