import pytest

from graftwork.results.analysis import KnockOut
from graftwork.results.shares import shares_of


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
