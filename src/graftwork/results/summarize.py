"""From scores to statistics over seeds: ``summary[]`` and ``comparisons[]`` of the results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from statistics import fmean
from typing import Literal, NamedTuple

from graftwork.metrics.metric import METRICS
from graftwork.results.floors import ItemSource, NoiseFloors
from graftwork.results.item_intervals import ItemIntervals
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.names import PINNED
from graftwork.results.records import Comparison, Repeat, Score, Summary
from graftwork.statistics.continual import summarize
from graftwork.statistics.family import ALPHA, Difference, Judgement, judge_family
from graftwork.statistics.intervals import student_t_interval
from graftwork.statistics.paired import hedges_gz
from graftwork.statistics.power import MOST_PAIRS

__all__ = ["compare_approaches", "headline_metric", "headline_metrics", "summarize_scores"]

_COMPARED = ("average", "forgetting")
_PREFERRED = ("chrf", "exact_match", "loss")


class _Key(NamedTuple):
    approach: str
    subset: str
    metric: str
    statistic: str


class _Pair(NamedTuple):
    a: _Key
    b: _Key
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    """By seed, a's value minus b's."""
    direction: Literal[-1, 0, 1]


def summarize_scores(
    scores: Iterable[Score],
    orders: Sequence[str],
    headline: Mapping[str, str] | None = None,
    items: ItemSource | None = None,
) -> tuple[Summary, ...]:
    """Summarize every approach, subset and metric by the statistics of its score matrices.

    A seed counts once it is finished in all of ``orders``, with the mean over them; the interval is Student's t over
    seeds at 95 %. A statistic that is undefined (a rate of nothing, a matrix with an undefined score) has no row.

    Args:
        scores: all scores.
        orders: the task orders that a seed has to be finished in.
        headline: subset -> metric, of which average and forgetting have an interval over items as well.
        items: scores of single items, for those.
    """
    given = tuple(scores)
    chosen = headline_metrics(given, headline or {})
    judging = [row for row in given if chosen[row.subset] == row.metric]
    intervals = None if items is None else ItemIntervals(judging, orders, items)
    rows = []
    for key, by_seed in _statistics_by_seed(given, orders).items():
        mean, low, high = student_t_interval(list(by_seed.values()))
        row = Summary(**key._asdict(), mean=mean, ci_low=low, ci_high=high, seeds=len(by_seed))
        if intervals is not None and key.statistic in _COMPARED and chosen[key.subset] == key.metric:
            low, high = intervals.of(*key, list(by_seed)) or (None, None)
            row = row.model_copy(update={"items_ci_low": low, "items_ci_high": high})
        rows.append(row)
    return tuple(rows)


def headline_metrics(scores: Iterable[Score], headline: Mapping[str, str]) -> dict[str, str]:
    """Return the metric that each subset is judged by: the study's choice, else chrF, exact match, loss or the first.

    Args:
        scores: the scores of the study.
        headline: subset -> metric, as the recipe has it; a metric that was not measured is not chosen.
    """
    names: dict[str, dict[str, None]] = {}
    for score in scores:
        names.setdefault(score.subset, {})[score.metric] = None
    return {subset: headline_metric(headline.get(subset, ""), tuple(found)) for subset, found in names.items()}


def headline_metric(wanted: str, names: Sequence[str]) -> str:
    """Return the metric that a subset is judged by, out of those measured on it."""
    return next((name for name in (wanted, *_PREFERRED) if name in names), names[0])


def compare_approaches(
    scores: Iterable[Score],
    orders: Sequence[str],
    headline: Mapping[str, str] | None = None,
    items: ItemSource | None = None,
    repeats: Iterable[Repeat] = (),
) -> tuple[Comparison, ...]:
    """Compare every two approaches by their differences in the seeds that both finished.

    A seed is a pair: its value is the mean over the orders, which share the seed and are not independent. Tests are
    made on the headline metric of each subset, by the average at the end and by forgetting, for every two approaches
    (pinned versions, which are a second look at the same training, are described beside them and not compared);
    Holm's correction is over all of these together (see `graftwork.statistics.family`). All else is described, with
    intervals that are not corrected, and not tested. One seed is no test: items of one seed say that two trained models
    differ, which is what the noise floor is for, and not that two approaches do.

    Args:
        scores: all scores.
        orders: the task orders that a seed has to be finished in.
        headline: subset -> metric; see `headline_metrics`.
        items: scores of single items, for the noise floors; without them no difference is called better.
        repeats: what evaluating one model again brought, for the noise floors.
    """
    rows = tuple(scores)
    chosen = headline_metrics(rows, headline or {})
    pairs = tuple(_pairs(_statistics_by_seed(rows, orders)))
    tested = [pair for pair in pairs if pair.direction and chosen[pair.a.subset] == pair.a.metric]
    judging = [row for row in rows if chosen[row.subset] == row.metric]
    floors = None if items is None else NoiseFloors(judging, orders, items, repeats)
    differences = [Difference(pair.differences, floors and _floor(floors, pair)) for pair in tested]
    judged = {
        pair[:2]: found
        for pair, found in zip(tested, zip(differences, judge_family(differences), strict=True), strict=True)
    }
    return tuple(_comparison(pair, *judged.get(pair[:2], (None, None))) for pair in pairs)


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


def _pairs(by_key: Mapping[_Key, Mapping[int, float]]) -> Iterator[_Pair]:
    compared = [key for key in by_key if key.statistic in _COMPARED and not key.approach.endswith(PINNED)]
    compared.sort(key=lambda key: key[1:])
    for _, group in groupby(compared, key=lambda key: key[1:]):
        for a, b in combinations(group, 2):
            common = tuple(seed for seed in by_key[a] if seed in by_key[b])
            if common:
                differences = tuple(by_key[a][seed] - by_key[b][seed] for seed in common)
                yield _Pair(a, b, common, differences, _direction(a))


def _direction(key: _Key) -> Literal[-1, 0, 1]:
    """1 where more is better, -1 where less is, 0 where neither is."""
    metric = METRICS.get(key.metric)
    if metric is None or metric.better == "neither":
        return 0
    return -1 if metric.lower_is_better or key.statistic == "forgetting" else 1


def _floor(floors: NoiseFloors, pair: _Pair) -> float | None:
    a, b = pair.a, pair.b
    return floors.of(a.subset, a.metric, a.statistic, a.approach, b.approach, pair.seeds)


def _comparison(pair: _Pair, difference: Difference | None, judged: Judgement | None) -> Comparison:
    """The record of one comparison; without a judgement, it was not tested."""
    mean, low, high = student_t_interval(pair.differences)
    row = Comparison(
        subset=pair.a.subset,
        metric=pair.a.metric,
        statistic=pair.a.statistic,
        a=pair.a.approach,
        b=pair.b.approach,
        difference=mean,
        ci_low=low,
        ci_high=high,
        p=None,
        p_adjusted=None,
        effect_size=hedges_gz(pair.differences),
        seeds=len(pair.seeds),
        verdict="not tested",
    )
    if difference is None or judged is None:
        return row
    winner = (pair.a if pair.direction * mean > 0 else pair.b).approach
    return row.model_copy(
        update={
            "p": judged.p,
            "p_adjusted": judged.p_adjusted,
            "verdict": _verdict(pair, mean, difference.noise_floor, judged, winner),
            "better": winner if judged.told_apart else None,
            "noise_floor": difference.noise_floor,
            "detectable": judged.detectable,
            "seeds_needed": judged.pairs_needed,
            "family": judged.family,
        }
    )


def _verdict(pair: _Pair, mean: float, floor: float | None, judged: Judgement, winner: str) -> str:
    """What may be said, in words; "better" is in them only where the difference is told apart."""
    if judged.told_apart:
        return f"{winner} is better"
    if len(pair.seeds) == 1:
        enough = f", {judged.pairs_needed} or more are" if judged.pairs_needed else ""
        return f"not told apart: one seed is no test{enough}"
    if mean == 0:
        return f"not told apart: {'a mean difference of 0' if any(pair.differences) else 'equal in every seed'}"
    if floor is not None and abs(mean) <= floor:
        return "not told apart: within the noise floor, which more seeds do not lower"
    if judged.p_adjusted is not None and judged.p_adjusted < ALPHA:
        return "not told apart: the noise floor of the metric is not known"
    if judged.pairs_needed is None:
        return f"not told apart: {MOST_PAIRS:,} seeds would not do"
    more = "" if floor is not None else " and a known noise floor"
    return f"not told apart: about {judged.pairs_needed} seeds{more} would do"
