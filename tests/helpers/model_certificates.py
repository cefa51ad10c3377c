"""Certificates about networks and about constrained factors: right ones, and with one fault each."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from closedness import SupportProduct
from closedness.budget import Budget
from closedness.constrained import Covariance, Fixed, NonNegative, decide_constrained
from closedness.networks import assess_network
from closedness.networks.architecture import Network
from closedness.networks.curve_data import GivenData
from closedness.networks.tight import TightOutputs
from closedness.networks.values import DataSet

Node = dict[str, Any]
DENSE, ONE_INPUT = [[1, 1], [1, 1]], [[1], [1]]
LINE = [[-2], [-1], [0], [1], [2]]
TARGETS = [[0, 0], [0, 0], [1, 0], [2, 1], [2, 2]]


def network(masks: Any, activation: str = "relu", **options: Any) -> Node:
    """The certificate of the library about a network."""
    certificate = assess_network(masks, activation, **options).certificate
    assert certificate is not None
    return certificate


def tight() -> Node:
    """The data on a line by the rule for tight outputs."""
    data = assess_network([ONE_INPUT, DENSE], "relu", data=(LINE, TARGETS)).data
    assert isinstance(data, GivenData)
    found = DataSet.read(data.network, LINE, TARGETS)
    cases = TightOutputs(found, [0, 1], Budget(None)).refutation()
    proof = {"rule": "tight-outputs", "outputs": [0, 1], **data.curve(), "cases": cases}
    return Network.read([ONE_INPUT, DENSE]).certificate("not_closed", proof, found.to_problem())


def by_cases() -> Node:
    """Three neurons, of which one is put aside after its signs are told apart."""
    masks = [[[1]] * 3, [[1, 1, 0], [0, 1, 1]]]
    example = assess_network(masks, "relu").data
    assert example is not None
    X = [[point[0]] for point in example.points()]
    Y = [[target.get(o, Fraction(0)) for o in range(2)] for target in example.targets]  # type: ignore[union-attr]
    data = assess_network(masks, "relu", data=(X, Y)).data
    assert isinstance(data, GivenData)
    found = DataSet.read(data.network, X, Y)
    cases = TightOutputs(found, [0, 1], Budget(None)).refutation()
    proof = {"rule": "tight-outputs", "outputs": [0, 1], **data.curve(), "cases": cases}
    return Network.read(masks).certificate("not_closed", proof, found.to_problem())


def constrained(problem: Any) -> Node:
    """The certificate of the library about factors with constraints."""
    certificate = decide_constrained(problem).certificate
    assert certificate is not None
    return certificate


@cache
def small() -> dict[str, Node]:
    """Certificates of all rules, with their names."""
    crossed = [[1, 0], [1, 1], [0, 1]]
    two = [ONE_INPUT, DENSE]
    spread = [[Fraction(3 * s, 2), 0] for (s,) in LINE]
    return {
        "network-least-squares": network([DENSE]),
        "network-trees": network([DENSE, [[1, 1], [0, 0]], [[1, 0], [1, 0]]]),
        "network-fixed-neuron": network([[[1, 0], [1, 1]], [[1, 1], [1, 1]]], biases=[False, True]),
        "network-kinks": network(two),
        "network-kinks-without-biases": network([DENSE, DENSE], "abs", biases=False),
        "network-kinks-leaky": network([[[1]] * 3, [[1, 1, 0], [0, 1, 1]]], "leaky_relu"),
        "network-bias": network([[[1]], [[1], [1]]], biases=[True, [1, 0]]),
        "network-crossing": Network.read(two).certificate(
            "not_closed", {"rule": "relu-crossing", "first": 0, "second": 1, "shared": 0, "other": 1}
        ),
        "network-crossing-deep": Network.read([[[1]] * 3, [[1] * 3] * 3, [[1] * 3] * 2]).certificate(
            "not_closed", {"rule": "relu-crossing", "first": 0, "second": 1, "shared": 0, "other": 1}
        ),
        "network-crossing-of-two": Network.read([[[1]] * 3, [[1] * 3] * 2, [[1] * 2] * 2]).certificate(
            "not_closed", {"rule": "relu-crossing", "first": 0, "second": 1, "shared": 0, "other": 1}
        ),
        "network-narrow": network([[[1, 0, 1], [0, 1, 0]], [[1, 0], [1, 0], [0, 1]], [[1, 1, 1]]]),
        "network-overlap": network([[[1]] * 3, [[1, 1, 0], [1, 1, 0], [0, 1, 1]], [[1, 1, 1], [0, 1, 1]]]),
        "network-data-trees": network([ONE_INPUT, [[1, 1]]], data=(LINE, [[1], [2], [0], [1], [0]])),
        "network-data-interpolation": network(two, data=(LINE[:3], TARGETS[2:])),
        "network-data-zero-loss": network(two, data=(LINE, [[max(s, 0), abs(s)] for (s,) in LINE])),
        "network-data-kinks": network(two, data=(LINE, TARGETS)),
        "network-data-plane": network([DENSE, DENSE], data=(spread, TARGETS)),
        "network-data-tight": tight(),
        "constrained-nonnegative": constrained(NonNegative(SupportProduct.from_text("10/11 * 11/01"))),
        "constrained-covariance": constrained(Covariance.of([[1, 0], [1, 0], [0, 1]])),
        "constrained-covariance-item": constrained(Covariance.of(crossed, unique=True)),
        "constrained-covariance-one-factor": constrained(Covariance.of(crossed, correlated=False)),
        "constrained-covariance-limit": constrained(Covariance.of(crossed)),
        "constrained-paired-items": constrained(Covariance.of([[1, 0], [1, 1], [1, 1], [0, 1]], unique=True)),
        "constrained-paired-items-third": constrained(
            Covariance.of([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], unique=True)
        ),
        "constrained-affine": constrained(Fixed.of([[1, 0], [2, 1]], [[None, None], [0, None]])),
        "constrained-marker": constrained(Fixed.of([[1, 0], [None, 1]], [[None, None], [0, None]])),
        "constrained-free": constrained(Fixed.of([[None, 0], [None, None]], [[None, None], [0, None]])),
    }


FAULTS: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "network-trees-of-a-dense-network": (
        "network-trees",
        lambda c: [c["problem"]["masks"][number].update(rows=[[0, 1], [0, 1]]) for number in (1, 2)],
    ),
    "network-trees-of-a-linear-network": ("network-trees", lambda c: c["problem"].update(slope="1")),
    "network-kinks-one-anchor-less": ("network-kinks", lambda c: c["proof"][-2]["anchors"].pop()),
    "network-kinks-at-an-anchor": ("network-kinks", lambda c: c["proof"][-2].update(at=1)),
    "network-kinks-another-limit": (
        "network-kinks",
        lambda c: c["proof"][-1]["data"]["targets"][0].__setitem__(0, "1"),
    ),
    "network-kinks-masked-weight": (
        "network-kinks-leaky",
        lambda c: c["proof"][-2]["weights"][1].append([1, 0, []]),
    ),
    "network-bias-of-both-outputs": ("network-bias", lambda c: c["problem"]["biases"].__setitem__(1, [0, 1])),
    "network-crossing-of-one-neuron": ("network-crossing", lambda c: c["proof"][-1].update(first=1)),
    "network-crossing-too-narrow": (
        "network-crossing-of-two",
        lambda c: c["problem"]["biases"].__setitem__(0, [0, 1]),
    ),
    "network-crossing-of-different-masks": (
        "network-crossing-deep",
        lambda c: c["problem"]["masks"][1]["rows"].__setitem__(2, [0, 1]),
    ),
    "network-narrow-of-a-hidden-input": (
        "network-narrow",
        lambda c: c["problem"]["masks"][0]["rows"].__setitem__(0, [0]),
    ),
    "network-narrow-without-a-free-input": ("network-narrow", lambda c: c["proof"][-1].update(free=1)),
    "network-overlap-of-too-little": (
        "network-overlap",
        lambda c: c["problem"]["masks"][1]["rows"].__setitem__(0, [0]),
    ),
    "network-overlap-without-a-bias": ("network-overlap", lambda c: c["problem"]["biases"].__setitem__(0, [0, 1])),
    "network-interpolation-of-more-points": (
        "network-data-interpolation",
        lambda c: c["problem"]["data"].update(
            points=[*c["problem"]["data"]["points"], ["7"], ["8"]],
            targets=[*c["problem"]["data"]["targets"], ["0", "0"], ["0", "0"]],
        ),
    ),
    "network-zero-loss-another-target": (
        "network-data-zero-loss",
        lambda c: c["problem"]["data"]["targets"][0].__setitem__(0, "7"),
    ),
    "network-zero-loss-of-one-output": ("network-data-zero-loss", lambda c: c["proof"][-1].update(outputs=[0])),
    "network-data-kinks-off-the-line": (
        "network-data-plane",
        lambda c: c["problem"]["data"]["points"][1].__setitem__(1, "1/3"),
    ),
    "network-tight-another-form": (
        "network-data-tight",
        lambda c: c["proof"][-2]["forms"][0][0].__setitem__(1, "5"),
    ),
    "network-tight-without-forms": (
        "network-data-tight",
        lambda c: c.update(
            proof=[{**c["proof"][-2], "forms": [], "neurons": []}, {**c["proof"][-1], "then": 0}]
        ),
    ),
    "network-tight-one-neuron": (
        "network-data-tight",
        lambda c: c["proof"][-2]["neurons"][0].update(neurons=[0]),
    ),
    "constrained-covariance-of-crossed-items": (
        "constrained-covariance-item",
        lambda c: c["problem"].update(unique=[]),
    ),
    "constrained-one-factor-for-two": (
        "constrained-covariance-one-factor",
        lambda c: (c["problem"].update(blocks=[[0, 1]]), c["proof"][-1]["blocks"].pop()),
    ),
    "constrained-limit-with-unique-variance": (
        "constrained-covariance-limit",
        lambda c: c["problem"].update(unique=[1]),
    ),
    "constrained-paired-items-one-alone": ("constrained-paired-items", lambda c: c["proof"][-1].update(partner=1)),
    "constrained-affine-with-free-sides": (
        "constrained-affine",
        lambda c: c["problem"]["factors"][0].update(rows=[[], [0]], fixed=[[0, 0, "1"], [1, 1, "1"]]),
    ),
    "constrained-marker-beside-another": (
        "constrained-marker",
        lambda c: c["problem"]["factors"][1].update(rows=[[0, 1], [0, 1]]),
    ),
    "constrained-free-of-another-problem": (
        "constrained-free",
        lambda c: c["problem"]["factors"][0].update(rows=[[0], [0]]),
    ),
}


def valid() -> dict[str, Node]:
    """All right certificates; a proof by cases is large."""
    return small() | {"network-data-tight-cases": by_cases()}


def renamed(certificate: Node) -> Node:
    """The certificate with the id of its problem."""
    text = json.dumps(certificate["problem"], sort_keys=True, separators=(",", ":"))
    return certificate | {"problem_id": hashlib.sha256(text.encode()).hexdigest()}


def invalid() -> dict[str, Node]:
    """Certificates with one fault each, with their names."""
    good = small()
    found = {}
    for name, (origin, change) in FAULTS.items():
        broken = copy.deepcopy(good[origin])
        change(broken)
        found[name] = renamed(broken)
    return found
