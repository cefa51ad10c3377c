"""Steps of proofs as pictures: what they show is what the checker knows at that step; charts keep to their frames."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cases import load
from closedness import Certificate, SupportProduct, decide
from closedness.drawing.charts import Series, chart_svg
from closedness.report.norms import distance_and_size, norms_svg
from closedness.report.replay import Equations, Shape
from closedness.report.steps import proof_steps, refutation_steps
from closedness.report.strata import Stratum, title, words
from closedness.report.trace import captions, step_svg, trace_svg
from tests.helpers.corpus import proofs

SVG = "{http://www.w3.org/2000/svg}"


def certificate_of(name: str) -> Certificate:
    certificate = decide(load(name).product).certificate
    assert certificate is not None
    return certificate


def strata(product: SupportProduct, proof: dict[str, Any]) -> list[tuple[dict[str, Any], Shape]]:
    """The case distinctions of a proof with the patterns that they are about."""
    found: list[tuple[dict[str, Any], Shape]] = []
    stack = [(proof, Shape.of(product))]
    while stack:
        node, shape = stack.pop()
        if node["rule"] == "strata":
            found.append((node, shape))
        stack += shape.children(node)
    return found


def known(state: Any) -> set[tuple[int, int, str]]:
    """Every entry in a live row and column with what the checker knows of it."""
    signs = set()
    for i in state.tau:
        for j in set().union(*state.omega.values()):
            unknown, nonzero = j in state.star[i], j in state.nonzero[i]
            signs.add((i, j, "*" if j not in state.omega[i] else "?" if unknown else "≠" if nonzero else "0"))
    return signs


def shown(stratum: Stratum) -> set[tuple[int, int, str]]:
    return {(i, j, stratum.sign(p, j)) for p, i in enumerate(stratum.state.rows) for j in stratum.columns}


@pytest.mark.slow
def test_case_distinctions_are_replayed_as_the_checker_does() -> None:
    import sys

    module: Any = sys.modules["closedness.check"]
    module._work_left.set([10 * module.MAX_WORK])
    given = [(made.product, made.proof) for _, made in proofs() if isinstance(made, Certificate)]
    given += [
        (SupportProduct.from_problem(made["problem"]), made["proof"])
        for _, made in proofs()
        if not isinstance(made, Certificate)
        if [*made["problem"]] == ["factors"]
        and len(made["problem"]["factors"]) == 2
        and isinstance(made["proof"], dict)
    ]
    given += [
        (made.product, made.proof)
        for made in map(certificate_of, ("dual-basis", "rank-two-plus-block", "chain-of-types"))
    ]
    kinds: dict[str, int] = {}
    for product, proof in given:
        if len(product.factors) != 2 or proof["rule"] == "limit":
            continue
        for node, shape in strata(product, proof):
            pattern = module._Pattern(shape.terms, shape.free)
            nodes = node["nodes"]
            stack = [(len(nodes) - 1, Stratum.of(shape), module._State.of(pattern))]
            seen = set()
            while stack and len(seen) < 200:
                position, mine, theirs = stack.pop()
                assert shown(mine) == known(theirs)
                if position in seen:
                    continue
                seen.add(position)
                step = nodes[position]
                kinds[step["do"]] = kinds.get(step["do"], 0) + 1
                assert title(step)
                assert words(step).endswith(".")
                if step["do"] == "family":
                    assert mine.children(step) == []
                    continue
                entry = module.STEPS["entry" if step["do"] == "split" else step["do"]]
                data = entry.read(step, "here")
                following = dict(entry.function(module._Run("closed"), theirs, data) or [])
                for child, state in mine.children(step):
                    stack.append((child, state, following[child]))
                assert {child for child, _ in mine.children(step)} == set(following)
    assert set(kinds) == {"split", "clear", "spend", "rename", "generic", "family"}
    assert min(kinds.values()) >= 5


def test_refutations_show_what_is_settled() -> None:
    steps = refutation_steps(certificate_of("lu-2"))
    marks = [step.state.marks for step in steps if isinstance(step.state, Equations)]
    assert marks == [{}, {"0:0:0": "≠"}, {"0:0:0": "≠", "1:0:0": "0"}]
    assert [step.entry for step in steps] == ["0:1", "0:0", "1:0"]
    picture = step_svg(steps[-1])
    assert picture is not None
    assert picture.count("stroke-width='3'") == 1  # the entry used
    assert ">≠</text>" in picture


def test_signs_follow_the_steps_of_a_refutation() -> None:
    """A variable marked 0, 1 or s is gone from the equations that are left; one marked ≠ is known to be non-zero."""
    seen = 0
    for name in ("three-pairs", "completion-staircase-2", "rank-1-diagonal-4", "lower-diagonal-upper", "v-pattern"):
        for step in refutation_steps(certificate_of(name)):
            if not isinstance(step.state, Equations):
                continue  # fewer factors, or frames
            seen += 1
            left = {each for poly in step.state.polys.values() for monomial in poly for each, _ in monomial}
            for variable, sign in step.state.marks.items():
                assert (variable in step.state.nonzero) if sign == "≠" else (variable not in left), (name, variable)
    assert seen > 20


@pytest.mark.parametrize(
    "name",
    [
        *("lu-3", "dual-basis", "butterfly-8-1", "complete-block", "three-pairs"),
        *("lower-diagonal-upper", "tiles-2-2-1", "fourier-chain-8"),
    ],
)
def test_traces_are_well_formed_and_keep_inside(name: str) -> None:
    certificate = certificate_of(name)
    root = ET.fromstring(trace_svg(certificate))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    inner = root.findall(f"{SVG}svg")
    for picture in inner:
        x, y, w, h = (float(picture.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x + w <= width
        assert y + h <= height
        for box in picture.iter(f"{SVG}rect"):
            assert float(box.attrib.get("x", 0)) + float(box.attrib["width"]) <= w + 0.01
            assert float(box.attrib.get("y", 0)) + float(box.attrib["height"]) <= h + 0.01
    assert len(inner) >= 1
    below = [float(picture.attrib["y"]) for picture in inner]
    assert below == sorted(below)
    assert captions(proof_steps(certificate))


def test_the_trace_of_lu(golden: Callable[[str, str], None]) -> None:
    golden("trace-lu2.svg", trace_svg(certificate_of("lu-2")))


# -------------------------------------------------------------------- charts


def test_the_chart_of_norms(golden: Callable[[str, str], None]) -> None:
    example = decide(load("lu-2").product).counterexample
    assert example is not None
    golden("norms-lu2.svg", norms_svg(example))


@pytest.mark.parametrize("name", ["lu-2", "three-pairs", "v-pattern", "lower-diagonal-upper", "rank-1-diagonal-3"])
def test_factors_grow_while_the_distance_falls(name: str) -> None:
    example = decide(load(name).product).counterexample
    assert example is not None
    near, far = distance_and_size(example, 1e-6), distance_and_size(example, 1e-2)
    assert 0 < near[0] < far[0]
    assert near[1] > 3 * far[1]
    factors = example.at(1e-2)
    plain = math.sqrt(sum(float((factor**2).sum()) for factor in factors))
    assert far[1] <= plain * (1 + 1e-9)  # balancing makes the norm smaller


def test_the_norm_of_balanced_lu_is_known() -> None:
    """Entries of size t^(-1/2) in all four corners: the norm is about 2·t^(-1/2)."""
    example = decide(load("lu-2").product).counterexample
    assert example is not None
    distance, size = distance_and_size(example, 1e-8)
    assert distance == 1e-8
    assert size == pytest.approx(2e4, rel=1e-3)


def test_charts_keep_to_their_frames_and_tell_series_apart() -> None:
    series = [Series(f"s{k}", [(10.0**x, 10.0 ** (k - x)) for x in range(-3, 4)]) for k in range(5)]
    picture = chart_svg([*series, Series("one too many", [(1e9, 1e9)])], "x", "y", "a test")
    lines = re.findall(r"<polyline points='([^']*)' fill='none' stroke='([^']*)' stroke-width='2'([^/]*)/>", picture)
    assert len(lines) == 10  # five lines and their marks in the legend
    assert len({dash for _, _, dash in lines}) == 5
    for points, _, _ in lines[::2]:
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 62 <= x <= 392
            assert 12 <= y <= 212
    assert "one too many" not in picture
    ET.fromstring(chart_svg([Series("a < b & c", [(0.0, 1.0), (2.0, -1.0)])], "x", "y", "nothing positive"))


def test_the_difference_is_product_minus_target() -> None:
    example = decide(load("three-pairs").product).counterexample
    assert example is not None
    t = 1e-3
    left, right = example.at(t)
    product = left @ right
    for i, row in enumerate(example.target):
        for j, value in enumerate(row):
            exact = sum(float(v) * t**e for e, v in example.difference().get((i, j), {}).items())
            assert product[i, j] - float(value) == pytest.approx(exact, abs=1e-9)
    assert all(e > 0 for entry in example.difference().values() for e in entry)
    assert all(isinstance(v, Fraction) for entry in example.difference().values() for v in entry.values())


def test_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    problem, page, trace = tmp_path / "lu.txt", tmp_path / "lu.html", tmp_path / "lu.svg"
    problem.write_text("x.\nxx\n\nxx\n.x\n")
    assert cli("report", problem, "-o", page, "--trace", trace).code == 0
    assert trace.read_text(encoding="utf-8").startswith("<svg")
    assert cli("report", problem, "-o", page, "--trace", tmp_path / "none" / "x.svg").code == 2
