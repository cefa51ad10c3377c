"""What is not closed over the reals, but over the complex numbers: ``python -m cases.atlas fields FILE``.

*Four lines and a free entry.* A 4×6 matrix with columns ``a_1, …, a_6`` is a product iff, for some number ``α``, a
line in projective three-space meets the line of the first two unit vectors and the lines through ``a_1 + α e_3`` and
``a_2``, ``a_3`` and ``a_4``, ``a_5`` and ``a_6``. Over the complex numbers there always is one. Over the reals there is
none if the line through ``a_1 + α e_3`` and ``a_2`` misses the quadric of the lines that meet the other three. For the
target ``a_2`` is ``e_3``, so that all ``α`` give the same line; but after a change of ``a_2``, as small as you like,
some ``α`` helps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cases.families import four_lines
from closedness.certificate import Certificate
from closedness.rules.limits.limit import Effort, limit_at
from closedness.supports.pattern import Pattern

__all__ = ["TARGET", "entry"]

# the quadric is x_3 (x_3 + x_1) + x_4 (x_4 + x_2) = 0, on the line through e_3 and e_4 it is x_3² + x_4² = 0
_COLUMNS = ((0, 0, 0, 1), (0, 0, 1, 0), (-1, 1, 1, 0), (-1, -1, 0, 1), (-1, -1, 1, 0), (1, -1, 0, 1))
TARGET = {(i, j): Fraction(value) for j, column in enumerate(_COLUMNS) for i, value in enumerate(column) if value}


def entry() -> dict[str, Any]:
    """The entry of the table ``not_closed_real``, computed from the target alone.

    Raises
    ------
    RuntimeError
        If no curve or no refutation is found.
    """
    product = four_lines(1, free_cell=True)
    pattern = Pattern.of(product)
    found = limit_at(product, pattern, TARGET, [], effort=Effort(real=True))
    if found is None:
        raise RuntimeError("the target is not shown to be a limit that is no product")
    proof = Certificate.not_closed(product, "real", found.target, found.curve, found.refutation, {}).proof
    types = {"rows": list(pattern.row_types), "columns": list(pattern.col_types)}
    return types | {key: proof[key] for key in ("target", "curve", "refutation")}
