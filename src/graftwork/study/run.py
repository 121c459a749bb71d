"""Running a study: data, base, every cell that is not done, records. The only place that wires everything."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, final

from graftwork.config import Config
from graftwork.continual.learner import Learner, Server
from graftwork.continual.learners.adapters import AdapterLearner
from graftwork.continual.learners.full import FullFineTuning
from graftwork.continual.learners.stack import StackLearner
from graftwork.continual.runner import Measured, Pinned, TaskRecord, done_tasks, run_cell
from graftwork.data.manifest import MANIFEST_FILE, Manifest
from graftwork.data.recipe import BuiltTask, build_task
from graftwork.errors import InputError, IsolationError, StudyError
from graftwork.evaluation.item_tests import find_item_tests
from graftwork.files import digest, read_json
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import DEFAULT_FOLDER, Base, load_base
from graftwork.results.environment import collect_environment
from graftwork.results.folder import RunFolder
from graftwork.results.items import ItemScores
from graftwork.results.names import Cell
from graftwork.results.records import Environment, Results
from graftwork.study.budget import matched
from graftwork.study.config import ApproachConfig, StudyConfig, recipe_text
from graftwork.study.records import StudyState, results_of
from graftwork.study.repeats import repeated
from graftwork.study.worker import ModelWorker, Progress

__all__ = ["Observer", "Silent", "difference", "learner_of", "run_study"]

KEEPING = ("checkpoint_minutes", "checkpoint_steps")
"""Settings of training that change nothing of what comes out."""


WRITING_SHARE = 20
"""Between two writings of the records of a running study lies so many times what writing them takes: their statistics
take seconds when a study has grown large, and the tasks' own markers hold what is done."""


class Observer(Progress, Protocol):
    """Who watches a study: told of cells and tasks as they are done, besides the progress of each piece of work."""

    def begin(self, num_tasks: int) -> None:
        """The cells begin; so many tasks are to be done in all of them."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """A task is done, now or in an earlier run."""

    def say(self, text: str) -> None:
        """A line for people and for the log."""


@final
class Silent:
    """An observer that shows nothing."""

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""

    def begin(self, num_tasks: int) -> None:
        """See ``Observer.begin``."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """See ``Observer.task_done``."""

    def say(self, text: str) -> None:
        """See ``Observer.say``."""


def run_study(config: StudyConfig, path: Path, observer: Observer | None = None, recheck: bool = False) -> Results:
    """Run a study into a folder, or go on with the one there; return its records.

    Args:
        config: the recipe.
        path: the run folder.
        observer: who watches; nobody by default.
        recheck: evaluate again what is done, and fail on any difference.

    Raises:
        InputError: the recipe, the data, the base or the folder cannot be used.
        StudyError: a cell failed; the others are done, and everything done is kept.
        IsolationError: with ``recheck``, an evaluation came out otherwise than before.
    """
    return _Run(config, path, observer or Silent()).run(recheck)


def learner_of(approach: ApproachConfig, base: Base) -> Learner:
    """The fresh learner of an approach."""
    course = approach.method.course
    if not approach.components:
        return FullFineTuning(base, course)
    if course == "stack":
        ((name, component),) = approach.components.items()
        return StackLearner(base, name, component)
    return AdapterLearner(base, approach.components, approach.shared, course)


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
        self._written = -math.inf, 0.0
        """When the records were written last, and how long that took, in seconds."""

    def run(self, recheck: bool) -> Results:
        config, observer = self._config, self._observer
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
        environment = collect_environment(str(base.model.device))
        with self._folder.lock():
            self._folder = RunFolder.create(self._folder.path, recipe_text(config), environment)
            self._look_over(environment)
            tasks = {name: one.task for name, one in built.items()}
            self._items = ItemScores(self._folder.predictions, self._folder.losses)
            tested = {one.language for task in tasks.values() for one in task.examples("test") if one.tests}
            tests = find_item_tests(tested, config.execute, observer.say)
            spent, say = self._state.seconds, observer.say
            self._worker = ModelWorker(config, base, tasks, self._folder, observer, spent, tests, say)
            observer.begin(sum(len(cell.tasks) for cell in config.cells()))
            self._take_over(base, built)
            self._measure_base(base, built)
            try:
                for cell in config.cells():
                    self._run_cell(cell, base, built, environment)
                self._measure_repeats(base)
            except KeyboardInterrupt:
                self._write(base, built, environment)  # what was put off, too
                raise
            if not self._state.failed:
                self._state.finished = self._state.finished or _now()
            if recheck:
                with self._timed("recheck"):
                    self._recheck(base)
            results = self._write(base, built, environment)
        if self._state.failed:
            cell, reason = next(iter(self._state.failed.items()))
            raise StudyError(f"{len(self._state.failed)} cell(s) failed; {cell}: {reason}; everything else is kept")
        return results

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
            self._state.tasks_done[cell] = done_tasks(cell, self._folder, self._inputs(cell, base, built))
        if self._folder.results.is_file():
            before = self._folder.read_results()
            self._state.started = before.study.started or self._state.started
            if all(len(done) == len(cell.tasks) for cell, done in self._state.tasks_done.items()):
                self._state.finished = before.study.finished
                self._state.repeats = before.repeats
            for timing in before.timings:
                self._spent(timing.phase, timing.seconds)
        for cell, done in self._state.tasks_done.items():
            for task, record in zip(cell.tasks, done, strict=False):
                self._know(cell, task, record)

    def _know(self, cell: Cell, task: str, record: TaskRecord) -> None:
        for measured in record.measured:
            self._worker.remember(measured)
        self._observer.task_done(cell, task, record)

    def _inputs(self, cell: Cell, base: Base, built: Mapping[str, BuiltTask]) -> Callable[[Sequence[str]], str]:
        """Everything that decides what a sequence of tasks comes to, as one digest."""
        approach = self._approach(cell)
        own = {name: value for name, value in approach.training.items() if name not in KEEPING}
        training, without = self._config.training_of(approach), set(KEEPING)
        if training.stored_activations is None:  # for folders that were made before there was this setting
            without.add("stored_activations")
        settings = {
            "approach": {**approach.model_dump(mode="json", exclude={"description"}), "training": own},
            "training": training.model_dump(mode="json", exclude=without),
            **self._measuring(),
        }

        def inputs(tasks: Sequence[str]) -> str:
            words = (json.dumps(settings, sort_keys=True), str(cell.seed))
            return digest(base.fingerprint, *words, *tasks, *_digests(built))

        return inputs

    def _measuring(self) -> dict[str, Any]:
        """The settings that decide every score, whatever the approach."""
        config = self._config
        return {
            "decoding": config.decoding.model_dump(mode="json", exclude={"batch_rows"}),
            "prompt": config.prompt,
            "max_source_tokens": config.max_source_tokens,
            "probes": config.probes,
            "execute": config.execute,
        }

    def _approach(self, cell: Cell) -> ApproachConfig:
        return next(one for one in self._config.approaches if one.name == cell.approach)

    def _measure_base(self, base: Base, built: Mapping[str, BuiltTask]) -> None:
        """Row 0 of every score matrix, measured once."""
        path = self._folder.base
        inputs = digest(base.fingerprint, json.dumps(self._measuring(), sort_keys=True), *_digests(built))
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
            self._worker.remember(one)

    def _run_cell(self, cell: Cell, base: Base, built: Mapping[str, BuiltTask], environment: Environment) -> None:
        done = self._state.tasks_done[cell]
        if len(done) == len(cell.tasks):
            return

        def on_task(task: str, record: TaskRecord) -> None:
            done.append(record)
            if time.perf_counter() - self._written[0] >= WRITING_SHARE * self._written[1]:
                self._write(base, built, environment)
            self._know(cell, task, record)

        approach = self._approach(cell)
        learner, method = learner_of(approach, base), approach.method.build()
        try:
            inputs = self._inputs(cell, base, built)
            run_cell(
                cell, tuple(done), learner, method, self._folder, self._worker, inputs, on_task, self._observer.say
            )
        except StudyError as error:
            self._state.failed[cell] = str(error)
            self._write(base, built, environment)
            self._observer.say(f"failed: {cell}: {error}")
        finally:
            learner.close()
        if model_fingerprint(base.model) != base.fingerprint:
            raise IsolationError(f"{cell}: the base is not what it was before; nothing further is run")

    def _write(self, base: Base, built: Mapping[str, BuiltTask], environment: Environment) -> Results:
        started = time.perf_counter()
        self._items.refresh()
        results = results_of(self._config, base, built, self._state, environment, self._items)
        self._folder.write_results(results)
        ended = time.perf_counter()
        self._written = ended, ended - started
        return results

    def _recheck(self, base: Base) -> None:
        """Load what was saved, evaluate it again, and compare with the last row of the score matrix."""
        for cell, done in self._state.tasks_done.items():
            if len(done) < len(cell.tasks):
                continue
            folders = self._adapters(cell)
            learner = learner_of(self._approach(cell), base)
            try:
                learner.load(folders)
                self._measure_again(cell, learner, done[-1].measured)
                self._recheck_pinned(cell, learner.pinned(folders), done[-1].pinned)
            finally:
                learner.close()
        self._observer.say("rechecked: every evaluation came out the same")

    def _measure_repeats(self, base: Base) -> None:
        """Evaluate the last task of the first cell that is done again, unless an earlier run did."""
        finished = [cell for cell, done in self._state.tasks_done.items() if len(done) == len(cell.tasks)]
        if self._state.repeats or not finished:
            return
        cell = finished[0]
        *_, task = cell.tasks
        learner = learner_of(self._approach(cell), base)
        try:
            learner.load(self._adapters(cell))
            measured = next(one for one in self._state.tasks_done[cell][-1].measured if one.task == task)
            rows = self._config.decoding.batch_rows
            self._state.repeats = repeated(
                cell, measured, rows, lambda rows: self._worker.measure_in_batches(learner, task, rows)
            )
        finally:
            learner.close()

    def _adapters(self, cell: Cell) -> dict[str, Path]:
        return {task: self._folder.task(cell, index).adapter for index, task in enumerate(cell.tasks)}

    def _recheck_pinned(self, cell: Cell, server: Server | None, before: Pinned | None) -> None:
        if server is None:
            return
        try:
            self._measure_again(cell.pinned, server, before.measured if before else ())
        finally:
            server.close()

    def _measure_again(self, cell: Cell, server: Server, measured: Sequence[Measured]) -> None:
        for before in measured:
            again = self._worker.measure_again(server, before.task)
            if again != before:
                raise IsolationError(f"{cell}: {before.task} {difference(before, again)}")

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._spent(phase, time.perf_counter() - started)

    def _spent(self, phase: str, seconds: float) -> None:
        self._state.seconds[phase] = self._state.seconds.get(phase, 0.0) + seconds


def _digests(built: Mapping[str, BuiltTask]) -> list[str]:
    """The data of all tasks, in one order whatever theirs is."""
    return [built[task].task.digest for task in sorted(built)]


def difference(before: Measured, again: Measured) -> str:
    """What is otherwise in the second of two measurements that are not equal."""
    if before.fingerprint != again.fingerprint:
        return f"had the fingerprint {before.fingerprint[:12]} and now has {again.fingerprint[:12]}"
    for subset, values in before.scores.items():
        for metric, value in values.items():
            if again.scores[subset].get(metric) != value:
                return f"had {metric} {value} on {subset} and now has {again.scores[subset].get(metric)}"
    return "came out otherwise than before"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
