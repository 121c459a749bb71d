from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.packed import PackedForward, multiplication, packs

needs_layout = pytest.mark.skipif(not packs(nn.Linear(2, 2)), reason="this processor has no such layout")


@pytest.fixture(autouse=True)
def without_gradient() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_a_product_is_that_of_the_layer(dtype: torch.dtype, pack: bool, bias: bool) -> None:
    layer = nn.Linear(64, 48, bias=bias, dtype=dtype)
    states = torch.randn(3, 5, 64, dtype=dtype)
    product = multiplication(layer.weight, layer.bias, pack=pack and packs(layer))(states)
    torch.testing.assert_close(product, layer(states))


@needs_layout
def test_a_row_is_the_same_bits_whatever_is_multiplied_with_it() -> None:
    product = multiplication(torch.randn(96, 64), pack=True)
    states = torch.randn(40, 64)
    whole = product(states)
    assert all(torch.equal(product(states[:rows].clone()), whole[:rows]) for rows in range(1, 41))


@needs_layout
def test_layers_compute_by_the_layout_inside_the_block_and_by_themselves_after_it() -> None:
    layer, states = nn.Linear(64, 48), torch.randn(4, 64)
    before = layer(states)
    packed = PackedForward([layer], pack=True)
    layer.weight.zero_()
    with packed.active():
        torch.testing.assert_close(layer(states), before)
    assert torch.equal(layer(states), layer.bias.expand(4, -1))


@needs_layout
def test_hooks_on_a_layer_go_on_working() -> None:
    layer, states = nn.Linear(8, 8), torch.randn(2, 8)
    layer.register_forward_hook(lambda module, inputs, output: output * 0)
    with PackedForward([layer], pack=True).active():
        assert not layer(states).any()


def test_a_layer_with_a_forward_pass_of_its_own_keeps_it() -> None:
    layer = nn.Linear(8, 8)
    layer.forward = F.relu  # type: ignore[method-assign]
    with PackedForward([layer], pack=packs(layer)).active():
        assert torch.equal(layer(torch.ones(1, 8)), torch.ones(1, 8))
    assert "forward" in vars(layer)


def test_nothing_is_laid_out_where_the_library_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not packs(nn.Linear(2, 2))


def test_models_too_large_for_a_copy_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graftwork.models.packed.LARGEST_BYTES", 4 * 64 - 1)
    assert not packs(nn.Linear(8, 8, bias=False))
