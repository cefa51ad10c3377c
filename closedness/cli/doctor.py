"""``closedness doctor``: which optional engines, readers and pages are there, and how to get the others."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable
from importlib import metadata
from itertools import groupby
from typing import Annotated, NamedTuple

import typer

from closedness.cli.guard import DECIDED
from closedness.cli.output import console, print_json
from closedness.version import __version__

__all__ = ["EXTRAS", "PROGRAMS", "doctor"]


class Extra(NamedTuple):
    """Packages that are installed together: ``pip install 'closedness[NAME]'``.

    Attributes
    ----------
    name : str
        Empty for what is always installed.
    packages : tuple of str
        Distributions.
    use : str
        What they are for.
    """

    name: str
    packages: tuple[str, ...]
    use: str


EXTRAS = (
    Extra("", ("numpy", "scipy", "networkx", "sympy", "python-flint", "typer", "rich"), "decisions, solvers, files"),
    Extra("", ("z3-solver",), "engine z3 (asked when the exact rules do not settle a question)"),
    Extra("cvc5", ("cvc5",), "engine cvc5, a second opinion (wheels for Linux on x86-64)"),
    Extra("explore", ("starlette", "uvicorn"), "closedness explore: the page on which supports are drawn"),
    Extra("widget", ("anywidget",), "the same page in notebooks: closedness.explore.explorer"),
    Extra("torch", ("torch", "safetensors"), "state dicts of PyTorch (.pt, .pth, .bin, .ckpt, .safetensors)"),
    Extra("plot", ("matplotlib",), "pictures of the solvers"),
    Extra("png", ("resvg_py",), "closedness report --picture FILE.png"),
    Extra("dask", ("distributed",), "a census on many machines"),
)
"""What can be installed with pip, extra by extra."""

PROGRAMS = {
    "qepcad": ("engine QEPCAD B, a second opinion", "Debian: qepcad"),
    "Singular": ("engine Singular, refutations over the complex numbers", "Debian: singular-ui"),
    "chromium": ("tests of the pages", "Debian: chromium, chromium-driver"),
    "node": ("tests of the page of the explorer, make front", "Debian: nodejs, npm"),
    "coqc": ("make proofs", "Debian: coq, libcoq-mathcomp-algebra, libcoq-mathcomp-zify"),
}
"""Programs on the search path, what for, and where they are from."""


class Line(NamedTuple):
    """One thing that is there or not."""

    name: str
    found: str
    use: str
    get: str


def lines() -> Iterable[Line]:
    """What is there.

    Examples
    --------
    >>> [line.found != "" for line in lines() if line.name == "numpy"]
    [True]
    """
    for extra in EXTRAS:
        get = f"pip install 'closedness[{extra.name}]'" if extra.name else "pip install closedness"
        for package in extra.packages:
            yield Line(package, installed(package), extra.use, get)
    for program, (use, get) in PROGRAMS.items():
        yield Line(program, shutil.which(program) or "", use, get)


def installed(package: str) -> str:
    """The version of a distribution, or nothing.

    Examples
    --------
    >>> installed("no-such-package")
    ''
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Say which optional engines, readers and pages are there, and how to get the others."""
    found = list(lines())
    if as_json:
        told = [line._asdict() for line in found]
        print_json({"closedness": __version__, "python": platform.python_version(), "parts": told})
        return DECIDED
    out = console()
    out.print(f"closedness {__version__}, Python {platform.python_version()} ({sys.executable})", soft_wrap=True)
    for use, group in groupby(found, key=lambda line: line.use):
        parts = list(group)
        there = ", ".join(f"{line.name} {line.found}" for line in parts if line.found)
        missing = [line for line in parts if not line.found]
        out.print(f"{'-' if missing else '+'} {use}", soft_wrap=True)
        if there:
            out.print(f"    {there}", soft_wrap=True)
        if missing:
            out.print(f"    missing: {', '.join(line.name for line in missing)} ({missing[0].get})", soft_wrap=True)
    return DECIDED
