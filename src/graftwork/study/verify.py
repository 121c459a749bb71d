"""Verifying a run folder: every checksum, and a sample of what was trained, evaluated again, bit for bit."""

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch

from graftwork.continual.learner import Learner
from graftwork.continual.runner import TaskRecord, take_up, task_seed
from graftwork.data.recipe import build_task
from graftwork.errors import InputError
from graftwork.evaluation.item_tests import find_item_tests
from graftwork.files import read_json
from graftwork.models.load import load_base
from graftwork.results.checksums import CHECKSUMS, check_files, listed
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell
from graftwork.results.records import Environment
from graftwork.study.config import ApproachConfig, StudyConfig, read_recipe
from graftwork.study.learners import learner_of
from graftwork.study.progress import Progress
from graftwork.study.recheck import difference
from graftwork.study.threads import on_threads
from graftwork.study.worker import ModelWorker

__all__ = ["Verified", "verify_files", "verify_functions"]


@final
@dataclass(frozen=True)
class Verified:
    """One thing that was looked at.

    Attributes:
        what: the thing.
        found: what was found, in a line.
        same: whether it is as it was written; None where that cannot be told.
    """

    what: str
    found: str
    same: bool | None


def verify_files(folder: RunFolder) -> Iterator[Verified]:
    """Compare every file with its checksum: a row a list of checksums, one a fault, one for what has no list."""
    for path in (folder.path, *sorted(path.parent for path in folder.path.glob(f"runs/*/*/*/tasks/*/{CHECKSUMS}"))):
        what = "the study" if path == folder.path else str(path.relative_to(folder.path))
        try:
            number, faults = len(listed(path) or ()), check_files(path)
        except InputError as error:
            yield Verified(what, str(error), False)
            continue
        yield from (Verified(what, str(fault.error()), False) for fault in faults)
        if number > len(faults):
            yield Verified(what, f"{number - len(faults)} of {number} files are as they were written", True)
    yield from (Verified("no checksums", line, None) for line in folder.unchecked())


def verify_functions(folder: RunFolder, cells: int, retrain: bool, progress: Progress) -> Iterator[Verified]:
    """Load what was saved of some finished cells and evaluate it again: scores and outputs must be equal, bit for bit.

    All is computed on as many threads as the study had, for these decide the last bits.

    Args:
        folder: whole, as ``verify_files`` says.
        cells: how many, drawn by the study's name alone.
        retrain: also train the last task of each again, from what was saved before it; weights must be equal too.
        progress: told how far the work is.

    Raises:
        InputError: the recipe, its data or its base cannot be used.
    """
    config = read_recipe(str(folder.recipe))
    environment = Environment.read(read_json(folder.environment), str(folder.environment))
    finished = [cell for cell in config.cells() if all(task.is_done() for task in _tasks(folder, cell))]
    with tempfile.TemporaryDirectory() as scratch, on_threads(environment.num_threads or torch.get_num_threads()):
        again = _Again(config, folder, RunFolder(Path(scratch)), progress)
        for cell in random.Random(config.name).sample(finished, min(cells, len(finished))):
            yield _judged(f"{cell.approach}, {cell.order}, seed {cell.seed}: evaluated again", again.evaluate, cell)
            if retrain:
                yield _judged(f"{cell.approach}, {cell.order}, seed {cell.seed}: trained again", again.train, cell)


def _tasks(folder: RunFolder, cell: Cell) -> list[TaskFolder]:
    return [folder.task(cell, index) for index in range(len(cell.tasks))]


@final
class _Again:
    """Does what a study did once more; what it writes goes to another folder."""

    def __init__(self, config: StudyConfig, folder: RunFolder, scratch: RunFolder, progress: Progress) -> None:
        self._config, self._folder, self._scratch = config, folder, scratch
        self._base = load_base(config.base)
        tasks = {task.name: build_task(task).task for task in config.tasks}
        tested = {one.language for task in tasks.values() for one in task.examples("test") if one.tests}
        tests = find_item_tests(tested, config.execute, lambda text: None)
        self._worker = ModelWorker(config, self._base, tasks, scratch, progress, {}, tests)

    def evaluate(self, cell: Cell) -> str | None:
        """Measure and probe every task with what was saved last; return a difference if there is one."""
        tasks = _tasks(self._folder, cell)
        before = TaskRecord.read(tasks[-1].done_data(), str(tasks[-1].done))
        with self._learner(cell) as (_, learner):
            learner.load({name: task.adapter for name, task in zip(cell.tasks, tasks, strict=True)})
            for measured in before.measured:
                now = self._worker.measure_again(learner, measured.task)
                if now != measured:
                    return f"{measured.task} {difference(measured, now)}"
                if self._worker.probe(learner, measured.task) != before.probed[measured.task].outputs:
                    return f"{measured.task} has other outputs on its probes"
        return None

    def train(self, cell: Cell) -> str | None:
        """Train the last task again; return a difference if there is one."""
        *earlier, last = _tasks(self._folder, cell)
        *_, name = cell.tasks
        folder = self._scratch.task(cell, len(earlier))
        folder.clear()
        with self._learner(cell) as (approach, learner):
            method = approach.method.build()
            if earlier:
                record = TaskRecord.read(earlier[-1].done_data(), str(earlier[-1].done))
                take_up(cell, record, learner, method, earlier)
            self._worker.train(learner, method, cell, name, task_seed(cell.seed, name), folder)
            learner.save(name, folder.adapter)
        for path in sorted(last.adapter.iterdir()):
            if path.read_bytes() != (folder.adapter / path.name).read_bytes():
                return f"{path} came out otherwise"
        return None

    @contextmanager
    def _learner(self, cell: Cell) -> Iterator[tuple[ApproachConfig, Learner]]:
        approach = self._config.approach_of(cell)
        learner = learner_of(approach, self._base)
        try:
            yield approach, learner
        finally:
            learner.close()


def _judged(what: str, work: Callable[[Cell], str | None], cell: Cell) -> Verified:
    try:
        found = work(cell)
    except InputError as error:
        found = str(error)
    return Verified(what, found or "the same, bit for bit", found is None)
