"""Singular, an optional program on the search path: Gröbner bases, hence answers over the complex numbers.

* Equations without a common complex zero have no common real zero: "unsat" over R follows from "unsat" over C.
* For questions over C (``query.numbers == "complex"``) both answers are given.
* `cofactors` finds identities ``Σ h·f = unit`` by the command ``lift``; whoever uses them verifies them by
  multiplication, so that Singular need not be trusted.

Singular goes on after an error and ends with code 0, so what it prints is read strictly: every line begins with a mark,
the last one is the end mark, and anything else is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.engines.base import Answer, Backend, Capabilities
from closedness.engines.process import run, version_of
from closedness.engines.sentences.logic import And, Atom, Case, Formula, Query
from closedness.engines.sentences.polynomials import ONE, Poly, infix, variable
from closedness.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flint import fmpz_mpoly

    from closedness.algebra.nullstellensatz import Identity

__all__ = ["Singular", "read_polynomial", "singular_lines"]

_END = "@ end"
_MONOMIAL = re.compile(r"[+-]?[^+-]+")
_NUMBER = re.compile(r"\d+(/\d+)?")
_POWER = re.compile(r"v(\d+)(?:\^(\d+))?")
LONGEST_IDENTITY = 60_000


def singular_lines(text: str) -> list[str]:
    r"""What a script of ours printed, line by line without the mark.

    Raises
    ------
    BackendError
        If anything else was printed, or the end is missing.

    Examples
    --------
    >>> singular_lines("@ case 1 none\n@ end\n")
    ['case 1 none']
    """
    lines = [line for line in text.splitlines() if line.strip()]
    strange = next((line for line in lines if not line.startswith("@ ")), None)
    if strange is not None:
        raise BackendError(f"singular gave an answer that cannot be read: {strange.strip()[:120]!r}")
    if not lines or lines[-1] != _END:
        raise BackendError("singular gave an answer that cannot be read: its end is missing")
    return [line[2:] for line in lines[:-1]]


def read_polynomial(text: str, width: int) -> dict[tuple[int, ...], Fraction]:
    """A polynomial in ``v0, v1, …`` as Singular prints it with ``short = 0``, as exponents to coefficients.

    Raises
    ------
    BackendError
        If it is anything else.

    Examples
    --------
    >>> read_polynomial("-2/3*v0^2*v1+1", 2)
    {(2, 1): Fraction(-2, 3), (0, 0): Fraction(1, 1)}
    """
    poly: dict[tuple[int, ...], Fraction] = {}
    if text == "0":
        return poly
    pieces = _MONOMIAL.findall(text)
    if "".join(pieces) != text or not pieces:
        raise BackendError(f"singular gave an answer that cannot be read: polynomial {text[:80]!r}")
    for piece in pieces:
        value = Fraction(-1 if piece[0] == "-" else 1)
        exponents = [0] * width
        for factor in piece.lstrip("+-").split("*"):
            if _NUMBER.fullmatch(factor):
                value *= Fraction(factor)
                continue
            power = _POWER.fullmatch(factor)
            if power is None or int(power[1]) >= width:
                raise BackendError(f"singular gave an answer that cannot be read: polynomial {text[:80]!r}")
            exponents[int(power[1])] += int(power[2] or 1)
        key = tuple(exponents)
        if key in poly or not value:
            raise BackendError(f"singular gave an answer that cannot be read: polynomial {text[:80]!r}")
        poly[key] = value
    return poly


def _conditions(formula: Formula) -> Iterator[tuple[Poly, bool]]:
    """Left-hand sides of a conjunction, each with whether it must vanish (or must not)."""
    if isinstance(formula, And):
        for part in formula.parts:
            yield from _conditions(part)
    elif isinstance(formula, Atom) and formula.relation in ("=", "!="):
        yield formula.left - formula.right, formula.relation == "="
    else:
        raise BackendError("singular takes conjunctions of equations and inequations (≠) only")


def _equations(case: Case) -> tuple[tuple[str, ...], list[Poly]]:
    """A case as equations: one further variable for each polynomial that must not vanish."""
    names, polys = list(case.names), []
    for part in case.asserts:
        for poly, vanishes in _conditions(part):
            if vanishes:
                polys.append(poly)
            else:
                inverse = f"inverse{len(names)}"
                names.append(inverse)
                polys.append(poly * variable(inverse) - ONE)
    return tuple(names), polys


def _ring(width: int, number: int = 0) -> str:
    return f"ring R{number} = 0, ({', '.join(f'v{i}' for i in range(max(1, width)))}), dp;\nshort = 0;\n"


def _ideal(name: str, polys: Iterable[str]) -> str:
    return f"ideal {name} = {f',{chr(10)}  '.join(polys) or '0'};\n"


class Singular(Backend):
    """The program ``Singular`` in a process of its own.

    Parameters
    ----------
    program : str
        Name or path.

    Examples
    --------
    >>> Singular("no-such-program").available
    False
    """

    name = "singular"
    capabilities = Capabilities(existential=True, quantified=False, model=False, proof=True, complex=True)

    def __init__(self, program: str = "Singular") -> None:
        self._program = program

    @property
    def version(self) -> str:
        """Version that the program prints; empty when it is not on the search path."""
        return version_of(self._program, r"version\s+([0-9.]+)")

    def run(self, script: str, seconds: float | None, memory_mb: int | None) -> list[str]:
        """Run a script that prints marked lines, and read them.

        Parameters
        ----------
        script : str
            Commands; each line that they print begins with ``"@ "``.
        seconds, memory_mb : optional
            Limits on wall time and memory.

        Raises
        ------
        BackendError
            If it ended badly or printed anything else.
        """
        command = [self._program, "-q", "--no-rc", "--no-shell", "--no-warn"]
        outcome = run(command, f'{script}print("{_END}");\nquit;\n', seconds, memory_mb)
        failure = outcome.failure(self.name)
        if failure:
            raise BackendError(failure)
        return singular_lines(outcome.stdout)

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        script = []
        for number, case in enumerate(query.cases):
            names, polys = _equations(case)
            renaming = {name: f"v{i}" for i, name in enumerate(names)}
            script.append(
                _ring(len(names), number)
                + _ideal("F", (infix(poly.renamed(renaming).integral()) for poly in polys))
                + f'if (reduce(poly(1), std(F)) == 0) {{ print("@ case {number} none"); }}\n'
                + f'else {{ print("@ case {number} some"); print("{_END}"); quit; }}\n'
            )
        found = []
        for place, line in enumerate(self.run("".join(script), seconds, memory_mb)):
            said = re.fullmatch(rf"case {place} (none|some)", line)
            if said is None:
                raise BackendError(f"singular gave an answer that cannot be read: {line[:120]!r}")
            found.append(said[1])
        if "some" in found:
            if query.numbers == "complex":
                return Answer("sat", detail="singular gives no values")
            return Answer("unknown", detail="there are complex solutions, which says nothing about real ones")
        if len(found) != len(query.cases):
            raise BackendError("singular gave an answer that cannot be read: a case is missing")
        return Answer("unsat")

    def cofactors(
        self,
        equations: Mapping[str, fmpz_mpoly],
        nonzero: Iterable[int] = (),
        seconds: float | None = 10.0,
        memory_mb: int | None = 2048,
    ) -> Identity | None:
        """An identity ``Σ h·f = c·monomial`` with a constant ``c ≠ 0`` and a monomial in non-vanishing variables.

        Parameters
        ----------
        equations : mapping of str to fmpz_mpoly
            Polynomials ``f`` by label, all in one ring.
        nonzero : iterable of int
            Positions of the variables that do not vanish.
        seconds, memory_mb : optional
            Limits on wall time and memory.

        Returns
        -------
        Identity or None
            Verified by multiplication; ``None`` when there is none, or none was found within the limits.

        Notes
        -----
        A further variable ``z`` stands for the inverse of the product ``m`` of the non-vanishing variables. From
        ``1 = Σ h·f + g·(z·m − 1)`` follows ``m^d = Σ m^d·h(z = 1/m)·f`` with the degree ``d`` of the ``h`` in ``z``.

        Examples
        --------
        >>> from flint import Ordering, fmpz_mpoly_ctx
        >>> x, y = fmpz_mpoly_ctx.get(("x", "y"), Ordering.degrevlex).gens()
        >>> Singular("no-such-program").cofactors({"f": x * y - 1, "g": x**2}) is None
        True
        """
        if not equations or not self.available:
            return None
        budget = Budget(seconds)
        labels = list(equations)
        context = equations[labels[0]].context()
        width = context.nvars()
        units = sorted(set(nonzero))
        texts = [_written(equations[label]) for label in labels]
        if units:
            texts.append("*".join(f"v{v}" for v in (*units, width)) + "-1")
        script = (
            _ring(width + bool(units))
            + _ideal("F", texts)
            + "ideal one = 1;\nint k;\n"
            + "if (reduce(poly(1), std(F)) == 0)\n{\n  matrix T = lift(F, one);\n"
            + "  for (k = 1; k <= nrows(T); k++)\n"
            + '  { if (T[k,1] != 0) { print("@ " + string(k) + " " + string(T[k,1])); } }\n}\n'
        )
        left = budget.left()
        if left is not None and left <= 0:
            return None
        try:
            lines = self.run(script, left, memory_mb)
            multipliers = dict(self._multiplier(line, labels, width + bool(units)) for line in lines)
        except BackendError:
            return None
        multipliers.pop("", None)  # of the equation z·m − 1, which vanishes after substitution
        return _identity(equations, multipliers, units, width) if multipliers else None

    @staticmethod
    def _multiplier(
        line: str, labels: Sequence[str], width: int
    ) -> tuple[str, dict[tuple[int, ...], Fraction]]:
        number, _, text = line.partition(" ")
        place = int(number) - 1 if number.isdigit() else -1
        if not 0 <= place <= len(labels):
            raise BackendError(f"singular gave an answer that cannot be read: {line[:80]!r}")
        return (*labels, "")[place], read_polynomial(text, width)


def _written(poly: fmpz_mpoly) -> str:
    monomials = []
    for exponents, value in poly.to_dict().items():
        powers = [f"v{v}^{int(e)}" for v, e in enumerate(exponents) if e]
        monomials.append("*".join((f"({int(value)})", *powers)))
    return "+".join(monomials) or "0"


def _identity(
    equations: Mapping[str, fmpz_mpoly],
    multipliers: Mapping[str, dict[tuple[int, ...], Fraction]],
    units: Sequence[int],
    width: int,
) -> Identity | None:
    """Put ``1/m`` for the further variable, clear denominators and verify."""
    from flint import fmpq, fmpq_mpoly_ctx

    from closedness.algebra.nullstellensatz import Identity, verify

    if sum(map(len, multipliers.values())) > LONGEST_IDENTITY:
        return None
    first = next(iter(equations.values())).context()
    ring = fmpq_mpoly_ctx.get(first.names(), first.ordering())
    power = max((key[width] for multiplier in multipliers.values() for key in multiplier), default=0) if units else 0
    found = {}
    for label, multiplier in multipliers.items():
        cleared: dict[tuple[int, ...], fmpq] = {}
        for key, value in multiplier.items():
            exponents = list(key[:width])
            for v in units:
                exponents[v] += power - key[width]
            place = tuple(exponents)
            cleared[place] = cleared.get(place, fmpq(0)) + fmpq(value.numerator, value.denominator)
        found[label] = ring.from_dict(cleared)
    identity = Identity({label: h for label, h in found.items() if not h.is_zero()})
    return identity if verify(equations, units, identity) else None
