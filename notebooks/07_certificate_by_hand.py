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
# # 7. Reading and checking a certificate by hand
#
# A certificate is a JSON file with the problem, the claim and a proof. This notebook checks two of
# them with nothing but `json`, `hashlib` and `fractions`.

# %%
import copy
import hashlib
import json
import subprocess
import sys
import tempfile
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from closedness import SupportProduct, check, decide
from closedness.report.trace import trace_svg

text = decide(SupportProduct.from_text("x. / xx * xx / .x")).certificate.to_json()
certificate = json.loads(text)
print(json.dumps(certificate, indent=1)[:700], "…")

# %% [markdown]
# ## The head
#
# The problem lists, for each factor and row, the columns where entries may be non-zero. Its SHA-256
# is the name of the problem.

# %%
problem = certificate["problem"]
canonical = json.dumps(problem, sort_keys=True, separators=(",", ":"))
assert hashlib.sha256(canonical.encode()).hexdigest() == certificate["problem_id"]
assert certificate["claim"] == "not_closed"
X_rows, Y_rows = (factor["rows"] for factor in problem["factors"])
X_rows, Y_rows

# %% [markdown]
# ## First half: the target is a limit
#
# Entries of the factors are Laurent polynomials in $t$, as lists of (exponent, coefficient).
# Multiply them exactly; no negative power may be left, and the constant terms must be the target.

# %%
proof = certificate["proof"]
left, right = (
    {(i, j): {e: Fraction(value) for e, value in terms} for i, j, terms in factor}
    for factor in proof[-1]["curve"]
)
assert all(j in X_rows[i] for i, j in left)  # the supports are respected
assert all(j in Y_rows[i] for i, j in right)
target = {(i, j): Fraction(value) for i, j, value in proof[-1]["target"]}

product = {}
for (i, k), a in left.items():
    for (other, j), b in right.items():
        if other == k:
            entry = product.setdefault((i, j), {})
            for e, u in a.items():
                for f, v in b.items():
                    entry[e + f] = entry.get(e + f, 0) + u * v
product = {cell: {e: v for e, v in entry.items() if v} for cell, entry in product.items()}
assert all(e >= 0 for entry in product.values() for e in entry)
constant = {cell: entry[0] for cell, entry in product.items() if 0 in entry}
assert constant == target
product

# %% [markdown]
# ## Second half: the target is no product
#
# The proof is a table of nodes; the last one is the beginning, and each names those that follow, by
# their positions. Here the last one holds target and curve, the one before it names the entries
# whose equations are used, and the others are the steps of the refutation.
#
# Variables are `factor:row:column`; the relations are the equations of the listed cells, in
# their order. A step tells apart whether a variable is zero or not, until what must vanish adds up
# to what does not. For this one:

# %%
*steps, equations, limit = proof
for step in steps:
    print(step)
assert [step["do"] for step in steps] == ["close", "close", "close", "split", "split"]
assert equations["cells"] == [[0, 0], [0, 1], [1, 0]]

# %% [markdown]
# 1. Entry (0,1): `0:0:0 · 1:0:1 = 1`, so `0:0:0 = 0` is a contradiction: `0:0:0` is not zero.
# 2. Entry (1,0): `0:1:0 · 1:0:0 = 1`, so `1:0:0 = 0` is one, too.
# 3. Entry (0,0): `0:0:0 · 1:0:0 = 0`, but neither is zero. Contradiction.
#
# Only one path leads to each of these entries, which can be read off the supports:

# %%
for i, j in ((0, 1), (0, 0), (1, 0)):
    paths = [k for k in X_rows[i] if j in Y_rows[k]]
    assert paths == [0]
assert (target.get((0, 1), 0), target.get((0, 0), 0), target.get((1, 0), 0)) == (1, 0, 1)

# %% [markdown]
# The same as a picture: what is known of the factors before each step, and the entry that the step
# uses.

# %%
trace_svg(decide(SupportProduct.from_text("x. / xx * xx / .x")).certificate)

# %% [markdown]
# ## A proof that a set is closed
#
# Rank one on 2×2 plus a free diagonal. The proof: in each row, each column is matched with a hidden
# index of its own that covers the entry. So with a generic second factor every row can be solved
# for, every matrix is a product, and no entry is left to look at.

# %%
closed = decide(SupportProduct.from_text("xx. / x.x * xx / x. / .x")).certificate
node, rules = closed.proof, []
while True:
    rules.append(node["rule"])
    if "then" not in node:
        break
    node = node["then"]
print(rules)
assert rules == ["full", "nothing"]
assert check(closed).verified
trace_svg(closed)

# %% [markdown]
# ## The checker
#
# `closedness/check.py` does all this for every rule. It is one file, needs only the standard
# library and runs isolated:

# %%
with tempfile.TemporaryDirectory() as directory:
    path = Path(directory) / "certificate.json"
    path.write_text(text)
    command = [sys.executable, "-I", "-S", find_spec("closedness.check").origin, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
print(run.stdout)
assert run.returncode == 0

# %% [markdown]
# Whoever changes a number is caught:

# %%
for change in ("target", "curve", "support", "step"):
    forged = copy.deepcopy(certificate)
    if change == "target":
        forged["proof"][-1]["target"][0][2] = "2"
    elif change == "curve":
        forged["proof"][-1]["curve"][0][0][2][0][1] = "3"
    elif change == "support":
        forged["problem"]["factors"][0]["rows"][0] = [0, 1]
    else:
        forged["proof"][3]["on"] = [["1", [["1:0:1", 1]]]]
    answer = check(forged)
    print(f"{change}: {answer}")
    assert not answer.verified
