"""SupportProduct: a chain of supports, the object whose set of products is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from closedness.elaboration import content_id
from closedness.errors import FormatError, InputError
from closedness.supports.support import Support

__all__ = ["SupportProduct", "factor_from_object"]

_MAX_CELLS = 2**30


class SupportProduct:
    """The question: supports ``S_1, …, S_N`` of matrices multiplied in this order.

    It stands for the set ``{W_1 W_2 … W_N : supp W_l ⊆ S_l}``.

    Parameters
    ----------
    factors : iterable of supports, as multiplied, at least two
        Anything :meth:`Support.read` accepts; the columns of each factor are the rows of the next.

    Raises
    ------
    InputError
        If there are fewer than two factors, a factor is not a support, or neighbouring sizes do not match.

    Notes
    -----
    Frozen and hashable; equality is equality of the supports, not of the sets they stand for.

    Examples
    --------
    >>> lu = SupportProduct([[[1, 0], [1, 1]], [[1, 1], [0, 1]]])
    >>> lu.shape, lu.inner, lu.content_id[:12]
    ((2, 2), (2,), '7ef846f0f37a')
    >>> lu == SupportProduct.from_pair([[1, 0], [1, 1]], [[1, 0], [1, 1]])
    True
    """

    __slots__ = ("_canonical", "_content_id", "_factors")

    _factors: tuple[Support, ...]
    _content_id: str | None
    _canonical: SupportProduct | None

    def __init__(self, factors: Iterable[Any]) -> None:
        if isinstance(factors, (str, bytes, Mapping)) or not isinstance(factors, Iterable):
            raise InputError(f"factors is {type(factors).__name__}, not a list of supports")
        supports = []
        for l, factor in enumerate(factors):
            try:
                supports.append(Support.read(factor))
            except InputError as error:
                raise InputError(f"factors[{l}]: {error}") from None
        if len(supports) < 2:
            raise InputError(f"factors has {len(supports)} supports, at least two are needed")
        for l, (left, right) in enumerate(pairwise(supports)):
            if left.shape[1] != right.shape[0]:
                raise InputError(
                    f"factors[{l}] has {left.shape[1]} columns, factors[{l + 1}] has {right.shape[0]} rows: "
                    "these must be equal"
                )
        put = object.__setattr__
        put(self, "_factors", tuple(supports))
        put(self, "_content_id", None)
        put(self, "_canonical", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"SupportProduct is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"SupportProduct is immutable: cannot delete {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return SupportProduct, (self._factors,)

    def __copy__(self) -> SupportProduct:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SupportProduct:
        return self

    # ---------------------------------------------------------------- other ways to make one

    @classmethod
    def from_pair(cls, I: Any, J: Any) -> SupportProduct:
        """Two factors as in ``X Yᵀ``.

        Parameters
        ----------
        I : support of X, shape (m, r)
            Anything :meth:`Support.read` accepts.
        J : support of Y, shape (n, r)
            Likewise; the second factor of the product is its transpose.

        Raises
        ------
        InputError
            If either is not a support, or their numbers of columns differ.

        Examples
        --------
        >>> SupportProduct.from_pair([[1, 0], [1, 1]], [[1, 0]]).shape
        (2, 1)
        """
        pair = []
        for name, given in (("I", I), ("J", J)):
            try:
                pair.append(Support.read(given))
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
        left, right = pair
        if left.shape[1] != right.shape[1]:
            raise InputError(
                f"I has {left.shape[1]} columns, J has {right.shape[1]}: both need one column per hidden index"
            )
        return cls([left, right.T])

    @classmethod
    def from_kronecker(cls, chain: Iterable[Sequence[int]]) -> SupportProduct:
        """Factors ``I_a ⊗ 1_{b×c} ⊗ I_d``, one for each ``(a, b, c, d)``.

        Examples
        --------
        >>> SupportProduct.from_kronecker([(1, 2, 2, 2), (2, 2, 2, 1)]).shape  # the butterfly of size 4
        (4, 4)
        """
        factors = []
        for l, parameters in enumerate(chain):
            if len(parameters) != 4:
                raise InputError(f"chain[{l}] has {len(parameters)} entries, not the four of (a, b, c, d)")
            factors.append(Support.kronecker(*parameters))
        return cls(factors)

    @classmethod
    def from_text(cls, text: str) -> SupportProduct:
        """Factors drawn as in :meth:`Support.from_text`, separated by blank lines or ``*``.

        Examples
        --------
        >>> SupportProduct.from_text("x. / xx * xx / .x").factors[1] == Support.from_text("11/01")
        True
        """
        blocks: list[list[str]] = [[]]
        for line in text.replace("*", "\n\n").splitlines():
            if line.strip():
                blocks[-1].append(line)
            elif blocks[-1]:
                blocks.append([])
        factors = []
        for l, block in enumerate(block for block in blocks if block):
            try:
                factors.append(Support.from_text("\n".join(block)))
            except InputError as error:
                raise InputError(f"factors[{l}]: {error}") from None
        return cls(factors)

    @classmethod
    def from_problem(cls, problem: Any) -> SupportProduct:
        """Read the problem object of certificates; the inverse of :meth:`to_problem`.

        Raises
        ------
        FormatError
            If it is not exactly of that form; the error's ``place`` is the path inside the object.

        Examples
        --------
        >>> p = SupportProduct.from_text("10/11 * 11/01")
        >>> SupportProduct.from_problem(p.to_problem()) == p
        True
        """
        entries = _keys(problem, ("factors",), "problem")["factors"]
        if not isinstance(entries, list):
            raise FormatError(f"is {type(entries).__name__}, not a list", "factors")
        factors = [factor_from_object(entry, f"factors[{l}]") for l, entry in enumerate(entries)]
        try:
            return cls(factors)
        except InputError as error:
            raise FormatError(str(error), "problem") from None

    # ---------------------------------------------------------------- contents

    @property
    def factors(self) -> tuple[Support, ...]:
        """The supports, as multiplied."""
        return self._factors

    @property
    def shape(self) -> tuple[int, int]:
        """Shape ``(m, n)`` of the products."""
        return self._factors[0].shape[0], self._factors[-1].shape[1]

    @property
    def inner(self) -> tuple[int, ...]:
        """The inner dimensions: numbers of columns of all factors but the last."""
        return tuple(factor.shape[1] for factor in self._factors[:-1])

    def __len__(self) -> int:
        return len(self._factors)

    def __iter__(self) -> Iterator[Support]:
        return iter(self._factors)

    def __getitem__(self, index: int) -> Support:
        return self._factors[index]

    def pair(self) -> tuple[Support, Support]:
        """The supports ``(I, J)`` of X and Y in ``X Yᵀ``.

        Raises
        ------
        InputError
            If there are not exactly two factors.
        """
        if len(self._factors) != 2:
            raise InputError(f"this product has {len(self._factors)} factors, a pair (I, J) needs exactly two")
        return self._factors[0], self._factors[1].T

    @property
    def support(self) -> Support:
        """Support of the products: the cells reached by at least one path through the factors."""
        result = self._factors[0]
        for factor in self._factors[1:]:
            result = result @ factor
        return result

    @property
    def T(self) -> SupportProduct:
        """The chain of the transposed products: transposed factors in reverse order."""
        return SupportProduct([factor.T for factor in reversed(self._factors)])

    def merged(self, sizes: Sequence[int]) -> SupportProduct:
        """Groups of neighbouring factors replaced by one factor each, with the support of the group's product.

        Every product of matrices with the given supports is one with the merged supports, not conversely.

        Parameters
        ----------
        sizes : sequence of int
            Number of factors in each group, from the left.

        Raises
        ------
        InputError
            If the sizes are not positive or do not add up to the number of factors.

        Examples
        --------
        >>> SupportProduct.from_text("10/11 * 11/01 * 10/11").merged([1, 2])
        SupportProduct.from_text('10/11 * 11/11')
        """
        if any(size < 1 for size in sizes) or sum(sizes) != len(self):
            raise InputError(f"sizes is {list(sizes)}, not positive numbers with sum {len(self)}")
        merged = []
        first = 0
        for size in sizes:
            *before, last = self.factors[first : first + size]
            for factor in reversed(before):
                last = factor @ last
            merged.append(last)
            first += size
        return SupportProduct(merged)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SupportProduct):
            return NotImplemented
        return self._factors == other._factors

    def __hash__(self) -> int:
        return hash(self._factors)

    # ---------------------------------------------------------------- names for it

    def to_problem(self) -> dict[str, Any]:
        """The problem object of certificates, ready for :mod:`json`.

        Examples
        --------
        >>> SupportProduct.from_text("10/11 * 1/1").to_problem()
        {'factors': [{'shape': [2, 2], 'rows': [[0], [0, 1]]}, {'shape': [2, 1], 'rows': [[0], [0]]}]}
        """
        return {
            "factors": [
                {"shape": list(factor.shape), "rows": [list(row) for row in factor.rows]} for factor in self._factors
            ]
        }

    @property
    def content_id(self) -> str:
        """SHA-256 (64 hexadecimal digits) of the problem object as compact JSON with sorted keys."""
        name = self._content_id
        if name is None:
            name = content_id(self.to_problem())
            object.__setattr__(self, "_content_id", name)
        return name

    def canonical(self) -> SupportProduct:
        """The representative of all two-factor products that differ from this one in names only.

        Two products have the same representative exactly when one becomes the other by reordering rows, reordering
        columns, relabelling the hidden indices and possibly transposing. All of these preserve closedness.

        Returns
        -------
        SupportProduct

        Raises
        ------
        InputError
            If there are not exactly two factors.

        See Also
        --------
        closedness.supports.canonical : the algorithm.

        Examples
        --------
        >>> p = SupportProduct.from_text("10/11 * 11/01")
        >>> q = SupportProduct.from_pair(*(s.permute(rows=[1, 0], cols=[1, 0]) for s in p.pair()))
        >>> p == q, p.canonical() == q.canonical() == p.T.canonical()
        (False, True)
        """
        result = self._canonical
        if result is None:
            from closedness.supports.canonical import canonical_types

            left, right = self.pair()
            r = left.shape[1]
            row_types, col_types = canonical_types(left.row_masks, right.row_masks, r)
            result = SupportProduct.from_pair(
                Support.from_masks((len(row_types), r), row_types), Support.from_masks((len(col_types), r), col_types)
            )
            object.__setattr__(result, "_canonical", result)
            object.__setattr__(self, "_canonical", result)
        return result

    @property
    def canonical_id(self) -> str:
        """Content id of :meth:`canonical`."""
        return self.canonical().content_id

    # ---------------------------------------------------------------- out

    def __str__(self) -> str:
        from closedness.supports.pictures import product_text

        return product_text(self)

    def __repr__(self) -> str:
        if sum(factor.shape[0] * factor.shape[1] for factor in self._factors) <= 64:
            text = " * ".join(factor.to_text(zero="0", separator="/") for factor in self._factors)
            return f"SupportProduct.from_text({text!r})"
        sizes = " · ".join(f"{m}×{n}" for m, n in (factor.shape for factor in self._factors))
        return f"<SupportProduct {sizes}, {self.content_id[:12]}>"

    def _repr_svg_(self) -> str:
        from closedness.supports.pictures import product_svg

        return product_svg(self)


def factor_from_object(entry: Any, place: str = "factor") -> Support:
    """Read one factor of a problem object.

    Parameters
    ----------
    entry : dict
        ``{"shape": [m, n], "rows": [[…], …]}`` with strictly increasing column indices.
    place : str
        Path of the factor, for error messages.

    Raises
    ------
    FormatError
        If it is not exactly of that form, or has more than 2^30 cells.

    Examples
    --------
    >>> factor_from_object({"shape": [2, 2], "rows": [[0], [0, 1]]})
    Support.from_text('10/11')
    """
    _keys(entry, ("shape", "rows"), place)
    shape, rows = entry["shape"], entry["rows"]
    if not isinstance(shape, list) or len(shape) != 2 or not all(type(size) is int for size in shape):
        raise FormatError("is not a list of two integers", f"{place}.shape")
    if max(shape) > _MAX_CELLS or shape[0] * shape[1] > _MAX_CELLS:
        raise FormatError(f"declares more than {_MAX_CELLS} cells", f"{place}.shape")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise FormatError("is not a list of lists", f"{place}.rows")
    for i, row in enumerate(rows):
        if not all(type(j) is int for j in row) or any(a >= b for a, b in pairwise(row)):
            raise FormatError("is not a strictly increasing list of integers", f"{place}.rows[{i}]")
    try:
        return Support((shape[0], shape[1]), rows)
    except InputError as error:
        raise FormatError(str(error), place) from None


def _keys(value: Any, expected: tuple[str, ...], place: str) -> dict[str, Any]:
    """The value, if it is an object with exactly these keys."""
    if not isinstance(value, dict):
        raise FormatError(f"is {type(value).__name__}, not an object", place)
    for key in expected:
        if key not in value:
            raise FormatError(f"the key {key!r} is missing", place)
    for key in value:
        if key not in expected:
            raise FormatError(f"the key {str(key)[:40]!r} is unknown", place)
    return value
