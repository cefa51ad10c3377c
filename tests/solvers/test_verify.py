"""Membership in butterfly classes: numerical and exact."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard
from scipy.sparse import csr_matrix

from closedness.errors import InputError
from solvers import verify_butterfly
from solvers.exact_ranks import RootMatrix, dft_matrix, prime_for, ranks_mod
from solvers.families import bit_reversal, deformable, kaleidoscope, monarch, square_dyadic
from solvers.kronecker_sparse import Chain
from solvers.operators import to_dense
from solvers.splits import fuse_all


@pytest.mark.parametrize("n", [1, 2, 4, 16, 64, 128])
def test_the_dft_is_in_exactly(n):
    found = verify_butterfly(dft_matrix(n, bit_reversal(n)), "dyadic")
    assert found
    assert found.exact
    assert not found.violations
    assert np.allclose(dft_matrix(n).to_complex(), np.fft.fft(np.eye(n)))


def test_the_dft_of_order_256_is_in_exactly_and_one_changed_entry_is_found():
    matrix = dft_matrix(256, bit_reversal(256))
    assert verify_butterfly(matrix, "dyadic").member
    exponents, coefficients = matrix.exponents.copy(), matrix.coefficients.copy()
    exponents[17, 33] += 1
    coefficients[200, 5] = 2
    for changed, place in (
        (RootMatrix(256, exponents), (17, 33)),
        (RootMatrix(256, matrix.exponents, coefficients), (200, 5)),
    ):
        found = verify_butterfly(changed, "dyadic")
        assert not found
        assert found.exact
        assert [v.split for v in found.violations] == list(range(1, 8))  # one block at every split
        assert all(place[0] in v.rows and place[1] in v.cols for v in found.violations)


@pytest.mark.parametrize("n", [4, 32])
def test_the_dft_without_bit_reversal_is_not_in(n):
    found = verify_butterfly(dft_matrix(n), "dyadic")
    assert not found
    assert "rank at most 1" in str(found)


def test_hadamard_exactly_and_numerically():
    H = hadamard(64)
    exact = verify_butterfly(H)
    assert exact
    assert exact.method == "rational ranks"
    assert verify_butterfly(H.astype(float)).method == "singular values"
    assert verify_butterfly(H.astype(float), exact=True).exact
    H[3, 40] = 2
    for found in (
        verify_butterfly(H),
        verify_butterfly(H.astype(float)),
        verify_butterfly(H.astype(float), exact=True),
    ):
        assert not found
        assert all(3 in v.rows and 40 in v.cols for v in found.violations)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=2, max_size=4),
    st.integers(1, 2),
    st.integers(0, 2**31),
)
def test_rational_products_are_members_and_perturbations_are_judged_alike(radices, rank, seed):
    chain = deformable([r for r, _ in radices], [c for _, c in radices], rank)
    rng = np.random.default_rng(seed)
    factors = [rng.integers(-3, 4, p) for p in chain]
    A = to_dense(fuse_all(factors))
    assert verify_butterfly(A, chain)
    assert verify_butterfly(A.astype(float), chain)
    i, j = int(rng.integers(A.shape[0])), int(rng.integers(A.shape[1]))
    A[i, j] += 5
    assert verify_butterfly(A, chain).member == verify_butterfly(A.astype(float), chain).member


def test_entries_of_many_exact_kinds():
    rows = [["1/3", "2/3"], ["1", "2"]]
    chain = [(1, 2, 1, 1), (1, 1, 2, 1)]
    for A in (
        rows,
        [[Fraction(v) for v in row] for row in rows],
        sympy.Matrix([[sympy.Rational(v) for v in row] for row in rows]),
        flint.fmpq_mat([[flint.fmpq(1, 3), flint.fmpq(2, 3)], [1, 2]]),
        np.array([[Fraction(v) for v in row] for row in rows], dtype=object),
    ):
        assert verify_butterfly(A, chain)
        assert verify_butterfly(A, chain).exact
    assert not verify_butterfly([["1/3", "2/3"], ["1", "2000000001/1000000000"]], chain)


def test_a_difference_below_the_tolerance_is_seen_exactly_only():
    A = np.ones((4, 4))
    A[0, 0] += 2.0**-52
    assert verify_butterfly(A)
    assert not verify_butterfly(A, exact=True)
    assert not verify_butterfly(A, tolerance=1e-18)


def test_entries_outside_the_support():
    chain = Chain([(2, 1, 1, 1), (2, 1, 1, 1)])
    found = verify_butterfly([[1, 0], [1, 1]], chain)
    assert found.violations[0].split == 0
    assert "rows 1 and columns 0 lies outside" in str(found)
    assert not verify_butterfly(np.array([[1.0, 0.0], [1.0, 1.0]]), chain)
    assert not verify_butterfly(RootMatrix(2, [[0, 0], [0, 1]]), chain)
    assert verify_butterfly(RootMatrix(2, [[0, 0], [0, 1]], [[1, 0], [0, 1]]), chain)


def test_roots_with_higher_ranks_agree_with_floating_point():
    rng = np.random.default_rng(0)
    chain = deformable([4, 2], [2, 4], 2)
    seen = set()
    for _ in range(60):
        exponents = rng.integers(0, 4, (8, 8))
        coefficients = rng.integers(-1, 2, (8, 8))
        if rng.random() < 0.5:  # blocks of rank 2 by repetition
            exponents, coefficients = (np.kron(x[:4, :4], np.ones((2, 2), int)) for x in (exponents, coefficients))
        matrix = RootMatrix(4, exponents, coefficients)
        exact = verify_butterfly(matrix, chain).member
        assert exact == verify_butterfly(matrix.to_complex(), chain).member
        seen.add(exact)
    assert seen == {True, False}


def test_ranks_over_a_prime_field():
    rng = np.random.default_rng(1)
    p = 101
    blocks = rng.integers(0, p, (50, 4, 6))
    blocks[::2] = (rng.integers(0, p, (25, 4, 2)) @ rng.integers(0, p, (25, 2, 6))) % p
    expected = [flint.nmod_mat(4, 6, [int(v) for v in b.reshape(-1)], p).rank() for b in blocks]
    assert ranks_mod(blocks, p, 4).tolist() == expected
    assert ranks_mod(blocks, p, 1).tolist() == [min(r, 2) for r in expected]
    for order, bound in ((1, 1), (2, 2), (256, 2), (12, 10**6)):
        q = prime_for(order, bound)
        assert flint.fmpz(q).is_prime()
        assert q % order == 1 % order
        assert q > bound


def test_kaleidoscope_is_refused_with_the_reason():
    with pytest.raises(InputError, match=r"factors 3 and 4 are not chainable: a = 2 .* does not divide a = 1"):
        verify_butterfly(np.eye(4), kaleidoscope(4))


@pytest.mark.parametrize(
    ("A", "kwargs", "message"),
    [
        (np.eye(3), {}, "power of two"),
        (np.eye(4), {"tolerance": 0.0}, "tolerance must be a positive number"),
        (np.eye(4, dtype=complex), {"exact": True}, "must be real for exact=True"),
        ([["x", "1"], ["1", "1"]], {}, r"A\[0, 0\] must be a rational number"),
        ([[1, 2], [3]], {}, "must be rectangular"),
        (np.diag([1.0, np.nan]), {}, "nan"),
        (np.diag([1.0, np.inf]), {"exact": True}, "inf"),
    ],
)
def test_bad_arguments_are_refused(A, kwargs, message):
    with pytest.raises(InputError, match=message):
        verify_butterfly(A, "dyadic", **kwargs)


def test_root_matrices_are_checked():
    for bad in ((0, [[1]], None), (4, [[0.5]], None), (4, [1, 2], None), (4, [[1]], [[1.5]]), (4, [[1]], [[2**20]])):
        with pytest.raises(InputError):
            RootMatrix(*bad)


def test_members_of_monarch_and_dyadic_differ():
    rng = np.random.default_rng(3)
    A = to_dense(fuse_all([rng.standard_normal(p) for p in square_dyadic(16)]))
    assert verify_butterfly(A, monarch(16))  # fusing factors only enlarges the class
    B = to_dense(fuse_all([rng.standard_normal(p) for p in monarch(16)]))
    assert not verify_butterfly(B, "dyadic")


def test_sparse_matrices_are_read():
    assert verify_butterfly(csr_matrix(hadamard(8) * 1.0))
    assert verify_butterfly(csr_matrix(hadamard(8))).exact
