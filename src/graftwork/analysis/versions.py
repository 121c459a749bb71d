"""What a run folder has saved: what served each task, as it was when the task had been trained, and its start."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

from torch import nn

from graftwork.analysis.places import Place, place_of
from graftwork.components.attach import Grafts
from graftwork.continual.learner import Learner
from graftwork.continual.learners.full import FullFineTuning
from graftwork.continual.method import Method
from graftwork.continual.runner import TaskRecord, task_seed
from graftwork.models.anatomy import anatomy_of
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.learners import learner_of

__all__ = ["SAVED", "Start", "Version", "acting", "at_start", "saved_parameters", "versions_of"]

SAVED = "saved"
"""The name that an adapter has here while it acts."""


@final
@dataclass(frozen=True)
class Version:
    """What one cell saved when one task had been trained."""

    cell: Cell
    approach: ApproachConfig
    tasks: tuple[TaskFolder, ...]
    """Folders of the tasks so far, its own the last."""
    fingerprint: str
    """Of the function that it is with the base."""
    inputs: str
    """Digest of everything that decided it."""

    @property
    def task(self) -> str:
        """The task trained last."""
        return self.cell.tasks[len(self.tasks) - 1]

    @property
    def folder(self) -> Path:
        """Where it stands."""
        return self.tasks[-1].adapter

    @property
    def seed(self) -> int:
        """The seed that its task was trained with."""
        return task_seed(self.cell.seed, self.task)


def versions_of(config: StudyConfig, folder: RunFolder, seeds: Sequence[int]) -> dict[Cell, tuple[Version, ...]]:
    """Return what the cells of some seeds have saved, in the order of the tasks; cells without a task are left out.

    Raises:
        InputError: a marker is damaged.
    """
    approaches = {approach.name: approach for approach in config.approaches}
    found = {}
    for cell in config.cells():
        tasks = [folder.task(cell, index) for index in range(len(cell.tasks))]
        done = next((index for index, task in enumerate(tasks) if not task.is_done()), len(tasks))
        if cell.seed in seeds and done:
            found[cell] = tuple(_version(cell, approaches[cell.approach], tasks[: end + 1]) for end in range(done))
    return found


def _version(cell: Cell, approach: ApproachConfig, tasks: Sequence[TaskFolder]) -> Version:
    record = TaskRecord.read(tasks[-1].done_data(), str(tasks[-1].done))
    fingerprint = record.probed[cell.tasks[len(tasks) - 1]].fingerprint
    return Version(cell, approach, tuple(tasks), fingerprint, record.inputs)


@contextmanager
def acting(version: Version, base: Base) -> Iterator[Grafts | None]:
    """Let a version act in a ``with`` block, as the adapter ``SAVED`` of the grafts given; None where it is the base.

    Raises:
        InputError: what was saved is damaged.
    """
    if version.approach.components:
        grafts = Grafts(base)
        try:
            grafts.load(version.folder, SAVED)
            grafts.use(SAVED)
            yield grafts
        finally:
            grafts.detach()
        return
    learner = FullFineTuning(base)
    try:
        learner.load({version.task: version.folder})
        yield None
    finally:
        learner.close()


def saved_parameters(grafts: Grafts | None, base: Base) -> dict[str, nn.Parameter]:
    """The parameters of the version that acts, named as ``Start`` names them."""
    return dict(base.model.named_parameters()) if grafts is None else grafts.tensors_of(SAVED)


@final
@dataclass(frozen=True)
class Start:
    """A training just before its first step."""

    learner: Learner
    method: Method
    kinds: Mapping[str, Mapping[str, nn.Parameter]]
    """What is trained, by kind of part, then by name: ``<component>.<name in it>``, or the base's own names."""

    @property
    def parameters(self) -> dict[str, nn.Parameter]:
        """What is trained, by name."""
        return {name: one for part in self.kinds.values() for name, one in part.items()}

    def places(self, base: Base) -> dict[str, Place]:
        """Where each of them acts."""
        anatomy = anatomy_of(base.model)
        return {name: place_of(name, kind, anatomy) for kind, part in self.kinds.items() for name in part}


@contextmanager
def at_start(version: Version, base: Base) -> Iterator[Start]:
    """Put everything back, in a ``with`` block, to where training a version's task began.

    The start hangs on the seed and on what the tasks before it saved, so it is the study's own, bit for bit.
    """
    learner, method = learner_of(version.approach, base), version.approach.method.build()
    try:
        *earlier, _ = version.tasks
        if earlier:
            learner.load({task: one.adapter for task, one in zip(version.cell.tasks, earlier, strict=False)})
            method.load([one.method for one in earlier])
        yield Start(learner, method, learner.begin(version.task, version.seed))
    finally:
        learner.close()
