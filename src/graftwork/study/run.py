"""Running a study: data, base, every cell that is not done, records. The only place that wires everything."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import final

import torch

from graftwork.config import Config
from graftwork.continual.runner import Measured, TaskRecord, done_tasks
from graftwork.data.manifest import MANIFEST_FILE, Manifest
from graftwork.data.recipe import BuiltTask, build_task
from graftwork.errors import InputError, StudyError
from graftwork.evaluation.item_tests import find_item_tests
from graftwork.files import check_place, read_json
from graftwork.models.load import DEFAULT_FOLDER, Base, load_base
from graftwork.results.environment import changes, collect_environment
from graftwork.results.folder import RunFolder
from graftwork.results.items import ItemScores
from graftwork.results.names import Cell
from graftwork.results.records import Environment, Results
from graftwork.study.budget import matched
from graftwork.study.cell import CellRunner
from graftwork.study.config import StudyConfig, recipe_text
from graftwork.study.equal import DoneTraining, begins_as
from graftwork.study.inputs import of_base, of_tasks
from graftwork.study.learners import learner_of
from graftwork.study.messages import Job, Turn
from graftwork.study.observer import Observer, Silent
from graftwork.study.parallel import Crew
from graftwork.study.recheck import check_cell
from graftwork.study.records import StudyState, results_of
from graftwork.study.repeats import repeated
from graftwork.study.threads import on_threads
from graftwork.study.worker import Known, ModelWorker
from graftwork.study.workforce import WantedWorkers, Workforce, workforce

__all__ = ["run_study"]

WRITING_SHARE = 20
"""Between two writings of the records of a running study lies so many times what writing them takes: their statistics
take seconds when a study has grown large, and the tasks' own markers hold what is done."""


def run_study(
    config: StudyConfig,
    path: Path,
    observer: Observer | None = None,
    recheck: bool = False,
    workers: WantedWorkers = 1,
) -> Results:
    """Run a study into a folder, or go on with the one there; return its records.

    Args:
        config: the recipe.
        path: the run folder.
        observer: who watches; nobody by default.
        recheck: evaluate again what is done, and fail on any difference.
        workers: how many processes run the cells; 1 is this process, ``auto`` as many as the machine and the work
            allow. Each has its share of the cores, so with another number the last bits may be others.

    Raises:
        InputError: the recipe, the data, the base or the folder cannot be used.
        StudyError: a cell failed; the others are done, and everything done is kept.
        IsolationError: with ``recheck``, an evaluation came out otherwise than before.
    """
    return _Run(config, path, observer or Silent()).run(recheck, workers)


@final
class _BaseScores(Config):
    """What the untouched base scored; the content of ``base.json``."""

    inputs: str
    """Digest of everything that decides it."""
    measured: tuple[Measured, ...]


@final
class _Run:
    """One run of a study."""

    def __init__(self, config: StudyConfig, path: Path, observer: Observer) -> None:
        self._config, self._observer = config, observer
        self._folder = RunFolder(path)
        self._state = StudyState(started=_now())
        self._known: list[Known] = []
        """What was measured and trained, in the order in which it came to be known."""
        self._written = -math.inf, 0.0
        """When the records were written last, and how long that took, in seconds."""

    def run(self, recheck: bool, workers: WantedWorkers) -> Results:
        config, observer = self._config, self._observer
        check_place(self._folder.path)
        if self._folder.path.is_dir():
            with self._folder.lock():
                pass  # if another process has it, that is said before the work of getting ready
        with self._timed("prepare the data"):
            built = {task.name: self._build(task.name) for task in config.tasks}
        with self._timed("load the base"):
            base = load_base(config.base)
            config = self._config = matched(config, base.model.config, observer.say)
            self._check_unseen(built)
            self._prepare_sizes(base)
        self._given_threads = torch.get_num_threads()
        force = workforce(workers, config, base, built, self._state.sizes, self._begun())
        environment = collect_environment(str(base.model.device), force.threads, force.number)
        with self._folder.lock() as lock, on_threads(force.threads):
            self._folder = RunFolder.create(self._folder.path, recipe_text(config), environment)
            self._look_over(environment)
            results = self._run(base, built, environment, force, lock, recheck)
        if self._state.failed:
            cell, reason = next(iter(self._state.failed.items()))
            raise StudyError(f"{len(self._state.failed)} cell(s) failed; {cell}: {reason}; everything else is kept")
        return results

    def _run(
        self,
        base: Base,
        built: Mapping[str, BuiltTask],
        environment: Environment,
        force: Workforce,
        lock: int,
        recheck: bool,
    ) -> Results:
        """Run what is not done, in a folder that is locked and looked over."""
        config, observer = self._config, self._observer
        tasks = {name: one.task for name, one in built.items()}
        self._items = ItemScores(self._folder.predictions, self._folder.losses)
        tested = {one.language for task in tasks.values() for one in task.examples("test") if one.tests}
        tests = find_item_tests(tested, config.execute, observer.say)
        spent, say = self._state.seconds, observer.say
        self._worker = ModelWorker(config, base, tasks, self._folder, observer, spent, tests, say)
        observer.begin(sum(len(cell.tasks) for cell in config.cells()))
        self._take_over(base, built)
        self._write_now = partial(self._write, base, built, environment)
        try:
            self._run_cells(base, built, force, lock)
            self._measure_repeats(base)
        except KeyboardInterrupt:
            if self._state.base_scores:
                self._write_now()  # what was put off, too
            raise
        if not self._state.failed:
            self._state.finished = self._state.finished or _now()
        if recheck:
            with self._timed("recheck"):
                self._recheck(base)
        return self._write_now()

    def _run_cells(self, base: Base, built: Mapping[str, BuiltTask], force: Workforce, lock: int) -> None:
        """Measure the base, and run every cell that is not done: here, or in processes that start meanwhile."""
        left = [cell for cell, done in self._state.tasks_done.items() if len(done) < len(cell.tasks)]
        number = min(force.number, len(left))
        job = Job(self._config, built, base.fingerprint, str(self._folder.path), force.threads)
        with ExitStack() as stack:
            crew = stack.enter_context(Crew(number, lambda: job, lock, self._observer)) if number > 1 else None
            self._measure_base(base, built)
            if crew is not None:
                crew.run(left, self)
                return
        runner = CellRunner(self._config, base, built, self._folder, self._worker, self._observer.say)
        for cell in left:
            failure = runner.run(cell, tuple(self._state.tasks_done[cell]), partial(self.task_done, cell))
            if failure is not None:
                self.failed(cell, failure)

    def _begun(self) -> Environment | None:
        """Where the folder was begun; None where it was not, or cannot be read (which is said later)."""
        try:
            path = self._folder.environment
            return Environment.read(read_json(path), str(path)) if path.is_file() else None
        except InputError:
            return None

    def _look_over(self, environment: Environment) -> None:
        """Refuse what is damaged of the folder; what is missing and can be made anew is, and that is said."""
        folder, say = self._folder, self._observer.say
        folder.sweep()
        made_anew = (folder.base, folder.environment, folder.results)
        for fault in folder.faults():
            if fault.path in made_anew and not fault.path.exists():
                say(f"{fault.path}: {fault.what}; it is made anew")
            elif fault.path.parent == folder.path:
                anew = "remove it, and it is made anew" if fault.path in made_anew else "restore it from a copy"
                raise fault.error(anew)
            elif folder.base.exists():
                raise fault.error(f"remove {folder.base}, and the base is measured again")
        for line in folder.unchecked():
            say(line)
        if not folder.environment.exists():
            folder.write_environment(environment)
        before = Environment.read(read_json(folder.environment), str(folder.environment))
        if differs := changes(before, environment):
            say(f"{folder.path} was begun with other means, so bits may differ between its cells: {'; '.join(differs)}")

    def _build(self, name: str) -> BuiltTask:
        config = next(task for task in self._config.tasks if task.name == name)
        started = [False]

        def progress(done: int, total: int) -> None:
            if not started[0]:
                self._observer.start(f"read sources for {name}", total)
                started[0] = True
            self._observer.advance(done)

        self._observer.start(f"prepare {name}", 1)
        return build_task(config, progress=progress)

    def _check_unseen(self, built: Mapping[str, BuiltTask]) -> None:
        """Refuse an embedded base that was pretrained on something the study tests."""
        folder = DEFAULT_FOLDER if self._config.base == "default" else Path(self._config.base).expanduser()
        path = folder / MANIFEST_FILE
        if not path.is_file():
            return
        seen = Manifest.read(path).seen(one.task for one in built.values())
        if seen:
            what = f"{len(seen)} validation or test examples were in its pretraining, {seen[0].origin} among them"
            raise InputError(what, f"base {self._config.base}", "choose other data or another base")
        self._observer.say("no validation or test example was in the base's pretraining (checked by hash)")

    def _prepare_sizes(self, base: Base) -> None:
        for approach in self._config.approaches:
            learner = learner_of(approach, base)
            self._state.sizes[approach.name] = dict(learner.sizes())
            self._state.isolated[approach.name] = learner.isolated("")
            learner.close()

    def _take_over(self, base: Base, built: Mapping[str, BuiltTask]) -> None:
        """Know what earlier runs did; what they did with other settings is refused before anything is written."""
        for cell in self._config.cells():
            inputs = of_tasks(self._config, self._config.approach_of(cell), cell.seed, base, built)
            self._state.tasks_done[cell] = done_tasks(cell, self._folder, inputs)
        if self._folder.results.is_file():
            before = self._folder.read_results()
            self._state.started = before.study.started or self._state.started
            if all(len(done) == len(cell.tasks) for cell, done in self._state.tasks_done.items()):
                self._state.finished = before.study.finished
                self._state.repeats = before.repeats
            for timing in before.timings:
                self.spent(timing.phase, timing.seconds)
        for cell, done in self._state.tasks_done.items():
            for task, record in zip(cell.tasks, done, strict=False):
                self._know(cell, task, record)

    def _know(self, cell: Cell, task: str, record: TaskRecord) -> None:
        for measured in record.measured:
            self._remember(measured)
        self._remember(DoneTraining(cell, self._folder.task(cell, cell.tasks.index(task)), record))
        self._observer.task_done(cell, task, record)

    def _measure_base(self, base: Base, built: Mapping[str, BuiltTask]) -> None:
        """Row 0 of every score matrix, measured once."""
        path = self._folder.base
        inputs = of_base(self._config, base, built)
        if path.is_file():
            kept = _BaseScores.read(read_json(path), str(path))
            if kept.inputs != inputs:
                what = "its base was measured with other settings, on other data, or is another one"
                raise InputError(what, str(self._folder.path), "give another --out")
            self._state.base_scores = {one.task: one for one in kept.measured}
        else:
            first = self._config.cells()[0]
            self._state.base_scores = {task: self._worker.measure_base(first, task) for task in built}
            kept = _BaseScores(inputs=inputs, measured=tuple(self._state.base_scores.values()))
            self._folder.write_base(kept.model_dump(mode="json"))
        self._folder.write_recipe(recipe_text(self._config))  # it may have gained seeds or approaches
        for one in self._state.base_scores.values():
            self._remember(one)

    def _remember(self, known: Known) -> None:
        self._worker.remember(known)
        self._known.append(known)

    # What cells come to, wherever they are run

    def turn(self, cell: Cell, known: int) -> tuple[Turn, int]:
        """See ``parallel.Study.turn``."""
        return Turn(cell, tuple(self._state.tasks_done[cell]), tuple(self._known[known:])), len(self._known)

    def alike(self, cell: Cell, other: Cell) -> bool:
        """See ``parallel.Study.alike``."""
        own = self._next_training(cell)
        return own is not None and own == self._next_training(other)

    def _next_training(self, cell: Cell) -> str | None:
        place = len(self._state.tasks_done[cell])
        return begins_as(self._config, cell, place) if place < len(cell.tasks) else None

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """See ``parallel.Study.task_done``."""
        self._state.tasks_done[cell].append(record)
        if time.perf_counter() - self._written[0] >= WRITING_SHARE * self._written[1]:
            self._write_now()
        self._know(cell, task, record)

    def failed(self, cell: Cell, reason: str) -> None:
        """See ``parallel.Study.failed``."""
        self._state.failed[cell] = reason
        self._write_now()
        self._observer.say(f"failed: {cell}: {reason}")

    def spent(self, phase: str, seconds: float) -> None:
        """See ``parallel.Study.spent``."""
        self._state.seconds[phase] = self._state.seconds.get(phase, 0.0) + seconds

    def _write(self, base: Base, built: Mapping[str, BuiltTask], environment: Environment) -> Results:
        started = time.perf_counter()
        self._items.refresh()
        results = results_of(self._config, base, built, self._state, environment, self._items)
        self._folder.write_results(results)
        ended = time.perf_counter()
        self._written = ended, ended - started
        return results

    def _recheck(self, base: Base) -> None:
        """Evaluate again what every finished cell saved."""
        for cell, done in self._state.tasks_done.items():
            if len(done) == len(cell.tasks):
                learner = learner_of(self._config.approach_of(cell), base)
                check_cell(cell, done[-1], learner, self._adapters(cell), self._worker)
        self._observer.say("rechecked: every evaluation came out the same")

    def _measure_repeats(self, base: Base) -> None:
        """Evaluate the last task of the first cell that is done again, unless an earlier run did."""
        finished = [cell for cell, done in self._state.tasks_done.items() if len(done) == len(cell.tasks)]
        if self._state.repeats or not finished:
            return
        cell = finished[0]
        *_, task = cell.tasks
        learner = learner_of(self._config.approach_of(cell), base)
        try:
            learner.load(self._adapters(cell))
            measured = next(one for one in self._state.tasks_done[cell][-1].measured if one.task == task)
            rows = self._config.decoding.batch_rows
            self._state.repeats = repeated(
                cell,
                measured,
                rows,
                lambda rows: self._worker.measure_in_batches(learner, task, rows),
                self._given_threads,
            )
        finally:
            learner.close()

    def _adapters(self, cell: Cell) -> dict[str, Path]:
        return {task: self._folder.task(cell, index).adapter for index, task in enumerate(cell.tasks)}

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.spent(phase, time.perf_counter() - started)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
