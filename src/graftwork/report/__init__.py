"""The report of a study, built from its records: HTML, Markdown and terminal; imports no torch."""

from graftwork.report.build import build_report
from graftwork.report.terminal import print_summary

__all__ = ["build_report", "print_summary"]
