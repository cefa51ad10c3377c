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
# # 6. Butterfly factorisation
#
# Chains of Kronecker-sparse factors $I_a\otimes 1_{b\times c}\otimes I_d$ describe the fast transforms. For chainable
# chains the set of products is closed, membership is a rank condition on blocks, and a hierarchical algorithm
# approximates any matrix with a bound ([arXiv:2411.04506](https://arxiv.org/abs/2411.04506)).
#
# | | the papers | here |
# |---|---|---|
# | Fourier, Hadamard | up to order $2^{12}$ | 512 |
# | noise | 0.01 to 0.3 | the same |
# | seeds | 10 | 3 |

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import dft, hadamard

from cases import families
from closedness import Status, decide
from solvers import factorize_butterfly, verify_butterfly
from solvers.families import bit_reversal

# %% [markdown]
# All splits of the butterfly chain into two factors are closed:

# %%
for split in range(1, 6):
    assert decide(families.butterfly_split(64, split)).status is Status.CLOSED
families.butterfly_split(8, 1)

# %% [markdown]
# ## The Fourier matrix is a butterfly, exactly
#
# $F_N=B_1\cdots B_L\cdot(\text{bit reversal})$.

# %%
N = 512
F = dft(N, scale="sqrtn")
permuted = F[:, bit_reversal(N)]
found = factorize_butterfly(permuted, "dyadic")
assert found.relative_error < 1e-12
assert verify_butterfly(permuted, "dyadic").member
assert not verify_butterfly(F, "dyadic").member  # without the bit reversal it is not in the class
stored = sum(factor.size for factor in found.factors)
print(f"{N * N} entries as {len(found.factors)} factors with {stored}, relative error {found.relative_error:.1e}")
assert stored == 2 * N * 9

# %% [markdown]
# ## Noise
#
# The distance of the noisy matrix to the class is at most the noise. The algorithm loses little: error between the
# lower bound $\max_sE_s$ and the bound $\sqrt{\sum_sE_s^2}$, far below Theorem VII's $(2^{L-1}-1)E^*$.

# %%
levels = (0.01, 0.03, 0.1, 0.3)
rows = []
H = hadamard(N) / np.sqrt(N)
for level in levels:
    for seed in range(3):
        noise = np.random.default_rng(seed).standard_normal((N, N))
        noise *= level * np.linalg.norm(H) / np.linalg.norm(noise)
        g = factorize_butterfly(H + noise, "dyadic")
        slack = 1e-9 * g.norm
        assert g.lower_bound <= g.error + slack
        assert g.error <= g.bound + slack
        assert g.bound <= g.theorem_vii_bound + slack
        assert g.lower_bound <= np.linalg.norm(noise) + slack
        rows.append((level, g.lower_bound / g.norm, g.relative_error, g.bound / g.norm, g.theorem_vii_bound / g.norm))

table = np.array([np.mean([row[1:] for row in rows if row[0] == level], axis=0) for level in levels])
figure, axes = plt.subplots(figsize=(6, 3.6))
for column, (label, style) in enumerate(
    (("lower bound", ":"), ("error", "-"), ("bound", "--"), ("bound of Theorem VII", "-."))
):
    axes.loglog(levels, table[:, column], style, marker="o", label=label)
axes.loglog(levels, levels, color="grey", lw=0.7, label="noise")
axes.set_xlabel("relative noise")
axes.legend(fontsize=8)
figure.tight_layout()

# %% [markdown]
# ## Two rows replaced by noise
#
# Halves of two rows of a Hadamard matrix are replaced by noise of size $10^{-6}$ to $10^{-1}$; the error follows the
# bounds.

# %%
for size in 10.0 ** np.arange(-6, 0):
    changed = np.array(H)
    draw = np.random.default_rng(0)
    changed[:2, : N // 2] += size * draw.standard_normal((2, N // 2))
    g = factorize_butterfly(changed, "dyadic")
    print(f"{size:.0e}: {g.lower_bound:.2e} ≤ {g.error:.2e} ≤ {g.bound:.2e}")
    assert g.lower_bound <= g.error + 1e-12
    assert g.error <= g.bound + 1e-12

# %% [markdown]
# ## The orthonormalisation is not optional

# %%
rng = np.random.default_rng(3)
worst = 0.0
for _ in range(20):
    A = rng.standard_normal((16, 16))
    with_qr, without = factorize_butterfly(A, "dyadic"), factorize_butterfly(A, "dyadic", orthonormal=False)
    assert with_qr.error <= with_qr.bound * (1 + 1e-12)
    assert without.bound == np.inf
    worst = max(worst, without.error / with_qr.error)
print(f"without it the error was up to {worst:.2f} times as large")
assert worst > 1.01
