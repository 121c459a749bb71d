from pathlib import Path

import pytest
import torch

from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.continual.learner import Course
from graftwork.continual.learners.adapters import AdapterLearner
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
        for parameter in part.values():
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
    assert {kind: sum(one.numel() for one in part.values()) for kind, part in parameters.items()} == learner.sizes()
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


# One for all tasks, or a fresh one that serves all


@pytest.fixture
def going_on(base: Base) -> AdapterLearner:
    return AdapterLearner(base, PARTS, course="on")


@pytest.fixture
def anew(base: Base) -> AdapterLearner:
    return AdapterLearner(base, PARTS, course="anew")


def test_one_for_all_begins_where_the_task_before_left_off(base: Base, going_on: AdapterLearner) -> None:
    train(going_on, "a")
    before = logits(base)
    going_on.begin("b", seed=1)
    assert torch.equal(logits(base), before)


def test_one_for_all_is_trained_under_the_same_names(going_on: AdapterLearner) -> None:
    first, second = (going_on.begin(task, seed=0) for task in ("a", "b"))
    assert {kind: part.keys() for kind, part in first.items()} == {kind: part.keys() for kind, part in second.items()}
    assert all(first[kind][name] is second[kind][name] for kind in first for name in first[kind])


def test_a_fresh_one_begins_as_the_base(base: Base, anew: AdapterLearner) -> None:
    before = logits(base)
    train(anew, "a")
    anew.begin("b", seed=1)
    assert torch.equal(logits(base), before)


@pytest.mark.parametrize("name", ["going_on", "anew"])
def test_the_latest_serves_every_task(request: pytest.FixtureRequest, name: str) -> None:
    learner: AdapterLearner = request.getfixturevalue(name)
    train(learner, "a")
    before = learner.fingerprint("a")
    train(learner, "b")
    assert learner.fingerprint("a") == learner.fingerprint("b") == learner.fingerprint("c") != before
    assert not learner.isolated("a")


@pytest.mark.parametrize("name", ["going_on", "anew"])
def test_no_more_is_in_memory_than_what_serves(request: pytest.FixtureRequest, name: str) -> None:
    learner: AdapterLearner = request.getfixturevalue(name)
    for task in ("a", "b", "c"):
        train(learner, task)
    assert sum(part.numel() for part in learner._grafts.parameters()) == sum(learner.sizes().values())


@pytest.mark.parametrize("course", ["on", "anew"])
def test_what_serves_all_is_taken_up_and_goes_on(base: Base, tmp_path: Path, course: Course) -> None:
    learner = AdapterLearner(base, PARTS, course=course)
    folders = save_all(learner, tmp_path, "a", "b")
    before = learner.fingerprint("a")
    train(learner, "c")
    expected = learner.fingerprint("a")
    learner.close()
    again = AdapterLearner(base, PARTS, course=course)
    again.load(folders)
    assert again.fingerprint("a") == again.fingerprint("b") == before
    train(again, "c")
    assert again.fingerprint("a") == expected


# Pinned versions


def test_pinned_versions_are_the_functions_of_the_time(base: Base, sharing: AdapterLearner, tmp_path: Path) -> None:
    folders, functions = {}, {}
    for task in ("a", "b"):
        folders |= save_all(sharing, tmp_path, task)
        functions[task] = (sharing.fingerprint(task), logits(base))
    pinned = sharing.pinned(folders)
    assert pinned is not None
    for task, (fingerprint, outputs) in functions.items():
        pinned.select(task)
        assert pinned.fingerprint(task) == fingerprint
        assert torch.equal(logits(base), outputs)
        assert pinned.isolated(task)
    assert sharing.fingerprint("a") != functions["a"][0]


def test_a_task_without_a_version_is_served_by_the_latest_one(
    base: Base, sharing: AdapterLearner, tmp_path: Path
) -> None:
    pinned = sharing.pinned(save_all(sharing, tmp_path, "a", "b"))
    assert pinned is not None
    assert pinned.fingerprint("c") == pinned.fingerprint("b") != pinned.fingerprint("a")


def test_closing_pinned_versions_leaves_the_learner_as_it_was(
    base: Base, sharing: AdapterLearner, tmp_path: Path
) -> None:
    folders = save_all(sharing, tmp_path, "a", "b")
    before = logits(base)
    pinned = sharing.pinned(folders)
    assert pinned is not None
    pinned.select("a")
    pinned.close()
    sharing.select("b")
    assert torch.equal(logits(base), before)
    sharing.close()
    assert model_fingerprint(base.model) == base.fingerprint
    assert not any(module._forward_hooks for module in base.model.modules())


def test_where_nothing_is_shared_there_are_no_versions(
    learner: AdapterLearner, going_on: AdapterLearner, tmp_path: Path
) -> None:
    assert learner.pinned(save_all(learner, tmp_path / "own", "a")) is None
    assert going_on.pinned(save_all(going_on, tmp_path / "on", "a")) is None


# What must be kept


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_every_adapter_of_a_task_must_be_kept(learner: AdapterLearner, tmp_path: Path) -> None:
    folders = list(save_all(learner, tmp_path, "a", "b").values())
    assert [learner.added_bytes(folders[:1]), learner.added_bytes(folders)] == [bytes_of(one) for one in folders]


def test_what_is_shared_must_be_kept_once(sharing: AdapterLearner, tmp_path: Path) -> None:
    folders = list(save_all(sharing, tmp_path, "a", "b").values())
    layer = 4 * sharing.sizes()["extra-layer"]
    assert sharing.added_bytes(folders[:1]) == bytes_of(folders[0])
    assert sharing.added_bytes(folders) == bytes_of(folders[1]) - layer


@pytest.mark.parametrize("name", ["going_on", "anew"])
def test_one_that_serves_all_takes_the_place_of_the_one_before(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    learner: AdapterLearner = request.getfixturevalue(name)
    folders = list(save_all(learner, tmp_path, "a", "b").values())
    assert [learner.added_bytes(folders[:1]), learner.added_bytes(folders)] == [bytes_of(folders[0]), 0]


@pytest.mark.parametrize("shared", [(), ("layer",)])
def test_an_adapter_trained_elsewhere_is_taken_over_bit_for_bit(
    base: Base, tmp_path: Path, shared: tuple[str, ...]
) -> None:
    other = AdapterLearner(base, PARTS, shared)
    folders = save_all(other, tmp_path, "a")
    wanted = other.fingerprint("a")
    other.close()
    learner = AdapterLearner(base, PARTS, shared)
    learner.begin("a", seed=1)
    learner.take_over("a", folders["a"])
    assert learner.fingerprint("a") == wanted
    learner.close()


def test_an_adapter_of_other_parts_is_not_taken_over(base: Base, tmp_path: Path) -> None:
    other = AdapterLearner(base, {"lora": LoRAConfig(rank=3)})
    folders = save_all(other, tmp_path, "a")
    other.close()
    learner = AdapterLearner(base, {"lora": LoRAConfig(rank=2)})
    learner.begin("a", seed=1)
    with pytest.raises(InputError, match="has the shape"):
        learner.take_over("a", folders["a"])
    learner.close()
