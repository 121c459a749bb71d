import math
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import nn

from graftwork.continual.method import Method
from graftwork.continual.methods.ewc import STATE, EWCConfig, diagonal_fisher
from graftwork.data.example import Example, make_example
from graftwork.errors import InputError
from tests.continual.methods.support import STEP, training

Variant = Literal["online", "separate"]


def pair(x: float, y: float) -> Example:
    return make_example("python", str(x), str(y))


class Line:
    """y is normal around w·x with variance 1, so the gradient of log p(y | x) in w is (y - w·x)·x."""

    def __init__(self, w: float) -> None:
        self.w = nn.Parameter(torch.tensor([w]))
        self.unused = nn.Parameter(torch.tensor([5.0]))
        self.asked = 0

    @property
    def parameters(self) -> dict[str, nn.Parameter]:
        return {"w": self.w, "unused": self.unused}

    def log_likelihood(self, example: Example) -> torch.Tensor:
        self.asked += 1
        x, y = float(example.description), float(example.target)
        return -((y - self.w * x) ** 2).sum() / 2

    def train(self, method: Method, task: str, data: list[Example], end: float) -> None:
        """Train a task on examples to some value of w."""
        lesson = training(task, parameters=self.parameters, data={task: data}, log_likelihood=self.log_likelihood)
        method.before_task(lesson)
        self.w.data.fill_(end)
        method.after_task(lesson)


FIRST = [pair(1, 3), pair(2, 2)]
"""With w = 1 their gradients are (3 - 1)·1 = 2 and (2 - 2)·2 = 0, so the Fisher is (4 + 0) / 2 = 2."""
SECOND = [pair(1, 5)]
"""With w = 2 the gradient is (5 - 2)·1 = 3, so the Fisher is 9."""


def after_two(variant: Variant, **settings: float) -> tuple[Line, Method]:
    line, method = Line(0.0), EWCConfig(variant=variant, strength=10.0, **settings).build()
    line.train(method, "a", FIRST, end=1.0)
    line.train(method, "b", SECOND, end=2.0)
    return line, method


def penalty_at(line: Line, method: Method, w: float) -> float:
    line.w.data.fill_(w)
    penalty = method.penalty(STEP)
    assert penalty is not None
    return penalty.item()


def test_the_fisher_is_the_mean_of_the_squared_gradients() -> None:
    line = Line(1.0)
    fisher = diagonal_fisher(line.parameters, line.log_likelihood, FIRST)
    assert fisher["w"].tolist() == [2.0]


def test_what_has_no_part_in_the_outputs_has_no_fisher() -> None:
    line = Line(1.0)
    assert diagonal_fisher(line.parameters, line.log_likelihood, FIRST)["unused"].tolist() == [0.0]


def test_taking_a_fisher_leaves_no_gradient_behind() -> None:
    line = Line(1.0)
    diagonal_fisher(line.parameters, line.log_likelihood, FIRST)
    assert line.w.grad is None


def test_the_first_task_is_free() -> None:
    assert EWCConfig().build().penalty(STEP) is None


@pytest.mark.parametrize("variant", ["online", "separate"])
def test_the_penalty_is_half_of_strength_times_fisher_times_the_squared_way(variant: Variant) -> None:
    line, method = Line(0.0), EWCConfig(variant=variant, strength=10.0).build()
    line.train(method, "a", FIRST, end=1.0)
    assert penalty_at(line, method, 4.0) == 10 / 2 * 2 * (4 - 1) ** 2


def test_separate_penalties_hold_each_task_to_its_own_weights() -> None:
    line, method = after_two("separate")
    assert penalty_at(line, method, 4.0) == 10 / 2 * (2 * (4 - 1) ** 2 + 9 * (4 - 2) ** 2)


def test_the_online_penalty_holds_a_decaying_fisher_to_the_latest_weights() -> None:
    line, method = after_two("online", gamma=0.5)
    assert penalty_at(line, method, 4.0) == 10 / 2 * (0.5 * 2 + 9) * (4 - 2) ** 2


def test_the_best_weight_lies_between_the_tasks_as_their_fishers_say() -> None:
    # Minimising (w - 5)²/2 + λ/2·F·(w - 1)² gives w = (5 + λF) / (1 + λF); with λ = 10 and F = 2 that is 25 / 21.
    line, method = Line(0.0), EWCConfig(strength=10.0).build()
    line.train(method, "a", FIRST, end=1.0)
    for _ in range(200):
        penalty = method.penalty(STEP)
        assert penalty is not None
        loss = ((line.w - 5) ** 2).sum() / 2 + penalty
        (gradient,) = torch.autograd.grad(loss, [line.w])
        line.w.data -= 0.02 * gradient
    assert line.w.item() == pytest.approx(25 / 21, rel=1e-5)


@pytest.mark.parametrize(("settings", "asked"), [(1, 1), (2, 2), (9, 2)])
def test_the_fisher_is_taken_from_so_many_examples(settings: int, asked: int) -> None:
    line = Line(0.0)
    line.train(EWCConfig(examples=settings).build(), "a", FIRST, end=1.0)
    assert line.asked == asked


@pytest.mark.parametrize("variant", ["online", "separate"])
def test_a_method_that_was_taken_up_has_the_same_penalty(variant: Variant, tmp_path: Path) -> None:
    config = EWCConfig(variant=variant, strength=10.0)
    line, method = Line(0.0), config.build()
    folders = []
    for task, data, end in (("a", FIRST, 1.0), ("b", SECOND, 2.0)):
        line.train(method, task, data, end)
        folders.append(tmp_path / task / "method")
        method.save(folders[-1])
    again = config.build()
    again.load(folders)
    again.before_task(training("c", parameters=line.parameters))
    assert math.isfinite(penalty_at(line, again, 4.0))
    assert penalty_at(line, again, 4.0) == penalty_at(line, method, 4.0)


def test_a_damaged_state_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "00-a" / "method"
    folder.mkdir(parents=True)
    (folder / STATE).write_bytes(b"half")
    with pytest.raises(InputError, match="not what was saved .* remove .*00-a to train again") as caught:
        EWCConfig().build().load([folder])
    assert "\n" not in str(caught.value)
