"""The examples in the docstrings run, and say what they claim."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import cases
import closedness
import solvers


def modules() -> list[str]:
    found = []
    for package in (closedness, solvers, cases):
        found.append(package.__name__)
        found += [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [name for name in found if not name.endswith("__main__")]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]


@pytest.mark.parametrize("name", modules())
def test_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in examples(module):
        runner.run(test)
    assert not runner.failures, capsys.readouterr().out


def test_the_public_values_have_examples() -> None:
    for value in (closedness.Support, closedness.SupportProduct):
        assert ">>>" in (value.__doc__ or "")
