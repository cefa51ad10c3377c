"""The shape of every certificate: problems, rules, refutations and steps, with their keys.

What is read here is well-formed; whether it proves anything is for the other modules to say.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import Any, NamedTuple

from tests.second.reading import (
    Node,
    Reader,
    Shape,
    boolean,
    distinct,
    either,
    engine,
    fields,
    fixed,
    integer,
    keyed,
    many,
    mapping,
    name,
    number,
    or_null,
    polynomial,
    text,
    wellformed,
    word,
)

INDEX = integer(0)
LINES = distinct(INDEX)
CELL = fixed(INDEX, INDEX)
INTEGER = integer(-(10**9))
SIDE = word("rows", "columns")
ENTRIES = mapping(2, INDEX, INDEX, INTEGER)
NUMBERS = mapping(1, INDEX, number)
LAURENT = mapping(1, integer(-1000, 1000), number)
CURVE = many(mapping(2, INDEX, INDEX, LAURENT))
PAIRS = many(CELL)
CHOSEN = mapping(1, INDEX, mapping(1, INDEX, INDEX))  # lines, with hidden indices for crossing lines
NAMES = mapping(1, INDEX, INDEX)
BICLIQUES = mapping(1, INDEX, LINES, LINES)
COMBINATION = many(fixed(INDEX, polynomial))


UNITS = fixed(number, many(fixed(either(INDEX, name), integer(1, 1000))))


def below(raw: Any, reader: Reader) -> Node:
    """An earlier node of the table, by its position."""
    wellformed(type(raw) is int and 0 <= raw < len(reader.nodes), "a node refers to no earlier one")
    reader.below.append(reader.nodes[raw])
    return reader.nodes[raw]


STEPS: dict[str, dict[str, Shape]] = {
    # of targets
    "merge": {"sizes": many(integer(1)), "then": below},
    "equations": {"cells": PAIRS, "then": below},
    "pinned": {"side": SIDE, "line": INDEX, "at": INDEX, "across": LINES, "groups": many(LINES)},
    "occupied": {"side": SIDE, "lines": LINES, "places": LINES, "across": many(INDEX), "groups": many(LINES)},
    "frames": {"rows": LINES, "columns": LINES, "then": below},
    "diagonal": {
        "rows": LINES, "columns": LINES,
        "cases": many(fields(rows=many(LINES), columns=many(LINES), terms=many(INDEX))),
    },
    # of systems
    "split": {"on": polynomial, "zero": below, "nonzero": below},
    "derive": {"terms": COMBINATION, "then": below},
    "close": {"terms": COMBINATION, "value": UNITS, "squares": many(fixed(number, polynomial))},
    # of families
    "vanish": {"polynomials": many(polynomial), "then": below},
    "minor": {"rows": many(INDEX), "columns": many(INDEX), "cut": many(CELL), "then": below},
    "section": {
        "factors": many(mapping(2, INDEX, INDEX, polynomial, UNITS)),
        "modulo": mapping(2, INDEX, INDEX, UNITS, COMBINATION),
    },
    # of strata
    "entry": {"cell": CELL, "zero": below, "nonzero": below},
    "clear": {"side": SIDE, "pivot": CELL, "lines": LINES, "then": below},
    "spend": {"term": INDEX, "pivot": CELL, "rows": LINES, "columns": LINES, "then": below},
    "rename": {"rows": NAMES, "columns": NAMES, "terms": NAMES, "then": below},
    "generic": {"side": SIDE, "lines": CHOSEN},
    "family": {"ones": PAIRS, "then": below},
    # of frames
    "tight": {"side": SIDE, "terms": LINES, "others": LINES, "then": below},
    "gram": {"terms": LINES, "others": LINES},
    "either": {"term": INDEX, "other": INDEX, "rows": below, "columns": below},
    # of types
    "decide": {"what": word("row", "term"), "name": INDEX, "zero": below, "nonzero": below},
    "bound": {"weights": NUMBERS},
    # of solved-lines
    "dependent": {"lines": LINES, "then": below, "without": mapping(1, INDEX, below)},
    "solved": {"solved": NAMES, "others": mapping(1, INDEX, NAMES)},
    "avoid": {"line": INDEX, "then": below},
    "meet": {"line": INDEX, "zero": below, "nonzero": below},
    "tree": {"edges": mapping(1, INDEX, INDEX, INDEX)},
    # of tight-outputs
    "sign": {"neuron": INDEX, "point": INDEX, "on": below, "off": below},
    "implied": {"neuron": INDEX, "point": INDEX, "on": boolean, "because": NUMBERS, "then": below},
    "room": {
        "outputs": LINES,
        "aside": LINES,
        "forms": many(NUMBERS),
        "neurons": many(fields(neurons=LINES, trees=many(below))),
    },
    "cone": {"plus": mapping(1, INDEX, number, number), "minus": mapping(1, INDEX, number, number)},
}


def table(raw: Any, reader: Reader) -> Node:
    """The last node; each of the others is used later."""
    wellformed(isinstance(raw, list) and raw, "there are no nodes")
    used: set[int] = set()
    for item in raw:
        wellformed(isinstance(item, dict), "a node is no object")
        reader.names, reader.below = set(), []
        key = "rule" if "rule" in item else "do"
        kinds = {each: entry.shapes for each, entry in RULES.items()} if key == "rule" else STEPS
        wellformed(isinstance(item.get(key), str) and item[key] in kinds, f"an unknown word under {key}")
        shapes = kinds[item[key]]
        keyed(item, [key, *shapes])
        values = {other: shape(item[other], reader) for other, shape in shapes.items()}
        node = Node(**{"rule": "", "do": "", key: item[key]}, **values, names=reader.names, below=reader.below)
        used.update(map(id, reader.below))
        reader.nodes.append(node)
    wellformed(len(used) == len(raw) - 1, "a node is not used")
    return reader.nodes[-1]


def read(raw: Any) -> Node:
    """The whole certificate."""
    reader, node = Reader(), Node()
    raw = keyed(raw, ("format", "version", "problem", "problem_id", "field", "claim", "proof"), ("provenance",))
    wellformed(raw["format"] == "closedness-certificate", "another format")
    wellformed(type(raw["version"]) is int and raw["version"] == 2, "another version")
    node.problem = read_problem(raw["problem"], reader)
    node.field = word("real", "complex")(raw["field"], reader)
    node.claim = word("closed", "not_closed", "no_product")(raw["claim"], reader)
    wellformed(node.problem.kind in SUPPORTS or node.field == "real", "this question is about real numbers")
    wellformed((node.problem.kind == "target") == (node.claim == "no_product"), "the claim is about something else")
    listed = json.dumps(raw["problem"], sort_keys=True, separators=(",", ":"))
    node.identified = hashlib.sha256(listed.encode()).hexdigest() == text(raw["problem_id"], reader)
    names = raw.get("provenance", {})
    wellformed(isinstance(names, dict) and all(isinstance(v, str) for v in names.values()), "provenance is no text")
    node.proof = table(raw["proof"], reader)
    shown = {RULES[each.rule].claim for each in reader.nodes if each.rule}
    wellformed(shown <= {node.claim}, "a rule shows another claim")
    return node


# ---- problems ----------------------------------------------------------------------------------------

SUPPORTS = ("factors", "levels", "target")


class Factor(NamedTuple):
    """Sizes, and the columns of each row."""

    height: int
    width: int
    rows: tuple[frozenset[int], ...]


def increasing(raw: Any, reader: Reader, size: int) -> frozenset[int]:
    """Indices below a size, in order."""
    items = many(INDEX)(raw, reader)
    ordered = all(first < second for first, second in pairwise(items))
    wellformed(ordered and (not items or items[-1] < size), "indices are not in order or out of range")
    return frozenset(items)


def factor(raw: Any, reader: Reader, *more: str) -> Factor:
    """A support; neither of its sizes is 0."""
    raw = keyed(raw, ("shape", "rows", *more))
    height, width = fixed(integer(1), integer(1))(raw["shape"], reader)
    wellformed(isinstance(raw["rows"], list) and len(raw["rows"]) == height, "rows are missing")
    return Factor(height, width, tuple(increasing(row, reader, width) for row in raw["rows"]))


def chain(raw: Any, reader: Reader) -> list[Factor]:
    """Supports that fit."""
    factors: list[Factor] = many(factor)(raw, reader)
    fit(factors)
    return factors


def fit(factors: list[Any]) -> None:
    """There are factors, and neighbouring sizes agree."""
    wellformed(factors, "there are no factors")
    wellformed(all(a.width == b.height for a, b in pairwise(factors)), "sizes do not fit")


def level(raw: Any, reader: Reader) -> Node:
    """Bounds for the numbers of entries."""
    found = fields(shape=fixed(integer(1), integer(1)), row=BOUND, column=BOUND, total=BOUND)(raw, reader)
    found.height, found.width = found.shape
    return found


def fixed_factor(raw: Any, reader: Reader) -> Node:
    """A support with numbers at other cells."""
    free = factor(raw, reader, "fixed")
    values = mapping(2, INDEX, INDEX, number)(raw["fixed"], reader)
    for i, k in values:
        wellformed(i < free.height and k < free.width and k not in free.rows[i], "a fixed entry is free or outside")
    return Node(free=free, fixed=values, height=free.height, width=free.width)


BOUND = or_null(INDEX)


def read_problem(raw: Any, reader: Reader) -> Node:
    """The question, with its kind."""
    wellformed(isinstance(raw, dict), "the problem is no object")
    if "levels" in raw:
        found = fields(levels=many(level))(raw, reader)
        fit(found.levels)
        return Node(kind="levels", levels=found.levels)
    if "masks" in raw:
        return network(raw, reader)
    kind = raw.get("kind", "factors")
    if kind == "factors":
        return Node(kind=kind, **fields(factors=chain)(raw, reader).__dict__)
    word("nonnegative", "covariance", "fixed", "target")(kind, reader)
    raw = {key: value for key, value in raw.items() if key != "kind"}
    if kind == "nonnegative":
        return Node(kind=kind, **fields(factors=chain)(raw, reader).__dict__)
    if kind == "target":
        found = fields(factors=chain, target=mapping(2, INDEX, INDEX, number))(raw, reader)
        m, n = found.factors[0].height, found.factors[-1].width
        wellformed(all(i < m and j < n for i, j in found.target), "an entry of the target lies outside")
        return Node(kind=kind, **found.__dict__)
    if kind == "fixed":
        found = fields(factors=many(fixed_factor, 2))(raw, reader)
        fit(found.factors)
        values = [value for factor in found.factors for value in factor.fixed.values() if value != 0]
        return Node(kind=kind, factors=found.factors, values=values)
    found = fields(loadings=factor, blocks=many(LINES), unique=LINES)(raw, reader)
    members = [k for block in found.blocks for k in block]
    wellformed(sorted(members) == list(range(found.loadings.width)), "the blocks do not divide the factors")
    named = all(found.blocks) and all(i < found.loadings.height for i in found.unique)
    wellformed(named, "a block is empty, or an item is not there")
    return Node(kind=kind, **found.__dict__)


DATA = fields(points=many(many(number)), targets=many(many(number)))


def network(raw: Any, reader: Reader) -> Node:
    """Masks, biases, the slope, and data if there are some."""
    optional = {"data": DATA} if "data" in raw else {}
    found = fields(masks=many(factor), biases=many(LINES), slope=number, **optional)(raw, reader)
    wellformed(found.masks and len(found.biases) == len(found.masks), "layers are missing")
    for mask, after in pairwise(found.masks):
        wellformed(mask.height == after.width, "layers do not fit")
    for mask, neurons in zip(found.masks, found.biases, strict=True):
        wellformed(all(k < mask.height for k in neurons), "a bias of no neuron")
    if optional:
        fit_data(found.data, found.masks)
    return Node(kind="data" if optional else "masks", **found.__dict__)


def fit_data(data: Node, masks: list[Factor]) -> None:
    """Points and targets have the sizes of inputs and outputs."""
    wellformed(data.points and len(data.points) == len(data.targets), "points or targets are missing")
    wellformed(all(len(point) == masks[0].width for point in data.points), "a point has a wrong length")
    wellformed(all(len(target) == masks[-1].height for target in data.targets), "a target has a wrong length")


# ---- rules -------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """What a rule shows, and the shapes of its keys."""

    claim: str
    shapes: dict[str, Shape]


def closed(**shapes: Shape) -> Rule:
    return Rule("closed", shapes)


def open_(**shapes: Shape) -> Rule:
    return Rule("not_closed", shapes)


WEIGHTS = many(mapping(2, INDEX, INDEX, LAURENT))
BIASES = many(mapping(1, INDEX, LAURENT))
COVER = fields(lines=LINES, terms=LINES)
FACTORS = {
    "limit": open_(target=mapping(2, INDEX, INDEX, number), curve=CURVE, then=below),
    "dominant-limit": open_(
        target=mapping(2, INDEX, INDEX, number), rows=LINES, columns=LINES, left=ENTRIES, right=ENTRIES, then=below
    ),
    "solver": closed(engine=engine, question=word("closedness"), answer=word("unsat")),
    "single": closed(),
    "trim": closed(then=below),
    "fusion": closed(at=INDEX, side=SIDE, lines=CHOSEN, then=below),
    "triangular": closed(at=INDEX, kinds=many(word("lower", "upper", "diagonal")), then=below),
    "peel": closed(side=word("left", "right"), then=below),
    "parts": closed(parts=many(fields(inner=many(many(INDEX)), then=below))),
    "strata": closed(then=below),
    "crossing": closed(),
    "dual-bases": closed(),
    "product": closed(parts=many(fields(terms=LINES, then=below))),
    "twins": closed(side=SIDE, classes=many(fields(keep=LINES, drop=LINES, cover=COVER)), then=below),
    "full": closed(terms=LINES, side=SIDE, lines=CHOSEN, then=below),
    "regular": closed(terms=LINES, left=ENTRIES, right=ENTRIES, then=below),
    "split": closed(term=INDEX, parts=BICLIQUES, then=below),
    "extend": closed(rows=LINES, columns=LINES, terms=BICLIQUES, then=below),
    "dominant": closed(terms=BICLIQUES, left=ENTRIES, right=ENTRIES, then=below),
    "solved-lines": closed(side=SIDE, then=below),
    "flats": closed(side=SIDE, flats=mapping(1, INDEX, many(INDEX))),
    "types": closed(
        side=SIDE,
        sets=many(PAIRS),
        rooms=mapping(1, INDEX, LINES),
        types=many(fields(line=INDEX, short=LINES, then=below)),
    ),
    "ideal": closed(polynomials=many(polynomial), engine=engine, answer=word("unsat")),
}
LEVELS = {
    "one-entry": closed(),
    "elimination": closed(side=SIDE, zeros=INDEX),
    "uncrossed": closed(),
    "members": closed(cases=many(fields(factors=chain, then=below))),
    "union-limit": open_(
        target=mapping(2, INDEX, INDEX, number), curve=CURVE, cover=many(fields(factors=chain, then=below))
    ),
}
NONNEGATIVE = {"nonnegative": closed()}
COVARIANCE = {
    "covariance": closed(blocks=many(fields(without=LINES, then=below))),
    "covariance-limit": open_(block=INDEX, items=LINES, then=below),
    "paired-items": open_(
        first=CELL, second=CELL, item=INDEX, partner=INDEX, factor=or_null(INDEX),
        others=many(fixed(INDEX, INDEX, INDEX)),
    ),
}
FIXED = {
    "affine": closed(),
    "marker": open_(side=word("left", "right"), hidden=INDEX, fixed=INDEX, free=INDEX, column=INDEX),
}
MASKS = {
    "relu-trees": closed(),
    "relu-crossing": open_(first=INDEX, second=INDEX, shared=INDEX, other=INDEX),
    "relu-narrow": open_(pairs=NAMES, free=INDEX, output=INDEX, level=INDEX, first=INDEX, second=INDEX),
    "relu-overlap": open_(first=INDEX, second=INDEX, shared=INDEX, other=INDEX, inputs=LINES),
    "data-set": open_(data=DATA, then=below),
}
DATA_SETS = {
    "relu-trees": closed(),
    "data-kinks": open_(outputs=LINES, weights=WEIGHTS, biases=BIASES, anchors=many(INDEX), at=INDEX),
    "tight-outputs": open_(outputs=LINES, weights=WEIGHTS, biases=BIASES, then=below),
    "interpolation": closed(outputs=LINES, weights=WEIGHTS, biases=BIASES),
}
ROOTS: dict[str, dict[str, Rule]] = {
    "factors": FACTORS,
    "levels": LEVELS,
    "nonnegative": NONNEGATIVE,
    "covariance": COVARIANCE,
    "fixed": FIXED,
    "masks": MASKS,
    "data": DATA_SETS,
    "target": {},
}
RULES = {name: entry for rules in ROOTS.values() for name, entry in rules.items()}
