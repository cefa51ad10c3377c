"""Networks that are not linear: stars, kinks, and an exact search over all activation patterns as the oracle."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from itertools import product as iterated
from typing import Any

import pytest

from closedness.check import check
from closedness.networks import Optimum, assess_network
from closedness.networks.architecture import Network
from closedness.networks.kinks import LineData
from closedness.networks.repairs import advice, entries_to_drop, without
from closedness.networks.stars import crossing_of, forms_trees
from closedness.networks.zigzag import dense_layers, number_of_points, zigzag_data
from closedness.supports.support import Support
from tests.second.checker import outcome

DENSE = [[1, 1], [1, 1]]


def both(certificate: dict[str, Any]) -> int:
    """The answer of both checkers, as an exit code."""
    text = json.dumps(certificate)
    code = check(text).exit_code
    assert code == outcome(text), (check(text), certificate)
    return code


def random_masks(rng: random.Random, most: int = 5, layers: int = 2) -> list[list[list[int]]]:
    sizes = [rng.randint(1, most) for _ in range(layers + 1)]
    density = rng.choice([0.3, 0.5, 0.7, 0.9])
    return [[[int(rng.random() < density) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes)]


def test_every_network_with_one_hidden_layer_and_biases_is_answered() -> None:
    rng = random.Random(2)
    answers: Counter[Optimum] = Counter()
    for _ in range(120):
        found = assess_network(random_masks(rng), rng.choice(["relu", "abs", "leaky_relu"]))
        answers[found.optimum] += 1
        assert found.certificate is not None
        assert both(found.certificate) == 0
        assert found.certificate["claim"] == ("closed" if found.optimum is Optimum.ALWAYS else "not_closed")
        if found.optimum is Optimum.NOT_ALWAYS:
            assert isinstance(found.data, LineData)
            losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
            assert losses[0] > losses[1] > losses[2] > 0
            assert losses[2] < losses[0] / 10**6
    assert answers.total() == 120
    assert min(answers[Optimum.ALWAYS], answers[Optimum.NOT_ALWAYS]) > 20


def test_masked_biases() -> None:
    """What is answered is certified; stars whose outputs differ are the only open cases."""
    rng = random.Random(3)
    answers: Counter[str] = Counter()
    for _ in range(300):
        masks = random_masks(rng)
        biases = [[rng.randint(0, 1) for _ in mask] for mask in masks]
        found = assess_network(masks, "relu", biases=biases, seconds=1)
        answers[found.theorem] += 1
        if found.certificate is not None:
            assert both(found.certificate) == 0
        else:
            reduced = Network.read(masks, "relu", biases).reduced()
            assert crossing_of(reduced) is None
            assert not forms_trees(reduced)
    assert answers["relu-trees"] > 50
    assert answers["relu-kinks"] > 50
    assert answers["relu-bias"] > 3


# -------------------------------------------------------------------- an oracle


def attained(outputs: list[list[int]], slope: Fraction, targets: list[dict[int, Fraction]]) -> bool:
    """Whether a network with one input, one hidden layer and all biases gives the targets at 0, 1, 2, …

    Neuron k is ``y σ(±(s − τ))`` with a column y of weights; for each way to put the kinks between data points the
    outputs are polynomials, and z3 says whether they can be the targets.
    """
    import z3

    number = len(targets)
    hidden = len(outputs[0])
    choices = [(sign, left) for sign in (1, -1) for left in range(-1, number)]
    for pattern in iterated(choices, repeat=hidden):
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        kinks = [z3.Real(f"t{k}") for k in range(hidden)]
        for kink, (_, left) in zip(kinks, pattern, strict=True):
            if left >= 0:
                solver.add(kink >= left)
            if left < number - 1:
                solver.add(kink <= left + 1)
        for o, row in enumerate(outputs):
            bias = z3.Real(f"c{o}")
            weights = {k: z3.Real(f"y{o}_{k}") for k, entry in enumerate(row) if entry}
            for s, target in enumerate(targets):
                value = bias
                for k, weight in weights.items():
                    sign, left = pattern[k]
                    active = s > left if sign == 1 else s <= left
                    factor = 1 if active else z3.Q(slope.numerator, slope.denominator)
                    value = value + weight * sign * (s - kinks[k]) * factor
                wanted = target.get(o, Fraction(0))
                solver.add(value == z3.Q(wanted.numerator, wanted.denominator))
        answer = solver.check()
        assert answer != z3.unknown
        if answer == z3.sat:
            return True
    return False


def limits(outputs: list[list[int]], slope: Fraction) -> Iterator[list[dict[int, Fraction]]]:
    """Limits in which two neurons that share an output become one, at five points, from all directions."""

    def activation(value: int) -> Fraction:
        return Fraction(value) if value >= 0 else slope * value

    for k, l in iterated(range(len(outputs[0])), repeat=2):
        shared = [o for o, row in enumerate(outputs) if row[k] and row[l]]
        if k == l or not shared:
            continue
        for o in shared:
            for chosen in iterated((0, 1), repeat=len(outputs)):
                fed = {q for q, row in enumerate(outputs) if chosen[q] and row[l]}
                targets = []
                for s in range(-2, 3):
                    jump = Fraction(2) if s > 0 else 2 * slope if s < 0 else 1 + slope
                    target = {q: activation(s) for q in fed}
                    target[o] = target.get(o, Fraction(0)) + jump
                    targets.append(target)
                yield targets


@pytest.mark.slow
@pytest.mark.parametrize("slope", [Fraction(0), Fraction(-1), Fraction(1, 2)])
@pytest.mark.parametrize("outputs", [DENSE, [[1, 1], [0, 1]], [[1, 1]], [[1, 0], [0, 1]], [[1, 0], [1, 0], [0, 1]]])
def test_limits_are_attained_iff_there_are_stars(outputs: list[list[int]], slope: Fraction) -> None:
    masks = [[[1], [1]], outputs]
    found = assess_network(masks, slope)
    missed = any(not attained(outputs, slope, targets) for targets in limits(outputs, slope))
    assert missed == (found.optimum is Optimum.NOT_ALWAYS)


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [DENSE, [[1, 1], [0, 1]], [[0, 1], [1, 1], [0, 0]]])
def test_the_targets_are_not_attained(outputs: list[list[int]]) -> None:
    data = assess_network([[[1], [1]], outputs], "relu").data
    assert isinstance(data, LineData)
    assert not attained(outputs, Fraction(0), list(data.targets))
    # the oracle can say yes: what the network computes on the way to the limit is attained
    near = [dict(target) for target in data.targets]
    for target in near:
        target.update({q: Fraction(0) for q in range(len(outputs))})
    assert attained(outputs, Fraction(0), near)


# -------------------------------------------------------------------- deeper networks


@pytest.mark.parametrize("sizes", [(1, 3, 3, 2), (2, 3, 4, 2), (1, 4, 3, 3), (1, 3, 3, 3, 2), (3, 5, 4, 2)])
def test_deep_dense_networks(sizes: tuple[int, ...]) -> None:
    masks = [[[1] * n for _ in range(m)] for n, m in pairwise(sizes)]
    found = assess_network(masks, "relu")
    assert found.theorem == "relu-kinks"
    assert isinstance(found.data, LineData)
    assert found.certificate is not None
    assert both(found.certificate) == 0
    losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
    assert losses[0] > losses[1] > losses[2] > 0
    assert losses[2] < losses[0] / 10**6


def test_the_data_have_as_many_anchors_as_kinks() -> None:
    masks = [[[1]] * 4, [[1] * 4] * 3, [[1] * 3] * 2]
    network = Network.read(masks)
    crossing = crossing_of(network)
    assert crossing is not None
    layers = dense_layers(network, crossing)
    assert layers == [[0, 1, 2, 3], [0, 1, 2]]
    data = zigzag_data(network, crossing, layers)
    assert data.count == number_of_points(layers)
    assert len(data.refutation["anchors"]) == 5 * 4 - 1


def test_wide_and_deep_networks_are_answered_by_their_masks() -> None:
    for sizes in [(5, 64, 64, 3), (784, 300, 100, 10)]:
        masks = [[[1] * n for _ in range(m)] for n, m in pairwise(sizes)]
        found = assess_network(masks, "relu")
        assert (found.optimum, found.theorem, found.data) == (Optimum.NOT_ALWAYS, "relu-crossing", None)
        assert found.certificate is not None
        assert both(found.certificate) == 0


NARROW = [(1, 1, 2, 2), (1, 2, 2, 2), (2, 1, 3, 2), (1, 2, 3, 2), (1, 1, 1, 3, 2), (1, 3, 2, 3, 2), (1, 1, 3, 3, 3, 2)]


@pytest.mark.parametrize("sizes", NARROW)
def test_networks_that_are_narrow_at_first(sizes: tuple[int, ...]) -> None:
    found = assess_network([[[1] * n for _ in range(m)] for n, m in pairwise(sizes)], "relu")
    assert found.theorem == "relu-kinks"
    assert isinstance(found.data, LineData)
    assert found.certificate is not None
    assert both(found.certificate) == 0
    losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
    assert losses[0] > losses[1] > losses[2] > 0
    assert losses[2] < losses[0] / 10**6
    # with another neuron in the first hidden layer there may be more kinks than anchors
    wider = copy.deepcopy(found.certificate)
    wider["problem"]["masks"][0]["rows"].append([0])
    wider["problem"]["masks"][0]["shape"][0] += 1
    wider["problem"]["masks"][1]["shape"][1] += 1
    for row in wider["problem"]["masks"][1]["rows"]:
        row.append(len(row))
    wider["problem"]["biases"][0].append(sizes[1])
    text = json.dumps(wider["problem"], sort_keys=True, separators=(",", ":"))
    wider["problem_id"] = hashlib.sha256(text.encode()).hexdigest()
    assert both(wider) == 1


def kinks_of(weights: list[tuple[list[list[Fraction]], list[Fraction]]]) -> int:
    """The kinks of the outputs of a ReLU network with one input, on a long line, by exact computation."""

    def values(s: Fraction, layers: int) -> list[Fraction]:
        found = [s]
        for number, (matrix, bias) in enumerate(weights[:layers]):
            found = [
                sum((w * x for w, x in zip(row, found, strict=True)), b) for row, b in zip(matrix, bias, strict=True)
            ]
            if number < layers - 1:
                found = [max(x, Fraction(0)) for x in found]
        return found

    places = [Fraction(-(10**6)), Fraction(10**6)]
    for layers in range(1, len(weights)):
        more = set(places)
        for p, q in pairwise(places):
            for x, y in zip(values(p, layers), values(q, layers), strict=True):
                if x * y < 0:
                    more.add(p + (q - p) * x / (x - y))
        places = sorted(more)
    outputs = [values(s, len(weights)) for s in places]
    count = 0
    for number in range(1, len(places) - 1):
        a, b, c = places[number - 1 : number + 2]
        x, y, z = outputs[number - 1 : number + 2]
        count += any((v - u) / (b - a) != (w - v) / (c - b) for u, v, w in zip(x, y, z, strict=True))
    return count


@pytest.mark.slow
@pytest.mark.parametrize("widths", [(1, 2), (2, 2), (1, 1, 3), (1, 2, 3), (2, 1, 2), (2, 2, 2), (3, 2, 2)])
def test_no_network_has_more_kinks_than_the_bound(widths: tuple[int, ...]) -> None:
    """The bound is written down once more here; for two narrow layers it is attained."""
    rng = random.Random(1)
    more, varying = [widths[0]], [1, 1 if widths[0] == 1 else 1 + widths[0]]
    for level, width in enumerate(widths[1:], 2):
        before = widths[level - 2]
        more.append(width * varying[level - 2] * (before if before < 3 else before + 1))
        varying.append(1 if varying[-1] == width == 1 else varying[-1] + more[-1])
    most = 0
    for _ in range(250):
        weights = []
        for n, m in pairwise((1, *widths, 2)):
            draw = [[Fraction(rng.randint(-20, 20), rng.randint(1, 6)) for _ in range(n + 1)] for _ in range(m)]
            weights.append(([row[:-1] for row in draw], [row[-1] for row in draw]))
        most = max(most, kinks_of(weights))
    assert most <= sum(more)
    if len(widths) == 2:
        assert most == sum(more)


def test_trees() -> None:
    chain = [[1, 0], [0, 1]]
    found = assess_network([DENSE, chain, [[1, 1]]], "relu")
    assert (found.optimum, found.theorem) == (Optimum.ALWAYS, "relu-trees")
    assert found.certificate is not None
    assert both(found.certificate) == 0
    assert assess_network([DENSE, [[1, 1]], [[1], [1]]], "relu").optimum is Optimum.ALWAYS


def test_stars_before_the_outputs_are_not_enough() -> None:
    found = assess_network([[[1, 1], [0, 1]], [[1, 0], [1, 1]], [[1, 0], [0, 1]]], "relu")
    assert (found.optimum, found.theorem) == (Optimum.NOT_ALWAYS, "relu-not-closed")


def test_invariance() -> None:
    """Orders of neurons, superfluous neurons and the first mask do not matter."""
    rng = random.Random(5)
    for _ in range(60):
        first, last = random_masks(rng, 4)
        optimum = assess_network([first, last], "relu").optimum
        order, rows = list(range(len(first))), list(range(len(last)))
        rng.shuffle(order)
        rng.shuffle(rows)
        moved = [[first[k] for k in order], [[last[o][k] for k in order] for o in rows]]
        assert assess_network(moved, "relu").optimum is optimum
        padded = [[*first, [0] * len(first[0])], [[*row, rng.randint(0, 1)] for row in last]]
        assert assess_network(padded, "relu").optimum is optimum
        full = [[int(any(row))] * len(row) for row in first]
        assert assess_network([full, last], "relu").optimum is optimum


def test_repairs() -> None:
    rng = random.Random(6)
    for _ in range(60):
        masks = random_masks(rng, 5, rng.choice([2, 3]))
        network = Network.read(masks)
        dropped = entries_to_drop(masks)
        assert forms_trees(without(network, dropped).reduced())
        assert bool(advice(network)) == any(dropped)
        assert bool(assess_network(masks, "relu", seconds=1).advice) == any(dropped)
        if forms_trees(network.reduced()):
            assert not any(dropped)


def test_advice_for_large_layers_is_given_at_once() -> None:
    full = Support.from_masks((1200, 1200), [(1 << 1200) - 1] * 1200)
    assert "let each hidden neuron feed one" in assess_network([full, full], "relu").advice


# -------------------------------------------------------------------- the checkers

KINKS = {
    "one anchor less": lambda c: c["proof"][-2]["anchors"].pop(),
    "another place": lambda c: c["proof"][-2].update(at=1),
    "an anchor twice": lambda c: c["proof"][-2]["anchors"].insert(0, c["proof"][-2]["anchors"][0]),
    "another target": lambda c: c["proof"][-1]["data"]["targets"][0].__setitem__(0, "1"),
    "another weight": lambda c: c["proof"][-2]["weights"][1][0][2][0].__setitem__(1, "2"),
    "a masked weight": lambda c: c["proof"][-2]["weights"][0].append([0, 1, [[0, "1"]]]),
    "a linear activation": lambda c: c["problem"].update(slope="1"),
    "one neuron more": lambda c: (
        c["problem"]["masks"][0].update(shape=[3, 2], rows=[[0], [0], [0]]),
        c["problem"]["masks"][1].update(shape=[2, 3], rows=[[0, 1, 2], [0, 1, 2]]),
        c["problem"]["biases"][0].append(2),
    ),
    "the other claim": lambda c: c.update(claim="closed"),
    "points in another order": lambda c: c["proof"][-1]["data"]["points"].reverse(),
    "complex numbers": lambda c: c.update(field="complex"),
}


@pytest.mark.parametrize("change", KINKS.values(), ids=KINKS)
def test_faults_are_found(change: Callable[[dict[str, Any]], Any]) -> None:
    found = assess_network([[[1, 0], [1, 0]], DENSE], "relu").certificate
    assert found is not None
    assert both(found) == 0
    broken = copy.deepcopy(found)
    change(broken)
    text = json.dumps(broken["problem"], sort_keys=True, separators=(",", ":"))
    broken["problem_id"] = hashlib.sha256(text.encode()).hexdigest()
    assert both(broken) in (1, 2)


def test_the_claim_of_stars_is_checked() -> None:
    good = assess_network([DENSE, [[1, 1]]], "relu").certificate
    bad = Network.read([DENSE, DENSE]).certificate("closed", {"rule": "relu-trees"})
    layers = Network.read([DENSE, DENSE, [[1, 1]]]).certificate("closed", {"rule": "relu-trees"})
    uneven = Network.read([[[1]], [[1], [1]]], biases=[True, [1, 0]]).certificate("closed", {"rule": "relu-trees"})
    assert good is not None
    assert [both(good), both(bad), both(layers), both(uneven)] == [0, 1, 1, 1]


def test_the_claim_of_crossings_is_checked() -> None:
    narrow = [[[1]] * 2, [[1] * 2], [[1]] * 2, [[1] * 2] * 2]
    masked = [[[1]] * 3, [[1] * 3, [1] * 3, [1, 1, 0]], [[1] * 3] * 2]
    wide = [[[1]] * 3, [[1] * 3] * 3, [[1] * 3] * 2]
    proof = {"rule": "relu-crossing", "first": 0, "second": 1, "shared": 0, "other": 1}
    assert [both(Network.read(masks).certificate("not_closed", proof)) for masks in (wide, narrow, masked)] == [0, 1, 1]
    leaky = Network.read(narrow, "leaky_relu").certificate("not_closed", proof)
    assert both(leaky) == 0
