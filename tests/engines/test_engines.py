"""Singular, several engines at once, and what `decide` makes of engines that fail or contradict."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flint import Ordering, fmpz_mpoly_ctx

import closedness.engines as backends
from closedness import SupportProduct, check
from closedness.algebra.nullstellensatz import verify
from closedness.budget import Budget
from closedness.certificate import Certificate
from closedness.cli.app import main
from closedness.decide import confirmed, decide
from closedness.engines import QEPCAD, Z3, Answer, Backend, Panel, Singular, closedness_sentence, engines, is_product
from closedness.engines.constructible import ConstructibleSet, image_over_c
from closedness.engines.sentences.logic import Atom, Case, Not, Query
from closedness.engines.sentences.polynomials import ONE, ZERO, constant, variable
from closedness.engines.sentences.questions import closedness_query, membership_query
from closedness.engines.singular import read_polynomial, singular_lines
from closedness.equations.membership import refute
from closedness.errors import BackendError, BudgetExceeded, InputError
from closedness.rules.pairs.ideal import ideal
from closedness.search.last_resort import sentence
from closedness.search.opinions import second_opinions
from closedness.search.question import Question
from closedness.supports.pattern import Pattern
from closedness.verdict import Status
from tests.helpers.oracle import lu_exists

LU2 = SupportProduct.from_text("10/11 * 11/01")
FULL2 = SupportProduct.from_text("11/11 * 11/11")
SWAP = [[0, 1], [1, 0]]
EASY = membership_query(LU2, SWAP)
X, Y = variable("x"), variable("y")
singular_only = pytest.mark.skipif(not Singular().available, reason="the program Singular is not installed")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches processes through /proc")


def program(tmp_path: Path, body: str, version: str = "Singular version 9.9.9", name: str = "fake") -> str:
    """An engine that prints its version and otherwise does as told."""
    path = tmp_path / name
    path.write_text(f'#!/bin/sh\n[ "$1" = -v ] && echo "{version}" && exit 0\n{body}\n')
    path.chmod(0o755)
    return str(path)


class Says(Backend):
    """An engine that always gives the same answer."""

    def __init__(self, name: str, status: Any, reliable: bool = True) -> None:
        self.name = name
        self.answer = Answer(status, reliable=reliable, detail="" if reliable else "doubtful")
        self.capabilities = backends.Capabilities(existential=True, quantified=True, model=False)
        self.asked = 0

    @property
    def version(self) -> str:
        return "1"

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        self.asked += 1
        return self.answer


# ---------------------------------------------------------------- Singular


def test_what_singular_prints_is_read_strictly() -> None:
    assert singular_lines("@ a b\n\n@ end\n") == ["a b"]
    for text in ("", "@ a\n", "@ end\n@ a\n", "@ a\n   ? error occurred\n@ end\n", "// ** overflow\n@ end\n"):
        with pytest.raises(BackendError, match="cannot be read"):
            singular_lines(text)
    assert read_polynomial("0", 2) == {}
    assert read_polynomial("v0*v1^3-1/2", 2) == {(1, 3): Fraction(1), (0, 0): Fraction(-1, 2)}
    for text in ("", "x", "v2", "v0+v0", "v0**2", "(v0)*2", "1.5*v0", "v0^-1", "0*v0"):
        with pytest.raises((BackendError, ZeroDivisionError), match="cannot be read"):
            read_polynomial(text, 2)


@singular_only
def test_singular_answers_over_both_fields() -> None:
    for field, status in (("real", "unknown"), ("complex", "sat")):
        assert is_product(LU2, [[1, 2], [3, 4]], field=field, backend=Singular()).status == status
        assert is_product(LU2, SWAP, field=field, backend=Singular()).status == "unsat"
    one = (Atom(X * X, "=", constant(-1)),)
    assert Singular().solve(Query("a root", (Case(("x",), one),), "complex")).status == "sat"
    assert Singular().solve(Query("a root", (Case(("x",), one),))).detail.startswith("there are complex solutions")
    both = Case(("x", "y"), (Atom(X * Y, "=", ZERO), Atom(X, "!=", ZERO), Atom(Y, "!=", ZERO)))
    assert Singular().solve(Query("no root", (both,))).status == "unsat"
    assert Singular().solve(Query("no root", (both, Case((), (Atom(ZERO, "=", ONE),))), "complex")).status == "unsat"
    assert Singular().solve(Query("no root", (both, Case((), ())), "complex")).status == "sat"


@singular_only
def test_singular_declines_what_it_cannot_treat() -> None:
    assert Singular().solve(closedness_query(LU2)).detail == "singular takes no quantifiers"
    for formula in (Atom(X, "<", ZERO), Not(Atom(X, "=", ZERO))):
        answer = Singular().solve(Query("?", (Case(("x",), (formula,)),)))
        assert answer.status == "unknown"
        assert "equations and inequations" in answer.detail
    assert Z3().solve(Query("?", (Case(("x",), ()),), "complex")).detail == "z3 takes real variables only"


@singular_only
def test_singular_agrees_with_the_known_criterion_for_lu() -> None:
    product = SupportProduct.from_text("100/110/111 * 111/011/001")
    for number in range(0, 3**9, 991):
        target = [[number // 3 ** (3 * i + j) % 3 - 1 for j in range(3)] for i in range(3)]
        answer = is_product(product, target, 20, field="complex", backend=Singular())
        assert answer.status == ("sat" if lu_exists(target) else "unsat"), target


@singular_only
def test_cofactors_are_verified_identities() -> None:
    ring = fmpz_mpoly_ctx.get(("x", "y"), Ordering.degrevlex)
    x, y = ring.gens()
    equations = {"f": x * y - 1, "g": x**2}
    found = Singular().cofactors(equations)
    assert found is not None
    assert verify(equations, (), found)
    # with y ≠ 0: y² + x y³ and x together
    equations = {"f": y**2 + x * y**3, "g": 3 * x}
    assert Singular().cofactors(equations) is None
    found = Singular().cofactors(equations, [1])
    assert found is not None
    assert verify(equations, [1], found)
    assert not verify(equations, (), found)
    assert Singular().cofactors({"f": x * y - 1}) is None
    assert Singular().cofactors({}) is None


def test_false_cofactors_are_not_believed(tmp_path: Path) -> None:
    x, y = fmpz_mpoly_ctx.get(("x", "y"), Ordering.degrevlex).gens()
    equations = {"f": x * y - 1, "g": x**2}
    for lines in (["1 v0", "2 v1"], ["1 1"], ["7 1"], ["x"], ["1 v5"], []):
        body = "cat > /dev/null; printf '" + "".join(f"@ {line}\\n" for line in [*lines, "end"]) + "'"
        assert Singular(program(tmp_path, body, name=f"fake{len(lines)}{lines[:1]}")).cofactors(equations) is None
    honest = program(tmp_path, "cat > /dev/null; printf '@ 1 -v0*v1-1\\n@ 2 v1^2\\n@ end\\n'", name="honest")
    assert Singular(honest).cofactors(equations) is not None


@singular_only
def test_a_refutation_by_singular_is_checked_without_it() -> None:
    """With no budget for the exact rules, the certificate rests on Singular's cofactors, and both checkers see them."""
    evidence = decide(LU2).counterexample
    assert evidence is not None
    target = evidence.entries
    assert refute(LU2, target, steps=0) is None
    refutation = refute(LU2, target, steps=0, identities=Singular().cofactors)
    assert refutation is not None
    certificate = Certificate.not_closed(LU2, "real", target, evidence.curve, refutation, {})
    report = check(certificate)
    assert report.verified
    assert report.trusted == ()
    from tests.second.checker import second_check

    assert second_check(certificate.to_json()).trusted == ()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("kill -SEGV $$", "singular was ended by SIGSEGV"),
        ("echo boom >&2; exit 3", "singular ended with code 3: boom"),
        ("echo perhaps", "cannot be read: 'perhaps'"),
        ("echo '@ case 0 none'", "its end is missing"),
        ("echo '@ case 0 maybe'; echo '@ end'", "cannot be read: 'case 0 maybe'"),
        ("echo '@ case 1 none'; echo '@ end'", "cannot be read: 'case 1 none'"),
        ("echo '@ case 0 none'; echo '@ end'", "a case is missing"),
        ("echo '   ? error occurred'; echo '@ end'", "error occurred"),
        ("yes x", "writing more than 16 MB"),
    ],
)
def test_bad_endings_of_singular_are_unknown(tmp_path: Path, body: str, detail: str) -> None:
    engine = Singular(program(tmp_path, body))
    assert engine.version == "9.9.9"
    answer = engine.solve(EASY, 20)
    assert answer.status == "unknown"
    assert detail in answer.detail
    assert "\n" not in answer.detail
    assert answer.name == "singular 9.9.9"


def test_a_missing_singular_is_named(tmp_path: Path) -> None:
    assert Singular("no-such-program").solve(EASY).detail == "singular is not installed"
    with pytest.raises(BackendError, match="singular is not installed"):
        image_over_c(LU2, singular=Singular("no-such-program"))
    assert Singular(program(tmp_path, "", version="something else")).version == "of unknown version"


# ---------------------------------------------------------------- the image over C


@pytest.mark.slow
@singular_only
@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("10/11 * 11/01", False),
        ("1/1 * 11", True),
        ("1 * 1", True),
        ("10/11 * 111/100", False),
        ("10/01 * 10/01", True),
        ("00 * 0/0", True),
    ],
)
def test_the_image_over_c(text: str, closed: bool) -> None:
    product = SupportProduct.from_text(text)
    found = image_over_c(product, 50)
    assert found.closed is closed
    assert found.engine == f"singular {Singular().version}"
    assert decide(product, "complex").status is (Status.CLOSED if closed else Status.NOT_CLOSED)
    answer = closedness_sentence(product, 50, field="complex", backend=Singular())
    assert answer.status == ("unsat" if closed else "sat")


@singular_only
def test_members_of_the_image_of_lu() -> None:
    found = image_over_c(LU2, 50)
    assert found.lines() == ["all ∖ {a_0_0 = 0}", "{a_0_0 = 0, a_0_1*a_1_0 = 0}"]
    for number in range(3**4):
        target = [[number // 3 ** (2 * i + j) % 3 - 1 for j in range(2)] for i in range(2)]
        entries = {(i, j): Fraction(v) for i, row in enumerate(target) for j, v in enumerate(row)}
        assert (entries in found) == lu_exists(target)


def test_levels_are_read_strictly(tmp_path: Path) -> None:
    for number, lines in enumerate((["level 1 v9"], ["level 2 v0"], ["nonsense"], ["level 1 v0"])):
        body = "cat > /dev/null; printf '" + "".join(f"@ {line}\\n" for line in [*lines, "end"]) + "'"
        with pytest.raises(BackendError, match="cannot be read"):
            image_over_c(LU2, 20, singular=Singular(program(tmp_path, body, name=f"fake{number}")))
    everything = ConstructibleSet((((), (ONE,)),), "by hand")
    assert everything.closed
    assert everything.lines() == ["all"]


# ---------------------------------------------------------------- several engines


def test_engines_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert next(engine.name for engine in engines("all")) == "z3"
    with pytest.raises(InputError, match="backend is 'maple', not one of z3, cvc5, qepcad, singular, all"):
        engines("maple")
    monkeypatch.setitem(backends.BACKENDS, "singular", lambda: Singular("no-such-program"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"backend is 'singular', which is not installed: .*Debian package singular"):
        decide(LU2, backend="singular")
    assert "singular" not in [engine.name for engine in engines("all")]


def test_a_panel_agrees_or_fails() -> None:
    yes, no, doubtful, silent = (
        Says("yes", "sat"),
        Says("no", "unsat"),
        Says("doubtful", "sat", reliable=False),
        Says("silent", "unknown"),
    )
    assert Panel([silent, yes]).solve(EASY).name == "yes 1"
    assert Panel([doubtful, no]).solve(EASY).status == "unsat"
    only = Panel([doubtful, silent]).solve(EASY)
    assert (only.status, only.detail) == ("unknown", "doubtful 1: doubtful; silent 1: unknown")
    with pytest.raises(BackendError, match=r"yes 1 says sat, no 1 says unsat"):
        Panel([yes, silent, no]).solve(EASY)


def test_second_opinions_and_contradictions() -> None:
    not_closed, closed = decide(LU2), decide(FULL2)
    assert second_opinions(not_closed, [Says("no", "unsat"), Says("silent", "unknown")], 5) == (
        "no 1 agrees: the target is no product",
        "silent 1 does not know: no reason given",
    )
    lines = second_opinions(closed, [Says("no", "unsat"), Says("doubtful", "sat", reliable=False)], 5)
    assert lines == ("no 1 agrees: the set is closed", "doubtful 1 says without proof that the set is not closed")
    with pytest.raises(BackendError, match=r"exact rules say closed .*yes 1 says that the set is not closed"):
        second_opinions(closed, [Says("yes", "sat")], 5)
    with pytest.raises(BackendError, match=r"exact rules say not closed .*yes 1 says that the target is a product"):
        second_opinions(not_closed, [Says("yes", "sat")], 5)


def test_decide_with_all_engines(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(backends, "BACKENDS", {"z3": Z3, "calm": lambda: Says("calm", "unsat")})
    verdict = decide(LU2, seconds=20, backend="all")
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.opinions == (
        f"z3 {Z3().version} agrees: the target is no product",
        "calm 1 agrees: the target is no product",
    )
    assert verdict.provenance["z3"] == Z3().version
    assert "Second opinions:" in str(verdict)
    assert decide(LU2).opinions == ()
    monkeypatch.setattr(backends, "BACKENDS", {"z3": Z3, "liar": lambda: Says("liar", "sat")})
    problem = tmp_path / "lu.txt"
    problem.write_text("10\n11\n\n11\n01\n")
    assert main(["decide", str(problem), "--backend", "all", "--seconds", "20"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "exact rules say not closed" in err
    assert "liar 1 says that the target is a product" in err


def resisting(engines: list[Backend], seconds: float = 20.0) -> Question:
    """A question after the exact rules, on a pattern that z3 answers without them."""
    return Question(FULL2, "real", Budget(seconds), 2048, tuple(engines))


def test_the_next_engine_answers_when_one_fails(tmp_path: Path) -> None:
    broken = Z3(worker=["/bin/sh", program(tmp_path, "kill -SEGV $$")])
    run = resisting([broken, Z3()])
    verdict = confirmed(run, sentence(run))
    assert verdict is not None
    assert verdict.status is Status.CLOSED
    assert verdict.certificate is not None
    assert check(verdict.certificate).trusted == (f"z3 {Z3().version}",)
    assert json.loads(verdict.certificate.to_json())["provenance"]["z3"] == Z3().version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("kill -SEGV $$", "ended by SIGSEGV"),
        ("sleep 60", "was stopped after"),
        ("echo perhaps", "cannot be read"),
    ],
)
def test_engines_that_fail_leave_it_undecided(tmp_path: Path, body: str, said: str) -> None:
    broken = Z3(worker=["/bin/sh", program(tmp_path, body)])
    start = time.monotonic()
    run = resisting([broken], 4.0)
    assert sentence(run) is None
    assert time.monotonic() - start < 8
    assert any(said in line for line in run.tried), run.tried
    assert run.consulted["z3"]


def test_a_doubtful_answer_is_no_verdict() -> None:
    run = resisting([Says("doubtful", "unsat", reliable=False)])
    assert sentence(run) is None
    assert "textbook sentence by doubtful 1: unsatisfiable: doubtful" in run.tried


def test_a_doubtful_answer_does_not_end_the_ideal_rule() -> None:
    pattern = Pattern.of(FULL2)
    assert ideal(pattern, backend=Says("sure", "unsat"), exact=False).node is not None
    assert ideal(pattern, backend=Says("doubtful", "unsat", reliable=False), exact=False).node is None


@linux
def test_an_engine_that_is_killed_from_outside(tmp_path: Path) -> None:
    """The real solver at work on a hard sentence dies: the answer says so, at once."""
    marker = tmp_path / "pid"
    worker = ["/bin/sh", "-c", f'echo $$ > {marker}; exec "$0" -P "$1"', sys.executable, backends.z3.WORKER]
    hard = closedness_query(SupportProduct([[[1, 1]] * 3, [[1] * 3] * 2]), targets="all")

    def kill() -> None:
        while not marker.exists() or not marker.read_text().strip():
            time.sleep(0.02)
        time.sleep(0.5)
        os.kill(int(marker.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    start = time.monotonic()
    answer = Z3(worker=worker).solve(hard, 60)
    killer.join()
    assert time.monotonic() - start < 20
    assert (answer.status, answer.detail) == ("unknown", "z3 was ended by SIGKILL")


@linux
def test_programs_that_flood_memory(tmp_path: Path) -> None:
    flood = f'exec {sys.executable} -S -c "\nb = []\nwhile True: b.append(bytearray(8 << 20))\n"'
    for engine in (
        Singular(program(tmp_path, flood)),
        QEPCAD(program(tmp_path, flood, version="Version B 9.99", name="qepcad")),
    ):
        start = time.monotonic()
        answer = engine.solve(EASY, 30, memory_mb=100)
        assert answer.status == "unknown"
        assert "memory" in answer.detail.lower()
        assert time.monotonic() - start < 15


def test_a_question_too_large_to_write_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Answer:
        raise BudgetExceeded("too many paths")

    monkeypatch.setattr(backends, "is_product", refuse)
    assert second_opinions(decide(LU2), [Z3()], 5) == ("z3 was not asked: too many paths",)


def test_the_pattern_with_zero_ideal_is_not_closed_over_either_field() -> None:
    """The verdict is the same over R and over C, and no solver is trusted."""
    rectangles = [((1,), (2,)), ((0, 1), (1, 3)), ((0, 2), (0, 2, 3)), ((1, 2), (0, 1, 2))]
    left = [[int(i in rows) for rows, _ in rectangles] for i in range(3)]
    right = [[int(j in columns) for _, columns in rectangles] for j in range(4)]
    product = SupportProduct.from_pair(left, right)
    for field in ("real", "complex"):
        verdict = decide(product, field)
        assert verdict.status is Status.NOT_CLOSED
        report = check(verdict.certificate)
        assert report.verified
        assert report.trusted == ()
