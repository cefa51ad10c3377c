"""SQLite store of decided patterns: every verdict with its certificate."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from closedness.errors import FormatError, InputError
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from closedness.supports.enumeration import Types

VERSION = 1
ATTEMPTS, PAUSE = 200, 0.02  # seconds between them, while another process makes the database


def packed(text: str | None) -> bytes | None:
    """A certificate as it is stored."""
    return None if text is None else zlib.compress(text.encode(), 9)


def unpacked(blob: bytes | None) -> str | None:
    """A stored certificate as text."""
    return None if blob is None else zlib.decompress(blob).decode()


@dataclass(frozen=True)
class Entry:
    """One decided (or undecided) pattern.

    Attributes
    ----------
    hidden : int
        Number of hidden indices.
    rows, columns : tuple of int
        Types of the canonical representative.
    status : Status
    rule : str
        The rule that settled it, or what was tried.
    certificate : str or None
        JSON text in the steps of the rules (version 1 of the format); None when undecided.
    """

    hidden: int
    rows: Types
    columns: Types
    status: Status
    rule: str
    certificate: str | None


class Database:
    """An SQLite file of verdicts that survives interruptions at any moment; it holds one kind and one field.

    Parameters
    ----------
    path : Path
        The file; created when absent.
    field : str
        The numbers allowed as entries.

    Raises
    ------
    FormatError
        When the file is no database of this kind.
    InputError
        When the database was made for another field.
    """

    kind = "patterns"
    table = ""
    schema = ""

    def __init__(self, path: Path, field: str = "real") -> None:
        self.path = path
        try:
            self.connection = sqlite3.connect(path)
            _write_ahead(self.connection)
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
            )
            found = dict(self.connection.execute("SELECT key, value FROM meta"))
            if not found:
                # another process may do the same at this moment: what stands there then is what counts
                meta = [("version", str(VERSION)), ("field", field), ("kind", self.kind)]
                with self.connection:
                    self.connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", meta)
                found = dict(self.connection.execute("SELECT key, value FROM meta"))
            if found.get("kind", "patterns") != self.kind:
                raise FormatError(f"it holds {found['kind']}, not {self.kind}", str(path))
            self.connection.execute(self.schema)
        except sqlite3.DatabaseError as error:
            raise FormatError(f"not a census database ({error})", str(path)) from None
        if found.get("version") != str(VERSION):
            raise FormatError(f"version {found.get('version')!r} of the census is not known", str(path))
        if found["field"] != field:
            raise InputError(f"field is {field!r}, the database {path} holds {found['field']!r}")

    def forget_undecided(self) -> None:
        """Remove what is undecided, to try it again."""
        with self.connection:
            self.connection.execute(f"DELETE FROM {self.table} WHERE status = 'undecided'")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let others read while one writes; a database that another process changes to this mode is locked for a moment."""
    for _ in range(ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(PAUSE)
    connection.execute("PRAGMA journal_mode=WAL")


class CensusStore(Database):
    """A database of decided patterns."""

    table = "pattern"
    schema = (
        "CREATE TABLE IF NOT EXISTS pattern (hidden INTEGER, rows TEXT, columns TEXT, "
        "status TEXT NOT NULL, rule TEXT NOT NULL, certificate BLOB, "
        "PRIMARY KEY (hidden, rows, columns)) WITHOUT ROWID"
    )

    def add(self, entries: Iterable[Entry]) -> None:
        """Store verdicts in one transaction; those that are there already stay."""
        rows = [
            (
                entry.hidden,
                json.dumps(entry.rows),
                json.dumps(entry.columns),
                entry.status.value,
                entry.rule,
                packed(entry.certificate),
            )
            for entry in entries
        ]
        with self.connection:
            self.connection.executemany("INSERT OR IGNORE INTO pattern VALUES (?,?,?,?,?,?)", rows)

    def keys(self, hidden: int) -> set[tuple[Types, Types]]:
        """The patterns that are stored."""
        found = self.connection.execute("SELECT rows, columns FROM pattern WHERE hidden = ?", (hidden,))
        return {(tuple(json.loads(rows)), tuple(json.loads(columns))) for rows, columns in found}

    def entries(
        self, hidden: int | None = None, status: Status | None = None, rule: str | None = None
    ) -> Iterator[Entry]:
        """The stored verdicts, in a fixed order."""
        query, values = "SELECT * FROM pattern WHERE 1", []
        for column, value in (
            ("hidden", hidden),
            ("status", None if status is None else status.value),
            ("rule", rule),
        ):
            if value is not None:
                query += f" AND {column} = ?"
                values.append(value)
        query += " ORDER BY hidden, length(rows) + length(columns), rows, columns"
        for number, rows, columns, word, name, blob in self.connection.execute(query, values):
            yield Entry(
                number,
                tuple(json.loads(rows)),
                tuple(json.loads(columns)),
                Status(word),
                name,
                unpacked(blob),
            )

    def counts(self) -> dict[tuple[int, str], int]:
        """Number of patterns by hidden indices and status."""
        query = "SELECT hidden, status, count(*) FROM pattern GROUP BY hidden, status"
        return {(hidden, status): number for hidden, status, number in self.connection.execute(query)}


def kind_of(path: Path) -> str:
    """What a database holds: ``"patterns"`` or ``"random supports"``.

    Raises
    ------
    FormatError
        When the file is not there, or no database of a census.
    """
    if not path.is_file():
        raise FormatError("no such file", str(path))
    connection = sqlite3.connect(path)
    try:
        found = dict(connection.execute("SELECT key, value FROM meta"))
    except sqlite3.DatabaseError as error:
        raise FormatError(f"not a census database ({error})", str(path)) from None
    finally:
        connection.close()
    return str(found.get("kind", CensusStore.kind))
