"""``closedness show FILE``: the combinatorics of a problem, without deciding it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.algebra.bitsets import bits
from closedness.cli.decide import FileArgument
from closedness.cli.guard import DECIDED
from closedness.cli.output import console, print_json, require_writable, write_whole

if TYPE_CHECKING:
    from closedness.supports.product import SupportProduct

__all__ = ["analysis", "show"]

_CANONICAL_LIMIT = 64
_TABLE_ROWS = 30


def show(
    file: FileArgument,
    svg: Annotated[Path | None, typer.Option(metavar="OUT", help="Also draw the supports into this SVG file.")] = None,
    overlap: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also draw the overlap graph (two factors) into this SVG file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Print supports, classes, overlap graph, row and column types, and structural ranks."""
    from closedness.files.problems import read_problem

    for out in (svg, overlap):
        if out is not None:
            require_writable(out)
    product = read_problem(*file)
    if svg is not None:
        from closedness.supports.pictures import product_svg

        write_whole(svg, product_svg(product))
    if overlap is not None:
        from closedness.supports.pictures import overlap_svg

        write_whole(overlap, overlap_svg(product))
    found = analysis(product)
    if as_json:
        print_json(found)
    else:
        _print(product, found)
    return DECIDED


def analysis(product: SupportProduct) -> dict[str, Any]:
    """Everything ``show`` knows about a problem, ready for JSON.

    Parameters
    ----------
    product : SupportProduct

    Returns
    -------
    dict
        ``problem_id``, ``shape``, ``factors``, ``support``; with two factors also ``canonical_id`` (``None`` beyond 64
        hidden indices), ``classes``, ``overlap``, ``redundant``, ``row_types``, ``column_types``. All indices from 0.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> found = analysis(SupportProduct.from_text("10/11 * 11/01"))
    >>> found["classes"][1]
    {'name': 'B', 'members': [1], 'rows': [1], 'columns': [1], 'complete': True, 'private_bicliques': True}
    >>> found["overlap"]
    {'edges': [{'classes': ['A', 'B'], 'crossing': False}], 'components': [['A', 'B']]}
    """
    from closedness.supports.graph import structural_rank

    found: dict[str, Any] = {
        "problem_id": product.content_id,
        "shape": list(product.shape),
        "factors": [
            {"shape": list(factor.shape), "cells": factor.nnz, "structural_rank": structural_rank(factor)}
            for factor in product.factors
        ],
        "support": {"cells": product.support.nnz, "structural_rank": structural_rank(product.support)},
    }
    if len(product) == 2:
        found |= _pair_analysis(product)
    return found


def _pair_analysis(product: SupportProduct) -> dict[str, Any]:
    from closedness.drawing.svg import class_name
    from closedness.supports.graph import (
        are_crossing,
        bicliques,
        classes,
        overlap_components,
        private_cells,
        redundant_indices,
        types,
    )

    I, J = product.pair()
    found = classes(I, J)
    names = [class_name(c) for c in range(len(found))]
    class_of = {k: c for c, each in enumerate(found) for k in each.members}
    private = private_cells(I, J)
    edges = [
        {"classes": [names[c], names[d]], "crossing": are_crossing(found[c].rectangle, found[d].rectangle)}
        for c in range(len(found))
        for d in range(c + 1, len(found))
        if found[c].rectangle.overlaps(found[d].rectangle)
    ]
    components = [sorted({class_of[k] for k in part}) for part in overlap_components(I, J)]
    return {
        "canonical_id": product.canonical_id if product.inner[0] <= _CANONICAL_LIMIT else None,
        "classes": [
            {
                "name": names[c],
                "members": list(each.members),
                "rows": list(bits(each.rectangle.rows)),
                "columns": list(bits(each.rectangle.cols)),
                "complete": each.complete,
                "private_bicliques": all(
                    bicliques(cells) is not None for cells in (private[k] for k in each.members) if cells is not None
                ),
            }
            for c, each in enumerate(found)
        ],
        "overlap": {"edges": edges, "components": [[names[c] for c in part] for part in components]},
        "redundant": list(redundant_indices(I, J)),
        "row_types": [{"hidden": list(bits(mask)), "rows": list(rows)} for mask, rows in types(I).items()],
        "column_types": [{"hidden": list(bits(mask)), "columns": list(rows)} for mask, rows in types(J).items()],
    }


# -------------------------------------------------------------------- for people


def _print(product: SupportProduct, found: dict[str, Any]) -> None:
    from rich.table import Table

    from closedness.supports.pictures import cover_text

    out = console()
    m, n = product.shape
    out.print(f"problem {found['problem_id']}")
    if found.get("canonical_id"):
        out.print(f"canonical form {found['canonical_id']}")
    out.print()
    out.print(str(product), soft_wrap=True)
    out.print()
    table = Table("factor", "shape", "cells", "structural rank", box=None, pad_edge=False)
    pair = ["X", "Yᵀ"] if len(product) == 2 else [str(l + 1) for l in range(len(product))]
    for name, factor in zip(pair, found["factors"], strict=True):
        rows, cols = factor["shape"]
        table.add_row(name, f"{rows}×{cols}", str(factor["cells"]), str(factor["structural_rank"]))
    support = found["support"]
    table.add_row("product", f"{m}×{n}", str(support["cells"]), str(support["structural_rank"]))
    out.print(table)
    if len(product) != 2:
        return
    out.print("\nrank-one supports, by class of equal rectangles (rows and columns from 0)")
    table = Table("class", "hidden indices", "rows", "columns", "size", "complete", box=None, pad_edge=False)
    for each in found["classes"][:_TABLE_ROWS]:
        table.add_row(
            each["name"],
            _numbers(each["members"]),
            _numbers(each["rows"]),
            _numbers(each["columns"]),
            f"{len(each['rows'])}×{len(each['columns'])}",
            "yes" if each["complete"] else "no",
        )
    out.print(table)
    _rest(out, found["classes"])
    out.print("\nproduct, each cell with the classes that cover it")
    out.print(cover_text(product), soft_wrap=True)
    edges = found["overlap"]["edges"]
    out.print(f"\noverlaps: {len(edges)}, of which crossing: {sum(edge['crossing'] for edge in edges)}")
    for edge in edges[:_TABLE_ROWS]:
        out.print(f"  {edge['classes'][0]} – {edge['classes'][1]}{'  crossing' if edge['crossing'] else ''}")
    _rest(out, edges)
    components = found["overlap"]["components"]
    out.print(f"components of the overlap graph: {len(components)}")
    for part in components[:_TABLE_ROWS]:
        out.print(f"  {_listed(part)}")
    _rest(out, components)
    for title, key, members in (("row types", "row_types", "rows"), ("column types", "column_types", "columns")):
        out.print(f"{title}: {len(found[key])}")
        for each in found[key][:_TABLE_ROWS]:
            out.print(f"  hidden {{{_numbers(each['hidden'])}}}: {members} {_numbers(each[members])}")
        _rest(out, found[key])
    if found["redundant"]:
        out.print(f"redundant hidden indices: {_numbers(found['redundant'])}")
    suspicious = [each["name"] for each in found["classes"] if not each["private_bicliques"]]
    if suspicious:
        out.print(f"private cells that are not a union of bicliques: {_listed(suspicious)} (so the set is not closed)")


def _rest(out: Any, items: list[Any]) -> None:
    if len(items) > _TABLE_ROWS:
        out.print(f"  … and {len(items) - _TABLE_ROWS} more (see --json)")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_TABLE_ROWS]) + (" …" if len(names) > _TABLE_ROWS else "")


def _numbers(values: list[int]) -> str:
    """Sorted numbers with runs of three or more shortened: ``0–4, 7``."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts[:12]) + (" …" if len(parts) > 12 else "")
