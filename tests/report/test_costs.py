import pytest

from graftwork.report.costs import approach_cost, cost_table
from graftwork.report.view import View


def test_costs_are_totals_of_the_sequence_and_means_over_seeds(view_of_three: View) -> None:
    rows = [c for c in view_of_three.results.costs if (c.approach, c.phase) == ("lora", "train")]
    assert approach_cost(view_of_three, "lora").train_seconds == pytest.approx(sum(c.seconds for c in rows) / 3)


def test_what_a_later_task_overwrites_is_stored_once(view: View) -> None:
    assert approach_cost(view, "sequential").stored_bytes == 8_912_384 * 4


def test_a_run_that_stopped_early_has_no_total(unfinished: View) -> None:
    assert approach_cost(unfinished, "hybrid").train_seconds is None


def test_nothing_recorded_is_a_dash(unfinished: View) -> None:
    row = next(row for row in cost_table(unfinished).rows if row[0] == "hybrid-shared")
    assert row[3:] == ("–",) * 5
