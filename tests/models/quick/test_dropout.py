import pytest
import torch

from graftwork.models.quick.dropout import dropout, keep_bits, kept_share, masked


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_is_dropped_and_made_up_for(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    dropped = dropout(torch.ones(1001, 1003, dtype=dtype), 0.1)
    kept = dropped != 0
    assert kept.float().mean().item() == pytest.approx(0.9, abs=0.002)
    assert set(dropped[kept].tolist()) == {torch.tensor(1 / kept_share(0.1), dtype=dtype).item()}


def test_every_place_of_a_draw_is_dropped_alike() -> None:
    torch.manual_seed(0)
    shares = (keep_bits(torch.Size([400_000, 4]), 0.3) == 0).float().mean(dim=0)
    assert shares.tolist() == pytest.approx([0.3] * 4, abs=0.004)


def test_neighbours_are_dropped_independently() -> None:
    torch.manual_seed(0)
    gone = (keep_bits(torch.Size([1_600_000]), 0.3) == 0).float()
    assert (gone[1:] * gone[:-1]).mean().item() == pytest.approx(0.09, abs=0.002)


def test_the_gradient_goes_where_the_numbers_went() -> None:
    torch.manual_seed(0)
    numbers = torch.randn(50, 7, requires_grad=True)
    dropped = dropout(numbers, 0.5)
    dropped.sum().backward()
    assert torch.equal(numbers.grad, torch.where(dropped == 0, 0.0, 2.0))


def test_the_seed_decides() -> None:
    masks = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        masks.append(keep_bits(torch.Size([99]), 0.5))
    assert torch.equal(masks[0], masks[2])
    assert not torch.equal(masks[0], masks[1])


def test_nothing_and_nearly_all_can_be_dropped() -> None:
    assert keep_bits(torch.Size([999]), 0.0).eq(-1).all()
    assert keep_bits(torch.Size([99_999]), 0.999).eq(-1).float().mean() < 0.01


def test_a_transposed_tensor_is_masked_by_its_places() -> None:
    keep = keep_bits(torch.Size([3, 5]), 0.5)
    numbers = torch.randn(5, 3).t()
    assert torch.equal(masked(numbers, keep), torch.where(keep == 0, 0.0, numbers))
