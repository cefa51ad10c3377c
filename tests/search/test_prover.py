"""Putting rules together: every rule is used by some proof, and budgets are kept."""

from __future__ import annotations

import time

import pytest

from closedness import Certificate, SupportProduct, check
from closedness.budget import Budget
from closedness.elaboration.tables import flatten
from closedness.rules.rows import row
from closedness.search.pairs import EVERYTHING, Prover
from closedness.supports.pattern import Pattern
from tests.helpers.clocks import ENDED
from tests.helpers.oracle import classes, two_factors

EXAMPLES = {
    "nothing": two_factors([1, 1], [2, 2], 2),
    "crossing": two_factors([1, 3], [3, 2], 2),
    "full": two_factors([3, 5], [5, 3], 3),
    "split": two_factors([2, 2, 7], [6, 7], 3),
    "product": two_factors([15, 8, 10, 1], [13, 5], 4),
    "linear": two_factors([15, 15, 9], [15, 5, 10], 4),
    "twins": two_factors([3, 7, 7, 7, 7], [3, 7, 7], 3),
    "strata": two_factors([3, 7, 7], [3, 7, 7], 3),
}


def rules_of(product: SupportProduct, node: dict[str, object]) -> tuple[str, ...]:
    report = check(Certificate.closed(product, "real", node, {}))
    assert report.verified, report.reason
    assert not report.trusted
    return report.rules


@pytest.mark.parametrize("rule", EXAMPLES)
def test_rules_are_used_and_their_proofs_replayed(rule: str) -> None:
    product = EXAMPLES[rule]
    proof = Prover(product, table=()).full(Pattern.of(product))
    assert proof is not None
    # the example of case distinctions leaves no matrix out
    last = proof.node.get("then")
    everything = rule == "strata" or (proof.node["rule"] in ("full", "linear") and last == {"rule": "nothing"})
    assert proof.sentence == (EVERYTHING if everything else row(proof.node["rule"]).sentence)
    # as certificates name what the rule is a case of
    written = {"nothing": "product", "linear": "regular", "dense": "types"}
    assert written.get(rule, rule) in rules_of(product, proof.node)


@pytest.mark.slow
def test_all_rules_occur_among_small_patterns() -> None:
    used: set[str] = set()
    for r, m, n in ((2, 3, 3), (3, 3, 3)):
        for rows, cols in classes(r, m, n, empty=True)[::4]:
            product = two_factors(rows, cols, r)
            proof = Prover(product).full(Pattern.of(product))
            if proof is not None:
                used |= set(rules_of(product, proof.node))
    assert used >= {"crossing", "full", "split", "product", "extend"}


@pytest.mark.slow
def test_quick_proofs_are_proofs() -> None:
    quick = slow = 0
    for rows, cols in classes(3, 3, 3)[1::3]:
        product = two_factors(rows, cols, 3)
        prover = Prover(product, table=())
        first = prover.quick(Pattern.of(product))
        if first is None:
            second = prover.full(Pattern.of(product))
            slow += second is not None
            continue
        assert "strata" not in rules_of(product, first.node)
        quick += 1
    assert quick > 30
    assert slow >= 4


@pytest.mark.slow
def test_budgets_end_the_search() -> None:
    product = two_factors([3, 7, 7], [3, 7, 7], 3)
    prover = Prover(product, nodes=1, table=())
    assert prover.full(Pattern.of(product)) is None
    assert prover.complaint == "the budget of states or the time ran out"
    assert len(prover.stuck) == 1
    prover = Prover(product, budget=ENDED, table=())
    assert prover.full(Pattern.of(product)) is None
    assert prover.complaint
    assert prover.counterexample(budget=ENDED) is None
    assert Prover(product, table=()).full(Pattern.of(product)) is not None


@pytest.mark.slow
def test_a_second_run_starts_afresh() -> None:
    product = two_factors([3, 7, 7], [3, 7, 7], 3)
    prover = Prover(product, nodes=1, table=())
    for _ in range(2):
        assert prover.full(Pattern.of(product)) is None
        assert len(prover.stuck) == 1
    product = two_factors([1, 2, 3], [3, 3], 2)
    prover = Prover(product, table=())
    for _ in range(2):
        assert prover.full(Pattern.of(product)) is None
        assert prover.found is not None
        assert prover.counterexample() is not None


# -------------------------------------------------------------------- tables of proof nodes


def test_tables_refer_to_earlier_nodes() -> None:
    shared = {"do": "leaf"}
    tree = {
        "do": "split",
        "zero": {"do": "a", "then": shared},
        "nonzero": {"do": "b", "cases": [{"factor": 1, "then": shared}, {"factor": 2, "then": {"do": "c"}}]},
    }
    table = flatten(tree)
    assert table[-1]["do"] == "split"
    assert sum(node["do"] == "leaf" for node in table) == 1
    for place, node in enumerate(table):
        children = [node[key] for key in ("then", "zero", "nonzero") if key in node]
        children += [case["then"] for case in node.get("cases", ())]
        assert all(child < place for child in children)
    assert tree["zero"] == {"do": "a", "then": shared}  # the tree itself is left as it was


def test_deep_trees_are_written_without_recursion() -> None:
    tree: dict[str, object] = {"do": "end"}
    for _ in range(20_000):
        tree = {"do": "step", "then": tree}
    assert len(flatten(tree)) == 20_001


@pytest.mark.slow
def test_a_long_search_for_targets_does_not_keep_proofs_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets that are looked for until the time is up, round by round; the proof comes in between."""
    waited = []

    def endless(*_: object, budget: Budget, **__: object) -> None:
        while not budget.expired():
            time.sleep(0.01)
        waited.append(True)

    for name in ("target_among_placements", "target_by_chance"):
        monkeypatch.setattr(f"closedness.search.pairs.{name}", endless)
    monkeypatch.setattr("closedness.search.pairs.types_pattern", lambda *_, **__: None)
    product = two_factors((1, 6, 7), (2, 7, 7), 3)
    prover = Prover(product, table=())
    start = time.monotonic()
    proof = prover.full(Pattern.of(product))
    assert proof is not None
    assert waited
    assert time.monotonic() - start < 20
    # without a proof the time that is given is all that is taken
    product = two_factors((1, 3), (1, 3), 2)
    start = time.monotonic()
    prover = Prover(product, table=(), budget=Budget(1.0))
    monkeypatch.setattr("closedness.search.pairs.limit_from_stuck", lambda *_, **__: None)
    assert prover.full(Pattern.of(product)) is None
    assert time.monotonic() - start < 10
