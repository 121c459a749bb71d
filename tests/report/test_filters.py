from graftwork.report.filters import choices
from graftwork.report.view import View


def test_readers_choose_among_what_the_study_has(view: View) -> None:
    found = {choice.facet: choice.values for choice in choices(view)}
    assert list(found) == ["approach", "task", "subset", "metric"]
    assert found["task"] == ("python", "javascript")
    assert found["metric"][0] == "exact match"


def test_a_facet_with_one_value_is_no_choice(view: View) -> None:
    scores = tuple(score for score in view.results.scores if score.subset == "mined")
    one_subset = View(view.results.model_copy(update={"scores": scores}))
    assert "subset" not in {choice.facet for choice in choices(one_subset)}


def test_without_scores_only_the_plan_can_be_chosen_from(bare: View) -> None:
    assert [choice.facet for choice in choices(bare)] == ["task"]
