"""Time the way of a newcomer: the commands of the section "Start" of README.md, one after the other, in a fresh clone.

``python -m benchmarks.newcomer [--out FILE]`` clones the last commit of this repository into an empty directory, with a
fresh environment and without pip's cache, and writes how long each command took. Nothing is run that is not in the
README.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tests.helpers.pages import start

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run and time the commands in one shell; stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "newcomer.json")
    options = parser.parse_args()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG") or name.startswith("PIP_")}
    with tempfile.TemporaryDirectory() as directory:
        environment = {**kept, "HOME": directory, "PIP_NO_CACHE_DIR": "1"}
        shell = subprocess.Popen(
            ["sh"], cwd=directory, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert shell.stdin is not None
        assert shell.stdout is not None
        steps = []
        for command in start((ROOT / "README.md").read_text(encoding="utf-8")):
            real = command.replace("<this repository>", f"'{ROOT}'")
            started = time.monotonic()
            shell.stdin.write(f"{real}\necho @@ $?\n")
            shell.stdin.flush()
            said = []
            while not (line := shell.stdout.readline()).startswith("@@ "):
                if not line:
                    raise SystemExit(f"the shell ended in: {command}")
                said.append(line)
            steps.append({"command": command, "seconds": round(time.monotonic() - started, 2)})
            sys.stdout.write(f"{steps[-1]['seconds']:8.2f} s  {command}\n")
            if line.split()[1] != "0":
                raise SystemExit(f"failed: {command}\n{''.join(said)}")
        last = said[-1].strip()
        size = (Path(directory) / "closedness" / "report.html").stat().st_size
        shell.stdin.close()
        shell.wait()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {
        "command": "python -m benchmarks.newcomer",
        "date": date.today().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "steps": steps,
        "seconds_in_all": round(sum(step["seconds"] for step in steps), 1),
        "report_bytes": size,
        "checker_said": last,
    }
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
