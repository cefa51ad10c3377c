"""Nullstellensatz identities, against Gröbner bases, against ranks, and replayed by the checker."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy
from flint import Ordering, fmpz_mpoly_ctx

from closedness.algebra.casesplit import SPENT, CaseSplit, combine_node
from closedness.algebra.nullstellensatz import Identity, identity, verify
from closedness.algebra.polysystem import System
from closedness.certificate import Certificate
from closedness.check import Rejected, check
from closedness.decide import decide
from closedness.elaboration import refuted
from closedness.equations.membership import covered_cells, decide_membership, membership_system, refutation_table
from closedness.equations.minor_identity import rank_identity
from closedness.rules.limits.subpattern import MinimalPattern, carry_over
from closedness.supports.embedding import Embedding
from closedness.supports.product import SupportProduct
from tests.helpers.clocks import ENDED
from tests.helpers.oracle import Target, two_factors

RING = fmpz_mpoly_ctx.get(("x", "y", "z", "w"), Ordering.degrevlex)
X, Y, Z, W = RING.gens()
SYMBOLS = sympy.symbols("x y z w")


def dense(m: int, n: int, r: int) -> SupportProduct:
    full = (1 << r) - 1
    return two_factors([full] * m, [full] * n, r)


def unit_matrix(n: int) -> Target:
    return {(i, i): Fraction(1) for i in range(n)}


def random_target(rng: random.Random, m: int, n: int) -> Target:
    values = {(i, j): Fraction(rng.randint(-3, 3), rng.choice((1, 2))) for i in range(m) for j in range(n)}
    return {cell: value for cell, value in values.items() if value}


def verdict_on(product: SupportProduct, target: Target, refutation: dict[str, object]) -> str:
    """What the checker says about a refutation."""
    entries = [[i, j, str(value)] for (i, j), value in target.items()]
    try:
        certificate = refuted(product.to_problem(), entries, refutation, "real")
    except Rejected as error:
        return str(error)
    report = check(certificate)
    return "verified" if report.verified else report.reason


# ------------------------------------------------------------------------------ Buchberger's algorithm


def test_identities_exist_exactly_when_the_ideal_is_everything() -> None:
    rng = random.Random(5)
    answers = {True: 0, False: 0}
    for _ in range(150):
        equations = {}
        for number in range(rng.randint(2, 5)):
            poly = RING.constant(rng.choice((0, 0, 1, -2)))
            for _ in range(rng.randint(1, 3)):
                exponents = [0] * 4
                for v in rng.choices(range(4), k=rng.randint(1, 2)):
                    exponents[v] += 1
                poly += RING.from_dict({tuple(exponents): rng.choice((1, -1, 2))})
            if not poly.is_zero():
                equations[str(number)] = poly
        found = identity(equations)
        expected = sympy.groebner([sympy.sympify(str(p).replace("^", "**")) for p in equations.values()], *SYMBOLS)
        answers[expected.exprs == [1]] += 1
        assert (found is not None) == (expected.exprs == [1]), equations
    assert min(answers.values()) > 15


def test_variables_that_do_not_vanish() -> None:
    """``x y = 0`` and ``y w = x²`` force x to vanish."""
    equations = {"f": X * Y, "g": Y * W - X * X}
    assert identity(equations) is None
    assert identity({"f": X * Y}, [0]) is None
    found = identity(equations, [0])
    assert found is not None
    assert verify(equations, [0], found)
    # the same identity proves nothing where x may vanish
    assert not verify(equations, [], found)


def test_division_by_what_does_not_vanish() -> None:
    """Quotients by non-zero variables occur on the way; in the end there are none."""
    equations = {"f": X * X * Y - X * Z, "g": X * Y * W + X - Z * W, "h": Z * W - X * Y * W}
    found = identity(equations, [0])
    assert found is not None
    total = sum(
        (
            h * h.context().from_dict({m: int(c) for m, c in equations[k].to_dict().items()})
            for k, h in found.multipliers.items()
        ),
        next(iter(found.multipliers.values())) * 0,
    )
    assert len(total) == 1
    assert {v for v, e in enumerate(total.monoms()[0]) if e} <= {0}


def test_verify_rejects_changed_multipliers() -> None:
    equations = {"f": X * Y - 1, "g": X * X}
    found = identity(equations)
    assert found is not None
    for label, h in found.multipliers.items():
        assert not verify(equations, (), Identity({**found.multipliers, label: h + 1}))
    assert not verify(equations, (), Identity({}))


def test_budgets() -> None:
    equations = membership_system(dense(4, 4, 3), unit_matrix(4), covered_cells(dense(4, 4, 3))).equations
    assert identity(equations, steps=30) is None
    assert identity(equations, steps=10_000, budget=ENDED) is None
    assert rank_identity(equations, unit_matrix(4), tries=3) is None
    assert rank_identity(equations, unit_matrix(4), largest=3) is None


# ------------------------------------------------------------------------------ minors


@pytest.mark.parametrize(("n", "r"), [(2, 1), (3, 2), (4, 2), (4, 3), (5, 3), (5, 4)])
def test_matrices_of_too_large_rank(n: int, r: int) -> None:
    """Matrices of rank n are no products; those of rank r get no identity."""
    rng = random.Random(n + 10 * r)
    product = dense(n, n, r)
    for target in (unit_matrix(n), random_target(rng, n, n)):
        matrix = sympy.Matrix(n, n, lambda i, j, a=target: sympy.Rational(str(a.get((i, j), 0))))
        equations = membership_system(product, target, covered_cells(product)).equations
        found = rank_identity(equations, target)
        assert (found is not None) == (matrix.rank() > r)
    low = {(i, j): Fraction((i + 1) ** k * (j - 2) ** k) for k in range(r) for i in range(n) for j in range(n)}
    low = {cell: value for cell, value in low.items() if value}
    assert rank_identity(membership_system(product, low, covered_cells(product)).equations, low) is None


def test_cells_without_equation() -> None:
    """The zero entry outside of all supports is needed for the minor."""
    # rows 0 and 1 have rank one on columns 0 and 1, row 2 is zero in column 0
    product = two_factors([1, 1, 2], [1, 1, 2], 2)
    target = {(0, 0): Fraction(1), (1, 1): Fraction(1)}
    equations = membership_system(product, target, covered_cells(product)).equations
    assert rank_identity(equations, target) is not None
    # all of row 1 but one entry lies outside of the supports of row 0: only the minor with zeros is left
    block = two_factors([3, 1, 2], [1, 3, 2], 2)
    rows = [[1, 1, 1], [1, 1, 0], [0, 0, 1]]
    wanted = {(i, j): Fraction(v) for i, row in enumerate(rows) for j, v in enumerate(row) if v}
    system = membership_system(block, wanted, covered_cells(block))
    zero = [(1, 2), (2, 0)]
    assert set(zero) | set(covered_cells(block)) == {(i, j) for i in range(3) for j in range(3)}
    assert rank_identity(system.equations, wanted) is None
    assert (rank_identity(system.equations, wanted, zero) is None) == (sympy.Matrix(rows).rank() <= 2)


# ------------------------------------------------------------------------------ in proofs


@pytest.mark.parametrize("seed", range(6))
def test_where_case_distinctions_alone_give_up(seed: int) -> None:
    """Dense random 4×4 targets are not of rank 3: distinctions alone do not see it, identities do."""
    product = dense(4, 4, 3)
    rng = random.Random(seed)
    target = {(i, j): Fraction(rng.choice((-3, -2, -1, 1, 2, 3))) for i in range(4) for j in range(4)}
    alone = decide_membership(product, target, steps=1_500, cofactors=0)
    assert not alone.settled
    outcome = decide_membership(product, target, steps=1_500)
    assert outcome.refutation is not None
    table = refutation_table(outcome.refutation)
    assert [node["do"] for node in table["nodes"]] == ["combine"]
    assert verdict_on(product, target, table) == "verified"


def test_parametrised_targets_of_rank_four() -> None:
    """``A(s, t)`` of rank 4 for generic parameters, of rank 3 on a curve."""
    product = dense(4, 4, 3)
    answers = {True: 0, False: 0}
    for s in (0, 1, 2):
        for t in (Fraction(-1), Fraction(1, 2), Fraction(2)):
            rows = [[1, 1, 0, s], [0, 1, 1, 1], [1, 0, t, 1], [s, t, 1, 2]]
            matrix = sympy.Matrix(4, 4, lambda i, j, rows=rows: sympy.Rational(str(rows[i][j])))
            target = {(i, j): Fraction(v) for i, row in enumerate(rows) for j, v in enumerate(row) if v}
            outcome = decide_membership(product, target, steps=3_000)
            assert (outcome.refutation is not None) == (matrix.rank() == 4)
            assert (outcome.point is not None) == (matrix.rank() <= 3)
            answers[matrix.rank() == 4] += 1
    assert answers[True] > 5


def test_identities_below_distinctions() -> None:
    """Where no minor helps, identities are found at the nodes of the second search, and the checker follows."""
    names = ("x", "y", "z")
    equations = {
        "f": {(0, 0): 1, (): -2},
        "g": {(0, 0, 0): 1, (1,): 1, (): -3},
        "h": {(1, 1): 1, (2,): 1},
        "k": {(2,): 1},
    }
    system = System.build(names, equations)
    assert CaseSplit(system).run().detail == SPENT
    outcome = CaseSplit(system, cofactors=500).run()
    assert outcome.refutation is not None
    kinds = []
    node = outcome.refutation
    while True:
        kinds.append(node["do"])
        if "then" not in node:
            break
        node = node["then"]
    assert kinds[-1] == "combine"


def test_changed_identities_are_rejected() -> None:
    product, target = dense(3, 3, 2), unit_matrix(3)
    system = membership_system(product, target, covered_cells(product))
    minor = rank_identity(system.equations, target)
    assert minor is not None
    node = combine_node(system, system.equations, minor)
    good = refutation_table(node)
    assert verdict_on(product, target, good) == "verified"
    assert {"equation", "polynomial", "multiplier"} == set(node["terms"][0])
    assert good["cells"] == sorted([int(x) for x in term["equation"].split(":")] for term in node["terms"])
    terms = node["terms"]

    def said(changed: list[dict[str, object]]) -> str:
        return verdict_on(product, target, refutation_table({"do": "combine", "terms": changed}))

    assert "not known to be non-zero" in said(terms[1:])
    assert "not the equation" in said([{**terms[0], "polynomial": terms[1]["polynomial"]}, *terms[1:]])
    assert "not the stated product" in said([{**terms[0], "multiplier": [["1", []]]}, *terms[1:]])
    assert "product of units is zero" in said([])
    # of another target it proves nothing
    assert verdict_on(product, {(0, 0): Fraction(1)}, good) != "verified"


def test_identities_are_carried_over_to_larger_patterns() -> None:
    """Renaming reaches the polynomials: 2×2 of rank one, as if it were a stored pattern, at other places."""
    product, target = dense(2, 2, 1), unit_matrix(2)
    system = membership_system(product, target, covered_cells(product))
    minor = rank_identity(system.equations, target)
    assert minor is not None
    table = refutation_table(combine_node(system, system.equations, minor))
    stored = MinimalPattern((1, 1), (1, 1), [[0, 0, "1"], [1, 1, "1"]], [[], []], table)
    larger = two_factors([2, 1, 2], [1, 2, 2], 2)
    for place in (Embedding((0, 2), (1, 2), (1,), False), Embedding((1, 2), (0, 2), (1,), True)):
        evidence = carry_over(stored, place)
        assert verdict_on(larger, evidence.target, evidence.refutation) == "verified"


def test_a_whole_certificate_with_an_identity() -> None:
    """The 2×2 LU pattern, refuted by an identity instead of case distinctions."""
    product = SupportProduct.from_text("10/11 * 11/01")
    target: Target = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    system = membership_system(product, target, [(0, 0), (0, 1), (1, 0)])
    found = identity(system.equations)
    assert found is not None
    verdict = decide(product)
    assert verdict.counterexample is not None
    assert verdict.certificate is not None
    certificate = Certificate.not_closed(
        product,
        "real",
        target,
        verdict.counterexample.curve,
        refutation_table(combine_node(system, system.equations, found)),
        {},
    )
    report = check(certificate)
    assert report.verified, report.reason
    assert not report.trusted
