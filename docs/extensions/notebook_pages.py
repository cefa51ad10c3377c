"""Pages of the site made of the notebooks, with the output that is stored in them; nothing is executed.

At the start of a build every ``notebooks/*.ipynb`` becomes a page in ``docs/notebooks/``, pictures become files beside
it, and ``docs/notebooks/index.md`` lists the pages. The folder is no part of the repository.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PICTURES = {"image/svg+xml": "svg", "image/png": "png"}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")

INDEX = """# Notebooks

The experiments of the papers, and what was found here, as notebooks with their output. Each of them
runs in the tests and asserts what it claims. They are in the folder `notebooks`, as `.ipynb` and as
plain scripts.

```{{toctree}}
:maxdepth: 1

{names}
```
"""


def text_of(value: str | list[str]) -> str:
    """Text, which notebooks hold whole or as a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def fenced(text: str, language: str) -> str:
    """A block of code, with a fence that does not occur in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def output(data: dict[str, Any], name: str, folder: Path) -> str:
    """An output of a cell: its richest form that a page can show."""
    for kind, ending in PICTURES.items():
        if kind in data:
            content = text_of(data[kind])
            picture = content.encode() if ending == "svg" else base64.b64decode(content)
            written(folder / f"{name}.{ending}", picture)
            return f"![The output of the cell above]({name}.{ending})\n"
    if "text/html" in data:
        return fenced(text_of(data["text/html"]), "{raw} html")
    return fenced(ESCAPES.sub("", text_of(data.get("text/plain", ""))), "text")


def parts(notebook: dict[str, Any], stem: str, folder: Path) -> Iterator[str]:
    """The pieces of a page."""
    for number, cell in enumerate(notebook["cells"]):
        source = text_of(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source + "\n"
            if not number:
                yield f"{{download}}`{stem}.ipynb <../../notebooks/{stem}.ipynb>`, "
                yield f"{{download}}`{stem}.py <../../notebooks/{stem}.py>`\n"
        elif cell["cell_type"] == "code":
            yield fenced(source, "python")
            for place, each in enumerate(cell["outputs"]):
                if each["output_type"] == "stream":
                    yield fenced(ESCAPES.sub("", text_of(each["text"])), "text")
                elif each["output_type"] in ("execute_result", "display_data"):
                    yield output(each["data"], f"{stem}-{number}-{place}", folder)


def written(path: Path, content: bytes) -> None:
    """Write a file if it would change, so that an unchanged page is not built again."""
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def write_pages(app: Any) -> None:
    """Write the pages into the sources of the site."""
    folder = Path(app.srcdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    names = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    for old in folder.iterdir():
        if not old.name.startswith(tuple(names)) and old.name != "index.md":
            old.unlink()
    for stem in names:
        notebook = json.loads((NOTEBOOKS / f"{stem}.ipynb").read_text(encoding="utf-8"))
        written(folder / f"{stem}.md", "\n".join(parts(notebook, stem, folder)).encode())
    written(folder / "index.md", INDEX.format(names="\n".join(names)).encode())


def setup(app: Any) -> dict[str, Any]:
    """Write the pages before the sources are looked for."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
