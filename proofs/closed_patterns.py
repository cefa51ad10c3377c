"""The maximal closed patterns with three hidden indices whose stored proofs are case distinctions over all matrices.

For twelve of them all matrices on the covered cells are products, for three all products of a larger pattern. Which
factors are tried is told here, in the order of a proof by hand; ``sections.py`` finds the case distinctions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import combinations, product

from sections import (
    Candidates,
    Case,
    Choice,
    Plan,
    Search,
    Tree,
    Vector,
    cofactors,
    combined,
    determinant,
    evaluated,
    minor,
    minus,
    spans,
)
from translate import ONE, Poly, plus, times, variable

# ---- all matrices ---------------------------------------------------------------------------------


def unit_vectors(m: int) -> list[Vector]:
    """The standard basis."""
    return [[ONE if i == k else {} for i in range(m)] for k in range(m)]


def simple_vectors(search: Search, case: Case, k: int, special: list[int]) -> list[tuple[int, Vector]]:
    """Vectors for a hidden index: sums of unit vectors, parts of columns of the matrix, and sums of both."""
    rows = [i for i in range(search.m) if search.left[i][k]]
    unit = unit_vectors(search.m)
    found: list[tuple[int, Vector]] = [(0, [{}] * search.m)]
    found += [(1, unit[i]) for i in rows]
    found += [(2, combined((1, unit[i]), (sign, unit[j]))) for i, j in combinations(rows, 2) for sign in (1, -1)]
    if len(rows) == 3:
        found.append((3, combined(*((1, unit[i]) for i in rows))))
    for j in special:
        vector, _ = case.free_column(search.column(j))
        for size in range(1, len(rows) + 1):
            for chosen in combinations(rows, size):
                weight = 2 if size == len(rows) else 3
                part = [entry if i in chosen else {} for i, entry in enumerate(vector)]
                if any(part):
                    found.append((weight, part))
                    found += [(weight + 2, combined((1, part), (sign, unit[i]))) for i in rows for sign in (1, -1)]
    return sorted(found, key=lambda pair: pair[0])


def simple_factors(special: list[int]) -> Candidates:
    """First factors with such vectors, the simplest first."""

    def candidates(search: Search, case: Case) -> Iterator[Choice]:
        point = case.point(search.numbers, search.generator)
        vectors = [simple_vectors(search, case, k, special) for k in range(search.r)]
        values = [[[evaluated(entry, point) for entry in vector] for _, vector in own] for own in vectors]
        matrix = [[evaluated(entry, point) for entry in search.column(j)] for j in range(search.n)]
        types = [tuple(k for k in range(search.r) if search.right[k][j]) for j in range(search.n)]
        known: dict[tuple[object, ...], bool] = {}

        def fits(chosen: tuple[int, ...], j: int) -> bool:
            key = (j, *(chosen[k] for k in types[j]))
            if key not in known:
                known[key] = spans([values[k][chosen[k]] for k in types[j]], matrix[j])
            return known[key]

        by_weight: list[dict[int, list[int]]] = [{} for _ in vectors]
        for groups, own in zip(by_weight, vectors, strict=True):
            for c, (weight, _) in enumerate(own):
                groups.setdefault(weight, []).append(c)
        for weights in sorted(product(*by_weight), key=sum):
            for chosen in product(*(groups[w] for groups, w in zip(by_weight, weights, strict=True))):
                if all(fits(chosen, j) for j in range(search.n)):
                    yield Choice(sum(weights), [own[c][1] for own, c in zip(vectors, chosen, strict=True)], {})

    return candidates


def plan_nested(search: Search, case: Case) -> Iterator[Poly]:
    """Rows 011, 101, 111 and columns v of type 011, w of type 101: what the three vectors have to avoid."""
    v, w = search.column(0), search.column(1)
    yield v[1]
    yield w[0]
    if case.known(v[1]) and case.known(w[0]):
        yield v[0]
        yield minor(v, w, 0, 1)
        if case.known(minor(v, w, 0, 1)) is False:
            yield plus(v[0], w[0], -1)
            yield minor(v, w, 0, 2)
    else:
        yield from v
        yield from w
        yield minor(v, w, 0, 2)
        yield minor(v, w, 1, 2)


def nested_factors(search: Search, case: Case) -> Iterator[Choice]:
    """The same: v and w are sums, v = x + y and w = x + z or w = - x - z, or simple vectors do."""
    a, b = search.column(0), search.column(1)
    proportional = case.known(minor(a, b, 0, 1)) is False
    if not case.known(a[1]) or not case.known(b[0]) or (proportional and case.known(minor(a, b, 0, 2)) is False):
        yield from simple_factors([0, 1])(search, case)
        return
    (v, dv), (w, dw) = case.free_column(a), case.free_column(b)
    v, w, d = [times(entry, dw) for entry in v], [times(entry, dv) for entry in w], times(dv, dw)
    sign = -1 if proportional and case.known(plus(a[0], b[0], -1)) is False else 1
    w = [{m: sign * c for m, c in entry.items()} for entry in w]
    for last in ({},) if proportional else ({}, ONE):
        x = [w[0], v[1], last]
        unit = unit_vectors(3)
        right = {0: (combined((1, unit[0]), (1, unit[1])), d), 1: (combined((sign, unit[0]), (sign, unit[2])), d)}
        yield Choice(1, [x, combined((1, v), (-1, x)), combined((1, w), (-1, x))], right)


def plan_triangle(search: Search, case: Case) -> Iterator[Poly]:
    """Rows without zeros and columns v, w, u of the types 011, 101, 110: two independent ones, then all three."""
    v, w, u = (search.column(j) for j in range(3))
    minors = [minor(x, y, i, j) for x, y in ((v, w), (v, u), (w, u)) for i, j in combinations(range(3), 2)]
    if not any(case.known(p) for p in minors):
        yield from minors
        for entry in (*v, *w, *u):
            if case.known(entry):
                return
            yield entry
    yield determinant([list(row) for row in zip(v, w, u, strict=True)])


def triangle_factors(search: Search, case: Case) -> Iterator[Choice]:
    """The same: three planes with three given vectors, and a fourth vector in the space or plane they span."""
    found = [case.free_column(search.column(j)) for j in range(4)]
    v, w, u, z = (vector for vector, _ in found)
    zero: Vector = [{}, {}, {}]
    unit = unit_vectors(3)

    def choice(weight: int, left: list[Vector], right: dict[int, Vector]) -> Choice:
        return Choice(weight, left, {j: (vector, found[j][1]) for j, vector in right.items()})

    yield choice(0, [z, zero, zero], {3: unit[0]})
    for j, place in enumerate((0, 0, 2)):
        yield choice(1, [found[j][0], z, found[j][0]], {j: unit[place], 3: unit[1]})
    for t in unit:
        yield choice(2, [t, v, w], {0: unit[1], 1: unit[2]})
        yield choice(2, [v, t, u], {0: unit[0], 2: unit[2]})
        yield choice(2, [w, u, t], {1: unit[0], 2: unit[1]})
    # v = x + y, w = z - x, u = y + 2 z
    x, y, last = (combined((a, u), (b, v), (c, w)) for a, b, c in ((1, -1, -2), (-1, 2, 2), (1, -1, -1)))
    sums = [combined(*zip(coefficients, unit, strict=True)) for coefficients in ((1, 1, 0), (-1, 0, 1), (0, 1, 2))]
    yield choice(5, [x, y, last], dict(enumerate(sums)))


# ---- products of a larger pattern -----------------------------------------------------------------


def changed(search: Search, basis: list[Vector]) -> Choice:
    """Other vectors in the space of a larger pattern's hidden indices; the second factor changes the other way."""
    square = [list(row) for row in zip(*basis, strict=True)]
    d = determinant(square)
    _, second = larger_factors(search)
    right = {j: (cofactors(square, [row[j] for row in second]), d) for j in range(search.n)}
    return Choice(0, first_factor(search, basis), right)


def first_factor(search: Search, basis: list[Vector]) -> list[Vector]:
    """The columns of the larger pattern's first factor times the basis."""
    first, _ = larger_factors(search)
    return [
        [reduce(plus, (times(row[k], vector[k]) for k in range(search.r)), {}) for row in first] for vector in basis
    ]


def larger_factors(search: Search) -> tuple[list[Vector], list[Vector]]:
    """The factors of the larger pattern."""

    def entry(name: str) -> Poly:
        return variable(name) if name in search.numbers else {}

    first = [[entry(f"x:{i}:{k}") for k in range(search.r)] for i in range(search.m)]
    return first, [[entry(f"y:{k}:{j}") for j in range(search.n)] for k in range(search.r)]


def coordinates(search: Search, j: int) -> Vector:
    """A column of the larger pattern's second factor."""
    return [row[j] for row in larger_factors(search)[1]]


def one_combination(search: Search, _: Case) -> Iterator[Choice]:
    """The first column v is to have no part along the third vector: the second one is v without the first part."""
    unit = unit_vectors(3)
    v = coordinates(search, 0)
    yield changed(search, unit)
    for t in unit:
        yield changed(search, [unit[0], [{}, v[1], v[2]], t])


def two_combinations(search: Search, _: Case) -> Iterator[Choice]:
    """Columns v and w without parts along the third and the second vector; the last two are a plane."""
    first, *plane = unit_vectors(3)
    v, w = coordinates(search, 0), coordinates(search, 1)
    in_plane: Callable[[Vector], Vector] = lambda x: [{}, x[1], x[2]]  # noqa: E731
    yield changed(search, [first, *plane])
    for start in (v, w):
        yield changed(search, [start, *plane])
    for t in plane:
        yield changed(search, [v, t, [{}, minor(v, w, 0, 1), minor(v, w, 0, 2)]])
        yield changed(search, [w, [{}, minor(w, v, 0, 1), minor(w, v, 0, 2)], t])
        yield changed(search, [first, in_plane(v), t])
        yield changed(search, [first, t, in_plane(w)])
    yield changed(search, [first, in_plane(v), in_plane(w)])
    # both in the plane, and parallel: the first vector is free to be parallel, too
    for i in (1, 2):
        right = {j: (coordinates(search, j), ONE) for j in range(search.n)}
        right[0] = ([ONE, {}, {}], ONE)
        right[1] = ([w[i], {}, {}], v[i])
        yield Choice(1, first_factor(search, [in_plane(v), *plane]), right)


def three_vectors(search: Search, _: Case) -> Iterator[Choice]:
    """The same where the third vector must vanish in the first row, the others are free."""
    unit = unit_vectors(3)
    v, w = coordinates(search, 0), coordinates(search, 1)
    row = larger_factors(search)[0][0]
    yield changed(search, unit)
    for z in (unit[2], [row[1], minus(row[0]), {}], unit[0], unit[1]):
        yield changed(search, [w, v, z])
        for t in unit:
            yield changed(search, [v, t, z])
            yield changed(search, [w, t, z])
    for t in unit:
        yield changed(search, [t, v, w])


# ---- the patterns ---------------------------------------------------------------------------------

Types = tuple[int, ...]

# columns that simple vectors are parts of: those whose types do not give all vectors on their rows anyway
EVERYTHING: dict[tuple[Types, Types], tuple[Candidates, Plan | None]] = {
    ((3, 7), (3, 3, 4, 5, 5, 6, 6, 7, 7, 7)): (simple_factors([]), None),
    ((7, 7), (1, 3, 3, 5, 5, 6, 6, 7, 7, 7)): (simple_factors([0]), None),
    ((3, 7), (1, 3, 3, 4, 6, 6, 7, 7, 7)): (simple_factors([0]), None),
    ((7, 7), (1, 2, 5, 5, 6, 6, 7, 7, 7)): (simple_factors([0, 1]), None),
    ((1, 6, 7), (2, 6, 6, 7, 7, 7)): (simple_factors([0]), None),
    ((1, 6, 7), (3, 6, 6, 7, 7, 7)): (simple_factors([0]), None),
    ((3, 5, 7), (3, 5, 7, 7, 7)): (nested_factors, plan_nested),
    ((1, 6, 7), (2, 5, 6, 6)): (simple_factors([0, 1]), None),
    ((3, 5, 6), (3, 7, 7, 7)): (simple_factors([0]), None),
    ((3, 5, 7), (1, 7, 7, 7)): (simple_factors([0]), None),
    ((3, 5, 7), (6, 7, 7, 7)): (simple_factors([0]), None),
    ((7, 7, 7), (3, 5, 6, 7)): (triangle_factors, plan_triangle),
}
# the types of the larger pattern, for which rule `crossing` says that the set is closed
LARGER: dict[tuple[Types, Types], tuple[Types, Types, Candidates]] = {
    ((1, 7, 7, 7), (3, 6, 6, 7, 7, 7)): ((1, 7, 7, 7), (7, 6, 6, 7, 7, 7), one_combination),
    ((1, 7, 7, 7), (3, 5, 6, 6)): ((1, 7, 7, 7), (7, 7, 6, 6), two_combinations),
    ((3, 7, 7, 7), (3, 5, 7, 7, 7)): ((3, 7, 7, 7), (7, 7, 7, 7, 7), three_vectors),
}


def supports(rows: Types, columns: Types, hidden: int) -> tuple[list[list[bool]], list[list[bool]]]:
    """The supports of both factors."""
    left = [[bool(t >> k & 1) for k in range(hidden)] for t in rows]
    return left, [[bool(t >> k & 1) for t in columns] for k in range(hidden)]


def everything(rows: Types, columns: Types, hidden: int = 3) -> Tree:
    """All matrices on the covered cells are products."""
    candidates, plan = EVERYTHING[rows, columns]
    left, right = supports(rows, columns, hidden)
    n = len(columns)
    names = {f"a:{i}:{j}": i * n + j for i in range(len(rows)) for j in range(n) if rows[i] & columns[j]}
    matrix = [[variable(f"a:{i}:{j}") if f"a:{i}:{j}" in names else {} for j in range(n)] for i in range(len(rows))]
    search = Search(left, right, names, matrix, candidates, *([plan] if plan else []))
    return search.tree(Case())


def larger(rows: Types, columns: Types, hidden: int = 3) -> Tree:
    """All products of the larger pattern are products."""
    more_rows, more_columns, candidates = LARGER[rows, columns]
    left, right = supports(more_rows, more_columns, hidden)
    m, n = len(rows), len(columns)
    names = {f"x:{i}:{k}": i * hidden + k for i in range(m) for k in range(hidden) if left[i][k]}
    names |= {f"y:{k}:{j}": m * hidden + k * n + j for k in range(hidden) for j in range(n) if right[k][j]}
    search = Search(*supports(rows, columns, hidden), names, [], candidates)
    first, second = larger_factors(search)
    search.matrix = [
        [reduce(plus, (times(row[k], second[k][j]) for k in range(hidden)), {}) for j in range(n)] for row in first
    ]
    return search.tree(Case())
