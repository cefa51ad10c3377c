"""Kill a census at random moments and compare its database with one left alone.

Run as ``python tests/census_kill_campaign.py [KILLS]``; prints one JSON object, exit code 1 on a difference.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from closedness.census.store import CensusStore

COMMAND = ["-m", "closedness", "census", "--hidden", "3", "--rows", "3", "--columns", "3", "--json"]


def start(database: Path) -> subprocess.Popen[bytes]:
    """Start the census in a process group of its own."""
    command = [sys.executable, *COMMAND, "--database", str(database)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)


def contents(database: Path) -> list[object]:
    """Everything the database says."""
    with CensusStore(database) as store:
        return list(store.entries())


def campaign(kills: int, seed: int = 0) -> dict[str, object]:
    """Kill a census so many times, let it end, and compare."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, pieces = Path(folder) / "whole.sqlite", Path(folder) / "pieces.sqlite"
        begin = time.monotonic()
        if start(whole).wait() != 0:
            raise SystemExit("the census left alone failed")
        alone = time.monotonic() - begin
        done = 0
        for _ in range(kills):
            process = start(pieces)
            time.sleep(rng.uniform(0.3, max(1.0, alone * 0.5)))
            if process.poll() is None:
                done += 1
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if start(pieces).wait() != 0:
            raise SystemExit("the census failed after the last kill")
        first, second = contents(whole), contents(pieces)
    return {"kills": done, "patterns": len(first), "equal": first == second, "seconds_alone": round(alone, 1)}


if __name__ == "__main__":
    found = campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    print(json.dumps(found))
    sys.exit(0 if found["equal"] else 1)
