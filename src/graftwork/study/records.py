"""From what the task loop measured to the records of ``results.json``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from graftwork.continual.learner import Course
from graftwork.continual.runner import Measured, Pinned, TaskRecord
from graftwork.data.recipe import BuiltTask
from graftwork.models.anatomy import anatomy_of
from graftwork.models.load import Base
from graftwork.results import records
from graftwork.results.claims import answer_claims
from graftwork.results.floors import ItemSource
from graftwork.results.names import PINNED, Cell
from graftwork.results.summarize import compare_approaches, summarize_scores
from graftwork.study.config import ApproachConfig, StudyConfig, recipe_text
from graftwork.study.worker import probes_of

__all__ = ["StudyState", "parameter_rows", "results_of", "training_flops", "training_flops_a_token"]


@final
@dataclass(frozen=True)
class _Served:
    """One cell as it was served: by the latest of everything, or by each task's own version of what is shared."""

    cell: Cell
    trained: list[TaskRecord]
    """What the loop wrote of its tasks."""
    records: list[TaskRecord]
    """The same, with scores, probes and storage of this way of serving."""


@final
@dataclass
class StudyState:
    """What is known of a study while it runs."""

    started: str
    finished: str | None = None
    base_scores: dict[str, Measured] = field(default_factory=dict)
    tasks_done: dict[Cell, list[TaskRecord]] = field(default_factory=dict)
    """Every cell, in the order of the study, with the records of its tasks so far."""
    failed: dict[Cell, str] = field(default_factory=dict)
    isolated: dict[str, bool] = field(default_factory=dict)
    """Approach -> whether, by design, nothing later touches what was trained."""
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    """Approach -> kind of part -> parameters trained for one task."""
    repeats: tuple[records.Repeat, ...] = ()
    """What evaluating one model again brought; none before a cell is done."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Where the time went, by phase, earlier runs included."""

    @property
    def begun(self) -> dict[Cell, list[TaskRecord]]:
        """The cells of which a task is done."""
        return {cell: done for cell, done in self.tasks_done.items() if done}


def results_of(
    config: StudyConfig,
    base: Base,
    tasks: Mapping[str, BuiltTask],
    state: StudyState,
    environment: records.Environment,
    items: ItemSource | None = None,
) -> records.Results:
    """All records of a study as it stands; without scores of items, no difference in it is called better."""
    parameters = sum(parameter.numel() for parameter in base.model.parameters())
    served = _served(state)
    scores = _scores(state, served)
    measured = [
        *state.base_scores.values(),
        *(m for done in state.begun.values() for r in done for m in r.measured),
    ]
    results = records.Results(
        study=records.Study(
            name=config.name,
            question=config.question,
            approaches=tuple(row for approach in config.approaches for row in _approaches(approach)),
            orders=config.order_names(),
            seeds=config.seeds,
            headline=config.headline,
            started=state.started,
            finished=state.finished,
        ),
        environment=environment,
        base=records.Base(
            name=config.base,
            fingerprint=base.fingerprint,
            parameters=parameters,
            tokens_seen=getattr(base.model.config, "tokens_seen", None),
            description=_shape(base),
        ),
        tasks=tuple(row for built in tasks.values() for row in _task_rows(built)),
        recipe=recipe_text(config),
        signatures=_signatures(measured),
        cells=_cells(config, state),
        parameters=tuple(
            row
            for approach in config.approaches
            for row in parameter_rows(approach, state.sizes.get(approach.name, {}), parameters)
        ),
        scores=scores,
        summary=summarize_scores(scores, config.order_names(), config.headline, items),
        comparisons=compare_approaches(scores, config.order_names(), config.headline, items, state.repeats),
        repeats=state.repeats,
        isolation=tuple(row for one in served for row in _isolation(one, config, tasks, state)),
        costs=tuple(row for one in served for row in _costs(one, state, parameters)),
        curves=tuple(point for done in state.begun.values() for record in done for point in record.curve),
        timings=tuple(records.Timing(phase=phase, seconds=seconds) for phase, seconds in state.seconds.items()),
    )
    return results.model_copy(update={"claims": answer_claims(results, items)})


def _served(state: StudyState) -> list[_Served]:
    """Every cell that has begun, and after it, where components are shared, its pinned versions."""
    served = []
    for cell, done in state.begun.items():
        served.append(_Served(cell, done, done))
        pinned = [_as_pinned(record, record.pinned) for record in done if record.pinned is not None]
        if len(pinned) == len(done):
            served.append(_Served(cell.pinned, done, pinned))
    return served


def _as_pinned(record: TaskRecord, pinned: Pinned) -> TaskRecord:
    return record.model_copy(
        update={
            "measured": pinned.measured,
            "probed": pinned.probed,
            "stored_bytes": pinned.stored_bytes,
            "evaluate_seconds": pinned.evaluate_seconds,
        }
    )


def _shape(base: Base) -> str:
    """Class, depth and width of the base's model."""
    config = base.model.config
    stacks = anatomy_of(base.model).stacks
    blocks = " and ".join(f"{len(paths)} {stack}" for stack, paths in stacks.items())
    return f"{type(base.model).__name__}, {blocks} blocks of width {config.hidden_size}"


def _approaches(approach: ApproachConfig) -> list[records.Approach]:
    scope = {
        name: "shared" if name in approach.shared else _SCOPES[approach.method.course] for name in approach.components
    }
    words = [f"{_describe(config.model_dump())} ({scope[name]})" for name, config in approach.components.items()]
    row = records.Approach(
        name=approach.name,
        components=tuple(words or ["every weight of the base"]),
        method=approach.method.kind,
        description=approach.description,
    )
    if not approach.versioned:
        return [row]
    description = (
        f"The same training as {approach.name}, with every task served by what is shared as it was when the task had "
        "been trained, read from its folder; nothing is trained for it, and its training costs are the same ones."
    )
    pinned = row.model_copy(
        update={
            "name": f"{approach.name}{PINNED}",
            "components": tuple(word.replace("(shared)", "(shared, pinned)") for word in words),
            "description": description,
        }
    )
    return [row, pinned]


_SCOPES: dict[Course, str] = {
    "own": "one a task",
    "on": "one for all tasks",
    "anew": "a new one before each task",
    "stack": "one more a task, on those before",
}


def _describe(settings: Mapping[str, object]) -> str:
    """A component in a few words: its kind and the settings that a reader looks for."""
    keys = ("rank", "stack", "count", "width", "heads")
    shown = [f"{key} {settings[key]}" for key in keys if settings.get(key) is not None]
    return ", ".join([str(settings["kind"]), *shown])


def _signatures(measured: Iterable[Measured]) -> dict[str, str]:
    """Each metric's signature; where it is another for another language, all of them, one after the other."""
    found: dict[str, dict[str, None]] = {}
    for one in measured:
        for name, text in one.signatures.items():
            found.setdefault(name, {})[text] = None
    return {name: "; ".join(texts) for name, texts in found.items()}


def _task_rows(built: BuiltTask) -> list[records.TaskData]:
    return [
        records.TaskData(
            name=built.task.name,
            language=built.task.language,
            subset=subset.name,
            train=len(subset.train),
            validation=len(subset.validation),
            test=len(subset.test),
            digest=built.task.digest,
            source=built.origins[subset.name].source,
            dropped=built.origins[subset.name].dropped,
        )
        for subset in built.task.subsets
    ]


def _cells(config: StudyConfig, state: StudyState) -> tuple[records.CellState, ...]:
    versioned = {approach.name for approach in config.approaches if approach.versioned}
    rows = []
    for cell in config.cells():
        done = len(state.tasks_done.get(cell, ()))
        for one in (cell, cell.pinned) if cell.approach in versioned else (cell,):
            if cell in state.failed:
                rows.append(_cell_row(one, "failed", state.failed[cell]))
            elif done:
                rows.append(_cell_row(one, "done" if done == len(cell.tasks) else "unfinished", None))
    return tuple(rows)


def _cell_row(cell: Cell, state: str, reason: str | None) -> records.CellState:
    return records.CellState.read(
        {"approach": cell.approach, "order": cell.order, "seed": cell.seed, "state": state, "reason": reason}, "cells"
    )


def parameter_rows(approach: ApproachConfig, sizes: Mapping[str, int], base: int) -> list[records.Parameters]:
    """The rows of an approach: one a kind of part and one for all, given their sizes and the base's."""
    rows = {**sizes, "all": sum(sizes.values())}
    names = [approach.name, f"{approach.name}{PINNED}"] if approach.versioned else [approach.name]
    return [
        records.Parameters(
            approach=name,
            component=kind,
            trainable=size,
            total=base if "base" in sizes else base + size,
            percent=100 * size / (base if "base" in sizes else base + size),
        )
        for name in names
        for kind, size in rows.items()
        if sizes
    ]


def _scores(state: StudyState, served: Sequence[_Served]) -> tuple[records.Score, ...]:
    rows: list[records.Score] = []
    for one in served:
        for measured in state.base_scores.values():
            rows += _score_rows(one.cell, None, measured)
        for after, record in zip(one.cell.tasks, one.records, strict=False):
            for measured in record.measured:
                rows += _score_rows(one.cell, after, measured)
    return tuple(rows)


def _score_rows(cell: Cell, after: str | None, measured: Measured) -> list[records.Score]:
    return [
        records.Score(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            after=after,
            task=measured.task,
            subset=subset,
            metric=metric,
            value=value,
            n=measured.counts[subset],
            fingerprint=measured.fingerprint,
        )
        for subset, values in measured.scores.items()
        for metric, value in values.items()
    ]


def _isolation(
    served: _Served, config: StudyConfig, tasks: Mapping[str, BuiltTask], state: StudyState
) -> list[records.Isolation]:
    """One row a task, once the sequence is finished: what was just trained against what serves the task at the end."""
    cell = served.cell
    if len(served.records) < len(cell.tasks):
        return []
    end = served.records[-1].probed
    return [
        records.Isolation(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=task,
            isolated=cell.approach.endswith(PINNED) or state.isolated[cell.approach],
            fingerprint_after_training=record.probed[task].fingerprint,
            fingerprint_at_end=end[task].fingerprint,
            outputs_identical=record.probed[task].outputs == end[task].outputs,
            probes=len(probes_of(tasks[task].task, config.probes)),
        )
        for task, record in zip(cell.tasks, served.trained, strict=True)
    ]


def _costs(served: _Served, state: StudyState, base: int) -> list[records.Cost]:
    """Two rows a task. Pinned versions have the training that they come from, which is no other one."""
    rows: list[records.Cost] = []
    cell = served.cell
    sizes = state.sizes.get(cell.approach.removesuffix(PINNED), {})
    for task, record in zip(cell.tasks, served.records, strict=False):
        rows.append(
            records.Cost(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                task=task,
                phase="train",
                seconds=record.train_seconds,
                tokens_per_second=record.tokens / record.train_seconds,
                peak_memory_bytes=record.peak_memory_bytes,
                stored_bytes=record.stored_bytes,
                flops=training_flops(record.tokens, record.gradient_tokens, record.forward_tokens, base, sizes),
                equal_to=record.equal_to,
            )
        )
        rows.append(
            records.Cost(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                task=task,
                phase="evaluate",
                seconds=record.evaluate_seconds,
            )
        )
    return rows


def training_flops(
    tokens: int, gradient_tokens: int, forward_tokens: int, base: int, sizes: Mapping[str, int]
) -> float:
    """Of training a task: its own tokens, and those that the method took gradients for or passed forward besides."""
    trained = (tokens + gradient_tokens) * training_flops_a_token(base, sizes)
    return float(trained + forward_tokens * 2 * _passed(base, sizes))


def training_flops_a_token(base: int, sizes: Mapping[str, int]) -> int:
    """Floating-point operations a token, by the usual count of 2 a parameter and pass.

    Forward and the gradient of the activations go through all parameters, the gradient of the weights only through
    the trained ones (Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, section 2.1). An upper estimate for an
    encoder-decoder, in which a token passes only one of the two stacks.
    """
    return 4 * _passed(base, sizes) + 2 * sum(sizes.values())


def _passed(base: int, sizes: Mapping[str, int]) -> int:
    """The parameters that a token passes through."""
    return base if "base" in sizes else base + sum(sizes.values())
