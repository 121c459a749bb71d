"""What each approach cost, side by side."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from graftwork.report import numbers
from graftwork.report.charts.style import INK, Chart, draw, mark, series
from graftwork.report.costs import ApproachCost, approach_cost
from graftwork.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cost_charts"]

_Bar = tuple[int, ApproachCost, float]


def cost_charts(view: View) -> tuple[Chart, ...]:
    """Return bars of trainable parameters, training time, storage and memory, each where it was recorded."""
    kinds: tuple[tuple[str, Callable[[ApproachCost], float | None], Callable[[float], str]], ...] = (
        ("Parameters trained for a task", lambda cost: cost.trainable, numbers.short_count),
        ("Training time of the sequence", lambda cost: cost.train_seconds, numbers.duration),
        ("Storage of the sequence", lambda cost: cost.stored_bytes, numbers.bytes_text),
        ("Peak memory", lambda cost: cost.peak_memory_bytes, numbers.bytes_text),
    )
    costs = [approach_cost(view, approach) for approach in view.approaches]
    charts = []
    for number, (title, value, write) in enumerate(kinds):
        bars = [(index, cost, amount) for index, cost in enumerate(costs) if (amount := value(cost)) is not None]
        if bars:
            charts.append(_chart(f"cost-{number}", title, bars, write))
    return tuple(charts)


def _chart(name: str, title: str, bars: list[_Bar], write: Callable[[float], str]) -> Chart:
    def plot(axes: "Axes") -> None:
        highest = max(amount for *_, amount in bars) or 1.0
        for y, (index, _, amount) in enumerate(bars):
            axes.barh(y, amount, height=0.55, color=series(index).color, gid=mark(index))
            text = axes.annotate(write(amount), (amount, y), xytext=(4, 0), textcoords="offset points", va="center")
            text.set_gid(mark(index))
        axes.set_yticks(range(len(bars)), [cost.approach for _, cost, _ in bars])
        for label, (index, *_) in zip(axes.get_yticklabels(), bars, strict=True):
            label.set_gid(mark(index))
        axes.set_ylim(len(bars) - 0.4, -0.6)
        # The labels at the bars' ends tell the numbers; room for them beside the longest bar.
        axes.set_xlim(0, 1.25 * highest)
        axes.set_xticks([])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.spines["bottom"].set_visible(False)

    svg = draw(name, (5.2, 0.3 + 0.28 * len(bars)), plot)
    return Chart(title, "; ".join(f"{cost.approach}: {write(amount)}" for _, cost, amount in bars), svg)
