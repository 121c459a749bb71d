"""What was compared, on what data, with which base, and where."""

from typing import final

from pydantic import Field

from graftwork.results.records.record import Record

__all__ = ["Approach", "Base", "Environment", "Study", "TaskData"]


@final
class Approach(Record):
    """One of the things the study compares."""

    name: str
    """Name of the approach, such as ``hybrid-shared``; ``hybrid-shared@pinned`` is the same with every task served by
    its own version of what is shared, as it was when the task had been trained."""
    components: tuple[str, ...] = ()
    """Its components with their scopes, in words, such as ``LoRA rank 16 (one per task)``."""
    method: str = "isolated"
    """What else shapes learning over the sequence: ``isolated``, ``sequential``, ``joint``, ``individual``, ``replay``,
    ``ewc``, ``o-lora`` or ``lwf``."""
    description: str = ""
    """One sentence for readers."""


@final
class Study(Record):
    """What was planned."""

    name: str
    """Name of the study."""
    question: str = ""
    """The question that the study answers, in one or two sentences."""
    approaches: tuple[Approach, ...]
    """What is compared."""
    orders: tuple[str, ...]
    """The task orders; each is its task names joined by ``+``, such as ``python+javascript``."""
    seeds: tuple[int, ...]
    """The seeds; each runs every approach in every order."""
    headline: dict[str, str] = Field(default={})
    """Subset -> the metric that the answer is judged by; a subset not named is judged by the report's own choice."""
    started: str | None = None
    """When the study was first started, ISO 8601 with time zone."""
    finished: str | None = None
    """When the last cell ended; null while the study is unfinished."""


@final
class Base(Record):
    """The frozen model under every approach."""

    name: str
    """Hub name, folder, or ``default`` for the embedded one."""
    fingerprint: str
    """Digest of its weights and configuration."""
    parameters: int
    """Number of parameters, shared ones counted once."""
    tokens_seen: int | None = None
    """Tokens of its pretraining, where known."""
    description: str = ""
    """What kind of model it is, in words."""


@final
class TaskData(Record):
    """The data of one subset of one task."""

    name: str
    """Name of the task."""
    language: str
    """Programming language of the targets."""
    subset: str
    """Name of the subset, such as ``mined``."""
    train: int
    """Examples trained on."""
    validation: int
    """Examples the validation loss is measured on."""
    test: int
    """Examples the scores are measured on."""
    digest: str
    """Digest of all its examples, in order."""
    source: str = ""
    """Where the examples come from, in words."""
    dropped: dict[str, int] = Field(default={})
    """Reason -> number of candidates that were left out for it."""


@final
class Environment(Record):
    """Where the study ran."""

    graftwork: str
    """Version of this package."""
    python: str
    """Version of Python."""
    platform: str
    """Operating system and architecture."""
    processor: str
    """Name of the CPU."""
    num_cores: int
    """Logical cores this process could use."""
    num_threads: int | None = None
    """Threads that one operation of the model ran on; null in records made before this was noted."""
    num_workers: int | None = None
    """Processes that the cells were shared out to, each on ``num_threads`` threads; null in records made before."""
    memory_bytes: int
    """Memory of the machine."""
    device: str
    """Where the models ran, such as ``cpu`` or ``cuda: NVIDIA H200``."""
    git_commit: str | None
    """Commit of the source tree, with ``-dirty`` where it had changes; null for an installed package."""
    packages: dict[str, str]
    """Package -> installed version."""
