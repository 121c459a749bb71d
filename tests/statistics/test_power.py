import numpy as np
import pytest
from scipy import stats

from graftwork.statistics.paired import pairs_to_reach, sign_flip_p
from graftwork.statistics.power import detectable_difference, paired_power, pairs_needed


def test_power_of_the_textbook() -> None:
    # d_z = 0.5, two-sided 0.05: 34 pairs are needed for power 0.8 (G*Power 3.1, t test for two dependent means).
    assert pairs_needed(0.5) == 34
    assert paired_power(0.5, 34) == pytest.approx(0.8077775)


@pytest.mark.parametrize(("effect", "num_pairs", "level"), [(0.3, 50, 0.05), (1.0, 12, 0.01), (2.0, 16, 0.001)])
def test_power_is_that_of_the_noncentral_t(effect: float, num_pairs: int, level: float) -> None:
    bound, shift = stats.t.ppf(1 - level / 2, num_pairs - 1), effect * num_pairs**0.5
    both = stats.nct.sf(bound, num_pairs - 1, shift) + stats.nct.cdf(-bound, num_pairs - 1, shift)
    assert paired_power(effect, num_pairs, level) == pytest.approx(both)


@pytest.mark.parametrize("effect", [0.8, 1.2, 2.0, 3.0])
@pytest.mark.parametrize("level", [0.05, 0.05 / 12])
def test_the_number_of_pairs_shows_the_difference(effect: float, level: float) -> None:
    num_pairs = pairs_needed(effect, level)
    assert num_pairs is not None
    shown = sign_flip_p(np.random.default_rng(0).normal(effect, 1, (1000, num_pairs)), draws=4999) < level
    assert np.mean(shown) > 0.75


@pytest.mark.parametrize(("num_pairs", "level"), [(6, 0.05), (10, 0.05), (10, 0.05 / 12), (16, 0.05 / 40)])
def test_the_detectable_difference_is_shown(num_pairs: int, level: float) -> None:
    difference = detectable_difference(3.0, num_pairs, level)
    assert difference is not None
    shown = sign_flip_p(np.random.default_rng(0).normal(difference, 3.0, (2000, num_pairs))) < level
    assert 0.68 < np.mean(shown) < 0.85


def test_what_is_detectable_is_what_so_many_pairs_are_needed_for() -> None:
    difference = detectable_difference(1.0, 20)
    assert difference is not None
    assert pairs_needed(difference * 1.0001) == 20


def test_too_few_pairs_detect_no_difference_however_large() -> None:
    assert detectable_difference(1.0, 5) is None
    assert paired_power(100.0, 5) == 0


def test_an_effect_beyond_all_bounds_needs_only_the_pairs_that_reach_the_level() -> None:
    assert pairs_needed(50.0, 0.001) == pairs_needed(None, 0.001) == pairs_to_reach(0.001) == 11


def test_the_direction_of_an_effect_does_not_matter() -> None:
    assert pairs_needed(-0.7) == pairs_needed(0.7)


def test_more_than_1000_pairs_are_not_asked_for() -> None:
    assert pairs_needed(0.01) is None
    assert pairs_needed(0.0) is None


def test_one_pair_has_no_spread() -> None:
    with pytest.raises(ValueError, match="2 pairs"):
        paired_power(1.0, 1)
    with pytest.raises(ValueError, match="2 pairs"):
        detectable_difference(1.0, 1)


def test_a_level_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        paired_power(1.0, 10, 5)
