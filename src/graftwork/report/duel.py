"""Any two approaches against each other: what the records say of their difference, ready for the page to pick from.

Every difference of the records is written here, by the same code as in the tables; the page turns the signs where the
pair was recorded the other way round, and does no arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from graftwork.report.comparisons import written
from graftwork.report.measures import STATISTICS, measure
from graftwork.report.view import Headline, View, is_pinned
from graftwork.results.records import Comparison

__all__ = ["Duels", "collect_duels", "leading_pair"]

_MOST = 20_000
"""Differences in more numbers than these are left to results.json, those of the headline kept."""


@final
@dataclass(frozen=True)
class Duels:
    """``data`` is plain JSON; ``headline_only`` tells that other metrics did not find room."""

    data: dict[str, Any]
    headline_only: bool


def collect_duels(view: View) -> Duels | None:
    """Return the differences of every pair of approaches in every metric; None where there are none."""
    known = set(view.approaches)
    rows = [row for row in view.results.comparisons if {row.a, row.b} <= known]
    headline_only = len(rows) > _MOST
    if headline_only:
        rows = [row for row in rows if row.verdict != "not tested"]
    if not rows:
        return None
    places = _places(view, rows)
    numbers = {place: number for number, place in enumerate(places)}
    approaches = {name: number for number, name in enumerate(view.approaches)}
    verdicts: dict[str, int] = {}
    entries = []
    for row in rows:
        verdict, *cells = written(measure(row.metric), row)
        place = numbers[row.subset, row.metric, row.statistic]
        verdict_number = verdicts.setdefault(verdict, len(verdicts))
        entries.append([approaches[row.a], approaches[row.b], place, verdict_number, *_without_end(cells)])
    data = {
        "approaches": list(view.approaches),
        "start": leading_pair(view),
        "places": [_described(view, place) for place in places],
        "verdicts": list(verdicts),
        "rows": entries,
    }
    return Duels(data, headline_only)


def leading_pair(view: View) -> list[str]:
    """Return the two approaches to begin with: those that learned most by the first headline."""

    def rank(approach: str) -> tuple[bool, float]:
        found = view.summary(approach, view.headlines[0], "average")
        mean = float("inf") if found is None else -view.headlines[0].measure.direction * found.mean
        return is_pinned(approach), mean

    return sorted(view.approaches, key=rank)[:2]


_Place = tuple[str, str, str]


def _places(view: View, rows: Sequence[Comparison]) -> list[_Place]:
    """Subset, metric and statistic of all rows: headlines first, then as in the page's tables."""
    metrics = {(s, m.name): number for s in view.subsets for number, m in enumerate(view.metrics(s))}
    headlines = {(headline.subset, headline.measure.name) for headline in view.headlines}
    statistics = view.statistics()

    def rank(place: _Place) -> tuple[bool, int, int, int]:
        subset, metric, statistic = place
        order = statistics.index(statistic) if statistic in statistics else len(statistics)
        return (subset, metric) not in headlines, view.subsets.index(subset), metrics[subset, metric], order

    return sorted({(row.subset, row.metric, row.statistic) for row in rows}, key=rank)


def _described(view: View, place: _Place) -> dict[str, Any]:
    """What a row of the page's table says before its numbers, and each approach's own number."""
    subset, name, statistic = place
    headline = Headline(subset, measure(name))
    own = []
    for approach in view.approaches:
        found = view.summary(approach, headline, statistic)
        write = headline.measure.interval if statistic == "average" else headline.measure.change
        own.append("–" if found is None else write(found.mean, found.half))
    label = STATISTICS.get(statistic, (statistic, ""))[0]
    return {"subset": subset, "metric": headline.measure.label, "statistic": label, "own": own}


def _without_end(cells: Sequence[str]) -> list[str]:
    """The cells up to the last that says something; the page fills in the rest."""
    last = max((number for number, cell in enumerate(cells) if cell != "–"), default=-1)
    return list(cells[: last + 1])
