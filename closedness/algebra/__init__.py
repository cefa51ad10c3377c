"""Exact algebra: polynomials, systems, fields and identities. Knows no supports."""
