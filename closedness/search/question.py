"""A question on its way through the searches: what is asked, the time, and what was tried so far."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from closedness.budget import Budget
    from closedness.engines import Backend
    from closedness.rules.rule import Finding
    from closedness.search.pairs import Prover
    from closedness.supports.product import SupportProduct


LOG = logging.getLogger(__name__)


@dataclass
class Question:
    """Whether the set of these products is closed.

    Attributes
    ----------
    product : SupportProduct
    number_field : {"real", "complex"}
    budget : Budget
        The time that is left for this question.
    memory_mb : int or None
        Memory limit of external engines, in MiB.
    engines : sequence of Backend
        Whom to ask when the exact rules fail; z3 when there is none.
    tried : list of str
        What did not settle the question, in order.
    consulted : dict of str to str
        Versions of the engines that took part.
    prover : Prover or None
        Of the searches on two factors, once they have begun; it goes on where it stopped.
    exact : Budget
        The part of the time for the exact rules, before engines are asked.
    """

    product: SupportProduct
    number_field: str
    budget: Budget
    memory_mb: int | None = 2048
    engines: tuple[Backend, ...] = ()
    tried: list[str] = field(default_factory=list)
    consulted: dict[str, str] = field(default_factory=dict)
    prover: Prover | None = None
    exact: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.exact = self.budget

    @cached_property
    def pattern(self) -> Pattern:
        """The two factors in type notation."""
        return Pattern.of(self.product)

    def part(self, product: SupportProduct, budget: Budget) -> Question:
        """The same question about a part of the product."""
        return Question(product, self.number_field, budget, self.memory_mb)

    def consult(self, engines: Iterable[Backend]) -> None:
        """Note who takes part."""
        self.consulted |= {engine.name: engine.version for engine in engines if engine.available}

    def panel(self) -> Backend:
        """Who is asked when the exact rules fail."""
        from closedness.engines import Panel, engines

        chosen = self.engines or engines("z3")
        self.consult(chosen)
        return chosen[0] if len(chosen) == 1 else Panel(chosen)


Stage = Callable[[Question], "Finding | None"]


def first(question: Question, stages: Iterable[Stage]) -> Finding | None:
    """What the first stage finds that finds anything."""
    for stage in stages:
        LOG.info((stage.__doc__ or stage.__name__).partition("\n")[0].rstrip("."))
        found = stage(question)
        if found is not None:
            return found
    return None
