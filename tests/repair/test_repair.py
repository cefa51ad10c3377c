"""Repairs: compared with all sets of changes on small supports, and what they promise on large ones."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Status, SupportProduct, check, decide
from closedness.budget import Budget
from closedness.cli.app import main
from closedness.errors import InputError
from closedness.repair import Change, repair
from closedness.repair.changes import Rules, apply
from closedness.repair.large import near_by, needed
from closedness.repair.obstruction import obstruction
from tests.helpers.repairs import all_smallest, closed_ones, places, product_of

LU = SupportProduct.from_text("10/11 * 11/01")
CHAIN = SupportProduct.from_text("10/11 * 11/11 * 11/01")


def changes_of(found):
    return {frozenset((*each.allow, *each.forbid)) for each in found.found}


@pytest.mark.parametrize("rules", [Rules(), Rules(add=False), Rules(remove=False)], ids=["both", "remove", "add"])
@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2), (2, 3, 2), (3, 2, 3)], ids=str)
def test_small_supports_against_all_sets_of_changes(sizes, rules):
    """`tests/repair_campaign.py` does so for all sizes up to 3×3 and three hidden indices."""
    _, classes = closed_ones(sizes)
    for bits in random.Random(5).sample(classes, min(60, len(classes))):
        found = repair(
            product_of(bits, sizes), add=rules.add, remove=rules.remove, at_most=3, most=10_000, seconds=None
        )
        size, smallest = all_smallest(bits, sizes, rules, 3)
        if size is None:
            assert found.least > 3 or found.found[0].size > 3
            continue
        assert found.complete
        assert found.least == size
        assert changes_of(found) == smallest


def test_entries_to_keep_are_kept():
    keep = [(0, 0, 0), (0, 0, 1), (1, 1, 0)]
    found = repair(LU, keep=keep)
    bits = sum(1 << p for p, each in enumerate(places((2, 2, 2))) if (each.row, each.column) in LU.factors[each.factor])
    _, smallest = all_smallest(bits, (2, 2, 2), Rules(keep=frozenset(Change(*each) for each in keep)), 1)
    assert changes_of(found) == smallest
    everything = [(l, i, j) for l in (0, 1) for i in (0, 1) for j in (0, 1)]
    none = repair(LU, keep=everything)
    assert not none.found
    assert none.complete
    assert "no set of fewer than" in str(none) or "at least" in str(none)


def test_every_repair_has_a_certificate_of_its_own_supports():
    for product in (LU, CHAIN, SupportProduct.from_text("100/110/111 * 111/011/001")):
        found = repair(product)
        assert found.found
        for each in found.found:
            assert each.product == apply(product, [*each.allow, *each.forbid])
            assert each.verdict.status is Status.CLOSED
            assert check(each.verdict.certificate).verified
            assert each.verdict.certificate.problem_id == each.product.content_id


def test_closed_supports_need_no_change():
    found = repair(SupportProduct.from_text("11/11 * 11/11"))
    assert [each.size for each in found.found] == [0]
    assert str(found.found[0]) == "nothing need be changed"
    assert found.complete


@given(st.lists(st.integers(0, 1), min_size=12, max_size=12), st.sets(st.integers(0, 11), max_size=4))
@settings(max_examples=150, deadline=None)
def test_an_obstruction_that_holds_is_none_of_a_closed_set(bits, turned):
    """The lemma on which the search rests."""
    left = [bits[0:2], bits[2:4], bits[4:6]]
    right = [bits[6:9], bits[9:12]]
    product = SupportProduct([left, right])
    found = obstruction(decide(product, last_resort=False))
    if found is None:
        return
    assert found.holds(product)
    places = [Change(0, i, k) for i in range(3) for k in range(2)]
    places += [Change(1, k, j) for k in range(2) for j in range(3)]
    changed = apply(product, [places[number] for number in turned])
    if found.holds(changed):
        assert decide(changed).status is not Status.CLOSED


def test_a_pool_gives_the_same():
    lower = [[int(j <= i) for j in range(3)] for i in range(3)]
    product = SupportProduct.from_pair(lower, lower)
    with ThreadPoolExecutor(2) as pool:
        assert changes_of(repair(product, executor=pool, workers=4)) == changes_of(repair(product))


def test_large_supports_get_a_repair_and_a_bound():
    rng = random.Random(2)
    product = SupportProduct(
        [[[int(rng.random() < 0.05) for _ in range(b)] for _ in range(a)] for a, b in ((90, 60), (60, 50))]
    )
    found = repair(product, seconds=20)
    assert [each.verdict.status for each in found.found] == [Status.CLOSED]
    assert 0 < found.least <= found.found[0].size
    assert not found.complete
    only = repair(product, seconds=20, add=False)
    assert not only.found[0].allow


def test_the_bound_of_disjoint_counterexamples_is_one():
    two = SupportProduct.from_text("1000/1100/0010/0011 * 1100/0100/0011/0001")
    assert needed(two, "real", Budget(None)) == 2
    near = near_by(two, "real", Rules(), Budget(None))
    assert near is not None
    assert near.size >= 2


def test_without_time_nothing_is_promised():
    found = repair(LU, seconds=0)
    assert not found.found
    assert not found.complete
    assert found.least == 0


def test_an_interrupt_gives_what_is_known(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("closedness.repair.smallest.decided", interrupted)
    found = repair(LU)
    assert (found.found, found.why, found.complete) == ((), "interrupted", False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at_most": -1}, "at_most is -1, not a whole number of at least 0"),
        ({"most": 0}, "most is 0, not a whole number of at least 1"),
        ({"add": False, "remove": False}, "nothing may be changed"),
        ({"keep": [(0, 5, 0)]}, r"keep holds \(0, 5, 0\), which is no entry"),
        ({"keep": ["ab"]}, "keep holds 'ab', not three numbers"),
        ({"seconds": "a"}, "seconds is 'a', not a time limit"),
    ],
)
def test_bad_arguments_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        repair(LU, **options)


# -------------------------------------------------------------------- command


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "lu.txt"
    path.write_text("x.\nxx\n\nxx\n.x\n")
    return path


def test_the_command_lists_repairs(file, capsys):
    assert main(["repair", str(file), "--remove", "--keep", "W1[0,0], W1[1,0]"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "forbid W1[1,1]"
    assert said[-1] == "these are all the repairs by 1 change; fewer do not suffice"


def test_the_command_writes_the_repaired_problem(file, tmp_path, capsys):
    out = tmp_path / "closed.json"
    assert main(["repair", str(file), "--add", "-o", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["repairs"][0]["problem"] == json.loads(out.read_text())
    assert all(check(each["certificate"]).verified for each in answer["repairs"])
    assert main(["decide", str(out)]) == 0
    assert capsys.readouterr().out.startswith("CLOSED")


@pytest.mark.parametrize("text", ["W1[0,1", "", "W0[0,0]", "x", "W1[0,1] and W2[0,1]"])
def test_the_command_refuses_what_is_no_entry(file, capsys, text):
    assert main(["repair", str(file), "--keep", text]) == 2
    assert "--keep holds" in capsys.readouterr().err
