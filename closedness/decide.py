"""Decide whether the set of products with prescribed supports is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.budget import Budget
from closedness.errors import InputError
from closedness.verdict import Counterexample, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from closedness.engines import Backend
    from closedness.rules.rule import Evidence
    from closedness.search.chains import Found
    from closedness.search.pairs import Proof, Prover
    from closedness.supports.pattern import Pattern
    from closedness.supports.product import SupportProduct

__all__ = ["decide"]

# paths through the supports up to which engines are asked; a longer sentence takes longer to write than to give up
MOST_PATHS = 5_000
# share of the time after which the engines are asked, when the exact rules have not come to an end by themselves
EXACT = 0.75


def decide(
    product: SupportProduct,
    field: str = "real",
    seconds: float | None = 60.0,
    *,
    memory_mb: int | None = 2048,
    last_resort: bool = True,
    backend: str = "z3",
) -> Verdict:
    """Decide closedness of ``{W_1 ⋯ W_N : supp W_l ⊆ S_l}``, with a certificate.

    Parameters
    ----------
    product : SupportProduct
        The supports.
    field : {"real", "complex"}
        The numbers allowed as entries. The exact rules hold over both.
    seconds : float or None
        Wall-clock limit; None means no limit.
    memory_mb : int or None
        Memory limit of external engines, in MiB.
    last_resort : bool
        Ask the real-algebra backend when all exact rules fail: first for zeros of the polynomials
        that vanish on the set (rule ``ideal``), then for the textbook sentence. A verdict that
        rests on its word names it when the certificate is checked.
    backend : {"z3", "cvc5", "qepcad", "singular", "all"}
        The engine to ask then. With "all" every engine that is installed is asked, also for a second
        opinion on what the exact rules decide. Singular also looks for refutations that the exact rules
        miss; they are verified without it.

    Returns
    -------
    Verdict
        ``CLOSED`` and ``NOT_CLOSED`` come with a certificate, ``NOT_CLOSED`` also with a
        counterexample; ``UNDECIDED`` says what was tried. An interrupt (Ctrl-C) gives
        ``UNDECIDED``, too.

    Raises
    ------
    InputError
        For an unknown field, a negative time limit, an unknown backend or one that is not installed.
    BackendError
        With ``backend="all"``, if reliable answers contradict each other; the message names both.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> lower = [[1, 0], [1, 1]]
    >>> verdict = decide(SupportProduct.from_pair(lower, lower))
    >>> verdict.status
    <Status.NOT_CLOSED: 'not_closed'>
    >>> verdict.counterexample.target
    ((Fraction(0, 1), Fraction(1, 1)), (Fraction(1, 1), Fraction(0, 1)))
    """
    from closedness.supports.product import SupportProduct

    if not isinstance(product, SupportProduct):
        raise InputError(f"product is {type(product).__name__}, not a SupportProduct")
    if field not in ("real", "complex"):
        raise InputError(f"field is {field!r}, not 'real' or 'complex'")
    if seconds is not None and not seconds >= 0:
        raise InputError(f"seconds is {seconds}, not a time limit of at least 0 or None")
    run = _Run(product, field, Budget(seconds), memory_mb, engines_called(backend), opinions=backend == "all")
    try:
        return run.answer(last_resort=last_resort)
    except KeyboardInterrupt:
        run.tried.append("interrupted")
        return run.undecided("interrupted")


def engines_called(name: str) -> tuple[Backend, ...]:
    """The engines of a name; importing them is left until they are needed for the default."""
    if name == "z3":
        return ()
    from closedness.engines import engines

    return engines(name)


class _Run:
    """One call of `decide`.

    `engines` are those to ask when the exact rules fail, z3 when there is none.
    """

    def __init__(
        self,
        product: SupportProduct,
        field: str,
        budget: Budget,
        memory_mb: int | None,
        engines: Sequence[Backend] = (),
        *,
        opinions: bool = False,
    ) -> None:
        self.product = product
        self.field = field
        self.budget = budget
        self.memory_mb = memory_mb
        self.engines = engines
        self.opinions = opinions
        self.consulted: dict[str, str] = {}
        self.tried: list[str] = []
        self.stuck: tuple[Prover, Pattern] | None = None
        self.exact = budget

    def answer(self, *, last_resort: bool) -> Verdict:
        self.exact = self.budget.part(EXACT) if last_resort else self.budget
        from closedness.equations.paths import count_paths

        verdict = self._confirmed(self._two_factors() if len(self.product.factors) == 2 else self._chain())
        if verdict is None and not self.budget.expired():
            verdict = self._confirmed(self._refuted())
        if verdict is not None:
            return self._with_opinions(verdict) if self.opinions else verdict
        if self.budget.expired():
            return self.undecided("out of time")
        if last_resort:
            small = sum(map(sum, count_paths(self.product))) <= MOST_PATHS
            if small:
                verdict = self._confirmed(self._ideal())
                if verdict is None:
                    verdict = self._confirmed(self._backend())
            else:
                self.tried.append(f"engines: not asked, the entries of the product have more than {MOST_PATHS} terms")
            if verdict is None:
                verdict = self._confirmed(self._resumed())
            if verdict is not None:
                return verdict
        return self.undecided("out of time" if self.budget.expired() else "no rule applies")

    def _with_opinions(self, verdict: Verdict) -> Verdict:
        """Ask the engines about a verdict of the exact rules."""
        from dataclasses import replace

        from closedness.engines.opinions import second_opinions

        lines = second_opinions(verdict, self.engines, self.budget.left(), self.memory_mb)
        self._consult(self.engines)
        return replace(
            verdict, opinions=lines, seconds=self.budget.elapsed(), provenance=self._provenance()
        )

    def _consult(self, engines: Sequence[Backend]) -> None:
        self.consulted |= {engine.name: engine.version for engine in engines if engine.available}

    def _panel(self) -> Backend:
        """Who is asked when the exact rules fail."""
        from closedness.engines import Panel, engines

        chosen = self.engines or engines("z3")
        self._consult(chosen)
        return chosen[0] if len(chosen) == 1 else Panel(chosen)

    def _refuted(self) -> Verdict | None:
        """Limits whose targets Singular shows to be no products, by identities that are verified here."""
        from closedness.engines import Singular

        singular = next((engine for engine in self.engines if isinstance(engine, Singular)), None)
        if singular is None or self.stuck is None:
            return None
        self._consult([singular])
        prover, _ = self.stuck
        evidence = prover.counterexample(expired=self.budget.part(0.4).expired, identities=singular.cofactors)
        if evidence is not None:
            return self.not_closed(evidence)
        self.tried.append(f"limits with refutations by {singular.name} {singular.version}: none found")
        return None

    def _confirmed(self, verdict: Verdict | None) -> Verdict | None:
        """Nothing is answered that the independent checker does not confirm."""
        from closedness.check import check

        if verdict is None:
            return None
        report = check(verdict.certificate)
        if report.verified:
            return verdict
        self.tried.append(f"a proof was found and dropped, the checker says: {report.reason}")
        return None

    def _chain(self) -> Verdict | None:
        """Any number of factors: reduce to fewer ones, then ask the rules for two factors."""
        from closedness.rules.rule import Evidence
        from closedness.search.chains import SENTENCES, ChainProver
        from closedness.search.pairs import Proof

        budget = self.exact
        prover = ChainProver(self._pair(budget), field=self.field, expired=budget.expired)
        found = prover.decide(self.product)
        verdict = None
        if isinstance(found, Evidence):
            verdict = self.not_closed(found)
        elif found is not None:
            verdict = self.closed(Proof(found, SENTENCES.get(found["rule"], "it is closed")))
        if verdict is not None:
            return verdict
        self.tried.append("chains: no reduction to two factors, orbits or limits settled it")
        return None

    def _pair(self, budget: Budget) -> Callable[[SupportProduct], Found | None]:
        """The rules for two factors, for what is left of a longer chain."""
        from closedness.search.chains import Found

        def ask(product: SupportProduct) -> Found | None:
            run = _Run(product, self.field, budget, self.memory_mb)
            verdict = run._two_factors()
            if verdict is None or verdict.certificate is None:
                self.tried.extend(f"two of the factors left: {line}" for line in run.tried)
                return None
            if verdict.counterexample is None:
                return Found(node=verdict.certificate.proof)
            example = verdict.counterexample
            refuted = product.factors, verdict.certificate.proof["refutation"]
            return Found(target=example.entries, curve=example.curve, sentence=verdict.reason, refuted=refuted)

        return ask

    def _large(self) -> Verdict | None:
        """Two factors of real size: polynomial rules on sparse arrays, exact rules for small groups."""
        from closedness.rules.rule import Evidence
        from closedness.search.large import decide_large
        from closedness.search.pairs import Proof

        def small(product: SupportProduct) -> dict[str, Any] | Evidence | None:
            run = _Run(product, self.field, self.budget.part(0.5), self.memory_mb)
            verdict = run._two_factors()
            if verdict is None or verdict.certificate is None:
                return None
            proof = verdict.certificate.proof
            if verdict.counterexample is None:
                return proof
            example = verdict.counterexample
            return Evidence("limit", verdict.reason, example.entries, example.curve, proof["refutation"])

        answer = decide_large(self.product, small)
        if answer is not None and answer.evidence is not None:
            return self.not_closed(answer.evidence)
        if answer is not None and answer.node is not None:
            return self.closed(Proof(answer.node, answer.sentence))
        self.tried.append("rules for large masks: no 2×2 LU pattern, and supports that overlap without crossing")
        return None

    def _dense(self) -> Verdict | None:
        """Two factors of which one has no zeros."""
        from closedness.rules.pairs.dense import dense_product
        from closedness.rules.rule import Evidence
        from closedness.search.pairs import SENTENCES, Proof

        answer = dense_product(self.product, expired=self.budget.part(0.5).expired)
        if isinstance(answer, Evidence):
            return self.not_closed(answer)
        return None if answer is None else self.closed(Proof(answer, SENTENCES["dense"]))

    def _two_factors(self) -> Verdict | None:
        from closedness.rules.limits.minor import minimal_patterns, patterns_over_the_reals, stored_minor
        from closedness.rules.limits.private_cells import private_cells
        from closedness.search.large import is_large
        from closedness.search.pairs import Prover
        from closedness.supports.pattern import Pattern

        if is_large(self.product):
            verdict = self._dense()
            if verdict is None:
                verdict = self._limits()
            if verdict is None:
                verdict = self._large()
            if verdict is not None or max(*self.product.shape, *self.product.inner) > 256:
                return verdict
        pattern = Pattern.of(self.product)
        evidence = private_cells(self.product, pattern)
        if evidence is not None:
            return self.not_closed(evidence)
        self.tried.append("private cells: none of them form a 2×2 LU pattern")
        prover = Prover(self.product, field=self.field, expired=self.exact.expired)
        proof = prover.quick(pattern)
        if proof is not None:
            return self.closed(proof)
        if prover.found is not None:
            return self.not_closed(prover.found)
        self.tried.append("simple rules: supports that overlap without crossing are left")
        verdict = None if is_large(self.product) else self._limits()
        if verdict is not None:
            return verdict
        tables = [minimal_patterns(3), minimal_patterns(4)]
        if self.field == "real":
            tables.append(patterns_over_the_reals())
        for table in tables:
            evidence = stored_minor(pattern, table, expired=self.exact.expired)
            if evidence is not None:
                return self.not_closed(evidence)
        self.tried.append("stored minimal patterns: none found as a minor")
        return self._search(prover, pattern)

    def _limits(self) -> Verdict | None:
        """Limits that are found by their form, with refutations by linear algebra."""
        from closedness.rules.limits.blocks import blocks
        from closedness.rules.limits.bordered import bordered
        from closedness.search.large import is_large

        evidence = bordered(self.product, expired=self.budget.part(0.2).expired)
        # with fewer hidden indices the stored minimal patterns are all there are
        if evidence is None and self.product.inner[0] > 3 and not is_large(self.product):
            evidence = blocks(self.product, expired=self.budget.part(0.2).expired)
        if evidence is not None:
            return self.not_closed(evidence)
        self.tried.append("limits in which blocks grow: none is shown by frames to be no product")
        return None

    def _search(self, prover: Prover, pattern: object) -> Verdict | None:
        from closedness.supports.pattern import Pattern

        assert isinstance(pattern, Pattern)
        self.stuck = prover, pattern
        verdict = self._settled(prover, prover.full(pattern))
        if verdict is None:
            self.tried.append(f"case distinctions: {prover.complaint}")
            self.tried.append("limits: no matrix found that is a limit of products and is proved not to be one")
        return verdict

    def _settled(self, prover: Prover, proof: Proof | None) -> Verdict | None:
        if proof is not None:
            return self.closed(proof)
        return None if prover.found is None else self.not_closed(prover.found)

    def _resumed(self) -> Verdict | None:
        """The exact rules again, when time is left that the engines did not use."""
        if self.stuck is None or self.budget.expired():
            return None
        prover, pattern = self.stuck
        prover.expired = self.budget.expired
        return self._settled(prover, prover.resume(pattern))

    def _ideal(self) -> Verdict | None:
        """Polynomials that vanish on what is left; an engine looks for their other zeros."""
        from closedness.rules.limits.stuck import Effort, limit_at
        from closedness.rules.pairs.ideal import ideal
        from closedness.search.pairs import Proof

        if self.stuck is None or self.field != "real":
            return None
        prover, pattern = self.stuck
        budget = self.budget.part(0.5)
        candidates = []
        said = []
        panel = self._panel()

        def ask(reduced: Pattern, fills: list[tuple[Pattern, int]]) -> dict[str, Any] | None:
            answer = ideal(reduced, seconds=budget.left(), memory_mb=self.memory_mb, backend=panel)
            said.append(answer.detail)
            if answer.target is not None:
                candidates.append((reduced, answer.target, fills))
            return answer.node

        proof = prover.with_fallback(pattern, ask)
        self.tried.extend(f"ideal: {line}" for line in said)
        if proof is not None and said:
            proof = Proof(proof.node, f"{'; '.join(said)} (no independent proof)")
        if proof is not None:
            return self.closed(proof)
        for reduced, target, fills in candidates:
            evidence = limit_at(
                self.product, reduced, target, fills, effort=Effort(real=True), expired=budget.expired
            )
            if evidence is not None:
                return self.not_closed(evidence)
        return None

    def _backend(self) -> Verdict | None:
        from closedness.certificate import Certificate
        from closedness.engines import closedness_sentence

        answer = closedness_sentence(
            self.product, self.budget.left(), self.memory_mb, field=self.field, backend=self._panel()
        )
        engine = answer.name
        if answer.status != "unsat" or not answer.reliable:
            words = {"sat": "satisfiable, but without a checkable target", "unsat": "unsatisfiable"}
            said = words.get(answer.status, "")
            self.tried.append(f"textbook sentence by {engine}: {': '.join(filter(None, (said, answer.detail)))}")
            return None
        proof = {"rule": "solver", "engine": engine, "question": "closedness", "answer": "unsat"}
        return Verdict(
            Status.CLOSED,
            f"{engine} finds the textbook sentence unsatisfiable (no independent proof)",
            self.product,
            self.field,
            Certificate.closed(self.product, self.field, proof, self._provenance()),
            None,
            self.budget.elapsed(),
            tuple(self.tried),
            self._provenance(),
        )

    def closed(self, proof: Proof) -> Verdict:
        from closedness.certificate import Certificate

        certificate = Certificate.closed(self.product, self.field, proof.node, self._provenance())
        return Verdict(
            Status.CLOSED,
            proof.sentence,
            self.product,
            self.field,
            certificate,
            None,
            self.budget.elapsed(),
            tuple(self.tried),
            self._provenance(),
        )

    def not_closed(self, evidence: Evidence) -> Verdict:
        from closedness.certificate import Certificate

        certificate = Certificate.not_closed(
            self.product,
            self.field,
            evidence.target,
            evidence.curve,
            evidence.refutation,
            self._provenance(),
        )
        shapes = tuple(factor.shape for factor in self.product.factors)
        return Verdict(
            Status.NOT_CLOSED,
            evidence.sentence,
            self.product,
            self.field,
            certificate,
            Counterexample(shapes, dict(evidence.target), evidence.curve),
            self.budget.elapsed(),
            tuple(self.tried),
            self._provenance(),
        )

    def undecided(self, reason: str) -> Verdict:
        return Verdict(
            Status.UNDECIDED,
            reason,
            self.product,
            self.field,
            None,
            None,
            self.budget.elapsed(),
            tuple(self.tried),
            self._provenance(),
        )

    def _provenance(self) -> dict[str, str]:
        """Versions of what took part."""
        from closedness import __version__

        return {"closedness": __version__, **self.consulted}
