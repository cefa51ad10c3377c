"""Questions with constraints from files: loadings, lavaan models, problem files with tied factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.constrained.problem import Covariance
from closedness.errors import InputError
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.files.loadings import Loadings
    from closedness.supports.product import SupportProduct

__all__ = ["covariance_of_loadings", "covariance_of_product", "product_of_loadings"]


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
