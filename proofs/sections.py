"""Trees of cases for ``Sections.v``: all matrices of a family are products of a pattern.

For each case two factors are chosen whose entries are polynomials in the parameters of the family, and what must not
vanish for them becomes a case distinction; where it vanishes, a parameter is solved for, and other factors are chosen.
The parameters are the entries of the matrix or those of the factors of a larger pattern (``closed_patterns.py``).
Nothing here is trusted: Coq checks the trees by computation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import combinations
from typing import Any, NamedTuple

from translate import ONE, Monomial, Poly, by_degree, over_monomial, plus, times, variable
from translate import Untranslatable as NoQuotient

PRIME = (1 << 31) - 1
DEPTH = 30  # of trees; more means that the same case comes again
TRIED = 60  # factors that are compared before the best ones are taken
Vector = list[Poly]
Combination = dict[int, Poly]  # positions of equations, and multipliers
Point = dict[str, int]


class Choice(NamedTuple):
    """Factors to be tried: the columns of the first one, and what is known of those of the second.

    A column of the second factor stands with its denominator; the others follow by Cramer's rule.
    """

    weight: int
    left: list[Vector]
    right: dict[int, tuple[Vector, Poly]]


class Equation(NamedTuple):
    """``poly`` is ``sign * c * name + rest``, with ``c`` the product of the units."""

    poly: Poly
    name: str
    units: list[int]
    slope: Poly
    sign: int


Candidates = Callable[["Search", "Case"], Iterable[Choice]]
Plan = Callable[["Search", "Case"], Iterable[Poly]]


# ---- polynomials ----------------------------------------------------------------------------------


def minus(a: Poly) -> Poly:
    """The negative."""
    return {m: -c for m, c in a.items()}


def combined(*terms: tuple[int, Vector]) -> Vector:
    """A combination of vectors with integer coefficients."""
    total: Vector = [{} for _ in terms[0][1]]
    for c, vector in terms:
        total = [plus(a, b, c) for a, b in zip(total, vector, strict=True)]
    return total


def number_of(poly: Poly) -> int | None:
    """The polynomial as a number, if it is one that is not zero."""
    return int(poly[()]) if poly.keys() == {()} else None


def degree_of(poly: Poly) -> int:
    """The degree."""
    return max(sum(e for _, e in m) for m in poly)


def lexicographic(poly: Poly, names: list[str]) -> Monomial:
    """The largest monomial by the powers of the names in turn."""
    return max(poly, key=lambda m: [dict(m).get(name, 0) for name in names])


def quotient(a: Poly, b: Poly) -> Poly | None:
    """The quotient of two polynomials, if nothing is left."""
    names = sorted({name for p in (a, b) for m in p for name, _ in m})
    divisor = lexicographic(b, names)
    found: Poly = {}
    while a:
        top = lexicographic(a, names)
        try:
            term = {over_monomial(top, divisor): a[top] / b[divisor]}
        except NoQuotient:
            return None
        found = plus(found, term)
        a = plus(a, times(term, b), -1)
    return found


def determinant(rows: list[Vector]) -> Poly:
    """By the first row."""
    if not rows:
        return ONE
    total: Poly = {}
    for k, entry in enumerate(rows[0]):
        if entry:
            total = plus(total, times(entry, determinant([r[:k] + r[k + 1 :] for r in rows[1:]])), (-1) ** k)
    return total


def minor(x: Vector, y: Vector, i: int, j: int) -> Poly:
    """The determinant of two rows of two columns."""
    return determinant([[x[i], y[i]], [x[j], y[j]]])


def cofactors(rows: list[Vector], vector: Vector) -> Vector:
    """The adjugate of a square matrix times a vector."""
    found = []
    for k in range(len(rows)):
        replaced = [[*row[:k], entry, *row[k + 1 :]] for row, entry in zip(rows, vector, strict=True)]
        found.append(determinant(replaced))
    return found


def evaluated(poly: Poly, point: Point) -> int:
    """The value modulo the prime."""
    total = 0
    for m, c in poly.items():
        value = int(c)
        for name, e in m:
            value = value * pow(point[name], e, PRIME) % PRIME
        total += value
    return total % PRIME


def spans(columns: list[list[int]], vector: list[int]) -> bool:
    """Tell whether the vector is a combination of the columns, modulo the prime."""
    rows = [[*row, last] for row, last in zip(zip(*columns, strict=True), vector, strict=True)]
    rank = 0
    for c in range(len(columns)):
        found = next((i for i in range(rank, len(rows)) if rows[i][c]), None)
        if found is None:
            continue
        rows[rank], rows[found] = rows[found], rows[rank]
        inverse = pow(rows[rank][c], -1, PRIME)
        for i in range(rank + 1, len(rows)):
            factor = rows[i][c] * inverse % PRIME
            rows[i] = [(a - factor * b) % PRIME for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return not any(row[-1] for row in rows[rank:])


# ---- what is known in a case ----------------------------------------------------------------------


class Case:
    """Equations, each solved for a parameter, and units, polynomials that do not vanish."""

    def __init__(self, equations: Iterable[Equation] = (), units: Iterable[Poly] = ()) -> None:
        self.equations = list(equations)
        self.units = list(units)

    def unit(self, numbers: Iterable[int]) -> Poly:
        """A product of units."""
        return reduce(times, (self.units[u] for u in numbers), ONE)

    def factored(self, poly: Poly) -> tuple[list[int], Poly]:
        """Units that divide a polynomial, and the rest."""
        found = []
        for u, unit in enumerate(self.units):
            while poly and (rest := quotient(poly, unit)) is not None:
                if any(c.denominator != 1 for c in rest.values()):
                    break
                poly = rest
                found.append(u)
        return found, poly

    def reduced(self, poly: Poly) -> tuple[Poly, list[int], Combination]:
        """Free of the parameters that are solved for: units times the polynomial, less a combination of equations."""
        units: list[int] = []
        combination: Combination = {}
        for position, equation in enumerate(self.equations):
            while (degree := max(parts := by_degree(poly, equation.name), default=0)) > 0:
                power = variable(equation.name) if degree > 1 else ONE
                factor = reduce(times, [parts[degree], *[power] * (degree - 1)])
                factor = {m: equation.sign * c for m, c in factor.items()}
                combination = {p: times(equation.slope, h) for p, h in combination.items()}
                combination[position] = plus(combination.get(position, {}), factor)
                poly = plus(times(equation.slope, poly), times(factor, equation.poly), -1)
                units += equation.units
        return poly, units, {p: h for p, h in combination.items() if h}

    def known(self, poly: Poly) -> bool | None:
        """Does it vanish in this case? True for "never", False for "everywhere"."""
        left, _, _ = self.reduced(poly)
        return (number_of(self.factored(left)[1]) is not None or None) if left else False

    def free_column(self, column: Vector) -> tuple[Vector, Poly]:
        """A column times units, and the product of the units, such that no parameter is left that is solved for."""
        found = [self.reduced(entry) for entry in column]
        everything = [u for _, units, _ in found for u in units]
        vector = []
        for i, (left, _, _) in enumerate(found):
            others = [u for j, (_, units, _) in enumerate(found) if i != j for u in units]
            vector.append(times(left, self.unit(others)))
        return vector, self.unit(everything)

    def point(self, names: Iterable[str], generator: random.Random) -> Point:
        """Random parameters modulo the prime that satisfy the equations."""
        point = {name: generator.randrange(1, PRIME) for name in names}
        for equation in reversed(self.equations):
            rest = by_degree(equation.poly, equation.name).get(0, {})
            slope = equation.sign * evaluated(equation.slope, point)
            point[equation.name] = -evaluated(rest, point) * pow(slope, -1, PRIME) % PRIME
        return point


# ---- the search -----------------------------------------------------------------------------------


class Tree(NamedTuple):
    """A node of ``Sections.v`` as text, and how many leaves with factors it has."""

    text: str
    leaves: int


class Search:
    """A tree for a family of matrices and a pattern.

    ``numbers`` are the parameters with their numbers in Coq, ``matrix`` the matrices of the family.
    """

    def __init__(
        self,
        left: list[list[bool]],
        right: list[list[bool]],
        numbers: dict[str, int],
        matrix: list[Vector],
        candidates: Candidates,
        plan: Plan = lambda *_: (),
    ) -> None:
        self.m, self.r, self.n = len(left), len(right), len(right[0])
        self.left, self.right, self.numbers, self.matrix = left, right, numbers, matrix
        self.candidates, self.plan = candidates, plan
        self.generator = random.Random(1)

    def column(self, j: int) -> Vector:
        """A column of the matrix."""
        return [row[j] for row in self.matrix]

    def tree(self, case: Case, depth: int = 0) -> Tree:
        """Follow the plan, or take the factors that need the fewest case distinctions."""
        if depth > DEPTH:
            raise SystemExit("the cases do not come to an end")
        for poly in self.plan(self, case):
            if poly and case.known(poly) is None:
                return self.split(case, case.factored(case.reduced(poly)[0])[1], depth)
        point = case.point(self.numbers, self.generator)
        best: tuple[tuple[int, ...], list[Poly]] | None = None
        tried = 0
        for choice in self.candidates(self, case):
            found = self.factors(case, choice, point)
            if isinstance(found, Tree):
                return found
            if found is not None:
                size = sum(e for p in found for m in p for _, e in m)
                score = (len(found), sum(map(len, found)), size, choice.weight)
                best = min(best or (score, found), (score, found), key=lambda pair: pair[0])
                tried += 1
            if tried > TRIED:
                break
        if best is None:
            raise SystemExit(f"no factors for {[e.poly for e in case.equations]}, {case.units}")
        return self.split(case, min(best[1], key=lambda p: (degree_of(p), len(p), sorted(p))), depth)

    def split(self, case: Case, poly: Poly, depth: int) -> Tree:
        """Solve for a parameter where the polynomial vanishes; go on where it does not."""
        more = Case(case.equations, [*case.units, poly])
        number = number_of(poly)
        if number is not None:
            never = f"(SNever {self.combination({len(case.equations): ONE})} {integer(number)} [::])"
            return self.node(poly, Tree(never, 0), self.tree(more, depth + 1))
        common = set.intersection(*({name for name, _ in m} for m in poly))
        if common and len(poly) + len(next(iter(poly))) > 2:
            return self.split(case, variable(min(common)), depth)
        options = []
        for name in sorted({name for m in poly for name, _ in m}):
            parts = by_degree(poly, name)
            if max(parts) == 1:
                units, rest = case.factored(parts[1])
                options.append((number_of(rest) not in (1, -1), len(units), name, units, rest))
        if not options:
            raise SystemExit(f"cannot solve {poly}")
        hard, _, name, units, rest = min(options, key=lambda option: option[:3])
        if hard:
            return self.split(case, rest, depth)
        equation = Equation(poly, name, units, case.unit(units), number_of(rest) or 1)
        less = Case([*case.equations, equation], case.units)
        return self.node(poly, self.tidy(less, depth + 1), self.tree(more, depth + 1))

    def tidy(self, case: Case, depth: int) -> Tree:
        """What the units say in terms of the parameters that are left."""
        for u, unit in enumerate(case.units):
            left, units, combination = case.reduced(unit)
            if not combination:
                continue
            if not left:
                return Tree(f"(SNever {self.combination(combination)} {integer(1)} {sequence([*units, u])})", 0)
            rest = case.factored(left)[1]
            if number_of(rest) in (1, -1):
                continue
            multiplier = quotient(left, rest)
            assert multiplier is not None
            closing = {**combination, len(case.equations): multiplier}
            never = f"(SNever {self.combination(closing)} {integer(1)} {sequence([*units, u])})"
            return self.node(rest, Tree(never, 0), self.tidy(Case(case.equations, [*case.units, rest]), depth))
        return self.tree(case, depth)

    def node(self, poly: Poly, zero: Tree, nonzero: Tree) -> Tree:
        """The node of a case distinction."""
        return Tree(f"(SSplit {self.poly(poly)} {zero.text} {nonzero.text})", zero.leaves + nonzero.leaves)

    def factors(self, case: Case, choice: Choice, point: Point) -> Tree | list[Poly] | None:
        """A leaf with these factors, or what must not vanish for it; nothing if the factors do not fit."""
        left = [list(vector) for vector in choice.left]
        for k, vector in enumerate(left):
            for i in range(self.m):
                if vector[i] and not self.left[i][k]:
                    if case.reduced(vector[i])[0]:
                        return None
                    vector[i] = {}
        new: list[Poly] = []
        columns: list[tuple[Vector, list[int]]] = []
        for j in range(self.n):
            if j in choice.right:
                found = self.given(case, left, j, choice.right[j], point)
            else:
                found = self.cramer(case, left, j, point)
            if found is None:
                return None
            vector, units, rest = found
            if number_of(rest) not in (1, -1) and rest not in new and minus(rest) not in new:
                new.append(rest)
            if number_of(rest) == -1:
                vector = [minus(entry) for entry in vector]
            columns.append((vector, units))
        return new or self.leaf(case, left, columns)

    def given(
        self, case: Case, left: list[Vector], j: int, column: tuple[Vector, Poly], point: Point
    ) -> tuple[Vector, list[int], Poly] | None:
        """A column that is given with its denominator, if it fits: times units, units and the rest of it."""
        vector, denominator = column
        if any(entry and not self.right[k][j] and case.reduced(entry)[0] for k, entry in enumerate(vector)):
            return None
        d, units, _ = case.reduced(denominator)
        vector = [entry if self.right[k][j] else {} for k, entry in enumerate(vector)]
        for i in range(self.m):
            total = minus(times(denominator, self.matrix[i][j]))
            for k in range(self.r):
                total = plus(total, times(left[k][i], vector[k]))
            if evaluated(total, point):
                return None
        scale = case.unit(units)
        return ([times(entry, scale) for entry in vector], *case.factored(d)) if d else None

    def cramer(self, case: Case, left: list[Vector], j: int, point: Point) -> tuple[Vector, list[int], Poly] | None:
        """The same for a column that follows from some rows, those that need the least."""
        own = [k for k in range(self.r) if self.right[k][j]]
        target, denominator = case.free_column(self.column(j))
        best: tuple[Any, list[int], list[int], Poly] | None = None
        for size in range(len(own) + 1):
            for hidden in combinations(own, size):
                values = [[evaluated(entry, point) for entry in left[k]] for k in hidden]
                if not spans(values or [[0] * self.m], [evaluated(entry, point) for entry in target]):
                    continue
                for rows in combinations(range(self.m), size):
                    d, units, _ = case.reduced(determinant([[left[k][i] for k in hidden] for i in rows]))
                    if not d:
                        continue
                    more, rest = case.factored(d)
                    score = (number_of(rest) not in (1, -1), len(rest), len(more), hidden, rows)
                    if best is None or score < best[0]:
                        best = score, units, more, rest
        if best is None:
            return None
        (*_, hidden, rows), units, more, rest = best
        scale = case.unit(units)
        vector: Vector = [{} for _ in range(self.r)]
        if number_of(rest) in (1, -1):
            solved = cofactors([[left[k][i] for k in hidden] for i in rows], [times(target[i], scale) for i in rows])
            for k, entry in zip(hidden, solved, strict=True):
                vector[k] = entry
        # the column's own denominator is a product of units
        return vector, [*case.factored(denominator)[0], *more], rest

    def leaf(self, case: Case, left: list[Vector], columns: list[tuple[Vector, list[int]]]) -> Tree | None:
        """The leaf with these factors, if their product is the matrix, column by column up to units."""
        right: list[Vector] = [[] for _ in range(self.r)]
        denominators: list[str] = []
        rows: list[list[str]] = [[] for _ in range(self.m)]
        for j, (vector, numbers) in enumerate(columns):
            units = list(numbers)
            for u in sorted(set(units)):
                while u in units:
                    smaller = [quotient(entry, case.units[u]) for entry in vector]
                    if any(entry is None or any(c.denominator != 1 for c in entry.values()) for entry in smaller):
                        break
                    vector = [entry or {} for entry in smaller]
                    units.remove(u)
            found = []
            for i in range(self.m):
                total = minus(times(case.unit(units), self.matrix[i][j]))
                for k in range(self.r):
                    total = plus(total, times(left[k][i], vector[k]))
                rest, needed, combination = case.reduced(total)
                if rest:
                    return None
                found.append((needed, combination))
            # one multiplier for all rows of the column
            scale: list[int] = []
            for needed, _ in found:
                scale += without(needed, scale)
            for i, (needed, combination) in enumerate(found):
                factor = minus(case.unit(without(scale, needed)))
                rows[i].append(self.combination({p: times(factor, h) for p, h in combination.items()}))
            for k in range(self.r):
                right[k].append(times(vector[k], case.unit(scale)))
            denominators.append(sequence([*units, *scale]))
        first = sequence(sequence(self.poly(left[k][i]) for k in range(self.r)) for i in range(self.m))
        second = sequence(sequence(map(self.poly, row)) for row in right)
        return Tree(f"(SGiven {first} {second} {sequence(denominators)} {sequence(map(sequence, rows))})", 1)

    # ---- in Coq

    def poly(self, poly: Poly) -> str:
        """A polynomial in Coq."""
        terms = []
        for m, c in poly.items():
            numbers = sorted(self.numbers[name] for name, e in m for _ in range(e))
            terms.append(f"({integer(int(c))}, {sequence(numbers)})")
        return sequence(terms)

    def combination(self, combination: Combination) -> str:
        """A combination of equations in Coq."""
        return sequence(f"({position}, {self.poly(multiplier)})" for position, multiplier in combination.items())


def without(a: list[int], b: list[int]) -> list[int]:
    """The entries of a list that are left when those of another one are taken out, as often as they occur."""
    left = list(a)
    for entry in b:
        if entry in left:
            left.remove(entry)
    return left


def integer(value: int) -> str:
    """An integer in Coq."""
    return f"({value})%Z"


def sequence(parts: Iterable[object]) -> str:
    """A list in Coq on one line."""
    text = "; ".join(map(str, parts))
    return f"[:: {text}]" if text else "[::]"
