"""What is known of a question that stays undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.equations.paths import generic_rank

if TYPE_CHECKING:
    from closedness.search.question import Question

# entries of the Jacobian up to which its rank is computed: a small part of a second
MOST_ENTRIES = 400_000


def known(question: Question) -> tuple[str, ...]:
    """Sentences that hold whatever the answer is.

    Returns
    -------
    tuple of str
        The dimension of the set, whether its limits over C fill its support (then one matrix that is no product would
        show that it is not closed over C), and what the reductions leave: only that part is open.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> from closedness.budget import Budget
    >>> from closedness.search.question import Question
    >>> known(Question(SupportProduct.from_text("10/11 * 11/01"), "real", Budget(1)))
    ('the set has dimension 4, in a space of 4 entries: over C its limits are all matrices on its support',)
    """
    product = question.product
    lines = []
    cells = product.support.nnz
    if cells * sum(factor.nnz for factor in product.factors) <= MOST_ENTRIES:
        dimension = generic_rank(product)
        if dimension == cells:
            lines.append(
                f"the set has dimension {cells}, in a space of {cells} entries: "
                "over C its limits are all matrices on its support"
            )
        else:
            # a rank modulo a prime is a lower bound of the dimension, and equal to it but for bad luck
            found = f"dimension {dimension} (computed at random points)"
            lines.append(f"the set has {found}, in a space of {cells} entries")
    if question.prover is not None:
        for leaf in question.prover.stuck:
            covered = leaf.pattern.covered()
            rows = [i for i, mask in enumerate(covered) if mask]
            columns = {j for mask in covered for j in bits(mask)}
            hidden = leaf.pattern.terms.bit_count()
            if len(rows) < product.shape[0] or len(columns) < product.shape[1] or hidden < product.inner[0]:
                size = f"{len(rows)} rows, {len(columns)} columns and {hidden} hidden indices"
                lines.append(f"reductions leave a part with {size} open; the set is closed if and only if all such are")
    return tuple(lines)
