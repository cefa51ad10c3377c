"""Decide products of many factors: reductions to fewer factors, orbits, and limits by uncrossing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from closedness.budget import UNLIMITED, Budget
from closedness.equations.membership import refute
from closedness.rules.chains.absorb import absorption
from closedness.rules.chains.chain import kronecker_chain
from closedness.rules.chains.chain_strata import LARGEST_CHAIN, ChainStrata
from closedness.rules.chains.fusion import fusion
from closedness.rules.chains.limits import curve_to, limits
from closedness.rules.chains.orbits import orbits
from closedness.rules.chains.parts import separate
from closedness.rules.chains.peel import peel, peel_all
from closedness.rules.chains.stored import contained_limit, stored_limit
from closedness.rules.chains.submatrix import small_submatrices
from closedness.rules.chains.triangular import alternating
from closedness.rules.chains.trim import trim
from closedness.rules.rows import proof, row
from closedness.rules.rule import Evidence
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Finding, Node, Step

LARGEST_FUSED = 1_000  # entries of two factors that are tried to be fused
LARGEST_SUBMATRIX = 40  # entries of all factors of a submatrix
LARGEST_LIMIT = 80  # entries of all factors of a chain for which limits are drawn by chance
LARGE_TRIES = 8  # submatrices of a large chain that are looked at again with slower rules
LARGE = 16  # rows, columns or inner indices from which on small groups of paths come before submatrices


class ChainProver:
    """Decide chains of any length.

    Parameters
    ----------
    pair : callable
        The search for two factors: takes a `SupportProduct`, gives what it finds or None.
    field : {"real", "complex"}
        The numbers allowed as entries.
    budget : Budget, optional
        Ends the search.
    """

    def __init__(
        self,
        pair: Callable[[SupportProduct], Finding | None],
        *,
        field: str = "real",
        budget: Budget = UNLIMITED,
    ) -> None:
        self.pair = pair
        self.real = field == "real"
        self.budget = budget
        self.known: dict[Chain, Finding | None] = {}
        # 0: rules that are quick; 1: case distinctions over all matrices, too; 2: random limits instead of these
        self.stage = 0
        self.searched: set[Chain] = set()

    def settle(self, chain: Chain) -> Finding | None:
        """Reduce and decide.

        A limit that is found for a reduced chain is lifted to the given one; whether it is a product is
        left to the caller to refute.
        """
        if chain not in self.known:
            self.known[chain] = None
            self.known[chain] = self._settle(chain)
        return self.known[chain]

    def _settle(self, chain: Chain) -> Finding | None:
        """What proves the chain at once, then the steps after which nothing is lost, then the attempts."""
        node = at_once(chain)
        if node is not None:
            return proof(node)
        absorbed = absorption(chain)
        step = trim(chain) if absorbed is None else absorbed.step()
        if step is not None:
            return self._through(step)
        node = peel_all(chain) if len(chain) > 2 else None
        if node is not None:
            return proof(node)
        if len(chain) == 2:
            return self.pair(SupportProduct(chain))
        step = separate(chain)
        if step is not None:
            return self._through(step)
        return next((found for found in self._attempts(chain) if found is not None), None)

    def _through(self, step: Step[Chain]) -> Finding | None:
        """Settle what a step leaves: a limit of one part is lifted, proofs of all parts make one."""
        nodes: list[Node] = []
        for chain in step.left:
            found = self.settle(chain)
            if isinstance(found, Evidence):
                return None if step.lift is None else step.lift(found)
            if found is not None:
                nodes.append(found.node)
        return proof(step.node(nodes)) if len(nodes) == len(step.left) else None

    def _attempts(self, chain: Chain) -> Iterator[Finding | None]:
        """Rules in the order in which they are tried; none of them need apply."""
        large = max(max(factor.shape) for factor in chain) > LARGE
        yield stored_limit(chain)
        dense = alternating(chain)
        if dense is not None:
            yield self._through(dense.step())
        if large:
            yield contained_limit(chain, stored_limit, budget=self.budget)
        if self.stage == 1:
            yield self._strata(chain)
        yield self._submatrix(chain, LARGE_TRIES if large and self.stage else 60)
        for at in range(len(chain) - 1):
            if sum(factor.nnz for factor in chain[at : at + 2]) <= LARGEST_FUSED:
                fused = fusion(chain, at)
                yield None if fused is None else self._through(fused.step())
        for side in ("left", "right"):
            if self.budget.expired():
                return
            outer = peel(chain, side)
            yield None if outer is None else self._through(outer)
        if not large:
            yield contained_limit(chain, stored_limit, budget=self.budget)
        yield orbits(chain, budget=self.budget)
        if self.stage == 2:
            yield self._limit(chain)

    def _strata(self, chain: Chain) -> Finding | None:
        """Case distinctions over all matrices; those that resist are targets of counterexamples."""
        if sum(factor.nnz for factor in chain) > LARGEST_CHAIN or chain in self.searched:
            return None
        self.searched.add(chain)
        search = ChainStrata(chain, budget=self.budget)
        node = search.run()
        if node is not None:
            return proof(node)
        product = SupportProduct(chain)
        for target in search.members(4):
            if self.budget.expired():
                return None
            if refute(product, target, steps=2_000, real=self.real, budget=self.budget) is None:
                continue
            curve = curve_to(chain, target, budget=self.budget)
            if curve is not None:
                return Evidence("limit", row("limit").sentence, target, curve)
        return None

    def _submatrix(self, chain: Chain, tries: int) -> Evidence | None:
        """A small submatrix that is not closed; its limit is a limit of the whole chain."""
        for found in small_submatrices(chain, tries):
            size = sum(factor.nnz for factor in found.chain)
            same = found.chain == chain or (found.chain[0].shape[0], found.chain[-1].shape[1]) == (
                chain[0].shape[0],
                chain[-1].shape[1],
            )
            if same or size > LARGEST_SUBMATRIX or self.budget.expired():
                continue
            settled = self.settle(found.chain)
            if isinstance(settled, Evidence):
                return replace(settled, target=found.target(settled.target), curve=found.curve(settled.curve))
        return None

    def _limit(self, chain: Chain, tries: int = 400) -> Evidence | None:
        """Limits by chance."""
        if sum(factor.nnz for factor in chain) > LARGEST_LIMIT:
            return None
        product = SupportProduct(chain)
        for count, (target, curve) in enumerate(limits(chain, samples=6)):
            if count >= tries or self.budget.expired():
                return None
            if refute(product, target, steps=400, budget=self.budget) is not None:
                return Evidence("limit", row("limit").sentence, target, curve)
        return None

    def decide(self, product: SupportProduct) -> Finding | None:
        """A proof, or a limit that is refuted for the whole product, or None."""
        found = None
        for self.stage in range(3):
            self.known.clear()
            found = self.settle(tuple(product.factors))
            if found is not None or self.budget.expired():
                break
        return self._refuted(product, found) if isinstance(found, Evidence) else found

    def _refuted(self, product: SupportProduct, found: Evidence) -> Evidence | None:
        """The limit with the proof that it is no product; that of a smaller chain need not serve the whole one."""
        # the equations between the rows and columns of the target are enough when a submatrix was found
        rows = sorted({i for i, _ in found.target})
        columns = sorted({j for _, j in found.target})
        cells = [(i, j) for i in rows for j in columns]
        refutation = None
        if found.merge is not None:
            merged = product.merged(found.merge)
            if found.about == merged.factors:
                refutation = dict(found.refutation)
            else:
                refutation = refute(merged, found.target, cells=cells, real=self.real, budget=self.budget)
            if refutation is not None:
                refutation["merge"] = list(found.merge)
        if refutation is None:
            refutation = refute(product, found.target, cells=cells, real=self.real, budget=self.budget)
        if refutation is None:
            refutation = refute(product, found.target, real=self.real, budget=self.budget)
        if refutation is None:
            return None
        return Evidence("limit", found.sentence, found.target, found.curve, refutation)


def at_once(chain: Chain) -> Node | None:
    """One factor, Kronecker-sparse ones, or triangular ones in turn from the first to the last."""
    if len(chain) == 1:
        return {"rule": "single"}
    node = kronecker_chain(chain)
    if node is not None and len(chain) > 2:
        return node
    dense = alternating(chain)
    whole = dense is not None and len(dense.kinds) == len(chain)
    return dense.node({"rule": "single"}) if dense is not None and whole else None
