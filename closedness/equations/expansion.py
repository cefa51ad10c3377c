"""Exact checks of polynomials in the entries: vanishing on the set, irreducibility, the tangent space."""

from __future__ import annotations

import math
import random
from functools import lru_cache
from typing import TYPE_CHECKING

from closedness.algebra.finite import PRIME
from closedness.equations.paths import PathSystem, count_paths
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq_mpoly

    from closedness.equations.grading import Polynomial
    from closedness.supports.product import SupportProduct

__all__ = ["expansion_terms", "irreducible", "tangent_codimension", "vanishes"]

MOST_MONOMIALS = 500_000


def expansion_terms(product: SupportProduct, cells: Sequence[Cell], poly: Polynomial) -> int:
    """Number of monomials that `vanishes` has to add up; 0 if it is too large to be tried.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> expansion_terms(SupportProduct.from_text("11 * 11/11"), [(0, 0), (0, 1)], {(2, 0): 1, (0, 1): 1})
    6
    """
    paths = count_paths(product)
    total = 0
    for exponents in poly:
        total += math.prod(paths[i][j] ** e for (i, j), e in zip(cells, exponents, strict=True))
        if total > MOST_MONOMIALS:
            return 0
    return total


def vanishes(product: SupportProduct, cells: Sequence[Cell], poly: Polynomial) -> bool:
    """Whether a polynomial in the entries vanishes on all products, by expansion of ``A = W_1 ⋯ W_N``.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> square = [(0, 0), (0, 1), (1, 0), (1, 1)]
    >>> minor = {(1, 0, 0, 1): 1, (0, 1, 1, 0): -1}
    >>> vanishes(SupportProduct.from_text("1/1 * 11"), square, minor)
    True
    >>> vanishes(SupportProduct.from_text("10/11 * 11/01"), square, minor)
    False
    """
    system = _entries(product)
    entries = [system[cell] for cell in cells]
    total = 0 * entries[0]
    for exponents, value in poly.items():
        term = total.context().constant(value)
        for entry, e in zip(entries, exponents, strict=True):
            if e:
                term *= entry**e
        total += term
    return total.is_zero()


@lru_cache(maxsize=2)
def _entries(product: SupportProduct) -> dict[Cell, fmpq_mpoly]:
    return PathSystem(product).to_flint()


def irreducible(poly: Polynomial) -> bool:
    """Whether a polynomial is irreducible over Q.

    Examples
    --------
    >>> irreducible({(2, 0): 1, (0, 2): -1}), irreducible({(2, 0): 1, (0, 2): 1})
    (False, True)
    """
    from flint import Ordering, fmpz_mpoly_ctx

    width = len(next(iter(poly)))
    context = fmpz_mpoly_ctx.get([f"v{a}" for a in range(width)], Ordering.degrevlex)
    _, factors = context.from_dict(poly).factor()
    return sum(int(e) for _, e in factors) == 1


def tangent_codimension(product: SupportProduct, cells: Sequence[Cell], polys: Sequence[Polynomial]) -> int:
    """Rank of the derivatives of polynomials at a random product, modulo a prime.

    If the polynomials vanish on the set, the dimension of its closure is at most the number of cells less this rank:
    the rank at one point modulo a prime is at most that at a generic point of the closure.
    """
    from flint import nmod_mat

    if not polys:
        return 0
    rng = random.Random(1)
    matrix = None
    for factor in product.factors:
        values = [[0] * factor.shape[1] for _ in range(factor.shape[0])]
        for i, j in factor:
            values[i][j] = rng.randrange(PRIME)
        factor_matrix = nmod_mat(values, PRIME)
        matrix = factor_matrix if matrix is None else matrix * factor_matrix
    assert matrix is not None
    point = [int(matrix[i, j]) for i, j in cells]
    rows = []
    for poly in polys:
        row = [0] * len(cells)
        for exponents, value in poly.items():
            for place, e in enumerate(exponents):
                if e:
                    term = value * e
                    for other, power in enumerate(exponents):
                        if power:
                            term = term * pow(point[other], power - (other == place), PRIME) % PRIME
                    row[place] = (row[place] + term) % PRIME
        rows.append(row)
    return nmod_mat(rows, PRIME).rank()
