"""Our side of the benchmark of a whole study: what a study really does, on a slice of it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import final

from graftwork.benchmarks.study_slice import WARM_AND_TIMED, Rates, Slice, evenly, real_tokens
from graftwork.components import Grafts
from graftwork.data.task import Subset, Task
from graftwork.evaluation.evaluate import item_losses
from graftwork.evaluation.generate import generate_greedy
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell, order_name
from graftwork.study.config import ApproachConfig
from graftwork.study.learners import learner_of
from graftwork.study.observer import Silent
from graftwork.study.worker import ModelWorker
from graftwork.training.loop import batches_of

__all__ = ["OursSide"]

CHANGED_LATER = ("ewc", "lwf", "o-lora")
"""Methods whose steps are others once there is an earlier task."""


@final
class OursSide:
    """Times approaches of a study on its base, by the study's own worker, learners and methods."""

    def __init__(self, cut: Slice, base: Base, scratch: Path, steps: int) -> None:
        """Get ready; so many steps of a task are timed."""
        self._slice, self._base, self._scratch, self._steps = cut, base, scratch, steps

    def generated(self, approach: ApproachConfig) -> tuple[Rates, Mapping[str, list[list[int]]]]:
        """Seconds of generating and of losses with an approach's components, and the tokens by subset."""
        grafts = Grafts(self._base)
        if approach.components:
            grafts.add("a", approach.components, seed=0)
            grafts.use("a")
        seconds, outputs = {}, {}
        try:
            for _ in WARM_AND_TIMED:
                for name, rows in self._slice.tests.items():
                    prompts = [row.source for row in rows]
                    started = time.perf_counter()
                    outputs[name] = generate_greedy(grafts.model, prompts, self._slice.config.decoding)
                    seconds[name] = (time.perf_counter() - started) / len(rows)
                started = time.perf_counter()
                item_losses(grafts.model, self._slice.validation)
                loss = (time.perf_counter() - started) / real_tokens(self._slice.validation)
        finally:
            grafts.detach()
        return Rates((0.0, 0.0), seconds, loss), outputs

    def trained(self, approach: ApproachConfig, rates: Rates) -> Rates:
        """The same rates with those of training.

        Raises:
            StudyError: a loss or a gradient is no finite number.
        """
        for _ in WARM_AND_TIMED:
            found = self._trained(approach, rates)
        return found

    def _trained(self, approach: ApproachConfig, rates: Rates) -> Rates:
        number = 2 if approach.method.kind in CHANGED_LATER else 1
        names = tuple(self._slice.tasks)[:number]
        own = approach.model_copy(update={"training": {**approach.training, "epochs": 1}})
        config = self._slice.config.model_copy(update={"approaches": (own,)})
        folder = RunFolder(self._scratch / approach.name)
        tasks = {name: self._cut(self._slice.tasks[name], own) for name in names}
        worker = ModelWorker(config, self._base, tasks, folder, Silent(), {})
        cell = Cell(own.name, order_name(names), config.seeds[0])
        learner, method = learner_of(own, self._base), own.method.build()
        token, gradient, keeping = [], 0.0, 0.0
        try:
            for place, name in enumerate(names):
                one = folder.task(cell, place)
                one.clear()
                trained = worker.train(learner, method, cell, name, cell.seed, one)
                first, *_, last = one.read_steps()
                token.append((last["seconds"] - first["seconds"]) / (last["tokens"] - first["tokens"]))
                if trained.gradient_tokens:
                    gradient = (trained.seconds - last["seconds"]) / trained.gradient_tokens
                started = time.perf_counter()
                learner.save(name, one.adapter)
                method.save(one.method)
                learner.select(name)
                learner.fingerprint(name)
                worker.probe(learner, name)
                keeping = time.perf_counter() - started
        finally:
            learner.close()
        return replace(rates, token=(token[0], token[-1]), gradient_token=gradient, keeping=keeping)

    def _cut(self, task: Task, approach: ApproachConfig) -> Task:
        """A task with the examples of a few batches of its whole training."""
        examples = tuple(task.examples("train"))
        rows, training = self._slice.encoded(examples), self._slice.config.training_of(approach)
        batches = batches_of(rows, training, self._slice.config.seeds[0], encoder_decoder=True)
        chosen = tuple(examples[index] for batch in evenly(rows, batches, self._steps) for index in batch)
        last = task.subsets[-1]
        return Task(task.name, task.language, (Subset(last.name, chosen, last.validation[:1], last.test),))
