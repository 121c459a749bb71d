"""What combined adapters owe their gains to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graftwork.report.analysis.part import Part, by_key
from graftwork.report.charts.style import INK, MUTED, Chart, draw, mark, series
from graftwork.report.measures import Measure, measure
from graftwork.report.tables import About, Column, Table
from graftwork.report.view import View, estimate
from graftwork.results.analysis import Analysis, KnockOut, Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["knock_out_part"]


def knock_out_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on knock-outs; None where no adapter has several components."""
    if not analysis.shares:
        return None
    metrics = {headline.subset: headline.measure for headline in view.headlines}
    chosen = [row for row in analysis.shares if row.subset in metrics and row.metric == metrics[row.subset].name]
    groups = by_key(chosen, lambda row: (row.approach, row.order, row.task, row.subset))
    return Part(
        id="knock-out",
        title="What a combined adapter owes to its components",
        said=tuple(_sentence(rows) for rows in groups.values() if rows[0].subset == view.headlines[0].subset),
        can="what the trained whole rests on: its gain over the base with each component alone, and what only comes "
        "about when they act together.",
        cannot="what a component would have learned alone, since these were trained together and rely on each other; "
        "approaches with one component show that.",
        charts=_charts(view, chosen),
        tables=(_table(groups.values()),),
        folded=tuple(table for table in (_other_metrics(analysis, metrics), _places(analysis.knock_outs)) if table),
    )


def _sentence(rows: Sequence[Share]) -> str:
    whole, known = _whole(rows), measure(rows[0].metric)
    gains = ", ".join(f"{_part(row)} {_gain(row)}{_percent(row)}" for row in rows if row is not whole)
    gain = f"{_gain(whole)} {known.points} of {known.label}"
    return f"{whole.approach} on {whole.task}, {whole.subset}: {gain}, of which {gains}."


def _whole(rows: Sequence[Share]) -> Share:
    return next(row for row in rows if row.part == "whole")


def _part(row: Share) -> str:
    return row.part if row.part in ("whole", "together") else f"{row.part} alone"


def _gain(row: Share) -> str:
    """The difference of scores with its sign; of a metric of which less is better, a fall has a minus."""
    half = None if row.ci_low is None or row.ci_high is None else (row.ci_high - row.ci_low) / 2
    return measure(row.metric).change(row.mean, half or None)


def _percent(row: Share) -> str:
    return "" if row.share is None else f" ({100 * row.share:.0f}\u00a0%)".replace("-", "−")


def _table(groups: object) -> Table:
    rows = []
    for group in groups:  # type: ignore[attr-defined]  # values of a dictionary
        whole, known = _whole(group), measure(group[0].metric)
        alone = "; ".join(f"{row.part} {_gain(row)}{_percent(row)}" for row in group if _part(row).endswith(" alone"))
        together = next(row for row in group if row.part == "together")
        label = f"{known.label} ({known.points})"
        shared = f"{_gain(together)}{_percent(together)}"
        rows.append((whole.approach, whole.task, whole.subset, label, _gain(whole), alone, shared))
    columns = (
        Column("Approach", facet="approach"),
        Column("Task", facet="task"),
        Column("Subset", facet="subset"),
        Column("Measure"),
        Column("Whole, over the base", "number"),
        Column("Components alone"),
        Column("Only together", "number"),
    )
    note = (
        "Each component's gain is the score with it alone less the base's; what is left of the whole's gain is the "
        "interaction, which is negative where components do the same work twice. In brackets, the share of the whole."
    )
    return Table("What the gain over the base is owed to", columns, tuple(rows), note)


def _charts(view: View, chosen: Sequence[Share]) -> tuple[Chart, ...]:
    groups = by_key(chosen, lambda row: (row.approach, row.subset))
    return tuple(
        _chart(view, f"knock-out-{number}", approach, rows)
        for number, ((approach, _), rows) in enumerate(groups.items())
    )


def _chart(view: View, name: str, approach: str, rows: Sequence[Share]) -> Chart:
    known, index = measure(rows[0].metric), view.approaches.index(approach)
    labels = [f"{row.task}: {_part(row)}" for row in rows]
    values = [known.direction * known.scaled(row.mean) for row in rows]

    def plot(axes: "Axes") -> None:
        reach = max(map(abs, values)) or 1.0
        for y, (row, value) in enumerate(zip(rows, values, strict=True)):
            pale = 1.0 if row.part == "whole" else 0.55
            axes.barh(y, value, height=0.6, color=series(index).color, alpha=pale, gid=mark(index))
            side, shift = ("left", 4) if value >= 0 else ("right", -4)
            text = known.difference(known.direction * row.mean) if value else "0"
            axes.annotate(text, (value, y), xytext=(shift, 0), textcoords="offset points", va="center", ha=side)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        low = min(0.0, *values)
        axes.set_xlim(low - (0.3 * reach if low < 0 else 0), 1.3 * max(0.0, *values) or 0.3 * reach)
        axes.set_xticks([])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.spines[["bottom", "left"]].set_visible(False)

    svg = draw(name, (5.2, 0.35 + 0.25 * len(rows)), plot)
    title = f"{approach}, {rows[0].subset}: gain in {known.label} ({known.points}), to the right is better"
    told = "; ".join(f"{approach}: {label} {_gain(row)}" for label, row in zip(labels, rows, strict=True))
    return Chart(title, told, svg, about=About(approach=approach, subset=rows[0].subset))


def _other_metrics(analysis: Analysis, headline: dict[str, Measure]) -> Table | None:
    rows = []
    for row in analysis.shares:
        known = measure(row.metric)
        if known.direction and row.subset in headline and row.metric != headline[row.subset].name:
            share = _percent(row).strip(" ()") or "–"
            rows.append((row.approach, row.task, row.subset, known.label, _part(row), _gain(row), share))
    columns = (
        Column("Approach", facet="approach"),
        Column("Task", facet="task"),
        Column("Subset", facet="subset"),
        Column("Metric", facet="metric"),
        Column("Part"),
        Column("Difference to the base", "number"),
        Column("Share", "number"),
    )
    return Table("Gains in all other metrics", columns, tuple(rows)) if rows else None


def _places(rows: Sequence[KnockOut]) -> Table | None:
    """How much the loss rises without one component in one stack."""
    whole = {_place(row): row.value for row in rows if (row.acts, row.metric) == ("whole", "loss")}
    groups = by_key(
        (row for row in rows if row.acts == "without place" or (row.acts == "without" and row.metric == "loss")),
        lambda row: (row.approach, row.task, row.subset, row.part),
    )
    known, cells = measure("loss"), []
    for (approach, task, subset, part), group in groups.items():
        rises = estimate([row.value - whole[_place(row)] for row in group])
        without = estimate([row.value for row in group])
        if rises is not None and without is not None:
            level = known.interval(without.mean, without.half)
            cells.append((approach, task, subset, part, level, known.change(rises.mean, rises.half)))
    columns = (
        Column("Approach", facet="approach"),
        Column("Task", facet="task"),
        Column("Subset", facet="subset"),
        Column("Without"),
        Column("Loss", "number"),
        Column("More than the whole", "number"),
    )
    note = "Nats a token, on validation items. New layers act in one place, which is the whole component."
    return (
        Table("Loss without one component, or without it in one stack", columns, tuple(cells), note) if cells else None
    )


def _place(row: KnockOut) -> tuple[str, str, int, str, str]:
    return row.approach, row.order, row.seed, row.task, row.subset
