"""Every adapter on every task."""

from collections.abc import Sequence

from graftwork.report.analysis.part import Grid, Part, by_key, grid_of, over_seeds
from graftwork.report.measures import Measure, measure
from graftwork.report.view import View
from graftwork.results.analysis import Analysis, ZeroShot

__all__ = ["zero_shot_part"]

BASE = "base"


def zero_shot_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on the zero-shot matrix; None where there is none."""
    trained = [row for row in analysis.zero_shots if row.approach != BASE]
    if not trained:
        return None
    chosen: dict[tuple[str, str], Measure] = {}
    for headline in view.headlines:
        for known in (headline.measure, measure("loss")):
            chosen[headline.subset, known.name] = known
    groups = [
        (f"{subset}: {known.heading}", _grids(view, analysis.zero_shots, subset, known))
        for (subset, _), known in chosen.items()
    ]
    return Part(
        id="zero-shot",
        title="Every adapter on every task",
        said=(_sentence(analysis.zero_shots),),
        can="how far what was learned for one task is of use for another. Rows are what served a task when it had just "
        "been trained, columns the tasks scored; stronger colour is better.",
        cannot="what a little training on the other task would do. A score of 0 does not say that nothing was carried "
        "over; the loss does.",
        grids=tuple(group for group in groups if group[1]),
    )


def _sentence(rows: Sequence[ZeroShot]) -> str:
    losses = [row for row in rows if row.metric == "loss"]
    base = {(row.task, row.subset): row.value for row in losses if row.approach == BASE}
    other = [row for row in losses if row.approach != BASE and row.adapter != row.task]
    if not other:
        return "There is one task, so nothing can be carried over."
    helped = sum(row.value < base[row.task, row.subset] for row in other)
    return (
        f"On a task that it was not trained for, an adapter has a lower loss than the base in {helped} of {len(other)} "
        "cases (adapter, task, subset and seed)."
    )


def _grids(view: View, rows: Sequence[ZeroShot], subset: str, known: Measure) -> tuple[Grid, ...]:
    wanted = [row for row in rows if (row.subset, row.metric) == (subset, known.name)]
    if not wanted:
        return ()
    tasks = tuple(dict.fromkeys(row.task for row in wanted))
    worst, best = sorted((row.value for row in wanted), reverse=known.direction < 0)[:: max(1, len(wanted) - 1)][:2]
    grids = []
    for approach in view.approaches:
        own = [row for row in wanted if row.approach == approach]
        if own:
            lines = [("base", _line([row for row in wanted if row.approach == BASE], tasks))]
            lines += [
                (f"trained for {adapter}", _line(group, tasks))
                for adapter, group in by_key(own, lambda row: row.adapter).items()
            ]
            grids.append(grid_of(approach, tasks, lines, known.plain, (worst, best), approach))
    return tuple(grids)


def _line(rows: Sequence[ZeroShot], tasks: Sequence[str]) -> list[float | None]:
    found = by_key(rows, lambda row: row.task)
    return [over_seeds(found[task], lambda row: row.value).mean if task in found else None for task in tasks]
