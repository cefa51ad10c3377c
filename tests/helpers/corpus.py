"""Stored certificates: how those of ``tests/certificates`` were made, and how to make them again.

``python -m tests.helpers.corpus`` rewrites the three directories, and the small ones of ``levels``. Valid certificates
come from `decide`, from the stratification search alone, from the rules that find limits, and from hand-written proofs
for the steps that these seldom need; each file of ``invalid`` and ``malformed`` is named for its fault.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from closedness import Support, SupportProduct, check, decide
from closedness.certificate import Certificate
from closedness.elaboration import elaborated
from closedness.elaboration.tables import flatten
from closedness.rules.strata.strata import StrataSearch
from closedness.supports.pattern import Pattern
from closedness.supports.state import State
from tests.helpers import (
    dense_faults,
    diagonal_faults,
    dominant_limit_faults,
    faults,
    frames_faults,
    model_certificates,
    rule_certificates,
)
from tests.helpers.proofs import BY_HAND, LU_CELLS, SQUARES, closed, lu, problem, version_2
from tests.second.checker import outcome

CERTIFICATES = Path(__file__).parent.parent / "certificates"
KINDS = ("valid", "invalid", "malformed")

# Types of rows and columns: bit k is set when hidden index k is used. Chosen so that `decide` uses every rule.
DECIDED: dict[str, tuple[list[int], list[int]]] = {
    "lu-2": ([1, 3], [1, 3]),
    "lu-3": ([1, 3, 7], [1, 3, 7]),
    "lu-4": ([1, 3, 7, 15], [1, 3, 7, 15]),
    "two-rows-and-their-sum": ([1, 2, 3], [3, 3]),
    "two-columns-and-their-sum": ([3, 3], [1, 2, 3]),
    "rank-one": ([1, 1, 1], [1, 1, 1]),
    "rank-two": ([3, 3, 3], [3, 3, 3]),
    "rank-one-plus-diagonal": ([3, 5, 9], [3, 5, 9]),
    "diagonal": ([1, 2, 4], [1, 2, 4]),
    "no-entry": ([1, 1], [2, 2]),
    "butterfly": ([3, 12, 3, 12], [5, 5, 10, 10]),
    "monarch": ([3, 3, 12, 12], [5, 10, 5, 10]),
    "pairs-of-three": ([3, 5, 6], [7, 7, 7]),
    "full-rows": ([7, 7], [13, 8, 14, 15]),
    "full-columns": ([5, 7], [7, 6, 5]),
    "full-split": ([4, 6, 2], [6, 1]),
    "full-split-columns": ([2, 5], [1, 5, 4]),
    "full-both": ([6, 3], [6, 7]),
    "full-product": ([15, 3], [7, 8, 3]),
    "full-product-columns": ([8, 7, 5], [15, 5, 13]),
    "full-product-split": ([13, 2, 6], [7, 8]),
    "full-product-split-columns": ([2, 5], [5, 1, 6]),
    "full-twice-product": ([11, 6], [6, 8, 7]),
    "full-split-nothing": ([6, 7, 6, 13], [14, 15]),
    "linear": ([15, 15, 9], [15, 5, 10]),
    "linear-full-split": ([7, 15, 12], [12, 7, 9]),
    "linear-twins": ([7, 10, 15], [13, 10, 7, 13]),
    "generic-rows": ([3, 5, 6], [3, 7]),
    "generic-columns": ([13, 11], [12, 5, 9]),
    "generic-split": ([1, 7, 15], [13, 6, 11]),
    "clear": ([11, 15, 9], [3, 7]),
    "clear-columns": ([15, 6], [14, 2, 6]),
    "clear-split": ([10, 15, 9], [7, 10, 13, 15]),
    "twin-rows": ([11, 1, 1, 15], [3, 7]),
    "twin-columns": ([15, 6], [4, 10, 4, 6]),
    "twin-rows-section": ([8, 10, 7, 8], [14, 10]),
    "twin-columns-section": ([12, 15, 14], [15, 10, 15, 15]),
    "rename": ([7, 3, 3, 1], [3, 7]),
    "rename-section": ([3, 6, 4], [6, 7]),
    "rename-split": ([3, 6, 13], [11, 12, 8, 3]),
    "section": ([8, 15, 5, 8], [5, 1, 12]),
    "section-product": ([10, 11, 7, 1], [11, 4, 3]),
    "section-columns": ([6, 7], [3, 6, 4, 7]),
    "extend-twins": ([2, 5, 7, 2], [7, 4, 7]),
    "extend-transposed": ([6, 4, 3, 7], [7, 7]),
    "extend-outside": ([6, 7, 7], [7, 3, 6]),
    "extend-after-full": ([6, 12, 3, 10], [15, 15]),
    "limit-nonzero": ([2, 3], [2, 3]),
    "limit-solve": ([5, 6, 3], [3, 4, 7]),
    "limit-solve-zero": ([7, 3, 5], [7, 1, 6]),
}
# proved by the stratification search alone, without reductions
SEARCHED: dict[str, tuple[list[int], list[int]]] = {
    "strata-rank-one": ([1, 1], [1, 1]),
    "strata-generic": ([2, 2], [1, 1]),
    "strata-generic-columns": ([1, 2], [2, 2]),
    "strata-clear-rows": ([1, 1, 2], [3, 2]),
    "strata-clear-columns": ([3, 6], [2, 1, 1]),
    "strata-rename": ([1, 1, 1, 2], [2, 3]),
    "strata-section": ([2, 6, 1], [2, 5, 1]),
    "strata-rank-two": ([3, 3, 3], [3, 3, 3]),
    "strata-adjugate": ([3, 7, 7], [3, 7, 7]),
    "strata-when": ([7, 10, 10], [3, 6, 10]),
    "strata-spend": ([15, 11, 15, 7], [11, 4, 15, 3]),
}

_SKIP_4 = [[i % 2, i % 2 + 2] for i in range(4)]
_PAIRS_4 = [[i // 2 * 2, i // 2 * 2 + 1] for i in range(4)]
# any number of factors, each as the columns of its rows, with the sizes
CHAINS: dict[str, tuple[list[int], list[list[list[int]]]]] = {
    "butterfly-8": (
        [8, 8, 8, 8],
        [
            [[i % 4, i % 4 + 4] for i in range(8)],
            [[i // 4 * 4 + i % 2, i // 4 * 4 + i % 2 + 2] for i in range(8)],
            [[i // 2 * 2, i // 2 * 2 + 1] for i in range(8)],
        ],
    ),
    "lu-three-factors": ([2, 2, 2, 2], [[[0], [0, 1]], [[0], [1]], [[0, 1], [1]]]),
    "dense": ([3, 2, 2, 3], [[[0, 1]] * 3, [[0, 1]] * 2, [[0, 1, 2]] * 2]),
    "fusion-columns": ([2, 2, 3, 3], [[[0, 1], []], [[0, 2], [0, 1, 2]], [[0, 1, 2], [0, 2], [2]]]),
    "fusion-rows": ([1, 2, 2, 3], [[[0, 1]], [[0], [0, 1]], [[0, 1, 2], [0, 1]]]),
    "orbits": ([4, 3, 3, 2], [[[0, 1, 2], [0, 1, 2], [0], []], [[], [0, 1, 2], [0]], [[0, 1], [0], [0]]]),
    "parts": ([2, 3, 4, 4], [[[], [0, 1, 2]], [[0, 2], [1], [0]], [[2], [1], [1], [3]]]),
    "peel-left": ([1, 2, 1, 3], [[[0]], [[0], []], [[2]]]),
    "peel-right": (
        [3, 3, 4, 4],
        [[[0, 1, 2], [0, 1, 2], [0, 1]], [[0, 1, 2, 3], [0], [0, 1]], [[0, 1], [], [0, 1, 2, 3], [0, 1, 2]]],
    ),
    "strata": (
        [2, 2, 2, 4, 4],
        [[[1], [0, 1]], [[0, 1], [0, 1]], [[0, 1, 2, 3], [0, 1, 2, 3]], [[2, 3], [0, 1], [1, 2, 3], [0, 2, 3]]],
    ),
    "layers": ([3] * 4, [[[1], [1, 2], [0, 1, 2]], [[0], [0, 1, 2], [1, 2]], [[0, 1, 2], [1, 2], [0, 1]]]),
    "layers-four": (
        [3] * 5,
        [[[0, 1, 2], [0, 2], [0, 1, 2]], [[2], [0, 1], [0, 1, 2]], [[1, 2], [0], [1, 2]], [[0, 2], [1], [1, 2]]],
    ),
    "limit-split": ([3, 3, 4, 3], [[[2], [0], [0, 1]], [[0, 1, 2, 3], [3], [3]], [[1], [0], [0], [1]]]),
    "limit-factor": (
        [3, 3, 4, 4],
        [[[0, 1, 2], [0, 1, 2], [2]], [[0, 2, 3], [3], [1, 2]], [[0, 1, 2, 3], [0, 1, 3], [2, 3], [0, 1]]],
    ),
    "limit-combine": (
        [3, 2, 3, 4, 2],
        [[[1], [0, 1], [0]], [[1, 2], [0, 1, 2]], [[0, 1, 3], [0, 1, 2, 3], [0, 1, 2]], [[0, 1]] * 4],
    ),
}

# a butterfly and its transpose, for two orders
CHAINS["kaleidoscope-4"] = ([4] * 5, [_SKIP_4, _PAIRS_4, _PAIRS_4, _SKIP_4])
CHAINS["kaleidoscope-8"] = ([8] * 7, [*CHAINS["butterfly-8"][1], *reversed(CHAINS["butterfly-8"][1])])

# of the matrix of order two
MINOR = [["1", [["a:0:0", 1], ["a:1:1", 1]]], ["-1", [["a:0:1", 1], ["a:1:0", 1]]]]

MORE_BY_HAND: dict[str, dict[str, Any]] = {
    "extend-row": closed([1], [1, 1], faults.extend([1], [], [0, [0, 1], [0, 1]])),
    "extend-new-index": closed([1, 2], [1, 2], faults.extend([2], [2], [0, [0, 2], [0]], [1, [1], [1]], [2, [2], [2]])),
    "rename-all": closed([1, 2], [3, 2], faults.rename([[0, 5], [1, 4]], [[0, 1], [1, 0]], [[0, 9], [1, 3]])),
    "rename-transposed": closed(
        [1, 2],
        [3, 2],
        {**faults.rename([[0, 1], [1, 0]], [[0, 1], [1, 0]], [[0, 1], [1, 0]]), "transposed": True},
    ),
    **{f"chain-{name}": data for name, data in faults.CHAINS_GOOD.items()},
    **dense_faults.GOOD,
    **{f"frames-{name}": data for name, data in frames_faults.GOOD.items()},
    **{f"diagonal-{name}": data for name, data in diagonal_faults.GOOD.items()},
    **{f"dominant-limit-{name}": data for name, data in dominant_limit_faults.GOOD.items()},
    "lu-merge": faults.LU_MERGE,
    "layers": faults.LAYERS_GOOD,
    "layers-dense": faults.DENSE_3_GOOD,
    "lu-combine": lu(faults.LU_COMBINE, LU_CELLS),
    "dominant": faults.dominant([], None),
    "linear-stages": faults.linear_hooks([], None),
    "regular": faults.regular([], None),
    "regular-nearly-zero": faults.closed(*faults.REGULAR_TYPES, faults.nearly(10**4)),
    "lu-squares": lu(faults.LU_SQUARES, LU_CELLS),
    "lu-squares-unit": lu(faults.LU_SQUARES_UNIT, LU_CELLS),
    "lu-derive": lu(faults.LU_DERIVE, LU_CELLS),
    "twins-by-hand": faults.TWINS_GOOD,
    "clear-by-hand": faults.UNEVEN_CLEAR,
    "spend-by-hand": faults.SPEND_GOOD,
    "spend-on-a-row": faults.SPEND_ROW,
    "vanishing": faults.rank_one(12, faults.VANISHING),
    "vanishing-complex": {**faults.rank_one(12, faults.VANISHING), "field": "complex"},
    "squares": faults.rank_one(12, SQUARES),
    "ideal": version_2(
        closed([1, 1], [1, 1], {"rule": "ideal", "polynomials": [MINOR], "engine": "z3 5.4.1", "answer": "unsat"})
    ),
    "dual-bases": closed([7, 7, 3], [7, 5, 3], faults.DUAL_BASES),
    "dual-bases-more-terms": closed([7, 6], [7, 3], faults.DUAL_BASES),
    "product-by-hand": closed([1, 2], [1, 2], faults.product(([0], faults.CROSSING), ([1], faults.CROSSING))),
}


def valid() -> Iterator[tuple[str, str]]:
    """The valid certificates with their names."""
    for name, certificate in proofs():
        if isinstance(certificate, Certificate):
            yield name, certificate.to_json()
        else:
            yield name, json.dumps(elaborated(certificate))


def proofs() -> Iterator[tuple[str, Certificate | dict[str, Any]]]:
    """The same with the proofs as the rules write them."""
    for name, types in DECIDED.items():
        verdict = decide(SupportProduct.from_problem(problem(*types)), last_resort=False)
        assert verdict.certificate is not None, name
        yield f"decide-{name}", verdict.certificate
    for name, (sizes, rows) in CHAINS.items():
        shapes = pairwise(sizes)
        factors = [Support.from_rows(shape, factor) for shape, factor in zip(shapes, rows, strict=True)]
        verdict = decide(SupportProduct(factors), last_resort=False)
        assert verdict.certificate is not None, name
        yield f"chain-{name}", verdict.certificate
    swapped = decide(SupportProduct.from_problem(problem([1, 3], [1, 3])), field="complex", last_resort=False)
    assert swapped.certificate is not None
    yield "decide-lu-2-complex", swapped.certificate
    for name, types in SEARCHED.items():
        product = SupportProduct.from_problem(problem(*types))
        tree = StrataSearch(5_000).closed(State.start(Pattern.of(product)))
        assert tree is not None, name
        proof = {"rule": "strata", "nodes": flatten(tree)}
        yield f"search-{name.removeprefix('strata-')}", Certificate.closed(product, "real", proof, {})
    for name, data in {**BY_HAND, **MORE_BY_HAND}.items():
        yield f"hand-{name}", data
    yield from model_certificates.valid().items()
    yield from rule_certificates.limits().items()


def stored(kind: str) -> dict[str, bytes]:
    """The stored certificates of one kind."""
    return {path.stem: path.read_bytes() for path in sorted((CERTIFICATES / kind).glob("*.json"))}


def steps(proof: list[Any]) -> set[str]:
    """The rules and steps that occur in a proof, with what distinguishes their variants."""
    return {f"{node.get('rule') or node['do']} {node.get('side', '')}".strip() for node in proof}


def write() -> None:
    """Make the corpora again."""
    texts = {
        "valid": {name: text.encode() + b"\n" for name, text in valid()},
        "invalid": {name: json.dumps(data).encode() + b"\n" for name, data in faults.INVALID.items()},
        "malformed": faults.MALFORMED,
    }
    for kind in KINDS:
        shutil.rmtree(CERTIFICATES / kind, ignore_errors=True)
        (CERTIFICATES / kind).mkdir(parents=True)
        for name, text in texts[kind].items():
            first, second = check(text).exit_code, outcome(text)
            expected = {"valid": (0, 3), "invalid": (1,), "malformed": (2,)}[kind]
            if first not in expected or second not in expected:
                raise SystemExit(f"{kind}/{name}: exit codes {first} and {second}")
            (CERTIFICATES / kind / f"{name}.json").write_bytes(text)
        print(f"{kind}: {len(texts[kind])} certificates, {sum(map(len, texts[kind].values()))} bytes")
    for name, data in rule_certificates.levels().items():
        (CERTIFICATES / "levels" / f"{name}.json").write_text(json.dumps(data) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
