from itertools import combinations
from statistics import fmean

import numpy as np
import numpy.typing as npt
import pytest

from graftwork.statistics.family import Difference, Judgement, judge_family

CLEAR = tuple(0.3 + 0.01 * seed for seed in range(10))
NOTHING = (0.1, -0.1, 0.2, -0.2, 0.15, -0.1, 0.05, -0.12, 0.1, -0.06)


def judge(*by_pair: tuple[float, ...], floor: float | None = 0.0) -> list[Judgement]:
    return judge_family([Difference(one, floor) for one in by_pair])


def studies(num_approaches: int, num_seeds: int, gains: npt.ArrayLike = 0.0) -> list[list[Difference]]:
    """1,000 studies of 2 subsets and 2 statistics, all approaches against all; a seed is easy or hard for all alike."""
    random = np.random.default_rng(num_seeds)
    scores = random.normal(size=(1000, num_approaches, 4, num_seeds)) + random.normal(size=(1000, 1, 4, num_seeds))
    scores += np.asarray(gains)[..., None, None]
    pairs = list(combinations(range(num_approaches), 2))
    return [[Difference(tuple(study[a, q] - study[b, q]), 0.0) for q in range(4) for a, b in pairs] for study in scores]


@pytest.mark.parametrize(("num_approaches", "num_seeds"), [(3, 10), (4, 10)])
def test_of_1000_null_studies_at_most_5_percent_find_anything(num_approaches: int, num_seeds: int) -> None:
    found = [any(one.told_apart for one in judge_family(study)) for study in studies(num_approaches, num_seeds)]
    assert 0.01 < fmean(found) <= 0.05


def test_where_some_approaches_differ_at_most_5_percent_find_others_that_do_not() -> None:
    # The first is far above the other two, which are equal: every third comparison is of the equal ones.
    found = [judge_family(study)[2::3] for study in studies(3, 10, [4.0, 0.0, 0.0])]
    assert fmean(any(one.told_apart for one in study) for study in found) <= 0.05


def test_a_difference_in_all_of_10_seeds_is_told_apart() -> None:
    (judged,) = judge(CLEAR)
    assert (judged.p, judged.p_adjusted, judged.told_apart) == (2 / 1024, 2 / 1024, True)


def test_p_values_are_corrected_for_all_comparisons() -> None:
    judged = judge(CLEAR, NOTHING, NOTHING)
    assert (judged[0].p_adjusted, judged[0].family) == (pytest.approx(3 * 2 / 1024), 3)


def test_too_many_comparisons_for_the_seeds_tell_nothing_apart() -> None:
    judged = judge(*[CLEAR] * 34)
    assert not any(one.told_apart for one in judged)
    assert {one.pairs_needed for one in judged} == {11}


def test_a_difference_within_the_noise_floor_is_not_told_apart() -> None:
    assert [judge(CLEAR, floor=floor)[0].told_apart for floor in (0.3, 0.4)] == [True, False]


def test_an_unknown_noise_floor_tells_nothing_apart() -> None:
    (judged,) = judge(CLEAR, floor=None)
    assert judged.p_adjusted is not None
    assert judged.p_adjusted < 0.05
    assert not judged.told_apart


def test_differences_that_are_all_0_are_not_tested_and_not_counted() -> None:
    judged = judge(CLEAR, (0.0,) * 10)
    assert (judged[1].p, judged[1].p_adjusted, judged[1].told_apart, judged[1].pairs_needed) == (
        None,
        None,
        False,
        None,
    )
    assert {one.family for one in judged} == {1}


def test_one_seed_is_not_tested_and_told_how_many_could_be() -> None:
    (judged,) = judge((0.5,))
    assert (judged.p, judged.told_apart, judged.pairs_needed, judged.detectable) == (None, False, 6, None)


def test_seeds_that_were_not_enough_are_not_asked_for_again() -> None:
    (judged,) = judge((0.1, 0.4, 0.5, 0.3, 0.2, -0.2))
    assert judged.p is not None
    assert judged.p > 0.05
    assert judged.pairs_needed is not None
    assert judged.pairs_needed > 6


def test_the_detectable_difference_is_that_of_the_whole_family() -> None:
    alone, among = judge(NOTHING)[0].detectable, judge(*[NOTHING] * 10)[0].detectable
    assert alone is not None
    assert among is not None
    assert alone < among


def test_comparisons_of_different_numbers_of_seeds_are_judged_together() -> None:
    judged = judge(CLEAR, CLEAR[:6], CLEAR[:2])
    assert [one.p for one in judged] == [2 / 1024, 2 / 64, 2 / 4]


def test_no_comparisons_are_judged_as_none() -> None:
    assert judge_family([]) == []
