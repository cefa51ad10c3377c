"""Entries of a product as sums over paths: the polynomial system behind a chain of supports.

Entry ``(i, j)`` of ``W_1 ⋯ W_N`` is the sum, over all paths ``i → k_1 → ⋯ → k_{N-1} → j`` through the supports, of the
product of the entries met on the way. All coefficients are one and no monomial repeats, because a path is recovered
from the entries it meets. Everything here is exact.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from closedness.algebra.finite import PRIME
from closedness.errors import BudgetExceeded, InputError
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    import sympy
    from flint import fmpq_mpoly, nmod_mat

__all__ = ["Variable", "Monomial", "PathSystem", "count_paths", "generic_rank", "jacobian"]

MAX_PATHS = 200_000


class Variable(NamedTuple):
    """One free entry of one factor; all indices count from 0.

    Examples
    --------
    >>> Variable(0, 2, 1).name
    'w0_2_1'
    """

    factor: int
    row: int
    col: int

    @property
    def name(self) -> str:
        """A name that is an identifier in every system exported to."""
        return f"w{self.factor}_{self.row}_{self.col}"


Monomial = tuple[Variable, ...]
Values = Mapping[Variable, Fraction | int]


def count_paths(product: SupportProduct) -> tuple[tuple[int, ...], ...]:
    """Number of paths of every entry, by one exact integer matrix product.

    Returns
    -------
    tuple of m tuples of n ints

    Examples
    --------
    >>> count_paths(SupportProduct.from_text("10/11 * 11/01"))
    ((1, 1), (1, 2))
    """
    m = product.shape[0]
    counts = [{i: 1} for i in range(m)]
    for factor in product.factors:
        rows = factor.rows
        following: list[dict[int, int]] = []
        for count in counts:
            new: dict[int, int] = {}
            for k, paths in count.items():
                for j in rows[k]:
                    new[j] = new.get(j, 0) + paths
            following.append(new)
        counts = following
    return tuple(tuple(count.get(j, 0) for j in range(product.shape[1])) for count in counts)


class PathSystem:
    """The polynomials ``(W_1 ⋯ W_N)[i, j]`` of a chain of supports.

    Parameters
    ----------
    product : SupportProduct
    max_paths : int
        Largest number of monomials of the whole system.

    Raises
    ------
    BudgetExceeded
        If there are more paths.

    Attributes
    ----------
    product : SupportProduct
    variables : tuple of Variable
        All free entries, factor by factor and row by row.
    entries : dict of (i, j) to tuple of Monomial
        The monomials of each entry that at least one path reaches, in lexicographic order of the paths; a monomial is
        one `Variable` per factor. Entries that no path reaches are zero for every choice and are left out.

    Examples
    --------
    >>> system = PathSystem(SupportProduct.from_text("10/11 * 11/01"))
    >>> [variable.name for variable in system.variables]
    ['w0_0_0', 'w0_1_0', 'w0_1_1', 'w1_0_0', 'w1_0_1', 'w1_1_1']
    >>> print(system)
    (0, 0) = w0_0_0*w1_0_0
    (0, 1) = w0_0_0*w1_0_1
    (1, 0) = w0_1_0*w1_0_0
    (1, 1) = w0_1_0*w1_0_1 + w0_1_1*w1_1_1
    """

    def __init__(self, product: SupportProduct, max_paths: int = MAX_PATHS) -> None:
        paths = sum(map(sum, count_paths(product)))
        if paths > max_paths:
            raise BudgetExceeded(
                f"the entries of the product have {paths} terms, too many to be written down (the most is {max_paths})"
            )
        self.product = product
        self.variables: tuple[Variable, ...] = tuple(
            Variable(l, i, j)
            for l, factor in enumerate(product.factors)
            for i, row in enumerate(factor.rows)
            for j in row
        )
        found: dict[tuple[int, int], list[Monomial]] = {}
        for i in range(product.shape[0]):
            for path in self._walk(0, i):
                found.setdefault((i, path[-1].col), []).append(path)
        self.entries: dict[tuple[int, int], tuple[Monomial, ...]] = {cell: tuple(found[cell]) for cell in sorted(found)}

    def _walk(self, level: int, node: int) -> Iterator[Monomial]:
        factors = self.product.factors
        if level == len(factors):
            yield ()
            return
        for k in factors[level].rows[node]:
            step = Variable(level, node, k)
            for rest in self._walk(level + 1, k):
                yield (step, *rest)

    @cached_property
    def used(self) -> tuple[Variable, ...]:
        """The variables that occur in at least one entry, in the order of `variables`."""
        seen = {variable for monomials in self.entries.values() for monomial in monomials for variable in monomial}
        return tuple(variable for variable in self.variables if variable in seen)

    def __str__(self) -> str:
        return "\n".join(
            f"({i}, {j}) = " + " + ".join("*".join(v.name for v in monomial) for monomial in monomials)
            for (i, j), monomials in self.entries.items()
        )

    def __repr__(self) -> str:
        return f"<PathSystem of {len(self.entries)} entries in {len(self.variables)} variables>"

    def evaluate(self, values: Values) -> tuple[tuple[Fraction, ...], ...]:
        """The product at exact values of the free entries; missing entries count as zero.

        Parameters
        ----------
        values : mapping of Variable to int or Fraction

        Returns
        -------
        tuple of m tuples of n Fractions

        Examples
        --------
        >>> system = PathSystem(SupportProduct.from_text("11 * 1/1"))
        >>> system.evaluate({Variable(0, 0, 0): 2, Variable(1, 0, 0): 3})
        ((Fraction(6, 1),),)
        """
        m, n = self.product.shape
        result = [[Fraction(0)] * n for _ in range(m)]
        for (i, j), monomials in self.entries.items():
            for monomial in monomials:
                term = Fraction(1)
                for variable in monomial:
                    term *= values.get(variable, 0)
                result[i][j] += term
        return tuple(map(tuple, result))

    def factors(self, values: Values) -> tuple[tuple[tuple[Fraction, ...], ...], ...]:
        """The factors as exact dense matrices, in the order of multiplication; missing entries are zero."""
        result = []
        for l, factor in enumerate(self.product.factors):
            m, n = factor.shape
            dense = [[Fraction(0)] * n for _ in range(m)]
            for i, row in enumerate(factor.rows):
                for j in row:
                    dense[i][j] = Fraction(values.get(Variable(l, i, j), 0))
            result.append(tuple(map(tuple, dense)))
        return tuple(result)

    def to_flint(self) -> dict[tuple[int, int], fmpq_mpoly]:
        """The entries as polynomials of python-flint over the rationals, in one common ring.

        Returns
        -------
        dict of (i, j) to flint.fmpq_mpoly
            Variables are named by `Variable.name` and ordered as in `variables`.

        Examples
        --------
        >>> PathSystem(SupportProduct.from_text("11 * 1/1")).to_flint()[0, 0]
        w0_0_0*w1_0_0 + w0_0_1*w1_1_0
        """
        from flint import Ordering, fmpq_mpoly_ctx

        context = fmpq_mpoly_ctx.get([variable.name for variable in self.variables], Ordering.degrevlex)
        index = {variable: position for position, variable in enumerate(self.variables)}
        result = {}
        for cell, monomials in self.entries.items():
            poly = {}
            for monomial in monomials:
                exponents = [0] * len(self.variables)
                for variable in monomial:
                    exponents[index[variable]] = 1
                poly[tuple(exponents)] = 1
            result[cell] = context.from_dict(poly)
        return result

    def to_sympy(self) -> dict[tuple[int, int], sympy.Expr]:
        """The entries as sympy expressions in symbols named by `Variable.name`.

        Examples
        --------
        >>> PathSystem(SupportProduct.from_text("1 * 11")).to_sympy()[0, 1]
        w0_0_0*w1_0_1
        """
        import sympy

        symbols = {variable: sympy.Symbol(variable.name) for variable in self.variables}
        return {
            cell: sympy.Add(*(sympy.Mul(*(symbols[variable] for variable in monomial)) for monomial in monomials))
            for cell, monomials in self.entries.items()
        }

    def equations(self, target: Sequence[Sequence[Any]]) -> list[fmpq_mpoly] | None:
        """The system ``W_1 ⋯ W_N = A`` as polynomials that must vanish.

        Parameters
        ----------
        target : m × n matrix of int, Fraction or strings "p/q"

        Returns
        -------
        list of flint.fmpq_mpoly, or None
            One polynomial for each entry that a path reaches; ``None`` when ``A`` is non-zero at an entry that no path
            reaches, so that the system has no solution.

        Raises
        ------
        InputError
            If the shape is wrong or an entry is not rational.

        Examples
        --------
        >>> PathSystem(SupportProduct.from_text("1 * 1")).equations([["1/2"]])
        [w0_0_0*w1_0_0 - 1/2]
        """
        from flint import fmpq

        matrix = exact_matrix(target, self.product.shape)
        polynomials = self.to_flint()
        for i, row in enumerate(matrix):
            for j, value in enumerate(row):
                if value and (i, j) not in polynomials:
                    return None
        return [
            polynomial - fmpq(matrix[i][j].numerator, matrix[i][j].denominator)
            for (i, j), polynomial in polynomials.items()
        ]


def exact_matrix(target: Sequence[Sequence[Any]], shape: tuple[int, int]) -> tuple[tuple[Fraction, ...], ...]:
    """A matrix of exact rationals, read from integers, fractions, strings "p/q" or integer arrays.

    Raises
    ------
    InputError
        If the shape differs from `shape`, or an entry is a float or not a rational number.

    Examples
    --------
    >>> exact_matrix([[1, "-2/3"]], (1, 2))
    ((Fraction(1, 1), Fraction(-2, 3)),)
    """
    rows = []
    if len(target) != shape[0]:
        raise InputError(f"target has {len(target)} rows, the products have {shape[0]}")
    for i, row in enumerate(target):
        if len(row) != shape[1]:
            raise InputError(f"row {i} of target has {len(row)} entries, the products have {shape[1]} columns")
        values = []
        for j, value in enumerate(row):
            if isinstance(value, (str, Fraction)) or hasattr(value, "__index__"):
                try:
                    values.append(Fraction(value if isinstance(value, (str, Fraction)) else value.__index__()))
                    continue
                except (ValueError, ZeroDivisionError):
                    pass
            elif hasattr(value, "numerator") and hasattr(value, "denominator"):
                values.append(Fraction(int(value.numerator), int(value.denominator)))
                continue
            raise InputError(f"entry ({i}, {j}) of target is {value!r}, not an exact rational")
        rows.append(tuple(values))
    return tuple(rows)


def jacobian(product: SupportProduct, seed: int = 0, prime: int = PRIME) -> nmod_mat:
    """Jacobian of ``(W_1, …, W_N) ↦ W_1 ⋯ W_N`` at a random point over a prime field.

    Parameters
    ----------
    product : SupportProduct
    seed : int
        Chooses the point.
    prime : int
        The field's characteristic, below 2^64.

    Returns
    -------
    flint.nmod_mat, shape (number of free entries, cells of the product's support)

    Notes
    -----
    The derivative by entry ``(i, j)`` of ``W_l`` is column ``i`` of ``W_1 ⋯ W_{l-1}`` times row ``j`` of
    ``W_{l+1} ⋯ W_N``, so no path is expanded.
    """
    from flint import nmod_mat

    rng = random.Random(seed)
    matrices = []
    for factor in product.factors:
        m, n = factor.shape
        dense = [[0] * n for _ in range(m)]
        for i, row in enumerate(factor.rows):
            for j in row:
                dense[i][j] = rng.randrange(1, prime)
        matrices.append(nmod_mat(dense, prime))
    (m, n), count = product.shape, len(matrices)
    before = [_identity(m, prime)]
    for matrix in matrices[:-1]:
        before.append(before[-1] * matrix)
    after = [_identity(n, prime)]
    for matrix in reversed(matrices[1:]):
        after.append(matrix * after[-1])
    after.reverse()
    cells = [(i, j) for i, row in enumerate(product.support.rows) for j in row]
    rows: list[list[int]] = []
    for l in range(count):
        left = [[int(value) for value in row] for row in before[l].tolist()]
        right = [[int(value) for value in row] for row in after[l].tolist()]
        rows.extend(
            [left[a][i] * right[j][b] % prime for a, b in cells]
            for i, row in enumerate(product.factors[l].rows)
            for j in row
        )
    if not rows or not cells:
        return nmod_mat(len(rows), len(cells), [], prime)
    return nmod_mat(rows, prime)


def _identity(size: int, prime: int) -> nmod_mat:
    from flint import nmod_mat

    return nmod_mat([[int(i == j) for j in range(size)] for i in range(size)], prime)


def generic_rank(product: SupportProduct, trials: int = 2, prime: int = PRIME) -> int:
    """Dimension of the set of products: the generic rank of the Jacobian.

    Parameters
    ----------
    product : SupportProduct
    trials : int
        Number of random points; the largest rank is returned.
    prime : int
        The field's characteristic, below 2^64.

    Returns
    -------
    int
        Always a lower bound of the dimension, over R and over C: a minor that is not zero modulo the prime is not
        zero. Equal to it unless the prime divides every coefficient of every larger minor, or every random point is a
        zero of them all, which has probability at most ``(degree / prime) ** trials``.

    Examples
    --------
    >>> generic_rank(SupportProduct.from_text("10/11 * 11/01"))  # LU 2×2: dense in all matrices
    4
    >>> generic_rank(SupportProduct.from_text("1/1/1 * 111"))  # rank at most one
    5
    """
    bound = product.support.nnz
    best = 0
    for seed in range(max(1, trials)):
        best = max(best, jacobian(product, seed, prime).rank())
        if best == bound:
            break
    return best
