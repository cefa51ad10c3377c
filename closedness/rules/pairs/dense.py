"""Rule ``dense``: two factors of which one has no zeros.

The products are the matrices whose columns lie in the span of some vectors `x_k` on the lines of hidden index `k`. If
no set of lines is crowded (`closedness.rules.pairs.crowded`), a limit of such spans contains vectors that span it;
otherwise the lines of a crowded set may diverge, and Rado's condition fails for the limit.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget
from closedness.rules.pairs.crowded import Demand, crowded_set, is_crowded, uncrowded_tree
from closedness.rules.pairs.few_columns import largest_unions, pinned_limit
from closedness.rules.pairs.flats import flat_orders
from closedness.rules.pairs.growing import row_block, too_close
from closedness.rules.pairs.incidence import Incidence, excess, ranks, reduce_incidence
from closedness.rules.pairs.occupied import occupied_limit
from closedness.rules.pairs.relations import relation_tree
from closedness.rules.pairs.solved import solved_lines
from closedness.rules.rule import Evidence, Proof, Rule, sentence
from closedness.rules.words import indices

if TYPE_CHECKING:
    from fractions import Fraction

    from closedness.algebra.laurent import Laurent
    from closedness.rules.pairs.crowded import Demand
    from closedness.rules.pairs.few_columns import Pinned
    from closedness.rules.pairs.growing import RowBlock
    from closedness.rules.pairs.incidence import Reduced
    from closedness.rules.pairs.occupied import Occupied
    from closedness.rules.rule import Finding
    from closedness.supports.pattern import Pattern
    from closedness.supports.product import SupportProduct

__all__ = ["dense", "dense_pattern", "dense_product", "free_second_factor"]

Node = dict[str, Any]
Cell = tuple[int, int]
MOST_PARTS = 300  # parts of a question with few columns that are looked at
NUMBERS = (1, 3, 9, 99, 9_999)  # sizes of the entries drawn for a limit, tried in turn


def dense_product(product: SupportProduct, *, budget: Budget = UNLIMITED) -> Finding | None:
    """Decide two factors of which one has no zeros.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    Proof, Evidence or None
        A proof node of rule ``dense``, a limit that is no product, or None: neither factor is without zeros (in the
        rows and columns that take part), the other side has fewer lines than are needed, or time ran out.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> dense_product(SupportProduct.from_text("10/01/11 * 11/11")).sentence
    'one factor has no zeros, and row 2 of the other can outgrow the rest, which then leaves too few dimensions for
    hidden indices 0 and 1'
    >>> dense_product(SupportProduct.from_text("10/11/11 * 11/11")).node["rule"]
    'dense'
    """
    incidence = Incidence.of_product(product)
    return None if incidence is None else dense(incidence, budget=budget)


def dense_pattern(pattern: Pattern, *, budget: Budget = UNLIMITED) -> Finding | None:
    """The same for a pattern, some of whose lines may not be looked at."""
    incidence = Incidence.of_pattern(pattern)
    return None if incidence is None else dense(incidence, budget=budget)


def free_second_factor(
    types: list[int], *, budget: Budget = UNLIMITED
) -> Finding | None:
    """Decide ``X Yᵀ`` with supports of `X` and with `Y` free and as large as may be.

    This also decides the matrices ``X Φ Xᵀ`` with `Φ` free and positive semidefinite (factor models with correlated
    factors).

    Parameters
    ----------
    types : list of int
        Bitmask of the hidden indices of every row of `X`.

    Returns
    -------
    Proof, Evidence or None
        As `dense_product` for a second factor with as many columns as there are hidden indices.

    Examples
    --------
    >>> free_second_factor([1, 2, 3]).rule
    'dense'
    """
    width = max((mask.bit_length() for mask in types), default=0)
    return dense(Incidence.of_types(types, (1 << width) - 1), budget=budget)


def dense(incidence: Incidence, *, budget: Budget = UNLIMITED) -> Finding | None:
    """Decide an incidence of lines and hidden indices beside a factor without zeros."""
    reduced = reduce_incidence(incidence)
    bounds = ranks(reduced.incidence, reduced.line_of, budget)
    if bounds is None:
        return None
    demand = _demand(reduced, bounds)
    lines = crowded_set(demand)
    if lines is None:
        answer = uncrowded_tree(demand, budget)
        if isinstance(answer, list):
            return _proved(_node(incidence, reduced, bounds, answer))
        lines = answer
    if lines is None:
        return None
    found = _limit(_Crowd.of(reduced.incidence, demand, lines).smallest())
    if found is not None or incidence.across.bit_count() >= len(reduced.incidence.members):
        return found
    orders = flat_orders(reduced.incidence, budget)
    if orders is not None:
        return _proved(_dropped(incidence, reduced, {"flats": [[k, lines] for k, lines in orders.items()]}))
    nodes = solved_lines(reduced.incidence, budget) or relation_tree(reduced.incidence, budget)
    if nodes is not None:
        return _proved(_dropped(incidence, reduced, {"solved": nodes}))
    return _with_few_columns(reduced.incidence, budget)


def _demand(reduced: Reduced, bounds: dict[int, set[int]]) -> Demand:
    """Of each hidden index its lines, and the rank that others leave it."""
    incidence = reduced.incidence
    return {k: (incidence.members[k], excess(incidence, chosen, k)) for k, chosen in bounds.items()}


def _proved(node: Node) -> Proof:
    return Proof(node, sentence(RULES, "dense"))


def _dropped(incidence: Incidence, reduced: Reduced, rest: Node) -> Node:
    """A node that drops what the reduction does; the rest is shown without ranks."""
    return {
        "rule": "dense",
        "side": incidence.side,
        "drop": reduced.dropped,
        "pairs": [[line, k] for k, line in sorted(reduced.line_of.items()) if k in reduced.dropped],
        **rest,
    }


def _with_few_columns(incidence: Incidence, budget: Budget) -> Evidence | None:
    """Pinned vectors, parts with no more hidden indices than the other side has lines, and occupied hidden indices."""
    room = incidence.across.bit_count()
    pinned = pinned_limit(incidence, budget)
    if pinned is not None:
        return _pinned(incidence, pinned)
    for mask in largest_unions(incidence, room, budget)[:MOST_PARTS]:
        own = mask_of(line for line, types in incidence.types.items() if not types & ~mask)
        part = reduce_incidence(incidence.around(own))
        bounds = ranks(part.incidence, part.line_of, budget)
        if bounds is None:
            return None
        demand = _demand(part, bounds)
        lines = crowded_set(demand)
        if lines is not None:
            return _limit(_Crowd.of(part.incidence, demand, lines).smallest())
    occupied = occupied_limit(incidence, budget)
    return None if occupied is None else _occupied(incidence, occupied)


def _node(incidence: Incidence, reduced: Reduced, bounds: dict[int, set[int]], nodes: list[Node]) -> Node:
    return {
        "rule": "dense",
        "side": incidence.side,
        "drop": reduced.dropped,
        "pairs": [[line, k] for k, line in sorted(reduced.line_of.items())],
        "ranks": [[k, sorted(chosen)] for k, chosen in sorted(bounds.items()) if chosen != {k}],
        "nodes": nodes,
    }


@dataclass(frozen=True)
class _Crowd:
    """A set of lines and more hidden indices than it has lines, each with its rank of lines in the set."""

    incidence: Incidence
    lines: int
    terms: frozenset[int]

    @classmethod
    def of(cls, incidence: Incidence, demand: Demand, lines: int) -> _Crowd:
        assert is_crowded(demand, lines)
        crowding = [k for k, (mask, need) in demand.items() if (mask & lines).bit_count() >= need]
        return cls(incidence, lines, frozenset(crowding[: lines.bit_count() + 1]))

    def within(self, smaller: Incidence) -> bool:
        """Whether the set is crowded by the same hidden indices when lines and hidden indices are left out."""
        if not self.terms <= set(smaller.members):
            return False
        every = mask_of(smaller.types)
        whole = Matching(smaller.members, every)
        if len(whole) < len(smaller.members):
            return False
        size = len(smaller.members)
        return all(
            size - len(self._besides(smaller, whole, k)) <= (smaller.members[k] & self.lines).bit_count()
            for k in self.terms
        )

    @staticmethod
    def _besides(incidence: Incidence, whole: Matching, k: int) -> Matching:
        mask = incidence.members[k]
        start = {h: line for h, line in whole.bit_of.items() if not mask >> line & 1}
        return Matching(incidence.members, mask_of(incidence.types) & ~mask, start)

    def smallest(self) -> _Crowd:
        """Fewer hidden indices and lines: those without which the set is crowded all the same are left out."""
        found = self.incidence
        for k, mask in sorted(found.members.items(), key=lambda item: -item[1].bit_count()):
            if k not in self.terms and k in found.members and not mask & self.lines:
                smaller = found.without(mask, 1 << k)
                if self.within(smaller):
                    found = smaller
        whole = Matching(found.members, mask_of(found.types))
        used = self.lines | mask_of(whole.bit_of.values())
        for k in self.terms:
            used |= mask_of(self._besides(found, whole, k).bit_of.values())
        found = found.around(used)
        for line in bits(used & ~self.lines):
            smaller = found.around(mask_of(found.types) & ~(1 << line))
            if self.within(smaller):
                found = smaller
        return _Crowd(found, self.lines, self.terms)


def _limit(crowd: _Crowd) -> Evidence | None:
    incidence = crowd.incidence
    across = list(bits(incidence.across))
    if len(across) < len(incidence.members):
        return None
    rng = random.Random(0)
    for size in NUMBERS:
        numbers = {(i, k): rng.randint(1, size) for k, mask in incidence.members.items() for i in bits(mask)}
        limit = row_block(incidence, crowd.lines, numbers)
        terms = too_close(incidence, limit.target, rng)
        if terms is None:
            continue
        lines, others = sorted(incidence.types), across[: len(incidence.members)]
        target, curve = _placed(incidence, limit)
        rows, columns = (lines, others) if incidence.side == "rows" else (others, lines)
        step = {"do": "deficient", "side": incidence.side, "terms": terms}
        frames = {"rows": rows, "columns": columns, "steps": [step]}
        return Evidence("dense", _sentence(incidence.side, crowd, terms), target, curve, {"frames": frames})
    return None


def _pinned(incidence: Incidence, pinned: Pinned) -> Evidence:
    across = list(bits(incidence.across))[: pinned.width]
    node = {
        "side": incidence.side,
        "line": pinned.line,
        "at": across[-1],
        "across": across,
        "groups": pinned.groups,
    }
    kind = "row" if incidence.side == "rows" else "column"
    terms = _named("hidden index", list(bits(incidence.types[pinned.line])))
    sentence = (
        f"one factor has no zeros, and its vectors for {terms} can come so close to a common hyperplane that {kind} "
        f"{pinned.line} alone is outside"
    )
    target, curve = _placed(incidence, pinned)
    return Evidence("dense", sentence, target, curve, {"pinned": node})


def _occupied(incidence: Incidence, occupied: Occupied) -> Evidence:
    across = list(bits(incidence.across))[: occupied.width]
    first = len(occupied.groups)
    node = {
        "side": incidence.side,
        "lines": occupied.lines,
        "places": across[first:],
        "across": across[:first],
        "groups": occupied.groups,
    }
    kind = "row" if incidence.side == "rows" else "column"
    grown = _named(kind, occupied.lines)
    others = " and ".join(_named(kind, group) for group in occupied.groups)
    sentence = (
        f"one factor has no zeros, and when {grown} of the other outgrow the rest, they need hidden indices of their "
        f"own, without which {others} are left with too few"
    )
    target, curve = _placed(incidence, occupied)
    return Evidence("dense", sentence, target, curve, {"occupied": node})


def _placed(
    incidence: Incidence, limit: RowBlock | Pinned | Occupied
) -> tuple[dict[Cell, Fraction], tuple[dict[Cell, Laurent], dict[Cell, Laurent]]]:
    """A limit by positions, in the rows and columns of the question."""
    across = list(bits(incidence.across))
    target = {(i, across[j]): value for (i, j), value in limit.target.items()}
    left = {cell: {e: value} for cell, (e, value) in limit.left.items()}
    right = {(k, across[j]): {e: value} for (k, j), (e, value) in limit.right.items()}
    if incidence.side == "rows":
        return target, (left, right)
    return (
        {(j, i): value for (i, j), value in target.items()},
        ({(j, k): entry for (k, j), entry in right.items()}, {(k, i): entry for (i, k), entry in left.items()}),
    )


def _sentence(side: str, crowd: _Crowd, terms: list[int]) -> str:
    lines = _named("row" if side == "rows" else "column", list(bits(crowd.lines)))
    names = _named("hidden index", terms)
    return (
        f"one factor has no zeros, and {lines} of the other can outgrow the rest, which then leaves too few "
        f"dimensions for {names}"
    )


def _named(kind: str, numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"{kind} {numbers[0]}"
    several = "hidden indices" if kind == "hidden index" else f"{kind}s"
    shown = [str(number) for number in numbers[:8]]
    if len(numbers) > 8:
        return f"{several} {', '.join(shown)} and {len(numbers) - 8} more"
    return f"{several} {', '.join(shown[:-1])} and {shown[-1]}"


def _told(node: Node, left: Any) -> tuple[str, str]:
    line, other = ("rows", "columns") if node["side"] == "rows" else ("columns", "rows")
    words = f"Hidden {indices(node['drop'])} alone make their {line} arbitrary. " if node["drop"] else ""
    if "flats" in node:
        words += (
            f"One factor has no zeros, and fewer {other} than there are "
            f"hidden indices. Each of the {line} lies in the flat that the vectors of its hidden indices span. In a "
            "limit these flats still have enough in common for each hidden index: vectors drawn there span them again."
        )
    elif "solved" in node:
        words += f"One factor has no zeros, and fewer {other} than there are hidden indices. "
        cases = sum(each["do"] in ("solved", "tree") for each in node["solved"])
        if any(each["do"] == "tree" for each in node["solved"]):
            words += (
                f"There is one of the {line} more than hidden indices, so those of a matrix have a linear relation. "
                f"In each of {cases} cases, by where such relations are zero, vectors on pairs of {line} that form a "
                "tree span all that is orthogonal to one. So every matrix is a product."
            )
            return "A factor without zeros", words
        words += (
            f"The equations of some {line} "
            "can be solved for its vectors, with random numbers in the other factor, whatever the matrix. There is so "
            f"much choice that at each of the other {line} they span everything. So every matrix is a product."
        )
        if cases > 1:
            words += (
                f" Which {line} to solve depends on the matrix, by a distinction of {cases} cases: where {line} of it "
                "are dependent, one of them follows from the others."
            )
    else:
        cases = sum(each.get("do") == "bound" for each in node["nodes"])
        proof = "Weights show it" if cases == 1 else f"A distinction of {cases} cases, with weights in each, shows it"
        words += (
            f"One factor has no zeros: a matrix is a product when the vectors of the hidden indices span its "
            f"{other}. No set of {line} holds, of more hidden indices than it has "
            f"members, as many {line} as vectors that end there have dimensions. {proof}. So in every limit of these "
            "spans there are independent vectors for all hidden indices."
        )
    return "A factor without zeros", words


RULES = (
    Rule(
        "dense",
        "pair",
        "one factor has no zeros, and limits of the spans of the other one's vectors are such spans",
        tell=_told,
        written=("types", "flats", "solved-lines"),
    ),
)
