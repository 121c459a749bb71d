"""Merging: folders that plain Transformers loads."""

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from graftwork.components import ComponentConfig, FFNExpansionConfig, Grafts, HeadExpansionConfig
from graftwork.components.merge import merge
from graftwork.errors import InputError, NoSpaceError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base, load_base
from graftwork.models.tiny import tiny_base

from .support import batch_for, generate, logits, lora

PARTS: dict[str, ComponentConfig] = {"lora": lora(targets="all-linear"), "ffn": FFNExpansionConfig(width=8)}


def save(base: Base, folder: Path, **components: ComponentConfig) -> Grafts:
    """Write an adapter, as if trained; return the grafts that have it, in use."""
    grafts = Grafts(base)
    grafts.add("a", components or PARTS)
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.08 * torch.randn(parameter.shape, generator=random)
    grafts.save("a", folder)
    grafts.use("a")
    return grafts


def load_plainly(folder: Path, encoder_decoder: bool) -> PreTrainedModel:
    """What a user without this package does."""
    logging.disable_progress_bar()
    model = (AutoModelForSeq2SeqLM if encoder_decoder else AutoModelForCausalLM).from_pretrained(folder)
    logging.enable_progress_bar()
    return model


@pytest.mark.parametrize("family", ["t5", "t5-gated", "llama", "qwen2", "gpt2"])
def test_plain_transformers_loads_what_was_merged(family: str, tmp_path: Path) -> None:
    base = tiny_base(family=family)
    grafts = save(base, tmp_path / "adapter")
    merge(tiny_base(family=family), tmp_path / "adapter", tmp_path / "merged")
    model = load_plainly(tmp_path / "merged", bool(base.model.config.is_encoder_decoder))
    batch = batch_for(base.model)
    assert type(model) is type(base.model)
    torch.testing.assert_close(logits(Grafts(model), batch), logits(grafts, batch), rtol=0, atol=1e-5)
    assert generate(Grafts(model), batch) == generate(grafts, batch)


def test_the_tokenizer_comes_along(base: Base, tmp_path: Path) -> None:
    save(base, tmp_path / "adapter")
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    text = "def add(a, b):\n    return a + b"
    assert AutoTokenizer.from_pretrained(tmp_path / "merged")(text).input_ids == base.tokenizer(text).input_ids


def test_the_model_is_returned_and_a_base_again(base: Base, tmp_path: Path) -> None:
    save(base, tmp_path / "adapter")
    model = merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert load_base(str(tmp_path / "merged")).fingerprint == model_fingerprint(model)


def test_an_adapter_of_pefts_merges(base: Base, tmp_path: Path) -> None:
    grafts = save(base, tmp_path / "adapter", low=lora())
    # Without our record, as PEFT writes it.
    weights = tmp_path / "adapter" / "adapter_model.safetensors"
    data = weights.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]
    text = json.dumps(header).encode()
    weights.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    expected = logits(grafts, batch_for(base.model))
    model = merge(tiny_base(), tmp_path / "adapter", tmp_path / "merged")
    torch.testing.assert_close(logits(Grafts(model), batch_for(base.model)), expected, rtol=0, atol=1e-5)


def test_the_card_says_what_was_merged(base: Base, tmp_path: Path) -> None:
    grafts = save(base, tmp_path / "adapter")
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    card = (tmp_path / "merged" / "README.md").read_text()
    for text in ("base_model: tiny", "| lora | lora |", "| ffn | ffn-expansion | 2,048 |", "AutoModelForSeq2SeqLM"):
        assert text in card
    assert base.fingerprint in card
    assert grafts.fingerprint("a") in card


def test_the_base_is_given_back(tmp_path: Path) -> None:
    save(tiny_base(), tmp_path / "adapter")
    base = tiny_base()
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert model_fingerprint(base.model) == base.fingerprint
    assert all(parameter.requires_grad for parameter in base.model.parameters())
    assert not any(module._forward_hooks for module in base.model.modules())


def test_an_empty_folder_is_used(base: Base, tmp_path: Path) -> None:
    save(base, tmp_path / "adapter")
    (tmp_path / "merged").mkdir()
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert (tmp_path / "merged" / "config.json").is_file()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_is_written_over(base: Base, tmp_path: Path, kind: str) -> None:
    save(base, tmp_path / "adapter")
    out = tmp_path / "adapter" / ("README.md" if kind == "file" else "")
    before = {path: path.read_bytes() for path in (tmp_path / "adapter").iterdir()}
    with pytest.raises(InputError, match="is there already; give a new folder"):
        merge(base, tmp_path / "adapter", out)
    assert {path: path.read_bytes() for path in (tmp_path / "adapter").iterdir()} == before


def test_what_cannot_be_merged_leaves_nothing_and_the_base_as_it_was(tmp_path: Path) -> None:
    save(tiny_base(), tmp_path / "adapter", heads=HeadExpansionConfig(heads=2))
    base = tiny_base()
    with pytest.raises(InputError, match="component heads: head-expansion cannot be merged"):
        merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]
    assert not any(module._forward_hooks for module in base.model.modules())


def test_a_place_that_cannot_be_written_is_said(base: Base, tmp_path: Path) -> None:
    save(base, tmp_path / "adapter")
    (tmp_path / "file").touch()
    with pytest.raises(NoSpaceError, match="cannot be written"):
        merge(base, tmp_path / "adapter", tmp_path / "file" / "merged")


def test_a_full_disk_is_said_and_leaves_no_half_model(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(base, tmp_path / "adapter")

    def full(*arguments: object, **keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(base.tokenizer), "save_pretrained", full)
    with pytest.raises(NoSpaceError, match="No space left on device.*; free some space"):
        merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]
