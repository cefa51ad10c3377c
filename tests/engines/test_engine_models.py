"""Models that engines write: read strictly, put into any question exactly, roots that one equation explains."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy

from closedness.census.decide_all import product_of_types
from closedness.engines import CVC5, Z3, Algebraic, Answer, is_product
from closedness.engines.answers import model_from_json
from closedness.engines.sentences.logic import Atom, Case, Query, forall
from closedness.engines.sentences.polynomials import ZERO, constant, variable
from closedness.engines.sentences.questions import membership_query
from closedness.errors import BackendError

X, Y = variable("x"), variable("y")

# rows 1, 2 and rows 3, 4 with one vector each, and a rank-one block for each pair of columns: see test_dominant
LINES = [([0, 1], range(4)), ([2, 3], range(4)), (range(4), [0, 1]), (range(4), [2, 3])]
ROWS = [sum(1 << k for k, (own, _) in enumerate(LINES) if i in own) for i in range(4)]
COLUMNS = [sum(1 << k for k, (_, own) in enumerate(LINES) if j in own) for j in range(4)]
QUADRATIC = product_of_types(ROWS, COLUMNS)
IRRATIONAL = [
    [[-1, 2, -2, 0], [-2, 1, 1, 1], [1, -1, -2, 1], [-2, 1, 1, 2]],
    [[0, -2, 0, 2], [1, 2, -1, 0], [0, 2, 1, 2], [1, 2, -2, 1]],
    [[-2, 1, -2, 0], [2, 2, 2, 1], [-1, -1, 2, -1], [-2, -1, 2, 2]],
]


def discriminant(target: list[list[int]]) -> int:
    """Of the quadratic equation in t which has a root iff the matrix is a product with u = (1, t)."""
    t = sympy.Symbol("t")
    rows = []
    for a, b in ((0, 1), (2, 3)):
        frame = sympy.zeros(2, 2)
        for p in (0, 1):
            for q, k in enumerate((2, 3)):
                columns = [[int(i == p) for i in range(4)], [int(i == k) for i in range(4)]]
                columns += [[target[i][a] for i in range(4)], [target[i][b] for i in range(4)]]
                frame[p, q] = sympy.Matrix(columns).det()
        rows.append(sympy.Matrix([[1, t]]) * frame)
    return int(sympy.Poly(sympy.Matrix.vstack(*rows).det(), t).discriminant())


# ---------------------------------------------------------------- what engines write


def test_models_are_read_strictly() -> None:
    near = {"poly": ["-2", "0", "1"], "near": "7/5", "radius": "1/10"}
    found = model_from_json({"x": near, "y": "-3/6"}, "it")
    assert isinstance(found["x"], Algebraic)
    assert found["x"].polynomial == (-2, 0, 1)
    assert Fraction(14, 10) < found["x"].interval[0] < found["x"].interval[1] < Fraction(15, 10)
    assert found["y"] == Fraction(-1, 2)
    bad: list[Any] = ["1.5", " 1", "1e3", "1/0", "1_0", "", "+1", "١", 3, None, [], {**near, "more": "1"}]
    bad += [{**near, "poly": value} for value in ("12", ["1"], ["1", "0"], ["1/2", "0", "1"], [1, 0, 1], [])]
    bad += [{**near, "near": "9"}, {**near, "radius": "5"}, {**near, "near": 1.4}]
    for value in bad:
        with pytest.raises(BackendError, match="the value of x in the model of it cannot be read"):
            model_from_json({"x": value}, "it")
    for value in ("1" * 5000, {**near, "poly": ["1"] * 99}, {**near, "poly": ["-2", "0", "1" * 5000]}):
        with pytest.raises(BackendError, match="the model has a"):
            model_from_json({"x": value}, "it")


def told(tmp_path: Path, model: dict[str, Any], case: int = 0) -> Z3:
    """An engine that gives this model."""
    path = tmp_path / "told.py"
    reply = {"status": "sat", "case": case, "model": model, "detail": ""}
    path.write_text(f"print({json.dumps(reply)!r})\n")
    return Z3(worker=[sys.executable, "-S", str(path)])


def test_models_of_any_question_are_substituted(tmp_path: Path) -> None:
    negative = Case(("x",), (Atom(X * X, "=", constant(2)), Atom(X, "<", ZERO)))
    minus = {"poly": ["-2", "0", "1"], "near": "-7/5", "radius": "1/10"}
    answer = told(tmp_path, {"x": minus}).solve(Query("a root", (negative,)))
    assert (answer.status, answer.verified) == ("sat", True)
    answer = told(tmp_path, {"x": {**minus, "near": "7/5"}}).solve(Query("a root", (negative,)))
    assert (answer.status, answer.detail) == ("unknown", "z3 gave a model that is none")
    quantified = Case(("x",), (Atom(X * X, "=", constant(2)), forall(("y",), Atom(ZERO, "<=", Y * Y))))
    answer = told(tmp_path, {"x": minus}).solve(Query("a root", (quantified,)))
    assert (answer.status, answer.verified) == ("sat", False)
    large = {"x": {**minus, "poly": ["-2", *["0"] * 70, "1"]}}
    answer = told(tmp_path, large).solve(Query("a root", (Case(("x",), (Atom(X, "<", ZERO),)),)))
    assert (answer.status, answer.model, answer.verified) == ("sat", None, False)
    assert answer.detail == "not verified: the model has an algebraic number of degree 71"
    middle = {"x": {**minus, "poly": ["-2", *["0"] * 16, "1"], "near": "1", "radius": "1/2"}}
    answer = told(tmp_path, middle).solve(Query("a root", (Case(("x",), (Atom(ZERO, "<", X),)),)))
    assert (answer.status, answer.verified) == ("sat", False)
    assert answer.detail.startswith("not verified: ")


# ---------------------------------------------------------------- products over real number fields only


def require_factors(target: list[list[int]], answer: Answer) -> None:
    """The factors multiply to the target in the field that theory names, by sympy's own square roots."""
    assert (answer.status, answer.verified, answer.factors) == ("sat", True, None)
    assert answer.model is not None
    found = discriminant(target)
    factors = [sympy.zeros(*factor.shape) for factor in QUADRATIC.factors]
    for name, value in answer.model.items():
        factor, i, j = map(int, name[1:].split("_"))
        assert QUADRATIC.factors[factor].row_masks[i] >> j & 1
        factors[factor][i, j] = in_radicals(value)
        if isinstance(value, Algebraic):
            c, b, a = value.polynomial
            assert sympy.sqrt((b * b - 4 * a * c) * found).is_rational
    assert (factors[0] * factors[1]).applyfunc(sympy.radsimp).applyfunc(sympy.expand) == sympy.Matrix(target)


def in_radicals(value: Fraction | Algebraic) -> Any:
    """The number by the formula for quadratic equations, the sign by its interval."""
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    c, b, a = value.polynomial
    roots = [(-b + sign * sympy.sqrt(b * b - 4 * a * c)) / sympy.Integer(2 * a) for sign in (1, -1)]
    low, high = (sympy.Rational(end.numerator, end.denominator) for end in value.interval)
    (found,) = (each for each in roots if low <= each <= high)
    return sympy.expand(sympy.radsimp(found))


@pytest.mark.slow
@pytest.mark.parametrize("target", IRRATIONAL)
def test_rational_matrices_that_need_irrational_factors(target: list[list[int]]) -> None:
    assert not sympy.sqrt(discriminant(target)).is_rational
    require_factors(target, is_product(QUADRATIC, target, 30))


@pytest.mark.slow
@pytest.mark.cvc5
@pytest.mark.skipif(not CVC5().available, reason="the optional extra cvc5 is not installed")
@pytest.mark.parametrize("target", IRRATIONAL[:2])
def test_cvc5_finds_irrational_factors_too(target: list[list[int]]) -> None:
    require_factors(target, is_product(QUADRATIC, target, 30, backend=CVC5()))


def test_one_wrong_root_makes_the_model_none(tmp_path: Path) -> None:
    """Every value is right to 12 digits, or is a root of the right polynomial: both are noticed."""
    target = IRRATIONAL[1]
    query = membership_query(QUADRATIC, target)
    answer = Z3().solve(query, 30)
    assert answer.model is not None
    case = next(n for n, each in enumerate(query.cases) if each.values.items() <= answer.model.items())
    model: dict[str, Any] = {}
    for name in query.cases[case].names:
        value = answer.model[name]
        if isinstance(value, Fraction):
            model[name] = str(value)
        else:
            near = value.approximation
            model[name] = {"poly": [str(c) for c in value.polynomial], "near": str(near), "radius": "1/1000000"}
    assert is_product(QUADRATIC, target, backend=told(tmp_path, model, case)).verified
    name = next(name for name, value in model.items() if isinstance(value, dict))
    _, b, a = map(int, model[name]["poly"])
    other = {**model[name], "near": str(Fraction(-b, a) - Fraction(model[name]["near"]))}
    rounded = str(Fraction(model[name]["near"]).limit_denominator(10**12))
    for wrong in (other, rounded):
        answer = is_product(QUADRATIC, target, backend=told(tmp_path, {**model, name: wrong}, case))
        assert (answer.status, answer.model) == ("unknown", None)
        assert answer.detail == "z3 gave a model that is none"
