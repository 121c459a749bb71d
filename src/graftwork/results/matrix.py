"""Score matrices out of scores: R[i, j] = score on task j after training task i; row 0 is the untouched base."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from graftwork.results.names import Cell
from graftwork.results.records import Score

__all__ = ["ScoreMatrix", "score_matrices"]


@final
@dataclass(frozen=True)
class ScoreMatrix:
    """The scores of one cell in one subset and metric.

    ``rows`` has T + 1 rows of T numbers for T tasks, in the order they were trained; None where there is no score
    (not evaluated yet, or undefined).
    """

    cell: Cell
    subset: str
    metric: str
    rows: tuple[tuple[float | None, ...], ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Columns, first trained first."""
        return self.cell.tasks


def score_matrices(scores: Iterable[Score]) -> tuple[ScoreMatrix, ...]:
    """Sort scores into matrices, one for each cell, subset and metric, in the order they first appear."""
    found: dict[tuple[Cell, str, str], dict[tuple[str | None, str], float | None]] = {}
    for score in scores:
        key = (Cell(score.approach, score.order, score.seed), score.subset, score.metric)
        found.setdefault(key, {})[score.after, score.task] = score.value
    return tuple(
        ScoreMatrix(cell, subset, metric, _rows(cell.tasks, values)) for (cell, subset, metric), values in found.items()
    )


def _rows(
    tasks: tuple[str, ...], values: dict[tuple[str | None, str], float | None]
) -> tuple[tuple[float | None, ...], ...]:
    moments: tuple[str | None, ...] = (None, *tasks)
    return tuple(tuple(values.get((after, task)) for task in tasks) for after in moments)
