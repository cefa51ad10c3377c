"""Replay of certificates for readers: the state before each step, without any checking.

`closedness.check` decides whether a certificate is right; here the same steps are only carried out, on certificates
that were verified, so that a page can show what each of them does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Equations", "Factors", "Poly", "Shape"]

Monomial = tuple[tuple[str, int], ...]
Poly = dict[Monomial, Fraction]
Sides = tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class Shape:
    """Rank-one supports by name, and the cells that are no longer looked at.

    Attributes
    ----------
    terms : dict of int to (rows, columns)
    free : frozenset of (int, int)
    """

    terms: dict[int, Sides]
    free: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, product: SupportProduct) -> Shape:
        """The supports of a two-factor product.

        Examples
        --------
        >>> from closedness import SupportProduct
        >>> Shape.of(SupportProduct.from_text("10/11 * 11/01")).terms[1]
        (frozenset({1}), frozenset({1}))
        """
        left, right = product.factors
        rows = [frozenset(i for i, row in enumerate(left.rows) if k in row) for k in range(right.shape[0])]
        columns = [frozenset(row) for row in right.rows]
        return cls._tidy(dict(enumerate(zip(rows, columns, strict=True))), frozenset())

    @classmethod
    def _tidy(cls, terms: dict[int, Sides], free: frozenset[tuple[int, int]]) -> Shape:
        return cls({k: sides for k, sides in terms.items() if sides[0] and sides[1]}, free)

    def cells(self, names: list[int] | None = None) -> frozenset[tuple[int, int]]:
        """Looked-at cells that the named supports (all by default) cover."""
        chosen = [self.terms[k] for k in (self.terms if names is None else names) if k in self.terms]
        return frozenset((i, j) for rows, columns in chosen for i in rows for j in columns) - self.free

    def children(self, node: dict[str, Any]) -> list[tuple[dict[str, Any], Shape]]:
        """The proofs below a step, each with its supports; none for a rule that ends the proof."""
        rule = node.get("rule")
        if rule == "product":
            parts = [(part["then"], {k: self.terms[k] for k in part["terms"]}) for part in node["parts"]]
            return [(proof, self._tidy(terms, self.free)) for proof, terms in parts]
        smaller = {
            "twins": self._twins,
            "full": self._full,
            "linear": self._full,
            "regular": self._full,
            "split": self._split,
            "extend": self._extend,
            "dominant": self._extend,
            "rename": self._rename,
        }.get(str(rule))
        return [] if smaller is None else [(node["then"], smaller(node))]

    def _twins(self, node: dict[str, Any]) -> Shape:
        dropped = {line for group in node["classes"] for line in group["drop"]}
        if node["side"] == "rows":
            return self._tidy({k: (rows - dropped, columns) for k, (rows, columns) in self.terms.items()}, self.free)
        return self._tidy({k: (rows, columns - dropped) for k, (rows, columns) in self.terms.items()}, self.free)

    def _full(self, node: dict[str, Any]) -> Shape:
        rest = {k: sides for k, sides in self.terms.items() if k not in node["terms"]}
        return self._tidy(rest, self.free | self.cells(node["terms"]))

    def _split(self, node: dict[str, Any]) -> Shape:
        terms = {k: sides for k, sides in self.terms.items() if k != node["term"]}
        terms |= {name: (frozenset(rows), frozenset(columns)) for name, rows, columns in node["parts"]}
        return self._tidy(terms, self.free)

    def _extend(self, node: dict[str, Any]) -> Shape:
        return self._tidy({k: (frozenset(rows), frozenset(columns)) for k, rows, columns in node["terms"]}, self.free)

    def _rename(self, node: dict[str, Any]) -> Shape:
        rows, columns, names = (dict(map(tuple, node[key])) for key in ("rows", "columns", "terms"))
        terms: dict[int, Sides] = {}
        for k, (r, c) in self.terms.items():
            sides = (frozenset(rows[i] for i in r), frozenset(columns[j] for j in c))
            terms[names[k]] = sides[::-1] if node["transposed"] else sides
        free = {(rows[i], columns[j]) for i, j in self.free if i in rows and j in columns}
        return self._tidy(terms, frozenset((j, i) if node["transposed"] else (i, j) for i, j in free))


@dataclass(frozen=True)
class Factors:
    """A chain of supports on which no rule about two factors was used yet.

    Attributes
    ----------
    supports : tuple of Support
    """

    supports: tuple[Support, ...]

    @property
    def sizes(self) -> str:
        """The sizes of the factors."""
        return " · ".join(f"{m}×{n}" for m, n in (support.shape for support in self.supports))

    def pair(self) -> Shape:
        """The two factors that are left, as rank-one supports."""
        return Shape.of(SupportProduct(self.supports))

    def children(self, node: dict[str, Any]) -> list[tuple[dict[str, Any], Factors | Shape]]:
        """The proofs below a step of a chain, each with its supports."""
        rule = str(node.get("rule"))
        if rule == "parts":
            return [(part["then"], Factors(self._part(part["inner"]))) for part in node["parts"]]
        smaller = {
            "trim": lambda: self._trimmed(),
            "fusion": lambda: self._replaced(node["at"], 2, None),
            "triangular": lambda: self._replaced(node["at"], len(node["kinds"]), True),
            "absorb": lambda: (*self.supports[: node["at"]], *self.supports[node["at"] + 1 :]),
            "peel": lambda: self.supports[1:] if node["side"] == "left" else self.supports[:-1],
        }.get(rule)
        return [] if smaller is None else [(node["then"], Factors(smaller()))]

    def _replaced(self, at: int, count: int, dense: bool | None) -> tuple[Support, ...]:
        """`count` factors become one: their product's support, or a dense one."""
        one = self.supports[at]
        for support in self.supports[at + 1 : at + count]:
            one = one @ support
        if dense:
            one = Support.kronecker(1, one.shape[0], one.shape[1], 1)
        return (*self.supports[:at], one, *self.supports[at + count :])

    def _part(self, inner: Sequence[Sequence[int]]) -> tuple[Support, ...]:
        found = []
        for level, support in enumerate(self.supports):
            before = set(inner[level - 1]) if level else set(range(support.shape[0]))
            after = set(inner[level]) if level < len(inner) else set(range(support.shape[1]))
            kept = [[j for j in row if j in after] if i in before else [] for i, row in enumerate(support.rows)]
            found.append(Support(support.shape, kept))
        return tuple(found)

    def _trimmed(self) -> tuple[Support, ...]:
        count = len(self.supports)
        ahead = [set(range(self.supports[0].shape[0]))]
        for support in self.supports:
            ahead.append({j for i in ahead[-1] for j in support.rows[i]})
        behind = [set(range(self.supports[-1].shape[1]))]
        for support in reversed(self.supports):
            behind.append({i for i, row in enumerate(support.rows) if behind[-1] & set(row)})
        behind.reverse()
        live = [ahead[level] & behind[level] for level in range(count + 1)]
        found = []
        for level, support in enumerate(self.supports):
            rows = [[j for j in row if j in live[level + 1]] for row in support.rows]
            found.append(Support(support.shape, [row if i in live[level] else [] for i, row in enumerate(rows)]))
        return tuple(found)


# -------------------------------------------------------------------- equations of a refutation


def _times(first: Poly, second: Poly) -> Poly:
    total: Poly = {}
    for m, v in first.items():
        for n, w in second.items():
            powers = dict(m)
            for name, e in n:
                powers[name] = powers.get(name, 0) + e
            key = tuple(sorted(powers.items()))
            total[key] = total.get(key, Fraction(0)) + v * w
    return {key: value for key, value in total.items() if value}


def _read(node: list[Any]) -> Poly:
    return {tuple(sorted((v, e) for v, e in powers)): Fraction(value) for value, powers in node}


def _plus(first: Poly, second: Poly) -> Poly:
    total = dict(first)
    for key, value in second.items():
        total[key] = total.get(key, Fraction(0)) + value
    return {key: value for key, value in total.items() if value}


@dataclass(frozen=True)
class Equations:
    """The equations of a refutation in one case, and the variables that are not zero.

    Attributes
    ----------
    polys : dict of str to Poly
        By entry ``"i:j"``; each is zero. Variable ``"l:i:j"`` is the entry (i, j) of factor l.
    nonzero : frozenset of str
    marks : dict of str to str
        What became of the variables: ``0``, ``1`` (scaled), ``≠`` (not zero), ``s`` (solved for).
    supports : tuple of Support
    levels : tuple of tuples of int
        The rows, hidden indices and columns that take part.
    target : dict of (int, int) to Fraction
    """

    polys: dict[str, Poly]
    nonzero: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)
    supports: tuple[Support, ...] = ()
    levels: tuple[tuple[int, ...], ...] = ()
    target: dict[tuple[int, int], Fraction] = field(default_factory=dict)

    @classmethod
    def of(cls, product: SupportProduct, cells: list[list[int]], target: dict[tuple[int, int], Fraction]) -> Equations:
        """The entries ``cells`` of the product equal those of the target."""
        polys: dict[str, Poly] = {}
        levels: list[set[int]] = [set() for _ in range(len(product) + 1)]
        for i, j in cells:
            paths: dict[int, list[Monomial]] = {i: [()]}
            levels[0].add(i)
            levels[-1].add(j)
            for level, support in enumerate(product.factors):
                following: dict[int, list[Monomial]] = {}
                for node, monomials in paths.items():
                    for k in support.rows[node]:
                        step = ((f"{level}:{node}:{k}", 1),)
                        following.setdefault(k, []).extend((*monomial, *step) for monomial in monomials)
                paths = following
            poly: Poly = {tuple(sorted(monomial)): Fraction(1) for monomial in paths.get(j, [])}
            polys[f"{i}:{j}"] = _plus(poly, {(): -target.get((i, j), Fraction(0))})
            for monomial in poly:
                for name, _ in monomial:
                    level, _, k = map(int, name.split(":"))
                    levels[level + 1].add(k)
        taking_part = tuple(tuple(sorted(level)) for level in levels)
        return cls(polys, supports=tuple(product.factors), levels=taking_part, target=target)

    def children(self, node: dict[str, Any]) -> list[tuple[int, Equations]]:
        """The steps below a step (positions in the table) with their equations."""
        kind, name = node["do"], node.get("variable", "")
        if kind in ("contradiction", "combine"):
            return []
        if kind == "split":
            return [(node["zero"], self._put(name, 0)), (node["nonzero"], self._known(name))]
        if kind == "factor":
            following = []
            for case in node["cases"]:
                polys = {**self.polys, node["equation"]: _read(case["factor"])}
                following.append((case["then"], replace(self, polys=polys)))
            return following
        if kind == "derive":
            return [(node["then"], replace(self, polys={**self.polys, node["name"]: self._sum(node["terms"])}))]
        changed = {"zero": lambda: self._put(name, 0), "nonzero": lambda: self._known(name)}
        changed |= {"scale": lambda: self._put(name, 1), "solve": lambda: self._solve(name, node["equation"])}
        return [(node["then"], changed[kind]())]

    @staticmethod
    def _sum(terms: list[dict[str, Any]]) -> Poly:
        total: Poly = {}
        for term in terms:
            total = _plus(total, _times(_read(term["polynomial"]), _read(term["multiplier"])))
        return total

    def _known(self, name: str) -> Equations:
        return replace(self, nonzero=self.nonzero | {name}, marks={**self.marks, name: "≠"})

    def _put(self, name: str, value: int) -> Equations:
        polys = {}
        for label, poly in self.polys.items():
            total: Poly = {}
            for monomial, coefficient in poly.items():
                rest = tuple(power for power in monomial if power[0] != name)
                if value or len(rest) == len(monomial):
                    total = _plus(total, {rest: coefficient})
            polys[label] = total
        return replace(self, polys=polys, nonzero=self.nonzero - {name}, marks={**self.marks, name: str(value)})

    def _solve(self, name: str, equation: str) -> Equations:
        """Put ``-d/c`` for the variable, where ``c · variable + d`` is the equation, and clear denominators."""
        parts = self._by_degree(self.polys[equation], name)
        c, d = parts.get(1, {}), parts.get(0, {})
        minus = {monomial: -value for monomial, value in d.items()}
        polys = {}
        for label, poly in self.polys.items():
            if label != equation:
                by_degree = self._by_degree(poly, name)
                degree = max(by_degree, default=0)
                total: Poly = {}
                for e, part in by_degree.items():
                    for _ in range(e):
                        part = _times(part, minus)
                    for _ in range(degree - e):
                        part = _times(part, c)
                    total = _plus(total, part)
                polys[label] = self._tidy(total)
        return replace(self, polys=polys, nonzero=self.nonzero - {name}, marks={**self.marks, name: "s"})

    @staticmethod
    def _by_degree(poly: Poly, name: str) -> dict[int, Poly]:
        parts: dict[int, Poly] = {}
        for monomial, value in poly.items():
            degree = dict(monomial).get(name, 0)
            parts.setdefault(degree, {})[tuple(power for power in monomial if power[0] != name)] = value
        return parts

    def _tidy(self, poly: Poly) -> Poly:
        """Divide by the powers of non-zero variables that all terms share."""
        common = {v: min(dict(monomial).get(v, 0) for monomial in poly) for v in self.nonzero} if poly else {}
        if not any(common.values()):
            return poly
        return {
            tuple((v, e - common.get(v, 0)) for v, e in monomial if e > common.get(v, 0)): value
            for monomial, value in poly.items()
        }
