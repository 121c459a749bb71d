"""Adapters on disk: formats, damage, other bases."""

import errno
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.peft import to_peft
from graftwork.errors import InputError, NoSpaceError
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base

from .support import Batch, disturb, logits, lora


@pytest.fixture
def grafts(base: Base) -> Grafts:
    """``lora``: one LoRA alone; ``both``: LoRA and a layer."""
    grafts = Grafts(base)
    grafts.add("lora", {"low": lora()})
    grafts.add("both", {"lora": lora(into_extra_layers=True), "layer": ExtraLayerConfig()})
    disturb(grafts)
    return grafts


@pytest.fixture(params=["lora", "both"])
def folder(grafts: Grafts, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    grafts.save(request.param, tmp_path / "adapter")
    return tmp_path / "adapter"


def refused(grafts: Grafts, folder: Path) -> str:
    names = grafts.names
    with pytest.raises(InputError) as error:
        grafts.load(folder, "again")
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)
    assert grafts.names == names
    return str(error.value)


def rewrite(folder: Path, *, drop: int = 0, **extra: torch.Tensor) -> None:
    """Write the weights anew without the record of what they were, as a foreign tool would."""
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    kept = dict(sorted(tensors.items())[drop:])
    save_file(kept | extra, path)
    config = json.loads((folder / "adapter_config.json").read_text())
    if "weights_sha256" in config:
        (folder / "adapter_config.json").write_text(json.dumps(config | {"weights_sha256": None, "sha256": None}))


def test_a_lora_alone_is_in_pefts_format(grafts: Grafts, tmp_path: Path) -> None:
    grafts.save("lora", tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text()) == to_peft(
        lora(), "tiny", encoder_decoder=True, transposed=False
    )
    names = load_file(tmp_path / "adapter_model.safetensors")
    assert "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight" in names
    assert names["base_model.model.decoder.block.1.layer.2.DenseReluDense.wo.lora_B.weight"].shape == (32, 4)


def test_our_own_format_names_version_and_kinds(grafts: Grafts, base: Base, tmp_path: Path) -> None:
    grafts.save("both", tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["graftwork_version"]
    assert [one["kind"] for one in config["components"].values()] == ["lora", "extra-layer"]
    assert config["base_fingerprint"] == base.fingerprint
    assert "lora.layer/0.layer.1.DenseReluDense.wo.lora_A.weight" in load_file(tmp_path / "adapter_model.safetensors")


def test_name_and_components_come_back(grafts: Grafts, folder: Path, base: Base) -> None:
    grafts.detach()
    again = Grafts(base)
    name = again.load(folder)
    assert name in ("lora", "both")
    assert list(again.components_of(name)) == {"lora": ["low"], "both": ["lora", "layer"]}[name]


def test_saving_over_an_adapter_replaces_it(grafts: Grafts, folder: Path) -> None:
    name = grafts.load(folder, "again")
    disturb(grafts)
    grafts.save(name, folder)
    assert grafts.fingerprint(grafts.load(folder, "third")) == grafts.fingerprint("again")


def test_a_lora_of_pefts_own_loads(grafts: Grafts, base: Base, batch: Batch, tmp_path: Path) -> None:
    grafts.save("lora", tmp_path / "from-peft")
    rewrite(tmp_path / "from-peft")
    with safe_open(tmp_path / "from-peft" / "adapter_model.safetensors", "pt") as file:
        assert not file.metadata()
    name = grafts.load(tmp_path / "from-peft")
    assert name == "from-peft"
    with grafts.using("lora"):
        before = logits(grafts, batch)
    with grafts.using(name):
        assert torch.equal(logits(grafts, batch), before)


def test_an_adapter_for_another_base_is_refused_and_both_named(folder: Path, base: Base) -> None:
    other = tiny_base(seed=1)
    message = refused(Grafts(other), folder)
    assert base.fingerprint in message
    assert other.fingerprint in message


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_file_is_refused(grafts: Grafts, folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert "no such file" in refused(grafts, folder)


def test_weights_in_a_pickle_are_refused_with_the_reason(grafts: Grafts, folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    assert "adapter_model.bin is a pickle that can run code" in refused(grafts, folder)


def test_a_changed_order_of_a_pattern_is_refused(base: Base, tmp_path: Path) -> None:
    grafts = Grafts(base)
    grafts.add("lora", {"low": lora(alpha_pattern={"q": 3, "SelfAttention.q": 4})})
    grafts.save("lora", tmp_path)
    path = tmp_path / "adapter_config.json"
    config = json.loads(path.read_text())
    config["alpha_pattern"] = dict(reversed(config["alpha_pattern"].items()))
    path.write_text(json.dumps(config))
    assert "says otherwise" in refused(grafts, tmp_path)


def test_a_missing_folder_is_refused(grafts: Grafts, tmp_path: Path) -> None:
    assert "no such folder" in refused(grafts, tmp_path / "nothing")


@pytest.mark.parametrize("keep", [0, 4, 200, -1])
def test_truncated_weights_are_refused(grafts: Grafts, folder: Path, keep: int) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert "not a whole safetensors file" in refused(grafts, folder)


def test_a_flipped_bit_in_the_weights_is_refused(grafts: Grafts, folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "not those that were saved" in refused(grafts, folder)


def test_a_missing_tensor_is_refused(grafts: Grafts, folder: Path) -> None:
    rewrite(folder, drop=1)
    assert "is missing" in refused(grafts, folder)


def test_a_tensor_too_many_is_refused(grafts: Grafts, folder: Path) -> None:
    rewrite(folder, more=torch.ones(1))
    assert "has no place in the adapter" in refused(grafts, folder)


def test_a_tensor_of_another_shape_is_refused(grafts: Grafts, folder: Path) -> None:
    name = sorted(load_file(folder / "adapter_model.safetensors"))[0]
    rewrite(folder, **{name: torch.ones(2, 2)})
    assert "has the shape [2, 2], not " in refused(grafts, folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"graftwork_version": "1", "nmae": "x"}'])
def test_a_damaged_configuration_is_refused(grafts: Grafts, folder: Path, content: str) -> None:
    (folder / "adapter_config.json").write_text(content)
    refused(grafts, folder)


def test_a_changed_peft_configuration_is_refused(grafts: Grafts, tmp_path: Path) -> None:
    grafts.save("lora", tmp_path)
    changed = to_peft(lora(alpha=9), "tiny", encoder_decoder=True, transposed=False)
    (tmp_path / "adapter_config.json").write_text(json.dumps(changed))
    assert "says otherwise" in refused(grafts, tmp_path)


def test_a_damaged_record_in_the_header_is_refused(grafts: Grafts, tmp_path: Path) -> None:
    grafts.save("lora", tmp_path)
    path = tmp_path / "adapter_model.safetensors"
    save_file(load_file(path), path, metadata={"graftwork": "{"})
    assert "header is damaged" in refused(grafts, tmp_path)


def test_an_unusable_name_on_disk_is_refused(grafts: Grafts, base: Base, tmp_path: Path) -> None:
    grafts.save("both", tmp_path)
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "../../up", "sha256": None}))
    with pytest.raises(InputError, match="is no name"):
        grafts.load(tmp_path)


def test_a_full_disk_is_said_and_leaves_no_half_adapter(
    grafts: Grafts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("graftwork.files.os.replace", full)
    with pytest.raises(NoSpaceError, match="No space left"):
        grafts.save("both", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["lora", "both"])
def test_a_changed_word_in_what_is_said_of_an_adapter_is_refused(name: str, grafts: Grafts, tmp_path: Path) -> None:
    grafts.save(name, tmp_path)
    path = tmp_path / "adapter_config.json"
    key = "base" if name == "both" else "base_model_name_or_path"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: "another"}))
    assert "what is said of the adapter is not what was saved" in refused(grafts, tmp_path)
