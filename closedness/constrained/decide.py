"""Decide questions with constraints: the theorem that applies, with its certificate, or what is not known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from closedness.budget import Budget
from closedness.constrained.pairing import Pairing, pairing_of
from closedness.constrained.problem import Covariance, Fixed, NonNegative, Problem
from closedness.decide import answers, decide
from closedness.errors import InputError
from closedness.rules.rule import Rule, sentence
from closedness.verdict import Status

if TYPE_CHECKING:
    from fractions import Fraction

    from closedness.certificate import Certificate
    from closedness.verdict import Counterexample

__all__ = ["ConstrainedVerdict", "decide_constrained"]


@dataclass(frozen=True)
class ConstrainedVerdict:
    """The answer of `decide_constrained`.

    Attributes
    ----------
    status : Status
    problem : Problem
    theorem : str
        The rule, with a page in ``docs/rules``; empty if undecided.
    reason : str
        One sentence.
    certificate : dict or None
        For `closedness.check`; present unless undecided.
    counterexample : Pairing, Counterexample or None
        A covariance matrix that is a limit and no member, with loadings and factors on the way to it.
    """

    status: Status
    problem: Problem
    theorem: str
    reason: str
    certificate: dict[str, Any] | None = None
    counterexample: Pairing | Counterexample | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value; compare .status with Status.CLOSED")

    def __str__(self) -> str:
        by = f" [{self.theorem}]" if self.theorem else ""
        return f"{self.status.words.upper()}: {self.reason}{by}"


def decide_constrained(problem: Problem, *, seconds: float | None = 60.0) -> ConstrainedVerdict:
    """Decide whether a set of products with constraints is closed.

    Parameters
    ----------
    problem : NonNegative, Covariance or Fixed
    seconds : float or None
        Time limit.

    Returns
    -------
    ConstrainedVerdict

    Examples
    --------
    >>> from closedness.constrained.problem import Covariance
    >>> cross = [[1, 0], [1, 1], [0, 1]]
    >>> decide_constrained(Covariance.of(cross, correlated=False)).theorem
    'covariance'
    >>> decide_constrained(Covariance.of(cross)).status, decide_constrained(Covariance.of(cross, unique=True)).status
    (<Status.NOT_CLOSED: 'not_closed'>, <Status.CLOSED: 'closed'>)
    """
    budget = Budget(seconds)
    if isinstance(problem, NonNegative):
        reason = sentence(RULES, "nonnegative")
        certificate = problem.certificate("closed", {"rule": "nonnegative"})
        return ConstrainedVerdict(Status.CLOSED, problem, "nonnegative", reason, certificate)
    if isinstance(problem, Covariance):
        return _covariance(problem, budget)
    if isinstance(problem, Fixed):
        return _fixed(problem, budget)
    raise InputError(f"problem is {type(problem).__name__}, no question with constraints")


@answers(NonNegative, Covariance, Fixed)
def _answer(problem: Any, seconds: float | None) -> ConstrainedVerdict:
    return decide_constrained(problem, seconds=seconds)


# -------------------------------------------------------------------- covariances


def _covariance(problem: Covariance, budget: Budget) -> ConstrainedVerdict:
    pairing = pairing_of(problem)
    if pairing is not None:
        certificate = problem.certificate("not_closed", {"rule": "paired-items", **pairing.proof()})
        return ConstrainedVerdict(Status.NOT_CLOSED, problem, "paired-items", pairing.sentence(), certificate, pairing)
    nodes: list[dict[str, Any]] = []
    open_blocks = []
    absorbed: list[int] = []
    for block in problem.blocks:
        node, item = _closed_block(problem, block, budget)
        if node is None:
            open_blocks.append(block)
            continue
        nodes.append(node)
        if item is not None:
            absorbed.append(item)
    if not open_blocks:
        certificate = problem.certificate("closed", {"rule": "covariance", "blocks": nodes})
        return ConstrainedVerdict(Status.CLOSED, problem, "covariance", _why_closed(problem, absorbed), certificate)
    for block in open_blocks:
        found = _limit(problem, block, budget)
        if found is not None:
            return found
    names = ", ".join(problem.factor(k) for k in open_blocks[0])
    reason = f"neither theorem covers the correlated factors {names}: whether loadings can diverge is not known"
    return ConstrainedVerdict(Status.UNDECIDED, problem, "", reason)


def _closed_block(
    problem: Covariance, block: tuple[int, ...], budget: Budget
) -> tuple[dict[str, Any] | None, int | None]:
    """Why the part of one block is closed, possibly with the unique variance of one item."""
    if len(block) == 1:
        return {"without": [], "then": {"rule": "crossing"}}, None
    m = problem.loadings.shape[0]
    everything = set(block)
    candidates: list[int | None] = [None]
    candidates += [i for i in problem.unique if everything <= set(problem.loadings.rows[i])]
    for item in candidates:
        product = problem.block_product(block, (i for i in range(m) if i != item))
        verdict = decide(product, seconds=budget.part(0.5).left(), last_resort=False)
        if verdict.status is Status.CLOSED and verdict.certificate is not None:
            return {"without": [] if item is None else [item], "then": _proof(verdict.certificate)}, item
        if budget.expired():
            break
    return None, None


def _proof(certificate: Certificate) -> list[Any]:
    """The proof about products, as it stands inside another one."""
    proof: list[Any] = json.loads(certificate.to_json())["proof"]
    return proof


def _why_closed(problem: Covariance, absorbed: list[int]) -> str:
    if all(len(block) == 1 for block in problem.blocks):
        return "with uncorrelated factors the diagonal of the covariance matrix bounds all loadings"
    if absorbed:
        names = ", ".join(problem.item(i) for i in sorted(set(absorbed)))
        return f"loadings that diverge can only add variance to {names}, for which the unique variance has room"
    return "the loadings times a free square matrix form a closed set, and so do their covariance matrices"


def _limit(problem: Covariance, block: tuple[int, ...], budget: Budget) -> ConstrainedVerdict | None:
    """Items without unique variance, on the factors of this block alone: the products decide."""
    inside = set(block)
    rows = [i for i, row in enumerate(problem.loadings.rows) if row and set(row) <= inside and i not in problem.unique]
    if not rows:
        return None
    verdict = decide(problem.block_product(block, rows), seconds=budget.part(0.8).left(), last_resort=False)
    if verdict.status is not Status.NOT_CLOSED or verdict.certificate is None:
        return None
    names = ", ".join(problem.factor(k) for k in block)
    reason = f"the loadings on {names} times a free square matrix do not form a closed set: {verdict.reason}"
    proof = {
        "rule": "covariance-limit",
        "block": problem.blocks.index(block),
        "items": rows,
        "then": _proof(verdict.certificate),
    }
    certificate = problem.certificate("not_closed", proof)
    return ConstrainedVerdict(
        Status.NOT_CLOSED, problem, "covariance-limit", reason, certificate, verdict.counterexample
    )


# -------------------------------------------------------------------- fixed entries


def _fixed(problem: Fixed, budget: Budget) -> ConstrainedVerdict:
    left, right = problem.free
    size = left.shape[1]
    if not any(problem.values):
        from closedness.supports.product import SupportProduct

        verdict = decide(SupportProduct(problem.free), seconds=budget.left())
        if verdict.certificate is None:
            return ConstrainedVerdict(Status.UNDECIDED, problem, "", verdict.reason)
        certificate = problem.certificate(verdict.status.value, _proof(verdict.certificate))
        rule = certificate["proof"][-1]["rule"]
        return ConstrainedVerdict(verdict.status, problem, rule, verdict.reason, certificate, verdict.counterexample)
    if all(not left.col_masks[k] or not right.row_masks[k] for k in range(size)):
        reason = sentence(RULES, "affine")
        certificate = problem.certificate("closed", {"rule": "affine"})
        return ConstrainedVerdict(Status.CLOSED, problem, "affine", reason, certificate)
    marker = _marker(problem.free, problem.values)
    side = "left"
    if marker is None:
        marker = _marker((right.T, left.T), tuple(_turned(values) for values in reversed(problem.values)))
        side = "right"
    if marker is None:
        reason = "some entries are fixed, and no rule for such factors applies"
        return ConstrainedVerdict(Status.UNDECIDED, problem, "", reason)
    k, fixed, free, column = marker
    reason = (
        f"of hidden index {k} entry {fixed} is fixed on the {side}, so entry {free} cannot grow while the other side "
        "vanishes, as it does in a limit"
    )
    proof = {"rule": "marker", "side": side, "hidden": k, "fixed": fixed, "free": free, "column": column}
    return ConstrainedVerdict(Status.NOT_CLOSED, problem, "marker", reason, problem.certificate("not_closed", proof))


def _turned(values: dict[tuple[int, int], Fraction]) -> dict[tuple[int, int], Fraction]:
    return {(j, i): value for (i, j), value in values.items()}


def _marker(free: tuple[Any, ...], values: tuple[Any, ...]) -> tuple[int, int, int, int] | None:
    """Hidden index, row of a fixed entry, row of a free one, and a column that it alone covers in these rows."""
    (left, right), (given, beside) = free, values
    rows = [set(row) | {k for i2, k in given if i2 == i} for i, row in enumerate(left.rows)]
    columns = [
        {k for k, row in enumerate(right.rows) if j in row} | {k for k, j2 in beside if j2 == j}
        for j in range(right.shape[1])
    ]
    for i, k in sorted(given):
        if any(hidden == k for hidden, _ in beside):
            continue
        for j in right.rows[k]:
            if rows[i] & columns[j] != {k}:
                continue
            for other, row in enumerate(left.rows):
                if k in row and rows[other] & columns[j] == {k}:
                    return k, i, other, j
    return None


RULES = (
    Rule(
        "nonnegative",
        "nonnegative",
        "nothing cancels in products of non-negative factors, so the paths of a bounded product are bounded",
    ),
    Rule(
        "covariance",
        "covariance",
        "for each block of correlated factors the loadings times a free square matrix form a closed set",
    ),
    Rule(
        "covariance-limit",
        "covariance",
        "the loadings of some items times a free square matrix do not form a closed set",
        claim="not_closed",
    ),
    Rule(
        "affine",
        "fixed",
        "of each hidden index one side is fixed, so the products form an affine space",
    ),
    Rule(
        "marker",
        "fixed",
        "an entry is fixed, so another one cannot grow while the other side vanishes, as it does in a limit",
        claim="not_closed",
    ),
)
