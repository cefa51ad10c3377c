"""Sample points of QEPCAD: read strictly, made exact, verified; a verified one needs no valid projection."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from closedness import SupportProduct
from closedness.engines import QEPCAD, Algebraic, is_product
from closedness.engines.exact import exact_model
from closedness.engines.sample import read_sample
from closedness.engines.sentences.logic import Atom, Case, Query, forall
from closedness.engines.sentences.polynomials import ONE, ZERO, constant, variable
from closedness.errors import BackendError

X, Y, Z = variable("x"), variable("y"), variable("z")
LU2 = SupportProduct.from_text("10/11 * 11/01")
qepcad_only = pytest.mark.skipif(not QEPCAD().available, reason="the program qepcad is not installed")

POINT = """
----------   Sample point  ----------
The sample point is in an EXTENDED representation.

alpha = the unique root of x^4 - 10 x^2 + 1 between 1/4 and 1/2
      = 0.3178372452-

Coordinate 1 = 1/2 alpha^3 - 9/2 alpha
             = -1.4142135624-
Coordinate 2 = -1/2 alpha^3 + 11/2 alpha
             = 1.7320508076-
Coordinate 3 = the unique root of x - 1/2 alpha^2 + 5/2 between -8 and 0
             = the unique root of x^2 - 6 between -8 and 0
             = -2.4494897428-

----------------------------------------------------
"""


def test_points_are_read() -> None:
    found = read_sample(POINT, ["x", "y", "z", "open"])
    for name, square in (("x", 2), ("y", 3), ("z", 6)):
        value = found[name]
        assert isinstance(value, Algebraic)
        assert value.polynomial == (-square, 0, 1)
    assert found["open"] == Fraction(0)
    model = exact_model(found)
    assert model.satisfies(Atom(X * Y, "=", Z))
    assert [model.sign(p) for p in (X, Y, Z)] == [-1, 1, -1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Sample point", "Point"),
        ("EXTENDED", "OTHER"),
        ("alpha = the unique root", "alpha = a root"),
        ("between 1/4 and 1/2", "between 1/4 and .5"),
        ("between 1/4 and 1/2", "between -4 and 4"),
        ("between 1/4 and 1/2", "between 5 and 6"),
        ("1/2 alpha^3 - 9/2 alpha", "1/2 alpha^3 - 9/2 beta"),
        ("1/2 alpha^3 - 9/2 alpha", "1/2 alpha**3"),
        ("1/2 alpha^3 - 9/2 alpha", "1/2 alpha^99"),
        ("1/2 alpha^3 - 9/2 alpha", ""),
        ("Coordinate 2", "Coordinate 4"),
    ],
)
def test_points_written_otherwise_are_refused(old: str, new: str) -> None:
    assert old in POINT
    with pytest.raises(BackendError):
        read_sample(POINT.replace(old, new), ["x", "y", "z"])
    with pytest.raises(BackendError, match="too many coordinates"):
        read_sample(POINT, ["x", "y"])


ROOT2 = Atom(X * X, "=", constant(2))


@pytest.mark.slow
@qepcad_only
@pytest.mark.parametrize(
    ("asserts", "degrees"),
    [
        ((Atom(constant(2) * X, "=", ONE), Atom(X * Y, "=", constant(3)), Atom(Z, "<", Y)), (1, 1, 1)),
        ((ROOT2, Atom(Y * Y, "=", constant(3)), Atom(Z, "=", X * Y), Atom(Y, "<", ZERO)), (2, 2, 2)),
        ((ROOT2, Atom(Z * Z * Z, "=", X), Atom(Y, "=", Z * Z)), (2, 3, 6)),
        ((Atom(ONE, "<", X), Atom(Y * Y, "<=", Z)), (1, 1, 1)),
    ],
)
def test_qepcad_gives_points_that_are_verified(asserts: tuple[Atom, ...], degrees: tuple[int, ...]) -> None:
    answer = QEPCAD().solve(Query("?", (Case(("x", "y", "z"), asserts),)), 20)
    assert (answer.status, answer.verified, answer.reliable) == ("sat", True, True)
    assert answer.model is not None
    assert all(exact_model(answer.model).satisfies(part) for part in asserts)
    found = (answer.model[name] for name in "xyz")
    assert tuple(len(v.polynomial) - 1 if isinstance(v, Algebraic) else 1 for v in found) == degrees


@qepcad_only
def test_membership_by_qepcad_comes_with_factors() -> None:
    answer = is_product(LU2, [[1, 2], [3, "1/2"]], 20, backend=QEPCAD())
    assert (answer.status, answer.verified) == ("sat", True)
    assert answer.factors is not None


@qepcad_only
def test_sentences_with_more_quantifiers_have_no_points() -> None:
    case = Case(("x",), (forall(("y",), Atom(X * Y, "=", ZERO)),))
    answer = QEPCAD().solve(Query("?", (case,)), 20)
    assert (answer.status, answer.model, answer.verified) == ("sat", None, False)


def fake(tmp_path: Path, point: str, warning: str = "") -> QEPCAD:
    """Says TRUE, and prints a point when it is asked for one."""
    (tmp_path / "point").write_text(point)
    path = tmp_path / "qepcad"
    path.write_text(
        '#!/bin/sh\n[ "$1" = -v ] && echo "Version B 9.99" && exit 0\n'
        f'if grep -q witness; then cat {tmp_path / "point"}; fi\n'
        f'printf "{warning}An equivalent quantifier-free formula:\\n\\nTRUE\\n"\n'
    )
    path.chmod(0o755)
    return QEPCAD(str(path))


def test_a_verified_point_makes_a_doubtful_answer_sure(tmp_path: Path) -> None:
    warning = "WARNING! The McCallum projection may not be valid.\\n"
    right = Case(("x", "y", "z"), (Atom(X * Y, "=", Z), Atom(X * X, "=", constant(2))))
    wrong = Case(("x", "y", "z"), (Atom(X * Y, "=", Z), Atom(X * X, "=", constant(3))))
    engine = fake(tmp_path, POINT, warning)
    answer = engine.solve(Query("?", (right,)), 20)
    assert (answer.status, answer.verified, answer.reliable, answer.detail) == ("sat", True, True, "")
    for case, point in ((wrong, POINT), (right, ""), (right, POINT.replace("alpha^3", "beta^3"))):
        (tmp_path / "point").write_text(point)
        answer = engine.solve(Query("?", (case,)), 20)
        assert (answer.status, answer.model, answer.verified, answer.reliable) == ("sat", None, False, False)
        assert "no proof" in answer.detail


def test_numbers_by_themselves() -> None:
    """Values of polynomials: minimal polynomials and the right one of their roots."""
    root: Any = Algebraic((-2, 0, 0, 1), (Fraction(1), Fraction(2)))
    model = exact_model({"x": root})
    square = model.value(X * X)
    assert isinstance(square, Algebraic)
    assert square.polynomial == (-4, 0, 0, 1)
    assert square.interval[0] < Fraction(8, 5) < square.interval[1] or float(square) == pytest.approx(4 ** (1 / 3))
    assert model.value(X * X * X) == 2
    minus = model.value(ZERO - X)
    assert isinstance(minus, Algebraic)
    assert minus.polynomial in ((2, 0, 0, 1), (-2, 0, 0, -1))
    assert float(minus) == pytest.approx(-(2 ** (1 / 3)))
