"""Singular computes an elimination basis of one part of the parametrisation.

What comes back is read strictly, and verified by :mod:`closedness.closure.basis_check` where time allows.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.engines.singular import Singular, read_polynomial
from closedness.equations.grading import primitive
from closedness.errors import BackendError

if TYPE_CHECKING:
    from closedness.equations.grading import Polynomial
    from closedness.equations.parts import Part

__all__ = ["EliminationIdeal", "elimination_ideal", "graph_of"]


@dataclass(frozen=True)
class EliminationIdeal:
    """What Singular computed.

    Attributes
    ----------
    basis : tuple of Polynomials
        Said to be the reduced Gröbner basis of the graph of the parametrisation; exponents of the factor entries of
        the part, then of its cells.
    eliminated : int
        Number of factor entries.
    dimension, degree : int
        Of the ideal of those polynomials in which no factor entry occurs; Singular's word.
    engine : str
        Name and version.
    """

    basis: tuple[Polynomial, ...]
    eliminated: int
    dimension: int
    degree: int
    engine: str

    def ideal(self) -> list[Polynomial]:
        """The polynomials in which no factor entry occurs, in the cells."""
        return [
            {key[self.eliminated :]: value for key, value in poly.items()}
            for poly in self.basis
            if not any(any(key[: self.eliminated]) for key in poly)
        ]


def graph_of(part: Part) -> list[Polynomial]:
    """The polynomials ``a_ij − Σ paths``, in the factor entries of the part and its cells."""
    count, width = len(part.names), len(part.names) + len(part.cells)
    place = {v: a for a, v in enumerate(part.names)}
    found = []
    for number, monomials in enumerate(part.sums):
        poly: Polynomial = {tuple(int(a == count + number) for a in range(width)): 1}
        for monomial in monomials:
            exponents = [0] * width
            for v in monomial:
                exponents[place[v]] += 1
            key = tuple(exponents)
            poly[key] = poly.get(key, 0) - 1
        found.append(poly)
    return found


def elimination_ideal(
    part: Part, seconds: float | None, memory_mb: int | None, *, singular: Singular | None = None
) -> EliminationIdeal:
    """Let Singular eliminate the factor entries of a part.

    Raises
    ------
    BackendError
        If it is missing, gives no answer within the limits or one that cannot be read, or contradicts itself.
    """
    engine = singular or Singular()
    if not engine.available:
        raise BackendError("singular is not installed")
    if seconds is not None and seconds <= 0:
        raise BackendError("no time left for singular")
    count, width = len(part.names), len(part.names) + len(part.cells)
    lines = engine.run(_script(part), seconds, memory_mb)
    basis, numbers = [], {}
    for line in lines:
        name, _, text = line.partition(" ")
        if name == "basis":
            poly = read_polynomial(text, width)
            if not poly:
                raise BackendError("singular gave an answer that cannot be read: zero in a Gröbner basis")
            scale = math.lcm(*(value.denominator for value in poly.values()))
            basis.append(primitive({key: int(value * scale) for key, value in poly.items()}))
        elif name in ("dimension", "degree") and name not in numbers and re.fullmatch(r"\d+", text):
            numbers[name] = int(text)
        else:
            raise BackendError(f"singular gave an answer that cannot be read: {line[:120]!r}")
    if len(numbers) != 2 or not basis:
        raise BackendError("singular gave an answer that cannot be read: something is missing")
    version = f"singular {engine.version}"
    return EliminationIdeal(tuple(basis), count, numbers["dimension"], numbers["degree"], version)


def _script(part: Part) -> str:
    count, width = len(part.names), len(part.names) + len(part.cells)
    names = [f"v{a}" for a in range(width)]
    order = f"(dp({count}), dp({width - count}))" if count else "dp"
    place = {v: names[a] for a, v in enumerate(part.names)}
    equations = []
    for name, monomials in zip(names[count:], part.sums, strict=True):
        paths = ["*".join(place[v] for v in monomial) or "1" for monomial in monomials]
        equations.append(f"{name}-({'+'.join(paths)})")
    return (
        f"ring R = 0, ({', '.join(names)}), {order};\nshort = 0;\noption(redSB);\n"
        f"ideal F = {f',{chr(10)}  '.join(equations)};\nideal G = std(F);\nideal E;\nint i;\nint k;\nint used;\n"
        "intvec w;\n"
        "for (i = 1; i <= ncols(G); i++)\n"
        '{\n  print("@ basis " + string(G[i]));\n  w = leadexp(G[i]);\n  used = 0;\n'
        f"  for (k = 1; k <= {count}; k++) {{ used = used + w[k]; }}\n"
        "  if (used == 0) { E[size(E)+1] = G[i]; }\n}\n"
        f"ring S = 0, ({', '.join(names[count:])}), dp;\nideal E = imap(R, E);\nattrib(E, \"isSB\", 1);\n"
        'print("@ dimension " + string(dim(E)));\nprint("@ degree " + string(mult(E)));\n'
    )
