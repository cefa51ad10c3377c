import itertools
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.equations.paths import PathSystem, Variable, count_paths, exact_matrix, generic_rank, jacobian
from closedness.errors import BudgetExceeded, InputError

LU2 = SupportProduct.from_text("10/11 * 11/01")


@st.composite
def chains(draw, most=3, factors=(2, 4)):
    sizes = draw(st.lists(st.integers(1, most), min_size=factors[0] + 1, max_size=factors[1] + 1))
    return SupportProduct(
        [
            draw(st.lists(st.lists(st.integers(0, 1), min_size=b, max_size=b), min_size=a, max_size=a))
            for a, b in itertools.pairwise(sizes)
        ]
    )


def test_polynomials_of_lu():
    system = PathSystem(LU2)
    assert system.entries[1, 1] == (
        (Variable(0, 1, 0), Variable(1, 0, 1)),
        (Variable(0, 1, 1), Variable(1, 1, 1)),
    )
    assert str(system.to_flint()[1, 1]) == "w0_1_0*w1_0_1 + w0_1_1*w1_1_1"
    x, y = sympy.symbols("w0_0_0 w1_0_1")
    assert system.to_sympy()[0, 1] == x * y
    assert "4 entries in 6 variables" in repr(system)


def test_unreached_entries_and_unused_variables():
    system = PathSystem(SupportProduct.from_text("11/01 * 01/00"))
    assert set(system.entries) == {(0, 1)}
    assert [v.name for v in system.used] == ["w0_0_0", "w1_0_1"]
    assert system.equations([[1, 0], [0, 0]]) is None
    assert [str(p) for p in system.equations([[0, "1/3"], [0, 0]])] == ["w0_0_0*w1_0_1 - 1/3"]


@given(chains(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_sums_over_paths_are_the_matrix_product(product, rng):
    system = PathSystem(product)
    values = {v: Fraction(rng.randint(-9, 9), rng.randint(1, 5)) for v in system.variables}
    expected = sympy.eye(product.shape[0])
    for factor in system.factors(values):
        expected = expected * sympy.Matrix(factor)
    assert sympy.Matrix(system.evaluate(values)) == expected
    counts = count_paths(product)
    assert {cell: len(monomials) for cell, monomials in system.entries.items()} == {
        (i, j): count for i, row in enumerate(counts) for j, count in enumerate(row) if count
    }
    assert set(system.entries) == {(i, j) for i, row in enumerate(product.support.rows) for j in row}


@given(chains(factors=(2, 3)))
@settings(max_examples=40, deadline=None)
def test_generic_rank_is_the_rank_of_the_symbolic_jacobian(product):
    system = PathSystem(product)
    symbols = [sympy.Symbol(v.name) for v in system.variables]
    entries = list(system.to_sympy().values())
    if not entries:
        assert generic_rank(product) == 0
        return
    symbolic = sympy.Matrix(entries).jacobian(symbols)
    point = dict(zip(symbols, map(sympy.prime, range(5, 5 + len(symbols))), strict=True))
    at_primes = symbolic.subs(point).rank()
    assert at_primes <= generic_rank(product) <= min(len(symbols), len(entries))
    assert at_primes == generic_rank(product)


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("10/11 * 11/01", 4),
        ("100/110/111 * 111/011/001", 9),
        ("1/1/1 * 111", 5),
        ("11/11/11 * 111/111", 8),  # rank at most two: 2(3 + 3 - 2)
        ("10/01 * 10/01", 2),
        ("00/00 * 11/11", 0),
    ],
)
def test_dimensions(text, dimension):
    assert generic_rank(SupportProduct.from_text(text)) == dimension


def test_dimension_of_butterflies_without_expanding_paths():
    chain = SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)])
    # Three factors with 16 entries, two inner layers of 8 scalings each.
    assert jacobian(chain).nrows() == 48
    assert generic_rank(chain) == 32


def test_too_many_paths_are_counted_and_refused():
    product = SupportProduct([[[1] * 40] * 40] * 4)
    with pytest.raises(BudgetExceeded, match=r"102400000 terms, too many to be written down \(the most is 200000\)"):
        PathSystem(product)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ([[1, 2]], "1 rows"),
        ([[1], [2]], "row 0 of target has 1 entries"),
        ([[1, 2], [3, 0.5]], r"entry \(1, 1\) of target is 0.5, not an exact rational"),
        ([[1, 2], [3, "1/0"]], "'1/0'"),
        ([[1, 2], [3, "x"]], "'x'"),
    ],
)
def test_targets_are_exact(target, message):
    with pytest.raises(InputError, match=message):
        exact_matrix(target, (2, 2))


def test_exact_matrix_takes_integers_of_numpy_and_flint():
    import numpy as np
    from flint import fmpq

    assert exact_matrix(np.array([[1, -2]]), (1, 2)) == ((1, -2),)
    assert exact_matrix([[fmpq(1, 3), Fraction(2, 5)]], (1, 2)) == ((Fraction(1, 3), Fraction(2, 5)),)
