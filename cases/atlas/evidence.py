"""Evidence for the atlas from outside its proofs: random limits, and a second engine.

A closed set contains all limits of its sequences, so random limits of products must be products; membership
is decided exactly. For a set that is not closed, another engine is asked whether the target is a product.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from cases.atlas.theorem import notation
from closedness.algebra.bitsets import bits
from closedness.algebra.casesplit import CaseSplit
from closedness.census.decide_all import product_of_types
from closedness.equations.curve import Matrix, Rectangle, uncrossings
from closedness.equations.membership import covered_cells, membership_system
from closedness.rules.limits.subpattern import minimal_patterns, stored_subpattern
from closedness.supports.enumeration import Configurations, Types
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VALUES = (0, 0, 0, 1, 1, -1, 2)


@dataclass
class Findings:
    """What a campaign found.

    Attributes
    ----------
    closed, not_closed : int
        Sampled verdicts.
    limits : int
        Random limits of closed sets that were shown to be products.
    unsettled : int
        Random limits whose membership stayed open within the step budget.
    confirmed : int
        Targets of sets that are not closed which the second engine also finds not to be products.
    unanswered : int
        Targets on which the second engine gave no answer in time.
    contradictions : list of str
        Anything that speaks against a verdict.
    """

    closed: int = 0
    not_closed: int = 0
    limits: int = 0
    unsettled: int = 0
    confirmed: int = 0
    unanswered: int = 0
    contradictions: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """The findings as plain data."""
        return asdict(self)


def random_limit(rectangles: Sequence[Rectangle], rng: random.Random) -> Matrix:
    """A random element of the set of a pattern that arises by up to two uncrossings."""
    rectangles = list(rectangles)
    for _ in range(rng.choice((1, 1, 2))):
        moves = list(uncrossings(rectangles))
        if moves:
            rectangles = rng.choice(moves).apply(rectangles)
    total: dict[tuple[int, int], int] = {}
    for rows, columns in rectangles:
        x = {i: rng.choice(VALUES) for i in bits(rows)}
        y = {j: rng.choice(VALUES) for j in bits(columns)}
        for i, a in x.items():
            for j, b in y.items():
                if a * b:
                    total[i, j] = total.get((i, j), 0) + a * b
    return {cell: Fraction(value) for cell, value in total.items() if value}


def attack(rows: Types, columns: Types, tries: int, rng: random.Random, findings: Findings) -> None:
    """Confront a closed pattern with random limits."""
    pattern = Pattern.of_types(rows, columns)
    product = product_of_types(rows, columns)
    rectangles = [pattern.rectangle(k) for k in bits(pattern.terms)]
    cells = covered_cells(product)
    seen: set[frozenset[tuple[tuple[int, int], Fraction]]] = set()
    for _ in range(tries):
        target = random_limit(rectangles, rng)
        key = frozenset(target.items())
        if key in seen:
            findings.limits += 1
            continue
        seen.add(key)
        outcome = CaseSplit(membership_system(product, target, cells), 4_000).run()
        if outcome.point is not None:
            findings.limits += 1
        elif outcome.refutation is not None:
            findings.contradictions.append(f"{notation(rows, columns)}: a limit is no product: {target}")
        else:
            findings.unsettled += 1


def second_opinion(rows: Types, columns: Types, seconds: float, findings: Findings) -> None:
    """Ask z3 whether the target of a minimal minor is a product of the minor's pattern."""
    from closedness.engines import is_product

    pattern = Pattern.of_types(rows, columns)
    entry = next(m for m in minimal_patterns() if stored_subpattern(pattern, [m]) is not None)
    product = product_of_types(entry.rows, entry.columns)
    target = [[Fraction(0)] * len(entry.columns) for _ in entry.rows]
    for i, j, value in entry.target:
        target[i][j] = Fraction(value)
    answer = is_product(product, target, seconds=seconds)
    if answer.status == "unsat":
        findings.confirmed += 1
    elif answer.status == "sat":
        findings.contradictions.append(f"{notation(entry.rows, entry.columns)}: the target is a product")
    else:
        findings.unanswered += 1


def campaign(
    sample: int, tries: int, seconds: float, seed: int = 0, progress: Callable[[int], None] | None = None
) -> Findings:
    """Draw verdicts of the atlas, half of them closed, and look for contradictions.

    Parameters
    ----------
    sample : int
        Number of verdicts.
    tries : int
        Random limits for each closed one.
    seconds : float
        Time limit of the second engine for each target.
    seed : int
    progress : callable, optional
        Called with the number of verdicts done.
    """
    rng = random.Random(seed)
    classes = list(Configurations(3).patterns())
    rng.shuffle(classes)
    findings = Findings()
    for rows, columns in classes:
        if stored_subpattern(Pattern.of_types(rows, columns)) is None:
            if findings.closed < sample - sample // 2:
                findings.closed += 1
                attack(rows, columns, tries, rng, findings)
        elif findings.not_closed < sample // 2:
            findings.not_closed += 1
            second_opinion(rows, columns, seconds, findings)
        if progress is not None:
            progress(findings.closed + findings.not_closed)
        if findings.closed + findings.not_closed == sample:
            break
    return findings


__all__ = ["Findings", "attack", "campaign", "random_limit", "second_opinion"]
