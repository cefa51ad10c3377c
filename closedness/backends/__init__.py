"""Engines of real algebra behind one interface.

z3 is always there. cvc5 (the optional extra ``cvc5``) and QEPCAD B (a program on the search path) are second opinions.
"""

from closedness.backends.base import Algebraic, Answer, Backend, Capabilities
from closedness.backends.cvc5 import CVC5
from closedness.backends.qepcad import QEPCAD
from closedness.backends.questions import ask_all, closedness_sentence, is_full, membership, rationalise
from closedness.backends.z3 import Z3

BACKENDS = {"z3": Z3, "cvc5": CVC5, "qepcad": QEPCAD}

__all__ = [
    "BACKENDS",
    "CVC5",
    "QEPCAD",
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
