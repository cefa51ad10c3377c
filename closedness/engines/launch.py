"""Set limits on this process and become the given command.

Run as ``python -P -S launch.py MEMORY_MB CPU_SECONDS OUTPUT_MB COMMAND …``. Standard library only, never
imported: the limits are set here, after the start of an interpreter of our own, because running Python between ``fork``
and ``exec`` is not safe in a process with threads.
"""

from __future__ import annotations

import os
import signal
import sys

MEGABYTE = 1 << 20


def _die_with_parent() -> None:
    """On Linux, ask to be killed when the parent is gone, even if it was killed itself."""
    if sys.platform.startswith("linux"):
        import ctypes

        try:
            ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
        except (AttributeError, OSError):
            return


def main() -> None:
    """Limit and become."""
    memory, seconds, output = (int(word) for word in sys.argv[1:4])
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's watch is all there is
        pass
    else:
        for name, value in (
            (resource.RLIMIT_AS, memory * MEGABYTE),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, output * MEGABYTE),
            (resource.RLIMIT_CORE, 0),
        ):
            try:
                resource.setrlimit(name, (value, value))
            except (ValueError, OSError):  # some systems refuse some limits
                continue
    for word in ("SIGXFSZ", "SIGPIPE"):  # ignored by this interpreter; the command shall not inherit that
        if hasattr(signal, word):
            signal.signal(getattr(signal, word), signal.SIG_DFL)
    _die_with_parent()
    try:
        os.execvp(sys.argv[4], sys.argv[4:])
    except OSError as error:
        sys.stderr.write(f"{sys.argv[4]} cannot be started: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
