from pathlib import Path

import pytest

from graftwork.components.attach import Grafts
from graftwork.components.lora import LoRAConfig
from graftwork.continual.learners.pinned import PinnedAdapters
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base


@pytest.fixture
def folders(base: Base, tmp_path: Path) -> dict[str, Path]:
    """Two adapters that share their only component, which went on between the two savings."""
    grafts = Grafts(base)
    for task in ("a", "b"):
        grafts.add(task, {"lora": LoRAConfig(rank=2)}, shared={"lora": "lora"})
        for parameter in grafts.parameters_of(task):
            parameter.data.add_(0.1)
        grafts.save(task, tmp_path / task)
    grafts.detach()
    return {task: tmp_path / task for task in ("a", "b")}


def test_each_version_is_a_copy_of_its_own(base: Base, folders: dict[str, Path]) -> None:
    pinned = PinnedAdapters(base, folders)
    assert pinned.fingerprint("a") != pinned.fingerprint("b")
    pinned.close()


def test_closing_gives_the_base_back(base: Base, folders: dict[str, Path]) -> None:
    pinned = PinnedAdapters(base, folders)
    pinned.select("a")
    pinned.close()
    assert model_fingerprint(base.model) == base.fingerprint
    assert not any(module._forward_hooks for module in base.model.modules())


def test_a_damaged_version_is_refused(base: Base, folders: dict[str, Path]) -> None:
    weights = folders["a"] / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        PinnedAdapters(base, folders)
