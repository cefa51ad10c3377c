"""Sparsity levels: the union over all supports with so many entries."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Status, SupportProduct, decide
from closedness.budget import Budget
from closedness.check import check
from closedness.errors import BudgetExceeded
from closedness.levels.decide import _limits, _Search, decide_levels
from closedness.networks.assess import Optimum, assess_levels
from closedness.supports.levels import Level, SparsityLevels, orbit_representatives
from closedness.supports.support import Support
from tests.conftest import Outcome
from tests.helpers import rule_certificates
from tests.second.checker import outcome, second_check
from tests.second.reading import Refused

CLOSED, NOT_CLOSED, UNDECIDED = Status.CLOSED, Status.NOT_CLOSED, Status.UNDECIDED

EXAMPLES: dict[str, tuple[SparsityLevels, Status, str]] = {
    "pivoted LU": (SparsityLevels.of((2, 2, 2), total=(3, 3)), CLOSED, "elimination"),
    "elimination, other side": (SparsityLevels.of((2, 3, 3), total=(4, 5)), CLOSED, "elimination"),
    "a permutation": (SparsityLevels.of((2, 3, 3), row=(None, 1), column=(None, 1)), CLOSED, "one-entry"),
    "clusters of rows": (SparsityLevels.of((50, 7, 90), row=(1, None)), CLOSED, "one-entry"),
    "one output": (SparsityLevels.of((1, 30, 40), total=(9, 70)), CLOSED, "one-entry"),
    "limits absorbed": (SparsityLevels.of((3, 2, 3), row=(2, 2)), CLOSED, "uncrossed"),
    "three factors": (SparsityLevels.of((2, 2, 2, 2), row=(1, 2, 1)), CLOSED, "members"),
    "a limit outside": (SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None)), NOT_CLOSED, "union-limit"),
}


@pytest.fixture(scope="module")
def certificates() -> dict[str, dict[str, Any]]:
    found = {}
    for name, (levels, _, _) in EXAMPLES.items():
        certificate = decide_levels(levels).certificate
        assert certificate is not None, name
        found[name] = certificate
    return found


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_examples(name: str, certificates: dict[str, dict[str, Any]]) -> None:
    _, status, rule = EXAMPLES[name]
    certificate = certificates[name]
    assert certificate["claim"] == status.value
    assert certificate["proof"][-1]["rule"] == rule
    report = check(json.dumps(certificate))
    assert report.verified
    assert not report.trusted
    assert rule in report.rules
    assert second_check(json.dumps(certificate)).claim == status.value


def test_a_union_can_be_closed_though_a_member_is_not() -> None:
    lower = Support.read([[1, 0], [1, 1]])
    levels = SparsityLevels.of((2, 2, 2), total=(3, 3))
    assert all(level.allows(support) for level, support in zip(levels.levels, (lower, lower.T), strict=True))
    assert decide(SupportProduct([lower, lower.T])).status is NOT_CLOSED
    assert decide_levels(levels).status is CLOSED


@pytest.mark.slow
def test_what_is_not_proved_is_not_claimed() -> None:
    hidden = decide_levels(SparsityLevels.of((3, 3, 3), row=(2, 2)), seconds=5)
    assert hidden.status is UNDECIDED
    assert hidden.certificate is None
    large = decide_levels(SparsityLevels.of((100, 100, 100), row=(2, 2)))
    assert (large.status, "too many" in large.reason) == (UNDECIDED, True)
    assert decide_levels(SparsityLevels.of((3, 3, 3), row=(2, 2)), seconds=0).status is UNDECIDED
    with pytest.raises(TypeError):
        bool(large)


@pytest.mark.parametrize(
    ("sizes", "bounds", "activation", "optimum", "theorem"),
    [
        ((1, 4, 5), {"total": (3, 9)}, "relu", Optimum.ALWAYS, "relu-trees"),
        ((3, 2, 3), {"row": (None, 2), "column": (2, None)}, "relu", Optimum.NOT_ALWAYS, "relu-not-closed"),
        ((3, 2, 3), {"row": (None, 2), "column": (2, None)}, "linear", Optimum.NOT_ALWAYS, "linear-full-rank"),
        ((2, 2, 2), {"total": (3, 3)}, "linear", Optimum.NOT_KNOWN, "linear-full-rank"),
        ((2, 2, 2), {"total": (3, 3)}, "relu", Optimum.NOT_KNOWN, ""),
    ],
)
def test_networks(sizes: Any, bounds: Any, activation: str, optimum: Optimum, theorem: str) -> None:
    found = assess_levels(SparsityLevels.of(sizes, **bounds), activation)
    assert (found.optimum, found.theorem) == (optimum, theorem)


# -------------------------------------------------------------------- enumeration


@settings(max_examples=40)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(0, 6),
)
def test_largest_supports(shape: tuple[int, int], row: int | None, column: int | None, total: int | None) -> None:
    level = Level(shape, row, column, total)
    cells = list(product(range(shape[0]), range(shape[1])))
    allowed = set()
    for size in range(len(cells) + 1):
        for chosen in combinations(cells, size):
            support = Support(shape, [[j for i, j in chosen if i == row_] for row_ in range(shape[0])])
            if level.allows(support):
                allowed.add(frozenset(chosen))
    expected = {each for each in allowed if not any(each < other for other in allowed)}
    found = [frozenset((i, j) for i, columns in enumerate(s.rows) for j in columns) for s in level.largest()]
    assert set(found) == expected
    assert len(found) == len(expected)


def test_classes_of_members() -> None:
    levels = SparsityLevels.of((3, 2, 3), row=(None, 2), column=(2, None))
    members = levels.members(100)
    assert len(members) == 81
    assert len(orbit_representatives(members, levels.sizes)) == 4
    with pytest.raises(BudgetExceeded, match="81 largest supports, more than 80"):
        levels.members(80)


# -------------------------------------------------------------------- rules against other means


@pytest.mark.parametrize(
    "levels",
    [
        SparsityLevels.of((3, 2, 3), row=(2, 2)),
        SparsityLevels.of((3, 2, 3), total=(4, 4)),
        SparsityLevels.of((3, 2, 3), total=(5, 5)),
        SparsityLevels.of((2, 2, 2), total=(3, 3)),
        SparsityLevels.of((2, 3, 2), total=(3, 3)),
        SparsityLevels.of((3, 2, 4), total=(None, 6)),
    ],
)
def test_no_limit_of_a_closed_union_is_refuted(levels: SparsityLevels) -> None:
    """Each limit that the search knows is a product with other supports: refuting it for all members must fail."""
    assert decide_levels(levels).status is CLOSED
    run = _Search(levels, "real", Budget(60), 5_000)
    run.members = levels.members(5_000)
    tried = 0
    for member in orbit_representatives(run.members, levels.sizes):
        verdict = decide(levels.product_of(member))
        if verdict.status is NOT_CLOSED:
            for target, _ in _limits(verdict, tries=6):
                tried += 1
                assert run._cover(target) is None
    assert tried >= 7


def test_the_target_breaks_the_levels_and_nothing_else(certificates: dict[str, dict[str, Any]]) -> None:
    """Its rank is that of a product, so the levels are what it breaks, and factors diverge on the curve."""
    proof = certificates["a limit outside"]["proof"][-1]
    matrix = np.zeros((3, 3))
    for i, j, value in proof["target"]:
        matrix[i, j] = float(Fraction(value))
    assert np.linalg.matrix_rank(matrix) <= 2
    assert any(e < 0 for factor in proof["curve"] for _, _, terms in factor for e, _ in terms)


@settings(max_examples=30)
@given(st.data())
def test_elimination_gives_factors_within_the_levels(data: st.DataObject) -> None:
    """The proof of the rule, carried out."""
    m, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    zeros = data.draw(st.integers(0, sum(n - p for p in range(1, min(m, n) + 1))))
    entries = data.draw(st.lists(st.integers(-2, 2), min_size=m * n, max_size=m * n))
    X = [[Fraction(entries[i * n + j]) for j in range(n)] for i in range(m)]
    A = [list(row) for row in X]
    Y = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    rows, columns = list(range(m)), list(range(n))

    def count() -> int:
        return sum(value == 0 for row in X for value in row)

    while count() < zeros and rows and columns:
        pivots = [(i, j) for i in rows for j in columns if X[i][j]]
        if not pivots:
            break
        i, p = pivots[0]
        rows.remove(i)
        columns.remove(p)
        for j in columns:
            if X[i][j] and count() < zeros:
                Y[p][j] = c = X[i][j] / X[i][p]
                for k in range(m):
                    X[k][j] -= c * X[k][p]
    assert [[sum(X[i][k] * Y[k][j] for k in range(n)) for j in range(n)] for i in range(m)] == A
    assert count() >= zeros
    assert sum(value != 0 for row in Y for value in row) <= n + zeros


def three_atoms() -> str:
    """Made by `decide_levels(SparsityLevels.of((3, 3, 8), column=(None, 2)), seconds=None)`."""
    path = Path(__file__).parents[1] / "certificates" / "levels" / "three-atoms.json.gz"
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.slow
def test_dictionaries_of_three_atoms_two_for_each_signal() -> None:
    """8 signals in 3 dimensions: three atoms that run together reach what no three atoms reach (theory 5)."""
    report = check(three_atoms())
    assert report.verified
    assert not report.trusted
    certificate = json.loads(three_atoms())
    assert certificate["problem"] == SparsityLevels.of((3, 3, 8), column=(None, 2)).to_problem()
    assert certificate["claim"] == "not_closed"
    # the argument of the text: three planes through one line, with 2, 3 and 3 of the signals
    target = sympy.zeros(3, 8)
    for i, j, value in certificate["proof"][-1]["target"]:
        target[i, j] = sympy.Rational(value)
    planes = [part for part in combinations(range(8), 3) if target[:, list(part)].det() == 0]
    assert len(planes) == 2
    rest = sorted(set(range(8)) - set(planes[0]) - set(planes[1]))
    normals = [target[:, part[0]].cross(target[:, part[1]]) for part in (*planes, rest)]
    assert sympy.Matrix.hstack(*normals).rank() == 2


@pytest.mark.slow
def test_three_atoms_by_the_second_checker() -> None:
    assert second_check(three_atoms()).claim == "not_closed"


# -------------------------------------------------------------------- forgeries


FORGERIES: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "another id": ("pivoted LU", lambda c: c.update(problem_id="0" * 64)),
    "more zeros": ("pivoted LU", lambda c: c["proof"][-1].update(zeros=2)),
    "fewer zeros": ("pivoted LU", lambda c: c["proof"][-1].update(zeros=0)),
    "turned": (
        "elimination, other side",
        lambda c: c["proof"][-1].update(side="rows" if c["proof"][-1]["side"] == "columns" else "columns"),
    ),
    "a case is missing": ("three factors", lambda c: c["proof"][-1]["cases"].pop()),
    "a case is damaged": ("three factors", lambda c: c["proof"][-1]["cases"][0].update(field="complex")),
    "a refutation is missing": ("a limit outside", lambda c: c["proof"][-1]["cover"].pop()),
    "a refutation for a wider support": (
        "a limit outside",
        lambda c: c["proof"][-1]["cover"][0].update(
            factors=[{"shape": [3, 2], "rows": [[0, 1]] * 3}, {"shape": [2, 3], "rows": [[0, 1, 2]] * 2}]
        ),
    ),
    "another target": ("a limit outside", lambda c: c["proof"][-1]["target"][0].__setitem__(2, "1234567/8")),
    "a curve with more entries": ("a limit outside", lambda c: _fill(c["proof"][-1]["curve"][0], 3, 2)),
    "the other claim": ("a limit outside", lambda c: c.update(claim="closed", proof=[{"rule": "uncrossed"}])),
    "one entry is not so": ("limits absorbed", lambda c: c.update(proof=[{"rule": "one-entry"}])),
    "inner size three": ("three factors", lambda c: c.update(proof=[{"rule": "uncrossed"}])),
}


def _fill(factor: list[Any], m: int, n: int) -> None:
    used = {(i, j) for i, j, _ in factor}
    factor.extend([i, j, [[40, "1"]]] for i in range(m) for j in range(n) if (i, j) not in used)


@pytest.mark.parametrize("name", list(FORGERIES))
def test_forgeries_are_rejected(name: str, certificates: dict[str, dict[str, Any]]) -> None:
    source, damage = FORGERIES[name]
    forged = copy.deepcopy(certificates[source])
    damage(forged)
    assert not check(json.dumps(forged)).verified
    with pytest.raises(Refused):
        second_check(json.dumps(forged))


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to all numbers and strings."""
    if isinstance(node, dict):
        return [leaf for key, value in node.items() for leaf in leaves(value, (*path, key))]
    if isinstance(node, list):
        return [leaf for place, value in enumerate(node) for leaf in leaves(value, (*path, place))]
    return [path]


def test_mutations(certificates: dict[str, dict[str, Any]]) -> None:
    """A changed number is rejected by both checkers, or what is proved is still true of the same problem."""
    rng = random.Random(0)
    accepted = rejected = 0
    for name, certificate in certificates.items():
        paths = [path for path in leaves(certificate) if path[0] in ("proof", "problem", "claim", "field")]
        for path in rng.sample(paths, min(25, len(paths))):
            mutated = copy.deepcopy(certificate)
            node = mutated
            for step in path[:-1]:
                node = node[step]
            old = node[path[-1]]
            if isinstance(old, bool) or old is None:
                node[path[-1]] = not old
            elif isinstance(old, int):
                node[path[-1]] = old + rng.choice((-1, 1))
            else:
                node[path[-1]] = rng.choice(("closed", "real", "1", "-2", "1/3", "0:0:0"))
            if mutated == certificate:
                continue
            text = json.dumps(mutated)
            verified = check(text).verified
            try:
                second = second_check(text).claim == mutated["claim"]
            except Refused:
                second = False
            assert verified == second, (name, path, node[path[-1]], check(text).reason)
            if verified:
                assert (mutated["problem"], mutated["claim"]) == (certificate["problem"], certificate["claim"]), path
            accepted, rejected = accepted + verified, rejected + (not verified)
    assert rejected > 60
    assert accepted < rejected / 2


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda c: c.pop("field"), "certificate"),
        (lambda c: c.update(version=1), "certificate.format"),
        (lambda c: c["problem"]["levels"][0].update(row=-1), "problem.levels.row"),
        (lambda c: c["problem"]["levels"][1].update(shape=[3, 2]), "problem.levels"),
        (lambda c: c["proof"][-1].update(rule="wish"), "proof[0].rule"),
        (lambda c: c["proof"][-1].update(more=1), "proof[0]"),
    ],
)
def test_malformed_certificates(damage: Callable[[Any], Any], place: str) -> None:
    certificate = copy.deepcopy(decide_levels(SparsityLevels.of((2, 2, 2), total=(3, 3))).certificate)
    damage(certificate)
    report = check(certificate)
    assert report.malformed
    assert report.reason.startswith(place)


# -------------------------------------------------------------------- command line


def test_the_command(cli: Callable[..., Outcome], tmp_path: Any) -> None:
    out = tmp_path / "levels.cert.json"
    found = cli("levels", "3,2,3", "--column", "2,-", "--row", "-,2", "--certificate", out, "--json")
    assert found.code == 0
    assert json.loads(found.out)["status"] == "not_closed"
    checked = cli("check", out)
    assert (checked.code, "verified: not closed" in checked.out) == (0, True)
    found = cli("levels", "3,3,3", "--row", "2,2", "--seconds", "0")
    assert (found.code, found.out.split(":")[0]) == (4, "UNDECIDED")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2,x"], "SIZES: 'x' is not a number"),
        (["2,2"], "levels has 1 factors"),
        (["2,0,2"], "shape is (2, 0)"),
        (["2,2,2", "--row", "1"], "row has 1 bounds for 2 factors"),
        (["2,2,2", "--total", "1,-2"], "--total: '-2' is not a number"),
    ],
)
def test_bad_arguments(cli: Callable[..., Outcome], arguments: list[str], message: str) -> None:
    found = cli("levels", *arguments)
    assert found.code == 2
    assert message in found.err
    assert not found.out


SMALL = sorted((Path(__file__).parents[1] / "certificates" / "levels").glob("*.json"))


def test_small_certificates_are_stored_for_every_rule() -> None:
    """Those that the pages of the rules show; `python -m tests.helpers.corpus` writes them."""
    assert {path.stem: json.loads(path.read_bytes()) for path in SMALL} == rule_certificates.levels()
    rules = {json.loads(path.read_bytes())["proof"][-1]["rule"] for path in SMALL}
    assert rules == {"one-entry", "elimination", "uncrossed", "members", "union-limit"}
    for path in SMALL:
        assert check(path.read_bytes()).exit_code == outcome(path.read_bytes()) == 0
