from graftwork.analysis.knock_out import knock_out
from tests.analysis.conftest import Ran


def test_an_adapter_of_one_component_has_no_parts(ran: Ran) -> None:
    assert knock_out(ran.bench, ran.versions["extra-layer"]) == []


def test_one_of_two_components_alone_is_the_whole_without_the_other(ran: Ran) -> None:
    rows = knock_out(ran.bench, ran.versions["hybrid"][:1])
    found = {(row.acts, row.part, row.subset, row.metric): row.value for row in rows}
    for (acts, part, subset, metric), value in found.items():
        if (acts, part) == ("alone", "lora"):
            assert value == found["without", "layer", subset, metric]


def test_without_any_part_it_is_the_base(ran: Ran) -> None:
    version = ran.versions["hybrid"][0]
    rows = knock_out(ran.bench, [version])
    base = ran.bench.scores(version.task, ran.bench.base.fingerprint)
    assert {(row.subset, row.metric): row.value for row in rows if row.acts == "none"} == {
        (subset, metric): value for subset, values in base.items() for metric, value in values.items()
    }


def test_every_component_and_place_changes_the_loss(ran: Ran) -> None:
    rows = [row for row in knock_out(ran.bench, ran.versions["hybrid"][:1]) if row.metric == "loss"]
    whole = {row.subset: row.value for row in rows if row.acts == "whole"}
    parts = [row for row in rows if row.acts in ("without", "without place")]
    assert {row.part for row in parts} == {"lora", "layer", "lora in encoder", "lora in decoder", "lora in new layer"}
    assert all(row.value != whole[row.subset] for row in parts)
