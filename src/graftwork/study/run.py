"""Running a study: data, base, every cell that is not done, records. The only place that wires everything."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, final

from graftwork.continual.learner import Learner
from graftwork.continual.methods.adapters import AdapterLearner
from graftwork.continual.methods.sequential import FullFineTuning
from graftwork.continual.runner import Measured, TaskRecord, run_cell
from graftwork.data.manifest import MANIFEST_FILE, Manifest
from graftwork.data.recipe import BuiltTask, build_task
from graftwork.errors import InputError, IsolationError, StudyError
from graftwork.files import digest, read_json, write_json
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import DEFAULT_FOLDER, Base, load_base
from graftwork.results.environment import collect_environment
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.results.records import Environment, Results
from graftwork.study.config import ApproachConfig, Sequential, StudyConfig, recipe_text
from graftwork.study.records import StudyState, results_of
from graftwork.study.worker import ModelWorker, Progress

__all__ = ["Observer", "Silent", "learner_of", "run_study"]


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
    if isinstance(approach.method, Sequential):
        return FullFineTuning(base)
    return AdapterLearner(base, approach.components, approach.shared)


@final
class _Run:
    """One run of a study."""

    def __init__(self, config: StudyConfig, path: Path, observer: Observer) -> None:
        self._config, self._observer = config, observer
        self._folder = RunFolder(path)
        self._state = StudyState(started=_now())

    def run(self, recheck: bool) -> Results:
        config, observer = self._config, self._observer
        with self._timed("prepare the data"):
            built = {task.name: self._build(task.name) for task in config.tasks}
        with self._timed("load the base"):
            base = load_base(config.base)
            self._check_unseen(built)
            self._prepare_sizes(base)
        environment = collect_environment(str(base.model.device))
        self._folder = RunFolder.create(self._folder.path, recipe_text(config), environment)
        with self._folder.lock():
            self._take_over_start()
            tasks = {name: one.task for name, one in built.items()}
            self._worker = ModelWorker(config, base, tasks, self._folder, observer)
            observer.begin(sum(len(cell.tasks) for cell in config.cells()))
            self._measure_base(base, built)
            for cell in config.cells():
                self._run_cell(cell, base, built, environment)
            if not self._state.failed:
                self._state.finished = self._state.finished or _now()
            if recheck:
                with self._timed("recheck"):
                    self._recheck(base)
            self._state.seconds |= self._worker.seconds
            results = self._write(base, built, environment)
        if self._state.failed:
            cell, reason = next(iter(self._state.failed.items()))
            raise StudyError(f"{len(self._state.failed)} cell(s) failed; {cell}: {reason}; everything else is kept")
        return results

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
        folder = DEFAULT_FOLDER if self._config.base == "default" else Path(self._config.base)
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

    def _take_over_start(self) -> None:
        """A study goes on with the time at which it was first started."""
        if self._folder.results.is_file():
            before = self._folder.read_results().study
            self._state.started = before.started or self._state.started
            self._state.finished = before.finished

    def _inputs(self, cell: Cell, base: Base, built: Mapping[str, BuiltTask]) -> Callable[[Sequence[str]], str]:
        """Everything that decides what a sequence of tasks comes to, as one digest."""
        config = self._config
        approach = next(one for one in config.approaches if one.name == cell.approach)
        settings = {
            "approach": approach.model_dump(mode="json", exclude={"description"}),
            "training": config.training_of(approach).model_dump(mode="json"),
            "decoding": config.decoding.model_dump(mode="json", exclude={"batch_rows"}),
            "prompt": config.prompt,
            "max_source_tokens": config.max_source_tokens,
            "probes": config.probes,
        }
        every_task = [built[task].task.digest for task in sorted(built)]

        def inputs(tasks: Sequence[str]) -> str:
            return digest(base.fingerprint, json.dumps(settings, sort_keys=True), str(cell.seed), *tasks, *every_task)

        return inputs

    def _measure_base(self, base: Base, built: Mapping[str, BuiltTask]) -> None:
        """Row 0 of every score matrix, measured once."""
        config, path = self._config, self._folder.path / "base.json"
        key = digest(
            base.fingerprint, config.prompt, config.decoding.model_dump_json(), *(b.task.digest for b in built.values())
        )
        if path.is_file():
            data = read_json(path)
            if data.get("inputs") == key:
                self._state.base_scores = {one["task"]: Measured.read(one, str(path)) for one in data["measured"]}
        if not self._state.base_scores:
            first = config.cells()[0]
            self._state.base_scores = {task: self._worker.measure_base(first, task) for task in built}
            measured = [one.model_dump(mode="json") for one in self._state.base_scores.values()]
            write_json(path, {"inputs": key, "measured": measured})
        for one in self._state.base_scores.values():
            self._worker.remember(one)

    def _run_cell(self, cell: Cell, base: Base, built: Mapping[str, BuiltTask], environment: Environment) -> None:
        approach = next(one for one in self._config.approaches if one.name == cell.approach)
        done: list[TaskRecord] = []

        def on_task(task: str, record: TaskRecord) -> None:
            done.append(record)
            self._state.tasks_done[cell] = done
            for measured in record.measured:
                self._worker.remember(measured)
            self._observer.task_done(cell, task, record)

        learner = learner_of(approach, base)
        try:
            run_cell(cell, learner, self._folder, self._worker, self._inputs(cell, base, built), on_task)
        except StudyError as error:
            self._state.failed[cell] = str(error)
            self._observer.say(f"failed: {cell}: {error}")
        finally:
            learner.close()
        if model_fingerprint(base.model) != base.fingerprint:
            raise IsolationError(f"{cell}: the base is not what it was before; nothing further is run")
        self._state.seconds |= self._worker.seconds
        self._write(base, built, environment)

    def _write(self, base: Base, built: Mapping[str, BuiltTask], environment: Environment) -> Results:
        results = results_of(self._config, base, built, self._state, environment)
        self._folder.write_results(results)
        return results

    def _recheck(self, base: Base) -> None:
        """Load what was saved, evaluate it again, and compare with the last row of the score matrix."""
        for cell, done in self._state.tasks_done.items():
            if len(done) < len(cell.tasks):
                continue
            approach = next(one for one in self._config.approaches if one.name == cell.approach)
            learner = learner_of(approach, base)
            try:
                learner.load({task: self._folder.task(cell, index).adapter for index, task in enumerate(cell.tasks)})
                for before in done[-1].measured:
                    again = self._worker.measure_again(learner, before.task)
                    if again != before:
                        raise IsolationError(f"{cell}: {before.task} {_difference(before, again)}")
            finally:
                learner.close()
        self._observer.say("rechecked: every evaluation came out the same")

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._state.seconds[phase] = self._state.seconds.get(phase, 0.0) + time.perf_counter() - started


def _difference(before: Measured, again: Measured) -> str:
    if before.fingerprint != again.fingerprint:
        return f"had the fingerprint {before.fingerprint[:12]} and now has {again.fingerprint[:12]}"
    for subset, values in before.scores.items():
        for metric, value in values.items():
            if again.scores[subset].get(metric) != value:
                return f"had {metric} {value} on {subset} and now has {again.scores[subset].get(metric)}"
    return "came out otherwise than before"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
