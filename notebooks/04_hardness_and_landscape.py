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
# # 4. Hardness, tractability, landscape (Theorems I to III)
#
# For given supports, how hard is $\min\|A-XY^\top\|_F$? In general NP-hard; exactly solvable by singular value
# decompositions when the rank-one supports are pairwise disjoint or identical; and then gradient descent has no
# traps. ([arXiv:2112.00386](https://arxiv.org/abs/2112.00386))
#
# ## Theorem I: it contains matrix completion

# %%
import matplotlib.pyplot as plt
import numpy as np

from cases import families, load
from closedness import Status, SupportProduct, decide
from solvers import Diagnosis, factorize_fixed_support
from solvers.hardness import completion_to_factorization
from solvers.landscape import explore

A = np.array([[1.0, 2.0, np.nan], [2.0, np.nan, 6.0], [np.nan, 6.0, 9.0]])
instance = completion_to_factorization(A, ~np.isnan(A))
x = y = np.array([1.0, 2.0, 3.0])
X, Y = instance.factors(x, y)
assert np.linalg.norm(instance.A - X @ Y.T) == instance.completion_error(x, y)
SupportProduct.from_pair(instance.I, instance.J)

# %% [markdown]
# The first hidden index is the completion; the others make the unknown entries arbitrary. A good completion and a
# good factorisation have the same error, so one problem is as hard as the other. It can also be ill-posed: this set
# is closed only when the known entries form disjoint full blocks.

# %%
assert decide(SupportProduct.from_pair(instance.I, instance.J)).status is Status.NOT_CLOSED
assert load("completion-blocks-1").verify().status is Status.CLOSED

# %% [markdown]
# ## Theorem II: disjoint or identical supports are easy

# %%
rng = np.random.default_rng(1)
tiles = families.disjoint_blocks(3, 4, 2)
I, J = tiles.pair()
target = rng.standard_normal(tiles.shape)
exact = factorize_fixed_support(target, I, J)
assert exact.optimal
assert exact.diagnosis is Diagnosis.OPTIMAL

# by hand: a truncated singular value decomposition of every tile
tails = []
for a in range(3):
    for b in range(3):
        values = np.linalg.svd(target[4 * a : 4 * a + 4, 4 * b : 4 * b + 4], compute_uv=False)
        tails.append(values[2:])
assert np.isclose(exact.error, np.linalg.norm(np.concatenate(tails)))
tiles

# %% [markdown]
# ## Theorem III: the landscape
#
# Gradient descent from 20 random starts. On disjoint supports every run reaches the optimum. On the LU support with a
# target that has no LU decomposition the runs crawl: the error tends to 0 while the factors grow.

# %%
small = families.disjoint_blocks(2, 2, 1)
I, J = small.pair()
good = explore(rng.standard_normal((4, 4)), I, J, starts=20, steps=4000)
assert good.reached == 20

I, J = families.lower_times_upper(2).pair()
bad = explore([[0.0, 1.0], [1.0, 0.0]], I, J, starts=20, steps=4000)
assert bad.optimum is None
assert min(run.error for run in bad.runs) > 0
shorter = explore([[0.0, 1.0], [1.0, 0.0]], I, J, starts=20, steps=400)
assert np.mean([run.size for run in bad.runs]) > np.mean([run.size for run in shorter.runs])

figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for ax, found, title in ((axes[0], good, "disjoint supports"), (axes[1], bad, "LU, target without LU")):
    shift = found.optimum or 0.0
    for run in found.runs:
        steps = [0.5, *(2.0**k for k in range(len(run.errors) - 1))]  # steps 0, 1, 2, 4, …
        ax.loglog(steps, np.maximum(np.array(run.errors) - shift, 1e-12), lw=0.8)
    ax.set_title(title)
    ax.set_xlabel("step")
axes[0].set_ylabel("error − optimum")
figure.tight_layout()

# %% [markdown]
# A spurious valley: with the target $\begin{pmatrix}-\delta&1\\1&0\end{pmatrix}$ factors with $x_{11}y_{11}>0$ and
# error below 1 cannot change the sign of $x_{11}y_{11}$ without climbing, but with this sign the error stays above
# $\delta$.

# %%
delta = 0.5
trapped = explore([[-delta, 1.0], [1.0, 0.0]], I, J, starts=40, steps=4000)
best = min(run.error for run in trapped.runs)
stuck = [run for run in trapped.runs if run.X[0, 0] * run.Y[0, 0] > 0 and run.error < 1]
print(f"best error {best:.2e}; {len(stuck)} of 40 runs end in the valley")
assert best < 1e-3
assert all(run.error > delta for run in stuck)
assert stuck
