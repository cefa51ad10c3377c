"""Any number of factors: reduce to fewer ones, then ask the rules for two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from closedness.rules.rule import Evidence
from closedness.search.chains import ChainProver
from closedness.search.two_factors import two_factors

if TYPE_CHECKING:
    from closedness.rules.rule import Finding
    from closedness.search.question import Question
    from closedness.supports.product import SupportProduct


def any_number(question: Question) -> Finding | None:
    """Decide a chain of factors."""
    budget = question.exact

    def pair(product: SupportProduct) -> Finding | None:
        part = question.part(product, budget)
        found = two_factors(part)
        if found is None:
            question.tried.extend(f"two of the factors left: {line}" for line in part.tried)
        if isinstance(found, Evidence):
            # a limit is carried to the chain along its curve
            return replace(found, about=product.factors) if found.dense is None else None
        return found

    found = ChainProver(pair, field=question.number_field, budget=budget).decide(question.product)
    if found is None:
        question.tried.append("chains: no reduction to two factors, orbits or limits settled it")
    return found
