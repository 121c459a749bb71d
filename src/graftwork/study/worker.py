"""The work on models that the task loop asks for: train a task, measure one, probe one."""

import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import final

from graftwork.continual.learner import Learner, Server
from graftwork.continual.method import Method
from graftwork.continual.runner import Measured, Trained
from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.evaluation.encode import encode
from graftwork.evaluation.evaluate import Evaluation, evaluate_task, probe_outputs
from graftwork.evaluation.generate import DecodingConfig
from graftwork.evaluation.item_tests import ItemTests
from graftwork.files import digest
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.losses import ItemLoss
from graftwork.results.names import Cell
from graftwork.results.predictions import Prediction
from graftwork.study.config import StudyConfig
from graftwork.study.equal import DoneTraining
from graftwork.study.progress import Progress
from graftwork.study.trainer import Trainer, check_finite
from graftwork.training.batches import Encoded

__all__ = ["Known", "ModelWorker", "probes_of"]

Known = Measured | DoneTraining


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
        self._folder, self._progress, self._seconds, self._tests = folder, progress, seconds, tests
        self._measured: dict[tuple[str, str], Measured] = {}
        self._trainer = Trainer(config, base, tasks, folder, progress, self._encode, say)

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
        """Train a task, or take over an equal training. Without ``inputs`` there are no checkpoints."""
        started = time.perf_counter()
        trained = self._trainer.train(learner, method, cell, task, seed, folder, inputs)
        self._spent("train", time.perf_counter() - started)
        return trained

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

    def remember(self, known: Known) -> None:
        """Take note of what another measured or trained, or an earlier run: it need not be done again."""
        if isinstance(known, DoneTraining):
            self._trainer.remember(known)
        else:
            self._measured[known.fingerprint, known.task] = known

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
        check_finite(task, {subset: scores["loss"] for subset, scores in evaluation.scores.items()})
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
