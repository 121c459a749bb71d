"""``graftwork run``: a study, or what is left of one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from graftwork.errors import InputError, StudyError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["parse_seeds", "parse_workers", "run"]


def run(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe (YAML), or the name of an embedded one.", show_default="default")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run folder.", show_default="runs/<recipe name>")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="How many seeds (10: seeds 1 to 10), or which (4,7); one with a comma: '4,'.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, e.g. training.epochs=3.")
    ] = None,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Evaluate again what is done, and fail on any difference.")
    ] = False,
    workers: Annotated[
        str, typer.Option(metavar="N|auto", help="How many processes run cells at once; auto: as many as pay off here.")
    ] = "auto",
) -> None:
    """Run a study, or go on with it if the folder holds one; then write and show its report.

    Examples:

        graftwork run

        graftwork run recipes/mine.yaml --out runs/mine --seeds 3 --set training.epochs=3
    """
    import time

    from rich.console import Console

    from graftwork.cli.display import Display
    from graftwork.report import build_report, print_summary
    from graftwork.study.config import read_recipe
    from graftwork.study.run import run_study

    started = time.perf_counter()
    config = read_recipe(recipe, assignments or (), None if seeds is None else parse_seeds(seeds))
    wanted = parse_workers(workers)
    folder = out or Path("runs") / config.name
    console = Console()
    try:
        with Display(console, folder / "log.txt") as display:
            run_study(config, folder, display, recheck, wanted)
    except StudyError:
        if (folder / "results.json").is_file():
            _report_what_is_done(folder, console)
        raise
    build_report(folder)
    print_summary(folder, console)
    minutes, rest = divmod(time.perf_counter() - started, 60)
    console.print(f"\n{folder / 'report.html'}  ({minutes:.0f} min {rest:.0f} s)", highlight=False, soft_wrap=True)


def _report_what_is_done(folder: Path, console: "Console") -> None:
    """Write the report of a study that failed; what goes wrong here is said, and does not hide why it failed."""
    from graftwork.report import build_report

    try:
        build_report(folder)
    except Exception as error:
        console.print(f"the report could not be written: {error}", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print(f"report of what is done: {folder / 'report.html'}", highlight=False, soft_wrap=True)


def parse_seeds(text: str) -> list[int]:
    """Read ``--seeds``: a count (seeds 1 to N) or a list with commas.

    Raises:
        InputError: it is neither.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts) or ("," not in text and int(parts[0]) < 1):
        raise InputError(f"cannot use {text!r}", "--seeds", "give a count such as 10, or seeds such as 1,2,3")
    return [int(part) for part in parts] if "," in text else list(range(1, int(parts[0]) + 1))


def parse_workers(text: str) -> int | Literal["auto"]:
    """Read ``--workers``: a number of processes, or ``auto``.

    Raises:
        InputError: it is neither.
    """
    if text == "auto":
        return "auto"
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise InputError(f"cannot use {text!r}", "--workers", "give a number of processes from 1 on, or auto")
    return int(text)
