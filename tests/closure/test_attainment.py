"""Whether one given matrix has an optimal factorisation."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import pytest

from cases import all_cases
from closedness import Status, SupportProduct, check, decide
from closedness.cli.app import main
from closedness.closure.attainment import attainment

LU = SupportProduct.from_text("10/11 * 11/01")
FULL = SupportProduct.from_text("1/1 * 11")


@pytest.mark.parametrize("name", [case.name for case in all_cases() if len(case.product) == 2][:40])
def test_targets_of_counterexamples_are_told_or_left_open(name):
    """A matrix that is a limit and no product is never said to have an optimum."""
    product = next(case.product for case in all_cases() if case.name == name)
    if max(*product.shape, *product.inner) > 6:
        pytest.skip("large")
    verdict = decide(product, seconds=20)
    if verdict.counterexample is None:
        return
    found = attainment(product, verdict.counterexample.target, seconds=10)
    assert found.answer in ("no", "unknown")
    if found.answer == "no":
        assert found.infimum_is_zero
        report = check(found.certificate)
        assert report.verified
        assert found.counterexample.target == verdict.counterexample.target
        assert all(min(entry) > 0 for entry in found.counterexample.difference().values())


def test_products_have_an_optimum():
    rng = random.Random(4)
    for _ in range(10):
        left = [[rng.randint(-3, 3) * (i >= k) for k in range(3)] for i in range(3)]
        right = [[rng.randint(-3, 3) * (k <= j) for j in range(3)] for k in range(3)]
        target = [[sum(left[i][k] * right[k][j] for k in range(3)) for j in range(3)] for i in range(3)]
        product = SupportProduct.from_text("100/110/111 * 111/011/001")
        found = attainment(product, target)
        assert found.answer == "yes"
        X, Y = ([[Fraction(each) for each in row] for row in factor] for factor in found.member.factors)
        assert [[sum(X[i][k] * Y[k][j] for k in range(3)) for j in range(3)] for i in range(3)] == target


def test_closed_sets_have_an_optimum_for_every_matrix():
    found = attainment(FULL, [[1, 0], [0, 1]])
    assert (found.answer, found.infimum_is_zero) == ("yes", False)
    assert found.verdict.status is Status.CLOSED
    assert check(found.certificate).claim == "closed"


def test_without_time_nothing_is_known():
    assert attainment(LU, [[0, 1], [1, 0]], seconds=0).answer in ("no", "unknown")


# -------------------------------------------------------------------- command


@pytest.fixture
def files(tmp_path):
    problem, target = tmp_path / "lu.txt", tmp_path / "A.json"
    problem.write_text("x.\nxx\n\nxx\n.x\n")
    target.write_text("[[0, 1], [1, 0]]")
    return problem, target, tmp_path / "A.cert.json"


def test_the_command_tells_of_a_diverging_fit(files, capsys):
    problem, target, certificate = files
    assert main(["target", str(problem), str(target), "--certificate", str(certificate)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("HAS NO OPTIMUM")
    assert "A fit to this matrix does not converge" in said
    assert check(certificate.read_text()).verified


def test_the_command_gives_factors(files, capsys):
    problem, target, _ = files
    target.write_text('[["1/2", 1], [1, 0]]')
    assert main(["target", str(problem), str(target), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["answer"], answer["infimum_is_zero"]) == ("yes", True)
    assert answer["factors"] is not None


def test_the_command_gives_proved_bounds_where_it_does_not_know(tmp_path, capsys):
    """Two rows of a product that is not closed, and a target off its support."""
    problem, target = tmp_path / "p.txt", tmp_path / "A.json"
    problem.write_text("x.\nxx\n.x\n\nxx\n.x\n")
    target.write_text("[[0, 1], [1, 0], [1, 1]]")
    code = main(["target", str(problem), str(target), "--json", "--seconds", "10"])
    answer = json.loads(capsys.readouterr().out)
    assert code in (0, 4)
    bounds = answer["bounds"]
    assert bounds is None or 0 <= bounds["lower"] <= bounds["upper"]


def test_another_shape_is_refused(files, capsys):
    problem, target, _ = files
    target.write_text("[[1, 2, 3]]")
    assert main(["target", str(problem), str(target)]) == 2
    assert "target" in capsys.readouterr().err
