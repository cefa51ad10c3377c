"""Exact elimination: the polynomials in the entries of a product that vanish for all factors with given supports.

Proofs: section "The closure" of the theory. Polynomials are dicts of exponents to integers, see
:mod:`closedness.elimination.grading`; one exponent for each cell of the support.
"""
