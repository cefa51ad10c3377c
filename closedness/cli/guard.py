"""What stands between a sub-command and the user: errors become one line and an exit code, never a traceback."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from closedness.errors import BackendError, BudgetExceeded, ClosednessError

__all__ = ["BAD_INPUT", "DECIDED", "INTERNAL", "INTERRUPTED", "UNDECIDED", "complain", "guarded", "restore_interrupts"]

DECIDED, BAD_INPUT, UNDECIDED, INTERNAL, INTERRUPTED = 0, 2, 4, 70, 130
_CLOSED_PIPE = 141

P = ParamSpec("P")


def complain(message: str) -> None:
    """Print one line to standard error."""
    typer.echo(f"closedness: {' '.join(message.split())}", err=True)


def restore_interrupts() -> None:
    """Let Ctrl-C interrupt again where it was ignored by whoever started the program, if a person sits at its terminal.

    A shell that starts a job in the background lets it ignore the signal; such a job is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and _in_foreground():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _in_foreground() -> bool:
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):  # no terminal, or no POSIX
        return False


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a function that returns an exit code into a sub-command that ends the program with it.

    Errors of this project end with code 2 (70 for an engine that failed) and one line; so does, with code 70,
    what should never happen. With ``CLOSEDNESS_TRACEBACK=1`` in the environment the traceback is printed too.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except BrokenPipeError:
            # The reader of standard output has gone; nothing more can be said there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = _CLOSED_PIPE
        except KeyboardInterrupt:
            complain("interrupted")
            code = INTERRUPTED
        except BudgetExceeded as error:
            code = _report(f"undecided: {error}", UNDECIDED)
        except BackendError as error:
            code = _report(str(error), INTERNAL)
        except ClosednessError as error:
            code = _report(str(error), BAD_INPUT)
        except MemoryError:
            complain("out of memory")
            code = INTERNAL
        except Exception as error:  # noqa: BLE001  a fault here is ours, the user still gets one line
            code = _report(f"internal error: {type(error).__name__}: {error}", INTERNAL)
        raise typer.Exit(code)

    return run


def _report(message: str, code: int) -> int:
    if os.environ.get("CLOSEDNESS_TRACEBACK") == "1":
        traceback.print_exc()
    complain(message)
    return code
