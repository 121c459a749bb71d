"""What was measured of each cell, and how sure that is."""

from typing import Literal, final

from graftwork.results.records.record import Record

__all__ = ["CellState", "Isolation", "Parameters", "Repeat", "Score"]


@final
class CellState(Record):
    """How far one cell (approach, order, seed) came. A planned cell without a row was not started."""

    approach: str
    """Approach of the cell."""
    order: str
    """Task order of the cell."""
    seed: int
    """Seed of the cell."""
    state: Literal["done", "unfinished", "failed"]
    """``unfinished`` cells go on with the next run; ``failed`` ones say why."""
    reason: str | None = None
    """Why it failed, in one line."""


@final
class Parameters(Record):
    """Exact sizes; one row a component, and one row with component ``all`` for the approach as a whole."""

    approach: str
    """Approach."""
    component: str
    """Kind of component (``lora``, ``extra-layer``, …), or ``all``."""
    trainable: int
    """Parameters trained for one task."""
    total: int
    """Parameters of the base with this component in place."""
    percent: float
    """100 · trainable / total."""


@final
class Score(Record):
    """One entry of a score matrix: a metric on a task's test examples after training a task."""

    approach: str
    """Approach; the scores of the untouched base stand under every approach, with the base's fingerprint."""
    order: str
    """Task order."""
    seed: int
    """Seed."""
    after: str | None
    """The task trained last before this evaluation; null for the untouched base."""
    task: str
    """The task evaluated."""
    subset: str
    """The subset evaluated."""
    metric: str
    """Name of the metric."""
    value: float | None
    """Score over all items; null where the metric is undefined."""
    n: int
    """Number of items scored."""
    fingerprint: str
    """Digest of base weights, adapter weights and configuration: equal fingerprints are the same function."""


@final
class Repeat(Record):
    """One trained model evaluated several times, under conditions that should change nothing."""

    approach: str
    """Approach."""
    order: str
    """Task order."""
    seed: int
    """Seed."""
    task: str
    """The task evaluated, at the end of the sequence."""
    fingerprint: str
    """Fingerprint of the model."""
    subset: str
    """Subset."""
    metric: str
    """Metric."""
    conditions: tuple[str, ...]
    """What each evaluation was: ``as recorded``, ``again``, in other batches, on other threads."""
    values: tuple[float, ...]
    """The score of each."""
    floor: float
    """How far two evaluations of one model lie apart at most (95 %), by these."""
    changed_texts: tuple[int, ...] = ()
    """Of each evaluation but the recorded one, how many generated texts are not those of ``again``."""


@final
class Isolation(Record):
    """Whether what was trained for a task is still the same function when the sequence ends."""

    approach: str
    """Approach."""
    order: str
    """Task order."""
    seed: int
    """Seed."""
    task: str
    """The task."""
    isolated: bool
    """True where, by the approach's design, nothing after the task trains any part of it."""
    fingerprint_after_training: str
    """Fingerprint when the task had just been trained."""
    fingerprint_at_end: str
    """Fingerprint after the last task."""
    outputs_identical: bool
    """Whether the outputs on the probe inputs are equal bit for bit at both moments."""
    probes: int
    """Number of probe inputs."""
