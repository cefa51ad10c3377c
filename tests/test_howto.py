"""The how-to pages: what they print is what the program prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from closedness.networks import assess_network
from closedness.networks.kinks import LineData

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "howto").glob("*.md"))
WANTED = {
    "factor-model-does-not-converge",
    "identifiable-is-not-well-posed",
    "low-rank-plus-sparse",
    "my-weights-blow-up",
}


def sessions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of the console blocks, with the lines below it."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        lines = [line.removeprefix("  ") if block.startswith("  ") else line for line in block.splitlines()]
        shown: list[str] = []
        command = ""
        for line in lines:
            if line.startswith("$ "):
                if command:
                    yield command, shown
                command, shown = line[2:], []
            else:
                shown.append(line)
        yield command, shown


def files_of_a_run(folder: Path) -> None:
    """A dense network, the data of its certificate, and checkpoints on the way to the targets."""
    dense = [[[1], [1]], [[1, 1], [1, 1]]]
    data = assess_network(dense, "relu").data
    assert isinstance(data, LineData)
    points = [[float(point[0])] for point in data.points()]
    np.savez(folder / "data.npz", X=points, Y=[[float(target.get(o, 0)) for o in range(2)] for target in data.targets])
    for name, t in [("model", 1), ("epoch0", 4), ("epoch1", 8), ("epoch2", 16), ("epoch3", 32)]:
        arrays = {}
        time = Fraction(1, t)
        for number, (weights, biases) in enumerate(zip(data.weights(time), data.biases(time), strict=True)):
            matrix, vector = np.zeros((2, (1, 2)[number])), np.zeros(2)
            for cell, value in weights.items():
                matrix[cell] = float(value)
            for i, value in biases.items():
                vector[i] = float(value)
            arrays |= {f"fc{number}.weight": matrix if t > 1 else np.ones_like(matrix), f"fc{number}.bias": vector}
        np.savez(folder / f"{name}.npz", **arrays)


def test_there_are_how_to_pages() -> None:
    assert WANTED <= {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_program_answers_as_the_page_says(
    page: Path, cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files_of_a_run(tmp_path)
    asked = 0
    for command, shown in sessions(page.read_text(encoding="utf-8")):
        words = shlex.split(command)
        if words[0] == "cat":
            Path(words[1]).write_text("\n".join(shown) + "\n")
            continue
        if words[0] != "closedness":
            continue
        asked += 1
        found = cli(*words[1:])
        assert found.code in (0, 4)
        for line in shown:
            assert line.strip() in found.out, (command, found.out)
    if page.stem in WANTED:
        assert asked > 0
