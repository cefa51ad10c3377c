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
# # 11. How common is ill-posedness?
#
# That some supports give sets that are not closed has been known since LU; how often it happens was
# left open in the literature. Draw both supports at random: every entry of
# $I\subseteq[m]\times[r]$ and $J\subseteq[n]\times[r]$ is there with probability $d$. The census of
# `benchmarks/phase_diagram.py` has decided such supports over $d$ and $r/n$. Its counts are of
# verdicts with certificates, not estimates; what stayed undecided is shown as such.

# %%
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import closedness
from closedness.census.random_supports import Cell, RandomStore, random_census, verify_random

root = Path(closedness.__file__).parent.parent
stored = json.loads((root / "benchmarks/results/phase_diagram.json").read_text(encoding="utf-8"))
n, kinds = stored["order"], ("one factor without zeros", "both factors random")
hidden = sorted({int(name.split(", ")[1]) for name in stored["cells"]})
densities = sorted({float(name.split(", ")[2]) for name in stored["cells"]})
print(stored["command"], f"({stored['certificates_checked']} certificates checked)")


def share(kind, status):
    """Shares of a status, one row for each number of hidden indices."""
    cells = [[stored["cells"][f"{kind}, {r}, {d}"] for d in densities] for r in hidden]
    return np.array([[cell.get(status, 0) / sum(cell.values()) for cell in row] for row in cells])


for kind in kinds:
    shares = {status: share(kind, status) for status in ("closed", "not_closed", "undecided")}
    assert np.allclose(sum(shares.values()), 1)
    print(f"{kind}: " + ", ".join(f"{name} {part.mean():.0%}" for name, part in shares.items()))
assert share(kinds[0], "undecided").max() == 0

# %% [markdown]
# The share that is proved not closed (colour), and the share that is undecided (number, where there
# is any): the truth of a cell lies between its colour and its colour plus its number.

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
for ax, kind in zip(axes, kinds, strict=True):
    image = ax.imshow(share(kind, "not_closed"), origin="lower", cmap="cividis", vmin=0, vmax=1)
    for (row, column), left in np.ndenumerate(share(kind, "undecided")):
        if left:
            place = {"ha": "center", "va": "center", "fontsize": 8}
            ax.text(column, row, f"{left:.1f}", color="white", **place)
    ax.set_xticks(range(len(densities)), densities)
    ax.set_yticks(range(len(hidden)), [f"{r / n:g}" for r in hidden])
    ax.set_xlabel("density $d$")
    ax.set_title(kind)
axes[0].set_ylabel("$r/n$")
figure.colorbar(image, ax=axes, label="not closed")

# %% [markdown]
# ## A part of it, again
#
# The supports are determined by cell, seed and number, so that the census can be repeated anywhere,
# in pieces, on several machines: `closedness census --random`. Here two cells are decided again and
# every certificate is checked.


# %%
def census(cells, instances, seed=1, seconds=10.0):
    """Counts of statuses of every cell; every certificate is verified."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RandomStore(Path(folder) / "census.sqlite") as store,
        ThreadPoolExecutor(1) as pool,
    ):
        random_census(store, pool, cells, instances, seed=seed, seconds=seconds)
        for entry in store.entries():
            assert entry.certificate is None or not verify_random(entry)[1]
        return [store.counts()[cell] for cell in cells]


again = {
    f"{kinds[0]}, 6, 0.4": Cell(n, n, 6, 0.4, 1.0),
    f"{kinds[1]}, 12, 0.2": Cell(n, n, 12, 0.2, 0.2),
}
counts = census(list(again.values()), sum(stored["cells"][next(iter(again))].values()))
for name, found in zip(again, counts, strict=True):
    print(name, found)
    if "undecided" not in stored["cells"][name]:
        assert found == stored["cells"][name]

# %% [markdown]
# ## Three regimes with proofs
#
# `docs/phase-diagram.md` proves what happens for large orders: with one factor without zeros and
# $r=cn$, $c<1$, ill-posedness is the rule (Theorem 1); with $rd\ge(1+\varepsilon)n$ every matrix is
# a product (Theorem 2); sparse supports with $d$ between $n^{-3/4}$ and $n^{-1/2}$ are not closed
# (Theorem 3). One sees it coming at small orders:

# %%
orders = (4, 8, 12, 16, 24)
regimes = {
    "1: dense factor, r = n/2, d = 0.5": (
        "not_closed",
        [Cell(m, m, m // 2, 0.5, 1.0) for m in orders],
    ),
    "2: r = 2n, d = 0.7": ("closed", [Cell(m, m, 2 * m, 0.7, 0.7) for m in orders]),
    "3: r = n, d = n^(-0.6)": ("not_closed", [Cell(m, m, m, m**-0.6, m**-0.6) for m in orders]),
}
trend = {}
for name, (status, cells) in regimes.items():
    found = census(cells, 12)
    trend[name] = [each.get(status, 0) / sum(each.values()) for each in found]
    print(f"{name}: {status.replace('_', ' ')}", [f"{value:.0%}" for value in trend[name]])
    assert trend[name][-1] >= 0.9

# %%
figure, ax = plt.subplots(figsize=(6, 3.2))
for (name, values), mark in zip(trend.items(), "os^", strict=True):
    ax.plot(orders, values, marker=mark, label=name)
ax.set_xlabel("order $n$")
ax.set_ylabel("share")
ax.set_ylim(-0.03, 1.03)
ax.legend(fontsize=8)
figure.tight_layout()

# %% [markdown]
# So the answer depends on the side of $rd\approx n$ one is on. Below it, ill-posedness is the rule
# for random supports: butterflies, block supports and the like are closed because they are
# structured. Above it, everything is a product, and nothing is lost.

# %%
sparse_side = np.array([[r * d < 0.8 * n for d in densities] for r in hidden])
dense_side = np.array([[r * d > 1.2 * n for d in densities] for r in hidden])
below = share(kinds[1], "not_closed")[sparse_side].mean()
above = share(kinds[1], "closed")[dense_side].mean()
print(f"both random: {below:.0%} not closed where rd < 0.8n, {above:.0%} closed where rd > 1.2n")
assert below > 0.5
assert above > 0.8
