"""Rules about one data set: ``tight-outputs``, ``interpolation``, ``zero-loss``, ``relu-kinks`` on given data.

The oracle is an exact search over all activation patterns with z3.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from closedness.budget import Budget
from closedness.errors import InputError
from closedness.networks import Optimum, assess_network
from closedness.networks.answer import Assessment
from closedness.networks.architecture import Network
from closedness.networks.curve_data import GivenData
from closedness.networks.tight import TightOutputs
from closedness.networks.values import DataSet
from tests.rules.test_relu import DENSE, attained, both

Table = list[list[Any]]
SLOPES = [Fraction(0), Fraction(-1), Fraction(1, 2)]


def of_theorem(masks: list[Table], activation: Any) -> tuple[Table, Table]:
    """The data set without an optimum that is known for the network."""
    data = assess_network(masks, activation).data
    assert data is not None
    inputs, outputs = len(masks[0][0]), len(masks[-1])
    points = [[point.get(j, 0) for j in range(inputs)] for point in data.points()]
    return points, [[target.get(o, Fraction(0)) for o in range(outputs)] for target in data.targets]  # type: ignore[union-attr]


def losses_fall(found: Assessment) -> bool:
    data = found.data
    assert isinstance(data, GivenData)
    losses = [data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
    return losses[0] > losses[1] > losses[2] > 0 and losses[2] < losses[0] / 10**6


@pytest.mark.parametrize("slope", SLOPES)
def test_the_data_of_the_theorem_have_no_optimum(slope: Fraction) -> None:
    rng = random.Random(1)
    for _ in range(6):
        hidden, outputs = rng.randint(2, 4), rng.randint(2, 3)
        masks = [[[1]] * hidden, [[int(rng.random() < 0.7) for _ in range(hidden)] for _ in range(outputs)]]
        if assess_network(masks, slope).optimum is not Optimum.NOT_ALWAYS:
            continue
        X, Y = of_theorem(masks, slope)
        found = assess_network(masks, slope, data=(X, Y))
        assert (found.optimum, found.theorem) == (Optimum.NOT_ATTAINED, "relu-kinks")
        assert losses_fall(found)
        assert found.certificate is not None
        assert found.certificate["proof"][-1]["rule"] == "data-kinks"
        assert both(found.certificate) == 0
        # the order of the points does not matter, nor do shifts and scales of the line
        order = list(range(len(X)))
        rng.shuffle(order)
        moved = [[Fraction(X[p][0] - 1, 3)] for p in order], [[5 * y for y in Y[p]] for p in order]
        again = assess_network(masks, slope, data=moved)
        assert again.optimum is Optimum.NOT_ATTAINED
        assert again.certificate is not None
        assert both(again.certificate) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outputs", "slope"),
    [(DENSE, SLOPES[0]), (DENSE, SLOPES[1]), ([[1, 1], [0, 1]], SLOPES[0]), ([[1, 1], [0, 1]], SLOPES[2])],
)
def test_against_all_patterns(outputs: Table, slope: Fraction) -> None:
    """Small targets at four points on a line: what z3 says after trying all places of the kinks."""
    rng = random.Random(len(outputs) + int(6 * slope))
    masks = [[[1], [1]], outputs]
    for number in range(4):
        Y = [[Fraction(rng.randint(-1, 1)) for _ in outputs] for _ in range(4)]
        if number == 0:  # what such a network computes
            kinks = [Fraction(3, 2), Fraction(1, 3)]
            hidden = [[v if v >= 0 else slope * v for v in (s - kinks[0], kinks[1] - s)] for s in range(4)]
            rows = [[entry * (1 + 3 * o * k) for k, entry in enumerate(row)] for o, row in enumerate(outputs)]
            Y = [[sum(w * v for w, v in zip(row, values, strict=True)) for row in rows] for values in hidden]
        X = [[s] for s in range(4)]
        found = assess_network(masks, slope, data=(X, Y))
        if found.certificate is not None:
            assert both(found.certificate) == 0
        truth = attained(outputs, slope, [dict(enumerate(row)) for row in Y])
        if found.theorem == "zero-loss":
            assert truth
        if found.optimum is Optimum.NOT_ATTAINED or any("exactly" in each for each in found.known):
            assert not truth
        if number == 0:
            assert found.optimum is Optimum.ATTAINED
        # as many independent targets as neurons: it is settled whether they are met
        if found.optimum is Optimum.NOT_KNOWN and outputs == DENSE:
            search = TightOutputs(DataSet.read(Network.read(masks, slope).reduced(), X, Y), [0, 1], Budget(None))
            refuted = search.refutation() is not None
            assert search.seen is None or refuted != truth


@pytest.mark.slow
def test_data_in_the_plane() -> None:
    """Two neurons with two inputs become equal; their difference is what the first output needs."""
    X = [[0, 0], [1, 0], [2, 0], [-1, 0], [1, 1], [1, -1], [-1, 1], [-1, -1], [2, 3], [0, 1], [0, -1]]
    Y = [[x[1] if x[0] > 0 else 0, max(x[0], 0)] for x in X]
    masks = [[[1, 1], [1, 1]], DENSE]
    found = assess_network(masks, "relu", data=(X, Y))
    assert found.certificate is None or both(found.certificate) == 0
    assert found.optimum in (Optimum.NOT_ATTAINED, Optimum.ATTAINED)
    # more points beside the line: no two neurons can do it
    X += [[Fraction(1, 5), 3], [Fraction(1, 5), -3], [Fraction(-1, 5), 3], [Fraction(-1, 5), -3]]
    Y = [[x[1] if x[0] > 0 else 0, max(x[0], 0)] for x in X]
    found = assess_network(masks, "relu", data=(X, Y))
    assert (found.optimum, found.theorem) == (Optimum.NOT_ATTAINED, "tight-outputs")
    assert losses_fall(found)
    assert found.certificate is not None
    assert both(found.certificate) == 0


def test_wide_networks_have_an_optimum_on_few_data() -> None:
    rng = random.Random(4)
    for sizes in [(1, 6, 2), (3, 9, 4), (2, 8, 8, 2)]:
        masks = [[[1] * n for _ in range(m)] for n, m in pairwise(sizes)]
        points = sizes[-2] - 1
        X = [[rng.random() for _ in range(sizes[0])] for _ in range(points)]
        Y = [[rng.random() for _ in range(sizes[-1])] for _ in range(points)]
        found = assess_network(masks, "relu", data=(X + X[:1], Y + Y[-1:]))  # one point twice, with two targets
        assert (found.optimum, found.theorem) == (Optimum.ATTAINED, "interpolation")
        assert found.certificate is not None
        assert both(found.certificate) == 0


def test_stars_and_single_layers() -> None:
    X, Y = [[0], [1], [2]], [[1, 2], [0, 1], [5, 5]]
    for masks, theorem in (([[[1], [1]], [[1, 0], [0, 1]]], "relu-trees"), ([[[1], [1]]], "least-squares")):
        found = assess_network(masks, "relu", data=(X, Y))
        assert (found.optimum, found.theorem) == (Optimum.ATTAINED, theorem)
        assert found.certificate is not None
        assert both(found.certificate) == 0


def test_components_are_answered_one_by_one() -> None:
    """One component misses its targets, or not; beside it another one and a star."""
    line, missed = of_theorem([[[1], [1]], DENSE], "relu")
    easy = [[max(s[0], 0), abs(s[0])] for s in line]
    masks = [[[1]] * 5, [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]]
    for first, second, expected in [
        (missed, easy, Optimum.NOT_ATTAINED),
        (easy, missed, Optimum.NOT_ATTAINED),
        (easy, easy, Optimum.ATTAINED),
    ]:
        Y = [[*a, *b, 7 * a[0]] for a, b in zip(first, second, strict=True)]
        found = assess_network(masks, "relu", data=(line, Y))
        assert found.optimum is expected, found
        assert found.certificate is not None
        assert both(found.certificate) == 0


def test_targets_that_few_neurons_give() -> None:
    """Fewer independent targets than neurons: one neuron does it, or none."""
    X = [[s, s * s] for s in range(-4, 5)]
    for masks in ([[[1, 1]] * 3, [[1] * 3] * 2], [[[1, 0], [0, 1], [1, 1]], [[1, 1, 0], [0, 1, 1]]]):
        for value in (lambda s, q: max(q - 5, 0), lambda s, q: 0):
            Y = [[3 + value(*x), 1 - 2 * value(*x)] for x in X]
            found = assess_network(masks, "relu", data=(X, Y))
            assert (found.optimum, found.theorem) == (Optimum.ATTAINED, "zero-loss")
            assert found.certificate is not None
            assert both(found.certificate) == 0


def test_linear_networks() -> None:
    X, Y = [[1, 0], [0, 1]], [[0, 1], [1, 0]]
    assert assess_network([DENSE, DENSE], data=(X, Y)).optimum is Optimum.ATTAINED
    lu = [[[1, 1], [0, 1]], [[1, 0], [1, 1]]]
    assert assess_network(lu, data=(X, Y)).optimum is Optimum.NOT_KNOWN


def test_time_limits() -> None:
    rng = random.Random(2)
    masks = [[[1] * 3] * 6, [[1] * 6] * 3]
    X = [[rng.random() for _ in range(3)] for _ in range(20)]
    Y = [[rng.random() for _ in range(3)] for _ in range(20)]
    begin = time.monotonic()
    assert assess_network(masks, "relu", data=(X, Y), seconds=1).optimum is Optimum.NOT_KNOWN
    assert time.monotonic() - begin < 2.2


def test_large_data_are_answered_at_once() -> None:
    """By what holds for all data, without a look at each number."""
    X, Y = np.ones((20_000, 30)), np.ones((20_000, 2))
    masks = [np.ones((9, 30), int), np.ones((2, 9), int)]
    begin = time.process_time()
    found = assess_network(masks, "relu", data=(X, Y), seconds=1)
    assert (found.optimum, "too many" in found.reason) == (Optimum.NOT_KNOWN, True)
    stars = assess_network([masks[0], np.eye(2, 9, dtype=int)], "relu", data=(X, Y), seconds=1)
    assert (stars.optimum, stars.theorem) == (Optimum.ATTAINED, "relu-trees")
    assert stars.certificate is not None
    assert both(stars.certificate) == 0
    assert time.process_time() - begin < 2
    for broken in ((X, Y[:5]), (X[:, :3], Y), (X * np.nan, Y), ([["a"] * 30] * 20_000, Y)):
        with pytest.raises(InputError, match="data: X"):
            assess_network(masks, "relu", data=broken)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "no pair"),
        (([[1]], [[1, 2], [3, 4]]), "one row for each point"),
        (([[1, 2]], [[1, 2]]), "X has 2 entries in row 0"),
        (([[1]], [[1]]), "Y has 1 entries"),
        (([[float("nan")]], [[1, 2]]), "no finite number"),
        (([], []), "no rows"),
        ("XY", "no pair"),
        (([["x"]], [[1, 2]]), "no finite number"),
    ],
)
def test_bad_data(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        assess_network([[[1], [1]], DENSE], "relu", data=data)
    assert "\n" not in str(caught.value)


# -------------------------------------------------------------------- the checkers


def changed(certificate: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> int:
    broken = copy.deepcopy(certificate)
    change(broken)
    text = json.dumps(broken["problem"], sort_keys=True, separators=(",", ":"))
    broken["problem_id"] = hashlib.sha256(text.encode()).hexdigest()
    return both(broken)


def tight_certificate(outputs: Table = DENSE) -> dict[str, Any]:
    """The data of the theorem by the rule for tight outputs."""
    masks = [[[1]] * len(outputs[0]), outputs]
    X, Y = of_theorem(masks, "relu")
    found = assess_network(masks, "relu", data=(X, Y))
    assert isinstance(found.data, GivenData)
    data = DataSet.read(found.data.network, X, Y)
    cases = TightOutputs(data, [0, 1], Budget(None)).refutation()
    assert cases is not None
    proof = {"rule": "tight-outputs", "outputs": [0, 1], **found.data.curve(), "cases": cases}
    return Network.read(masks).certificate("not_closed", proof, data.to_problem())


@pytest.mark.slow
def test_several_neurons_by_cases() -> None:
    assert both(tight_certificate([[1, 1, 0], [0, 1, 1]])) == 0


def leaf(certificate: dict[str, Any]) -> Any:
    """The node about all neurons."""
    return certificate["proof"][-2]


def first_cone(certificate: dict[str, Any]) -> Any:
    """The first node that shows a form to vanish."""
    return certificate["proof"][0]


FAULTS = {
    "another target": lambda c: c["problem"]["data"]["targets"][0].__setitem__(0, "1"),
    "another point": lambda c: c["problem"]["data"]["points"][0].__setitem__(0, "-3"),
    "one point less": lambda c: c["problem"]["data"]["points"].pop(),
    "no data": lambda c: c["problem"].pop("data"),
    "the other claim": lambda c: c.update(claim="closed"),
    "one output": lambda c: c["proof"][-1].update(outputs=[0]),
    "another weight": lambda c: c["proof"][-1]["weights"][0][0][2][0].__setitem__(1, "5"),
    "no form": lambda c: leaf(c)["forms"].clear(),
    "another form": lambda c: leaf(c)["forms"][0][0].__setitem__(1, "77"),
    "a neuron less": lambda c: leaf(c)["neurons"][0]["neurons"].pop(),
    "a neuron twice": lambda c: leaf(c)["neurons"][0]["neurons"].append(0),
    "aside": lambda c: leaf(c).update(aside=[0]),
    "one output tight": lambda c: leaf(c).update(outputs=[0]),
    "a coefficient": lambda c: first_cone(c)["plus"][0].__setitem__(1, "9"),
    "a negative coefficient": lambda c: first_cone(c)["plus"][
        0
    ].__setitem__(2, "-1"),
    "a neuron more": lambda c: (
        c["problem"]["masks"][0].update(shape=[3, 1], rows=[[0], [0], [0]]),
        c["problem"]["masks"][1].update(shape=[2, 3], rows=[[0, 1, 2], [0, 1, 2]]),
        c["problem"]["biases"][0].append(2),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_faults_are_found(change: Callable[[dict[str, Any]], Any]) -> None:
    certificate = tight_certificate()
    assert both(certificate) == 0
    assert changed(certificate, change) in (1, 2)


OPTIMA = {
    "another target": ("zero-loss", lambda c: c["problem"]["data"]["targets"][0].__setitem__(0, "9")),
    "another weight": ("zero-loss", lambda c: c["proof"][-1]["weights"][0][0][2][0].__setitem__(1, "5")),
    "a curve": ("zero-loss", lambda c: c["proof"][-1]["weights"][0][0][2][0].__setitem__(0, 1)),
    "too few outputs": ("zero-loss", lambda c: c["proof"][-1].update(outputs=[0])),
    "too few kinks": ("interpolation", lambda c: c["proof"][-1]["biases"][0].clear()),
    "more points": (
        "interpolation",
        lambda c: (
            c["problem"]["data"]["points"].extend([["77"], ["78"], ["79"]]),
            c["problem"]["data"]["targets"].extend([["1", "0"]] * 3),
        ),
    ),
    "a layer more": ("interpolation", lambda c: c["proof"][-1]["weights"].append([])),
}


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "change"), OPTIMA.values(), ids=OPTIMA)
def test_faults_of_optima_are_found(rule: str, change: Callable[[dict[str, Any]], Any]) -> None:
    masks = [[[1], [1]], DENSE]
    X = [[s] for s in range(6)] if rule == "zero-loss" else [[0], [1], [2]]
    Y = [[max(2 * s - 3, 0), max(2 * s - 3, 0) + 3 * max(3 - s, 0)] for (s,) in X]
    found = assess_network(masks, "relu", data=(X, Y))
    assert found.theorem == rule
    assert found.certificate is not None
    assert both(found.certificate) == 0
    assert changed(found.certificate, change) in (1, 2)
