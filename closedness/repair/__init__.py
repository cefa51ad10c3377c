"""Small changes of supports that make the set of products closed."""

from closedness.repair.changes import Change, Repair, Repairs
from closedness.repair.repair import repair

__all__ = ["Change", "Repair", "Repairs", "repair"]
