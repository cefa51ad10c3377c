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
# # 10. Stars: ReLU networks that have an optimum, and others
#
# Two networks with one input, one hidden ReLU layer of two neurons, two outputs and biases. In the
# first one every neuron feeds both outputs, in the second one each feeds one output: stars. By the
# theorems `relu-kinks` and `relu-trees` the first one has a data set without an optimum, and the
# second one has an optimum for every data set. Both are trained with plain gradient descent in
# torch on the data set from the certificate.

# %%
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np

from closedness import check
from closedness.networks import assess_network
from closedness.networks.repairs import entries_to_drop
from closedness.networks.runs import explain_run

first = [[1], [1]]
dense, star = [[1, 1], [1, 1]], [[1, 0], [0, 1]]
masks = {"dense": dense, "star": star}
answers = {name: assess_network([first, mask], activation="relu") for name, mask in masks.items()}
for name, answer in answers.items():
    print(f"{name}: {answer}")
    assert check(answer.certificate).verified

# %% [markdown]
# The data set of the certificate: five points on a line. Along the exact parameters of the
# certificate the loss tends to zero; that zero is not attained is what the certificate proves.

# %%
data = answers["dense"].data
inputs = np.array([[float(point[0])] for point in data.points()])
targets = np.array([[float(target.get(o, 0)) for o in range(2)] for target in data.targets])
print(np.hstack([inputs, targets]))
for k in (1, 2, 3):
    t = Fraction(1, 10**k)
    weights = data.weights(t)
    largest = max(abs(float(value)) for layer in weights for value in layer.values())
    print(f"t = {t}: loss {float(data.loss(t)):.1e}, largest weight {largest:g}")

# %% [markdown]
# ## Training
#
# Plain gradient descent, one step size, starts from several seeds. Recorded are the loss and the
# norm of all weights. Without torch the notebook stops here with a word.

# %%
try:
    import torch
except ImportError:
    torch = None
    print("torch is not installed: pip install 'closedness[torch]'")

STEPS, RATE, SEEDS = 16_000, 0.007, 8
RECORDED = np.unique(np.round(np.logspace(0, np.log10(STEPS), 30)).astype(int))


def train(mask, start=None):
    """Loss, norm of the weights: shape (steps, 2, seeds); and the weights of the first seed."""
    draw = torch.Generator().manual_seed(0)
    mask = torch.tensor(mask, dtype=torch.float64)
    x, y = torch.tensor(inputs), torch.tensor(targets)
    shapes = ((SEEDS, 2, 1), (SEEDS, 2, 1), (SEEDS, 2, 2), (SEEDS, 2, 1))
    values = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]
    if start is not None:
        pairs = zip(start, shapes, strict=True)
        values = [
            torch.tensor(value, dtype=torch.float64).expand(shape).clone() for value, shape in pairs
        ]
    values[2] *= mask
    for value in values:
        value.requires_grad_(True)
    history, log = [], []
    for step in range(1, STEPS + 1):
        W1, b1, W2, b2 = values
        hidden = torch.relu(W1 @ x.T + b1)
        losses = (((W2 * mask) @ hidden + b2 - y.T) ** 2).sum((1, 2))
        gradients = torch.autograd.grad(losses.sum(), values)
        if step in RECORDED:
            norms = sum((value**2).sum((1, 2)) for value in values).sqrt()
            history.append(torch.stack([losses, norms]).detach().numpy())
            now = [value[0].detach().numpy().copy() for value in (W1, b1, W2 * mask, b2)]
            log.append([(now[0], now[1][:, 0]), (now[2], now[3][:, 0])])
        with torch.no_grad():
            for value, gradient in zip(values, gradients, strict=True):
                value -= RATE * gradient
    return np.array(history), log


# %% [markdown]
# The dense network is started on the way to its target, from the exact parameters at $t = 1/2$
# (from random starts it may stop in a spurious valley first); the network of stars from random
# weights.

# %%
if torch is not None:
    W1, W2 = np.zeros((2, 1)), np.zeros((2, 2))
    b1, b2 = np.zeros((2, 1)), np.zeros((2, 1))
    at = Fraction(1, 2)
    for (i, j), value in data.weights(at)[0].items():
        W1[i, j] = value
    for (i, j), value in data.weights(at)[1].items():
        W2[i, j] = value
    for i, value in data.biases(at)[0].items():
        b1[i, 0] = value
    logs = {"dense": train(dense, (W1, b1, W2, b2)), "star": train(star)}
    runs = {name: history for name, (history, _) in logs.items()}
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for (name, history), colour in zip(runs.items(), ("#D55E00", "#0072B2"), strict=True):
        for index, (ax, title) in enumerate(
            zip(axes, ("loss", "norm of the weights"), strict=True)
        ):
            ax.loglog(RECORDED, history[:, index], color=colour, lw=0.9)
            ax.loglog([], [], color=colour, label=name)
            ax.set_title(title)
            ax.set_xlabel("step")
    axes[0].legend()
    figure.tight_layout()
    middle = np.searchsorted(RECORDED, STEPS // 10)
    for name, history in runs.items():
        best = history[-1, 0].argmin()
        before, after = history[middle, :, best], history[-1, :, best]
        print(
            f"{name}: loss {before[0]:.2e} → {after[0]:.2e}, norm {before[1]:.2f} → {after[1]:.2f}"
        )
    dense_run, star_run = runs["dense"][:, :, 0], runs["star"]
    best = star_run[-1, 0].argmin()
    assert dense_run[-1, 0] < 0.7 * dense_run[middle, 0]  # the loss goes on falling
    assert dense_run[-1, 1] > 1.05 * dense_run[middle, 1]  # while the weights grow
    assert (
        abs(star_run[-1, 1, best] / star_run[middle, 1, best] - 1) < 0.02
    )  # an optimum is reached

# %% [markdown]
# What the log of the weights shows: which neurons become one, and which target they chase.

# %%
if torch is not None:
    dense_story = explain_run(logs["dense"][1], data=(inputs, targets))
    print(dense_story)
    assert [(pair.first, pair.second) for pair in dense_story.pairs] == [(0, 1)]
    assert not explain_run(logs["star"][1], data=(inputs, targets)).pairs

# %% [markdown]
# The stars cannot meet these targets, so their loss is larger: what they have is an optimum. Which
# entries to drop is said by `entries_to_drop`; the repaired network is trained to an optimum, too.
# Weight decay of any size gives the dense network an optimum at a loss above zero.

# %%
print(entries_to_drop([first, dense]))
repaired = [[1, 1], [0, 0]]
assert entries_to_drop([first, dense]) == [[], [(1, 0), (1, 1)]]
print(assess_network([first, repaired], activation="relu"))
if torch is not None:
    history, log = train(repaired)
    best = history[-1, 0].argmin()
    before, after = history[middle, :, best], history[-1, :, best]
    print(f"repaired: loss {before[0]:.3f} → {after[0]:.3f}, norm {before[1]:.2f} → {after[1]:.2f}")
    assert abs(history[-1, 1, best] / history[middle, 1, best] - 1) < 0.02
