import pytest

from graftwork.report.costs import approach_cost, cost_table
from graftwork.report.view import View
from graftwork.results.names import PINNED


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


def test_trainings_that_were_taken_over_are_said_and_counted_once(view: View) -> None:
    assert "taken over" not in cost_table(view).note
    taken_over = [
        cost.model_copy(update={"equal_to": "joint, python+javascript, seed 1"})
        for cost in view.results.costs
        if cost.approach in ("sequential", f"hybrid-shared{PINNED}") and cost.phase == "train"
    ]
    others = [cost for cost in view.results.costs if cost.approach not in {cost.approach for cost in taken_over}]
    some = View(view.results.model_copy(update={"costs": (*others, *taken_over)}))
    assert "2 trainings of a task were taken over from an equal one of another run" in cost_table(some).note
