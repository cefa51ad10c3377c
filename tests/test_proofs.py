"""The Coq development: the pages name theorems that exist, and what is translated is no empty list."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROOFS = ROOT / "proofs"
PAGE = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
STATEMENT = re.compile(r"^\s*(?:Theorem|Lemma|Corollary)\s+(\w+)", re.MULTILINE)
ROW = re.compile(r"^\| \[`?([\w-]+)`?\]\(rules/([\w-]+)\.md\) \| (.+?) \| `(\w+\.v)` \|", re.MULTILINE)
LINK = re.compile(r"[Tt]heorems? ((?:`\w+`(?:,| and)? )+)in\s+`proofs/(\w+\.v)`")


def names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def statements(file: str) -> set[str]:
    return set(STATEMENT.findall((PROOFS / file).read_text(encoding="utf-8")))


def table() -> dict[str, set[tuple[str, str]]]:
    """The page of each rule, with its theorems and their files."""
    found: dict[str, set[tuple[str, str]]] = {}
    for _, page, theorems, file in ROW.findall(PAGE):
        found.setdefault(page, set()).update((name, file) for name in names(theorems))
    return found


def linked(page: Path) -> set[tuple[str, str]]:
    """The theorems that the page of a rule names."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    return {(name, file) for found, file in LINK.findall(text) for name in names(found)}


def test_the_table_and_the_pages_of_the_rules_name_the_same_theorems() -> None:
    pages = {page.stem: linked(page) for page in (ROOT / "docs" / "rules").glob("*.md")}
    with_theorem = {page for page, found in pages.items() if found}
    marked = {
        page.stem for page in (ROOT / "docs" / "rules").glob("*.md") if "## Checked by Coq" in page.read_text("utf-8")
    }
    assert len(table()) >= 19
    assert {page: pages[page] for page in with_theorem} == table()
    assert marked == with_theorem


def test_the_theorems_named_exist_and_their_assumptions_are_printed() -> None:
    printed = set(re.findall(r"Print Assumptions (\w+)\.", (PROOFS / "Theorems.v").read_text(encoding="utf-8")))
    for found in table().values():
        for name, file in found:
            assert name in statements(file), (name, file)
            assert name in printed, name


def test_all_files_are_built_and_nothing_is_assumed() -> None:
    built = {line for line in (PROOFS / "_CoqProject").read_text().split("\n") if line.endswith(".v")}
    written = {file.name for file in PROOFS.glob("*.v")}
    assert written - {"Stored.v", "Minimal.v", "Tables.v", "Extract.v"} <= built
    for file in built & written:
        text = (PROOFS / file).read_text(encoding="utf-8")
        assert not re.search(r"\b(?:Axiom|Admitted|Parameter|admit|Conjecture)\b", text), file


def script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROOFS / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def translate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return script("translate.py", *arguments)


@pytest.mark.parametrize("kind", ["nothing", "only closed ones"])
def test_an_empty_translation_is_an_error(kind: str) -> None:
    closed = str(ROOT / "tests" / "certificates" / "valid" / "decide-butterfly.json")
    done = translate(*([closed] if kind == "only closed ones" else []))
    assert done.returncode == 1
    assert "nothing was translated" in done.stderr


def test_stored_certificates_are_translated() -> None:
    certificates = map(str, sorted((ROOT / "tests" / "certificates" / "valid").glob("*.json")))
    done = translate(*certificates)
    assert done.returncode == 0
    assert done.stdout.count("\nTheorem ") >= 40
    assert done.stdout.count("(PFrames ") >= 15
    assert done.stdout.count("(PPinned ") >= 2
    assert done.stdout.count("(NMerge ") >= 7


def test_the_stored_patterns_are_those_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROOFS))
    spec = importlib.util.spec_from_file_location("translate", PROOFS / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    translate = importlib.util.module_from_spec(spec)
    sys.modules["translate"] = translate
    spec.loader.exec_module(translate)
    assert translate.stored() == [tuple(json.loads(json.dumps(named))) for named in translate.from_library()]


def test_stored_certificates_of_closed_sets_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROOFS))
    trees = importlib.import_module("trees")
    nodes: Counter[str] = Counter()
    for file in sorted((ROOT / "tests" / "certificates" / "valid").glob("*.json")):
        certificate = json.loads(file.read_text(encoding="utf-8"))
        if certificate["claim"] == "closed":
            with contextlib.suppress(trees.Untranslatable):
                nodes.update(set(re.findall(r"\(([A-Z]\w+)", trees.closed(certificate))))
    assert {"RMatchings", "RSplit", "RProduct", "RTwins", "RExtend", "RDualBases", "RRegular"} <= set(nodes)
    assert {"CSingle", "CPair", "CTrim", "CFusion", "CPeel"} <= set(nodes)
    assert nodes["RCrossing"] >= 20
    assert nodes["CPair"] >= 10


def test_the_stored_campaign_has_no_disagreement_about_what_is_verified() -> None:
    found = json.loads((ROOT / "tests" / "results" / "proved.json").read_text(encoding="utf-8"))
    rows = {claim: [*found["corpora"][claim].values(), found["mutations"][claim]] for claim in found["corpora"]}
    verified = {answer for row in (*rows["closed"], *rows["not_closed"]) for answer in row if answer[0] in "03"}
    assert verified == {"0, 0, proved", "0, 0, not covered", "3, 3, not covered"}
    proved = {claim: sum(row.get("0, 0, proved", 0) for row in rows[claim]) for claim in rows}
    assert proved["not_closed"] >= 265
    assert proved["closed"] >= 69
    # sets that are not closed are never proved to be closed
    assert found["contradictions"]
    assert not any("proved by Coq" in answer for answer in found["contradictions"])


def test_each_pattern_with_three_hidden_indices_is_in_one_of_the_tables() -> None:
    done = script("classify.py")
    assert done.returncode == 0
    assert done.stderr.startswith("644 and 228 patterns with all names")
    assert "Definition case_tree : cases := (Below" in done.stdout
    closed = done.stdout.split("Definition maximal_rules : seq rules := ")[1].split("\n  ")[1:]
    assert len(closed) == 31
    assert sum(text.startswith(("(REverything", "(RLarger")) for text in closed) == 15
