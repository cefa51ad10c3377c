"""Certificates for the pages of rules that are seldom met: limits, each by the rule that finds it, and levels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from closedness import SupportProduct
from closedness.certificate import Certificate
from closedness.equations.curve import (
    Goal,
    Term,
    exact_terms,
    factors_of_terms,
    laurent_terms,
    limit_of,
    uncrossings,
    zero_sum_terms,
)
from closedness.equations.membership import refute
from closedness.levels.decide import decide_levels
from closedness.rules.limits.blocks import blocks
from closedness.rules.limits.bordered import bordered
from closedness.rules.limits.dependent import dependent
from closedness.rules.limits.diagonal import diagonal
from closedness.rules.limits.private_cells import limit_at_private_cells
from closedness.rules.limits.subpattern import minimal_patterns, stored_subpattern
from closedness.rules.rule import Evidence
from closedness.supports.levels import SparsityLevels
from closedness.supports.pattern import Pattern

LU = [1, 3], [1, 3]
# one row and two columns of rank 1, and no hidden index with entries in both
CROSSED = [14, 15, 13, 10], [13, 7, 14, 15, 15]
# a support whose limits of three hidden indices need all of the three vectors that add up to zero
STAR = [1, 2, 7], [3, 7]
# no hidden index has entries (0, 0) and (1, 0), or (0, 0) and (0, 1)
REPEATED = ([5, 3, 7], [6, 3, 7])
STAR_TARGET = {(2, 0): 1, (0, 1): 1, (1, 1): 1}

LEVELS = {
    "pivoted-lu": SparsityLevels.of((2, 2, 2), total=(3, 3)),
    "a-permutation": SparsityLevels.of((2, 3, 3), row=(None, 1), column=(None, 1)),
    "limits-absorbed": SparsityLevels.of((3, 2, 3), row=(2, 2)),
    "three-factors": SparsityLevels.of((2, 2, 2, 2), row=(1, 2, 1)),
    "a-limit-outside": SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None)),
}


def product(rows: list[int], columns: list[int]) -> SupportProduct:
    """The supports with these types of rows and columns."""
    hidden = max(*rows, *columns).bit_length()
    left, right = ([[t >> k & 1 for k in range(hidden)] for t in types] for types in (rows, columns))
    return SupportProduct.from_pair(left, right)


def limits() -> dict[str, Certificate]:
    """A certificate for each rule that finds limits."""
    found = {
        "private-cells": (LU, limit_at_private_cells(product(*LU))),
        "subpattern": (([1, 3, 2, 7], [1, 3, 4]), _subpattern([1, 3, 2, 7], [1, 3, 4])),
        "blocks": (([3, 1, 2], [3, 3]), blocks(product([3, 1, 2], [3, 3]))),
        "dependent": (CROSSED, dependent(product(*CROSSED))),
        "diagonal": (REPEATED, diagonal(product(*REPEATED))),
        "bordered": (([3, 3, 7], [3, 3, 7]), bordered(product([3, 3, 7], [3, 3, 7]))),
        "uncrossing": (LU, _by_curve(LU, {(0, 1): 1, (1, 0): 1}, "uncrossing")),
        "zero-sum": (STAR, _by_curve(STAR, STAR_TARGET, "zero-sum")),
        "laurent": (LU, _by_curve(LU, {(0, 1): 1, (1, 0): 1}, "laurent")),
    }
    certificates = {}
    for name, (types, evidence) in found.items():
        assert evidence is not None, name
        certificates[f"limit-{name}"] = Certificate.not_closed(
            product(*types), "real", evidence.target, evidence.curve, evidence.refutation, {}
        )
    return certificates


def _subpattern(rows: list[int], columns: list[int]) -> Evidence | None:
    return stored_subpattern(Pattern.of_types(rows, columns), [each for each in minimal_patterns() if each.hidden == 2])


def _by_curve(types: tuple[list[int], list[int]], target: dict[tuple[int, int], int], how: str) -> Evidence:
    """A curve of one kind that tends to a given matrix, and a refutation of the latter."""
    pattern = Pattern.of_types(*types)
    rectangles = [pattern.rectangle(k) for k in range(pattern.terms.bit_length())]
    goal = Goal({cell: Fraction(value) for cell, value in target.items()})
    terms: list[Term] | None = None
    if how == "uncrossing":
        (move,) = uncrossings(rectangles)
        straight = exact_terms(move.apply(rectangles), pattern.shape, goal)
        terms = None if straight is None else move.undo(rectangles, straight)
    elif how == "zero-sum":
        terms = zero_sum_terms(rectangles, pattern.shape, goal, (0, 1, 2))
    else:
        terms = laurent_terms(rectangles, pattern.shape, goal, 1)
    assert terms is not None, how
    limit, refutation = limit_of(terms), refute(product(*types), goal.target)
    assert limit == goal.target
    assert refutation is not None
    return Evidence(how, "", dict(limit), factors_of_terms(terms), refutation)


def levels() -> dict[str, dict[str, Any]]:
    """A certificate for each rule about sparsity levels."""
    found = {}
    for name, bounds in LEVELS.items():
        certificate = decide_levels(bounds, seconds=None).certificate
        assert certificate is not None, name
        found[name] = certificate
    return found
