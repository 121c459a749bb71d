from pathlib import Path

import pytest
import safetensors.torch
import torch

from graftwork.continual.learner import Course
from graftwork.continual.learners.full import WEIGHTS, FullFineTuning
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base


@pytest.fixture
def learner(base: Base) -> FullFineTuning:
    return FullFineTuning(base)


def train(learner: FullFineTuning, task: str) -> None:
    """Change what training the task would change."""
    for parameter in learner.begin(task, seed=0)["base"].values():
        parameter.data.add_(0.1)
        parameter.grad = torch.ones_like(parameter)


def test_every_weight_is_trained(base: Base, learner: FullFineTuning) -> None:
    parameters = learner.begin("a", seed=0)["base"].values()
    assert {id(one) for one in parameters} == {id(one) for one in base.model.parameters()}
    assert all(one.requires_grad for one in parameters)


def test_sizes_count_all_of_the_base(base: Base, learner: FullFineTuning) -> None:
    assert learner.sizes() == {"base": sum(parameter.numel() for parameter in base.model.parameters())}


def test_frozen_weights_are_trained_and_frozen_again(base: Base) -> None:
    base.model.requires_grad_(False)
    learner = FullFineTuning(base)
    assert all(parameter.requires_grad for parameter in learner.begin("a", seed=0)["base"].values())
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
    for parameter in learner.begin("a", seed=0)["base"].values():
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


# From the base each time


def saved(learner: FullFineTuning, folder: Path, *tasks: str) -> dict[str, Path]:
    for task in tasks:
        train(learner, task)
        if task == "b":  # so that no two tasks have equal weights
            next(iter(learner._model.parameters())).data.add_(1.0)
        learner.save(task, folder / task)
    return {task: folder / task for task in tasks}


@pytest.mark.parametrize("course", ["own", "anew"])
def test_a_task_begins_at_the_base(base: Base, course: Course) -> None:
    learner = FullFineTuning(base, course)
    train(learner, "a")
    learner.begin("b", seed=0)
    assert learner.fingerprint("b") == base.fingerprint


def test_going_on_begins_where_the_task_before_left_off(base: Base, learner: FullFineTuning) -> None:
    train(learner, "a")
    before = model_fingerprint(base.model)
    learner.begin("b", seed=0)
    assert learner.fingerprint("b") == before


def test_a_model_a_task_stays_that_of_its_task(base: Base, tmp_path: Path) -> None:
    learner = FullFineTuning(base, "own")
    saved(learner, tmp_path, "a")
    before = learner.fingerprint("a")
    saved(learner, tmp_path, "b")
    assert learner.fingerprint("a") == before != learner.fingerprint("b")
    learner.select("a")
    assert model_fingerprint(base.model) == before
    assert learner.fingerprint("unknown") == learner.fingerprint("b")
    assert learner.isolated("a")


def test_a_model_begun_anew_serves_every_task(base: Base, tmp_path: Path) -> None:
    learner = FullFineTuning(base, "anew")
    saved(learner, tmp_path, "a", "b")
    learner.select("a")
    assert learner.fingerprint("a") == learner.fingerprint("b") == model_fingerprint(base.model)
    assert not learner.isolated("a")


def test_a_model_that_was_altered_on_disk_is_another_function(base: Base, tmp_path: Path) -> None:
    learner = FullFineTuning(base, "own")
    folders = saved(learner, tmp_path, "a", "b")
    before = learner.fingerprint("a")
    learner.select("b")
    weights = safetensors.torch.load_file(folders["a"] / WEIGHTS)
    next(iter(weights.values())).add_(1.0)
    safetensors.torch.save_file(weights, folders["a"] / WEIGHTS)
    assert learner.fingerprint("a") != before


@pytest.mark.parametrize("course", ["own", "anew", "on"])
def test_models_are_taken_up_and_go_on(base: Base, tmp_path: Path, course: Course) -> None:
    learner = FullFineTuning(base, course)
    folders = saved(learner, tmp_path, "a", "b")
    tasks = ("a", "b", "unknown")
    before = [learner.fingerprint(task) for task in tasks]
    train(learner, "c")
    after = model_fingerprint(base.model)
    learner.close()
    again = FullFineTuning(base, course)
    again.load(folders)
    assert [again.fingerprint(task) for task in tasks] == before
    train(again, "c")
    assert model_fingerprint(base.model) == after


@pytest.mark.parametrize(("course", "kept"), [("own", [1, 1]), ("anew", [1, 0]), ("on", [1, 0])])
def test_what_must_be_kept(base: Base, tmp_path: Path, course: Course, kept: list[int]) -> None:
    learner = FullFineTuning(base, course)
    folders = list(saved(learner, tmp_path, "a", "b").values())
    size = (folders[0] / WEIGHTS).stat().st_size
    assert [learner.added_bytes(folders[:1]), learner.added_bytes(folders)] == [size * number for number in kept]


@pytest.mark.parametrize("course", ["own", "on", "anew"])
def test_asking_for_the_function_of_a_task_that_begins_leaves_it_as_it_begins(
    base: Base, tmp_path: Path, course: Course
) -> None:
    learner = FullFineTuning(base, course)
    saved(learner, tmp_path, "a")
    learner.begin("b", seed=1)
    before = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
    learner.fingerprint("b")
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.model.state_dict().items())
    learner.close()


def test_a_model_trained_elsewhere_is_taken_over_bit_for_bit(base: Base, tmp_path: Path) -> None:
    other = FullFineTuning(base)
    folders = saved(other, tmp_path, "a")
    wanted = other.fingerprint("a")
    other.close()
    learner = FullFineTuning(base)
    learner.begin("a", seed=1)
    learner.take_over("a", folders["a"])
    assert learner.fingerprint("a") == wanted
    learner.close()
