"""Decide whether the set of products of matrices with prescribed supports is closed.

The set ``{X Yᵀ : supp X ⊆ I, supp Y ⊆ J}`` (or of longer products) is closed exactly when sparse factorisation with
these supports has an optimum for every target. :func:`decide` answers with a certificate that
:func:`check` verifies independently.

Examples
--------
>>> from closedness import SupportProduct
>>> lower = [[1, 0], [1, 1]]
>>> SupportProduct.from_pair(lower, lower)  # the LU support of size 2 x 2: X and Y lower triangular
SupportProduct.from_text('10/11 * 11/01')
"""

from closedness.certificate import Certificate
from closedness.check import Report, check
from closedness.decide import decide
from closedness.errors import ClosednessError
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support
from closedness.verdict import Counterexample, Status, Verdict
from closedness.version import __version__

__all__ = [
    "Certificate",
    "ClosednessError",
    "Counterexample",
    "Report",
    "Status",
    "Support",
    "SupportProduct",
    "Verdict",
    "__version__",
    "check",
    "decide",
]
