"""A directive that draws the patterns of the atlas.

The block ```` ```{patterns} ```` lists patterns with their numbers, types and a remark, each with a drawing in letters,
which is what one sees where the source is read. On the site each of them becomes a small picture.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

ENTRY = re.compile(r"^(\d+)\. \(([\d,]+) \| ([\d,]+)\) *(.*)$")
TARGET = re.compile(r"A\[(\d+),(\d+)\] = (\S+?)(?=, A|$)")


class Patterns(Directive):
    """Patterns as cards: number, types, picture, remark."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw every entry, or fail."""
        from cases.atlas.picture import pattern_svg

        cards = []
        for line in self.content:
            if line.startswith(" "):  # the drawing in letters
                continue
            entry = ENTRY.match(line)
            if entry is None:
                raise self.error(f"no pattern: {line!r}")
            number, rows, columns, remark = entry.groups()
            types = [tuple(map(int, part.split(","))) for part in (rows, columns)]
            target = [(int(i), int(j)) for i, j, _ in TARGET.findall(remark)]
            words = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(remark, quote=False))
            cards.append(
                f"<figure id='pattern-{self.lineno}-{number}'>{pattern_svg(*types, target)}<figcaption><b>{number}</b> "
                f"<code>({rows} | {columns})</code><br>{words}</figcaption></figure>"
            )
        return [nodes.raw("", f"<div class='patterns'>{''.join(cards)}</div>", format="html")]


def setup(app: Any) -> dict[str, Any]:
    """Enter the directive."""
    app.add_directive("patterns", Patterns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
