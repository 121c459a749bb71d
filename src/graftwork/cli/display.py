"""What people see while a study runs: one line for the whole, one for the work at hand, both with time left."""

from pathlib import Path
from typing import TYPE_CHECKING, Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from graftwork.continual.runner import TaskRecord
    from graftwork.results.names import Cell

__all__ = ["Display", "Work", "bars_with_time_left"]


def bars_with_time_left(console: Console) -> Progress:
    """Bars that show how far work is, how long it took and how long it will take; they vanish when it ends."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


@final
class Work:
    """The bar of the work at hand, which is another one for each piece."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._current: TaskID | None = None

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start`` of the study's worker."""
        self.stop()
        self._current = self._bars.add_task(what, total=total)

    def stop(self) -> None:
        """Show nothing until the next piece of work begins."""
        if self._current is not None:
            self._bars.remove_task(self._current)
            self._current = None

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""
        if self._current is not None:
            self._bars.update(self._current, completed=done)


@final
class Display:
    """Shows a study's progress and writes its log; the study's observer on the command line."""

    def __init__(self, console: Console, log: Path) -> None:
        self._console, self._log_path = console, log
        self._waiting: list[str] = []
        self._bars = bars_with_time_left(console)
        self._whole: TaskID | None = None
        self._work = Work(self._bars)
        self._workers: dict[int, Work] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bars.stop()

    def begin(self, num_tasks: int) -> None:
        """See ``Observer.begin``."""
        self._whole = self._bars.add_task("whole study, tasks", total=num_tasks)

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""
        self._work.start(what, total)

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""
        self._work.advance(done)

    def beside(self, number: int) -> Work:
        """See ``Observer.beside``: a line for each worker process, which shows what that does now."""
        if number not in self._workers:
            self._work.stop()
            self._workers[number] = Work(self._bars)
        return self._workers[number]

    def task_done(self, cell: "Cell", task: str, record: "TaskRecord") -> None:
        """See ``Observer.task_done``."""
        if self._whole is not None:
            self._bars.advance(self._whole)
        parts = []
        for measured in record.measured:
            if measured.task == task:
                for subset, scores in measured.scores.items():
                    parts.append(f"{subset} loss {scores['loss']:.3f}, exact match {scores['exact_match']:.1%}")
        seconds = record.train_seconds + record.evaluate_seconds
        self.say(f"{cell.approach} (seed {cell.seed}) after {task}: {'; '.join(parts)}; {seconds:.0f} s")

    def say(self, text: str) -> None:
        """See ``Observer.say``."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)
        self._waiting.append(text)
        if self._log_path.parent.is_dir():
            with self._log_path.open("a", encoding="utf-8") as log:
                log.writelines(f"{line}\n" for line in self._waiting)
            self._waiting.clear()
