"""``graftwork bench``: our speed beside that of what else people would run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from graftwork.benchmarks.harness import Measurement

__all__ = ["bench"]


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Benchmarks.", show_default="all")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, a few minutes for all.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measurements as a JSON list.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for bench.json and its charts.")] = Path(
        "runs/bench"
    ),
) -> None:
    """Measure our speed beside that of Transformers and PEFT, in one run, after a proof that both do the same work.

    A ratio above one means that ours is better. The number of threads is PyTorch's (OMP_NUM_THREADS).

    Examples:

        graftwork bench --quick

        graftwork bench generation switching --out runs/bench
    """
    import json

    from rich.console import Console

    from graftwork.benchmarks.catalogue import run_benchmarks
    from graftwork.benchmarks.record import write_record

    errors = Console(stderr=True)
    measurements = run_benchmarks(
        names or (),
        "quick" if quick else "full",
        lambda text: errors.print(f"[dim]{text}[/dim]", highlight=False),
        lambda done: errors.print(f"{done.name}: {shown(done)}", markup=False, highlight=False),
    )
    write_record(out, measurements, "quick" if quick else "full")
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in measurements], indent=2, allow_nan=False))
        return
    console = Console()
    console.print(table(measurements))
    console.print(f"{out / 'bench.json'}", highlight=False, soft_wrap=True)


def shown(measurement: "Measurement") -> str:
    """A measurement's ratio in words."""
    if measurement.ratio is None:
        return f"{measurement.ours:.3g} ({measurement.conditions['unit']})"
    return f"{measurement.ratio:.3g}x {measurement.conditions['peer']}"


def table(measurements: list["Measurement"]) -> "Table":
    """All measurements for the terminal."""
    from rich.table import Table

    columns = Table("what", "unit", box=None, pad_edge=False)
    for name in ("ours", "peer", "ratio", "reach", "memory"):
        columns.add_column(name, justify="right")
    columns.add_column("")
    for one in measurements:
        numbers = (one.ours, one.peer, one.ratio, one.reach, one.peak_memory_ratio)
        cells = ["" if number is None else f"{number:.3g}" for number in numbers]
        verdict = {None: "", True: "reached", False: "not reached"}[one.reached]
        columns.add_row(one.name, str(one.conditions["unit"]), *cells, verdict)
    return columns
