import json
import shutil
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from closedness import SupportProduct
from closedness.cli.export import export, exported
from closedness.cli.guard import guarded
from closedness.engines import Z3
from closedness.engines.sentences.logic import And, Atom, Not, Or, Quantified, exists, forall
from closedness.engines.sentences.polynomials import ONE, ZERO, variable
from closedness.engines.sentences.prenex import negation_normal, prenex
from closedness.engines.sentences.questions import closedness_query, membership_query
from closedness.engines.sentences.systems import FORMATS, export_query, export_variety, plain
from closedness.errors import InputError

LU2 = SupportProduct.from_text("10/11 * 11/01")
FULL2 = SupportProduct.from_text("11/11 * 11/11")
TINY = SupportProduct.from_text("1 * 11")
SUFFIXES = {
    "smtlib": "smt2",
    "qepcad": "qepcad",
    "redlog": "red",
    "maple": "mpl",
    "mathematica": "wl",
    "macaulay2": "m2",
    "singular": "sing",
}
X, Y = variable("x"), variable("y")


def z3_says(text, seconds=20):
    """Run the script as any user would, in another process."""
    program = (
        "import sys, z3\n"
        "goal = z3.parse_smt2_string(sys.stdin.read())\n"
        "solver = z3.Then('simplify', 'propagate-values', 'qe-light', 'nlqsat').solver()\n"
        "solver.add(goal)\nprint(solver.check())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, timeout=seconds, check=True
    )
    return run.stdout.strip()


@pytest.mark.parametrize("form", sorted(SUFFIXES))
def test_golden_texts(form, golden):
    golden(f"export-tiny.{SUFFIXES[form]}", exported(TINY, form))
    golden(f"export-lu2.{SUFFIXES[form]}", exported(LU2, form))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("product", "question", "field", "simplify", "status"),
    [
        (LU2, "closedness", "real", False, "sat"),
        (LU2, "closedness", "real", True, "sat"),
        (FULL2, "closedness", "real", False, "unsat"),
        (FULL2, "closedness", "real", True, "unsat"),
        (FULL2, "fullness", "real", False, "unsat"),
        (LU2, "fullness", "real", False, "sat"),
        (SupportProduct.from_text("10/01 * 10/01 * 10/01"), "closedness", "real", False, "unsat"),
        (SupportProduct.from_text("1 * 1"), "closedness", "complex", False, "unsat"),
    ],
)
def test_smtlib_means_not_closed(product, question, field, simplify, status):
    text = exported(product, "smtlib", question, field, simplify)
    assert text.count("(check-sat)") == 1
    assert z3_says(text) == status


def test_smtlib_is_read_back_as_it_was_written():
    import z3

    query = closedness_query(LU2, targets="support")
    parsed = z3.parse_smt2_string(exported(LU2, "smtlib"))
    assert len(parsed) == len(query.cases[0].asserts) == 2
    assert [assertion.is_forall() for assertion in parsed] == [True, True]
    assert parsed[0].num_vars() == 6
    again = "".join(f"(declare-const a_{i}_{j} Real)" for i in range(2) for j in range(2))
    assert z3.parse_smt2_string(again + "".join(f"(assert {a.sexpr()})" for a in parsed)).sexpr() == parsed.sexpr()


# ---------------------------------------------------------------- normal forms of formulas


def test_negations_vanish():
    formula = Not(Or((Atom(X, "<", Y), forall(["x"], And((Atom(X, "=", ZERO), Not(Atom(X, "!=", Y))))))))
    assert negation_normal(formula) == And(
        (
            Atom(Y, "<=", X),
            Quantified("exists", ("x",), Or((Atom(X, "!=", ZERO), Atom(X, "!=", Y)))),
        )
    )
    assert negation_normal(Not(Atom(X, "<=", Y))) == Atom(Y, "<", X)


def test_prenex_merges_blocks_and_renames():
    part = exists(["x"], forall(["y"], Atom(X, "<", Y)))
    prefix, matrix = prenex(Or((part, part, exists(["z"], Atom(variable("z"), "=", ONE)))))
    assert prefix == (("exists", ("x", "x_v1", "z")), ("forall", ("y", "y_v1")))
    assert matrix.parts[1] == Atom(variable("x_v1"), "<", variable("y_v1"))


def test_the_closedness_sentence_has_three_blocks():
    prefix, _ = prenex(closedness_query(LU2, targets="support").formula)
    assert [kind for kind, _ in prefix] == ["exists", "forall", "exists"]
    assert [len(names) for _, names in prefix] == [4, 7, 6]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_cases_are_exported_as_one_sentence(form):
    text = exported(LU2, form, simplify=True)
    assert "not closed" in text
    assert len(text) > 2000


def test_names_of_letters_and_digits_stay_different():
    names = [f"w{l}_{i}_{j}{tail}" for l in (1, 11) for i in (0, 1, 10) for j in (0, 10) for tail in ("", "_re", "_v1")]
    assert len({plain(name) for name in names}) == len(names)
    assert all(plain(name).isalnum() for name in names)
    assert plain("eps") == "eps"


def test_complex_sentences_have_pairs_of_reals():
    text = exported(TINY, "mathematica", field="complex")
    assert "w0x0x0xre*w1x0x1xim" in text
    assert "as pairs of reals" in text


def test_what_cannot_be_exported_is_said():
    with pytest.raises(InputError, match="format is 'gap'"):
        export_query(closedness_query(TINY), "gap")
    with pytest.raises(InputError, match="format is 'gap', not one of macaulay2, singular"):
        export_variety(TINY, "gap")
    with pytest.raises(InputError, match="all zero"):
        exported(SupportProduct.from_text("0 * 1"), "singular")
    nothing = membership_query(SupportProduct.from_text("0 * 1"), [[1]])
    with pytest.raises(InputError, match="no variable"):
        export_query(nothing, "qepcad")


# ---------------------------------------------------------------- the programs themselves, where they are


@pytest.mark.skipif(shutil.which("qepcad") is None, reason="the program qepcad is not installed")
@pytest.mark.parametrize(("question", "word"), [("closedness", "FALSE"), ("fullness", "FALSE")])
def test_qepcad_reads_its_input(question, word):
    text = exported(SupportProduct.from_text("1 * 1"), "qepcad", question)
    run = subprocess.run(["qepcad", "-noecho"], input=text, capture_output=True, text=True, timeout=30, check=True)
    assert "Error" not in run.stdout
    assert run.stdout.split("An equivalent quantifier-free formula:")[1].split()[0] == word


@pytest.mark.skipif(shutil.which("Singular") is None, reason="the program Singular is not installed")
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("1/1 * 11", ["I[1]=a0x1*a1x0-a0x0*a1x1", "dimension 3, degree 2"]),
        ("10/11 * 11/01", ["I[1]=0", "dimension 4, degree 1"]),
    ],
)
def test_singular_finds_the_ideal_of_the_closure(text, lines):
    script = exported(SupportProduct.from_text(text), "singular")
    run = subprocess.run(["Singular", "-q"], input=script, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split("\n")[: len(lines)] == lines


@pytest.mark.skipif(shutil.which("M2") is None, reason="the program M2 (Macaulay2) is not installed")
def test_macaulay2_finds_the_ideal_of_the_closure(tmp_path):
    path = tmp_path / "rank1.m2"
    path.write_text(exported(SupportProduct.from_text("1/1 * 11"), "macaulay2"))
    run = subprocess.run(["M2", "--script", str(path)], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split("\n")[:2] == ["ideal(a0x1*a1x0-a0x0*a1x1)", "{3, 2}"]


# ---------------------------------------------------------------- command line


@pytest.fixture
def cli():
    """The sub-command by itself, guarded as all of them are."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("export")(guarded(export))
    app.command("other")(lambda: None)  # so that the name of the sub-command is needed

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def problem(tmp_path):
    path = tmp_path / "lu.txt"
    path.write_text("10\n11\n\n11\n01\n")
    return path


def test_command_line(cli, problem, tmp_path):
    run = cli("export", problem, "--format", "smtlib")
    assert (run.exit_code, run.stderr) == (0, "")
    assert run.stdout == exported(LU2, "smtlib")
    run = cli("export", problem, "--format", "qepcad", "--json", "--question", "fullness")
    assert json.loads(run.stdout) == {
        "problem_id": LU2.content_id,
        "format": "qepcad",
        "field": "real",
        "text": exported(LU2, "qepcad", "fullness"),
    }
    out = tmp_path / "out.m2"
    run = cli("export", problem, "--format", "macaulay2", "--output", out)
    assert (run.exit_code, run.stdout) == (0, "")
    assert out.read_text() == exported(LU2, "macaulay2")


def test_command_line_faults(cli, problem, tmp_path):
    assert cli("export", problem, "--format", "gap").exit_code == 2
    run = cli("export", tmp_path / "missing.txt")
    assert run.exit_code == 2
    assert len(run.stderr.splitlines()) == 1
    run = cli("export", problem, "--output", tmp_path / "no" / "out")
    assert run.exit_code == 2
    zero = tmp_path / "zero.txt"
    zero.write_text("0\n\n1\n")
    run = cli("export", zero, "--format", "singular")
    assert run.exit_code == 2
    assert "all zero" in run.stderr


SWITCHES = [
    ("membership", {"scalings": scalings, "ordered": ordered})
    for scalings in ("none", "inline", "split")
    for ordered in (False, True)
]
SWITCHES += [("membership", {"linear": True}), ("membership", {"linear": True, "ordered": True})]
SWITCHES += [("closure", {"scalings": "inline", "ordered": True})]


@pytest.mark.slow
@pytest.mark.parametrize(("question", "switches"), SWITCHES)
def test_every_switch_means_the_same(question, switches):
    for target, status in (([["0", 1], [1, 0]], "unsat"), ([[1, 2], [3, "1/2"]], "sat")):
        text = exported(LU2, "smtlib", question, target=target, **switches)
        assert z3_says(text) == ("sat" if question == "closure" else status)


@pytest.mark.slow
@pytest.mark.parametrize("targets", ["all", "support", "split"])
@pytest.mark.parametrize("question", ["closedness", "fullness"])
def test_every_range_of_targets_means_the_same(question, targets):
    for ordered in (False, True):
        assert z3_says(exported(LU2, "smtlib", question, targets=targets, ordered=ordered)) == "sat"
        assert z3_says(exported(TINY, "smtlib", question, targets=targets, ordered=ordered)) == "unsat"


def test_switches_without_meaning(cli, problem, tmp_path):
    target = tmp_path / "a.json"
    target.write_text("[[0, 1], [1, 0]]")
    for arguments, said in (
        (("--linear",), "--linear: has no meaning for the question closedness"),
        (("--question", "closure", "--target", target, "--targets", "all"), "--targets: has no meaning"),
        (("--format", "singular", "--scalings", "none"), "--scalings: has no meaning for singular"),
        (("--scalings", "split"), "scalings is 'split'"),
    ):
        run = cli("export", problem, *arguments)
        assert (run.exit_code, run.stdout) == (2, "")
        assert said in run.stderr
        assert len(run.stderr.splitlines()) == 1
    run = cli("export", problem, "--question", "membership", "--target", target, "--linear", "--ordered")
    assert run.exit_code == 0
    assert run.stdout != cli("export", problem, "--question", "membership", "--target", target).stdout


def test_z3_takes_what_is_exported_from_a_query():
    assert Z3().solve(closedness_query(TINY), 20).status == "unsat"
