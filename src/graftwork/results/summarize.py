"""From scores to statistics over seeds: ``summary[]`` and ``comparisons[]`` of the results."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, groupby
from statistics import fmean
from typing import NamedTuple

from graftwork.metrics.metric import METRICS
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.records import Comparison, Score, Summary
from graftwork.statistics.continual import summarize
from graftwork.statistics.intervals import student_t_interval

__all__ = ["compare_approaches", "summarize_scores"]

_COMPARED = ("average", "forgetting")
_SEEDS_FOR_A_TEST = 3


class _Key(NamedTuple):
    approach: str
    subset: str
    metric: str
    statistic: str


def summarize_scores(scores: Iterable[Score], orders: Sequence[str]) -> tuple[Summary, ...]:
    """Summarize every approach, subset and metric by the statistics of its score matrices.

    A seed counts once it is finished in all of ``orders``, with the mean over them; the interval is Student's t over
    seeds at 95 %. A statistic that is undefined (a rate of nothing, a matrix with an undefined score) has no row.
    """
    rows = []
    for key, by_seed in _statistics_by_seed(scores, orders).items():
        mean, low, high = student_t_interval(list(by_seed.values()))
        rows.append(Summary(**key._asdict(), mean=mean, ci_low=low, ci_high=high, seeds=len(by_seed)))
    return tuple(rows)


def compare_approaches(scores: Iterable[Score], orders: Sequence[str]) -> tuple[Comparison, ...]:
    """Compare every two approaches by their differences in the seeds that both finished.

    With fewer than 3 seeds there is a difference and no interval; no test is made, and no verdict says that one
    approach surpasses another. Intervals are not corrected for the number of comparisons.
    """
    by_key = _statistics_by_seed(scores, orders)
    compared = sorted((key for key in by_key if key.statistic in _COMPARED), key=lambda key: key[1:])
    rows = []
    for _, group in groupby(compared, key=lambda key: key[1:]):
        for a, b in combinations(group, 2):
            common = [seed for seed in by_key[a] if seed in by_key[b]]
            if common:
                rows.append(_comparison(a, b, [by_key[a][seed] - by_key[b][seed] for seed in common]))
    return tuple(rows)


def _statistics_by_seed(scores: Iterable[Score], orders: Sequence[str]) -> dict[_Key, dict[int, float]]:
    """Statistic -> seed -> its mean over the orders; seeds that lack an order are left out."""
    found: dict[_Key, dict[int, dict[str, float]]] = {}
    for matrix in score_matrices(scores):
        for statistic, value in _statistics(matrix).items():
            key = _Key(matrix.cell.approach, matrix.subset, matrix.metric, statistic)
            found.setdefault(key, {}).setdefault(matrix.cell.seed, {})[matrix.cell.order] = value
    whole = {
        key: {seed: fmean(values.values()) for seed, values in by_seed.items() if values.keys() >= set(orders)}
        for key, by_seed in found.items()
    }
    return {key: by_seed for key, by_seed in whole.items() if by_seed}


def _statistics(matrix: ScoreMatrix) -> Mapping[str, float]:
    """The defined statistics of one matrix; of a metric that only describes, no more than its level."""
    metric = METRICS.get(matrix.metric)
    values = summarize(matrix.rows, lower_is_better=metric is not None and metric.lower_is_better)
    ranked = metric is not None and metric.better != "neither"
    return {name: value for name, value in values.items() if value is not None and (ranked or name == "average")}


def _comparison(a: _Key, b: _Key, differences: Sequence[float]) -> Comparison:
    seeds = len(differences)
    mean, low, high = student_t_interval(differences)
    if seeds < _SEEDS_FOR_A_TEST:
        low = high = None
    return Comparison(
        subset=a.subset,
        metric=a.metric,
        statistic=a.statistic,
        a=a.approach,
        b=b.approach,
        difference=mean,
        ci_low=low,
        ci_high=high,
        p=None,
        p_adjusted=None,
        effect_size=None,
        seeds=seeds,
        verdict=_verdict(seeds),
    )


def _verdict(seeds: int) -> str:
    if seeds == 1:
        return "one seed: no test"
    if seeds < _SEEDS_FOR_A_TEST:
        return f"{seeds} seeds: no test"
    return "not tested"
