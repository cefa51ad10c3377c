"""Hardness construction, landscapes, families, exchange with other packages, and the command line of the solvers."""

import contextlib
import json
import math
import sys

import numpy as np
import pytest
from scipy.linalg import hadamard

from closedness import Support, SupportProduct
from closedness.cli.app import main
from closedness.errors import BackendError, InputError
from closedness.verdict import Status
from solvers import Diagnosis, factorize_butterfly, factorize_fixed_support, verify_butterfly
from solvers.exchange import (
    _module,
    factor_from_matrix,
    from_faust,
    from_lazylinop,
    to_faust,
    to_lazylinop,
    to_lazylinop_chain,
)
from solvers.families import (
    bit_reversal,
    block_butterfly,
    deformable,
    hierarchical,
    kaleidoscope,
    lu,
    monarch,
    pattern_of,
    square_dyadic,
)
from solvers.hardness import completion_to_factorization
from solvers.kronecker_sparse import Chain, KroneckerPattern, pair_rank
from solvers.landscape import explore, gradient, gradient_descent, hessian
from tests.helpers.packages import optional

LOWER = [[1, 0], [1, 1]]


# ------------------------------------------------------------------------------- hardness


def test_completion_and_factorisation_have_equal_errors_both_ways():
    rng = np.random.default_rng(0)
    for _ in range(50):
        m, n = (int(v) for v in rng.integers(2, 6, 2))
        A, known = rng.standard_normal((m, n)), rng.random((m, n)) < 0.6
        instance = completion_to_factorization(np.where(known, A, np.nan), known)
        x, y = rng.standard_normal(m), rng.standard_normal(n)
        X, Y = instance.factors(x, y)
        assert np.all(X[~instance.I.to_dense()] == 0)
        assert np.all(Y[~instance.J.to_dense()] == 0)
        assert math.isclose(np.linalg.norm(instance.A - X @ Y.T), instance.completion_error(x, y), abs_tol=1e-12)
        X = rng.standard_normal(X.shape) * instance.I.to_dense()
        Y = rng.standard_normal(Y.shape) * instance.J.to_dense()
        back = instance.completion_error(*instance.completion(X, Y))
        assert back <= np.linalg.norm(instance.A - X @ Y.T) + 1e-12


def test_a_completable_matrix_is_completed_through_the_factorisation():
    known = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]], bool)
    A = np.outer([1.0, 2.0, -1.0], [1.0, 3.0, 0.5])
    instance = completion_to_factorization(A, known)
    f = factorize_fixed_support(instance.A, instance.I, instance.J, starts=3)
    assert f.error < 1e-6
    x, y = instance.completion(f.X, f.Y)
    assert np.allclose(np.outer(x, y)[known], A[known], atol=1e-5)


def test_every_extra_class_of_the_construction_is_complete():
    from closedness.supports.graph import classes

    instance = completion_to_factorization(np.zeros((3, 3)), np.eye(3, dtype=bool))
    assert [k.complete for k in classes(instance.I, instance.J)] == [False, True, True, True]


def test_hardness_refuses_bad_arguments():
    with pytest.raises(InputError, match="known must be booleans"):
        completion_to_factorization(np.eye(2), np.ones((2, 2)))
    with pytest.raises(InputError, match="is nan"):
        completion_to_factorization([[math.nan]], [[True]])
    instance = completion_to_factorization(np.eye(2), np.eye(2, dtype=bool))
    with pytest.raises(InputError, match="lengths"):
        instance.factors([1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="shapes"):
        instance.completion(np.ones((2, 1)), np.ones((2, 1)))


# ------------------------------------------------------------------------------- landscape


def test_gradient_and_hessian_agree_with_differences():
    rng = np.random.default_rng(1)
    A, I, J = rng.standard_normal((3, 4)), rng.random((3, 2)) < 0.7, rng.random((4, 2)) < 0.7
    X, Y = rng.standard_normal((3, 2)) * I, rng.standard_normal((4, 2)) * J

    def flat_gradient(v):
        x, y = np.zeros(I.shape), np.zeros(J.shape)
        x[I], y[J] = v[: I.sum()], v[I.sum() :]
        gx, gy = gradient(A, x, y, I, J)
        return np.concatenate([gx[I], gy[J]])

    point = np.concatenate([X[I], Y[J]])
    H = hessian(A, I, J, X, Y)
    h = 1e-6
    for k in range(point.size):
        e = np.zeros(point.size)
        e[k] = h
        assert np.allclose((flat_gradient(point + e) - flat_gradient(point - e)) / (2 * h), H[:, k], atol=1e-6)


@pytest.mark.parametrize("case", range(4))
def test_descent_reaches_the_optimum_on_tractable_supports(case):
    rng = np.random.default_rng(case)
    I = [np.ones((4, 2)), np.kron(np.eye(2), np.ones((2, 1))), [[1, 1], [1, 0], [1, 0]], np.ones((3, 1))][case]
    J = [np.ones((3, 2)), np.kron(np.eye(2), np.ones((2, 1))), np.ones((3, 2)), np.ones((5, 1))][case]
    found = explore(rng.standard_normal((len(I), len(J))), I, J, starts=8, steps=30000)
    assert found.optimum is not None
    assert found.reached == 8


def test_critical_points_on_tractable_supports_are_optimal_or_strict_saddles():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((4, 3))
    ones = np.ones((4, 2)), np.ones((3, 2))
    u, s, vt = np.linalg.svd(A)
    for chosen in ((0, 1), (0, 2), (1, 2)):
        root = np.sqrt(s[list(chosen)])
        X, Y = u[:, chosen] * root, vt[list(chosen)].T * root
        gx, gy = gradient(A, X, Y, ones[0].astype(bool), ones[1].astype(bool))
        assert np.abs(gx).max() < 1e-12
        assert np.abs(gy).max() < 1e-12
        lowest = np.linalg.eigvalsh(hessian(A, *ones, X, Y))[0]
        assert (lowest > -1e-10) == (chosen == (0, 1))


@pytest.mark.slow
def test_a_spurious_valley_on_lu():
    """From x11·y11 > 0 and L < 1 the descent cannot reach the factors of zero error; it runs off to infinity."""
    delta = 0.5
    A = np.array([[-delta, 1.0], [1.0, 0.0]])
    caught = gradient_descent(A, LOWER, LOWER, [[0.5, 0], [1.5, 1]], [[0.5, 0], [1.5, -1]], steps=20000)
    assert caught.errors[0] > caught.error > delta
    assert caught.error < delta + 0.05
    assert caught.X[0, 0] * caught.Y[0, 0] > 0
    free = gradient_descent(A, LOWER, LOWER, [[0.5, 0], [-1.5, 1]], [[-0.5, 0], [1.5, 1]], steps=20000)
    assert free.error < 1e-5
    found = explore(A, LOWER, LOWER, starts=20, steps=3000)
    assert found.optimum == pytest.approx(0.0, abs=1e-12)  # elimination finds it
    assert 0 < found.reached < 20
    assert max(run.size for run in found.runs) > 2 * min(run.size for run in found.runs)


def test_landscape_refuses_complex_matrices():
    with pytest.raises(InputError, match="must be real"):
        hessian([[1j]], [[1]], [[1]], [[0.0]], [[0.0]])
    with pytest.raises(InputError, match="steps"):
        gradient_descent([[1.0]], [[1]], [[1]], [[0.0]], [[0.0]], steps=0)


# ------------------------------------------------------------------------------- with the decision procedure


@pytest.mark.parametrize(
    ("target", "I", "J"),
    [([[0, 1], [1, 0]], LOWER, LOWER), ([[1, 0], [1, 0], [0, 1]], [[1, 0], [0, 1], [1, 1]], [[1, 1], [1, 1]])],
)
def test_divergence_comes_with_a_verdict(target, I, J):
    f = factorize_fixed_support(target, I, J, starts=1)
    assert f.diagnosis is Diagnosis.DIVERGING
    assert f.verdict is not None
    assert f.verdict.status is Status.NOT_CLOSED
    assert "not closed" in str(f)
    assert ".verdict.counterexample" in str(f)
    assert factorize_fixed_support(target, I, J, starts=1, decide_seconds=0).verdict is None


# ------------------------------------------------------------------------------- families and chains


def test_chains_and_their_supports():
    for chain in (square_dyadic(8), monarch((12, 18)), deformable([2, 3], [3, 2], 2), block_butterfly(64, 3)):
        assert chain.chainable
        product = chain.support_product()
        assert product.shape == chain.shape
        assert product.support == chain.product.support()
        assert chain.T.T == chain
        assert all(pattern_of(p.support()).support() == p.support() for p in chain)
    assert square_dyadic(1).shape == (1, 1)
    assert square_dyadic(2) == Chain([(1, 2, 2, 1)])
    assert kaleidoscope(2).chainable
    assert not kaleidoscope(8).chainable
    assert block_butterfly(64, 3).ranks == (3, 3, 3)
    assert block_butterfly(64, 3).redundant_pairs == ()
    assert bit_reversal(4)[bit_reversal(4)].tolist() == [0, 1, 2, 3]
    assert isinstance(lu(3), SupportProduct)
    assert hierarchical(2, 1, 2).shape == (8, 8)
    assert pattern_of(Support.read([[1, 1], [1, 0]])) is None


def test_redundancy_is_removed_without_changing_the_class():
    rng = np.random.default_rng(0)
    for chain in (Chain([(1, 2, 8, 4), (4, 4, 2, 2), (4, 4, 4, 1)]), deformable([2, 2, 2], [2, 2, 2], 4)):
        assert chain.redundant_pairs
        small, groups = chain.without_redundancy()
        assert not small.redundant_pairs
        assert [k for group in groups for k in group] == list(range(len(chain)))
        A = rng.standard_normal(chain.shape)
        one, two = factorize_butterfly(A, chain), factorize_butterfly(A, small)
        assert math.isclose(one.lower_bound, two.lower_bound, abs_tol=1e-12)
        assert factorize_butterfly(two.toarray(), chain).relative_error < 1e-14


def test_chain_values():
    chain = square_dyadic(8)
    assert chain[0] == (1, 2, 2, 4)
    assert isinstance(chain[0], KroneckerPattern)
    assert chain[:2] == Chain(chain.patterns[:2])
    assert hash(chain) == hash(square_dyadic(8))
    with pytest.raises(AttributeError, match="immutable"):
        chain.patterns = ()
    with pytest.raises(InputError, match="not chainable"):
        pair_rank(KroneckerPattern(2, 1, 1, 1), KroneckerPattern(1, 2, 2, 1))
    import pickle

    assert pickle.loads(pickle.dumps(chain)) == chain
    for bad in ([(1, 2, 2, True)], [(0, 1, 1, 1)], [(1, 1, 1, 1.0)], "abcd", [3]):
        with pytest.raises(InputError):
            Chain(bad)
    for bad in (
        lambda: square_dyadic((4, 8)),
        lambda: monarch(6, p=4),
        lambda: block_butterfly(8, 3),
        lambda: bit_reversal(6),
    ):
        with pytest.raises(InputError):
            bad()


# ------------------------------------------------------------------------------- exchange


@pytest.fixture
def factors():
    return factorize_butterfly(hadamard(16).astype(float), "dyadic")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_exchange_with_lazylinop(factors):
    butterfly = optional("lazylinop.butterfly")
    assert np.allclose(butterfly.ksm(factors.factors).toarray(), hadamard(16))  # as they are
    operator = to_lazylinop(factors)
    assert np.allclose(operator.toarray(), hadamard(16))
    assert all(np.array_equal(x, y) for x, y in zip(from_lazylinop(operator), factors.factors, strict=True))
    theirs = butterfly.Chain.monarch((12, 12))
    assert factorize_butterfly(np.ones((12, 12)), theirs).relative_error < 1e-14
    assert to_lazylinop_chain(monarch(16)).ks_patterns == tuple(tuple(p) for p in monarch(16))
    with pytest.raises(InputError, match="ks_values"):
        from_lazylinop(np.eye(2))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_exchange_with_pyfaust(dtype):
    optional("pyfaust")
    g = factorize_butterfly(hadamard(16).astype(dtype), "dyadic")
    faust = to_faust(g)
    assert np.allclose(faust.toarray(), hadamard(16), atol=1e-5)
    back = from_faust(faust)
    assert [v.shape for v in back] == [tuple(p) for p in g.chain]
    assert all(np.allclose(x, y) for x, y in zip(back, g.factors, strict=True))
    with pytest.raises(InputError, match="chain must have 4 patterns"):
        from_faust(faust, monarch(16))


def test_an_import_that_changes_the_recursion_limit_is_undone(tmp_path, monkeypatch):
    (tmp_path / "greedy_package.py").write_text("import sys\nsys.setrecursionlimit(99999)\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = sys.getrecursionlimit()
    assert _module("greedy_package").__name__ == "greedy_package"
    assert sys.getrecursionlimit() == before


def test_a_package_that_breaks_while_it_is_imported_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("None.DataFrame\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BackendError, match="broken_package cannot be imported: 'NoneType'"):
        _module("broken_package")


def test_missing_packages_are_named(monkeypatch, factors):
    for name in ("lazylinop", "lazylinop.butterfly", "pyfaust"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match="optional package pyfaust"):
        to_faust(factors)
    with pytest.raises(BackendError, match="psutil and pandas"):
        to_lazylinop(factors)


def test_factor_from_matrix():
    dense = np.kron(np.eye(2), [[1.0, 2.0], [3.0, 4.0]])
    assert factor_from_matrix(dense).shape == (2, 2, 2, 1)
    assert factor_from_matrix(dense, KroneckerPattern(1, 4, 4, 1)).shape == (1, 4, 4, 1)
    for pattern in (None, KroneckerPattern(4, 1, 1, 1), KroneckerPattern(2, 2, 2, 2)):
        with pytest.raises(InputError):
            factor_from_matrix(np.array([[1.0, 1.0], [0.0, 1.0]]) if pattern is None else dense, pattern)


@pytest.mark.torch
def test_torch_tensors_are_taken_and_given_back():
    torch = pytest.importorskip("torch")
    A = torch.from_numpy(hadamard(8).astype(np.float32))
    g = factorize_butterfly(A, "dyadic")
    assert all(isinstance(f, torch.Tensor) and f.dtype == torch.float32 for f in g.factors)
    assert np.allclose(g.toarray(), A.numpy(), atol=1e-5)
    f = factorize_fixed_support(A, torch.ones(8, 1), torch.ones(8, 1, dtype=torch.bool))
    assert isinstance(f.X, torch.Tensor)
    assert f.X.dtype == torch.float32
    for solve in (factorize_butterfly, lambda A: factorize_fixed_support(A, [[1]] * 2, [[1]] * 2)):
        with pytest.raises(InputError, match="A must hold values, got a tensor on the meta device"):
            solve(torch.ones(2, 2, device="meta"))


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_unusual_tensors_are_taken_or_refused_in_one_line():
    torch = pytest.importorskip("torch")
    sparse, exact = torch.eye(4).to_sparse(), torch.tensor([[1, 2], [2, 4]])
    assert factorize_butterfly(sparse, "dyadic").relative_error == 0.0
    assert verify_butterfly(sparse, "dyadic").member
    assert verify_butterfly(torch.eye(4).to_sparse_csr(), "dyadic").member
    assert verify_butterfly(exact, Chain([(1, 2, 1, 1), (1, 1, 2, 1)])).exact
    for dtype in (torch.bfloat16, torch.float16):
        A = (torch.arange(16).reshape(4, 4) / 7).to(dtype)
        assert verify_butterfly(torch.ones(4, 4, dtype=dtype), "dyadic").member
        for call in (factorize_butterfly, lambda A: factorize_fixed_support(A, [[1]] * 4, [[1]] * 4)):
            found, same = call(A), call(A.float())
            assert found.toarray().dtype == torch.float32
            assert found.error == same.error


# ------------------------------------------------------------------------------- command line


def test_solve_on_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "A.npy", np.diag([3.0, 1.0]))
    (tmp_path / "p.json").write_text(json.dumps({"I": [[1], [1]], "J": [[1], [1]]}))
    out = tmp_path / "f.npz"
    assert main(["solve", str(tmp_path / "A.npy"), str(tmp_path / "p.json"), "--json", "--out", str(out)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["optimal"] is True
    assert answer["error"] == pytest.approx(1.0)
    with np.load(out) as found:
        assert np.linalg.norm(np.diag([3.0, 1.0]) - found["X"] @ found["Y"].T) == pytest.approx(1.0)
    assert main(["solve", str(tmp_path / "A.npy"), str(tmp_path / "p.json")]) == 0
    assert "smallest possible" in capsys.readouterr().out


def test_solve_reports_divergence_on_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "A.npy", np.array([[0.0, 1.0], [1.0, 0.0]]))
    (tmp_path / "p.json").write_text(json.dumps({"I": LOWER, "J": LOWER}))
    assert main(["solve", str(tmp_path / "A.npy"), str(tmp_path / "p.json"), "--json", "--starts", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["diagnosis"] == "diverging"
    assert answer["closedness"] == "not_closed"


def test_butterfly_on_the_command_line(tmp_path, capsys):
    n = 16
    k = np.arange(n)
    path, out = tmp_path / "A.npy", tmp_path / "f.npz"
    np.save(path, np.exp(-2j * np.pi * (np.outer(k, k) % n) / n))
    options = ["butterfly", str(path), "--chain", "dyadic", "--bit-reversal"]
    assert main([*options, "--json", "--bounds", "--out", str(out)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["relative_error"] < 1e-14
    assert answer["lower_bound"] <= answer["bound"]
    with np.load(out) as found:
        assert sorted(found) == ["X1", "X2", "X3", "X4"]
    assert main([*options, "--bounds", "--order", "balanced"]) == 0
    assert "proved to be at most" in capsys.readouterr().out
    assert main([*options, "--verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["member"] is True
    assert main(["butterfly", str(path), "--verify"]) == 0
    assert "not in the class" in capsys.readouterr().out
    assert main(["butterfly", str(path), "--chain", "1,4,4,4;4,4,4,1", "--order", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["chain"] == [[1, 4, 4, 4], [4, 4, 4, 1]]


def test_progress_is_drawn_for_people_only(tmp_path, monkeypatch, capsys):
    np.save(tmp_path / "A.npy", np.eye(8))
    (tmp_path / "p.json").write_text(json.dumps({"I": LOWER, "J": LOWER}))
    np.save(tmp_path / "B.npy", np.eye(2))
    commands = (
        ["butterfly", str(tmp_path / "A.npy"), "--order", "right-to-left"],
        ["butterfly", str(tmp_path / "A.npy"), "--verify"],
        ["butterfly", str(tmp_path / "A.npy"), "--order", "balanced", "--projections", "target"],
        ["butterfly", str(tmp_path / "A.npy"), "--bounds"],
        ["solve", str(tmp_path / "B.npy"), str(tmp_path / "p.json"), "--starts", "2"],
    )
    for command in commands:
        assert main(command) == 0
        assert capsys.readouterr().err == ""
    seen = []

    @contextlib.contextmanager
    def steps(what):
        yield lambda done, total: seen.append((what, done, total))

    monkeypatch.setattr("closedness.cli.butterfly.steps", steps)
    monkeypatch.setattr("closedness.cli.solve.steps", steps)
    for command in commands:
        assert main(command) == 0
    counts = [done for what, done, _ in seen if what == "iterations"]
    assert [(what, done) for what, done, _ in seen] == [
        *(("splits", k) for k in (1, 2)),
        *(("splits", k) for k in (0, 1)),
        *(("splits", k) for k in (1, 2)),
        ("splits", 2),
        *(("bounds", k) for k in (1, 2)),
        *(("iterations", k) for k in counts),
    ]
    assert counts == sorted(counts)
    assert seen[-1] == ("iterations", *[seen[-1][2]] * 2)


def test_factors_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    np.save(tmp_path / "A.npy", np.eye(2))
    out = tmp_path / "f.npz"
    out.write_bytes(b"old")

    def broken(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("closedness.cli.output.os.fsync", broken)
    assert main(["butterfly", str(tmp_path / "A.npy"), "--out", str(out)]) == 2
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["A.npy", "f.npz"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["butterfly", "missing.npy"], "cannot be read"),
        (["butterfly", "text.npy"], "is not a numpy array"),
        (["butterfly", "cut.npy"], "not a readable .npy file"),
        (["butterfly", "object.npy"], "not a readable .npy file"),
        (["butterfly", "odd.npy"], "power of two"),
        (["butterfly", "odd.npy", "--chain", "1,2;x"], "--chain is"),
        (["butterfly", "odd.npy", "--chain", "1,3,3,1", "--order", "1,y"], "--order is"),
        (["butterfly", "odd.npy", "--verify", "--out", "f.npz"], "no use with --verify"),
        (["butterfly", "odd.npy", "--verify", "--bounds"], "no use with --verify"),
        (["butterfly", "odd.npy", "--verify", "--order", "9"], "--order is of no use with --verify"),
        (["butterfly", "odd.npy", "--verify", "--projections", "target"], "--projections is of no use with --verify"),
        (["butterfly", "odd.npy", "--chain", "1,3,3,1", "--projections", "svd"], "projections must be"),
        (["solve", "odd.npy", "odd.json", "--seed", "-1"], "seed must be None or an integer at least 0, got -1"),
        (["solve", "odd.npy", "three.json"], "solve needs two factors"),
        (["solve", "odd.npy", "pair.json"], "I must have 3 rows"),
    ],
)
def test_bad_input_on_the_command_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    np.save("odd.npy", np.eye(3))
    np.save("object.npy", np.array([None]), allow_pickle=True)
    (tmp_path / "text.npy").write_text("hello")
    (tmp_path / "cut.npy").write_bytes((tmp_path / "odd.npy").read_bytes()[:90])
    (tmp_path / "three.json").write_text(json.dumps({"factors": [[[1]], [[1]], [[1]]]}))
    (tmp_path / "pair.json").write_text(json.dumps({"I": [[1]], "J": [[1]]}))
    (tmp_path / "odd.json").write_text(json.dumps({"I": [[1]] * 3, "J": [[1]] * 3}))
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
