import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.engines import Z3, is_full, is_product
from closedness.engines.sentences.logic import (
    FALSE,
    TRUE,
    And,
    Atom,
    Case,
    Not,
    Or,
    Query,
    all_of,
    any_of,
    forall,
    shuffled,
)
from closedness.engines.sentences.polynomials import ONE, ZERO, constant, infix, total, variable
from closedness.engines.sentences.questions import (
    closedness_query,
    closure_query,
    fullness_query,
    image,
    membership_query,
    normal_forms,
)
from closedness.engines.sentences.smtlib import smtlib_case, smtlib_formula, smtlib_query
from closedness.engines.sentences.torus import spanning_forest, zero_patterns
from closedness.errors import BudgetExceeded, InputError

LU2 = SupportProduct.from_text("10/11 * 11/01")
FULL2 = SupportProduct.from_text("11/11 * 11/11")
RANK1 = SupportProduct.from_text("1/1 * 11")

small = st.integers(-3, 3).map(Fraction)
polys = st.recursive(
    st.sampled_from("xyz").map(variable) | small.map(constant),
    lambda inner: st.tuples(inner, inner, st.sampled_from("+-*")).map(
        lambda t: t[0] + t[1] if t[2] == "+" else t[0] - t[1] if t[2] == "-" else t[0] * t[1]
    ),
    max_leaves=8,
)


# ---------------------------------------------------------------- polynomials and logic


@given(polys, polys, small, small, small)
@settings(max_examples=100, deadline=None)
def test_polynomials_evaluate_as_they_are_built(p, q, x, y, z):
    point = {"x": x, "y": y, "z": z}
    a, b = p.substitute(point).value, q.substitute(point).value
    assert (p + q).substitute(point).value == a + b == total([p, q]).substitute(point).value
    assert (p * q).substitute(point).value == a * b
    assert (p - q).substitute(point).value == a - b
    assert eval(infix(p), {"Fraction": Fraction}, point) == a
    partly = p.substitute({"x": x})
    assert "x" not in partly.names()
    assert partly.substitute(point).value == a


def test_fractions_are_cleared_by_a_positive_factor():
    p = constant(Fraction(-1, 6)) * variable("x") + constant(Fraction(3, 4))
    assert str(p.integral()) == "-2*x + 9"
    assert ZERO.integral() == ZERO


def test_constants_decide_atoms():
    for relation, holds in (("=", False), ("!=", True), ("<", True), ("<=", True)):
        assert all_of([Atom(ZERO, relation, ONE)]) == (TRUE if holds else FALSE)
    assert any_of([FALSE, FALSE]) == FALSE
    assert any_of([FALSE, TRUE]) == TRUE
    atom = Atom(variable("x"), "=", ONE)
    assert all_of([atom, And((atom, atom))]) == And((atom, atom, atom))
    assert forall((), atom) == atom


def test_shuffling_keeps_the_parts():
    case = closedness_query(LU2, targets="all").cases[0]
    other = shuffled(case, 1)
    assert shuffled(case, 0) is case
    assert smtlib_case(other) != smtlib_case(case)
    assert sorted(smtlib_case(other)) == sorted(smtlib_case(case))  # the same letters
    assert smtlib_case(shuffled(case, 1)) == smtlib_case(other)


def test_smtlib_spelling():
    x, y = variable("x"), variable("y")
    half = constant(Fraction(-1, 2))
    assert smtlib_formula(Atom(half * x * y, "!=", ZERO)) == "(not (= (- (* (/ 1.0 2.0) x y)) 0.0))"
    assert smtlib_formula(Or((Not(Atom(x, "<=", y)),))) == "(not (<= x y))"
    assert smtlib_formula(TRUE) == "true"
    assert smtlib_formula(FALSE) == "false"


def test_the_textbook_sentence_of_a_one_by_one_product():
    text = smtlib_query(closedness_query(SupportProduct.from_text("1 * 1"), targets="all"), ("1×1",))
    assert text.splitlines() == [
        "; 1×1",
        "; satisfiable exactly when the set of products is not closed",
        "(set-logic NRA)",
        "(declare-const a_0_0 Real)",
        "(assert (forall ((w0_0_0 Real) (w1_0_0 Real)) (not (= (* w0_0_0 w1_0_0) a_0_0))))",
        "(assert (forall ((eps Real)) (or (not (< 0.0 eps)) (exists ((u0_0_0 Real) (u1_0_0 Real)) "
        "(and (< (* u0_0_0 u1_0_0) (+ a_0_0 eps)) (< a_0_0 (+ (* u0_0_0 u1_0_0) eps)))))))",
        "(check-sat)",
    ]


# ---------------------------------------------------------------- parametrisations


def test_complex_entries_multiply_as_complex_numbers():
    reached = image(SupportProduct.from_text("11 * 1/1 * 1"), field="complex", scalings="none")
    rng = random.Random(3)
    point = {name: Fraction(rng.randint(-5, 5)) for name in reached.names}

    def number(name):
        return complex(point[name + "_re"], point[name + "_im"])

    expected = (number("w0_0_0") * number("w1_0_0") + number("w0_0_1") * number("w1_1_0")) * number("w2_0_0")
    re, im = (component.substitute(point).value for component in reached.entries[0, 0])
    assert complex(re, im) == expected


@st.composite
def small_chains(draw):
    sizes = draw(st.lists(st.integers(1, 3), min_size=3, max_size=5))
    return SupportProduct(
        [
            draw(st.lists(st.lists(st.integers(0, 1), min_size=b, max_size=b), min_size=a, max_size=a))
            for a, b in itertools.pairwise(sizes)
        ]
    )


def normalised(product, values):
    """Bring factors into normal form by hand, with exact arithmetic."""
    w = [[list(row) for row in factor] for factor in values]
    for l in range(len(w) - 1, 0, -1):
        for k in range(len(w[l])):
            row, column = w[l][k], [line[k] for line in w[l - 1]]
            leading, partner = row, column
            if len(w) == 2 and sum(mask >> k & 1 for mask in product.factors[0].row_masks) < len(
                product.factors[1].rows[k]
            ):
                leading, partner = column, row
            pivot = next((x for x in leading if x), None)
            leading[:] = [x / pivot if pivot else Fraction(0) for x in leading]
            partner[:] = [x * pivot if pivot else Fraction(0) for x in partner]
            new_row, new_column = (leading, partner) if leading is row else (partner, leading)
            w[l][k] = new_row
            for line, x in zip(w[l - 1], new_column, strict=True):
                line[k] = x
    return w


@given(small_chains(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_every_product_has_factors_in_normal_form(product, rng):
    from closedness.equations.paths import PathSystem

    system = PathSystem(product)
    values = {v: Fraction(rng.choice((0, 0, 1, -2, 3))) for v in system.variables}
    w = normalised(product, system.factors(values))
    moved = {v: w[v.factor][v.row][v.col] for v in system.variables}
    assert system.evaluate(moved) == system.evaluate(values)
    names = {v.name: value for v, value in moved.items()}
    assert holds(image(product, scalings="inline").condition, names)
    try:
        forms = normal_forms(product, limit=500)
    except BudgetExceeded:
        return
    assert any(all(moved[v] == value for v, value in form.items()) for form in forms)
    needed = frozenset((i, j) for i, row in enumerate(system.evaluate(values)) for j, x in enumerate(row) if x)
    assert any(all(moved[v] == value for v, value in form.items()) for form in normal_forms(product, needed))


def holds(formula, point):
    if isinstance(formula, Atom):
        a, b = formula.left.substitute(point).value, formula.right.substitute(point).value
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b}[formula.relation]
    if isinstance(formula, Not):
        return not holds(formula.part, point)
    return (all if isinstance(formula, And) else any)(holds(part, point) for part in formula.parts)


@given(small_chains())
@settings(max_examples=60, deadline=None)
def test_zero_patterns_cover_all_targets(product):
    cells = [(i, j) for i, row in enumerate(product.support.rows) for j in row]
    if len(cells) > 6:
        return
    found = zero_patterns(product, 10_000)
    orbits = set()
    rows, cols = product.factors[0].row_masks, product.factors[-1].col_masks
    for row_map in itertools.permutations(range(len(rows))):
        for col_map in itertools.permutations(range(len(cols))):
            if all(rows[a] == rows[b] for a, b in enumerate(row_map)) and all(
                cols[a] == cols[b] for a, b in enumerate(col_map)
            ):
                orbits |= {frozenset((row_map[i], col_map[j]) for i, j in pattern) for pattern in found}
    assert len(orbits) == 2 ** len(cells)
    assert len(set(found)) == len(found)


def test_forests_are_forests():
    cells = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]
    assert spanning_forest(cells) == {(0, 0), (0, 1), (1, 0), (2, 2)}


# ---------------------------------------------------------------- the simplifications change nothing


def lu2_has(a, b, c, d):
    """The exact rule for LU without pivoting, 2×2: fails only for a = 0, b ≠ 0 and c ≠ 0."""
    del d
    return bool(a or not b or not c)


@pytest.mark.slow
def test_membership_agrees_with_the_rule_for_lu_under_every_simplification():
    seen = set()
    for entries in ((0, 2, -1, 3), (0, 0, -1, 3), (0, 2, 0, 3), (1, 2, -1, 3), (0, 1, 1, 0)):
        target = [entries[:2], entries[2:]]
        for scalings in ("none", "inline", "split"):
            query = membership_query(LU2, target, scalings=scalings)
            status = Z3().solve(query, 10).status
            assert status == ("sat" if lu2_has(*entries) else "unsat"), (entries, scalings)
            seen.add(status)
    assert seen == {"sat", "unsat"}


def test_membership_in_a_product_of_three_factors():
    chain = SupportProduct.from_text("10/11 * 11/01 * 10/11")
    assert is_product(chain, [[0, 1], [1, 0]]).status == "sat"
    chain = SupportProduct.from_text("10/11 * 11/01 * 10/01")
    assert is_product(chain, [[0, 1], [1, 0]]).status == "unsat"
    answer = is_product(chain, [[2, 1], [1, "1/3"]])
    assert answer.status == "sat"
    assert len(answer.factors) == 3


def test_rank_one_over_the_complex_numbers():
    assert is_product(RANK1, [[1, 2], [2, 4]], field="complex").status == "sat"
    assert is_product(RANK1, [[1, 2], [2, 5]], field="complex").status == "unsat"


def test_a_target_off_the_support_needs_no_engine():
    query = membership_query(SupportProduct.from_text("10/01 * 10/01"), [[1, 1], [0, 1]])
    assert query.cases == ()
    answer = Z3().solve(query)
    assert (answer.status, answer.detail) == ("unsat", "contradictory without any computation")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "full"),
    [("11/11 * 11/11", True), ("11/11/11 * 11/11", True), ("10/11 * 11/01", False), ("1/1 * 11", False)],
)
def test_fullness(text, full):
    product = SupportProduct.from_text(text)
    for targets in ("support", "split"):
        answer = is_full(product, 20, targets=targets)
        assert answer.status == ("unsat" if full else "sat"), targets
        if not full:
            missed = [[answer.model[f"a_{i}_{j}"] for j in range(2)] for i in range(2)]
            assert is_product(product, missed).status == "unsat"


def test_fullness_over_the_complex_numbers():
    assert is_full(RANK1, 20, field="complex").status == "sat"
    assert is_full(SupportProduct.from_text("10/01 * 11/01"), 20, field="complex").status == "unsat"


def test_the_limit_of_lu_is_in_the_closure_and_another_matrix_is_not():
    assert Z3().solve(closure_query(LU2, [[0, 1], [1, 0]]), 20).status == "sat"
    assert Z3().solve(closure_query(RANK1, [[1, 0], [0, 1]]), 20).status == "unsat"


# ---------------------------------------------------------------- wrong arguments


def test_arguments_are_checked():
    with pytest.raises(InputError, match="field is 'rational'"):
        membership_query(LU2, [[1, 0], [0, 1]], field="rational")
    with pytest.raises(InputError, match="scalings is 'split', not one of none, inline"):
        closedness_query(LU2, scalings="split")
    with pytest.raises(InputError, match="targets is 'none'"):
        fullness_query(LU2, targets="none")
    with pytest.raises(BudgetExceeded, match="more than 3 normal forms"):
        normal_forms(FULL2, limit=3)
    with pytest.raises(BudgetExceeded, match="zero patterns on 25 cells"):
        zero_patterns(SupportProduct([[[1]] * 5, [[1] * 5]]), 100)


def test_large_patterns_fall_back_to_one_sentence():
    query = closedness_query(SupportProduct([[[1]] * 5, [[1] * 5]]))
    assert len(query.cases) == 1
    assert len(query.cases[0].names) == 25
    assert query.quantified
    many = SupportProduct([[[1] * 6] * 5, [[1] * 5] * 6])
    assert len(membership_query(many, [[1] * 5] * 5).cases) == 1


def test_a_query_is_one_sentence():
    x = variable("x")
    query = Query("either", (Case(("x",), (Atom(x, "=", ONE),)), Case(("x",), (Atom(x, "=", ZERO),))))
    assert "(or (exists ((x Real)) (= x 1.0)) (exists ((x Real)) (= x 0.0)))" in smtlib_query(query)
