"""Proofs in other names, and of the transposed matrices: both checkers accept them for the problem in these names."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from closedness.check import MAX_WORK, RULES, Rejected, _chain, _pair, _work_left, check
from closedness.elaboration.naming import in_these_names, renamed_pattern
from closedness.elaboration.tables import one_table
from closedness.supports.product import SupportProduct
from tests.helpers.corpus import stored
from tests.helpers.proofs import closed
from tests.helpers.step_faults import used
from tests.second.checker import outcome


def pairs() -> dict[str, Any]:
    """The stored proofs about two factors."""
    found = {}
    for name, text in stored("valid").items():
        data = json.loads(text)
        factors = data["problem"].get("factors", []) if "kind" not in data["problem"] else []
        about = RULES[data["proof"][-1]["rule"]].about
        if data["claim"] == "closed" and len(factors) == 2 and "pair" in about:
            found[name] = data
    return found


PAIRS = pairs()


def nested(table: list[Any]) -> Any:
    """The proof with rules inside rules, and the steps below each of them in a table of its own."""
    nodes: list[Any] = []
    for position, flat in enumerate(table):
        node = dict(flat)
        below = table[: position + 1]
        for each in (node, *(node["types"] if node.get("rule") == "types" else ())):
            if "rule" in node and "then" in each:
                then = each.pop("then")
                each.update({"nodes": used(below[: then + 1])} if "do" in table[then] else {"then": nodes[then]})
        if node.get("rule") == "product":
            node["parts"] = [{**part, "then": nodes[part["then"]]} for part in node["parts"]]
        nodes.append(node)
    return nodes[-1]


def shuffled(data: Any, rng: random.Random, turned: bool) -> tuple[SupportProduct, Any]:
    """The problem with lines and hidden indices in another order, and the proof below a renaming of it."""
    left, right = data["problem"]["factors"]
    (m, r), n = left["shape"], right["shape"][1]
    rows, terms, columns = (rng.sample(range(size), size) for size in (m, r, n))
    x = [[int(terms[k] in left["rows"][rows[i]]) for k in range(r)] for i in range(m)]
    y = [[int(columns[j] in right["rows"][terms[k]]) for j in range(n)] for k in range(r)]
    if turned:
        x, y = [list(line) for line in zip(*y, strict=True)], [list(line) for line in zip(*x, strict=True)]
    names = {"rows": rows, "terms": terms, "columns": columns}
    if turned:
        names["rows"], names["columns"] = columns, rows
    maps = {key: [list(each) for each in enumerate(order)] for key, order in names.items()}
    return SupportProduct([x, y]), {"rule": "rename", **maps, "transposed": turned, "then": nested(data["proof"])}


@pytest.mark.parametrize("turned", [False, True], ids=["renamed", "transposed"])
@pytest.mark.parametrize("name", PAIRS)
def test_renamed_proofs_prove_the_renamed_problem(name: str, turned: bool) -> None:
    rng = random.Random(name)
    product, proof = shuffled(PAIRS[name], rng, turned)
    data = {
        **PAIRS[name],
        "problem": product.to_problem(),
        "problem_id": product.content_id,
        "proof": one_table(in_these_names(proof)),
    }
    assert check(data).reason == "every step holds"
    assert outcome(json.dumps(data)) == check(data).exit_code
    assert '"rule": "rename"' not in json.dumps(data)


def test_names_that_occur_below_a_renaming_only_do_not_meet_others() -> None:
    below = {"rule": "split", "term": 1, "parts": [[2, [0], [0]]], "then": {"rule": "crossing"}}
    maps = {"rows": [[0, 0]], "columns": [[0, 0]], "terms": [[2, 1], [5, 0]]}
    found = in_these_names({"rule": "rename", **maps, "transposed": False, "then": below})
    assert found["term"] == 2
    assert found["parts"][0][0] not in (2, 5)


@pytest.mark.parametrize(
    "change",
    [{"rows": [[0, 0], [1, 0]]}, {"columns": [[0, 0]]}, {"terms": [[0, 0], [1, 0]]}, {"rows": [[0, 0], [0, 1]]}],
)
def test_renamings_are_one_to_one(change: dict[str, Any]) -> None:
    _work_left.set([MAX_WORK])
    pattern = _pair(_chain(closed([1, 3], [1, 3], {})["problem"]["factors"], "factors"))
    same = [[0, 0], [1, 1]]
    node = {"rule": "rename", "rows": same, "columns": same, "terms": same, "transposed": False}
    assert renamed_pattern(node, pattern).terms == pattern.terms
    with pytest.raises(Rejected):
        renamed_pattern({**node, **change}, pattern)
