"""Directives for the pages of the rules: the function of the checker, a row of a stored certificate, a function.

```` ```{checker} twins ```` shows the source of the function of ``closedness/check.py`` that checks the rule, which has
the name of the rule; `OTHERS` says what more belongs to some of them. ```` ```{certificate} twins ```` shows the
smallest node of the rule in the certificates of the tests; with the option ``:from: NAME`` that of one of them. Where
there is no such function or node, the build fails. ```` ```{library} closedness/budget.py within ```` shows a function
of the library, for rules without a step in certificates.
"""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "closedness" / "check.py"
CERTIFICATES = ROOT / "tests" / "certificates"
WIDTH = 92

# what checks a rule, where it is more than the function of its own name, or that of another rule
OTHERS: dict[str, tuple[str, ...]] = {
    "limit": ("rule_limit", "_curve", "step_merge", "step_equations"),
    "refutation": ("_System", "step_split", "step_derive", "step_close"),
    "frames": ("step_frames", "step_tight", "step_gram", "step_either"),
    "diagonal": ("step_diagonal",),
    "pinned": ("step_pinned",),
    "occupied": ("step_occupied", "_serve", "_have_representatives"),
    "generic": ("step_generic", "_generic"),
    "types": ("rule_types", "_Crowding", "step_decide", "step_bound"),
    "solved-lines": (
        "rule_solved_lines",
        "step_dependent",
        "step_solved",
        "step_avoid",
        "step_meet",
        "step_tree",
    ),
    "regular": ("rule_regular", "_derivative", "_squares_exceed"),
    "full": ("rule_full", "_generic"),
    "crossing": ("rule_crossing", "_check_crossing"),
    "strata": (
        "rule_strata",
        "step_entry",
        "step_clear",
        "step_spend",
        "step_family",
        "step_section",
        "step_minor",
    ),
    "data-kinks": ("rule_data_kinks", "_most_kinks"),
    "tight-outputs": ("rule_tight_outputs", "_Signs", "step_sign", "step_implied", "step_room", "step_cone"),
}


@cache
def functions(path: Path = CHECKER) -> dict[str, str]:
    """The source of every function and class of a module, of the checker if not said otherwise."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


def checked_by(rule: str) -> tuple[str, ...]:
    """The names of the checker's functions for a rule, empty if one of them is not there."""
    names = OTHERS.get(rule, (f"rule_{rule.replace('-', '_')}",))
    return names if set(names) <= set(functions()) else ()


@cache
def stored() -> tuple[tuple[str, Any], ...]:
    """The valid certificates of the tests, small ones first."""
    texts = []
    for folder in ("valid", "levels"):
        for path in sorted((CERTIFICATES / folder).rglob("*.json*")):
            raw = path.read_bytes()
            texts.append((path.stem, gzip.decompress(raw) if path.suffix == ".gz" else raw))
    return tuple((name, json.loads(raw)) for name, raw in sorted(texts, key=lambda each: len(each[1])))


def rows(node: Any) -> Iterator[dict[str, Any]]:
    """All objects inside of a certificate."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from rows(child)


def example(rule: str, of: str | None = None) -> str | None:
    """The shortest node of a rule in the stored certificates, or in the one of that name."""
    found = [
        (json.dumps(row), name, row)
        for name, certificate in stored()
        if of is None or name == of
        for row in rows(certificate)
        if rule in (row.get("rule"), row.get("do"))
    ]
    return pretty(min(found, key=lambda each: (len(each[0]), each[1]))[2]) if found else None


def pretty(node: Any, indent: int = 0) -> str:
    """JSON in lines of bounded length."""
    line = json.dumps(node, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not isinstance(node, (dict, list)):
        return line
    inner = " " * (indent + 2)
    if isinstance(node, dict):
        parts = [f"{json.dumps(key)}: {pretty(value, indent + 2)}" for key, value in node.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + "\n" + " " * indent + "}"
    parts = [pretty(value, indent + 2) for value in node]
    return "[\n" + ",\n".join(inner + part for part in parts) + "\n" + " " * indent + "]"


def block(text: str, language: str) -> nodes.Node:
    """A block of code."""
    return nodes.literal_block(text, text, language=language)


class Checker(Directive):
    """The source of what checks a rule."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Show the functions, or fail."""
        rule = self.arguments[0]
        names = checked_by(rule)
        if not names:
            raise self.error(f"closedness/check.py has no function for the rule {rule!r}")
        self.state.document.settings.env.note_dependency(str(CHECKER))
        return [block(functions()[name], "python") for name in names]


class Library(Directive):
    """The source of a function of the library."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Show the function, or fail."""
        file, name = self.arguments
        path = ROOT / file
        if not path.is_file() or name not in functions(path):
            raise self.error(f"{file} has no function {name}")
        self.state.document.settings.env.note_dependency(str(path))
        return [block(functions(path)[name], "python")]


class Example(Directive):
    """A node of a stored certificate."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"from": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Show the node, or fail."""
        text = example(self.arguments[0], self.options.get("from"))
        if text is None:
            where = self.options.get("from", "of the tests")
            raise self.error(f"no valid certificate {where} has a node {self.arguments[0]!r}")
        lines = text.splitlines()
        if len(lines) > 40:
            lines[40:] = ["…"]
        return [block("\n".join(lines), "json" if len(lines) <= 40 else "text")]


def setup(app: Any) -> dict[str, Any]:
    """Enter the directives."""
    app.add_directive("checker", Checker)
    app.add_directive("certificate", Example)
    app.add_directive("library", Library)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
