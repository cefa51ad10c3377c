"""What is exported says what was meant: read back by strict grammars of the tests, or by the programs themselves."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from fractions import Fraction
from itertools import product as choices
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.testing import CliRunner

from closedness import SupportProduct
from closedness.cli.app import app
from closedness.cli.export import exported
from closedness.engines import CVC5, QEPCAD, Z3
from closedness.engines.qepcad import read_qepcad
from closedness.engines.sentences.logic import And, Atom, Formula, Not, Or, Quantified, Query, all_of, any_of
from closedness.engines.sentences.polynomials import Poly
from closedness.engines.sentences.prenex import prenex
from closedness.engines.sentences.questions import (
    closedness_query,
    closure_query,
    fullness_query,
    image,
    membership_query,
)
from closedness.engines.sentences.systems import export_fibre, export_query, export_variety, plain
from closedness.errors import InputError
from tests.helpers.systems import Unreadable, polynomial, read_formula

Field = Literal["real", "complex"]
LU2 = SupportProduct.from_text("10/11 * 11/01")
TWINS = SupportProduct.from_text("11/11 * 11/11")
THREE = SupportProduct.from_text("1/1 * 11 * 10/11")
PATTERNS = {"lu": LU2, "twins": TWINS, "three": THREE}
TARGET = [["1", "-2/3"], ["0", "5"]]
GRAMMARS = {
    "redlog": "redlog",
    "mathematica": "mathematica",
    "maple": "maple",
    "regular-chains": "maple",
    "qepcad": "qepcad",
}


def queries(pattern: SupportProduct, field: Field) -> dict[str, Query]:
    """Every question with every combination of simplifications."""
    found: dict[str, Query] = {}
    for ordered in (False, True):
        for scalings in ("none", "inline"):
            name = f"{scalings} {ordered}"
            found[f"closure {name}"] = closure_query(pattern, TARGET, field, scalings, ordered=ordered)
            for targets in ("all", "support", "split"):
                found[f"fullness {name} {targets}"] = fullness_query(pattern, field, scalings, targets, ordered=ordered)
                query = closedness_query(pattern, field, scalings, targets, ordered=ordered)
                found[f"closedness {name} {targets}"] = query
        for scalings in ("none", "inline", "split"):
            query = membership_query(pattern, TARGET, field, scalings, ordered=ordered)
            found[f"membership {scalings} {ordered}"] = query
        linear = membership_query(pattern, TARGET, field, "none", ordered=ordered, linear=True)
        found[f"membership linear {ordered}"] = linear
    return found


def standard(formula: Formula, names: dict[str, str] | None = None) -> Formula:
    """Polynomials on one side and in one order, no connectives of one part, blocks of quantifiers merged."""
    if isinstance(formula, Atom):
        difference = (formula.left - formula.right).renamed({} if names is None else names)
        monomials = sorted((tuple(sorted(word)), value) for value, word in difference.monomials)
        return Atom(Poly(tuple((value, word) for word, value in monomials)), formula.relation, Poly())
    if isinstance(formula, Not):
        return Not(standard(formula.part, names))
    if isinstance(formula, Quantified):
        body = standard(formula.body, names)
        block = tuple(formula.names) if names is None else tuple(names[name] for name in formula.names)
        if isinstance(body, Quantified) and body.kind == formula.kind:
            return Quantified(formula.kind, block + body.names, body.body)
        return Quantified(formula.kind, block, body)
    parts = (standard(part, names) for part in formula.parts)
    return all_of(parts) if isinstance(formula, And) else any_of(parts)


def all_names(formula: Formula) -> set[str]:
    if isinstance(formula, Atom):
        return set(formula.left.names()) | set(formula.right.names())
    if isinstance(formula, Not):
        return all_names(formula.part)
    if isinstance(formula, Quantified):
        return all_names(formula.body) | set(formula.names)
    return set().union(*map(all_names, formula.parts)) if formula.parts else set()


def free_names(formula: Formula) -> set[str]:
    if isinstance(formula, Quantified):
        return free_names(formula.body) - set(formula.names)
    if isinstance(formula, Atom):
        return all_names(formula)
    if isinstance(formula, Not):
        return free_names(formula.part)
    return set().union(*map(free_names, formula.parts)) if formula.parts else set()


def in_front(formula: Formula) -> Formula:
    prefix, matrix = prenex(formula)
    for kind, names in reversed(prefix):
        matrix = Quantified(kind, names, matrix)
    return matrix


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("field", ["real", "complex"])
def test_sentences_are_read_back(pattern: str, field: Field) -> None:
    """Structure, quantifiers and every polynomial are those of the formula; no name is free."""
    count = 0
    for name, query in queries(PATTERNS[pattern], field).items():
        if field == "complex" and sum(len(case.asserts) for case in query.cases) > 60:
            continue
        for grammar, form in GRAMMARS.items():
            meant = query.formula if grammar in ("redlog", "mathematica", "maple") else in_front(query.formula)
            if not all_names(meant) and grammar == "qepcad":
                continue
            text = export_query(query, form, ("a comment",))
            found = read_formula(text, grammar)
            assert not free_names(found), (name, grammar)
            names = {each: plain(each) for each in all_names(meant)}
            assert len(set(names.values())) == len(names)
            assert standard(found) == standard(meant, names), (name, grammar)
            count += 1
    assert count > 100


def test_qepcad_declares_the_names_in_the_order_of_the_prefix() -> None:
    text = exported(LU2, "qepcad")
    declared = re.findall(r"^\(([A-Za-z0-9,]+)\)$", text, re.MULTILINE)
    assert len(declared) == 1
    assert declared[0].split(",") == re.findall(r"\([EA] ([A-Za-z0-9]+)\)", text)


def test_the_readers_refuse_what_is_wrong() -> None:
    text = export_query(closedness_query(LU2, targets="support"), "redlog")
    for old, new in (("ex({", "ex{("), (" and ", " nand "), ("w0x0x0*", "w0x0x0**"), (",\n", "\n"), ("}", "]")):
        assert old in text
        with pytest.raises((Unreadable, KeyError)):
            read_formula(text.replace(old, new, 1), "redlog")
    # and a changed polynomial, relation or quantifier is noticed
    query = membership_query(LU2, TARGET, scalings="none")
    written = export_query(query, "mathematica")
    meant = standard(query.formula, {each: plain(each) for each in all_names(query.formula)})
    assert standard(read_formula(written, "mathematica")) == meant
    for old, new in (("-2/3", "2/3"), ("== 5", "!= 5"), ("Exists", "ForAll"), ("w0x1x1*w1x1x1", "w0x1x1*w1x0x1")):
        assert old in written
        assert standard(read_formula(written.replace(old, new, 1), "mathematica")) != meant


# ---------------------------------------------------------------- ideals


def assigned(text: str, pattern: str) -> str:
    found = re.findall(pattern, text, re.DOTALL)
    assert len(found) == 1, text
    return str(found[0])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_ideals_are_read_back(pattern: str) -> None:
    """The same polynomials at random points, by another evaluation; every name declared once."""
    product = PATTERNS[pattern]
    rng = random.Random(0)
    reached = image(product, scalings="none")
    target = [[Fraction(rng.randint(-4, 4), rng.randint(1, 3)) for _ in range(2)] for _ in range(2)]
    values = {plain(name): Fraction(rng.randint(-9, 9), rng.randint(1, 5)) for name in reached.names}
    places = {plain(f"a_{i}_{j}"): Fraction(rng.randint(-9, 9)) for i, j in reached.entries}
    products = {}
    for (i, j), (poly,) in reached.entries.items():
        products[i, j] = sum(
            (c * prod(values[plain(name)] for name in names) for c, names in poly.monomials), Fraction(0)
        )

    def at(text: str) -> Fraction:
        value = polynomial(text.replace("(", "").replace(")", "")).substitute(values | places).value
        assert value is not None, text
        return value

    singular = export_variety(product, "singular")
    declared = assigned(singular, r"ring R = 0, \(([^()]*)\), \(dp").split(", ")
    assert declared == [*values, *places]
    pairs = assigned(singular, r"ideal G = (.*?);").split(", ")
    entries = [re.sub(r"- \((.*)\)", r"- \1", pair) for pair in pairs]
    for cell, pair in zip(reached.entries, pairs, strict=True):
        name, _, entry = pair.partition(" - ")
        assert places[name] - at(entry) == places[plain("a_{}_{}".format(*cell))] - products[cell]
    assert len(entries) == len(products)
    m2 = export_variety(product, "macaulay2")
    assert assigned(m2, r"W = QQ\[(.*?)\]").split(", ") == list(values)
    assert assigned(m2, r"A = QQ\[(.*?)\]").split(", ") == list(places)
    mapped = assigned(m2, r"map\(W, A, \{(.*?)\}\)").split(", ")
    assert [at(entry) for entry in mapped] == list(products.values())
    for form, expression in (("singular", r"ideal F = (.*?);"), ("macaulay2", r"ideal\((.*?)\);")):
        if any(target[i][j] and (i, j) not in reached.entries for i in range(2) for j in range(2)):
            with pytest.raises(InputError, match=r"no product has an entry there"):
                export_fibre(product, target, form)
            continue
        fibre = assigned(export_fibre(product, target, form), expression).split(", ")
        found = [at(equation) for equation in fibre]
        assert found == [products[i, j] - target[i][j] for i, j in reached.entries]


def prod(values: Any) -> Fraction:
    total = Fraction(1)
    for value in values:
        total *= value
    return total


def test_ideals_refuse_what_they_cannot_say() -> None:
    with pytest.raises(InputError, match=r"format is 'gap'"):
        export_fibre(LU2, [[Fraction(0)] * 2] * 2, "gap")
    with pytest.raises(InputError, match=r"all zero"):
        export_fibre(SupportProduct.from_text("0 * 1"), [[Fraction(0)]], "singular")
    with pytest.raises(InputError, match=r"no product has an entry there"):
        export_variety(SupportProduct.from_text("10/01 * 10/01"), "singular", (), [[Fraction(0), Fraction(1)]] * 2)


# ---------------------------------------------------------------- the programs


EASY: list[tuple[str, SupportProduct, Any, Field, str]] = [
    ("membership", LU2, [[0, 1], [1, 0]], "real", "unsat"),
    ("membership", LU2, TARGET, "real", "sat"),
    ("membership", THREE, [[1, 2], [2, 4]], "real", "sat"),
    ("membership", SupportProduct.from_text("1/1 * 11"), [[1, 0], [0, 1]], "complex", "unsat"),
    ("closure", LU2, [[0, 1], [1, 0]], "real", "sat"),
    ("fullness", SupportProduct.from_text("1 * 11"), None, "real", "unsat"),
    ("fullness", LU2, None, "real", "sat"),
    ("closedness", LU2, None, "real", "sat"),
    ("closedness", SupportProduct.from_text("1 * 1"), None, "real", "unsat"),
    ("closedness", SupportProduct.from_text("1 * 1 * 1"), None, "real", "unsat"),
]


@pytest.mark.parametrize(("question", "pattern", "target", "field", "status"), EASY)
@pytest.mark.parametrize("simplify", [False, True])
def test_smtlib_through_z3(
    question: str, pattern: SupportProduct, target: Any, field: Field, status: str, simplify: bool
) -> None:
    import z3

    text = exported(pattern, "smtlib", question, field, simplify, target)
    solver = z3.Then("simplify", "propagate-values", "qe-light", "nlqsat").solver()
    solver.set("timeout", 20_000)
    parsed = z3.parse_smt2_string(text)
    solver.add(parsed)
    assert str(solver.check()) == status
    # written again by z3 and read again, it is the same but for names of quantifiers
    again = z3.Solver()
    again.add(parsed)
    copies = z3.parse_smt2_string(again.to_smt2())
    assert len(copies) == len(parsed)
    if question == "membership":
        assert sorted(map(str, copies)) == sorted(map(str, parsed))


@pytest.mark.cvc5
@pytest.mark.skipif(not CVC5().available, reason="the optional extra cvc5 is not installed")
@pytest.mark.parametrize("simplify", [False, True])
def test_smtlib_through_cvc5(simplify: bool) -> None:
    """All sentences are read; those without quantifiers are answered as by z3."""
    import cvc5

    for question, pattern, target, field, status in EASY:
        manager = cvc5.TermManager()
        solver = cvc5.Solver(manager)
        solver.setOption("tlimit-per", "5000")
        reader = cvc5.InputParser(solver)
        text = exported(pattern, "smtlib", question, field, simplify, target)
        reader.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text.replace("(check-sat)", ""), "exported")
        symbols = reader.getSymbolManager()
        asserted = 0
        while not (command := reader.nextCommand()).isNull():
            command.invoke(solver, symbols)
            asserted += command.getCommandName() == "assert"
        assert asserted >= 1
        if question == "membership":
            assert str(solver.checkSat()) in (status, "unknown"), (question, pattern)


@pytest.mark.skipif(not QEPCAD().available, reason="the program qepcad is not installed")
@pytest.mark.parametrize(
    ("question", "text", "target", "expected"),
    [
        ("membership", "11 * 1/1", [["1/2"]], True),
        ("membership", "1/1 * 1", [[1], [2]], True),
        ("membership", "1/1 * 11", [[1, 0], [0, 1]], False),
        ("membership", "1 * 1 * 1", [["-2/3"]], True),
        ("closure", "1 * 1", [["2/3"]], True),
        ("fullness", "1 * 1", None, False),
        ("closedness", "1 * 1", None, False),
    ],
)
@pytest.mark.parametrize("simplify", [False, True])
def test_qepcad_reads_and_answers(question: str, text: str, target: Any, expected: bool, simplify: bool) -> None:
    script = exported(SupportProduct.from_text(text), "qepcad", question, "real", simplify, target)
    run = subprocess.run(["qepcad", "-noecho"], input=script, capture_output=True, text=True, timeout=60, check=True)
    assert "Error" not in run.stdout
    assert read_qepcad(run.stdout)[0] is expected


@pytest.mark.skipif(shutil.which("Singular") is None, reason="the program Singular is not installed")
@pytest.mark.parametrize(
    ("text", "target", "member", "limit"),
    [
        ("10/11 * 11/01", [[0, 1], [1, 0]], False, True),
        ("10/11 * 11/01", TARGET, True, True),
        ("1/1 * 11", [[1, 0], [0, 1]], False, False),
        ("1/1 * 11 * 10/11", [[1, 2], ["1/2", 1]], True, True),
    ],
)
def test_singular_reads_and_answers(text: str, target: Any, member: bool, limit: bool) -> None:
    product = SupportProduct.from_text(text)
    for question, holds in (("membership", member), ("closure", limit)):
        script = exported(product, "singular", question, target=target)
        run = subprocess.run(["Singular", "-q"], input=script, capture_output=True, text=True, timeout=60, check=True)
        assert "?" not in run.stdout
        if question == "membership":
            assert run.stdout.split("\n")[0] == ("1" if holds else "0")
        else:
            values = [line.partition("=")[2] for line in run.stdout.split("\n") if line.startswith("_[")]
            assert values
            assert all(value == "0" for value in values) is holds


# ---------------------------------------------------------------- command line


@pytest.mark.slow
def test_the_command_line_takes_targets(tmp_path: Path) -> None:
    problem = tmp_path / "lu.txt"
    problem.write_text("10\n11\n\n11\n01\n")
    target = tmp_path / "target.json"
    target.write_text(json.dumps([[0, 1], [1, "1/2"]]))

    def run(*arguments: Any) -> Any:
        return CliRunner().invoke(app, ["export", str(problem), *map(str, arguments)])

    for question, form in choices(("membership", "closure"), ("smtlib", "singular", "maple")):
        found = run("--question", question, "--target", target, "--format", form)
        assert found.exit_code == 0
        assert found.stdout == exported(LU2, form, question, target=[[0, 1], [1, "1/2"]])
    faults = {
        "[[0, 1], [1]]": "rows of different lengths",
        "[[0, 1]]": "target has 1 rows",
        "{}": "is not a list of rows",
        "[[0, 1], [1, true]]": "entry (1, 1) is True",
        '[[0, 1], [1, "x"]]': "not an exact rational",
        "[[0, 1], [1, NaN]]": "NaN",
        "[[0, 1], [1": "is not JSON",
    }
    for text, said in faults.items():
        target.write_text(text)
        found = run("--question", "membership", "--target", target)
        assert found.exit_code == 2, text
        assert said in found.stderr
        assert found.stdout == ""
        assert len(found.stderr.splitlines()) == 1
    for arguments, said in (
        (["--question", "closure"], "--target: the question closure needs a matrix"),
        (["--target", target], "--target: the question closedness takes no matrix"),
    ):
        target.write_text("[[0, 1], [1, 0]]")
        found = run(*arguments)
        assert found.exit_code == 2
        assert said in found.stderr


def test_the_query_of_a_text_is_the_one_that_engines_get() -> None:
    """What `membership` puts to z3 and what is exported agree."""
    query = membership_query(LU2, TARGET, scalings="none")
    assert Z3().solve(query, 10).status == "sat"
    assert "(assert (= (* w0_0_0 w1_0_0) 1.0))" in export_query(query, "smtlib")
    assert Or(()) == any_of(())
