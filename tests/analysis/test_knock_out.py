import pytest

from graftwork.analysis.knock_out import knock_out, shares_of
from graftwork.results.analysis import KnockOut
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


def row(seed: int, acts: str, part: str, value: float) -> KnockOut:
    place = {"approach": "h", "order": "a+b", "task": "a", "subset": "s", "metric": "m", "n": 3}
    return KnockOut.model_validate({**place, "seed": seed, "acts": acts, "part": part, "value": value})


def scored(seed: int, none: float, lora: float, layer: float, whole: float) -> list[KnockOut]:
    parts = (("none", "", none), ("alone", "lora", lora), ("alone", "layer", layer), ("whole", "", whole))
    return [row(seed, *part) for part in parts]


def test_what_components_do_not_gain_alone_they_gain_together() -> None:
    found = {one.part: (one.mean, one.share) for one in shares_of(scored(1, 1.0, 3.0, 2.0, 9.0))}
    assert found == {"lora": (2, 0.25), "layer": (1, 0.125), "together": (5, 0.625), "whole": (8, 1)}


def test_seeds_are_pairs_with_an_interval() -> None:
    shares = shares_of([*scored(1, 1.0, 3.0, 2.0, 9.0), *scored(2, 5.0, 9.0, 6.0, 15.0)])
    lora = next(one for one in shares if one.part == "lora")
    assert (lora.mean, lora.seeds) == (3, 2)
    # t(0.975; 1) = 12.706, s of (2, 4) = √2, over √2
    assert lora.ci_high == pytest.approx(3 + 12.7062, abs=1e-3)


def test_a_seed_that_lacks_a_part_is_left_out() -> None:
    shares = shares_of([*scored(1, 1.0, 3.0, 2.0, 9.0), *scored(2, 5.0, 9.0, 6.0, 15.0)[:3]])
    assert {one.seeds for one in shares} == {1}


def test_no_gain_has_no_shares() -> None:
    assert {one.share for one in shares_of(scored(1, 1.0, 2.0, 0.0, 1.0))} == {None}
