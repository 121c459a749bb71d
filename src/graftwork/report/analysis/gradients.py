"""How steep the loss was, by component, at the start of training and at its end."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from graftwork.report.analysis.part import Part, by_key, significant
from graftwork.report.charts.style import GRID, Chart, draw, mark, series
from graftwork.report.tables import About, Column, Table
from graftwork.report.view import View
from graftwork.results.analysis import Analysis, Gradients, Replay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gradient_part"]

_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2))


def gradient_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on gradients; None where there is none."""
    rows = [row for row in analysis.gradients if row.approach in view.approaches]
    if not rows:
        return None
    runs = by_key(rows, lambda row: (row.approach, row.component, row.task, row.order, row.seed))
    courses = {key: _together(group) for key, group in runs.items()}
    return Part(
        id="gradient",
        title="How hard the loss pulled at each component",
        said=_truth(analysis.replays),
        can="which component the loss pulled at, step by step from the start, and whether that had died down at the "
        "trained weights. Norms are before clipping.",
        cannot="what lies between the replayed steps and the end, unless all steps were replayed; and a norm says "
        "nothing of direction, nor of what the optimizer made of it.",
        charts=_charts(view, courses),
        folded=(_table(courses),),
    )


_Key = tuple[str, str, str, str, int]
_Course = tuple[list[float], list[float]]


def _together(rows: Sequence[Gradients]) -> _Course:
    """The norms of a component in all stacks together."""

    def norms(name: str) -> list[float]:
        return [
            math.sqrt(sum(one**2 for one in step)) for step in zip(*(getattr(row, name) for row in rows), strict=True)
        ]

    return norms("replayed"), norms("trained")


def _truth(rows: Sequence[Replay]) -> tuple[str, ...]:
    if not rows:
        return ()
    steps = sum(row.steps for row in rows)
    exact = sum(row.difference == 0 for row in rows)
    known = [row.difference for row in rows if row.difference is not None]
    text = (
        f"Studies do not record gradients, so {steps} of {sum(row.of for row in rows)} steps were replayed from their "
        f"seeds; in {exact} of {len(rows)} trainings the replay's losses are those recorded, to the last bit"
    )
    return (f"{text}, and the largest difference is {significant(max(known))} nats a token." if known else f"{text}.",)


def _charts(view: View, courses: dict[_Key, _Course]) -> tuple[Chart, ...]:
    charts = []
    for approach in view.approaches:
        own = by_key([key for key in courses if key[0] == approach], lambda key: key[1])
        lines = {component: _mean([courses[key][0] for key in keys]) for component, keys in own.items()}
        if lines:
            charts.append(_chart(approach, view.approaches.index(approach), lines))
    return tuple(charts)


def _mean(courses: Sequence[Sequence[float]]) -> list[float]:
    return [fmean(step) for step in zip(*courses, strict=False)]


def _chart(approach: str, index: int, lines: dict[str, list[float]]) -> Chart:
    def plot(axes: "Axes") -> None:
        for (component, norms), dash in zip(lines.items(), _DASHES * len(lines), strict=False):
            steps = range(1, len(norms) + 1)
            style = (0, dash) if dash else "-"
            axes.plot(steps, norms, color=series(index).color, linestyle=style, linewidth=1.4, gid=mark(index))
            place = (len(norms), norms[-1])
            axes.annotate(component, place, xytext=(4, 0), textcoords="offset points", va="center")
        axes.set_ylim(0, 1.08 * max(map(max, lines.values())) or 1.0)
        axes.set_xlabel("step")
        axes.grid(axis="y", color=GRID)
        axes.set_xlim(0, 1.16 * max(map(len, lines.values())))

    svg = draw(f"gradient-{index}", (3.9, 2.4), plot)
    told = "; ".join(
        f"{approach}: {component} {significant(norms[0])} in step 1, {significant(norms[-1])} in step {len(norms)}"
        for component, norms in lines.items()
    )
    title = f"{approach}: norm of the gradient by step"
    return Chart(title, told, svg, about=About(approach=approach))


def _table(courses: dict[_Key, _Course]) -> Table:
    cells = []
    for (approach, component, task), keys in by_key(courses, lambda key: key[:3]).items():
        replayed = _mean([courses[key][0] for key in keys])
        trained = fmean(fmean(courses[key][1]) for key in keys)
        first, last = significant(replayed[0]), significant(replayed[-1])
        cells.append((approach, component, task, first, last, str(len(replayed)), significant(trained)))
    columns = (
        Column("Approach", facet="approach"),
        Column("Component"),
        Column("Task", facet="task"),
        Column("First step", "number"),
        Column("Last replayed step", "number"),
        Column("Which is step", "number"),
        Column("At the trained weights", "number"),
    )
    note = "At the trained weights it is the mean over the first batches of the training again, without dropout."
    return Table("Norms of gradients", columns, tuple(cells), note)
