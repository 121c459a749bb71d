from pathlib import Path

import pytest

from graftwork.components import ComponentConfig, ExtraLayerConfig, FFNExpansionConfig, Grafts
from graftwork.components.lora import LoRAConfig
from graftwork.models.load import load_base
from tests.cli.conftest import Call, Ended

PROMPT = "Generate python: Keep the even numbers."


@pytest.fixture
def merge(call: Call, material: Path, tmp_path: Path) -> Call:
    """Runs ``graftwork merge`` on an adapter of some components for the tiny base, into ``merged``."""

    def merge(**components: ComponentConfig) -> Ended:
        grafts = Grafts(load_base(str(material / "base")))
        grafts.add("a", components)
        for number, parameter in enumerate(grafts.parameters()):
            parameter.data += 0.1 * (-1) ** number
        grafts.save("a", tmp_path / "adapter")
        options = ("--base", material / "base", "--adapter", tmp_path / "adapter", "--out", tmp_path / "merged")
        return call("merge", *options)

    return merge


def test_a_merged_model_writes_what_base_and_adapter_do(
    call: Call, merge: Call, material: Path, tmp_path: Path
) -> None:
    ended = merge(lora=LoRAConfig(rank=4), ffn=FFNExpansionConfig(width=8))
    assert (ended.code, ended.out, ended.err) == (0, f"written to {tmp_path / 'merged'}\n", "")
    options = (PROMPT, "--max-new-tokens", "5")
    together = call("generate", "--base", material / "base", "--adapter", tmp_path / "adapter", *options)
    assert call("generate", "--base", tmp_path / "merged", *options) == together
    assert call("generate", "--base", material / "base", *options) != together


def test_what_cannot_be_merged_is_one_line(merge: Call, tmp_path: Path) -> None:
    ended = merge(layer=ExtraLayerConfig())
    assert ended.code == 2
    assert ended.line().startswith("component layer: extra-layer cannot be merged: new blocks make the model deeper")
    assert not (tmp_path / "merged").exists()


def test_a_missing_adapter_is_one_line(call: Call, material: Path, tmp_path: Path) -> None:
    ended = call("merge", "--base", material / "base", "--adapter", tmp_path / "nope", "--out", tmp_path / "merged")
    assert (ended.code, ended.line()) == (2, f"adapter {tmp_path / 'nope'}: no such folder")


def test_a_folder_that_holds_something_is_one_line(merge: Call, tmp_path: Path) -> None:
    merge(lora=LoRAConfig(rank=4))
    again = merge(lora=LoRAConfig(rank=4))
    assert (again.code, again.line()) == (2, f"{tmp_path / 'merged'}: is there already; give a new folder")
