"""What one analysis shows in the report, before a template gives it a form; and means over seeds."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeVar, final

from graftwork.report.charts.style import Chart
from graftwork.report.heatmaps import SHADES, HeatCell
from graftwork.report.tables import Table
from graftwork.report.view import Estimate, estimate

__all__ = ["Grid", "Part", "block_label", "by_key", "grid_of", "over_seeds", "significant"]

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@final
@dataclass(frozen=True)
class Grid:
    """Shaded numbers in rows and columns; ``approach`` is empty where it is about several."""

    caption: str
    approach: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@final
@dataclass(frozen=True)
class Part:
    """One analysis: what was found in sentences, what it can and cannot tell, and what it shows."""

    id: str
    title: str
    said: tuple[str, ...]
    can: str
    cannot: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    grids: tuple[tuple[str, tuple[Grid, ...]], ...] = ()
    """A heading for each group of grids, which share one scale of shades."""
    folded: tuple[Table, ...] = ()
    """What is seen when it is asked for."""


def by_key(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """The rows in groups, in the order in which these first occur."""
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def over_seeds(rows: Iterable[Any], value: Callable[[Any], float]) -> Estimate:
    """The mean over seeds of a value, with its interval; of each seed, the mean over its rows.

    Raises:
        ValueError: there are no rows.
    """
    groups = by_key(rows, lambda row: row.seed).values()
    found = estimate([fmean(value(row) for row in group) for group in groups])
    if found is None:
        raise ValueError("no rows to average")
    return found


def grid_of(
    caption: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, Iterable[float | None]]],
    write: Callable[[float], str],
    scale: tuple[float, float],
    approach: str = "",
) -> Grid:
    """A grid of numbers; ``scale`` is the value of the lightest shade and that of the darkest."""
    light, dark = scale

    def cell(value: float | None) -> HeatCell:
        if value is None:
            return HeatCell("–", "", None, just_trained=False)
        place = (value - light) / (dark - light) if dark != light else 0.5
        return HeatCell(write(value), "", round(SHADES * min(1.0, max(0.0, place))), just_trained=False)

    return Grid(caption, approach, columns, tuple((name, tuple(map(cell, values))) for name, values in rows))


def block_label(stack: str | None, block: int | None) -> str:
    """A block for readers, who count from 1: ``encoder 1``."""
    return "other" if stack is None or block is None else f"{stack} {block + 1}"


def significant(value: float) -> str:
    """A number with three significant digits: ``0.0123``, ``1.23``, ``123``."""
    return f"{value:.3g}" if 1e-4 <= abs(value) < 1e5 or value == 0 else f"{value:.2e}"
