"""Pages with commands and Python in them: run both and compare."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
    """Without what differs from run to run (times) and what a new rule may change (the reason for closedness)."""
    text = re.sub(r" *\d+(\.\d+)? (m?s)\b", r" … \2", text).strip()
    return re.sub(r"(?m)(^CLOSED .*\n)because .*$", r"\1because …", text)


def start(text: str) -> list[str]:
    """The commands of the section "Start", as they stand there."""
    found = re.search(r"^## Start$[\s\S]*?((?:^ {4}\S.*\n)+)", text, re.MULTILINE)
    assert found
    return [line.strip() for line in found[1].splitlines()]


def prepared(directory: Path) -> dict[str, str]:
    """The environment of a shell in a directory that gets the packages, and the commands `python` and `closedness`."""
    for name in ("cases", "closedness"):
        (directory / name).symlink_to(ROOT / name)
    commands = directory / "bin"
    commands.mkdir()
    (commands / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (commands / "closedness").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m closedness "$@"\n')
    for path in commands.iterdir():
        path.chmod(0o755)
    search = os.pathsep.join([str(commands), os.environ["PATH"]])
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PATH": search}


def run_transcript(text: str, directory: Path) -> int:
    """Run the commands of a page in a directory that has the packages in it; return how many there are."""
    environment = prepared(directory)
    steps = transcript(text)
    for command, expected in steps:
        run = subprocess.run(
            ["sh", "-c", command], cwd=directory, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert run.returncode == 0, run.stderr
        assert stable(run.stdout) == stable(expected), command
    return len(steps)


def run_python(text: str, name: str) -> int:
    """Run the ``python`` blocks of a page, one after the other; return how many examples there are."""
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    return len(test.examples)


def links(text: str) -> list[str]:
    """Links to files of the project."""
    return [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if ":" not in link]
