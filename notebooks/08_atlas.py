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
# # 8. The atlas: why a set is not closed
#
# Deleting rows and columns keeps sets closed. So a set that is not closed contains a *minimal*
# pattern that is not closed, and for each number $r$ of hidden indices there are finitely many. The
# engine stores those with $r\le 3$; `docs/atlas.md` lists them.

# %%
from collections import Counter
from random import Random

from cases.atlas.picture import atlas_svg
from closedness import Status, SupportProduct, check, decide
from closedness.rules.limits.subpattern import minimal_patterns, stored_subpattern
from closedness.supports.pattern import Pattern

atlas = [pattern for pattern in minimal_patterns() if pattern.hidden <= 3]
print(len(atlas), "minimal patterns with at most three hidden indices")
assert len(atlas) == 66
Counter((pattern.hidden, len(pattern.rows), len(pattern.columns)) for pattern in atlas)


# %%
def as_product(rows, columns, hidden):
    """The supports with these types: bit k of a type says that hidden index k may be used."""
    return SupportProduct.from_pair(
        [[t >> k & 1 for k in range(hidden)] for t in rows],
        [[t >> k & 1 for k in range(hidden)] for t in columns],
    )


# %% [markdown]
# All of them: each cell shows the hidden indices that reach it, frames mark the entries of a limit
# that is no product.

# %%
atlas_svg()

# %% [markdown]
# The two patterns with two hidden indices: 2×2 LU, and the V pattern (up to transposition).

# %%
small = [as_product(p.rows, p.columns, p.hidden) for p in atlas if p.hidden == 2]
known = {
    SupportProduct.from_text(text).canonical()
    for text in ("x. / xx * xx / .x", "x. / .x / xx * xx / xx")
}
assert {product.canonical() for product in small} == known
small[0]

# %%
small[1]

# %% [markdown]
# Each of the stored patterns is not closed, and each loses this when any row or column is deleted:

# %%
for pattern in atlas:
    whole = decide(as_product(pattern.rows, pattern.columns, pattern.hidden))
    assert whole.status is Status.NOT_CLOSED
    assert check(whole.certificate).verified

checked = 0
for pattern in atlas[:20]:
    for side in range(2):
        lines = [list(pattern.rows), list(pattern.columns)]
        for position in range(len(lines[side])):
            kept = [list(line) for line in lines]
            del kept[side][position]
            if all(kept):
                smaller = as_product(*kept, pattern.hidden)
                assert decide(smaller).status is Status.CLOSED
                checked += 1
print(checked, "smaller patterns are closed")
assert checked > 50

# %% [markdown]
# The converse, that a pattern with $r\le 3$ without any of these minors is closed, is a theorem
# with checked proofs (`docs/atlas.md`). Here it is confronted with random patterns: one is closed,
# with a verified certificate, exactly if none of the minors is in it.
#
# How often is a random pattern closed? The share falls quickly with the size.

# %%
draw = Random(0)
sizes, shares = (2, 3, 4, 5, 6), []
for size in sizes:
    found = Counter()
    for _ in range(80):
        rows, columns = ([draw.randrange(1, 8) for _ in range(size)] for _ in range(2))
        verdict = decide(as_product(rows, columns, 3), last_resort=False)
        found[verdict.status] += 1
        assert check(verdict.certificate).verified
        minor = stored_subpattern(Pattern.of_types(rows, columns), atlas)
        assert (minor is None) == (verdict.status is Status.CLOSED)
    shares.append(found[Status.CLOSED] / 80)
    print(f"{size}×{size}: {shares[-1]:.0%} closed")
    assert found[Status.CLOSED] + found[Status.NOT_CLOSED] == 80
assert shares[0] > shares[-1]
