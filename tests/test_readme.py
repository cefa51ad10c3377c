"""README.md says what happens: its transcript and its Python are run, its test command exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.pages import links, prepared, run_python, run_transcript, start

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_transcript_is_real(tmp_path: Path) -> None:
    assert run_transcript(README, tmp_path) >= 3


def test_the_way_from_the_clone_to_the_verdict(tmp_path: Path) -> None:
    """The commands of "Start" after the installation; benchmarks/newcomer.py runs and times all of them."""
    first, second, third, *others = start(README)
    assert first.startswith("git clone")
    assert second.startswith("make demo")
    assert third.startswith(". .venv/bin/activate")
    environment = prepared(tmp_path)
    said = []
    for line in others:
        run = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert run.returncode == 0, run.stderr
        said.append(run.stdout)
    assert said[1].startswith("NOT CLOSED")
    assert said[-1].startswith("verified: not_closed")
    assert "move t towards 0" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_python_runs() -> None:
    assert run_python(README, "README.md") >= 5


def test_one_page() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("target", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", links(README))
def test_the_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def ci(tmp_path: Path, *, apt: str, extras: str = "") -> str:
    """What `.ci/run` says where make and apt-get only say what they are asked, as root and with nothing installed."""
    (tmp_path / "bin").mkdir()
    fakes = {"make": 'echo "make $*"', "apt-get": apt, "id": "echo 0"}
    for name, line in fakes.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    for name in ("sh", "sed", "dirname", "head", "mktemp", "rm", "timeout", "env"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    copy = tmp_path / "project"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    (copy / "README.md").write_text(README, encoding="utf-8")
    shell = str(tmp_path / "bin" / "sh")
    environment = {"PATH": str(tmp_path / "bin"), "LOG": str(tmp_path / "log"), "CI_EXTRAS": extras}
    command = [shell, str(copy / ".ci" / "run")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert not run.stderr
    return run.stdout


def test_ci_runs_the_test_command_of_this_page(tmp_path: Path) -> None:
    """`.ci/run` takes its command from the README."""
    out = ci(tmp_path, apt='echo "$*" >> "$LOG"')
    assert re.search(r"^make test VENV=\S+/venv", out, re.MULTILINE)
    assert out.splitlines()[-1].startswith("skipped for want of: chromium chromedriver qepcad Singular node torch ")
    asked = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert asked[0] == "-qq update"
    packages = ["chromium", "chromium-driver", "qepcad", "singular-ui", "nodejs"]
    packages.append("coq libcoq-mathcomp-algebra libcoq-mathcomp-zify")
    assert asked[1:] == [f"-qq install --no-install-recommends -y {package}" for package in packages]


def test_ci_goes_on_where_nothing_can_be_installed(tmp_path: Path) -> None:
    out = ci(tmp_path, apt="exit 100")
    assert re.search(r"^make test VENV=\S+/venv", out, re.MULTILINE)
    assert out.count("skipped for want of") == 1


def test_ci_installs_the_optional_packages_it_is_told(tmp_path: Path) -> None:
    assert "pip install" not in ci(tmp_path, apt="exit 100")
    shutil.rmtree(tmp_path / "bin")
    shutil.rmtree(tmp_path / "project")
    out = ci(tmp_path, apt="exit 100", extras="torch distributed")
    left = "left out: the registry does not give it"
    assert f"+ pip install torch\n{left}\n+ pip install distributed\n{left}\n+ make test " in out
