"""The task loop: one approach through one sequence of tasks, going on where it stopped.

For each task: train, save, then score the tasks learned so far and the next one, and fingerprint what serves them;
where components are shared, both with their latest state and with each task's own, as it was saved. All of that stands
in the task's ``done`` marker, written last; a task that has one is not done again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, final

from graftwork.config import Config
from graftwork.continual.learner import Learner, Server, folder_bytes
from graftwork.continual.method import Method
from graftwork.errors import InputError
from graftwork.files import digest
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell
from graftwork.results.records import CurvePoint

__all__ = [
    "Ahead",
    "Measured",
    "Pinned",
    "Probed",
    "TaskRecord",
    "Trained",
    "Worker",
    "done_tasks",
    "num_scored",
    "run_cell",
    "take_up",
    "task_seed",
]

Ahead = Literal["next", "all", "none"]
"""Which of the tasks still ahead are scored after each task, besides those learned: ``next`` is what forward transfer
is made of; ``all`` fills the score matrix, and the work for it grows with the square of the number of tasks."""


@final
class Measured(Config):
    """One task scored: subset -> metric -> value, subset -> number of items, and the fingerprint of the function."""

    task: str
    fingerprint: str
    scores: dict[str, dict[str, float]]
    counts: dict[str, int]
    signatures: dict[str, str]


@final
class Probed(Config):
    """The function that serves a task at one moment: its fingerprint, and a digest of its outputs on the probes."""

    fingerprint: str
    outputs: str


@final
class Pinned(Config):
    """Every task served by what was saved when it had been trained, whatever became of shared components since."""

    evaluate_seconds: float
    stored_bytes: int
    measured: tuple[Measured, ...]
    """The tasks scored after this one; those not trained yet are served by the latest."""
    probed: dict[str, Probed]
    """Every task trained so far, read from its folder."""


@final
class TaskRecord(Config):
    """All that is known of one trained task; the content of its ``done`` marker."""

    inputs: str
    """Digest of everything that decides the outcome; a marker of other inputs is not taken for this task's."""
    steps: int
    tokens: int
    train_seconds: float
    evaluate_seconds: float
    peak_memory_bytes: int
    stored_bytes: int
    """Bytes that the task adds to what serving all tasks needs."""
    forward_tokens: int = 0
    """Tokens that the method passed forward besides training."""
    gradient_tokens: int = 0
    """Tokens that the method took gradients for besides training."""
    halved_steps: int = 0
    """Steps whose batch did not fit in memory and was computed in two halves."""
    training: str | None = None
    """Digest of everything that decides the trained weights; None where a method acts on the steps."""
    training_seconds: float = 0.0
    """Those of ``train_seconds`` that went by before the method's moment after the training."""
    equal_to: str | None = None
    """The cell whose equal training this one was taken over from; None where it was computed here. Seconds and memory
    are those that it took there."""
    curve: tuple[CurvePoint, ...]
    measured: tuple[Measured, ...]
    """The tasks scored after this one was trained."""
    probed: dict[str, Probed]
    """Every task trained so far."""
    pinned: Pinned | None = None
    """None where nothing is shared between adapters of tasks."""


@final
@dataclass(frozen=True)
class Trained:
    """What training one task came to, the method's moments included."""

    steps: int
    tokens: int
    seconds: float
    peak_memory_bytes: int
    curve: tuple[CurvePoint, ...] = field(default=())
    forward_tokens: int = 0
    gradient_tokens: int = 0
    halved_steps: int = 0
    training: str | None = None
    training_seconds: float = 0.0
    equal_to: str | None = None


class Worker(Protocol):
    """What the loop is handed, so that it knows nothing of models: how to train, measure and probe."""

    def train(
        self, learner: Learner, method: Method, cell: Cell, task: str, seed: int, folder: TaskFolder, inputs: str
    ) -> Trained:
        """Train a task, with the method's moments, and write its steps to the folder.

        Checkpoints in the folder are gone on from, if ``inputs`` is what they were made with. A training that is equal
        to one that is done may be taken over from it.
        """

    def measure(self, server: Server, cell: Cell, after: str, task: str) -> Measured:
        """Score a task with what serves it; equal fingerprints are measured once."""

    def probe(self, server: Server, task: str) -> str:
        """Digest of the outputs on the task's probe inputs."""


def task_seed(seed: int, *names: str) -> int:
    """A seed for one part of a study, so that parts do not share random numbers."""
    return int(digest(str(seed), *names)[:8], 16)


def done_tasks(cell: Cell, folder: RunFolder, inputs: Callable[[Sequence[str]], str]) -> list[TaskRecord]:
    """Return the records of the leading tasks of a cell that are done.

    Args:
        cell: approach, order and seed.
        folder: the run folder.
        inputs: digest of all that decides the outcome of a sequence of tasks.

    Raises:
        InputError: a task was done with other settings, or a file of it is missing or damaged.
    """
    records: list[TaskRecord] = []
    for index in range(len(cell.tasks)):
        task = folder.task(cell, index)
        if not task.is_done():
            break
        task.check()
        record = TaskRecord.read(task.done_data(), str(task.done))
        if record.inputs != inputs(cell.tasks[: index + 1]):
            what = f"task {cell.tasks[index]} was run with other settings, other data or another base"
            raise InputError(what, str(task.path), "give another --out, or the recipe that the folder was made with")
        records.append(record)
    return records


def run_cell(
    cell: Cell,
    done: Sequence[TaskRecord],
    learner: Learner,
    method: Method,
    folder: RunFolder,
    worker: Worker,
    inputs: Callable[[Sequence[str]], str],
    on_task: Callable[[str, TaskRecord], None] = lambda task, record: None,
    say: Callable[[str], None] = lambda text: None,
    ahead: Ahead = "next",
) -> None:
    """Run what is not done yet of a cell.

    Args:
        cell: approach, order and seed.
        done: what ``done_tasks`` found.
        learner: the approach's fresh learner; the caller closes it.
        method: the approach's fresh method.
        folder: the run folder.
        worker: how to train, measure and probe.
        inputs: digest of all that decides the outcome of a sequence of tasks.
        on_task: told of each task when it is done.
        say: told in a line of a task that an earlier run began and that begins again.
        ahead: which of the tasks not learned yet are scored.

    Raises:
        InputError: what was saved of the tasks done is not what their records say.
    """
    folders = [folder.task(cell, index) for index in range(len(cell.tasks))]
    if done:
        take_up(cell, done[-1], learner, method, folders[: len(done)])
    for index in range(len(done), len(cell.tasks)):
        if folders[index].clear():
            say(f"{folders[index].path}: was begun and not finished, and has no checkpoint; it begins again")
        so_far, decided = folders[: index + 1], inputs(cell.tasks[: index + 1])
        record = _run_task(cell, learner, method, folder, so_far, worker, decided, ahead)
        on_task(cell.tasks[index], record)


def take_up(cell: Cell, last: TaskRecord, learner: Learner, method: Method, folders: Sequence[TaskFolder]) -> None:
    """Load what was saved of the tasks done, and see that the functions are what they were then.

    Args:
        cell: approach, order and seed.
        last: the record of the last of them.
        learner: a fresh one.
        method: a fresh one.
        folders: those of the tasks done, in order.

    Raises:
        InputError: what was saved is not what the record says.
    """
    saved = {task: folder.adapter for task, folder in zip(cell.tasks, folders, strict=False)}
    learner.load(saved)
    for task in reversed(saved):
        if learner.fingerprint(task) != last.probed[task].fingerprint:
            right = f"remove {saved[task].parent} to train again from there"
            raise InputError("the weights are not those that were saved", str(saved[task]), right)
    method.load([folder.method for folder in folders])


def _run_task(
    cell: Cell,
    learner: Learner,
    method: Method,
    run: RunFolder,
    folders: Sequence[TaskFolder],
    worker: Worker,
    inputs: str,
    ahead: Ahead,
) -> TaskRecord:
    """Do the next task; ``folders`` are those of the tasks so far, its own the last."""
    *_, folder = folders
    trained_tasks = cell.tasks[: len(folders)]
    *_, task = trained_tasks
    trained = worker.train(learner, method, cell, task, task_seed(cell.seed, task), folder, inputs)
    adapters = {other: one.adapter for other, one in zip(trained_tasks, folders, strict=True)}
    learner.save(task, folder.adapter)
    method.save(folder.method)
    started = time.perf_counter()
    scored = cell.tasks[: num_scored(len(folders), len(cell.tasks), ahead)]
    measured, probed = _serve(learner, cell, trained_tasks, scored, worker)
    record = TaskRecord(
        inputs=inputs,
        steps=trained.steps,
        tokens=trained.tokens,
        train_seconds=trained.seconds,
        evaluate_seconds=time.perf_counter() - started,
        peak_memory_bytes=trained.peak_memory_bytes,
        stored_bytes=learner.added_bytes(list(adapters.values())),
        forward_tokens=trained.forward_tokens,
        gradient_tokens=trained.gradient_tokens,
        halved_steps=trained.halved_steps,
        training=trained.training,
        training_seconds=trained.training_seconds,
        equal_to=trained.equal_to,
        curve=trained.curve,
        measured=measured,
        probed=probed,
        pinned=_pinned(learner, cell, adapters, scored, worker),
    )
    folder.finish(record.model_dump(mode="json"), run.evaluations(cell, task))
    return record


def num_scored(learned: int, tasks: int, ahead: Ahead) -> int:
    """How many of the first tasks are scored once so many, at least one, have been learned."""
    return {"none": learned, "next": min(learned + 1, tasks), "all": tasks}[ahead]


def _serve(
    server: Server, cell: Cell, trained: Sequence[str], scored: Sequence[str], worker: Worker
) -> tuple[tuple[Measured, ...], dict[str, Probed]]:
    """Score tasks, and probe those that were trained."""
    measured = tuple(worker.measure(server, cell, trained[-1], task) for task in scored)
    probed = {}
    for task in trained:
        server.select(task)
        probed[task] = Probed(fingerprint=server.fingerprint(task), outputs=worker.probe(server, task))
    return measured, probed


def _pinned(
    learner: Learner, cell: Cell, adapters: Mapping[str, Path], scored: Sequence[str], worker: Worker
) -> Pinned | None:
    """Read every task's own version from its folder, and score and probe that."""
    started = time.perf_counter()
    server = learner.pinned(adapters)
    if server is None:
        return None
    try:
        measured, probed = _serve(server, cell.pinned, list(adapters), scored, worker)
    finally:
        server.close()
    *_, folder = adapters.values()
    return Pinned(
        evaluate_seconds=time.perf_counter() - started,
        stored_bytes=folder_bytes(folder),
        measured=measured,
        probed=probed,
    )
