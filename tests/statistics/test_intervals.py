import math

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
