"""Worked cases: supports from the literature and from practice, with their verdicts.

Examples
--------
>>> from cases import load, select
>>> load("v-pattern").verify().passed
True
>>> {case.status.value for case in select(["monarch"])}
{'closed'}
"""

from cases.case import Case, Outcome, UnknownCaseError
from cases.loading import all_cases, groups, load, select, source
from closedness.version import __version__

__all__ = ["Case", "Outcome", "UnknownCaseError", "__version__", "all_cases", "groups", "load", "select", "source"]
