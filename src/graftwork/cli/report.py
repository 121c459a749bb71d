"""``graftwork report``: rebuild a study's report from its records."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The run folder of a study.", show_default=False)],
) -> None:
    """Rebuild report.html, report.md and the terminal tables from a study's records.

    Nothing is trained or evaluated, and no model is loaded.

    Example: graftwork report runs/default
    """
    from rich.console import Console

    from graftwork.report import build_report, print_summary

    build_report(directory)
    print_summary(directory, Console())
