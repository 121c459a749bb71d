from pathlib import Path

import pytest
import torch
from torch import nn

from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.lora import LoRAConfig
from graftwork.continual.method import Method
from graftwork.continual.methods.o_lora import OLoRAConfig
from graftwork.errors import InputError
from tests.continual.methods.support import STEP, training

Rows = list[list[float]]


def lora(number: int, **layers: Rows) -> dict[str, nn.Parameter]:
    """The parameters of a task's LoRA with these A matrices, and some B that has no part in it."""
    name = f"lora-{number:02d}"
    down = {f"{name}.{layer}.lora_A.weight": nn.Parameter(torch.tensor(rows)) for layer, rows in layers.items()}
    up = {f"{name}.{layer}.lora_B.weight": nn.Parameter(torch.full((2, 1), 7.0)) for layer in layers}
    return down | up


def overlap(method: Method, task: dict[str, nn.Parameter]) -> float | None:
    """The penalty when a task's LoRA stands as it does."""
    method.before_task(training("new", parameters=task))
    penalty = method.penalty(STEP)
    return None if penalty is None else penalty.item()


def after(*tasks: dict[str, nn.Parameter], strength: float = 0.5) -> Method:
    method = OLoRAConfig(strength=strength).build()
    for parameters in tasks:
        lesson = training("old", parameters=parameters)
        method.before_task(lesson)
        method.after_task(lesson)
    return method


def test_the_first_task_is_free() -> None:
    assert overlap(OLoRAConfig().build(), lora(1, q=[[1.0, 2.0]])) is None


def test_the_overlap_is_the_sum_of_squared_inner_products_of_the_rows() -> None:
    # A_1 A_2ᵀ = [[1·3 + 0·4, 1·0 + 0·5], [1·3 + 1·4, 1·0 + 1·5]] = [[3, 0], [7, 5]], squares 9 + 0 + 49 + 25 = 83.
    method = after(lora(1, q=[[1.0, 0.0], [1.0, 1.0]]))
    assert overlap(method, lora(2, q=[[3.0, 4.0], [0.0, 5.0]])) == 0.5 * 83


def test_orthogonal_subspaces_do_not_overlap() -> None:
    assert overlap(after(lora(1, q=[[1.0, 2.0]])), lora(2, q=[[-2.0, 1.0]])) == 0


def test_layers_and_earlier_tasks_are_summed_each_layer_with_its_own() -> None:
    method = after(lora(1, q=[[1.0, 0.0]], v=[[0.0, 1.0]]), lora(2, q=[[2.0, 0.0]], v=[[1.0, 0.0]]), strength=1.0)
    assert overlap(method, lora(3, q=[[3.0, 9.0]], v=[[4.0, 5.0]])) == 3**2 + 5**2 + 6**2 + 4**2


def test_only_the_new_matrices_are_moved_and_towards_orthogonality() -> None:
    method, new = after(lora(1, q=[[1.0, 0.0]])), lora(2, q=[[3.0, 4.0]])
    method.before_task(training("new", parameters=new))
    penalty = method.penalty(STEP)
    assert penalty is not None
    penalty.backward()
    # d/da λ (e₁·a)² = 2 λ (e₁·a) e₁, with λ = 0.5.
    gradient = new["lora-02.q.lora_A.weight"].grad
    assert gradient is not None
    assert gradient.tolist() == [[3.0, 0.0]]
    assert new["lora-02.q.lora_B.weight"].grad is None


def test_a_method_that_was_taken_up_has_the_same_penalty(tmp_path: Path) -> None:
    method, folders = OLoRAConfig().build(), []
    for number in (1, 2):
        lesson = training("old", parameters=lora(number, q=[[float(number), 1.0]]))
        method.before_task(lesson)
        method.after_task(lesson)
        folders.append(tmp_path / str(number) / "method")
        method.save(folders[-1])
    again = OLoRAConfig().build()
    again.load(folders)
    third = lora(3, q=[[3.0, 4.0]])
    assert overlap(again, third) == overlap(method, third) == 0.5 * (7**2 + 10**2)


@pytest.mark.parametrize("components", [{}, {"layer": ExtraLayerConfig()}, {"a": LoRAConfig(), "b": LoRAConfig()}])
def test_other_components_than_one_lora_are_refused(components: dict[str, LoRAConfig | ExtraLayerConfig]) -> None:
    with pytest.raises(InputError, match="here: o-lora with other components than one lora"):
        OLoRAConfig().check(components, [], "here")
