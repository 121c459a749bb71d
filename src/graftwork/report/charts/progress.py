"""What each approach learned and kept on one task: the base, when just trained, at the end."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graftwork.report.charts.style import INK, MUTED, Chart, draw, mark, series
from graftwork.report.tables import About
from graftwork.report.view import Estimate, Headline, View
from graftwork.results.names import order_tasks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["progress_charts"]

_Row = tuple[str, Estimate | None, Estimate | None, Estimate | None]


def progress_charts(view: View) -> tuple[Chart, ...]:
    """Return a chart for every headline and task, in the first task order."""
    order = view.orders[0]
    charts = []
    for number, headline in enumerate(view.headlines):
        panels = {task: _rows(view, headline, order, index) for index, task in enumerate(order_tasks(order))}
        found = [entry for rows in panels.values() for row in rows for entry in row[1:] if entry is not None]
        for index, (task, rows) in enumerate(panels.items()):
            if any(trained or end for _, _, trained, end in rows):
                size = (5.2, 0.75 + 0.28 * len(rows))
                svg = draw(f"progress-{number}-{index}", size, _plotter(view, headline, rows, found))
                about = About(task=task, subset=headline.subset, metric=headline.measure.label)
                charts.append(Chart(f"{task}, {headline}", _in_words(headline, rows), svg, about=about))
    return tuple(charts)


def _limits(headline: Headline, found: Sequence[Estimate]) -> tuple[float, float]:
    """One axis for all tasks, so that they can be compared by eye; intervals end where scores do."""
    ends = [headline.measure.scaled(end) for e in found for end in (e.mean, e.low, e.high) if end is not None]
    if headline.measure.scale == "percent":
        ends = [min(100.0, max(0.0, end)) for end in ends]
    room = 0.06 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _rows(view: View, headline: Headline, order: str, task: int) -> list[_Row]:
    rows: list[_Row] = []
    for approach in view.approaches:
        matrix = view.mean_matrix(approach, order, headline.subset, headline.measure.name)
        if matrix is not None:
            rows.append((approach, matrix[0][task], matrix[task + 1][task], matrix[-1][task]))
    return rows


def _plotter(
    view: View, headline: Headline, rows: Sequence[_Row], found: Sequence[Estimate]
) -> Callable[["Axes"], None]:
    measure = headline.measure

    def plot(axes: "Axes") -> None:
        for y, row in enumerate(rows):
            index = view.approaches.index(row[0])
            before = set(axes.get_children())
            _draw_row(axes, y, headline, series(index).color, row)
            for drawn in set(axes.get_children()) - before:
                drawn.set_gid(mark(index))
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        for label, row in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_gid(mark(view.approaches.index(row[0])))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_xlim(_limits(headline, found))
        axes.set_xlabel(f"{measure.label} ({measure.unit})" if measure.unit else measure.label)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)

    return plot


def _draw_row(axes: "Axes", y: int, headline: Headline, color: str, row: _Row) -> None:
    measure = headline.measure
    _, base, trained, end = row
    if base is not None:
        axes.plot(measure.scaled(base.mean), y, "x", color=MUTED, markersize=5.5)
    if trained is not None and end is not None:
        axes.plot([measure.scaled(trained.mean), measure.scaled(end.mean)], [y, y], color=color, linewidth=1.6)
    if end is not None and end.low is not None and end.high is not None:
        axes.plot([measure.scaled(end.low), measure.scaled(end.high)], [y, y], color=color, linewidth=5, alpha=0.25)
    if end is not None:
        axes.plot(measure.scaled(end.mean), y, "o", color=color, markersize=6)
        axes.annotate(measure.plain(end.mean), (1.02, y), xycoords=("axes fraction", "data"), va="center")
    if trained is not None:
        # Drawn last and larger, so that a score that did not move shows as a dot in a ring.
        axes.plot(measure.scaled(trained.mean), y, "o", markersize=9.5, markeredgecolor=color, markerfacecolor="none")


def _in_words(headline: Headline, rows: Sequence[_Row]) -> str:
    def one(row: _Row) -> str:
        approach, *values = row
        words = [f"{name} {headline.measure.value(v.mean)}" for name, v in zip(_MOMENTS, values, strict=True) if v]
        return f"{approach}: {', '.join(words)}"

    return "; ".join(one(row) for row in rows)


_MOMENTS = ("base", "just trained", "at the end")
