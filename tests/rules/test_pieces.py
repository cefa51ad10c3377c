"""Families in pieces: sections against exact products, proofs against the checker, stuck members against membership."""

from __future__ import annotations

import random
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest

from closedness.algebra.bitsets import bits
from closedness.algebra.polysystem import Branch, evaluate
from closedness.budget import Budget
from closedness.elaboration.families import strata
from closedness.rules.strata.distinctions import FamilyProver
from closedness.rules.strata.family import Family
from closedness.rules.strata.generic_section import GenericSection, GenericSections
from closedness.rules.strata.pieces import PieceProver
from closedness.rules.strata.section import SearchExhausted
from closedness.supports.pattern import Pattern
from closedness.supports.state import State, with_entry
from tests.helpers.oracle import random_types
from tests.second import grammar
from tests.second.reading import MOST_WORK, Purse, Reader, follow
from tests.second.strata import Layers, Strata
from tests.second.strata import State as Known

Cell = tuple[int, int]
# patterns that give all matrices in general, with zero entries for which the quick search finds no proof
HARD: list[tuple[tuple[int, ...], tuple[int, ...], set[Cell]]] = [
    ((11, 14, 13, 15), (5, 15, 15, 9), {(0, 1), (2, 2), (3, 2)}),
    ((7, 11, 11, 13), (7, 11, 12, 15), {(0, 0), (0, 3), (2, 0)}),
]


def family(rows: tuple[int, ...], columns: tuple[int, ...], zeros: set[Cell]) -> Family:
    """All matrices of a pattern with exactly these zeros."""
    state = State.start(Pattern.of_types(rows, columns))
    for i in range(len(rows)):
        for j in range(len(columns)):
            if i in state.rows and state.star[state.rows.index(i)] >> j & 1:
                state = with_entry(state, state.rows.index(i), j, zero=(i, j) in zeros)
    return Family(state)


def product_at(fam: Family, section: GenericSection, values: dict[int, Fraction]) -> dict[Cell, Fraction] | None:
    """The product of the factors of a section at one member, by plain fractions; None where one is not defined."""
    left: dict[Cell, Fraction] = {}
    right: dict[Cell, Fraction] = {}
    for name, top, bottom in section.solution:
        side, first, second = name.split(":")
        below = evaluate(bottom, values)
        if not below:
            return None
        (left if side == "x" else right)[int(first), int(second)] = evaluate(top, values) / below
    found: dict[Cell, Fraction] = {}
    for (i, k), x in left.items():
        for (l, j), y in right.items():
            if k == l:
                found[i, j] = found.get((i, j), Fraction(0)) + x * y
    return {cell: value for cell, value in found.items() if value}


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns", "zeros"), HARD)
def test_sections_of_the_general_member(rows: tuple[int, ...], columns: tuple[int, ...], zeros: set[Cell]) -> None:
    """Where the conditions of a section hold its factors respect the supports and multiply to the member."""
    fam = family(rows, columns, zeros)
    base = Branch(fam.system, fam.nonzero)
    rng = random.Random(1)
    defined = 0
    for section in GenericSections(fam, 300).attempts(base, (), [{}] * 30, 1):
        if section is None:
            continue
        for name, _, _ in section.solution:
            side, first, second = name.split(":")
            i, k = (int(first), int(second)) if side == "x" else (int(second), int(first))
            assert (rows if side == "x" else columns)[i] >> k & 1
        for _ in range(10):
            values = {v: Fraction(rng.choice((1, -1, 2, 3, 5, -7))) for v in fam.parameters}
            found = product_at(fam, section, values)
            if all(evaluate(poly, values) for poly in section.conditions):
                assert found == fam.matrix(values)
                defined += 1
    assert defined > 10


def judged(fam: Family, node: Any) -> Any:
    """Let both checkers judge the leaf of one state, without a certificate around it."""
    module: Any = import_module("closedness.check")
    state = fam.state
    live = {j for p in range(len(state.rows)) for j in bits(state.star[p] | state.nonzero[p])}
    tau = {i: frozenset(bits(state.tau[p])) for p, i in enumerate(state.rows)}
    masks = [{i: frozenset(bits(part[p])) for p, i in enumerate(state.rows)} for part in state[2:5]]
    reach = {k: frozenset(j for j in live if state.sigma[j] >> k & 1) for k in frozenset().union(*tau.values())}
    module._work_left.set([module.MAX_WORK])
    theirs = module._State([tau, reach], *masks)
    nodes = strata(theirs, [node])
    Purse.left = MOST_WORK
    root = grammar.table(nodes, Reader())
    unseen = frozenset((i, j) for i in masks[0] for j in live - masks[0][i])
    entries = {(i, j): known for known in (False, True) for i in tau for j in masks[1 + known][i]}
    follow(root, Strata("complex").steps, Known(Layers((tau, reach)), unseen, entries))
    module._prove(module._Run("closed", "complex"), nodes, theirs)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns", "zeros"), HARD)
def test_what_the_quick_search_does_not_prove(
    rows: tuple[int, ...], columns: tuple[int, ...], zeros: set[Cell]
) -> None:
    fam = family(rows, columns, zeros)
    try:
        quick = FamilyProver(fam, 300, 2, Budget(0.3)).run()
    except SearchExhausted:
        quick = None
    assert quick is None
    tree = PieceProver(fam).run()
    assert tree is not None
    node = {"do": "family", "ones": [list(cell) for cell in fam.ones], "tree": tree}
    judged(fam, node)
    with pytest.raises(Exception, match=r"scaled|no such"):
        judged(fam, {**node, "ones": [[9, 9]]})


@pytest.mark.slow
def test_pieces_agree_with_the_other_search() -> None:
    """What pieces prove, the checker accepts; where they get stuck for good, a member is no product."""
    rng = random.Random(6)
    proved = stuck = 0
    for _ in range(80):
        rows, columns = (random_types(rng, 3, 3, 0.75) for _ in range(2))
        state = State.start(Pattern.of_types(rows, columns))
        zeros = {(i, j) for i in range(3) for j in range(3) if rng.random() < 0.25}
        if len(state.rows) < 3:
            continue
        fam = family(rows, columns, zeros)
        prover = PieceProver(fam, Budget(60))
        tree = prover.run()
        if tree is not None:
            judged(fam, {"do": "family", "ones": [list(cell) for cell in fam.ones], "tree": tree})
            proved += 1
        elif prover.hopeless:
            (base,) = prover.stuck
            members = [next(fam.members(base, 1, seed), None) for seed in range(1, 9)]
            assert any(member is not None and fam.factors(member).point is None for member in members)
            stuck += 1
    assert proved > 10
    assert stuck >= 3


def test_a_polynomial_that_is_no_minor() -> None:
    """Rank one seen on a cycle of six cells: non-zero entries fit or violate a binomial of degree three."""
    state = State.start(Pattern((1, 1, 1), (1, 1, 1), (0b011, 0b110, 0b101)))
    for p in range(3):
        for j in list(bits(state.star[p])):
            state = with_entry(state, p, j, zero=False)
    fam = Family(state)
    tree = PieceProver(fam).run()
    assert tree is not None
    assert tree["nonzero"]["do"] == "vanishing"
    node = {"do": "family", "ones": [list(cell) for cell in fam.ones], "tree": tree}
    judged(fam, node)
    # with one entry zero none of the others can be a limit
    for cell in ((0, 0), (1, 2)):
        zero = State.start(Pattern((1, 1, 1), (1, 1, 1), (0b011, 0b110, 0b101)))
        for p in range(3):
            for j in list(bits(zero.star[p])):
                zero = with_entry(zero, p, j, zero=(p, j) == cell)
        alone = Family(zero)
        tree = PieceProver(alone).run()
        assert tree is not None
        assert tree["do"] == "vanishing"
        judged(alone, {"do": "family", "ones": [list(one) for one in alone.ones], "tree": tree})
        assert PieceProver(alone, products=True).run() is None
