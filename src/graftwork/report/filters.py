"""What readers may choose from: the values of each facet that the study has."""

from dataclasses import dataclass
from typing import final

from graftwork.report.tables import Facet
from graftwork.report.view import View
from graftwork.results.names import order_tasks

__all__ = ["Choice", "choices"]


@final
@dataclass(frozen=True)
class Choice:
    """One facet: its name in the markup, its label, its values in the order of the study."""

    facet: Facet
    label: str
    values: tuple[str, ...]


def choices(view: View) -> tuple[Choice, ...]:
    """Return the facets, in the order that they stand in the filter bar; one with a single value chooses nothing."""
    tasks = dict.fromkeys(task for order in view.orders for task in order_tasks(order))
    metrics = dict.fromkeys(metric.label for subset in view.subsets for metric in view.metrics(subset))
    found = (
        Choice("approach", "Approach", view.approaches),
        Choice("task", "Task", tuple(tasks)),
        Choice("subset", "Subset", view.subsets),
        Choice("metric", "Metric", tuple(metrics)),
    )
    return tuple(choice for choice in found if len(choice.values) > 1)
