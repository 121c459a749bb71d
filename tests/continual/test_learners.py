"""What the two kinds of learner promise, on a tiny real base."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch
from torch import nn

from graftwork.components import ExtraLayerConfig, LoRAConfig
from graftwork.continual.learner import Learner
from graftwork.continual.methods.adapters import AdapterLearner
from graftwork.continual.methods.sequential import FullFineTuning
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

PARTS = {"lora": LoRAConfig(rank=2), "layer": ExtraLayerConfig()}


def learner(kind: str, base: Base) -> Learner:
    if kind == "sequential":
        return FullFineTuning(base)
    return AdapterLearner(base, PARTS, ["layer"] if kind == "shared" else [])


def nudge(parameters: Mapping[str, Sequence[nn.Parameter]]) -> None:
    """Stands for training: every parameter moves."""
    with torch.no_grad():
        for part in parameters.values():
            for parameter in part:
                parameter.add_(0.01)


def teach(one: Learner, task: str, folder: Path) -> str:
    nudge(one.begin(task, seed=1))
    one.save(task, folder / task)
    return one.fingerprint(task)


KINDS = pytest.mark.parametrize("kind", ["isolated", "shared", "sequential"])


@KINDS
def test_closing_gives_the_base_back(kind: str, base: Base, tmp_path: Path) -> None:
    before = model_fingerprint(base.model)
    one = learner(kind, base)
    teach(one, "a", tmp_path)
    one.close()
    assert model_fingerprint(base.model) == before
    assert not any(module._forward_hooks for module in base.model.modules())


@KINDS
def test_what_is_said_of_isolation_is_so(kind: str, base: Base, tmp_path: Path) -> None:
    one = learner(kind, base)
    first = teach(one, "a", tmp_path)
    teach(one, "b", tmp_path)
    assert (one.fingerprint("a") == first) == one.isolated("a")


@KINDS
def test_sizes_are_the_numbers_of_parameters_trained(kind: str, base: Base) -> None:
    one = learner(kind, base)
    sizes = dict(one.sizes())
    trained = one.begin("a", seed=1)
    assert sizes == {name: sum(p.numel() for p in part) for name, part in trained.items()}


@KINDS
def test_a_run_can_be_taken_up(kind: str, base: Base, tmp_path: Path) -> None:
    one = learner(kind, base)
    for task in ("a", "b"):
        teach(one, task, tmp_path)
    expected = {task: one.fingerprint(task) for task in ("a", "b", "c")}
    one.close()
    other = learner(kind, base)
    other.load({task: tmp_path / task for task in ("a", "b")})
    assert {task: other.fingerprint(task) for task in ("a", "b", "c")} == expected


@pytest.mark.parametrize("kind", ["isolated", "shared"])
def test_a_task_that_nothing_was_trained_for_is_served_by_the_latest(kind: str, base: Base, tmp_path: Path) -> None:
    one = learner(kind, base)
    assert one.fingerprint("c") == base.fingerprint
    teach(one, "a", tmp_path)
    assert one.fingerprint("c") == one.fingerprint("a")


def test_adapter_dropout_acts_in_training_alone(base: Base) -> None:
    one = AdapterLearner(base, {"lora": LoRAConfig(rank=2, dropout=0.5)})
    with one.training():
        assert one._grafts.training
    assert not one._grafts.training


def test_damaged_weights_are_refused(base: Base, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(InputError, match="not the weights that were saved"):
        FullFineTuning(base).load({"a": tmp_path})
