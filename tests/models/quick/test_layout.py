import torch

from graftwork.models.quick.layout import ROW_STEP, Layout

REAL = torch.arange(50) < torch.tensor([[50], [7], [20], [1]])


def test_the_real_places_are_kept_and_the_mask_is_left_as_it_is() -> None:
    before = REAL.clone()
    layout = Layout.of(REAL)
    assert torch.equal(REAL, before)
    assert layout.kept is not None and layout.rows % ROW_STEP == 0
    assert set(REAL.flatten().nonzero().flatten().tolist()) < set(layout.kept.tolist())


def test_what_is_packed_is_found_again_and_padding_stands_for_what_was_left_out() -> None:
    layout, numbers = Layout.of(REAL), torch.randn(*REAL.shape, 3)
    padded = layout.padded(layout.packed(numbers))
    assert torch.equal(padded[REAL], numbers[REAL])
    assert not torch.isin(padded[~REAL], numbers[REAL]).any()


def test_a_batch_without_much_padding_is_kept_whole() -> None:
    layout = Layout.of(torch.arange(9) < torch.tensor([[9], [8]]))
    assert layout.kept is None and layout.rows == 18


def test_heads_are_split_and_joined_again() -> None:
    layout = Layout.of(REAL)
    rows = torch.randn(layout.rows, 3 * 2 * 5)
    split = layout.to_heads(rows, 3, 2)
    first = layout.padded(rows).view(4, 50, 3, 2, 5)[1, 6, 2, 1]
    assert torch.equal(split[2, 1 * 2 + 1, 6], first)
    assert torch.equal(layout.from_heads(split), rows)
