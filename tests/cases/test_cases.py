"""Every case comes out as stated, with a verified certificate; the library around them holds together."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cases
from cases import comparisons, families
from cases.case import Case, Outcome, UnknownCaseError
from cases.comparisons import COMPARISONS, Comparison, Demonstration
from closedness import ClosednessError, Status, Support, SupportProduct, check, decide
from closedness.errors import InputError

ALL = cases.all_cases()
SMALL = [case for case in ALL if max(max(factor.shape) for factor in case.product) <= 64]
LARGE = [case for case in ALL if case not in SMALL]


@pytest.mark.parametrize("case", SMALL, ids=[case.name for case in SMALL])
def test_case(case: Case) -> None:
    outcome = case.verify()
    assert outcome.passed, f"{outcome.status}: {outcome.reason}"


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE, ids=[case.name for case in LARGE])
def test_large_case(case: Case) -> None:
    outcome = case.verify()
    assert outcome.passed, f"{outcome.status}: {outcome.reason}"


# -------------------------------------------------------------------- the collection


def test_there_are_enough_of_both_kinds() -> None:
    assert len(ALL) >= 60
    assert len(cases.groups()) >= 15
    for status in (Status.CLOSED, Status.NOT_CLOSED):
        assert sum(case.status is status for case in ALL) >= 30


def test_the_required_families_are_there() -> None:
    wanted = {
        *("lu", "triangular", "banded", "arrow", "low-rank", "disjoint", "diagonal", "hierarchical", "butterfly"),
        *("monarch", "deformable", "kaleidoscope", "completion", "pruned", "network", "complete", "minimal"),
    }
    assert wanted <= set(cases.groups())


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_every_case_is_described(case: Case) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case.name)
    assert case.title
    assert case.why
    assert not case.why.endswith(".")
    for key in case.sources:
        assert key in cases.source(key)


def test_every_reference_is_used() -> None:
    text = (Path(cases.__file__).parent / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    used = {key for case in ALL for key in case.sources} | {key for each in COMPARISONS for key in each.sources}
    assert set(keys) == used
    for key in keys:
        entry = cases.source(key)
        assert entry.startswith("@")
        assert entry.count("{") == entry.count("}")
        assert all(f" {name} = " in entry for name in ("author", "title", "year"))


def test_butterflies_are_split_everywhere() -> None:
    names = {case.name for case in cases.select(["butterfly-*"])}
    for levels in range(2, 11):
        assert {f"butterfly-{1 << levels}-{split}" for split in range(1, levels)} <= names


def test_unknown_names_come_with_a_hint() -> None:
    with pytest.raises(UnknownCaseError, match=r"there is no case 'monarch-2'; similar: .*monarch-2-2"):
        cases.load("monarch-2")
    assert issubclass(UnknownCaseError, ClosednessError)
    assert issubclass(UnknownCaseError, KeyError)


def test_a_case_that_is_stated_wrongly_does_not_pass() -> None:
    wrong = dataclasses.replace(cases.load("lu-2"), status=Status.CLOSED)
    outcome = wrong.verify()
    assert outcome.verified
    assert not outcome.passed
    trusting = Outcome(cases.load("lu-2"), Status.NOT_CLOSED, True, ("z3",), 0.0, "")
    assert not trusting.passed


# -------------------------------------------------------------------- the families


def test_butterfly_splits_multiply_to_the_dense_support() -> None:
    for n, split in ((8, 1), (8, 2), (32, 3)):
        whole = SupportProduct.from_kronecker(families.butterfly(n)).support
        assert families.butterfly_split(n, split).support == whole == Support.kronecker(1, n, n, 1)


def test_merged_factors_are_products_of_supports() -> None:
    chain = families.butterfly(16)
    for first, last in combinations(range(5), 2):
        part = chain[first:last]
        if len(part) > 1:
            assert Support.kronecker(*families.merged(part)) == SupportProduct.from_kronecker(part).support


def test_the_fourier_matrix_fits_its_chain() -> None:
    """Its butterfly factors and the bit reversal lie in the supports and multiply to it."""
    from scipy.linalg import dft

    from solvers import factorize_butterfly
    from solvers.operators import to_dense

    chain = families.fourier_chain(16)
    reversal = np.array(chain[-1].to_dense(), dtype=float)
    found = factorize_butterfly(dft(16) @ reversal.T, "dyadic")
    factors = [to_dense(factor) for factor in found.factors] + [reversal]
    assert len(factors) == len(chain)
    for factor, support in zip(factors, chain, strict=True):
        assert not (abs(factor) > 0)[~support.to_dense().astype(bool)].any()
    product = factors[0]
    for factor in factors[1:]:
        product = product @ factor
    assert np.allclose(product, dft(16))


def test_hierarchical_supports_tile_the_matrix() -> None:
    product = families.hodlr(3, 2, 2)
    left, right = product
    counts = [[len(set(row) & set(column)) for column in right.T.rows] for row in left.rows]
    assert {count for row in counts for count in row} == {2}  # rank 2 off the diagonal, leaves of order 2 on it


def test_completion_frees_exactly_the_unknown_entries() -> None:
    known = ["110", "011"]
    left, right = families.completion(known)
    for i, j in product(range(2), range(3)):
        free = set(left.rows[i]) & set(right.T.rows[j]) - {0}
        assert bool(free) == (known[i][j] == "0")


def test_pruning_is_the_same_everywhere() -> None:
    mask = families.pruned(4, 3, 4, 0.5, 1)
    assert [factor.nnz for factor in mask] == [6, 6]
    assert mask.content_id[:12] == PRUNED_ID
    assert families.pruned(4, 3, 4, 0.5, 2) != mask


PRUNED_ID = "94fd22a79f67"


@pytest.mark.parametrize(
    "build",
    [
        lambda: families.lower_times_upper(0),
        lambda: families.butterfly(12),
        lambda: families.butterfly_split(8, 3),
        lambda: families.kaleidoscope_pair(8, 3),
        lambda: families.kaleidoscope(6),
        lambda: families.deformable_chain([2, 3], [4], 1),
        lambda: families.deformable_chain([2], [4], 1),
        lambda: families.monarch(2, -1),
        lambda: families.pruned(2, 2, 2, 1.5, 0),
        lambda: families.dense(2, True, 2),
    ],
)
def test_families_refuse_impossible_sizes(build: Callable[[], SupportProduct]) -> None:
    with pytest.raises(InputError):
        build()


def test_scalar_outputs_always_have_an_optimum() -> None:
    """Theorem IV and its corollary on all supports with up to two inputs and two neurons, not only chosen ones."""
    for inputs, width in product((1, 2), (1, 2)):
        lefts = list(product((0, 1), repeat=width))
        rights = list(product((0, 1), repeat=width * inputs))
        for left, right in product(lefts, rights):
            second = [right[k * inputs : (k + 1) * inputs] for k in range(width)]
            verdict = decide(SupportProduct([[list(left)], [list(row) for row in second]]))
            assert verdict.status is Status.CLOSED
            assert check(verdict.certificate).verified


# -------------------------------------------------------------------- comparisons


@pytest.mark.parametrize("comparison", COMPARISONS, ids=[each.name for each in COMPARISONS])
def test_comparisons(comparison: Comparison) -> None:
    found = comparison.run()
    assert found.passed
    assert found.outside
    assert found.steps
    assert found.distances[-1][1] < 1 / 400
    assert all(cases.source(key) for key in comparison.sources)


def test_comparisons_can_fail() -> None:
    good = COMPARISONS[0].run()
    assert not dataclasses.replace(good, outside=False).passed
    assert not dataclasses.replace(good, distances=good.distances[::-1]).passed
    assert not Demonstration((), True, ()).passed


def test_the_plane_test_of_networks_sees_a_second_ray() -> None:
    ray = comparisons._fractions([[1, 0, 0]])[0]
    normal = comparisons._fractions([[0, 0, 1]])[0]
    first, second, up, down = comparisons._fractions([[0, 1, 0], [2, 0, 0], [1, 0, 1], [1, 0, -1]])
    assert not comparisons._meets_only(ray, normal, first, second)  # the cone lies in the plane
    assert not comparisons._meets_only(ray, normal, first, up)
    assert comparisons._meets_only(ray, normal, second, up)
    assert comparisons._meets_only(ray, normal, up, down)  # they add up to a multiple of the ray


# -------------------------------------------------------------------- command line


def test_list(cli: Callable[..., Any]) -> None:
    run = cli("cases", "list")
    assert run.code == 0
    assert f"{len(ALL)} cases" in run.out
    assert "tensor-2x2x2" in run.out
    run = cli("cases", "list", "lu", "--json")
    assert {case["group"] for case in json.loads(run.out)["cases"]} == {"lu"}


def test_show_and_save(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "lu3.json"
    run = cli("cases", "show", "lu-3", "--save", path)
    assert run.code == 0
    assert "stated: not closed" in run.out
    assert "@article{okunev2005lu" in run.out
    assert "source: this project" in cli("cases", "show", "v-pattern").out
    run = cli("decide", path, "--json")
    assert json.loads(run.out)["problem_id"] == cases.load("lu-3").product.content_id
    shown = json.loads(cli("cases", "show", "lu-3", "--json").out)
    assert SupportProduct.from_problem(shown["problem"]) == cases.load("lu-3").product


def test_the_certificate_of_a_case(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "v.cert.json"
    assert cli("cases", "decide", "v-pattern", "--certificate", path).code == 0
    assert check(path.read_text(encoding="utf-8")).verified
    assert cli("cases", "decide", "v-pattern", "--certificate", tmp_path / "none" / "c.json").code == 2


def test_decide(cli: Callable[..., Any]) -> None:
    run = cli("cases", "decide", "monarch-2-2")
    assert run.code == 0
    assert "CLOSED" in run.out
    run = cli("cases", "decide", "lu-2", "--json")
    assert json.loads(run.out)["status"] == json.loads(run.out)["stated"] == "not_closed"


def test_verify(cli: Callable[..., Any]) -> None:
    run = cli("cases", "verify", "lu-2", "minimal")
    assert run.code == 0
    assert "6 of 6 cases as stated" in run.out
    run = cli("cases", "verify", "monarch", "--json")
    found = json.loads(run.out)
    assert found["passed"]
    assert all(case["verified"] and not case["trusted"] for case in found["cases"])


def test_verify_says_what_is_wrong(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(cases.load("lu-2"), status=Status.CLOSED)
    monkeypatch.setattr(cases, "select", lambda names: (wrong,))
    run = cli("cases", "verify", "lu-2")
    assert run.code == 1
    assert "FAILED lu-2" in run.out
    assert "closed was stated" in run.out
    monkeypatch.setattr(cases, "load", lambda name: wrong)
    assert cli("cases", "decide", "lu-2").code == 1


def test_verify_runs_the_comparisons_too(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "select", lambda names: (cases.load("lu-2"),))
    run = cli("cases", "verify")
    assert run.code == 0
    assert run.out.count("comparison: ") == len(COMPARISONS)
    lost = dataclasses.replace(COMPARISONS[0], run=lambda: Demonstration((), False, ()))
    monkeypatch.setattr(comparisons, "COMPARISONS", (lost,))
    assert cli("cases", "verify").code == 1


@pytest.mark.parametrize("command", ["show", "decide", "verify"])
def test_unknown_cases_are_one_line(command: str, cli: Callable[..., Any]) -> None:
    run = cli("cases", command, "lu-two")
    assert run.code == 2
    assert run.err.startswith("closedness: there is no case 'lu-two'")
    assert len(run.err.splitlines()) == 1
