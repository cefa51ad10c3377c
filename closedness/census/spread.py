"""Spread batches of work over an executor, a few at a time."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    executor: Executor,
    work: Callable[..., Result],
    batches: Iterable[Sequence[Item]],
    settings: tuple[Any, ...],
    workers: int,
) -> Iterator[Result]:
    """Results of ``work(batch, *settings)``, in the order in which they come.

    At most about twice as many batches as workers wait at the executor, so that a stop loses little. What waits is
    cancelled when the iteration ends early.

    Parameters
    ----------
    executor : Executor
        Anything with ``submit``: a process pool, a thread pool, a Dask client's executor.
    work : callable
        A function of a module, so that other processes find it.
    batches : iterable of sequence
    settings : tuple
        The further arguments of ``work``.
    workers : int
        How many batches run side by side.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     sorted(spread(pool, sum, [[1, 2], [3]], (10,), 2))
    [13, 13]
    """
    waiting: set[Future[Result]] = set()
    try:
        for batch in batches:
            waiting.add(executor.submit(work, batch, *settings))
            if len(waiting) > 2 * workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()
