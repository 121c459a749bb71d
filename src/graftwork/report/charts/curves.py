"""Learning curves over the whole task sequence: training loss, and validation loss of every task and subset.

More approaches than colours are drawn in panels on one scale, each with a few in colour and the others in grey.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, final

from graftwork.report.charts.style import DISTINCT, GRID, MUTED, Chart, Series, draw, mark, series
from graftwork.report.tables import About
from graftwork.report.view import View
from graftwork.results.names import order_tasks
from graftwork.results.records import CurvePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve_charts", "goes_on"]

_WHOLE, _PANEL = (5.2, 2.7), (3.9, 2.7)
_Pick = Callable[[CurvePoint], float | None]


@final
@dataclass(frozen=True)
class _Line:
    """One approach in one task: tokens since the sequence began, mean over seeds, lowest and highest seed."""

    approach: str
    task: str
    tokens: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class _Frame(NamedTuple):
    """What one kind of chart has in common, in however many panels."""

    name: str
    title: str
    about: About


def curve_charts(view: View) -> tuple[Chart, ...]:
    """Return the curves of the first task order; none where no steps were recorded."""
    order = view.orders[0]
    points = [point for point in view.results.curves if point.order == order]
    starts = _starts(points, order_tasks(order))
    charts: list[Chart] = []
    for number, (title, about, pick) in enumerate(_kinds(view, points, order_tasks(order))):
        lines = [line for approach in view.approaches for line in _lines(points, approach, starts, pick)]
        if lines:
            charts += _panels(view, _Frame(f"curve-{number}", title, about), lines, starts)
    return tuple(charts)


def goes_on(view: View) -> bool:
    """Whether the loss of a task was measured while a later one was trained."""
    return any(
        order_tasks(point.order).index(found.task) < order_tasks(point.order).index(point.task)
        for point in view.results.curves
        for found in point.validation
    )


def _panels(view: View, frame: _Frame, lines: Sequence[_Line], starts: dict[str, float]) -> Iterator[Chart]:
    """One chart; or, where colours would repeat, one for each few approaches, with a legend of its own."""
    drawn = [approach for approach in view.approaches if any(line.approach == approach for line in lines)]
    count = -(-len(drawn) // DISTINCT)
    size = -(-len(drawn) // count)
    for number, first in enumerate(range(0, len(drawn), size), start=1):
        few = drawn[first : first + size]
        words = "; ".join(_in_words(few, lines))
        if count == 1:
            svg = draw(frame.name, _WHOLE, _plotter(view, few, lines, starts))
            yield Chart(frame.title, words, svg, about=frame.about)
        else:
            svg = draw(f"{frame.name}-{number}", _PANEL, _plotter(view, few, lines, starts))
            legend = tuple((approach, series(view.approaches.index(approach))) for approach in few)
            yield Chart(f"{frame.title} ({number} of {count})", words, svg, legend, frame.about)


def _kinds(view: View, points: Sequence[CurvePoint], tasks: tuple[str, ...]) -> list[tuple[str, About, _Pick]]:
    """What is drawn: the validation loss of each task and subset that was measured, then the training loss."""

    def validation(task: str, subset: str) -> _Pick:
        return lambda point: next((v.loss for v in point.validation if (v.task, v.subset) == (task, subset)), None)

    measured = {(v.task, v.subset) for point in points for v in point.validation}
    places = [(task, subset) for subset in view.subsets for task in tasks if (task, subset) in measured]
    kinds = [
        (f"Validation loss: {task}, {subset}", About(task=task, subset=subset), validation(task, subset))
        for task, subset in places
    ]
    return [*kinds, ("Training loss", About(), lambda point: point.loss)]


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
            lines.append(_Line(approach, task, tuple(tokens), means, lows, highs))
    return lines


def _plotter(
    view: View, few: Sequence[str], lines: Sequence[_Line], starts: dict[str, float]
) -> Callable[["Axes"], None]:
    def plot(axes: "Axes") -> None:
        for line in sorted(lines, key=lambda line: line.approach in few):
            index = view.approaches.index(line.approach)
            if line.approach in few:
                _draw_line(axes, line, series(index), mark(index))
            else:
                tokens = [number / 1000 for number in line.tokens]
                axes.plot(tokens, line.mean, color=GRID, linewidth=0.8, gid=mark(index))
        low, high = min(min(line.low) for line in lines), max(max(line.high) for line in lines)
        room = 0.04 * (high - low) or 0.1
        axes.set_ylim(low - room, high + room)
        for task in dict.fromkeys(line.task for line in lines):
            axes.axvline(starts[task] / 1000, color=GRID, linewidth=1)
            place = (starts[task] / 1000, high + room)
            axes.annotate(task, place, xytext=(3, 2), textcoords="offset points", color=MUTED)
        axes.set_xlabel("thousand tokens trained on")
        axes.set_ylabel("nats a token")
        axes.grid(axis="y")
        axes.set_axisbelow(True)

    return plot


def _draw_line(axes: "Axes", line: _Line, look: Series, gid: str) -> None:
    tokens = [number / 1000 for number in line.tokens]
    if line.low != line.high:
        axes.fill_between(tokens, line.low, line.high, color=look.color, alpha=0.15, linewidth=0, gid=gid)
    (drawn,) = axes.plot(tokens, line.mean, color=look.color, linewidth=1.4, gid=gid)
    drawn.set(marker=look.marker, markersize=3.5, markevery=max(1, len(tokens) // 4))
    if look.dash:
        drawn.set_dashes(look.dash)


def _in_words(few: Sequence[str], lines: Sequence[_Line]) -> Iterator[str]:
    for approach in few:
        own = [line for line in lines if line.approach == approach]
        if own:
            yield f"{approach}: from {own[0].mean[0]:.2f} to {own[-1].mean[-1]:.2f}"
