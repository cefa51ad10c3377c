# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: "1.3"
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. A first verdict
#
# Fix which entries of two matrices $X$ and $Y$ may be non-zero. Is the set of all products
# $XY^\top$ closed? If it is, every matrix has a best approximation in it. If it is not, some matrix
# has none, and an optimiser that is given this matrix diverges.
#
# The factors of a 2×2 LU decomposition are both triangular:

# %%
import numpy as np

from closedness import Status, SupportProduct, check, decide
from closedness.report.norms import norms_svg
from closedness.supports.pictures import overlap_svg

I = [[1, 0], [1, 1]]  # support of X
J = [[1, 0], [1, 1]]  # support of Y
lu = SupportProduct.from_pair(I, J)
lu

# %% [markdown]
# Colours and letters stand for the *rank-one supports*: hidden index 0 (A) reaches all four cells
# of the product, hidden index 1 (B) only the last one.

# %% [markdown]
# The two rectangles overlap, and neither is "fewer rows, but more columns" of the other: a dashed
# line in the overlap graph. That is what can go wrong.

# %%
overlap_svg(lu)

# %%
verdict = decide(lu)
print(verdict)
assert verdict.status is Status.NOT_CLOSED

# %% [markdown]
# The counterexample consists of a target and of a curve of factors. Their product tends to the
# target while the factors grow without bound:

# %%
target = np.array(verdict.counterexample.target, dtype=float)
for t in (1e-1, 1e-3, 1e-6):
    X, Yt = verdict.counterexample.at(t)
    distance, largest = np.linalg.norm(X @ Yt - target), max(abs(X).max(), abs(Yt).max())
    print(f"t = {t:g}: distance {distance:.1e}, largest entry {largest:g}")
    assert distance <= 2 * t
    assert largest >= 0.5 / t

# %% [markdown]
# Scaling the factors against each other, which does not change the product, does not help: the
# nearer the product comes, the larger the factors.

# %%
norms_svg(verdict.counterexample)

# %% [markdown]
# You need not believe this: a certificate comes with the verdict, and an independent checker
# verifies it.

# %%
report = check(verdict.certificate)
print(report)
assert report.verified
assert report.trusted == ()

# %% [markdown]
# One more entry, and the set is closed: with a full $X$ every matrix is a product.

# %%
full = SupportProduct.from_pair([[1, 1], [1, 1]], J)
assert decide(full).status is Status.CLOSED
print(decide(full))

# %% [markdown]
# ## A pattern of your own
#
# Supports are anything 0/1: nested lists, arrays, sparse matrices, masks, drawings.

# %%
mine = SupportProduct.from_text("xx. / x.x / .xx * xxx / xxx / xxx")
answer = decide(mine)
assert answer.status is Status.CLOSED
assert check(answer.certificate).verified
mine
