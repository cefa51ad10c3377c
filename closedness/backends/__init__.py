"""Engines of real algebra behind one interface.

z3 is always there. cvc5 (the optional extra ``cvc5``) and QEPCAD B (a program on the search path) are second opinions.
"""

from closedness.backends.base import Algebraic, Answer, Backend, Capabilities
from closedness.backends.questions import ask_all, closedness_sentence, is_full, membership, rationalise
from closedness.backends.z3 import Z3

__all__ = [
    "Algebraic",
    "Answer",
    "Backend",
    "Capabilities",
    "Z3",
    "ask_all",
    "closedness_sentence",
    "is_full",
    "membership",
    "rationalise",
]
