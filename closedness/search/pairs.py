"""Put reductions and criteria together to a proof that a two-factor set is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget, within
from closedness.elaboration import refutes
from closedness.elaboration.tables import flatten
from closedness.rules.limits.limit import Effort, limit_from_stuck
from closedness.rules.limits.targets import QUICK, target_among_placements, target_by_chance
from closedness.rules.pairs.crossing import crossing
from closedness.rules.pairs.dense import dense_pattern
from closedness.rules.pairs.dominant import dominant
from closedness.rules.pairs.dual_bases import dual_bases
from closedness.rules.pairs.extend import inside_stored
from closedness.rules.pairs.full import reduce_full, reduce_whole
from closedness.rules.pairs.linear import MOST_CELLS, reduce_linear
from closedness.rules.pairs.near_zero import NearZeroSearch
from closedness.rules.pairs.product import reduce_components
from closedness.rules.pairs.regular import RegularSearch
from closedness.rules.pairs.split import reduce_bicliques
from closedness.rules.pairs.twins import reduce_twins
from closedness.rules.pairs.types import types_pattern
from closedness.rules.rows import row
from closedness.rules.rule import Evidence, Proof
from closedness.rules.strata.section import SearchExhausted
from closedness.rules.strata.strata import StrataSearch
from closedness.supports.pattern import Pattern
from closedness.supports.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.equations.membership import Identities
    from closedness.rules.pairs.extend import ClosedPattern
    from closedness.rules.rule import Step
    from closedness.supports.product import SupportProduct

Node = dict[str, Any]
# cheap ones first
REDUCTIONS = (reduce_whole, reduce_components, reduce_bicliques, reduce_full, reduce_twins)
# a reduced pattern, and the full subsets that were removed on the way to it
Fallback = Callable[[Pattern, list[tuple[Pattern, int]]], "Node | None"]
# budget of states of the attempt to show that all matrices are products
PRODUCT_STATES = 3_000
# free entries of the factors from which on targets and case distinctions are hopeless
MOST_ENTRIES = 400
EXHAUSTED = "the budget of states or the time ran out"
# seconds for each of the searches in the first round, and how much longer each following round is
FIRST_ROUND, GROWTH = 0.3, 4.0


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


def cells_of(pattern: Pattern) -> int:
    """How many cells hidden indices cover."""
    return sum(map(int.bit_count, pattern.covered()))


SEARCHES = "regular near-zero extend placements products closed stuck chance"


@dataclass
class Leaf:
    """A reduced pattern that the quick rules leave open.

    Attributes
    ----------
    pattern : Pattern
    fills : list of (Pattern, int)
        The full subsets that were removed on the way to it.
    search : StrataSearch
        What is known about its states; kept from round to round.
    left : list of str
        The searches that have not come to an end, in the order in which they take turns.
    node : dict or None
        The proof, when there is one.
    """

    pattern: Pattern
    fills: list[tuple[Pattern, int]]
    search: StrataSearch
    left: list[str] = field(default_factory=SEARCHES.split)
    node: Node | None = None


# choices of groups that rule `regular` looks at
MOST_CHOICES = 24_000
# cells from which on case distinctions seldom end: searches for rule `regular` have so many times the time of others
MANY_CELLS, MORE_TIME = 60, {"regular": 4.0, "near-zero": 12.0}
EVERYTHING = "every matrix on the support of the products is a product"


def _used(product: SupportProduct) -> int:
    """The number of hidden indices with entries on both sides."""
    pattern = Pattern.of(product)
    return sum(all(pattern.rectangle(k)) for k in bits(pattern.terms))


class Prover:
    """Prove closedness of two-factor patterns.

    Parameters
    ----------
    product : SupportProduct
        The question; needed to complete counterexamples.
    field : {"real", "complex"}
        The numbers allowed as entries.
    budget : Budget, optional
        Ends the search.
    nodes : int
        Budget of states of one stratification search.
    table : iterable of ClosedPattern, optional
        Closed patterns to look the question up in; the stored table by default.
    dense : bool
        Whether rules `dense` and `dominant-limit` are asked. What they find cannot be carried over to larger patterns.
    cells : int
        Rule `linear` leaves patterns with more covered cells alone.
    """

    def __init__(
        self,
        product: SupportProduct,
        *,
        field: str = "real",
        budget: Budget = UNLIMITED,
        nodes: int = 20_000,
        table: Iterable[ClosedPattern] | None = None,
        dense: bool = True,
        cells: int = MOST_CELLS,
    ) -> None:
        self.dense = dense
        self.product = product
        self.field = field
        self.budget = budget
        self.nodes = nodes
        self.table = table
        self.leaves: dict[Pattern, Leaf] = {}
        self.reductions: dict[Pattern, Step[Pattern] | None] = {}
        self.without_zeros: dict[Pattern, Node | None] = {}
        self.by_types: dict[Pattern, Node | None] = {}
        self.irreducible: set[Pattern] = set()  # but for `reduce_linear`, which may have run out of time
        self.not_quick: set[Pattern] = set()
        self.not_dominant: set[Pattern] = set()
        self.regular: dict[Pattern, RegularSearch] = {}
        self.near_zero: dict[Pattern, NearZeroSearch] = {}
        self.complaint = ""
        self.found: Evidence | None = None
        self.fallback: Fallback | None = None
        self.cells = cells
        self.dominant_limits = dense and field in row("dominant-limit").fields
        self.effort = replace(QUICK, dominant=self.dominant_limits)
        self.seconds: float | None = None

    @property
    def stuck(self) -> list[Leaf]:
        """The reduced patterns without a proof."""
        return [leaf for leaf in self.leaves.values() if leaf.node is None]

    def quick(self, pattern: Pattern) -> Proof | None:
        """Use reductions, the crossing rule, and what is known of factors without zeros."""
        self.found = None
        return self._proof(self._quick(pattern))

    def full(self, pattern: Pattern) -> Proof | None:
        """Use everything, with stratification on what is left, in rounds that grow until nothing is left to try."""
        self.leaves.clear()
        self.found = None
        return self.resume(pattern)

    def resume(self, pattern: Pattern) -> Proof | None:
        """Go on where `full` ran out of time."""
        seconds = FIRST_ROUND
        while True:
            self.seconds = seconds
            proof = self._proof(self._prove(pattern, [], search=True))
            if proof is not None or self.found is not None:
                return proof
            if self.budget.expired():
                self.complaint = EXHAUSTED
                return None
            if not any(leaf.left for leaf in self.stuck):
                return None
            seconds *= GROWTH

    def with_fallback(self, pattern: Pattern, fallback: Fallback) -> Proof | None:
        """After `full`: the same, with another way to settle the reduced patterns that resisted."""
        self.fallback = fallback
        try:
            return self._proof(self._prove(pattern, [], search=True))
        finally:
            self.fallback = None

    def _proof(self, node: Node | None) -> Proof | None:
        if node is None:
            return None
        if node["rule"] == "strata" and not any(ends_outside(step.get("tree")) for step in node["nodes"]):
            return Proof(node, EVERYTHING)
        if node["rule"] == "dual-bases" and _used(self.product) >= min(self.product.shape):
            return Proof(node, EVERYTHING)
        if node["rule"] in ("full", "linear", "regular") and node["then"]["rule"] == "nothing":
            return Proof(node, EVERYTHING)
        return Proof(node, row(node["rule"]).sentence)

    def _prove(self, pattern: Pattern, fills: list[tuple[Pattern, int]], *, search: bool) -> Node | None:
        if not any(pattern.covered()):
            return {"rule": "nothing"}
        node = crossing(pattern)
        if node is not None:
            return node
        node = self._dense(pattern) if self.dense else None
        if node is not None or self._refuted():
            return node
        if search:
            node = self._quick(pattern)
            if node is not None or self._refuted():
                return node
            # up to three hidden indices the other rules are complete
            node = dual_bases(pattern) if pattern.terms.bit_count() > 3 else None
            if node is not None:
                return node
            # before complete classes are taken away: then lines may be looked at in parts
            node = self._types(pattern)
            if node is None and self.field in row("dominant").fields:
                node = self._dominant(pattern)
            if node is not None:
                return node
        reduction = self._reduction(pattern)
        if reduction is None:
            return self._leaf(pattern, fills) if search else inside_stored(pattern, self.table, budget=self.budget)
        if reduction.full:
            fills = [*fills, (pattern, reduction.full)]
        children = []
        for smaller in reduction.left:
            child = self._prove(smaller, fills, search=search)
            if child is not None:
                children.append(child)
            elif not search or self._over():
                return None
        return reduction.node(children) if len(children) == len(reduction.left) else None

    def _over(self) -> bool:
        """Whether a limit that is no product was met, or the time is up."""
        return self.found is not None or self.budget.expired()

    def _reduction(self, pattern: Pattern) -> Step[Pattern] | None:
        """The first reduction that applies, the cheap ones first; found once."""
        if pattern not in self.reductions:
            found = None
            if pattern not in self.irreducible:
                found = next((found for reduce in REDUCTIONS if (found := reduce(pattern)) is not None), None)
            if found is None:
                self.irreducible.add(pattern)
                found = reduce_linear(pattern, cells=self.cells, budget=self.budget)
                if found is None and self.budget.expired():
                    return None
            self.reductions[pattern] = found
        return self.reductions[pattern]

    def _refuted(self) -> bool:
        """Whether a limit that is no product was met."""
        return self.found is not None

    def _dense(self, pattern: Pattern) -> Node | None:
        """A factor without zeros; a limit found is kept if it is no product of the whole question, either."""
        if pattern not in self.without_zeros:
            answer = None if reduce_whole(pattern) is not None else dense_pattern(pattern, budget=self.budget)
            self.without_zeros[pattern] = answer.node if isinstance(answer, Proof) else None
            if isinstance(answer, Evidence):
                target = [[i, j, str(value)] for (i, j), value in sorted(answer.target.items())]
                if refutes(self.product.to_problem(), target, answer.refutation, self.field):
                    self.found = answer
        return self.without_zeros[pattern]

    def _quick(self, pattern: Pattern) -> Node | None:
        """What the reductions alone prove; asked once, though rounds come back to the same patterns."""
        if pattern in self.not_quick:
            return None
        node = self._prove(pattern, [], search=False)
        if node is None and not self._over():
            self.not_quick.add(pattern)
        return node

    def _types(self, pattern: Pattern) -> Node | None:
        """The types of the lines of one factor; asked once."""
        if pattern not in self.by_types:
            node = types_pattern(pattern, budget=self.budget)
            if node is None and self.budget.expired():
                return None
            self.by_types[pattern] = node
        return self.by_types[pattern]

    def _regular(self, pattern: Pattern, budget: Budget) -> Node | None:
        """Factors with product zero near which every matrix is reached; the search goes on where it stopped."""
        if pattern not in self.regular:
            self.regular[pattern] = RegularSearch(pattern)
        return self.regular[pattern].run(steps=MOST_CHOICES, budget=budget)

    def _near_zero(self, pattern: Pattern, budget: Budget) -> Node | None:
        """The same by optimisation, after the search in groups, which is enough where cells are few."""
        if self.regular[pattern].hopeless or cells_of(pattern) <= MANY_CELLS:
            return None
        if pattern not in self.near_zero:
            self.near_zero[pattern] = NearZeroSearch(pattern)
        return self.near_zero[pattern].run(budget)

    def _dominant(self, pattern: Pattern) -> Node | None:
        """Over C, before complete classes are taken away: the rest of overlapping supports need not be rectangles."""
        before = (reduce_whole, reduce_components)
        if pattern in self.not_dominant or any(reduce(pattern) is not None for reduce in before):
            return None
        slot = within(self.seconds, self.budget)
        node = dominant(pattern, budget=slot)
        if node is None and not slot.expired():
            self.not_dominant.add(pattern)
        return node

    def _leaf(self, pattern: Pattern, fills: list[tuple[Pattern, int]]) -> Node | None:
        """One round of searches on a reduced pattern."""
        if pattern not in self.leaves:
            leaf = Leaf(pattern, fills, StrataSearch(self.nodes))
            if sum(map(int.bit_count, (*pattern.row_types, *pattern.col_types))) > MOST_ENTRIES:
                leaf.left = ["regular", "near-zero", "extend"]
            self.leaves[pattern] = leaf
        leaf = self.leaves[pattern]
        if leaf.node is None and self.fallback is not None:
            return self.fallback(pattern, fills)
        if leaf.node is None:
            self._round(leaf)
        return leaf.node

    def _round(self, leaf: Leaf) -> None:
        """Look for likely targets and for proofs in turn.

        Each of them may take very long where another one is done at once.
        """
        for name in leaf.left.copy():
            unfinished = name == "stuck" and "closed" in leaf.left
            if unfinished and not leaf.search.stuck:
                continue
            slot = within(self._seconds(name, leaf), self.budget)
            try:
                self._search(name, leaf, slot)
            except SearchExhausted:
                self.complaint = EXHAUSTED
            except RecursionError:
                self.complaint = "the pattern is too large for the case distinction"
            if self.found is not None:
                self.complaint = "a limit that is no product was met"
                return
            if leaf.node is not None or self.budget.expired():
                return
            if not slot.expired() and not unfinished:
                leaf.left.remove(name)
        if leaf.search.stuck and "closed" not in leaf.left:
            self.complaint = "some matrices are neither shown to be products nor to be no limits"

    def _seconds(self, name: str, leaf: Leaf) -> float | None:
        """The time of a search in this round."""
        many = cells_of(leaf.pattern) > MANY_CELLS
        return None if self.seconds is None else self.seconds * (MORE_TIME.get(name, 1.0) if many else 1.0)

    def _search(self, name: str, leaf: Leaf, budget: Budget) -> None:
        """Go on with one search; what it finds is the leaf's proof, or a limit that is no product."""
        pattern, fills, search = leaf.pattern, leaf.fills, leaf.search
        search.budget = budget
        tree = None
        match name:
            case "regular":
                leaf.node = self._regular(pattern, budget)
            case "near-zero":
                leaf.node = self._near_zero(pattern, budget)
            case "extend":
                leaf.node = inside_stored(pattern, self.table, budget=budget)
            case "placements":
                self.found = target_among_placements(self.product, pattern, fills, effort=self.effort, budget=budget)
            case "products":
                tree = search.products(State.start(pattern), PRODUCT_STATES)
            case "closed":
                tree = search.closed(State.start(pattern))
            case "stuck":
                self.found = self._from_stuck(leaf, budget, None)
            case "chance":
                self.found = target_by_chance(self.product, pattern, fills, effort=self.effort, budget=budget)
        if tree is not None:
            leaf.node = {"rule": "strata", "nodes": flatten(tree)}

    def _from_stuck(
        self, leaf: Leaf, budget: Budget, identities: Identities | None
    ) -> Evidence | None:
        return limit_from_stuck(
            self.product,
            leaf.pattern,
            leaf.search,
            leaf.fills,
            effort=Effort(real=self.field == "real", dominant=self.dominant_limits),
            budget=budget,
            identities=identities,
        )

    def counterexample(
        self, *, budget: Budget = UNLIMITED, identities: Identities | None = None
    ) -> Evidence | None:
        """Look for a limit that is no product where the proofs got stuck.

        `identities` looks for identities that the exact rules miss, see `closedness.equations.membership.refute`.
        """
        if self.found is not None:
            return self.found
        for leaf in self.stuck:
            found = self._from_stuck(leaf, budget, identities)
            if found is not None:
                return found
        return None


__all__ = ["Prover", "ends_outside"]
