"""Crossing supports have bounded lifts; evidence from stuck proofs is complete."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from closedness import Certificate, Status, check
from closedness.equations.curve import factors_of_terms
from closedness.equations.membership import refute
from closedness.rules.pairs.crossing import crossing
from closedness.search.pairs import Prover
from closedness.supports.graph import are_crossing
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import limit_of, random_types, two_factors
from tests.helpers.verdicts import status_of


def rectangles_cross(rows: tuple[int, ...], cols: tuple[int, ...], r: int) -> bool:
    """Any two overlapping rectangles are crossing, with sets of lines."""
    I = [{i for i, t in enumerate(rows) if t >> k & 1} for k in range(r)]
    J = [{j for j, t in enumerate(cols) if t >> k & 1} for k in range(r)]
    return all(
        not (I[k] & I[l] and J[k] & J[l]) or (I[k] <= I[l] and J[k] >= J[l]) or (I[l] <= I[k] and J[l] >= J[k])
        for k in range(r)
        for l in range(k)
    )


@pytest.mark.parametrize("seed", range(5))
def test_crossing_against_sets(seed: int) -> None:
    rng = random.Random(seed)
    answers = set()
    for _ in range(200):
        r = rng.randint(1, 4)
        rows, cols = (random_types(rng, rng.randint(1, 5), r, rng.choice((0.3, 0.6, 0.9))) for _ in range(2))
        found = crossing(Pattern.of_types(rows, cols)) is not None
        assert found == rectangles_cross(rows, cols, r)
        answers.add(found)
        if found:
            assert status_of(rows, cols, r) is Status.CLOSED
    assert answers == {True, False}


def test_crossing_is_symmetric() -> None:
    assert are_crossing((1, 3), (3, 1))
    assert are_crossing((3, 1), (1, 3))
    assert are_crossing((1, 1), (1, 1))
    assert not are_crossing((1, 1), (3, 3))
    assert not are_crossing((3, 1), (6, 1))


def test_masked_supports_are_not_judged() -> None:
    """The bound on the factors needs every cell of every support to be looked at."""
    assert crossing(Pattern((1, 1), (1, 1), (0b11, 0b01))) is None
    assert crossing(Pattern((1, 1), (1, 1), (0b11, 0b11))) is not None


def bounded_lift(x: np.ndarray, y: np.ndarray, I: np.ndarray, J: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the same product whose x are orthonormal or zero where supports overlap (theory, rule `crossing`)."""
    x, y = x.copy(), y.copy()
    r = x.shape[1]
    order = sorted(range(r), key=lambda k: (I[:, k].sum(), -J[:, k].sum()))
    for position, l in enumerate(order):
        for k in order[:position]:
            if (I[:, k] & I[:, l]).any() and (J[:, k] & J[:, l]).any() and x[:, k].any():
                c = x[:, k] @ x[:, l] / (x[:, k] @ x[:, k])
                x[:, l] -= c * x[:, k]
                y[:, k] += c * y[:, l]
        norm = np.linalg.norm(x[:, l])
        if norm < 1e-9:
            x[:, l] = y[:, l] = 0
        else:
            x[:, l] /= norm
            y[:, l] *= norm
    return x, y


def test_crossing_supports_have_bounded_factors() -> None:
    """However large the factors, there are factors of the same product that are no larger than the product."""
    rng = random.Random(17)
    numbers = np.random.default_rng(17)
    tried = 0
    while tried < 60:
        r = rng.randint(2, 4)
        rows, cols = (random_types(rng, rng.randint(2, 5), r, 0.6) for _ in range(2))
        if crossing(Pattern.of_types(rows, cols)) is None:
            continue
        tried += 1
        I = np.array([[t >> k & 1 for k in range(r)] for t in rows], dtype=bool)
        J = np.array([[t >> k & 1 for k in range(r)] for t in cols], dtype=bool)
        for k in range(r):  # an index on one side only belongs to no support
            if not I[:, k].any() or not J[:, k].any():
                I[:, k] = J[:, k] = False
        x = numbers.normal(size=I.shape) * I * 10.0 ** numbers.integers(-2, 3)
        y = numbers.normal(size=J.shape) * J * 10.0 ** numbers.integers(-2, 3)
        left, right = bounded_lift(x, y, I, J)
        product = x @ y.T
        assert np.allclose(left @ right.T, product, atol=1e-9 * (1 + np.abs(product).max()))
        assert not left[~I].any()
        assert not right[~J].any()
        assert (np.linalg.norm(left, axis=0) <= 1 + 1e-9).all()
        assert np.linalg.norm(right) <= np.linalg.norm(product) * (1 + 1e-9) + 1e-12


def test_refutations_of_products_do_not_exist() -> None:
    product = two_factors([1, 3], [1, 3], 2)
    assert refute(product, {(0, 0): Fraction(1)}) is None
    assert refute(product, {(0, 1): Fraction(1), (1, 0): Fraction(1)}) is not None


def test_factors_of_terms() -> None:
    one = {0: Fraction(1)}
    left, right = factors_of_terms([({0: one}, {1: one}), ({2: one, 1: {}}, {})])
    assert left == {(0, 0): one, (2, 1): one}
    assert right == {(0, 1): one}


@pytest.mark.parametrize(
    ("rows", "cols"),
    [((1, 2, 3), (3, 3)), ((3, 3), (1, 2, 3)), ((3, 5, 6), (3, 5, 6)), ((3, 3, 4), (1, 2, 3, 7))],
)
def test_limits_from_stuck_proofs(rows: tuple[int, ...], cols: tuple[int, ...]) -> None:
    """Without any table: where the proof gets stuck there is a limit that is no product."""
    product = two_factors(rows, cols, 3)
    prover = Prover(product, table=())
    assert prover.full(Pattern.of(product)) is None
    evidence = prover.counterexample()
    assert evidence is not None
    assert evidence.rule in ("limit", "dense")
    assert limit_of(evidence.curve) == {cell: value for cell, value in evidence.target.items() if value}
    certificate = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
    assert check(certificate).verified
