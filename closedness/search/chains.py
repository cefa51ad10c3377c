"""Decide products of many factors: reductions to fewer factors, orbits, and limits by uncrossing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.equations.membership import refute
from closedness.rules.chains.absorb import Absorption, absorption
from closedness.rules.chains.chain import kronecker_chain
from closedness.rules.chains.chain_strata import LARGEST_CHAIN, ChainStrata
from closedness.rules.chains.fusion import fusion
from closedness.rules.chains.limits import curve_to, limits
from closedness.rules.chains.orbits import orbits
from closedness.rules.chains.parts import parts
from closedness.rules.chains.peel import can_peel, peeled
from closedness.rules.chains.stored import Limit, contained_limit, stored_limit
from closedness.rules.chains.submatrix import small_minors
from closedness.rules.chains.triangular import alternating
from closedness.rules.chains.trim import trimmed
from closedness.rules.rule import Evidence
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Callable

    from closedness.rules.chains.fusion import Curve
    from closedness.rules.chains.trim import Chain

Node = dict[str, Any]

LARGEST_FUSED = 1_000  # entries of two factors that are tried to be fused
LARGEST_MINOR = 40  # entries of all factors of a minor
LARGE_TRIES = 8  # minors of a large chain that are looked at again with slower rules
LARGE = 16  # rows, columns or inner indices from which on small groups of paths come before minors


@dataclass(frozen=True)
class Found:
    """A proof node that the set is closed, or a limit of products that should be no product.

    Attributes
    ----------
    node : dict or None
        The proof.
    target, curve : dict and tuple of dict, or None
        The limit.
    merge : tuple of int or None
        Sizes of groups of neighbours that may be merged for the refutation.
    sentence : str
        About the limit.
    refuted : (chain, dict) or None
        A shorter chain, and the proof that the target is no product of it.
    """

    node: Node | None = None
    target: dict[Cell, Fraction] | None = None
    curve: Curve | None = None
    merge: tuple[int, ...] | None = None
    sentence: str = ""
    refuted: tuple[Chain, Node] | None = None


class ChainProver:
    """Decide chains of any length.

    Parameters
    ----------
    pair : callable
        The engine for two factors: takes a `SupportProduct`, gives a `Found` or None.
    field : {"real", "complex"}
        The numbers allowed as entries.
    expired : callable, optional
        A true answer ends the search.
    """

    def __init__(
        self,
        pair: Callable[[SupportProduct], Found | None],
        *,
        field: str = "real",
        expired: Callable[[], bool] | None = None,
    ) -> None:
        self.pair = pair
        self.real = field == "real"
        self.expired = expired or (lambda: False)
        self.known: dict[Chain, Found | None] = {}
        # 0: rules that are quick; 1: case distinctions over all matrices, too; 2: random limits instead of these
        self.stage = 0
        self.searched: set[Chain] = set()

    def settle(self, chain: Chain) -> Found | None:
        """Reduce and decide.

        A limit that is found for a reduced chain is lifted to the given one; whether it is a product is
        left to the caller to refute.
        """
        if chain in self.known:
            return self.known[chain]
        self.known[chain] = None
        found = self._settle(chain)
        self.known[chain] = found
        return found

    def _settle(self, chain: Chain) -> Found | None:
        if len(chain) == 1:
            return Found(node={"rule": "single"})
        node = kronecker_chain(chain)
        if node is not None and len(chain) > 2:
            return Found(node=node)
        dense = alternating(chain)
        if dense is not None and len(dense.kinds) == len(chain):
            return Found(node=dense.node({"rule": "single"}))
        absorbed = absorption(chain)
        if absorbed is not None:
            return self._absorbed(absorbed)
        smaller = trimmed(chain)
        if smaller != chain:
            found = self.settle(smaller)
            if found is None or found.node is None:
                return found
            return Found(node={"rule": "trim", "then": found.node})
        if len(chain) > 2:
            node = self._peel_all(chain)
            if node is not None:
                return Found(node=node)
        if len(chain) == 2:
            return self.pair(SupportProduct(chain))
        groups = parts(chain)
        if len(groups) != 1:
            return self._parts(groups)
        return self._reduced(chain)

    def _absorbed(self, absorbed: Absorption) -> Found | None:
        found = self.settle(absorbed.shorter)
        if found is None:
            return None
        if found.node is not None:
            return Found(node=absorbed.node(found.node))
        assert found.curve is not None
        merge = found.merge or (1,) * len(absorbed.shorter)
        at = absorbed.at if absorbed.into == "right" else absorbed.at - 1
        return replace(found, curve=absorbed.lift(found.curve), merge=_unfused(merge, at))

    def _parts(self, groups: list[tuple[list[list[int]], Chain]]) -> Found | None:
        children = []
        resisted = False
        for inner, part in groups:
            found = self.settle(part)
            if found is not None and found.node is None:
                # the other groups contribute nothing to target and curve
                return found
            if found is None:
                resisted = True
            else:
                children.append({"inner": inner, "then": found.node})
        return None if resisted else Found(node={"rule": "parts", "parts": children})

    def _reduced(self, chain: Chain) -> Found | None:
        limit = stored_limit(chain)
        if limit is not None:
            return self._found(limit)
        dense = alternating(chain)
        if dense is not None:
            shorter = self.settle(dense.shorter)
            if shorter is not None and shorter.node is not None:
                return Found(node=dense.node(shorter.node))
        large = max(max(factor.shape) for factor in chain) > LARGE
        if large:
            found = self._contained(chain)
            if found is not None:
                return found
        if self.stage == 1:
            found = self._strata(chain)
            if found is not None:
                return found
        found = self._minor(chain, LARGE_TRIES if large and self.stage else 60)
        if found is not None:
            return found
        for at in range(len(chain) - 1):
            if sum(factor.nnz for factor in chain[at : at + 2]) > LARGEST_FUSED:
                continue
            fused = fusion(chain, at)
            if fused is not None:
                found = self.settle(fused.shorter)
                if found is None:
                    continue
                if found.node is not None:
                    return Found(node=fused.node(found.node))
                assert found.curve is not None
                curve = fused.lift(found.curve)
                if curve is not None:
                    merge = found.merge or (1,) * (len(chain) - 1)
                    return replace(found, curve=curve, merge=_unfused(merge, at))
        for side in ("left", "right"):
            if self.expired():
                return None
            if can_peel(chain, side):
                found = self.settle(peeled(chain, side))
                if found is not None and found.node is not None:
                    return Found(node={"rule": "peel", "side": side, "then": found.node})
        if not large:
            found = self._contained(chain)
            if found is not None:
                return found
        result = orbits(chain, expired=self.expired)
        if result is not None:
            return Found(
                node=result.node,
                target=result.target,
                curve=result.curve,
                sentence="a placement of ones is a limit of products with diverging factors and no product itself",
            )
        return self._limit(chain) if self.stage == 2 else None

    @staticmethod
    def _found(limit: Limit) -> Found:
        sentence = "a matrix is the limit of products with diverging factors and is no product itself"
        return Found(target=limit.target, curve=limit.curve, merge=limit.merge, sentence=sentence)

    def _contained(self, chain: Chain) -> Found | None:
        limit = contained_limit(chain, stored_limit, expired=self.expired)
        return None if limit is None else self._found(limit)

    def _peel_all(self, chain: Chain) -> Node | None:
        """Peel factors until one is left."""
        sides = []
        while len(chain) > 1:
            side = next((s for s in ("left", "right") if can_peel(chain, s)), None)
            if side is None:
                return None
            sides.append(side)
            chain = peeled(chain, side)
        node: Node = {"rule": "single"}
        for side in reversed(sides):
            node = {"rule": "peel", "side": side, "then": node}
        return node

    def _strata(self, chain: Chain) -> Found | None:
        """Case distinctions over all matrices; those that resist are targets of counterexamples."""
        if sum(factor.nnz for factor in chain) > LARGEST_CHAIN or chain in self.searched:
            return None
        self.searched.add(chain)
        search = ChainStrata(chain, expired=self.expired)
        node = search.run()
        if node is not None:
            return Found(node=node)
        product = SupportProduct(chain)
        for target in search.members(4):
            if self.expired():
                return None
            if refute(product, target, steps=2_000, real=self.real, expired=self.expired) is None:
                continue
            curve = curve_to(chain, target, expired=self.expired)
            if curve is not None:
                return self._found(Limit(target, curve))
        return None

    def _minor(self, chain: Chain, tries: int) -> Found | None:
        """A small minor that is not closed; its limit is a limit of the whole chain."""
        for found in small_minors(chain, tries):
            size = sum(factor.nnz for factor in found.chain)
            same = found.chain == chain or (found.chain[0].shape[0], found.chain[-1].shape[1]) == (
                chain[0].shape[0],
                chain[-1].shape[1],
            )
            if same or size > LARGEST_MINOR or self.expired():
                continue
            settled = self.settle(found.chain)
            if settled is None or settled.target is None or settled.curve is None:
                continue
            target = found.target(settled.target)
            return replace(settled, target=target, curve=found.curve(settled.curve))
        return None

    def _limit(self, chain: Chain, tries: int = 400) -> Found | None:
        product = SupportProduct(chain)
        if sum(factor.nnz for factor in chain) > 80:
            return None
        for count, (target, curve) in enumerate(limits(chain, samples=6)):
            if count >= tries or self.expired():
                return None
            if refute(product, target, steps=400, expired=self.expired) is not None:
                return Found(
                    target=target,
                    curve=curve,
                    sentence="a matrix is the limit of products with diverging factors and is no product itself",
                )
        return None

    def decide(self, product: SupportProduct) -> Node | Evidence | None:
        """A proof node, verified evidence, or None."""
        found = None
        for self.stage in range(3):
            self.known.clear()
            found = self.settle(tuple(product.factors))
            if found is not None or self.expired():
                break
        if found is None:
            return None
        if found.node is not None:
            return found.node
        assert found.target is not None
        assert found.curve is not None
        # the equations between the rows and columns of the target are enough when a minor was found
        rows = sorted({i for i, _ in found.target})
        columns = sorted({j for _, j in found.target})
        cells = [(i, j) for i in rows for j in columns]
        refutation = None
        if found.merge is not None:
            merged = product.merged(found.merge)
            if found.refuted is not None and found.refuted[0] == merged.factors:
                refutation = dict(found.refuted[1])
            else:
                refutation = refute(merged, found.target, cells=cells, real=self.real, expired=self.expired)
            if refutation is not None:
                refutation["merge"] = list(found.merge)
        if refutation is None:
            refutation = refute(product, found.target, cells=cells, real=self.real, expired=self.expired)
        if refutation is None:
            refutation = refute(product, found.target, real=self.real, expired=self.expired)
        if refutation is None:
            return None
        return Evidence("limit", found.sentence, found.target, found.curve, refutation)


def _unfused(merge: tuple[int, ...], at: int) -> tuple[int, ...]:
    """Sizes of groups of factors when factor `at` is two factors."""
    sizes = list(merge)
    end = 0
    for number, size in enumerate(merge):
        end += size
        if at < end:
            sizes[number] += 1
            break
    return tuple(sizes)
