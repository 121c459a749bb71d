import pytest

from graftwork.report.view import View, arrow, estimate


def test_an_estimate_leaves_out_what_is_undefined() -> None:
    found = estimate([1.0, None, 3.0])
    assert found is not None
    assert (found.mean, found.seeds) == (2.0, 2)


def test_nothing_defined_is_no_estimate() -> None:
    assert estimate([None]) is None


def test_half_is_half_the_interval() -> None:
    found = estimate([1.0, 2.0, 3.0])
    assert found is not None
    assert found.half == pytest.approx(2.484, abs=1e-3)


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0]])
def test_one_seed_or_equal_seeds_have_no_half(values: list[float]) -> None:
    found = estimate(values)
    assert found is not None
    assert found.half is None


def test_the_studys_headline_comes_first(view: View) -> None:
    assert [str(headline) for headline in view.headlines] == ["generated: exact match", "mined: validation loss"]


def test_without_a_headline_chrf_is_the_judge(view: View) -> None:
    study = view.results.study.model_copy(update={"headline": {}})
    other = View(view.results.model_copy(update={"study": study}))
    assert [str(headline) for headline in other.headlines] == ["mined: chrF", "generated: chrF"]


def test_a_headline_that_was_not_measured_is_passed_over(view: View) -> None:
    study = view.results.study.model_copy(update={"headline": {"mined": "pass_rate"}})
    other = View(view.results.model_copy(update={"study": study}))
    assert str(other.headlines[0]) == "mined: chrF"


def test_a_mean_matrix_has_the_base_on_top_and_means_over_seeds(view_of_three: View) -> None:
    matrix = view_of_three.mean_matrix("lora", "python+javascript", "mined", "loss")
    assert matrix is not None
    assert len(matrix) == 3
    assert matrix[0][0] is not None
    assert matrix[0][0].seeds == 3


def test_what_was_not_scored_has_no_matrix(view: View) -> None:
    assert view.mean_matrix("lora", "javascript+python", "mined", "loss") is None


def test_the_base_is_averaged_over_tasks(view: View) -> None:
    base = view.base_average(view.headlines[1])
    assert base is not None
    assert base.mean == pytest.approx(3.4)


def test_an_order_is_shown_with_arrows() -> None:
    assert arrow("a+b") == "a → b"
