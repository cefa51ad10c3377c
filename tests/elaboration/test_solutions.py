"""Proofs in which equations are solved for variables, without the solutions: both checkers accept them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closedness.check import CONSTANT, MAX_WORK, Poly, Rejected, _plus, _System, _times, _work_left, check
from closedness.elaboration import elaborated
from closedness.elaboration.solutions import Both, Solution
from closedness.elaboration.systems import Solved, solved, substitute
from tests.helpers.corpus import MORE_BY_HAND
from tests.helpers.proofs import BY_HAND, LU_CELLS, LU_SCALE, lu
from tests.second.checker import outcome


@pytest.fixture(autouse=True)
def _work() -> None:
    _work_left.set([MAX_WORK])


def poly(text: str) -> Poly:
    """A polynomial such as ``"x y - 2 z z + 1"``."""
    total: Poly = {}
    for sign, part in zip("+" + "".join(c for c in text if c in "+-"), text.replace("-", "+").split("+"), strict=True):
        term: Poly = {(): -1 if sign == "-" else 1}
        for word in part.split():
            term = _times(term, {(): int(word)} if word.isdigit() else {((word, 1),): 1})
        total = _plus(total, term)
    return total


def steps_in(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(steps_in, node))
    if isinstance(node, dict):
        return {str(node.get("do"))}.union(*map(steps_in, node.values()))
    return set()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, data in {**BY_HAND, **MORE_BY_HAND}.items()
        if "solve" in steps_in(data) or "when" in steps_in(data)
    ],
)
def test_nothing_is_solved_in_certificates(name: str) -> None:
    data = elaborated({**BY_HAND, **MORE_BY_HAND}[name])
    assert not {"solve", "when"} & steps_in(data)
    assert check(data).exit_code == outcome(json.dumps(data)) == 0


@pytest.mark.parametrize("text", ["v", "v v - 1", "v v v x - 2 v y + z", "x y + 3", "v v w - v w w", "w w v v v + x"])
def test_putting_in_a_solution_adds_multiples_of_its_equation(text: str) -> None:
    relations = [poly("a v + x w - 1"), poly("2 b w - y")]
    units: dict[Any, Poly] = {"a": poly("a"), "b": poly("b")}
    both = Both(
        Solved(relations, units),
        _System(relations, units),
        {0: 0, 1: 1},
        (Solution("v", 0, (CONSTANT[()], {"a": 1})), Solution("w", 1, (2, {"b": 1}))),  # type: ignore[arg-type]
    )
    factor, cofactors, rest = both.expressed(poly(text))
    total = _times(both.expanded(factor), poly(text))
    for number, cofactor in cofactors.items():
        total = _plus(total, _times(cofactor, relations[number]), -1)
    assert total == rest
    assert not {"v", "w"} & {name for monomial in rest for name, _ in monomial}
    put = substitute(substitute(poly(text), "v", poly("a"), poly("x w - 1")), "w", poly("2 b"), poly("0 y - y"))
    assert rest == put


def test_what_is_not_linear_is_not_solved() -> None:
    system = Solved([poly("v v + 1"), poly("a v + 1")], {})
    for number in (0, 1):
        with pytest.raises(Rejected):
            solved(system, number, "v", (1, []))


def test_a_refutation_solves_and_scales() -> None:
    assert {"solve", "scale"} <= steps_in(LU_SCALE)
    assert steps_in(elaborated(lu(LU_SCALE, LU_CELLS))) <= {"None", "equations", "split", "derive", "close"}
