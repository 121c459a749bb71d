import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from graftwork.statistics.bootstrap import item_bootstrap_interval, seed_item_bootstrap_interval
from graftwork.statistics.intervals import student_t_interval

STUDIES = 2000


def covered(bounds: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], truth: float) -> float:
    _, low, high = bounds
    return float(np.mean((np.asarray(low) <= truth) & (truth <= np.asarray(high))))


def test_the_item_interval_is_that_of_scipy() -> None:
    items = np.random.default_rng(0).beta(0.5, 2, 60)
    expected = stats.bootstrap((items,), np.mean, n_resamples=9999, rng=np.random.default_rng(1)).confidence_interval
    _, low, high = item_bootstrap_interval(items, resamples=9999)
    assert (low, high) == (pytest.approx(expected.low, abs=0.005), pytest.approx(expected.high, abs=0.005))


@pytest.mark.parametrize("num_items", [40, 100, 300])
def test_item_intervals_that_promise_95_percent_cover_93_to_97(num_items: int) -> None:
    items = np.random.default_rng(num_items).beta(0.5, 2, (STUDIES, num_items))
    assert 0.93 <= covered(item_bootstrap_interval(items, resamples=1000), 0.2) <= 0.97


def test_of_skewed_items_the_longer_side_of_the_interval_is_that_of_the_tail() -> None:
    mean, low, high = item_bootstrap_interval([0.0] * 90 + [1.0] * 10)
    assert high - mean > mean - low


def test_equal_items_have_an_interval_of_no_width() -> None:
    assert [float(bound) for bound in item_bootstrap_interval([0.1] * 9)] == pytest.approx([0.1] * 3)


def test_every_leading_index_is_an_interval_of_its_own() -> None:
    items = np.random.default_rng(0).random((2, 3, 20))
    together = item_bootstrap_interval(items)
    assert [bound[1, 2] for bound in together] == pytest.approx(
        [float(b) for b in item_bootstrap_interval(items[1, 2])]
    )


def test_the_same_seed_gives_the_same_interval() -> None:
    items = np.random.default_rng(0).random((3, 20))
    assert all(np.array_equal(a, b) for a, b in zip(item_bootstrap_interval(items), item_bootstrap_interval(items)))
    again = seed_item_bootstrap_interval(items)
    assert all(np.array_equal(a, b) for a, b in zip(seed_item_bootstrap_interval(items), again))


def studies(num_seeds: int, seeds: float, items: float) -> npt.NDArray[np.float64]:
    """Studies of 100 items, about 0: spread of the seeds, of the items, and 1 of what both do together."""
    random = np.random.default_rng(num_seeds)
    return (
        random.normal(0, seeds, (STUDIES, num_seeds, 1))
        + random.normal(0, items, (STUDIES, 1, 100))
        + random.normal(0, 1, (STUDIES, num_seeds, 100))
    )


@pytest.mark.parametrize("num_seeds", [3, 5, 10])
@pytest.mark.parametrize(("seeds", "items"), [(0.5, 1.0), (0.2, 1.5), (0.2, 3.0), (1.0, 0.0), (0.0, 0.0)])
def test_intervals_over_seeds_and_items_that_promise_95_percent_cover_93_to_97(
    num_seeds: int, seeds: float, items: float
) -> None:
    drawn = studies(num_seeds, seeds, items)
    assert 0.93 <= covered(seed_item_bootstrap_interval(drawn, resamples=1000), 0) <= 0.97


def test_intervals_over_seeds_alone_do_not_cover_what_other_items_would_give() -> None:
    drawn = studies(10, 0.1, 1.0)
    alone = [student_t_interval(study) for study in drawn.mean(axis=2).tolist()]
    assert np.mean([low <= 0 <= high for _, low, high in alone if low is not None and high is not None]) < 0.8
    assert covered(seed_item_bootstrap_interval(drawn, resamples=1000), 0) > 0.93


def test_of_items_that_do_not_differ_it_is_students_interval() -> None:
    values = [0.1, 0.5, 0.3, 0.2]
    _, low, high = seed_item_bootstrap_interval(np.repeat([values], 20, axis=0).T, resamples=100_000)
    _, expected_low, expected_high = student_t_interval(values)
    assert (low, high) == (pytest.approx(expected_low, abs=0.01), pytest.approx(expected_high, abs=0.01))


@pytest.mark.parametrize("items", [[], [0.5], 0.5])
def test_fewer_than_2_items_are_refused(items: npt.ArrayLike) -> None:
    with pytest.raises(ValueError, match="needs 2"):
        item_bootstrap_interval(items)


def test_one_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 2"):
        seed_item_bootstrap_interval([[0.1, 0.2, 0.3]])


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        item_bootstrap_interval([0.1, float("nan")])


def test_a_level_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        item_bootstrap_interval([0.1, 0.2], 95)
