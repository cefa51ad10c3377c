"""Polynomial systems and their elementary steps, against sympy."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy

from closedness.algebra.polysystem import Branch, System, by_degree, cannot_vanish, evaluate, substitute

NAMES = ("x", "y", "z", "w")
SYMBOLS = sympy.symbols(NAMES)


def random_terms(rng: random.Random, size: int = 4) -> dict[tuple[int, ...], Fraction]:
    """Monomials as tuples of variable positions with repetition."""
    return {
        tuple(sorted(rng.choices(range(4), k=rng.randint(0, 3)))): Fraction(rng.choice((1, -1, 3)), rng.choice((1, 2)))
        for _ in range(size)
    }


def expression(terms: dict[tuple[int, ...], Fraction]) -> sympy.Expr:
    total = sympy.Integer(0)
    for positions, value in terms.items():
        total += sympy.Rational(value.numerator, value.denominator) * sympy.Mul(*(SYMBOLS[p] for p in positions))
    return total


def as_sympy(poly: object) -> sympy.Expr:
    return sum(
        (int(c) * sympy.Mul(*(s**int(e) for s, e in zip(SYMBOLS, m, strict=True))) for m, c in poly.to_dict().items()),  # type: ignore[attr-defined]
        sympy.Integer(0),
    )


def proportional(a: sympy.Expr, b: sympy.Expr) -> bool:
    return bool(b != 0 and sympy.simplify(a / b).is_number)


@pytest.fixture(params=range(20))
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


def test_build_clears_denominators(rng: random.Random) -> None:
    terms = random_terms(rng)
    system = System.build(NAMES, {"f": terms})
    assert proportional(as_sympy(system.equations["f"]), expression(terms))


def test_monomials_in_any_order_are_added() -> None:
    system = System.build(NAMES, {"f": {(0, 1): 1, (1, 0): 2, (): Fraction(1, 2)}})
    x, y, *_ = SYMBOLS
    assert as_sympy(system.equations["f"]) == 6 * x * y + 1


def test_encode_writes_every_term(rng: random.Random) -> None:
    system = System.build(NAMES, {"f": random_terms(rng)})
    poly = system.equations["f"]
    total = sum(
        (
            sympy.Rational(coefficient) * sympy.Mul(*(sympy.Symbol(name) ** e for name, e in powers))
            for coefficient, powers in system.encode(poly)
        ),
        sympy.Integer(0),
    )
    assert sympy.expand(total - as_sympy(poly)) == 0


def test_evaluate(rng: random.Random) -> None:
    system = System.build(NAMES, {"f": random_terms(rng)})
    values = {v: Fraction(rng.randint(-5, 5), rng.randint(1, 3)) for v in range(4)}
    exact = as_sympy(system.equations["f"]).subs(
        {SYMBOLS[v]: sympy.Rational(value.numerator, value.denominator) for v, value in values.items()}
    )
    assert evaluate(system.equations["f"], values) == Fraction(int(exact.p), int(exact.q))


def test_coefficients_by_degree(rng: random.Random) -> None:
    poly = System.build(NAMES, {"f": random_terms(rng, 6)}).equations["f"]
    x = SYMBOLS[0]
    parts = by_degree(poly, 0)
    assert all(part.degrees()[0] <= 0 for part in parts.values())
    assert sympy.expand(sum(as_sympy(part) * x**e for e, part in parts.items()) - as_sympy(poly)) == 0


def test_substitution_clears_the_denominator(rng: random.Random) -> None:
    system = System.build(NAMES, {"f": random_terms(rng, 5), "c": {(1,): 2, (): 1}, "d": {(2, 3): 1, (1,): -3}})
    f, c, d = (system.equations[name] for name in "fcd")
    x = SYMBOLS[0]
    expected = as_sympy(f).subs(x, -as_sympy(d) / as_sympy(c)) * as_sympy(c) ** max(0, int(f.degrees()[0]))
    assert sympy.simplify(as_sympy(substitute(f, 0, c, d)) - expected) == 0


def test_a_variable_that_cannot_vanish(rng: random.Random) -> None:
    """Setting it to zero would leave one monomial in variables that are not zero."""
    poly = System.build(NAMES, {"f": random_terms(rng, rng.randint(2, 4))}).equations["f"]
    nonzero = frozenset(v for v in range(4) if rng.random() < 0.5)
    if len(poly) < 2:
        return
    contradictions = set()
    for v in range(4):
        rest = sympy.Poly(as_sympy(poly).subs(SYMBOLS[v], 0), *SYMBOLS)
        (first, *others) = rest.monoms()
        left = all(not e or u in nonzero for u, e in enumerate(first))
        if v not in nonzero and not rest.is_zero and not others and left:
            contradictions.add(v)
    found = cannot_vanish(poly.monoms(), nonzero)
    assert (found is None) == (not contradictions)
    assert found is None or found in contradictions


def test_factors_that_cannot_vanish_are_divided_out() -> None:
    x, y, z, _ = SYMBOLS
    system = System.build(NAMES, {"f": {(0, 0, 2): 4, (0, 0, 1): 6}, "g": {(0,): 1, (1,): 1}})
    branch = Branch(system, nonzero=[0])
    assert as_sympy(branch.equations["f"]) == 2 * z + 3 * y
    branch.units = (system.equations["g"],)
    poly = system.equations["f"] * system.equations["g"] ** 2
    assert as_sympy(branch.reduced(poly)) == 2 * z + 3 * y
    assert branch.is_unit(system.equations["g"] * system.context.gens()[0])
    assert not branch.is_unit(system.context.gens()[1])
    assert not branch.is_unit(system.context.constant(0))
    assert as_sympy(system.equations["g"]) == x + y


def test_steps_keep_the_solutions_and_the_trail_finds_them_again() -> None:
    """``x y = z + 1`` and ``x w = 2``: solve both for what is linear, then read the factors back."""
    system = System.build(NAMES, {"f": {(0, 1): 1, (2,): -1, (): -1}, "g": {(0, 3): 1, (): -2}})
    branch = Branch(system)
    other = branch.copy()
    other.assign(0, 0)
    assert as_sympy(other.equations["g"]).is_number  # a contradiction on the copy only
    assert len(branch.equations["g"]) == 2
    branch.mark(0)
    branch.solve("f", 1)
    branch.solve("g", 3)
    assert not branch.equations
    values = {0: Fraction(4), 2: Fraction(5)}
    for step in reversed(branch.trail):
        values[step.variable] = -evaluate(step.rest, values) / evaluate(step.leading, values)
    assert all(not evaluate(poly, values) for poly in system.equations.values())
    assert values[1] == Fraction(6, 4)
    assert values[3] == Fraction(1, 2)


def test_scalings_are_used_once() -> None:
    system = System.build(NAMES, {"f": {(0, 1): 1, (): -3}}, [((0, 7), {0: 1, 1: -1})])
    branch = Branch(system)
    branch.mark(0)
    branch.scale(0, 0)
    assert branch.scalings == ()
    assert as_sympy(branch.equations["f"]) == SYMBOLS[1] - 3
