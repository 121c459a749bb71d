"""Training one task of a cell, with the method's moments and checkpoints, or taking over a training that is equal."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, final

from graftwork.continual.learner import Learner
from graftwork.continual.method import Method, TaskTraining
from graftwork.continual.runner import Trained
from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.errors import StudyError
from graftwork.evaluation.evaluate import subset_loss
from graftwork.files import remove_folder
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell
from graftwork.results.records import SubsetLoss
from graftwork.study.config import StudyConfig
from graftwork.study.curve import Curve
from graftwork.study.equal import DoneTraining, EqualTrainings, training_digest
from graftwork.study.memory import peak_memory
from graftwork.study.moments import Moments
from graftwork.study.progress import Progress
from graftwork.training.activations import ActivationStore
from graftwork.training.batches import Encoded
from graftwork.training.checkpoint import Checkpoints
from graftwork.training.interrupt import first_interrupt_waits
from graftwork.training.loop import StepRecord, TrainingConfig, train

__all__ = ["Trainer", "check_finite"]


@final
@dataclass(frozen=True)
class _Begun:
    """A task that a learner has begun."""

    learner: Learner
    method: Method
    cell: Cell
    task: str
    seed: int
    folder: TaskFolder
    inputs: str | None
    config: TrainingConfig
    parameters: Mapping[str, Mapping[str, Any]]

    def __str__(self) -> str:
        return f"{self.cell.approach}, seed {self.cell.seed}: train {self.task}"


@final
class Trainer:
    """Trains the tasks of one study on its base."""

    def __init__(
        self,
        config: StudyConfig,
        base: Base,
        tasks: Mapping[str, Task],
        folder: RunFolder,
        progress: Progress,
        encode: Callable[[Iterable[Example]], list[Encoded]],
        say: Callable[[str], None],
    ) -> None:
        """Get ready.

        Args:
            config: the recipe.
            base: its base.
            tasks: its data.
            folder: the run folder.
            progress: told how far the work at hand is.
            encode: makes token numbers of examples.
            say: told in a line of what is not as ever.
        """
        self._config, self._base, self._tasks, self._folder = config, base, tasks, folder
        self._progress, self._encode, self._say = progress, encode, say
        self._equal = EqualTrainings()
        self._validation = {
            name: {subset.name: encode(subset.validation) for subset in task.subsets} for name, task in tasks.items()
        }

    def remember(self, done: DoneTraining) -> None:
        """Take note of a training that is done; one that is equal is taken over from it."""
        self._equal.remember(done)

    def train(
        self, learner: Learner, method: Method, cell: Cell, task: str, seed: int, folder: TaskFolder, inputs: str | None
    ) -> Trained:
        """See ``Worker.train``; without ``inputs`` there are no checkpoints."""
        approach = self._config.approach_of(cell)
        config = self._config.training_of(approach)
        parameters = learner.begin(task, seed)
        begun = _Begun(learner, method, cell, task, seed, folder, inputs, config, parameters)
        moments = Moments(self._base.model, self._encode, config)
        training = TaskTraining(
            task=task,
            earlier=cell.tasks[: cell.tasks.index(task)],
            seed=seed,
            parameters={name: one for part in parameters.values() for name, one in part.items()},
            examples=lambda other: tuple(self._tasks[other].examples("train")),
            log_likelihood=moments.log_likelihood,
        )
        examples = self._encode(method.before_task(training))
        digested = self._digest(begun, examples)
        equal = self._equal.find(digested)
        trained = self._computed(begun, moments, examples) if equal is None else self._taken_over(begun, equal)
        started = time.perf_counter()
        method.after_task(training)
        return replace(
            trained,
            seconds=trained.training_seconds + time.perf_counter() - started,
            forward_tokens=moments.forward_tokens,
            gradient_tokens=moments.gradient_tokens,
            training=digested,
        )

    def _digest(self, begun: _Begun, examples: list[Encoded]) -> str | None:
        """What an equal training is known by; None where a method may act on the steps, or none is wanted."""
        if not self._config.take_over_equal or begun.method.penalizes():
            return None
        validation = self._validation[begun.task]
        return training_digest(
            begun.learner, begun.task, begun.parameters, examples, validation, begun.config, begun.seed
        )

    def _taken_over(self, begun: _Begun, equal: DoneTraining) -> Trained:
        self._progress.start(f"{begun}, which was trained alike for {equal.cell.approach}", 1)
        trained = equal.take_over(begun.learner, begun.cell, begun.task, begun.folder)
        self._progress.advance(1)
        return trained

    def _computed(self, begun: _Begun, moments: Moments, examples: list[Encoded]) -> Trained:
        """Steps go to the folder in groups, validation losses are measured a few times on the way."""
        curve = Curve(begun.cell, begun.task, begun.folder, lambda: self._losses(begun.task))
        told: list[str] = []

        def on_step(step: StepRecord) -> None:
            if not told:
                told.append(str(begun))
                self._progress.start(str(begun), step.steps)
            self._progress.advance(step.step)
            curve.add(step)
            if step.parts > 1 and curve.halved == 1:
                halves = "did not fit in memory and was computed in two halves, which have the same gradient"
                self._say(f"{begun}: the batch of step {step.step} {halves}; further ones are counted and not told")

        started = time.perf_counter()
        with self._keeping(begun, curve, moments) as keeper:
            outcome = train(
                self._base.model,
                {kind: list(part.values()) for kind, part in begun.parameters.items()},
                examples,
                begun.config,
                begun.seed,
                on_step,
                lambda batch, output: begun.method.penalty(moments.step(batch, output)),
                begun.learner.training,
                keeper,
                self._store(begun.config),
            )
        seconds = time.perf_counter() - started + (keeper.seconds if keeper else 0.0)
        return Trained(
            steps=outcome.steps,
            tokens=outcome.tokens,
            seconds=seconds,
            peak_memory_bytes=peak_memory(),
            curve=tuple(curve.points),
            halved_steps=curve.halved,
            training_seconds=seconds,
        )

    @contextmanager
    def _keeping(self, begun: _Begun, curve: Curve, moments: Moments) -> Iterator[Checkpoints | None]:
        """What keeps a training on disk, and its reaction to Ctrl-C; None where nothing is to be kept."""
        if begun.inputs is None or not begun.config.keeps_checkpoints:
            curve.take_up(None)
            remove_folder(begun.folder.checkpoints)
            yield None
            return

        def take_up(state: dict[str, Any] | None) -> None:
            curve.take_up(state and state["curve"])
            moments.take_up(state and state["moments"])

        with first_interrupt_waits(self._say) as stop:
            yield Checkpoints(
                begun.folder.checkpoints,
                begun.inputs,
                begun.config,
                self._base.model.device,
                lambda: {"curve": curve.state(), "moments": moments.state()},
                take_up,
                self._say,
                stop,
            )

    def _store(self, config: TrainingConfig) -> ActivationStore | None:
        size = config.stored_activations
        return None if size is None else ActivationStore(self._folder.activations, int(size * 1e9))

    def _losses(self, task: str) -> tuple[SubsetLoss, ...]:
        losses = {subset: subset_loss(self._base.model, rows) for subset, rows in self._validation[task].items()}
        check_finite(task, losses)
        return tuple(SubsetLoss(task=task, subset=subset, loss=loss) for subset, loss in losses.items())


def check_finite(task: str, losses: Mapping[str, float]) -> None:
    """See that validation losses by subset are numbers.

    Raises:
        StudyError: one is not.
    """
    for subset, loss in losses.items():
        if not math.isfinite(loss):
            raise StudyError(f"the validation loss on {task}, {subset} is {loss}")
