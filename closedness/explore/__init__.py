"""The explorer: draw supports and see the verdict, on a local page or in a notebook."""
