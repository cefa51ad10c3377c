"""Questions of closedness in which the factors are constrained.

The theorems are on the pages ``docs/rules/nonnegative.md``, ``covariance.md``, ``paired-items.md``, ``affine.md`` and
``marker.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from closedness.elaboration import content_id, envelope
from closedness.errors import InputError
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.supports.product import SupportProduct

__all__ = ["Covariance", "Fixed", "NonNegative", "Problem", "question_of"]


class Problem:
    """What the questions have in common."""

    def to_problem(self) -> dict[str, Any]:
        """The question as it stands in certificates."""
        raise NotImplementedError

    @property
    def content_id(self) -> str:
        """The sha256 of the problem."""
        return content_id(self.to_problem())

    def certificate(self, claim: str, proof: Any) -> dict[str, Any]:
        """A certificate about this question, for `closedness.check`."""
        return envelope(self.to_problem(), self.content_id, "real", claim, proof)


@dataclass(frozen=True)
class NonNegative(Problem):
    """Products of matrices with supports and entries that are not negative.

    Attributes
    ----------
    product : SupportProduct

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> NonNegative(SupportProduct.from_text("10/11 * 11/01")).to_problem()["kind"]
    'nonnegative'
    """

    product: SupportProduct

    def to_problem(self) -> dict[str, Any]:
        """The question as it stands in certificates."""
        return {"kind": "nonnegative", **self.product.to_problem()}


@dataclass(frozen=True)
class Covariance(Problem):
    """Covariance matrices ``Λ Φ Λᵀ + Ψ`` of a factor model.

    ``Λ`` has a support, ``Φ`` is positive semidefinite and block diagonal with arbitrary blocks, ``Ψ`` is diagonal and
    not negative. With one factor in each block this is ``X Xᵀ`` (Gram matrices), or ``X D Xᵀ`` with ``D ≥ 0``.

    Attributes
    ----------
    loadings : Support
        Items by factors.
    blocks : tuple of tuple of int
        Factors that may be correlated with each other; each factor is in one block.
    unique : tuple of int
        The items with a unique variance of their own (a free entry of ``Ψ``).
    items, factors : tuple of str
        Names, for explanations only.
    """

    loadings: Support
    blocks: tuple[tuple[int, ...], ...]
    unique: tuple[int, ...] = ()
    items: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        loadings: Any,
        *,
        correlated: bool | Iterable[Iterable[int]] = True,
        unique: bool | Iterable[int] = False,
        items: Sequence[str] = (),
        factors: Sequence[str] = (),
    ) -> Covariance:
        """Make the question.

        Parameters
        ----------
        loadings : 0/1 matrix of shape (items, factors)
            Anything `Support.read` accepts.
        correlated : bool or iterable of iterables of int
            Whether factors may be correlated: all, none, or within the groups given.
        unique : bool or iterable of int
            Which items have a unique variance: all, none, or those given.
        items, factors : sequence of str
            Names.

        Raises
        ------
        InputError
            If the groups overlap, or numbers or names do not fit the loadings.

        Examples
        --------
        >>> Covariance.of([[1, 0], [1, 1], [0, 1]], unique=True).blocks
        ((0, 1),)
        """
        support = Support.read(loadings)
        m, r = support.shape
        if isinstance(correlated, bool):
            groups = [tuple(range(r))] if correlated else [(k,) for k in range(r)]
        else:
            groups = [tuple(sorted(group)) for group in correlated]
            seen = [k for group in groups for k in group]
            if len(set(seen)) != len(seen) or not set(seen) <= set(range(r)):
                raise InputError(f"correlated is {groups!r}: each of the {r} factors may be in one group only")
            groups += [(k,) for k in range(r) if k not in seen]
        chosen = range(m) if unique is True else () if unique is False else sorted(set(unique))
        if not set(chosen) <= set(range(m)):
            raise InputError(f"unique is {list(chosen)!r}: there are {m} items")
        for names, size, word in ((items, m, "items"), (factors, r, "factors")):
            if names and len(names) != size:
                raise InputError(f"{word} has {len(names)} names for {size} {word}")
        return cls(support, tuple(sorted(groups)), tuple(chosen), tuple(items), tuple(factors))

    def item(self, i: int) -> str:
        """The name of an item."""
        return self.items[i] if self.items else f"item {i}"

    def factor(self, k: int) -> str:
        """The name of a factor."""
        return self.factors[k] if self.factors else f"factor {k}"

    def to_problem(self) -> dict[str, Any]:
        """The question as it stands in certificates."""
        return {
            "kind": "covariance",
            "loadings": {"shape": [*self.loadings.shape], "rows": [list(row) for row in self.loadings.rows]},
            "blocks": [list(block) for block in self.blocks],
            "unique": list(self.unique),
        }

    def block_product(self, block: Sequence[int], rows: Iterable[int]) -> SupportProduct:
        """Loadings of these items on the factors of a block, times a free square matrix.

        Examples
        --------
        >>> Covariance.of([[1, 0], [1, 1], [0, 1]]).block_product((0, 1), [0, 2])
        SupportProduct.from_text('10/00/01 * 11/11')
        """
        from closedness.supports.product import SupportProduct

        place = {k: number for number, k in enumerate(block)}
        kept = set(rows)
        listed = [
            [place[k] for k in row if k in place] if i in kept else [] for i, row in enumerate(self.loadings.rows)
        ]
        size = len(block)
        left = Support.from_rows((self.loadings.shape[0], size), listed)
        return SupportProduct([left, Support.from_rows((size, size), [range(size)] * size)])


@dataclass(frozen=True)
class Fixed(Problem):
    """Products ``X Yᵀ`` of which some entries of the factors are fixed at given numbers.

    Attributes
    ----------
    free : tuple of Support
        Free entries of the two factors as multiplied, of shapes (m, r) and (r, n).
    values : tuple of dict
        Fixed entries other than zero of the two factors.
    """

    free: tuple[Support, Support]
    values: tuple[dict[tuple[int, int], Fraction], dict[tuple[int, int], Fraction]]

    @classmethod
    def of(cls, *factors: Sequence[Sequence[Any]]) -> Fixed:
        """Read two factors, as multiplied, with ``None`` for free entries and numbers for fixed ones.

        Raises
        ------
        InputError
            If there are not two matrices that fit, or an entry is neither None nor a rational number.

        Examples
        --------
        >>> lower = [[1, 0], [None, 1]]
        >>> Fixed.of(lower, [[None, None], [0, None]]).values[0]
        {(0, 0): Fraction(1, 1), (1, 1): Fraction(1, 1)}
        """
        if len(factors) != 2:
            raise InputError(f"there are {len(factors)} factors with fixed entries, not two")
        frees, values = [], []
        for number, rows in enumerate(factors):
            sizes = {len(row) for row in rows}
            if len(sizes) != 1 or 0 in sizes:
                raise InputError(f"factors[{number}]: rows must have one length, at least 1")
            free, fixed = [], {}
            for i, row in enumerate(rows):
                free.append([j for j, value in enumerate(row) if value is None])
                for j, value in enumerate(row):
                    if value is None:
                        continue
                    try:
                        number_ = Fraction(value)
                    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
                        raise InputError(f"factors[{number}]: entry ({i}, {j}) is {value!r}, no number") from None
                    if number_:
                        fixed[i, j] = number_
            frees.append(Support.from_rows((len(rows), sizes.pop()), free))
            values.append(fixed)
        for first, second in pairwise(frees):
            if first.shape[1] != second.shape[0]:
                raise InputError(f"factors of shapes {first.shape} and {second.shape} cannot be multiplied")
        return cls((frees[0], frees[1]), (values[0], values[1]))

    def to_problem(self) -> dict[str, Any]:
        """The question as it stands in certificates."""
        return {
            "kind": "fixed",
            "factors": [
                {
                    "shape": [*free.shape],
                    "rows": [list(row) for row in free.rows],
                    "fixed": [[i, j, str(value)] for (i, j), value in sorted(values.items())],
                }
                for free, values in zip(self.free, self.values, strict=True)
            ],
        }


def question_of(problem: dict[str, Any]) -> NonNegative | Covariance | Fixed:
    """The question that stands in a certificate.

    Parameters
    ----------
    problem : dict
        As `Problem.to_problem` writes it.

    Examples
    --------
    >>> problem = Covariance.of([[1, 0], [1, 1], [0, 1]], unique=True)
    >>> question_of(problem.to_problem()) == problem
    True
    """
    if problem["kind"] == "nonnegative":
        from closedness.supports.product import SupportProduct

        return NonNegative(SupportProduct.from_problem({"factors": problem["factors"]}))
    if problem["kind"] == "covariance":
        loadings = Support.from_rows(tuple(problem["loadings"]["shape"]), problem["loadings"]["rows"])
        blocks = tuple(tuple(block) for block in problem["blocks"])
        return Covariance(loadings, blocks, tuple(problem["unique"]))
    frees = [Support.from_rows(tuple(each["shape"]), each["rows"]) for each in problem["factors"]]
    values = [{(i, j): Fraction(value) for i, j, value in each["fixed"]} for each in problem["factors"]]
    return Fixed((frees[0], frees[1]), (values[0], values[1]))
