from pathlib import Path

import pytest
import torch

from graftwork.components.lora import LoRAConfig
from graftwork.continual.learners.stack import StackLearner
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

LORA = LoRAConfig(rank=2, dropout=0.5)


@pytest.fixture
def learner(base: Base) -> StackLearner:
    return StackLearner(base, "lora", LORA)


def train(learner: StackLearner, task: str) -> None:
    """Change what training the task would change."""
    for parameter in learner.begin(task, seed=ord(task))["lora"].values():
        parameter.data.add_(0.1)


def save_all(learner: StackLearner, folder: Path, *tasks: str) -> dict[str, Path]:
    for task in tasks:
        train(learner, task)
        learner.save(task, folder / task)
    return {task: folder / task for task in tasks}


def logits(base: Base) -> torch.Tensor:
    with torch.no_grad():
        return base.model(input_ids=torch.arange(5, 25)[None], labels=torch.arange(30, 40)[None]).logits


def test_a_new_layer_changes_nothing_at_the_start(base: Base, learner: StackLearner) -> None:
    train(learner, "a")
    before = logits(base)
    learner.begin("b", seed=1)
    assert torch.equal(logits(base), before)


def test_only_the_newest_layer_is_trained(learner: StackLearner) -> None:
    train(learner, "a")
    trained = learner.begin("b", seed=1)["lora"]
    assert {name.partition(".")[0] for name in trained} == {"lora-02"}
    assert sum(one.numel() for one in trained.values()) == learner.sizes()["lora"]
    able = {name for name, one in learner._grafts.tensors_of("b").items() if one.requires_grad}
    assert able == trained.keys()


def test_layers_are_drawn_by_the_seed_of_their_task(learner: StackLearner) -> None:
    first, second = (learner.begin(task, seed=seed)["lora"] for task, seed in (("a", 1), ("b", 2)))
    name = next(name for name in first if name.endswith("lora_A.weight"))
    assert not torch.equal(first[name], second[name.replace("lora-01", "lora-02")])


def test_the_sum_of_all_layers_serves(base: Base, learner: StackLearner) -> None:
    train(learner, "a")
    one = logits(base)
    train(learner, "b")
    two = logits(base)
    assert not torch.equal(one, two)
    for parameter in learner._grafts.components_of("b")["lora-02"].parameters():
        parameter.data.zero_()
    assert torch.equal(logits(base), one)


def test_every_task_is_served_by_the_latest_stack(learner: StackLearner) -> None:
    train(learner, "a")
    before = learner.fingerprint("a")
    train(learner, "b")
    assert learner.fingerprint("a") == learner.fingerprint("b") == learner.fingerprint("c") != before
    assert not learner.isolated("a")


def test_before_anything_is_trained_the_base_serves(base: Base, learner: StackLearner) -> None:
    assert learner.fingerprint("a") == base.fingerprint


def test_a_stack_of_many_tasks_is_taken_up_and_goes_on(base: Base, learner: StackLearner, tmp_path: Path) -> None:
    tasks = "abcdefghijk"
    folders = save_all(learner, tmp_path, *tasks)
    before = learner.fingerprint("a")
    train(learner, "z")
    expected = learner.fingerprint("a")
    learner.close()
    again = StackLearner(base, "lora", LORA)
    again.load(folders)
    assert again.fingerprint("a") == before
    train(again, "z")
    assert again.fingerprint("a") == expected


def test_only_the_newest_layer_drops_out(base: Base, learner: StackLearner) -> None:
    train(learner, "a")
    learner.begin("b", seed=1)  # still zero, so it cannot be what changes outputs
    with learner.training():
        assert torch.equal(logits(base), logits(base))
    train(learner, "c")
    with learner.training():
        assert not torch.equal(logits(base), logits(base))
    assert torch.equal(logits(base), logits(base))


def test_the_latest_stack_is_what_must_be_kept(learner: StackLearner, tmp_path: Path) -> None:
    folders = list(save_all(learner, tmp_path, "a", "b", "c").values())
    added = [learner.added_bytes(folders[:count]) for count in (1, 2, 3)]
    assert sum(added) == sum(path.stat().st_size for path in folders[-1].iterdir())
    assert all(more >= 4 * learner.sizes()["lora"] for more in added)


def test_closing_gives_the_base_back(base: Base, learner: StackLearner) -> None:
    learner.sizes()
    before = logits(base)
    train(learner, "a")
    train(learner, "b")
    learner.close()
    assert torch.equal(logits(base), before)
    assert model_fingerprint(base.model) == base.fingerprint
    assert not any(module._forward_hooks for module in base.model.modules())
    assert all(parameter.requires_grad for parameter in base.model.parameters())


def test_a_stack_trained_elsewhere_is_taken_over_bit_for_bit(base: Base, tmp_path: Path) -> None:
    other = StackLearner(base, "lora", LORA)
    folders = save_all(other, tmp_path, "a")
    wanted = other.fingerprint("a")
    other.close()
    learner = StackLearner(base, "lora", LORA)
    learner.begin("a", seed=1)
    learner.take_over("a", folders["a"])
    assert learner.fingerprint("a") == wanted
    learner.close()
