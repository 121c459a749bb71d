import pytest
import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from graftwork.models.quick.attention import attention
from graftwork.models.quick.layout import Layout
from graftwork.models.quick.t5 import QuickT5
from graftwork.models.tiny import tiny_t5

LAYOUTS = Layout(2, 6), Layout(2, 5), Layout(2, 5)
POSITIONS = torch.zeros(1, 4, 6, 5)


def parts() -> list[torch.Tensor]:
    """Queries, keys and values as rows of four heads of eight numbers."""
    torch.manual_seed(0)
    return [torch.randn(2 * length, 32).requires_grad_() for length in (6, 5, 5)]


def attended(tensors: list[torch.Tensor], bias: torch.Tensor, share: float = 0.0) -> torch.Tensor:
    return attention(tensors, LAYOUTS, 4, bias, POSITIONS, share)


def implementations(model: PreTrainedModel) -> set[str]:
    return {one.config._attn_implementation for one in model.modules() if hasattr(one, "config")}


def test_output_and_gradients_are_those_of_pytorchs() -> None:
    torch.manual_seed(1)
    bias, gradient = torch.randn(2, 4, 6, 5), torch.randn(12, 32)
    ours, theirs = parts(), parts()
    quick = attended(ours, bias.flatten(0, 1))
    split = [one.view(2, -1, 4, 8).transpose(1, 2) for one in theirs]
    slow = F.scaled_dot_product_attention(*split, attn_mask=bias, scale=1.0).transpose(1, 2).reshape(12, 32)
    quick.backward(gradient)
    slow.backward(gradient)
    torch.testing.assert_close(quick, slow, rtol=1e-6, atol=1e-6)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=5e-6)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_groups_of_heads_come_to_what_all_at_once_come_to(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    bias, gradient = torch.randn(8, 6, 5), torch.randn(12, 32)
    positions = torch.randn(1, 4, 6, 5, requires_grad=True)
    results = []
    for at_once in (1 << 20, 90, 1):  # all, three and one at a time
        monkeypatch.setattr("graftwork.models.quick.attention.AT_ONCE", at_once // torch.get_num_threads())
        tensors = parts()
        torch.manual_seed(7)
        mixed = attention(tensors, LAYOUTS, 4, bias, positions, share)
        results.append([mixed, *torch.autograd.grad(mixed, [*tensors, positions], gradient)])
    for one, other in ((one, other) for grouped in results[1:] for one, other in zip(grouped, results[0], strict=True)):
        torch.testing.assert_close(one, other)


def test_dropped_weights_give_the_gradients_of_what_was_computed() -> None:
    bias = torch.randn(8, 6, 5, dtype=torch.float64).float()

    def loss(*tensors: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(7)
        return attended(list(tensors), bias, 0.4).square().sum()

    inputs = parts()
    loss(*inputs).backward()
    for place, part in enumerate(inputs):
        step = torch.zeros_like(part)
        step[9, 20] = 1e-2
        ends = [loss(*[one + sign * step if at == place else one for at, one in enumerate(inputs)]) for sign in (1, -1)]
        slope = (ends[0] - ends[1]).item() / 2e-2
        assert abs(slope - part.grad[9, 20].item()) < 0.02 * (1 + abs(slope))


def test_dropped_weights_average_to_the_whole() -> None:
    bias = torch.zeros(8, 6, 5)
    with torch.no_grad():
        whole = attended(parts(), bias)
        torch.manual_seed(0)
        inputs = parts()
        mean = torch.stack([attended(inputs, bias, 0.3) for _ in range(3000)]).mean(dim=0)
    torch.testing.assert_close(mean, whole, rtol=0, atol=0.08)


def test_the_model_has_its_own_attention_again_afterwards() -> None:
    model = tiny_t5()
    before = implementations(model)
    with QuickT5(model, bf16=False).active():
        assert implementations(model) == {"graftwork_quick"}
    assert implementations(model) == before
