"""What an approach keeps over the sequence of tasks: what it trains, and what serves a task.

A learner is told what happens (``begin``, ``finish``) and chooses what acts (``select``). The task loop is the same
for all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from torch import nn

__all__ = ["Learner"]


class Learner(ABC):
    """State of one approach in one run over a sequence of tasks."""

    @abstractmethod
    def begin(self, task: str, seed: int) -> Mapping[str, Sequence[nn.Parameter]]:
        """Get ready to train a task; return the parameters to train, by kind of part."""

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
    def save(self, task: str, folder: Path) -> None:
        """Write what serves a task, as it is now."""

    @abstractmethod
    def load(self, folders: Mapping[str, Path]) -> None:
        """Take up where a run stopped: ``folders`` are those of the tasks trained, in order."""

    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """Parameters trained for one task, by kind of part."""

    @abstractmethod
    def close(self) -> None:
        """Give the base back as it was, bit for bit."""

    @contextmanager
    def training(self) -> Iterator[None]:
        """In this block the learner's own dropout acts."""
        yield
