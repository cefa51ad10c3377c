"""The ideal of the closure, against Gröbner bases by sympy, random products modulo a prime, and known ideals."""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, pairwise
from itertools import product as choices
from pathlib import Path
from typing import Any

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.budget import Budget
from closedness.closure.basis_check import BasisCheck
from closedness.closure.ideal import ClosureIdeal, closure_ideal
from closedness.closure.image import elimination_ideal
from closedness.engines.constructible import image_over_c
from closedness.engines.singular import Singular
from closedness.equations.expansion import vanishes
from closedness.equations.grading import Degree, Grading, generating, kernel_generators
from closedness.equations.parts import fixed_entries, parts
from closedness.equations.paths import PRIME, PathSystem
from closedness.errors import BackendError, BudgetExceeded
from closedness.supports.support import Support
from tests.helpers.oracle import two_factors

NONE = Singular("no-such-program")
singular_only = pytest.mark.skipif(not Singular().available, reason="the program Singular is not installed")
engines = pytest.mark.parametrize(
    "engine", [pytest.param(Singular(), marks=singular_only), NONE], ids=["singular", "none"]
)


def plus_diagonal(n: int, rank: int = 1) -> SupportProduct:
    types = [(1 << rank) - 1 | 1 << rank + i for i in range(n)]
    return two_factors(types, types, n + rank)


def dense(m: int, n: int, rank: int) -> SupportProduct:
    return two_factors([(1 << rank) - 1] * m, [(1 << rank) - 1] * n, rank)


def random_chain(rng: random.Random, factors: int, largest: int = 3) -> SupportProduct:
    sizes = [rng.randint(2, largest) for _ in range(factors + 1)]
    return SupportProduct(
        [Support.from_masks((a, b), [rng.randrange(1, 1 << b) for _ in range(a)]) for a, b in pairwise(sizes)]
    )


def expressions(found: ClosureIdeal) -> list[sympy.Expr]:
    return [sympy.sympify(str(each.polynomial)) for each in found.generators]


def degrees(found: ClosureIdeal, last: int = 99) -> Counter[int]:
    return Counter(each.degree for each in found.generators if each.degree <= last)


# ---------------------------------------------------------------- oracles


@pytest.mark.slow
@engines
@pytest.mark.parametrize("seed", range(10))
def test_against_elimination_by_sympy(seed: int, engine: Singular) -> None:
    """The whole parametrisation, nothing fixed, another order, another program: the same ideal."""
    rng = random.Random(seed)
    while True:
        product = random_chain(rng, 2 + seed % 2)
        system = PathSystem(product)
        if len(system.used) <= 11 and not closure_ideal(product, 5, singular=NONE).closure.dense:
            break
    found = closure_ideal(product, 20, singular=engine)
    entries = system.to_sympy()
    inner = [sympy.Symbol(v.name) for v in system.used]
    outer = [sympy.Symbol(f"a_{i}_{j}") for i, j in entries]
    graph = [a - entry for a, entry in zip(outer, entries.values(), strict=True)]
    basis = sympy.groebner(graph, *inner, *outer, order="lex")
    eliminated = [g for g in basis.exprs if not g.free_symbols & set(inner)]
    ours = expressions(found)
    if not found.complete:  # without Singular: up to a degree
        assert not engine.available
        eliminated = [g for g in eliminated if sympy.Poly(g, *outer).total_degree() <= (found.complete_to or 0)]
    assert bool(eliminated) == bool(ours)
    own = sympy.groebner(ours, *outer, order="grevlex")
    assert all(own.contains(g) for g in eliminated)
    assert all(basis.contains(g) for g in ours)
    if found.complete and engine.available:
        assert found.trusted == ()


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_generators_vanish_at_random_products(seed: int) -> None:
    """Modulo a prime; and the rank of their derivatives there is the codimension when they are complete."""
    rng = random.Random(seed)
    product = random_chain(rng, rng.choice((2, 2, 3)))
    found = closure_ideal(product, 1, singular=NONE)
    matrix = None
    for factor in product.factors:
        values = [[0] * factor.shape[1] for _ in range(factor.shape[0])]
        for i, j in factor:
            values[i][j] = rng.randrange(1, PRIME)
        each = flint.nmod_mat(values, PRIME)
        matrix = each if matrix is None else matrix * each
    assert matrix is not None
    point = {f"a_{i}_{j}": int(matrix[i, j]) for i, j in product.support}
    other = {name: rng.randrange(PRIME) for name in point}
    seen = []
    for generator in found.generators:
        for values_of in (point, other):
            monomials = generator.polynomial.monomials
            seen.append(sum(int(c) * math.prod(values_of[name] for name in names) for c, names in monomials) % PRIME)
    assert not any(seen[::2])
    assert all(seen[1::2])
    if found.complete:
        assert found.closure.exact
    assert (found.closure.dense and not found.generators) or found.generators or not found.complete


@singular_only
@pytest.mark.parametrize("seed", range(6))
def test_linear_algebra_finds_what_singular_finds(seed: int) -> None:
    rng = random.Random(50 + seed)
    while True:
        product = random_chain(rng, 2 + seed % 3, 4 - seed % 2)
        found = closure_ideal(product, 20)
        if found.generators and found.complete:
            break
    slow = closure_ideal(product, 3, singular=NONE)
    last = 99 if slow.complete else slow.complete_to or 0
    assert last >= 2
    assert degrees(slow, last) == degrees(found, last)
    assert slow.conditions == found.conditions or not slow.complete


@pytest.mark.slow
@pytest.mark.parametrize(("m", "n", "rank"), [(2, 4, 1), (3, 3, 1), (3, 4, 2), (4, 4, 3)])
@engines
def test_determinantal_ideals(m: int, n: int, rank: int, engine: Singular) -> None:
    """All minors of one size; dimension r (m + n − r), degree by the formula of Giambelli."""
    found = closure_ideal(dense(m, n, rank), 20, singular=engine)
    assert {(each.rows, each.columns) for each in found.generators} == {
        (rows, columns)
        for rows in combinations(range(m), rank + 1)
        for columns in combinations(range(n), rank + 1)
    }
    assert all(each.minor and each.condition == 0 for each in found.generators)
    assert (found.dimension, found.closure.exact) == (rank * (m + n - rank), True)
    assert found.conditions == "ideal"
    hypersurface = rank == m - 1 == n - 1
    assert found.complete == (engine.available or hypersurface)
    if found.complete:
        expected = math.prod(
            Fraction(math.comb(m + i, rank), math.comb(rank + i, rank)) for i in range(n - rank)
        )
        assert found.degree == expected
        assert (found.trusted, bool(found.degree_trusted)) == ((), not hypersurface)
    else:
        assert found.notes == ("singular is not installed",)


@singular_only
def test_rank_one_plus_diagonal() -> None:
    """The example of the theory: minors off the diagonal and one cubic for each three indices."""
    found = closure_ideal(plus_diagonal(4), 20)
    assert (found.complete, found.trusted, found.minimal) == (True, (), True)
    assert (found.dimension, found.closure.exact, found.degree) == (11, True, 16)
    assert degrees(found) == {2: 6, 3: 4}
    assert [each.minor for each in found.generators] == [True] * 6 + [False] * 4
    cubics = {str(each.polynomial) for each in found.generators[6:]}
    assert "a_0_1*a_1_2*a_2_0 - a_0_2*a_1_0*a_2_1" in cubics
    assert found.conditions == "larger"
    assert found.outside is not None
    assert found.outside not in found
    entries = {cell: Fraction(value) for cell, value in found.outside.items()}
    matrix = sympy.Matrix(4, 4, lambda i, j: entries.get((i, j), 0))
    for each in found.closure.conditions or ():
        assert matrix.extract(list(each.rows), list(each.columns)).rank() <= each.bound


def test_a_hypersurface_needs_no_program() -> None:
    found = closure_ideal(plus_diagonal(3), singular=NONE)
    assert [str(each) for each in found.generators] == ["a_0_1*a_1_2*a_2_0 - a_0_2*a_1_0*a_2_1"]
    assert (found.complete, found.trusted, found.degree, found.notes) == (True, (), 3, ())
    assert (found.dimension, found.closure.exact, found.conditions) == (8, True, "larger")


def test_dense_closures_have_no_equations() -> None:
    found = closure_ideal(SupportProduct.from_text("10/11 * 11/01"), singular=NONE)
    assert (found.generators, found.complete, found.degree) == ((), True, 1)
    nothing = closure_ideal(SupportProduct.from_text("00 * 0/0"), singular=NONE)
    assert (nothing.generators, nothing.complete, nothing.dimension) == ((), True, 0)


@engines
def test_parts_are_put_together(engine: Singular) -> None:
    """A butterfly of order four is four blocks of rank one."""
    butterfly = SupportProduct.from_text("1010/0101/1010/0101 * 1100/1100/0011/0011")
    found = closure_ideal(butterfly, 20, singular=engine)
    assert len(parts(butterfly)) == 4
    assert (found.complete, found.degree, degrees(found)) == (True, 16, {2: 4})
    assert (found.trusted, found.degree_trusted) == ((), ())


@pytest.mark.slow
@singular_only
@pytest.mark.parametrize("text", ["1/1 * 11", "10/11 * 11/01", "1/1 * 1 * 11", "1/1 * 111", "10/11 * 111/100"])
def test_the_first_level_of_the_image_is_the_closure(text: str) -> None:
    """grobcov, another algorithm: the same zero set, at products and at random matrices of small integers."""
    product = SupportProduct.from_text(text)
    found = closure_ideal(product, 20)
    closure = image_over_c(product, 50).levels[0][0]
    rng = random.Random(4)
    system = PathSystem(product)
    seen = set()
    for _ in range(200):
        if rng.random() < 0.5:
            rows = system.evaluate({v: rng.randint(-1, 1) for v in system.variables})
        else:
            rows = tuple(tuple(Fraction(rng.randint(-1, 1)) for _ in range(4)) for _ in range(4))
        target = {(i, j): rows[i][j] for i, j in product.support}
        values = {f"a_{i}_{j}": value for (i, j), value in target.items()}
        inside = not any(poly.substitute(values).value for poly in closure)
        assert (target in found) == inside
        seen.add(inside)
    assert seen == ({True} if found.closure.dense else {True, False})


# ---------------------------------------------------------------- invariances


@pytest.mark.slow
@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_renaming_and_transposition(seed: int) -> None:
    """The renamed generators generate the ideal of the renamed problem."""
    rng = random.Random(seed)
    product = random_chain(rng, rng.choice((2, 2, 3)), 4)
    orders = [rng.sample(range(size), size) for size in (product.shape[0], *product.inner, product.shape[1])]
    renamed = SupportProduct(
        [
            Support.from_masks(f.shape, [sum((f.row_masks[i] >> j & 1) << b for b, j in enumerate(q)) for i in p])
            for f, p, q in zip(product.factors, orders[:-1], orders[1:], strict=True)
        ]
    )
    turned = SupportProduct([factor.T for factor in reversed(product.factors)])
    before = closure_ideal(product, 1, singular=NONE)
    first, last = orders[0], orders[-1]
    for other, cell_of in (
        (renamed, lambda i, j: (first.index(i), last.index(j))),
        (turned, lambda i, j: (j, i)),
    ):
        after = closure_ideal(other, 1, singular=NONE)
        end = min(99 if each.complete else each.complete_to or 0 for each in (before, after))
        assert degrees(before, end) == degrees(after, end)
        cells = sorted(other.support)
        moved = [dict_of(each.polynomial, cells, cell_of) for each in before.generators if each.degree <= end]
        known = [dict_of(each.polynomial, cells, lambda *cell: cell) for each in after.generators if each.degree <= end]
        assert generating(Grading(cells), moved, Budget(None), known) == []


def dict_of(poly: Any, cells: list[tuple[int, int]], cell_of: Callable[[int, int], tuple[int, int]]) -> dict[Any, int]:
    found = {}
    for value, names in poly.monomials:
        exponents = [0] * len(cells)
        for name in names:
            _, i, j = name.split("_")
            exponents[cells.index(cell_of(int(i), int(j)))] += 1
        found[tuple(exponents)] = int(value)
    return found


# ---------------------------------------------------------------- the parts of the machine


def test_monomials_of_a_multidegree() -> None:
    """Contingency tables on a support, against all exponents."""
    rng = random.Random(2)
    for _ in range(20):
        cells = sorted(rng.sample([(i, j) for i in range(3) for j in range(3)], 5))
        grading = Grading(cells)
        every = list(choices(range(3), repeat=5))
        for exponents in rng.sample(every, 6):
            degree = grading.degree(exponents)
            found = grading.monomials(degree)
            assert exponents in found
            assert len(set(found)) == len(found)
            assert {grading.degree(e) for e in found} == {degree}
    total = sum(len(grading.monomials(d)) for d in grading.degrees(3))
    assert total == math.comb(5 + 2, 3)
    assert Degree((1,), (1,)).minus(Degree((2,), (0,))) is None


@pytest.mark.parametrize("seed", range(25))
def test_buchbergers_criterion_against_sympy(seed: int) -> None:
    """Lists of polynomials with small coefficients, and Gröbner bases made by sympy, in a product order."""
    rng = random.Random(seed)
    names = sympy.symbols("x y a b")
    grevlex = sympy.polys.orderings.grevlex
    order = sympy.polys.orderings.ProductOrder((grevlex, lambda key: key[:2]), (grevlex, lambda key: key[2:]))
    ring = sympy.polys.rings.PolyRing(names, sympy.QQ, order)
    polys = []
    for _ in range(rng.randint(1, 3)):
        terms = {tuple(rng.randint(0, 1) for _ in names): rng.randint(-2, 2) for _ in range(rng.randint(2, 3))}
        if any(terms.values()):
            polys.append(ring.from_dict({key: sympy.QQ(value) for key, value in terms.items() if value}))
    if not polys:
        return
    basis = sympy.polys.groebnertools.groebner(polys, ring)
    for candidate in (polys, basis, basis[1:]):
        if not candidate:
            continue
        scaled = []
        for poly in candidate:
            scale = math.lcm(*(int(value.denominator) for value in poly.values()))
            scaled.append({tuple(map(int, key)): int(value * scale) for key, value in poly.items()})
        check = BasisCheck(scaled, 2)
        assert check.verified(Budget(None)) == sympy.polys.groebnertools.is_groebner(candidate, ring)
        if candidate is basis:
            integral = [{tuple(map(int, key)): int(value) for key, value in poly.items()} for poly in polys]
            assert check.vanishes_modulo(integral, Budget(None))


def test_limits_of_the_criterion() -> None:
    with pytest.raises(BudgetExceeded, match="degree 3000 is too large"):
        BasisCheck([{(3000, 0): 1}], 1)
    pair = [{(2, 0): 1, (0, 1): 1}, {(1, 1): 1, (0, 3): -1}]
    with pytest.raises(BudgetExceeded, match="no time left"):
        BasisCheck(pair, 1).verified(Budget(0))
    growing = [{(1, 0): 1, (0, 2000): -1}, {(2, 1): 1}, {(2, 0): 1, (1, 0): 1}]
    with pytest.raises(BudgetExceeded, match="too large"):
        BasisCheck(growing, 1).verified(Budget(None))


@singular_only
def test_a_wrong_basis_is_noticed() -> None:
    """Leaving any polynomial of Singular's basis out, or changing a coefficient, breaks one of the assumptions."""
    product = plus_diagonal(3)
    (part,) = [each for each in parts(product) if each.codimension]
    found = elimination_ideal(part, 20, 2048)
    from closedness.closure.image import graph_of

    def accepted(basis: list[dict[Any, int]]) -> bool:
        check = BasisCheck(basis, found.eliminated)
        ideal = [
            {key[found.eliminated :]: value for key, value in poly.items()}
            for poly in basis
            if not any(any(key[: found.eliminated]) for key in poly)
        ]
        return (
            check.vanishes_modulo(graph_of(part), Budget(None))
            and check.verified(Budget(None))
            and all(vanishes(product, part.cells, poly) for poly in ideal)
        )

    basis = list(found.basis)
    assert accepted(basis)
    for place in range(len(basis)):
        assert not accepted(basis[:place] + basis[place + 1 :])
        key = next(iter(basis[place]))
        assert not accepted([*basis[:place], {**basis[place], key: 7}, *basis[place + 1 :]])


def test_linear_algebra_keeps_its_limits() -> None:
    (part,) = parts(dense(3, 4, 2))
    assert kernel_generators(part, Budget(0), 6, lambda polys: False) == ([], 0)
    found, last = kernel_generators(part, Budget(None), 2, lambda polys: False)
    assert (found, last) == ([], 2)
    found, last = kernel_generators(part, Budget(None), 6, bool)
    assert (len(found), last) == (4, 3)


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_fixed_entries_keep_the_dimension(seed: int) -> None:
    """The rank of the Jacobian with respect to the other entries alone, at a point with the fixed ones in place."""
    rng = random.Random(seed)
    product = random_chain(rng, rng.choice((2, 2, 3, 4)), 4)
    fixed = fixed_entries(product)
    system = PathSystem(product)
    value = {v: fixed.get(v, rng.randrange(1, PRIME)) for v in system.variables}
    free = [v for v in system.variables if v not in fixed]
    rows = []
    for v in free:
        row = []
        for monomials in system.entries.values():
            terms = [math.prod(value[w] for w in monomial if w != v) for monomial in monomials if v in monomial]
            row.append(sum(terms) % PRIME)
        rows.append(row)
    assert flint.nmod_mat(rows, PRIME).rank() == closure_ideal(product, 0, singular=NONE).dimension
    assert set(fixed.values()) <= {0, 1}


# ---------------------------------------------------------------- Singular fails


def fake(tmp_path: Path, body: str, name: str = "fake") -> Singular:
    """An engine that prints its version and otherwise does as told."""
    path = tmp_path / name
    path.write_text(f'#!/bin/sh\n[ "$1" = -v ] && echo "Singular version 9.9.9" && exit 0\ncat > /dev/null\n{body}\n')
    path.chmod(0o755)
    return Singular(str(path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("kill -SEGV $$", "singular was ended by SIGSEGV"),
        ("echo perhaps", "cannot be read: 'perhaps'"),
        ("echo '@ basis v0'; echo '@ end'", "something is missing"),
        ("echo '@ basis 0'; echo '@ end'", "zero in a Gröbner basis"),
        ("echo '@ basis v99'; echo '@ end'", "cannot be read: polynomial 'v99'"),
        ("echo '@ dimension x'; echo '@ end'", "cannot be read: 'dimension x'"),
        ("sleep 60", "singular was stopped after"),
    ],
)
def test_when_singular_fails_linear_algebra_goes_on(tmp_path: Path, body: str, why: str) -> None:
    found = closure_ideal(dense(2, 3, 1), 2, singular=fake(tmp_path, body))
    assert not found.complete
    assert (found.complete_to or 0) >= 2
    assert degrees(found) == {2: 3}
    (note,) = found.notes
    assert why in note
    assert "\n" not in note


def test_a_flood_of_memory_is_stopped(tmp_path: Path) -> None:
    body = f"exec {sys.executable} -c 'import time; x = bytearray(300 << 20); time.sleep(60)'"
    found = closure_ideal(dense(2, 3, 1), 20, 100, singular=fake(tmp_path, body))
    assert found.notes == ("singular was stopped for using too much memory",)


def test_lies_are_errors(tmp_path: Path) -> None:
    """A dimension that is not the Jacobian's, a polynomial that does not vanish, and a basis that is none."""
    body = "echo '@ basis {}'; echo '@ dimension {}'; echo '@ degree 1'; echo '@ end'"
    with pytest.raises(BackendError, match=r"singular 9\.9\.9 says .* dimension 5, but the Jacobian has rank 4"):
        closure_ideal(dense(2, 3, 1), 20, singular=fake(tmp_path, body.format("v4", 5)))
    with pytest.raises(BackendError, match="a polynomial that does not vanish on the products"):
        closure_ideal(dense(2, 3, 1), 20, singular=fake(tmp_path, body.format("v4", 4)))
    with pytest.raises(BackendError, match="an elimination basis that is none"):
        closure_ideal(dense(2, 3, 1), 20, singular=fake(tmp_path, body.format("v0-v4", 4)))


@singular_only
def test_without_time_for_the_proof_singular_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> bool:
        raise BudgetExceeded("no time left to verify the Gröbner basis")

    monkeypatch.setattr(BasisCheck, "verified", late)
    found = closure_ideal(dense(2, 3, 1), 20)
    assert (found.complete, found.trusted) == (True, (f"singular {Singular().version}",))
    assert found.notes == ("no time left to verify the Gröbner basis",)


# ---------------------------------------------------------------- the command


def problem(tmp_path: Path, product: SupportProduct) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(product.to_problem()))
    return path


@singular_only
def test_the_command_prints_the_ideal(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = problem(tmp_path, plus_diagonal(4))
    run = cli("closure", path, "--seconds", "20")
    assert (run.code, run.err) == (0, "")
    assert "closure: 10 generators, complete (proved); degree of the closure 16 (word of singular" in run.out
    assert "  minors of rank conditions: 6\n    det of rows {0, 1} × columns {2, 3}" in run.out
    assert "  no minors: 4\n    a_0_1*a_1_2*a_2_0 - a_0_2*a_1_0*a_2_1" in run.out
    assert "a larger zero set\n  with all rank conditions, but outside: ones at (0, 1), (1, 2), (2, 0)" in run.out
    found = json.loads(cli("closure", path, "--json", "--seconds", "20").out)["ideal"]
    assert (found["complete"], found["complete_to_degree"], found["trusted"]) == (True, None, [])
    assert found["minimal"]
    assert found["generators"][0] == {
        "polynomial": "a_0_2*a_1_3 - a_0_3*a_1_2",
        "degree": 2,
        "minor": {"rows": [0, 1], "columns": [2, 3]},
        "rank_condition": 0,
    }
    assert found["rank_conditions"] == "larger"
    assert found["outside"][0] == {"row": 0, "column": 1, "value": "1"}


@pytest.mark.slow
@singular_only
@pytest.mark.parametrize(
    ("text", "closed", "said"),
    [
        ("10/11 * 11/01", False, "over R: a real matrix outside this set is no product"),
        ("1/1 * 11", True, "over R: the products contain an open part of the real points"),
        ("1 * 11", True, "over R: the products have interior"),
    ],
)
def test_the_image_over_c(cli: Callable[..., Any], tmp_path: Path, text: str, closed: bool, said: str) -> None:
    path = problem(tmp_path, SupportProduct.from_text(text))
    run = cli("closure", path, "--complex", "--seconds", "30")
    assert (run.code, run.err) == (0, "")
    assert f"products over C: {'closed' if closed else 'not closed'} (word of singular" in run.out
    assert said in run.out
    found = json.loads(cli("closure", path, "--complex", "--json", "--seconds", "30").out)
    assert found["image_over_c"]["closed"] is closed


def test_the_command_without_singular(cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    from closedness.engines import process

    process.version_of.cache_clear()
    try:
        path = problem(tmp_path, dense(2, 3, 1))
        run = cli("closure", path, "--seconds", "3")
        assert run.code == 4
        assert "3 generators, complete up to degree " in run.out
        assert run.err.endswith("only: singular is not installed\n")
        run = cli("closure", path, "--no-ideal", "--complex")
        assert run.code == 4
        assert run.err == (
            "closedness: no image over C: singular is not installed: the image over C is computed by its library "
            "grobcov.lib\n"
        )
        assert json.loads(cli("closure", path, "--no-ideal", "--json").out)["ideal"] is None
        run = cli("closure", problem(tmp_path, plus_diagonal(3)))
        assert (run.code, run.err) == (0, "")
        assert "1 generator, complete (proved); degree of the closure 3\n" in run.out
    finally:
        process.version_of.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "options", "code", "why"),
    [
        ("sleep 60", ("--seconds", "1"), 4, "only: singular was stopped after"),
        ("sleep 60", ("--no-ideal", "--complex", "--seconds", "1"), 4, "no image over C: singular was stopped after"),
        ("FLOOD", ("--seconds", "9", "--memory", "100"), 4, "only: singular was stopped for using too much memory"),
        ("echo '@ basis v4'; echo '@ dimension 5'; echo '@ degree 1'; echo '@ end'", (), 70, "the Jacobian has rank 4"),
    ],
)
def test_the_command_when_singular_fails(
    cli: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    options: tuple[str, ...],
    code: int,
    why: str,
) -> None:
    from closedness.engines import process

    flood = f"exec {sys.executable} -c 'import time; x = bytearray(300 << 20); time.sleep(60)'"
    fake(tmp_path, flood if body == "FLOOD" else body, "Singular")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    process.version_of.cache_clear()
    try:
        run = cli("closure", problem(tmp_path, dense(2, 3, 1)), *options)
    finally:
        process.version_of.cache_clear()
    assert run.code == code
    assert why in run.err
    assert (run.err.count("\n"), run.err.startswith("closedness: ")) == (1, True)
    assert ("dimension 4 of 6 cells" in run.out) == (code == 4)


def test_the_command_refuses_bad_limits(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = problem(tmp_path, dense(2, 3, 1))
    run = cli("closure", path, "--memory", "1")
    assert (run.code, run.err) == (2, "closedness: --memory is 1, at least 64 megabytes are needed\n")
    assert cli("closure", path, "--seconds", "-1").code == 2
