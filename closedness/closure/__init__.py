"""The closure of the set of products: dimension, rank conditions, ideal."""

from closedness.closure.dimension import Closure, closure
from closedness.closure.ideal import ClosureIdeal, Generator, closure_ideal

__all__ = ["Closure", "ClosureIdeal", "Generator", "closure", "closure_ideal"]
