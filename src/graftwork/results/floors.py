"""Noise floors of comparisons: how far a difference would move if the test items were others.

The items of a test set are the same for all approaches and seeds, so the item-by-item differences, averaged over seeds
and orders, say how the mean over them varies from one draw of items to another. A statistic is taken as the sum of
means over items that it is: the average as it stands, forgetting with the moment of each task's best score held fixed.
"""

from collections.abc import Iterable, Mapping, Sequence
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

    Of chrF over a whole corpus the items' own scores stand for what they add to it, of BLEU its pseudo-values. A
    metric whose items have no scores (the validation loss) has no floor.
    """

    def __init__(self, scores: Iterable[Score], orders: Sequence[str], items: ItemSource) -> None:
        self._orders, self._items = orders, items
        rows = tuple(scores)
        self._matrices = {(one.cell, one.subset, one.metric): one for one in score_matrices(rows)}
        self._fingerprints = {
            (Cell(row.approach, row.order, row.seed), row.after, row.task, row.subset): row.fingerprint for row in rows
        }
        self._known: dict[tuple[Cell, str, str, str], Mapping[str, _Array] | None] = {}

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
        total: dict[str, _Array] = {}
        weight = 1 / (len(seeds) * len(self._orders))
        for approach, sign in ((a, weight), (b, -weight)):
            for cell in (Cell(approach, order, seed) for order in self._orders for seed in seeds):
                parts = self._parts(cell, subset, metric, statistic)
                if parts is None:
                    return None
                for task, part in parts.items():
                    total[task] = total.get(task, 0) + sign * part
        if any(part.size < 2 for part in total.values()):
            return None
        return item_floor(list(total.values())) if total else 0.0

    def _parts(self, cell: Cell, subset: str, metric: str, statistic: str) -> Mapping[str, _Array] | None:
        """Task -> what each of its items adds to the statistic of a cell, times the number of the task's items."""
        key = (cell, subset, metric, statistic)
        if key not in self._known:
            matrix = self._matrices[key[:3]]
            terms = _average(matrix) if statistic == "average" else _forgetting(matrix)
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
    metric = METRICS[matrix.metric]
    sign = -1.0 if metric.lower_is_better else 1.0
    weight = sign / (len(matrix.tasks) - 1)
    terms: list[tuple[_Moment, str, float]] = []
    for column, task in enumerate(matrix.tasks[:-1]):
        earlier = [sign * (row[column] or 0.0) for row in matrix.rows[column + 1 : -1]]
        best = matrix.tasks[column + earlier.index(max(earlier))]
        terms += [(best, task, weight), (matrix.tasks[-1], task, -weight)]
    return terms
