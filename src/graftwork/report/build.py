"""Build a run folder's report from its records alone; no model, no torch."""

from pathlib import Path

from graftwork.files import write_whole
from graftwork.report.page import page_of
from graftwork.report.render import render_html, render_markdown
from graftwork.report.view import View
from graftwork.results.folder import RunFolder

__all__ = ["build_report"]


def build_report(folder: Path) -> None:
    """Write ``report.html`` and ``report.md`` into a run folder; the same records give the same files.

    Raises:
        InputError: there is no run folder, or its records or predictions are not readable.
    """
    run = RunFolder.open(folder)
    page = page_of(View(run.read_results()), run)
    write_whole(run.report_html, render_html(page))
    write_whole(run.report_markdown, render_markdown(page))
