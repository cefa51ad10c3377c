"""README.md says what happens: its transcript and its Python are run, its test command exists."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def transcript(text: str) -> list[tuple[str, str]]:
    """Commands and what they print, from the ``console`` blocks."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        assert block.startswith("$ ")
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def stable(text: str) -> str:
    """Without what differs from run to run: times."""
    return re.sub(r"\d+(\.\d+)? (m?s)\b", r"… \2", text).strip()


def test_the_transcript_is_real(tmp_path: Path) -> None:
    for name in ("cases", "closedness"):
        (tmp_path / name).symlink_to(ROOT / name)
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (commands / "closedness").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m closedness "$@"\n')
    for path in commands.iterdir():
        path.chmod(0o755)
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PATH": path}
    steps = transcript(README)
    assert len(steps) >= 4
    for command, expected in steps:
        run = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert run.returncode == 0, run.stderr
        assert stable(run.stdout) == stable(expected), command


def test_the_python_runs() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
    assert len(test.examples) >= 5
    assert doctest.DocTestRunner().run(test).failed == 0


def test_one_page() -> None:
    assert len(README.splitlines()) <= 100


@pytest.mark.parametrize("target", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", [link for link in re.findall(r"\]\(([^)]+)\)", README) if ":" not in link])
def test_the_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link.partition("#")[0]).exists()


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
