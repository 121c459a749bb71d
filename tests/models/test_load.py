"""Loading bases: what works, and one line for what does not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import RobertaTokenizer

from graftwork.errors import InputError
from graftwork.models import load
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base, load_base, load_config
from graftwork.models.tiny import tiny_base

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of codet5-small's repository, but a tiny model in safetensors."""
    folder = tmp_path_factory.mktemp("codet5")
    base = tiny_base()
    transformers.utils.logging.disable_progress_bar()
    base.model.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(base.tokenizer.get_vocab()))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = SPECIAL | {"tokenizer_class": "RobertaTokenizer", "sep_token": "</s>", "cls_token": "<s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def refused(name: str | Path) -> str:
    with pytest.raises(InputError) as error:
        load_base(str(name))
    assert "\n" not in str(error.value)
    assert str(name) in str(error.value)
    return str(error.value)


def test_a_folder_in_codet5s_classes_loads_bit_equal(saved: Path, base: Base) -> None:
    loaded = load_base(str(saved))
    assert loaded.fingerprint == base.fingerprint == model_fingerprint(loaded.model)
    assert isinstance(loaded.tokenizer, RobertaTokenizer)
    assert loaded.tokenizer("def f(x):").input_ids == base.tokenizer("def f(x):").input_ids
    assert not loaded.model.training


def test_weights_stored_in_bfloat16_load_in_float32(folder: Path) -> None:
    weights = {name: tensor.bfloat16() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    change_config(folder, dtype="bfloat16")
    loaded = load_base(str(folder))
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}
    assert torch.equal(loaded.model.shared.weight, weights["shared.weight"].float())


def test_default_is_the_folder_in_the_package(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "DEFAULT_FOLDER", saved)
    assert load_base("default").name == "default"


def test_an_installation_without_a_base_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "DEFAULT_FOLDER", tmp_path / "none")
    assert "carries no base" in refused("default")


def test_codet5_smalls_configuration_needs_no_network() -> None:
    config = load_config("Salesforce/codet5-small")
    assert (config.num_layers, config.d_model, config.d_kv, config.num_heads) == (6, 512, 64, 8)
    assert (config.d_ff, config.vocab_size, config.tie_word_embeddings) == (2048, 32100, True)


def test_loading_is_quiet_and_leaves_transformers_settings(saved: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logging = transformers.utils.logging
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.enable_progress_bar()
    load_base(str(saved))
    assert logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (before[0], False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["/no/such", "./model", "a/b/c", "model"])
def test_a_missing_folder_is_refused(name: str) -> None:
    assert "no such folder" in refused(name)


def test_a_file_is_refused(saved: Path) -> None:
    assert "is a file" in refused(saved / "config.json")


def test_a_hub_name_that_cannot_be_fetched_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "cannot be loaded" in refused("nobody/nothing-of-that-name")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    assert "cannot be loaded" in refused(tmp_path)


def test_another_family_is_refused_and_the_families_named(folder: Path) -> None:
    change_config(folder, model_type="bloom")
    assert "a bloom model; the families that work are gpt2, gpt_bigcode, llama" in refused(folder)


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def truncated(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def deeper(folder: Path) -> None:
    change_config(folder, num_layers=3)


def wider(folder: Path) -> None:
    change_config(folder, d_ff=128)


def misspelt(folder: Path) -> None:
    change_config(folder, d_model="wide")


def torn(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def unnamed(folder: Path) -> None:
    for name in ("tokenizer_config.json", "vocab.json", "merges.txt"):
        (folder / name).unlink()


def without_vocabulary(folder: Path) -> None:
    (folder / "vocab.json").unlink()
    (folder / "merges.txt").unlink()


def larger_tokenizer(folder: Path) -> None:
    vocabulary = json.loads((folder / "vocab.json").read_text())
    (folder / "vocab.json").write_text(json.dumps(vocabulary | {"one more": len(vocabulary)}))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (pickled, "a pickle"),
        (without_weights, "holds no weights"),
        (truncated, "not whole"),
        (deeper, "no weights for encoder.block.2.layer.0.SelfAttention.k.weight and 7 more"),
        (wider, "weights of another shape for decoder.block.0.layer.2.DenseReluDense.wi.weight"),
        (misspelt, "d_model"),
        (torn, "JSON"),
        (unnamed, "no tokenizer"),
        (without_vocabulary, "no tokenizer"),
        (larger_tokenizer, "262 tokens and the model 261"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_damaged_folder_is_refused(folder: Path, damage: Callable[[Path], None], reason: str) -> None:
    damage(folder)
    assert reason in refused(folder)


def test_code_in_the_folder_is_not_run(folder: Path) -> None:
    (folder / "evil.py").write_text("raise SystemExit('run')\n")
    change_config(folder, auto_map={"AutoConfig": "evil.C", "AutoModelForSeq2SeqLM": "evil.M"})
    assert load_base(str(folder)).model.__class__.__name__ == "T5ForConditionalGeneration"


# Decoder-only bases

DECODER_ONLY = ("gpt2", "gpt_bigcode", "llama", "mistral", "qwen2", "qwen3")


def save(base: Base, folder: Path, **tokenizer: str | None) -> Path:
    """A folder as for codet5-small, but of another family; special tokens set to None are left out."""
    base.model.generation_config.pad_token_id = base.model.config.pad_token_id = None
    base.model.save_pretrained(folder)
    base.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "pad_token": "<pad>"}
    settings["unk_token"] = "<unk>"  # Qwen2's class would add one that the model does not know
    given = {key: value for key, value in (settings | tokenizer).items() if value is not None}
    (folder / "tokenizer_config.json").write_text(json.dumps(given))
    return folder


@pytest.mark.parametrize("family", DECODER_ONLY)
def test_decoder_only_families_load_bit_equal(family: str, tmp_path: Path) -> None:
    base = tiny_base(1, family)
    loaded = load_base(str(save(base, tmp_path)))
    assert loaded.fingerprint == base.fingerprint
    assert type(loaded.model) is type(base.model)
    assert not loaded.model.training
    assert loaded.tokenizer.pad_token == "<pad>"
    assert loaded.model.config.pad_token_id == loaded.model.generation_config.pad_token_id == 0


def test_a_decoder_only_base_without_a_padding_token_is_padded_with_its_end_token(tmp_path: Path) -> None:
    loaded = load_base(str(save(tiny_base(0, "llama"), tmp_path, pad_token=None)))
    assert loaded.tokenizer.pad_token == loaded.tokenizer.eos_token == "</s>"
    assert loaded.model.config.pad_token_id == loaded.model.generation_config.pad_token_id == 2


def test_a_decoder_only_base_without_an_end_token_is_refused(tmp_path: Path) -> None:
    save(tiny_base(0, "llama"), tmp_path, pad_token=None, eos_token=None)
    assert "neither a padding token nor an end token" in refused(tmp_path)


def test_a_decoder_only_base_that_was_not_saved_whole_is_refused(tmp_path: Path) -> None:
    save(tiny_base(0, "llama"), tmp_path)
    change_config(tmp_path, num_hidden_layers=3)
    assert "no weights for model.layers.2.input_layernorm.weight and 8 more" in refused(tmp_path)
