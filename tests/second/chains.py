"""Closedness of products of any number of factors."""

from __future__ import annotations

from tests.second.dense import flats, solved_lines, types
from tests.second.grammar import Factor
from tests.second.limits import support_of_product
from tests.second.patterns import RULES as ABOUT_PATTERNS
from tests.second.patterns import Goals, Pattern, Question, about_dense, representatives
from tests.second.reading import Node, need, pay
from tests.second.strata import of_chain, of_pattern

Chain = list[Factor]
Goal = tuple[Node, "Chain | Pattern"]


def prove(field: str, factors: Chain, proof: Node, trusted: set[str]) -> None:
    """The products of these factors form a closed set."""
    if proof.rule == "solver":
        trusted.add(proof.engine)
        return
    question = Question(field, trusted)
    waiting: list[Goal] = [(proof, factors)]
    while waiting:
        node, goal = waiting.pop()
        if isinstance(goal, list):
            pay(20 + sum(factor.height for factor in goal))
            if node.rule in RULES and (node.rule != "strata" or len(goal) != 2):
                waiting.extend(RULES[node.rule](field, node, goal))
                continue
            need(len(goal) == 2, f"a rule {node.rule} is about two factors")
            goal = pattern_of(*goal)
        pay(20 + len(goal.terms) + len(goal.unseen) / 5)
        need(node.rule in PATTERNS, f"a rule {node.rule} is about something else")
        waiting.extend(PATTERNS[node.rule](question, node, goal))


def pattern_of(left: Factor, right: Factor) -> Pattern:
    """The pattern of two factors."""
    return Pattern.of(dict(enumerate(zip(columns_of(left), right.rows, strict=True))))


def columns_of(factor: Factor) -> list[frozenset[int]]:
    """The rows of each column."""
    pay(factor.width + sum(1 + len(row) / 10 for row in factor.rows))
    found: list[set[int]] = [set() for _ in range(factor.width)]
    for i, row in enumerate(factor.rows):
        for j in row:
            found[j].add(i)
    return [frozenset(rows) for rows in found]


def transposed(factors: Chain) -> Chain:
    """The factors of the transposed products."""
    return [Factor(f.width, f.height, tuple(columns_of(f))) for f in reversed(factors)]


def within(factors: Chain, nodes: list[set[int]]) -> Chain:
    """The entries whose ends are in these sets, one for each level."""
    return [
        Factor(f.height, f.width, tuple(row & ends if i in starts else frozenset() for i, row in enumerate(f.rows)))
        for f, starts, ends in zip(factors, nodes, nodes[1:], strict=False)
    ]


def single(field: str, node: Node, factors: Chain) -> list[Goal]:
    """All matrices with a support."""
    need(len(factors) == 1, "there are several factors")
    return []


def trim(field: str, node: Node, factors: Chain) -> list[Goal]:
    """Entries on no path from a row to a column are left out."""
    reached = [set(range(factors[0].height))]
    for factor in factors:
        reached.append(set().union(*(factor.rows[i] for i in reached[-1])))
    leading = [set(range(factors[-1].width))]
    for factor in reversed(factors):
        leading.insert(0, {i for i, row in enumerate(factor.rows) if row & leading[0]})
    return [(node.then, within(factors, [first & second for first, second in zip(reached, leading, strict=True)]))]


def fusion(field: str, node: Node, factors: Chain) -> list[Goal]:
    """Two neighbours give all matrices with a support."""
    need(node.at + 1 < len(factors), "there are no two factors at this place")
    pair = factors[node.at : node.at + 2]
    representatives(pattern_of(*pair), node.side, node.lines)
    return [(node.then, [*factors[: node.at], support_of_product(pair), *factors[node.at + 2 :]])]


def triangular(field: str, node: Node, factors: Chain) -> list[Goal]:
    """Three triangular factors in turn give all square matrices."""
    end = node.at + len(node.kinds)
    turns = [kind for kind in node.kinds if kind != "diagonal"]
    need(turns in (["lower", "upper", "lower"], ["upper", "lower", "upper"]), "these are not three in turn")
    need(end <= len(factors), "there are too few factors")
    size = factors[node.at].height
    for factor, kind in zip(factors[node.at : end], node.kinds, strict=True):
        need(factor.height == factor.width == size, "a factor is not square, or has another size")
        for i, row in enumerate(factor.rows):
            held = {"lower": range(i + 1), "upper": range(i, size), "diagonal": (i,)}[kind]
            pay(len(held) / 20)
            need(row.issuperset(held), "a factor does not contain the triangle")
    dense = Factor(size, size, (frozenset(range(size)),) * size)
    return [(node.then, [*factors[: node.at], dense, *factors[end:]])]


def peel(field: str, node: Node, factors: Chain) -> list[Goal]:
    """The columns of the first factor that overlap are crossing, so their vectors may be orthogonal."""
    if node.side == "right":
        factors = transposed(factors)
    need(len(factors) > 1, "the last factor cannot be left out")
    rows, after = columns_of(factors[0]), factors[1].rows
    reached = support_of_product(factors[1:]).rows
    inner = [k for k in range(factors[0].width) if rows[k] and reached[k]]
    for number, k in enumerate(inner):
        pay(number * (1 + (len(rows[k]) + len(reached[k])) / 50))
        for l in inner[:number]:
            apart = rows[k].isdisjoint(rows[l]) or reached[k].isdisjoint(reached[l])
            nested = (rows[k] <= rows[l] and after[k] >= after[l]) or (rows[k] >= rows[l] and after[k] <= after[l])
            need(apart or nested, "two columns that overlap are not crossing")
    return [(node.then, transposed(factors[1:]) if node.side == "right" else factors[1:])]


def parts(field: str, node: Node, factors: Chain) -> list[Goal]:
    """Groups of inner indices that share no entry and no cell."""
    need(len(factors) > 1, "one factor has no inner indices")
    levels = [set(range(factor.width)) for factor in factors[:-1]]
    rows, columns = set(range(factors[0].height)), set(range(factors[-1].width))
    goals: list[Goal] = []
    taken: list[set[int]] = [set() for _ in rows]
    for part in node.parts:
        inner = [set(indices) for indices in part.inner]
        need(len(inner) == len(levels), "a part has another number of levels")
        for level, indices in zip(levels, inner, strict=True):
            need(indices <= level, "an inner index is in two parts, or not there")
            level -= indices
        chain = within(factors, [rows, *inner, columns])
        pay(2 * len(rows) + sum(map(len, inner)))
        for old, new in zip(taken, support_of_product(chain).rows, strict=True):
            need(old.isdisjoint(new), "a cell is reached through two parts")
            old |= new
        goals.append((part.then, chain))
    chains = [goal for _, goal in goals if isinstance(goal, list)]
    for number, factor in enumerate(factors):
        entries = sum(len(row) for chain in chains for row in chain[number].rows)
        need(entries == sum(map(len, factor.rows)), "an entry belongs to no part")
    return goals


def strata(field: str, node: Node, factors: Chain) -> list[Goal]:
    """Case distinctions over all matrices."""
    need(len(factors) > 1, "there are no inner indices")
    of_chain(field, node.then, factors)
    return []


def strata_of_pattern(question: Question, node: Node, pattern: Pattern) -> Goals:
    """The same for two factors."""
    of_pattern(question.field, node.then, pattern)
    return []


RULES = {
    "single": single,
    "trim": trim,
    "fusion": fusion,
    "triangular": triangular,
    "peel": peel,
    "parts": parts,
    "strata": strata,
}
PATTERNS = {
    **ABOUT_PATTERNS,
    "flats": about_dense(flats),
    "solved-lines": about_dense(solved_lines),
    "types": about_dense(types),
    "strata": strata_of_pattern,
}
