"""Questions as input of other systems: QEPCAD B, Redlog, Maple, Mathematica, Macaulay2, Singular.

The first four get the sentence itself. Macaulay2 and Singular compute with ideals over the rationals: they get the
parametrisation and the ideal of the Zariski closure of its image, which says nothing about closedness by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from fractions import Fraction

from closedness.engines.sentences.image import image
from closedness.engines.sentences.logic import And, Atom, Formula, Not, Quantified, Query
from closedness.engines.sentences.polynomials import Poly, constant, infix
from closedness.engines.sentences.prenex import is_trivial, prenex
from closedness.engines.sentences.smtlib import smtlib_query
from closedness.errors import InputError
from closedness.supports.product import SupportProduct

__all__ = ["FORMATS", "export_fibre", "export_query", "export_variety", "qepcad_text"]

Matrix = Sequence[Sequence[Fraction]]


def plain(name: str) -> str:
    """A name of letters and digits only.

    Examples
    --------
    >>> plain("a_1_12"), plain("w1_0_2")
    ('a1x12', 'w1x0x2')
    """
    head, _, rest = name.partition("_")
    return head + ("x" if head[-1].isdigit() else "") + rest.replace("_", "x")


def _renamed(poly: Poly) -> Poly:
    return Poly(tuple((value, tuple(map(plain, names))) for value, names in poly.monomials))


@dataclass(frozen=True)
class _Syntax:
    """How a system writes formulas."""

    relations: dict[str, str]
    conjunction: Callable[[list[str]], str]
    disjunction: Callable[[list[str]], str]
    negation: Callable[[str], str]
    quantifier: Callable[[str, list[str], str], str]
    true: str
    false: str
    times: str = "*"

    def write(self, formula: Formula) -> str:
        """The formula as text."""
        if isinstance(formula, Atom):
            left, right = (infix(_renamed(side), self.times) for side in (formula.left, formula.right))
            return f"{left} {self.relations[formula.relation]} {right}"
        if isinstance(formula, Not):
            return self.negation(self.write(formula.part))
        if isinstance(formula, Quantified):
            return self.quantifier(formula.kind, list(map(plain, formula.names)), self.write(formula.body))
        truth = is_trivial(formula)
        if truth is not None:
            return self.true if truth else self.false
        parts = list(map(self.write, formula.parts))
        return (self.conjunction if isinstance(formula, And) else self.disjunction)(parts)


_REDLOG = _Syntax(
    {"=": "=", "!=": "<>", "<": "<", "<=": "<="},
    lambda parts: "(" + " and ".join(parts) + ")",
    lambda parts: "(" + " or ".join(parts) + ")",
    lambda part: f"not({part})",
    lambda kind, names, body: f"{'ex' if kind == 'exists' else 'all'}({{{', '.join(names)}}},\n  {body})",
    "true",
    "false",
)
_MATHEMATICA = _Syntax(
    {"=": "==", "!=": "!=", "<": "<", "<=": "<="},
    lambda parts: "(" + " && ".join(parts) + ")",
    lambda parts: "(" + " || ".join(parts) + ")",
    lambda part: f"!({part})",
    lambda kind, names, body: f"{'Exists' if kind == 'exists' else 'ForAll'}[{{{', '.join(names)}}},\n  {body}]",
    "True",
    "False",
)
_MAPLE = _Syntax(
    {"=": "=", "!=": "<>", "<": "<", "<=": "<="},
    lambda parts: f"And({', '.join(parts)})" if len(parts) > 1 else parts[0],
    lambda parts: f"Or({', '.join(parts)})" if len(parts) > 1 else parts[0],
    lambda part: f"Not({part})",
    lambda kind, names, body: f"{kind}([{', '.join(names)}],\n  {body})",
    "true",
    "false",
)
_REGULAR_CHAINS = _Syntax(
    {"=": "=", "!=": "<>", "<": "<", "<=": "<="},
    lambda parts: "(" + " &and ".join(f"({part})" for part in parts) + ")",
    lambda parts: "(" + " &or ".join(f"({part})" for part in parts) + ")",
    lambda part: f"&not ({part})",
    lambda kind, names, body: f"&{'E' if kind == 'exists' else 'A'}([{', '.join(names)}]),\n  {body}",
    "(0 = 0)",
    "(0 = 1)",
)
_QEPCAD = _Syntax(
    {"=": "=", "!=": "/=", "<": "<", "<=": "<="},
    lambda parts: "[" + " /\\ ".join(parts) + "]",
    lambda parts: "[" + " \\/ ".join(parts) + "]",
    lambda part: f"~[{part}]",
    lambda kind, names, body: "".join(f"({'E' if kind == 'exists' else 'A'} {name})" for name in names) + body,
    "[0 = 0]",
    "[0 = 1]",
    times=" ",
)


def _comment(lines: tuple[str, ...], start: str, end: str = "") -> str:
    return "".join(f"{start}{line}{end}\n" for line in lines)


def _prenex_formula(formula: Formula) -> Formula:
    prefix, matrix = prenex(formula)
    for kind, names in reversed(prefix):
        matrix = Quantified(kind, names, matrix)
    return matrix


def qepcad_text(formula: Formula, title: str = "", sample: bool = False) -> str:
    """Input for QEPCAD B: description, variables in the order of the prefix, no free variable, the sentence.

    Parameters
    ----------
    formula : Formula
    title : str
    sample : bool
        Also ask for a point that makes a sentence with existential quantifiers true.

    Raises
    ------
    InputError
        If the formula has no variable at all, which QEPCAD does not take.
    """
    prefix, matrix = prenex(formula)
    names = [plain(name) for _, block in prefix for name in block]
    if not names:
        raise InputError("the sentence has no variable: nothing for QEPCAD to do")
    body = _QEPCAD.write(matrix)
    text = body if body.startswith("[") else f"[{body}]"
    for kind, block in reversed(prefix):
        text = _QEPCAD.quantifier(kind, list(map(plain, block)), text)
    steps = "go\ngo\ngo\nd-witness-list\n" if sample else ""
    title = "".join(char if char.isascii() and char not in "[]" else " " for char in title)
    return f"[{title}]\n({','.join(names)})\n0\n{text}.\n{steps}finish\n"


def _qepcad(query: Query, header: tuple[str, ...]) -> str:
    return qepcad_text(query.formula, "; ".join((*header, f"TRUE exactly when {query.purpose}")))


def _smtlib(query: Query, header: tuple[str, ...]) -> str:
    return smtlib_query(query, header)


def _redlog(query: Query, header: tuple[str, ...]) -> str:
    comments = _comment((*header, f"true exactly when {query.purpose}"), "% ")
    return (
        f"{comments}load_package redlog;\nrlset reals;\nphi := {_REDLOG.write(query.formula)};\n"
        "rlqe phi;      % virtual substitution where the degrees allow it\n"
        "rlcad phi;     % cylindrical algebraic decomposition\nend;\n"
    )


def _mathematica(query: Query, header: tuple[str, ...]) -> str:
    comments = _comment((*header, f"True exactly when {query.purpose}"), "(* ", " *)")
    return f"{comments}Resolve[{_MATHEMATICA.write(query.formula)}, Reals]\n"


def _maple(query: Query, header: tuple[str, ...]) -> str:
    comments = _comment((*header, f"true exactly when {query.purpose}"), "# ")
    chains = _REGULAR_CHAINS.write(_prenex_formula(query.formula))
    return (
        f"{comments}phi := {_MAPLE.write(query.formula)}:\n"
        "QuantifierElimination:-QuantifierEliminate(phi);\n\n"
        "# the same for the package RegularChains\n"
        f"psi := {chains}:\n"
        "RegularChains:-SemiAlgebraicSetTools:-QuantifierElimination(psi);\n"
    )


FORMATS: dict[str, Callable[[Query, tuple[str, ...]], str]] = {
    "smtlib": _smtlib,
    "qepcad": _qepcad,
    "redlog": _redlog,
    "maple": _maple,
    "mathematica": _mathematica,
}


def export_query(query: Query, form: str, header: tuple[str, ...] = ()) -> str:
    """A question as input of another system.

    Parameters
    ----------
    query : Query
    form : {"smtlib", "qepcad", "redlog", "maple", "mathematica"}
    header : tuple of str
        Comment lines.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the format is unknown.

    Examples
    --------
    >>> from closedness.engines.sentences.questions import membership_query
    >>> query = membership_query(SupportProduct.from_text("1 * 1"), [[2]], scalings="none")
    >>> print(export_query(query, "mathematica"))
    (* True exactly when the given matrix is a product *)
    Resolve[Exists[{w0x0x0, w1x0x0},
      w0x0x0*w1x0x0 == 2], Reals]
    <BLANKLINE>
    """
    if form not in FORMATS:
        raise InputError(f"format is {form!r}, not one of {', '.join(FORMATS)}")
    return FORMATS[form](query, header)


def export_variety(
    product: SupportProduct, form: str, header: tuple[str, ...] = (), target: Matrix | None = None
) -> str:
    """The parametrisation and the ideal of the Zariski closure of its image, over the rationals.

    Parameters
    ----------
    product : SupportProduct
    form : {"macaulay2", "singular"}
    header : tuple of str
        Comment lines.
    target : matrix of Fractions, optional
        The values of the ideal's generators there are printed as well: all zero exactly when the target is a limit of
        complex products, provided that it vanishes outside the support.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the format is unknown, no path leads anywhere, or the target does not vanish outside the support.
    """
    reached = image(product, scalings="none")
    if not reached.entries:
        raise InputError("the products are all zero: there is no parametrisation to export")
    names = [plain(name) for name in reached.names]
    targets = [plain(f"a_{i}_{j}") for i, j in reached.entries]
    entries = [infix(_renamed(components[0])) for components in reached.entries.values()]
    notes = (
        *header,
        "ideal of the Zariski closure of the set of products, over QQ:",
        "the closure over R may be smaller, and the ideal alone does not decide closedness",
    )
    values = []
    if target is not None:
        values = [str(target[i][j]) for i, j in reached.entries]
        _require_inside(reached.entries, target)
        notes = (*notes, "then the values of its generators at the target, all zero exactly for limits over C")
    if form == "macaulay2":
        places = ", ".join(f"{name} => {value}" for name, value in zip(targets, values, strict=False))
        at_target = f"print toString sub(gens I, {{{places}}});\n" if values else ""
        return (
            f"{_comment(notes, '-- ')}W = QQ[{', '.join(names)}];\nA = QQ[{', '.join(targets)}];\n"
            f"f = map(W, A, {{{', '.join(entries)}}});\nI = kernel f;\nprint toString I;\n"
            f"print toString {{dim I, degree I}};\n{at_target}"
        )
    if form == "singular":
        points = "".join(f", {name}, {value}" for name, value in zip(targets, values, strict=False))
        at_target = f"subst(I{points});\n" if values else ""
        pairs = [f"{target} - ({entry})" for target, entry in zip(targets, entries, strict=True)]
        # The parameters come first in an elimination order, so that a Gröbner basis eliminates them.
        return (
            f"{_comment(notes, '// ')}ring R = 0, ({', '.join(names)}, {', '.join(targets)}), "
            f"(dp({len(names)}), dp({len(targets)}));\n"
            f"ideal G = {', '.join(pairs)};\nideal I = eliminate(G, {'*'.join(names)});\n"
            "I;\n"
            f"ring T = 0, ({', '.join(targets)}), dp;\nideal I = imap(R, I);\n"
            'printf("dimension %s, degree %s", dim(std(I)), mult(std(I)));\n'
            f"{at_target}quit;\n"
        )
    raise InputError(f"format is {form!r}, not one of macaulay2, singular")


def _require_inside(cells: Container[tuple[int, int]], target: Matrix) -> None:
    for i, row in enumerate(target):
        for j, value in enumerate(row):
            if value and (i, j) not in cells:
                raise InputError(f"target: entry ({i}, {j}) is {value}, and no product has an entry there")


def export_fibre(product: SupportProduct, target: Matrix, form: str, header: tuple[str, ...] = ()) -> str:
    """The ideal of the factors of a matrix; it contains 1 exactly when the matrix is no product over C.

    Parameters
    ----------
    product : SupportProduct
    target : matrix of Fractions
    form : {"macaulay2", "singular"}
    header : tuple of str
        Comment lines.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the format is unknown, no path leads anywhere, or the target does not vanish outside the support.

    Examples
    --------
    >>> print(export_fibre(SupportProduct.from_text("1 * 1"), [[Fraction(2)]], "singular"))
    // ideal of the factors of the target, over QQ:
    // the last line is 0 exactly when the target is no product over C; real factors are not told from complex ones
    ring R = 0, (w0x0x0, w1x0x0), dp;
    ideal F = w0x0x0*w1x0x0 - 2;
    reduce(poly(1), std(F));
    quit;
    <BLANKLINE>
    """
    reached = image(product, scalings="none")
    if not reached.entries:
        raise InputError("the products are all zero: there is no parametrisation to export")
    _require_inside(reached.entries, target)
    names = ", ".join(map(plain, reached.names))
    equations = ", ".join(
        infix(_renamed(components[0] - constant(target[i][j]))) for (i, j), components in reached.entries.items()
    )
    notes = (
        *header,
        "ideal of the factors of the target, over QQ:",
        "the last line is 0 exactly when the target is no product over C; real factors are not told from complex ones",
    )
    if form == "macaulay2":
        return (
            f"{_comment(notes, '-- ')}W = QQ[{names}];\nF = ideal({equations});\nprint toString (1_W % F);\n"
        )
    if form == "singular":
        return (
            f"{_comment(notes, '// ')}ring R = 0, ({names}), dp;\nideal F = {equations};\n"
            "reduce(poly(1), std(F));\nquit;\n"
        )
    raise InputError(f"format is {form!r}, not one of macaulay2, singular")
