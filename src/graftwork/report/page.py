"""The report as data: everything that will be seen, in order, before a template gives it a form."""

from dataclasses import dataclass
from typing import final

from graftwork.report import facts
from graftwork.report.analysis import Why, why
from graftwork.report.answer import Card, cards, glance_table
from graftwork.report.charts.costs import cost_charts
from graftwork.report.charts.curves import curve_charts, goes_on
from graftwork.report.charts.progress import progress_charts
from graftwork.report.charts.style import Chart, Series, series
from graftwork.report.claims import Claims, claims, claims_table
from graftwork.report.comparisons import Comparisons, comparisons
from graftwork.report.costs import cost_table
from graftwork.report.duel import Duels, collect_duels
from graftwork.report.examples import Examples, collect_examples
from graftwork.report.filters import Choice, choices
from graftwork.report.heatmaps import HeatSection, heat_sections
from graftwork.report.intervals import interval_tables
from graftwork.report.isolation import isolation_table, proof_table
from graftwork.report.progress import Notice, lacking_table, notices
from graftwork.report.tables import Table
from graftwork.report.view import View, arrow
from graftwork.report.words import word_table
from graftwork.results.folder import RunFolder

__all__ = ["Charts", "Page", "Summary", "page_of", "summary_of"]


@final
@dataclass(frozen=True)
class Summary:
    """The top of the report, which the terminal shows too."""

    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    notices: tuple[Notice, ...]
    cards: tuple[Card, ...]
    glance: Table
    claims: Table | None
    lacking: Table | None
    timing: Table | None


@final
@dataclass(frozen=True)
class Charts:
    """All charts, and how each approach is drawn in the curves where these are not in panels with their own legends.

    ``goes_on``: whether the curves show the loss of a task while a later one is trained.
    """

    legend: tuple[tuple[str, Series], ...]
    goes_on: bool
    progress: tuple[Chart, ...]
    curves: tuple[Chart, ...]
    costs: tuple[Chart, ...]


@final
@dataclass(frozen=True)
class Page:
    """The whole report."""

    top: Summary
    choices: tuple[Choice, ...]
    claims: Claims | None
    proofs: Table
    isolation: Table
    statistics: tuple[Table, ...]
    comparisons: Comparisons
    duels: Duels | None
    heat: tuple[HeatSection, ...]
    charts: Charts
    why: Why | None
    costs: Table
    examples: Examples | None
    compared: Table
    data: Table
    dropped: Table | None
    words: Table
    parameters: Table
    metrics: Table
    definitions: Table
    repeats: Table | None
    environment: Table
    recipe: str
    folder: str
    schema_version: int
    several_seeds: bool


def summary_of(view: View) -> Summary:
    """Return the top of the report."""
    study, base = view.results.study, view.results.base
    seeds = ", ".join(map(str, study.seeds))
    return Summary(
        title=study.name,
        question=study.question,
        facts=(
            ("Base", base.name),
            ("Tasks", "; ".join(arrow(order) for order in study.orders)),
            ("Approaches", _approaches(view)),
            ("Seeds" if len(study.seeds) > 1 else "Seed", seeds),
            ("Finished", (study.finished or "not yet")[:16].replace("T", " ")),
        ),
        notices=notices(view),
        cards=cards(view),
        glance=glance_table(view),
        claims=claims_table(view),
        lacking=lacking_table(view),
        timing=facts.timing_table(view),
    )


def _approaches(view: View) -> str:
    pinned = len(view.results.study.approaches) - len(view.trained)
    return f"{len(view.trained)}, {pinned} of them also pinned" if pinned else str(len(view.trained))


def _by_subset(view: View, tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """Tables that are each about one subset, those of one subset together."""
    return tuple(sorted(tables, key=lambda table: view.subsets.index(table.about.subset)))


def page_of(view: View, folder: RunFolder, *, as_it_is: bool = False) -> Page:
    """Return the whole report of a run folder's records.

    Args:
        view: the records.
        folder: the run folder.
        as_it_is: take an analysis whose numbers were changed too; a verification names them.

    Raises:
        InputError: the analysis or a file of predictions is damaged.
    """
    return Page(
        top=summary_of(view),
        choices=choices(view),
        claims=claims(view),
        proofs=proof_table(view),
        isolation=isolation_table(view),
        statistics=_by_subset(view, (*facts.statistics_tables(view), *interval_tables(view))),
        comparisons=comparisons(view),
        duels=collect_duels(view),
        heat=heat_sections(view),
        charts=Charts(
            legend=tuple((approach, series(index)) for index, approach in enumerate(view.approaches)),
            goes_on=goes_on(view),
            progress=progress_charts(view),
            curves=curve_charts(view),
            costs=cost_charts(view),
        ),
        why=why(view, folder, as_it_is=as_it_is),
        costs=cost_table(view),
        examples=collect_examples(view, folder),
        compared=facts.approach_table(view),
        data=facts.data_table(view),
        dropped=facts.dropped_table(view),
        words=word_table(view),
        parameters=facts.parameter_table(view),
        metrics=facts.definition_table(view),
        definitions=facts.statistic_definitions(view),
        repeats=facts.repeat_table(view),
        environment=facts.environment_table(view),
        recipe=view.results.recipe,
        folder=folder.path.name,
        schema_version=view.results.schema_version,
        several_seeds=len(view.seeds) > 1,
    )
