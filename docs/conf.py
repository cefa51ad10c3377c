"""How Sphinx builds the pages: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "extensions")]

from closedness.version import __version__  # noqa: E402 - the project is found first

project = "closedness"
author = "The closedness authors"
copyright = author  # noqa: A001 - the name is Sphinx's
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "checked_rules",
    "drawn_patterns",
    "notebook_pages",
]
exclude_patterns = ["_static", "extensions"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# MathJax from its npm package, in the folder _static: nothing is loaded from elsewhere
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_maximum_signature_line_length = 80
add_module_names = False

html_theme = "furo"
html_title = f"closedness {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}

# "shape" and "rows" in the types of docstrings are words, not names of one of several attributes
suppress_warnings = ["ref.python"]
