"""The set of products as a parametrisation, over R or over C, with the scalings of the factors fixed or not.

The products do not change when row ``k`` of ``W_{l+1}`` is multiplied by ``c ≠ 0`` and column ``k`` of ``W_l`` is
divided by it. Going from the last factor to the second one, every row is either zero, and then the column before it may
be zero too, or its first non-zero entry can be made 1 at the cost of the factor before it, which is normalised later.
So every product has factors in this normal form. With two factors the roles of the column of ``X`` and the column of
``Y`` may be exchanged for each hidden index; the shorter one is normalised.

Over C every variable is a pair of reals, its real part and its imaginary part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Literal

from closedness.engines.sentences.logic import TRUE, Atom, Formula, all_of, any_of
from closedness.engines.sentences.polynomials import ONE, ZERO, Poly, total, variable
from closedness.equations.paths import PathSystem, Variable
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct

__all__ = ["Cell", "Field", "Image", "image", "normal_forms", "parts_of"]

Field = str  # "real" or "complex"; checked where it enters


def parts_of(name: str, field: Field) -> tuple[str, ...]:
    """Names of the real variables that stand for one variable of the field."""
    return (name,) if field == "real" else (f"{name}_re", f"{name}_im")


def multiplied(left: tuple[Poly, ...], right: tuple[Poly, ...]) -> tuple[Poly, ...]:
    """The product of two numbers, as pairs over C."""
    if len(left) == 1:
        return (left[0] * right[0],)
    return (left[0] * right[0] - left[1] * right[1], left[0] * right[1] + left[1] * right[0])


@dataclass(frozen=True)
class Image:
    """The set of products as a parametrisation.

    Attributes
    ----------
    names : tuple of str
        The real parameters.
    entries : dict of (i, j) to tuple of Poly
        One polynomial for each entry over R, real and imaginary part over C; entries that no path reaches are left out.
    condition : Formula
        Restriction of the parameters that does not change the set.
    """

    names: tuple[str, ...]
    entries: Mapping[Cell, tuple[Poly, ...]]
    condition: Formula

    def equals(self, target: Mapping[Cell, tuple[Poly, ...]]) -> Formula:
        """The product is the target, on the entries that the target mentions."""
        return all_of(
            Atom(p, "=", a) for cell in target for p, a in zip(self.at(cell, target), target[cell], strict=True)
        )

    def near(self, target: Mapping[Cell, tuple[Poly, ...]], radius: Poly) -> Formula:
        """The product is nearer to the target than the radius, in the maximum norm."""
        return all_of(
            chain.from_iterable(
                (Atom(p, "<", a + radius), Atom(a, "<", p + radius))
                for cell in target
                for p, a in zip(self.at(cell, target), target[cell], strict=True)
            )
        )

    def at(self, cell: Cell, target: Mapping[Cell, tuple[Poly, ...]]) -> tuple[Poly, ...]:
        """The entry, which is zero where no path leads."""
        return self.entries.get(cell, (ZERO,) * len(target[cell]))


@lru_cache(maxsize=32)
def image(
    product: SupportProduct,
    prefix: str = "w",
    field: Field = "real",
    scalings: Literal["none", "inline"] = "inline",
    ordered: bool = False,
) -> Image:
    """The set of products, parametrised by its factors.

    Parameters
    ----------
    product : SupportProduct
    prefix : str
        First letters of the parameters' names; ``"w"`` gives the names of :class:`closedness.equations.paths.Variable`.
    field : {"real", "complex"}
    scalings : {"none", "inline"}
        Whether the condition asks for the normal form described above.
    ordered : bool
        Whether the condition orders hidden indices that may change places, see `orderings`.

    Returns
    -------
    Image

    Examples
    --------
    >>> im = image(SupportProduct.from_text("1 * 11"), scalings="none")
    >>> im.names, str(im.entries[0, 1][0])
    (('w0_0_0', 'w1_0_0', 'w1_0_1'), 'w0_0_0*w1_0_1')
    """
    system = PathSystem(product)

    def name(v: Variable) -> str:
        return prefix + v.name[1:]

    parts = {v: tuple(map(variable, parts_of(name(v), field))) for v in system.variables}
    entries = {}
    for cell, monomials in system.entries.items():
        products = []
        for monomial in monomials:
            value = parts[monomial[0]]
            for v in monomial[1:]:
                value = multiplied(value, parts[v])
            products.append(value)
        entries[cell] = tuple(total(component) for component in zip(*products, strict=True))
    condition = TRUE
    if scalings == "inline":
        unit = tuple((ONE, ZERO)[: len(parts_of("", field))])

        def is_zero(v: Variable) -> Formula:
            return all_of(Atom(p, "=", ZERO) for p in parts[v])

        rows = []
        for leading, partner in _scaled_lines(product):
            choices = [
                all_of(
                    (
                        *map(is_zero, leading[:position]),
                        *(Atom(p, "=", one) for p, one in zip(parts[pivot], unit, strict=True)),
                    )
                )
                for position, pivot in enumerate(leading)
            ]
            choices.append(all_of(map(is_zero, leading + partner)))
            rows.append(any_of(choices))
        condition = all_of(rows)
    if ordered:
        fixed = scalings == "inline"
        order = (Atom(parts[low][0], "<=", parts[high][0]) for low, high in orderings(product, fixed=fixed))
        condition = all_of((condition, *order))
    names = tuple(chain.from_iterable(parts_of(name(v), field) for v in system.variables))
    return Image(names, MappingProxyType(entries), condition)


def _scaled_lines(product: SupportProduct) -> Iterator[tuple[tuple[Variable, ...], tuple[Variable, ...]]]:
    """The lines to normalise: entries of one row, and of the column before it that takes up the factor."""
    for l in range(len(product) - 1, 0, -1):
        before, factor = product.factors[l - 1], product.factors[l]
        columns = before.T.rows
        for k, row in enumerate(factor.rows):
            leading = tuple(Variable(l, k, j) for j in row)
            partner = tuple(Variable(l - 1, i, k) for i in columns[k])
            if len(product) == 2 and len(partner) < len(leading):
                leading, partner = partner, leading
            yield leading, partner


def orderings(product: SupportProduct, *, fixed: bool) -> list[tuple[Variable, Variable]]:
    """Pairs of entries of which the first may be asked to be at most the second (their real parts over C).

    Hidden indices between two factors with the same column before and the same row after them may change places: that
    changes the factors and not their product. So the values of one entry of each may be put in order. With scalings
    fixed, the entry is taken from the line that is not normalised, and only between the first two factors: elsewhere a
    change of places would spoil the normal form of the factor before.

    Examples
    --------
    >>> [(a.name, b.name) for a, b in orderings(SupportProduct.from_text("11/11 * 11/11"), fixed=True)]
    [('w0_0_0', 'w0_0_1')]
    """
    found = []
    for l in range(1, 2 if fixed else len(product)):
        columns = product.factors[l - 1].T.rows
        alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
        for k, row in enumerate(product.factors[l].rows):
            alike.setdefault((tuple(columns[k]), tuple(row)), []).append(k)
        for (column, row), members in alike.items():
            if not column or not row:
                continue
            # with two factors the shorter line of the two is normalised
            after = len(product) == 2 and len(column) < len(row)
            for low, high in pairwise(members):
                if after:
                    found.append((Variable(l, low, row[0]), Variable(l, high, row[0])))
                else:
                    found.append((Variable(l - 1, column[0], low), Variable(l - 1, column[0], high)))
    return found


def normal_forms(
    product: SupportProduct, needed: frozenset[Cell] = frozenset(), limit: int = 2_000
) -> list[dict[Variable, int]]:
    """All choices of first non-zero entries: what is fixed to 0 or 1 in each.

    Parameters
    ----------
    product : SupportProduct
    needed : set of (i, j)
        Entries of the product that must not vanish; choices in which no path reaches one of them are left out.
    limit : int
        Largest number of choices.

    Returns
    -------
    list of dict of Variable to 0 or 1

    Raises
    ------
    BudgetExceeded
        If there are more.

    Examples
    --------
    >>> len(normal_forms(SupportProduct.from_text("11/11 * 11/11")))
    9
    >>> len(normal_forms(SupportProduct.from_text("11/11 * 11/11"), frozenset({(0, 0), (1, 1)})))
    5
    """
    lines = list(_scaled_lines(product))
    found: list[dict[Variable, int]] = []
    system = PathSystem(product)
    monomials = [[frozenset(monomial) for monomial in system.entries.get(cell, ())] for cell in sorted(needed)]

    def extend(position: int, fixed: dict[Variable, int]) -> None:
        zeros = {v for v, value in fixed.items() if value == 0}
        if not all(any(zeros.isdisjoint(monomial) for monomial in entry) for entry in monomials):
            return
        if position == len(lines):
            found.append(fixed)
            if len(found) > limit:
                raise BudgetExceeded(f"more than {limit} normal forms of the factors")
            return
        leading, partner = lines[position]
        # With several factors an entry can be in a line and in a column fixed to zero before.
        free = [v for v in leading if v not in fixed]
        for index, pivot in enumerate(free):
            extend(position + 1, fixed | dict.fromkeys(free[:index], 0) | {pivot: 1})
        extend(position + 1, fixed | dict.fromkeys(leading, 0) | dict.fromkeys(partner, 0))

    extend(0, {})
    return found
