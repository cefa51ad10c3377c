"""Engines of real algebra behind one interface."""
