"""Which differences are told apart: the leaders against all others; every tested pair below, folded away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from graftwork.report.measures import STATISTICS, Measure, measure
from graftwork.report.progress import fewest_seeds
from graftwork.report.tables import About, Column, Table
from graftwork.report.view import Headline, View, is_pinned
from graftwork.results.records import Comparison

__all__ = ["COMPARED", "Comparisons", "comparisons", "written"]


@final
@dataclass(frozen=True)
class Comparisons:
    """What was found, in sentences; a table for each leader; and all tested pairs, where there are some."""

    said: str
    leaders: tuple[Table, ...]
    every: Table | None


def comparisons(view: View) -> Comparisons:
    """Return the tested comparisons of the records; of single seeds, which test nothing, only that this is so."""
    judged = [row for row in view.results.comparisons if row.verdict != "not tested"]
    tested = [row for row in judged if row.seeds > 1]
    if not tested:
        return Comparisons(_untested(view, judged), (), None)
    apart, equal = (sum(map(bool, rows)) for rows in zip(*((row.better, row.p is None) for row in tested), strict=True))
    found = f"{apart or 'None'} of {len(tested) - equal} tested differences {'is' if apart == 1 else 'are'} told apart"
    said = (
        f"{found}: by a paired sign-flip test over seeds with a p-value below 0.05 after Holm's correction for all of "
        "them together, and by more than the noise floor, which is how far another draw of test items, or evaluating "
        "the same models in other batches and on other threads, would move the difference."
        + (f" {equal} more {'is' if equal == 1 else 'are'} exactly 0 in every seed and not tested." if equal else "")
    )
    leaders = [table for headline in view.headlines if (table := _leader_table(view, headline, tested)) is not None]
    return Comparisons(said, tuple(leaders), _every(tested))


def _untested(view: View, judged: Sequence[Comparison]) -> str:
    if not judged:
        return "No differences between approaches were tested."
    fewest = fewest_seeds(view)
    enough = f" With {fewest} seeds or more, large differences could be told apart." if fewest else ""
    why = "no two approaches have more than one finished seed in common, and one seed is one observation"
    return f"Nothing was tested, so no approach is said to be better: {why}.{enough}"


def _leader_table(view: View, headline: Headline, tested: Sequence[Comparison]) -> Table | None:
    """The approach with the best average at the end against every other, best first."""
    known = headline.measure
    ends = {
        approach: known.direction * found.mean
        for approach in view.approaches
        if not is_pinned(approach) and (found := view.summary(approach, headline, "average")) is not None
    }
    ranked = sorted(ends, key=lambda approach: -ends[approach])
    place = (headline.subset, known.name, "average")
    pairs = {(row.a, row.b): row for row in tested if (row.subset, row.metric, row.statistic) == place}
    pairs |= {(b, a): _turned(row) for (a, b), row in pairs.items()}
    rows = tuple((other, *written(known, pairs[ranked[0], other])) for other in ranked if (ranked[0], other) in pairs)
    if not rows:
        return None
    note = f"{ranked[0]} less the other approach, in {known.points}. {_NOTE}"
    if all(row.noise_floor is None for row in pairs.values()):
        note += f" The noise floor of {known.label} is not known, so no difference in it alone is called better."
    heads = (Column("Against", facet="approach"), *COMPARED)
    about = About(subset=headline.subset, metric=known.label)
    return Table(f"{headline}: {ranked[0]} against the others", heads, rows, note, about)


def _every(tested: Sequence[Comparison]) -> Table:
    """All tested pairs, those told apart first."""
    rows = tuple(
        (row.a, row.b, row.subset, known.label, STATISTICS[row.statistic][0], *written(known, row))
        for row, known in ((row, measure(row.metric)) for row in sorted(tested, key=lambda row: row.better is None))
    )
    heads = (
        Column("Approach", facet="approach"),
        Column("Less", facet="approach"),
        Column("Subset", facet="subset"),
        Column("Metric", facet="metric"),
        Column("Statistic"),
        *COMPARED,
    )
    return Table(f"All {len(rows)} differences", heads, rows, _NOTE)


def written(known: Measure, row: Comparison) -> tuple[str, ...]:
    """Return a difference as the cells of ``COMPARED``."""
    ends = None if row.ci_low is None or row.ci_high is None else (row.ci_low, row.ci_high)
    return (
        row.verdict,
        known.difference(row.difference),
        "–" if ends is None else " to ".join(map(known.difference, ends)),
        "–" if row.p_adjusted is None else f"{row.p_adjusted:.2g}",
        "–" if row.effect_size is None else f"{row.effect_size:+.1f}".replace("-", "−"),
        "–" if row.noise_floor is None else known.plain(row.noise_floor),
        str(row.seeds),
    )


def _turned(row: Comparison) -> Comparison:
    """The same comparison, seen from its second approach."""
    low, high = row.ci_low, row.ci_high
    return row.model_copy(
        update={
            "a": row.b,
            "b": row.a,
            "difference": -row.difference,
            "ci_low": None if high is None else -high,
            "ci_high": None if low is None else -low,
            "effect_size": None if row.effect_size is None else -row.effect_size,
        }
    )


COMPARED = (
    Column("Verdict"),
    Column("Difference", "number"),
    Column("95\u00a0% interval", "number"),
    Column("Corrected p", "number"),
    Column("Effect size", "number"),
    Column("Noise floor", "number"),
    Column("Seeds", "number"),
)
_NOTE = (
    "Intervals are Student's t over seeds, not corrected. The effect size is the mean difference over its standard "
    "deviation between seeds (Hedges's g)."
)
