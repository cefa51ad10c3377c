"""The errors of the project: one base, few children, each also a built-in error.

A message is one line that names the offending argument or place, the rule it breaks and the value found.
Running out of time is not an error of :func:`closedness.decide`: its answer is then ``UNDECIDED``.
"""

from __future__ import annotations

__all__ = [
    "ClosednessError",
    "InputError",
    "FormatError",
    "BackendError",
    "BudgetExceeded",
    "ForeignPackageError",
]


class ClosednessError(Exception):
    """Base of every error raised on purpose by this project."""


class InputError(ClosednessError, ValueError):
    """An argument breaks a rule: wrong shape, wrong entries, sizes that do not match.

    Examples
    --------
    >>> from closedness import Support
    >>> Support.read([[1, 2]])
    Traceback (most recent call last):
        ...
    closedness.errors.InputError: entry (0, 1) of the support is 2, not 0 or 1
    """


class FormatError(InputError):
    """A file, a problem object or a certificate is malformed.

    Parameters
    ----------
    message : str
        What is wrong, in one line, without the place.
    place : str, optional
        Where: a file name, or a path inside the document such as ``factors[1].rows[0]``.

    Attributes
    ----------
    place : str
        As given; empty when unknown.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place

    def __reduce__(self) -> tuple[type[FormatError], tuple[str, str]]:
        return type(self), (self.message, self.place)


class BackendError(ClosednessError, RuntimeError):
    """An external engine is missing, crashed, or answered with something that cannot be understood."""


class BudgetExceeded(ClosednessError, TimeoutError):
    """A limit on time, memory or size ran out inside a computation."""


class ForeignPackageError(ClosednessError, ImportError):
    """Another distribution's ``solvers`` or ``cases`` package hides the one that belongs to this project."""
