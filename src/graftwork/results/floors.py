"""Noise floors of comparisons: how far a difference would move if the test items were others.

The items of a test set are the same for all approaches and seeds, so the item-by-item differences, averaged over seeds
and orders, say how the mean over them varies from one draw of items to another. Where evaluating one model again moves
its score by more, that is the floor.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import final

import numpy as np
import numpy.typing as npt

from graftwork.results.item_parts import ItemParts, ItemSource
from graftwork.results.names import Cell
from graftwork.results.records import Repeat, Score
from graftwork.statistics.noise import item_floor

__all__ = ["ItemSource", "NoiseFloors"]

_Array = npt.NDArray[np.float64]


@final
class NoiseFloors:
    """The noise floors of one study; a metric whose items have no scores has none."""

    def __init__(
        self, scores: Iterable[Score], orders: Sequence[str], items: ItemSource, repeats: Iterable[Repeat] = ()
    ) -> None:
        self._orders, self._parts = orders, ItemParts(scores, items)
        self._repeats = {(one.subset, one.metric): one.floor for one in repeats}

    def of(self, subset: str, metric: str, statistic: str, a: str, b: str, seeds: Sequence[int]) -> float | None:
        """Return the 95 % floor of a's mean over seeds minus b's, in the metric's unit; None where it is not known.

        Args:
            subset: what is compared.
            metric: by which metric.
            statistic: ``average`` or ``forgetting``.
            a: first approach.
            b: second approach.
            seeds: seeds that both finished in every order.
        """
        return self.of_sum(subset, metric, statistic, {a: 1.0, b: -1.0}, seeds)

    def of_sum(
        self,
        subset: str,
        metric: str,
        statistic: str,
        weights: Mapping[str, float],
        seeds: Sequence[int],
        task: str | None = None,
    ) -> float | None:
        """Return the same of a weighted sum of approaches' means; a single approach is held against a number.

        Args:
            subset: what is compared.
            metric: by which metric.
            statistic: ``average``, ``forgetting``, ``backward_transfer``, ``forward_transfer`` or ``final``.
            weights: approach -> its weight.
            seeds: seeds that all of them finished in every order.
            task: of ``final``, the task whose score at the end it is.
        """
        total: dict[str, _Array] = {}
        for approach, weight in weights.items():
            share = weight / (len(seeds) * len(self._orders))
            for cell in (Cell(approach, order, seed) for order in self._orders for seed in seeds):
                parts = self._parts.of(cell, subset, metric, statistic, task)
                if parts is None:
                    return None
                for name, part in parts.items():
                    total[name] = total.get(name, 0) + share * part
        if any(part.size < 2 for part in total.values()):
            return None
        if not total:
            return 0.0  # what is the same function is the same, however often it is evaluated
        return max(item_floor(list(total.values())), self._repeats.get((subset, metric), 0.0))
