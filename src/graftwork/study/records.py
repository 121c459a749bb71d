"""From what the task loop measured to the records of ``results.json``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from graftwork.continual.runner import Measured, TaskRecord
from graftwork.data.recipe import BuiltTask
from graftwork.models.load import Base
from graftwork.results import records
from graftwork.results.names import Cell
from graftwork.results.summarize import compare_approaches, summarize_scores
from graftwork.study.config import ApproachConfig, StudyConfig, recipe_text
from graftwork.study.worker import probes_of

__all__ = ["StudyState", "results_of", "training_flops_a_token"]


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
    seconds: dict[str, float] = field(default_factory=dict)
    """Where the time went, by phase, earlier runs included."""

    @property
    def begun(self) -> dict[Cell, list[TaskRecord]]:
        """The cells of which a task is done."""
        return {cell: done for cell, done in self.tasks_done.items() if done}


def results_of(
    config: StudyConfig, base: Base, tasks: Mapping[str, BuiltTask], state: StudyState, environment: records.Environment
) -> records.Results:
    """All records of a study as it stands."""
    parameters = sum(parameter.numel() for parameter in base.model.parameters())
    scores = _scores(config, state)
    measured = [
        *state.base_scores.values(),
        *(m for done in state.begun.values() for r in done for m in r.measured),
    ]
    return records.Results(
        study=records.Study(
            name=config.name,
            question=config.question,
            approaches=tuple(_approach(approach) for approach in config.approaches),
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
            description=f"{type(base.model).__name__}, {base.model.config.num_layers} encoder and "
            f"{base.model.config.num_decoder_layers} decoder blocks of width {base.model.config.d_model}",
        ),
        tasks=tuple(row for built in tasks.values() for row in _task_rows(built)),
        recipe=recipe_text(config),
        signatures={name: text for one in measured for name, text in one.signatures.items()},
        cells=_cells(config, state),
        parameters=tuple(row for approach in config.approaches for row in _parameters(approach, state, parameters)),
        scores=scores,
        summary=summarize_scores(scores, config.order_names()),
        comparisons=compare_approaches(scores, config.order_names()),
        isolation=tuple(row for cell in state.begun for row in _isolation(cell, config, tasks, state)),
        costs=tuple(row for cell in state.begun for row in _costs(cell, state, parameters)),
        curves=tuple(point for done in state.begun.values() for record in done for point in record.curve),
        timings=tuple(records.Timing(phase=phase, seconds=seconds) for phase, seconds in state.seconds.items()),
    )


def _approach(approach: ApproachConfig) -> records.Approach:
    scope = {name: "shared" if name in approach.shared else "one a task" for name in approach.components}
    words = [f"{_describe(config.model_dump())} ({scope[name]})" for name, config in approach.components.items()]
    return records.Approach(
        name=approach.name,
        components=tuple(words or ["every weight of the base"]),
        method=approach.method.kind,
        description=approach.description,
    )


def _describe(settings: Mapping[str, object]) -> str:
    """A component in a few words: its kind and the settings that a reader looks for."""
    shown = [f"{key} {settings[key]}" for key in ("rank", "stack", "count") if key in settings]
    return ", ".join([str(settings["kind"]), *shown])


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
    rows = []
    for cell in config.cells():
        done = len(state.tasks_done.get(cell, ()))
        if cell in state.failed:
            rows.append(_cell_row(cell, "failed", state.failed[cell]))
        elif done:
            rows.append(_cell_row(cell, "done" if done == len(cell.tasks) else "unfinished", None))
    return tuple(rows)


def _cell_row(cell: Cell, state: str, reason: str | None) -> records.CellState:
    return records.CellState.read(
        {"approach": cell.approach, "order": cell.order, "seed": cell.seed, "state": state, "reason": reason}, "cells"
    )


def _parameters(approach: ApproachConfig, state: StudyState, base: int) -> list[records.Parameters]:
    sizes = state.sizes.get(approach.name, {})
    rows = {**sizes, "all": sum(sizes.values())}
    return [
        records.Parameters(
            approach=approach.name,
            component=kind,
            trainable=size,
            total=base if "base" in sizes else base + size,
            percent=100 * size / (base if "base" in sizes else base + size),
        )
        for kind, size in rows.items()
        if sizes
    ]


def _scores(config: StudyConfig, state: StudyState) -> tuple[records.Score, ...]:
    rows: list[records.Score] = []
    for cell, done in state.begun.items():
        for measured in state.base_scores.values():
            rows += _score_rows(cell, None, measured)
        for after, record in zip(cell.tasks, done, strict=False):
            for measured in record.measured:
                rows += _score_rows(cell, after, measured)
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
    cell: Cell, config: StudyConfig, tasks: Mapping[str, BuiltTask], state: StudyState
) -> list[records.Isolation]:
    """One row a task, once the sequence is finished."""
    done = state.tasks_done[cell]
    if len(done) < len(cell.tasks):
        return []
    return [
        records.Isolation(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=task,
            isolated=state.isolated[cell.approach],
            fingerprint_after_training=record.probed[task].fingerprint,
            fingerprint_at_end=done[-1].probed[task].fingerprint,
            outputs_identical=record.probed[task].outputs == done[-1].probed[task].outputs,
            probes=len(probes_of(tasks[task].task, config.probes)),
        )
        for task, record in zip(cell.tasks, done, strict=True)
    ]


def _costs(cell: Cell, state: StudyState, base: int) -> list[records.Cost]:
    rows: list[records.Cost] = []
    sizes = state.sizes.get(cell.approach, {})
    overwritten = "base" in sizes
    for index, (task, record) in enumerate(zip(cell.tasks, state.tasks_done[cell], strict=False)):
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
                stored_bytes=0 if overwritten and index else record.stored_bytes,
                flops=float(record.tokens * training_flops_a_token(base, sizes)),
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


def training_flops_a_token(base: int, sizes: Mapping[str, int]) -> int:
    """Floating-point operations a token, by the usual count of 2 a parameter and pass.

    Forward and the gradient of the activations go through all parameters, the gradient of the weights only through
    the trained ones (Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, section 2.1). An upper estimate for an
    encoder-decoder, in which a token passes only one of the two stacks.
    """
    trained = sum(sizes.values())
    passed = base if "base" in sizes else base + trained
    return 4 * passed + 2 * trained
