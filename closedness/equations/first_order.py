"""Limits of the first order, with linear conditions on the limit.

If ``X₀ Y₀ᵀ = 0`` within the supports, every ``X₀ Y₁ᵀ + X₁ Y₀ᵀ`` is a limit of products, along ``X₀/t + X₁`` and
``Y₀ + t Y₁``. These matrices form a linear space, so that conditions such as two equal rows are linear equations in
``X₁`` and ``Y₁`` (``docs/rules/diagonal.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME
from closedness.equations.cancelling import cancelling

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct

# sizes of the groups of hidden indices that cancel within themselves
SIZES = (1, 1, 2, 2, 2, 3)
SMALL = (-2, -1, 1, 2)
# bits of the numbers in a curve
MOST_BITS = 2_000

__all__ = ["FirstOrder"]

Vector = dict[int, int]
Lines = list[Vector]
Curve = tuple[dict["Cell", "Laurent"], dict["Cell", "Laurent"]]


@dataclass(frozen=True)
class FirstOrder:
    """Two factors with product zero.

    Attributes
    ----------
    row_masks, column_masks : tuple of int
        The hidden indices of each row of the first factor, and of each column of the second.
    left, right : list of dict of int to int
        Each row of the first factor, and each column of the second.

    Examples
    --------
    >>> import random
    >>> from closedness import SupportProduct
    >>> zero = FirstOrder.by_chance(SupportProduct.from_text("10/11 * 11/01"), random.Random(0))
    >>> [sum(v * zero.right[j].get(k, 0) for k, v in zero.left[i].items()) for i in (0, 1) for j in (0, 1)]
    [0, 0, 0, 0]
    """

    row_masks: tuple[int, ...]
    column_masks: tuple[int, ...]
    left: Lines
    right: Lines

    @classmethod
    def by_chance(cls, product: SupportProduct, rng: random.Random) -> FirstOrder:
        """Hidden indices in small groups, whose rows are in a space and whose columns are orthogonal to it."""
        first, second = product.factors
        masks = first.row_masks, second.col_masks
        left, right = ([dict[int, int]() for _ in own] for own in masks)
        rest = list(range(product.inner[0]))
        rng.shuffle(rest)
        while rest:
            group, rest = rest[: (size := rng.choice(SIZES))], rest[size:]
            dimension = rng.randint(0, 1) if len(group) == 1 else rng.randint(1, len(group) - 1)
            space = [[rng.choice(SMALL) for _ in group] for _ in range(dimension)]
            for side, line, k, value in cancelling(group, space, masks, lambda: rng.choice(SMALL)):
                (left, right)[side][line][k] = value
        return cls(*masks, left, right)

    def limit(
        self,
        equal: Sequence[tuple[Sequence[int], Sequence[int]]],
        rank: int,
        rng: random.Random,
    ) -> tuple[dict[Cell, Fraction], Curve] | None:
        """A limit that is diagonal up to repeated lines, with the curve that tends to it.

        Parameters
        ----------
        equal : sequence of (rows, columns)
            For each class its rows, equal to each other, and its columns. The limit vanishes in the first row of a
            class and the first column of another one, and does not where both are of the same class.
        rank : int
            The least rank of the limit.
        rng : random.Random

        Returns
        -------
        tuple or None
            None as well when the numbers of the limit are long.
        """
        from flint import fmpz_mat, nmod_mat

        shape = len(self.left), len(self.right)
        number: dict[tuple[int, int, int], int] = {}
        for side, masks in ((0, self.row_masks), (1, self.column_masks)):
            for line, mask in enumerate(masks):
                for k in bits(mask):
                    number[side, line, k] = len(number)
        forms = [[self._form(i, j, number) for j in range(shape[1])] for i in range(shape[0])]
        if not all(forms[rows[0]][columns[0]] for rows, columns in equal):
            return None
        table = [[form.get(p, 0) for p in range(len(number))] for form in _conditions(forms, equal)]

        def suits(values: Sequence[int]) -> bool:
            block = [[sum(v * values[p] for p, v in form.items()) % PRIME for form in row] for row in forms]
            if any(not block[rows[0]][columns[0]] for rows, columns in equal):
                return False
            return nmod_mat(*shape, [v for row in block for v in row], PRIME).rank() >= rank

        # modulo a prime first
        width = len(number)
        weights = [rng.randrange(PRIME) for _ in number]
        if table:
            matrix = nmod_mat(len(table), width, [v % PRIME for row in table for v in row], PRIME)
            weights = [int(v) for v in (matrix.nullspace()[0] * nmod_mat(width, 1, weights, PRIME)).entries()]
        if not suits(weights):
            return None
        values = [rng.choice(SMALL) for _ in number]
        if table:
            exact = fmpz_mat(table).nullspace()[0] * fmpz_mat(width, 1, values)
            values = [int(v) for v in exact.entries()]
            common = gcd(*values) or 1
            values = [v // common for v in values]
        if max(map(abs, values), default=0).bit_length() > MOST_BITS or not suits(values):
            return None
        target = {
            (i, j): Fraction(value)
            for i, row in enumerate(forms)
            for j, form in enumerate(row)
            if (value := sum(v * values[p] for p, v in form.items()))
        }
        first, second = {}, {}
        for (side, line, k), p in number.items():
            main = (self.right if side else self.left)[line].get(k, 0)
            entry = {e: Fraction(v) for e, v in ((side - 1, main), (side, values[p])) if v}
            if entry and side:
                second[k, line] = entry
            elif entry:
                first[line, k] = entry
        return target, (first, second)

    def _form(self, i: int, j: int, number: dict[tuple[int, int, int], int]) -> Vector:
        """An entry of the limit as a linear form in the entries of the second terms."""
        form = {number[1, j, k]: v for k, v in self.left[i].items() if self.column_masks[j] >> k & 1}
        form.update({number[0, i, k]: v for k, v in self.right[j].items() if self.row_masks[i] >> k & 1})
        return form


def _conditions(
    forms: Sequence[Sequence[Vector]], equal: Sequence[tuple[Sequence[int], Sequence[int]]]
) -> list[Vector]:
    """Linear forms that vanish for a limit with these classes."""
    found = []
    for rows, columns in equal:
        for other in rows[1:]:
            found += [_difference(a, b) for a, b in zip(forms[rows[0]], forms[other], strict=True)]
        for other in columns[1:]:
            found += [_difference(row[columns[0]], row[other]) for row in forms]
        found += [forms[rows[0]][others[0]] for _, others in equal if others is not columns]
    return [form for form in found if form]


def _difference(one: Vector, other: Vector) -> Vector:
    form = {p: one.get(p, 0) - other.get(p, 0) for p in one.keys() | other.keys()}
    return {p: v for p, v in form.items() if v}
