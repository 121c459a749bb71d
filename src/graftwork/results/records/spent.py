"""How training went, and what it cost."""

from typing import final

from graftwork.results.records.record import Record

__all__ = ["Cost", "CurvePoint", "SubsetLoss", "Timing"]


@final
class Cost(Record):
    """What one phase of one task cost."""

    approach: str
    """Approach."""
    order: str
    """Task order."""
    seed: int
    """Seed."""
    task: str
    """Task."""
    phase: str
    """``train`` or ``evaluate``. The training of pinned versions is that of the approach they come from, told again."""
    seconds: float
    """Wall time."""
    tokens_per_second: float | None = None
    """Real tokens (no padding), input and target, a second."""
    peak_memory_bytes: int | None = None
    """Peak resident memory of the process on CPU, peak allocated device memory elsewhere."""
    stored_bytes: int | None = None
    """Bytes on disk that the task adds to what serving all needs; 0 where it only takes an earlier one's place."""
    flops: float | None = None
    """Floating-point operations, estimated from the shapes."""
    equal_to: str | None = None
    """The run (approach, order, seed) whose equal training was taken over, as it would have come to the same bits; what
    it cost was measured there. Null where the training was computed for this run."""


@final
class SubsetLoss(Record):
    """Validation loss of one subset of one task."""

    task: str
    """Task."""
    subset: str
    """Subset."""
    loss: float
    """Mean cross-entropy a target token, in nats."""


@final
class CurvePoint(Record):
    """One point of a learning curve."""

    approach: str
    """Approach."""
    order: str
    """Task order."""
    seed: int
    """Seed."""
    task: str
    """The task being trained."""
    step: int
    """Optimizer steps done on the task; 0 is before the first."""
    tokens: int
    """Real tokens trained on so far in the task."""
    loss: float | None
    """Mean training loss (nats a target token) since the point before; null before the first step."""
    validation: tuple[SubsetLoss, ...] = ()
    """Validation losses, where measured at this step."""


@final
class Timing(Record):
    """Where the time of the whole study went."""

    phase: str
    """Phase, such as ``load data`` or ``train``."""
    seconds: float
    """Wall time; where several processes worked at once, that of all of them together."""
