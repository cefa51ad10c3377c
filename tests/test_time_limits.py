"""Time limits are promises: every call with a limit returns within 1.2 times the limit and one second.

Everything is measured on the processor's clock, so that a busy machine changes nothing.
"""

from __future__ import annotations

import ast
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.time_limits import promise, random_pair
from closedness import Status, Support, SupportProduct, check, decide
from closedness.budget import Budget, _Within
from tests.helpers.oracle import random_types, two_factors

ROOT = Path(__file__).parent.parent / "closedness"
CLOCKS = {"expired", "budget", "seconds", "deadline"}


@pytest.fixture(autouse=True)
def processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "clock", staticmethod(time.process_time))


def drawn(seed: int) -> SupportProduct:
    return SupportProduct.from_pair(*random_pair(seed))


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0.5, 2.0])
@pytest.mark.parametrize("seed", range(0, 200, 8))
def test_decide_keeps_its_limit(seed: int, limit: float) -> None:
    product = drawn(seed)
    start = time.process_time()
    verdict = decide(product, seconds=limit)
    assert time.process_time() - start <= promise(limit)
    if verdict.status is not Status.UNDECIDED:
        assert check(verdict.certificate).verified


def masks(shapes: list[tuple[int, int]], density: float) -> SupportProduct:
    rng = np.random.default_rng(0)
    return SupportProduct([Support.read((rng.random(shape) < density).astype(int)) for shape in shapes])


LARGE = {
    "pruned perceptron": ([(32, 48), (48, 64)], 0.5),
    "three layers": ([(10, 32), (32, 48), (48, 64)], 0.5),
    "dense of order 100": ([(100, 100), (100, 100)], 0.8),
    "order 256": ([(256, 256), (256, 256)], 0.3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_networks_keep_the_limit(name: str) -> None:
    shapes, density = LARGE[name]
    product = masks(shapes, density)
    start = time.process_time()
    decide(product, seconds=1.0)
    assert time.process_time() - start <= promise(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [13, 33, 64])
def test_no_step_is_long(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks at the clock only little may happen, whatever is being searched."""
    decide(drawn(seed), seconds=0.5, last_resort=False)  # imports are made once
    looks = [time.process_time()]
    asked = Budget.expired

    def look(budget: Budget) -> bool:
        looks.append(time.process_time())
        return asked(budget)

    monkeypatch.setattr(Budget, "expired", look)
    assert _Within.expired is not look  # a budget within another one asks both through the method above
    decide(drawn(seed), seconds=1.0, last_resort=False)
    looks.append(time.process_time())
    assert len(looks) > 10
    assert max(np.diff(looks)) < 0.4


@pytest.mark.slow
def test_a_longer_limit_loses_nothing() -> None:
    """What is found in a time is found at every larger limit, and in about the same time."""
    found = 0
    rng = random.Random(5)
    for _ in range(14):
        product = two_factors(random_types(rng, 4, 4, 0.78), random_types(rng, 4, 4, 0.78), 4)
        start = time.process_time()
        verdict = decide(product, seconds=2.0, last_resort=False)
        spent = time.process_time() - start
        if verdict.status is Status.UNDECIDED:
            continue
        found += 1
        for limit in (60.0,):
            start = time.process_time()
            assert decide(product, seconds=limit, last_resort=False).status is verdict.status
            assert time.process_time() - start < 2 * spent + 1.0
    assert found > 8


# -------------------------------------------------------------------- in the source


def functions() -> Iterator[tuple[str, ast.FunctionDef, set[str]]]:
    """Functions that take a limit."""
    for path in sorted(ROOT.rglob("*.py")):
        if path.stem.endswith("_worker"):
            continue  # a process of its own, which is ended from outside
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                clocks = CLOCKS & {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
                # the body of a protocol or an abstract method is its docstring
                if clocks and len(node.body) > 1:
                    yield f"{path.relative_to(ROOT)}:{node.name}", node, clocks


def names(nodes: list[ast.stmt]) -> set[str]:
    inside = [each for node in nodes for each in ast.walk(node)]
    return {each.id for each in inside if isinstance(each, ast.Name)} | {
        each.attr for each in inside if isinstance(each, ast.Attribute)
    }


@pytest.mark.slow
def test_limits_are_not_taken_in_vain() -> None:
    """Who takes a limit asks it or hands it on."""
    assert not [(place, clock) for place, node, clocks in functions() for clock in clocks - names(node.body)]
    assert sum(1 for _ in functions()) > 100


@pytest.mark.slow
def test_loops_without_end_ask() -> None:
    asking = CLOCKS | {"left", "slot", "spent", "_ask", "poll"}
    wrong = [
        (place, loop.lineno)
        for place, node, _ in functions()
        for loop in ast.walk(node)
        if isinstance(loop, ast.While) and not asking & (names(loop.body) | names([ast.Expr(loop.test)]))
    ]
    assert not wrong
