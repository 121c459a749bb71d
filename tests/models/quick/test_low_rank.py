import torch
import torch.nn.functional as F

from graftwork.models.quick.low_rank import add_low_rank


def tensors() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    shapes = (3, 7, 24), (3, 7, 16), (4, 16), (24, 4)
    return tuple((torch.randn(shape) / 2).requires_grad_() for shape in shapes)


def test_output_and_gradients_are_those_of_the_single_steps() -> None:
    ours, theirs, gradient = tensors(), tensors(), torch.randn(3, 7, 24)
    quick = add_low_rank(ours[0].bfloat16(), ours[1].bfloat16(), ours[2], ours[3], 2.0, 0.0)
    slow = theirs[0] + 2.0 * F.linear(F.linear(theirs[1], theirs[2]), theirs[3])
    quick.backward(gradient.bfloat16())
    slow.backward(gradient)
    torch.testing.assert_close(quick.float(), slow, rtol=0.02, atol=0.03)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=0.03, atol=0.08)


def test_a_new_branch_leaves_the_output_bit_for_bit() -> None:
    output, inputs, down, up = tensors()
    output = output.bfloat16()
    assert torch.equal(add_low_rank(output, inputs.bfloat16(), down, torch.zeros_like(up), 2.0, 0.1), output)


def test_dropped_inputs_have_no_gradient_and_the_rest_is_made_up_for() -> None:
    output, inputs, down, up = (one.detach() for one in tensors())
    inputs = inputs.bfloat16().requires_grad_()
    torch.manual_seed(1)
    added = add_low_rank(output.bfloat16(), inputs, down, up, 1.0, 0.5)
    added.sum().backward()
    dropped = inputs.grad == 0
    assert 0.3 < dropped.float().mean() < 0.7
    expected = output + F.linear(F.linear(inputs.float().masked_fill(dropped, 0) * 2, down), up)
    torch.testing.assert_close(added.float(), expected, rtol=0.03, atol=0.05)
