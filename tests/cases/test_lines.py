"""Four lines in space: the set is closed over both fields, everything over C, and not dense over R."""

from __future__ import annotations

import random
from contextlib import suppress
from fractions import Fraction
from itertools import product as choices

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import load
from cases.families import four_lines
from cases.lines import COMPLEX_FACTORS, TARGET, line_form
from closedness import Status, SupportProduct, check, decide
from closedness.closure.ideal import closure_ideal
from closedness.engines.singular import Singular
from closedness.equations.parts import parts
from closedness.equations.paths import generic_rank
from closedness.errors import InputError
from closedness.supports.support import Support
from tests.helpers.oracle import lower_triangular

LINES = four_lines(0)


def discriminant(target: dict[tuple[int, int], Fraction]) -> Fraction:
    a, b, c = line_form(target)
    return b * b - 4 * a * c


def test_closed_and_dense() -> None:
    for field in ("real", "complex"):
        verdict = decide(LINES, field=field, seconds=60, last_resort=False)
        assert verdict.status is Status.CLOSED
        assert verdict.certificate is not None
        assert check(verdict.certificate).trusted == ()
    assert load("four-lines-0").product == LINES
    assert generic_rank(LINES) == 32 == LINES.support.nnz  # so over C the closed set is everything
    assert closure_ideal(LINES).generators == ()


def test_the_target_is_a_product_over_c() -> None:
    left, right = COMPLEX_FACTORS
    support = [LINES.factors[0], LINES.factors[1]]
    for matrix, allowed in zip((left, right), support, strict=True):
        cells = {(i, j) for i, row in enumerate(matrix) for j, value in enumerate(row) if value != (0, 0)}
        # the supports are listed with the two full ones first
        assert cells <= set(allowed)
    for i, j in choices(range(4), range(8)):
        real = sum(left[i][k][0] * right[k][j][0] - left[i][k][1] * right[k][j][1] for k in range(6))
        imaginary = sum(left[i][k][0] * right[k][j][1] + left[i][k][1] * right[k][j][0] for k in range(6))
        assert (real, imaginary) == (TARGET.get((i, j), 0), 0)


def test_the_target_is_no_product_over_r() -> None:
    """The discriminant; and another argument: the common lines are eigenvectors of a quarter turn."""
    assert discriminant(TARGET) < 0
    turn = sympy.Matrix(2, 2, lambda i, j: TARGET.get((2 + i, 6 + j), 0))
    assert sympy.discriminant(turn.charpoly().as_expr()) == -4
    blocks = [sympy.Matrix(4, 2, lambda i, j, k=k: TARGET.get((i, 2 * k + j), 0)) for k in range(4)]
    one, zero = sympy.eye(2), sympy.zeros(2)
    assert blocks == [one.col_join(zero), zero.col_join(one), one.col_join(one), one.col_join(turn)]


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_form_against_eigenvectors(seed: int) -> None:
    """Blocks (C_k above D_k): real lines correspond to real eigenvectors of a 2×2 matrix; signs must agree."""
    rng = random.Random(seed)
    target = {(i, j): Fraction(rng.randint(-4, 4)) for i in range(4) for j in range(8)}
    blocks = [sympy.Matrix(4, 2, lambda i, j, k=k: target[i, 2 * k + j]) for k in range(4)]
    frame = blocks[0].row_join(blocks[1])
    if frame.det() == 0:
        return
    inverse = frame.inv()
    (c, d), (e, f) = (((inverse * b)[:2, :], (inverse * b)[2:, :]) for b in blocks[2:])
    if 0 in (c.det(), d.det(), e.det(), f.det()):
        return
    matrix = c * d.inv() * f * e.inv()
    trace, determinant = matrix.trace(), matrix.det()
    if matrix == matrix[0, 0] * sympy.eye(2):
        return
    expected = trace**2 - 4 * determinant
    assert sympy.sign(expected) == sympy.sign(sympy.Rational(*discriminant(target).as_integer_ratio()))


def random_matrix(rng: random.Random, support: Support) -> list[list[Fraction]]:
    m, n = support.shape
    matrix = [[Fraction(0)] * n for _ in range(m)]
    for i, j in support:
        matrix[i][j] = Fraction(rng.randint(-3, 3))
    return matrix


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_real_products_have_a_real_line(seed: int) -> None:
    rng = random.Random(seed)
    left, right = (random_matrix(rng, factor) for factor in LINES.factors)
    target = {
        (i, j): sum((left[i][k] * right[k][j] for k in range(6)), Fraction(0))
        for i, j in choices(range(4), range(8))
    }
    with suppress(InputError):  # special position
        assert discriminant(target) >= 0


def test_both_signs_are_taken() -> None:
    """On open sets: so neither the products nor their complement are dense over R."""
    rng = random.Random(1)
    cells = list(choices(range(4), range(8)))
    found = [discriminant({cell: Fraction(rng.randint(-9, 9)) for cell in cells}) for _ in range(30)]
    assert {value > 0 for value in found if value} == {True, False}


def test_special_position_is_named() -> None:
    with pytest.raises(InputError, match="columns 0 and 1 of target are dependent"):
        line_form({})
    same = {(i, j): Fraction(int(i == j % 2)) for i in range(4) for j in range(8)}
    with pytest.raises(InputError, match="special position"):
        line_form(same)


@pytest.mark.skipif(not Singular().available, reason="the program Singular is not installed")
@pytest.mark.parametrize(
    ("product", "count"), [(lower_triangular(2), 1), (lower_triangular(3), 1), (four_lines(2), 2), (LINES, 2)]
)
def test_the_number_of_factorisations_in_general(product: SupportProduct, count: int) -> None:
    """With fixed entries, at a random matrix: odd for LU, which is dense over R; two for lines that meet four lines."""
    (part,) = parts(product)
    assert len(part.names) == part.dimension == len(part.cells)
    rng = random.Random(0)
    names = {v: f"v{a}" for a, v in enumerate(part.names)}
    equations = []
    for monomials in part.sums:
        paths = "+".join("*".join(names[v] for v in monomial) or "1" for monomial in monomials)
        equations.append(f"{paths}-({rng.randint(-50, 50)})")
    script = (
        f"ring R = 0, ({', '.join(names.values())}), dp;\nideal F = {', '.join(equations)};\n"
        'print("@ " + string(vdim(std(F))));\n'
    )
    assert Singular().run(script, 50, 2048) == [str(count)]
