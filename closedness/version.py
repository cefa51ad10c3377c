"""The version of the project; the packaging reads it here."""

__version__ = "0.1.0"
