"""Single mutations of certificates, and what the two checkers make of them.

``python -m tests.helpers.mutations 100000 --seed 1`` runs a longer campaign than the tests do.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from closedness import Status, Support, SupportProduct, check, decide
from closedness.constrained import decide_constrained
from closedness.constrained.problem import question_of
from closedness.networks import Optimum, assess_network
from tests.helpers.corpus import stored
from tests.helpers.proofs import problem_id
from tests.second.checker import outcome

Path = tuple[str | int, ...]
TABLE: dict[str, Any] = sys.modules["closedness.check"].RULES  # type: ignore[attr-defined]
STEP_TABLE: dict[str, Any] = sys.modules["closedness.check"].STEPS  # type: ignore[attr-defined]
# rules about supports, and rules about models with more to them; an engine's word has no valid certificate
SUPPORT_RULES = tuple(r for r, entry in TABLE.items() if {"pair", "chain", "root"} & {*entry.about} and r != "ideal")
MODEL_RULES = tuple(
    r for r, entry in TABLE.items() if {"nonnegative", "covariance", "fixed", "masks", "data"} & {*entry.about}
)
RULES = (*SUPPORT_RULES, *MODEL_RULES)
STEPS = tuple(STEP_TABLE)
REFERENCES = ("then", "zero", "nonzero", "on", "off")


class Mutation(NamedTuple):
    """One change of one certificate."""

    origin: str
    kind: str
    place: str
    text: str


def walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All values inside a JSON value, with their paths."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from walk(value, (*path, position))


def at(node: Any, path: Path) -> Any:
    """The value at a path."""
    for key in path:
        node = node[key]
    return node


def is_number(value: Any) -> bool:
    return isinstance(value, str) and value.removeprefix("-").replace("/", "", 1).isdecimal()


def is_reference(path: Path, value: Any) -> bool:
    return type(value) is int and path[-1] in REFERENCES


class Mutator:
    """Draws single mutations of one certificate.

    Parameters
    ----------
    origin : str
        Name of the certificate, for messages.
    data : dict
        The parsed certificate.
    rng : random.Random
    """

    def __init__(self, origin: str, data: dict[str, Any], rng: random.Random) -> None:
        self.origin = origin
        self.data = data
        self.rng = rng
        self.places = [(path, value) for path, value in walk(data["proof"], ("proof",)) if len(path) > 1]
        self.words = {
            path[-1]: sorted({v for p, v in self.places if isinstance(v, str) and p[-1] == path[-1]})
            for path, _ in self.places
        }
        self.kinds: dict[str, Callable[[dict[str, Any]], str | None]] = {
            "coefficient": self._coefficient,
            "index": self._index,
            "reference": self._reference,
            "rule": self._rule,
            "word": self._word,
            "step": self._step,
            "element": self._element,
            "twice": self._twice,
            "order": self._order,
            "children": self._children,
            "key": self._key,
            "null": self._null,
            "claim": self._claim,
            "field": self._field,
            "support": self._support,
            "identity": self._identity,
        }

    def draw(self, kind: str) -> Mutation | None:
        """A mutation of this kind, or None where the certificate offers none."""
        data = copy.deepcopy(self.data)
        place = self.kinds[kind](data)
        if place is None or data == self.data:
            return None
        return Mutation(self.origin, kind, place, json.dumps(data))

    def _pick(self, data: dict[str, Any], wanted: Callable[[Path, Any], bool]) -> tuple[Any, Any, Path] | None:
        """A container of the copy and the key of a value in it."""
        paths = [path for path, value in self.places if len(path) > 1 and wanted(path, value)]
        if not paths:
            return None
        path = self.rng.choice(paths)
        return at(data, path[:-1]), path[-1], path

    def _replace(
        self, data: dict[str, Any], wanted: Callable[[Path, Any], bool], new: Callable[[Any], Any]
    ) -> str | None:
        found = self._pick(data, wanted)
        if found is None:
            return None
        container, key, path = found
        container[key] = new(container[key])
        return "/".join(map(str, path))

    def _coefficient(self, data: dict[str, Any]) -> str | None:
        def new(word: str) -> str:
            value = Fraction(word)
            return str(self.rng.choice([-value, value + 1, value - 1, value / 2, 3 * value, Fraction(0)]))

        return self._replace(data, lambda _, value: is_number(value), new)

    def _index(self, data: dict[str, Any]) -> str | None:
        return self._replace(
            data,
            lambda path, value: type(value) is int and not is_reference(path, value),
            lambda value: value + self.rng.choice([-2, -1, 1, 1, 2, 5]),
        )

    def _reference(self, data: dict[str, Any]) -> str | None:
        return self._replace(data, is_reference, lambda value: value + self.rng.choice([-2, -1, 1, 2, -value]))

    def _rule(self, data: dict[str, Any]) -> str | None:
        return self._replace(
            data,
            lambda path, _: path[-1] in ("rule", "do"),
            lambda value: self.rng.choice([word for word in (*RULES, *STEPS, "guess") if word != value]),
        )

    def _word(self, data: dict[str, Any]) -> str | None:
        """Another variable, equation, unit, side or engine."""
        found = self._pick(
            data, lambda path, value: isinstance(value, str) and not is_number(value) and path[-1] not in ("rule", "do")
        )
        if found is None:
            return None
        container, key, path = found
        choices = {"rows", "columns", "0:0:0", "1:0:0", "a:0:0", *self.words[path[-1]]} - {container[key]}
        container[key] = self.rng.choice(sorted(choices))
        return "/".join(map(str, path))

    def _step(self, data: dict[str, Any]) -> str | None:
        """Leave out a step: what referred to it refers to what comes after it."""
        found = self._pick(data, lambda path, value: len(path) == 2 and "then" in value)
        if found is None:
            return None
        container, key, path = found
        then = container.pop(key)["then"]
        for place, value in walk(container):
            if place and is_reference(place, value):
                new = then if value == key else value
                at(container, place[:-1])[place[-1]] = new - (new > key)
        return "/".join(map(str, path))

    def _element(self, data: dict[str, Any]) -> str | None:
        """Drop an element of a list."""
        found = self._pick(data, lambda path, _: type(path[-1]) is int)
        if found is None:
            return None
        container, key, path = found
        del container[key]
        return "/".join(map(str, path))

    def _twice(self, data: dict[str, Any]) -> str | None:
        """Give an element of a list twice."""
        found = self._pick(data, lambda path, _: type(path[-1]) is int)
        if found is None:
            return None
        container, key, path = found
        container.insert(key, copy.deepcopy(container[key]))
        return "/".join(map(str, path))

    def _order(self, data: dict[str, Any]) -> str | None:
        """Exchange two neighbours in a list."""
        found = self._pick(data, lambda path, _: type(path[-1]) is int and int(path[-1]) > 0)
        if found is None:
            return None
        container, key, path = found
        container[key - 1], container[key] = container[key], container[key - 1]
        return "/".join(map(str, path))

    def _children(self, data: dict[str, Any]) -> str | None:
        """Exchange the two cases of a distinction."""
        found = self._pick(data, lambda path, _: path[-1] == "zero")
        if found is None:
            return None
        container, _, path = found
        container["zero"], container["nonzero"] = container["nonzero"], container["zero"]
        return "/".join(map(str, path))

    def _key(self, data: dict[str, Any]) -> str | None:
        """Drop a key of an object, or add one."""
        found = self._pick(data, lambda path, _: isinstance(path[-1], str))
        if found is None:
            return None
        container, key, path = found
        if self.rng.random() < 0.5:
            del container[key]
        else:
            container["remark"] = "none"
        return "/".join(map(str, path))

    def _null(self, data: dict[str, Any]) -> str | None:
        """Put a value of another type."""
        return self._replace(
            data,
            lambda _, __: True,
            lambda _: self.rng.choice([None, True, [], {}, "", 0, -1, "1", "0", [[]], 10**9]),
        )

    def _claim(self, data: dict[str, Any]) -> str:
        data["claim"] = "closed" if data["claim"] == "not_closed" else "not_closed"
        return "claim"

    def _field(self, data: dict[str, Any]) -> str:
        data["field"] = "complex" if data["field"] == "real" else "real"
        return "field"

    def _support(self, data: dict[str, Any]) -> str:
        """Add or remove one entry of a support; the certificate is for the new problem."""
        problem = data["problem"]
        listed = problem.get("factors") or problem.get("masks") or [problem["loadings"]]
        factor = self.rng.choice(listed)
        row = self.rng.randrange(factor["shape"][0])
        column = self.rng.randrange(factor["shape"][1])
        factor["rows"][row] = sorted({*factor["rows"][row]} ^ {column})
        data["problem_id"] = problem_id(data["problem"])
        return f"problem/{row}/{column}"

    def _identity(self, data: dict[str, Any]) -> str:
        """Change the problem or its id, not both."""
        if self.rng.random() < 0.5:
            identity = data["problem_id"]
            self._support(data)
            data["problem_id"] = identity
        else:
            position = self.rng.randrange(64)
            digit = self.rng.choice("0123456789abcdef")
            data["problem_id"] = data["problem_id"][:position] + digit + data["problem_id"][position + 1 :]
        return "problem_id"


def trusting(data: dict[str, Any]) -> bool:
    """Whether a certificate takes a solver's word."""
    return any(node.get("rule") in ("solver", "ideal") for node in data["proof"])


def mutations(number: int, seed: int, largest: int = 4_000) -> Iterator[Mutation]:
    """Draw distinct mutations, all certificates and all kinds in turn.

    Parameters
    ----------
    number : int
        How many.
    seed : int
        The same seed gives the same mutations.
    largest : int
        Certificates with more bytes are left alone. So are those that take a solver's word: they prove nothing.
    """
    rng = random.Random(seed)
    parsed = {name: json.loads(text) for name, text in stored("valid").items() if len(text) <= largest}
    mutators = [Mutator(name, data, rng) for name, data in sorted(parsed.items()) if not trusting(data)]
    seen: set[str] = set()
    kinds = list(mutators[0].kinds)
    # where there is little to change, the same mutations come up again; the common kinds go on
    while len(seen) < number:
        for kind in kinds:
            for mutator in mutators:
                mutation = mutator.draw(kind)
                if mutation is not None and mutation.text not in seen and len(seen) < number:
                    seen.add(mutation.text)
                    yield mutation


UNCONFIRMED = "accepted, and not confirmed"


class Tally:
    """What became of many mutations.

    Attributes
    ----------
    rejected, accepted : Counter
        Numbers of mutations by kind.
    wrong : list of (Mutation, str)
        Those that should not have passed, or on which the checkers disagree.
    """

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.wrong: list[tuple[Mutation, str]] = []
        self.slowest = (0.0, "")
        self.known: dict[tuple[str, str], Status] = {}
        self.originals = {name: json.loads(text) for name, text in stored("valid").items()}

    def take(self, mutation: Mutation) -> None:
        """Let both checkers judge one mutation, and hold what they accept against the truth."""
        start = time.perf_counter()
        first, second = check(mutation.text).exit_code, outcome(mutation.text)
        self.slowest = max(self.slowest, (time.perf_counter() - start, f"{mutation.origin} {mutation.place}"))
        if (first == 0) != (second == 0) or 3 in (first, second):
            self.wrong.append((mutation, f"exit codes {first} and {second}"))
        elif first:
            self.rejected[mutation.kind] += 1
        else:
            self.accepted[mutation.kind] += 1
            if not self._still_true(mutation):
                self.wrong.append((mutation, UNCONFIRMED if self.left_open(mutation) else "accepted, and contradicted"))

    def left_open(self, mutation: Mutation) -> bool:
        """Whether `decide` leaves the statement undecided, so that it is neither confirmed nor contradicted."""
        new = json.loads(mutation.text)
        return self.known.get((new["problem_id"], new["field"])) is Status.UNDECIDED

    def _still_true(self, mutation: Mutation) -> bool:
        """The statement is the old one, or `decide` confirms the new one on its own."""
        new, old = json.loads(mutation.text), self.originals[mutation.origin]
        statement = ("problem", "problem_id", "field", "claim")
        if all(new[key] == old[key] for key in statement):
            return True
        if list(new["problem"]) != ["factors"]:
            return self._model_still_true(new)
        if len(new["problem"]["factors"]) == 1:  # a coordinate subspace; the library asks for two factors
            return bool(new["claim"] == "closed")
        key = (new["problem_id"], new["field"])
        if key not in self.known:
            product = SupportProduct.from_problem(new["problem"])
            self.known[key] = decide(product, field=new["field"], last_resort=False).status
        return self.known[key] is Status(new["claim"])

    def _model_still_true(self, new: dict[str, Any]) -> bool:
        """What the library says about a network or about constrained factors, if it says anything."""
        problem, claim = new["problem"], new["claim"]
        if "kind" in problem:
            status = decide_constrained(question_of(problem)).status
            return status is Status.UNDECIDED or status is Status(claim)
        masks = [Support.from_rows(tuple(mask["shape"]), mask["rows"]) for mask in problem["masks"]]
        biases = [
            [int(i in layer) for i in range(m.shape[0])] for layer, m in zip(problem["biases"], masks, strict=True)
        ]
        given = problem.get("data")
        data = None if given is None else (given["points"], given["targets"])
        found = assess_network(masks, Fraction(problem["slope"]), biases=biases, data=data, seconds=5)
        wrong = {"closed": (Optimum.NOT_ALWAYS, Optimum.NOT_ATTAINED), "not_closed": (Optimum.ALWAYS, Optimum.ATTAINED)}
        return found.optimum not in wrong[claim]

    @property
    def total(self) -> int:
        return sum(self.rejected.values()) + sum(self.accepted.values()) + len(self.wrong)


def main() -> None:
    """Run a campaign and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--largest", type=int, default=20_000, help="bytes of the largest certificate to change")
    options = parser.parse_args()
    tally = Tally()
    start = time.perf_counter()
    for mutation in mutations(options.number, options.seed, options.largest):
        tally.take(mutation)
    print(f"{tally.total} mutations in {time.perf_counter() - start:.0f} s, seed {options.seed}")
    print(f"{'kind':12} {'rejected':>9} {'accepted':>9}")
    for kind in sorted({*tally.rejected, *tally.accepted}):
        print(f"{kind:12} {tally.rejected[kind]:9} {tally.accepted[kind]:9}")
    print(f"slowest: {tally.slowest[0]:.2f} s ({tally.slowest[1]})")
    for mutation, complaint in tally.wrong:
        print(f"{complaint}: {mutation.origin}: {mutation.kind} at {mutation.place}\n  {mutation.text[:2000]}")
    raise SystemExit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
