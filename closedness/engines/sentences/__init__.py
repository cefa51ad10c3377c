"""Formulas: polynomials, logic, and how other systems write them."""
