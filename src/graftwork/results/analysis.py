"""The records of an analysis: the types of ``analysis.json``, which says where a study's scores come from.

They are measured on what a run folder has saved, and on at most so many items as the settings say; so they describe the
trained adapters, and differ from the scores of the study where those rest on more items. An undefined number is
``null`` or its row is absent.
"""

from typing import Any, Literal, final

from pydantic import Field

from graftwork.results.records import Record

__all__ = [
    "ANALYSIS_VERSION",
    "Analysis",
    "Gradients",
    "InterpolationPoint",
    "KnockOut",
    "Overlap",
    "Replay",
    "Settings",
    "Share",
    "Similarity",
    "UpdateSize",
    "ZeroShot",
    "analysis_schema",
]

ANALYSIS_VERSION: Literal[1] = 1


@final
class Settings(Record):
    """What decides the numbers besides the run folder."""

    items: int = Field(ge=1)
    """At most so many test items of a subset are generated, and so many validation items give a loss."""
    replay_steps: int | None = Field(ge=1)
    """So many steps of each training are replayed for its gradients; null replays all."""
    seeds: tuple[int, ...]
    """The seeds looked at."""


@final
class ZeroShot(Record):
    """What was trained for one task, scored on one task."""

    approach: str
    """Name of the approach; ``base`` for the untouched base, of which order, seed and adapter are null."""
    order: str | None
    """Order of the tasks."""
    seed: int | None
    """Seed of the run."""
    adapter: str | None
    """The task that it was saved for: what served this task when it had been trained."""
    task: str
    """The task scored."""
    subset: str
    """Subset of the task."""
    metric: str
    """Name of the metric."""
    value: float
    """The score."""
    n: int
    """Items it rests on."""


@final
class KnockOut(Record):
    """A combined adapter with some of its parts taken away, scored on its own task."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    task: str
    """The task that the adapter was trained for, and is scored on."""
    subset: str
    """Subset of the task."""
    metric: str
    """Name of the metric; places are knocked out by loss alone."""
    acts: Literal["whole", "none", "alone", "without", "without place"]
    """``whole``: all components; ``none``: the base; ``alone``: one component; ``without``: all but one; ``without
    place``: all but the branches of one component in one stack."""
    part: str
    """The component that acts alone or is left out, at a place ``component in stack``; empty for whole and none."""
    value: float
    """The score."""
    n: int
    """Items it rests on."""


@final
class Share(Record):
    """What a combined adapter's gain over the base is owed to, over seeds."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    task: str
    """The task."""
    subset: str
    """Subset of the task."""
    metric: str
    """Name of the metric."""
    part: str
    """A component: the gain with it alone. ``together``: what is left of the whole's gain when each component's gain
    alone is taken off (the interaction). ``whole``: the gain of all."""
    mean: float
    """Mean over seeds of the difference of scores."""
    ci_low: float | None
    """Lower end of its 95 % Student-t interval over seeds, which are pairs; null with one seed."""
    ci_high: float | None
    """Upper end."""
    share: float | None
    """Its mean as a share of the whole's, which is 1; null where the whole gains nothing."""
    seeds: int
    """Number of seeds."""


@final
class UpdateSize(Record):
    """How far training one task moved the weights of one component in one block."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    task: str
    """The task trained."""
    component: str
    """Name of the component; ``base`` where the base itself is trained."""
    stack: str | None
    """``encoder``, ``decoder`` or ``new layer``; null outside of all blocks."""
    block: int | None
    """Number of the block in the stack, from 0."""
    parameters: int
    """How many weights these are."""
    start: float
    """Norm of the weights at the start of the task."""
    update: float
    """Norm of the difference between the trained weights and those at the start."""
    added: float | None = None
    """LoRA alone: norm of scale · B A, which is what it adds to the weights of the layers it is on."""
    weights: float | None = None
    """LoRA alone: norm of the weights it adds to."""


@final
class Gradients(Record):
    """Gradient norms of one component in one stack, step by step, before clipping."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    task: str
    """The task trained."""
    component: str
    """Name of the component; ``base`` where the base itself is trained."""
    stack: str | None
    """``encoder``, ``decoder`` or ``new layer``; null outside of all blocks."""
    parameters: int
    """How many weights these are."""
    replayed: tuple[float, ...]
    """The norm in every replayed step, from the first on, a method's penalty included."""
    trained: tuple[float, ...]
    """The norm at the trained weights, on the first batches again, without dropout or penalty."""


@final
class Replay(Record):
    """How true a replay of a training was."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    task: str
    """The task trained."""
    steps: int
    """Steps replayed."""
    of: int
    """Steps of the whole training."""
    difference: float | None
    """Largest difference between a replayed loss and the recorded one, in nats a token; 0 is the same bits; null where
    none was recorded."""


@final
class Similarity(Record):
    """How alike the base's and the adapted model's states behind one block are: linear CKA, 1 for alike.

    Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", https://arxiv.org/abs/1905.00414.
    """

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    task: str
    """The task trained, on whose test items the states are."""
    stack: str
    """``encoder`` or ``decoder``."""
    block: int
    """Number of the base's block, from 0; new layers that stand behind it count with it."""
    cka: float
    """Linear CKA over real positions, teacher-forced."""
    positions: int
    """Positions compared."""


@final
class Overlap(Record):
    """How alike two updates are: two tasks of one run, or two seeds of one task."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    between: Literal["tasks", "seeds"]
    """What the two differ in."""
    a: str
    """The one, ``task, seed``."""
    b: str
    """The other."""
    component: str
    """Name of the component; ``base`` where the base itself is trained."""
    place: str | None
    """LoRA: path of the linear layer. Others: null, all together."""
    kind: Literal["subspace", "cosine"]
    """``subspace``: normalised similarity φ of the column spaces of two low-rank updates, 0 to 1 (Hu et al. 2021,
    https://arxiv.org/abs/2106.09685, section 7.2). ``cosine``: cosine of the two update vectors, -1 to 1."""
    value: float
    """φ of the whole spaces, which is the mean square of the cosines of the principal angles; or the cosine."""
    first: float | None = None
    """φ of the two strongest directions alone, which is their squared cosine; null for a cosine."""
    chance: float
    """What random subspaces of these sizes, or random vectors, come to on average."""


@final
class InterpolationPoint(Record):
    """The loss between two versions of weights that tasks share."""

    approach: str
    """Name of the approach."""
    order: str
    """Order of the tasks."""
    seed: int
    """Seed of the run."""
    before: str
    """The task after which the first version was saved."""
    after: str
    """The task after which the second was saved."""
    alpha: float
    """Where between them: weights are (1 - alpha) · first + alpha · second; what is not shared is each task's own."""
    task: str
    """The task scored, one of the two."""
    subset: str
    """Subset of the task."""
    loss: float
    """Cross-entropy of the validation items, in nats a target token."""
    n: int
    """Items it rests on."""


@final
class Analysis(Record):
    """Everything in ``analysis.json``."""

    analysis_version: Literal[1] = ANALYSIS_VERSION
    """Version of this layout."""
    settings: Settings
    """What was asked for."""
    pieces: dict[str, str] = Field(default={})
    """What is done: ``analysis/approach/order/seed`` -> digest of everything that decides it."""
    finished: bool = False
    """Whether all pieces are done."""
    zero_shots: tuple[ZeroShot, ...] = ()
    """Everything saved, on every task."""
    knock_outs: tuple[KnockOut, ...] = ()
    """Combined adapters in parts."""
    shares: tuple[Share, ...] = ()
    """What their gains are owed to."""
    updates: tuple[UpdateSize, ...] = ()
    """How far weights moved."""
    gradients: tuple[Gradients, ...] = ()
    """How steep the loss was."""
    replays: tuple[Replay, ...] = ()
    """How true the replays were."""
    similarities: tuple[Similarity, ...] = ()
    """Base and adapted states, block by block."""
    overlaps: tuple[Overlap, ...] = ()
    """Updates of tasks and of seeds against each other."""
    interpolations: tuple[InterpolationPoint, ...] = ()
    """Between versions of what is shared."""
    sha256: str | None = None
    """Digest of all the rest, so that a number that was changed is noticed; null where an older version wrote it."""


def analysis_schema() -> dict[str, Any]:
    """Return the JSON schema of ``analysis.json`` (draft 2020-12)."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Analysis.model_json_schema(mode="serialization")}
