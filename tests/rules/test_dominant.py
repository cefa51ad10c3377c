"""Rule ``dominant``: closed over the complex numbers by a dense closed part, against roots of quadratic equations."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness.census.decide_all import product_of_types
from closedness.certificate import Certificate
from closedness.check import check
from closedness.decide import decide
from closedness.rules.pairs.dominant import dominant
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.verdict import Status
from tests.second.checker import outcome

# rows 1, 2 and rows 3, 4 with one vector each, and a rank-one block for each pair of columns
PAIRS = [([0, 1], range(4)), ([2, 3], range(4)), (range(4), [0, 1]), (range(4), [2, 3])]


def types(supports: list[tuple[object, object]], m: int, n: int) -> tuple[list[int], list[int]]:
    rows = [sum(1 << k for k, (own, _) in enumerate(supports) if i in own) for i in range(m)]  # type: ignore[operator]
    columns = [sum(1 << k for k, (_, own) in enumerate(supports) if j in own) for j in range(n)]  # type: ignore[operator]
    return rows, columns


def quadratic(target: np.ndarray) -> np.ndarray:
    """The coefficients of det [M_1ᵀu, M_2ᵀu], u = (s, t), where block b has rank one modulo u, w iff uᵀ M_b w = 0."""

    def form(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        frame = np.zeros((2, 2), dtype=complex)
        for p, i in enumerate((0, 1)):
            for q, k in enumerate((2, 3)):
                u, w = np.eye(4)[i], np.eye(4)[k]
                frame[p, q] = np.linalg.det(np.column_stack([u, w, a, b]))
        return frame

    first, second = form(target[:, 0], target[:, 1]), form(target[:, 2], target[:, 3])
    values = [np.linalg.det(np.array([[1, t] @ first, [1, t] @ second])) for t in (0, 1, -1)]
    return np.array([(values[1] + values[2]) / 2 - values[0], (values[1] - values[2]) / 2, values[0]])


def distance(target: np.ndarray, t: complex) -> float:
    """The largest entry of target − product, for u = (1, t) and the vector w that belongs to it."""
    u = np.array([1, t, 0, 0], dtype=complex)
    blocks = target[:, :2], target[:, 2:]
    rows = [[np.linalg.det(np.column_stack([u, np.eye(4)[k], block])) for k in (2, 3)] for block in blocks]
    w = np.zeros(4, dtype=complex)
    w[2:] = np.linalg.svd(np.array(rows))[2][-1].conj()
    frame, _ = np.linalg.qr(np.column_stack([u, w]))
    error = 0.0
    for block in blocks:
        rest = block - frame @ (frame.conj().T @ block)
        error = max(error, np.linalg.svd(rest)[1][1])
    return float(error)


def test_a_complex_matrix_is_a_product_because_a_quadratic_equation_has_a_root() -> None:
    rng = np.random.default_rng(0)
    real = 0
    for _ in range(40):
        target = rng.normal(size=(4, 4))
        roots = np.roots(quadratic(target))
        assert max(distance(target, t) for t in roots) < 1e-6
        assert distance(target, 0.3) > 1e-6
        real += abs(roots[0].imag) < 1e-12
    # over the reals an open set of matrices is reached and an open set is not
    assert 0 < real < 40


@pytest.mark.slow
def test_the_smaller_supports_are_found_and_both_checkers_agree() -> None:
    # three blocks of columns; the cell (2, 0) is free as well, so that not all supports are crossing
    lines = [([0, 1], range(6)), (range(4), range(6)), *((range(4), [j, j + 1]) for j in (0, 2, 4)), ([2], [0])]
    product = product_of_types(*types(lines, 4, 6))
    verdict = decide(product, field="complex", seconds=20, last_resort=False)
    assert verdict.status is Status.CLOSED
    assert verdict.certificate is not None
    assert verdict.certificate.proof["rule"] == "dominant"
    assert check(verdict.certificate).verified
    assert outcome(verdict.certificate.to_json()) == 0
    over_the_reals = {**json.loads(verdict.certificate.to_json()), "field": "real"}
    assert not check(over_the_reals).verified


@pytest.mark.parametrize("types_", [([1, 3], [1, 3]), ([1, 2, 3], [3, 3])])
def test_no_dense_closed_part_where_the_set_is_not_closed(types_: tuple[list[int], list[int]]) -> None:
    assert dominant(Pattern.of_types(*types_)) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4),
    st.lists(st.integers(1, 7), min_size=2, max_size=4),
)
def test_verdicts_agree_with_the_other_rules(rows: list[int], columns: list[int]) -> None:
    # all patterns with three hidden indices are decided over the reals by proofs that hold over C, too
    node = dominant(Pattern.of_types(rows, columns))
    if node is None:
        return
    product = SupportProduct.from_problem(product_of_types(rows, columns).to_problem())
    assert check(Certificate.closed(product, "complex", node, {})).verified
    assert decide(product, last_resort=False).status is Status.CLOSED
