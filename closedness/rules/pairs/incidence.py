"""A factor with zeros beside one without: lines, hidden indices, and the reduction.

The lines are the rows of the first factor, or the columns of the last one when it is the other that has no zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.supports.pattern import Pattern
    from closedness.supports.product import SupportProduct

__all__ = ["Incidence", "Reduced", "reduce_incidence"]


@dataclass(frozen=True)
class Incidence:
    """Which line may use which hidden index, beside a factor without zeros.

    Attributes
    ----------
    side : str
        ``"rows"`` when the lines are rows, ``"columns"`` when they are columns.
    types : dict of int to int
        For each line the bitmask of its hidden indices, none of them zero.
    members : dict of int to int
        For each hidden index the bitmask of its lines, none of them zero.
    across : int
        Bitmask of the lines of the other side, all of which every hidden index has.
    """

    side: str
    types: dict[int, int]
    members: dict[int, int]
    across: int

    @classmethod
    def of_types(cls, types: Iterable[int], across: int, side: str = "rows") -> Incidence:
        """From the hidden indices of every line.

        Examples
        --------
        >>> Incidence.of_types([0b01, 0b11], across=0b111).members
        {0: 3, 1: 2}
        """
        kept = {line: mask for line, mask in enumerate(types) if mask}
        members: dict[int, int] = {}
        for line, mask in kept.items():
            for k in bits(mask):
                members[k] = members.get(k, 0) | 1 << line
        return cls(side, kept, dict(sorted(members.items())), across)

    @classmethod
    def of_product(cls, product: SupportProduct) -> Incidence | None:
        """Two factors of which one has no zeros (in rows and columns that take part), or None.

        Examples
        --------
        >>> from closedness import SupportProduct
        >>> Incidence.of_product(SupportProduct.from_text("10/11 * 111/111")).types
        {0: 1, 1: 3}
        >>> Incidence.of_product(SupportProduct.from_text("10/11 * 11/01")) is None
        True
        """
        left, right = product.factors
        used = 0
        for mask in left.row_masks:
            used |= mask
        live = mask_of(k for k in bits(used) if right.row_masks[k])
        across = {right.row_masks[k] for k in bits(live)}
        if len(across) == 1:
            return cls.of_types((mask & live for mask in left.row_masks), across.pop())
        types = {mask & live for mask in left.row_masks} - {0}
        if len(types) != 1:
            return None
        live = types.pop()
        rows = mask_of(i for i, mask in enumerate(left.row_masks) if mask & live)
        return cls.of_types((mask & live for mask in right.col_masks), rows, "columns")

    @classmethod
    def of_pattern(cls, pattern: Pattern) -> Incidence | None:
        """The same for a pattern, whose lines are looked at everywhere or nowhere."""
        live = pattern.terms
        across = mask_of(j for j, sigma in enumerate(pattern.col_types) if sigma & live)
        lines = zip(pattern.row_types, pattern.cells, strict=True)
        windows = [cells & across if tau & live else 0 for tau, cells in lines]
        if all(sigma & live in (0, live) for sigma in pattern.col_types) and set(windows) <= {0, across}:
            seen = (tau & live if window else 0 for tau, window in zip(pattern.row_types, windows, strict=True))
            return cls.of_types(seen, across)
        rows = mask_of(i for i, tau in enumerate(pattern.row_types) if tau & live)
        if all(tau & live in (0, live) for tau in pattern.row_types) and len(set(windows) - {0}) == 1:
            window = max(windows)
            if all(windows[i] for i in bits(rows)):
                seen = (sigma & live if window >> j & 1 else 0 for j, sigma in enumerate(pattern.col_types))
                return cls.of_types(seen, rows, "columns")
        return None

    def without(self, lines: int, terms: int) -> Incidence:
        """Some lines and hidden indices left out."""
        types = {line: kept for line, mask in self.types.items() if not lines >> line & 1 and (kept := mask & ~terms)}
        members = {k: kept for k, mask in self.members.items() if not terms >> k & 1 and (kept := mask & ~lines)}
        return Incidence(self.side, types, members, self.across)

    def around(self, lines: int) -> Incidence:
        """Some lines, and the hidden indices they have."""
        return self.without(mask_of(self.types) & ~lines, 0)


@dataclass(frozen=True)
class Reduced:
    """What is left when hidden indices with no more lines than members are dropped.

    Attributes
    ----------
    incidence : Incidence
        Any hidden indices left have together more lines than members.
    dropped : list of int
        The dropped hidden indices; their lines went with them.
    line_of : dict of int to int
        Lines of their own: for all lines dropped, of dropped hidden indices, and for all hidden indices left.
    """

    incidence: Incidence
    dropped: list[int]
    line_of: dict[int, int]


def reduce_incidence(whole: Incidence) -> Reduced:
    """The Dulmage–Mendelsohn decomposition: keep the part with more lines than hidden indices.

    Examples
    --------
    >>> reduce_incidence(Incidence.of_types([1, 2, 4, 6], across=1)).dropped
    [0]
    """
    matching = Matching(whole.members, mask_of(whole.types))
    # what alternating paths reach from the unmatched lines has more lines than members
    kept: set[int] = set()
    queue = list(bits(matching.free))
    for line in queue:
        for k in bits(whole.types[line]):
            if k not in kept:
                kept.add(k)
                queue.append(matching.bit_of[k])
    dropped = [k for k in whole.members if k not in kept]
    lines = 0
    for k in dropped:
        lines |= whole.members[k]
    return Reduced(whole.without(lines, mask_of(dropped)), dropped, matching.bit_of)


def ranks(
    incidence: Incidence, line_of: dict[int, int], budget: Budget = UNLIMITED
) -> dict[int, set[int]] | None:
    """For each hidden index the hidden indices that bound its rank from below.

    A generic vector space of the columns has a subspace of dimension ρ_k of vectors that vanish off the lines of `k`;
    ρ_k is the size of the set returned less the number of its lines that `k` has not.

    Parameters
    ----------
    incidence : Incidence
    line_of : dict of int to int
        A matching of all hidden indices.
    budget : Budget, optional
        A true answer ends the computation; the result is then None.
    """
    every = mask_of(incidence.types)
    found = {}
    for k, mask in incidence.members.items():
        if budget.expired():
            return None
        start = {h: line_of[h] for h in incidence.members if not mask >> line_of[h] & 1}
        found[k] = Matching(incidence.members, every & ~mask, start).stuck
    return found


def excess(incidence: Incidence, chosen: Iterable[int], k: int) -> int:
    """The size of a set of hidden indices less the number of its lines that `k` has not.

    Examples
    --------
    >>> excess(Incidence.of_types([1, 3, 2], across=1), {0, 1}, 0)
    1
    """
    terms = list(chosen)
    lines = 0
    for h in terms:
        lines |= incidence.members[h]
    return len(terms) - (lines & ~incidence.members[k]).bit_count()
