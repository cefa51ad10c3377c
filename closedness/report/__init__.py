"""The page that explains a verdict."""

from closedness.report.page import report_html

__all__ = ["report_html"]
