"""Write docs/screencast.svg, a terminal in which the first commands run: ``python docs/screencast.py [FILE]``.

The commands run for real in an empty directory; what they print is shown line by line. One SVG with CSS animations, no
script, a loop of as many seconds as there is to read.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import textwrap
from html import escape
from pathlib import Path
from typing import NamedTuple

SCENES = (
    (r"printf 'x..\nxx.\nxxx\n\nxxx\n.xx\n..x\n' > lu.txt", "closedness decide lu.txt --certificate lu.cert.json"),
    ("closedness check lu.cert.json", "closedness repair lu.txt --remove --at-most 2", "closedness report lu.txt"),
)
COLUMNS, ROWS = 92, 26
LINE, LETTER, MARGIN = 19, 8.43, 16
TYPING, READING, PAUSE = 0.045, 0.35, 3.5


def lines_of(command: str, directory: Path) -> list[str]:
    """What a command prints, folded to the width of the terminal; times are left off."""
    program = f"{sys.executable} -m closedness"
    text = re.sub(r"^closedness\b", lambda _: program, command)
    root = str(Path(__file__).parent.parent)
    run = subprocess.run(
        ["sh", "-c", text],
        cwd=directory,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if not run.stdout:
        return []
    shown = re.sub(r"^\d+\.\d+ s, ", "", run.stdout, flags=re.MULTILINE).rstrip()
    return [part for line in shown.split("\n") for part in textwrap.wrap(line, COLUMNS, drop_whitespace=False) or [""]]


class Shown(NamedTuple):
    """A line of the terminal: when it comes and goes, in seconds, and where it stands."""

    begin: float
    end: float
    row: int
    text: str
    typed: bool


def screencast(scenes: tuple[tuple[str, ...], ...] = SCENES) -> str:
    """The picture."""
    clock, every = 0.5, []
    with tempfile.TemporaryDirectory() as folder:
        for scene in scenes:
            row, here = 0, []
            for command in scene:
                here.append(Shown(clock, 0.0, row, f"$ {command}", True))
                clock += TYPING * len(command) + 0.6
                for line in lines_of(command, Path(folder)):
                    row += 1
                    here.append(Shown(clock, 0.0, row, line, False))
                    clock += READING if line.strip() else 0.0
                row += 2
            clock += PAUSE
            every += [line._replace(end=clock) for line in here]
    return document([line for line in every if line.text.strip() and line.row < ROWS], clock)


def document(lines: list[Shown], total: float) -> str:
    """The lines as SVG, each shown from its beginning to the end of its scene."""
    width, height = round(COLUMNS * LETTER + 2 * MARGIN), ROWS * LINE + 2 * MARGIN
    frames, body = [], []
    for number, line in enumerate(lines):
        on, off = 100 * line.begin / total, min(100 * line.end / total, 100)
        shown = f"0%,{on:.2f}%{{opacity:0}}{on + 0.01:.2f}%,{off - 0.02:.2f}%{{opacity:1}}{off:.2f}%,100%{{opacity:0}}"
        frames.append(f"@keyframes k{number}{{{shown}}}")
        place = f"x='{MARGIN}' y='{MARGIN + LINE * (line.row + 0.75):g}'"
        kind = "a c" if line.typed else "a"
        body.append(f"<text class='{kind}' style='animation-name:k{number}' {place}>{escape(line.text)}</text>")
    rules = (
        f".a{{opacity:0;animation-duration:{total:.1f}s;animation-iteration-count:infinite;white-space:pre}}"
        ".c{fill:#8fd3ff;font-weight:bold}"
        f"@media (prefers-reduced-motion){{.a{{animation-delay:-{0.35 * total:.1f}s;animation-play-state:paused}}}}"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}' "
        "role='img' font-family='DejaVu Sans Mono, ui-monospace, Menlo, monospace' font-size='14' fill='#e8e8e8'>\n"
        "<title>a terminal: the supports of LU are drawn, decided, checked and repaired</title>\n"
        f"<style>{rules}{''.join(frames)}</style>\n<rect width='{width}' height='{height}' rx='8' fill='#181a1b'/>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".svg")
    target.write_text(screencast(), encoding="utf-8")
