"""The analysis of a study in its report: why scores came out as they did, and what that cannot tell."""

from graftwork.report.analysis.section import Why, print_analysis, why

__all__ = ["Why", "print_analysis", "why"]
