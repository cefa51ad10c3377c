"""Engines of real algebra, for what the exact rules leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.equations.paths import count_paths
from closedness.rules.limits.limit import Effort, limit_at
from closedness.rules.pairs.ideal import ideal
from closedness.rules.rule import Proof, Rule
from closedness.search.question import Question, Stage, first

if TYPE_CHECKING:
    from fractions import Fraction

    from closedness.rules.rule import Finding, Node
    from closedness.supports.masks import Cell
    from closedness.supports.pattern import Pattern

# terms of all entries up to which engines are asked; a longer sentence takes longer to write than to give up
MOST_MONOMIALS = 5_000


def last_resort(question: Question) -> Finding | None:
    """Ask the engines, then give what they leave of the time to the exact rules."""
    if sum(map(sum, count_paths(question.product))) > MOST_MONOMIALS:
        question.tried.append(f"engines: not asked, the product's entries have more than {MOST_MONOMIALS} monomials")
        return resumed(question)
    return first(question, STAGES)


def refuted(question: Question) -> Finding | None:
    """Limits whose targets Singular shows to be no products, by identities that are verified here."""
    from closedness.engines import Singular

    singular = next((engine for engine in question.engines if isinstance(engine, Singular)), None)
    if singular is None or question.prover is None or question.budget.expired():
        return None
    question.consult([singular])
    evidence = question.prover.counterexample(
        budget=question.budget.part(0.4), identities=singular.cofactors
    )
    if evidence is None:
        question.tried.append(f"limits with refutations by {singular.name} {singular.version}: none found")
    return evidence


def zeros(question: Question) -> Finding | None:
    """Polynomials that vanish on what is left; an engine looks for their other zeros."""
    if question.prover is None or question.number_field != "real":
        return None
    budget = question.budget.part(0.5)
    candidates: list[tuple[Pattern, dict[Cell, Fraction], list[tuple[Pattern, int]]]] = []
    said: list[str] = []
    panel = question.panel()

    def ask(reduced: Pattern, fills: list[tuple[Pattern, int]]) -> Node | None:
        answer = ideal(reduced, seconds=budget.left(), memory_mb=question.memory_mb, backend=panel)
        said.append(answer.detail)
        if answer.target is not None:
            candidates.append((reduced, answer.target, fills))
        return answer.node

    proof = question.prover.with_fallback(question.pattern, ask)
    question.tried.extend(f"ideal: {line}" for line in said)
    if proof is not None:
        return Proof(proof.node, f"{'; '.join(said)} (no independent proof)") if said else proof
    if question.prover.found is not None:
        return question.prover.found
    for reduced, target, fills in candidates:
        evidence = limit_at(
            question.product, reduced, target, fills, effort=Effort(real=True), budget=budget
        )
        if evidence is not None:
            return evidence
    return None


def sentence(question: Question) -> Finding | None:
    """The textbook sentence; only "closed" is believed, on the engine's word."""
    from closedness.engines import closedness_sentence

    answer = closedness_sentence(
        question.product,
        question.budget.left(),
        question.memory_mb,
        field=question.number_field,
        backend=question.panel(),
    )
    engine = answer.name
    if answer.status == "unsat" and answer.reliable:
        node = {"rule": "solver", "engine": engine, "question": "closedness", "answer": "unsat"}
        return Proof(node, f"{engine} finds the textbook sentence unsatisfiable (no independent proof)")
    words = {"sat": "satisfiable, but without a checkable target", "unsat": "unsatisfiable"}
    said = (f"textbook sentence by {engine}", words.get(answer.status, ""), answer.detail)
    question.tried.append(": ".join(filter(None, said)))
    return None


def resumed(question: Question) -> Finding | None:
    """The exact rules again, when time is left that the engines did not use."""
    prover = question.prover
    if prover is None or question.budget.expired():
        return None
    prover.budget = question.budget
    return prover.resume(question.pattern) or prover.found


STAGES: tuple[Stage, ...] = (zeros, sentence, resumed)


RULES = (
    Rule(
        "solver",
        "root",
        "an engine finds the textbook sentence unsatisfiable",
    ),
)
