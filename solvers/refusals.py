"""Refusals of arguments that one solver has and another cannot have, with the way out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from closedness.errors import InputError

__all__ = ["refuses"]

P = ParamSpec("P")
T = TypeVar("T")


def refuses(**ways: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have a function refuse arguments that it does not have, each with a reason and a way out.

    None is taken for an argument left out.

    Examples
    --------
    >>> double = refuses(weights="it has nothing to weigh")(lambda x: 2 * x)
    >>> double(3)
    6
    >>> double(3, weights=[1])
    Traceback (most recent call last):
        ...
    closedness.errors.InputError: weights must be left out of <lambda>: it has nothing to weigh
    """

    def refusing(program: Callable[P, T]) -> Callable[P, T]:
        @wraps(program)
        def checked(*args: P.args, **options: P.kwargs) -> T:
            for name in ways.keys() & options.keys():
                if options.pop(name) is not None:
                    raise InputError(f"{name} must be left out of {program.__name__}: {ways[name]}")
            return program(*args, **options)

        return checked

    return refusing
