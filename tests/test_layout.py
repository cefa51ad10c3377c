"""The shape of the project: who imports whom, how long modules are, what the wheel holds."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import networkx as nx
import pytest

import cases
import closedness
import solvers
from closedness.cli.packages import sibling
from closedness.errors import ForeignPackageError

ROOT = Path(__file__).parent.parent
PACKAGES = ("closedness", "solvers", "cases")

# The floors of `closedness`, the lowest first. A room, or a module that stands in none, imports only from floors below
# its own and from its own room; `__main__` and the package itself stand above all of them.
FLOORS = (
    ("errors", "check", "version"),
    ("budget", "algebra", "drawing", "elaboration"),
    ("supports",),
    ("files", "certificate", "equations"),
    ("verdict", "engines"),
    ("rules",),
    ("search",),
    ("decide",),
    ("closure", "census", "levels", "repair"),
    ("networks", "constrained", "report"),
    ("explore",),
    ("cli",),
)
RANK = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TOP = {"closedness", "closedness.__main__"}
MOST_LOOSE = 10

LONG = {"closedness/check.py": "whoever wants to trust a verdict reads this one file and nothing else"}


class Import(NamedTuple):
    """One import statement of our own modules."""

    source: str
    target: str
    kind: str  # "top" of the file, "deferred" to a function, "type" for the type checker only


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imported_names(path: Path) -> list[tuple[str, str]]:
    """Modules that a file imports, each with the kind of the import."""
    found: list[tuple[str, str]] = []

    def visit(node: ast.AST, kind: str) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.body:
                visit(child, "type")
            for child in node.orelse:
                visit(child, kind)
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, kind) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.append((full if full in FILES else base, kind))
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            visit(child, "deferred" if function and kind == "top" else kind)

    visit(ast.parse(path.read_text(encoding="utf-8")), "top")
    return found


IMPORTS = [
    Import(source, target, kind)
    for source, path in FILES.items()
    for target, kind in imported_names(path)
    if target.split(".")[0] in PACKAGES
]


def room(module: str) -> str:
    """The room of a module, or its name when it stands in none."""
    return module.split(".")[1]


def test_the_reader_of_imports_sees_all_kinds(tmp_path: Path) -> None:
    """Otherwise the tests below could not fail."""
    source = tmp_path / "example.py"
    source.write_text(
        "from typing import TYPE_CHECKING\nimport os.path\nif TYPE_CHECKING:\n    import closedness.cli\n"
        "from closedness import budget\ndef f():\n    from solvers import blocks\n"
    )
    found = imported_names(source)
    assert ("os.path", "top") in found
    assert ("closedness.budget", "top") in found
    assert ("closedness.cli", "type") in found
    assert ("solvers.blocks", "deferred") in found
    assert len(IMPORTS) > 20


def test_every_module_has_a_floor() -> None:
    ours = [module for module in FILES if module.startswith("closedness") and module not in TOP]
    assert not [module for module in ours if room(module) not in RANK]
    assert {room(module) for module in ours} == set(RANK)
    loose = [path for path in (ROOT / "closedness").glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= MOST_LOOSE


def test_tests_stand_in_the_rooms_of_what_they_test() -> None:
    """Those at the top are about the project as a whole, or about modules that stand in no room."""
    inside = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert not inside - set(RANK) - {"solvers", "cases"}
    loose = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    assert not loose & {room for room in RANK if (ROOT / "closedness" / room).is_dir()}
    assert not [path for path in (ROOT / "tests").rglob("test_*.py") if len(path.relative_to(ROOT).parts) > 3]


def test_imports_point_downward() -> None:
    """Also imports inside functions and those for the type checker."""
    inside = [
        each
        for each in IMPORTS
        if each.source.startswith("closedness") and each.source not in TOP and each.target.startswith("closedness")
    ]
    wrong = [
        each
        for each in inside
        if each.target in TOP
        or (room(each.source) != room(each.target) and RANK[room(each.target)] >= RANK[room(each.source)])
    ]
    assert not wrong
    assert len(inside) > 400


def test_there_are_no_circles_of_files() -> None:
    """Also none that goes through the package itself, and none of imports inside functions or for types."""
    graph = nx.DiGraph((each.source, each.target) for each in IMPORTS)
    assert "closedness" in graph
    assert not [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1]


def test_nothing_but_the_command_line_is_above_the_command_line() -> None:
    assert not [
        each
        for each in IMPORTS
        if each.target.startswith("closedness.cli")
        and not each.source.startswith(("closedness.cli", "closedness.__main__"))
    ]


def test_the_library_does_not_know_solvers_and_cases() -> None:
    wrong = [
        each
        for each in IMPORTS
        if each.source.startswith("closedness")
        and each.target.startswith(("solvers", "cases"))
        and not (each.source.startswith("closedness.cli") and each.kind != "top")
    ]
    assert not wrong


def test_solvers_do_not_know_cases() -> None:
    assert not [each for each in IMPORTS if each.source.startswith("solvers") and each.target.startswith("cases")]


def test_the_checker_stands_alone() -> None:
    foreign = [
        name
        for name, _ in imported_names(ROOT / "closedness" / "check.py")
        if name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert not foreign


@pytest.mark.parametrize("path", list(FILES.values()), ids=list(FILES))
def test_modules_stay_readable(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    name = path.relative_to(ROOT).as_posix()
    assert lines <= (2820 if name in LONG else 500), f"{name} has {lines} lines"
    assert path.name != "utils.py"


def test_importing_is_cheap() -> None:
    """Heavy packages are loaded by the functions that need them."""
    program = "import sys, closedness; print(*sorted(m for m in sys.modules if '.' not in m))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    loaded = set(run.stdout.split())
    assert "closedness" in loaded
    assert not loaded & {"numpy", "scipy", "networkx", "sympy", "z3", "rich", "typer", "flint", "torch", "matplotlib"}


# -------------------------------------------------------------------- one distribution, three packages


def test_versions_agree() -> None:
    assert solvers.__version__ == cases.__version__ == closedness.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {closedness.__version__}\n" in citation


def test_public_names_exist() -> None:
    for package in (closedness, solvers, cases):
        assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("name", ["solvers", "cases"])
def test_siblings_are_ours(name: str) -> None:
    assert sibling(name).__version__ == closedness.__version__


def test_foreign_packages_are_named_with_their_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (None, "7.0"):
        foreign = ModuleType("solvers")
        foreign.__file__ = "/elsewhere/solvers/__init__.py"
        if version:
            foreign.__version__ = version  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "solvers", foreign)
        with pytest.raises(ForeignPackageError, match=r"/elsewhere/solvers/__init__\.py is not the one of closedness"):
            sibling("solvers")
    monkeypatch.setitem(sys.modules, "solvers", None)
    with pytest.raises(ForeignPackageError, match="is not installed"):
        sibling("solvers")


@pytest.mark.slow
def test_wheel_contents(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(run, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    info = f"closedness-{closedness.__version__}.dist-info"
    shared = info.replace(".dist-info", ".data")
    assert {name.split("/")[0] for name in names} == {*PACKAGES, info, shared}
    assert f"{shared}/data/share/man/man1/closedness.1" in names
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert {path.relative_to(ROOT).as_posix() for path in FILES.values()} <= set(names)
    assert f"{info}/licenses/LICENSE" in names
    assert not [name for name in names if "__pycache__" in name]
