"""Versions of shared components: each task served by what was saved when it had been trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import final

from graftwork.components.attach import Grafts
from graftwork.continual.learner import Server
from graftwork.models.load import Base

__all__ = ["PinnedAdapters"]


@final
class PinnedAdapters(Server):
    """The adapters of the tasks trained so far as their folders hold them, none sharing anything with another."""

    def __init__(self, base: Base, folders: Mapping[str, Path]) -> None:
        """Read the adapters of ``folders``, which are those of the tasks trained, in order.

        Raises:
            InputError: a folder is damaged.
        """
        self._grafts = Grafts(base)
        for task, folder in folders.items():
            self._grafts.load(folder, task)

    def select(self, task: str) -> None:
        """Choose the task's adapter, else that of the task trained last."""
        self._grafts.use(self._serving(task))

    def _serving(self, task: str) -> str:
        names = self._grafts.names
        return task if task in names else names[-1]

    def fingerprint(self, task: str) -> str:
        """Digest of the base, the adapter's weights as they were read, and its configuration."""
        return self._grafts.fingerprint(self._serving(task))

    def isolated(self, task: str) -> bool:
        """Nothing of them is ever trained."""
        return True

    def close(self) -> None:
        """Remove every adapter and hook."""
        self._grafts.detach()
