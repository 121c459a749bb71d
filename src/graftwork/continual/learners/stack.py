"""A stack of components: a new one a task, added to the earlier ones, which act on and are trained no more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import final

from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.kinds import ComponentConfig
from graftwork.continual.learner import Learner, folder_bytes
from graftwork.models.load import Base

__all__ = ["StackLearner"]


@final
class StackLearner(Learner):
    """Trains the newest layer of a stack; the sum of all serves every task.

    The stack is one adapter, whose components are called ``<name>-01``, ``<name>-02``, … in the order of the tasks.
    They are all held under shared names, so that the adapter of the next task takes over those that are there.
    """

    def __init__(self, base: Base, name: str, component: ComponentConfig) -> None:
        """Hang on to a base, frozen until ``close``; ``name`` and ``component`` are those of one layer of the stack."""
        self._grafts = Grafts(base)
        self._name, self._component = name, component

    def begin(self, task: str, seed: int) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Add a layer to the stack; its random weights hang on the seed alone."""
        earlier = self._grafts.names
        *below, newest = layers = self._layers(self._height() + 1)
        self._grafts.add(task, dict.fromkeys(layers, self._component), shared={one: one for one in layers}, seed=seed)
        for name in earlier:
            self._grafts.remove(name)
        for name in below:
            self._grafts.components_of(task)[name].requires_grad_(False)
        self.select(task)
        tensors = self._grafts.tensors_of(task).items()
        return {self._component.kind: {name: one for name, one in tensors if name.startswith(f"{newest}.")}}

    def _height(self) -> int:
        names = self._grafts.names
        return len(self._grafts.components_of(names[-1])) if names else 0

    def _layers(self, height: int) -> list[str]:
        return [f"{self._name}-{number:02d}" for number in range(1, height + 1)]

    def select(self, task: str) -> None:
        """Choose the stack as it is, or the base if nothing was trained."""
        self._grafts.use(self._serving())

    def _serving(self) -> str | None:
        names = self._grafts.names
        return names[-1] if names else None

    def fingerprint(self, task: str) -> str:
        """Digest of the base and the whole stack."""
        return self._grafts.fingerprint(self._serving())

    def isolated(self, task: str) -> bool:
        """A later layer acts on what serves earlier tasks."""
        return False

    def save(self, task: str, folder: Path) -> None:
        """Write the whole stack."""
        self._grafts.save(task, folder)

    def take_over(self, task: str, folder: Path) -> None:
        """The weights of the whole stack."""
        self._grafts.restore(task, folder)

    def load(self, folders: Mapping[str, Path]) -> None:
        """Load the stack as the last task left it."""
        *_, last = folders
        self._grafts.load(folders[last], last, shared={one: one for one in self._layers(len(folders))})

    def sizes(self) -> Mapping[str, int]:
        """Parameters of one layer, counted on an adapter that is removed again."""
        self._grafts.add("sizes only", {self._name: self._component})
        size = sum(parameter.numel() for parameter in self._grafts.parameters_of("sizes only"))
        self._grafts.remove("sizes only")
        return {self._component.kind: size}

    def added_bytes(self, folders: Sequence[Path]) -> int:
        """What the stack has grown by; it takes the place of the one before, which it holds."""
        before = folder_bytes(folders[-2]) if len(folders) > 1 else 0
        return folder_bytes(folders[-1]) - before

    def close(self) -> None:
        """Remove every adapter and hook."""
        self._grafts.detach()

    @contextmanager
    def training(self) -> Iterator[None]:
        """Dropout of the newest layer acts in this block."""
        newest = self._grafts.components_of(self._grafts.names[-1])[self._layers(self._height())[-1]]
        newest.train()
        try:
            yield
        finally:
            newest.eval()
