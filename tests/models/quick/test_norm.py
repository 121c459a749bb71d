import torch
from transformers.models.t5.modeling_t5 import T5LayerNorm

from graftwork.models.quick.norm import scaled_by_root_mean_square


def test_output_and_gradient_are_those_of_t5s_norm() -> None:
    torch.manual_seed(0)
    norm = T5LayerNorm(64).requires_grad_(False)
    norm.weight.uniform_(0.5, 2)
    states, gradient = 3 * torch.randn(4, 9, 64), torch.randn(4, 9, 64)
    ours, theirs = states.clone().requires_grad_(), states.clone().requires_grad_()
    quick, slow = scaled_by_root_mean_square(ours, norm.weight, 1e-6, torch.float32), norm(theirs)
    quick.backward(gradient)
    slow.backward(gradient)
    torch.testing.assert_close(quick, slow, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


def test_it_computes_in_float32_and_rounds_once() -> None:
    states, scale = torch.randn(5, 64), torch.rand(64)
    whole = scaled_by_root_mean_square(states, scale, 1e-6, torch.float32)
    assert torch.equal(scaled_by_root_mean_square(states, scale, 1e-6, torch.bfloat16), whole.bfloat16())
