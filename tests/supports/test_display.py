from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from closedness import Support, SupportProduct
from closedness.drawing.grid import support_svg
from closedness.drawing.svg import COLOURS, Svg, class_name
from closedness.errors import InputError
from closedness.supports.pictures import cover_text, overlap_svg, product_svg, product_text
from tests.helpers.strategies import products

SVG = "{http://www.w3.org/2000/svg}"

CASES = {
    "lu2": SupportProduct.from_text("10/11 * 11/01"),
    "lu4": SupportProduct.from_text("1000/1100/1110/1111 * 1111/0111/0011/0001"),
    "rank-one-plus-diagonal": SupportProduct.from_text("1100/1010/1001 * 111/100/010/001"),
    "twins": SupportProduct.from_text("1101/1101/0010 * 1100/1100/0011/0000"),
    "butterfly": SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 2, 2, 2)]),
    "monarch-16": SupportProduct.from_kronecker([(1, 4, 4, 4), (4, 4, 4, 1)]),
    "chain-of-three": SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)]),
}


@pytest.mark.parametrize("name", list(CASES))
def test_pictures_of_products(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.svg", product_svg(CASES[name]))


@pytest.mark.parametrize("name", ["lu4", "rank-one-plus-diagonal", "twins"])
def test_pictures_of_overlap_graphs(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}-overlap.svg", overlap_svg(CASES[name]))


def test_picture_of_one_support(golden: Callable[[str, str], None]) -> None:
    golden("support.svg", support_svg(Support.from_text("101/011")))


@given(products())
def test_every_picture_is_well_formed_and_legible(product: SupportProduct) -> None:
    for picture in [product_svg(product), *(support_svg(factor) for factor in product)]:
        root = ET.fromstring(picture)
        assert root.tag == f"{SVG}svg"
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for element in root.iter(f"{SVG}rect"):
            if "x" in element.attrib:
                x, y, w, h = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
                assert x >= 0
                assert y >= 0
                assert x + w <= width
                assert y + h <= height
        assert root.find(f"{SVG}title") is not None
    assert product_svg(product) == product_svg(SupportProduct(product.factors))


def test_colours_are_paired_with_letters_or_hatching() -> None:
    """In black and white every class of a small picture still has its letter, in a large one its hatching."""
    small = ET.fromstring(product_svg(CASES["butterfly"]))
    letters = {element.text for element in small.iter(f"{SVG}text")}
    assert {class_name(c) for c in range(8)} <= letters
    assert {element.attrib["fill"] for element in small.iter(f"{SVG}rect")} >= set(COLOURS)
    large = product_svg(SupportProduct.from_kronecker([(1, 8, 8, 8), (8, 8, 8, 1)]))
    assert large.count("<pattern") >= 6


def test_pictures_show_in_notebooks_and_save(tmp_path: Path) -> None:
    product = CASES["lu2"]
    assert product._repr_svg_() == product_svg(product)._repr_svg_() == product_svg(product)
    assert Support.from_text("1")._repr_svg_().startswith("<svg")
    picture = overlap_svg(product)
    assert isinstance(picture, Svg)
    picture.save(tmp_path / "overlap.svg")
    assert (tmp_path / "overlap.svg").read_text(encoding="utf-8") == picture


def test_huge_supports_are_not_drawn_cell_by_cell() -> None:
    dense = Support.read(np.ones((600, 600)))
    for picture in (support_svg(dense), product_svg(SupportProduct([dense, dense]))):
        assert "too large to draw" in picture
        assert len(picture) < 2000
    banded = support_svg(Support.read(np.tri(400)))
    assert len(ET.fromstring(banded)) < 500


def test_overlap_graph_needs_two_factors() -> None:
    with pytest.raises(InputError, match="exactly two"):
        overlap_svg(CASES["chain-of-three"])


def test_text() -> None:
    assert product_text(CASES["lu2"]) == "1. · 11\n11   .1"
    assert product_text(SupportProduct.from_text("1/1/1 * 11 * 1/.")) == "1   11   1\n1 ·    · .\n1"
    assert cover_text(CASES["twins"]) == "A A . .\nA A . .\n. . B B"
    assert cover_text(SupportProduct.from_text("1.1/.11 * 1/1/1")) == "AC\nBC"
    large = SupportProduct([np.ones((100, 1)), np.ones((1, 100))])
    assert product_text(large) == repr(large)
    assert "too large to print" in cover_text(large)
