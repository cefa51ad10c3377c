"""``make demo``: decide a handful of supports and let the independent checker verify every certificate.

``python -m cases.demo FILE …`` decides your own problem files after the built-in ones. Exit code 0: everything came out
as stated and every certificate was verified; 1: something did not; 2: a file is no problem file; 4: one is undecided.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cases import families
from closedness import ClosednessError, Status, SupportProduct, Verdict, decide
from closedness.files.problems import read_problem

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["main"]

EXAMPLE = Path(__file__).parent / "data" / "my_pattern.json"
FAILED, BAD_INPUT, UNDECIDED = 1, 2, 4
_STYLES = ("black on #E69F00", "black on #56B4E9", "white on #009E73", "black on #F0E442", "white on #0072B2")
_LARGEST = 16


@dataclass(frozen=True)
class Exhibit:
    """One support to decide; ``expected`` is None for a file of the user's own."""

    title: str
    product: SupportProduct
    expected: Status | None


def built_in() -> list[Exhibit]:
    """The supports shown by `make demo`."""
    return [
        Exhibit("LU without pivoting, 2×2", families.lower_times_upper(2), Status.NOT_CLOSED),
        Exhibit("A butterfly of order 8, cut in the middle", families.butterfly_split(8, 1), Status.CLOSED),
        Exhibit("A Monarch pair of order 9", families.monarch(3, 3), Status.CLOSED),
        Exhibit("Rank one plus diagonal, 3×3", families.low_rank_plus_diagonal(3), Status.NOT_CLOSED),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Decide the built-in supports and the problem files named on the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Paths of problem files; those of the process by default, an example file if there are none.

    Returns
    -------
    int
        The exit code.
    """
    from rich.console import Console

    paths = list(sys.argv[1:] if arguments is None else arguments) or [str(EXAMPLE)]
    try:
        own = [Exhibit(f"Your own pattern: {path}", read_problem(path), None) for path in map(_short, paths)]
    except ClosednessError as error:
        print(f"closedness: {error}", file=sys.stderr)
        return BAD_INPUT
    wide = None if sys.stdout.isatty() else 100
    out = Console(width=wide, markup=False, highlight=False, emoji=False)
    out.print("Is the set of products of matrices with these supports closed?", style="bold")
    out.print("Each letter is a class of hidden indices; a cell of the product shows all classes that reach it.")
    codes = [_show(out, number, exhibit) for number, exhibit in enumerate(built_in() + own, 1)]
    out.rule(style="dim")
    verified = sum(code == 0 for code in codes)
    out.print(f"{verified} of {len(codes)} supports decided as stated, certificates verified by a separate process.")
    return max((code for code in codes if code != UNDECIDED), default=0) or max(codes)


def _short(path: str) -> str:
    """The path relative to the working directory when it is below it."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path


def _show(out: Console, number: int, exhibit: Exhibit) -> int:
    from rich.padding import Padding

    out.print()
    out.rule(f"{number}. {exhibit.title}", style="dim", align="left")
    out.print(Padding(picture(exhibit.product), (1, 0, 1, 3)))
    verdict = decide(exhibit.product)
    colour = {Status.CLOSED: "bold blue", Status.NOT_CLOSED: "bold red", Status.UNDECIDED: "bold yellow"}
    out.print(f"{verdict.status.words.upper()}", style=colour[verdict.status], end=" ")
    out.print(f"({_milliseconds(verdict.seconds)}): {verdict.reason}.")
    if exhibit.expected not in (None, verdict.status):
        out.print(f"FAILED: {exhibit.expected} was expected", style="bold red")
        return FAILED
    if verdict.certificate is None:
        out.print("\n".join(f"  tried {each}" for each in verdict.tried))
        return UNDECIDED if exhibit.expected is None else FAILED
    if verdict.counterexample is not None:
        _counterexample(out, verdict)
    return _check(out, verdict)


def picture(product: SupportProduct) -> Text:
    """The factors and their product as coloured grids of class letters."""
    from rich.text import Text

    from closedness.drawing.svg import class_name
    from closedness.supports.graph import classes

    if len(product) != 2 or max(max(factor.shape) for factor in product) > _LARGEST:
        return Text(str(product))
    found = classes(*product.pair())
    class_of = {k: number for number, each in enumerate(found) for k in each.members}
    (m, r), n = product[0].shape, product.shape[1]
    owners: list[list[list[list[int]]]] = [
        [[[class_of[k]] if (i, k) in product[0] and k in class_of else [] for k in range(r)] for i in range(m)],
        [[[class_of[k]] if (k, j) in product[1] and k in class_of else [] for j in range(n)] for k in range(r)],
    ]
    reached: list[list[list[int]]] = [[[] for _ in range(n)] for _ in range(m)]
    for number, each in enumerate(found):
        for i in range(m):
            for j in range(n):
                if each.rectangle.rows >> i & 1 and each.rectangle.cols >> j & 1:
                    reached[i][j].append(number)
    grids = [*owners, reached]
    widths = [max([1, *(sum(len(class_name(c)) for c in cell) for row in grid for cell in row)]) for grid in grids]
    text = Text()
    for line in range(max(m, r)):
        for g, (grid, width) in enumerate(zip(grids, widths, strict=True)):
            row = grid[line] if line < len(grid) else [None] * len(grid[0])
            for cell in row:
                _cell(text, cell, width)
            sign = " ·="[g + 1] if g < 2 else ""
            text.append(f" {sign if line == 0 else ' '} " if g < 2 else "\n")
    text.rstrip()
    return text


def _cell(text: Text, cell: list[int] | None, width: int) -> None:
    from closedness.drawing.svg import class_name

    if cell is None:
        text.append(" " * (width + 1))
        return
    for number in cell:
        text.append(class_name(number), _STYLES[number % len(_STYLES)])
    used = sum(len(class_name(number)) for number in cell)
    text.append(("." if not cell else "").ljust(width - used + 1), "dim")


def _counterexample(out: Console, verdict: Verdict) -> None:
    from functools import reduce

    import numpy as np

    from closedness.verdict import counterexample_lines

    example = verdict.counterexample
    assert example is not None
    out.print("\n".join(counterexample_lines(example)), soft_wrap=True)
    target = np.array([[float(value) for value in row] for row in example.target])
    out.print("On the way the error vanishes and the factors explode:")
    for t in (1e-1, 1e-2, 1e-3):
        factors = example.at(t)
        distance = float(np.linalg.norm(reduce(np.matmul, factors) - target))
        largest = max(float(np.abs(factor).max()) for factor in factors)
        out.print(f"  t = {t:<6g} distance to A {distance:<8.1e} largest entry of a factor {largest:g}")


def _check(out: Console, verdict: Verdict) -> int:
    """Write the certificate to a file and have it checked by a process that sees the checker and nothing else."""
    assert verdict.certificate is not None
    text = verdict.certificate.to_json()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "cert.json"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", "-S", str(checker_file()), str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (run.stdout + run.stderr).strip()
    out.print(f"Certificate of {len(text)} bytes; python -I -S closedness/check.py cert.json says:")
    out.print(f"  {said}", style="green" if run.returncode == 0 else "bold red")
    claim = said.removeprefix("verified: ").split(" ")[0]
    return 0 if run.returncode == 0 and claim == verdict.status.value else FAILED


def checker_file() -> Path:
    """Path of the stand-alone checker."""
    spec = importlib.util.find_spec("closedness.check")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
