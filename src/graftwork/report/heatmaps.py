"""Score matrices as heat maps: rows are moments, columns tasks, one map an approach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from graftwork.report.measures import Measure
from graftwork.report.view import Estimate, View, arrow
from graftwork.results.names import order_tasks

__all__ = ["HeatCell", "HeatGroup", "HeatMap", "HeatSection", "heat_sections"]

SHADES = 10
"""The darkest shade; 0 is the lightest."""

_ROOM_CELLS = 20_000


@final
@dataclass(frozen=True)
class HeatCell:
    """One entry: what is written, its shade (None where there is no number), whether its task was just trained."""

    text: str
    margin: str
    shade: int | None
    just_trained: bool


@final
@dataclass(frozen=True)
class HeatMap:
    """One approach in one task order; each row is its moment and its cells."""

    caption: str
    approach: str
    tasks: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@final
@dataclass(frozen=True)
class HeatGroup:
    """All approaches in one metric, on one scale of shades."""

    key: str
    label: str
    legend: str
    maps: tuple[HeatMap, ...]


@final
@dataclass(frozen=True)
class HeatSection:
    """One subset: a group for each of its metrics, the headline first; ``left_out`` names metrics without room."""

    subset: str
    groups: tuple[HeatGroup, ...]
    left_out: tuple[str, ...]


class _Scale(NamedTuple):
    measure: Measure
    low: float
    high: float


def heat_sections(view: View) -> tuple[HeatSection, ...]:
    """Return every score matrix, by subset and metric; of a very large study, those of the headline metrics."""
    places = len(view.approaches) * sum(len(tasks) * (len(tasks) + 1) for tasks in map(order_tasks, view.orders))
    everything = places * sum(len(view.metrics(subset)) for subset in view.subsets) <= _ROOM_CELLS
    sections = []
    for number, subset in enumerate(view.subsets):
        metrics = view.metrics(subset)
        shown = metrics if everything else metrics[:1]
        left_out = tuple(measure.label for measure in metrics[len(shown) :])
        sections.append(HeatSection(subset, tuple(_groups(view, number, subset, shown)), left_out))
    return tuple(sections)


def _groups(view: View, number: int, subset: str, shown: Sequence[Measure]) -> Iterator[HeatGroup]:
    for measure in shown:
        matrices = {
            (approach, order): matrix
            for approach in view.approaches
            for order in view.orders
            if (matrix := view.mean_matrix(approach, order, subset, measure.name)) is not None
        }
        values = [entry.mean for matrix in matrices.values() for row in matrix for entry in row if entry is not None]
        if values:
            low, high = min(values), max(values)
            scale = _Scale(measure, low, high)
            maps = tuple(_heat_map(view, place, matrix, scale) for place, matrix in matrices.items())
            yield HeatGroup(f"{number}-{measure.name}", measure.label, _legend(measure, low, high), maps)


def _heat_map(
    view: View, place: tuple[str, str], matrix: tuple[tuple[Estimate | None, ...], ...], scale: _Scale
) -> HeatMap:
    approach, order = place
    tasks = order_tasks(order)
    moments = ("base", *(f"after {task}" for task in tasks))
    rows = tuple(
        (moment, tuple(_cell(entry, scale, just_trained=row == column + 1) for column, entry in enumerate(entries)))
        for row, (moment, entries) in enumerate(zip(moments, matrix, strict=True))
    )
    return HeatMap(f"{approach}, {arrow(order)}" if len(view.orders) > 1 else approach, approach, tasks, rows)


def _cell(entry: Estimate | None, scale: _Scale, just_trained: bool) -> HeatCell:
    if entry is None:
        return HeatCell("–", "", None, just_trained)
    measure, low, high = scale
    place = (entry.mean - low) / (high - low) if high > low else 0.5
    shade = round(SHADES * (1 - place if measure.direction < 0 else place))
    margin = "" if entry.half is None else f"± {measure.plain(entry.half)}"
    return HeatCell(measure.plain(entry.mean), margin, shade, just_trained)


def _legend(measure: Measure, low: float, high: float) -> str:
    stronger = {1: "better", -1: "better, which is lower", 0: "higher"}[measure.direction]
    meaning = measure.meaning[:1].upper() + measure.meaning[1:]
    return f"{meaning}. From {measure.value(low)} to {measure.value(high)}; stronger colour is {stronger}."
