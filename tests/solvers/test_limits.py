"""Time limits, progress and interruption of the solvers."""

import contextlib
import itertools
import json
import math
import signal
import time

import numpy as np
import pytest

from closedness.cli.app import main
from closedness.errors import InputError
from solvers import Diagnosis, factorize_butterfly, factorize_fixed_support, split_distances
from solvers.families import deformable
from solvers.landscape import explore

LOWER = [[1, 0], [1, 1]]


class Countdown:
    """A budget that is spent after so many looks at it."""

    looks = 0

    def __init__(self, seconds):
        self.more = type(self).looks

    def expired(self):
        self.more -= 1
        return self.more < 0

    def left(self):
        return None

    def part(self, share):
        return self


def problem():
    """Supports that are not tractable, with many row and column types."""
    rng = np.random.default_rng(4)
    return rng.standard_normal((6, 5)), rng.random((6, 3)) < 0.7, rng.random((5, 3)) < 0.7


@pytest.mark.slow
def test_a_search_may_be_cut_at_any_point(monkeypatch):
    A, I, J = problem()
    monkeypatch.setattr("solvers.fixed_support.Budget", Countdown)
    errors, seen, bounds = [], set(), []
    for looks in range(0, 400, 3):
        monkeypatch.setattr(Countdown, "looks", looks)
        f = factorize_fixed_support(A, I, J, starts=4, iterations=40, decide_seconds=0)
        assert not f.X[~I].any()
        assert not f.Y[~J].any()
        assert math.isclose(f.error, np.linalg.norm(A - f.X @ f.Y.T), rel_tol=1e-12)
        assert math.isclose(f.history[-1].error, f.error, rel_tol=1e-9)
        assert 0.0 <= f.lower_bound <= f.error <= np.linalg.norm(A) * (1 + 1e-12)
        assert f.starts_asked == 4
        assert f.out_of_time == (f.starts_finished < 4)
        assert (f.diagnosis is Diagnosis.OUT_OF_TIME) == f.out_of_time
        assert ("time limit" in str(f)) == f.out_of_time
        errors.append(f.error)
        bounds.append(f.lower_bound)
        seen.add((f.diagnosis, f.starts_finished))
    assert errors[-1] < errors[0]
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(errors))
    assert len(set(errors)) > 8
    assert (Diagnosis.OUT_OF_TIME, 0) in seen
    assert (Diagnosis.CONVERGED, 4) in seen
    assert len(seen) >= 4
    assert bounds[0] == 0.0 < bounds[-1]


def test_without_a_limit_nothing_is_out_of_time():
    A, I, J = problem()
    free = factorize_fixed_support(A, I, J, starts=4)
    long = factorize_fixed_support(A, I, J, starts=4, seconds=600.0)
    assert not long.out_of_time
    assert long.starts_finished == long.starts_asked == 4
    assert np.array_equal(long.X, free.X)
    assert free.diagnosis is Diagnosis.CONVERGED
    direct = factorize_fixed_support(A, np.ones((6, 2)), np.ones((5, 2)), seconds=0.0)
    assert direct.optimal
    assert not direct.out_of_time


def test_a_search_that_was_cut_asks_about_the_supports(monkeypatch):
    monkeypatch.setattr("solvers.fixed_support.Budget", Countdown)
    monkeypatch.setattr(Countdown, "looks", 12)
    f = factorize_fixed_support([[0, 1], [1, 0]], LOWER, LOWER, starts=1)
    assert f.diagnosis is Diagnosis.OUT_OF_TIME
    assert f.out_of_time
    assert f.verdict is not None
    assert "before it converged" in str(f)


def test_the_limit_holds_within_an_iteration():
    """One iteration takes several times the limit; a run without it would take hours."""
    rng = np.random.default_rng(6)
    n = 1500
    A, I, J = rng.standard_normal((n, n)), rng.random((n, 24)) < 0.5, rng.random((n, 24)) < 0.5
    began = time.monotonic()
    f = factorize_fixed_support(A, I, J, iterations=10**6, tolerance=0.0, seconds=0.2, decide_seconds=0)
    assert time.monotonic() - began < 20.0
    assert f.diagnosis is Diagnosis.OUT_OF_TIME
    assert f.starts_finished == 0


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"nonnegative": True}, {"ridge": 0.1}], ids=str)
@pytest.mark.parametrize(("n", "r"), [(64, 64), (300, 300), (60, 900)])
def test_the_limit_holds_on_problems_of_every_shape(monkeypatch, n, r, options):
    """Processor time, as the machine may be busy; 1.2 times the limit and a second."""
    monkeypatch.setattr("closedness.budget.Budget.clock", staticmethod(time.process_time))
    rng = np.random.default_rng(7)
    A, I, J = rng.standard_normal((n, n)), rng.random((n, r)) < 0.6, rng.random((n, r)) < 0.6
    began = time.process_time()
    f = factorize_fixed_support(A, I, J, seconds=0.5, decide_seconds=0, **options)
    assert time.process_time() - began < 1.2 * 0.5 + 1.0
    assert f.error <= np.linalg.norm(A) * (1 + 1e-12)


@pytest.mark.parametrize("value", [-1.0, math.nan])
def test_limits_that_are_none_are_refused(value):
    with pytest.raises(InputError, match=r"seconds is (-1.0|nan), not a time limit"):
        factorize_fixed_support([[1.0]], [[1]], [[1]], seconds=value)


def test_infinity_is_no_limit():
    assert factorize_fixed_support([[1.0]], [[1]], [[1]], method="iterative", seconds=math.inf).error == 0.0


def test_progress_of_everything_long():
    seen = []

    def note(done, total):
        seen.append((done, total))

    chain = deformable([2, 2, 2], [2, 2, 2], [1, 1])
    A = np.random.default_rng(1).standard_normal(chain.shape)
    assert np.array_equal(split_distances(A, chain, progress=note), split_distances(A, chain))
    assert seen == [(1, 2), (2, 2)]
    seen.clear()
    explore([[1.0]], [[1]], [[1]], starts=3, progress=note)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    seen.clear()
    factorize_fixed_support([[0, 1], [1, 0]], LOWER, LOWER, starts=2, iterations=5, decide_seconds=0, progress=note)
    assert seen == sorted(seen)
    assert len(seen) > 5
    assert {total for _, total in seen} == {10}
    assert seen[-1] == (10, 10)


def test_an_interruption_reaches_the_caller_and_leaves_the_arguments_alone():
    def interrupt(done, total):
        raise KeyboardInterrupt

    A = np.random.default_rng(2).standard_normal((8, 8))
    before = A.copy()
    for call in (
        lambda: factorize_fixed_support(A[:2, :2], LOWER, LOWER, progress=interrupt),
        lambda: factorize_butterfly(A, "dyadic", "balanced", progress=interrupt),
        lambda: split_distances(A, "dyadic", progress=interrupt),
        lambda: explore([[1.0]], [[1]], [[1]], progress=interrupt),
    ):
        with pytest.raises(KeyboardInterrupt):
            call()
        assert np.array_equal(A, before)


def test_the_limit_on_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "A.npy", np.array([[0.0, 1.0], [1.0, 0.0]]))
    (tmp_path / "p.json").write_text(json.dumps({"I": LOWER, "J": LOWER}))
    command = ["solve", str(tmp_path / "A.npy"), str(tmp_path / "p.json"), "--seconds", "0"]
    assert main([*command, "--search-seconds", "0", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["diagnosis"] == "out of time"
    assert answer["out_of_time"] is True
    assert main([*command, "--search-seconds", "nan"]) == 2
    assert "--search-seconds is nan" in capsys.readouterr().err


def test_an_interruption_of_the_command_is_one_line_and_writes_nothing(tmp_path, monkeypatch, capsys):
    np.save(tmp_path / "A.npy", np.array([[0.0, 1.0], [1.0, 0.0]]))
    (tmp_path / "p.json").write_text(json.dumps({"I": LOWER, "J": LOWER}))

    @contextlib.contextmanager
    def steps(what):
        yield lambda done, total: signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("closedness.cli.solve.steps", steps)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    command = ["solve", str(tmp_path / "A.npy"), str(tmp_path / "p.json"), "--out", str(tmp_path / "f.npz")]
    try:
        assert main(command) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "closedness: interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.npy", "p.json"]
