"""Algebraic numbers against sympy, and factors over number fields, verified by multiplication."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from closedness import SupportProduct
from closedness.algebra.algebraic_points import AlgebraicPoint, algebraic_point
from closedness.algebra.casesplit import CaseSplit
from closedness.algebra.numberfield import NumberField, TooLarge, common_field, real_roots, written
from closedness.algebra.polysystem import Branch, System
from closedness.engines import CVC5, QEPCAD, Z3, Algebraic, Answer, Singular, is_product
from closedness.engines.exact import exact_model
from closedness.engines.sentences.logic import And, Atom, Not, Or, exists
from closedness.engines.sentences.polynomials import ONE, ZERO, constant, variable
from closedness.engines.sentences.questions import membership_query
from closedness.equations.membership import decide_membership
from closedness.errors import BackendError
from tests.algebra.test_squares import PENCIL, dense, exit_codes, pencil
from tests.helpers.oracle import Target

X, Y = variable("x"), variable("y")
SQRT2 = (-2, 0, 1), (Fraction(1), Fraction(2))
SQRT3 = (-3, 0, 1), (Fraction(1), Fraction(2))


def evaluated(poly: fmpz_poly, value: fmpq_poly, field: NumberField) -> fmpq_poly:
    total = fmpq_poly([0])
    for coefficient in reversed(poly.coeffs()):
        total = field.times(total, value) + int(coefficient)
    return total


# ------------------------------------------------------------------------------ one field


def test_real_roots_against_sympy() -> None:
    rng = random.Random(0)
    t = sympy.Symbol("t")
    for _ in range(40):
        coefficients = [rng.randint(-6, 6) for _ in range(rng.randint(2, 6))] + [rng.randint(1, 3)]
        for factor, _ in fmpz_poly(coefficients).factor()[1]:
            if factor.degree() < 2:
                continue
            expected = sympy.Poly([int(c) for c in reversed(factor.coeffs())], t).intervals()
            found = real_roots(factor)
            assert len(found) == len(expected)
            for (low, high), ((left, right), _) in zip(found, expected, strict=True):
                assert low <= Fraction(right.p, right.q)
                assert high >= Fraction(left.p, left.q)


def test_arithmetic_in_a_field() -> None:
    rng = random.Random(1)
    for polynomial in ((-2, 0, 1), (1, 0, 1), (-1, -1, 0, 1), (1, 1, 1, 1, 1), (3, -7, 0, 0, 0, 2)):
        field = NumberField(fmpz_poly(list(polynomial)))
        degree = len(polynomial) - 1
        for _ in range(10):
            a, b, c = (fmpq_poly([rng.randint(-5, 5) for _ in range(degree)], rng.randint(1, 4)) for _ in range(3))
            assert field.times(a, b + c) == field.times(a, b) + field.times(a, c)
            assert field.times(field.times(a, b), c) == field.times(a, field.times(b, c))
            if not a.is_zero():
                assert field.times(a, field.inverse(a)) == 1
        assert evaluated(fmpz_poly(list(polynomial)), field.theta, field).is_zero()
    with pytest.raises(ZeroDivisionError):
        field.inverse(fmpq_poly([0]))


def test_signs_are_exact() -> None:
    field = NumberField(fmpz_poly(list(SQRT2[0])), SQRT2[1])
    root = field.theta
    # neighbours of the root: the continued fraction gives signs in turn, nearer and nearer
    p, q = 1, 1
    for step in range(60):
        assert field.sign(root - fmpq(p, q)) == (1 if step % 2 == 0 else -1)
        p, q = p + 2 * q, p + q
    assert field.sign(field.times(root, root) - 2) == 0
    assert field.number(field.rational(Fraction(-3, 6))) == "-1/2"
    assert abs(float(field.approximation(root)) - 2**0.5) < 1e-11


def test_fields_are_checked() -> None:
    for polynomial in ((1, 1), tuple([1] + [0] * 16 + [1])):
        with pytest.raises(TooLarge, match=r"degree 1?1?7? ?"):
            NumberField(fmpz_poly(list(polynomial)))
    with pytest.raises(ValueError, match=r"reducible"):
        NumberField(fmpz_poly([-4, 0, 1]))
    for interval in ((Fraction(-2), Fraction(2)), (Fraction(2), Fraction(3)), (Fraction(2), Fraction(1))):
        with pytest.raises(ValueError, match=r"isolate"):
            NumberField(fmpz_poly([-2, 0, 1]), interval)
    with pytest.raises(TooLarge, match=r"long"):
        NumberField(fmpz_poly([-(2 << 30_000), 0, 1]))
    with pytest.raises(ValueError, match=r"no number"):
        common_field([])
    assert written(fmpz_poly([-1, 0, -3])) == "-3*t^2 - 1"


# ------------------------------------------------------------------------------ several numbers


def test_sums_and_products_against_sympy() -> None:
    """sympy's minimal polynomials of combinations vanish at the elements, and signs agree."""
    cases: list[tuple[list[tuple[Any, Any]], list[Any]]] = [
        ([SQRT2, SQRT3], [sympy.sqrt(2), sympy.sqrt(3)]),
        ([SQRT2, ((-2, 0, 1), (Fraction(-2), Fraction(-1)))], [sympy.sqrt(2), -sympy.sqrt(2)]),
        ([((-2, 0, 0, 1), (Fraction(1), Fraction(2))), SQRT3], [sympy.cbrt(2), sympy.sqrt(3)]),
        ([((-1, -1, 1), (Fraction(1), Fraction(2))), ((-5, 0, 1), (Fraction(2), Fraction(3)))],
         [sympy.GoldenRatio.expand(func=True), sympy.sqrt(5)]),
    ]
    t = sympy.Symbol("t")
    for numbers, symbols in cases:
        field, (a, b) = common_field(numbers)
        for coefficients, element in zip((numbers[0][0], numbers[1][0]), (a, b), strict=True):
            assert evaluated(fmpz_poly(list(coefficients)), element, field).is_zero()
        for u, v in ((1, 1), (2, -3), (1, 0)):
            expression = u * symbols[0] + v * symbols[1] + symbols[0] * symbols[1]
            minimal = sympy.Poly(sympy.minimal_polynomial(expression, t), t)
            element = fmpq(u) * a + fmpq(v) * b + field.times(a, b)
            assert evaluated(fmpz_poly([int(c) for c in reversed(minimal.all_coeffs())]), element, field).is_zero()
            assert abs(float(field.approximation(element)) - float(expression)) < 1e-9


def test_golden_ratio_lies_in_the_field_of_its_square_root() -> None:
    field, (ratio, five) = common_field(
        [((-1, -1, 1), (Fraction(1), Fraction(2))), ((-5, 0, 1), (Fraction(2), Fraction(3)))]
    )
    assert field.polynomial.degree() == 2
    assert 2 * ratio - 1 == five


def test_too_many_numbers_are_declined() -> None:
    primes = (2, 3, 5, 7, 11)
    numbers = [((-p, 0, 1), (Fraction(1), Fraction(p))) for p in primes]
    assert common_field(numbers[:4])[0].polynomial.degree() == 16
    with pytest.raises(TooLarge):
        common_field(numbers)


# ------------------------------------------------------------------------------ systems


def test_points_of_systems() -> None:
    rng = random.Random(2)
    real = found = 0
    for _ in range(40):
        # x y = a, x + y = b: a quadratic equation with discriminant b² - 4a
        a, b = rng.randint(-5, 5), rng.randint(-5, 5)
        system = System.build(["x", "y"], {"f": {(0, 1): 1, (): -a}, "g": {(0,): 1, (1,): 1, (): -b}})
        point = algebraic_point(system, Branch(system))
        discriminant = b * b - 4 * a
        if discriminant >= 0 and sympy.sqrt(discriminant).is_rational:
            assert point is None
            continue
        assert point is not None
        assert point.real is (discriminant > 0)
        x, y = point.values["x"], point.values["y"]
        assert point.field.times(x, y) == a
        assert x + y == b
        found += 1
        real += point.real
    assert 5 < real < found


def test_points_are_sought_on_demand_only() -> None:
    system = System.build(["x"], {"f": {(0, 0): 1, (): -2}})
    assert CaseSplit(system).run().algebraic is None
    found = CaseSplit(system, algebraic=1).run()
    assert found.settled
    assert found.algebraic is not None
    assert found.algebraic.real
    assert found.algebraic.lines()[1].startswith("x = t = ")
    imaginary = CaseSplit(System.build(["x"], {"f": {(0, 0): 1, (): 2}}), algebraic=1).run()
    assert imaginary.algebraic is not None
    assert not imaginary.algebraic.real
    assert imaginary.algebraic.lines() == ["Q(t), t^2 + 2 = 0", "x = t"]


# ------------------------------------------------------------------------------ factors of matrices


def multiplied(product: SupportProduct, point: AlgebraicPoint) -> dict[tuple[int, int], fmpq_poly]:
    """The product of the factors at a point, by multiplying matrices, without the equations of the search."""
    field = point.field
    zero = fmpq_poly([0])
    matrices = []
    for level, factor in enumerate(product.factors):
        m, n = factor.shape
        matrix = [[zero] * n for _ in range(m)]
        for i in range(m):
            for k in factor.rows[i]:
                matrix[i][k] = point.values.get(f"{level}:{i}:{k}", zero)
        matrices.append(matrix)
    total = matrices[0]
    for right in matrices[1:]:
        columns = list(zip(*right, strict=True))
        total = [
            [sum((field.times(a, b) for a, b in zip(row, column, strict=True)), zero) for column in columns]
            for row in total
        ]
    return {(i, j): value for i, row in enumerate(total) for j, value in enumerate(row) if not value.is_zero()}


@pytest.mark.slow
@pytest.mark.parametrize("matrix", [(0, 2, 1, 0), (1, 1, 1, -1), (3, 1, 1, 0), (0, 3, 1, 1)])
def test_targets_that_need_irrational_factors(matrix: tuple[int, int, int, int]) -> None:
    """The block has irrational eigenvalues, by their formula."""
    a, b, c, d = matrix
    discriminant = (a - d) ** 2 + 4 * b * c
    assert discriminant > 0
    assert sympy.sqrt(discriminant).is_irrational
    target = pencil(*matrix)
    for real in (False, True):
        outcome = decide_membership(PENCIL, target, steps=2_000, real=real)
        assert outcome.point is None
        assert outcome.refutation is None
        assert outcome.algebraic is not None
        assert outcome.algebraic.real
        values = multiplied(PENCIL, outcome.algebraic)
        assert values == {cell: fmpq_poly([fmpq(v.numerator, v.denominator)]) for cell, v in target.items()}


@pytest.mark.slow
def test_complex_factors_say_nothing_about_real_ones() -> None:
    target = pencil(0, -1, 1, 0)
    neutral = decide_membership(PENCIL, target, steps=2_000)
    assert neutral.algebraic is not None
    assert not neutral.algebraic.real
    assert multiplied(PENCIL, neutral.algebraic) == {cell: fmpq_poly([int(v)]) for cell, v in target.items()}
    assert decide_membership(PENCIL, target, steps=2_000, real=True).refutation is not None
    # without the budget for squares the complex factors are all that is known
    few = decide_membership(PENCIL, target, steps=2_000, cofactors=1, real=True)
    assert few.refutation is None
    assert few.algebraic is not None
    assert not few.algebraic.real


# ------------------------------------------------------------------------------ models of engines

ENGINES = [
    pytest.param(Z3(), id="z3"),
    pytest.param(
        CVC5(), id="cvc5", marks=[pytest.mark.cvc5, pytest.mark.skipif(not CVC5().available, reason="no cvc5")]
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_algebraic_models_are_verified(engine: Z3 | CVC5) -> None:
    answer = is_product(PENCIL, dense(pencil(0, 2, 1, 0)), 30, backend=engine)
    assert answer.status == "sat"
    assert answer.factors is None
    assert answer.verified
    assert answer.detail.startswith("verified exactly, by factors over Q(t)")


def test_rational_and_complex_models_are_verified() -> None:
    assert is_product(PENCIL, dense(pencil(1, 2, 3, 0)), 30).verified
    answer = is_product(PENCIL, dense(pencil(0, -1, 1, 0)), 30, field="complex")
    assert answer.status == "sat"
    assert answer.verified


class Told(Z3):
    """Says what it is told."""

    def __init__(self, model: dict[str, Any]) -> None:
        super().__init__()
        self.model = model

    def _ask(self, query: Any, seconds: float | None, memory_mb: int | None) -> Answer:
        return Answer("sat", model=self.model)


def square_root(number: int, scale: int = 1) -> Algebraic:
    """The positive root of ``scale·x² = number``, as narrowly isolated as engines' values are."""
    polynomial = (-number, 0, scale)
    (_, place) = real_roots(fmpz_poly(list(polynomial)))
    return Algebraic(polynomial, place)


def square_of(value: int | str) -> tuple[SupportProduct, list[list[Any]]]:
    """A 2×2 product of rank one, and a matrix of that rank."""
    return SupportProduct.from_text("1/1 * 11"), [[value, value], [value, value]]


def test_models_that_are_nearly_right_are_not_believed() -> None:
    product, target = square_of(2)
    root = square_root(2)
    names = [name for case in membership_query(product, target, "real", "none").cases for name in case.names]
    right = Told(dict.fromkeys(names, root))
    answer = is_product(product, target, backend=right, scalings="none")
    assert answer.verified
    # a root of x² = 2 + 10⁻⁹: near enough for numbers, wrong exactly
    near = square_root(2 * 10**9 + 1, 10**9)
    for place in names:
        model: dict[str, Any] = dict.fromkeys(names, root) | {place: near}
        with patch("closedness.engines.questions.rationalise", lambda *arguments: None):
            wrong = is_product(product, target, backend=Told(model), scalings="none")
        assert wrong.status == "unknown"
        assert wrong.detail == "z3 gave a model that is none"
    assert exact_model({"x": root, "y": near}).sign(X - Y) == -1


def test_models_beyond_the_limits_are_called_unverified() -> None:
    product = SupportProduct.from_text("11111 * 1/1/1/1/1")
    primes = (2, 3, 5, 7, 11)
    roots = [square_root(p) for p in primes]
    names = membership_query(product, [[28]], "complex", "none").cases[0].names
    model: dict[str, Any] = dict.fromkeys(names, Fraction(0))
    for level in range(2):
        for k, root in enumerate(roots):
            model[f"w0_0_{k}_re" if level == 0 else f"w1_{k}_0_re"] = root
    answer = is_product(product, [[28]], backend=Told(model), scalings="none", field="complex")
    assert answer.status == "sat"
    assert not answer.verified
    assert answer.detail.startswith("the model was not verified exactly (")


def test_formulas_at_exact_models() -> None:
    model = exact_model({"x": Algebraic(*SQRT2), "y": Fraction(3, 2)})
    square = Atom(X * X, "=", constant(2))
    assert model.satisfies(square)
    assert model.satisfies(And((square, Atom(X, "<", Y), Atom(X, "<=", Y), Atom(X, "!=", Y))))
    assert model.satisfies(Or((Atom(Y, "<", X), square)))
    assert not model.satisfies(Not(square))
    assert not model.satisfies(Atom(Y, "<=", X))
    assert model.lines() == ["Q(t), t^2 - 2 = 0, t = 1.414213562…", "x = 1.414213562…", "y = 3/2"]
    with pytest.raises(BackendError, match=r"quantifiers"):
        model.satisfies(exists(("z",), Atom(variable("z"), "=", X)))
    with pytest.raises(BackendError, match=r"leaves z open"):
        model.satisfies(Atom(variable("z"), "=", ONE))
    assert exact_model({"x": Fraction(1)}).sign(ZERO - X) == -1


def test_reducible_polynomials_of_models_are_refused() -> None:
    with pytest.raises(ValueError, match=r"reducible"):
        exact_model({"x": Algebraic((-4, 0, 1), (Fraction(1), Fraction(3)))})


# ------------------------------------------------------------------------------ refutations for engines


@pytest.mark.slow
def test_no_from_an_engine_is_proved_where_possible() -> None:
    target = pencil(0, -1, 1, 0)
    answer = is_product(PENCIL, dense(target), 30, proof=True)
    assert answer.status == "unsat"
    assert answer.verified
    assert answer.refutation is not None
    assert exit_codes(PENCIL, target, dict(answer.refutation), "real") == (0, 0)
    assert exit_codes(PENCIL, target, dict(answer.refutation), "complex") == (1, 1)
    lu = SupportProduct.from_text("10/11 * 11/01")
    swap: Target = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    for engine in (Z3(), Singular(), QEPCAD()):
        if not engine.available:
            continue
        for field in ("real",) if isinstance(engine, QEPCAD) else ("real", "complex"):
            proved = is_product(lu, [[0, 1], [1, 0]], 30, field=field, backend=engine, proof=True)
            if proved.status == "unsat":
                assert proved.refutation is not None
                assert exit_codes(lu, swap, dict(proved.refutation), field) == (0, 0)
    plain = is_product(lu, [[0, 1], [1, 0]], 30)
    assert plain.refutation is None
    assert not plain.verified
    # entries that no path reaches are refuted by their own equation
    outside = is_product(SupportProduct.from_text("10/01 * 10/01"), [[0, 1], [0, 0]], 30, proof=True)
    assert outside.refutation == {"cells": [[0, 1]], "nodes": [{"do": "contradiction", "equation": "0:1"}]}
