"""``graftwork analyze``: why a study came out as it did, from what its run folder has saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, final

import typer

from graftwork.cli.run import parse_seeds
from graftwork.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

__all__ = ["analyze"]


def analyze(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The run folder of a study.", show_default=False)],
    seeds: Annotated[
        str | None,
        typer.Option(
            help="How many of its seeds (3: the first three), or which (4,7); one with a comma: '4,'.",
            show_default="all",
        ),
    ] = None,
    items: Annotated[int, typer.Option(min=2, help="At most so many items of a subset are scored.")] = 24,
    replay_steps: Annotated[
        str, typer.Option(help="Steps of each training that are replayed for its gradients, or 'all'.")
    ] = "30",
    as_json: Annotated[bool, typer.Option("--json", help="Print analysis.json instead of the summary.")] = False,
) -> None:
    """Explain a study from what its run folder has saved; nothing of the study is trained again or changed.

    It knocks out the components of combined adapters, compares states and weights before and after training, replays
    the first steps of each training for their gradients, scores every adapter on every task, and walks between versions
    of what tasks share. The numbers go to DIR/analysis.json and into the report. An interrupted analysis goes on where
    it stopped.

    Examples:

        graftwork analyze runs/default

        graftwork analyze runs/default --seeds 1, --items 64 --replay-steps all
    """
    from graftwork.results.folder import RunFolder

    RunFolder.open(directory)  # before models are loaded
    from rich.console import Console

    from graftwork.analysis.analyze import analyze as analyze_folder
    from graftwork.report import build_report
    from graftwork.report.analysis import print_analysis
    from graftwork.results.analysis_file import ANALYSIS_FILE

    console = Console()
    with _Display(Console(stderr=True) if as_json else console) as display:
        analyze_folder(directory, items, _steps(replay_steps), _seeds(directory, seeds), display)
    build_report(directory)
    if as_json:
        typer.echo((directory / ANALYSIS_FILE).read_text(encoding="utf-8"), nl=False)
        return
    print_analysis(RunFolder(directory), console)
    console.print(f"\n{directory / ANALYSIS_FILE}\n{directory / 'report.html'}", highlight=False, soft_wrap=True)


def _steps(text: str) -> int | None:
    """Read ``--replay-steps``; None means all.

    Raises:
        InputError: it is neither a positive number nor ``all``.
    """
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"cannot use {text!r}", "--replay-steps", "give a number of steps such as 30, or all")
    return int(text)


def _seeds(directory: Path, text: str | None) -> list[int] | None:
    """Read ``--seeds``: a list with commas, or how many of the study's seeds from the first on; None means all."""
    if text is None:
        return None
    wanted = parse_seeds(text)
    if "," in text:
        return wanted
    from graftwork.results.folder import RunFolder
    from graftwork.study.config import read_recipe

    known = read_recipe(str(RunFolder.open(directory).recipe)).seeds
    if len(wanted) > len(known):
        right = f"it has {len(known)}: {', '.join(map(str, known))}"
        raise InputError(f"the study has no {len(wanted)} seeds", "--seeds", right)
    return list(known[: len(wanted)])


@final
class _Display:
    """Bars for the whole analysis and for the work at hand; its watcher on the command line."""

    def __init__(self, console: "Console") -> None:
        from graftwork.cli.display import Work, bars_with_time_left

        self._bars = bars_with_time_left(console)
        self._work = Work(self._bars)
        self._whole: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bars.stop()

    def begin(self, num_pieces: int) -> None:
        """See ``Watcher.begin``."""
        self._whole = self._bars.add_task("whole analysis, pieces", total=num_pieces)

    def piece_done(self, name: str) -> None:
        """See ``Watcher.piece_done``."""
        if self._whole is not None:
            self._bars.advance(self._whole)

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""
        self._work.start(what, total)

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""
        self._work.advance(done)
