"""The records of a study as the report asks for them: by approach, subset and metric, over seeds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import final

from graftwork.report.measures import Measure, measure
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.names import PINNED, order_tasks
from graftwork.results.records import Results, Summary
from graftwork.results.summarize import headline_metric
from graftwork.statistics.intervals import student_t_interval

__all__ = ["Estimate", "Headline", "View", "arrow", "estimate", "is_pinned"]


@final
@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % Student-t interval; one seed has none."""

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def half(self) -> float | None:
        """Half the width of the interval; None where there is none, or where seeds do not differ."""
        return None if self.low is None or self.high is None or self.low == self.high else (self.high - self.low) / 2


@final
@dataclass(frozen=True)
class Headline:
    """A subset and the metric that the answer judges it by."""

    subset: str
    measure: Measure

    def __str__(self) -> str:
        return f"{self.subset}: {self.measure.label}"


def estimate(values: Sequence[float | None]) -> Estimate | None:
    """Return the mean of the defined values and its interval, or None where there are none."""
    defined = [value for value in values if value is not None]
    if not defined:
        return None
    mean, low, high = student_t_interval(defined)
    return Estimate(mean, low, high, len(defined))


def arrow(order: str) -> str:
    """Return a task order for readers: ``python → javascript``."""
    return " → ".join(order_tasks(order))


def is_pinned(approach: str) -> bool:
    """Whether this is no training of its own, but another approach's, every task served by its pinned version."""
    return approach.endswith(PINNED)


@final
class View:
    """Look-ups over one ``Results``; it computes nothing but means over seeds."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @cached_property
    def approaches(self) -> tuple[str, ...]:
        """Approaches that have scores, in the order of the study."""
        scored = {matrix.cell.approach for matrix in self.matrices}
        return tuple(approach.name for approach in self.results.study.approaches if approach.name in scored)

    @property
    def trained(self) -> tuple[str, ...]:
        """Approaches of the study that are trained: all but pinned versions of others."""
        return tuple(approach.name for approach in self.results.study.approaches if not is_pinned(approach.name))

    @property
    def orders(self) -> tuple[str, ...]:
        """Task orders of the study."""
        return self.results.study.orders

    @cached_property
    def matrices(self) -> tuple[ScoreMatrix, ...]:
        """All score matrices."""
        return score_matrices(self.results.scores)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that have scores."""
        scored = {matrix.cell.seed for matrix in self.matrices}
        return tuple(seed for seed in self.results.study.seeds if seed in scored)

    @cached_property
    def subsets(self) -> tuple[str, ...]:
        """Subsets that have scores: those of the headline first, then in the order of the data."""
        scored = {matrix.subset for matrix in self.matrices}
        names = _distinct((*self.results.study.headline, *(row.subset for row in self.results.tasks)))
        return tuple(name for name in names if name in scored)

    def metrics(self, subset: str) -> tuple[Measure, ...]:
        """Metrics of a subset: the headline first, then as recorded."""
        names = _distinct(matrix.metric for matrix in self.matrices if matrix.subset == subset)
        first = self._headline_metric(subset, names)
        return tuple(measure(name) for name in sorted(names, key=lambda name: name != first))

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """What the answer is judged by, one a subset."""
        return tuple(Headline(subset, self.metrics(subset)[0]) for subset in self.subsets)

    def _headline_metric(self, subset: str, names: Sequence[str]) -> str:
        return headline_metric(self.results.study.headline.get(subset, ""), names)

    def mean_matrix(
        self, approach: str, order: str, subset: str, metric: str
    ) -> tuple[tuple[Estimate | None, ...], ...] | None:
        """Return the score matrix with every entry averaged over seeds, or None where nothing was scored."""
        found = self._by_place.get((approach, order, subset, metric), [])
        if not found:
            return None
        tasks = order_tasks(order)
        return tuple(
            tuple(estimate([matrix.rows[row][column] for matrix in found]) for column in range(len(tasks)))
            for row in range(len(tasks) + 1)
        )

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str, str], list[ScoreMatrix]]:
        places: dict[tuple[str, str, str, str], list[ScoreMatrix]] = {}
        for matrix in self.matrices:
            key = (matrix.cell.approach, matrix.cell.order, matrix.subset, matrix.metric)
            places.setdefault(key, []).append(matrix)
        return places

    def base_average(self, headline: Headline) -> Estimate | None:
        """Return the untouched base's mean over the tasks, averaged over seeds."""
        by_seed: dict[int, list[float | None]] = {}
        for matrix in self.matrices:
            if (matrix.subset, matrix.metric) == (headline.subset, headline.measure.name):
                by_seed.setdefault(matrix.cell.seed, []).extend(matrix.rows[0])
        means = [fmean(present) for values in by_seed.values() if (present := [v for v in values if v is not None])]
        return estimate(means)

    @cached_property
    def _summaries(self) -> dict[tuple[str, str, str, str], Summary]:
        return {(row.approach, row.subset, row.metric, row.statistic): row for row in self.results.summary}

    def summary(self, approach: str, headline: Headline, statistic: str) -> Estimate | None:
        """Return a summary row of the records, or None where it is undefined or not there yet."""
        row = self._summaries.get((approach, headline.subset, headline.measure.name, statistic))
        return None if row is None else Estimate(row.mean, row.ci_low, row.ci_high, row.seeds)

    def statistics(self) -> tuple[str, ...]:
        """Statistics that the summary holds, in the order they first appear."""
        return _distinct(row.statistic for row in self.results.summary)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
