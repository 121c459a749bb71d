import copy
import math

import pytest
import torch
from torch import nn

from graftwork.continual.method import Method, Step
from graftwork.continual.methods.lwf import LwFConfig
from graftwork.models.load import Base
from tests.continual.methods.support import STEP, training

INPUTS = torch.arange(10, 22).reshape(2, 6)
LABELS = torch.arange(30, 40).reshape(2, 5)


def step_of(logits: nn.Parameter) -> Step:
    """A model that is its logits, (tokens, vocabulary)."""
    return Step(logits=lambda: logits * 1.0, logits_again=lambda: logits.detach().clone())


def begun(logits: nn.Parameter, **settings: float) -> Method:
    method = LwFConfig(**settings).build()
    method.before_task(training("b", earlier=["a"], parameters={"logits": logits}))
    return method


def paid(method: Method, logits: nn.Parameter) -> float:
    penalty = method.penalty(step_of(logits))
    assert penalty is not None
    return penalty.item()


def test_the_first_task_is_free() -> None:
    method = LwFConfig().build()
    method.before_task(training("a", parameters={"logits": nn.Parameter(torch.zeros(1, 2))}))
    assert method.penalty(STEP) is None


def test_a_model_that_has_not_changed_has_nothing_to_pay() -> None:
    logits = nn.Parameter(torch.arange(12.0).reshape(4, 3))
    assert paid(begun(logits), logits) == 0


def test_the_divergence_of_softened_outputs_is_that_of_the_formula() -> None:
    # Softened by T = 2, (0, 0) is (1/2, 1/2) and (2 ln 3, 0) is (3/4, 1/4): KL = ½ ln 2/3 + ½ ln 2 = ½ ln 4/3.
    logits = nn.Parameter(torch.zeros(1, 2))
    method = begun(logits, strength=3.0)
    logits.data[0, 0] = 2 * math.log(3)
    assert paid(method, logits) == pytest.approx(3 * math.log(4 / 3) / 2)


def test_it_is_a_mean_over_target_tokens() -> None:
    logits = nn.Parameter(torch.zeros(5, 2))
    method = begun(logits)
    logits.data[0, 0] = 2 * math.log(3)
    assert paid(method, logits) == pytest.approx(math.log(4 / 3) / 2 / 5)


def test_the_slope_is_the_difference_of_the_softened_outputs_over_the_temperature() -> None:
    logits = nn.Parameter(torch.zeros(1, 2))
    method = begun(logits)
    logits.data[0, 0] = 2 * math.log(3)
    penalty = method.penalty(step_of(logits))
    assert penalty is not None
    penalty.backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.tensor([[3 / 4 - 1 / 2, 1 / 4 - 1 / 2]]) / 2)


def test_a_failure_of_the_old_model_leaves_the_new_one_in_place() -> None:
    logits = nn.Parameter(torch.zeros(1, 2))
    method = begun(logits)
    logits.data = torch.ones(1, 2)

    def fail() -> torch.Tensor:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        method.penalty(Step(logits=lambda: logits * 1.0, logits_again=fail))
    assert logits.tolist() == [[1.0, 1.0]]


def test_gradients_through_a_model_are_those_with_a_separate_old_model(base: Base) -> None:
    torch.manual_seed(0)
    model, old = base.model, copy.deepcopy(base.model)
    parameters = dict(model.named_parameters())
    method = LwFConfig().build()
    method.before_task(training("b", earlier=["a"], parameters=parameters))
    for parameter in parameters.values():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    places = {name: parameter.data_ptr() for name, parameter in parameters.items()}

    output = model(input_ids=INPUTS, labels=LABELS)

    def again() -> torch.Tensor:
        with torch.no_grad():
            return model(input_ids=INPUTS, labels=LABELS).logits.flatten(0, 1)

    penalty = method.penalty(Step(logits=lambda: output.logits.flatten(0, 1), logits_again=again))
    assert penalty is not None
    (output.loss + penalty).backward()
    found = {name: parameter.grad for name, parameter in parameters.items()}
    assert {name: parameter.data_ptr() for name, parameter in parameters.items()} == places

    model.zero_grad(set_to_none=True)
    output = model(input_ids=INPUTS, labels=LABELS)
    with torch.no_grad():
        target = torch.softmax(old(input_ids=INPUTS, labels=LABELS).logits.flatten(0, 1) / 2, dim=-1)
    logs = torch.log_softmax(output.logits.flatten(0, 1) / 2, dim=-1)
    cross_entropy = -(target * logs).sum(dim=-1).mean()
    (output.loss + cross_entropy).backward()
    for name, parameter in parameters.items():
        torch.testing.assert_close(found[name], parameter.grad)
