"""The loss between two versions of weights that tasks share."""

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from graftwork.report.analysis.part import Part, by_key, over_seeds
from graftwork.report.charts.style import GRID, Chart, draw, mark, series
from graftwork.report.measures import measure
from graftwork.report.tables import About
from graftwork.report.view import View
from graftwork.results.analysis import Analysis, InterpolationPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["interpolation_part"]

_Line = list[tuple[float, float]]


def interpolation_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on interpolations; None where tasks share no weights."""
    rows = [row for row in analysis.interpolations if row.approach in view.approaches]
    if not rows:
        return None
    groups = by_key(rows, lambda row: (row.approach, row.order, row.before, row.after, row.subset))
    charts = tuple(_chart(view, f"between-{number}", group) for number, group in enumerate(groups.values()))
    return Part(
        id="interpolation",
        title="Between two versions of shared weights",
        said=tuple(_sentence(group) for group in groups.values()),
        can="whether both versions lie in one valley of the loss, and whether a mixture would serve both tasks better "
        "than either. At 0 shared weights are as the first task left them, at 1 as the second did; what is not shared "
        "is each task's own.",
        cannot="that nothing else joins them: a hill on the straight line is no proof of two valleys. Losses say "
        "nothing of what would be written.",
        charts=charts,
    )


def _lines(rows: Sequence[InterpolationPoint]) -> dict[str, _Line]:
    return {
        task: [
            (alpha, over_seeds(points, lambda row: row.loss).mean)
            for alpha, points in sorted(by_key(own, lambda row: row.alpha).items())
        ]
        for task, own in by_key(rows, lambda row: row.task).items()
    }


def _sentence(rows: Sequence[InterpolationPoint]) -> str:
    """Where on the line the two tasks together are best off, by the mean of their losses."""
    first, known, lines = rows[0], measure("loss"), _lines(rows)
    together = [
        (alpha, fmean(line[step][1] for line in lines.values())) for step, (alpha, _) in enumerate(lines[first.before])
    ]
    alpha, least = min(together, key=lambda point: point[1])
    better_end = min(together[0][1], together[-1][1])
    where = f"{first.approach}, {first.subset}"
    if alpha in (0.0, 1.0):
        end = f"the version after {first.after if alpha else first.before}"
        return f"{where}: no mixture serves both tasks better than {end} (mean loss {known.value(least)})."
    gain = f"mean loss {known.value(least)}, at the better end {known.value(better_end)}"
    return f"{where}: the mixture at {alpha:g} serves both tasks best ({gain})."


def _chart(view: View, name: str, rows: Sequence[InterpolationPoint]) -> Chart:
    first, lines, index = rows[0], _lines(rows), view.approaches.index(rows[0].approach)

    def plot(axes: "Axes") -> None:
        for (task, line), dash in zip(lines.items(), ((), (5, 2), (1.5, 1.5)) * len(lines), strict=False):
            alphas, losses = zip(*line, strict=True)
            style = (0, dash) if dash else "-"
            look = series(index)
            axes.plot(
                alphas, losses, color=look.color, linestyle=style, marker=look.marker, markersize=3.5, gid=mark(index)
            )
            axes.annotate(task, (1.0, losses[-1]), xytext=(6, 0), textcoords="offset points", va="center")
        axes.set_xlim(-0.03, 1.3)
        axes.set_xticks([0, 0.5, 1], [f"after {first.before}", "half", f"after {first.after}"])
        axes.set_ylabel("nats a token")
        axes.grid(axis="y", color=GRID)

    svg = draw(name, (3.9, 2.4), plot)
    told = "; ".join(
        f"{first.approach}: {task} " + ", ".join(f"{loss:.2f} at {alpha:g}" for alpha, loss in line)
        for task, line in lines.items()
    )
    title = f"{first.approach}, {first.subset}: loss"
    return Chart(title, told, svg, about=About(approach=first.approach, subset=first.subset))
