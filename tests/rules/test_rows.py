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
from closedness.levels.decide import decide_levels
from closedness.report import steps
from closedness.report.replay import Factors, Shape
from closedness.rules.rows import HOMES, is_about_chains, row
from closedness.rules.rule import Rule
from closedness.supports.levels import SparsityLevels
from closedness.supports.product import SupportProduct
from tests.helpers.corpus import stored
from tests.helpers.proofs import Anything, closed, version_2
from tests.second.checker import outcome

ROOT = Path(__file__).parents[2]
# what the stored certificates lack
TOLD = {"rule": "ideal", "polynomials": [], "engine": "z3", "answer": "unsat"}
WORD = {"rule": "solver", "engine": "z3", "question": "closedness", "answer": "unsat"}
MADE = {
    ("valid", "ideal"): version_2(closed([1, 1], [1, 1], TOLD)),
    ("invalid", "ideal"): version_2(closed([1, 1], [1, 1], {**TOLD, "polynomials": [[["1", [["a:0:0", 1]]]]]})),
    ("invalid", "solver"): version_2(
        closed([1, 3], [1, 3], {"rule": "split", "term": 1, "parts": [[1, [1], [1]]], "then": WORD})
    ),
}
# an engine's word is trusted, not verified
ENGINES = {"ideal": 3, "solver": 3}
# what has no search of its own stands with the rule that needs it
WITH = {"nothing": "product", "single": "peel", "rename": "extend"}
# rules of one kind are tested together, beside what is asked about them
TOGETHER = {
    **{rule: f"rules/test_{home}.py" for rule, home in WITH.items()},
    "limit": "rules/test_targets.py",
    **dict.fromkeys(("one-entry", "elimination", "uncrossed", "members", "union-limit"), "levels/test_levels.py"),
    **dict.fromkeys(("nonnegative", "covariance", "covariance-limit", "paired-items"), "rules/test_constrained.py"),
    **dict.fromkeys(("affine", "marker"), "rules/test_constrained.py"),
    **dict.fromkeys(("relu-trees", "relu-crossing", "relu-bias", "relu-kinks"), "rules/test_relu.py"),
    "relu-narrow": "rules/test_deep_networks.py",
    **dict.fromkeys(("least-squares", "data-kinks"), "rules/test_given_data.py"),
    **dict.fromkeys(("interpolation", "zero-loss", "tight-outputs"), "rules/test_given_data.py"),
    "solver": "engines/test_engines.py",
}
# statements that stand behind several rules, or that no certificate uses by name
STATEMENTS = (
    *("refutation", "frames", "uncrossing", "zero-sum", "laurent", "generic", "relu-not-closed", "linear-full-rank"),
    *("linear-coordinate-space", "linear-dense-first-layer", "linear-nested-neurons", "linear-merged-inputs"),
    "linear-single-inputs",
)
# questions about sparsity levels for which each rule answers, and one for which it does not
LEVELS = {
    "one-entry": (SparsityLevels.of((2, 3, 3), row=(None, 1)), SparsityLevels.of((3, 2, 3), row=(2, 2))),
    "elimination": (SparsityLevels.of((2, 2, 2), total=(3, 3)), SparsityLevels.of((2, 2, 2), total=(3, 2))),
    "uncrossed": (
        SparsityLevels.of((3, 2, 3), row=(2, 2)),
        SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None)),
    ),
    "members": (SparsityLevels.of((2, 2, 2, 2), row=(1, 2, 1)), SparsityLevels.of((2, 2, 2, 2), row=(2, 2, 1))),
    "union-limit": (
        SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None)),
        SparsityLevels.of((3, 2, 3)),
    ),
}


def rows() -> dict[str, tuple[str, Rule]]:
    """The rows of all modules, each with the name of its module."""
    found: dict[str, tuple[str, Rule]] = {}
    for path in sorted((ROOT / "closedness").rglob("*.py")):
        if re.search(r"(?m)^RULES = \($", path.read_text(encoding="utf-8")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for each in import_module(name).RULES:
                assert each.id not in found
                found[each.id] = name, each
    return found


ROWS = rows()
TABLE = sys.modules["closedness.check"].RULES  # type: ignore[attr-defined]


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
    for rule, (levels, others) in LEVELS.items():
        made = decide_levels(levels).certificate
        assert made is not None
        assert made["proof"][-1]["rule"] == rule
        wrong = {"problem": others.to_problem(), "problem_id": others.content_id} if kind == "invalid" else {}
        found[rule] = json.dumps({**made, **wrong}).encode()
    if kind == "invalid":
        # of non-negative factors whatever they are, but of nothing else
        other = {**json.loads(using("valid")["crossing"]), "proof": [{"rule": "nonnegative"}]}
        found["nonnegative"] = json.dumps(other).encode()
    return {**found, **{rule: json.dumps(made).encode() for (of, rule), made in MADE.items() if of == kind}}


def test_every_rule_of_the_checker_has_a_row() -> None:
    assert {step for _, each in ROWS.values() for step in each.steps} == set(TABLE)


@pytest.mark.parametrize("rule", ROWS)
def test_both_checkers_know_the_rule(rule: str) -> None:
    _, each = ROWS[rule]
    for step in each.steps:
        assert {TABLE[step].claim} == {"either": {"closed", "not_closed"}}.get(each.claim, {each.claim})
        assert each.about in TABLE[step].about or (each.about == "pair" and step in ("limit", "dominant-limit"))
        assert outcome(using("valid")[step]) == check(using("valid")[step]).exit_code == ENGINES.get(step, 0)
        refused = outcome(using("invalid")[step]), check(using("invalid")[step]).exit_code
        assert refused == (1, 1)
        assert TABLE[step].function.__name__ == f"rule_{step.replace('-', '_')}"


@pytest.mark.parametrize("rule", [rule for rule, (_, each) in ROWS.items() if len(each.fields) == 1])
def test_a_rule_over_one_field_is_refused_over_the_other(rule: str) -> None:
    data = json.loads(using("valid")[rule])
    assert (data["field"],) == row(rule).fields
    data["field"] = {"real": "complex", "complex": "real"}[data["field"]]
    assert check(data).exit_code == outcome(json.dumps(data)) == 1


@pytest.mark.parametrize("rule", ROWS)
def test_the_rule_has_a_page_and_a_test(rule: str) -> None:
    page = (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert f"`{rule}`" in page
    own = f"rules/test_{rule.replace('-', '_')}.py"
    file = ROOT / "tests" / TOGETHER.get(rule, own)
    assert re.search(rf"\b{rule}\b", file.read_text(encoding="utf-8").replace("_", "-"))


def test_every_page_is_about_a_rule_with_a_row() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert pages - set(ROWS) - {step for _, each in ROWS.values() for step in each.steps} == {"index", *STATEMENTS}


@pytest.mark.parametrize("rule", ROWS)
def test_the_rule_has_words(rule: str) -> None:
    _, each = ROWS[rule]
    assert len(each.sentence) > 15
    assert each.sentence[-1] != "."
    if each.about not in ("pair", "chain") or each.claim != "closed":
        # reports are about supports; other answers give their own reasons
        assert each.tell is None
        return
    left: Factors | Shape = Shape({0: (frozenset({0}), frozenset({0}))}, frozenset())
    if is_about_chains(rule):
        left = Factors(SupportProduct.from_text("1 * 1 * 1").factors)
    title, text = steps._words(Anything(rule=rule), left)
    assert title != steps._unknown(rule)[0]
    assert len(text) > 40


def test_every_row_is_listed_where_it_stands() -> None:
    inside = {rule: name for rule, (name, _) in ROWS.items() if name.startswith("closedness.rules.")}
    assert inside == {rule: f"closedness.rules.{home}" for rule, home in HOMES.items()}
    for rule, home in HOMES.items():
        assert row(rule) is ROWS[rule][1]
        # the module has the name of the rule
        assert home.split(".")[1].replace("_", "-") == WITH.get(rule, rule)
        assert is_about_chains(rule) == (ROWS[rule][1].about == "chain" and rule != "limit")


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
    (shown_row,) = namespace["RULES"]
    assert shown_row == row("crossing")
    assert shown_row.tell({}, None) == row("crossing").tell({}, None)  # type: ignore[misc]
