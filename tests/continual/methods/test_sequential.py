from pathlib import Path

import pytest
import safetensors.torch
import torch

from graftwork.continual.methods.sequential import WEIGHTS, FullFineTuning
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base


@pytest.fixture
def learner(base: Base) -> FullFineTuning:
    return FullFineTuning(base)


def train(learner: FullFineTuning, task: str) -> None:
    """Change what training the task would change."""
    for parameter in learner.begin(task, seed=0)["base"]:
        parameter.data.add_(0.1)
        parameter.grad = torch.ones_like(parameter)


def test_every_weight_is_trained(base: Base, learner: FullFineTuning) -> None:
    parameters = learner.begin("a", seed=0)["base"]
    assert {id(one) for one in parameters} == {id(one) for one in base.model.parameters()}
    assert all(one.requires_grad for one in parameters)


def test_sizes_count_all_of_the_base(base: Base, learner: FullFineTuning) -> None:
    assert learner.sizes() == {"base": sum(parameter.numel() for parameter in base.model.parameters())}


def test_frozen_weights_are_trained_and_frozen_again(base: Base) -> None:
    base.model.requires_grad_(False)
    learner = FullFineTuning(base)
    assert all(parameter.requires_grad for parameter in learner.begin("a", seed=0)["base"])
    learner.close()
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_one_model_serves_every_task(base: Base, learner: FullFineTuning) -> None:
    assert learner.fingerprint("a") == base.fingerprint
    train(learner, "a")
    learner.select("b")
    assert learner.fingerprint("a") == learner.fingerprint("b") == model_fingerprint(base.model) != base.fingerprint


def test_nothing_is_isolated(learner: FullFineTuning) -> None:
    assert not learner.isolated("a")


def test_closing_gives_the_base_back_bit_for_bit(base: Base, learner: FullFineTuning) -> None:
    train(learner, "a")
    learner.close()
    assert model_fingerprint(base.model) == base.fingerprint
    assert all(parameter.grad is None for parameter in base.model.parameters())


def test_closing_takes_away_what_is_no_number(base: Base, learner: FullFineTuning) -> None:
    for parameter in learner.begin("a", seed=0)["base"]:
        parameter.data.fill_(float("nan"))
    learner.close()
    assert model_fingerprint(base.model) == base.fingerprint


def test_taking_up_gives_the_model_as_the_last_task_left_it(learner: FullFineTuning, tmp_path: Path) -> None:
    for task in ("a", "b"):
        train(learner, task)
        learner.save(task, tmp_path / task)
    again = FullFineTuning(tiny_base())
    again.load({"a": tmp_path / "a", "b": tmp_path / "b"})
    assert again.fingerprint("a") == learner.fingerprint("a")


def test_training_on_after_a_fingerprint_gives_another(learner: FullFineTuning, tmp_path: Path) -> None:
    train(learner, "a")
    learner.save("a", tmp_path)
    before = learner.fingerprint("a")
    train(learner, "b")
    assert learner.fingerprint("a") != before


def spoil_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4])


def spoil_tensor(path: Path) -> None:
    tensors = safetensors.torch.load_file(path)
    tensors.popitem()
    safetensors.torch.save_file(tensors, path)


def spoil_shape(path: Path) -> None:
    tensors = safetensors.torch.load_file(path)
    safetensors.torch.save_file({name: tensor[:3].clone() for name, tensor in tensors.items()}, path)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [spoil_cut, spoil_tensor, spoil_shape, remove])
def test_spoilt_weights_are_refused_and_the_base_comes_back(base: Base, tmp_path: Path, spoil: object) -> None:
    learner = FullFineTuning(base)
    train(learner, "a")
    learner.save("a", tmp_path)
    assert callable(spoil)
    spoil(tmp_path / WEIGHTS)
    with pytest.raises(InputError, match="not the weights that were saved") as caught:
        learner.load({"a": tmp_path})
    assert "\n" not in str(caught.value)
    learner.close()
    assert model_fingerprint(base.model) == base.fingerprint
