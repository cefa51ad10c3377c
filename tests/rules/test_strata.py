"""Stratification proofs: each move against matrices, each bound against random products, each proof replayed."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations

import flint
import numpy as np
import pytest
import sympy

from closedness import Certificate, check
from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.determinant import determinant
from closedness.algebra.matching import distinct_representatives
from closedness.algebra.polysystem import Branch
from closedness.algebra.rational_functions import evaluate_at, lowest_terms, quotient
from closedness.elaboration.tables import flatten
from closedness.equations.covers import line_cover, small_cover
from closedness.rules.generic import generic_factor
from closedness.rules.strata.family import Family
from closedness.rules.strata.outside import bounded_minors
from closedness.rules.strata.renaming import naming
from closedness.rules.strata.strata import StrataSearch
from closedness.supports.pattern import Pattern
from closedness.supports.state import State, column_clear, may_add_column, may_add_row, row_clear, with_entry
from tests.helpers.oracle import generic_rank, has_distinct_representatives, random_types, structural_rank, two_factors

SEEDS = range(30)


@pytest.fixture(params=SEEDS)
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


def random_state(rng: random.Random, r: int = 3, lines: int = 4) -> State:
    """A pattern with all cells looked at and random knowledge about its entries."""
    rows, cols = (random_types(rng, rng.randint(2, lines), r, 0.7) for _ in range(2))
    state = State.start(Pattern.of_types(rows, cols))
    for _ in range(rng.randint(0, 6)):
        unknown = [(p, j) for p, mask in enumerate(state.star) for j in bits(mask)]
        if unknown:
            p, j = rng.choice(unknown)
            state = with_entry(state, p, j, zero=rng.random() < 0.5)
    return state


def random_matrix(rng: random.Random, state: State) -> np.ndarray:
    """Integer entries that fit the state; rows are live rows."""
    matrix = np.zeros((len(state.rows), len(state.sigma)), dtype=object)
    for p in range(len(state.rows)):
        for j in bits(state.star[p] | state.nonzero[p]):
            choices = [1, -1, 2, 3, -5] if state.nonzero[p] >> j & 1 else [0, 1, -1, 2]
            matrix[p, j] = Fraction(rng.choice(choices))
    return matrix


def fits(matrix: np.ndarray, rows: tuple[int, ...], state: State) -> bool:
    """Whether a matrix (rows named by `rows`) has the zeros and non-zeros of the state where it is looked at."""
    for place, name in enumerate(rows):
        p = state.rows.index(name) if name in state.rows else None
        for j in range(matrix.shape[1]):
            if p is None:
                if any(state.omega[q] >> j & 1 for q in range(len(state.rows))) and matrix[place, j]:
                    return False
                continue
            looked_at = state.omega[p] >> j & 1
            if state.nonzero[p] >> j & 1 and not matrix[place, j]:
                return False
            if looked_at and not (state.star[p] | state.nonzero[p]) >> j & 1 and matrix[place, j]:
                return False
    return True


# -------------------------------------------------------------------- representatives and generic factors


def test_distinct_representatives(rng: random.Random) -> None:
    edges = {key: rng.getrandbits(5) & rng.getrandbits(5) for key in range(rng.randint(1, 5))}
    found = distinct_representatives(edges)
    assert (found is not None) == has_distinct_representatives([list(bits(mask)) for mask in edges.values()])
    if found is not None:
        assert len(set(found.values())) == len(edges)
        assert all(edges[key] >> b & 1 for key, b in found.items())


def test_generic_factors_mean_full_rank(rng: random.Random) -> None:
    rows, cols = (random_types(rng, rng.randint(1, 4), 4, 0.7) for _ in range(2))
    node = generic_factor(State.start(Pattern.of_types(rows, cols)))
    cells = [(i, j) for i, t in enumerate(rows) for j, s in enumerate(cols) if t & s]
    if node is not None and cells:
        assert generic_rank(rows, cols, cells, 4) == len(cells)


def test_generic_factors_solve_for_random_matrices() -> None:
    """One random Y, restricted as the node says, gives X for any matrix: exact linear algebra."""
    rng = random.Random(2)
    solved = 0
    for _ in range(200):
        rows, cols = (random_types(rng, rng.randint(1, 4), 4, 0.7) for _ in range(2))
        node = generic_factor(State.start(Pattern.of_types(rows, cols)))
        if node is None:
            continue
        if node["side"] == "columns":
            rows, cols = cols, rows
        y = {(k, j): rng.randint(1, 10**6) for j, s in enumerate(cols) for k in bits(s)}
        for i, pairs in node["lines"]:
            terms = [k for _, k in pairs]
            own = [j for j, _ in pairs]
            matrix = flint.fmpz_mat([[y.get((k, j), 0) for j in own] for k in terms]) if pairs else None
            assert matrix is None or matrix.rank() == len(own)
            assert all(rows[i] >> k & 1 for k in terms)
            touched = [j for j, s in enumerate(cols) if s & mask_of(terms)]
            assert set(touched) == set(own)
            assert {j for j, s in enumerate(cols) if s & rows[i]} <= set(own)
            solved += 1
    assert solved > 100


# -------------------------------------------------------------------- moves


def test_clearing_keeps_track_of_zeros(rng: random.Random) -> None:
    """Row and column operations on matrices that fit a state give matrices that fit the new state."""
    state = random_state(rng)
    pivots = [(p, j) for p, mask in enumerate(state.nonzero) for j in bits(mask)]
    for p, j in pivots:
        targets = [q for q in range(len(state.rows)) if q != p and may_add_row(state, p, q)]
        after = row_clear(state, p, j, targets)
        columns = [l for l in bits(state.star[p] | state.nonzero[p]) if l != j and may_add_column(state, j, l)]
        turned = column_clear(state, p, j, mask_of(columns))
        for _ in range(5):
            matrix = random_matrix(rng, state)
            changed = matrix.copy()
            for q in targets:
                changed[q] = changed[q] - matrix[q, j] / matrix[p, j] * matrix[p]
            for q in targets:
                changed[q, j] = Fraction(0)
            masked = changed.copy()
            for q in range(len(state.rows)):
                for l in range(matrix.shape[1]):
                    if not state.omega[q] >> l & 1:
                        masked[q, l] = Fraction(0)
            assert fits(masked, state.rows, after)
            other = matrix.copy()
            for l in columns:
                other[:, l] = other[:, l] - matrix[p, l] / matrix[p, j] * matrix[:, j]
            assert fits(other, state.rows, turned)


def test_operations_keep_products(rng: random.Random) -> None:
    """Adding a row (a column) to another one where it is allowed: the result is a product again, by its factors."""
    rows, cols = (random_types(rng, 4, 3, 0.6) for _ in range(2))
    state = State.start(Pattern.of_types(rows, cols))
    x = {(p, k): rng.randint(-9, 9) for p, t in enumerate(state.tau) for k in bits(t)}
    y = {(j, k): rng.randint(-9, 9) for j, s in enumerate(state.sigma) for k in bits(s)}

    def product(x: dict[tuple[int, int], int], y: dict[tuple[int, int], int]) -> np.ndarray:
        entries = [
            [sum(x.get((p, k), 0) * y.get((j, k), 0) for k in range(3)) for j in range(len(cols))]
            for p in range(len(state.rows))
        ]
        return np.array(entries).reshape(len(state.rows), len(cols))

    before = product(x, y)
    for p in range(len(state.rows)):
        for q in range(len(state.rows)):
            if p != q and may_add_row(state, p, q):
                moved = dict(x)
                for k in bits(state.tau[q]):
                    moved[q, k] += 3 * x.get((p, k), 0)
                expected = before.copy()
                expected[q] += 3 * before[p]
                live = [j for j in range(len(cols)) if state.omega[q] >> j & 1]
                assert (product(moved, y)[q, live] == expected[q, live]).all()
    for j in range(len(cols)):
        for l in range(len(cols)):
            if j != l and state.sigma[j] and state.sigma[l] and may_add_column(state, j, l):
                moved = dict(y)
                for k in bits(state.sigma[l]):
                    moved[l, k] += 3 * y.get((j, k), 0)
                expected = before.copy()
                expected[:, l] += 3 * before[:, j]
                live = [p for p in range(len(state.rows)) if state.omega[p] >> l & 1]
                assert (product(x, moved)[live, l] == expected[live, l]).all()


def test_splitting_is_a_distinction(rng: random.Random) -> None:
    state = random_state(rng)
    unknown = [(p, j) for p, mask in enumerate(state.star) for j in bits(mask)]
    if not unknown:
        return
    p, j = rng.choice(unknown)
    zero, nonzero = with_entry(state, p, j, zero=True), with_entry(state, p, j, zero=False)
    for _ in range(10):
        matrix = random_matrix(rng, state)
        assert fits(matrix, state.rows, nonzero if matrix[p, j] else zero)
        assert not (fits(matrix, state.rows, nonzero) and not matrix[p, j])


# -------------------------------------------------------------------- rank bounds


def test_covers_bound_the_rank_of_products(rng: random.Random) -> None:
    state = random_state(rng)
    if not state.rows:
        return
    x = {(p, k): rng.randint(1, 99) for p, t in enumerate(state.tau) for k in bits(t)}
    y = {(j, k): rng.randint(1, 99) for j, s in enumerate(state.sigma) for k in bits(s)}
    for rows, columns, cover in bounded_minors(state, 3):
        places = [state.rows.index(i) for i in rows]
        matrix = [[sum(x.get((p, k), 0) * y.get((j, k), 0) for k in range(3)) for j in columns] for p in places]
        bound = sum(len(part) for part in cover.values())
        assert bound < len(rows)
        assert flint.fmpz_mat(matrix).rank() <= bound


def test_small_covers_are_found_when_there_are_any(rng: random.Random) -> None:
    """With rows and columns only, covers are vertex covers: as small as matchings are large."""
    edges = {p: rng.getrandbits(4) & rng.getrandbits(4) for p in range(4)}
    size = structural_rank({p: list(bits(mask)) for p, mask in edges.items()})
    assert line_cover(edges, size - 1) is None
    found = line_cover(edges, size)
    assert found is not None
    assert len(found[0]) + len(found[1]) <= size
    assert all(p in found[0] or set(bits(mask)) <= set(found[1]) for p, mask in edges.items())
    state = State.start(Pattern.of_types([1, 3, 3], [3, 3, 1]))
    assert small_cover(state, [0, 1, 2], 0b111, 2) == {"rows": [], "columns": [], "terms": [0, 1]}
    assert small_cover(state, [0, 1, 2], 0b111, 1) is None


def test_determinants_against_sympy(rng: random.Random) -> None:
    n = rng.randint(1, 4)
    context = flint.fmpz_mpoly_ctx.get(("a", "b"), flint.Ordering.degrevlex)
    a, b = context.gens()
    sa, sb = sympy.symbols("a b")
    choices = [(a, sa), (b, sb), (a * b, sa * sb), (context.constant(2), 2), (context.constant(0), 0)]
    matrix = [[rng.choice(choices) for _ in range(n)] for _ in range(n)]
    ours = determinant([[entry for entry, _ in row] for row in matrix])
    theirs = sympy.Matrix([[entry for _, entry in row] for row in matrix]).det()
    total = sum((int(c) * sa ** int(m[0]) * sb ** int(m[1]) for m, c in ours.to_dict().items()), sympy.Integer(0))
    assert sympy.expand(total - theirs) == 0


# -------------------------------------------------------------------- families, names, proofs


def test_members_of_families_fit_the_state(rng: random.Random) -> None:
    state = random_state(rng)
    if not state.rows:
        return
    family = Family(state)
    base = Branch(family.system, family.nonzero)
    members = list(family.members(base, 5, seed=1))
    assert members
    for values in members:
        matrix = np.zeros((len(state.rows), len(state.sigma)), dtype=object)
        for (i, j), value in family.matrix(values).items():
            matrix[state.rows.index(i), j] = value
        assert fits(matrix, state.rows, state)
        point = family.factors(values).point
        if point is None:
            continue
        for p, i in enumerate(state.rows):
            for j in bits(state.omega[p]):
                total = sum(
                    point.get(f"x:{i}:{k}", Fraction(0)) * point.get(f"y:{k}:{j}", Fraction(0))
                    for k in bits(state.tau[p] & state.sigma[j])
                )
                assert total == matrix[p, j]


def test_equal_keys_are_renamings(rng: random.Random) -> None:
    """Rename a state at random; when the keys agree, the renaming between them maps one onto the other."""
    rows, cols = (random_types(rng, 4, 3, 0.6) for _ in range(2))
    state = State.start(Pattern.of_types(rows, cols))
    order = rng.sample(range(3), 3)
    moved = [[sum(1 << order[k] for k in bits(t)) for t in rng.sample(side, len(side))] for side in (rows, cols)]
    other = State.start(Pattern.of_types(*moved))
    first, second = naming(state), naming(other)
    if first.key != second.key:
        return
    maps = {side: dict(map(tuple, pairs)) for side, pairs in first.onto(second).items()}
    for p, i in enumerate(state.rows):
        image = mask_of(maps["terms"][k] for k in bits(state.tau[p]))
        assert image == other.tau[other.rows.index(maps["rows"][i])]
        columns = mask_of(maps["columns"][j] for j in bits(state.star[p]))
        assert columns == other.star[other.rows.index(maps["rows"][i])]


def test_different_states_have_different_keys() -> None:
    states = [State.start(Pattern.of_types(rows, (3, 5, 7))) for rows in combinations((1, 3, 5, 6, 7), 3)]
    keys = [naming(state).key for state in states]
    assert len(set(keys)) > len(keys) // 2
    start = State.start(Pattern.of_types((3, 5), (3, 5)))
    assert naming(with_entry(start, 0, 0, zero=False)).key != naming(start).key


@pytest.mark.parametrize("rows", [(3, 7, 7), (1, 7, 7, 7), (3, 5, 6)])
@pytest.mark.parametrize("cols", [(3, 7, 7), (7, 7, 7), (3, 7, 7, 7)])
def test_proofs_are_replayed(rows: tuple[int, ...], cols: tuple[int, ...]) -> None:
    pattern = Pattern.of_types(rows, cols)
    tree = StrataSearch(5_000).closed(State.start(pattern))
    assert tree is not None
    product = two_factors(rows, cols, 3)
    certificate = Certificate.closed(product, "real", {"rule": "strata", "nodes": flatten(tree)}, {})
    report = check(certificate)
    assert report.verified, report.reason
    assert report.rules == ("strata",)


def test_what_is_not_closed_is_not_proved() -> None:
    for rows, cols in (((1, 3), (1, 3)), ((1, 2, 3), (3, 3)), ((3, 5, 6), (3, 5, 6))):
        search = StrataSearch(2_000)
        assert search.closed(State.start(Pattern.of_types(rows, cols))) is None
        assert search.stuck


# -------------------------------------------------------------------- rational functions


def test_rational_functions_against_sympy(rng: random.Random) -> None:
    context = flint.fmpz_mpoly_ctx.get(("a", "b"), flint.Ordering.degrevlex)
    a, b = context.gens()
    sa, sb = sympy.symbols("a b")

    def pick() -> tuple[object, sympy.Expr]:
        return rng.choice([(a + b, sa + sb), (a * b, sa * sb), (a - 2 * b, sa - 2 * sb), (b, sb), (a * a, sa**2)])

    (top, stop), (bottom, sbottom), (third, sthird) = pick(), pick(), pick()

    def expression(pair: tuple[object, object]) -> sympy.Expr:
        def read(poly: object) -> sympy.Expr:
            terms = poly.to_dict().items()  # type: ignore[attr-defined]
            return sum((int(c) * sa ** int(m[0]) * sb ** int(m[1]) for m, c in terms), sympy.Integer(0))

        assert pair[0].gcd(pair[1]).is_one()  # type: ignore[attr-defined]
        return read(pair[0]) / read(pair[1])

    assert sympy.cancel(expression(lowest_terms(top * third, bottom * third)) - stop / sbottom) == 0
    assert sympy.cancel(expression(quotient((top, third), (bottom, third))) - stop / sbottom) == 0
    poly = a * a * b + 3 * a - b
    value = evaluate_at(poly, {0: lowest_terms(top, bottom), 1: lowest_terms(third, bottom)})
    expected = (sa**2 * sb + 3 * sa - sb).subs({sa: stop / sbottom, sb: sthird / sbottom}, simultaneous=True)
    assert sympy.cancel(expression(value) - expected) == 0
    assert evaluate_at(context.constant(0), {})[0].is_zero()
