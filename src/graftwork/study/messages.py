"""What a study and its worker processes tell each other, over pipes between them and never on disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from graftwork.continual.runner import TaskRecord
from graftwork.data.recipe import BuiltTask
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.worker import Known

__all__ = [
    "Advanced",
    "Broke",
    "Ended",
    "FromWorker",
    "Here",
    "Interrupted",
    "Job",
    "Ready",
    "Said",
    "Started",
    "TaskDone",
    "Turn",
]


@final
@dataclass(frozen=True)
class Job:
    """To a worker, once: the study, and what is to be computed how."""

    config: StudyConfig
    built: Mapping[str, BuiltTask]
    base: str
    """Fingerprint that the base must have."""
    folder: str
    threads: int


@final
@dataclass(frozen=True)
class Turn:
    """To a worker: a cell to run."""

    cell: Cell
    done: tuple[TaskRecord, ...]
    """Its tasks that are done."""
    known: tuple[Known, ...]
    """What has come to be known since the worker was told last."""


@final
@dataclass(frozen=True)
class Here:
    """From a worker: it has started."""


@final
@dataclass(frozen=True)
class Ready:
    """From a worker: it has the base in memory and waits for a cell."""


@final
@dataclass(frozen=True)
class Started:
    """From a worker: a piece of work begins."""

    what: str
    total: int


@final
@dataclass(frozen=True)
class Advanced:
    """From a worker: so much of it is done."""

    done: int


@final
@dataclass(frozen=True)
class Said:
    """From a worker: a line for people and for the log."""

    text: str


@final
@dataclass(frozen=True)
class TaskDone:
    """From a worker: a task has its marker on disk."""

    task: str
    record: TaskRecord
    seconds: Mapping[str, float]
    """Spent since it told last, by phase."""


@final
@dataclass(frozen=True)
class Ended:
    """From a worker: its cell is done or failed, and it waits for another."""

    failure: str | None
    seconds: Mapping[str, float]


@final
@dataclass(frozen=True)
class Interrupted:
    """From a worker, at last: it was interrupted; what can be gone on from is on disk."""

    seconds: Mapping[str, float]


@final
@dataclass(frozen=True)
class Broke:
    """From a worker, at last: what would end a study that runs in one process."""

    error: Exception


FromWorker = Here | Ready | Started | Advanced | Said | TaskDone | Ended | Interrupted | Broke
