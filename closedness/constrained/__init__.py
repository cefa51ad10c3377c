"""Products with constraints on the factors: non-negative, tied, covariances of factor models, fixed entries."""

from closedness.constrained.decide import ConstrainedVerdict, decide_constrained
from closedness.constrained.problem import Covariance, Fixed, NonNegative

__all__ = ["ConstrainedVerdict", "Covariance", "Fixed", "NonNegative", "decide_constrained"]
