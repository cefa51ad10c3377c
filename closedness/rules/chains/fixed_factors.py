"""All factors of a chain but two fixed to partial permutations: a pattern of two factors inside the chain."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_mat

from closedness.algebra.bitsets import mask_of
from closedness.algebra.matching import Matching
from closedness.rules.generic import generic_factor
from closedness.supports.masks import Cell
from closedness.supports.state import State, trimmed

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain

Node = dict[str, Any]
# choices of partial permutations for each pair of factors that stays free
MOST_CHOICES = 8
ONE: Node = {"constant": "1", "powers": []}


@dataclass(frozen=True)
class Special:
    """Two free factors of a chain, the others fixed to partial permutations.

    Attributes
    ----------
    free : (int, int)
        The free factors.
    ones : tuple of dict
        For every factor the fixed entries, row to column; empty for the free ones.
    left, right : dict of (int, int) to (int, int)
        Entries of the two factors of the pattern to entries of the free factors; hidden indices are the columns of
        the first free factor.
    """

    free: tuple[int, int]
    ones: tuple[dict[int, int], ...]
    left: dict[Cell, Cell]
    right: dict[Cell, Cell]

    def state(self, state: State) -> State:
        """The same matrices, looked at as possible products of the pattern."""
        tau: dict[int, int] = {}
        for i, k in self.left:
            tau[i] = tau.get(i, 0) | 1 << k
        sigma = [0] * len(state.sigma)
        for k, j in self.right:
            sigma[j] |= 1 << k
        types = tuple(tau.get(i, 0) for i in state.rows)
        return trimmed(state.rows, types, state.omega, state.star, state.nonzero, tuple(sigma))

    def fixed(self, chain: Chain) -> dict[str, int]:
        """The values 0 and 1 of the entries of the fixed factors, by the names ``level:i:j``."""
        return {
            f"{level}:{i}:{j}": int(self.ones[level].get(i) == j)
            for level, factor in enumerate(chain)
            if level not in self.free
            for i, j in factor
        }


def specials(chain: Chain, *, seed: int = 0) -> list[Special]:
    """Choices of two free factors and of partial permutations inside the other supports.

    Examples
    --------
    >>> from closedness.supports.support import Support
    >>> dense = Support.from_text("11/11")
    >>> len(specials((dense, dense, dense)))
    6
    """
    rng = random.Random(seed)
    permutations = [_partial_permutations(factor.rows, rng) for factor in chain]
    found: dict[tuple[Any, ...], Special] = {}
    for a, b in combinations(range(len(chain)), 2):
        others = [level for level in range(len(chain)) if level not in (a, b)]
        for attempt in range(MOST_CHOICES):
            ones: list[dict[int, int]] = [{} for _ in chain]
            for number, level in enumerate(others):
                several = permutations[level]
                # the first choices run through the permutations of a single factor
                ones[level] = several[attempt % len(several)] if not number else rng.choice(several)
            key = (a, b, *(tuple(sorted(each.items())) for each in ones))
            if key not in found:
                found[key] = _special(chain, a, b, ones)
    return list(found.values())


def _partial_permutations(rows: tuple[tuple[int, ...], ...], rng: random.Random) -> list[dict[int, int]]:
    """Some largest sets of entries without common row or column, at most one in a line."""
    best: list[dict[int, int]] = []
    for _ in range(4 * MOST_CHOICES):
        names = sorted({j for row in rows for j in row})
        rng.shuffle(names)
        bit = {j: b for b, j in enumerate(names)}
        order = rng.sample(range(len(rows)), len(rows))
        matching = Matching({i: mask_of(bit[j] for j in rows[i]) for i in order})
        found = {i: names[b] for i, b in sorted(matching.bit_of.items())}
        if found not in best:
            best.append(found)
    return best


def _special(chain: Chain, a: int, b: int, ones: list[dict[int, int]]) -> Special:
    def along(levels: range, start: int) -> int | None:
        node: int | None = start
        for level in levels:
            node = ones[level].get(node) if node is not None else None
        return node

    left, right = {}, {}
    for i in range(chain[0].shape[0]):
        start = along(range(a), i)
        if start is not None:
            for k in chain[a].rows[start]:
                left[i, k] = (start, k)
    for k in range(chain[a].shape[1]):
        start = along(range(a + 1, b), k)
        if start is None:
            continue
        for j in chain[b].rows[start]:
            end = along(range(b + 1, len(chain)), j)
            if end is not None:
                right[k, end] = (start, j)
    return Special((a, b), tuple(ones), left, right)


def generic_section(chain: Chain, special: Special, state: State, entries: dict[Cell, int | str]) -> Node | None:
    """Factors of all matrices of a state: one free factor is constant, the lines of the other solve linear equations.

    Parameters
    ----------
    chain : tuple of Support
    special : Special
    state : State
    entries : dict of (row, column) to int or str
        One, or the name of a parameter.
    """
    inner = special.state(state)
    if len(inner.rows) != len(state.rows):
        return None
    found = generic_factor(inner)
    if found is None:
        return None
    by_rows = found["side"] == "rows"
    rng = random.Random(0)
    constant_side = special.right if by_rows else special.left
    for attempt in range(6):
        values = {cell: Fraction(1 if attempt == 0 else rng.randint(-3, 5)) for cell in constant_side}
        solved: dict[Cell, list[Any]] = {}
        for line, pairs in found["lines"]:
            solution = _solved_line(line, pairs, values, entries, by_rows=by_rows)
            if solution is None:
                break
            solved |= solution
        else:
            return _section(chain, special, values, solved, by_rows=by_rows)
    return None


def _solved_line(
    line: int, pairs: list[list[int]], values: dict[Cell, Fraction], entries: dict[Cell, int | str], *, by_rows: bool
) -> dict[Cell, list[Any]] | None:
    """Linear forms in the parameters that solve (unknown line) · (constant block) = (line of the matrix)."""
    others, terms = [other for other, _ in pairs], [k for _, k in pairs]
    block = fmpq_mat(
        [[_flint(values.get((k, o) if by_rows else (o, k), Fraction(0))) for k in terms] for o in others]
    )
    try:
        inverse = block.inv() if others else block
    except ZeroDivisionError:
        return None
    solution: dict[Cell, list[Any]] = {}
    for row, k in enumerate(terms):
        poly = []
        for column, other in enumerate(others):
            entry = entries.get((line, other) if by_rows else (other, line), 0)
            value = inverse[row, column]
            if entry and value != 0:
                poly.append([str(value), [] if entry == 1 else [[entry, 1]]])
        if poly:
            solution[(line, k) if by_rows else (k, line)] = _collected(poly)
    return solution


def _collected(poly: list[list[Any]]) -> list[Any]:
    """Join the constant terms."""
    constant = sum((Fraction(value) for value, powers in poly if not powers), Fraction(0))
    rest = [term for term in poly if term[1]]
    return [*rest, [str(constant), []]] if constant else rest


def _flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _section(
    chain: Chain, special: Special, values: dict[Cell, Fraction], solved: dict[Cell, list[Any]], *, by_rows: bool
) -> Node:
    a, b = special.free
    constant, unknown = (b, a) if by_rows else (a, b)
    places = {a: special.left, b: special.right}
    factors: list[list[Any]] = []
    for level in range(len(chain)):
        if level == constant:
            listed = [[*places[level][cell], [[str(v), []]], ONE] for cell, v in values.items() if v]
        elif level == unknown:
            listed = [[*places[level][cell], poly, ONE] for cell, poly in solved.items() if poly]
        else:
            listed = [[i, j, [["1", []]], ONE] for i, j in special.ones[level].items()]
        factors.append(listed)
    return {"do": "section", "factors": factors}


def pairs_for(chain: Chain, state: State, choices: list[Special]) -> Iterator[Special]:
    """The choices whose pattern covers all entries that may be non-zero."""
    need = [s | z for s, z in zip(state.star, state.nonzero, strict=True)]
    for special in choices:
        reach: dict[int, int] = {}
        for k, j in special.right:
            reach[k] = reach.get(k, 0) | 1 << j
        covered = dict.fromkeys(state.rows, 0)
        for i, k in special.left:
            if i in covered:
                covered[i] |= reach.get(k, 0)
        if all(not mask & ~covered[i] for i, mask in zip(state.rows, need, strict=True)):
            yield special


__all__ = ["Special", "generic_section", "pairs_for", "specials"]
