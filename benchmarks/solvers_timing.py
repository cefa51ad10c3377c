"""Timing several programs in turn, in one process, on one thread: medians, ratios, a table and a JSON file."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
OURS = "closedness"


def race(programs: dict[str, Callable[[], Any]], repeat: int, patience: float = 5.0) -> dict[str, dict[str, Any]]:
    """Run the programs in turn, ``repeat`` rounds after one warm-up round; short ones several times in a row per round.

    Wall-clock and processor times are kept; on a machine shared with other work the second are the steadier.
    A peer whose warm-up takes longer than ``patience`` seconds and three times the fastest peer is timed by its
    warm-up alone.
    """
    found: dict[str, dict[str, Any]] = {}
    times: dict[str, list[float]] = {}
    for name, program in programs.items():
        start = time.perf_counter()
        try:
            program()
        except Exception as error:  # noqa: BLE001  a peer that fails is a result, too
            found[name] = {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
            continue
        times[name] = [time.perf_counter() - start]
    fastest = min((t[0] for n, t in times.items() if n != OURS and not n.startswith("copy")), default=0.0)
    again = [n for n, t in times.items() if n == OURS or t[0] <= patience or t[0] <= 3 * fastest]
    cpu: dict[str, list[float]] = {name: [] for name in times}
    inner = {name: max(1, min(20, int(0.05 / max(times[name][0], 1e-6)))) for name in again}
    for name in again:
        times[name] = []
    for _ in range(repeat):
        for name in again:
            for _ in range(inner[name]):
                busy, start = time.process_time(), time.perf_counter()
                programs[name]()
                times[name].append(time.perf_counter() - start)
                cpu[name].append(time.process_time() - busy)
    for name, values in times.items():
        found[name] = {"median_s": statistics.median(values), "min_s": min(values), "runs": len(values)}
        if cpu[name]:
            found[name]["median_cpu_s"] = statistics.median(cpu[name])
            found[name]["min_cpu_s"] = min(cpu[name])
    return found


def row(label: str, found: dict[str, dict[str, Any]], extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """One line of a table: our median beside that of the fastest peer."""
    peers = {n: v for n, v in found.items() if n != OURS and "median_s" in v and not n.startswith("copy")}
    best = min(peers, key=lambda n: peers[n]["median_s"]) if peers else None
    line: dict[str, Any] = {"case": label, "programs": found, **(extra or {})}
    if best is not None:
        line["fastest_peer"] = best
        line["ratio_of_medians"] = peers[best]["median_s"] / found[OURS]["median_s"]
        times = [v["median_cpu_s"] for v in peers.values() if "median_cpu_s" in v]
        if times:
            line["ratio_of_cpu"] = min(times) / found[OURS]["median_cpu_s"]
            least = min(v["min_cpu_s"] for v in peers.values() if "min_cpu_s" in v)
            line["ratio_of_cpu_minima"] = least / found[OURS]["min_cpu_s"]
        line["ratio_of_minima"] = min(v["min_s"] for v in peers.values()) / found[OURS]["min_s"]
    return line


def show(line: dict[str, Any]) -> None:
    """Print one line."""
    ours = line["programs"][OURS]["median_s"] * 1e3
    best = line.get("fastest_peer")
    text = f"{line['case']:<48} {ours:10.3f} ms"
    if best:
        theirs = line["programs"][best]["median_s"] * 1e3
        text += f"   {best:<34} {theirs:10.3f} ms   ratio {line['ratio_of_medians']:7.2f}"
        text += f" (processor time {line.get('ratio_of_cpu', 0.0):.2f})"
    for key, value in line.items():
        if key not in ("case", "programs", "fastest_peer") and not key.startswith("ratio_of"):
            text += f"   {key} {value:.3g}" if isinstance(value, float) else f"   {key} {value}"
    print(text, flush=True)


def save(name: str, lines: list[dict[str, Any]]) -> None:
    """Write ``results/<name>.json`` with the command and the versions."""
    versions = {}
    for package in ("closedness", "numpy", "scipy", "lazylinop", "pyfaust", "torch"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "absent"
    RESULTS.mkdir(exist_ok=True)
    document = {
        "command": "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python benchmarks/"
        + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "python": platform.python_version(),
        "processor": _processor(),
        "blas": _kernels(),
        "load": os.getloadavg()[0],
        "versions": versions,
        "lines": lines,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


def _kernels() -> list[str]:
    """The BLAS kernels in use: an environment variable can choose slower ones than the processor has."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ["kernels not recorded"]

    found = {f"{x['internal_api']} {x['version']} {x.get('architecture', '')}".strip() for x in threadpool_info()}
    return sorted(found)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
