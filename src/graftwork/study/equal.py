"""Trainings that are done, by all that decides them, so that an equal one is taken over and not computed again.

At the first task, approaches that train the same parts do the same: what tells sequential fine-tuning, replay, EWC, LwF
and joint training apart acts from the second task on. And a task with an adapter of its own is trained alike in every
order. Equal are those that begin at the same weights and have the same batches, settings and seed; computed again, they
would come to the same bits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from torch import nn

from graftwork.continual.learner import Learner
from graftwork.continual.runner import TaskRecord, Trained
from graftwork.files import digest, write_whole
from graftwork.results.folder import TaskFolder
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.inputs import KEEPING
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig

__all__ = ["DoneTraining", "EqualTrainings", "begins_as", "equal_trainings", "training_digest"]


@final
@dataclass(frozen=True)
class DoneTraining:
    """One that is done, and where its task is kept."""

    cell: Cell
    folder: TaskFolder
    record: TaskRecord

    def take_over(self, learner: Learner, cell: Cell, task: str, folder: TaskFolder) -> Trained:
        """Put its weights into a learner that has begun the task, and its steps into the task's folder.

        Returns:
            What it came to without its method's moments, with the learning curve as the cell's own.

        Raises:
            InputError: a file of it is missing or damaged.
        """
        self.folder.check()
        learner.take_over(task, self.folder.adapter)
        write_whole(folder.steps, self.folder.steps.read_bytes())
        whose = {"approach": cell.approach, "order": cell.order, "seed": cell.seed}
        record = self.record
        return Trained(
            steps=record.steps,
            tokens=record.tokens,
            seconds=record.training_seconds,
            peak_memory_bytes=record.peak_memory_bytes,
            curve=tuple(point.model_copy(update=whose) for point in record.curve),
            halved_steps=record.halved_steps,
            training_seconds=record.training_seconds,
            equal_to=str(self.cell),
        )


@final
class EqualTrainings:
    """The first of each that is done."""

    def __init__(self) -> None:
        self._done: dict[str, DoneTraining] = {}

    def remember(self, done: DoneTraining) -> None:
        """Take note of one; a training that a method acted on is equal to none."""
        if done.record.training is not None:
            self._done.setdefault(done.record.training, done)

    def find(self, training: str | None) -> DoneTraining | None:
        """The one of this digest, if there is one."""
        return None if training is None else self._done.get(training)


def training_digest(
    learner: Learner,
    task: str,
    parameters: Mapping[str, Mapping[str, nn.Parameter]],
    examples: Sequence[Encoded],
    validation: Mapping[str, Sequence[Encoded]],
    config: TrainingConfig,
    seed: int,
) -> str:
    """Digest of all that decides what a training comes to, its learning curve included.

    Args:
        learner: that has begun the task; its fingerprint is that of every weight that acts.
        task: the task.
        parameters: what is trained, by kind of part, then by name, in the order of the optimizer.
        examples: to train on.
        validation: to measure losses on, by subset.
        config: how to train.
        seed: of the training.
    """
    names = {kind: list(part) for kind, part in parameters.items()}
    data = [[(one.source, one.target) for one in rows] for rows in (examples, *validation.values())]
    settings = config.model_dump(mode="json", exclude=set(KEEPING))
    words = (names, data, list(validation), settings)
    return digest(learner.fingerprint(task), task, str(seed), *(json.dumps(one) for one in words))


def begins_as(config: StudyConfig, cell: Cell, place: int) -> str | None:
    """What tells the training of a task of a cell from others, as far as the recipe says; None where it is its own.

    It is its own if what was trained before acts on it.
    """
    approach = config.approach_of(cell)
    if not config.take_over_equal or (place > 0 and not approach.isolated):
        return None
    components = [[name, approach.components[name].model_dump(mode="json")] for name in approach.in_order]
    training = config.training_of(approach).model_dump(mode="json", exclude=set(KEEPING))
    return json.dumps([components, approach.method.course == "stack", training, cell.seed, cell.tasks[place]])


def equal_trainings(config: StudyConfig) -> dict[Cell, tuple[Cell | None, ...]]:
    """For each cell and each of its tasks the earlier cell that trains it alike, in the order of the study."""
    first: dict[str, Cell] = {}
    found = {}
    for cell in config.cells():
        own = [begins_as(config, cell, place) for place in range(len(cell.tasks))]
        found[cell] = tuple(None if one is None else first.get(one) for one in own)
        first = {one: cell for one in own if one is not None} | first
    return found
