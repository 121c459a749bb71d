import pytest
import torch
from torch import nn

from graftwork.models.anatomy.stacked import FEW_ROWS, PADDED_AT_MOST, Shares, StackedLinears, stackable

ROWS = [[0, 3], [1, 4], [2, 5, 7]]


def rows_of(*rows: list[int]) -> list[torch.Tensor]:
    return [torch.tensor(own) for own in rows]


def linears(count: int, inputs: int = 6, outputs: int = 4) -> list[nn.Linear]:
    torch.manual_seed(0)
    return [nn.Linear(inputs, outputs, bias=False) for _ in range(count)]


@pytest.mark.parametrize("outputs", [4, 5])  # row after row, and batched
@pytest.mark.parametrize("times", [1, FEW_ROWS])
@torch.inference_mode()
def test_every_row_is_multiplied_by_its_own_weights(times: int, outputs: int) -> None:
    layers = linears(3, outputs=outputs)
    rows = [[number + 8 * more for more in range(times) for number in own] for own in ROWS]
    shares = Shares(rows_of(*rows))
    given = shares.given.tolist()
    states = torch.randn(8 * times, 6)
    products = StackedLinears([[layer] for layer in layers], shares).run(states[given])
    for layer, own in zip(layers, rows, strict=True):
        assert torch.allclose(products[[given.index(row) for row in own]], layer(states[own]), atol=1e-6)


@torch.inference_mode()
def test_the_outputs_of_several_layers_stand_side_by_side() -> None:
    layers = linears(4)
    stacked = StackedLinears([layers[:2], layers[2:]], Shares(rows_of([1], [0])))
    states = torch.randn(2, 6)
    wanted = torch.stack(
        [torch.cat([layer(states[1 - row]) for layer in own]) for row, own in enumerate([layers[:2], layers[2:]])]
    )
    assert torch.allclose(stacked.run(states), wanted.flip(0), atol=1e-6)


@torch.inference_mode()
def test_rows_that_were_given_anew_have_the_weights_of_whom_they_were_given_to() -> None:
    layers, shares = linears(2), Shares(rows_of([0], [1]))
    stacked = StackedLinears([[layer] for layer in layers], shares)
    shares.divide(rows_of([1, 2], [0]))
    states = torch.randn(3, 6)
    assert torch.allclose(stacked.run(states)[1:], layers[0](states[1:]), atol=1e-6)
    assert shares.owners.tolist() == [1, 0, 0]


def test_modules_of_other_shapes_are_not_stacked() -> None:
    assert stackable(linears(2), rows_of([0], [1]))
    assert not stackable([*linears(1), *linears(1, outputs=5)], rows_of([0], [1]))


def test_modules_that_something_hangs_on_are_not_stacked() -> None:
    layers = linears(2)
    layers[1].register_forward_hook(lambda *_: None)
    assert not stackable(layers, rows_of([0], [1]))


def test_shares_that_would_be_padded_much_are_not_stacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    few = int(PADDED_AT_MOST)
    uneven = rows_of([0], [1], list(range(2, 12)))
    assert stackable(linears(2, outputs=5), rows_of([0], list(range(1, 1 + few))))
    assert not stackable(linears(3, outputs=5), uneven)
    assert not stackable([one.bfloat16() for one in linears(3)], uneven)
    assert stackable(linears(3), uneven)  # row after row
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert not stackable(linears(3), uneven)


def test_more_bytes_than_a_stack_may_have_are_not_stacked() -> None:
    with torch.device("meta"):
        large = [nn.Linear(8192, 4096, bias=False) for _ in range(3)]
    assert stackable(large[:2], rows_of([0], [1]))
    assert not stackable(large, rows_of([0], [1], [2]))
