"""Criteria: each module proves a set closed or not closed by one theorem."""
