import dataclasses

import pytest

from graftwork.metrics import METRICS


def test_metrics_are_found_by_their_own_names() -> None:
    assert all(metric.name == name for name, metric in METRICS.items())


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        METRICS["bleu"] = METRICS["chrf"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        METRICS["bleu"].better = "lower"  # type: ignore[misc]


def test_lower_is_better_where_a_rise_is_a_failure() -> None:
    assert {name for name, metric in METRICS.items() if metric.lower_is_better} == {"loss", "empty_rate", "copy_rate"}


def test_complexity_ranks_nothing() -> None:
    assert METRICS["complexity"].better == METRICS["reference_complexity"].better == "neither"


def test_a_mean_of_items_names_the_value_it_is_the_mean_of() -> None:
    unnamed = {metric.name for metric in METRICS.values() if metric.over == "mean" and metric.item is None}
    assert unnamed == {"reference_complexity"}
