from graftwork.report.charts.costs import cost_charts
from graftwork.report.charts.curves import curve_charts, goes_on
from graftwork.report.charts.progress import _limits, progress_charts
from graftwork.report.measures import measure
from graftwork.report.view import Estimate, Headline, View
from tests.report.synthetic import multiplied


def test_there_is_a_progress_chart_for_each_task_and_headline(view: View) -> None:
    assert [chart.title for chart in progress_charts(view)] == [
        "python, generated: exact match",
        "javascript, generated: exact match",
        "python, mined: validation loss",
        "javascript, mined: validation loss",
    ]


def test_a_progress_chart_is_told_in_words_too(view: View) -> None:
    words = progress_charts(view)[0].description
    assert "sequential: base 0.0\u00a0%, just trained 50.0\u00a0%, at the end 8.3\u00a0%" in words


def test_progress_is_drawn_while_the_end_lacks(unfinished: View) -> None:
    assert "hybrid: base 3.400, just trained 1.958;" in progress_charts(unfinished)[2].description


def test_seeds_are_drawn_with_intervals(view: View, view_of_three: View) -> None:
    one, three = (progress_charts(found)[0].svg.count("stroke-opacity: 0.25") for found in (view, view_of_three))
    assert (one, three) == (0, 5)


def test_validation_curves_come_before_the_training_loss(view: View) -> None:
    assert [chart.title for chart in curve_charts(view)] == [
        "Validation loss: python, generated",
        "Validation loss: javascript, generated",
        "Validation loss: python, mined",
        "Validation loss: javascript, mined",
        "Training loss",
    ]


def test_a_curve_is_told_in_words_too(view: View) -> None:
    assert "sequential: from 3.40 to 3.1" in curve_charts(view)[2].description


def test_costs_that_were_recorded_have_bars(view: View) -> None:
    assert [chart.title for chart in cost_charts(view)] == [
        "Parameters trained for a task",
        "Training time of the sequence",
        "Storage of the sequence",
        "Peak memory",
    ]


def test_a_study_without_records_has_no_charts(bare: View) -> None:
    assert progress_charts(bare) == curve_charts(bare) == cost_charts(bare) == ()


def test_more_approaches_than_colours_are_drawn_in_panels_with_legends_of_their_own(view: View) -> None:
    charts = curve_charts(View(multiplied(view.results, 3)))
    assert [chart.title for chart in charts[:3]] == [
        f"Validation loss: python, generated ({number} of 3)" for number in (1, 2, 3)
    ]
    assert [name for chart in charts[:3] for name, _ in chart.legend][4:6] == ["sequential", "lora-2"]
    assert all(len({look.variable for _, look in chart.legend}) == 5 for chart in charts)


def test_few_approaches_need_no_legend_for_each_chart(view: View) -> None:
    assert not any(chart.legend for chart in curve_charts(view))


def test_panels_are_told_in_words_for_their_own_approaches(view: View) -> None:
    words = curve_charts(View(multiplied(view.results, 3)))[1].description
    assert words.startswith("lora-2: from ")
    assert "lora-3" not in words


def test_whether_curves_show_forgetting_depends_on_what_was_measured(view: View) -> None:
    own = tuple(
        point.model_copy(update={"validation": tuple(v for v in point.validation if v.task == point.task)})
        for point in view.results.curves
    )
    assert goes_on(view)
    assert not goes_on(View(view.results.model_copy(update={"curves": own})))


def test_the_axis_of_shares_ends_where_shares_do() -> None:
    headline = Headline("generated", measure("exact_match"))
    low, high = _limits(headline, [Estimate(0.7, 0.2, 1.2, 2), Estimate(0.1, -0.1, 0.3, 2)])
    assert (low, high) == (-6.0, 106.0)
