import pytest
import torch
import torch.nn.functional as F

from graftwork.training.vocabulary_loss import CHUNK_ROWS, vocabulary_loss


def data(rows: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(rows, 16), 3 * torch.randn(50, 16), torch.randint(0, 50, (rows,))


@pytest.mark.parametrize("rows", [1, CHUNK_ROWS, 2 * CHUNK_ROWS + 3])
def test_loss_and_gradient_are_those_of_the_whole(rows: int) -> None:
    states, weight, labels = data(rows)
    ours, theirs = states.clone().requires_grad_(), states.clone().requires_grad_()
    our_weight, their_weight = weight.clone().requires_grad_(), weight.clone().requires_grad_()
    quick = vocabulary_loss(ours, our_weight, labels)
    slow = F.cross_entropy(F.linear(theirs, their_weight), labels)
    (2 * quick).backward()
    (2 * slow).backward()
    torch.testing.assert_close(quick, slow, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(our_weight.grad, their_weight.grad, rtol=1e-4, atol=1e-6)


def test_a_label_that_is_all_but_impossible_has_its_loss() -> None:
    states, weight = torch.tensor([[1.0]]), torch.tensor([[0.0], [500.0]])
    assert vocabulary_loss(states, weight, torch.tensor([0])).item() == pytest.approx(500)


def test_in_bfloat16_the_loss_is_as_exact_as_the_logits() -> None:
    states, weight, labels = data(300)
    half, weight = states.bfloat16(), weight.bfloat16()
    expected = F.cross_entropy(F.linear(half, weight).float(), labels)
    torch.testing.assert_close(vocabulary_loss(half, weight, labels), expected, rtol=1e-6, atol=1e-6)
