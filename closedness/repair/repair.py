"""Which entries to allow or to forbid so that the set of products is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget
from closedness.errors import InputError
from closedness.repair.changes import Change, Repairs, Rules
from closedness.repair.large import near_by, needed
from closedness.repair.smallest import Search
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

__all__ = ["repair"]

# entries of the factors up to which all smallest repairs are looked for
LARGEST_SEARCHED = 2_000
# share of the time for that, where smaller changes are tried before a large one is looked for
SEARCH = 0.6


def repair(
    product: SupportProduct,
    *,
    field: str = "real",
    add: bool = True,
    remove: bool = True,
    keep: Iterable[tuple[int, int, int]] = (),
    at_most: int = 3,
    most: int = 100,
    seconds: float | None = 60.0,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Repairs:
    """Find the smallest sets of entries to allow or to forbid so that the set of products is closed.

    With ``add=False`` these are the largest closed supports inside, with ``remove=False`` the smallest closed supports
    around (by the number of entries changed).

    Parameters
    ----------
    product : SupportProduct
    field : {"real", "complex"}
    add, remove : bool
        Whether entries may be allowed, and whether entries may be forbidden.
    keep : iterable of (factor, row, column)
        Entries that must stay as they are, counted from 0.
    at_most : int
        The number of changes up to which all sets are gone through. If none of them is a repair, or the supports are
        large, a larger repair is looked for that need not be the smallest one.
    most : int
        So many repairs are listed at most.
    seconds : float or None
        Time limit.
    executor : Executor, optional
        Anything with ``submit``, where supports are decided side by side.
    workers : int
        How many are handed to the executor at a time.
    progress : callable, optional
        Called with (sets done, sets) of the present size.

    Returns
    -------
    Repairs
        Each repair comes with its verdict, and thus with its certificate. An interrupt (Ctrl-C) gives what was found
        so far.

    Raises
    ------
    InputError
        If an argument breaks its rule.

    Examples
    --------
    >>> found = repair(SupportProduct.from_text("10/11 * 11/01"))
    >>> found.complete, [str(each) for each in found.found[:2]]
    (True, ['forbid W1[0,0]', 'allow W1[0,1]'])
    >>> print(repair(SupportProduct.from_text("10/11 * 11/01"), add=False, keep=[(0, 1, 0), (1, 0, 1)]))
    forbid W1[0,0]
    forbid W1[1,1]
    forbid W2[0,0]
    forbid W2[1,1]
    these are all the repairs by 1 change; fewer do not suffice
    """
    if not isinstance(product, SupportProduct):
        raise InputError(f"product is {type(product).__name__}, not a SupportProduct")
    for name, number in (("at_most", at_most), ("most", most), ("workers", workers)):
        least = 0 if name == "at_most" else 1
        given: object = number
        if isinstance(given, bool) or not isinstance(given, int) or given < least:
            raise InputError(f"{name} is {given!r}, not a whole number of at least {least}")
    if not add and not remove:
        raise InputError("add and remove are both False: nothing may be changed")
    rules = Rules(add, remove, frozenset(_entry(product, each) for each in keep))
    budget = Budget(seconds)
    small = sum(a * b for a, b in (factor.shape for factor in product.factors)) <= LARGEST_SEARCHED
    found = Repairs()
    try:
        search = Search(product, field, rules, budget.part(SEARCH), executor, workers, progress)
        found = search.run(at_most if small else 0, most)
        if found.found or not at_most or budget.expired():
            return found
        other = near_by(product, field, rules, budget)
        needs = max(found.least, needed(product, field, budget))
    except KeyboardInterrupt:
        return replace(found, complete=False, why="interrupted")
    if other is None:
        why = "no repair was found" if small else "no repair was found; supports of this size are not gone through"
        return replace(found, least=needs, complete=found.complete and needs == found.least, why=why)
    best = other.size == needs
    why = "nothing smaller exists" if best else "a smaller repair may exist"
    return Repairs((other,), needs, False, found.undecided, why)


def _entry(product: SupportProduct, given: Any) -> Change:
    try:
        factor, row, column = (int(each) for each in given)
    except (TypeError, ValueError):
        raise InputError(f"keep holds {given!r}, not three numbers: factor, row, column") from None
    if not 0 <= factor < len(product) or not all(
        0 <= at < size for at, size in zip((row, column), product.factors[factor].shape, strict=True)
    ):
        raise InputError(f"keep holds {given!r}, which is no entry of the factors (counted from 0)")
    return Change(factor, row, column)
