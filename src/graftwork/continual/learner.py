"""What an approach keeps over the sequence of tasks: what it trains, and what serves a task.

A learner is told what happens (``begin``, ``save``) and chooses what acts (``select``). The task loop is the same for
all of them. What else shapes learning is a ``Method``'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from torch import nn

__all__ = ["Course", "Learner", "Server", "folder_bytes"]

Course = Literal["own", "on", "anew", "stack"]
"""Where a task's training begins, and what serves the tasks.

``own``: at the base; each task has a part of its own, which serves it. ``on``: where the task before left off; one part
serves every task. ``anew``: at the base; the part trained last serves every task. ``stack``: a new part is added to the
earlier ones, which are trained no more; their sum serves every task.
"""


class Server(ABC):
    """Functions that serve tasks, one chosen at a time."""

    @abstractmethod
    def select(self, task: str) -> None:
        """Let what serves a task act: what was trained for it, or the latest if nothing was."""

    @abstractmethod
    def fingerprint(self, task: str) -> str:
        """Digest of the function that serves a task as things stand."""

    @abstractmethod
    def isolated(self, task: str) -> bool:
        """Whether, by design, nothing after a task trains any part of what serves it."""

    @abstractmethod
    def close(self) -> None:
        """Give the base back as it was, bit for bit."""


class Learner(Server):
    """State of one approach in one run over a sequence of tasks."""

    @abstractmethod
    def begin(self, task: str, seed: int) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Get ready to train a task; return the parameters to train by kind of part, then by name."""

    @abstractmethod
    def save(self, task: str, folder: Path) -> None:
        """Write what serves a task, as it is now."""

    @abstractmethod
    def take_over(self, task: str, folder: Path) -> None:
        """Put what ``save`` wrote into a folder in the place of what ``begin`` made: it was trained there, alike.

        Raises:
            InputError: what was saved is damaged, or is not of this learner's form.
        """

    @abstractmethod
    def load(self, folders: Mapping[str, Path]) -> None:
        """Take up where a run stopped: ``folders`` are those of the tasks trained, in order."""

    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """Parameters trained for one task, by kind of part."""

    @abstractmethod
    def added_bytes(self, folders: Sequence[Path]) -> int:
        """Bytes that the task trained last adds to what must be kept to serve all; 0 where it only takes a place.

        ``folders`` are those of the tasks trained, in order.
        """

    def pinned(self, folders: Mapping[str, Path]) -> Server | None:
        """Every task served by what was saved when it had been trained, read from its folder; the caller closes it.

        None where that is how this learner serves anyway, or where it serves every task by one part on purpose.
        """
        return None

    @contextmanager
    def training(self) -> Iterator[None]:
        """In this block the learner's own dropout acts."""
        yield


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder, 0 if there is none."""
    return sum(path.stat().st_size for path in folder.glob("*"))
