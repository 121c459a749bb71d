import torch
import torch.nn.functional as F

from graftwork.models.anatomy.lean_head import LikeliestToken


def test_the_token_is_that_of_the_head_in_float32_even_where_bfloat16_cannot_tell() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(50, 16, generator=generator)
    close = weight[:1] + 1e-4 * torch.randn(150, 16, generator=generator)  # equal in bfloat16, mostly
    weight, states = torch.cat([weight, close]), torch.randn(300, 16, generator=generator)
    states[:200] += weight[0]
    exact = F.linear(states, weight).argmax(dim=1)
    assert torch.equal(LikeliestToken(weight).of(states), exact)
    assert (F.linear(states.bfloat16(), weight.bfloat16()).argmax(dim=1) != exact).any()


def test_of_equal_logits_the_first_token_is_taken() -> None:
    weight = torch.ones(5, 4) * torch.tensor([[1.0], [3.0], [2.0], [3.0], [3.0]])
    assert LikeliestToken(weight).of(torch.ones(2, 4)).tolist() == [1, 1]


def test_states_that_are_no_numbers_are_the_heads_matter() -> None:
    weight = torch.eye(4)
    states = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, torch.nan, 0.0, 0.0]])
    assert LikeliestToken(weight).of(states).tolist() == F.linear(states, weight).argmax(dim=1).tolist()
