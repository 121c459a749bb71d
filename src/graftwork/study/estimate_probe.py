"""A short probe: some real steps, losses and outputs of each approach on this machine, and what a run comes to by them.

What is timed is what a run does: the approach's own learner and method, batches of the study's own data from short to
the longest, in this process. A run is those rates times its tokens and outputs.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, final

import psutil
import torch
from torch import nn

from graftwork.data.example import Example
from graftwork.data.task import Subset, Task
from graftwork.evaluation.encode import encode
from graftwork.evaluation.evaluate import LOSS_BATCH_TOKENS, subset_loss
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.metrics import score_predictions
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell, order_name, order_tasks
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.curve import LOG_EVERY, VALIDATIONS
from graftwork.study.estimate import Work
from graftwork.study.estimate_tests import execution_seconds
from graftwork.study.learners import learner_of
from graftwork.study.memory import peak_memory
from graftwork.study.observer import Silent
from graftwork.study.repeats import one_thread, smaller_batches
from graftwork.study.worker import ModelWorker
from graftwork.training.batches import Encoded, sorted_batches
from graftwork.training.loop import batches_of

__all__ = ["Probe", "Rates"]

STEPS = 8
"""Steps of a task that are timed, besides the one on the longest batch."""
NEW_TOKENS = 24
"""Tokens of the outputs that are timed."""
FEW_ROWS = 4
SCORED = 12
"""Items of a subset whose scoring is timed."""
STUCK = 0.25
"""Share of outputs for mined functions that do not end by themselves (measured: 7 to 45 % on the embedded base)."""


@final
@dataclass(frozen=True)
class Rates:
    """What one approach takes on this machine, in seconds."""

    token: tuple[float, float]
    """A real token of training, in the first task and in later ones."""
    gradient_token: float
    """A token that the method takes a gradient for besides."""
    loss_token: float
    """A token of a validation loss."""
    decoding_call: float
    """A pass of decoding, whatever the number of rows."""
    decoding_row: float
    """A row in it."""
    keeping: float
    """Saving a task and fingerprinting it."""
    peak_memory_bytes: int
    """Peak resident memory of the process while it was probed."""


@final
class Probe:
    """Measures approaches of one study on its base and data."""

    def __init__(self, config: StudyConfig, base: Base, tasks: Mapping[str, Task], scratch: Path) -> None:
        """Get ready: encode the data, and time the scoring of outputs and the running of their tests.

        Args:
            config: the recipe.
            base: its base, loaded.
            tasks: its tasks, by name.
            scratch: an empty folder, for what is saved on the way.

        Raises:
            InputError: the recipe wants tests run always, and they cannot be run here.
        """
        self._config, self._base, self._tasks, self._scratch = config, base, tasks, scratch
        self._encoder_decoder = bool(base.model.config.is_encoder_decoder)
        self._train = {name: self._encode(tuple(task.examples("train"))) for name, task in tasks.items()}
        self._validation = {
            name: [self._encode(subset.validation) for subset in task.subsets] for name, task in tasks.items()
        }
        self._tests = {name: [self._encode(subset.test) for subset in task.subsets] for name, task in tasks.items()}
        self._scoring = {name: _scoring_seconds(task) for name, task in tasks.items()}
        said: dict[str, None] = {}
        self._executing = {
            name: execution_seconds(task, config.execute, said.setdefault) for name, task in tasks.items()
        }
        self.not_run = tuple(said)
        """Tests that are not run here, in a line each."""
        self._slower = self._slower_on_one_thread() if torch.get_num_threads() > 1 else 0.0
        self._prepared = peak_memory()

    def _encode(self, examples: Sequence[Example]) -> list[Encoded]:
        config = self._config
        limits = (config.max_source_tokens, config.decoding.max_new_tokens)
        return encode(self._base.tokenizer, list(examples), config.prompt, *limits, self._encoder_decoder)

    def tokens(self, task: str) -> float:
        """Mean real tokens of a training example, source and target together."""
        rows = self._train[task]
        return sum(len(row.source) + len(row.target) for row in rows) / len(rows)

    # Measuring

    def rates(self, approach: ApproachConfig) -> Rates:
        """Run an approach on a few batches of its first two tasks, and time it.

        Raises:
            StudyError: its loss or a gradient is no finite number.
        """
        names = order_tasks(self._config.order_names()[0])[:2]
        own = approach.model_copy(update={"training": {**approach.training, "epochs": 1}})
        config = self._config.model_copy(update={"approaches": (own,)})
        tasks = {name: self._cut(name, config, own) for name in names}
        folder = RunFolder(self._scratch / approach.name)
        worker = ModelWorker(config, self._base, tasks, folder, Silent(), {})
        cell = Cell(own.name, order_name(names), config.seeds[0])
        learner, method = learner_of(own, self._base), own.method.build()
        token, gradient, keeping = [], 0.0, 0.0
        try:
            with _Memory() as memory:
                for place, name in enumerate(names):
                    one = folder.task(cell, place)
                    one.clear()
                    trained = worker.train(learner, method, cell, name, cell.seed, one)
                    steps = one.read_steps()
                    token.append(_seconds_a_token(steps))
                    if trained.gradient_tokens:
                        gradient = (trained.seconds - steps[-1]["seconds"]) / trained.gradient_tokens
                    started = time.perf_counter()
                    learner.save(name, one.adapter)
                    method.save(one.method)
                    learner.fingerprint(name)
                    keeping = time.perf_counter() - started
                learner.select(names[0])
                loss = self._loss_seconds()
                call, row = self._decoding_seconds()
        finally:
            learner.close()
        peak = max(memory.peak, self._prepared)
        return Rates((token[0], token[-1]), gradient, loss, call, row, keeping, peak)

    def _cut(self, name: str, config: StudyConfig, approach: ApproachConfig) -> Task:
        """A task with the examples of a few batches, evenly from the shortest to the longest, and of the longest."""
        rows, task = self._train[name], self._tasks[name]
        training = config.training_of(approach)
        batches = batches_of(rows, training, config.seeds[0], encoder_decoder=self._encoder_decoder)
        batches.sort(key=lambda batch: _padded(rows, batch))
        places = {round((step + 0.5) * len(batches) / STEPS - 0.5) for step in range(STEPS)} | {len(batches) - 1}
        examples = tuple(task.examples("train"))
        chosen = tuple(examples[index] for place in sorted(places) for index in batches[place])
        last = task.subsets[-1]
        return Task(name, task.language, (Subset("probe", chosen, last.validation[:1], last.test[:1]),))

    def _loss_seconds(self) -> float:
        """Seconds a token of validation batches: of the study's largest one and of one in the middle."""
        batches = [
            [rows[index] for index in indices]
            for subsets in self._validation.values()
            for rows in subsets
            for indices in sorted_batches(rows, len(rows), LOSS_BATCH_TOKENS, encoder_decoder=self._encoder_decoder)
        ]
        batches.sort(key=lambda batch: _padded(batch, range(len(batch))))
        timed = [batches[-1], batches[len(batches) // 2]]
        started = time.perf_counter()
        for batch in timed:
            subset_loss(self._base.model, batch)
        return (time.perf_counter() - started) / sum(map(_real, timed))

    def _decoding_seconds(self) -> tuple[float, float]:
        """Seconds of a pass of decoding and of a row in it, from a full batch and one of a few rows."""
        prompts = self._prompts()
        rows = min(self._config.decoding.batch_rows, len(prompts))
        middle = (len(prompts) - rows) // 2
        full = self._decode(prompts[middle : middle + rows])
        few = self._decode(prompts[len(prompts) // 2 :][:FEW_ROWS])
        # seconds = call · calls + row · rows, twice; what cannot be told apart counts as calls
        determinant = full.calls * few.rows - few.calls * full.rows
        row = (full.calls * few.seconds - few.calls * full.seconds) / determinant if determinant else 0.0
        row = min(max(row, 0.0), full.seconds / full.rows)
        return (full.seconds - row * full.rows) / full.calls, row

    def _slower_on_one_thread(self) -> float:
        """How many times as long decoding takes on one thread."""
        prompts = self._prompts()[: self._config.decoding.batch_rows]
        self._decode(prompts)  # the first is slower than all others
        usual = self._decode(prompts).seconds
        with one_thread():
            return self._decode(prompts).seconds / usual

    def _prompts(self) -> list[tuple[int, ...]]:
        """Prompts of all test items, the shortest first."""
        return sorted((row.source for subsets in self._tests.values() for rows in subsets for row in rows), key=len)

    def _decode(self, prompts: Sequence[Sequence[int]]) -> "_Decoded":
        model = self._base.model
        limit = min(NEW_TOKENS, self._config.decoding.max_new_tokens)
        seen: list[int] = []

        def note(module: nn.Module, arguments: Any, keywords: Any, output: Any) -> None:
            seen.append(output.logits.shape[0])

        hook = model.register_forward_hook(note, with_kwargs=True)
        started = time.perf_counter()
        try:
            generate_greedy(model, prompts, DecodingConfig(max_new_tokens=limit, batch_rows=len(prompts)))
        finally:
            hook.remove()
        return _Decoded(time.perf_counter() - started, len(seen), sum(seen))

    # What a run comes to

    def train_seconds(self, rates: Rates, work: Work, place: int, task: str, taken_over: bool = False) -> float:
        """Training one task in its place of the sequence, with the validation losses on the way, and keeping it.

        One that is taken over from an equal training costs the method's part and keeping.
        """
        beside = work.gradient_tokens * rates.gradient_token + rates.keeping
        if taken_over:
            return beside
        losses = min(VALIDATIONS, math.ceil(work.steps / LOG_EVERY))
        return beside + work.tokens * rates.token[min(place, 1)] + losses * self.loss_seconds(rates, task)

    def evaluate_seconds(self, rates: Rates, task: str, batch_rows: int | None = None) -> float:
        """Scoring one task once: decoding, scores, and the validation loss; ``batch_rows``: instead of the recipe's."""
        decoding = self._config.decoding
        seconds = self.loss_seconds(rates, task) + self._scoring[task]
        for rows, subset in zip(self._tests[task], self._tasks[task].subsets, strict=True):
            stuck = 0.0 if subset.test[0].tests else STUCK
            for indices in sorted_batches(rows, batch_rows or decoding.batch_rows):
                lengths = [len(rows[index].target) for index in indices]
                longest = decoding.max_new_tokens if stuck else max(lengths)
                passed = stuck * longest * len(lengths) + (1 - stuck) * sum(lengths)
                seconds += rates.decoding_call * longest + rates.decoding_row * passed
        return seconds

    def execute_seconds(self, task: str) -> float:
        """Running the tests of everything that is generated for a task once; 0 where none are run."""
        return self._executing[task]

    def repeat_seconds(self, rates: Rates, task: str) -> float:
        """Evaluating one model again on a task, in as many conditions as a study does at its end.

        What it writes has been run already, so no program is run again.
        """
        once = self.evaluate_seconds(rates, task)
        rows = smaller_batches(self._config.decoding.batch_rows)
        return once * (1.0 + self._slower) + self.evaluate_seconds(rates, task, rows)

    def loss_seconds(self, rates: Rates, task: str) -> float:
        """Measuring a task's validation loss once, as it is before a task is trained."""
        return rates.loss_token * sum(map(_real, self._validation[task]))


@final
@dataclass(frozen=True)
class _Decoded:
    """A timed decoding: seconds, passes of the model, and rows in all of them together."""

    seconds: float
    calls: int
    rows: int


def _scoring_seconds(task: Task) -> float:
    """Seconds that scoring all test outputs takes, by scoring some references as if they were outputs for others."""
    seconds = 0.0
    for subset in task.subsets:
        some = subset.test[:SCORED]
        wanted = [example.target for example in some]
        given = [*wanted[1:], wanted[0]]
        score_predictions(given[:1], wanted[:1], task.language)  # what is loaded once is not timed
        started = time.perf_counter()
        score_predictions(given, wanted, task.language, [example.description for example in some])
        seconds += (time.perf_counter() - started) / len(some) * len(subset.test)
    return seconds


def _seconds_a_token(steps: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of a step by its real tokens; the first step, which prepares what all need, is left out."""
    first, last = steps[0], steps[-1]
    if len(steps) == 1:
        return float(last["seconds"] / last["tokens"])
    return float((last["seconds"] - first["seconds"]) / (last["tokens"] - first["tokens"]))


def _padded(rows: Sequence[Encoded], batch: Sequence[int]) -> int:
    """Tokens of a batch with its padding."""
    chosen = [rows[index] for index in batch]
    return len(chosen) * (max(len(row.source) for row in chosen) + max(len(row.target) for row in chosen))


def _real(rows: Sequence[Encoded]) -> int:
    return sum(len(row.source) + len(row.target) for row in rows)


@final
class _Memory:
    """The largest resident memory of this process inside a ``with`` block, looked at a hundred times a second."""

    def __init__(self) -> None:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(0.01):
            self.peak = max(self.peak, process.memory_info().rss)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        self._thread.join()
