"""Ways out: JSON and tables to standard output, files written whole or not at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "print_json", "require_directory", "require_writable", "steps", "tasks", "working", "write_whole"]


# seconds after which a person at a terminal is told what is going on
AFTER = 1.0


def console() -> Console:
    """Console for standard output: at least 100 columns when it is not a terminal, no guessing at markup."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 100
    return Console(width=wide, markup=False, highlight=False, emoji=False, soft_wrap=False)


@contextmanager
def steps(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error for work that reports (steps done, steps in all); None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def working(what: str) -> Iterator[None]:
    """After a second, say on standard error what is being done, as the library tells it, where somebody watches."""
    if not sys.stderr.isatty():
        yield
        return
    import logging
    from threading import Timer

    from rich.console import Console
    from rich.markup import escape
    from rich.status import Status

    status = Status(what, console=Console(stderr=True))

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            """Show the last line."""
            status.update(escape(f"{what}: {record.getMessage()}"))

    logger, told, timer = logging.getLogger("closedness"), Told(), Timer(AFTER, status.start)
    logger.addHandler(told)
    before = logger.level
    logger.setLevel(logging.INFO)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()
        logger.removeHandler(told)
        logger.setLevel(before)


@contextmanager
def tasks() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error that is told (tasks done, tasks in all, what is begun); none where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda done, total, name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    # what goes to a file must not be drawn above the bar
    above = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=above) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=name)


def print_json(value: Any) -> None:
    """Print one JSON object on one line of standard output."""
    json.dump(value, sys.stdout, ensure_ascii=True, allow_nan=False)
    sys.stdout.write("\n")


def require_writable(path: Path) -> None:
    """Refuse an output file before the work starts, not after.

    Raises
    ------
    InputError
        If it is a directory, or its directory does not exist or may not be written to.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a directory, not a file to write")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the directory {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the directory {path.parent} may not be written to")


def require_directory(path: Path) -> None:
    """Make a directory for output before the work starts, if it is not there.

    Raises
    ------
    InputError
        If it cannot be made or may not be written to.
    """
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made ({error.strerror or type(error).__name__})") from None
    if not os.access(path, os.W_OK):
        raise InputError(f"{path}: the directory may not be written to")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) so that readers see the old contents or all of the new ones.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".closedness-")
        with open(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise InputError(f"{path}: cannot be written ({error.strerror or type(error).__name__})") from None
    except BaseException:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise


def write_certificate(path: Path | None, certificate: Any, without: str = "undecided") -> None:
    """Write a certificate to the file that was asked for, if one was, and say so; after the answer.

    Parameters
    ----------
    path : Path or None
    certificate : Certificate, dict, str or None
        As values or in JSON.
    without : str
        Why there is none.
    """
    from closedness.cli.guard import complain

    if path is None:
        return
    if certificate is None:
        complain(f"no certificate written to {path}: {without}")
        return
    if isinstance(certificate, dict):
        certificate = json.dumps(certificate, separators=(",", ":"))
    text = certificate if isinstance(certificate, str) else certificate.to_json()
    write_whole(path, text + "\n")
    complain(f"certificate written to {path}")
