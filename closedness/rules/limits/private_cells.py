"""Rule ``private-cells``: 2×2 LU inside a support, found in linear time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, covered_once
from closedness.equations.curve import factors_of_terms
from closedness.equations.membership import refute
from closedness.rules.rule import Evidence, Rule

if TYPE_CHECKING:
    from closedness.equations.curve import Term
    from closedness.supports.pattern import Pattern
    from closedness.supports.product import SupportProduct


def lu_pattern(pattern: Pattern) -> tuple[int, int, int, int, int, int] | None:
    """Find a 2×2 minor of LU type.

    Returns
    -------
    (k, other, i1, i2, j1, j2) or None
        The cells ``(i1, j1), (i1, j2), (i2, j1)`` are covered by the hidden index ``k`` alone,
        the cell ``(i2, j2)`` by ``k`` and by ``other``.
    """
    rows_of_terms: dict[int, int] = {}
    for k in bits(pattern.terms):
        rows_of_terms[k] = pattern.rectangle(k)[1]
    private: dict[int, list[tuple[int, int]]] = {}
    for i, (tau, window) in enumerate(zip(pattern.row_types, pattern.cells, strict=True)):
        names = [k for k in bits(tau) if k in rows_of_terms]
        alone = covered_once(rows_of_terms[k] for k in names) & window
        for k in names:
            mask = rows_of_terms[k] & alone
            if mask:
                private.setdefault(k, []).append((i, mask))
    for k, lines in private.items():
        found = _path(lines)
        if found is None:
            continue
        i1, i2, j1, j2 = found
        if not pattern.cells[i2] >> j2 & 1:
            continue
        others = pattern.row_types[i2] & pattern.col_types[j2] & ~(1 << k)
        return k, next(bits(others)), i1, i2, j1, j2
    return None


def _path(lines: list[tuple[int, int]]) -> tuple[int, int, int, int] | None:
    """Rows i1, i2 that share the private column j1 while j2 is private in i1 only."""
    owner: dict[int, tuple[int, int]] = {}
    for i, mask in lines:
        for j in bits(mask):
            first, other = owner.setdefault(j, (i, mask))
            if other != mask:
                if other & ~mask:
                    return first, i, j, next(bits(other & ~mask))
                return i, first, j, next(bits(mask & ~other))
    return None


def limit_at_private_cells(product: SupportProduct, pattern: Pattern) -> Evidence | None:
    """The target ``[[0, 1], [1, 0]]`` on a 2×2 minor of LU type."""
    found = lu_pattern(pattern)
    return None if found is None else private_evidence(product, found)


def private_evidence(product: SupportProduct, found: tuple[int, int, int, int, int, int]) -> Evidence | None:
    """Target, curve and refutation for a minor of LU type, given as `lu_pattern` does."""
    k, other, i1, i2, j1, j2 = found
    one = Fraction(1)
    target = {(i1, j2): one, (i2, j1): one}
    refutation = refute(product, target, cells=[(i1, j1), (i1, j2), (i2, j1)])
    if refutation is None:
        return None
    terms: list[Term] = [({}, {}) for _ in range(product.factors[0].shape[1])]
    # x = (1, 1/t), y = (t, 1): entries t, 1, 1, and 1/t, which the other index cancels
    terms[k] = ({i1: {0: one}, i2: {-1: one}}, {j1: {1: one}, j2: {0: one}})
    terms[other] = ({i2: {-1: -one}}, {j2: {0: one}})
    return Evidence(
        "private-cells",
        f"rows {i1}, {i2} and columns {j1}, {j2} form a 2×2 LU pattern: hidden index {k} alone "
        f"covers three of the four cells",
        target,
        factors_of_terms(terms),
        refutation,
    )


RULES = (
    Rule(
        "private-cells",
        "pair",
        "one hidden index alone covers three of the four cells of a 2×2 LU pattern",
        claim="not_closed",
        written=("limit",),
    ),
)
