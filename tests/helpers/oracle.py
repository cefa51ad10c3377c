"""Slow, independent answers for the tests: nothing here uses the library's criteria or reductions.

A two-factor pattern is a pair of lists of bitmasks: bit ``k`` of ``rows[i]`` (of ``cols[j]``) is set when the row (the
column) may use the hidden index ``k``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, combinations, combinations_with_replacement, permutations, product

import flint
import numpy as np
import sympy

from closedness import Support, SupportProduct
from closedness.supports.canonical import canonical_types

Types = tuple[int, ...]
Pair = tuple[Types, Types]
Cell = tuple[int, int]
Target = dict[Cell, Fraction]
Laurent = dict[int, Fraction]


def members(mask: int) -> list[int]:
    """The positions of the ones."""
    return [k for k in range(mask.bit_length()) if mask >> k & 1]


def two_factors(rows: Sequence[int], cols: Sequence[int], r: int) -> SupportProduct:
    """The support product with these row and column types."""
    return SupportProduct.from_pair(Support.from_masks((len(rows), r), rows), Support.from_masks((len(cols), r), cols))


def lower_triangular(n: int) -> SupportProduct:
    """The supports of an LU factorisation without pivoting."""
    types = [(1 << i + 1) - 1 for i in range(n)]
    return two_factors(types, types, n)


def random_types(rng: random.Random, lines: int, r: int, density: float) -> Types:
    """Random row or column types."""
    return tuple(sum((rng.random() < density) << k for k in range(r)) for _ in range(lines))


# ------------------------------------------------------------------------------ lists of patterns


def classes(r: int, m: int, n: int, *, empty: bool = False) -> list[Pair]:
    """All patterns up to order, relabelling and transposition; every hidden index occurs on both sides."""
    low = 0 if empty else 1
    everything = (1 << r) - 1
    found = set()
    for rows in combinations_with_replacement(range(low, 1 << r), m):
        if _union(rows) != everything:
            continue
        for cols in combinations_with_replacement(range(low, 1 << r), n):
            if _union(cols) == everything:
                found.add(canonical_types(rows, cols, r))
    return sorted(found)


def capped_configurations(r: int) -> list[Types]:
    """Multisets of non-empty types with at most ``|τ|`` copies of ``τ``: more copies never matter (twins)."""
    choices = [[(tau,) * n for n in range(tau.bit_count() + 1)] for tau in range(1, 1 << r)]
    return [tuple(chain.from_iterable(pick)) for pick in product(*choices)]


def is_capped(types: Iterable[int]) -> bool:
    """At most ``|τ|`` copies of each type."""
    return all(n <= tau.bit_count() for tau, n in Counter(types).items() if tau)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


# ------------------------------------------------------------------------------ theorems used as oracles

# the minimal patterns with two hidden indices that are not closed (rows, columns)
FORBIDDEN_RANK_TWO: tuple[Pair, ...] = (((1, 3), (1, 3)), ((1, 2, 3), (3, 3)), ((3, 3), (1, 2, 3)))


def closed_by_forbidden_subpatterns(rows: Sequence[int], cols: Sequence[int]) -> bool:
    """Closedness for two hidden indices: no choice of rows and columns gives a forbidden sub-pattern."""
    for forbidden_rows, forbidden_cols in FORBIDDEN_RANK_TWO:
        for names in ((1, 2), (2, 1)):

            def renamed(types: Types, names: tuple[int, int] = names) -> Counter[int]:
                return Counter(sum(names[k] for k in members(t)) for t in types)

            if renamed(forbidden_rows) <= Counter(rows) and renamed(forbidden_cols) <= Counter(cols):
                return False
    return True


def is_chain(types: Iterable[int]) -> bool:
    """Any two types are comparable."""
    return all(a & b in (a, b) for a, b in combinations(types, 2))


def closed_by_orbits(rows: Sequence[int], cols: Sequence[int]) -> bool:
    """Closedness when row types and column types form chains: the rook placements in the set are a lower set.

    With lines sorted by inclusion, smallest types first, the set is a union of orbits of rook placements; a placement
    lies in the closure of the orbit of another one exactly when all its leading block counts are at most the other's.
    A placement is a product exactly when its rooks have distinct hidden indices to represent them.
    """
    assert is_chain(rows)
    assert is_chain(cols)
    rows, cols = sorted(rows, key=int.bit_count), sorted(cols, key=int.bit_count)
    inside, outside = [], []
    for placement in rook_placements(rows, cols):
        counts = np.zeros((len(rows), len(cols)), dtype=int)
        for i, j in placement:
            counts[i:, j:] += 1
        represented = has_distinct_representatives([members(rows[i] & cols[j]) for i, j in placement])
        (inside if represented else outside).append(counts)
    return not any((low <= high).all() for low in outside for high in inside)


def rook_placements(rows: Sequence[int], cols: Sequence[int]) -> Iterator[list[Cell]]:
    """All sets of covered cells with at most one in each row and each column."""

    def extend(i: int, used: frozenset[int]) -> Iterator[list[Cell]]:
        if i == len(rows):
            yield []
            return
        yield from extend(i + 1, used)
        for j, sigma in enumerate(cols):
            if j not in used and rows[i] & sigma:
                for rest in extend(i + 1, used | {j}):
                    yield [(i, j), *rest]

    return extend(0, frozenset())


def has_distinct_representatives(sets: Sequence[Sequence[int]]) -> bool:
    """Brute force over all choices."""
    return any(len(set(choice)) == len(sets) for choice in product(*sets))


def lu_exists(matrix: Sequence[Sequence[int]]) -> bool:
    """Whether ``A = LU`` has a solution: ``rk A[:k,:] + rk A[:,:k] ≤ k + rk A[:k,:k]`` for all k.

    References
    ----------
    P. Okunev, C. R. Johnson, "Necessary and sufficient conditions for existence of the LU factorization of an
    arbitrary matrix", arXiv math/0506382.
    """
    n = len(matrix)
    return all(
        rank(matrix[:k]) + rank([row[:k] for row in matrix]) <= k + rank([row[:k] for row in matrix[:k]])
        for k in range(1, n + 1)
    )


def rank(matrix: Sequence[Sequence[int]]) -> int:
    """Rank of an integer matrix."""
    return int(flint.fmpz_mat([list(row) for row in matrix]).rank())


# ------------------------------------------------------------------------------ limits


def random_limit(rng: random.Random, rows: Sequence[int], cols: Sequence[int], r: int) -> tuple[Target, list[Target]]:
    """A limit of products, and what its construction can be checked with.

    Some terms ``(x/t + u_k)(y_k + t v_k)ᵀ`` share the vector ``x`` (or, transposed, ``y``) and ``Σ y_k = 0``; the
    others are constant. All supports are respected, so the limit ``Σ u_k y_kᵀ + x v_kᵀ`` plus the others is in the
    closure of the products.

    Returns
    -------
    target : dict
        The non-zero entries of the limit.
    coefficients : list of dict
        The matrices at ``1/t``, which vanishes, and at ``t``.
    """
    if rng.random() < 0.5:
        limit, others = random_limit_by_columns(rng, cols, rows, r)
        return _transposed(limit), [_transposed(each) for each in others]
    return random_limit_by_columns(rng, rows, cols, r)


def _transposed(matrix: Target) -> Target:
    return {(j, i): value for (i, j), value in matrix.items()}


def random_limit_by_columns(
    rng: random.Random, rows: Sequence[int], cols: Sequence[int], r: int
) -> tuple[Target, list[Target]]:
    """The limits with a common ``x``."""
    values = [0, 0, 1, 1, -1, 2]
    I = [[i for i, t in enumerate(rows) if t >> k & 1] for k in range(r)]
    J = [[j for j, t in enumerate(cols) if t >> k & 1] for k in range(r)]

    def vector(support: Iterable[int]) -> dict[int, Fraction]:
        return {i: Fraction(v) for i in support if (v := rng.choice(values))}

    chosen = rng.sample(range(r), rng.randint(2, min(r, 3))) if r > 1 else []
    common = set.intersection(*(set(I[k]) for k in chosen)) if chosen else set()
    x = vector(sorted(common))
    y: dict[int, dict[int, Fraction]] = {k: {} for k in chosen}
    for j in range(len(cols)):
        having = [k for k in chosen if j in J[k]]
        if len(having) > 1 and rng.random() < 0.7:
            free = {k: Fraction(rng.choice(values)) for k in having[1:]}
            for k, value in {**free, having[0]: -sum(free.values(), Fraction(0))}.items():
                if value:
                    y[k][j] = value
    pole: Target = {}
    limit: Target = {}
    higher: Target = {}
    for k in range(r):
        u, v = vector(I[k]), vector(J[k])
        if k in chosen:
            _add_outer(pole, x, y[k])
            _add_outer(limit, u, y[k])
            _add_outer(limit, x, v)
            _add_outer(higher, u, v)
        else:
            _add_outer(limit, u, v)
    return _cleaned(limit), [_cleaned(pole), _cleaned(higher)]


def _add_outer(total: Target, x: Mapping[int, Fraction], y: Mapping[int, Fraction]) -> None:
    for i, a in x.items():
        for j, b in y.items():
            total[i, j] = total.get((i, j), Fraction(0)) + a * b


def _cleaned(matrix: Target) -> Target:
    return {cell: value for cell, value in matrix.items() if value}


def uncrossed(rng: random.Random, rows: Sequence[int], cols: Sequence[int], r: int) -> Pair:
    """Replace two overlapping rectangles by ``(I_k ∪ I_l) × (J_k ∩ J_l)`` and ``(I_k ∩ I_l) × (J_k ∪ J_l)``.

    All products with the new supports are limits of products with the old ones.
    """
    pairs = [
        (k, l)
        for k in range(r)
        for l in range(r)
        if k != l
        and any(t >> k & 1 and t >> l & 1 for t in rows)
        and any(t >> k & 1 and t >> l & 1 for t in cols)
    ]
    if not pairs:
        return tuple(rows), tuple(cols)
    k, l = rng.choice(pairs)
    a, b = 1 << k, 1 << l

    def joined(t: int) -> int:
        """The first becomes the union, the second the intersection."""
        return (t & ~(a | b)) | (a if t & (a | b) else 0) | (b if t & a and t & b else 0)

    def met(t: int) -> int:
        return (t & ~(a | b)) | (b if t & (a | b) else 0) | (a if t & a and t & b else 0)

    return tuple(map(joined, rows)), tuple(map(met, cols))


def multiply(product_: SupportProduct, point: Mapping[str, Fraction]) -> Target:
    """Multiply factors given as ``{"level:i:j": value}``, after checking that they respect the supports."""
    factors: list[dict[Cell, Fraction]] = [{} for _ in product_.factors]
    for name, value in point.items():
        level, i, j = map(int, name.split(":"))
        assert j in product_.factors[level].rows[i], f"{name} is outside the support"
        factors[level][i, j] = value
    total = factors[0]
    for factor in factors[1:]:
        following: dict[Cell, Fraction] = {}
        for (i, k), left in total.items():
            for (k2, j), right in factor.items():
                if k == k2:
                    following[i, j] = following.get((i, j), Fraction(0)) + left * right
        total = following
    return _cleaned(total)


def multiply_laurent(curve: Sequence[Mapping[Cell, Laurent]]) -> dict[Cell, sympy.Expr]:
    """The product of the factors of a curve, by sympy."""
    t = sympy.Symbol("t")
    total: dict[Cell, sympy.Expr] = {}
    for number, factor in enumerate(curve):
        symbolic = {
            cell: sum((sympy.Rational(v.numerator, v.denominator) * t**e for e, v in laurent.items()), sympy.Integer(0))
            for cell, laurent in factor.items()
        }
        if number == 0:
            total = symbolic
            continue
        following: dict[Cell, sympy.Expr] = {}
        for (i, k), left in total.items():
            for (k2, j), right in symbolic.items():
                if k == k2:
                    following[i, j] = following.get((i, j), sympy.Integer(0)) + left * right
        total = following
    return {cell: sympy.expand(value) for cell, value in total.items()}


def limit_of(curve: Sequence[Mapping[Cell, Laurent]]) -> Target | None:
    """The limit of the product as ``t → 0``, None when it diverges."""
    t = sympy.Symbol("t")
    limit: Target = {}
    for cell, value in multiply_laurent(curve).items():
        if value == 0:
            continue
        for term in sympy.Add.make_args(value):
            coefficient, exponent = term.as_coeff_exponent(t)
            if exponent < 0:
                return None
            if exponent == 0:
                limit[cell] = Fraction(int(coefficient.p), int(coefficient.q))
    return _cleaned(limit)


# ------------------------------------------------------------------------------ ranks, matchings, graphs


def generic_rank(rows: Sequence[int], cols: Sequence[int], cells: Iterable[Cell], r: int, seed: int = 0) -> int:
    """Rank of the Jacobian of ``(X, Y) ↦ (X Yᵀ)`` at the given cells, at a random integer point.

    The set of products is dense in the coordinate space of the cells over C exactly when it is their number.
    """
    rng = random.Random(seed)
    x = {(i, k): rng.randint(1, 10**6) for i, t in enumerate(rows) for k in range(r) if t >> k & 1}
    y = {(j, k): rng.randint(1, 10**6) for j, t in enumerate(cols) for k in range(r) if t >> k & 1}
    left, right = list(x), list(y)
    jacobian = []
    for i, j in cells:
        row = [0] * (len(left) + len(right))
        for k in members(rows[i] & cols[j]):
            row[left.index((i, k))] = y[j, k]
            row[len(left) + right.index((j, k))] = x[i, k]
        jacobian.append(row)
    return rank(jacobian) if jacobian and jacobian[0] else 0


def structural_rank(edges: Mapping[int, Iterable[int]]) -> int:
    """Size of a maximum matching, by brute force over injective choices."""
    keys = list(edges)
    best = 0
    for size in range(len(keys), 0, -1):
        for some in combinations(keys, size):
            if any(len(set(choice)) == size for choice in product(*(tuple(edges[key]) for key in some))):
                return size
    return best


def two_by_two_is_lu(rows: Sequence[int], cols: Sequence[int], i: Sequence[int], j: Sequence[int]) -> bool:
    """Two rows and two columns: exactly one rectangle covers all four cells and the others exactly one cell."""
    cover = [[rows[a] & cols[b] for b in j] for a in i]
    everywhere = cover[0][0] & cover[0][1] & cover[1][0] & cover[1][1]
    if everywhere.bit_count() != 1:
        return False
    return sum(bool(cell & ~everywhere) for line in cover for cell in line) == 1


def has_lu_pattern(rows: Sequence[int], cols: Sequence[int]) -> bool:
    """Brute force over all pairs of rows and of columns."""
    return any(
        two_by_two_is_lu(rows, cols, i, j)
        for i in combinations(range(len(rows)), 2)
        for j in combinations(range(len(cols)), 2)
    )


def is_union_of_bicliques(cells: Iterable[Cell]) -> bool:
    """No three cells of a 2×2 block without the fourth."""
    have = set(cells)
    lines = {i for i, _ in have}
    return not any(
        sum(cell in have for cell in ((a, b), (a, d), (c, b), (c, d))) == 3
        for a, c in combinations(sorted(lines), 2)
        for b, d in combinations(sorted({j for _, j in have}), 2)
    )


def has_subpattern(rows: Sequence[int], cols: Sequence[int], small: Pair, r: int) -> bool:
    """Whether deleting rows and columns gives the small pattern up to names and transposition (brute force)."""
    hidden = max(*small[0], *small[1], 1).bit_length()
    wanted = canonical_types(*_shrunk(*small, hidden), hidden)
    for a, b in ((rows, cols), (cols, rows)):
        for i in combinations(range(len(a)), len(small[0])):
            for j in combinations(range(len(b)), len(small[1])):
                left, right = [a[p] for p in i], [b[p] for p in j]
                both = _union(left) & _union(right) & ((1 << r) - 1)
                if both.bit_count() == hidden:
                    names = {k: new for new, k in enumerate(members(both))}
                    shrunk = [[sum(1 << names[k] for k in members(t & both)) for t in side] for side in (left, right)]
                    if canonical_types(*shrunk, hidden) == wanted:
                        return True
    return False


def _shrunk(rows: Types, cols: Types, hidden: int) -> Pair:
    assert _union(rows) == _union(cols) == (1 << hidden) - 1
    return rows, cols


def renamings(r: int) -> Iterator[dict[int, int]]:
    """All relabellings of the hidden indices, as maps of bitmasks."""
    for order in permutations(range(r)):
        yield {mask: sum(1 << order[k] for k in members(mask)) for mask in range(1 << r)}
