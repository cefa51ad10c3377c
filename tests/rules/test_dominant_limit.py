"""Rule ``dominant-limit``: what it calls limits is approached by complex factors, and what it refutes is no product."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import least_squares

from closedness import Status, SupportProduct, check, decide
from closedness.certificate import Certificate
from closedness.closure.attainment import attainment
from closedness.equations.diagonal import Classes, refutation
from closedness.report.page import report_html
from closedness.rules.limits.diagonal import diagonal
from closedness.rules.limits.dominant_limit import dominant_limit, generic_point
from closedness.rules.limits.forced import forced
from closedness.rules.limits.targets import QUICK
from closedness.supports.pattern import Pattern
from closedness.verdict import counterexample_of, explain
from tests.second.checker import outcome

LU = SupportProduct.from_text("10/11 * 11/01")
SWAP = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
# for these no curve was found in 10 seconds
NO_CURVE = "1.1..1/111111/111.11/.11111/11.111/1.1.1./111111 * 1111111/.1111.1/1111111/1111..1/.11..11/11.111."


def error(product: SupportProduct, target: np.ndarray, steps: int, seed: int) -> float:
    """The distance of the target from complex products near the end of a fit."""
    masks = [factor.to_dense().astype(bool) for factor in product.factors]
    places = [np.nonzero(mask) for mask in masks]
    sizes = [len(place[0]) for place in places]

    def factors(values: np.ndarray) -> list[np.ndarray]:
        found, start = [], 0
        for mask, place, size in zip(masks, places, sizes, strict=True):
            factor = np.zeros(mask.shape, dtype=complex)
            factor[place] = values[start : start + 2 * size : 2] + 1j * values[start + 1 : start + 2 * size : 2]
            found.append(factor)
            start += 2 * size
        return found

    def difference(values: np.ndarray) -> np.ndarray:
        left, right = factors(values)
        rest = (left @ right - target).ravel()
        return np.concatenate([rest.real, rest.imag])

    def derivative(values: np.ndarray) -> np.ndarray:
        left, right = factors(values)
        lines = []
        for i, k in zip(*places[0], strict=True):
            lines.append(np.zeros_like(target, dtype=complex))
            lines[-1][i] = right[k]
        for k, j in zip(*places[1], strict=True):
            lines.append(np.zeros_like(target, dtype=complex))
            lines[-1][:, j] = left[:, k]
        flat = np.array([factor * line.ravel() for line in lines for factor in (1, 1j)])
        return np.concatenate([flat.real, flat.imag], axis=1).T

    start = np.random.default_rng(seed).normal(size=2 * sum(sizes))
    return float(np.sqrt(2 * least_squares(difference, start, derivative, max_nfev=steps).cost))


def matrix(product: SupportProduct, entries: dict[tuple[int, int], Fraction]) -> np.ndarray:
    target = np.zeros(product.shape)
    for cell, value in entries.items():
        target[cell] = float(value)
    return target


def test_where_no_curve_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # so that a search in vain does not take its time
    monkeypatch.setattr("closedness.rules.limits.diagonal._first_order", lambda *_: None)
    product = SupportProduct.from_text(NO_CURVE)
    found = diagonal(product, dominant=True)
    assert found is not None
    assert found.rule == "dominant-limit"
    made = Certificate.not_closed(product, "complex", found.target, (), found.refutation, {}, found.dense)
    assert check(made).verified
    assert outcome(made.to_json()) == 0
    # it is approached: the error falls as long as one likes
    target = matrix(product, found.target)
    assert error(product, target, 20, 0) < 0.2


@pytest.mark.parametrize("side", [False, True], ids=["as-it-is", "transposed"])
def test_targets_without_their_curves(monkeypatch: pytest.MonkeyPatch, side: bool) -> None:
    """With the search for curves switched off the same targets are found over the complex numbers alone."""
    monkeypatch.setattr("closedness.rules.limits.limit.limit_curve", lambda *_, **__: None)
    monkeypatch.setattr("closedness.search.two_factors.limit_at_private_cells", lambda _: None)
    product = SupportProduct.from_text("100/110/111 * 111/011/001")
    if side:
        product = SupportProduct.from_pair(product.factors[1].to_dense().T, product.factors[0].to_dense())
    assert forced(product) is None
    found = forced(product, effort=replace(QUICK, dominant=True))
    assert found is not None
    assert found.dense is not None
    data = json.loads(
        Certificate.not_closed(product, "complex", found.target, (), found.refutation, {}, found.dense).to_json()
    )
    assert check(data).verified
    assert check({**data, "field": "real"}).exit_code == outcome(json.dumps({**data, "field": "real"})) == 1
    assert error(product, matrix(product, found.target), 200, 0) < 0.05
    # the whole question is decided with the same rules, over the complex numbers
    assert decide(product, field="complex", seconds=20).status is Status.NOT_CLOSED


def test_a_point_shows_density_exactly_where_generic_ranks_say_so() -> None:
    """Against the dimension of random products, as a rank of the derivative in floating point."""
    rng = np.random.default_rng(1)
    answers = []
    for _ in range(40):
        m, n, r = rng.integers(2, 6, 3)
        left, right = (rng.random((size, r)) < 0.7 for size in (m, n))
        if not (left.any() and right.any() and (left @ right.T).any()):
            continue
        product = SupportProduct.from_pair(left.astype(int), right.astype(int))
        covered = left.astype(int) @ right.T.astype(int) > 0
        x, y = rng.normal(size=left.shape) * left, rng.normal(size=right.shape) * right
        columns = []
        for i, k in zip(*np.nonzero(left), strict=True):
            step = np.zeros((m, n))
            step[i] = y[:, k]
            columns.append(step[covered])
        for j, k in zip(*np.nonzero(right), strict=True):
            step = np.zeros((m, n))
            step[:, j] = x[:, k]
            columns.append(step[covered])
        rank = np.linalg.matrix_rank(np.array(columns))
        m, n = covered.any(axis=1).sum(), covered.any(axis=0).sum()
        s = min(m, n, (left.any(axis=0) & right.any(axis=0)).sum())
        dense = rank in (covered.sum(), s * (m + n - s))
        found = generic_point(Pattern.of(product), range(product.shape[0]), range(product.shape[1]), {})
        assert (found is not None) is bool(dense)
        answers.append(dense)
    assert 5 < sum(answers) < len(answers) - 5


def test_a_target_of_too_large_a_rank_is_no_limit() -> None:
    pattern = Pattern.of_types([3, 3, 3], [3, 3, 3])
    lines = range(3)
    low = {(0, 0): Fraction(1), (1, 1): Fraction(1)}
    assert generic_point(pattern, lines, lines, low) is not None
    assert generic_point(pattern, lines, lines, {**low, (2, 2): Fraction(1)}) is None
    # nor is one with an entry that no hidden index covers
    assert generic_point(Pattern.of_types([1, 2], [1, 2]), range(2), range(2), {(0, 1): Fraction(1)}) is None


def without_a_curve() -> Certificate:
    left, right = LU.factors
    refuted = refutation(Classes((1, 2), (2, 1), 0, ((0, 1),)), left.row_masks, right.col_masks, 2)
    found = dominant_limit(Pattern.of(LU), range(2), range(2), SWAP, refuted)
    assert found is not None
    return Certificate.not_closed(LU, "complex", found.target, (), found.refutation, {}, found.dense)


def test_verdicts_without_a_curve_are_told() -> None:
    certificate = without_a_curve()
    assert check(certificate).verified
    example = counterexample_of(certificate)
    assert example is not None
    assert (example.entries, example.curve, example.order_of_divergence()) == (SWAP, (), 0)
    for asked in (lambda: example.at(0.1), example.difference):
        with pytest.raises(ValueError, match="no curve"):
            asked()
    verdict = replace(
        decide(LU, field="complex"), certificate=certificate, counterexample=example, field="complex"
    )
    assert "no curve is known" in explain(verdict)
    page = report_html(verdict, "LU")
    assert "No curve of factors is given" in page
    assert "type='range'" not in page


def test_one_matrix_over_the_complex_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closedness.closure.attainment.limit_curve", lambda *_, **__: None)
    found = attainment(LU, [[0, 1], [1, 0]], field="complex")
    assert found.answer == "no"
    assert check(found.certificate).verified
    assert attainment(LU, [[0, 1], [1, 0]], field="real").answer == "unknown"
