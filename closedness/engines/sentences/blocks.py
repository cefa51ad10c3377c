"""The last factor eliminated from a membership question: each of its columns is the solution of a linear system.

For a column ``b`` and a matrix ``M`` of polynomials, ``∃y: M y = b`` holds exactly when, for some rows ``R`` and
columns ``T`` of ``M`` of equal number, ``det M[R, T] ≠ 0`` and each bordered determinant ``det [M | b][R + i, T + b]``
vanishes: then ``b`` is a combination of the columns ``T``, and if ``b`` is a combination of any columns, it is one of
independent ones (Cramer's rule). For ``T = ∅`` this says ``b = 0``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from closedness.algebra.determinant import determinant
from closedness.engines.sentences.image import Field, image, multiplied
from closedness.engines.sentences.logic import Atom, Formula, all_of, any_of
from closedness.engines.sentences.polynomials import ONE, ZERO, Poly, variable
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

__all__ = ["without_last_factor"]

Number = tuple[Poly, ...]


@dataclass(frozen=True)
class _Entry:
    """A polynomial, or its real and its imaginary part over C, as determinants want it."""

    parts: Number

    def __len__(self) -> int:
        return sum(len(part.monomials) for part in self.parts)

    def __add__(self, other: _Entry) -> _Entry:
        return _Entry(tuple(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __sub__(self, other: _Entry) -> _Entry:
        return _Entry(tuple(a - b for a, b in zip(self.parts, other.parts, strict=True)))

    def __mul__(self, other: _Entry) -> _Entry:
        return _Entry(multiplied(self.parts, other.parts))

    def is_zero(self) -> bool:
        return all(part == ZERO for part in self.parts)


# monomials of all determinants together, beyond which nothing is eliminated
MOST_MONOMIALS = 20_000


def without_last_factor(
    product: SupportProduct, goal: Mapping[Cell, Number], field: Field
) -> tuple[tuple[str, ...], Formula]:
    """The names and the condition that are left when the last factor is eliminated.

    Parameters
    ----------
    product : SupportProduct
        At least two factors.
    goal : mapping of (i, j) to tuple of Poly
        The target at the cells that paths reach, as constants; real and imaginary part over C.
    field : {"real", "complex"}

    Returns
    -------
    (tuple of str, Formula)

    Raises
    ------
    BudgetExceeded
        If the determinants have more than `MOST_MONOMIALS` monomials.

    Examples
    --------
    >>> from closedness.engines.sentences.polynomials import constant
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> goal = {(i, j): (constant(int(i != j)),) for i in range(2) for j in range(2)}
    >>> names, formula = without_last_factor(lu, goal, "real")
    >>> names
    ('w0_0_0', 'w0_1_0', 'w0_1_1')
    """
    last = product.factors[-1]
    if len(product.factors) == 2:
        first = product.factors[0]
        names = [f"w0_{i}_{k}" for i, row in enumerate(first.rows) for k in row]
        matrix: dict[Cell, Number] = {}
        for i, row in enumerate(first.rows):
            for k in row:
                matrix[i, k] = _variables(f"w0_{i}_{k}", field)
        left: Sequence[str] = [part for name in names for part in _names(name, field)]
    else:
        reached = image(SupportProduct(product.factors[:-1]), field=field, scalings="none")
        matrix, left = dict(reached.entries), reached.names
    zero: Number = (ZERO,) * len(_names("", field))
    spend = _limited(MOST_MONOMIALS)
    conditions = [
        _solvable(
            [[_Entry(matrix.get((i, k), zero)) for k in column] for i in range(product.shape[0])],
            [_Entry(goal.get((i, j), zero)) for i in range(product.shape[0])],
            _Entry((ONE, ZERO)[: len(zero)]),
            spend,
        )
        for j, column in enumerate(_columns(last))
    ]
    return tuple(left), all_of(conditions)


def _names(name: str, field: Field) -> tuple[str, ...]:
    return (name,) if field == "real" else (f"{name}_re", f"{name}_im")


def _variables(name: str, field: Field) -> Number:
    return tuple(map(variable, _names(name, field)))


def _columns(factor: Support) -> list[list[int]]:
    columns: list[list[int]] = [[] for _ in range(factor.shape[1])]
    for k, row in enumerate(factor.rows):
        for j in row:
            columns[j].append(k)
    return columns


def _limited(monomials: int) -> Callable[[int], None]:
    """What counts monomials, and raises when there are more than so many."""
    left = monomials

    def spend(number: int) -> None:
        nonlocal left
        left -= number
        if left < 0:
            raise BudgetExceeded(f"determinants with more than {monomials} monomials")

    return spend


def _solvable(
    matrix: list[list[_Entry]], right: list[_Entry], one: _Entry, spend: Callable[[int], None]
) -> Formula:
    """``∃y: M y = b`` without quantifier."""
    rows, width = range(len(matrix)), len(matrix[0]) if matrix else 0
    choices = []
    for size in range(min(len(matrix), width) + 1):
        for chosen in combinations(rows, size):
            for columns in combinations(range(width), size):
                pivot = determinant([[matrix[i][k] for k in columns] for i in chosen], one, spend)
                if pivot.is_zero():
                    continue
                bordered = [
                    determinant([[*(matrix[i][k] for k in columns), right[i]] for i in (*chosen, other)], one, spend)
                    for other in rows
                    if other not in chosen
                ]
                choices.append(
                    all_of(
                        (
                            any_of(Atom(part, "!=", ZERO) for part in pivot.parts),
                            *(Atom(part, "=", ZERO) for value in bordered for part in value.parts),
                        )
                    )
                )
    return any_of(choices)
