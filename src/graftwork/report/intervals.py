"""How sure the headline numbers are: the interval over seeds beside the one over seeds and test items."""

from graftwork.report.measures import STATISTICS
from graftwork.report.tables import About, Column, Table
from graftwork.report.view import Headline, View
from graftwork.results.records import Summary

__all__ = ["interval_tables"]

_Ends = tuple[float | None, float | None]


def interval_tables(view: View) -> tuple[Table, ...]:
    """One table a headline: the statistics that are known by items, with both of their 95 % intervals."""
    return tuple(table for headline in view.headlines if (table := _table(view, headline)) is not None)


def _table(view: View, headline: Headline) -> Table | None:
    place = (headline.subset, headline.measure.name)
    known = {
        (row.approach, row.statistic): row
        for row in view.results.summary
        if (row.subset, row.metric) == place and row.items_ci_low is not None
    }
    if not known:
        return None
    statistics = tuple(dict.fromkeys(statistic for _, statistic in known))
    several = any(row.seeds > 1 for row in known.values())
    heads = [Column("Approach", facet="approach")]
    for statistic in statistics:
        labels = (STATISTICS[statistic][0], "other seeds", "other seeds and items" if several else "other items")
        heads += [Column(label, "number") for label in labels if several or label != "other seeds"]
    rows = tuple(
        (approach, *(cell for one in statistics for cell in _cells(headline, known.get((approach, one)), several)))
        for approach in view.approaches
    )
    caption = f"How sure, {headline.subset}: {headline.measure.heading}, 95\u00a0% intervals"
    note = f"Forgetting is in {headline.measure.points}. {_SEVERAL if several else _ONE}"
    about = About(subset=headline.subset, metric=headline.measure.label)
    return Table(caption, tuple(heads), rows, note, about)


def _cells(headline: Headline, row: Summary | None, several: bool) -> tuple[str, ...]:
    """The mean of a statistic, its interval over seeds where there are some, and that over items too."""
    if row is None:
        return ("–",) * (3 if several else 2)
    known, level = headline.measure, row.statistic == "average"

    def ends(low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return "–"
        if level:
            return f"{known.plain(low)} to {known.value(high)}"
        return "exactly 0" if low == high == 0 else f"{known.difference(low)} to {known.difference(high)}"

    mean = known.value(row.mean) if level else known.difference(row.mean)
    over_seeds = (ends(row.ci_low, row.ci_high),) if several else ()
    return mean, *over_seeds, ends(row.items_ci_low, row.items_ci_high)


_ONE = (
    "With one seed nothing is known of other seeds. The interval is by resampling the test items: what this one "
    "trained model would score on other items of the same kind."
)
_SEVERAL = (
    "The first interval (Student's t over seeds, the ± of the tables above) speaks of other trainings, scored on these "
    "very test items. The second (seeds and, within each task, items resampled together) speaks of other trainings, "
    "scored on other items of the same kind: what to expect of new code. Approaches share seeds and items, so two "
    "whose intervals overlap may still be told apart; “Told apart” says which."
)
