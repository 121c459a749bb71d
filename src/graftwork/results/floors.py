"""Noise floors of comparisons: how far a difference would move if the test items were others.

The items of a test set are the same for all approaches and seeds, so the item-by-item differences, averaged over seeds
and orders, say how the mean over them varies from one draw of items to another. A statistic is taken as the sum of
means over items that it is: the average as it stands, forgetting with the moment of each task's best score held fixed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol, final

import numpy as np
import numpy.typing as npt

from graftwork.metrics.metric import METRICS
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.names import Cell
from graftwork.results.records import Score
from graftwork.statistics.noise import item_floor

__all__ = ["ItemSource", "NoiseFloors"]

_Array = npt.NDArray[np.float64]
_Moment = str | None


class ItemSource(Protocol):
    """Where scores of single items come from."""

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> _Array | None:
        """Return one evaluation's scores, (items,), always in the same order; None where they are not known."""


@final
class NoiseFloors:
    """The noise floors of one study.

    Of chrF over a whole corpus the items' own scores stand for what they add to it, of BLEU and of the validation loss
    their pseudo-values. A metric whose items have no scores has no floor.
    """

    def __init__(self, scores: Iterable[Score], orders: Sequence[str], items: ItemSource) -> None:
        self._orders, self._items = orders, items
        rows = tuple(scores)
        self._matrices = {(one.cell, one.subset, one.metric): one for one in score_matrices(rows)}
        self._fingerprints = {
            (Cell(row.approach, row.order, row.seed), row.after, row.task, row.subset): row.fingerprint for row in rows
        }
        self._known: dict[tuple[Cell, str, str, str, str | None], Mapping[str, _Array] | None] = {}

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
                parts = self._parts(cell, subset, metric, statistic, task)
                if parts is None:
                    return None
                for name, part in parts.items():
                    total[name] = total.get(name, 0) + share * part
        if any(part.size < 2 for part in total.values()):
            return None
        return item_floor(list(total.values())) if total else 0.0

    def _parts(
        self, cell: Cell, subset: str, metric: str, statistic: str, task: str | None
    ) -> Mapping[str, _Array] | None:
        """Task -> what each of its items adds to the statistic of a cell, times the number of the task's items."""
        key = (cell, subset, metric, statistic, task)
        if key not in self._known:
            matrix = self._matrices[key[:3]]
            terms = _final(matrix, task) if task else _TERMS[statistic](matrix)
            self._known[key] = self._add_up(matrix, terms)
        return self._known[key]

    def _add_up(self, matrix: ScoreMatrix, terms: Iterable[tuple[_Moment, str, float]]) -> Mapping[str, _Array] | None:
        weights: dict[tuple[str, str], float] = {}
        for after, task, weight in terms:
            place = (task, self._fingerprints[matrix.cell, after, task, matrix.subset])
            weights[place] = weights.get(place, 0.0) + weight
        total: dict[str, _Array] = {}
        for (task, fingerprint), weight in weights.items():
            if weight == 0:
                continue
            items = self._items.scores(fingerprint, task, matrix.subset, matrix.metric)
            if items is None:
                return None
            total[task] = total.get(task, 0) + weight * items
        return total


def _average(matrix: ScoreMatrix) -> list[tuple[_Moment, str, float]]:
    """The entries of the score matrix that the average is the weighted sum of: (after, task, weight)."""
    return [(matrix.tasks[-1], task, 1 / len(matrix.tasks)) for task in matrix.tasks]


def _forgetting(matrix: ScoreMatrix) -> list[tuple[_Moment, str, float]]:
    """The same for forgetting: each task's best score since it was trained, less the score at the end."""
    sign = _sign(matrix)
    weight = sign / (len(matrix.tasks) - 1)
    terms: list[tuple[_Moment, str, float]] = []
    for column, task in enumerate(matrix.tasks[:-1]):
        earlier = [sign * (row[column] or 0.0) for row in matrix.rows[column + 1 : -1]]
        best = matrix.tasks[column + earlier.index(max(earlier))]
        terms += [(best, task, weight), (matrix.tasks[-1], task, -weight)]
    return terms


def _backward_transfer(matrix: ScoreMatrix) -> list[tuple[_Moment, str, float]]:
    """The same for backward transfer: each earlier task's score at the end, less that after its own training."""
    weight = _sign(matrix) / (len(matrix.tasks) - 1)
    return [term for task in matrix.tasks[:-1] for term in ((matrix.tasks[-1], task, weight), (task, task, -weight))]


def _forward_transfer(matrix: ScoreMatrix) -> list[tuple[_Moment, str, float]]:
    """The same for forward transfer: each later task's score just before its training, less the base's."""
    weight = _sign(matrix) / (len(matrix.tasks) - 1)
    return [term for before, task in pairwise(matrix.tasks) for term in ((before, task, weight), (None, task, -weight))]


def _final(matrix: ScoreMatrix, task: str) -> list[tuple[_Moment, str, float]]:
    """The same for one task's score at the end."""
    return [(matrix.tasks[-1], task, 1.0)]


def _sign(matrix: ScoreMatrix) -> float:
    return -1.0 if METRICS[matrix.metric].lower_is_better else 1.0


_TERMS: Mapping[str, Callable[[ScoreMatrix], list[tuple[_Moment, str, float]]]] = {
    "average": _average,
    "forgetting": _forgetting,
    "backward_transfer": _backward_transfer,
    "forward_transfer": _forward_transfer,
}
