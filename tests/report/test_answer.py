import pytest

from graftwork.report.answer import cards, glance_table, join, some
from graftwork.report.view import View
from graftwork.results.records import Results
from tests.report.synthetic import multiplied, pinned


def text(view: View, card: int) -> str:
    return " ".join(f"{point.short} {point.sentence}" for point in cards(view)[card].points)


def changed(results: Results, **update: object) -> View:
    return View(results.model_copy(update=update))


def test_what_learned_most_is_named_with_its_score_and_the_bases(view: View) -> None:
    assert "generated: hybrid, 79.2\u00a0%" in text(view, 0)
    assert "the untouched base has 0.0\u00a0%" in text(view, 0)


def test_for_a_loss_the_lowest_leads(view: View) -> None:
    assert "mined: hybrid, 1.951 Lowest validation loss (nats a token)" in text(view, 0)


def test_one_seed_is_said_to_be_no_test(view: View) -> None:
    assert "(not told apart: one seed is no test, 11 or more are)" in text(view, 0)


def test_several_seeds_give_the_interval_of_the_difference(view_of_three: View) -> None:
    difference = "the difference, with 95\u00a0% confidence, is +2.1 to +22.9 percentage points"
    assert f"{difference} (not told apart: about 11 seeds and a known noise floor would do)" in text(view_of_three, 0)


def test_no_answer_says_better(view_of_three: View) -> None:
    assert all("better" not in text(view_of_three, card) for card in range(3))


def test_an_approach_that_the_records_call_better_is_called_so_with_its_p_value(view_of_three: View) -> None:
    said = {"better": "hybrid", "verdict": "hybrid is better", "p_adjusted": 0.0332, "family": 34}
    rows = tuple(row.model_copy(update=said) for row in view_of_three.results.comparisons)
    answer = text(changed(view_of_three.results, comparisons=rows), 0)
    assert "(hybrid is better, p = 0.033 by Holm's correction for 34 comparisons)" in answer


def test_equal_scores_lead_together(view: View) -> None:
    level = tuple(row.model_copy(update={"mean": 0.5}) for row in view.results.summary)
    assert "generated: lora and 4 others, 50.0\u00a0%" in text(changed(view.results, summary=level), 0)


def test_isolated_approaches_are_proven_to_forget_nothing(view: View) -> None:
    assert "lora, extra-layer and hybrid: exactly nothing" in text(view, 1)


def test_what_forgot_most_is_told_with_both_scores(view: View) -> None:
    assert "sequential forgot most On python, its exact match fell from 50.0\u00a0% when trained to 8.3\u00a0%" in text(
        view, 1
    )


def test_a_loss_rises_where_it_forgets(view: View) -> None:
    assert "its validation loss on" not in text(view, 1)
    assert "its validation loss rose from 1.855" in text(view, 1)


def test_nothing_forgotten_is_said(view: View) -> None:
    kept = tuple(score for score in view.results.scores if score.approach in ("lora", "hybrid"))
    assert "generated: nothing lost" in text(changed(view.results, scores=kept), 1)


def test_broken_isolation_is_said_first(view: View) -> None:
    broken = tuple(row.model_copy(update={"outputs_identical": False}) for row in view.results.isolation)
    assert cards(changed(view.results, isolation=broken))[1].points[0].short.endswith("isolation broken")


def test_costs_reach_from_the_least_to_the_most(view: View) -> None:
    assert "416\u00a0k to 8.91\u00a0M parameters trained for a task: least with lora, most with sequential." in text(
        view, 2
    )


def test_equal_costs_are_told_once(view: View) -> None:
    alike = tuple(row.model_copy(update={"trainable": 100}) for row in view.results.parameters)
    assert "100 parameters trained for a task, with every approach." in text(changed(view.results, parameters=alike), 2)


def test_without_records_the_answer_is_not_known_yet(bare: View) -> None:
    assert all(card.points[0].short == "Not known yet" for card in cards(bare))


def test_the_table_starts_with_the_untouched_base(view: View) -> None:
    assert glance_table(view).rows[0][:2] == ("untouched base", "0.0\u00a0%")


def test_exact_zero_is_told_from_rounded_zero(view: View) -> None:
    assert next(row for row in glance_table(view).rows if row[0] == "lora")[2] == "0"


def test_the_table_says_whether_isolation_is_proven(view: View) -> None:
    assert [row[-1] for row in glance_table(view).rows] == ["–", *["yes, proven"] * 3, *["no, by design"] * 2]


def test_intervals_are_explained_where_there_are_some(view: View, view_of_three: View) -> None:
    assert ["±" in glance_table(v).note for v in (view, view_of_three)] == [False, True]


@pytest.mark.parametrize(("names", "joined"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_joined_as_in_speech(names: list[str], joined: str) -> None:
    assert join(names) == joined


@pytest.mark.parametrize(("names", "told"), [("abc", "a, b and c"), ("abcd", "a and 3 others")])
def test_of_many_names_one_is_told_and_how_many_others(names: str, told: str) -> None:
    assert some(list(names)) == told


def test_many_isolated_approaches_are_counted_in_the_heading_and_named_below(view: View) -> None:
    card = text(View(multiplied(view.results, 2)), 1)
    assert "6 approaches: exactly nothing" in card
    assert "They are lora, extra-layer, hybrid, lora-2, extra-layer-2 and hybrid-2." in card


def test_equal_costs_name_no_single_approach(view: View) -> None:
    assert "least with lora and lora-2, most with sequential and sequential-2" in text(
        View(multiplied(view.results, 2)), 2
    )


def test_a_pinned_version_is_said_not_to_be_tested(view: View) -> None:
    assert "Next is hybrid with 79.2\u00a0% (not tested: hybrid-shared@pinned is another look" in text(
        View(pinned(view.results)), 0
    )


def test_headings_tell_the_units_that_cells_leave_out(view: View) -> None:
    assert [column.label for column in glance_table(view).columns][1:5] == [
        "generated: exact match",
        "generated: forgetting (points)",
        "mined: validation loss (nats a token)",
        "mined: forgetting (nats a token)",
    ]


def test_a_metric_that_only_describes_is_not_ranked(view: View) -> None:
    study = view.results.study.model_copy(update={"headline": {"generated": "complexity", "mined": "complexity"}})
    assert cards(changed(view.results, study=study))[0].points[0].short == "Not known yet"


def test_an_approach_alone_has_no_next(view: View) -> None:
    alone = tuple(score for score in view.results.scores if score.approach == "lora")
    assert "Next is" not in text(changed(view.results, scores=alone), 0)


def test_without_comparisons_the_next_is_only_named(view: View) -> None:
    assert "Next is lora with 70.8\u00a0%." in text(changed(view.results, comparisons=()), 0)


def test_a_runner_up_that_looks_level_is_said_to_be_so_when_rounded(view: View) -> None:
    place = ("hybrid", "mined", "loss", "average")
    rows = view.results.summary
    (best,) = (row.mean for row in rows if (row.approach, row.subset, row.metric, row.statistic) == place)
    close = tuple(
        row.model_copy(update={"mean": best - 1e-6}) if (row.approach, row.metric) == ("lora", "loss") else row
        for row in view.results.summary
    )
    assert "Next, equal when rounded, is hybrid with 1.951" in text(changed(view.results, summary=close), 0)
