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
# # 3. Closedness by quantifier elimination, against the engine
#
# "Not closed" is a sentence of the first-order theory of real numbers, $$\exists A:\ \bigl(\forall
# W:\ \textstyle\prod W\neq A\bigr)\ \wedge\ \bigl(\forall\varepsilon>0\ \exists W':\
# \|\textstyle\prod W'-A\|_\infty<\varepsilon\bigr),$$ and such sentences are decidable (Tarski;
# cylindrical algebraic decomposition). In practice the three changes of quantifiers make even small
# patterns hard. The engine of this project asks smaller questions and proves the answers.
#
# Here every sentence gets two seconds of z3, in the form of the literature.

# %%
import time

from cases import load
from closedness import Status, check, decide
from closedness.engines import closedness_sentence
from closedness.engines.sentences.questions import closedness_query
from closedness.engines.sentences.smtlib import smtlib_query

SECONDS = 2.0
NAMES = [
    "lu-1",
    "lu-2",
    "rank-2-1-2",
    "v-pattern",
    "lu-3",
    "crossing-3x3",
    "full-plus-cell-2x3",
    "rank-3-2-3",
]
NAMES += ["three-pairs", "dual-basis"]

# %% [markdown]
# The sentence for 2×2 LU as a solver reads it:

# %%
text = smtlib_query(closedness_query(load("lu-2").product, "real", "none", "all"))
print(text)
assert "forall" in text
assert "exists" in text

# %%
rows = []
for name in NAMES:
    case = load(name)
    start = time.perf_counter()
    verdict = decide(case.product, last_resort=False)
    engine = time.perf_counter() - start
    report = check(verdict.certificate)
    assert verdict.status is case.status
    assert report.verified
    assert report.trusted == ()
    start = time.perf_counter()
    answer = closedness_sentence(case.product, seconds=SECONDS, textbook=True)
    rows.append((name, verdict.status, engine, answer.status, time.perf_counter() - start))

print(f"{'pattern':<20} {'engine':<11} {'time':>8}   sentence        time")
for name, status, engine, sentence, seconds in rows:
    print(f"{name:<20} {status.words:<11} {engine:7.3f}s   {sentence:<13} {seconds:6.2f}s")

# %% [markdown]
# Where both answer, they agree: `sat` means not closed. Every answer of the engine has a
# certificate that was verified without trusting any solver.

# %%
said = {"sat": Status.NOT_CLOSED, "unsat": Status.CLOSED}
answered = [
    (name, status, said[sentence]) for name, status, _, sentence, _ in rows if sentence in said
]
assert all(status is other for _, status, other in answered)
assert ("lu-2", Status.NOT_CLOSED, Status.NOT_CLOSED) in answered
print(
    f"the sentence was answered for {len(answered)} of {len(rows)} patterns, the engine "
    "answered all"
)
