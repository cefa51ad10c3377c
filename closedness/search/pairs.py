"""Put reductions and criteria together to a proof that a two-factor set is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from closedness.budget import within
from closedness.certificate import flatten
from closedness.rules.limits.targets import target_among_placements, target_by_chance
from closedness.rules.pairs.crossing import crossing
from closedness.rules.pairs.dominant import dominant
from closedness.rules.pairs.extend import inside_stored
from closedness.rules.pairs.full import reduce_full, reduce_whole
from closedness.rules.pairs.linear import reduce_linear
from closedness.rules.pairs.product import reduce_components
from closedness.rules.pairs.split import reduce_bicliques
from closedness.rules.pairs.twins import reduce_twins
from closedness.rules.strata.search import StrataSearch
from closedness.rules.strata.section import SearchExhausted
from closedness.supports.pattern import Pattern
from closedness.supports.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.equations.membership import Identities
    from closedness.rules.pairs.extend import ClosedPattern
    from closedness.rules.rule import Evidence
    from closedness.supports.product import SupportProduct

Node = dict[str, Any]
# a reduced pattern, and the full subsets that were removed on the way to it
Fallback = Callable[[Pattern, list[tuple[Pattern, int]]], "Node | None"]
# budget of states of the attempt to show that all matrices are products
PRODUCT_STATES = 3_000
EXHAUSTED = "the budget of states or the time ran out"
# seconds for each of the searches, round by round
ROUNDS = (0.3, 1.2, 4.8, None)


@dataclass(frozen=True)
class Proof:
    """A proof node and one sentence about it."""

    node: Node
    sentence: str


def ends_outside(tree: Node | None) -> bool:
    """Whether some member of a family is shown to be no limit of products."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if node is not None and node["do"] == "when":
            stack += [node["nonzero"], node["zero"]["then"]]
        elif node is not None and node["do"] == "cases":
            stack += [node["nonzero"], node["zero"]]
        elif node is not None and node["do"] in ("outside", "vanishing"):
            return True
    return False


@dataclass
class _Stuck:
    """A reduced pattern that resisted, and how it came about."""

    pattern: Pattern
    fills: list[tuple[Pattern, int]]
    search: StrataSearch = field(default_factory=StrataSearch)


EVERYTHING = "every matrix on the support of the products is a product"
SENTENCES = {
    "nothing": "no entry is free",
    "crossing": "overlapping rank-one supports are crossing, so factors can be kept bounded",
    "full": "hidden indices that give every matrix on their entries can be put aside, and what is left is closed",
    "linear": "linear equations give every matrix on the entries of some hidden indices, and what is left is closed",
    "product": "the rank-one supports fall into groups without a common cell, each of them closed",
    "split": "the rank-one supports are disjoint unions of full blocks, and what is left is closed",
    "twins": "repeated rows or columns can be dropped, and what is left is closed",
    "dominant": "a closed part of it is dense in the matrices on its support, so it is all of them",
    "extend": "it is part of a larger pattern that is closed",
    "ideal": "polynomials that vanish on the set vanish nowhere else",
    "strata": "each matrix is a product or violates a rank condition that limits satisfy",
}


class Prover:
    """Prove closedness of two-factor patterns.

    Parameters
    ----------
    product : SupportProduct
        The question; needed to complete counterexamples.
    field : {"real", "complex"}
        The numbers allowed as entries.
    expired : callable, optional
        A true answer ends the search.
    nodes : int
        Budget of states of one stratification search.
    table : iterable of ClosedPattern, optional
        Closed patterns to look the question up in; the stored table by default.
    """

    def __init__(
        self,
        product: SupportProduct,
        *,
        field: str = "real",
        expired: Callable[[], bool] | None = None,
        nodes: int = 20_000,
        table: Iterable[ClosedPattern] | None = None,
    ) -> None:
        self.product = product
        self.field = field
        self.expired = expired
        self.nodes = nodes
        self.table = table
        self.stuck: list[_Stuck] = []
        self.complaint = ""
        self.found: Evidence | None = None
        self.fallback: Fallback | None = None

    def quick(self, pattern: Pattern) -> Proof | None:
        """Use reductions and the crossing rule only."""
        return self._proof(self._prove(pattern, [], search=False))

    def full(self, pattern: Pattern) -> Proof | None:
        """Use everything, with stratification on what is left."""
        self.stuck.clear()
        self.found = None
        return self._proof(self._prove(pattern, [], search=True))

    def with_fallback(self, pattern: Pattern, fallback: Fallback) -> Proof | None:
        """After `full`: the same, with another way to settle the reduced patterns that resisted."""
        self.fallback = fallback
        try:
            return self._proof(self._prove(pattern, [], search=True))
        finally:
            self.fallback = None

    @staticmethod
    def _proof(node: Node | None) -> Proof | None:
        if node is None:
            return None
        if node["rule"] == "strata" and not any(ends_outside(step.get("tree")) for step in node["nodes"]):
            return Proof(node, EVERYTHING)
        return Proof(node, SENTENCES[node["rule"]])

    def _prove(
        self, pattern: Pattern, fills: list[tuple[Pattern, int]], *, search: bool
    ) -> Node | None:
        if not any(pattern.covered()):
            return {"rule": "nothing"}
        node = crossing(pattern)
        if node is not None:
            return node
        reduction = reduce_whole(pattern)
        if reduction is None:
            reduction = reduce_components(pattern)
        if reduction is None and search and self.field == "complex":
            # before complete classes are taken away: what is left of overlapping supports need not be rectangles
            node = dominant(pattern, expired=self.expired)
            if node is not None:
                return node
        if reduction is None:
            reduction = reduce_bicliques(pattern)
        if reduction is None:
            reduction = reduce_full(pattern)
            if reduction is not None:
                fills = [*fills, (pattern, reduction.full)]
        if reduction is None:
            reduction = reduce_twins(pattern)
        if reduction is None:
            reduction = reduce_linear(pattern, expired=self.expired)
            if reduction is not None:
                fills = [*fills, (pattern, reduction.full)]
        if reduction is None:
            node = inside_stored(pattern, self.table, expired=self.expired)
            if node is not None:
                return node
            return self._strata(pattern, fills) if search else None
        children = []
        for smaller in reduction.patterns:
            child = self._prove(smaller, fills, search=search)
            if child is None:
                return None
            children.append(child)
        return reduction.assemble(children)

    def _strata(self, pattern: Pattern, fills: list[tuple[Pattern, int]]) -> Node | None:
        if self.fallback is not None and any(stuck.pattern == pattern for stuck in self.stuck):
            return self.fallback(pattern, fills)
        search = StrataSearch(self.nodes)
        try:
            tree = self._rounds(pattern, fills, search)
        except SearchExhausted:
            tree = None
            self.complaint = EXHAUSTED
        except RecursionError:
            tree = None
            self.complaint = "the pattern is too large for the case distinction"
        if tree is not None:
            return {"rule": "strata", "nodes": flatten(tree)}
        if self.found:
            self.complaint = "a limit that is no product was met"
            return None
        if search.stuck:
            self.complaint = "some matrices are neither shown to be products nor to be no limits"
        self.stuck.append(_Stuck(pattern, fills, search))
        return None if self.fallback is None else self.fallback(pattern, fills)

    def _rounds(self, pattern: Pattern, fills: list[tuple[Pattern, int]], search: StrataSearch) -> Node | None:
        """Look for likely targets and for proofs in turn, with more time in each round.

        Each of them may take very long where another one is done at once.
        """
        from closedness.rules.limits.stuck import Effort, limit_from_stuck

        start = State.start(pattern)
        effort = Effort(real=self.field == "real")

        def at_stuck(
            product: SupportProduct,
            pattern: Pattern,
            fills: list[tuple[Pattern, int]],
            *,
            expired: Callable[[], bool] | None,
        ) -> Evidence | None:
            return limit_from_stuck(product, pattern, search, fills, effort=effort, expired=expired)

        targets = {"placements": target_among_placements, "stuck": at_stuck, "chance": target_by_chance}
        proofs = {"products": lambda: search.products(start, PRODUCT_STATES), "closed": lambda: search.closed(start)}
        left = ["placements", "products", "closed", "stuck", "chance"]
        for seconds in ROUNDS:
            for name in left.copy():
                search.expired = (slot := within(seconds, self.expired)).expired
                if name == "stuck" and "closed" in left:
                    continue  # the proof is not stuck, it has not come to an end
                try:
                    if name in targets:
                        self.found = targets[name](self.product, pattern, fills, expired=slot.expired)
                        if self.found is not None:
                            return None
                    elif (tree := proofs[name]()) is not None:
                        return tree
                except SearchExhausted:
                    self.complaint = EXHAUSTED
                if self.expired is not None and self.expired():
                    raise SearchExhausted
                if not slot.expired():
                    left.remove(name)
        return None

    def counterexample(
        self, *, expired: Callable[[], bool] | None = None, identities: Identities | None = None
    ) -> Evidence | None:
        """Look for a limit that is no product where the proofs got stuck.

        `identities` looks for identities that the exact rules miss, see `closedness.equations.membership.refute`.
        """
        from closedness.rules.limits.stuck import Effort, limit_from_stuck

        if self.found is not None:
            return self.found
        for stuck in self.stuck:
            found = limit_from_stuck(
                self.product,
                stuck.pattern,
                stuck.search,
                stuck.fills,
                effort=Effort(real=self.field == "real"),
                expired=expired,
                identities=identities,
            )
            if found is not None:
                return found
        return None


__all__ = ["Proof", "Prover", "ends_outside"]
