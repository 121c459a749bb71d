from graftwork.report.progress import lacking_table, notices
from graftwork.report.view import View


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


def test_three_seeds_need_no_notice(view_of_three: View) -> None:
    assert notices(view_of_three) == ()


def test_two_seeds_are_too_few_for_a_test(view_of_three: View) -> None:
    results = view_of_three.results
    scores = tuple(score for score in results.scores if score.seed < 3)
    few = View(results.model_copy(update={"scores": scores}))
    assert notices(few)[-1].text == "2 seeds: too few for a test of any difference."


def test_broken_isolation_is_a_warning(view: View) -> None:
    rows = tuple(row.model_copy(update={"outputs_identical": False}) for row in view.results.isolation)
    found = notices(View(view.results.model_copy(update={"isolation": rows})))
    assert found[0].kind == "warning"
    assert "lora, extra-layer, hybrid" in found[0].text
