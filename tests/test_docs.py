"""The pages of docs/: commands and Python on them run, links lead somewhere, generated pages are up to date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import closedness
import solvers
from closedness.cli.app import app
from closedness.supports import graph
from tests.helpers.pages import links, run_python, run_transcript

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_tutorial_is_real(tmp_path: Path) -> None:
    assert run_transcript(read("tutorial.md"), tmp_path) >= 5
    assert (tmp_path / "lu3.html").stat().st_size > 5000


def test_the_python_of_the_page_on_networks_runs() -> None:
    assert run_python(read("networks.md"), "networks.md") >= 4


@pytest.mark.slow
def test_the_python_of_the_tutorial_runs() -> None:
    assert run_python(read("tutorial.md"), "tutorial.md") >= 15


PAGES = ["tutorial.md", "networks.md", "factor-models.md", "glossary.md", "development.md", "command-line.md"]
PAGES += ["explorer.md", "install.md"]


@pytest.mark.parametrize("name", PAGES)
def test_the_links_lead_somewhere(name: str) -> None:
    for link in links(read(name)):
        assert (DOCS / link).exists(), link


def test_generated_pages_are_up_to_date(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(DOCS / "generate.py"), str(tmp_path)], check=True, env=environment())
    pages = sorted(tmp_path.iterdir())
    assert pages
    for page in pages:
        assert page.read_text(encoding="utf-8") == read(page.name), "run `make docs`"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_command_line_page_has_every_command() -> None:
    text = read("command-line.md")
    names = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {"decide", "check", "report", "cases"} <= set(names)
    for name in names:
        assert f"## closedness {name}\n" in text


def test_the_glossary_names_what_there_is() -> None:
    text = read("glossary.md")
    for name in re.findall(r"`graph\.(\w+)`", text):
        assert hasattr(graph, name)
    for name in re.findall(r"`solvers\.([A-Z]\w+|factorize_\w+)", text):
        assert hasattr(solvers, name)
    for name in ("Support", "SupportProduct"):
        assert f"`{name}" in text
        assert hasattr(closedness, name)


def test_the_development_page_names_files_that_exist() -> None:
    for name in re.findall(r"`((?:closedness|cases|tests|docs)/[\w/.-]+\.\w+)`", read("development.md")):
        assert (ROOT / name).exists(), name
