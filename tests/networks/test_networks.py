"""What is said about networks, and the data sets without an optimum in exact arithmetic."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from itertools import product as iterated

import numpy as np
import pytest
import sympy

from closedness import Status, SupportProduct, decide
from closedness.errors import InputError
from closedness.networks.assess import Optimum, assess_network
from closedness.networks.data import DataCounterexample, relu_data
from closedness.networks.linear_data import _by_rules, closed_for_all_data, data_without_optimum, merged_inputs
from tests.helpers.oracle import two_factors

LOWER, UPPER = [[1, 0], [1, 1]], [[1, 1], [0, 1]]
DENSE = [[1, 1], [1, 1]]


@pytest.mark.parametrize("activation", ["linear", "relu"])
@pytest.mark.parametrize("masks", [[UPPER, LOWER], [UPPER, LOWER, LOWER], [UPPER, UPPER, LOWER]])
def test_masks_without_optimum(masks: list[list[list[int]]], activation: str) -> None:
    """The loss tends to zero along the stated parameters, and the target is no product."""
    found = assess_network(masks, activation=activation)
    assert found.optimum is Optimum.NOT_ALWAYS
    if found.verdict is not None:  # a network with one hidden ReLU layer needs none
        assert found.verdict.status is Status.NOT_CLOSED
    assert found.data is not None
    losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
    assert losses[0] > losses[1] > losses[2] > 0
    assert losses[2] < losses[0] / 10**6
    weights = found.data.weights(Fraction(1, 10**6))
    assert max(abs(v) for layer in weights for v in layer.values()) > 10**4
    for layer, mask in zip(weights, masks, strict=True):
        assert all(mask[i][j] for i, j in layer)


def moment_data() -> DataCounterexample:
    """The data set that shows that closedness is necessary, for networks with ReLU."""
    product = SupportProduct([LOWER, UPPER])
    example = decide(product).counterexample
    assert example is not None
    return relu_data(product, example)


def test_points_determine_an_affine_map_on_any_activation_pattern() -> None:
    """More than n points for each of the regions; any n + 1 of them are affinely independent."""
    data = moment_data()
    # two inputs; the part has two hidden neurons: lines cut the plane in at most four parts
    assert data.count == 2 * 4 + 1
    points = [[1, *(point[j] for j in data.inputs)] for point in data.points()]
    assert all(sympy.Matrix(chosen).det() != 0 for chosen in combinations(points, 3))


def test_hidden_neurons_are_active_on_the_data() -> None:
    """So the network is affine there, and the loss is that of the linear network."""
    found = moment_data()
    t = Fraction(1, 7)
    first, second = found.weights(t)
    bias = found.biases(t)[0]
    total = Fraction(0)
    for point in found.points():
        hidden = {i: sum((v * point.get(j, 0) for (k, j), v in first.items() if k == i), Fraction(0)) for i in (0, 1)}
        assert all(hidden[i] + bias.get(i, 0) >= 0 for i in hidden)
        wanted = found.target(point)
        for i in (0, 1):
            value = sum((v * hidden[k] for (o, k), v in second.items() if o == i), Fraction(0))
            total += (value - wanted.get(i, 0)) ** 2
    assert found.loss(t) == total


def test_full_rank_data_are_not_all_data() -> None:
    """Two disjoint supports: closed, yet data that add inputs lead to a set that is not closed (theory 4)."""
    product = two_factors((1, 2, 3), (1, 1, 2, 2), 2)
    masks = list(reversed(product.factors))
    found = assess_network(masks)
    assert (found.optimum, found.full_rank) == (Optimum.NOT_ALWAYS, Optimum.ALWAYS)
    assert found.theorem == "linear-merged-inputs"
    assert found.data is not None
    assert sorted(map(sorted, found.data.groups)) in ([[0, 2], [1, 3]], [[0, 3], [1, 2]])
    losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 3, 5)]
    assert losses[0] > losses[1] > losses[2] > 0
    assert losses[2] < losses[0] / 10**6
    for layer, mask in zip(found.data.weights(Fraction(1, 10)), masks, strict=True):
        assert all((i, j) in mask for i, j in layer)
    assert decide(two_factors((1, 2, 3), (3, 3), 2)).status is Status.NOT_CLOSED


def test_what_is_enough_for_all_data() -> None:
    rank_one = assess_network([[[1, 1, 1]], [[1], [1]]])
    assert (rank_one.optimum, rank_one.theorem) == (Optimum.ALWAYS, "linear-dense-first-layer")
    full = assess_network([DENSE, LOWER, [[1, 0], [0, 1]]])
    assert full.optimum is Optimum.ALWAYS
    disjoint = assess_network([[[1, 0], [0, 1]], [[1, 0], [0, 1]]])
    assert (disjoint.optimum, disjoint.theorem) == (Optimum.ALWAYS, "linear-coordinate-space")
    assert assess_network([LOWER]).optimum is Optimum.ALWAYS
    assert assess_network([LOWER], activation="relu").optimum is Optimum.ALWAYS


PAIRS = [
    two_factors(rows, columns, r)
    for r, rows, columns in [
        (2, (1, 2, 3), (1, 1, 2, 2)),
        (2, (1, 3, 3), (1, 2, 3, 3)),
        (2, (3, 3, 1), (3, 1, 1)),
        (2, (3, 3, 1), (2, 3, 2)),
        (2, (1, 2, 2), (3, 1, 2, 3)),
        (3, (1, 3, 7), (4, 6, 7, 7)),
        (3, (1, 3, 7), (7, 3, 1, 1)),
        (3, (1, 2, 4, 4), (7, 3, 5, 6)),
        (3, (7, 7, 7), (7, 7, 7, 7)),
        (3, (5, 5, 2), (2, 5, 7, 5)),
    ]
]


@pytest.mark.slow
@pytest.mark.parametrize("product", PAIRS)
def test_all_data_include_all_mergings(product: SupportProduct) -> None:
    """Where an optimum is promised for all data, no merging of inputs leads to a set that is not closed."""
    n = product.shape[1]
    found = closed_for_all_data(product.factors)
    statuses = set()
    for assignment in iterated(range(n + 1), repeat=n):  # group 0 is left out
        groups = [tuple(j for j in range(n) if assignment[j] == g) for g in range(1, n + 1)]
        groups = [group for group in groups if group]
        if groups and sorted(groups) == groups:
            statuses.add(decide(merged_inputs(product, tuple(groups)), last_resort=False).status)
    if found is not None:
        assert statuses == {Status.CLOSED}
    data = data_without_optimum(product)
    if data is not None:
        assert Status.NOT_CLOSED in statuses
    elif Status.NOT_CLOSED in statuses:
        pytest.fail("a merging that is not closed was overlooked")


def random_pair(rng: random.Random) -> SupportProduct:
    r, m, n, density = rng.randint(2, 4), rng.randint(2, 3), rng.randint(2, 3), rng.choice([0.4, 0.6, 0.8])
    rows = [sum(1 << k for k in range(r) if rng.random() < density) for _ in range(m)]
    columns = [sum(1 << k for k in range(r) if rng.random() < density) for _ in range(n)]
    return two_factors(tuple(rows), tuple(columns), r)


def test_random_promises_hold_for_all_mergings() -> None:
    rng = random.Random(9)
    promised = 0
    for _ in range(60):
        product = random_pair(rng)
        n = product.shape[1]
        if _by_rules(product.factors) is None:
            continue
        promised += 1
        for assignment in iterated(range(n + 1), repeat=n):
            groups = [tuple(j for j in range(n) if assignment[j] == g) for g in range(1, n + 1)]
            groups = [group for group in groups if group]
            if groups and sorted(groups) == groups:
                found = decide(merged_inputs(product, tuple(groups)), last_resort=False, seconds=5)
                assert found.status is not Status.NOT_CLOSED, (product, groups)
    assert promised > 20


def test_two_neurons_that_fail_alone_are_saved_by_others() -> None:
    """The converse about pairs is false: single inputs that feed all outputs give every matrix."""
    alone = [[[1, 1, 0, 0], [0, 0, 1, 1]], [[1, 0], [0, 1], [1, 1]]]
    assert assess_network(alone).optimum is Optimum.NOT_ALWAYS
    first, last = alone
    saved = [[*first, *np.eye(4, dtype=int).tolist()], [[*row, 1, 1, 1, 1] for row in last]]
    assert assess_network(saved).optimum is Optimum.ALWAYS
    # one input given at one of two outputs only: the matrices of such a network do not even form a closed set
    uneven = [[[1, 1], [1, 0]], [[1, 1], [1, 0]]]
    assert closed_for_all_data(SupportProduct(uneven[::-1]).factors) is None
    assert assess_network(uneven).optimum is Optimum.NOT_ALWAYS


def test_mergings_tell_the_rules_apart() -> None:
    """The examples above contain both kinds."""
    promised = [closed_for_all_data(product.factors) for product in PAIRS]
    assert [each[0] for each in promised if each].count("linear-single-inputs") >= 3
    assert sum(data_without_optimum(product) is not None for product in PAIRS) >= 3


@pytest.mark.parametrize("product", [each for each in PAIRS if closed_for_all_data(each.factors)])
def test_factors_of_a_promised_set_can_be_kept_bounded(product: SupportProduct) -> None:
    """The proof of linear-nested-neurons, carried out in numbers on data of low rank."""
    rng = np.random.default_rng(0)
    left, right = (factor.to_dense().astype(float) for factor in product.factors)
    X, Y = left * rng.normal(size=left.shape), right * rng.normal(size=right.shape)
    D = rng.normal(size=(right.shape[1], 2)) @ rng.normal(size=(2, 5))
    before = X @ Y @ D
    live = [k for k in range(left.shape[1]) if left[:, k].any() and right[k].any()]
    for l in sorted(live, key=lambda k: (left[:, k].sum(), -right[k].sum())):
        earlier = [
            k
            for k in live
            if k != l
            and (left[:, k] * left[:, l]).any()
            and (left[:, k].sum(), -right[k].sum(), k) < (left[:, l].sum(), -right[l].sum(), l)
        ]
        if earlier:
            c = np.linalg.lstsq(X[:, earlier], X[:, l], rcond=None)[0]
            X[:, l] -= X[:, earlier] @ c
            Y[earlier] += np.outer(c, Y[l])
        norm = np.linalg.norm(X[:, l])
        X[:, l], Y[l] = (X[:, l] / norm, Y[l] * norm) if norm > 1e-9 else (0 * X[:, l], 0 * Y[l])
    assert np.allclose(X @ Y @ D, before)
    assert not (X[left == 0]).any()
    assert not (Y[right == 0]).any()
    assert np.linalg.norm(Y[live] @ D) == pytest.approx(np.linalg.norm(before))


def test_relu_is_not_promised_more_than_is_proved() -> None:
    assert assess_network([UPPER, [[1, 1]]], activation="relu").theorem == "relu-trees"
    deep = assess_network([DENSE, DENSE, [[1, 1]]], activation="relu")
    assert deep.optimum is Optimum.NOT_KNOWN
    assert "necessary and not sufficient" in deep.reason
    without = assess_network([UPPER, LOWER, LOWER], activation="relu", biases=False)
    assert without.optimum is Optimum.NOT_KNOWN
    assert "biases" in without.reason


def test_a_verdict_at_hand_is_used() -> None:
    verdict = decide(SupportProduct([LOWER, UPPER]))
    assert assess_network([UPPER, LOWER], verdict=verdict).verdict is verdict
    with pytest.raises(InputError, match="other masks"):
        assess_network([LOWER, UPPER], verdict=verdict)


def test_errors_and_truth_values() -> None:
    with pytest.raises(InputError, match="masks is empty"):
        assess_network([])
    with pytest.raises(InputError, match=r"masks\[0\] has 2 rows, masks\[1\] has 3 columns"):
        assess_network([LOWER, [[1, 1, 1]]])
    with pytest.raises(InputError, match=r"masks\[1\]: entry"):
        assess_network([LOWER, [[2, 1]]])
    with pytest.raises(InputError, match="activation is 'tanh'"):
        assess_network([LOWER, UPPER], activation="tanh")
    with pytest.raises(InputError, match="output is 3"):
        assess_network([LOWER, UPPER], output=3)
    found = assess_network([UPPER, LOWER])
    with pytest.raises(TypeError):
        bool(found)
    with pytest.raises(TypeError):
        bool(found.optimum)
    assert found.data is not None
    with pytest.raises(InputError, match="not positive"):
        found.data.loss(Fraction(0))
    assert "no optimum" in str(found)
