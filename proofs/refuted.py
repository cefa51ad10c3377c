"""Write refutations by linear algebra, ``frames`` and ``pinned``, for ``Refuted.v``.

Nothing here is trusted: a wrong translation does not compute to ``true``.
"""

from __future__ import annotations

from typing import Any

from rational import (
    Impossible,
    Vector,
    basis,
    independent,
    inverted,
    kernel,
    listed,
    naturals,
    number,
    products,
    rank_above,
    rank_below,
    span,
    table,
    transposed,
    whole,
)

Support = list[set[int]]  # the columns of each row
Term = tuple[frozenset[int], frozenset[int]]


def refuted(node: Any, left: Support, right: Support, numerators: list[Vector], columns: int) -> str:
    """A refutation of the matrix of numerators."""
    if node["do"] == "pinned":
        return pinned(node, left, right, numerators, columns)
    return frames(node, left, right, numerators)


def united(terms: dict[int, Term], side: int) -> dict[int, int]:
    """Where each term goes when those with the same single line on this side are united."""
    owner: dict[frozenset[int], int] = {}
    return {k: owner.setdefault(terms[k][side], k) if len(terms[k][side]) == 1 else k for k in sorted(terms)}


def gathered(terms: dict[int, Term], goes: dict[int, int]) -> dict[int, Term]:
    """The terms that are left."""
    found: dict[int, Term] = {}
    for k, to in goes.items():
        old = found.get(to, (frozenset(), frozenset()))
        found[to] = (old[0] | terms[k][0], old[1] | terms[k][1])
    return found


def frames(node: Any, left: Support, right: Support, numerators: list[Vector]) -> str:
    """Restrict to a block, unite hidden indices, and follow the steps."""
    rows, columns = node["rows"], node["columns"]
    block = [[numerators[i][j] for j in columns] for i in rows]
    met = {}
    for k in range(len(right)):
        term = frozenset(i for i in rows if k in left[i]), frozenset(j for j in columns if j in right[k])
        if all(term):
            met[k] = term
    once = gathered(met, by_rows := united(met, 0))
    twice = gathered(once, by_columns := united(once, 1))
    first, second = sorted(once), sorted(twice)
    place = [first.index(by_rows[k]) if k in by_rows else len(first) for k in range(len(right))]
    place_again = [second.index(by_columns[k]) for k in first]
    steps = Frames(node, block, twice).text()
    inner = f"(PGather {len(second)}%nat {naturals(place_again)} {steps})"
    return f"(PBlock {naturals(rows)} {naturals(columns)} (PGather {len(first)}%nat {naturals(place)} {inner}))"


class Frames:
    """The steps for a block, a matrix C R with independent columns in C and independent rows in R."""

    def __init__(self, node: Any, block: list[Vector], terms: dict[int, Term]) -> None:
        self.nodes, self.root, self.block, self.width = node["nodes"], node["then"], block, len(node["columns"])
        self.names = sorted(terms)
        self.size = len(terms)
        self.outside = (
            [[a for a, i in enumerate(node["rows"]) if i not in terms[k][0]] for k in self.names],
            [[b for b, j in enumerate(node["columns"]) if j not in terms[k][1]] for k in self.names],
        )

    def text(self) -> str:
        """The whole refutation of the block."""
        rows = independent(self.block, self.width)
        if len(rows) > self.size:
            return f"(PRank {self.size + 1}%nat {' '.join(rank_above(self.block, self.width, self.size + 1))})"
        if len(rows) < self.size:
            raise Impossible("the rank of the block is smaller than the number of its terms")
        columns = independent(transposed([self.block[i] for i in rows], self.width), self.size)
        inverse = inverted([[self.block[i][j] for j in columns] for i in rows])
        left = [[row[j] for j in columns] for row in self.block]
        scale, right = whole(
            [[sum(inverse[a][b] * self.block[i][j] for b, i in enumerate(rows)) for j in range(self.width)]
             for a in range(self.size)]
        )
        inverse_scale, integers = whole(inverse)
        left_inverse = [[0] * len(self.block) for _ in range(self.size)]
        for a in range(self.size):
            for b, i in enumerate(rows):
                left_inverse[a][i] = integers[a][b]
        right_inverse = [[int(j == column) for column in columns] for j in range(self.width)]
        across = transposed(right, self.width)
        state = (
            [[left[a] for a in outside] for outside in self.outside[0]],
            [[across[b] for b in outside] for outside in self.outside[1]],
        )
        return (
            f"(PFrames {number(scale)} {table(left)} {table(right)} {number(inverse_scale)} {table(left_inverse)} "
            f"{number(scale)} {table(right_inverse)} {self.go(self.root, state)})"
        )

    def go(self, position: int, state: Any) -> str:
        """The translation of a node; the state are the equations of the vectors on both sides."""
        node = self.nodes[position]
        if node["do"] == "tight":
            return self.tight(node, state)
        if node["do"] == "either":
            return self.either(node, state)
        if node["do"] == "gram":
            return self.gram(node, state)
        raise Impossible(f"step {node['do']!r}")

    def together(self, equations: list[list[Vector]], names: list[int]) -> tuple[list[int], list[Vector], str]:
        """Places of some terms, a basis of the sum of their spaces, and the proofs that it holds their vectors."""
        places = [self.names.index(name) for name in names]
        spaces = [kernel(equations[k], self.size) for k in places]
        vectors = basis([vector for space in spaces for vector in space], self.size)
        return places, vectors, listed(span(equations[k], vectors, self.size) for k in places)

    def tight(self, node: Any, state: Any) -> str:
        """Vectors that span the sum of their spaces, and others that vanish on it."""
        side = ("rows", "columns").index(node["side"])
        places, vectors, proofs = self.together(state[side], node["terms"])
        others = [self.names.index(name) for name in node["others"]]
        cut = list(state)
        cut[1 - side] = [rows + vectors if k in others else rows for k, rows in enumerate(state[1 - side])]
        name = ("FTightLeft", "FTightRight")[side]
        then = self.go(node["then"], tuple(cut))
        return f"({name} {naturals(places)} {table(vectors)} {proofs} {naturals(others)} {then})"

    def either(self, node: Any, state: Any) -> str:
        """Two cases."""
        k, other = self.names.index(node["term"]), self.names.index(node["other"])
        first, second = kernel(state[0][k], self.size), kernel(state[1][other], self.size)
        _, factors = rank_below(products(second, first), len(first))
        rows = ([rows + second if a == k else rows for a, rows in enumerate(state[0])], state[1])
        columns = (state[0], [rows + first if a == other else rows for a, rows in enumerate(state[1])])
        return (
            f"(FEither {k}%nat {other}%nat {table(first)} {table(second)} {span(state[0][k], first, self.size)} "
            f"{span(state[1][other], second, self.size)} {factors} {self.go(node['rows'], rows)} "
            f"{self.go(node['columns'], columns)})"
        )

    def gram(self, node: Any, state: Any) -> str:
        """A contradiction."""
        places, first, proofs = self.together(state[0], node["terms"])
        others, second, other_proofs = self.together(state[1], node["others"])
        matrix = products(second, first)
        rank, factors = rank_below(matrix, len(first))
        if len(first) < len(places):
            wrong = "FewLeft"
        elif len(second) < len(others):
            wrong = "FewRight"
        elif rank < len(set(places) & set(others)):
            wrong = f"(Small {rank}%nat {factors})"
        else:
            wrong = f"(Large {rank}%nat {' '.join(rank_above(matrix, len(first), rank))})"
        spaces = f"{table(first)} {table(second)} {proofs} {other_proofs}"
        return f"(FGram {naturals(places)} {naturals(others)} {spaces} {wrong})"


def pinned(node: Any, left: Support, right: Support, numerators: list[Vector], columns: int) -> str:
    """Groups of rows whose parts of some columns have full rank; columns are turned first."""
    if node["side"] == "columns":
        turned_left = [{k for k in range(len(right)) if j in right[k]} for j in range(columns)]
        turned_right = [{i for i in range(len(left)) if k in left[i]} for k in range(len(right))]
        inner = pinned({**node, "side": "rows"}, turned_left, turned_right, transposed(numerators, columns), len(left))
        return f"(PTurn {inner})"
    across = sorted({*node["across"], node["at"]})
    groups = []
    for group in node["groups"]:
        met = [k for k in range(len(right)) if any(k in left[i] for i in group) and not right[k].isdisjoint(across)]
        part = [
            [value if i in group and j in across else 0 for j, value in enumerate(row)]
            for i, row in enumerate(numerators)
        ]
        scale, first, second = rank_above(part, columns, len(met))
        groups.append(f"({naturals(group)}, (({scale}, {first}), {second}))")
    return f"(PPinned {naturals(across)} {listed(groups)} {node['line']}%nat {node['at']}%nat)"
