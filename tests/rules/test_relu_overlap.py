"""Rule `relu-overlap`: counts of changes of sign, the limit itself, and the statement on random networks."""

from __future__ import annotations

import json
import random
from collections import Counter
from fractions import Fraction
from itertools import combinations, pairwise
from math import floor
from typing import Any

import pytest
from flint import fmpq_mat

from closedness.check import check
from closedness.networks import Optimum, assess_network
from closedness.networks.architecture import Network
from closedness.networks.overlap import Overlap, overlap_of
from closedness.networks.stars import forms_trees
from tests.second.checker import outcome

Masks = list[list[list[int]]]
Feature = tuple[int, Fraction]  # where it looks, and its kink


def accepted(certificate: dict[str, Any] | None) -> bool:
    """Both checkers give the same answer; whether it is that all is right."""
    text = json.dumps(certificate)
    code = check(text).exit_code
    assert code == outcome(text), (check(text), certificate)
    return code == 0


def value(feature: Feature, slope: Fraction, s: Fraction) -> Fraction:
    side, kink = feature
    x = side * (s - kink)
    return x if x > 0 else slope * x


def changes_of_sign(features: list[Feature], slope: Fraction, a: Fraction, b: list[Fraction]) -> list[Fraction]:
    """Where ``a + sum b_j f_j`` changes its sign outside the kinks, exactly; no other zero is counted."""

    def h(s: Fraction) -> Fraction:
        return a + sum((c * value(f, slope, s) for c, f in zip(b, features, strict=True)), Fraction(0))

    kinks = sorted({kink for _, kink in features})
    ends = [kinks[0] - 1, *kinks, kinks[-1] + 1]
    found = []
    for number, (left, right) in enumerate(pairwise(ends)):
        steep = (h(right) - h(left)) / (right - left)
        if steep:
            zero = left - h(left) / steep
            inside = (number == 0 or left < zero) and (number == len(ends) - 2 or zero < right)
            if inside and zero not in kinks:
                found.append(zero)
    return found


def random_features(rng: random.Random, number: int) -> list[Feature]:
    return [(rng.choice((1, -1)), Fraction(kink)) for kink in rng.sample(range(3, 40), number)]


def best(rng: random.Random, features: list[Feature], slope: Fraction, tries: int) -> list[Fraction]:
    """A function of the span of 1 and the features with many changes of sign: 1 and its coefficients.

    It has zeros at random places in as many pieces as there are features; this is not the construction of the proof.
    """
    kinks = sorted(kink for _, kink in features)
    ends = [kinks[0] - 3, *kinks, kinks[-1] + 3]
    most: tuple[int, list[Fraction]] = (-1, [])
    for _ in range(tries):
        pieces = rng.sample(list(pairwise(ends)), len(features))
        places = [left + (right - left) * Fraction(rng.randint(1, 99), 100) for left, right in pieces]
        rows = [[Fraction(1), *(value(f, slope, s) for f in features)] for s in places]
        entries = [x for row in rows for x in row]
        matrix = fmpq_mat(len(rows), len(rows) + 1, [fq(x) for x in entries])
        reduced, rank = matrix.rref()
        if rank < len(rows):
            continue
        pivots = [next(c for c in range(rank + 1) if reduced[row, c] != 0) for row in range(rank)]
        free = next(c for c in range(rank + 1) if c not in pivots)
        vector = [Fraction(0)] * (rank + 1)
        vector[free] = Fraction(1)
        for row, c in enumerate(pivots):
            vector[c] = -Fraction(int(reduced[row, free].p), int(reduced[row, free].q))
        count = len(changes_of_sign(features, slope, vector[0], vector[1:]))
        most = max(most, (count, vector))
    return most[1]


def fq(x: Fraction) -> Any:
    from flint import fmpq

    return fmpq(x.numerator, x.denominator)


@pytest.mark.parametrize("slope", [Fraction(0), Fraction(1, 4), Fraction(-1)])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_as_many_changes_of_sign_as_features_and_at_most_one_more(number: int, slope: Fraction) -> None:
    rng = random.Random(number)
    for _ in range(12):
        features = random_features(rng, number)
        found = best(rng, features, slope, 60)
        count = len(changes_of_sign(features, slope, found[0], found[1:]))
        assert number <= count <= number + (slope != 0 or number > 2), features
        for _ in range(60):
            b = [Fraction(rng.randint(-9, 9)) for _ in features]
            some = changes_of_sign(features, slope, Fraction(rng.randint(-60, 60)), b)
            assert len(some) <= number + (slope != 0 or number > 2)


def test_three_features_can_have_four() -> None:
    """So the bound cannot be lowered to the number of features."""
    features = [(1, Fraction(0)), (1, Fraction(1)), (-1, Fraction(20))]
    b = [Fraction(3), Fraction(-5, 2), Fraction(1)]
    assert len(changes_of_sign(features, Fraction(0), Fraction(-21), b)) == 4


# -------------------------------------------------------------------- the statement


def applies(masks: Masks, slope: int, found: Overlap) -> bool:
    """The inequality of the page, from sets."""
    first, second, last = masks
    alive = {j for j, row in enumerate(first) if any(row[x] for x in found.inputs)}
    reads = [{j for j in alive if row[j]} for row in second]
    some = [k for k in range(len(second)) if reads[k] and (last[found.shared][k] or last[found.other][k])]
    one, two = found.first, found.second
    common = reads[one] & reads[two]
    shares = Fraction(0)
    for j in set().union(*(reads[k] for k in some)):
        m = sum(1 for k in some if k not in (one, two) and j in reads[k]) + (j in common)
        shares += Fraction(1, 2**m) if slope == 0 else int(m == 0)
    c = [len(reads[k]) if slope == 0 and len(reads[k]) <= 2 else len(reads[k]) + 1 for k in (one, two)]
    feeds = last[found.shared][one] and last[found.shared][two] and last[found.other][two]
    return bool(feeds) and 3 * len(common) > sum(c) + floor(shares)


def random_masks(rng: random.Random, sizes: list[int], density: float) -> Masks:
    return [[[int(rng.random() < density) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes)]


def permuted(rng: random.Random, masks: Masks) -> Masks:
    orders = [list(range(len(masks[0][0]))), *(list(range(len(mask))) for mask in masks)]
    for order in orders:
        rng.shuffle(order)
    return [
        [[mask[i][j] for j in below] for i in above]
        for mask, (below, above) in zip(masks, pairwise(orders), strict=True)
    ]


@pytest.mark.slow
def test_random_networks() -> None:
    rng = random.Random(4)
    seen: Counter[str] = Counter()
    for _ in range(70):
        sizes = [rng.randint(1, 5), rng.randint(2, 6), rng.randint(2, 5), rng.randint(2, 3)]
        masks = random_masks(rng, sizes, rng.choice([0.5, 0.7, 0.85]))
        activation = rng.choice(["relu", "relu", "leaky_relu"])
        network = Network.read(masks, activation)
        found = overlap_of(network.reduced())
        answer = assess_network(masks, activation, seconds=1)
        seen[answer.theorem] += 1
        if found is not None:
            assert not forms_trees(network.reduced())
            assert answer.optimum is Optimum.NOT_ALWAYS
            assert applies(masks, int(activation != "relu"), found)
            assert accepted(network.certificate("not_closed", found.proof()))
        if answer.theorem == "relu-overlap":
            assert accepted(answer.certificate)
            moved = permuted(rng, masks)
            assert assess_network(moved, activation, seconds=1).optimum is Optimum.NOT_ALWAYS
            padded = [[[*row, 0] for row in masks[0]], *masks[1:-1], [*masks[-1], masks[-1][0]]]
            assert assess_network(padded, activation, seconds=1).optimum is Optimum.NOT_ALWAYS
    assert seen["relu-overlap"] > 6
    assert seen["relu-trees"] > 1


def test_checkers_decide_by_the_inequality_alone() -> None:
    """Any two neurons and outputs, sensible or not."""
    rng = random.Random(5)
    said: Counter[bool] = Counter()
    for _ in range(250):
        slope = rng.choice([0, 0, 1])
        sizes = [2, rng.randint(2, 6), rng.randint(2, 4), 2]
        masks = random_masks(rng, sizes, 0.8)
        network = Network.read(masks, "relu" if slope == 0 else "leaky_relu")
        first, second = rng.sample(range(sizes[2]), 2)
        shared, other = rng.sample(range(2), 2)
        inputs = rng.choice([(0,), (1,), (0, 1)])
        named = Overlap(first, second, shared, other, inputs)
        right = accepted(network.certificate("not_closed", named.proof()))
        assert right is applies(masks, slope, named), (masks, named, slope, right)
        said[right] += 1
    assert min(said[True], said[False]) > 20


@pytest.mark.parametrize(("width", "density"), [(16, 0.5), (32, 0.3), (64, 0.2)])
def test_wide_pruned_networks_are_decided(width: int, density: float) -> None:
    rng = random.Random(width)
    for _ in range(3):
        masks = random_masks(rng, [width, width + 8, width, 8], density)
        answer = assess_network(masks, "relu", seconds=1)
        assert answer.optimum is Optimum.NOT_ALWAYS
        network = Network.read(masks, "relu")
        found = overlap_of(network.reduced())
        assert found is not None
        assert accepted(network.certificate("not_closed", found.proof()))


def test_biases_are_needed() -> None:
    masks = [[[1]] * 3, [[1, 1, 0], [1, 1, 0], [0, 1, 1]], [[1, 1, 1], [0, 1, 1]]]
    answer = assess_network(masks, "relu")
    assert (answer.optimum, answer.theorem) == (Optimum.NOT_ALWAYS, "relu-overlap")
    for layer, neuron in ((0, 2), (1, 0), (1, 1)):
        biases = [[1] * len(mask) for mask in masks]
        biases[layer][neuron] = 0
        assert overlap_of(Network.read(masks, "relu", biases).reduced()) is None
    # the third neuron of the second layer and the outputs need none
    biases = [[1, 1, 1], [1, 1, 0], [0, 0]]
    assert overlap_of(Network.read(masks, "relu", biases).reduced()) is not None
    assert overlap_of(Network.read([*masks, [[1, 1], [1, 1]]], "relu").reduced()) is None


# -------------------------------------------------------------------- the limit


class Limit:
    """Two neurons with nearly the same argument g, and a third one with the argument h."""

    slope = Fraction(1, 4)
    reads = ([0, 1, 2, 3], [0, 1, 2, 3, 4], [1, 4])

    def __init__(self, rng: random.Random) -> None:
        features = random_features(rng, 5)
        self.kinks = [kink for _, kink in features]
        self.pair, self.third = ([features[j] for j in self.reads[k]] for k in (0, 2))
        self.g, self.h = (best(rng, part, self.slope, 60) for part in (self.pair, self.third))
        self.steps = changes_of_sign(self.pair, self.slope, self.g[0], self.g[1:])
        self.bends = changes_of_sign(self.third, self.slope, self.h[0], self.h[1:])

    def arguments(self, s: Fraction) -> list[Fraction]:
        parts = ((self.pair, self.g), (self.third, self.h))
        return [
            weights[0] + sum((w * value(f, self.slope, s) for w, f in zip(weights[1:], part, strict=True)), Fraction(0))
            for part, weights in parts
        ]

    def bent(self, x: Fraction) -> Fraction:
        return x if x > 0 else self.slope * x

    def outputs(self, s: Fraction, t: Fraction) -> list[Fraction]:
        g, h = self.arguments(s)
        return [(self.bent(g + t) - self.bent(g - t)) / t + 5 * self.bent(h), 7 * self.bent(g) - 3 * self.bent(h)]

    def value(self, s: Fraction) -> list[Fraction]:
        g, h = self.arguments(s)
        step = 2 if g > 0 else 2 * self.slope if g < 0 else 1 + self.slope
        return [step + 5 * self.bent(h), 7 * self.bent(g) - 3 * self.bent(h)]


def test_the_limit_has_more_kinks_than_the_network() -> None:
    """Second differences of a limit as in the proof ask for more kinks than the bounds of the page allow."""
    rng = random.Random(6)
    more = 0
    for _ in range(6):
        limit = Limit(rng)
        places = sorted({*limit.kinks, *limit.steps, *limit.bends})
        if len(places) < len(limit.kinks) + len(limit.steps) + len(limit.bends):
            continue
        small = min(b - a for a, b in pairwise(places)) / 8
        near = [c + i * small for c in places for i in range(-2, 3)]
        t = min(abs(x) for x in (limit.arguments(s)[0] for s in near) if x) / 2
        assert all(limit.value(s) == limit.outputs(s, t) for s in near)
        need = 0
        for c in places:
            around = [limit.value(c + i * small) for i in range(-2, 3)]
            before, here, after = (
                [a - 2 * b + d for a, b, d in zip(*around[i : i + 3], strict=True)] for i in range(3)
            )
            if c in limit.steps:
                # the outer ones point to the shared output, and the one between them does not
                assert before[1] == after[1] == 0 != before[0]
                assert after[0] == -before[0] != 0 != here[1]
                need += 3
            else:
                need += any(here)
        assert need == len(limit.kinks) + len(limit.bends) + 3 * len(limit.steps)
        more += need > len(limit.kinks) + len(limit.bends) + sum(len(read) + 1 for read in limit.reads[:2])
    assert more


def test_every_pair_of_neurons_is_found_if_it_is_the_only_one() -> None:
    """The neurons are in any places, and the others read a few of the first layer each."""
    for first, second in combinations(range(4), 2):
        rows = [[int(j in (k, 6, 7)) for j in range(8)] for k in range(4)]
        rows[first] = [1, 1, 1, 1, 1, 1, 1, 0]
        rows[second] = [1, 1, 1, 1, 1, 1, 0, 1]
        found = overlap_of(Network.read([[[1]] * 8, rows, [[1] * 4, [1] * 4]], "leaky_relu"))
        assert found is not None
        assert {found.first, found.second} == {first, second}
