"""Networks with masks, and whether training them has an optimum."""

from closedness.networks.assess import Assessment, DataCounterexample, Optimum, assess_levels, assess_network

__all__ = ["Assessment", "DataCounterexample", "Optimum", "assess_levels", "assess_network"]
