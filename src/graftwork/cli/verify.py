"""``graftwork verify``: whether a run folder is what the study wrote, and does what it did."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["verify"]


def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The run folder of a study.", show_default=False)],
    cells: Annotated[int, typer.Option(min=0, help="How many finished cells to evaluate again; 0 for none.")] = 1,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Also train the last task of each again, and compare the weights.")
    ] = False,
) -> None:
    """Compare every file with its checksum, and evaluate a sample of cells again, bit for bit.

    Exit code 0: all is as it was written; 1: something is not.

    Example: graftwork verify runs/default --cells 3
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from graftwork.cli.display import Work, bars_with_time_left
    from graftwork.errors import StudyError
    from graftwork.results.folder import RunFolder
    from graftwork.study.verify import verify_files, verify_functions

    folder = RunFolder.open(directory)
    console = Console()
    rows = list(verify_files(folder))
    if cells and all(row.same is not False for row in rows):
        with bars_with_time_left(console) as bars:
            rows += verify_functions(folder, cells, retrain, Work(bars))
    table = Table("what", "found", "")
    for row in rows:
        table.add_row(escape(row.what), escape(row.found), {True: "yes", False: "NO", None: "not checked"}[row.same])
    console.print(table)
    wrong = [row for row in rows if row.same is False]
    if wrong:
        raise StudyError(f"{directory}: {len(wrong)} of {len(rows)} checks failed; first: {wrong[0].found}")
