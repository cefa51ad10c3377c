"""Sets given by sparsity levels, as unions of products with fixed supports: is such a set closed."""

from closedness.levels.decide import LevelsVerdict, decide_levels

__all__ = ["LevelsVerdict", "decide_levels"]
