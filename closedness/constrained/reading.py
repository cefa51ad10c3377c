"""Questions with constraints from files: loadings, lavaan models, problem files with tied factors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from closedness.constrained.problem import Covariance, Fixed, NonNegative, question_of
from closedness.errors import FormatError, InputError
from closedness.files.documents import load_json, parse_json
from closedness.files.problems import join_parts, place_of, read_bytes
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.files.loadings import Loadings
    from closedness.supports.product import SupportProduct

Constrained = NonNegative | Covariance | Fixed
KINDS = ("nonnegative", "gram", "covariance", "fixed")

__all__ = [
    "constraints_of",
    "covariance_of_loadings",
    "covariance_of_product",
    "product_of_loadings",
    "with_constraints",
]


def covariance_of_loadings(loadings: Loadings, *, unique: bool | None = None, correlated: bool = True) -> Covariance:
    """The factor model of a file of loadings.

    Parameters
    ----------
    loadings : Loadings
    unique : bool, optional
        Whether items have unique variances; as the file says by default.
    correlated : bool
        False for uncorrelated factors, whatever the file says.

    Examples
    --------
    >>> from closedness.files.loadings import parse_lavaan
    >>> covariance_of_loadings(parse_lavaan("f =~ x1 + x2")).items
    ('x1', 'x2')
    """
    return Covariance.of(
        loadings.support,
        correlated=loadings.blocks if correlated else False,
        unique=loadings.unique if unique is None else unique,
        items=loadings.items,
        factors=loadings.factors,
    )


def covariance_of_product(product: SupportProduct, *, unique: bool = False, correlated: bool = True) -> Covariance:
    """The factor model that a problem file draws: ``Λ``, ``Λ Λᵀ`` or ``Λ Φ Λᵀ``, with the support of ``Φ`` in groups.

    Raises
    ------
    InputError
        If the factors are none of these, or the support of ``Φ`` is no grouping of the factors.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> covariance_of_product(SupportProduct.from_text("10/11 * 10/01 * 11/01")).blocks
    ((0,), (1,))
    """
    factors = product.factors
    loadings = factors[0]
    if len(factors) > 1 and factors[-1] != loadings.T:
        raise InputError("a factor model is Λ, Λ Λᵀ or Λ Φ Λᵀ: the last factor must be the first one, transposed")
    if len(factors) > 3:
        raise InputError(f"a factor model has three factors at most, not {len(factors)}")
    if len(factors) < 3 or not correlated:
        return Covariance.of(loadings, correlated=correlated and len(factors) != 2, unique=unique)
    rows = factors[1].row_masks
    groups = sorted(set(rows) - {0})
    if any(not rows[k] >> k & 1 or rows[j] != rows[k] for k in range(len(rows)) for j in factors[1].rows[k]):
        raise InputError("the middle factor is no grouping of the factors: correlated within groups, not between them")
    blocks = [[k for k, row in enumerate(rows) if row == group] for group in groups]
    return Covariance.of(loadings, correlated=blocks, unique=unique)


def product_of_loadings(loadings: Loadings, samples: int | None = None) -> SupportProduct:
    r"""Loadings times a free matrix of scores: network component analysis, factor scores.

    Parameters
    ----------
    loadings : Loadings
    samples : int, optional
        Columns of the data; as many as there are factors by default, beyond which nothing changes.

    Examples
    --------
    >>> from closedness.files.loadings import parse_table
    >>> product_of_loadings(parse_table("gene,regulator\nlacZ,crp\nlacZ,lacI\n")).shape
    (1, 2)
    """
    from closedness.supports.product import SupportProduct

    r = loadings.support.shape[1]
    size = r if samples is None else samples
    return SupportProduct([loadings.support, Support.from_rows((r, size), [range(size)] * r)])


def with_constraints(
    product: SupportProduct, kind: str, *, unique: bool | list[int] = False, correlated: bool = True
) -> Constrained:
    """The question about a product whose factors are constrained.

    Parameters
    ----------
    product : SupportProduct
    kind : {"nonnegative", "gram", "covariance"}
    unique : bool or list of int
        For covariances: which items have a unique variance.
    correlated : bool
        For covariances: False for uncorrelated factors.

    Raises
    ------
    InputError
        If the kind is another one, or the factors are none of it.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> with_constraints(SupportProduct.from_text("10/11 * 11/01"), "gram").blocks
    ((0,), (1,))
    """
    if kind == "nonnegative":
        return NonNegative(product)
    if kind not in KINDS[:3]:
        raise InputError(f"constraints: the kind is {kind!r}, not {', '.join(KINDS[:3])}")
    made = covariance_of_product(product, correlated=correlated and kind == "covariance")
    return Covariance.of(made.loadings, correlated=made.blocks, unique=unique)


def constraints_of(path: str | os.PathLike[str]) -> Constrained | None:
    """The question with constraints that a JSON file holds, or None if it holds none.

    A problem file has a key ``constraints``: ``"nonnegative"``, ``"gram"``, ``"covariance"``, ``"fixed"``, or an object
    with this as its ``kind`` and, for covariances, ``unique`` (true, false or a list of items) and ``correlated``
    (true, false or a list of groups of factors). For ``"fixed"`` the factors are two matrices with ``null`` for free
    entries and numbers for fixed ones. A certificate about such a question is read, too.

    Raises
    ------
    FormatError
        If the constraints are of another form.
    """
    place = place_of(path)
    try:
        document = load_json(read_bytes(path), place)
    except FormatError:  # for the reader of problem files to say
        return None
    if not isinstance(document, dict):
        return None
    problem = document.get("problem")
    if "format" in document and isinstance(problem, dict) and "kind" in problem:
        try:
            return question_of(problem)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise FormatError(f"holds no question with constraints ({type(error).__name__})", place) from None
    if "constraints" not in document:
        return None
    given = document.pop("constraints")
    options = dict(given) if isinstance(given, dict) else {"kind": given}
    kind, unique, correlated = (options.pop(key, None) for key in ("kind", "unique", "correlated"))
    if kind not in KINDS or options:
        word = (
            f"the key {next(iter(options))!r} is unknown"
            if options
            else f"the kind is {kind!r}, not {', '.join(KINDS)}"
        )
        raise FormatError(f"constraints: {word}", place)
    for name, value in (("unique", unique), ("correlated", correlated)):
        if value is not None and (kind not in ("covariance", "gram") or not isinstance(value, (bool, list))):
            raise FormatError(f"constraints: {name} is {value!r}, not true, false or a list, of a covariance", place)
    try:
        return _constrained(document, kind, unique, correlated, place)
    except FormatError:
        raise
    except (InputError, TypeError) as error:
        raise FormatError(str(error), place) from None


def _constrained(document: dict[str, Any], kind: str, unique: Any, correlated: Any, place: str) -> Constrained:
    import json

    if kind == "fixed":
        factors = document.get("factors")
        if not isinstance(factors, list) or not all(isinstance(rows, list) for rows in factors):
            raise FormatError("constraints: fixed entries need factors, two lists of rows", place)
        return Fixed.of(*factors)
    product = join_parts([(place, parse_json(json.dumps(document).encode(), place))], place)
    if kind == "covariance" and isinstance(correlated, list):
        return Covariance.of(product.factors[0], correlated=correlated, unique=unique or False)
    return with_constraints(product, kind, unique=unique or False, correlated=correlated is not False)
