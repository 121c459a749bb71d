from graftwork.report.intervals import interval_tables
from graftwork.report.tables import Table
from graftwork.report.view import View
from tests.report.synthetic import HEADLINE


def with_items(view: View, low: float, high: float) -> View:
    """The same study, its headline numbers known by items, so far below and above their means."""
    summary = tuple(
        row.model_copy(update={"items_ci_low": row.mean - low, "items_ci_high": row.mean + high})
        if HEADLINE[row.subset] == row.metric and row.statistic in ("average", "forgetting")
        else row
        for row in view.results.summary
    )
    return View(view.results.model_copy(update={"summary": summary}))


def generated(view: View) -> Table:
    (table,) = (table for table in interval_tables(view) if table.about.subset == "generated")
    return table


def test_both_intervals_of_a_statistic_stand_in_one_row(view_of_three: View) -> None:
    view = with_items(view_of_three, 0.25, 0.125)
    (found,) = (
        row for row in view.results.summary if row.metric == "exact_match" and row.subset == "generated"
        and (row.approach, row.statistic) == ("hybrid", "average")
    )  # fmt: skip
    (row,) = (row for row in generated(view).rows if row[0] == "hybrid")
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert row[1:4] == (
        f"{100 * found.mean:.1f}\u00a0%",
        f"{100 * found.ci_low:.1f} to {100 * found.ci_high:.1f}\u00a0%",
        f"{100 * found.mean - 25:.1f} to {100 * found.mean + 12.5:.1f}\u00a0%",
    )


def test_what_is_exactly_nothing_is_said_to_be(view_of_three: View) -> None:
    (row,) = (row for row in generated(with_items(view_of_three, 0, 0)).rows if row[0] == "lora")
    assert row[4:] == ("0", "exactly 0", "exactly 0")


def test_a_sentence_says_what_each_interval_speaks_of(view_of_three: View) -> None:
    note = generated(with_items(view_of_three, 0.1, 0.1)).note
    assert "speaks of other trainings, scored on these very test items" in note
    assert "speaks of other trainings, scored on other items" in note


def test_one_seed_has_an_interval_over_items_alone(view: View) -> None:
    table = generated(with_items(view, 0.1, 0.1))
    assert [one.label for one in table.columns[1:]] == ["final average", "other items", "forgetting", "other items"]
    assert "nothing is known of other seeds" in table.note


def test_without_scores_of_items_there_is_no_such_table(view_of_three: View) -> None:
    assert interval_tables(view_of_three) == ()
