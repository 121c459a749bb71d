"""Learning curves over the whole task sequence: training loss, and validation loss of every task and subset."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, final

from graftwork.report.charts.style import GRID, MUTED, Chart, draw, series
from graftwork.report.view import View
from graftwork.results.names import order_tasks
from graftwork.results.records import CurvePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve_charts"]

_Pick = Callable[[CurvePoint], float | None]


@final
@dataclass(frozen=True)
class _Line:
    """One approach in one task: tokens since the sequence began, mean over seeds, lowest and highest seed."""

    approach: str
    tokens: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def curve_charts(view: View) -> tuple[Chart, ...]:
    """Return the curves of the first task order; none where no steps were recorded."""
    order = view.orders[0]
    points = [point for point in view.results.curves if point.order == order]
    starts = _starts(points, order_tasks(order))
    charts = []
    for number, (title, pick) in enumerate(_kinds(view, points, order_tasks(order))):
        lines = [line for approach in view.approaches for line in _lines(points, approach, starts, pick)]
        if lines:
            svg = draw(f"curve-{number}", (5.2, 2.7), _plotter(view, lines, starts))
            charts.append(Chart(title, "; ".join(_in_words(view, lines)), svg))
    return tuple(charts)


def _kinds(view: View, points: Sequence[CurvePoint], tasks: tuple[str, ...]) -> list[tuple[str, _Pick]]:
    """What is drawn: the validation loss of each task and subset that was measured, then the training loss."""

    def validation(task: str, subset: str) -> _Pick:
        return lambda point: next((v.loss for v in point.validation if (v.task, v.subset) == (task, subset)), None)

    measured = {(v.task, v.subset) for point in points for v in point.validation}
    places = [(task, subset) for subset in view.subsets for task in tasks if (task, subset) in measured]
    kinds = [(f"Validation loss: {task}, {subset}", validation(task, subset)) for task, subset in places]
    return [*kinds, ("Training loss", lambda point: point.loss)]


def _starts(points: Sequence[CurvePoint], tasks: tuple[str, ...]) -> dict[str, float]:
    """Task -> tokens before it; the longest run of each task decides, so that tasks begin together."""
    starts, before = {}, 0.0
    for task in tasks:
        starts[task] = before
        before += max((point.tokens for point in points if point.task == task), default=0)
    return starts


def _lines(points: Sequence[CurvePoint], approach: str, starts: dict[str, float], pick: _Pick) -> list[_Line]:
    """One line a task, since a new task's loss does not go on from the last one's."""
    lines = []
    for task, start in starts.items():
        by_step: dict[int, list[tuple[float, float]]] = {}
        for point in points:
            value = pick(point)
            if (point.approach, point.task) == (approach, task) and value is not None:
                by_step.setdefault(point.step, []).append((start + point.tokens, value))
        places = [by_step[step] for step in sorted(by_step)]
        values = [[value for _, value in place] for place in places]
        if places:
            tokens = [fmean(count for count, _ in place) for place in places]
            means, lows, highs = zip(*((fmean(seeds), min(seeds), max(seeds)) for seeds in values), strict=True)
            lines.append(_Line(approach, tuple(tokens), means, lows, highs))
    return lines


def _plotter(view: View, lines: Sequence[_Line], starts: dict[str, float]) -> Callable[["Axes"], None]:
    def plot(axes: "Axes") -> None:
        for line in lines:
            look = series(view.approaches.index(line.approach))
            tokens = [number / 1000 for number in line.tokens]
            if line.low != line.high:
                axes.fill_between(tokens, line.low, line.high, color=look.color, alpha=0.15, linewidth=0)
            (drawn,) = axes.plot(tokens, line.mean, color=look.color, linewidth=1.4)
            drawn.set(marker=look.marker, markersize=3.5, markevery=max(1, len(tokens) // 4))
            if look.dash:
                drawn.set_dashes(look.dash)
        top = axes.get_ylim()[1]
        for task, start in starts.items():
            axes.axvline(start / 1000, color=GRID, linewidth=1)
            axes.annotate(task, (start / 1000, top), xytext=(3, 2), textcoords="offset points", color=MUTED)
        axes.set_xlabel("thousand tokens trained on")
        axes.set_ylabel("nats a token")
        axes.grid(axis="y")
        axes.set_axisbelow(True)

    return plot


def _in_words(view: View, lines: Sequence[_Line]) -> Iterator[str]:
    for approach in view.approaches:
        own = [line for line in lines if line.approach == approach]
        if own:
            yield f"{approach}: from {own[0].mean[0]:.2f} to {own[-1].mean[-1]:.2f}"
