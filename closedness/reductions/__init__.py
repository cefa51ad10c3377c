"""Reductions: each module makes a pattern smaller without changing the verdict."""
