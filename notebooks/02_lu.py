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
# # 2. The 2×2 example and LU(n)
#
# The smallest set of products that is not closed, as in the papers
# ([arXiv:2112.00386](https://arxiv.org/abs/2112.00386),
# [arXiv:2306.02666](https://arxiv.org/abs/2306.02666)):
# $$X_k=\begin{pmatrix}1/k&0\\1&-1\end{pmatrix},\quad
# Y_k^\top=\begin{pmatrix}1&k\\0&k\end{pmatrix},\quad
# X_kY_k^\top=\begin{pmatrix}1/k&1\\1&0\end{pmatrix}\to\begin{pmatrix}0&1\\1&0\end{pmatrix}.$$

# %%
from fractions import Fraction
from itertools import product as tuples

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from cases import families, load
from closedness import Status, check, decide
from closedness.equations.membership import decide_membership

k = sp.symbols("k", positive=True)
X = sp.Matrix([[1 / k, 0], [1, -1]])
Yt = sp.Matrix([[1, k], [0, k]])
limit = (X * Yt).applyfunc(lambda entry: sp.limit(entry, k, sp.oo))
assert limit == sp.Matrix([[0, 1], [1, 0]])
X * Yt, limit

# %% [markdown]
# The limit is no product: with $X=\begin{pmatrix}a&0\\b&c\end{pmatrix}$ and
# $Y^\top=\begin{pmatrix}d&e\\0&f\end{pmatrix}$ the entries $ad=0$, $ae=1$, $bd=1$ contradict each
# other. A Gröbner basis says the same:

# %%
a, b, c, d, e, f = sp.symbols("a:f")
product = sp.Matrix([[a, 0], [b, c]]) * sp.Matrix([[d, e], [0, f]])
equations = list(product - limit)
basis = sp.groebner(equations, a, b, c, d, e, f)
assert basis.exprs == [1]
basis

# %% [markdown]
# The engine finds the same target, and its certificate contains the same contradiction in three
# steps.

# %%
verdict = decide(families.lower_times_upper(2))
assert verdict.counterexample.target == ((0, 1), (1, 0))
verdict.certificate.proof["refutation"]

# %% [markdown]
# ## Distance and size along the curve

# %%
ts = np.logspace(0, -6, 25)
pairs = [verdict.counterexample.at(t) for t in ts]
distances = [np.linalg.norm(x @ y - [[0, 1], [1, 0]]) for x, y in pairs]
sizes = [max(abs(x).max(), abs(y).max()) for x, y in pairs]
assert np.polyfit(np.log(ts), np.log(distances), 1)[0] > 0.9
assert np.polyfit(np.log(ts), np.log(sizes), 1)[0] < -0.9
figure, axes = plt.subplots(figsize=(6, 3))
axes.loglog(ts, distances, label="distance from the target")
axes.loglog(ts, sizes, "--", label="largest entry of a factor")
axes.invert_xaxis()
axes.set_xlabel("t")
axes.legend()
figure.tight_layout()

# %% [markdown]
# ## LU of any order
#
# The exchange matrix is no LU product for any $n$: the leading 1×1 block already vanishes. Deletion
# of rows and columns keeps sets closed, so LU(n) is not closed for any $n\ge 2$. The two other
# products of triangular matrices behave better: lower times lower is closed.

# %%
for n in (2, 3, 5, 10, 30):
    assert decide(families.lower_times_upper(n)).status is Status.NOT_CLOSED
    assert decide(families.lower_times_lower(n)).status is Status.CLOSED
for name in ("lu-64", "lower-lower-10"):
    assert check(decide(load(name).product).certificate).verified

# %% [markdown]
# ## Which matrices have an LU decomposition?
#
# $A=LU$ without pivoting exists exactly when
# $\operatorname{rk}A_{1..k,:}+\operatorname{rk}A_{:,1..k}\le k+\operatorname{rk}A_{1..k,1..k}$ for
# all $k$ (Okunev and Johnson). The limits that are missed are the matrices that violate this; the
# 0/1 matrices of order 3 show how many there are. The engine's membership proofs agree with the
# rule on all of them.


# %%
def has_lu(matrix):
    def rank(part):
        return sp.Matrix(part).rank()

    sizes = range(1, len(matrix))
    return all(rank(matrix[:k, :]) + rank(matrix[:, :k]) <= k + rank(matrix[:k, :k]) for k in sizes)


lu3 = families.lower_times_upper(3)
missed = 0
samples = [np.reshape(entries, (3, 3)) for entries in tuples((0, 1), repeat=9)][::5]
for matrix in samples:
    entries = {(i, j): Fraction(1) for i, j in zip(*np.nonzero(matrix), strict=True)}
    outcome = decide_membership(lu3, entries)  # a refutation or a rational point
    expected = has_lu(matrix)
    assert (outcome.point is not None) == expected
    assert (outcome.refutation is not None) == (not expected)
    missed += not expected
print(f"{missed} of {len(samples)} matrices with entries 0 and 1 have no LU decomposition")
assert 0 < missed < len(samples)
