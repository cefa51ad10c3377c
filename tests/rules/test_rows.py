"""What each rule with a row owes: both checkers, stored certificates, a page, a test, words in the report."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from closedness.check import check
from closedness.report import steps
from closedness.report.replay import Factors, Shape
from closedness.rules.rows import HOMES, is_about_chains, row
from closedness.supports.product import SupportProduct
from tests.helpers.corpus import stored
from tests.helpers.proofs import Anything, closed
from tests.helpers.second_check import outcome

ROOT = Path(__file__).parents[2]
# tests of rules without a file of their name
PROVER, CHAINS = "search/test_prover.py", "search/test_chains.py"
ELSEWHERE = {
    **dict.fromkeys(("nothing", "crossing", "product", "full", "twins", "split", "extend", "rename"), PROVER),
    **dict.fromkeys(("single", "chain", "triangular", "absorb", "trim", "peel", "parts"), CHAINS),
    **dict.fromkeys(("fusion", "orbits"), CHAINS),
    "strata": "rules/test_stratification.py",
    "chain-strata": "rules/test_chain_strata.py",
}
# what the stored certificates lack
TOLD = {"rule": "ideal", "polynomials": [], "engine": "z3", "answer": "unsat"}
MADE = {
    ("valid", "ideal"): {**closed([1, 1], [1, 1], TOLD), "version": 2},
    ("invalid", "ideal"): {
        **closed([1, 1], [1, 1], {**TOLD, "polynomials": [[["1", [["a:0:0", 1]]]]]}),
        "version": 2,
    },
    ("invalid", "transpose"): {
        **closed([1, 3], [1, 3], {"rule": "transpose", "then": {"rule": "crossing"}}),
        "version": 2,
    },
}


def rules_in(node: Any) -> set[str]:
    """The names of rules in a certificate."""
    found: set[str] = set()
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            if isinstance(each.get("rule"), str):
                found.add(each["rule"])
            stack += each.values()
        elif isinstance(each, list):
            stack += each
    return found


@cache
def using(kind: str) -> dict[str, bytes]:
    """A certificate for each rule, the shortest stored one where there is one."""
    found: dict[str, bytes] = {}
    for data in sorted(stored(kind).values(), key=len):
        for rule in rules_in(json.loads(data)):
            found.setdefault(rule, data)
    return {**found, **{rule: json.dumps(made).encode() for (of, rule), made in MADE.items() if of == kind}}


@pytest.mark.parametrize("rule", HOMES)
def test_both_checkers_know_the_rule(rule: str) -> None:
    table = sys.modules["closedness.check"].RULES  # type: ignore[attr-defined]
    for step in row(rule).steps:
        assert table[step].claim == "closed"
        assert row(rule).about in table[step].about
        assert outcome(using("valid")[step]) == check(using("valid")[step]).exit_code == (3 if rule == "ideal" else 0)
        assert outcome(using("invalid")[step]) == check(using("invalid")[step]).exit_code == 1


@pytest.mark.parametrize("rule", [rule for rule in HOMES if len(row(rule).fields) == 1])
def test_a_rule_over_one_field_is_refused_over_the_other(rule: str) -> None:
    data = json.loads(using("valid")[rule])
    assert (data["field"],) == row(rule).fields
    data["field"] = {"real": "complex", "complex": "real"}[data["field"]]
    assert check(data).exit_code == outcome(json.dumps(data)) == 1


@pytest.mark.parametrize("rule", HOMES)
def test_the_rule_has_a_page_and_a_test(rule: str) -> None:
    page = (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert f"`{rule}`" in page
    own = f"rules/test_{rule.replace('-', '_')}.py"
    file = ROOT / "tests" / ELSEWHERE.get(rule, own)
    words = {"chain": "kronecker", "absorb": "absorbed", "chain-strata": "ChainStrata"}
    assert re.search(rf"\b{words.get(rule, rule)}", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", HOMES)
def test_the_report_has_words_for_the_rule(rule: str) -> None:
    if is_about_chains(rule):
        words = steps._chain_words(Anything(rule=rule), Factors(SupportProduct.from_text("1 * 1 * 1").factors))
    else:
        shape = Shape({0: (frozenset({0}), frozenset({0}))}, frozenset())
        words = steps._closed_words(Anything(rule=rule), shape)
    assert words != steps._unknown(rule)
    assert len(words[1]) > 40


def test_every_row_is_listed_where_it_stands() -> None:
    rooms = ROOT / "closedness" / "rules"
    homes = {}
    for path in sorted(rooms.glob("*/*.py")):
        name = f"{path.parent.name}.{path.stem}"
        module = import_module(f"closedness.rules.{name}")
        homes.update({each.id: name for each in getattr(module, "RULES", ())})
    assert homes == HOMES
    assert {rule for rule in HOMES if is_about_chains(rule)} == {
        rule for rule, home in HOMES.items() if home.startswith("chains.")
    }


def test_two_factors_do_without_the_rules_about_chains() -> None:
    code = (
        "import sys; from closedness import SupportProduct, decide; from closedness.report.steps import closed_steps;"
        "found = decide(SupportProduct.from_text('10/01 * 11/11')); closed_steps(found.certificate);"
        "print([name for name in sys.modules if name.startswith('closedness.rules.chains.')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_the_example_of_the_guide_is_a_row() -> None:
    """The row that CONTRIBUTING.md shows is the one in the module."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"## Adding a rule\n.*?```python\n(.*?)```", guide, re.DOTALL)
    assert shown is not None
    code = shown.group(1)
    assert code in (ROOT / "closedness" / "rules" / "pairs" / "crossing.py").read_text(encoding="utf-8")
    namespace: dict[str, Any] = {}
    exec("from closedness.rules.rule import Rule\n" + code, namespace)
    assert namespace["RULES"] == (row("crossing"),)
