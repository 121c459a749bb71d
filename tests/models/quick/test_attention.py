import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from graftwork.models.quick.attention import QuickAttention, attention
from graftwork.models.tiny import tiny_t5

SHAPE = (2, 4, 6, 8)


def parts() -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(2, length, 4, 8).transpose(1, 2).requires_grad_() for length in (6, 5, 5)]


def implementations(model: PreTrainedModel) -> set[str]:
    return {one.config._attn_implementation for one in model.modules() if hasattr(one, "config")}


def test_output_and_gradients_are_those_of_pytorchs() -> None:
    torch.manual_seed(1)
    bias, gradient = torch.randn(2, 4, 6, 5), torch.randn(SHAPE)
    ours, theirs = parts(), parts()
    quick = attention(*ours, bias.flatten(0, 1))
    slow = F.scaled_dot_product_attention(*theirs, attn_mask=bias, scale=1.0)
    quick.backward(gradient)
    slow.backward(gradient)
    torch.testing.assert_close(quick, slow, rtol=1e-6, atol=1e-6)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=5e-6)


def test_dropped_weights_give_the_gradients_of_what_was_computed() -> None:
    bias = torch.randn(8, 6, 5, dtype=torch.float64).float()

    def loss(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(7)
        return attention(q, k, v, bias, 0.4).square().sum()

    inputs = parts()
    loss(*inputs).backward()
    for place, part in enumerate(inputs):
        step = torch.zeros_like(part)
        step[1, 2, 3, 4] = 1e-2
        ends = [loss(*[one + sign * step if at == place else one for at, one in enumerate(inputs)]) for sign in (1, -1)]
        slope = (ends[0] - ends[1]).item() / 2e-2
        assert abs(slope - part.grad[1, 2, 3, 4].item()) < 0.02 * (1 + abs(slope))


def test_dropped_weights_average_to_the_whole() -> None:
    bias = torch.zeros(8, 6, 5)
    with torch.no_grad():
        whole = attention(*parts(), bias)
        torch.manual_seed(0)
        inputs = parts()
        mean = torch.stack([attention(*inputs, bias, 0.3) for _ in range(3000)]).mean(dim=0)
    torch.testing.assert_close(mean, whole, rtol=0, atol=0.08)


def test_the_model_has_its_own_attention_again_afterwards() -> None:
    model = tiny_t5()
    before = implementations(model)
    with QuickAttention(model).active():
        assert implementations(model) == {"graftwork_quick"}
    assert implementations(model) == before
