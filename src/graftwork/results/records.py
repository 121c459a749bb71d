"""The records of a study: the types of ``results.json``, and nothing that computes.

Everything that reads a study (statistics, report, other people's scripts) reads these records and nothing else.
An undefined number is ``null`` or its row is absent; it is never NaN. Lists are in the order of the study.
A change that an older reader would misread raises ``SCHEMA_VERSION``.
"""

from typing import Any, Literal, final

from pydantic import ConfigDict, Field

from graftwork.config import Config

__all__ = [
    "SCHEMA_VERSION",
    "Approach",
    "Base",
    "CellState",
    "Claim",
    "Comparison",
    "Cost",
    "CurvePoint",
    "Environment",
    "Isolation",
    "Parameters",
    "Record",
    "Repeat",
    "Results",
    "Score",
    "Study",
    "SubsetLoss",
    "Summary",
    "TaskData",
    "Timing",
    "json_schema",
]

SCHEMA_VERSION: Literal[1] = 1


class Record(Config):
    """What every record shares: frozen, no unknown keys, no NaN or infinity, docstrings carried into the schema."""

    model_config = ConfigDict(allow_inf_nan=False, use_attribute_docstrings=True)


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
class Summary(Record):
    """A statistic of the score matrices, over seeds (in each seed the mean over task orders)."""

    approach: str
    """Approach."""
    subset: str
    """Subset."""
    metric: str
    """Metric."""
    statistic: str
    """``average``, ``forgetting``, ``backward_transfer`` …: the names of ``graftwork.statistics.continual``."""
    mean: float
    """Mean over seeds."""
    ci_low: float | None
    """Lower end of the 95 % Student-t interval; null for a single seed."""
    ci_high: float | None
    """Upper end of it."""
    seeds: int
    """Seeds that are finished in every order and in which the statistic is defined."""
    items_ci_low: float | None = None
    """Lower end of the 95 % interval that holds for other test items too: by resampling items for a single seed, seeds
    and items for several; null off the headline, and where items have no score of their own."""
    items_ci_high: float | None = None
    """Upper end of it."""


@final
class Comparison(Record):
    """A paired difference between two approaches, over the seeds that both finished."""

    subset: str
    """Subset."""
    metric: str
    """Metric."""
    statistic: str
    """Statistic of the score matrix that is compared."""
    a: str
    """First approach."""
    b: str
    """Second approach."""
    difference: float
    """Mean over seeds of a's value minus b's."""
    ci_low: float | None
    """Lower end of the 95 % Student-t interval of the difference, uncorrected; null for a single seed."""
    ci_high: float | None
    """Upper end of it."""
    p: float | None
    """p-value of the paired sign-flip test over seeds, two-sided; null where none was made: off the headline, for a
    single seed, and where both are equal in every seed."""
    p_adjusted: float | None
    """p-value by Holm's correction over all comparisons of the study that have one; null where none was made."""
    effect_size: float | None
    """Mean difference over the standard deviation of the differences between seeds, with Hedges's correction for few
    (g_z); null where undefined."""
    seeds: int
    """Number of pairs: seeds, in each of which the values are means over task orders."""
    verdict: str
    """What may be said, in words: ``<approach> is better``, ``not told apart: <why>`` or ``not tested``."""
    better: str | None = None
    """The approach that is better: corrected p below 0.05, and a difference above the noise floor; null otherwise."""
    noise_floor: float | None = None
    """How far another draw of test items would move the difference (95 %), the trained models as they are; null where
    items have no score of their own."""
    detectable: float | None = None
    """Smallest true difference that so many seeds show with power 0.8; null where they can show none, however large."""
    seeds_needed: int | None = None
    """Seeds that would show the difference seen with power 0.8; for a single seed, the fewest that could show any;
    null above 1,000, and where the difference is 0."""
    family: int | None = None
    """Number of comparisons that the correction and the numbers of seeds reckon with; null where none was made."""


@final
class Claim(Record):
    """The answer to one claim of the recipe, held against the records over the seeds that all of it is known of."""

    id: str
    """Its short name in the recipe."""
    said: str
    """What was said, with its figures: the sentence for readers."""
    claim: str
    """The same, formally, such as ``hybrid > lora on average exact_match of generated``."""
    a: str
    """The approach that something is claimed of."""
    relation: Literal[">", "<", "=", "better than"]
    """What is claimed of a's value; ``better than`` is whichever of ``>`` and ``<`` is a gain."""
    b: str | None
    """The approach it is held against; null for a number."""
    factor: float
    """The share of b's value that a's is held against; 1 for all of it."""
    value: float | None
    """The number it is held against; null for an approach."""
    statistic: str
    """What is compared: a statistic of the scores (``final`` is one task's score at the end), a loss, a cost or
    ``trainable_parameters``."""
    metric: str | None
    """By which metric, of scores."""
    subset: str | None
    """On which subset, of scores and validation losses."""
    task: str | None
    """On which task; null for all of them."""
    verdict: Literal["supported", "refuted", "not told apart"]
    """``supported``: p_adjusted below 0.05, in the direction claimed, and above the noise floor where there is one, or
    certain; ``refuted``: the opposite, as strictly."""
    reason: str
    """Why, in words."""
    a_mean: float | None
    """Mean of a's values over the seeds; null where nothing was measured."""
    b_mean: float | None
    """The same of b."""
    difference: float | None
    """Mean over the seeds of a's value less ``factor`` times b's, or less the number."""
    ci_low: float | None
    """Lower end of its 95 % Student-t interval; null for a single seed and for what is certain."""
    ci_high: float | None
    """Upper end of it."""
    p: float | None
    """Two-sided p-value of the paired sign-flip test over seeds; null where there was none."""
    p_adjusted: float | None
    """The same after Holm's correction over the claims that were tested."""
    effect_size: float | None
    """Mean difference over its standard deviation between seeds (Hedges's g_z)."""
    noise_floor: float | None
    """How far another draw of test items would move the difference (95 %); null where it is not known, or the
    statistic has none."""
    detectable: float | None
    """Smallest true difference that so many seeds show with power 0.8."""
    seeds_needed: int | None
    """Seeds that would show the difference seen with power 0.8; null above 1,000, and where it is 0."""
    family: int | None
    """Number of claims that the correction is over."""
    seeds: int
    """Number of pairs: seeds; 0 for what was counted."""
    records: tuple[str, ...]
    """JSON pointers to the rows that it was answered from, such as ``/comparisons/12``; ``/curves/3-17`` are the rows 3
    to 17."""


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


@final
class Results(Record):
    """All of ``results.json``."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of this layout."""
    study: Study
    """The plan: approaches, orders, seeds."""
    environment: Environment
    """Where it ran."""
    base: Base
    """The frozen model."""
    tasks: tuple[TaskData, ...]
    """The data: one row a task and subset."""
    recipe: str
    """The recipe's text (YAML); running it again repeats the study."""
    signatures: dict[str, str] = Field(default={})
    """Metric -> exact variant: versions, tokenisation, grammars."""
    cells: tuple[CellState, ...] = ()
    """How far each cell came."""
    parameters: tuple[Parameters, ...] = ()
    """Exact sizes by approach and component."""
    scores: tuple[Score, ...] = ()
    """All entries of all score matrices."""
    summary: tuple[Summary, ...] = ()
    """Statistics of the score matrices."""
    comparisons: tuple[Comparison, ...] = ()
    """Paired differences between approaches."""
    claims: tuple[Claim, ...] = ()
    """Answers to the claims of the recipe."""
    repeats: tuple[Repeat, ...] = ()
    """What evaluating one model again brings, which differences have to exceed."""
    isolation: tuple[Isolation, ...] = ()
    """Proof, for each task, of what stayed the same function."""
    costs: tuple[Cost, ...] = ()
    """What each phase of each task cost."""
    curves: tuple[CurvePoint, ...] = ()
    """Learning curves, thinned; every step is in the run folder's ``steps.jsonl`` files."""
    timings: tuple[Timing, ...] = ()
    """Where the time of the whole study went."""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``results.json``."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Results.model_json_schema(mode="serialization")}
