from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.metrics.pass_at_k import mean_pass_at_k, pass_at_k

EACH = [(n, c, k) for n in range(1, 13) for c in range(n + 1) for k in range(1, n + 1)]


def test_it_is_the_share_of_draws_that_hold_a_passing_sample() -> None:
    for n, c, k in [case for case in EACH if case[0] < 8]:
        draws = list(combinations(range(n), k))
        share = sum(any(sample < c for sample in draw) for draw in draws) / len(draws)
        assert pass_at_k(n, c, k) == pytest.approx(share, abs=1e-12)


def test_it_is_the_published_formula() -> None:
    for n, c, k in EACH:
        assert pass_at_k(n, c, k) == pytest.approx(1 - comb(n - c, k) / comb(n, k), abs=1e-12)


def test_large_numbers_do_not_overflow() -> None:
    exact = 1 - comb(10**4 - 7, 10**3) / comb(10**4, 10**3)
    assert pass_at_k(10**4, 7, 10**3) == pytest.approx(exact, rel=1e-12)


@given(st.integers(1, 500), st.data())
def test_it_grows_with_passes_and_with_draws(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    value = pass_at_k(n, c, k)
    assert 0 <= value <= 1
    assert c == n or pass_at_k(n, c + 1, k) >= value - 1e-12
    assert k == n or pass_at_k(n, c, k + 1) >= value - 1e-12


def test_one_draw_is_the_pass_rate() -> None:
    assert pass_at_k(8, 2, 1) == 0.25
    assert (pass_at_k(5, 0, 3), pass_at_k(5, 5, 3), pass_at_k(5, 3, 3)) == (0, 1, 1)


@pytest.mark.parametrize(("n", "c", "k"), [(0, 0, 1), (3, 4, 1), (3, -1, 1), (3, 1, 0), (3, 1, 4)])
def test_what_cannot_be_estimated_is_an_error(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, c, k)


def test_the_mean_is_over_problems() -> None:
    assert mean_pass_at_k([(2, 1), (4, 4)], 1) == 0.75


def test_too_few_samples_for_one_problem_leave_the_mean_undefined() -> None:
    assert mean_pass_at_k([(2, 1), (10, 4)], 3) is None


def test_without_problems_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="no problems"):
        mean_pass_at_k([], 1)
