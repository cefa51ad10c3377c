"""What is installed, what the extras bring, what the doctor says; manual page, recipe, badges, screencast."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer.main

import closedness
from closedness.cli import doctor
from closedness.cli.app import app
from tests.conftest import Outcome

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower().replace("_", "-")


def test_the_doctor_knows_every_extra_and_dependency() -> None:
    ours = {"test", "dev", "docs", "all"}
    extras = {name: {name_of(each) for each in wanted} for name, wanted in PROJECT["optional-dependencies"].items()}
    told: dict[str, set[str]] = {}
    for extra in doctor.EXTRAS:
        told.setdefault(extra.name, set()).update(map(name_of, extra.packages))
    assert told.pop("") == {name_of(each) for each in PROJECT["dependencies"]}
    assert told == {name: wanted for name, wanted in extras.items() if name not in ours}
    every = PROJECT["optional-dependencies"]["all"]
    inside = re.search(r"\[(.*)\]", every[0])
    assert inside
    assert {*inside[1].split(","), name_of(every[1])} == set(told)


def test_the_doctor_says_what_is_there(cli: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(cli("doctor", "--json").out)
    assert found["closedness"] == closedness.__version__
    parts = {part["name"]: part for part in found["parts"]}
    assert parts["numpy"]["found"]
    assert set(doctor.PROGRAMS) <= set(parts)
    monkeypatch.setattr(doctor, "installed", lambda package: "" if package == "uvicorn" else "1.0")
    monkeypatch.setattr("shutil.which", lambda program: None)
    said = cli("doctor").out
    assert "missing: uvicorn (pip install 'closedness[explore]')" in said
    assert "missing: qepcad (Debian: qepcad)" in said
    assert "starlette 1.0" in said
    assert re.search(r"^\+ decisions", said, re.MULTILINE)
    assert re.search(r"^- engine QEPCAD", said, re.MULTILINE)


def test_the_page_on_installation_names_every_extra() -> None:
    text = (DOCS / "install.md").read_text(encoding="utf-8")
    for extra in doctor.EXTRAS:
        assert f"`{extra.name}`" in text or not extra.name


def test_the_manual_page_has_every_command() -> None:
    text = (DOCS / "closedness.1").read_text(encoding="ascii")
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        escaped = name.replace("-", "\\-")
        assert f".SS closedness {escaped}" in text
    if shutil.which("groff"):
        run = [str(shutil.which("groff")), "-man", "-Tascii", "-ww", str(DOCS / "closedness.1")]
        shown = subprocess.run(run, capture_output=True, text=True, check=True)
        assert "relying on a named solver" in shown.stdout
        assert not [line for line in shown.stderr.splitlines() if "can't find special character" not in line]


def test_the_recipe_needs_what_the_project_needs() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["context"]["version"] == closedness.__version__
    run = {name_of(each): each for each in recipe["requirements"]["run"]}
    assert set(run) == {"python", *map(name_of, PROJECT["dependencies"])}
    for each in PROJECT["dependencies"]:
        version = re.sub(r"^[\w.-]+", "", each)
        assert version.removesuffix(".0") in run[name_of(each)]
    assert PROJECT["requires-python"] in run["python"].replace(" ", "")
    (entry,) = recipe["build"]["python"]["entry_points"]
    assert entry == f"closedness = {PROJECT['scripts']['closedness']}"


def test_the_badges_are_true() -> None:
    title = ET.fromstring((DOCS / "badges.svg").read_text(encoding="utf-8"))[0].text
    assert title is not None
    assert f"version: {closedness.__version__}" in title
    assert f"python: {PROJECT['requires-python'].removeprefix('>=')}–" in title


@pytest.mark.slow
def test_the_screencast_shows_what_the_commands_say(tmp_path: Path) -> None:
    target = tmp_path / "cast.svg"
    subprocess.run([sys.executable, str(DOCS / "screencast.py"), str(target)], check=True)
    made, stored = (path.read_text(encoding="utf-8") for path in (target, DOCS / "screencast.svg"))
    for text in (made, stored):
        ET.fromstring(text)
        assert len(text) < 20_000
        assert "NOT CLOSED" in text
        assert "verified: not closed" in text
        assert "these are all the repairs by 1 change" in text


@pytest.mark.slow
def test_the_wheel_gives_every_command(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    assert (place / "share" / "man" / "man1" / "closedness.1").exists()
    environment = {**os.environ, "PYTHONPATH": str(place)}
    program = [sys.executable, str(place / "bin" / "closedness")]

    def run(*arguments: str) -> str:
        found = subprocess.run([*program, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr
        return found.stdout

    where = subprocess.run(
        [sys.executable, "-c", "import closedness; print(closedness.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(place) in where.stdout
    assert run("--version").split() == ["closedness", closedness.__version__]
    (tmp_path / "lu.txt").write_text("x.\nxx\n\nxx\n.x\n")
    assert "NOT CLOSED" in run("decide", "lu.txt")
    assert run("report", "lu.txt").startswith("not closed")
    assert "pip install" in run("doctor") or "uvicorn" in run("doctor")
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        assert "Usage" in run(name, "--help")
