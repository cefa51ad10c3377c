import contextlib
import json
import signal
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from pathlib import Path

import pytest

from closedness import SupportProduct
from closedness.engines import (
    CVC5,
    QEPCAD,
    Z3,
    Algebraic,
    Answer,
    Backend,
    ask_all,
    closedness_sentence,
    is_product,
    rationalise,
)
from closedness.engines.answers import model_from_json
from closedness.engines.process import run
from closedness.engines.qepcad import read_qepcad
from closedness.engines.sentences.logic import Atom, Case, Query
from closedness.engines.sentences.polynomials import ONE, ZERO, constant, variable
from closedness.engines.sentences.questions import closedness_query, fullness_query, membership_query
from closedness.engines.z3 import NLSAT, rounds
from closedness.equations.paths import PathSystem, Variable
from closedness.errors import BackendError

LU2 = SupportProduct.from_text("10/11 * 11/01")
FULL2 = SupportProduct.from_text("11/11 * 11/11")
EASY = membership_query(LU2, [[1, 2], [3, 4]])
X, Y = variable("x"), variable("y")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches processes through /proc")


def script(tmp_path, body):
    path = tmp_path / "fake_worker.py"
    path.write_text("import json, os, signal, subprocess, sys, time\n" + textwrap.dedent(body))
    return [sys.executable, "-S", str(path)]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


# ---------------------------------------------------------------- what the engine says


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("10/11 * 11/01", "sat"),  # LU
        ("11/11 * 11/11", "unsat"),  # everything
        ("1/1 * 11", "unsat"),  # rank at most one
        ("100/110/111 * 111/011/001", "sat"),  # LU 3×3
        ("10/01/11 * 11/11", "sat"),  # (1,2,3 | 3,3)
        ("10/11 * 111/100", "sat"),  # everything on 2×3 but for one cell of the second term
        ("1100/1010/1001 * 111/100/010/001", "sat"),  # rank one plus diagonal
        ("10/01 * 11/11", "unsat"),  # two disjoint rectangles
        ("10/11 * 11/01 * 10/01", "sat"),  # LU with a diagonal factor
        ("10/01 * 10/01 * 10/01", "unsat"),  # diagonal factors
    ],
)
def test_closedness_of_known_patterns(text, status):
    assert closedness_sentence(SupportProduct.from_text(text), 30).status == status


@pytest.mark.parametrize(("product", "status"), [(LU2, "sat"), (FULL2, "unsat")])
def test_the_unsimplified_sentence(product, status):
    answer = closedness_sentence(product, 30, textbook=True)
    assert answer.status == status
    assert answer.name == "z3 5.4.1.0"


def test_the_model_of_the_sentence_is_a_limit_that_is_missed():
    answer = closedness_sentence(LU2, 30)
    target = [[answer.model[f"a_{i}_{j}"] for j in range(2)] for i in range(2)]
    assert target[0][0] == 0
    assert target[0][1] != 0 != target[1][0]
    assert is_product(LU2, target).status == "unsat"


def test_factors_are_exact():
    target = [[1, "2/3"], [3, 5]]
    answer = is_product(LU2, target)
    assert answer.status == "sat"
    x, y = answer.factors
    assert x[0][1] == 0 == y[1][0]
    assert [[sum(x[i][k] * y[k][j] for k in range(2)) for j in range(2)] for i in range(2)] == [
        [1, Fraction(2, 3)],
        [3, 5],
    ]


def test_rank_refutations_of_size_three():
    p = SupportProduct.from_text("11/11/11 * 111/111")
    assert is_product(p, [[1, 2, 3], [4, 5, 6], [7, 8, 10]]).status == "unsat"
    assert is_product(p, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]).status == "sat"


def test_algebraic_models_are_isolated():
    two = constant(2)
    query = Query("roots", (Case(("x", "y"), (Atom(X * X, "=", two), Atom(X, "<", ZERO), Atom(X * Y, "=", ONE))),))
    answer = Z3().solve(query, 10)
    assert answer.status == "sat"
    x = answer.model["x"]
    assert isinstance(x, Algebraic)
    assert x.polynomial == (-2, 0, 1)
    low, high = x.interval
    assert low < high < 0
    assert low * low > 2 > high * high
    assert float(answer.model["y"]) == pytest.approx(-(0.5**0.5))
    assert str(x) == "-1.41421…"


def test_models_are_read_strictly():
    assert model_from_json({"x": "-3/6"}, "here") == {"x": Fraction(-1, 2)}
    near = {"poly": ["-4", "0", "1"], "near": "2", "radius": "1/10"}
    assert model_from_json({"x": near}, "here") == {"x": 2}
    for wrong in ([], {"x": 1.5}, {"x": "1/0"}, {"x": {**near, "near": "5"}}, {"x": {"poly": [1, 0, 1]}}):
        with pytest.raises(BackendError, match=r"model of here"):
            model_from_json(wrong, "here")


def test_algebraic_solutions_are_moved_to_rational_ones():
    root = Algebraic((-2, 0, 1), (Fraction(1414213, 10**6), Fraction(1414214, 10**6)))
    minus = Algebraic((-2, 0, 1), (Fraction(-1414214, 10**6), Fraction(-1414213, 10**6)))
    p = SupportProduct.from_text("11 * 1/1")
    values = {Variable(0, 0, 0): root, Variable(0, 0, 1): Fraction(1), Variable(1, 0, 0): root}
    values[Variable(1, 1, 0)] = minus
    factors = rationalise(p, [["7/2"]], values)
    assert factors is not None
    (row,), column = factors
    assert sum(a * b[0] for a, b in zip(row, column, strict=True)) == Fraction(7, 2)
    # x·x-like systems have no rational point at all: nothing is invented.
    zero = dict.fromkeys(PathSystem(LU2).variables, root)
    assert rationalise(LU2, [[0, 1], [1, 0]], zero) is None


def test_attempts_get_longer():
    lengths = [seconds for _, seconds in rounds(NLSAT)]
    assert lengths[-1] is None
    assert lengths[:-1] == sorted(lengths[:-1])


# ---------------------------------------------------------------- engines that fail


def test_time_is_limited():
    hard = closedness_query(SupportProduct([[[1, 1]] * 3, [[1] * 3] * 2]), targets="all")
    start = time.monotonic()
    answer = Z3().solve(hard, 0.7)
    assert time.monotonic() - start < 1.7
    assert answer.status == "unknown"
    assert "stopped after 0.7 s" in answer.detail


def test_no_time_and_no_engine():
    assert Z3().solve(EASY, 0).detail == "no time left"

    class Missing(Backend):
        name = "missing"
        version = ""

        def _ask(self, query, seconds, memory_mb):
            raise AssertionError

    assert Missing().solve(EASY).detail == "missing is not installed"

    class Plain(Missing):
        version = "1"

    assert Plain().solve(closedness_query(LU2)).detail == "missing takes no quantifiers"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("os.abort()", "z3 was ended by SIGABRT"),
        ("sys.exit('boom')", "z3 ended with code 1: boom"),
        ("raise ValueError('first\\nlast')", "z3 ended with code 1: last"),
        ("print('perhaps')", "z3 gave an answer that cannot be read: 'perhaps'"),
        ("print('[]')", "cannot be read: '[]'"),
        ("print(json.dumps({'status': 'maybe', 'case': 0, 'model': None, 'detail': ''}))", "status 'maybe'"),
        ("print(json.dumps({'status': 'sat', 'case': 7, 'model': {}, 'detail': ''}))", "case '7'"),
        ("print(json.dumps({'status': 'sat', 'case': 0, 'model': {'x': '1'}, 'detail': ''}))", "names other variables"),
        ("print(json.dumps({'status': 'sat', 'case': 0, 'model': {'x': 1.5}, 'detail': ''}))", "cannot be read"),
        ("while True: print('x' * 100000)", "writing more than 16 MB"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe')", "cannot be read"),
    ],
)
def test_bad_endings_are_unknown(tmp_path, body, detail):
    answer = Z3(worker=script(tmp_path, body)).solve(EASY, 20)
    assert answer.status == "unknown"
    assert detail in answer.detail
    assert "\n" not in answer.detail


@linux
def test_a_flood_of_memory_is_stopped(tmp_path):
    body = """
        blocks = []
        while True:
            blocks.append(bytearray(b'x') * (8 << 20))
            time.sleep(0.01)
    """
    start = time.monotonic()
    answer = Z3(worker=script(tmp_path, body)).solve(EASY, 30, memory_mb=100)
    assert answer.status == "unknown"
    assert answer.detail == "z3 was stopped for using too much memory"
    assert time.monotonic() - start < 10


@linux
def test_one_large_allocation_fails_inside(tmp_path):
    body = "x = bytearray(3 << 30); time.sleep(60)"
    answer = Z3(worker=script(tmp_path, body)).solve(EASY, 30, memory_mb=100)
    assert answer.status == "unknown"
    assert "MemoryError" in answer.detail or "too much memory" in answer.detail


def test_z3_within_little_memory_is_unknown():
    hard = closedness_query(SupportProduct([[[1, 1]] * 3, [[1] * 3] * 2]), targets="all")
    answer = Z3().solve(hard, 8, memory_mb=45)
    assert answer.status == "unknown"
    assert "memory" in answer.detail


@pytest.mark.slow
@linux
def test_children_of_the_engine_die_with_it(tmp_path):
    body = f"""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "60"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        time.sleep(60)
    """
    answer = Z3(worker=script(tmp_path, body)).solve(EASY, 1.0)
    assert "stopped after 1.0 s" in answer.detail
    pid = int((tmp_path / "pid").read_text())
    assert eventually(lambda: not alive(pid))


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_engine_dies_with_its_caller(tmp_path, number):
    worker = script(tmp_path, f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    # background jobs of a shell start with SIGINT ignored; the caller must not inherit that
    program = f"""
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from closedness import SupportProduct
        from closedness.engines import Z3
        from closedness.engines.sentences.questions import membership_query
        Z3(worker={worker!r}).solve(membership_query(SupportProduct.from_text("1 * 1"), [[1]]), None, None)
    """
    root = str(Path(__file__).parents[2])
    caller = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=root, stderr=subprocess.PIPE, text=True
    )
    pid_file = tmp_path / "pid"
    assert eventually(lambda: pid_file.exists() and pid_file.read_text(), 20)
    pid = int(pid_file.read_text())
    assert alive(pid)
    caller.send_signal(number)
    try:
        with contextlib.closing(caller.stderr):
            _, errors = caller.communicate(timeout=10)
    finally:
        caller.kill()
        caller.wait()
    assert caller.returncode != 0
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    assert eventually(lambda: not alive(pid))


def test_a_missing_program_is_named():
    outcome = run(["no-such-program-here"], "", 5, None)
    assert outcome.failure("it") == (
        "it ended with code 127: no-such-program-here cannot be started: No such file or directory"
    )


def test_a_false_model_is_not_believed(tmp_path):
    names = [case.names for case in EASY.cases]
    reply = {"status": "sat", "case": 0, "model": dict.fromkeys(names[0], "5"), "detail": ""}
    backend = Z3(worker=script(tmp_path, f"print({json.dumps(reply)!r})"))
    answer = is_product(LU2, [[1, 2], [3, 4]], backend=backend)
    assert answer.status == "unknown"
    assert answer.detail == "z3 gave a model that is none"


def test_contradicting_engines_are_an_error(tmp_path):
    class Liar(Z3):
        name = "liar"

        def _ask(self, query, seconds, memory_mb):
            return Answer("unsat")

    class Careful(Liar):
        name = "careful"

        def _ask(self, query, seconds, memory_mb):
            return Answer("unsat", reliable=False)

    with pytest.raises(BackendError, match=r"z3 5\.4\.1\.0 says sat, liar 5\.4\.1\.0 says unsat"):
        ask_all(EASY, [Z3(), Liar()])
    assert [answer.status for answer in ask_all(EASY, [Z3(), Careful()])] == ["sat", "unsat"]


# ---------------------------------------------------------------- optional engines

cvc5_only = pytest.mark.skipif(not CVC5().available, reason="the optional extra cvc5 is not installed")
qepcad_only = pytest.mark.skipif(not QEPCAD().available, reason="the program qepcad is not installed")


@pytest.mark.slow
@pytest.mark.cvc5
@cvc5_only
def test_cvc5_agrees_with_z3_on_membership():
    p = SupportProduct.from_text("110/011/101 * 110/011/111")
    targets = ([[1, 2, 1], [1, 0, 1], [0, 1, 2]], [[1, 0, 0], [0, 1, 0], [1, 1, 1]], [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    for target in targets:
        answers = ask_all(membership_query(p, target), [Z3(), CVC5()], 20)
        assert {answer.status for answer in answers} <= {"sat", "unsat"}
    answer = is_product(LU2, [[1, "1/2"], [3, 4]], backend=CVC5())
    assert answer.factors is not None
    assert answer.engine == "cvc5"
    assert is_product(LU2, [[0, 1], [1, 0]], backend=CVC5()).status == "unsat"


@pytest.mark.cvc5
@cvc5_only
def test_cvc5_gives_algebraic_numbers():
    two = constant(2)
    query = Query("roots", (Case(("x", "y"), (Atom(X * X, "=", two), Atom(X, "<", ZERO), Atom(X * Y, "=", ONE))),))
    answer = CVC5().solve(query, 10)
    assert answer.model["x"].polynomial == (-2, 0, 1)
    assert float(answer.model["y"]) == pytest.approx(-(0.5**0.5))


@pytest.mark.slow
@pytest.mark.cvc5
@cvc5_only
def test_cvc5_answers_the_simplest_sentence_and_stops_on_others():
    assert CVC5().solve(closedness_query(SupportProduct.from_text("1/1 * 1"), targets="all"), 20).status == "unsat"
    answer = CVC5().solve(closedness_query(LU2, targets="all"), 1)
    assert answer.status == "unknown"
    assert answer.detail.startswith("cvc5 was stopped after")


@pytest.mark.slow
@qepcad_only
def test_qepcad_agrees_with_z3():
    for target in ([[0, 1], [1, 0]], [[1, 2], [3, 4]]):
        first, second = ask_all(membership_query(LU2, target), [Z3(), QEPCAD()], 20)
        assert first.status == second.status != "unknown"
    sentence = closedness_query(SupportProduct.from_text("1 * 11"), targets="support")
    assert QEPCAD().solve(sentence, 20).status == "unsat"
    assert QEPCAD().name == "qepcad"


@qepcad_only
def test_an_answer_with_a_warning_is_no_proof():
    query = fullness_query(SupportProduct.from_text("11/11 * 1/1"), scalings="none", targets="support")
    answer = QEPCAD().solve(query, 30)
    assert (answer.status, answer.reliable) == ("unsat", False)
    assert answer.detail == "QEPCAD warns that its projection may not be valid: no proof"


def test_the_output_of_qepcad_is_read_strictly():
    line = "An equivalent quantifier-free formula:\n\n"
    assert read_qepcad(f"{line}FALSE\n\n==== The End ====\n") == (False, False)
    warning = "WARNING! A factor is zero.  The McCallum projection \nmay not be valid.\n"
    assert read_qepcad(f"{warning}{line}TRUE\n") == (True, True)
    for text in ("", f"{line}x > 0\n", f"{line}TRUE\n{line}FALSE\n"):
        with pytest.raises(BackendError, match="no truth value"):
            read_qepcad(text)
    with pytest.raises(BackendError, match="Error VLREADR"):
        read_qepcad("Enter a variable list:\n(a_Error VLREADR: ',' was expected.\n")


def test_qepcad_missing_or_broken(tmp_path):
    assert QEPCAD("no-such-program").solve(EASY).detail == "qepcad is not installed"
    fake = tmp_path / "qepcad"
    fake.write_text('#!/bin/sh\n[ "$1" = -v ] && echo "Version B 9.99" && exit 0\nkill -SEGV $$\n')
    fake.chmod(0o755)
    answer = QEPCAD(str(fake)).solve(EASY, 10)
    assert answer.name == "qepcad B 9.99"
    assert answer.status == "unknown"
    assert answer.detail == "qepcad was ended by SIGSEGV"


def test_cases_without_variables_need_no_run_of_qepcad(tmp_path):
    fake = tmp_path / "qepcad"
    fake.write_text("#!/bin/sh\necho 'Version B 9.99'\n")
    fake.chmod(0o755)
    truth = Query("trivial", (Case((), (Atom(ZERO, "=", ONE),)), Case((), (Atom(ZERO, "<", ONE),))))
    assert QEPCAD(str(fake)).solve(truth, 10).status == "sat"
    assert QEPCAD(str(fake)).solve(Query("trivial", truth.cases[:1]), 10).status == "unsat"
