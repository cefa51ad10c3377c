"""Check the classification of all patterns with few hidden indices from the two stored tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.census.decide_all import product_of_types
from closedness.certificate import Certificate
from closedness.check import Report, check
from closedness.rules.limits.subpattern import MinimalPattern, carry_over, minimal_patterns, stored_subpattern
from closedness.rules.pairs.extend import ClosedPattern, closed_patterns, inside_stored
from closedness.rules.rule import Evidence
from closedness.supports.embedding import Embedding
from closedness.supports.enumeration import Configurations, Types
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Tally:
    """Outcome of the check.

    Attributes
    ----------
    certificates : int
        Certificates of the two tables that the checker verified, no solver trusted.
    closed, not_closed : int
        Classes inside a maximal closed pattern, and classes with a minimal non-closed minor.
    faults : tuple of str
        What went wrong; empty when the theorem stands.
    """

    certificates: int
    closed: int
    not_closed: int
    faults: tuple[str, ...]


def certificate_of_minimal(entry: MinimalPattern, field: str = "real") -> Certificate:
    """The certificate that a stored minimal pattern is not closed."""
    terms = tuple(range(entry.hidden))
    place = Embedding(tuple(range(len(entry.rows))), tuple(range(len(entry.columns))), terms, False)
    evidence: Evidence = carry_over(entry, place)
    product = product_of_types(entry.rows, entry.columns)
    return Certificate.not_closed(product, field, evidence.target, evidence.curve, evidence.refutation, {})


def certificate_of_closed(entry: ClosedPattern, field: str = "real") -> Certificate:
    """The certificate that a stored maximal pattern is closed."""
    return Certificate.closed(product_of_types(entry.rows, entry.columns), field, entry.proof, {})


def reports(field: str = "real") -> Iterator[tuple[str, Report]]:
    """Check every certificate of the two tables."""
    for minimal in minimal_patterns():
        yield notation(minimal.rows, minimal.columns), check(certificate_of_minimal(minimal, field))
    for maximal in closed_patterns():
        yield notation(maximal.rows, maximal.columns), check(certificate_of_closed(maximal, field))


def verify(hidden: int = 3, progress: Callable[[int], None] | None = None) -> Tally:
    """Check the theorem: each class has a minimal minor or lies in a maximal closed pattern.

    Parameters
    ----------
    hidden : int
        All patterns with at most so many hidden indices.
    progress : callable, optional
        Called with the number of classes done.
    """
    faults = []
    certificates = 0
    for name, report in [*reports("real"), *reports("complex")]:
        if report.verified and not report.trusted:
            certificates += 1
        else:
            faults.append(f"{name}: {report.reason}")
    closed = not_closed = 0
    for r in range(1, hidden + 1):
        for rows, columns in Configurations(r).patterns():
            pattern = Pattern.of_types(rows, columns)
            has_subpattern = stored_subpattern(pattern) is not None
            inside = not has_subpattern and inside_stored(pattern) is not None
            closed += inside
            not_closed += has_subpattern
            if has_subpattern == inside:
                faults.append(f"{notation(rows, columns)}: in neither table")
            if progress is not None:
                progress(closed + not_closed)
    return Tally(certificates, closed, not_closed, tuple(faults))


def consistency(hidden: int = 3) -> list[str]:
    """No maximal closed pattern has a minimal non-closed minor, and no minimal one another."""
    table = minimal_patterns()
    faults = [
        f"{notation(maximal.rows, maximal.columns)} has a non-closed minor"
        for maximal in closed_patterns()
        if stored_subpattern(maximal.pattern) is not None
    ]
    for entry in table:
        others = [other for other in table if other is not entry]
        pattern = Pattern.of_types(entry.rows, entry.columns)
        if entry.hidden <= hidden and stored_subpattern(pattern, others) is not None:
            faults.append(f"{notation(entry.rows, entry.columns)} is not minimal")
    return faults


def notation(rows: Types, columns: Types) -> str:
    """Type notation.

    Examples
    --------
    >>> notation((1, 3), (1, 3))
    '(1,3 | 1,3)'
    """
    return f"({','.join(map(str, rows))} | {','.join(map(str, columns))})"
