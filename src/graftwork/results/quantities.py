"""What claims are about, read from the records: a statistic of an approach by seed, and the rows it comes from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any, final

from graftwork.config import parse_yaml
from graftwork.metrics.metric import METRICS
from graftwork.results.matrix import score_matrices
from graftwork.results.names import PINNED, order_tasks
from graftwork.results.records import CurvePoint, Results
from graftwork.results.statements import COSTS, LOSSES, SCORES, Statement
from graftwork.statistics.continual import summarize

__all__ = ["Reading", "pointers", "read_quantity"]

_CostsOfCell = dict[tuple[str, int], dict[str, float]]


@final
@dataclass(frozen=True)
class Reading:
    """A statistic of one approach.

    ``by_seed`` has the seeds that are finished in every task order, each with the mean over these; of what no seed can
    change, ``constant`` is the value. ``exact`` holds where the value is certain: it was counted, or nothing in what
    was measured can have changed, by equal fingerprints. ``rows`` are JSON pointers into the records.
    """

    by_seed: Mapping[int, float]
    rows: tuple[str, ...]
    constant: float | None = None
    exact: bool = False


def read_quantity(results: Results, approach: str, statement: Statement) -> Reading:
    """Return what a claim is about for one of its approaches; without any seed where nothing was measured."""
    if statement.statistic in SCORES:
        return _of_scores(results, approach, statement)
    if statement.statistic in COSTS:
        return _of_costs(results, approach, statement)
    if statement.statistic in LOSSES:
        return _of_curves(results, approach, statement)
    found = [
        (index, row.trainable)
        for index, row in enumerate(results.parameters)
        if (row.approach, row.component) == (approach, "all")
    ]
    if not found:
        return Reading({}, ())
    index, size = found[0]
    return Reading({}, pointers("parameters", [index]), float(size), exact=True)


def pointers(table: str, indices: Iterable[int]) -> tuple[str, ...]:
    """Rows of a table as JSON pointers (RFC 6901); rows that follow each other as one, ``/curves/3-17``."""
    ordered = sorted(set(indices))
    starts = [i for i, index in enumerate(ordered) if i == 0 or ordered[i - 1] != index - 1]
    runs = [ordered[start:end] for start, end in pairwise([*starts, len(ordered)])]
    return tuple(f"/{table}/{run[0]}" if len(run) == 1 else f"/{table}/{run[0]}-{run[-1]}" for run in runs)


def _whole(results: Results, values: Iterable[tuple[str, int, float]]) -> dict[int, float]:
    """Mean over the orders for each seed that has all of them, given (order, seed, value)."""
    found: dict[int, dict[str, float]] = {}
    for order, seed, value in values:
        found.setdefault(seed, {})[order] = value
    orders = set(results.study.orders)
    return {seed: fmean(by_order.values()) for seed, by_order in found.items() if by_order.keys() >= orders}


def _of_scores(results: Results, approach: str, statement: Statement) -> Reading:
    place = (approach, statement.subset, statement.metric)
    metric = METRICS[statement.metric or ""]
    values = []
    for matrix in score_matrices(row for row in results.scores if (row.approach, row.subset, row.metric) == place):
        if statement.statistic == "final":
            value = matrix.rows[-1][matrix.tasks.index(statement.task or "")]
        else:
            value = summarize(matrix.rows, lower_is_better=metric.lower_is_better)[statement.statistic]
        if value is not None:
            values.append((matrix.cell.order, matrix.cell.seed, value))
    by_seed = _whole(results, values)
    if statement.statistic == "final":
        return Reading(by_seed, _final_rows(results, approach, statement))
    summary = pointers(
        "summary",
        (
            index
            for index, row in enumerate(results.summary)
            if (row.approach, row.subset, row.metric, row.statistic) == (*place, statement.statistic)
        ),
    )
    kept = [] if statement.statistic not in ("forgetting", "backward_transfer") else _kept(results, approach, by_seed)
    exact = bool(kept) and not any(by_seed.values())
    return Reading(by_seed, (*summary, *pointers("isolation", kept)) if exact else summary, exact=exact)


def _final_rows(results: Results, approach: str, statement: Statement) -> tuple[str, ...]:
    wanted = (approach, statement.subset, statement.metric, statement.task)
    return pointers(
        "scores",
        (
            index
            for index, row in enumerate(results.scores)
            if (row.approach, row.subset, row.metric, row.task) == wanted and row.after == order_tasks(row.order)[-1]
        ),
    )


def _kept(results: Results, approach: str, seeds: Iterable[int]) -> list[int]:
    """The proofs that every earlier task is the same function at the end, by number; none where one lacks or fails."""
    rows = {
        (row.order, row.seed, row.task): (index, row)
        for index, row in enumerate(results.isolation)
        if row.approach == approach
    }
    wanted = [
        (order, seed, task) for seed in seeds for order in results.study.orders for task in order_tasks(order)[:-1]
    ]
    found = [rows[key] for key in wanted if key in rows]
    proven = all(row.outputs_identical and row.fingerprint_after_training == row.fingerprint_at_end for _, row in found)
    return [index for index, _ in found] if proven and len(found) == len(wanted) else []


def _of_costs(results: Results, approach: str, statement: Statement) -> Reading:
    phase = "evaluate" if statement.statistic == "evaluate_seconds" else "train"
    name = "seconds" if statement.statistic.endswith("_seconds") else statement.statistic
    found: _CostsOfCell = {}
    rows = []
    for index, row in enumerate(results.costs):
        value = getattr(row, name)
        if (row.approach, row.phase) != (approach, phase) or value is None or statement.task not in (None, row.task):
            continue
        found.setdefault((row.order, row.seed), {})[row.task] = value
        rows.append(index)
    together = max if statement.statistic == "peak_memory_bytes" else sum
    values = [(*cell, float(together(by.values()))) for cell, by in found.items() if _has_all(cell[0], by, statement)]
    return Reading(_whole(results, values), pointers("costs", rows))


def _has_all(order: str, tasks: Iterable[str], statement: Statement) -> bool:
    return set(tasks) >= ({statement.task} if statement.task else set(order_tasks(order)))


def _of_curves(results: Results, approach: str, statement: Statement) -> Reading:
    trained = approach.removesuffix(PINNED)
    curves: dict[tuple[str, int], dict[str, list[tuple[int, CurvePoint]]]] = {}
    for index, point in enumerate(results.curves):
        if point.approach == trained and statement.task in (None, point.task):
            curves.setdefault((point.order, point.seed), {}).setdefault(point.task, []).append((index, point))
    epochs = _epochs(results.recipe, trained)
    values, rows = [], []
    for cell, by_task in curves.items():
        found = [_of_curve(points, statement, epochs) for points in by_task.values()]
        losses = [one[0] for one in found if one is not None]
        if len(losses) == len(found) and _has_all(cell[0], by_task, statement):
            values.append((*cell, fmean(losses)))
            rows += [index for one in found if one is not None for index in one[1]]
    return Reading(_whole(results, values), pointers("curves", rows))


def _of_curve(
    points: Sequence[tuple[int, CurvePoint]], statement: Statement, epochs: int
) -> tuple[float, list[int]] | None:
    """One training's loss, and the points it comes from; None where it was not measured."""
    if statement.statistic == "first_epoch_loss":
        return _first_epoch(points, epochs)
    measured = [(index, loss) for index, point in points for loss in _validation(point, statement.subset)]
    wanted = 0 if statement.statistic == "validation_loss_at_start" else 1
    return None if len(measured) <= wanted else (measured[wanted][1], [measured[wanted][0]])


def _validation(point: CurvePoint, subset: str | None) -> Iterator[float]:
    return (one.loss for one in point.validation if (one.task, one.subset) == (point.task, subset))


def _first_epoch(points: Sequence[tuple[int, CurvePoint]], epochs: int) -> tuple[float, list[int]] | None:
    """The mean loss of the steps of the first epoch; a point that reaches beyond it counts for the steps inside."""
    last = points[-1][1].step / epochs
    total, weights, rows = 0.0, 0.0, []
    for (_, before), (index, point) in pairwise(points):
        inside = min(point.step, last) - before.step
        if inside > 0 and point.loss is not None:
            total, weights = total + inside * point.loss, weights + inside
            rows.append(index)
    return (total / weights, rows) if weights else None


def _epochs(recipe: str, approach: str) -> int:
    """Epochs that an approach is trained for, by the recipe in the records."""
    data: dict[str, Any] = parse_yaml(recipe, "results.json: recipe")
    own = [
        one.get("training", {})
        for one in data.get("approaches", ())
        if isinstance(one, dict) and one.get("name") == approach
    ]
    return int({**data.get("training", {}), **(own[0] if own else {})}.get("epochs", 1))
