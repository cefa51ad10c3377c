"""Verdicts and counterexamples as values."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from closedness import Counterexample, Status, Verdict, decide
from closedness.algebra.laurent import laurent_text
from closedness.verdict import counterexample_lines, grid
from tests.helpers.oracle import lower_triangular, two_factors

LU = lower_triangular(2)


@pytest.fixture(scope="module")
def not_closed() -> Verdict:
    return decide(LU)


@pytest.fixture(scope="module")
def closed() -> Verdict:
    return decide(two_factors([3, 3], [3, 3], 2))


def test_nothing_has_a_truth_value(not_closed: Verdict) -> None:
    with pytest.raises(TypeError, match=r"\.status with Status\.CLOSED"):
        bool(not_closed)
    for status in Status:
        with pytest.raises(TypeError, match=r"Status\.CLOSED"):
            bool(status)
    assert [status.value for status in Status] == ["closed", "not_closed", "undecided"]
    assert Status.NOT_CLOSED.words == "not closed"


def test_texts(not_closed: Verdict, closed: Verdict) -> None:
    assert repr(not_closed).startswith("<Verdict not closed: 2×2, 2 factors: ")
    assert "\n" not in repr(not_closed)
    text = str(not_closed)
    assert text.startswith("NOT CLOSED  (2×2 products of 2×2 · 2×2, real entries)\n")
    assert "1/t" in text
    assert LU.content_id[:12] in text
    assert str(closed).startswith("CLOSED ")
    assert "because " in str(closed)
    undecided = Verdict(Status.UNDECIDED, "out of <time>", LU, tried=("first", "second"))
    assert "  - first\n  - second" in str(undecided)
    assert "&lt;time&gt;" in undecided._repr_html_()
    assert "not closed" in not_closed._repr_html_()


def test_verdicts_are_frozen(closed: Verdict) -> None:
    with pytest.raises(AttributeError):
        closed.status = Status.NOT_CLOSED  # type: ignore[misc]


def test_the_target_is_exact(not_closed: Verdict) -> None:
    example = not_closed.counterexample
    assert example is not None
    assert example.target == ((0, 1), (1, 0))
    assert all(isinstance(value, Fraction) for row in example.target for value in row)
    assert example.order_of_divergence() == 1


def test_factors_on_the_curve(not_closed: Verdict) -> None:
    example = not_closed.counterexample
    assert example is not None
    for t in (1e-3, -1e-3):
        left, right = example.at(t)
        assert left.shape == right.shape == (2, 2)
        assert np.allclose(left @ right, [[0, 1], [1, 0]], atol=2e-3)
    with pytest.raises(ValueError, match="t is 0"):
        example.at(0)


def test_curves_of_three_factors_and_odd_shapes() -> None:
    curve = (
        {(0, 0): {-2: Fraction(1, 2)}},
        {(0, 0): {2: Fraction(4)}, (0, 1): {0: Fraction(1), 1: Fraction(-1)}},
        {(0, 0): {0: Fraction(1)}},
    )
    example = Counterexample(((2, 1), (1, 2), (2, 1)), {(0, 0): Fraction(2)}, curve)
    assert example.target == ((2,), (0,))
    assert example.order_of_divergence() == 2
    first, second, third = example.at(0.5)
    assert (first == [[2], [0]]).all()
    assert (second == [[1, 0.5]]).all()
    assert (first @ second @ third == [[2], [0]]).all()


@pytest.mark.parametrize(
    ("laurent", "text"),
    [
        ({}, "0"),
        ({0: Fraction(0)}, "0"),
        ({-1: Fraction(1), 0: Fraction(-2)}, "1/t - 2"),
        ({-2: Fraction(-3, 2), 1: Fraction(1)}, "-(3/2)/t^2 + t"),
        ({2: Fraction(5), 1: Fraction(-1, 3)}, "-(1/3)·t + 5·t^2"),
    ],
)
def test_laurent_polynomials_in_words(laurent: dict[int, Fraction], text: str) -> None:
    assert laurent_text(laurent) == text


def test_grids_are_aligned() -> None:
    assert grid([["1", "-10"], ["1/t", "0"]]) == ["  [   1  -10 ]", "  [ 1/t    0 ]"]
    assert grid([]) == []


def test_large_counterexamples_are_abridged() -> None:
    types = [(1 << i + 1) - 1 for i in range(20)]
    example = decide(two_factors(types, types, 20)).counterexample
    assert example is not None
    lines = counterexample_lines(example)
    assert len(lines) < 12
    assert any("zero but for rows" in line for line in lines)
