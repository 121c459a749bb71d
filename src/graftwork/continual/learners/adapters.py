"""Adapters beside a frozen base: one a task, one for all tasks, or a fresh one that then serves all.

Of adapters that are one a task, components may be shared, and then later tasks go on training those.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import final

from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.kinds import ComponentConfig
from graftwork.continual.learner import Course, Learner, Server, folder_bytes
from graftwork.continual.learners.pinned import PinnedAdapters
from graftwork.models.load import Base

__all__ = ["AdapterLearner"]


@final
class AdapterLearner(Learner):
    """Trains adapters; of those that are one a task and share nothing, none can touch what another one learned."""

    def __init__(
        self,
        base: Base,
        components: Mapping[str, ComponentConfig],
        shared: Sequence[str] = (),
        course: Course = "own",
    ) -> None:
        """Hang on to a base.

        Args:
            base: the base; frozen until ``close``.
            components: the components of every adapter, by name.
            shared: with the course ``own``, the names of those that all tasks share.
            course: ``own``, ``on`` or ``anew``.
        """
        self._base, self._course = base, course
        self._grafts = Grafts(base)
        self._components = dict(components)
        self._shared = {name: name for name in (components if course == "on" else shared)}

    def begin(self, task: str, seed: int) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Add the task's adapter; its random weights hang on the seed alone."""
        earlier = self._grafts.names
        self._grafts.add(task, self._components, shared=self._shared, seed=seed)
        for name in earlier if self._course != "own" else ():
            self._grafts.remove(name)
        self.select(task)
        return self._grafts.tensors_by_kind(task)

    def select(self, task: str) -> None:
        """Choose the task's adapter, else that of the task trained last, else the base."""
        self._grafts.use(self._serving(task))

    def _serving(self, task: str) -> str | None:
        names = self._grafts.names
        return task if task in names else names[-1] if names else None

    def fingerprint(self, task: str) -> str:
        """Digest of the base, the adapter's weights and its configuration."""
        return self._grafts.fingerprint(self._serving(task))

    def isolated(self, task: str) -> bool:
        """True when each task has an adapter and nothing is shared."""
        return self._course == "own" and not self._shared

    def save(self, task: str, folder: Path) -> None:
        """Write the task's adapter, shared components as they are now."""
        self._grafts.save(task, folder)

    def take_over(self, task: str, folder: Path) -> None:
        """The adapter's weights."""
        self._grafts.restore(task, folder)

    def load(self, folders: Mapping[str, Path]) -> None:
        """Load the adapters that serve; shared components as the last task left them."""
        *earlier, last = folders
        if self._course != "own":
            self._grafts.load(folders[last], last, shared=self._shared)
            return
        if self._shared:
            # Whoever comes first brings the shared components; the last task's are the latest. Then the adapters are
            # put back into their order, for the latest one serves tasks that nothing was trained for.
            self._grafts.load(folders[last], "latest shared state", shared=self._shared)
        for task in [*earlier, last]:
            self._grafts.load(folders[task], task, shared=self._shared)
        if self._shared:
            self._grafts.remove("latest shared state")

    def pinned(self, folders: Mapping[str, Path]) -> Server | None:
        """Each task's adapter with the shared components as they were then; None where nothing is shared."""
        if self._course != "own" or not self._shared:
            return None
        self._grafts.use(None)
        return PinnedAdapters(self._base, folders)

    def sizes(self) -> Mapping[str, int]:
        """Sizes by kind, counted on an adapter that is removed again."""
        probe = "sizes only"
        self._grafts.add(probe, self._components, shared=self._shared)
        by_kind = self._grafts.tensors_by_kind(probe)
        sizes = {kind: sum(one.numel() for one in tensors.values()) for kind, tensors in by_kind.items()}
        self._grafts.remove(probe)
        return sizes

    def added_bytes(self, folders: Sequence[Path]) -> int:
        """The task's adapter less what it shares with those before, of which the latest takes the place."""
        first = len(folders) == 1
        if self._course != "own":
            return folder_bytes(folders[-1]) if first else 0
        return folder_bytes(folders[-1]) - (0 if first else self._shared_bytes())

    def _shared_bytes(self) -> int:
        """Bytes of the weights that all adapters have together."""
        latest = self._grafts.components_of(self._grafts.names[-1])
        weights = [one for name in self._shared for one in latest[name].parameters()]
        return sum(weight.numel() * weight.element_size() for weight in weights)

    def close(self) -> None:
        """Remove every adapter and hook."""
        self._grafts.detach()

    @contextmanager
    def training(self) -> Iterator[None]:
        """Adapter dropout acts in this block."""
        self._grafts.train()
        try:
            yield
        finally:
            self._grafts.eval()
