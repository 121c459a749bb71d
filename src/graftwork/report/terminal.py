"""The answer in a terminal, by Rich."""

from collections.abc import Iterator
from pathlib import Path

from rich.cells import cell_len
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

_GAP = 2
_WORDS = 26
"""Sentences in a table get at least so many columns."""


def print_summary(folder: Path, console: Console) -> None:
    """Print the answer, the table at a glance, the claims, what lacks and where the time went.

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
            console.print(Padding(line, (0, 0, 0, 2), expand=False))
    for table in (top.glance, top.claims, top.lacking, top.timing):
        if table is not None:
            console.print()
            console.print(_text(table.caption, "bold"))
            for number, part in enumerate(_parts(table, console.width)):
                console.print(*([""] if number else []), part, sep="\n")
    if run.report_html.is_file():
        console.print()
        console.print(_text(f"Report: {run.report_html}"), soft_wrap=True)


def _parts(table: Table, width: int) -> Iterator[RichTable]:
    """Draw a table; one that is too wide goes on below with its first column again, and no name or number is cut."""
    least = [_least(table, index, width) for index in range(len(table.columns))]
    greedy = _groups(least, width, len(least))
    even = -(-(len(least) - 1) // len(greedy))
    return (_drawn(table, [0, *group], least, width) for group in _groups(least, width, even))


def _groups(least: list[int], width: int, most: int) -> list[list[int]]:
    """Columns beside the first that have room together, at most so many; a wide one stands alone."""
    groups: list[list[int]] = [[]]
    for index in range(1, len(least)):
        group = groups[-1]
        if group and (len(group) == most or least[0] + sum(_GAP + least[i] for i in (*group, index)) > width):
            groups.append([])
        groups[-1].append(index)
    return groups


def _least(table: Table, index: int, width: int) -> int:
    """The width that a column cannot do without: its numbers and names, and the longest word of its heading."""
    column = table.columns[index]
    cells = max((cell_len(visible(row[index])) for row in table.rows), default=0)
    most = width // 2 if index == 0 else width if column.kind == "number" else _WORDS
    return max(min(cells, most), *map(cell_len, column.label.split()))


def _drawn(table: Table, indices: list[int], least: list[int], width: int) -> RichTable:
    """Draw some columns; what room they leave goes to those that could use it."""
    drawn = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    room = width - sum(least[index] for index in indices) - _GAP * (len(indices) - 1)
    for index in indices:
        column = table.columns[index]
        full = max(cell_len(visible(text)) for text in (column.label, *(row[index] for row in table.rows)))
        more = max(0, min(room, full - least[index]))
        room -= more
        drawn.add_column(
            _text(column.label),
            justify="right" if column.kind == "number" else "left",
            vertical="bottom",
            width=least[index] + more,
            overflow="fold",
        )
    for row in table.rows:
        drawn.add_row(*(_text(row[index]) for index in indices))
    return drawn


def _text(text: str, style: str = "") -> Text:
    """Plain text: brackets in names are no markup, and no control sequence reaches the terminal."""
    return Text(visible(text), style=style)
