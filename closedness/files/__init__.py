"""Readers of every file format."""
