"""Every public function with a time limit refuses what is none, in one line that names the argument."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from closedness import SupportProduct, decide
from closedness.budget import Budget, time_limit
from closedness.census.decide_all import Census
from closedness.census.store import CensusStore
from closedness.closure import closure_ideal
from closedness.constrained import NonNegative, decide_constrained
from closedness.engines import closedness_sentence, is_full, is_product
from closedness.engines.member import member
from closedness.errors import InputError
from closedness.levels import decide_levels
from closedness.networks import assess_levels, assess_network
from closedness.networks.scan import scan
from closedness.report import report_html
from closedness.supports.levels import SparsityLevels
from solvers import choose_chain, factorize_batch, factorize_fixed_support

LU = SupportProduct.from_text("10/11 * 11/01")
LOWER = [[1, 0], [1, 1]]
ZERO = [[0, 0], [0, 0]]
LEVELS = SparsityLevels.of((2, 2, 2), total=(3, 3))
CALLS = {
    "decide": lambda seconds: decide(LU, seconds=seconds),
    "decide_levels": lambda seconds: decide_levels(LEVELS, seconds=seconds),
    "decide_constrained": lambda seconds: decide_constrained(NonNegative(LU), seconds=seconds),
    "assess_network": lambda seconds: assess_network([LOWER, LOWER], seconds=seconds),
    "assess_levels": lambda seconds: assess_levels(LEVELS, seconds=seconds),
    "closure_ideal": lambda seconds: closure_ideal(LU, seconds=seconds),
    "member": lambda seconds: member(LU, ZERO, seconds=seconds),
    "membership": lambda seconds: is_product(LU, ZERO, seconds=seconds),
    "is_full": lambda seconds: is_full(LU, seconds=seconds),
    "closedness_sentence": lambda seconds: closedness_sentence(LU, seconds=seconds),
    "report_html": lambda seconds: report_html(decide(LU), seconds_for_repairs=seconds),
    "scan": lambda seconds: list(scan([], seconds=seconds)),
    "scan in all": lambda total: list(scan([], total=total)),
    "factorize_fixed_support": lambda seconds: factorize_fixed_support(np.eye(2), LOWER, LOWER, seconds=seconds),
    "its verdict": lambda seconds: factorize_fixed_support(np.eye(2), LOWER, LOWER, decide_seconds=seconds),
    "factorize_batch": lambda seconds: factorize_batch(np.eye(2)[None], LOWER, LOWER, seconds=seconds),
    "choose_chain": lambda seconds: choose_chain(np.eye(4), 0.1, seconds=seconds),
    "Budget": Budget,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("limit", ["a", -1, float("nan"), True, [2]], ids=["text", "negative", "nan", "flag", "list"])
def test_what_is_no_time_limit_is_refused(name, limit):
    with pytest.raises(InputError, match=r"(seconds\w*|total) is .*, not a time limit") as caught:
        CALLS[name](limit)
    assert "\n" not in str(caught.value)
    assert repr(limit) in str(caught.value)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("limit", [5, 5.0, np.float32(5), np.int64(5), float("inf")], ids=repr)
def test_numbers_of_every_kind_are_time_limits(name, limit):
    CALLS[name](limit)


def test_a_census_asks_for_its_limit_first(tmp_path: Path):
    with (
        CensusStore(tmp_path / "census.sqlite") as store,
        ThreadPoolExecutor(1) as pool,
        pytest.raises(InputError, match="seconds is 'a'"),
    ):
        Census(store, pool, seconds="a")  # type: ignore[arg-type]


def test_no_limit_is_none_or_infinite():
    assert time_limit(None) is None
    assert time_limit(float("inf")) is None
