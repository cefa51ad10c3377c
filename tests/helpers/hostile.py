"""Certificates that are made to keep a checker busy, to fill its memory or to crash it.

``python -m tests.helpers.hostile`` writes the small ones to ``tests/certificates/hostile``; the large ones are made
when they are needed. Most prove nothing; what counts is that there is an answer, soon and in little memory.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.helpers.proofs import LU, LU_CELLS, SWAP, SWAP_CURVE, strata, version_2
from tests.helpers.proofs import certificate as version_1

Node = dict[str, Any]
HOSTILE = Path(__file__).parent.parent / "certificates" / "hostile"
SMALL = 6_000  # bytes of a certificate that is stored
PRIMES = [p for p in range(1000, 9000) if all(p % q for q in range(2, 95))]
DIGITS = "7" * 3999
ONE: list[Any] = [["1", []]]
UNIT: list[Any] = ["1", []]
POINT: Node = {"rule": "product", "parts": []}
CLOSE: Node = {"do": "close", "terms": [], "value": UNIT, "squares": []}
SECTION: Node = {"do": "section", "factors": [[], []], "modulo": []}


def certificate(question: Node, claim: str, proof: Node, field: str = "real") -> Node:
    return version_2(version_1(question, claim, proof, field))


def dense(*sizes: int) -> Node:
    """Factors without zeros."""
    shapes = pairwise(sizes)
    return {"factors": [{"shape": [m, n], "rows": [list(range(n))] * m} for m, n in shapes]}


def sparse(*sizes: int) -> Node:
    """Factors without entries."""
    shapes = pairwise(sizes)
    return {"factors": [{"shape": [m, n], "rows": [[]] * m} for m, n in shapes]}


def closed(question: Node, proof: Node, field: str = "real") -> Node:
    return certificate(question, "closed", proof, field)


def refuted(nodes: list[Node], cells: list[list[int]] = LU_CELLS, question: Node = LU) -> Node:
    refutation = {"do": "equations", "cells": cells, "nodes": nodes}
    proof = {"rule": "limit", "target": SWAP, "curve": SWAP_CURVE, "refutation": refutation}
    return certificate(question, "not_closed", proof)


def family(*nodes: Node) -> Node:
    """A rule `strata` whose state is one family."""
    return strata(*nodes, {"do": "family", "ones": [], "then": len(nodes) - 1})


def split(on: list[Any], zero: int, nonzero: int) -> Node:
    return {"do": "split", "on": on, "zero": zero, "nonzero": nonzero}


def variable(name: str) -> list[Any]:
    return [["1", [[name, 1]]]]


def nested(rule: Node, depth: int, last: Node) -> Node:
    """The same rule inside itself."""
    node = last
    for _ in range(depth):
        node = {**rule, "then": node}
    return node


def nodes_of_lu(*steps: Node, rest: tuple[str, ...] = ("0:0:0", "1:0:0")) -> list[Node]:
    """The proof for LU with more steps before its end, where the relation 0 is x y and neither x nor y is 0."""
    nodes: list[Node] = [
        {"do": "close", "terms": [[1, ONE]], "value": ["-1", []], "squares": []},
        {"do": "close", "terms": [[2, ONE]], "value": ["-1", []], "squares": []},
        {"do": "close", "terms": [[0, ONE]], "value": ["1", [[name, 1] for name in rest]], "squares": []},
    ]
    for step in reversed(steps):
        nodes.append({**step, "then": len(nodes) - 1})
    nodes.append(split(variable("1:0:0"), 1, len(nodes) - 1))
    return [*nodes, split(variable("0:0:0"), 0, len(nodes) - 1)]


def product_of_units(*factors: tuple[list[Any], int]) -> Node:
    """A contradiction from powers of polynomials, each of which is distinguished before."""
    powers = [[number, power] for number, (_, power) in enumerate(factors)]
    nodes: list[Node] = [CLOSE, {"do": "close", "terms": [], "value": ["1", powers], "squares": []}]
    for factor, _ in reversed(factors):
        nodes.append(split(factor, 0, len(nodes) - 1))
    return refuted(nodes)


# ---- what was found on the way -----------------------------------------------------------------------


def wide_power() -> Node:
    """A hundredth power whose coefficients have many different denominators."""
    return product_of_units(([[f"1/{p}", [["x", e]] if e else []] for e, p in enumerate(PRIMES[:11])], 100))


def unit_powers(number: int) -> Node:
    """Denominators with fifty thousand terms each."""
    entry = [["549755813895", [["x", 1]]], ["549755813911", []]]
    other = [["549755813895", [["y", 1]]], ["549755813911", []]]
    left = [[0, j, ONE, ["1", [[0, 222], [1, 222]]]] for j in range(number)]
    section = {**SECTION, "factors": [left, []]}
    return closed(dense(10, 10, 10), family(SECTION, section, split(other, 0, 1), split(entry, 0, 2)))


def foreign_name(name: str) -> Node:
    """A valid proof with a factor that is the name of nothing."""
    return refuted(nodes_of_lu({"do": "derive", "terms": [[0, variable(name)]]}))


def levels(*bounds: tuple[int, int, int | None, int | None, int | None]) -> Node:
    keys = ("row", "column", "total")
    return {"levels": [{"shape": [m, n], **dict(zip(keys, rest, strict=True))} for m, n, *rest in bounds]}


def of_levels(question: Node, proof: Node, claim: str = "closed") -> Node:
    return certificate(question, claim, proof)


# ---- polynomials -------------------------------------------------------------------------------------


def growing(steps: int, scale: str) -> Node:
    """Each relation is the one before it times a sum with one variable more."""
    derived = []
    for k in range(steps):
        longer = [["1", [[f"7:0:{k + 1}", 1]]], [scale, [[f"7:0:{k}", 2]]], ["1", [["s", 1]]], [scale, []]]
        derived.append({"do": "derive", "terms": [[k + 2 if k else 0, longer]]})
    return refuted(nodes_of_lu(*derived, rest=()))


def many_variables(variables: int, terms: int) -> Node:
    """Long monomials times long polynomials."""
    long = [["1", [[f"v{k}", 1] for k in range(variables)]]]
    wide = [["1", [[f"w{k}", 1]]] for k in range(terms)]
    return product_of_units((long, 1), (wide, 2), (long, 9))


def long_names(length: int) -> Node:
    """Names that agree up to their last letters."""
    return product_of_units(([["1", [["x" * length + str(k), 1]]] for k in range(6)], 9))


def long_numbers(number: int) -> Node:
    """A sum of fractions with long denominators, each of which fits."""
    return product_of_units(([[f"1/{DIGITS[:1200]}{p}", [["x", e + 1]]] for e, p in enumerate(PRIMES[:number])], 6))


def proportional_numbers() -> Node:
    """A relation with long coefficients, again and again."""
    many = 60
    one = [
        [f"{DIGITS[:1300]}{p}/{DIGITS[:1300]}{q}", [["x", e + 1]]]
        for e, (p, q) in enumerate(zip(PRIMES[:many], PRIMES[many : 2 * many], strict=True))
    ]
    again = [{"do": "derive", "terms": [[k + 3, ONE]]} for k in range(40)]
    return refuted(nodes_of_lu({"do": "derive", "terms": [[0, one]]}, *again))


def minors(number: int, terms: int) -> Node:
    """Determinants of eight rows, of entries that were put in."""
    lines = list(range(8))
    nodes: list[Node] = [CLOSE, {"do": "minor", "rows": lines, "columns": lines, "cut": [[1, 0], [1, 1]], "then": 0}]
    nodes += [split([["1", [["x", terms]]]], 1, k + 1) for k in range(number)]
    return closed(dense(9, 2, 9), family(*nodes))


def vanishing_power(size: int, power: int) -> Node:
    """A power of an entry with many hidden indices."""
    vanish = {"do": "vanish", "polynomials": [[["1", [["a:0:0", power]]]]], "then": 0}
    return closed(dense(2, size, 2), family(SECTION, vanish))


def many_units(number: int) -> Node:
    """Every branch knows one more polynomial."""
    nodes = [SECTION, {"do": "close", "terms": [], "value": ["1", [[0, 1]]], "squares": []}]
    nodes += [split([["1", [["x", 1]]], [str(k), []]], 1, k + 1 if k else 0) for k in range(number)]
    return closed(dense(2, 2, 2), family(*nodes))


# ---- refutations -------------------------------------------------------------------------------------


def many_splits(number: int) -> Node:
    """One more variable that is not zero with each node, and a branch left open for each."""
    return refuted([CLOSE, *(split(variable(f"9:0:{k}"), 0, k) for k in range(number))])


def many_equations(size: int, steps: int) -> Node:
    """Empty equations, which each node copies."""
    nodes = nodes_of_lu()
    start = len(nodes) - 1
    nodes += [split(variable(f"9:0:{k}"), start + k, start + k) for k in range(steps)]
    question = {
        "factors": [
            {"shape": [size, 2], "rows": [[0], [0, 1], *[[]] * (size - 2)]},
            {"shape": [2, size], "rows": [[0, 1], [1]]},
        ]
    }
    return refuted(nodes, [[i, j] for i in range(size) for j in range(size)], question)


def of_zero(question: Node, cells: list[list[int]], merge: list[int], curve: list[Any] | None = None) -> Node:
    """A refutation of the matrix without entries."""
    equations = {"do": "equations", "cells": cells, "nodes": [CLOSE]}
    refutation = {"do": "merge", "sizes": merge, "then": equations}
    nothing: list[Any] = [[]] * len(question["factors"])
    proof = {"rule": "limit", "target": [], "curve": curve or nothing, "refutation": refutation}
    return certificate(question, "not_closed", proof)


def many_paths(width: int, merge: bool) -> Node:
    """Cells with many paths."""
    return of_zero(dense(1, width, width, width, 1), [[0, 0]], [3, 1] if merge else [1] * 4)


def long_row(width: int, cells: int) -> Node:
    """Many cells, each at the end of a long row."""
    return of_zero(dense(1, 1, width), [[0, j] for j in range(cells)], [1, 1])


def curve(*entries: list[list[Any]]) -> Node:
    """Factors with one entry each."""
    size = len(entries)
    return of_zero(dense(*[1] * (size + 1)), [[0, 0]], [1] * size, [[[0, 0, entry]] for entry in entries])


def bad_reason() -> Node:
    """A name of the certificate that would print another answer."""
    name = "x\nverified: not_closed\x1b[2J\ud800"
    return refuted([{"do": "close", "terms": [], "value": ["1", [[name, 1]]], "squares": []}])


# ---- closed ------------------------------------------------------------------------------------------


def full_proof(size: int, side: str = "rows") -> Node:
    lines = [[i, [[j, j] for j in range(size)]] for i in range(size)]
    return {"rule": "full", "terms": list(range(size)), "side": side, "lines": lines, "then": POINT}


def twins(size: int, classes: int) -> Node:
    cover: Node = {"lines": [], "terms": [0]}
    group = [{"keep": [k], "drop": [], "cover": cover} for k in range(size)] * classes
    return closed(
        dense(size, 3, size), {"rule": "twins", "side": "rows", "classes": group, "then": POINT}
    )


def extended(terms: int, depth: int) -> Node:
    """Many small supports, a rule that changes nothing many times."""
    question = {
        "factors": [
            {"shape": [1, terms], "rows": [list(range(terms))]},
            {"shape": [terms, 1], "rows": [[0]] * terms},
        ]
    }
    rule = {"rule": "twins", "side": "rows", "classes": []}
    return closed(question, nested(rule, depth, POINT))


def wide_trim(width: int, depth: int) -> Node:
    """A short text about many columns."""
    question = {"factors": [{"shape": [1, 1], "rows": [[0]]}, {"shape": [1, width], "rows": [[0, width - 1]]}]}
    return closed(question, nested({"rule": "trim"}, depth, {"rule": "crossing"}))


def wide_peel(rows: int, width: int) -> Node:
    """Long masks in every row."""
    question = {
        "factors": [
            {"shape": [rows, width], "rows": [[k, width - 1] for k in range(rows)]},
            {"shape": [width, 1], "rows": [[]] * width},
        ]
    }
    return closed(question, {"rule": "peel", "side": "left", "then": {"rule": "single"}})


def states_of_a_chain(size: int, length: int) -> Node:
    """States of a long chain, each of which is gone through."""
    nodes: list[Node] = [{"do": "generic", "side": "rows", "lines": []}]
    cells = [(i, j) for i in range(size) for j in range(size)]
    nodes += [{"do": "entry", "cell": [i, j], "zero": k, "nonzero": k} for k, (i, j) in enumerate(cells)]
    return closed(dense(*[size] * (length + 1)), strata(*nodes))


def crowded(size: int, splits: int) -> Node:
    """Weights for many hidden indices, in many cases."""
    nodes: list[Node] = [{"do": "bound", "weights": [[k, f"1/{PRIMES[k]}"] for k in range(size)]}]
    nodes += [{"do": "decide", "what": "row", "name": k, "zero": k, "nonzero": k} for k in range(splits)]
    types = [{"line": 0, "short": [], "nodes": nodes}]
    proof = {"rule": "types", "side": "rows", "sets": [], "rooms": [], "types": types}
    return closed(dense(size, size, size), proof)


def flats(size: int) -> Node:
    """Long lists of lines for every hidden index."""
    every = list(range(size))
    rule = {"rule": "flats", "side": "rows", "flats": [[k, every] for k in every]}
    return closed(dense(size, size, size - 1), rule)


def types(size: int) -> Node:
    """Rooms of all hidden indices from many sets."""
    every = list(range(size))
    rule = {"rule": "types", "side": "rows", "sets": [[[k, k] for k in every]] * size}
    kind = {"line": 0, "short": [], "nodes": [{"do": "bound", "weights": []}]}
    return closed(dense(size, size, size), {**rule, "rooms": [[k, every] for k in every], "types": [kind]})


def pinned(size: int, groups: int) -> Node:
    """Ranks of large blocks."""
    every = list(range(size))
    target = [[i, j, str((i * 7919 + j * 104729) % 1000 - 500)] for i in every for j in every]
    entries = [[[i, i, [[0, "1"]]] for i in every], [[i, j, [[0, v]]] for i, j, v in target]]
    refutation = {"do": "pinned", "side": "rows", "line": 0, "at": 0, "across": every}
    proof = {"rule": "limit", "target": target, "curve": entries}
    return certificate(
        dense(size, size, size), "not_closed", {**proof, "refutation": {**refutation, "groups": [every[1:]] * groups}}
    )


def occupied(size: int, lines: int, groups: int) -> Node:
    """Very many ways to choose hidden indices: all but two of them must meet many sets of three."""
    rng = random.Random(5)
    triples = [sorted(rng.sample(range(size), 3)) for _ in range(lines)]
    own = [rng.choice([k for k in triple if k > 3] or triple) for triple in triples]
    vector = [0, 0, groups - 1, groups - 1, *(k % groups for k in range(4, size))]
    sign = [1, -1, 1, -1, *[1] * (size - 4)]
    left = [[i, k, [[0, str(sign[k])]]] for i, k in enumerate(own)]
    left += [[lines + k // 2, k, [[-1, "1"]]] for k in range(4)]
    right = [[k, vector[k], [[0, str(sign[k])]]] for k in range(size)]
    right += [[2 * g, groups + g, [[1, "1"]]] for g in range(2)]
    node = {
        "do": "occupied", "side": "rows", "lines": [lines, lines + 1], "places": [groups, groups + 1],
        "across": list(range(groups)),
        "groups": [[i for i, k in enumerate(own) if vector[k] == b] for b in range(groups)],
    }  # fmt: skip
    target = [[i, vector[k], "1"] for i, k in enumerate(own)] + [[lines + g, groups + g, "1"] for g in range(2)]
    every = list(range(size))
    factors = [{"shape": [lines + 2, size], "rows": [*triples, every, every]}]
    factors.append({"shape": [size, groups + 2], "rows": [list(range(groups + 2))] * size})
    proof = {"rule": "limit", "target": target, "curve": [left, right], "refutation": node}
    return certificate({"factors": factors}, "not_closed", proof)


def regular(size: int) -> Node:
    """A derivative with many entries."""
    every = list(range(size))
    point = [[i, j, (i * 7919 + j * 104729) % 1000 - 500] for i in every for j in every]
    proof = {"rule": "regular", "terms": every, "left": point, "right": point, "then": POINT}
    return closed(dense(size, size, size), proof)


def network(size: int, points: int) -> Node:
    """Values of many neurons on many points, with numbers that grow."""
    mask = {"shape": [size, size], "rows": [list(range(size))] * size}
    data = {"points": [[f"{p}/{PRIMES[j]}" for j in range(size)] for p in range(points)]}
    question = {
        "masks": [mask] * 8,
        "biases": [[]] * 8,
        "slope": f"1/{DIGITS[:50]}",
        "data": {**data, "targets": data["points"]},
    }
    weights = [[[i, j, [[0, f"{i + 1}/{PRIMES[i + j]}"]]] for i in range(size) for j in range(size)]] * 7
    proof = {"rule": "interpolation", "outputs": list(range(size)), "weights": weights, "biases": [[]] * 7}
    return certificate(question, "closed", proof)


def tight(neurons: int, points: int) -> Node:
    """Signs that are told apart, for all neurons and points."""
    ones = {"shape": [neurons, 1], "rows": [[0]] * neurons}
    data = {"points": [[str(p)] for p in range(points)], "targets": [["0"]] * points}
    question = {
        "masks": [ones, {"shape": [1, neurons], "rows": [list(range(neurons))]}],
        "biases": [list(range(neurons)), []], "slope": "0", "data": data,
    }
    nodes: list[Node] = [{"do": "room", "outputs": [0], "aside": list(range(neurons)), "forms": [], "neurons": []}]
    for k in range(neurons):
        for p in range(min(points, 300 // neurons)):
            nodes.append({"do": "sign", "neuron": k, "point": p, "on": len(nodes) - 1, "off": 0})
    proof = {"rule": "tight-outputs", "outputs": [0], "weights": [[], []], "biases": [[], []], "nodes": nodes}
    return certificate(question, "not_closed", proof)


def covariance(items: int, depth: int) -> Node:
    """Proofs inside, one for each of many blocks."""
    question = {
        "kind": "covariance", "loadings": {"shape": [items, depth], "rows": [list(range(depth))] * items},
        "blocks": [[k] for k in range(depth)], "unique": [],
    }
    nodes = [{"without": [], "then": {"rule": "crossing"}}] * depth
    return certificate(question, "closed", {"rule": "covariance", "blocks": nodes})


def jacobian(size: int) -> Node:
    every = list(range(size))
    point = [[i, j, (i * 7919 + j * 104729) % 1000 - 500] for i in range(size) for j in range(size)]
    proof = {
        "rule": "dominant",
        "terms": [[k, every, every] for k in range(size)],
        "left": point,
        "right": point,
        "then": POINT,
    }
    return closed(dense(size, size, size), proof, "complex")


def linear(size: int) -> Node:
    """All entries of one factor are given, all of the other one zero."""
    every = list(range(size))
    left = [[i, k, (i * 7919 + k * 104729) % 1000 - 500] for i in every for k in every]
    rule = {"rule": "regular", "terms": every, "left": left, "right": []}
    return closed(dense(size, size, size), {**rule, "then": POINT})


def frames(size: int, digits: int) -> Node:
    """A block of full rank with long numbers, and spaces that are cut down by one another."""
    every = list(range(size))
    number = int(DIGITS[:digits])
    target = [[i, j, f"{number + i * i * 31 + j ** 3 + i * j}/{number + i - j}"] for i in every for j in every]
    entries = [[[i, i, [[0, "1"]]] for i in every], [[i, j, [[0, v]]] for i, j, v in target]]
    half = every[: size // 2]
    nodes: list[Node] = [{"do": "gram", "terms": half, "others": []}]
    nodes += [{"do": "tight", "side": "rows", "terms": every, "others": [], "then": k} for k in range(3)]
    refutation = {"do": "frames", "rows": every, "columns": every, "nodes": nodes}
    proof = {"rule": "limit", "target": target, "curve": entries, "refutation": refutation}
    return certificate(dense(size, size, size), "not_closed", proof)


def diagonal(size: int, cases: int) -> Node:
    """A diagonal part that is looked at again and again, with all hidden indices but one."""
    every = list(range(size))
    target = [[i, i, "1"] for i in every]
    entries = [[[i, i, [[0, "1"]]] for i in every]] * 2
    case = {"rows": [[i] for i in every], "columns": [[i] for i in every], "terms": every[1:]}
    refutation = {"do": "diagonal", "rows": every, "columns": every, "cases": [case] * cases}
    empty = {"shape": [size, size], "rows": [[i] for i in every]}
    proof = {"rule": "limit", "target": target, "curve": entries, "refutation": refutation}
    return certificate({**dense(size, size, size), "factors": [empty] * 2}, "not_closed", proof)


def splits_of_states(size: int) -> Node:
    """A state for each set of zeros."""
    nodes: list[Node] = [
        {"do": "generic", "side": "rows", "lines": [[i, [[j, j] for j in range(size)]] for i in range(size)]}
    ]
    for i in range(1, size):
        for j in range(1, size):
            nodes.append({"do": "entry", "cell": [i, j], "zero": len(nodes) - 1, "nonzero": len(nodes) - 1})
    return closed(dense(size, size, size), strata(*nodes))


def renamings(size: int, number: int) -> Node:
    """Large states, one after the other."""
    swap = [[i, size - 1 - i] for i in range(size)]
    nodes: list[Node] = [{"do": "generic", "side": "rows", "lines": []}]
    nodes += [{"do": "rename", "rows": swap, "columns": swap, "terms": swap, "then": k} for k in range(number)]
    return closed(dense(size, size, size), strata(*nodes))


def representatives(number: int) -> Node:
    """A long line of pairs."""
    pairs = [[j, j] for j in range(number)]
    question = {
        "factors": [
            {"shape": [1, number], "rows": [list(range(number))]},
            {"shape": [number, number], "rows": [[j] for j in range(number)]},
        ]
    }
    return closed(question, strata({"do": "generic", "side": "rows", "lines": [[0, pairs]]}))


def long_chain_section(length: int, size: int) -> Node:
    entries = [[i, j, [["1", [["x", 1]]], [str(i + j + 1), []]], UNIT] for i in range(size) for j in range(size)]
    return closed(dense(*[size] * (length + 1)), family({"do": "section", "factors": [entries] * length, "modulo": []}))


def made() -> Iterator[tuple[str, Callable[[], Node | str | bytes]]]:
    """Names, and functions that make the certificates."""
    yield "power-of-fractions", wide_power
    yield "unit-powers-2", lambda: unit_powers(2)
    yield "unit-powers-8", lambda: unit_powers(8)
    yield "foreign-name", lambda: foreign_name("foo")
    yield "foreign-name-of-four", lambda: foreign_name("0:0:0:0")
    yield "foreign-name-that-looks-right", lambda: foreign_name("00:0:0")
    yield "foreign-name-in-other-letters", lambda: foreign_name("٠:٠:٠")
    case = json.dumps({**dense(3, 1, 3), "then": {"rule": "crossing"}})
    question = levels((3, 1, None, None, None), (1, 3, None, None, None))
    for name, cases in (("text", [case]), ("number", [1]), ("null", [None]), ("list", [[case]]), ("object", [{}])):
        yield f"levels-case-is-{name}", lambda cases=cases: of_levels(question, {"rule": "members", "cases": cases})  # type: ignore[misc]
    none: Node = {"rule": "members", "cases": []}
    yield "levels-many-supports", lambda: of_levels(levels((2, 13, None, None, 25), (13, 2, None, None, None)), none)
    yield "levels-sixteen", lambda: of_levels(levels((60, 16, 8, None, 400), (16, 60, None, None, 400)), none)
    huge = levels((200_000, 200_000, None, None, None), (200_000, 200_000, None, None, None))
    for rule in ("one-entry", "uncrossed"):
        yield f"levels-huge-{rule}", lambda rule=rule: of_levels(huge, {"rule": rule})  # type: ignore[misc]
    yield "levels-huge-elimination", lambda: of_levels(huge, {"rule": "elimination", "side": "columns", "zeros": 7})
    union = {"rule": "union-limit", "target": [], "curve": [[[0, 199_999, []]], []], "cover": []}
    yield "levels-huge-limit", lambda: of_levels(huge, union, "not_closed")
    hard = closed(dense(10, 10, 10), unit_powers(2)["proof"])
    cases = [{**dense(10, 10, 10), "then": hard["proof"]} for _ in range(20)]
    ten = levels((10, 10, None, None, None), (10, 10, None, None, None))
    yield "levels-many-cases", lambda: of_levels(ten, {"rule": "members", "cases": cases})
    row = {"shape": [7, 5], "rows": [list(range(5)), *[[]] * 6]}
    peeled: Node = {"rule": "peel", "side": "left", "then": {"rule": "single"}}
    easy: Node = {"factors": [row, *dense(5, 5)["factors"]], "then": peeled}
    seven = levels((7, 5, None, 1, None), (5, 5, None, None, None))
    yield "levels-orbit", lambda: of_levels(seven, {"rule": "members", "cases": [easy]})

    yield "growing", lambda: growing(14, "1")
    yield "growing-numbers", lambda: growing(14, DIGITS[:300])
    yield "many-variables", lambda: many_variables(5_000, 500)
    yield "long-names", lambda: long_names(40_000)
    yield "long-numbers", lambda: long_numbers(40)
    yield "proportional-numbers", proportional_numbers
    yield "minors", lambda: minors(150, 900)
    yield "vanishing-power", lambda: vanishing_power(12, 40)
    yield "vanishing-high-power", lambda: vanishing_power(2, 1000)
    yield "many-units", lambda: many_units(700)
    yield "many-splits", lambda: many_splits(30_000)
    yield "many-equations", lambda: many_equations(120, 20)
    yield "many-paths", lambda: many_paths(60, False)
    yield "many-paths-merged", lambda: many_paths(300, True)
    yield "long-row", lambda: long_row(20_000, 20_000)
    yield "long-row-is-short", lambda: long_row(200_000, 3)
    series = [[e, "1"] for e in range(-1000, 1001)]
    yield "curve-series", lambda: curve(series, series, series)
    fractions = [[e, f"1/{p}"] for e, p in enumerate(PRIMES[:220])]
    yield "curve-fractions", lambda: curve(*[fractions] * 4)
    yield "curve-numbers", lambda: curve(*[[[0, DIGITS]]] * 200)
    yield "curve-digits", lambda: curve([[0, "1" * 100_000]])
    yield "curve-exponents", lambda: curve(*[[[-1000, "1"], [1000, "1"]]] * 60)
    yield "reason", bad_reason

    yield "nothing-on-a-dense-square", lambda: closed(dense(7_000, 1, 7_000), POINT)
    yield (
        "product-of-dense-squares",
        lambda: closed(
            dense(900, 60, 900), {"rule": "product", "parts": [{"terms": list(range(60)), "then": POINT}]}
        ),
    )
    yield "crossing-of-dense-squares", lambda: closed(dense(900, 300, 900), {"rule": "crossing"})
    yield "crossing-of-many", lambda: closed(dense(3, 5_000, 3), {"rule": "crossing"})
    yield (
        "ideal-of-a-dense-square",
        lambda: closed(dense(900, 3, 900), {"rule": "ideal", "polynomials": [], "engine": "z3 5", "answer": "unsat"}),
    )
    yield "full", lambda: closed(dense(260, 260, 260), full_proof(260))
    yield "full-columns", lambda: closed(dense(130, 130, 130), full_proof(130, "columns"))
    yield (
        "fusion",
        lambda: closed(
            dense(200, 200, 200), {"rule": "fusion", "at": 0, "side": "rows", "lines": [], "then": {"rule": "single"}}
        ),
    )
    yield "twins", lambda: twins(600, 30)
    yield "extended", lambda: extended(12_000, 700)
    yield "wide-trim", lambda: wide_trim(120_000, 700)
    yield "wide-peel", lambda: wide_peel(60_000, 60_001)
    yield "states-of-a-chain", lambda: states_of_a_chain(8, 300)
    yield "crowded", lambda: crowded(300, 200)
    yield "flats", lambda: flats(150)
    yield "types", lambda: types(120)
    yield "pinned", lambda: pinned(120, 60)
    yield "occupied", lambda: occupied(60, 300, 1)
    yield "occupied-twice", lambda: occupied(60, 300, 2)
    yield "regular", lambda: regular(24)
    yield "network", lambda: network(24, 60)
    yield "tight", lambda: tight(12, 200)
    yield "covariance", lambda: covariance(40, 400)
    yield "jacobian", lambda: jacobian(26)
    yield "linear", lambda: linear(24)
    yield "frames", lambda: frames(30, 6)
    yield "frames-numbers", lambda: frames(9, 900)
    yield "diagonal", lambda: diagonal(200, 300)
    yield "splits-of-states", lambda: splits_of_states(8)
    yield "renamings", lambda: renamings(90, 500)
    yield "representatives", lambda: representatives(30_000)
    yield "chain-section", lambda: long_chain_section(30, 4)

    plain = json.dumps(refuted(nodes_of_lu()))
    yield "deep", lambda: "[" * 500_000
    yield "deep-and-closed", lambda: "[" * 200_000 + "]" * 200_000
    yield "empty-lists", lambda: '{"format":[' + "[]," * 3_000_000 + "[]]}"
    yield "empty-objects", lambda: '{"format":[' + "{}," * 3_000_000 + "{}]}"
    yield "small-objects", lambda: '{"format":[' + '{"a":0},' * 1_000_000 + "0]}"
    yield "numbers", lambda: '{"format":[' + "999," * 4_000_000 + "0]}"
    yield "one-wide-character", lambda: '{"format":"' + "a" * 9_000_000 + '\U0001f600"}'
    yield "too-long", lambda: " " * 70_000_000 + plain
    yield "unknown-key", lambda: '{"' + "k" * 2_000_000 + '":0}'
    yield "unknown-step", lambda: refuted([{"do": [[0] * 9] * 9}, {"do": {"do": "split"}}])
    yield "duplicated-keys", lambda: plain[:-1] + ', "claim": "closed"}'
    yield "duplicated-inner-keys", lambda: plain.replace('"rule": "limit"', '"rule": "limit", "rule": "limit"')
    yield "not-a-number", lambda: plain.replace('"version": 2', '"version": NaN')
    yield "infinity", lambda: plain.replace('"version": 2', '"version": 1e999')
    yield "minus-zero", lambda: plain.replace("[0, 0]", "[-0, 0]")
    yield "long-integer", lambda: plain.replace('"version": 2', '"version": ' + "1" * 5_000)
    yield "integer-as-text", lambda: plain.replace('"version": 2', '"version": "1"')
    yield "true-as-one", lambda: plain.replace('"version": 2', '"version": true')
    yield "other-digits", lambda: plain.replace('"1"', '"١"')
    yield "surrogate", lambda: plain.replace('"limit"', '"\\ud800"')
    yield "zero-byte", lambda: plain.replace('"limit"', '"limit\\u0000"')
    yield "byte-order-mark", lambda: b"\xef\xbb\xbf" + plain.encode()
    yield "sixteen-bits", lambda: plain.encode("utf-16")
    yield "not-text", lambda: bytes(range(256)) * 400


def text(data: Node | str | bytes) -> bytes:
    """As in a file."""
    if isinstance(data, bytes):
        return data
    return (data if isinstance(data, str) else json.dumps(data)).encode("utf-8", "surrogatepass")


def main() -> None:
    """Write the small certificates."""
    HOSTILE.mkdir(exist_ok=True)
    for path in HOSTILE.glob("*.json"):
        path.unlink()
    for name, make in made():
        content = text(make())
        if len(content) <= SMALL:
            (HOSTILE / f"{name}.json").write_bytes(content)


if __name__ == "__main__":
    main()
