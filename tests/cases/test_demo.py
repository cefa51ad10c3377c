"""`make demo` says what it should and fails when anything is wrong."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from cases import demo, families
from closedness import Certificate, Status, Verdict

ROOT = Path(__file__).parents[2]


def test_all_supports_come_out_as_stated(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main([]) == 0
    out, err = capsys.readouterr()
    assert not err
    assert "5 of 5 supports decided as stated" in out
    assert out.count("verified: not_closed") == 2
    assert out.count("verified: closed") == 3
    assert "t = 0.001" in out
    assert "A B    . B    A  AB" in out  # the picture of LU


def test_a_file_of_your_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("xx\n.x\n\nxx\n.x\n")
    assert demo.main([str(path)]) == 0
    assert "Your own pattern: " in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "{", '{"I": [[2]], "J": [[1]]}'])
def test_a_bad_file_is_named_in_one_line(text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    assert demo.main([str(path)]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == 1
    assert "mine.json" in err


def test_a_wrong_expectation_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [demo.Exhibit("LU", families.lower_times_upper(2), Status.CLOSED)]
    monkeypatch.setattr(demo, "built_in", lambda: wrong)
    assert demo.main([]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert "1 of 2 supports decided as stated" in out


def test_a_certificate_that_does_not_check_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decide = demo.decide

    def forge(product: object) -> Verdict:
        verdict = decide(product)  # type: ignore[arg-type]
        assert verdict.certificate is not None
        forged = verdict.certificate.to_json().replace('"target":[[0,1,"1"]', '"target":[[0,1,"2"]')
        return dataclasses.replace(verdict, certificate=Certificate.from_json(forged))

    monkeypatch.setattr(demo, "decide", forge)
    assert demo.main([]) == 1
    assert "rejected" in capsys.readouterr().out


def test_an_undecided_file_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def give_up(product: object) -> Verdict:
        return Verdict(Status.UNDECIDED, "out of time", product, tried=("nothing much",))  # type: ignore[arg-type]

    monkeypatch.setattr(demo, "built_in", list)
    monkeypatch.setattr(demo, "decide", give_up)
    assert demo.main([]) == 4
    assert "tried nothing much" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setattr(demo, "decide", give_up)
    assert demo.main([]) == 1  # a built-in support that is not decided is a failure


def test_large_supports_are_not_drawn_letter_by_letter() -> None:
    assert demo.picture(families.butterfly_split(32, 2)).plain.startswith("1...")


def test_it_runs_as_a_program() -> None:
    run = [sys.executable, "-m", "cases.demo", "no-such-file.json"]
    result = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "no-such-file.json" in result.stderr
