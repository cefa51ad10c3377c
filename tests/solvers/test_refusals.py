"""What a solver cannot take is refused in one line that names the argument and the way out."""

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

import solvers
from closedness.errors import InputError
from solvers.refusals import refuses

A = np.arange(64.0).reshape(8, 8)


def takes_one(program):
    return lambda options: program(A, **options)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("factorize_butterfly", takes_one(solvers.factorize_butterfly)),
        ("factorize_butterfly", takes_one(solvers.factorize_padded)),
        ("factorize_butterfly", lambda options: solvers.factorize_butterfly_batch(A[None], **options)),
        ("factorize_permuted", takes_one(solvers.factorize_permuted)),
        ("factorize_operator", takes_one(solvers.factorize_operator)),
        ("factorize_entries", lambda options: solvers.factorize_entries(lambda i, j: A[i, j], A.shape, **options)),
        ("choose_chain", lambda options: solvers.choose_chain(A, 0.5, **options)),
        ("verify_butterfly", takes_one(solvers.verify_butterfly)),
        ("split_distances", lambda options: solvers.split_distances(A, "dyadic", **options)),
        ("round_butterfly", lambda options: solvers.round_butterfly([np.ones((1, 2, 2, 1))], ranks=[], **options)),
    ],
)
def test_weights_are_refused_where_they_would_be_ignored(name, call):
    with pytest.raises(InputError, match=rf"weights must be left out of {name}: .*factorize_weighted_butterfly") as one:
        call({"weights": np.ones((8, 8))})
    assert "\n" not in str(one.value)
    call({"weights": None})
    with pytest.raises(TypeError, match="wieghts"):
        call({"wieghts": None})


@pytest.mark.parametrize("name", ["fixed", "largest", "nonnegative", "symmetric"])
def test_what_only_fixed_supports_take_is_refused_by_chains(name):
    with pytest.raises(InputError, match=f"{name} must be left out of factorize_butterfly: .*factorize_fixed_support"):
        solvers.factorize_butterfly(A, **{name: 1})


@pytest.mark.parametrize(
    "program",
    [
        lambda x: solvers.factorize_fixed_support(x, np.eye(8), np.ones((8, 8))),
        lambda x: solvers.factorize_weighted_butterfly(x, np.ones((8, 8))),
        lambda x: solvers.choose_chain(x, 0.5),
        lambda x: solvers.split_distances(x, "dyadic"),
        solvers.factorize_butterfly,
        solvers.factorize_padded,
        solvers.factorize_permuted,
        solvers.verify_butterfly,
    ],
)
def test_operators_and_stacks_are_sent_to_the_solver_that_takes_them(program):
    with pytest.raises(InputError, match=r"A must hold its entries, got a .*Operator; solvers\.factorize_operator"):
        program(aslinearoperator(A))
    with pytest.raises(InputError, match=r"got shape \(2, 8, 8\); stacks of matrices are for factorize_batch and"):
        program(np.stack([A, A]))


def test_a_tensor_is_an_operator():
    torch = pytest.importorskip("torch")
    found = solvers.factorize_operator(torch.from_numpy(A.copy()))
    expected = solvers.factorize_operator(A)
    assert all(np.array_equal(x, y) for x, y in zip(found.factors, expected.factors, strict=True))


def test_a_refusal_keeps_name_and_text():
    def program(x):
        """What it does."""
        return x

    checked = refuses(weights="why")(program)
    assert (checked.__name__, checked.__doc__, checked(x=3)) == ("program", "What it does.", 3)
