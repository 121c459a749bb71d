from graftwork.report.comparisons import comparisons
from graftwork.report.view import View
from graftwork.results.records import Comparison


def judged_better(view: View) -> View:
    """The same study in which ``hybrid`` is better than ``lora`` on generated code, by the records."""

    def judged(row: Comparison) -> Comparison:
        place = (row.subset, row.metric, row.statistic, row.a, row.b)
        if place != ("generated", "exact_match", "average", "lora", "hybrid"):
            return row
        return row.model_copy(
            update={"better": "hybrid", "verdict": "hybrid is better", "p_adjusted": 0.0332, "noise_floor": 0.05}
        )

    return View(view.results.model_copy(update={"comparisons": tuple(map(judged, view.results.comparisons))}))


def test_one_seed_tests_nothing_and_that_is_all_that_is_said(view: View) -> None:
    found = comparisons(view)
    assert found.said.endswith("With 11 seeds or more, large differences could be told apart.")
    assert (found.leaders, found.every) == ((), None)


def test_records_without_comparisons_say_so(bare: View) -> None:
    assert comparisons(bare).said == "No differences between approaches were tested."


def test_the_leader_of_each_headline_stands_against_the_others_best_first(view_of_three: View) -> None:
    captions = [table.caption for table in comparisons(view_of_three).leaders]
    assert captions == [
        "generated: exact match: hybrid against the others",
        "mined: validation loss: hybrid against the others",
    ]
    assert [row[0] for row in comparisons(view_of_three).leaders[0].rows] == [
        "lora",
        "hybrid-shared",
        "extra-layer",
        "sequential",
    ]


def test_differences_are_the_leaders_less_the_others_whoever_is_first_in_the_records(view_of_three: View) -> None:
    table = comparisons(view_of_three).leaders[0]
    assert all(row[2].startswith("+") for row in table.rows)


def test_a_turned_interval_runs_from_low_to_high(view_of_three: View) -> None:
    row = next(row for row in comparisons(view_of_three).leaders[0].rows if row[0] == "lora")
    assert row[3] == "+2.1 to +22.9"


def test_nothing_told_apart_is_said_with_the_number_of_tests(view_of_three: View) -> None:
    tested = sum(row.p is not None for row in view_of_three.results.comparisons)
    said = comparisons(view_of_three).said
    assert said.startswith(f"None of {tested} tested differences are told apart")
    assert said.endswith("6 more are exactly 0 in every seed and not tested.")


def test_what_is_told_apart_stands_first_with_its_p_value_and_noise_floor(view_of_three: View) -> None:
    found = comparisons(judged_better(view_of_three))
    assert found.said.startswith("1 of ")
    assert found.every is not None
    assert found.every.rows[0][:5] == ("lora", "hybrid", "generated", "exact match", "final average")
    assert found.every.rows[0][5] == "hybrid is better"
    assert found.every.rows[0][8] == "0.033"
    assert found.every.rows[0][10:] == ("5.0", "3")


def test_an_unknown_noise_floor_is_said_to_block_better(view_of_three: View) -> None:
    assert (
        comparisons(view_of_three)
        .leaders[1]
        .note.endswith(
            "The noise floor of validation loss is not known, so no difference in it alone is called better."
        )
    )
