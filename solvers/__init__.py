"""Numerical solvers for factorisation with fixed supports.

:func:`factorize_fixed_support` finds ``A ≈ X Yᵀ`` with prescribed supports, :func:`factorize_butterfly` products of
Kronecker-sparse factors, :func:`verify_butterfly` decides whether a matrix is such a product.
"""

from closedness.version import __version__
from solvers.batch import factorize_batch, factorize_butterfly_batch
from solvers.butterfly import factorize_butterfly
from solvers.butterfly_result import ButterflyFactorization
from solvers.certified import CertifiedOptimum, certify_optimum
from solvers.choosing import ChainChoice, choose_chain
from solvers.distances import split_distances
from solvers.fixed_support import factorize_fixed_support
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.padding import PaddedFactorization, factorize_padded
from solvers.permutations import PermutedFactorization, factorize_permuted
from solvers.result import Diagnosis, FixedSupportFactorization
from solvers.rounding import round_butterfly
from solvers.sampled import SampledFactorization, factorize_entries, factorize_operator
from solvers.storage import load
from solvers.verify import Membership, verify_butterfly
from solvers.weighted import WeightedButterfly, factorize_weighted_butterfly

__all__ = [
    "factorize_fixed_support",
    "factorize_batch",
    "FixedSupportFactorization",
    "Diagnosis",
    "factorize_butterfly",
    "factorize_butterfly_batch",
    "ButterflyFactorization",
    "factorize_padded",
    "PaddedFactorization",
    "factorize_permuted",
    "PermutedFactorization",
    "factorize_weighted_butterfly",
    "WeightedButterfly",
    "round_butterfly",
    "factorize_entries",
    "factorize_operator",
    "SampledFactorization",
    "certify_optimum",
    "CertifiedOptimum",
    "split_distances",
    "load",
    "choose_chain",
    "ChainChoice",
    "verify_butterfly",
    "Membership",
    "Chain",
    "KroneckerPattern",
    "__version__",
]
