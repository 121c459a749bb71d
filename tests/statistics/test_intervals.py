import math
from collections.abc import Iterable
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graftwork.statistics.intervals import student_t_interval

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10)


def test_by_the_table_of_student() -> None:
    # t(0.975; 2) = 4.303, s = 1, n = 3.
    assert student_t_interval([1, 2, 3]) == pytest.approx((2, 2 - 4.302653 / math.sqrt(3), 2 + 4.302653 / math.sqrt(3)))


@given(VALUES.filter(lambda values: max(values) - min(values) > 1e-3), st.floats(0.5, 0.999))
def test_equal_to_scipy(values: list[float], level: float) -> None:
    mean, low, high = student_t_interval(values, level)
    expected = stats.t.interval(level, len(values) - 1, loc=mean, scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_one_value_has_no_interval() -> None:
    assert student_t_interval([0.3]) == (0.3, None, None)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert student_t_interval([0.1, 0.1, 0.1]) == (0.1, 0.1, 0.1)


@pytest.mark.parametrize("values", [[], [math.nan, 1.0], [math.inf, 1.0]])
def test_values_that_are_none_or_not_finite_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        student_t_interval(values)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        student_t_interval([1.0, 2.0], level)


@pytest.mark.parametrize("num_seeds", [3, 5, 10])
def test_intervals_over_seeds_that_promise_95_percent_cover_93_to_97(num_seeds: int) -> None:
    # Shares of 100 items solved, by approaches whose skill differs from seed to seed.
    random = np.random.default_rng(num_seeds)
    skill = random.normal(0.6, 0.04, (4000, num_seeds))
    studies = random.binomial(100, skill) / 100
    assert 0.93 <= covered([student_t_interval(study) for study in studies.tolist()], 0.6) <= 0.97


@pytest.mark.parametrize("num_seeds", [3, 5, 10])
def test_with_several_orders_the_seed_is_the_unit(num_seeds: int) -> None:
    random = np.random.default_rng(num_seeds)
    cells = random.normal(0, 1, (4000, num_seeds, 1)) + random.normal(0, 0.5, (4000, num_seeds, 4))
    by_seed = [student_t_interval(study) for study in cells.mean(axis=2).tolist()]
    as_if_independent = [student_t_interval(study) for study in cells.reshape(4000, -1).tolist()]
    assert 0.93 <= covered(by_seed, 0) <= 0.97
    assert covered(as_if_independent, 0) < 0.8


def covered(intervals: Iterable[tuple[float, float | None, float | None]], truth: float) -> float:
    """The share of the intervals that hold the truth."""
    return fmean(low is not None and high is not None and low <= truth <= high for _, low, high in intervals)
