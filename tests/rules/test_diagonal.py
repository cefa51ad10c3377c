"""Rule ``diagonal``: limits are limits, products are never refuted, and both checkers see each fault."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product as pairs_of

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Status, SupportProduct, check, decide
from closedness.certificate import Certificate
from closedness.elaboration import refutes
from closedness.equations.dual_curve import dual_curve, pair_order
from closedness.equations.first_order import FirstOrder
from closedness.report.steps import refutation_steps
from closedness.rules.limits.diagonal import diagonal
from closedness.rules.rule import Evidence
from closedness.verdict import Counterexample
from tests.helpers.clocks import ENDED
from tests.helpers.diagonal_faults import supports
from tests.second.checker import outcome

# the zeros of each hidden index, rows and columns: the largest supports of order 3 whose products are dense in all
# matrices, over C, and are not closed
ORDER_3 = ("| | 0|01", "| |01 0|0", "| 0|0 0|0", "|0 |1 01|", "|0 0| 1|1")
# of order 4, with a rank less than the number of hidden indices
ORDER_4 = ("|0 |0 0| 1|12", "|0 0| 0|0 1|1", "|0 0|1 0|2 1|3", "| |01 0|02 12|2")
# what is closed, though not by much
CLOSED_3 = ("| |0 0|1", "| |01 2|", "|0 |1 2|", "| 0|1 1|0")


def certificate(product: SupportProduct, found: Evidence, field: str = "real") -> Certificate:
    """What is found, as a certificate."""
    return Certificate.not_closed(product, field, found.target, found.curve, found.refutation, {})


@pytest.mark.parametrize(("zeros", "order"), [*((z, 3) for z in ORDER_3), *((z, 4) for z in ORDER_4)])
def test_dense_supports_are_refuted_over_both_fields(zeros: str, order: int) -> None:
    product = supports(zeros, order)
    found = diagonal(product)
    assert found is not None
    for field in ("real", "complex"):
        made = certificate(product, found, field)
        assert check(made).verified
        assert outcome(made.to_json()) == 0
    assert refutation_steps(certificate(product, found))[-1].title.endswith("Contradiction")
    transposed = SupportProduct.from_pair(product.factors[1].to_dense().T, product.factors[0].to_dense())
    assert diagonal(transposed) is not None


@pytest.mark.parametrize("zeros", CLOSED_3)
def test_closed_supports_have_no_such_limit(zeros: str) -> None:
    product = supports(zeros, 3)
    assert decide(product).status is Status.CLOSED
    assert diagonal(product) is None


@pytest.mark.slow
def test_up_to_three_hidden_indices_it_agrees_with_the_complete_answer() -> None:
    """What it refutes is not closed, by rules that know nothing of it."""
    rng = random.Random(3)
    found = 0
    for _ in range(40):
        m, n, r = rng.randint(2, 4), rng.randint(2, 4), rng.randint(2, 3)
        left, right = ([[int(rng.random() < 0.75) for _ in range(r)] for _ in range(size)] for size in (m, n))
        product = SupportProduct.from_pair(left, right)
        evidence = diagonal(product)
        if evidence is not None:
            found += 1
            assert decide(product).status is Status.NOT_CLOSED
            assert check(certificate(product, evidence)).verified
    assert found >= 6


@pytest.mark.parametrize("zeros", [ORDER_3[0], ORDER_3[4]])
def test_an_engine_finds_no_factors_of_the_target(zeros: str) -> None:
    """A Gröbner basis or a solver, which knows nothing of the theorem."""
    from closedness.equations.membership import refute

    product = supports(zeros, 3)
    found = diagonal(product)
    assert found is not None
    assert refute(product, found.target) is not None


@given(st.integers(0, 10**9))
@settings(max_examples=60)
def test_products_are_never_refuted(seed: int) -> None:
    """Factors with repeated lines, and every list of hidden indices for the groups of their product."""
    rng = random.Random(seed)
    n, r = rng.randint(2, 4), rng.randint(2, 4)
    left, right = ([[int(rng.random() < 0.7) for _ in range(r)] for _ in range(n)] for _ in range(2))
    product = SupportProduct.from_pair(left, right)
    X, Y = (np.array([[v * rng.choice((0, 1, 1, 2)) for v in line] for line in lines]) for lines in (left, right))
    A = X @ Y.T
    target = {(int(i), int(j)): Fraction(int(v)) for (i, j), v in np.ndenumerate(A) if v}
    curve = (
        {(int(i), int(k)): {0: Fraction(int(v))} for (i, k), v in np.ndenumerate(X) if v},
        {(int(k), int(j)): {0: Fraction(int(v))} for (j, k), v in np.ndenumerate(Y) if v},
    )
    for size in (1, 2):
        rows, columns = ([rng.sample(range(n), min(n, rng.randint(1, 2))) for _ in range(size)] for _ in range(2))
        terms = rng.sample(range(r), rng.randint(max(0, r - size + 1), r))
        case = {"rows": [sorted(g) for g in rows], "columns": [sorted(g) for g in columns], "terms": terms}
        one = {**case, "columns": [g[:1] for g in case["columns"]]}
        other = {**case, "rows": [g[:1] for g in case["rows"]]}
        for cases in ([case], [one, other], [one]):
            node = {"diagonal": {"rows": list(range(n)), "columns": list(range(n)), "cases": cases}}
            made = Certificate.not_closed(product, "real", target, curve, node, {})
            assert not check(made).verified
            assert outcome(made.to_json()) == 1


@given(st.integers(0, 10**9))
@settings(max_examples=30)
def test_first_order_limits_are_limits_with_what_is_asked(seed: int) -> None:
    rng = random.Random(seed)
    m, n, r = rng.randint(2, 5), rng.randint(2, 5), rng.randint(2, 5)
    left, right = ([[int(rng.random() < 0.8) for _ in range(r)] for _ in range(size)] for size in (m, n))
    product = SupportProduct.from_pair(left, right)
    classes = [([0, 1], [0])]
    limit = FirstOrder.by_chance(product, rng).limit(classes, 1, rng)
    if limit is None:
        return
    target, curve = limit
    example = Counterexample(tuple(factor.shape for factor in product.factors), target, curve)
    assert all(min(entry) > 0 for entry in example.difference().values())
    for factor, entries in zip(product.factors, curve, strict=True):
        assert all(cell in factor for cell in entries)
    assert target[0, 0] == target[1, 0] != 0
    assert all(target.get((0, j)) == target.get((1, j)) for j in range(n))


@given(st.integers(0, 10**9))
@settings(max_examples=30)
def test_dual_curves_tend_to_every_matrix(seed: int) -> None:
    """Matrices of all ranks up to that of the hidden indices, few entries not zero."""
    rng = random.Random(seed)
    r = rng.randint(2, 4)
    m, n = r + rng.randint(0, 2), r + rng.randint(0, 2)
    left, right = ([[int(rng.random() < 0.85) for _ in range(r)] for _ in range(size)] for size in (m, n))
    product = SupportProduct.from_pair(left, right)
    order = pair_order(product, rng)
    if order is None:
        return
    U, V = ([[rng.choice((0, 0, 1)) for _ in range(r)] for _ in range(size)] for size in (m, n))
    curve = dual_curve(product, U, V, order)
    assert curve is not None
    target = {
        (i, j): Fraction(value)
        for i, j in pairs_of(range(m), range(n))
        if (value := sum(a * b for a, b in zip(U[i], V[j], strict=True)))
    }
    example = Counterexample(tuple(factor.shape for factor in product.factors), target, curve)
    assert all(min(entry) > 0 for entry in example.difference().values())
    for factor, entries in zip(product.factors, curve, strict=True):
        assert all(cell in factor for cell in entries)


@given(st.integers(0, 10**9))
@settings(max_examples=40)
def test_with_zeros_in_different_lines_few_zeros_are_needed(seed: int) -> None:
    """The proposition on the page of dual-bases: the target of its proof is refuted for each violation."""
    rng = random.Random(seed)
    r = rng.randint(1, 4)
    zeros = [[rng.randint(0, 2) for _ in range(r)] for _ in range(2)]
    counts = sorted(range(r), key=lambda k: zeros[0][k] + zeros[1][k])
    violated = [s for s in range(1, r + 1) if sum(own[counts[s - 1]] for own in zeros) >= s]
    sizes = [r + sum(own) for own in zeros]
    lines: list[list[list[int]]] = []
    for own, size in zip(zeros, sizes, strict=True):
        free = iter(range(r, size))
        lines.append([[next(free) for _ in range(own[k])] for k in range(r)])
    product = SupportProduct.from_pair(
        *(
            [[int(line not in own[k]) for k in range(r)] for line in range(size)]
            for own, size in zip(lines, sizes, strict=True)
        )
    )
    if not violated:
        assert diagonal(product) is None
        return
    s = rng.choice(violated)
    chosen = sorted(counts[s - 1 :], key=lambda k: min(s, zeros[0][k]))
    groups: list[list[list[int]]] = [[[] for _ in range(s)] for _ in range(2)]
    for k in chosen:
        first = min(s, zeros[0][k])
        for c in range(s):
            side, place = (0, c) if c < first else (1, c - first)
            groups[side][c].append(lines[side][k][place])
    full = [iter(range(r)) for _ in range(2)]
    groups = [[group or [next(rest)] for group in own] for own, rest in zip(groups, full, strict=True)]
    more = [[[next(rest)] for _ in range(r - s)] for rest in full]
    target = {
        (i, j): Fraction(1)
        for rows, columns in zip(*(own + other for own, other in zip(groups, more, strict=True)), strict=True)
        for i in rows
        for j in columns
    }
    case = {"rows": groups[0], "columns": groups[1], "terms": chosen}
    node = {"diagonal": {"rows": list(range(sizes[0])), "columns": list(range(sizes[1])), "cases": [case]}}
    listed = [[i, j, str(value)] for (i, j), value in sorted(target.items())]
    assert refutes(product.to_problem(), listed, node, "real")


def test_a_support_of_order_seven_that_resisted() -> None:
    """One of the smallest of the random supports that had stayed undecided."""
    product = SupportProduct.from_text(
        "111.11/111111/111111/.11111/111111/1111../.11111 * 1111111/1111111/..1111./1.11..1/111111./111111."
    )
    verdict = decide(product, seconds=20)
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    assert "diagonal" in verdict.certificate.proof["refutation"]
    assert outcome(verdict.certificate.to_json()) == 0


def test_nothing_is_asked_after_the_time() -> None:
    assert diagonal(supports(ORDER_3[0], 3), budget=ENDED) is None
