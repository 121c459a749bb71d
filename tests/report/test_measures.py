import pytest

from graftwork.metrics.metric import METRICS
from graftwork.report.measures import STATISTICS, measure
from graftwork.statistics.continual import summarize


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("exact_match", 0.61, "61.0\u00a0%"),
        ("parse_rate", 1.0, "100.0\u00a0%"),
        ("chrf", 41.26, "41.3"),
        ("edit_similarity", 0.514, "0.51"),
        ("loss", 1.2345, "1.234"),
        ("complexity", 2.31, "2.3"),
    ],
)
def test_scores_are_written_on_their_scale(name: str, value: float, text: str) -> None:
    assert measure(name).value(value) == text


def test_no_change_is_told_from_a_change_that_rounds_to_nothing() -> None:
    assert [measure("bleu").difference(value) for value in (0.0, 0.001, -3.2)] == ["0", "+0.0", "−3.2"]


def test_an_interval_is_written_with_its_half_width() -> None:
    assert measure("exact_match").interval(0.61, 0.021) == "61.0\u00a0±\u00a02.1\u00a0%"


def test_without_an_interval_the_mean_stands_alone() -> None:
    assert (measure("loss").interval(1.5, None), measure("loss").change(1.5, None)) == ("1.500", "+1.500")


def test_directions_follow_the_metrics() -> None:
    assert [measure(name).direction for name in ("bleu", "loss", "complexity")] == [1, -1, 0]


def test_differences_are_counted_in_what_fits_the_scale() -> None:
    points = [measure(name).points for name in ("exact_match", "bleu", "loss", "meteor")]
    assert points == ["percentage points", "points", "nats a token", "points"]


def test_every_metric_has_a_meaning_and_a_label() -> None:
    assert all(measure(name).meaning and "_" not in measure(name).label for name in METRICS)


def test_a_metric_of_another_version_is_shown_and_never_ranked() -> None:
    unknown = measure("code_bleu")
    assert (unknown.label, unknown.direction) == ("code bleu", 0)


def test_every_statistic_is_explained() -> None:
    assert summarize([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]).keys() <= STATISTICS.keys()
