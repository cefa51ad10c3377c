"""The image over the complex numbers as a constructible set, for tiny problems, by Singular's ``grobcov.lib``.

The entries of the target are parameters, the entries of the factors variables. A Gröbner cover (Montes and Wibmer 2010)
cuts the space of parameters into pieces on which the equations ``∏W = A`` have one shape of Gröbner basis; the image
over C is the union of those whose basis is not 1. Its canonical levels (Brunat and Montes 2016) are computed from them:

    S = V(I_1) ∖ V(I_2)  ∪  V(I_3) ∖ V(I_4)  ∪  …

with each zero set contained in the one before, so ``V(I_1)`` is the closure, and the image is closed iff ``I_2 = (1)``.
The answer is Singular's word: it is shown and compared, and never makes a verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.engines.sentences.image import image, normal_forms
from closedness.engines.sentences.polynomials import ONE, Poly, infix
from closedness.engines.singular import Singular, read_polynomial
from closedness.errors import BackendError
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from closedness.equations.paths import Variable
    from closedness.supports.product import SupportProduct

__all__ = ["ConstructibleSet", "image_over_c"]

Level = tuple[tuple[Poly, ...], tuple[Poly, ...]]
MOST_FORMS = 200


@dataclass(frozen=True)
class ConstructibleSet:
    """A constructible set of matrices, as differences of zero sets.

    Attributes
    ----------
    levels : tuple of pairs of tuples of Poly
        ``(I, J)`` for each level ``V(I) ∖ V(J)``, in variables ``a_i_j``; ``J = (1,)`` takes nothing away. Entries
        outside of the support of the products have no variable: they are zero.
    engine : str
        Whose word this is.
    """

    levels: tuple[Level, ...]
    engine: str

    @property
    def closed(self) -> bool:
        """Whether the set is closed (over C it is the same in the usual and in the Zariski topology)."""
        return len(self.levels) == 1 and any(poly.value for poly in self.levels[0][1])

    def __contains__(self, target: Mapping[Cell, Fraction]) -> bool:
        """Whether a rational matrix, given by its non-zero entries on the support, is in the set."""
        names = {name for pair in self.levels for ideal in pair for poly in ideal for name in poly.names()}
        values = {name: Fraction(0) for name in names}
        values |= {f"a_{i}_{j}": value for (i, j), value in target.items()}

        def vanish(ideal: tuple[Poly, ...]) -> bool:
            return not any(poly.substitute(values).value for poly in ideal)

        return any(vanish(inside) and not vanish(outside) for inside, outside in self.levels)

    def lines(self) -> list[str]:
        """One line for each level.

        Examples
        --------
        >>> from closedness.engines.sentences.polynomials import ONE, variable
        >>> ConstructibleSet((((), (variable("a_0_0"),)),), "by hand").lines()
        ['all ∖ {a_0_0 = 0}']
        """

        def zeros(ideal: tuple[Poly, ...]) -> str:
            return "{" + ", ".join(f"{poly} = 0" for poly in ideal) + "}" if ideal else "all"

        found = []
        for inside, outside in self.levels:
            nothing = any(poly.value for poly in outside)
            found.append(zeros(inside) if nothing else f"{zeros(inside)} ∖ {zeros(outside)}")
        return found


def image_over_c(
    product: SupportProduct,
    seconds: float | None = 60.0,
    memory_mb: int | None = 2048,
    *,
    singular: Singular | None = None,
) -> ConstructibleSet:
    """The set of products with complex factors.

    Parameters
    ----------
    product : SupportProduct
    seconds, memory_mb : optional
        Limits on the engine's process.
    singular : Singular, optional

    Returns
    -------
    ConstructibleSet

    Raises
    ------
    BackendError
        If Singular is missing or gives no answer within the limits.
    BudgetExceeded
        If the factors have more than `MOST_FORMS` normal forms.

    References
    ----------
    A. Montes, M. Wibmer: Gröbner bases for polynomial systems with parameters. J. Symb. Comput. 45 (2010).
    J. M. Brunat, A. Montes: Computing the canonical representation of constructible sets. Math. Comput. Sci. 10 (2016).
    """
    engine = singular or Singular()
    if not engine.available:
        raise BackendError("singular is not installed: the image over C is computed by its library grobcov.lib")
    said = f"singular {engine.version}"
    cells = list(image(product, scalings="none").entries)
    if not cells:
        return ConstructibleSet((((), (ONE,)),), said)
    budget = Budget(seconds)
    # which way is faster is hard to foresee
    first = None if seconds is None else seconds / 2
    try:
        lines = engine.run(_script(product, [{}]), first, memory_mb)
    except BackendError:
        choices = normal_forms(product, limit=MOST_FORMS)
        left = budget.left()
        if left is not None and left <= 0:
            raise
        lines = engine.run(_script(product, choices), left, memory_mb)
    return ConstructibleSet(_levels(lines, cells), said)


def _script(product: SupportProduct, choices: Sequence[Mapping[Variable, int]]) -> str:
    """Commands for the union of the images that arise when some variables are fixed."""
    reached = image(product, scalings="none")
    parameters = [f"v{i}" for i in range(len(reached.entries))]
    renaming = {name: f"w{i}" for i, name in enumerate(reached.names)}
    script = (
        'LIB "grobcov.lib";\n'
        f"ring R = (0, {', '.join(parameters)}), ({', '.join(renaming.values())}), dp;\nshort = 0;\n"
        "list L;\nlist G;\nideal F;\nint i;\nint j;\n"
    )
    for choice in choices:
        values = {v.name: Fraction(value) for v, value in choice.items()}
        sides = [entry[0].substitute(values).renamed(renaming) for entry in reached.entries.values()]
        equations = [f"{infix(side)}-{v}" for side, v in zip(sides, parameters, strict=True)]
        script += (
            f'F = {", ".join(equations)};\nG = grobcov(F, "rep", 1);\n'
            "for (i = 1; i <= size(G); i++) { if (G[i][2][1] != 1) { L[size(L)+1] = G[i][3]; } }\n"
        )
    return (
        f"{script}def C = ConsLevels(L);\n"
        f"ring P = 0, ({', '.join(parameters)}), dp;\nshort = 0;\nlist C = imap(R, C);\n"
        "for (i = 1; i <= size(C); i++) { for (j = 1; j <= ncols(C[i]); j++)\n"
        '  { print("@ level " + string(i) + " " + string(C[i][j])); } }\n'
    )


def _levels(lines: Sequence[str], cells: list[Cell]) -> tuple[Level, ...]:
    ideals: list[list[Poly]] = []
    for line in lines:
        found = re.fullmatch(r"level (\d+) (\S+)", line)
        if found is None or int(found[1]) not in (len(ideals), len(ideals) + 1):
            raise BackendError(f"singular gave an answer that cannot be read: {line[:120]!r}")
        if int(found[1]) > len(ideals):
            ideals.append([])
        poly = read_polynomial(found[2], len(cells))
        if poly:
            ideals[-1].append(_named(poly, cells))
    if not ideals or len(ideals) % 2:
        raise BackendError(f"singular gave an answer that cannot be read: {len(ideals)} ideals of levels")
    pairs = zip(ideals[::2], ideals[1::2], strict=True)
    return tuple((tuple(inside), tuple(outside)) for inside, outside in pairs)


def _named(poly: dict[tuple[int, ...], Fraction], cells: list[Cell]) -> Poly:
    names = [f"a_{i}_{j}" for i, j in cells]
    return Poly(
        tuple(
            (value, tuple(name for name, e in zip(names, exponents, strict=True) for _ in range(e)))
            for exponents, value in poly.items()
        )
    )
