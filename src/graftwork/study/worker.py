"""The work on models that the task loop asks for: train a task, measure one, probe one."""

import math
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Protocol, final

from graftwork.continual.learner import Learner, Server
from graftwork.continual.method import Method, TaskTraining
from graftwork.continual.runner import Measured, Trained
from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.errors import StudyError
from graftwork.evaluation.encode import encode
from graftwork.evaluation.evaluate import Evaluation, evaluate_task, probe_outputs, subset_loss
from graftwork.evaluation.generate import DecodingConfig
from graftwork.evaluation.item_tests import ItemTests
from graftwork.files import digest, remove_folder
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.losses import ItemLoss
from graftwork.results.names import Cell
from graftwork.results.predictions import Prediction
from graftwork.results.records import SubsetLoss
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.curve import Curve
from graftwork.study.moments import Moments
from graftwork.training.activations import ActivationStore
from graftwork.training.batches import Encoded
from graftwork.training.checkpoint import Checkpoints
from graftwork.training.interrupt import first_interrupt_waits
from graftwork.training.loop import StepRecord, TrainingConfig, train

__all__ = ["ModelWorker", "Progress", "peak_memory", "probes_of"]


class Progress(Protocol):
    """Told how far the work at hand is."""

    def start(self, what: str, total: int) -> None:
        """A piece of work begins."""

    def advance(self, done: int) -> None:
        """So much of it is done."""


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@final
class ModelWorker:
    """Trains and measures learners of one study on its base."""

    def __init__(
        self,
        config: StudyConfig,
        base: Base,
        tasks: Mapping[str, Task],
        folder: RunFolder,
        progress: Progress,
        seconds: MutableMapping[str, float],
        tests: ItemTests | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Get ready.

        Args:
            config: the recipe.
            base: its base.
            tasks: its data.
            folder: where predictions go.
            progress: told how far the work at hand is.
            seconds: added to as time is spent, by phase.
            tests: runs those of generated items.
            say: told in a line of what is not as ever.
        """
        self._config, self._base, self._tasks = config, base, tasks
        self._folder, self._progress, self._seconds, self._tests, self._say = folder, progress, seconds, tests, say
        self._measured: dict[tuple[str, str], Measured] = {}
        self._validation = {
            name: {subset.name: self._encode(subset.validation) for subset in task.subsets}
            for name, task in tasks.items()
        }

    def _encode(self, examples: Iterable[Example]) -> list[Encoded]:
        config = self._config
        longest = config.decoding.max_new_tokens
        kind = self._base.model.config.is_encoder_decoder
        return encode(self._base.tokenizer, list(examples), config.prompt, config.max_source_tokens, longest, kind)

    def _spent(self, phase: str, seconds: float) -> None:
        self._seconds[phase] = self._seconds.get(phase, 0.0) + seconds

    # Training

    def train(
        self,
        learner: Learner,
        method: Method,
        cell: Cell,
        task: str,
        seed: int,
        folder: TaskFolder,
        inputs: str | None = None,
    ) -> Trained:
        """Train a task; steps go to the folder in groups, validation losses are measured a few times on the way.

        Without ``inputs``, a digest of all that decides the outcome, there are no checkpoints.
        """
        parameters = learner.begin(task, seed)
        config = self._config.training_of(self._approach(cell))
        moments = Moments(self._base.model, self._encode, config)
        training = TaskTraining(
            task=task,
            earlier=cell.tasks[: cell.tasks.index(task)],
            seed=seed,
            parameters={name: one for part in parameters.values() for name, one in part.items()},
            examples=lambda other: tuple(self._tasks[other].examples("train")),
            log_likelihood=moments.log_likelihood,
        )
        curve = Curve(cell, task, folder, lambda: self._losses(task))
        what = f"{cell.approach}, seed {cell.seed}: train {task}"
        told: list[str] = []

        def on_step(step: StepRecord) -> None:
            if not told:
                told.append(what)
                self._progress.start(what, step.steps)
            self._progress.advance(step.step)
            curve.add(step)
            if step.parts > 1 and curve.halved == 1:
                halves = "did not fit in memory and was computed in two halves, which have the same gradient"
                self._say(f"{what}: the batch of step {step.step} {halves}; further ones are counted and not told")

        started = time.perf_counter()
        with self._keeping(config, folder, inputs, curve, moments) as keeper:
            outcome = train(
                self._base.model,
                {kind: list(part.values()) for kind, part in parameters.items()},
                self._encode(method.before_task(training)),
                config,
                seed,
                on_step,
                lambda batch, output: method.penalty(moments.step(batch, output)),
                learner.training,
                keeper,
                self._store(config),
            )
        before = keeper.seconds if keeper else 0.0
        method.after_task(training)
        seconds = time.perf_counter() - started
        self._spent("train", seconds)
        return Trained(
            steps=outcome.steps,
            tokens=outcome.tokens,
            seconds=before + seconds,
            peak_memory_bytes=peak_memory(),
            curve=tuple(curve.points),
            forward_tokens=moments.forward_tokens,
            gradient_tokens=moments.gradient_tokens,
            halved_steps=curve.halved,
        )

    @contextmanager
    def _keeping(
        self, config: TrainingConfig, folder: TaskFolder, inputs: str | None, curve: Curve, moments: Moments
    ) -> Iterator[Checkpoints | None]:
        """What keeps a training on disk, and its reaction to Ctrl-C; None where nothing is to be kept."""
        if inputs is None or not config.keeps_checkpoints:
            curve.take_up(None)
            remove_folder(folder.checkpoints)
            yield None
            return

        def take_up(state: dict[str, Any] | None) -> None:
            curve.take_up(state and state["curve"])
            moments.take_up(state and state["moments"])

        with first_interrupt_waits(self._say) as stop:
            yield Checkpoints(
                folder.checkpoints,
                inputs,
                config,
                self._base.model.device,
                lambda: {"curve": curve.state(), "moments": moments.state()},
                take_up,
                self._say,
                stop,
            )

    def _store(self, config: TrainingConfig) -> ActivationStore | None:
        size = config.stored_activations
        return None if size is None else ActivationStore(self._folder.activations, int(size * 1e9))

    def _approach(self, cell: Cell) -> ApproachConfig:
        return next(approach for approach in self._config.approaches if approach.name == cell.approach)

    def _losses(self, task: str) -> tuple[SubsetLoss, ...]:
        losses = {subset: subset_loss(self._base.model, rows) for subset, rows in self._validation[task].items()}
        _check_finite(task, losses)
        return tuple(SubsetLoss(task=task, subset=subset, loss=loss) for subset, loss in losses.items())

    # Measuring

    def measure(self, server: Server, cell: Cell, after: str, task: str) -> Measured:
        """Score a task with what serves it; what has the fingerprint of something measured is not measured again."""
        server.select(task)
        fingerprint = server.fingerprint(task)
        known = self._measured.get((fingerprint, task))
        return known or self._measure(cell, after, task, fingerprint)

    def measure_base(self, cell: Cell, task: str) -> Measured:
        """Score a task with the untouched base."""
        return self._measure(cell, None, task, self._base.fingerprint)

    def remember(self, measured: Measured) -> None:
        """Take over what an earlier run measured."""
        self._measured[measured.fingerprint, measured.task] = measured

    def measure_again(self, server: Server, task: str) -> Measured:
        """Score a task with what serves it, whatever is known."""
        server.select(task)
        return self._scored(task, server.fingerprint(task), self._evaluate(task, f"recheck {task}"))

    def _measure(self, cell: Cell, after: str | None, task: str, fingerprint: str) -> Measured:
        name = "base" if after is None else f"{cell.approach}, seed {cell.seed}"
        evaluation = self._evaluate(task, f"{name}: evaluate {task}")
        rows = [
            Prediction(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                after=after,
                task=task,
                subset=subset,
                id=item.example.id,
                fingerprint=fingerprint,
                prompt=item.prompt,
                reference=item.example.target,
                prediction=item.prediction,
                metrics=item.metrics,
            )
            for subset, items in evaluation.items.items()
            for item in items
        ]
        self._folder.write_predictions(cell, after, task, rows)
        self._folder.write_losses(cell, after, task, self._item_losses(task, fingerprint, evaluation))
        measured = self._scored(task, fingerprint, evaluation)
        self.remember(measured)
        return measured

    def _item_losses(self, task: str, fingerprint: str, evaluation: Evaluation) -> list[ItemLoss]:
        return [
            ItemLoss(task, subset.name, example.id, fingerprint, one.tokens, one.loss)
            for subset in self._tasks[task].subsets
            for example, one in zip(subset.validation, evaluation.losses[subset.name], strict=True)
        ]

    def measure_in_batches(self, server: Server, task: str, rows: int) -> Evaluation:
        """Evaluate a task with what serves it, generating with so many prompts a batch, whatever is known."""
        server.select(task)
        decoding = self._config.decoding.model_copy(update={"batch_rows": rows})
        return self._evaluate(task, f"evaluate {task} again, {rows} prompts a batch", decoding)

    def _evaluate(self, task: str, what: str, decoding: DecodingConfig | None = None) -> Evaluation:
        config = self._config
        self._progress.start(what, sum(1 for _ in self._tasks[task].examples("test")))
        evaluation = evaluate_task(
            self._base.model,
            self._base.tokenizer,
            self._tasks[task],
            config.prompt,
            decoding or config.decoding,
            config.max_source_tokens,
            self._progress.advance,
            self._tests,
        )
        self._spent("evaluate", evaluation.seconds)
        return evaluation

    def _scored(self, task: str, fingerprint: str, evaluation: Evaluation) -> Measured:
        _check_finite(task, {subset: scores["loss"] for subset, scores in evaluation.scores.items()})
        return Measured(
            task=task,
            fingerprint=fingerprint,
            scores=evaluation.scores,
            counts=evaluation.counts,
            signatures=evaluation.signatures,
        )

    def probe(self, server: Server, task: str) -> str:
        """Digest of the logits on the task's probes, bit for bit."""
        server.select(task)
        probes = self._encode(probes_of(self._tasks[task], self._config.probes))
        return digest(probe_outputs(self._base.model, probes).contiguous().numpy(force=True).tobytes())


def probes_of(task: Task, most: int) -> list[Example]:
    """The examples on which a task's outputs are compared: the first test examples of each subset."""
    return [example for subset in task.subsets for example in subset.test[:most]]


def _check_finite(task: str, losses: Mapping[str, float]) -> None:
    for subset, loss in losses.items():
        if not math.isfinite(loss):
            raise StudyError(f"the validation loss on {task}, {subset} is {loss}")
