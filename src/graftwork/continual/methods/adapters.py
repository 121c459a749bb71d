"""Adapters beside a frozen base, one a task; components may be shared, and then later tasks go on training them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import final

from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.kinds import ComponentConfig
from graftwork.continual.learner import Learner
from graftwork.models.load import Base

__all__ = ["AdapterLearner"]


@final
class AdapterLearner(Learner):
    """Trains one adapter a task; with no shared component, no task can touch what another one learned."""

    def __init__(self, base: Base, components: Mapping[str, ComponentConfig], shared: Sequence[str] = ()) -> None:
        """Hang on to a base.

        Args:
            base: the base; frozen until ``close``.
            components: the components of every adapter, by name.
            shared: the names of those that all tasks share.
        """
        self._grafts = Grafts(base)
        self._components = dict(components)
        self._shared = {name: name for name in shared}

    def begin(self, task: str, seed: int) -> Mapping[str, Sequence[nn.Parameter]]:
        """Add the task's adapter; its random weights hang on the seed alone."""
        self._grafts.add(task, self._components, shared=self._shared, seed=seed)
        self.select(task)
        by_kind: dict[str, list[nn.Parameter]] = {}
        for name, component in self._grafts.components_of(task).items():
            by_kind.setdefault(self._components[name].kind, []).extend(component.parameters())
        return by_kind

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
        """True when nothing is shared."""
        return not self._shared

    def save(self, task: str, folder: Path) -> None:
        """Write the task's adapter, shared components as they are now."""
        self._grafts.save(task, folder)

    def load(self, folders: Mapping[str, Path]) -> None:
        """Load the adapters; shared components as the last task left them."""
        *earlier, last = folders
        if self._shared:
            # Whoever comes first brings the shared components; the last task's are the latest. Then the adapters are
            # put back into their order, for the latest one serves tasks that nothing was trained for.
            self._grafts.load(folders[last], "latest shared state", shared=self._shared)
        for task in [*earlier, last]:
            self._grafts.load(folders[task], task, shared=self._shared)
        if self._shared:
            self._grafts.remove("latest shared state")

    def sizes(self) -> Mapping[str, int]:
        """Sizes by kind, counted on an adapter that is removed again."""
        probe = "sizes only"
        self._grafts.add(probe, self._components, shared=self._shared)
        sizes: dict[str, int] = {}
        for name, component in self._grafts.components_of(probe).items():
            kind = self._components[name].kind
            sizes[kind] = sizes.get(kind, 0) + sum(parameter.numel() for parameter in component.parameters())
        self._grafts.remove(probe)
        return sizes

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
