"""Random supports for hypothesis, and random renamings of them."""

from __future__ import annotations

from hypothesis import strategies as st

from closedness import Support, SupportProduct

Pair = tuple[Support, Support]


@st.composite
def supports(
    draw: st.DrawFn, min_rows: int = 1, max_rows: int = 5, min_cols: int = 1, max_cols: int = 5, rows: int | None = None
) -> Support:
    """A support within the given sizes; every 0/1 pattern can occur."""
    m = rows if rows is not None else draw(st.integers(min_rows, max_rows))
    n = draw(st.integers(min_cols, max_cols))
    return Support.from_masks((m, n), draw(st.lists(st.integers(0, 2**n - 1), min_size=m, max_size=m)))


@st.composite
def pairs(draw: st.DrawFn, max_rows: int = 5, max_hidden: int = 4, min_hidden: int = 1) -> Pair:
    """Supports ``(I, J)`` of X and Y in ``X Yᵀ``."""
    r = draw(st.integers(min_hidden, max_hidden))
    sides = []
    for _ in range(2):
        masks = draw(st.lists(st.integers(0, 2**r - 1), min_size=1, max_size=max_rows))
        sides.append(Support.from_masks((len(masks), r), masks))
    return sides[0], sides[1]


@st.composite
def products(draw: st.DrawFn, max_factors: int = 4, max_size: int = 5) -> SupportProduct:
    """A chain of two or more supports whose sizes match."""
    factors = [draw(supports(max_rows=max_size, max_cols=max_size))]
    for _ in range(draw(st.integers(1, max_factors - 1))):
        factors.append(draw(supports(rows=factors[-1].shape[1], max_cols=max_size)))
    return SupportProduct(factors)


@st.composite
def renamed(draw: st.DrawFn, pair: Pair) -> Pair:
    """The pair with rows, columns and hidden indices permuted, and possibly transposed."""
    I, J = pair
    hidden = draw(st.permutations(range(I.shape[1])))
    I = I.permute(rows=draw(st.permutations(range(I.shape[0]))), cols=hidden)
    J = J.permute(rows=draw(st.permutations(range(J.shape[0]))), cols=hidden)
    return (J, I) if draw(st.booleans()) else (I, J)
