"""Carry a curve for the looked-at cells over to all cells, with the full subsets' help."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.criteria.stratification.generic import generic_factor
from closedness.criteria.stratification.state import State
from closedness.curve import added, product_of_terms
from closedness.reductions.full import only_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from closedness.curve import Laurent, Term, Vector
    from closedness.pattern import Pattern
    from closedness.product import SupportProduct


def fill_full(
    product: SupportProduct,
    terms: Sequence[Term],
    fills: Sequence[tuple[Pattern, int]],
    origin: Mapping[int, int],
) -> list[Term]:
    """Complete a curve on the looked-at cells so that all other entries vanish.

    Parameters
    ----------
    product : SupportProduct
    terms : sequence of terms
        By name of the hidden index, renamed ones included.
    fills : sequence of (Pattern, int)
        Full subsets in the order of their removal; they are used in the opposite order.
    origin : mapping of int to int
        Hidden index behind each renamed one.
    """
    width = product.factors[0].shape[1]
    merged: list[Term] = [({}, {}) for _ in range(width)]
    for name, (x, y) in enumerate(terms):
        k = name
        while k >= width:
            k = origin[k]
        merged[k] = (added(merged[k][0], x), added(merged[k][1], y))
    for pattern, subset in reversed(fills):
        own = only_terms(pattern, subset)
        proof = generic_factor(State.start(own))
        assert proof is not None
        residual = product_of_terms(merged)
        rows = proof["side"] == "rows"
        lines = {line: dict(map(tuple, pairs)) for line, pairs in proof["lines"]}
        solved = _solve_lines(own if rows else own.T, lines, residual, transposed=not rows)
        for k, (own_line, across) in solved.items():
            real = k
            while real >= width:
                real = origin[real]
            x, y = (own_line, across) if rows else (across, own_line)
            merged[real] = (added(merged[real][0], x), added(merged[real][1], y))
    return merged


def _solve_lines(
    pattern: Pattern,
    lines: dict[int, dict[int, int]],
    residual: dict[tuple[int, int], Laurent],
    *,
    transposed: bool,
) -> dict[int, tuple[Vector, Vector]]:
    """Choose constant generic vectors across, then solve for each line exactly."""
    from flint import fmpq, fmpq_mat

    rng = random.Random(0)
    terms = sorted({k for pairs in lines.values() for k in pairs.values()})
    for attempt in range(50):
        bound = 1 + attempt
        across = {
            k: {
                j: Fraction(rng.randint(-bound, bound))
                for j, sigma in enumerate(pattern.col_types)
                if sigma >> k & 1
            }
            for k in terms
        }
        if attempt == 0:
            # a permutation matrix, when one matching serves all lines
            across = {
                k: {j: Fraction(any(p.get(j) == k for p in lines.values())) for j in across[k]}
                for k in terms
            }
        own: dict[int, Vector] = {k: {} for k in terms}
        for line, pairs in lines.items():
            columns, names = list(pairs), list(pairs.values())
            if not columns:
                continue
            matrix = fmpq_mat(
                len(columns),
                len(names),
                [
                    fmpq(v.numerator, v.denominator)
                    for j in columns
                    for k in names
                    for v in [across[k].get(j, Fraction(0))]
                ],
            )
            if matrix.det() == 0:
                break
            inverse = matrix.inv()
            for position, k in enumerate(names):
                entry: Vector = {}
                for place, j in enumerate(columns):
                    cell = (j, line) if transposed else (line, j)
                    value = inverse[position, place]
                    factor = Fraction(int(value.p), int(value.q))
                    scaled = {
                        0: {e: -factor * v for e, v in residual.get(cell, {}).items() if factor * v}
                    }
                    entry = added(entry, scaled)
                if entry.get(0):
                    own[k][line] = entry[0]
        else:
            vectors = {
                k: {j: {0: value} for j, value in across[k].items() if value} for k in terms
            }
            return {k: (own[k], vectors[k]) for k in terms}
    raise AssertionError("no generic factor among fifty random ones")
