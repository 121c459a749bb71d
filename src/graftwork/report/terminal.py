"""The answer in a terminal, by Rich."""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from graftwork.report.page import summary_of
from graftwork.report.tables import Table
from graftwork.report.view import View
from graftwork.report.visible import visible
from graftwork.results.folder import RunFolder

__all__ = ["print_summary"]


def print_summary(folder: Path, console: Console) -> None:
    """Print the answer, the table at a glance, what lacks and where the time went.

    Raises:
        InputError: there is no run folder, or it has no readable records.
    """
    run = RunFolder.open(folder)
    top = summary_of(View(run.read_results()))
    console.print()
    console.print(_text(top.title, "bold"))
    if top.question:
        console.print(_text(top.question, "dim"))
    for notice in top.notices:
        console.print(_text(notice.text, "yellow" if notice.kind == "warning" else "cyan"))
    for card in top.cards:
        console.print()
        console.print(_text(card.title, "bold"))
        for point in card.points:
            line = _text(point.short, "bold cyan").append(f"  {visible(point.sentence)}", style="default not bold")
            console.print(Padding(line, (0, 0, 0, 2)))
    for table in (top.glance, top.lacking, top.timing):
        if table is not None:
            console.print()
            console.print(_rich_table(table))
    if run.report_html.is_file():
        console.print()
        console.print(_text(f"Report: {run.report_html}"), soft_wrap=True)


def _rich_table(table: Table) -> RichTable:
    title = _text(table.caption, "bold")
    drawn = RichTable(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        drawn.add_column(_text(column.label), justify="right" if column.kind == "number" else "left", vertical="bottom")
    for row in table.rows:
        drawn.add_row(*(_text(cell) for cell in row))
    return drawn


def _text(text: str, style: str = "") -> Text:
    """Plain text: brackets in names are no markup, and no control sequence reaches the terminal."""
    return Text(visible(text), style=style)
