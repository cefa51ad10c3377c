"""Decide all supports of a size, resumably."""
