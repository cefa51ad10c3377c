"""Case distinctions on polynomial systems: points are checked by substitution, refutations by Gröbner bases."""

from __future__ import annotations

import random
from fractions import Fraction

import sympy

from closedness.algebra.casesplit import CaseSplit
from closedness.algebra.polysystem import System
from closedness.budget import UNLIMITED
from tests.helpers.clocks import ENDED

NAMES = ("x", "y", "z", "w")
SYMBOLS = sympy.symbols(NAMES)
Terms = dict[tuple[int, ...], Fraction | int]


def random_system(rng: random.Random) -> dict[str, Terms]:
    equations: dict[str, Terms] = {}
    for number in range(rng.randint(2, 5)):
        terms: Terms = {}
        for _ in range(rng.randint(1, 3)):
            terms[tuple(sorted(rng.choices(range(4), k=rng.randint(1, 2))))] = rng.choice((1, -1, 1, 2))
        if rng.random() < 0.5:
            terms[()] = rng.choice((1, -1))
        equations[str(number)] = terms
    return equations


def as_sympy(terms: Terms) -> sympy.Expr:
    return sum((c * sympy.Mul(*(SYMBOLS[v] for v in key)) for key, c in terms.items()), sympy.Integer(0))


def test_answers_against_groebner_bases() -> None:
    """A refutation holds over every field that contains Q: the ideal contains 1. A point solves all equations."""
    rng = random.Random(11)
    refuted = solved = open_ = 0
    for _ in range(250):
        equations = random_system(rng)
        outcome = CaseSplit(System.build(NAMES, equations), 2_000).run()
        polynomials = [as_sympy(terms) for terms in equations.values()]
        if outcome.point is not None:
            values = {sympy.Symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in outcome.point.items()}
            assert all(p.subs(values) == 0 for p in polynomials)
            assert outcome.refutation is None
            solved += 1
        elif outcome.refutation is not None:
            assert sympy.groebner(polynomials, *SYMBOLS, order="grevlex").exprs == [1]
            refuted += 1
        else:
            assert outcome.detail
            open_ += 1
    assert solved > 100
    assert refuted > 20
    assert open_ < 80


def test_irrational_solutions_are_left_open() -> None:
    """``x² = 2`` has real solutions, but none that the engine could write down."""
    outcome = CaseSplit(System.build(NAMES, {"f": {(0, 0): 1, (): -2}})).run()
    assert outcome.refutation is None
    assert outcome.point is None


def test_what_has_complex_solutions_only_is_not_refuted() -> None:
    """A refutation would have to hold over C as well."""
    outcome = CaseSplit(System.build(NAMES, {"f": {(0, 0): 1, (): 1}})).run()
    assert outcome.refutation is None


def test_budgets() -> None:
    system = System.build(NAMES, {"f": {(0, 1): 1, (2, 3): 1, (): -1}, "g": {(0, 3): 1, (1, 2): 1, (): -2}})
    assert CaseSplit(system, 0).run().detail == "step budget spent"
    # the clock is looked at whenever the remaining steps are a multiple of 64
    assert CaseSplit(system, 65, budget=ENDED).run().detail == "step budget spent"
    assert CaseSplit(system, 10_000, budget=UNLIMITED).run().point is not None


def test_the_same_seed_gives_the_same_point() -> None:
    system = System.build(NAMES, {"f": {(0, 1): 1, (2, 3): -1}, "g": {(0,): 1, (1,): 1, (2,): -1}})
    first, second = (CaseSplit(system, seed=4).run().point for _ in range(2))
    assert first is not None
    assert first == second


def test_factors_and_scalings_appear_in_proofs() -> None:
    """``(x − y)(x + y) = 0`` with ``x = 1``, ``y = 2``."""
    equations: dict[str, Terms] = {"f": {(0, 0): 1, (1, 1): -1}, "g": {(0, 2): 1, (1, 2): -3}, "h": {(0, 2): 1, (): -1}}
    system = System.build(NAMES, equations, [((0, 0), {0: 1, 1: 1, 2: -1})])
    outcome = CaseSplit(system).run()
    assert outcome.refutation is not None
    kinds = set()
    stack = [outcome.refutation]
    while stack:
        node = stack.pop()
        kinds.add(node["do"])
        stack += [node[key] for key in ("then", "zero", "nonzero") if key in node]
        stack += [case["then"] for case in node.get("cases", ())]
    assert "contradiction" in kinds
    assert "scale" in kinds
