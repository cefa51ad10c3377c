"""Two factors: the rules in the order in which they are asked, cheap ones first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from closedness.rules.limits.blocks import blocks
from closedness.rules.limits.bordered import bordered
from closedness.rules.limits.dependent import dependent
from closedness.rules.limits.diagonal import diagonal
from closedness.rules.limits.forced import forced
from closedness.rules.limits.private_cells import limit_at_private_cells
from closedness.rules.limits.subpattern import minimal_patterns, patterns_over_the_reals, stored_subpattern
from closedness.rules.limits.targets import QUICK
from closedness.rules.pairs.dense import dense_product
from closedness.rules.pairs.linear import most_cells
from closedness.rules.rows import row
from closedness.search.large import decide_large, is_large
from closedness.search.pairs import Prover
from closedness.search.question import Question, Stage, first

if TYPE_CHECKING:
    from closedness.rules.rule import Finding

# beyond this many rows, columns or hidden indices only the rules for large masks are asked
LARGEST = 256
# with fewer hidden indices the stored minimal patterns are all there are
STORED_COMPLETELY = 3
# share of the time for limits that are found by their form
LIMITS = 0.2


def two_factors(question: Question) -> Finding | None:
    """Ask the stages in turn; those for large masks come first where there are any."""
    product = question.product
    if not is_large(product):
        return first(question, STAGES)
    found = first(question, LARGE_STAGES)
    if found is not None or max(*product.shape, *product.inner) > LARGEST:
        return found
    return first(question, [stage for stage in STAGES if stage not in (bordered_minors, growing_blocks)])


def without_zeros(question: Question) -> Finding | None:
    """One factor has no zeros: complete, whatever the size."""
    return dense_product(question.product, budget=question.exact)


def private(question: Question) -> Finding | None:
    """A 2×2 LU pattern of private cells."""
    evidence = limit_at_private_cells(question.product)
    if evidence is None:
        question.tried.append("private cells: none of them form a 2×2 LU pattern")
    return evidence


def reductions(question: Question) -> Finding | None:
    """Reductions, and rules that end a proof at once."""
    cells = most_cells(question.budget.left())
    prover = Prover(question.product, field=question.number_field, budget=question.exact, cells=cells)
    question.prover = prover
    proof = prover.quick(question.pattern)
    if proof is None and prover.found is None:
        question.tried.append("simple rules: supports that overlap without crossing are left")
    return proof or prover.found


def bordered_minors(question: Question) -> Finding | None:
    """Low rank plus sparse: a 2×2 pattern beside an identity matrix."""
    return bordered(question.product, budget=question.budget.part(LIMITS))


def growing_blocks(question: Question) -> Finding | None:
    """Limits in which blocks of rows and columns grow, refuted by linear algebra."""
    if question.product.inner[0] <= STORED_COMPLETELY:
        return None
    evidence = blocks(question.product, budget=question.budget.part(LIMITS))
    if evidence is None:
        question.tried.append("limits in which blocks grow: none is shown by frames to be no product")
        evidence = dependent(question.product, budget=question.budget.part(LIMITS))
    if evidence is None:
        evidence = diagonal(
            question.product, dominant=no_curve_needed(question), budget=question.budget.part(LIMITS)
        )
    if evidence is None:
        question.tried.append("limits with a diagonal part: none is found for which too few hidden indices are left")
    return evidence


def no_curve_needed(question: Question) -> bool:
    """Whether products that are dense make every matrix a limit."""
    return question.number_field in row("dominant-limit").fields


def forced_zeros(question: Question) -> Finding | None:
    """Targets whose zeros force a contradiction, cell by cell."""
    effort = replace(QUICK, dominant=no_curve_needed(question))
    evidence = forced(question.product, effort=effort, budget=question.budget.part(LIMITS))
    if evidence is None:
        question.tried.append("targets whose zeros force a contradiction: no limit found among them")
    return evidence


def minimal(question: Question) -> Finding | None:
    """Stored minimal patterns."""
    tables = [minimal_patterns(3), minimal_patterns(4)]
    if question.number_field == "real":
        tables.append(patterns_over_the_reals())
    for table in tables:
        evidence = stored_subpattern(question.pattern, table, budget=question.exact)
        if evidence is not None:
            return evidence
    question.tried.append("stored minimal patterns: none is a sub-pattern")
    return None


def searches(question: Question) -> Finding | None:
    """Case distinctions and likely targets in turn, in growing rounds."""
    prover = question.prover
    assert prover is not None
    prover.budget = question.exact
    proof = prover.full(question.pattern)
    if proof is None and prover.found is None:
        question.tried.append(f"case distinctions: {prover.complaint}")
        question.tried.append("limits: no matrix found that is a limit of products and is proved not to be one")
    return proof or prover.found


def large_masks(question: Question) -> Finding | None:
    """Polynomial rules on sparse arrays; the rules for small products on groups of overlapping supports."""
    found = decide_large(
        question.product, lambda part: two_factors(question.part(part, question.budget.part(0.5)))
    )
    if found is None:
        question.tried.append("rules for large masks: no 2×2 LU pattern, and supports that overlap without crossing")
    return found


STAGES: tuple[Stage, ...] = (private, reductions, bordered_minors, growing_blocks, minimal, forced_zeros, searches)
LARGE_STAGES: tuple[Stage, ...] = (without_zeros, bordered_minors, large_masks)
