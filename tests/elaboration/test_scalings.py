"""Refutations in which a variable is scaled to one, without the scaling: both checkers accept them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closedness.check import CONSTANT, MAX_WORK, Rejected, _work_left, check
from closedness.elaboration import elaborated
from closedness.elaboration.scalings import Scaling, scaled
from closedness.elaboration.systems import Solved
from tests.helpers.faults import changed
from tests.helpers.proofs import LU_CELLS, LU_SCALE, lu
from tests.second.checker import outcome

X = {(("0:0:0", 1),): 1}


@pytest.fixture(autouse=True)
def _work() -> None:
    _work_left.set([MAX_WORK])


def steps(data: Any) -> set[str]:
    return {node["do"] for node in data["proof"] if "do" in node}


def test_nothing_is_scaled_in_certificates() -> None:
    data = elaborated(lu(LU_SCALE, LU_CELLS))
    assert any(node["do"] == "scale" for node in LU_SCALE)
    assert "scale" not in steps(data)
    assert (check(data).exit_code, outcome(json.dumps(data))) == (0, 0)


@pytest.mark.parametrize(
    "nodes",
    [LU_SCALE[:4], changed(LU_SCALE, [3, "hidden"], [0, 1])],
    ids=["what-may-vanish", "another-index"],
)
def test_wrong_scalings_are_refused(nodes: Any) -> None:
    with pytest.raises(Rejected):
        elaborated(lu(nodes, LU_CELLS))


@pytest.mark.parametrize("hidden", [(0, 1), (1, 0)])
def test_a_scaling_is_of_an_entry_of_the_hidden_index(hidden: tuple[int, int]) -> None:
    with pytest.raises(Rejected, match="cannot be scaled"):
        scaled(Solved([], {"0:0:0": X}), Scaling("0:0:0", *hidden))


def test_relations_and_units_are_homogeneous() -> None:
    units: Any = {"0:0:0": X, 0: {**X, **CONSTANT}}
    with pytest.raises(Rejected, match="homogeneous"):
        scaled(Solved([], units), Scaling("0:0:0", 0, 0))
    with pytest.raises(Rejected, match="homogeneous"):
        scaled(Solved([{**X, **CONSTANT}], {"0:0:0": X}), Scaling("0:0:0", 0, 0))
