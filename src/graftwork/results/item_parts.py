"""A statistic of a score matrix as what single test items add to it.

A statistic is taken as the sum of means over items that it is: the average as it stands, forgetting with the moment of
each task's best score held fixed.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Protocol, final

import numpy as np
import numpy.typing as npt

from graftwork.metrics.metric import METRICS
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.names import Cell
from graftwork.results.records import Score

__all__ = ["ItemParts", "ItemSource"]

_Array = npt.NDArray[np.float64]
_Moment = str | None


class ItemSource(Protocol):
    """Where scores of single items come from."""

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> _Array | None:
        """Return one evaluation's scores, (items,), always in the same order; None where they are not known."""


@final
class ItemParts:
    """What the items of each task add to the statistics of one study's cells.

    Of chrF over a whole corpus the items' own scores stand for what they add to it, of BLEU and of the validation loss
    their pseudo-values.
    """

    def __init__(self, scores: Iterable[Score], items: ItemSource) -> None:
        self._items = items
        rows = tuple(scores)
        self._matrices = {(one.cell, one.subset, one.metric): one for one in score_matrices(rows)}
        self._fingerprints = {
            (Cell(row.approach, row.order, row.seed), row.after, row.task, row.subset): row.fingerprint for row in rows
        }
        self._known: dict[tuple[Cell, str, str, str, str | None], Mapping[str, _Array] | None] = {}

    def of(
        self, cell: Cell, subset: str, metric: str, statistic: str, task: str | None = None
    ) -> Mapping[str, _Array] | None:
        """Task -> what each of its items adds to the statistic of a cell, times the number of the task's items.

        None where the items have no scores.

        Args:
            cell: approach, order and seed.
            subset: which of its matrices.
            metric: which of its matrices.
            statistic: ``average``, ``forgetting``, ``backward_transfer``, ``forward_transfer`` or ``final``.
            task: of ``final``, the task whose score at the end it is.
        """
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
