"""Engines of real algebra behind one interface.

z3 is always there. cvc5 (the optional extra ``cvc5``), QEPCAD B and Singular (programs on the search path) are second
opinions; Singular works over the complex numbers and gives refutations that are verified without it.
"""

from closedness.engines.base import Algebraic, Answer, Backend, Capabilities
from closedness.engines.cvc5 import CVC5
from closedness.engines.panel import Panel, ask_all
from closedness.engines.qepcad import QEPCAD
from closedness.engines.questions import closedness_sentence, is_full, is_product, rationalise
from closedness.engines.singular import Singular
from closedness.engines.z3 import Z3
from closedness.errors import InputError

BACKENDS: dict[str, type[Backend]] = {"z3": Z3, "cvc5": CVC5, "qepcad": QEPCAD, "singular": Singular}
INSTALL = {
    "z3": "pip install z3-solver",
    "cvc5": "pip install 'closedness[cvc5]'",
    "qepcad": "the program qepcad is not on the search path (Debian package qepcad)",
    "singular": "the program Singular is not on the search path (Debian package singular)",
}


def engines(name: str) -> tuple[Backend, ...]:
    """The engines that a name stands for: one, or with "all" every one that is installed.

    Raises
    ------
    InputError
        If the name is unknown, or the engine is not installed.

    Examples
    --------
    >>> [engine.name for engine in engines("z3")]
    ['z3']
    """
    if name == "all":
        return tuple(engine for engine in (kind() for kind in BACKENDS.values()) if engine.available)
    if name not in BACKENDS:
        raise InputError(f"backend is {name!r}, not one of {', '.join(BACKENDS)}, all")
    engine = BACKENDS[name]()
    if not engine.available:
        raise InputError(f"backend is {name!r}, which is not installed: {INSTALL[name]}")
    return (engine,)


__all__ = [
    "BACKENDS",
    "CVC5",
    "QEPCAD",
    "Algebraic",
    "Answer",
    "Backend",
    "Capabilities",
    "Panel",
    "Singular",
    "Z3",
    "ask_all",
    "closedness_sentence",
    "engines",
    "is_full",
    "is_product",
    "rationalise",
]
