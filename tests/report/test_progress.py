from graftwork.report.progress import fewest_seeds, lacking_table, notices
from graftwork.report.view import View
from tests.report.synthetic import interrupted, pinned


def test_a_finished_study_lacks_nothing(view: View) -> None:
    assert lacking_table(view) is None


def test_every_run_that_lacks_is_named_with_its_state(unfinished: View) -> None:
    table = lacking_table(unfinished)
    assert table is not None
    assert [(row[0], row[3], row[4]) for row in table.rows] == [
        ("hybrid", "unfinished", "–"),
        ("hybrid-shared", "failed", "loss is not a number at step 12"),
        ("sequential", "not started", "–"),
    ]


def test_an_unfinished_study_says_so_first(unfinished: View) -> None:
    assert notices(unfinished)[0].text.startswith("3 of 5 runs of this study are not done")


def test_one_seed_is_one_observation(view: View) -> None:
    assert [notice.text[:8] for notice in notices(view)] == ["One seed"]


def test_seeds_too_few_to_tell_anything_apart_are_noticed_with_the_fewest_that_could(view_of_three: View) -> None:
    (notice,) = notices(view_of_three)
    assert notice.text.startswith("3 seeds are too few for the tests made here")
    assert notice.text.endswith("11 are the fewest that could.")


def test_a_smaller_family_needs_fewer_seeds(view_of_three: View) -> None:
    rows = tuple(row.model_copy(update={"family": 1}) for row in view_of_three.results.comparisons)
    assert fewest_seeds(View(view_of_three.results.model_copy(update={"comparisons": rows}))) == 6


def test_where_nothing_was_tested_there_is_no_notice_of_tests(view_of_three: View) -> None:
    assert notices(View(view_of_three.results.model_copy(update={"comparisons": ()}))) == ()


def test_seeds_in_the_same_state_share_a_row(view_of_three: View) -> None:
    table = lacking_table(View(interrupted(view_of_three.results)))
    assert table is not None
    assert [row[2] for row in table.rows] == ["1, 2, 3"] * 3


def test_pinned_versions_are_no_runs(unfinished: View) -> None:
    found = View(pinned(unfinished.results))
    assert lacking_table(found) == lacking_table(unfinished)
    assert notices(found)[0].text.startswith("3 of 5 runs")


def test_broken_isolation_is_a_warning(view: View) -> None:
    rows = tuple(row.model_copy(update={"outputs_identical": False}) for row in view.results.isolation)
    found = notices(View(view.results.model_copy(update={"isolation": rows})))
    assert found[0].kind == "warning"
    assert "lora, extra-layer, hybrid" in found[0].text


def test_one_seed_is_told_how_many_could_show_anything(view: View) -> None:
    assert notices(view)[0].text.endswith("More seeds: graftwork run … --seeds 11.")
