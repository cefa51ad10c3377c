"""Stored results that ship with the package: compressed JSON lines."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_table(name: str) -> list[dict[str, Any]]:
    """Read a table of ``closedness/data``; an absent table is empty."""
    place = files("closedness").joinpath(f"data/{name}.jsonl.gz")
    if not place.is_file():
        return []
    text = gzip.decompress(place.read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]


def write_table(path: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Write a table so that equal entries give equal bytes."""
    text = "\n".join(json.dumps(entry, separators=(",", ":"), sort_keys=True) for entry in entries)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
