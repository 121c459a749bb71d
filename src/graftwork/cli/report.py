"""``graftwork report``: rebuild a study's report from its records, or verify that every number follows from them."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The run folder of a study.", show_default=False)],
    verify: Annotated[
        bool, typer.Option("--verify", help="Write nothing; make every number again and fail on any mismatch.")
    ] = False,
) -> None:
    """Rebuild report.html, report.md and the terminal tables from a study's records.

    Nothing is trained or evaluated, and no model is loaded. With --verify, scores are made again from the generated
    texts, statistics and claims from the scores, and both reports from the records; each number that does not follow is
    a line, and the exit code is 1.

    Example: graftwork report runs/default --verify
    """
    if verify:
        _verify(directory)
        return
    from rich.console import Console

    from graftwork.report import build_report, print_summary
    from graftwork.results.folder import RunFolder

    build_report(directory)
    console = Console()
    for line in RunFolder.open(directory).unchecked():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    print_summary(directory, console)


def _verify(directory: Path) -> None:
    from graftwork.errors import InputError, StudyError
    from graftwork.report.verify import verify_report
    from graftwork.results.folder import RunFolder
    from graftwork.results.verify import verify_records
    from graftwork.results.verify_analysis import verify_analysis

    folder = RunFolder.open(directory)
    found = verify_records(folder)
    analysed = verify_analysis(folder)
    found = found if analysed is None else found.joined(analysed)
    try:
        wrong, lacking = verify_report(folder)
    except InputError as error:  # a file of predictions is not the one that was written
        wrong, lacking = [str(error)], ["report.md and report.html: for that"]
    for line in (*found.mismatches, *wrong):
        typer.echo(" ".join(line.split()))
    for text in found.checked:
        typer.echo(f"made again: {text}")
    for text in (*found.not_checked, *lacking):
        typer.echo(f"cannot be verified: {text}")
    number = len(found.mismatches) + len(wrong)
    if number:
        raise StudyError(f"{number} number(s) or line(s) of {directory} do not follow from its records")
    typer.echo("every number follows from the records")
