"""Intervals of a statistic that hold for other test items too, and not for other seeds alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import final

import numpy as np
import numpy.typing as npt

from graftwork.results.item_parts import ItemParts, ItemSource
from graftwork.results.names import Cell
from graftwork.results.records import Score
from graftwork.statistics.bootstrap import item_bootstrap_interval, seed_item_bootstrap_interval

__all__ = ["ItemIntervals"]

_Array = npt.NDArray[np.float64]


@final
class ItemIntervals:
    """The 95 % intervals over items of one study: of one seed by resampling its items, of several over both."""

    def __init__(self, scores: Iterable[Score], orders: Sequence[str], items: ItemSource) -> None:
        self._orders, self._parts = orders, ItemParts(scores, items)

    def of(
        self, approach: str, subset: str, metric: str, statistic: str, seeds: Sequence[int]
    ) -> tuple[float, float] | None:
        """Return both ends, in the metric's unit; None where items have no scores, or a task has a single one.

        Args:
            approach: whose statistic.
            subset: of which matrices.
            metric: of which matrices.
            statistic: ``average`` or ``forgetting``.
            seeds: seeds finished in every order.
        """
        by_seed = []
        for seed in seeds:
            found = self._of_seed(approach, subset, metric, statistic, seed)
            if found is None:
                return None
            by_seed.append(found)
        tasks = sorted({task for parts in by_seed for task in parts})
        if not tasks:
            return 0.0, 0.0  # no item adds anything: nothing was forgotten, whatever the items
        sizes = {task: next(parts[task].size for parts in by_seed if task in parts) for task in tasks}
        if min(sizes.values()) < 2:
            return None
        sets = [np.stack([parts.get(task, np.zeros(size)) for parts in by_seed]) for task, size in sizes.items()]
        values = _pooled(sets)
        interval = item_bootstrap_interval(values[0]) if len(seeds) == 1 else seed_item_bootstrap_interval(values)
        return float(interval[1]), float(interval[2])

    def _of_seed(
        self, approach: str, subset: str, metric: str, statistic: str, seed: int
    ) -> Mapping[str, _Array] | None:
        """Task -> what its items add, in the mean over the orders."""
        total: dict[str, _Array] = {}
        for order in self._orders:
            parts = self._parts.of(Cell(approach, order, seed), subset, metric, statistic)
            if parts is None:
                return None
            for task, part in parts.items():
                total[task] = total.get(task, 0) + part / len(self._orders)
        return total


def _pooled(sets: Sequence[_Array]) -> _Array:
    """Sets of items, (seeds, items) each, whose means add up, as one set with that sum as its mean.

    Items are drawn anew within their own task, so what separates the tasks is taken out before they are laid together.
    """
    size = sum(one.shape[1] for one in sets)
    level = sum(float(one.mean()) for one in sets)
    return np.concatenate([(one - one.mean()) * (size / one.shape[1]) + level for one in sets], axis=1)
