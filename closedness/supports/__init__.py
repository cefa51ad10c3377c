"""Supports, products of them, and what can be said of them without equations."""
