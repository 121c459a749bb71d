import pytest

from graftwork.metrics.loss import loss_pseudo_values


def test_the_mean_of_the_pseudo_values_is_the_loss_a_token() -> None:
    values = loss_pseudo_values([0.5, 2.0], [30, 10])
    assert sum(values) / 2 == pytest.approx((30 * 0.5 + 10 * 2.0) / 40)


def test_items_of_one_length_are_their_own_pseudo_values() -> None:
    assert loss_pseudo_values([1.0, 3.0, 5.0], [7, 7, 7]) == pytest.approx([1.0, 3.0, 5.0])


def test_a_short_item_moves_the_loss_less() -> None:
    """By hand: L = 1.25, n / Σt = 1/20; the long item gives 1.25 + 30/20 · (1 - 1.25), the short one the rest."""
    assert loss_pseudo_values([1.0, 2.0], [30, 10]) == pytest.approx([0.875, 1.625])
