"""From an error to an architecture: the smallest chain whose proved bound is within a given error.

With the radices of a chain fixed, the class blocks at its splits do not depend on the ranks. Their singular values give
``E_s`` for every rank at once, and from left to right the error is at most ``sqrt(Σ E_s²)`` (docs/solvers.md, Theorem
2), so the ranks can be chosen before anything is factorised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import Array, measure, read_matrix, scaled, stretched
from solvers.families import deformable, padded_shape
from solvers.kronecker_sparse import Chain
from solvers.refusals import refuses
from solvers.splits import PairShape, compact_view, product_blocks

__all__ = ["ChainChoice", "choose_chain", "is_share", "lowest_ranks"]

Real = NDArray[np.float64]
_PACE = 4e-9  # seconds of a singular value decomposition, for each entry and each singular value

Radices = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class ChainChoice:
    """A chain and what is proved about it for one matrix.

    Attributes
    ----------
    chain : Chain
    bound : float
        ``sqrt(Σ E_s²)``: from left to right :func:`solvers.factorize_butterfly` has at most this error (Frobenius,
        absolute).
    lower_bound : float
        ``max E_s``: no factors with this chain have a smaller error.
    relative_bound : float
        ``bound / ‖A‖``.
    parameters : int
        Number of stored values.
    share : float
        ``parameters`` relative to the entries of the matrix.
    others : tuple of ChainChoice
        The other chains that were tried, fewest parameters first; empty for these themselves.
    complete : bool
        Whether all chains were tried before the time was up.
    """

    chain: Chain
    bound: float
    lower_bound: float
    relative_bound: float
    parameters: int
    share: float
    others: tuple[ChainChoice, ...] = ()
    complete: bool = True

    def __str__(self) -> str:
        return (
            f"{len(self.chain)} factor{'s' if len(self.chain) > 1 else ''} with {self.parameters} values "
            f"({100 * self.share:.3g} % of the entries), relative error at most {self.relative_bound:.3e}"
        )


@refuses(weights="no singular values bound a weighted error; factorize_weighted_butterfly takes its chain")
def choose_chain(A: Any, error: float, *, pad: bool = False, seconds: float | None = 60.0) -> ChainChoice:
    """The chain with the fewest parameters, of those tried, that reaches an error with a proof.

    Parameters
    ----------
    A : array_like, (m, n)
        As for :func:`solvers.factorize_butterfly`.
    error : float
        Relative error allowed, at least 0 and below 1; what is below rounding is read as rounding.
    pad : bool
        Also try the chains of the next powers of two, for :func:`solvers.factorize_padded`; the matrix is filled up
        with zeros, which does not raise any distance.
    seconds : float or None
        Time limit (wall clock); None sets none. Chains whose singular values would take longer than what is left are
        passed over; the dense chain is there at any time.

    Returns
    -------
    ChainChoice

    Raises
    ------
    InputError
        As :func:`solvers.factorize_butterfly`; an error or a limit out of range.

    Notes
    -----
    Tried are radices from the prime factors of ``m`` and ``n``, joined to 1, 2, 3, … groups in three ways, and for two
    factors more pairs of divisors; ranks are lowered one split at a time while the bound allows it. It is a search, and
    does not prove that no smaller chain would do; the bound of the chain it returns is proved.

    Examples
    --------
    >>> from scipy.linalg import hadamard
    >>> found = choose_chain(hadamard(16), 1e-10)
    >>> found.chain, found.parameters
    (Chain([(1, 4, 4, 4), (4, 4, 4, 1)]), 128)
    """
    if not is_share(error):
        raise InputError(f"error must be a number at least 0 and below 1, got {error!r}")
    budget = Budget(seconds)
    matrix = read_matrix(A)
    energy, exponent = measure(matrix)
    usual = scaled(matrix, exponent)
    m, n = matrix.shape
    targets = {(m, n): usual}
    if pad:
        for shape in (padded_shape((m, n), square=False), padded_shape((m, n))):
            if shape not in targets:
                targets[shape] = np.zeros(shape, usual.dtype)
                targets[shape][:m, :n] = usual
    rounding = 16.0 * float(np.finfo(matrix.dtype).eps) * math.sqrt(min(m, n))
    allowed = max(error, rounding) ** 2 * energy
    found: list[ChainChoice] = []
    complete = True
    for shape, rows, cols in ((s, *radices) for s in targets for radices in _candidates(*s)):
        tails = _tails(targets[shape], rows, cols, budget)
        if tails is None:
            complete = False
            continue
        ranks = _ranks(tails, allowed, rows, cols)
        squares = [float(t[q]) for t, q in zip(tails, ranks, strict=True)]
        bound, lower = math.sqrt(math.fsum(squares)), math.sqrt(max(squares, default=0.0))
        chain = deformable(rows, cols, ranks)
        found.append(
            ChainChoice(
                chain=chain,
                bound=stretched(bound, exponent),
                lower_bound=stretched(lower, exponent),
                relative_bound=bound / math.sqrt(energy) if energy else 0.0,
                parameters=chain.parameters(),
                share=chain.parameters() / (m * n),
            )
        )
    found.sort(key=lambda choice: (choice.parameters, len(choice.chain)))
    best = found[0]
    return ChainChoice(
        best.chain, best.bound, best.lower_bound, best.relative_bound, best.parameters, best.share, tuple(found[1:]),
        complete,
    )  # fmt: skip


def is_share(value: Any) -> bool:
    """Whether an argument can be a relative error."""
    return isinstance(value, (int, float)) and 0.0 <= value < 1.0


def _primes(n: int) -> list[int]:
    out, p = [], 2
    while p * p <= n:
        while n % p == 0:
            out.append(p)
            n //= p
        p += 1
    return out + ([n] if n > 1 else [])


def _grouped(primes: list[int], count: int) -> tuple[int, ...]:
    """Products of ``count`` groups of about equal size, smallest first; 1 where there are too few."""
    groups = [1] * count
    for p in sorted(primes, reverse=True):
        groups[groups.index(min(groups))] *= p
    return tuple(sorted(groups))


def _ends(primes: list[int], count: int) -> tuple[int, ...]:
    """Single prime factors, smallest first, and all that is left over in one large group at the end."""
    ordered = sorted(primes)
    head = ordered[: count - 1]
    head = [*[1] * (count - 1 - len(head)), *head]
    return (*head, math.prod(ordered[count - 1 :]))


def _candidates(m: int, n: int) -> Iterator[Radices]:
    """Radices of rows and columns, the dense chain first, then few factors before many."""
    seen = set()
    p, q = _primes(m), _primes(n)
    for count in range(1, max(len(p), len(q), 2) + 1):
        even_m, even_n = _grouped(p, count), _grouped(q, count)
        options = [(even_m, even_n), (even_m[::-1], even_n), (_ends(p, count)[::-1], _ends(q, count))]
        if count == 2:
            options.append(((m, 1), (1, n)))  # low rank
            options += [((b, m // b), (n // c, c)) for b in _divisors(m) for c in _divisors(n) if b in (c, m // c)]
        for option in options:
            if option not in seen:
                seen.add(option)
                yield option


def _divisors(n: int) -> list[int]:
    return [k for k in range(1, n + 1) if n % k == 0]


def _tails(matrix: Array, rows: tuple[int, ...], cols: tuple[int, ...], budget: Budget) -> list[Real] | None:
    """``E_s²`` for the ranks ``0, 1, …`` at every split; None when the time is up. A single factor needs no time."""
    chain = deformable(rows, cols)
    values = compact_view(matrix, chain.product)
    out = []
    for s in range(1, len(chain)):
        pair = PairShape.of(chain.piece(0, s), chain.piece(s, len(chain)))
        left = budget.left()
        if left is not None and left <= _PACE * matrix.size * min(pair.b, pair.c):
            return None
        sigma = np.linalg.svd(np.ascontiguousarray(product_blocks(values, pair)), compute_uv=False)
        energies = np.square(sigma, dtype=np.float64).reshape(-1, sigma.shape[-1]).sum(axis=0)
        out.append(np.append(np.cumsum(energies[::-1])[::-1], 0.0))
    return out


def _ranks(tails: list[Real], allowed: float, rows: tuple[int, ...], cols: tuple[int, ...]) -> list[int]:
    """Ranks whose ``E_s²`` add up to no more than is allowed, lowered where that saves most."""

    def cost(ranks: Sequence[int]) -> int:
        full = [1, *ranks, 1]
        parts = zip(rows, cols, full[:-1], full[1:], strict=True)
        return sum(
            math.prod(cols[:l]) * left * row * right * col * math.prod(rows[l + 1 :])
            for l, (row, col, left, right) in enumerate(parts)
        )

    return lowest_ranks(tails, allowed, cost)


def lowest_ranks(tails: list[Real], allowed: float, cost: Callable[[Sequence[int]], int]) -> list[int]:
    """Ranks ``q_s`` with ``Σ tails[s][q_s]`` at most ``allowed``, lowered one at a time where that costs least.

    Examples
    --------
    >>> lowest_ranks([np.array([5.0, 1.0, 0.0]), np.array([5.0, 2.0, 0.0])], 1.5, sum)
    [1, 2]
    """
    if not tails:
        return []

    def least(s: int, room: float) -> int:
        return max(1, int(np.argmax(tails[s] <= room)))

    ranks = [least(s, allowed / len(tails)) for s in range(len(tails))]
    while True:
        spent = [float(t[q]) for t, q in zip(tails, ranks, strict=True)]
        total = math.fsum(spent)
        options = []
        for s in range(len(tails)):
            q = least(s, allowed - (total - spent[s]))
            if q < ranks[s]:
                lowered = [*ranks[:s], q, *ranks[s + 1 :]]
                options.append((cost(lowered), lowered))
        if not options:
            return ranks
        ranks = min(options)[1]
