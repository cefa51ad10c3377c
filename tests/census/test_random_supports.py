"""The census of random supports: the same numbers everywhere, nothing lost by a stop, every certificate checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from closedness.census.random_supports import Cell, RandomStore, decide_batch, random_census
from closedness.census.store import CensusStore, kind_of
from closedness.cli.app import main
from closedness.errors import FormatError, InputError
from closedness.supports.product import SupportProduct
from closedness.verdict import Status

ROOT = Path(__file__).parent.parent.parent
CELLS = [Cell(4, 4, r, d, d) for r in (2, 3) for d in (0.4, 0.7)]
OPTIONS = ["--random", "4", "--rows", "4", "--columns", "4", "--ratio", "0.5", "--ratio", "0.75"]
OPTIONS += ["--density", "0.4", "--density", "0.7"]


def filled(path: Path) -> Path:
    with RandomStore(path) as store, ThreadPoolExecutor(1) as pool:
        random_census(store, pool, CELLS, 4)
    return path


def contents(path: Path) -> list[object]:
    with RandomStore(path) as store:
        return list(store.entries())


def test_supports_are_those_of_their_numbers() -> None:
    cell = Cell(6, 5, 4, 0.5, 1.0)
    first = cell.support(3, 0)
    assert first == cell.support(3, 0)
    assert len({cell.support(seed, number) for seed in (1, 2) for number in range(10)}) == 20
    assert [factor.shape for factor in first] == [(6, 4), (4, 5)]
    assert first.factors[1].nnz == 20
    assert Cell(3, 3, 2, 0.0, 1.0).support(1, 0).factors[0].nnz == 0
    # written down once: another machine and another version of Python draw the same
    assert [factor.to_text(separator="/") for factor in Cell(3, 2, 4, 0.5, 0.5).support(3, 0)] == [
        ".1../..11/1.11",
        "../11/.1/..",
    ]


def test_the_density_is_the_share_of_entries() -> None:
    cell = Cell(20, 20, 20, 0.3, 0.8)
    sizes = [[factor.nnz for factor in cell.support(1, number)] for number in range(50)]
    for side, density in enumerate((0.3, 0.8)):
        share = sum(size[side] for size in sizes) / (50 * 400)
        assert abs(share - density) < 4 * (density * (1 - density) / 20000) ** 0.5


@pytest.mark.parametrize("values", [(0, 3, 2, 0.5, 0.5), (3, 3, 0, 0.5, 0.5), (3, 3, 2, 1.5, 0.5), (3, 3, 2, 0.5, -1)])
def test_cells_that_make_no_sense(values: tuple[int, int, int, float, float]) -> None:
    with pytest.raises(InputError):
        Cell(*values)


class _Stop(Exception):
    pass


def test_an_interrupted_census_ends_like_one_left_alone(tmp_path: Path) -> None:
    whole = contents(filled(tmp_path / "whole.sqlite"))
    assert len(whole) == 16
    seen = []

    def stop_soon(done: int, total: int) -> None:
        seen.append(done)
        assert total == 16
        if len(seen) % 2 == 0:
            raise _Stop

    for _ in range(10):
        with RandomStore(tmp_path / "pieces.sqlite") as store, ThreadPoolExecutor(1) as pool:
            try:
                random_census(store, pool, CELLS, 4, progress=stop_soon)
            except _Stop:
                continue
            break
    assert contents(tmp_path / "pieces.sqlite") == whole
    assert seen == sorted(seen)
    assert len(seen) > 4  # it was stopped


def test_more_of_the_same_keeps_what_is_there(tmp_path: Path) -> None:
    path = filled(tmp_path / "c.sqlite")
    before = contents(path)
    with RandomStore(path) as store, ThreadPoolExecutor(1) as pool:
        random_census(store, pool, CELLS, 6)
        random_census(store, pool, CELLS[:1], 2, seed=2)
        counts = store.counts()
    assert set(before) < set(contents(path))
    assert [sum(found.values()) for _, found in sorted(counts.items())] == [8, 6, 6, 6]


def test_nothing_is_decided_without_time(tmp_path: Path) -> None:
    dense = Cell(9, 9, 9, 0.75, 0.75)
    (entry,) = decide_batch([(dense, 0)], 1, "real", 0.0)
    assert entry.status is Status.UNDECIDED
    assert entry.certificate is None
    assert entry.rule
    with RandomStore(tmp_path / "c.sqlite") as store:
        store.add([entry])
        store.forget_undecided()
        assert not store.keys(1)


# ------------------------------------------------------------------------------------------- the command


@pytest.mark.slow
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = str(tmp_path / "c.sqlite")
    command = ["census", *OPTIONS, "--database", database, "--jobs", "1"]
    assert main([*command, "--json", "--undecided", str(tmp_path / "open.json")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert contents(tmp_path / "c.sqlite") == contents(filled(tmp_path / "other.sqlite"))
    assert [(cell["hidden"], cell["left"], cell["right"]) for cell in found] == [
        (2, 0.4, 0.4), (2, 0.7, 0.7), (3, 0.4, 0.4), (3, 0.7, 0.7)
    ]
    assert all(cell.get("closed", 0) + cell.get("not_closed", 0) == 4 for cell in found)
    assert json.loads((tmp_path / "open.json").read_text()) == []
    assert main(["census", "--verify", "--database", database, "--jobs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"verified": 16, "rejected": 0, "trusting_a_solver": 0}
    assert main(command) == 0
    assert "4×4, 3 hidden indices, density 0.7: " in capsys.readouterr().out


@pytest.mark.slow
def test_a_dense_factor_and_what_stays_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database, left = tmp_path / "c.sqlite", tmp_path / "open.json"
    command = ["census", "--random", "2", "--rows", "9", "--columns", "9", "--ratio", "1", "--density", "0.75"]
    command += ["--database", str(database), "--jobs", "1"]
    assert main([*command, "--seconds", "0", "--undecided", str(left)]) == 4
    assert "2 undecided" in capsys.readouterr().out
    entries = json.loads(left.read_text())
    assert [SupportProduct.from_problem({"factors": entry["factors"]}) for entry in entries] == [
        Cell(9, 9, 9, 0.75, 0.75).support(1, number) for number in (0, 1)
    ]
    assert main([*command, "--dense-factor", "--json"]) == 4  # those of before are in the database, too
    dense = json.loads(capsys.readouterr().out)[1]
    assert dense["right"] == 1.0
    assert dense.get("closed", 0) + dense.get("not_closed", 0) == 2


def test_verification_notices_a_changed_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = filled(tmp_path / "c.sqlite")
    with RandomStore(path) as store:
        first, *_, last = store.entries()
        with store.connection:
            store.connection.execute(
                "UPDATE support SET certificate = ? WHERE hidden = 2 AND left_density = 0.4 AND number = 0",
                (zlib.compress(str(last.certificate).encode()),),
            )
    assert main(["census", "--verify", "--database", str(path), "--jobs", "1"]) == 1
    error = capsys.readouterr().err
    assert "number 0 of seed 1" in error
    assert "another pattern" in error
    assert first.cell.hidden == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--random", "0"], "--random is 0"),
        (["--random", "2"], "--random needs --rows"),
        (["--random", "2", "--rows", "3", "--columns", "3", "--ratio", "1"], "--random needs --density"),
        ([*OPTIONS, "--density", "1.5"], "--density is 1.5"),
        ([*OPTIONS, "--density", "nan"], "--density is nan"),
        ([*OPTIONS, "--ratio", "0.01"], "--ratio is 0.01"),
        ([*OPTIONS, "--ratio", "inf"], "--ratio is inf"),
        ([*OPTIONS, "--ratio", "nan"], "--ratio is nan"),
        ([*OPTIONS, "--seconds", "-1"], "--seconds is -1"),
        (["--density", "0.5"], "--density is 0.5 without --random"),
        (["--verify"], "no such file"),
    ],
)
def test_bad_options(
    options: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["census", "--database", str(tmp_path / "c.sqlite"), *options]) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1
    assert not (tmp_path / "c.sqlite").exists()


def test_a_database_holds_one_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random_one, patterns = filled(tmp_path / "random.sqlite"), tmp_path / "patterns.sqlite"
    CensusStore(patterns).connection.close()
    assert (kind_of(random_one), kind_of(patterns)) == ("random supports", "patterns")
    with pytest.raises(FormatError, match="holds random supports, not patterns"):
        CensusStore(random_one)
    with pytest.raises(InputError, match="field"):
        RandomStore(random_one, "complex")
    assert main(["census", *OPTIONS, "--database", str(patterns)]) == 2
    assert "holds patterns, not random supports" in capsys.readouterr().err


# ------------------------------------------------------------------------- other processes and machines


def started(database: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "closedness", "census", *OPTIONS, *more, "--database", str(database)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True, env=environment)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_killed_at_some_moment(tmp_path: Path) -> None:
    """Kill the program with its workers as soon as something is stored, then let it end."""
    path = tmp_path / "c.sqlite"
    process = started(path, "--random", "40")
    wait_for(lambda: path.exists() and stored(path) > 0)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = stored(path)
    assert 0 < before < 160
    assert started(path, "--random", "40").wait() == 0
    with RandomStore(tmp_path / "alone.sqlite") as store, ThreadPoolExecutor(1) as pool:
        random_census(store, pool, CELLS, 40)
    assert contents(path) == contents(tmp_path / "alone.sqlite")


def test_a_new_database_is_opened_by_several_at_once(tmp_path: Path) -> None:
    """None of them finds it half made, or makes it a second time."""

    def opened(path: Path) -> int:
        with RandomStore(path) as store:
            return store.connection.execute("SELECT count(*) FROM meta").fetchone()[0]

    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            assert set(pool.map(opened, [tmp_path / f"{number}.sqlite"] * 8)) == {3}


def stored(path: Path) -> int:
    try:
        return len(contents(path))
    except FormatError:  # made this moment
        return 0


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of the cluster's own threads and sockets
def test_on_a_dask_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = cluster.scheduler_address
        command = ["census", "--database", str(tmp_path / "dask.sqlite"), "--scheduler", address]
        assert main([*command, *OPTIONS]) == 0
        patterns = ["census", "--database", str(tmp_path / "patterns.sqlite"), "--scheduler", address]
        assert main([*patterns, "--hidden", "2", "--json"]) == 0
    assert '"2": ' in capsys.readouterr().out
    assert contents(tmp_path / "dask.sqlite") == contents(filled(tmp_path / "alone.sqlite"))
    assert main(["census", "--verify", "--database", str(tmp_path / "dask.sqlite"), "--jobs", "1"]) == 0


def test_a_worker_that_dies_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures.process import BrokenProcessPool

    def broken(*_: object, **__: object) -> None:
        raise BrokenProcessPool("a process was terminated abruptly")

    monkeypatch.setattr("closedness.census.random_supports.random_census", broken)
    assert main(["census", *OPTIONS, "--database", str(tmp_path / "c.sqlite"), "--jobs", "1"]) == 70
    error = capsys.readouterr().err
    assert "a worker was lost" in error
    assert error.count("\n") == 1
