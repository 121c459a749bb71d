import pytest
import torch

from graftwork.models.quick.rectify import keep_positive_, rectify_


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_they_are_relu_and_its_gradient_bit_for_bit(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    numbers, gradient = torch.randn(2, 40, 33).to(dtype).unbind()
    numbers[0, :3] = torch.tensor([0.0, -0.0, 1e-38])
    expected = numbers.relu()
    assert torch.equal(rectify_(numbers), expected)
    assert torch.equal(keep_positive_(gradient.clone(), expected), gradient.where(expected > 0, 0))
