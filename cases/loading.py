"""Find cases: all of them, by name, by group or by a pattern of names."""

from __future__ import annotations

import json
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from cases.case import Case, UnknownCaseError
from cases.catalogue import family_cases
from closedness import Status, SupportProduct

__all__ = ["all_cases", "groups", "load", "select", "source"]


@cache
def all_cases() -> tuple[Case, ...]:
    """All cases, in the order of the catalogue.

    Examples
    --------
    >>> len(all_cases()) >= 60
    True
    """
    found = (*_drawn_cases(), *family_cases())
    names = [case.name for case in found]
    if len(set(names)) != len(names):
        raise ValueError("two cases have the same name")
    return found


def _drawn_cases() -> tuple[Case, ...]:
    """The cases drawn one by one in ``data/named.json``."""
    text = files("cases").joinpath("data/named.json").read_text(encoding="utf-8")
    return tuple(
        Case(
            entry["name"],
            entry["group"],
            entry["title"],
            SupportProduct.from_text(" * ".join(entry["factors"])),
            Status(entry["status"]),
            entry["why"],
            tuple(entry["sources"]),
        )
        for entry in json.loads(text)
    )


def groups() -> tuple[str, ...]:
    """Names of the groups, in the order of their first cases."""
    return tuple(dict.fromkeys(case.group for case in all_cases()))


def load(name: str) -> Case:
    """The case of this name.

    Raises
    ------
    UnknownCaseError
        If there is none; the message names similar ones.
    """
    names = {case.name: case for case in all_cases()}
    if name not in names:
        near = get_close_matches(name, names, 3, 0.5)
        hint = f"; similar: {', '.join(near)}" if near else ""
        raise UnknownCaseError(f"there is no case {name[:60]!r}{hint}")
    return names[name]


def select(patterns: tuple[str, ...] | list[str]) -> tuple[Case, ...]:
    """Cases by names, groups or patterns such as ``lu-*``; all of them if there are none.

    Raises
    ------
    UnknownCaseError
        If one of them fits no case.

    Examples
    --------
    >>> [case.name for case in select(["lu-[12]", "monarch-2-2"])]
    ['lu-1', 'lu-2', 'monarch-2-2']
    """
    if not patterns:
        return all_cases()
    chosen: dict[str, Case] = {}
    for pattern in patterns:
        fitting = [case for case in all_cases() if case.group == pattern or fnmatchcase(case.name, pattern)]
        for case in fitting or [load(pattern)]:
            chosen[case.name] = case
    return tuple(chosen.values())


@cache
def _bibliography() -> dict[str, str]:
    """Entries of ``references.bib`` by key."""
    text = files("cases").joinpath("references.bib").read_text(encoding="utf-8")
    entries = ["@" + part.strip() for part in text.split("\n@")]
    return {entry.split("{", 1)[1].split(",", 1)[0]: entry.replace("@@", "@") for entry in entries}


def source(key: str) -> str:
    """The BibTeX entry of a key.

    Raises
    ------
    KeyError
        If there is none.

    Examples
    --------
    >>> source("okunev2005lu").splitlines()[0]
    '@article{okunev2005lu,'
    """
    return _bibliography()[key]
