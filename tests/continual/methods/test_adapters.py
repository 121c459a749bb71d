from pathlib import Path

import pytest
import torch

from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.continual.methods.adapters import AdapterLearner
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

PARTS: dict[str, ComponentConfig] = {"lora": LoRAConfig(rank=2, dropout=0.5), "layer": ExtraLayerConfig()}


@pytest.fixture
def learner(base: Base) -> AdapterLearner:
    return AdapterLearner(base, PARTS)


@pytest.fixture
def sharing(base: Base) -> AdapterLearner:
    return AdapterLearner(base, PARTS, shared=("layer",))


def train(learner: AdapterLearner, task: str) -> None:
    """Change what training the task would change."""
    for part in learner.begin(task, seed=ord(task)).values():
        for parameter in part:
            parameter.data.add_(0.1)


def save_all(learner: AdapterLearner, folder: Path, *tasks: str) -> dict[str, Path]:
    """Train tasks one after another, and save each when it is trained."""
    for task in tasks:
        train(learner, task)
        learner.save(task, folder / task)
    return {task: folder / task for task in tasks}


def logits(base: Base) -> torch.Tensor:
    with torch.no_grad():
        return base.model(input_ids=torch.arange(5, 25)[None], labels=torch.arange(30, 40)[None]).logits


def test_a_task_begins_as_the_base(base: Base, learner: AdapterLearner) -> None:
    before = logits(base)
    learner.begin("a", seed=0)
    assert torch.equal(logits(base), before)


def test_what_is_trained_is_told_by_kind(base: Base, learner: AdapterLearner) -> None:
    parameters = learner.begin("a", seed=0)
    assert {kind: sum(one.numel() for one in part) for kind, part in parameters.items()} == learner.sizes()
    assert parameters.keys() == {"lora", "extra-layer"}
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_the_same_seed_begins_with_the_same_weights(base: Base) -> None:
    fingerprints = []
    for seed in (3, 3, 4):
        learner = AdapterLearner(base, PARTS)
        learner.begin("a", seed)
        fingerprints.append(learner.fingerprint("a"))
        learner.close()
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_a_task_that_nothing_was_trained_for_is_served_by_the_latest(learner: AdapterLearner) -> None:
    train(learner, "a")
    train(learner, "b")
    assert learner.fingerprint("c") == learner.fingerprint("b") != learner.fingerprint("a")


def test_before_anything_is_trained_the_base_serves(base: Base, learner: AdapterLearner) -> None:
    assert learner.fingerprint("a") == base.fingerprint


def test_a_task_is_served_by_its_own_adapter(base: Base, learner: AdapterLearner) -> None:
    train(learner, "a")
    before = logits(base)
    train(learner, "b")
    learner.select("a")
    assert torch.equal(logits(base), before)


def test_nothing_shared_means_isolated(learner: AdapterLearner, sharing: AdapterLearner) -> None:
    assert learner.isolated("a")
    assert not sharing.isolated("a")


def test_later_tasks_go_on_training_what_is_shared(sharing: AdapterLearner) -> None:
    train(sharing, "a")
    before = sharing.fingerprint("a")
    train(sharing, "b")
    assert sharing.fingerprint("a") != before


@pytest.mark.parametrize("shared", [(), ("layer",), ("lora", "layer")])
def test_taking_up_gives_the_same_functions_in_the_same_order(
    base: Base, tmp_path: Path, shared: tuple[str, ...]
) -> None:
    learner = AdapterLearner(base, PARTS, shared)
    folders = save_all(learner, tmp_path, "a", "b", "c")
    before = [learner.fingerprint(task) for task in ("a", "b", "c", "unknown")]
    learner.close()
    again = AdapterLearner(base, PARTS, shared)
    again.load(folders)
    assert [again.fingerprint(task) for task in ("a", "b", "c", "unknown")] == before


def test_what_was_taken_up_goes_on_being_trained(base: Base, sharing: AdapterLearner, tmp_path: Path) -> None:
    folders = save_all(sharing, tmp_path, "a")
    train(sharing, "b")
    expected = sharing.fingerprint("a"), sharing.fingerprint("b")
    sharing.close()
    again = AdapterLearner(base, PARTS, shared=("layer",))
    again.load(folders)
    train(again, "b")
    assert (again.fingerprint("a"), again.fingerprint("b")) == expected


def test_an_adapter_of_another_base_is_refused(base: Base, learner: AdapterLearner, tmp_path: Path) -> None:
    folders = save_all(learner, tmp_path, "a")
    learner.close()
    next(base.model.parameters()).data.add_(1.0)
    changed = Base(base.model, base.tokenizer, "changed", model_fingerprint(base.model))
    with pytest.raises(InputError, match="made for another base"):
        AdapterLearner(changed, PARTS).load(folders)


def test_counting_sizes_leaves_nothing_behind(base: Base, sharing: AdapterLearner) -> None:
    sharing.sizes()
    assert sharing.fingerprint("a") == base.fingerprint
    train(sharing, "a")
    assert sum(sharing.sizes().values()) == sum(part.numel() for part in sharing._grafts.parameters())


def test_closing_gives_the_base_back(base: Base, learner: AdapterLearner) -> None:
    before = logits(base)
    train(learner, "a")
    assert not torch.equal(logits(base), before)
    learner.close()
    assert torch.equal(logits(base), before)
    assert model_fingerprint(base.model) == base.fingerprint
    assert all(parameter.requires_grad for parameter in base.model.parameters())


def test_dropout_acts_while_training_and_at_no_other_time(base: Base, learner: AdapterLearner) -> None:
    train(learner, "a")
    with learner.training():
        assert not torch.equal(logits(base), logits(base))
    assert torch.equal(logits(base), logits(base))


def test_dropout_ends_when_training_breaks_off(base: Base, learner: AdapterLearner) -> None:
    train(learner, "a")
    with pytest.raises(RuntimeError), learner.training():
        raise RuntimeError
    assert torch.equal(logits(base), logits(base))
