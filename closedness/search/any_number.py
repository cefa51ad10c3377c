"""Any number of factors: reduce to fewer ones, then ask the rules for two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.rules.rows import row
from closedness.rules.rule import Evidence, Proof
from closedness.search.chains import ChainProver, Found
from closedness.search.two_factors import two_factors

if TYPE_CHECKING:
    from closedness.rules.rule import Finding
    from closedness.search.question import Question
    from closedness.supports.product import SupportProduct


def any_number(question: Question) -> Finding | None:
    """Decide a chain of factors."""
    budget = question.exact

    def pair(product: SupportProduct) -> Found | None:
        part = question.part(product, budget)
        found = two_factors(part)
        if found is None:
            question.tried.extend(f"two of the factors left: {line}" for line in part.tried)
            return None
        if isinstance(found, Proof):
            return Found(node=found.node)
        refuted = product.factors, found.refutation
        return Found(target=found.target, curve=found.curve, sentence=found.sentence, refuted=refuted)

    found = ChainProver(pair, field=question.number_field, expired=budget.expired).decide(question.product)
    if found is None:
        question.tried.append("chains: no reduction to two factors, orbits or limits settled it")
        return None
    if isinstance(found, Evidence):
        return found
    return Proof(found, row(found["rule"]).sentence)
