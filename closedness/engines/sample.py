"""Sample points that QEPCAD prints, read strictly: coordinates in one number field, or given by a root of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from closedness.engines.answers import model_from_json
from closedness.engines.base import Value
from closedness.engines.exact import exact_model
from closedness.engines.sentences.polynomials import Poly
from closedness.errors import BackendError

__all__ = ["read_sample"]

_ROOT = re.compile(r"the unique root of (?P<poly>.+) between (?P<low>-?\d+(?:/\d+)?) and (?P<high>-?\d+(?:/\d+)?)")
_MONOMIAL = re.compile(r"(?P<number>\d+(?:/\d+)?)?(?: ?(?P<name>alpha|x)(?:\^(?P<power>\d+))?)?")
_POINT = re.compile(
    r"Sample point -+ The sample point is in an? (?:PRIMITIVE|EXTENDED) representation\. (?P<point>alpha = .*?) -{20,}"
)


def read_sample(text: str, names: Sequence[str]) -> dict[str, Value]:
    r"""The first sample point that was printed.

    Parameters
    ----------
    text : str
        Output of the command ``d-witness-list``.
    names : sequence of str
        The variables in their order; those that the cell leaves open get the value 0.

    Returns
    -------
    dict of name to Fraction or Algebraic

    Raises
    ------
    BackendError
        If there is none, or it is written in another way.
    ValueError
        If numbers are beyond the limits of :mod:`closedness.algebra.numberfield`.

    Examples
    --------
    >>> point = '''----------   Sample point  ----------
    ... The sample point is in a PRIMITIVE representation.
    ... alpha = the unique root of x between 0 and 0
    ...       = 0.0000000000
    ... Coordinate 1 = -1/2
    ...              = -0.5000000000
    ... ----------------------------------------------------'''
    >>> read_sample(point, ["x"])
    {'x': Fraction(-1, 2)}
    """
    found = _POINT.search(" ".join(text.split()))
    if found is None:
        raise BackendError("qepcad gave no sample point that can be read")
    head, *coordinates = re.split(r" Coordinate (?=\d+ = )", found["point"])
    if len(coordinates) > len(names):
        raise BackendError("qepcad gave a sample point with too many coordinates")
    alpha = _root(head.removeprefix("alpha = ").split(" = ")[0])
    field = exact_model({"alpha": alpha})
    model: dict[str, Value] = dict.fromkeys(names, Fraction(0))
    for number, (name, line) in enumerate(zip(names, coordinates, strict=False), 1):
        place, *said = line.split(" = ")
        if place != str(number) or not said:
            raise BackendError("qepcad gave a sample point whose coordinates are not in order")
        if said[0].startswith("the unique root"):
            # the second line gives it over the rational numbers; the first does where it does not mention alpha
            own = said[1] if len(said) > 1 and said[1].startswith("the unique root") else said[0]
            model[name] = _root(own)
        else:
            model[name] = field.value(_poly(said[0], "alpha"))
    return model


def _root(text: str) -> Value:
    found = _ROOT.fullmatch(text.strip())
    if found is None:
        raise BackendError(f"qepcad gave a sample point that cannot be read: {text[:60]!r}")
    monomials = _poly(found["poly"], "x").monomials
    scale = lcm(*(value.denominator for value, _ in monomials))
    coefficients = [Fraction(0)] * (1 + max((len(names) for _, names in monomials), default=0))
    for value, names in monomials:
        coefficients[len(names)] += value * scale
    low, high = Fraction(found["low"]), Fraction(found["high"])
    number = {
        "poly": [str(value) for value in coefficients],
        "near": str((low + high) / 2),
        "radius": str((high - low) / 2),
    }
    return model_from_json({"x": number}, "qepcad")["x"]


def _poly(text: str, unknown: str) -> Poly:
    """A polynomial in one variable such as ``1/2 alpha^3 - 9/2 alpha``."""
    coefficients: dict[tuple[str, ...], Fraction] = {}
    for place, piece in enumerate(re.split(r" (?=[+-] )", text.strip())):
        sign, rest = 1, piece
        if place:
            sign, rest = (-1 if piece[0] == "-" else 1), piece[2:]
        elif piece.startswith("-"):
            sign, rest = -1, piece[1:].strip()
        found = _MONOMIAL.fullmatch(rest)
        if found is None or not rest or (found["name"] or unknown) != unknown:
            raise BackendError(f"qepcad gave a sample point that cannot be read: {text[:60]!r}")
        power = int(found["power"] or 1) if found["name"] else 0
        if power > 64:
            raise BackendError(f"qepcad gave a sample point of degree {power}")
        monomial = (unknown,) * power
        coefficients[monomial] = coefficients.get(monomial, Fraction(0)) + sign * Fraction(found["number"] or 1)
    return Poly.of(coefficients)
