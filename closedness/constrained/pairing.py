"""Factor models in which loadings diverge although every item has a unique variance (rule ``paired-items``).

Two factors become one while an item that loads on both measures, with opposite large loadings, what they differ in:
a new direction. A second item measures it, too. Statement and proof are in ``docs/rules/paired-items.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.constrained.problem import Covariance

__all__ = ["Pairing", "pairing_of"]

Matrix = list[list[Fraction]]


@dataclass(frozen=True)
class Pairing:
    """Two factors that become one, and the items that show it.

    Attributes
    ----------
    problem : Covariance
    first, second : (factor, item)
        The two factors; the item loads on this factor alone.
    item : int
        An item that loads on both.
    partner : (item, factor or None)
        Another item that loads on both, or on a factor that `item` does not load on.
    others : tuple of (factor, item, item)
        The other factors of `item`: an item that loads on this one alone, and another one that loads on it.
    """

    problem: Covariance
    first: tuple[int, int]
    second: tuple[int, int]
    item: int
    partner: tuple[int, int | None]
    others: tuple[tuple[int, int, int], ...]

    def proof(self) -> dict[str, Any]:
        """What the certificate names."""
        return {
            "first": list(self.first),
            "second": list(self.second),
            "item": self.item,
            "partner": self.partner[0],
            "factor": self.partner[1],
            "others": [list(each) for each in self.others],
        }

    def sentence(self) -> str:
        """In words."""
        k, l = self.problem.factor(self.first[0]), self.problem.factor(self.second[0])
        item, partner = self.problem.item(self.item), self.problem.item(self.partner[0])
        how = "loads on both, too" if self.partner[1] is None else f"measures {self.problem.factor(self.partner[1])}"
        return (
            f"{item} loads on {k} and {l}: as their correlation tends to 1 its loadings diverge with opposite signs, "
            f"and what they add is shared with {partner}, which {how}, so no unique variance can hold it"
        )

    @property
    def target(self) -> Matrix:
        """A covariance matrix that is a limit and no member: pairs of equal items, different pairs uncorrelated."""
        m = self.problem.loadings.shape[0]
        sigma = [[Fraction(0)] * m for _ in range(m)]
        pairs = [(self.first[1], self.second[1]), (self.item, self.partner[0])]
        for a, b in [*pairs, *((a, b) for _, a, b in self.others)]:
            for i in (a, b):
                for j in (a, b):
                    sigma[i][j] = Fraction(1)
        return sigma

    def at(self, t: Fraction) -> tuple[Matrix, Matrix]:
        """Loadings and covariances of the factors whose ``Λ Φ Λᵀ`` tends to the target as t → 0.

        Examples
        --------
        >>> from closedness.constrained.problem import Covariance
        >>> rows = [[1, 0], [1, 1], [1, 1], [0, 1]]
        >>> loadings, factors = pairing_of(Covariance.of(rows, unique=True)).at(Fraction(1, 10))
        >>> [[int(value) for value in row] for row in loadings], [str(value) for value in factors[1]]
        ([[1, 0], [-10, 10], [-10, 10], [0, 1]], ['1', '101/100'])
        """
        t = Fraction(t)
        m, r = self.problem.loadings.shape
        (k, a), (l, b), (partner, h) = self.first, self.second, self.partner
        # coordinates: the common direction, the new one, and one for each other factor
        factors: list[dict[int, Fraction]] = [{} for _ in range(r)]
        one = Fraction(1)
        factors[k], factors[l] = {0: one}, {0: one, 1: t}
        loadings = [[Fraction(0)] * r for _ in range(m)]
        loadings[a][k] = loadings[b][l] = one
        loadings[self.item][k], loadings[self.item][l] = -1 / t, 1 / t
        if h is None:
            loadings[partner][k], loadings[partner][l] = -1 / t, 1 / t
        else:
            factors[h] = {1: one}
            loadings[partner][h] = one
        for number, (g, c, d) in enumerate(self.others, 2):
            factors[g] = {number: one}
            loadings[c][g] = loadings[d][g] = one
        phi = [
            [sum((v * second.get(c, Fraction(0)) for c, v in first.items()), Fraction(0)) for second in factors]
            for first in factors
        ]
        return loadings, phi


def pairing_of(problem: Covariance) -> Pairing | None:
    """Items and factors as the rule needs them, within one block of correlated factors, or None.

    Examples
    --------
    >>> from closedness.constrained.problem import Covariance
    >>> found = pairing_of(Covariance.of([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], unique=True))
    >>> found.item, found.partner
    (1, (3, 2))
    """
    rows = [set(row) for row in problem.loadings.rows]
    for block in problem.blocks:
        inside = [i for i, row in enumerate(rows) if row and row <= set(block)]
        pure = {k: [i for i in inside if rows[i] == {k}] for k in block}
        for item in sorted(inside, key=lambda i: len(rows[i])):
            if len(rows[item]) < 2 or not all(pure[k] for k in rows[item]):
                continue
            found = _around(problem, rows, inside, pure, item)
            if found is not None:
                return found
    return None


def _around(
    problem: Covariance, rows: list[set[int]], inside: list[int], pure: dict[int, list[int]], item: int
) -> Pairing | None:
    factors = sorted(rows[item])
    # merge the two factors that have least to give to the others: one item of their own is enough for them
    factors.sort(key=lambda k: len(pure[k]))
    k, l, *rest = factors
    first, second = (k, pure[k][0]), (l, pure[l][0])
    used = {item, first[1], second[1]}
    others = []
    for g in rest:
        partners = [i for i in inside if g in rows[i] and i not in used and i != pure[g][0]]
        if not partners:
            return None
        # one that loads on few factors is least needed elsewhere
        partner = min(partners, key=lambda i: len(rows[i]))
        others.append((g, pure[g][0], partner))
        used |= {pure[g][0], partner}
    for other in inside:
        if other in used:
            continue
        if outside := rows[other] - rows[item]:
            return Pairing(problem, first, second, item, (other, min(outside)), tuple(others))
        if {k, l} <= rows[other]:
            return Pairing(problem, first, second, item, (other, None), tuple(others))
    return None


RULES = (
    Rule(
        "paired-items",
        "covariance",
        "loadings of two correlated factors diverge against each other while two items of each hold the covariances",
        claim="not_closed",
    ),
)
