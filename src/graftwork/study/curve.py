"""The learning curve of one task while it is trained; steps go to disk in groups."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, final

from graftwork.config import Config
from graftwork.results.folder import TaskFolder
from graftwork.results.names import Cell
from graftwork.results.records import CurvePoint, SubsetLoss
from graftwork.training.loop import StepRecord

__all__ = ["LOG_EVERY", "VALIDATIONS", "Curve"]

LOG_EVERY = 10
"""Steps are written to steps.jsonl, and averaged into the learning curve, in groups of so many."""
VALIDATIONS = 4
"""How often the validation loss is measured while a task is trained, the end included."""


@final
class _Kept(Config):
    """A curve as a checkpoint holds it."""

    waiting: tuple[dict[str, Any], ...]
    quarter: int
    halved: int
    points: tuple[CurvePoint, ...]
    written: dict[str, Any]


@final
class Curve:
    """The points so far, and the steps that wait to become the next one."""

    def __init__(self, cell: Cell, task: str, folder: TaskFolder, losses: Callable[[], tuple[SubsetLoss, ...]]) -> None:
        """Begin with the validation ``losses`` of what is not trained yet."""
        self._cell, self._task, self._folder, self._losses = cell, task, folder, losses
        self._waiting: list[StepRecord] = []
        self._quarter = 0
        self.points = [self._point(0, 0, None, losses())]
        self.halved = 0
        """Steps computed in two halves."""

    def add(self, step: StepRecord) -> None:
        """Take note of a step."""
        self._waiting.append(step)
        self.halved += step.parts > 1
        last = step.step == step.steps
        if len(self._waiting) < LOG_EVERY and not last:
            return
        self._folder.append_steps([asdict(one) for one in self._waiting])
        loss = sum(one.loss for one in self._waiting) / len(self._waiting)
        self._waiting.clear()
        quarter = step.step * VALIDATIONS // step.steps
        validation = self._losses() if last or quarter > self._quarter else ()
        self._quarter = quarter
        self.points.append(self._point(step.step, step.tokens, loss, validation))

    def state(self) -> dict[str, Any]:
        """What ``take_up`` needs, as plain data; steps on disk are told by their size and digest."""
        kept = _Kept(
            waiting=tuple(asdict(one) for one in self._waiting),
            quarter=self._quarter,
            halved=self.halved,
            points=tuple(self.points),
            written=self._folder.steps_written(),
        )
        return kept.model_dump(mode="json")

    def take_up(self, state: dict[str, Any] | None) -> None:
        """Be where ``state`` was taken; steps that came after it are removed from disk, all of them where it is None.

        Raises:
            InputError: the steps on disk are not those before; nothing is changed.
        """
        if state is None:
            self._folder.rewind_steps({"size": 0})
            return
        kept = _Kept.read(state, str(self._folder.checkpoints))
        self._folder.rewind_steps(kept.written)
        self._waiting = [StepRecord(**one) for one in kept.waiting]
        self._quarter, self.halved, self.points = kept.quarter, kept.halved, list(kept.points)

    def _point(self, step: int, tokens: int, loss: float | None, validation: tuple[SubsetLoss, ...]) -> CurvePoint:
        cell = self._cell
        return CurvePoint(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=self._task,
            step=step,
            tokens=tokens,
            loss=loss,
            validation=validation,
        )
