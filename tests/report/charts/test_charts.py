from graftwork.report.charts.costs import cost_charts
from graftwork.report.charts.curves import curve_charts
from graftwork.report.charts.progress import progress_charts
from graftwork.report.view import View


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
    assert "hybrid: base 3.40, just trained 1.96;" in progress_charts(unfinished)[2].description


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
