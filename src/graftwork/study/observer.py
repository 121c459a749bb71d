"""Who watches a study."""

from typing import Protocol, final

from graftwork.continual.runner import TaskRecord
from graftwork.results.names import Cell
from graftwork.study.progress import Progress

__all__ = ["Observer", "Silent"]


class Observer(Progress, Protocol):
    """Who watches a study: told of cells and tasks as they are done, besides the progress of each piece of work."""

    def begin(self, num_tasks: int) -> None:
        """The cells begin; so many tasks are to be done in all of them."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """A task is done, now or in an earlier run."""

    def say(self, text: str) -> None:
        """A line for people and for the log."""

    def beside(self, number: int) -> Progress:
        """Told how far a worker process is, the first of which is number 1; not asked for where there are none."""


@final
class Silent:
    """An observer that shows nothing."""

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""

    def begin(self, num_tasks: int) -> None:
        """See ``Observer.begin``."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """See ``Observer.task_done``."""

    def say(self, text: str) -> None:
        """See ``Observer.say``."""

    def beside(self, number: int) -> Progress:
        """See ``Observer.beside``."""
        return self
