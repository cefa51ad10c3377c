"""README.md says what happens: its transcript and its Python are run, its test command exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.pages import links, run_python, run_transcript

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_transcript_is_real(tmp_path: Path) -> None:
    assert run_transcript(README, tmp_path) >= 4


def test_the_python_runs() -> None:
    assert run_python(README, "README.md") >= 5


def test_one_page() -> None:
    assert len(README.splitlines()) <= 100


@pytest.mark.parametrize("target", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", links(README))
def test_the_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_ci_runs_the_test_command_of_this_page(tmp_path: Path) -> None:
    """`.ci/run` takes its command from the README; with a make that only prints, it shows which."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "make"
    fake.write_text('#!/bin/sh\necho "make $*"\n')
    fake.chmod(0o755)
    copy = tmp_path / "project"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    (copy / "README.md").write_text(README, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    run = subprocess.run(
        ["sh", str(copy / ".ci" / "run")], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert re.search(r"^make test VENV=\S+/venv", run.stdout, re.MULTILINE)
