import math

import numpy as np
import pytest

from graftwork.statistics.noise import item_floor, repeat_floor


def test_the_repeatability_limit_by_hand() -> None:
    # t(0.975; 2) = 4.303, s = 1.
    assert repeat_floor([1, 2, 3]) == pytest.approx(4.302653 * math.sqrt(2))


def test_evaluations_that_come_out_the_same_have_no_noise() -> None:
    assert repeat_floor([0.61, 0.61, 0.61]) == 0


def test_19_of_20_repeated_evaluations_lie_within_the_floor_of_one_another() -> None:
    random = np.random.default_rng(0)
    floors = [repeat_floor(scores) for scores in random.normal(size=(4000, 4)).tolist()]
    apart = np.abs(np.subtract(*random.normal(size=(2, 4000))))
    assert 0.94 < np.mean(apart <= floors) < 0.98


def test_the_floor_of_items_is_half_their_interval() -> None:
    # Standard deviation 1, n = 3, t(0.975; 2) = 4.303.
    assert item_floor([[1, 2, 3]]) == pytest.approx(4.302653 / math.sqrt(3))


def test_floors_of_sets_add_up_as_variances() -> None:
    items = [[1.0, 2.0, 3.0, 4.0]]
    assert item_floor(items * 4) == pytest.approx(2 * item_floor(items))


def test_hard_items_that_both_fail_are_no_noise() -> None:
    a = np.random.default_rng(0).random(50)
    assert item_floor([(a + 0.2) - a]) == pytest.approx(0)


@pytest.mark.parametrize("num_items", [20, 100])
def test_equal_approaches_exceed_the_floor_once_in_20_times(num_items: int) -> None:
    # Two models that solve each item with the same chance: a difference is luck of the draw.
    random = np.random.default_rng(num_items)
    chance = random.random((2000, 1, 2, num_items))
    a, b = ((random.random((2000, 1, 2, num_items)) < chance).astype(float) for _ in range(2))
    study = (a - b)[:, 0]
    exceeded = [abs(one.mean(axis=1).sum()) > item_floor(list(one)) for one in study]
    assert 0.03 < np.mean(exceeded) < 0.07


@pytest.mark.parametrize("scores", [[], [1.0], [1.0, math.nan]])
def test_fewer_than_2_finite_scores_are_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="2 finite scores"):
        repeat_floor(scores)
    with pytest.raises(ValueError, match="2 finite scores"):
        item_floor([scores])


def test_no_set_of_items_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a set"):
        item_floor([])


def test_a_level_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        repeat_floor([1.0, 2.0], 95)
