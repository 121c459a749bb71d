"""What each approach cost: parameters, time, memory, storage; each a mean over the runs that recorded it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import final

from graftwork.report import numbers
from graftwork.report.tables import Table, by_approach
from graftwork.report.view import View, is_pinned
from graftwork.results.names import Cell, order_tasks
from graftwork.results.records import Cost

__all__ = ["ApproachCost", "approach_cost", "cost_table"]


@final
@dataclass(frozen=True)
class ApproachCost:
    """One approach's cost; None where nothing was recorded. Time, storage and FLOPs are of the whole sequence."""

    approach: str
    trainable: int | None
    percent: float | None
    train_seconds: float | None
    evaluate_seconds: float | None
    tokens_per_second: float | None
    peak_memory_bytes: float | None
    stored_bytes: float | None
    flops: float | None


def approach_cost(view: View, approach: str) -> ApproachCost:
    """Collect what an approach cost; time and storage count only runs that finished the whole sequence."""
    parameters = next((p for p in view.results.parameters if (p.approach, p.component) == (approach, "all")), None)
    costs = [cost for cost in view.results.costs if cost.approach == approach]
    train = [cost for cost in costs if cost.phase == "train"]
    peaks = [cost.peak_memory_bytes for cost in costs if cost.peak_memory_bytes is not None]
    return ApproachCost(
        approach=approach,
        trainable=parameters.trainable if parameters else None,
        percent=parameters.percent if parameters else None,
        train_seconds=_mean_total(train, lambda cost: cost.seconds),
        evaluate_seconds=_mean_total([cost for cost in costs if cost.phase == "evaluate"], lambda cost: cost.seconds),
        tokens_per_second=_mean(cost.tokens_per_second for cost in train),
        peak_memory_bytes=max(peaks, default=None),
        stored_bytes=_mean_total(train, lambda cost: cost.stored_bytes),
        flops=_mean_total(train, lambda cost: cost.flops),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def _mean_total(costs: list[Cost], value: Callable[[Cost], float | None]) -> float | None:
    """Mean over cells of the sum over tasks; a cell in which a task lacks its value does not count."""
    by_cell: dict[Cell, dict[str, float]] = {}
    for cost in costs:
        number = value(cost)
        if number is not None:
            cell = by_cell.setdefault(Cell(cost.approach, cost.order, cost.seed), {})
            cell[cost.task] = cell.get(cost.task, 0.0) + number
    totals = [sum(tasks.values()) for cell, tasks in by_cell.items() if tasks.keys() >= set(order_tasks(cell.order))]
    return fmean(totals) if totals else None


def cost_table(view: View) -> Table:
    """All costs, one row an approach."""
    heads = ("Trainable for a task", "Of the model", "Training", "Evaluation", "Tokens/s", "Peak memory", "Stored")
    rows = []
    for approach in view.approaches:
        cost = approach_cost(view, approach)
        rows.append(
            (
                approach,
                _or_dash(cost.trainable, numbers.short_count),
                _or_dash(cost.percent, lambda percent: numbers.share(percent / 100)),
                _or_dash(cost.train_seconds, numbers.duration),
                _or_dash(cost.evaluate_seconds, numbers.duration),
                _or_dash(cost.tokens_per_second, numbers.rate_text),
                _or_dash(cost.peak_memory_bytes, numbers.bytes_text),
                _or_dash(cost.stored_bytes, numbers.bytes_text),
            )
        )
    note = (
        "Training, evaluation and storage are totals over the task sequence, averaged over finished runs; tokens are "
        "real ones, without padding; peak memory is the highest seen. An evaluation that a fingerprint made needless "
        "costs nothing."
    )
    taken_over = sum(cost.equal_to is not None for cost in view.results.costs if not is_pinned(cost.approach))
    if taken_over:
        note += (
            f" {taken_over} trainings of a task were taken over from an equal one of another run, which began at the "
            "same weights with the same batches, settings and seed; what they cost is what it cost there."
        )
    return Table("What each approach cost", by_approach(*heads), tuple(rows), note)


def _or_dash(value: float | None, write: Callable[[float], str]) -> str:
    return "–" if value is None else write(value)
