"""Write a certificate that a set of products is closed as a tree for ``Rules.v`` or ``ClosedChains.v``.

Nothing here is trusted: the program that Coq proved checks the tree against the supports. Certificates with rules that
have no node there are not covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rational import independent, inverted, listed, number, table, whole
from translate import Untranslatable

Table = list[list[bool]]


def truths(rows: Table) -> str:
    """A table of truth values."""
    return listed(listed(str(entry).lower() for entry in row) for row in rows)


def transposed(rows: Table, width: int) -> Table:
    """The columns of a table."""
    return [[row[j] for row in rows] for j in range(width)]


class Pattern(NamedTuple):
    """Two supports with the certificate's names of rows, columns and hidden indices, and the cells that are looked at.

    Hidden indices that are used up keep their places, with empty supports.
    """

    rows: list[int]
    columns: list[int]
    names: list[int]
    left: Table
    right: Table
    seen: Table

    def turned(self) -> Pattern:
        """The transposed pattern."""
        width = len(self.names)
        left, right = transposed(self.right, len(self.columns)), transposed(self.left, width)
        return Pattern(self.columns, self.rows, self.names, left, right, transposed(self.seen, len(self.columns)))

    def covered(self, i: int, j: int, places: Iterable[int]) -> bool:
        """Whether some of these hidden indices have this cell."""
        return any(self.left[i][k] and self.right[k][j] for k in places)

    def without(self, places: Sequence[int], *, seen: bool = False) -> Pattern:
        """The same without some hidden indices; their cells stay looked at on demand only."""
        # the program clears them on one side, which one depends on turns; no cell is theirs if they are cleared on both
        left = [[entry and k not in places for k, entry in enumerate(row)] for row in self.left]
        right = [[entry and k not in places for entry in row] for k, row in enumerate(self.right)]
        looked = [
            [entry and (seen or not self.covered(i, j, places)) for j, entry in enumerate(row)]
            for i, row in enumerate(self.seen)
        ]
        return self._replace(left=left, right=right, seen=looked)


# ---- two factors ----------------------------------------------------------------------------------


def tree(node: Any, pattern: Pattern) -> str:
    """The tree of a node for what is left of the supports."""
    rule = node["rule"]
    if rule == "crossing":
        return "(RCrossing)"
    if rule not in PAIR_RULES:
        raise Untranslatable(f"the rule {rule}")
    return PAIR_RULES[rule](node, pattern)


def full(node: Any, pattern: Pattern) -> str:
    """Each line has its representatives; the tree speaks of columns, so rows are turned before and after."""
    if node["side"] == "rows":
        return f"(RTurn {full_columns(node, pattern.turned(), turn=True)})"
    return full_columns(node, pattern, turn=False)


def full_columns(node: Any, pattern: Pattern, *, turn: bool) -> str:
    """Each column has its representatives."""
    mates = [[len(pattern.names)] * len(pattern.rows) for _ in pattern.columns]
    for line, pairs in node["lines"]:
        for place, name in pairs:
            mates[pattern.columns.index(line)][pattern.rows.index(place)] = pattern.names.index(name)
    places = [pattern.names.index(name) for name in node["terms"]]
    rest = pattern.without(places)
    then = f"(RTurn {tree(node['then'], rest.turned())})" if turn else tree(node["then"], rest)
    return f"(RMatchings {listed(places)} {listed(map(listed, mates))} {then})"


def split(node: Any, pattern: Pattern) -> str:
    """A hidden index falls into parts, the last ones from then on."""
    place, parts = pattern.names.index(node["term"]), node["parts"]
    kept = [k for k in range(len(pattern.names)) if k != place]
    left = [
        [row[k] for k in kept] + [row[place] and i in rows for _, rows, _ in parts]
        for i, row in zip(pattern.rows, pattern.left, strict=True)
    ]
    right = [pattern.right[k] for k in kept]
    for _, _, columns in parts:
        right.append([pattern.right[place][a] and j in columns for a, j in enumerate(pattern.columns)])
    names = [*(pattern.names[k] for k in kept), *(part[0] for part in parts)]
    then = tree(node["then"], pattern._replace(names=names, left=left, right=right))
    return f"(RSplit {len(names)} {listed(kept + [place] * len(parts))} {truths(left)} {truths(right)} {then})"


def compact(pattern: Pattern) -> tuple[str, Pattern]:
    """The beginning of a node that forgets hidden indices without cells, and what is left."""
    kept = [k for k, row in enumerate(pattern.right) if any(row) and any(line[k] for line in pattern.left)]
    left, right = [[row[k] for k in kept] for row in pattern.left], [pattern.right[k] for k in kept]
    rest = pattern._replace(names=[pattern.names[k] for k in kept], left=left, right=right)
    return f"(RSplit {len(kept)} {listed(kept)} {truths(left)} {truths(right)}", rest


def product(node: Any, pattern: Pattern) -> str:
    """Hidden indices in no part have no cell that is looked at, and need no representatives; then the parts."""
    groups = [[pattern.names.index(name) for name in part["terms"]] for part in node["parts"]]
    idle = [k for k in range(len(pattern.names)) if not any(k in group for group in groups)]
    then, rest = "(RCrossing)", pattern.without(idle)
    if groups:
        then = product_groups([part["then"] for part in node["parts"]], groups, rest)
    if not idle:
        return then
    nobody = [[len(pattern.names)] * len(pattern.rows) for _ in pattern.columns]
    return f"(RMatchings {listed(idle)} {listed(map(listed, nobody))} {then})"


def product_groups(nodes: Sequence[Any], groups: Sequence[list[int]], pattern: Pattern) -> str:
    """The first group, and the others."""
    if len(groups) == 1:
        return tree(nodes[0], pattern)
    others = [k for group in groups[1:] for k in group]
    first = tree(nodes[0], pattern.without(others, seen=True))
    more = product_groups(nodes[1:], groups[1:], pattern.without(groups[0], seen=True))
    return f"(RProduct {listed(groups[0])} {first} {more})"


def twins(node: Any, pattern: Pattern) -> str:
    """The classes one after the other; the tree speaks of rows."""
    first, pattern = compact(pattern)
    ends = [first]
    turn = node["side"] == "columns"
    if turn:
        pattern = pattern.turned()
        ends.append("(RTurn")
    for group in node["classes"]:
        keep, drop = ([pattern.rows.index(line) for line in group[key]] for key in ("keep", "drop"))
        lines = [pattern.columns.index(line) for line in group["cover"]["lines"]]
        terms = [pattern.names.index(name) for name in group["cover"]["terms"] if name in pattern.names]
        if any(pattern.seen[i] != pattern.seen[keep[0] if keep else drop[0]] for i in (*keep, *drop)):
            pattern = covered_cells(pattern)
            ends.append("(RCovered")
        others = [i for i in range(len(pattern.rows)) if i not in (*keep, *drop)]
        ends.append(f"(RTwins {listed(others)} {listed([*keep, *drop])} {len(keep)} {listed(terms)} {listed(lines)}")
        pattern = lines_left(pattern, [*others, *keep])
    if turn:
        pattern = pattern.turned()
        ends.append("(RTurn")
    return " ".join((*ends, tree(node["then"], pattern))) + ")" * len(ends)


def lines_left(pattern: Pattern, rows: list[int]) -> Pattern:
    """The rows at these places."""
    names, left, seen = ([part[i] for i in rows] for part in (pattern.rows, pattern.left, pattern.seen))
    return pattern._replace(rows=names, left=left, seen=seen)


def covered_cells(pattern: Pattern) -> Pattern:
    """Cells that no hidden index has are forgotten."""
    every = range(len(pattern.names))
    seen = [
        [entry and pattern.covered(i, j, every) for j, entry in enumerate(row)] for i, row in enumerate(pattern.seen)
    ]
    return pattern._replace(seen=seen)


def extend(node: Any, pattern: Pattern) -> str:
    """New rows and columns at the end."""
    terms = {name: (set(rows), set(columns)) for name, rows, columns in node["terms"]}
    nobody: tuple[set[int], set[int]] = (set(), set())
    new_left = [[i in terms.get(name, nobody)[0] for name in pattern.names] for i in node["rows"]]
    new_right = [[j in terms.get(name, nobody)[1] for name in pattern.names] for j in node["columns"]]
    rows, columns = [*pattern.rows, *node["rows"]], [*pattern.columns, *node["columns"]]
    right = [row + [line[k] for line in new_right] for k, row in enumerate(pattern.right)]
    seen = [row + [True] * len(new_right) for row in pattern.seen] + [[True] * len(columns) for _ in new_left]
    larger = Pattern(rows, columns, pattern.names, pattern.left + new_left, right, seen)
    sizes = f"{len(new_left)} {truths(new_left)} {len(new_right)} {truths(new_right)}"
    return f"(RExtend {sizes} {tree(node['then'], larger)})"


def dual_bases(node: Any, pattern: Pattern) -> str:
    """Lines in no support are left out, then the hidden indices with the fewest zeros come first."""
    first, pattern = compact(pattern)
    ends = [first]
    for _ in range(2):
        while empty := [i for i, row in enumerate(pattern.left) if not any(row)]:
            others = [i for i in range(len(pattern.rows)) if i != empty[0]]
            ends.append(f"(RTwins {listed(others)} {listed(empty[:1])} 0 [] []")
            pattern = lines_left(pattern, others)
        pattern = pattern.turned()
        ends.append("(RTurn")
    zeros = [
        sum(not row[k] for row in pattern.left) + sum(not entry for entry in pattern.right[k])
        for k in range(len(pattern.names))
    ]
    least = min(len(pattern.names), len(pattern.rows), len(pattern.columns))
    order = sorted(range(len(zeros)), key=zeros.__getitem__)[:least]
    return " ".join((*ends, f"(RDualBases {listed(order)})")) + ")" * len(ends)


def regular(node: Any, pattern: Pattern) -> str:
    """Factors that multiply to zero, and for each cell a direction in which the product moves there alone."""
    places = [pattern.names.index(name) for name in node["terms"]]
    row, column, hidden = ({name: a for a, name in enumerate(part)} for part in pattern[:3])
    left = [[0] * len(pattern.names) for _ in pattern.rows]
    right = [[0] * len(pattern.columns) for _ in pattern.names]
    for i, k, value in node["left"]:
        left[row[i]][hidden[k]] = value
    for k, j, value in node["right"]:
        right[hidden[k]][column[j]] = value
    size = range(len(pattern.rows)), range(len(pattern.columns))
    cells = [(i, j) for i in size[0] for j in size[1] if pattern.seen[i][j] and pattern.covered(i, j, places)]
    if any(sum(left[i][k] * right[k][j] for k in places) for i, j in cells):
        raise Untranslatable("a product that is only nearly zero")
    entries = [(0, i, k) for i in size[0] for k in places if pattern.left[i][k]]
    entries += [(1, k, j) for k in places for j in size[1] if pattern.right[k][j]]
    moves = [[move(entry, cell, left, right) for cell in cells] for entry in entries]
    chosen = independent(moves, len(cells))
    if len(chosen) < len(cells):
        raise Untranslatable("a derivative that is not onto")
    inverse = inverted([moves[a] for a in chosen])
    nothing = f"(({number(0)}, []), [])"
    shown = [[nothing] * len(pattern.columns) for _ in pattern.rows]
    for (i, j), part in zip(cells, inverse, strict=True):
        scale, (values,) = whole([part])
        first, second = ([[0] * len(line) for line in factor] for factor in (left, right))
        for a, value in zip(chosen, values, strict=True):
            side, x, y = entries[a]
            (first, second)[side][x][y] = value
        shown[i][j] = f"(({number(scale)}, {table(first)}), {table(second)})"
    then = tree(node["then"], pattern.without(places))
    return f"(RRegular {listed(places)} {table(left)} {table(right)} {listed(map(listed, shown))} {then})"


def move(entry: tuple[int, int, int], cell: tuple[int, int], left: list[list[int]], right: list[list[int]]) -> int:
    """How fast the product moves in a cell when an entry of a factor does."""
    side, x, y = entry
    i, j = cell
    if side:
        return left[i][x] if y == j else 0
    return right[y][j] if x == i else 0


PAIR_RULES = {
    "regular": regular,
    "full": full,
    "split": split,
    "product": product,
    "twins": twins,
    "extend": extend,
    "dual-bases": dual_bases,
}


# ---- any number of factors ------------------------------------------------------------------------


def multiplied(left: Table, right: Table) -> Table:
    """The support of the products."""
    columns = range(len(right[0]))
    return [[any(entry and right[k][j] for k, entry in enumerate(row)) for j in columns] for row in left]


def chain(node: Any, supports: list[Table]) -> str:
    """The tree of a node for a chain of factors."""
    rule = node["rule"]
    if rule == "single":
        return "(CSingle)"
    if rule == "trim":
        return f"(CTrim (CTurn (CTrim (CTurn {chain(node['then'], trimmed(supports))}))))"
    if rule == "fusion":
        return fusion(node, supports)
    if rule == "peel":
        left = node["side"] == "left"
        if len(supports) == 2:
            if node["then"]["rule"] != "single":
                raise Untranslatable("a rule that follows on peel")
            return "(CPair (RCrossing))"
        then = chain(node["then"], supports[1:] if left else supports[:-1])
        return f"(CPeel {then})" if left else f"(CTurn (CPeel (CTurn {then})))"
    if len(supports) != 2:
        raise Untranslatable(f"the rule {rule} for {len(supports)} factors")
    return f"(CPair {tree(node, pattern_of(*supports))})"


def trimmed(supports: list[Table]) -> list[Table]:
    """Entries on no path are left out."""
    heads = [[True] * len(supports[0])]
    for support in supports:
        heads.append([any(heads[-1][i] and row[j] for i, row in enumerate(support)) for j in range(len(support[0]))])
    ends = [[True] * len(supports[-1][0])]
    for support in reversed(supports):
        ends.insert(0, [any(entry and ends[0][j] for j, entry in enumerate(row)) for row in support])
    return [
        [[entry and before[i] and after[j] for j, entry in enumerate(row)] for i, row in enumerate(support)]
        for support, before, after in zip(supports, heads[:-1], ends[1:], strict=True)
    ]


def fusion(node: Any, supports: list[Table]) -> str:
    """Two neighbours become one; the tree speaks of columns."""
    at = node["at"]
    left, right = supports[at : at + 2]
    by_rows = node["side"] == "rows"
    lines, crossing = len(right[0]), len(left)
    if by_rows:
        lines, crossing = crossing, lines
    mates = [[len(right)] * crossing for _ in range(lines)]
    for line, pairs in node["lines"]:
        for place, name in pairs:
            mates[line][place] = name
    then = chain(node["then"], [*supports[:at], multiplied(left, right), *supports[at + 2 :]])
    shown = listed(map(listed, mates))
    if by_rows:
        return f"(CTurn (CFusion {len(supports) - 2 - at} {shown} (CTurn {then})))"
    return f"(CFusion {at} {shown} {then})"


def nested(nodes: Sequence[Any], place: int) -> dict[str, Any]:
    """A node of the table of a proof, with the nodes that it refers to in it."""
    node = dict(nodes[place])
    rule = node.setdefault("rule", node.get("do"))
    if rule not in ("crossing", "single", "trim", "fusion", "peel", *PAIR_RULES):
        raise Untranslatable(f"the rule {rule}")
    if "then" in node:
        node["then"] = nested(nodes, node["then"])
    if rule == "product":
        node["parts"] = [{**part, "then": nested(nodes, part["then"])} for part in node["parts"]]
    return node


# ---- certificates ---------------------------------------------------------------------------------


def pattern_of(left: Table, right: Table) -> Pattern:
    """Two supports, all cells looked at."""
    m, r, n = len(left), len(right), len(right[0])
    return Pattern(list(range(m)), list(range(n)), list(range(r)), left, right, [[True] * n for _ in range(m)])


def closed(certificate: Any) -> str:
    """What the program reads for a certificate that a set is closed.

    Raises
    ------
    Untranslatable
        For other sets than products of factors with supports, and for rules without a node.
    """
    problem = certificate["problem"]
    factors = problem.get("factors", [])
    if not factors or set(problem) != {"factors"}:
        raise Untranslatable("not a chain of factors with supports alone")
    supports = [[[j in row for j in range(factor["shape"][1])] for row in factor["rows"]] for factor in factors]
    rows, columns = len(supports[0]), len(supports[-1][0])
    proof = nested(certificate["proof"], len(certificate["proof"]) - 1)
    if len(supports) == 2 and proof["rule"] in ("crossing", *PAIR_RULES):
        left, right = supports
        sizes = f"closed {rows} {len(right)} {columns}"
        return "\n".join((sizes, truths(left), truths(right), tree(proof, pattern_of(left, right)), ""))
    links = listed(f"({len(support)}, {truths(support)})" for support in supports[1:])
    return "\n".join((f"chain closed {rows} {columns}", truths(supports[0]), links, chain(proof, supports), ""))
