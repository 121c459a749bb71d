import math
from itertools import product
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graftwork.statistics.paired import cohens_dz, hedges_gz, holm, pairs_to_reach, sign_flip_p, smallest_p

DIFFERENCES = st.lists(st.floats(-10, 10).filter(lambda value: abs(value) > 1e-3), min_size=1, max_size=8)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def p_by_hand(differences: list[float]) -> float:
    observed = abs(fmean(differences))
    flips = product((1, -1), repeat=len(differences))
    means = (abs(fmean(sign * d for sign, d in zip(flip, differences))) for flip in flips)
    return fmean(mean >= observed - 1e-9 for mean in means)


def test_darwins_maize() -> None:
    # Fisher 1935, section 21: of 32,768 ways, 863 give a difference as large in one direction, 1,726 in both.
    eighths = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert float(sign_flip_p(eighths)) == 1726 / 32768


@given(DIFFERENCES)
def test_every_way_of_flipping_signs_is_counted(differences: list[float]) -> None:
    assert float(sign_flip_p(differences)) == pytest.approx(p_by_hand(differences))


@given(DIFFERENCES)
def test_the_order_of_the_approaches_does_not_matter(differences: list[float]) -> None:
    assert sign_flip_p(differences) == sign_flip_p([-value for value in differences])


@pytest.mark.parametrize("num_pairs", [1, 2, 3, 5, 10, 16])
def test_the_smallest_p_is_that_of_differences_of_one_sign(num_pairs: int) -> None:
    assert float(sign_flip_p(np.arange(1, num_pairs + 1) / 7)) == smallest_p(num_pairs) == 2 / 2**num_pairs


def test_equal_sums_in_another_order_are_equal() -> None:
    # 0.1 + 0.2 is not 0.3: with 0.1 and 0.2 against 0.3, the sum is 0 in two ways, and every way is as large.
    assert float(sign_flip_p([0.1, 0.2, -0.3])) == 1


def test_no_difference_is_no_evidence() -> None:
    assert float(sign_flip_p([0.0] * 5)) == 1


def test_many_pairs_are_drawn_and_agree_with_all_ways() -> None:
    differences = np.random.default_rng(1).normal(0.4, 1, 18)
    exact = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=2**18, batch=2**17
    ).pvalue
    assert float(sign_flip_p(differences)) == pytest.approx(exact, abs=0.005)


def test_a_drawn_p_is_never_0() -> None:
    assert float(sign_flip_p(np.ones(40), draws=999)) == smallest_p(40, draws=999) == 1 / 1000


def test_draws_are_the_same_for_the_same_seed() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 30)
    assert sign_flip_p(differences, draws=999) == sign_flip_p(differences, draws=999)


def test_every_leading_index_is_a_test_of_its_own() -> None:
    differences = np.random.default_rng(0).normal(0.5, 1, (2, 3, 6))
    together = sign_flip_p(differences)
    assert together[1, 2] == sign_flip_p(differences[1, 2])


@pytest.mark.parametrize("num_pairs", [6, 10, 20])
def test_without_a_difference_5_percent_or_less_are_significant(num_pairs: int) -> None:
    differences = np.random.default_rng(num_pairs).normal(size=(4000, num_pairs))
    assert 0.02 < np.mean(sign_flip_p(differences, draws=999) < 0.05) < 0.058


@pytest.mark.parametrize("differences", [[], [math.nan, 1.0], 1.0])
def test_differences_that_are_none_or_not_finite_are_refused(differences: list[float]) -> None:
    with pytest.raises(ValueError, match="needs pairs"):
        sign_flip_p(differences)


@pytest.mark.parametrize(("comparisons", "pairs"), [(1, 6), (12, 9), (40, 11), (364, 14)])
def test_many_comparisons_need_more_pairs_to_reach_significance(comparisons: int, pairs: int) -> None:
    assert pairs_to_reach(0.05 / comparisons) == pairs
    assert smallest_p(pairs) < 0.05 / comparisons <= smallest_p(pairs - 1)


def test_a_level_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        pairs_to_reach(0)


def test_holm_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])


def test_no_p_values_are_corrected_to_none() -> None:
    assert holm([]) == []


@given(P_VALUES)
def test_correcting_keeps_order_and_lies_between_none_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert sorted(range(len(p_values)), key=lambda i: (p_values[i], i)) == sorted(
        range(len(p_values)), key=lambda i: (adjusted[i], p_values[i], i)
    )
    assert all(p <= found <= min(1, len(p_values) * p) + 1e-12 or found <= 1 for p, found in zip(p_values, adjusted))
    assert min(adjusted) == pytest.approx(min(1, len(p_values) * min(p_values)))


def test_effect_size_by_hand() -> None:
    # Mean 2, standard deviation 1, n = 3: Γ(1) / (√1 Γ(1/2)) = 1/√π.
    assert cohens_dz([1, 2, 3]) == pytest.approx(2)
    assert hedges_gz([1, 2, 3]) == pytest.approx(2 / math.sqrt(math.pi))


@pytest.mark.parametrize("num_pairs", [3, 5, 10])
def test_hedges_correction_takes_the_bias_away(num_pairs: int) -> None:
    studies = np.random.default_rng(0).normal(1.0, 1.0, (20_000, num_pairs)).tolist()
    assert fmean(g for study in studies if (g := hedges_gz(study)) is not None) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("differences", [[0.5], [0.2, 0.2, 0.2]])
def test_without_spread_there_is_no_effect_size(differences: list[float]) -> None:
    assert cohens_dz(differences) is None
    assert hedges_gz(differences) is None


def test_two_pairs_have_no_corrected_effect_size() -> None:
    assert cohens_dz([1, 2]) is not None
    assert hedges_gz([1, 2]) is None
