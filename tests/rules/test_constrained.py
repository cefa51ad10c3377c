"""Constrained factors: theorems, certificates, limits in exact arithmetic."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from closedness import Status, SupportProduct
from closedness.check import check
from closedness.constrained import ConstrainedVerdict, Covariance, Fixed, NonNegative, decide_constrained
from closedness.constrained.pairing import Pairing
from closedness.errors import InputError
from tests.second.checker import outcome

BIFACTOR = [[1, 0, 0, 1]] * 5 + [[1, 1, 0, 0]] * 4 + [[1, 0, 1, 0]] * 4


def both(certificate: dict[str, Any] | None) -> int:
    assert certificate is not None
    text = json.dumps(certificate)
    code = check(text).exit_code
    assert code == outcome(text), (check(text), certificate)
    return code


def certified(verdict: ConstrainedVerdict) -> Status:
    if verdict.certificate is not None:
        assert both(verdict.certificate) == 0
        assert verdict.certificate["claim"] == verdict.status.value
    else:
        assert verdict.status is Status.UNDECIDED
    return verdict.status


def test_random_factor_models() -> None:
    rng = random.Random(5)
    seen: Counter[str] = Counter()
    for _ in range(60):
        m, r = rng.randint(2, 8), rng.randint(1, 4)
        density = rng.choice([0.3, 0.4, 0.5, 0.7])
        loadings = [[int(rng.random() < density) for _ in range(r)] for _ in range(m)]
        unique, correlated = rng.choice([True, False]), rng.choice([True, True, False])
        verdict = decide_constrained(Covariance.of(loadings, unique=unique, correlated=correlated), seconds=3)
        certified(verdict)
        seen[verdict.theorem] += 1
        if not correlated:
            assert verdict.status is Status.CLOSED
    assert seen["covariance"] > 20
    assert seen["paired-items"] + seen["covariance-limit"] > 3


def test_models_with_two_items_for_each_factor_are_all_decided() -> None:
    """Closed iff no item loads on several factors, or exactly one, and on all of them."""
    rng = random.Random(8)
    seen: Counter[Status] = Counter()
    for _ in range(60):
        r = rng.randint(2, 5)
        rows = [[int(j == k) for j in range(r)] for k in range(r) for _ in range(rng.randint(2, 3))]
        crossed = []
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            chosen = rng.sample(range(r), rng.choice([r, rng.randint(2, r)]))
            crossed.append([int(j in chosen) for j in range(r)])
        rows += crossed
        rng.shuffle(rows)
        verdict = decide_constrained(Covariance.of(rows, unique=True))
        closed = not crossed or (len(crossed) == 1 and all(crossed[0]))
        assert certified(verdict) is (Status.CLOSED if closed else Status.NOT_CLOSED)
        seen[verdict.status] += 1
    assert min(seen.values()) > 10


@pytest.mark.parametrize("node", [None, 3, [], "x", {}])
def test_a_proof_inside_that_is_none(node: Any) -> None:
    found = decide_constrained(Covariance.of([[1, 0], [1, 1], [0, 1]])).certificate
    assert found is not None
    found = copy.deepcopy(found)
    found["proof"][-1]["then"] = node
    text = json.dumps(found)
    assert check(text).exit_code in (1, 2)
    assert outcome(text) in (1, 2)


def test_bifactor_models() -> None:
    """Uncorrelated factors are always fine; correlated general and specific ones are not, with unique variances too."""
    orthogonal = decide_constrained(Covariance.of(BIFACTOR, correlated=False, unique=True))
    assert certified(orthogonal) is Status.CLOSED
    names = [f"x{i}" for i in range(13)]
    rows = [*BIFACTOR, [1, 0, 0, 0], [0, 1, 0, 0]]
    found = decide_constrained(
        Covariance.of(rows, unique=True, items=[*names, "g0", "s0"], factors=["g", "f1", "f2", "f3"])
    )
    assert certified(found) is Status.NOT_CLOSED
    assert "correlation tends to 1" in found.reason
    assert "g and f1" in found.reason
    assert isinstance(found.counterexample, Pairing)


def test_one_cross_loading() -> None:
    """Harmless with two factors, not with a third one that is correlated with these."""
    two = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 1]]
    assert certified(decide_constrained(Covariance.of(two, unique=True))) is Status.CLOSED
    assert certified(decide_constrained(Covariance.of(two))) is Status.NOT_CLOSED
    three = [[*row, 0] for row in two] + [[0, 0, 1]]
    assert certified(decide_constrained(Covariance.of(three, unique=True))) is Status.NOT_CLOSED
    assert certified(decide_constrained(Covariance.of([*two, [1, 1]], unique=True))) is Status.NOT_CLOSED
    apart = decide_constrained(Covariance.of(three, unique=True, correlated=[[0, 1]]))
    assert certified(apart) is Status.CLOSED


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0], [1, 1], [1, 1], [0, 1]],
        [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]],
        [[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 1], [1, 1, 1]],
    ],
)
def test_the_limit_of_paired_items(rows: list[list[int]]) -> None:
    found = decide_constrained(Covariance.of(rows, unique=True))
    pairing = found.counterexample
    assert isinstance(pairing, Pairing)
    distances = []
    for t in (Fraction(1, 10), Fraction(1, 1000)):
        loadings, phi = pairing.at(t)
        assert all(rows[i][k] for i, row in enumerate(loadings) for k, value in enumerate(row) if value)
        assert max(abs(value) for row in loadings for value in row) >= 1 / t
        size = range(len(phi))
        sigma = [[sum(a[k] * phi[k][l] * b[l] for k in size for l in size) for b in loadings] for a in loadings]
        target = pairing.target
        distances.append(
            max(abs(x - y) for one, other in zip(sigma, target, strict=True) for x, y in zip(one, other, strict=True))
        )
    assert distances[1] < distances[0] / 50


def test_the_target_of_paired_items_is_no_member() -> None:
    """z3 finds no loadings, covariances and unique variances for it; without one of the two items it does."""
    import z3

    rows = [[1, 0], [1, 1], [1, 1], [0, 1]]
    pairing = decide_constrained(Covariance.of(rows, unique=True)).counterexample
    assert isinstance(pairing, Pairing)
    answers = []
    for items in ((0, 1, 2, 3), (0, 1, 3)):
        loads = [[z3.Real(f"l{i}{k}") if entry else z3.RealVal(0) for k, entry in enumerate(rows[i])] for i in range(4)]
        a, b, c = z3.Reals("a b c")
        solver = z3.Solver()
        solver.set("timeout", 60_000)
        solver.add(a >= 0, c >= 0, a * c >= b * b)
        for i in items:
            for j in items:
                (p, q), (r, s) = loads[i], loads[j]
                value = p * r * a + (p * s + q * r) * b + q * s * c
                wanted = int(pairing.target[i][j])
                solver.add(value <= wanted if i == j else value == wanted)
        answers.append(solver.check())
    assert answers == [z3.unsat, z3.sat]


def test_non_negative_factors() -> None:
    for text in ("10/11 * 11/01", "100/010/111 * 111/111/111", "11/01 * 10/11 * 11/01"):
        verdict = decide_constrained(NonNegative(SupportProduct.from_text(text)))
        assert (certified(verdict), verdict.theorem) == (Status.CLOSED, "nonnegative")


@pytest.mark.parametrize("seed", range(10))
def test_limits_of_non_negative_products_are_products(seed: int) -> None:
    """The proof in exact arithmetic: path monomials of a diverging curve converge, and entries for the limits exist."""
    import sympy

    rng = random.Random(seed)
    size = 3
    supports = [[[int(rng.random() < 0.6) for _ in range(size)] for _ in range(size)] for _ in range(3)]
    exponents = [[[rng.randint(-2, 3) for _ in range(size)] for _ in range(size)] for _ in range(3)]
    paths = [
        (i, j, k, l)
        for i in range(size)
        for j in range(size)
        for k in range(size)
        for l in range(size)
        if supports[0][i][j] and supports[1][j][k] and supports[2][k][l]
    ]

    def order(path: tuple[int, ...]) -> int:
        return sum(exponents[level][path[level]][path[level + 1]] for level in range(3))

    least = min(map(order, paths), default=0)
    kept = [path for path in paths if order(path) == least]
    edges = {(level, path[level], path[level + 1]) for path in kept for level in range(3)}
    # every path through these entries alone belongs to them
    for path in paths:
        if all((level, path[level], path[level + 1]) in edges for level in range(3)):
            assert path in kept
    # their logarithms can be chosen freely along the kept paths
    listed = sorted(edges)
    matrix = sympy.Matrix([[int((path[e[0]], path[e[0] + 1]) == e[1:]) for e in listed] for path in kept])
    shift = sympy.Matrix([order(path) - least for path in kept])
    assert not kept or matrix.row_join(shift).rank() == matrix.rank()


def test_fixed_entries() -> None:
    lower, upper = [[1, 0], [None, 1]], [[None, None], [0, None]]
    assert certified(decide_constrained(Fixed.of(lower, upper))) is Status.NOT_CLOSED
    one_sided = decide_constrained(Fixed.of([[1, 0], [2, 1]], upper))
    assert (certified(one_sided), one_sided.theorem) == (Status.CLOSED, "affine")
    turned = decide_constrained(Fixed.of([[None, 0], [None, None]], [[1, None], [0, 1]]))
    assert (certified(turned), turned.theorem) == (Status.NOT_CLOSED, "marker")
    free = decide_constrained(Fixed.of([[None, 0], [None, None]], upper))
    assert (certified(free), free.theorem) == (Status.NOT_CLOSED, "limit")
    both_fixed = decide_constrained(Fixed.of([[1, None], [None, 1]], [[1, None], [None, 1]]))
    assert certified(both_fixed) is Status.UNDECIDED


def test_the_limit_of_a_marker() -> None:
    """x_10 = 1/t, y_00 = t: the product tends to a matrix whose entry (0, 0) is 0 and (1, 0) is 1."""
    for t in (Fraction(1, 10), Fraction(1, 1000)):
        lower, upper = [[1, 0], [1 / t, 1]], [[t, 0], [0, 0]]
        product = [[sum(lower[i][k] * upper[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
        assert product == [[t, 0], [1, 0]]


def test_input_errors() -> None:
    with pytest.raises(InputError, match="may be in one group only"):
        Covariance.of([[1, 1]], correlated=[[0], [0, 1]])
    with pytest.raises(InputError, match="there are 1 items"):
        Covariance.of([[1, 1]], unique=[3])
    with pytest.raises(InputError, match="names"):
        Covariance.of([[1, 1]], items=["a", "b"])
    with pytest.raises(InputError, match="no number"):
        Fixed.of([[None, "a"]], [[1], [1]])
    with pytest.raises(InputError, match="cannot be multiplied"):
        Fixed.of([[None, 1]], [[1]])
    with pytest.raises(InputError, match="not two"):
        Fixed.of([[None]])
    with pytest.raises(TypeError):
        bool(decide_constrained(NonNegative(SupportProduct.from_text("1 * 1"))))


FAULTS = {
    "items used twice": lambda c: c["proof"][-1].update(partner=c["proof"][-1]["item"]),
    "an item of another factor": lambda c: c["proof"][-1]["first"].__setitem__(1, 2),
    "the same factor": lambda c: c["proof"][-1].update(second=c["proof"][-1]["first"]),
    "a factor of the item itself": lambda c: c["proof"][-1].update(factor=0),
    "other groups": lambda c: c["problem"].update(blocks=[[0], [1], [2]]),
    "the other claim": lambda c: c.update(claim="closed"),
    "no such item": lambda c: c["proof"][-1].update(item=40),
}


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_faults_are_found(change: Callable[[dict[str, Any]], Any]) -> None:
    rows = [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]]
    broken = copy.deepcopy(decide_constrained(Covariance.of(rows, unique=True)).certificate)
    assert both(broken) == 0
    assert broken is not None
    change(broken)
    text = json.dumps(broken["problem"], sort_keys=True, separators=(",", ":"))
    broken["problem_id"] = hashlib.sha256(text.encode()).hexdigest()
    assert both(broken) in (1, 2)


def test_proofs_inside_must_fit() -> None:
    good = decide_constrained(Covariance.of([[1, 0], [1, 1], [0, 1]], unique=True)).certificate
    assert both(good) == 0
    broken = copy.deepcopy(good)
    assert broken is not None
    broken["proof"][-1]["blocks"][0]["without"] = []
    assert both(broken) == 1
    broken = copy.deepcopy(good)
    assert broken is not None
    broken["proof"][-1]["blocks"][0]["without"] = [0]
    assert both(broken) == 1
