"""``graftwork plan``: what a study trains, takes and leaves behind, before anything is trained."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from graftwork.study.plan import StudyPlan

__all__ = ["plan"]


def plan(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe (YAML), or the name of an embedded one.", show_default="default")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    seeds: Annotated[
        str | None, typer.Option(help="How many seeds (10: seeds 1 to 10), or which (4,7); one with a comma: '4,'.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, e.g. training.epochs=3.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option("--probe/--no-probe", help="Time a few steps of each approach, where base and data are here."),
    ] = True,
) -> None:
    """Show parameters, steps, FLOPs, memory, disk and time that a study comes to; train nothing.

    Parameters and steps are exact and come from configurations alone. Memory and time come from a short probe where
    base and data are on this machine, which also runs tests of a few problems; else memory is estimated from shapes,
    and the time stays open.

    Examples:

        graftwork plan

        graftwork plan original-hybrid --json

        graftwork plan recipes/mine.yaml --set match_parameters=3.1M --no-probe
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from graftwork.cli.display import Work
    from graftwork.cli.run import parse_seeds
    from graftwork.study.config import read_recipe
    from graftwork.study.plan import plan_study

    config = read_recipe(recipe, assignments or (), None if seeds is None else parse_seeds(seeds))
    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn())
    bars = Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)
    with bars:
        planned = plan_study(config, probe=probe, progress=Work(bars))
    if as_json:
        typer.echo(planned.model_dump_json(indent=2))
    else:
        _show(planned, Console())


def _show(planned: "StudyPlan", console: "Console") -> None:
    total = planned.total
    base = f"base {planned.base.name}: {planned.base.family}, {planned.base.parameters:,} parameters"
    lines = [planned.question, base, *planned.choices]
    console.print("\n".join(filter(None, lines)), markup=False, highlight=False, soft_wrap=True)
    console.print("", _parameters(planned), "", _costs(planned), "", sep="\n")
    if not planned.counted:
        most = "tokens and FLOPs are the most that the recipe allows, and memory is estimated from shapes"
        console.print(f"{planned.remark}; {most}", markup=False, highlight=False, soft_wrap=True)
    elif total.seconds is not None:
        for line in planned.not_run:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        many = total.processes is not None and total.processes > 1
        processes = f", in {total.processes} processes at once" if many else ""
        console.print(f"whole study: {_time(total.seconds)}{processes}, by a probe on this machine", highlight=False)


def _table(title: str, names: int, headings: list[str]) -> "Table":
    """A table whose first columns hold names, which fold where there is no room, and whose others are numbers."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        if index < names:
            table.add_column(heading, overflow="fold")
        else:
            table.add_column(heading, justify="right", no_wrap=True)
    return table


def _parameters(planned: "StudyPlan") -> "Table":
    """Sizes by component; pinned versions, which are other approaches' own weights, are in the JSON only."""
    from graftwork.results.names import PINNED

    table = _table("Parameters trained for a task", 2, ["approach", "component", "trainable", "total", "share"])
    rows = [row for row in planned.parameters if not row.approach.endswith(PINNED)]
    for row in rows:
        parts = sum(1 for other in rows if other.approach == row.approach)
        if row.component == "all" or parts > 2:
            style = "bold" if row.component == "all" else None
            cells = (f"{row.trainable:,}", f"{row.total:,}", f"{row.percent:.2f} %")
            table.add_row(row.approach, row.component, *cells, style=style)
    return table


def _costs(planned: "StudyPlan") -> "Table":
    from graftwork.study.amounts import bytes_in_words

    def count(value: float | None, form: str = ",") -> str:
        return "?" if value is None else format(value, form)

    def size(value: int | None) -> str:
        return "?" if value is None else bytes_in_words(value)

    total = planned.total
    timed = total.seconds is not None
    headings = ["approach", "steps", "tokens", "FLOPs", "memory", "disk", *(["time"] if timed else [])]
    table = _table(f"What it comes to, {total.cells} {'cell' if total.cells == 1 else 'cells'}", 1, headings)
    for one in planned.approaches:
        seconds = None if one.train_seconds is None else one.train_seconds + (one.evaluate_seconds or 0.0)
        amounts = (count(one.steps), count(one.tokens), count(one.flops, ".2e"))
        sizes = (size(one.peak_memory_bytes), size(one.disk_bytes))
        table.add_row(one.approach, *amounts, *sizes, *([_time(seconds)] if timed else []))
    if timed:
        _lines_of_their_own(table, planned)
    amounts = (count(total.steps), count(total.tokens), count(total.flops, ".2e"))
    sizes = (size(total.peak_memory_bytes), size(total.disk_bytes))
    table.add_row("all", *amounts, *sizes, *([_time(total.seconds)] if timed else []), style="bold")
    return table


def _lines_of_their_own(table: "Table", planned: "StudyPlan") -> None:
    """What is no approach's: running tests, and evaluating one model again; only where there is such a thing."""
    total, empty = planned.total, [""] * 5
    if total.execute_seconds:
        table.add_row("tests run, at most", *empty, _time(total.execute_seconds))
    table.add_row("one evaluated again", *empty, _time(total.repeat_seconds))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
