"""Products of many factors: every verdict is checked, and compared with what is known by other means."""

from __future__ import annotations

import copy
import json
import random
from fractions import Fraction
from itertools import pairwise
from itertools import product as cartesian
from operator import mul
from typing import Any

import pytest
from flint import fmpq, fmpq_mat, fmpq_poly

from cases.atlas.chains import classes, support_product
from closedness import Status, Support, SupportProduct, check, decide
from closedness.elaboration import elaborated
from closedness.equations.membership import decide_membership
from closedness.errors import InputError
from closedness.report.steps import refutation_steps
from closedness.rules.chains.absorb import absorption
from closedness.rules.chains.fusion import fusion
from closedness.rules.chains.kronecker import chainable, kronecker_chain, parameters_of
from closedness.rules.chains.limits import limit_of_curve, limits, random_arc, random_limit, respects
from closedness.rules.chains.orbits import orbits
from closedness.rules.chains.peel import can_peel
from closedness.rules.chains.placements import combined, descent, leading_counts, placements_within, times
from closedness.rules.chains.stored import stored_chains, stored_limit
from closedness.rules.chains.submatrix import minor
from closedness.rules.chains.trim import parts, product_support, trimmed
from closedness.rules.pairs.crossing import crossing
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import closed_by_orbits, is_chain, random_types, two_factors
from tests.helpers.second_check import outcome
from tests.helpers.verdicts import settled

Types = tuple[int, ...]
S = Support.from_text
K = Support.kronecker


def lower(n: int) -> Support:
    return Support((n, n), [range(i + 1) for i in range(n)])


def triangular(word: str, n: int) -> SupportProduct:
    return SupportProduct([lower(n) if letter == "L" else lower(n).T for letter in word])


def butterfly(levels: int) -> list[tuple[int, int, int, int]]:
    return [(2**level, 2, 2, 2 ** (levels - 1 - level)) for level in range(levels)]


def permuted(chain: SupportProduct, rng: random.Random) -> SupportProduct:
    """Rows, columns and all inner indices in another order."""
    sizes = [chain.shape[0], *chain.inner, chain.shape[1]]
    orders = [rng.sample(range(size), size) for size in sizes]
    factors = [factor.permute(rows, cols) for factor, rows, cols in zip(chain, orders, orders[1:], strict=False)]
    return SupportProduct(factors)


def random_chain(rng: random.Random, length: int, largest: int) -> SupportProduct:
    sizes = [rng.randint(2, largest) for _ in range(length + 1)]
    density = rng.choice((0.4, 0.6, 0.8))
    return SupportProduct(
        [Support.from_masks((m, n), random_types(rng, m, n, density)) for m, n in pairwise(sizes)]
    )


def rules(product: SupportProduct) -> set[str]:
    verdict = settled(product)
    return set(check(verdict.certificate).rules)


# ------------------------------------------------------------------------------ families


@pytest.mark.parametrize("levels", [3, 5, 10])
def test_butterflies_of_any_length_are_closed(levels: int) -> None:
    product = SupportProduct.from_kronecker(butterfly(levels))
    assert settled(product).status is Status.CLOSED
    assert rules(product) == {"peel", "single"}
    assert settled(product).certificate.proof["rule"] == "chain"  # type: ignore[union-attr]


@pytest.mark.parametrize("levels", [3, 4, 6])
def test_orders_of_the_indices_do_not_matter(levels: int) -> None:
    product = permuted(SupportProduct.from_kronecker(butterfly(levels)), random.Random(levels))
    assert kronecker_chain(product.factors) is None
    assert rules(product) == {"peel", "single"}


@pytest.mark.parametrize(
    "chain",
    [
        [(1, 8, 8, 64), (8, 8, 8, 8), (64, 8, 8, 1)],
        [(1, 3, 2, 4), (1, 4, 2, 2), (2, 2, 5, 1)],
        [(1, 4, 1, 4), (1, 1, 1, 4), (1, 2, 3, 2), (3, 2, 2, 1)],
    ],
)
def test_deformable_butterflies_are_closed(chain: list[tuple[int, int, int, int]]) -> None:
    assert all(chainable(a, b) for a, b in pairwise(chain))
    assert rules(SupportProduct.from_kronecker(chain)) == {"peel", "single"}


@pytest.mark.parametrize("n", [2, 3, 5, 40])
@pytest.mark.parametrize("word", ["LLL", "LUU", "LLU", "LUL", "ULU", "LULU", "LUUL", "ULLU", "UULL", "LULUL", "UUU"])
def test_stacks_of_triangular_factors(word: str, n: int) -> None:
    """One kind: closed. Both kinds, one change: LU, not closed. More changes: all matrices."""
    changes = sum(a != b for a, b in pairwise(word))
    status = settled(triangular(word, n)).status
    assert status is (Status.NOT_CLOSED if changes == 1 else Status.CLOSED)


@pytest.mark.parametrize("word", ["LUL", "ULU"])
def test_three_triangular_factors_give_all_matrices(word: str) -> None:
    """Rule `triangular` against exact membership, singular matrices included."""
    rng = random.Random(1)
    product = triangular(word, 3)
    for _ in range(12):
        target = {
            (i, j): Fraction(rng.choice((0, 0, 1, -1, 2))) for i in range(3) for j in range(3)
        }
        outcome = decide_membership(product, {cell: v for cell, v in target.items() if v}, steps=3_000)
        assert outcome.refutation is None
        assert outcome.point is not None


def kaleidoscope(levels: int) -> SupportProduct:
    """A butterfly times a transposed one."""
    chain = [K(*parameters) for parameters in butterfly(levels)]
    return SupportProduct([*chain, *(factor.T for factor in reversed(chain))])


@pytest.mark.parametrize("levels", [2, 3, 5, 8])
def test_kaleidoscopes_are_not_closed(levels: int) -> None:
    product = kaleidoscope(levels)
    verdict = settled(product)
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    refutation = verdict.certificate.proof["refutation"]
    assert refutation["merge"] == [1, 2 * levels - 2, 1]
    assert outcome(verdict.certificate.to_json()) == 0
    assert "one matrix with the support of their product" in refutation_steps(verdict.certificate)[0].text


def test_the_limit_of_the_kaleidoscope_has_a_jordan_block() -> None:
    """The argument of the theory page on its own: a quotient of blocks is diagonalisable only along the curve."""
    verdict = settled(kaleidoscope(2))
    example = verdict.counterexample
    assert example is not None

    def quotient(matrix: Any) -> fmpq_mat:
        a = {
            (r, c): fmpq_mat([[fmpq(int(x.numerator), int(x.denominator)) for x in row[c::2]] for row in matrix[r::2]])
            for r, c in cartesian((0, 1), repeat=2)
        }
        return a[0, 0] * a[1, 0].inv() * a[1, 1] * a[0, 1].inv()

    limit = quotient(example.target)
    assert limit.charpoly() == (limit * limit).charpoly() == fmpq_poly([1, -2, 1])
    assert limit != fmpq_mat([[1, 0], [0, 1]])
    factors = [
        [[Fraction(0)] * factor.shape[1] for _ in range(factor.shape[0])] for factor in kaleidoscope(2)
    ]
    t = Fraction(1, 7)
    for matrix, entries in zip(factors, example.curve, strict=True):
        for (i, j), laurent in entries.items():
            matrix[i][j] = sum((v * t**e for e, v in laurent.items()), Fraction(0))
    near = factors[0]
    for matrix in factors[1:]:
        columns = list(zip(*matrix, strict=True))
        near = [[sum(map(mul, row, column), Fraction(0)) for column in columns] for row in near]
    assert len(quotient(near).charpoly().roots()) == 2


def test_stored_limits_are_limits_that_are_no_products() -> None:
    for chain, limit in stored_chains():
        assert respects(chain, limit.curve)
        assert limit_of_curve(limit.curve) == limit.target
        assert decide_membership(SupportProduct(chain), limit.target).refutation is not None


def test_stored_chains_are_found_in_any_order() -> None:
    """Permuted at all levels, and inside a larger chain beside other paths."""
    rng = random.Random(8)
    for chain, _ in stored_chains():
        product = permuted(SupportProduct(chain), rng)
        found = stored_limit(product.factors)
        assert found is not None
        assert limit_of_curve(found.curve) == found.target
        assert settled(product).status is Status.NOT_CLOSED
        smaller = SupportProduct([product[0].select(rows=range(3)), *product.factors[1:]])
        assert stored_limit(smaller.factors) is None


def test_merged_products_are_larger() -> None:
    rng = random.Random(12)
    for _ in range(30):
        product = random_chain(rng, 4, 3)
        merged = product.merged([1, 2, 1])
        assert len(merged) == 3
        assert merged.support == product.support
        assert merged[1] == product[1] @ product[2]
        outcomes = {}
        target = {(i, j): Fraction(rng.choice((0, 1, -1))) for i, j in product.support}
        for name, chain in (("merged", merged), ("whole", product)):
            outcomes[name] = decide_membership(chain, target, steps=1_000)
        if outcomes["merged"].refutation is not None:
            assert outcomes["whole"].point is None
    for sizes in ([2, 1], [5], [0, 4], [-1, 5]):
        with pytest.raises(InputError, match="sizes"):
            random_chain(rng, 4, 2).merged(sizes)


# ------------------------------------------------------------------------------ all small ones


def test_every_class_of_three_factors_of_size_two_is_decided() -> None:
    every = classes()
    assert len(every) == 270
    counts = {Status.CLOSED: 0, Status.NOT_CLOSED: 0}
    rng = random.Random(0)
    for chain in every:
        product = support_product(chain)
        verdict = settled(product)
        counts[verdict.status] += 1
        if verdict.status is Status.CLOSED and rng.random() < 0.15:
            no_limit_is_refuted(product, 6)
    # LU, LU with a factor that is absorbed on either side
    assert counts == {Status.CLOSED: 267, Status.NOT_CLOSED: 3}


def test_random_limits_are_limits() -> None:
    """Their curves respect the supports and tend to them; uncrossing finds limits of LU that are no products."""
    rng = random.Random(3)
    chain = (S("10/11"), S("11/01"), S("10/01"))
    refuted = 0
    for draw in (random_limit, random_arc):
        for _ in range(60):
            found = draw(chain, rng)
            assert found is not None
            target, curve = found
            assert respects(chain, curve)
            assert limit_of_curve(curve) == target
            refuted += decide_membership(SupportProduct(chain), target).refutation is not None
    assert refuted > 10
    assert random_limit((S("10/01"),) * 3, rng) is None
    assert random_arc((S("00/00"),) * 3, rng, tries=20) is None


def no_limit_is_refuted(product: SupportProduct, number: int) -> None:
    for count, (target, curve) in enumerate(limits(product.factors, samples=2, seed=7)):
        if count == number:
            return
        assert decide_membership(product, target, steps=1_500).refutation is None, f"{product!r}: {curve}"


@pytest.mark.parametrize("seed", range(4))
def test_random_chains(seed: int) -> None:
    """Certificates check; limits of products of closed sets are never refuted; few are left open."""
    rng = random.Random(seed)
    undecided = 0
    for _ in range(25):
        product = random_chain(rng, rng.choice((3, 4)), 3)
        verdict = decide(product, seconds=3, last_resort=False)
        if verdict.certificate is None:
            undecided += 1
            continue
        report = check(verdict.certificate)
        assert report.verified, report.reason
        if verdict.status is Status.CLOSED:
            no_limit_is_refuted(product, 10)
    assert undecided <= 4


def test_deletion_and_transposition_agree() -> None:
    rng = random.Random(11)
    for _ in range(25):
        product = random_chain(rng, 3, 3)
        first, second = (decide(p, seconds=2, last_resort=False).status for p in (product, product.T))
        if Status.UNDECIDED not in (first, second):
            assert first is second
        shorter = SupportProduct([product[0].select(rows=range(product.shape[0] - 1)), *product.factors[1:]])
        if first is Status.CLOSED:
            assert decide(shorter, seconds=2, last_resort=False).status is not Status.NOT_CLOSED


# ------------------------------------------------------------------------------ single rules


def test_two_factors_peel_exactly_when_they_cross() -> None:
    rng = random.Random(2)
    seen = set()
    for _ in range(300):
        rows, cols = random_types(rng, 3, 3, 0.6), random_types(rng, 3, 3, 0.6)
        product = two_factors(rows, cols, 3)
        crosses = crossing(Pattern.of(product)) is not None
        assert can_peel(product.factors, "left") == crosses == can_peel(product.factors, "right")
        seen.add(crosses)
    assert seen == {False, True}


def test_orbits_agree_with_the_two_factor_oracle() -> None:
    rng = random.Random(3)
    seen = set()
    for _ in range(120):
        rows, cols = random_types(rng, 3, 3, 0.7), random_types(rng, 3, 3, 0.7)
        if not (is_chain(rows) and is_chain(cols)):
            continue
        found = orbits(two_factors(rows, cols, 3).factors)
        assert found is not None
        assert (found.node is not None) == closed_by_orbits(rows, cols)
        seen.add(found.node is not None)
    assert seen == {False, True}


def test_descents_end_at_their_goal() -> None:
    """The operations found for a step down in the order of placements have the right limit."""
    full = tuple(tuple(min(p, q) for q in range(1, 4)) for p in range(1, 4))
    every = list(placements_within(full, 3))
    assert len(every) == 34
    steps = 0
    for start, goal in cartesian(every, every):
        path = descent(start, goal, 3)
        smaller = all(
            a <= b
            for x, y in zip(leading_counts(goal, 3), leading_counts(start, 3), strict=True)
            for a, b in zip(x, y, strict=True)
        )
        assert (path is not None) == smaller
        if path is None:
            continue
        steps += 1
        rows, columns = combined(path, 3, 3)
        assert all(i >= j for i, j in rows)
        assert all(i <= j for i, j in columns)
        matrix = {(p, q): {0: Fraction(1)} for p, q in enumerate(start) if q >= 0}
        result = times(times(rows, matrix), columns)
        assert not any(e < 0 for entry in result.values() for e in entry)
        limit = {cell: entry[0] for cell, entry in result.items() if entry.get(0)}
        assert limit == {(p, q): 1 for p, q in enumerate(goal) if q >= 0}
    assert steps > 300


def test_absorbed_factors_change_nothing() -> None:
    """Same verdict with and without the factor; curves are lifted."""
    rng = random.Random(13)
    seen = set()
    for _ in range(60):
        chain = random_chain(rng, 3, 3).factors
        found = absorption(chain)
        if found is None:
            n = chain[0].shape[0]
            found = absorption((Support.kronecker(n, 1, 1, 1), *chain))
        assert found is not None
        assert product_support(found.shorter) == product_support(found.chain)
        curve = tuple({cell: {0: Fraction(rng.randint(1, 5))} for cell in factor} for factor in found.shorter)
        lifted = found.lift(curve)
        assert respects(found.chain, lifted)
        assert limit_of_curve(lifted) == limit_of_curve(curve)
        seen.add(found.into)
    assert "right" in seen
    assert absorption((S("10/11"), S("11/01"))) is None
    assert absorption((S("10/11"), S("10/01"), S("11/01"))).at == 1  # type: ignore[union-attr]


def test_many_pairs_at_once_peel_like_one_pair_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(14)
    chains = [random_chain(rng, rng.choice((2, 3)), 4).factors for _ in range(200)]
    chains += [permuted(triangular("LLL", 4), rng).factors, triangular("LU", 4).factors]
    alone = [can_peel(chain, side) for chain in chains for side in ("left", "right")]
    monkeypatch.setattr("closedness.rules.chains.peel.DENSE", -1)
    assert alone == [can_peel(chain, side) for chain in chains for side in ("left", "right")]
    assert set(alone) == {False, True}


def test_fused_curves_are_lifted() -> None:
    """LU with a generic block in the middle of each factor: the counterexample goes through the fusion."""
    diagonal = S("10/01")
    product = SupportProduct([S("10/11"), diagonal, S("01/10"), S("01/11")])
    verdict = settled(product)
    assert verdict.status is Status.NOT_CLOSED
    found = fusion((S("10/11"), diagonal, S("11/01")), 0)
    assert found is not None
    first = {(0, 0): {1: Fraction(1)}, (1, 0): {-2: Fraction(3)}, (1, 1): {0: Fraction(2)}}
    curve = (first, {(0, 0): {0: Fraction(1)}})
    lifted = found.lift(curve)
    assert lifted is not None
    assert times(lifted[0], lifted[1]) == curve[0]
    assert lifted[2] == curve[1]


def test_trimming_and_parts_keep_the_product() -> None:
    rng = random.Random(4)
    for _ in range(100):
        chain = random_chain(rng, 3, 4).factors
        small = trimmed(chain)
        assert product_support(small) == product_support(chain)
        for factor, original in zip(small, chain, strict=True):
            assert factor <= original
        groups = parts(small)
        cells: set[tuple[int, int]] = set()
        entries = 0
        for _, part in groups:
            own = set(product_support(part))
            assert not own & cells
            cells |= own
            entries += sum(factor.nnz for factor in part)
        assert cells == set(product_support(chain))
        assert entries == sum(factor.nnz for factor in small)


def test_minors_keep_the_paths() -> None:
    rng = random.Random(5)
    for _ in range(100):
        chain = random_chain(rng, 3, 4).factors
        rows, columns = rng.sample(range(chain[0].shape[0]), 2), rng.sample(range(chain[-1].shape[1]), 2)
        expected = product_support(chain).select(rows, columns)
        found = minor(chain, rows, columns)
        if found is None:
            assert not expected.nnz
        else:
            assert product_support(found.chain) == expected


def test_kronecker_parameters_are_found() -> None:
    rng = random.Random(6)
    for _ in range(50):
        wanted = tuple(rng.randint(1, 4) for _ in range(4))
        found = parameters_of(K(*wanted))
        assert wanted in found
        assert all(K(*parameters) == K(*wanted) for parameters in found)
    assert parameters_of(S("110/011/101")) == []
    assert parameters_of(S("00/11")) == []


# ------------------------------------------------------------------------------ the checker


EXAMPLES = {
    "chain": SupportProduct.from_kronecker(butterfly(3)),
    "peel": permuted(SupportProduct.from_kronecker(butterfly(3)), random.Random(1)),
    "triangular": triangular("LUL", 3),
    "fusion": SupportProduct([S("11/11"), S("10/01"), S("11/11")]),
    "parts": SupportProduct([S("1100/0011"), S("1100/1100/0011/0011"), S("1000/0100/0010/0001")]),
    "trim": SupportProduct([S("11/11"), S("100/000"), S("111/111/111")]),
    "orbits": SupportProduct([S("10/11"), S("10/11"), S("10/11")]),
}


def proof_of(name: str, product: SupportProduct) -> dict[str, Any]:
    """A certificate whose proof uses the rule."""
    if name == "orbits":
        found = orbits(product.factors)
        assert found is not None
        data: dict[str, Any] = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
        return elaborated({**data, "version": 1, "proof": found.node})
    if name in ("fusion", "parts", "trim"):
        chain = product.factors
        if name == "fusion":
            both = fusion(chain, 0)
            assert both is not None
            node = both.node({"rule": "peel", "side": "left", "then": {"rule": "single"}})
        elif name == "trim":
            node = {"rule": "trim", "then": peeled_twice()}
        else:
            node = {"rule": "parts", "parts": [{"inner": inner, "then": peeled_twice()} for inner, _ in parts(chain)]}
        data = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
        data["proof"] = node
        return data
    result: dict[str, Any] = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
    return result


def peeled_twice() -> dict[str, Any]:
    inner = {"rule": "peel", "side": "left", "then": {"rule": "single"}}
    return {"rule": "peel", "side": "left", "then": inner}


@pytest.mark.parametrize("name", EXAMPLES)
def test_rules_are_verified_and_do_not_serve_other_questions(name: str) -> None:
    """The same proof for supports with one entry more or less must not pass, unless it holds there as well."""
    data = proof_of(name, EXAMPLES[name])
    report = check(data)
    assert report.verified, report.reason
    assert {"chain": "peel", "orbits": "strata"}.get(name, name) in report.rules
    rejected = 0
    rng = random.Random(9)
    for _ in range(40):
        factors = [[set(row) for row in factor.rows] for factor in EXAMPLES[name]]
        level = rng.randrange(len(factors))
        i = rng.randrange(len(factors[level]))
        factors[level][i] ^= {rng.randrange(EXAMPLES[name][level].shape[1])}
        other = SupportProduct(
            [Support(f.shape, [sorted(r) for r in rows]) for f, rows in zip(EXAMPLES[name], factors, strict=True)]
        )
        changed = copy.deepcopy(data)
        changed["problem"], changed["problem_id"] = other.to_problem(), other.content_id
        report = check(changed)
        if report.verified:
            assert decide(other, seconds=3, last_resort=False).status is not Status.NOT_CLOSED
        rejected += not report.verified
    assert rejected > (0 if name == "trim" else 5)


BROKEN: list[tuple[str, Any]] = [
    ("chain", lambda p: p.update(then=p["then"]["then"])),
    ("chain", lambda p: p.update(rule="chain", parameters=[[1, 8, 8, 1]] * 3)),
    ("peel", lambda p: p.update(then={"rule": "single"})),
    ("peel", lambda p: p.update(side="middle")),
    ("peel", lambda p: p.update(then={"rule": "nothing"})),
    ("triangular", lambda p: p.update(kinds=["lower", "upper", "upper"])),
    ("triangular", lambda p: p.update(kinds=["upper", "lower", "upper"])),
    ("triangular", lambda p: p.update(kinds=["lower", "upper"])),
    ("triangular", lambda p: p.update(at=1)),
    ("fusion", lambda p: p.update(at=2)),
    ("fusion", lambda p: p["lines"].pop()),
    ("fusion", lambda p: p["lines"][0][1].pop()),
    ("parts", lambda p: p["parts"].pop()),
    ("parts", lambda p: p["parts"][0]["inner"][0].pop()),
    ("parts", lambda p: p["parts"].append(p["parts"][0])),
    ("orbits", lambda p: p["nodes"].pop()),
    ("orbits", lambda p: next(n for n in p["nodes"] if n["do"] == "section" and n["factors"][0])["factors"][0].pop()),
    ("orbits", lambda p: next(n for n in p["nodes"] if n["do"] == "family" and n["ones"])["ones"].pop()),
    ("orbits", lambda p: next(n for n in p["nodes"] if n["do"] == "clear").update(lines=[])),
]


@pytest.mark.parametrize(("name", "change"), BROKEN, ids=[f"{n}-{i}" for i, (n, _) in enumerate(BROKEN)])
def test_broken_proofs_are_rejected(name: str, change: Any) -> None:
    data = proof_of(name, EXAMPLES[name])
    change(data["proof"])
    assert not check(data).verified


def test_two_factor_rules_need_two_factors() -> None:
    data = proof_of("chain", EXAMPLES["chain"])
    data["proof"] = {"rule": "crossing"}
    assert "something else" in check(data).reason


def test_scalings_that_share_a_variable_are_kept_apart() -> None:
    """An entry of a middle factor is moved by two scalings; a refutation must not use the second one afterwards."""
    product = SupportProduct.from_text("111/101/010 * 001/010/100 * 110/111/101")
    assert settled(product).status is Status.NOT_CLOSED
    rng = random.Random(1)
    found = 0
    for _ in range(60):
        verdict = decide(random_chain(rng, 3, 3), seconds=2, last_resort=False)
        assert not any("dropped" in line for line in verdict.tried)
        found += verdict.status is Status.NOT_CLOSED
    assert found
