"""A verdict in words, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from closedness.verdict import Counterexample, Laurent, Verdict

LARGEST_SHOWN = 12


def explain(verdict: Verdict) -> str:
    """Write the verdict, its reason, the counterexample and what it means for the user."""
    m, n = verdict.product.shape
    sizes = " · ".join(f"{a}×{b}" for a, b in (factor.shape for factor in verdict.product.factors))
    lines = [f"{verdict.status.words.upper()}  ({m}×{n} products of {sizes}, {verdict.field} entries)"]
    lines.append(f"because {verdict.reason}.")
    if verdict.status.value == "closed":
        lines.append("An optimal factorisation with these supports exists for every matrix.")
    elif verdict.status.value == "not_closed":
        lines.append(
            "Some matrices have no optimal factorisation: the error tends to its infimum only while factors diverge."
        )
        if verdict.counterexample is not None:
            lines += ["", *counterexample_lines(verdict.counterexample)]
    else:
        lines.append("What was tried:")
        lines += [f"  - {line}" for line in verdict.tried]
    if verdict.opinions:
        lines += ["", "Second opinions:", *(f"  - {line}" for line in verdict.opinions)]
    lines += ["", f"{verdict.seconds:.3f} s"]
    if verdict.certificate is not None:
        lines[-1] += f", certificate for problem {verdict.certificate.problem_id[:12]}"
    return "\n".join(lines)


def counterexample_lines(example: Counterexample) -> list[str]:
    """The target and the curve as text; only the interesting rows and columns when large."""
    rows = sorted({i for i, _ in example.entries})
    columns = sorted({j for _, j in example.entries})
    m, n = example.shapes[0][0], example.shapes[-1][1]
    if m <= LARGEST_SHOWN and n <= LARGEST_SHOWN:
        lines = ["A limit of products that is no product:"]
        lines += grid([[str(value) for value in row] for row in example.target])
    else:
        lines = [f"A limit of products that is no product: zero but for rows {rows}, columns {columns},"]
        lines += grid([[str(example.entries.get((i, j), 0)) for j in columns] for i in rows])
    lines.append("Factors whose product tends to it as t → 0:")
    for number, (shape, factor) in enumerate(zip(example.shapes, example.curve, strict=True), 1):
        if max(shape) <= LARGEST_SHOWN:
            lines.append(f"W{number} =")
            lines += grid(
                [[laurent_text(factor.get((i, j), {})) for j in range(shape[1])] for i in range(shape[0])]
            )
        else:
            entries = ", ".join(f"[{i},{j}] = {laurent_text(v)}" for (i, j), v in sorted(factor.items()))
            lines.append(f"W{number}: zero but for {entries}")
    return lines


def grid(cells: list[list[str]]) -> list[str]:
    """Align the cells of a matrix."""
    if not cells:
        return []
    widths = [max(len(row[j]) for row in cells) for j in range(len(cells[0]))]
    return [
        "  [ " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " ]"
        for row in cells
    ]


def laurent_text(laurent: Laurent) -> str:
    """Write a Laurent polynomial, lowest exponents first.

    Examples
    --------
    >>> from fractions import Fraction
    >>> laurent_text({-1: Fraction(1), 0: Fraction(-2)})
    '1/t - 2'
    """
    text = ""
    for e, value in sorted(laurent.items()):
        if value:
            term = _term(e, abs(value))
            sign = " - " if value < 0 else " + "
            text += (sign if text else sign.strip().replace("+", "")) + term
    return text or "0"


def _term(e: int, value: Fraction) -> str:
    if e == 0:
        return str(value)
    power = "t" if abs(e) == 1 else f"t^{abs(e)}"
    if e < 0:
        return f"{value}/{power}" if value.denominator == 1 else f"({value})/{power}"
    return power if value == 1 else f"{value}·{power}" if value.denominator == 1 else f"({value})·{power}"


def numbers(values: Sequence[int | str]) -> str:
    """A short list of numbers in words.

    Examples
    --------
    >>> numbers([3]), numbers([0, 1, 4]), numbers([])
    ('3', '0, 1 and 4', 'none')
    """
    if not values:
        return "none"
    shown = [str(value) for value in values[:12]]
    if len(values) > 12:
        return ", ".join(shown) + f" and {len(values) - 12} more"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def counted(one: str, values: Sequence[int | str]) -> str:
    """Names with their noun, in the singular or the plural.

    Examples
    --------
    >>> counted("row", [3]), counted("row", [0, 2]), counted("row", [])
    ('row 3', 'rows 0 and 2', 'no row')
    """
    return f"no {one}" if not values else f"{one}{'s' if len(values) > 1 else ''} {numbers(values)}"
