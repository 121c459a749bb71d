from collections.abc import Callable, Sequence

import pytest
import torch
from torch import nn

from graftwork.training.optimizer import ClippedAdamW

SHAPES = ((7, 5), (33,), (1, 1), (16, 64))


def weights(dtype: torch.dtype = torch.float32) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator).to(dtype)) for shape in SHAPES]


def optimizer_of(parameters: Sequence[nn.Parameter], quick: bool = True, decay: float = 0.01) -> ClippedAdamW:
    kinds = {"lora": parameters[:2], "base": parameters[2:]}
    return ClippedAdamW(kinds, {"lora": 0.01, "base": 0.003}, decay, quick)


def take_steps(
    optimizer: ClippedAdamW, parameters: Sequence[nn.Parameter], steps: range, most: float = 1.0, size: float = 1.0
) -> None:
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        for parameter in parameters:
            parameter.grad = size * torch.randn(parameter.shape, generator=generator).to(parameter.dtype)
        optimizer.step_clipped(optimizer.norm(), most)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_are_pytorchs(size: float, decay: float) -> None:
    ours, theirs = weights(), weights()
    take_steps(optimizer_of(ours, decay=decay), ours, range(20), size=size)
    plain = torch.optim.AdamW([{"params": theirs[:2], "lr": 0.01}, {"params": theirs[2:], "lr": 0.003}])
    for group in plain.param_groups:
        group["weight_decay"] = decay
    for step in range(20):
        generator = torch.Generator().manual_seed(step)
        for parameter in theirs:
            parameter.grad = size * torch.randn(parameter.shape, generator=generator)
        nn.utils.clip_grad_norm_(theirs, 1.0)
        plain.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_without_quick_it_is_pytorchs_own_bit_for_bit() -> None:
    ours, theirs = weights(), weights()
    take_steps(optimizer_of(ours, quick=False), ours, range(5))
    plain = torch.optim.AdamW(
        [{"params": theirs[:2], "lr": 0.01}, {"params": theirs[2:], "lr": 0.003}], weight_decay=0.01, foreach=True
    )
    for step in range(5):
        generator = torch.Generator().manual_seed(step)
        for parameter in theirs:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        nn.utils.clip_grad_norm_(theirs, 1.0)
        plain.step()
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_the_same_gradients_give_the_same_bits() -> None:
    first, second = weights(), weights()
    for parameters in (first, second):
        take_steps(optimizer_of(parameters), parameters, range(10))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_every_number_is_rounded_alike_wherever_it_stands() -> None:
    whole = nn.Parameter(torch.linspace(-1, 1, 61))
    single = [nn.Parameter(whole.detach()[place : place + 1].clone()) for place in range(61)]
    gradient = torch.linspace(-0.02, 0.03, 61)
    for parameters in ([whole], single):
        optimizer = ClippedAdamW({"base": parameters}, {"base": 0.01}, 0.01, quick=True)
        for _ in range(5):
            whole.grad = gradient.clone()
            for place, parameter in enumerate(single):
                parameter.grad = gradient[place : place + 1].clone()
            optimizer.step_clipped(torch.tensor(0.5), 1.0)
    assert torch.equal(whole.detach(), torch.cat([one.detach() for one in single]))


@pytest.mark.parametrize("then", [True, False])
def test_its_state_is_pytorchs_and_is_gone_on_from_either_way(then: bool) -> None:
    whole, halves = weights(), weights()
    take_steps(optimizer_of(whole), whole, range(8))
    first = optimizer_of(halves)
    take_steps(first, halves, range(4))
    second = optimizer_of(halves, quick=then)
    second.load_state_dict(first.state_dict())
    take_steps(second, halves, range(4, 8))
    same: Callable[..., None] = torch.testing.assert_close
    for one, other in zip(whole, halves, strict=True):
        assert torch.equal(one, other) if then else same(one, other, rtol=1e-5, atol=1e-6) is None


def test_what_has_no_gradient_stays_as_it_is() -> None:
    parameters = weights()
    before = parameters[1].detach().clone()
    optimizer = optimizer_of(parameters)
    parameters[0].grad = torch.ones_like(parameters[0])
    optimizer.step_clipped(optimizer.norm(), 1.0)
    assert torch.equal(parameters[1], before)
    assert parameters[1] not in optimizer.state


def test_other_types_are_pytorchs_matter() -> None:
    parameters = weights(torch.float64)
    before = [one.detach().clone() for one in parameters]
    take_steps(optimizer_of(parameters), parameters, range(2))
    assert not any(torch.equal(one, other) for one, other in zip(parameters, before, strict=True))
