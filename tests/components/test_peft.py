"""PEFT's format, read and written; with the real library in both directions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.lora import LoRAConfig
from graftwork.components.peft import from_peft, modules_of, to_peft
from graftwork.errors import InputError
from graftwork.models.tiny import tiny_model

from .support import disturb, lora

# PEFT asks Transformers for something by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

# As PEFT 0.21.2 writes it for LoraConfig(r=4, lora_alpha=8, lora_dropout=0.1, target_modules=["wo", "q"]).
FROM_PEFT_021 = {
    "alora_invocation_tokens": None,
    "alpha_pattern": {},
    "arrow_config": None,
    "auto_mapping": None,
    "base_model_name_or_path": "tiny",
    "bias": "none",
    "corda_config": None,
    "ensure_weight_tying": False,
    "eva_config": None,
    "exclude_modules": None,
    "fan_in_fan_out": False,
    "inference_mode": True,
    "init_lora_weights": True,
    "kasa_config": None,
    "layer_replication": None,
    "layers_pattern": None,
    "layers_to_transform": None,
    "loftq_config": {},
    "lora_alpha": 8,
    "lora_bias": False,
    "lora_dropout": 0.1,
    "lora_ga_config": None,
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "modules_to_save": None,
    "monteclora_config": None,
    "peft_type": "LORA",
    "peft_version": "0.21.2",
    "qalora_group_size": 16,
    "r": 4,
    "rank_pattern": {},
    "revision": None,
    "target_modules": ["wo", "q"],
    "target_parameters": None,
    "task_type": "SEQ_2_SEQ_LM",
    "trainable_token_indices": None,
    "use_bdlora": None,
    "use_dora": False,
    "use_qalora": False,
    "use_rslora": False,
    "velora_config": None,
}
MODULES = tuple(f"encoder.block.{n}.{end}" for n in (0, 1) for end in ("layer.0.SelfAttention.q", "layer.1.ff.wo"))
"""Linear layers that an adapter of the configuration above has weights for."""


def read(**changes: object) -> LoRAConfig:
    return from_peft(FROM_PEFT_021 | changes, MODULES, "f")


def write(config: LoRAConfig) -> dict[str, Any]:
    return to_peft(config, "tiny", encoder_decoder=True, transposed=False)


# The configuration alone


def test_what_peft_writes_is_read() -> None:
    assert read() == LoRAConfig(rank=4, alpha=8, dropout=0.1, targets=("q", "wo"))


@pytest.mark.parametrize(
    "config",
    [
        LoRAConfig(targets=("q", "wo")),
        LoRAConfig(rank=3, alpha=4.5, dropout=0.1, targets=("q",)),
        LoRAConfig(targets="all-linear", rank_stabilized=True),
        LoRAConfig(targets=("q", "wo"), rank_pattern={"wo": 3, "0.*q": 2}, alpha_pattern={"q": 4.5, "ff.wo": 2}),
    ],
)
def test_what_we_write_is_read_equal(config: LoRAConfig) -> None:
    again = from_peft(write(config), MODULES, "f")
    assert again.model_dump_json() == config.model_dump_json()  # as text, because the order of patterns counts


def test_we_write_only_keys_that_peft_knows_and_values_of_its_types() -> None:
    written = write(LoRAConfig(rank=4, alpha=8, dropout=0.1, targets=("wo", "q")))
    assert set(written) <= set(FROM_PEFT_021)
    for key, value in written.items():
        assert type(value) is type(FROM_PEFT_021[key])


def test_the_kind_of_base_is_written() -> None:
    written = to_peft(LoRAConfig(), "tiny", encoder_decoder=False, transposed=True)
    assert (written["task_type"], written["fan_in_fan_out"]) == ("CAUSAL_LM", True)


def test_absent_keys_have_pefts_defaults() -> None:
    config = from_peft({"peft_type": "LORA", "target_modules": ["q"]}, MODULES, "f")
    assert config == LoRAConfig(rank=8, alpha=8, targets=("q",))


@pytest.mark.parametrize(
    "narrowing",
    [
        {"target_modules": r".*\.1\..*q"},
        {"target_modules": ["q"], "layers_to_transform": [1, 7]},
        {"target_modules": ["q"], "layers_to_transform": 1, "layers_pattern": "block"},
        {"target_modules": ["q"], "layers_to_transform": [1], "layers_pattern": ["h", "block"]},
        {"exclude_modules": ["wo", "0.layer.0.SelfAttention.q"]},
        {"target_modules": "all-linear", "exclude_modules": r".*wo|.*\.0\.layer.*"},
    ],
)
def test_a_narrower_choice_is_read_as_paths(narrowing: dict[str, object]) -> None:
    assert read(**narrowing).targets == ("encoder.block.1.layer.0.SelfAttention.q",)


def test_layer_0_alone_is_not_taken_for_every_layer() -> None:
    targets = read(layers_to_transform=0).targets
    assert targets == ("encoder.block.0.layer.0.SelfAttention.q", "encoder.block.0.layer.1.ff.wo")


@pytest.mark.parametrize("start", [True, False, None, "gaussian", "eva", "orthogonal"])
def test_a_start_that_leaves_the_base_as_it_is_does_not_matter(start: object) -> None:
    assert read(init_lora_weights=start, eva_config={"rho": 2.0} if start == "eva" else None) == read()


def test_names_that_are_for_other_bases_are_left_out() -> None:
    config = read(target_modules=["q", "q_proj"], rank_pattern={"q": 2, "q_proj": 3}, alpha_pattern={"v": 3})
    assert (config.targets, config.rank_pattern, config.alpha_pattern) == (("q",), {"q": 2}, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alora_invocation_tokens", [1]),
        ("arrow_config", {"top_k": 3}),
        ("bias", "all"),
        ("bias", "lora_only"),
        ("init_lora_weights", "corda"),
        ("init_lora_weights", "loftq"),
        ("init_lora_weights", "lora_ga"),
        ("init_lora_weights", "mica"),
        ("init_lora_weights", "olora"),
        ("init_lora_weights", "pissa"),
        ("init_lora_weights", "pissa_niter_4"),
        ("kasa_config", {"beta": 1}),
        ("layer_replication", [[0, 1]]),
        ("lora_bias", True),
        ("megatron_config", {"a": 1}),
        ("modules_to_save", ["lm_head"]),
        ("monteclora_config", {"num_samples": 8}),
        ("some_later_option", 1),
        ("target_parameters", ["wo.weight"]),
        ("trainable_token_indices", [0]),
        ("use_bdlora", {"nblocks": 2}),
        ("use_dora", True),
        ("use_qalora", True),
        ("velora_config", {"rank": 1}),
    ],
)
def test_what_is_not_supported_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(InputError, match=f"^f: PEFT's {key} = .* is not supported; ") as error:
        read(**{key: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["ADALORA", "IA3", "LOHA", "OFT", "PREFIX_TUNING", "VERA"])
def test_other_types_of_adapter_are_refused(kind: str) -> None:
    with pytest.raises(InputError, match=f"of type '{kind}'; of PEFT's types LORA works"):
        from_peft({"peft_type": kind}, MODULES, "f")


def test_lora_on_embeddings_is_refused() -> None:
    with pytest.raises(InputError, match=r"^f: LoRA on embeddings \(shared\) is not supported"):
        modules_of(["base_model.model.shared.lora_embedding_A"], "f")


def test_modules_are_those_with_weights_of_lora() -> None:
    names = ("a.q.lora_A.weight", "a.q.lora_B.weight", "a.v.lora_A.weight", "a.v.lora_magnitude_vector")
    assert modules_of([f"base_model.model.{name}" for name in names], "f") == ("a.q", "a.v")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r": 0}, "f: rank"),
        ({"rank_pattern": {"q": 0}}, "f: rank_pattern.q"),
        ({"alpha_pattern": {"q": -1}}, "f: alpha_pattern.q"),
        ({"rank_pattern": ["q"]}, "f: PEFT's rank_pattern is no mapping"),
        ({"alpha_pattern": {"(": 1}}, "f: PEFT's alpha_pattern cannot be read"),
        ({"target_modules": "("}, "f: PEFT's choice of modules cannot be read"),
        ({"target_modules": 3}, "f: PEFT's choice of modules cannot be read"),
        ({"layers_to_transform": [1], "layers_pattern": "h"}, "f: it has no weights for any of PEFT's target_modules"),
        ({"target_modules": ["k"]}, "f: it has no weights for any of PEFT's target_modules"),
    ],
)
def test_a_wrong_value_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        read(**changes)
    assert str(error.value).startswith(message)


# With the library

FAMILIES = ("t5", "llama", "gpt2")
TARGETS = {"t5": ("q", "wo"), "llama": ("q_proj", "down_proj"), "gpt2": ("c_attn", "c_proj")}
# PEFT sorts the keys of patterns when it saves, whatever their order was, and the first that matches counts.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "all-linear": {"targets": "all-linear"},
    "rank-stabilized": {"rank": 3, "rank_stabilized": True},
    "patterns": {
        "rank_pattern": {r".*\.1\..*": 2, "wo|down_proj|mlp.c_proj": 6},
        "alpha_pattern": {r".*\.0\..*": 4.5, "q|q_proj|c_attn": 3},
        "rank_stabilized": True,
    },
}


def logits(model: Any) -> torch.Tensor:
    tokens = torch.randint(5, 200, (3, 6), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return model(input_ids=tokens, labels=tokens).logits


def config_of(family: str, settings: Mapping[str, Any]) -> LoRAConfig:
    return lora(**{"targets": TARGETS[family], **settings})


def made_by_peft(family: str, folder: Path, **settings: Any) -> torch.Tensor:
    """Save an adapter with PEFT, as if trained; return the logits with it."""
    torch.manual_seed(0)
    task = "SEQ_2_SEQ_LM" if family == "t5" else "CAUSAL_LM"
    settings = {"r": 4, "fan_in_fan_out": family == "gpt2", **settings}
    model = peft.get_peft_model(tiny_model(family), peft.LoraConfig(task_type=task, **settings)).eval()
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data += 0.2 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    return logits(model)


def assert_loads_here(model: PreTrainedModel, folder: Path, expected: torch.Tensor) -> LoRAConfig:
    grafts = Grafts(model)
    untouched = logits(model)
    name = grafts.load(folder)
    with grafts.using(name):
        torch.testing.assert_close(logits(model), expected, rtol=0, atol=1e-6)
    assert (expected - untouched).abs().max() > 0.1
    config = grafts.components_of(name)["lora"].config
    assert isinstance(config, LoRAConfig)
    return config


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_ours_loads_in_peft(family: str, settings: Mapping[str, Any], tmp_path: Path) -> None:
    grafts = Grafts(tiny_model(family))
    grafts.add("a", {"lora": config_of(family, settings)})
    disturb(grafts)
    grafts.save("a", tmp_path)
    with grafts.using("a"):
        expected = logits(grafts.model)
    model = peft.PeftModel.from_pretrained(tiny_model(family), tmp_path)
    assert type(model).__name__ == ("PeftModelForSeq2SeqLM" if family == "t5" else "PeftModelForCausalLM")
    torch.testing.assert_close(logits(model), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_pefts_loads_here(family: str, settings: Mapping[str, Any], tmp_path: Path) -> None:
    config = config_of(family, settings)
    expected = made_by_peft(
        family,
        tmp_path,
        r=config.rank,
        lora_alpha=config.alpha,
        target_modules=config.targets if isinstance(config.targets, str) else list(config.targets),
        use_rslora=config.rank_stabilized,
        rank_pattern=dict(config.rank_pattern),
        alpha_pattern=dict(config.alpha_pattern),
    )
    assert_loads_here(tiny_model(family), tmp_path, expected)


@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": r".*decoder.*\.(q|wo)"},
        {"target_modules": ["q", "wo"], "layers_to_transform": [1]},
        {"target_modules": ["q", "wo"], "layers_to_transform": 0, "layers_pattern": "block"},
        {"target_modules": ["q", "wo"], "exclude_modules": "encoder.*"},
        {"target_modules": "all-linear", "exclude_modules": ["v", "0.SelfAttention.o"]},
        {},
        {"target_modules": ["q"], "init_lora_weights": False},
        {"target_modules": ["q"], "init_lora_weights": "gaussian"},
        {"target_modules": ["q"], "init_lora_weights": "orthogonal"},
    ],
)
def test_pefts_loads_here_however_it_chose_and_began(settings: dict[str, Any], tmp_path: Path) -> None:
    assert_loads_here(tiny_model("t5"), tmp_path, made_by_peft("t5", tmp_path, **settings))


def test_what_peft_made_of_ours_comes_back(tmp_path: Path) -> None:
    grafts = Grafts(tiny_model("t5"))
    grafts.add("a", {"lora": config_of("t5", SETTINGS["patterns"])})
    disturb(grafts)
    grafts.save("a", tmp_path / "ours")
    peft.PeftModel.from_pretrained(tiny_model("t5"), tmp_path / "ours").save_pretrained(tmp_path / "pefts")
    with grafts.using("a"):
        config = assert_loads_here(tiny_model("t5"), tmp_path / "pefts", logits(grafts.model))
    assert config == config_of("t5", SETTINGS["patterns"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"use_dora": True}, "PEFT's use_dora = True is not supported"),
        ({"init_lora_weights": "pissa"}, "PEFT's init_lora_weights = 'pissa' is not supported"),
        ({"target_modules": ["q", "shared"]}, r"LoRA on embeddings \(shared\) is not supported"),
        ({"trainable_token_indices": [1]}, r"PEFT's trainable_token_indices = \[1\] is not supported"),
    ],
)
def test_what_peft_saves_and_we_cannot_hold_is_refused(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    made_by_peft("t5", tmp_path, **{"target_modules": ["q"], **settings})
    grafts = Grafts(tiny_model("t5"))
    with pytest.raises(InputError, match=message):
        grafts.load(tmp_path)
    assert grafts.names == ()


@pytest.mark.parametrize(
    "config", [peft.IA3Config(target_modules=["q"], feedforward_modules=[]), peft.LoHaConfig(target_modules=["q"])]
)
def test_other_types_that_peft_saves_are_refused(config: peft.PeftConfig, tmp_path: Path) -> None:
    peft.get_peft_model(tiny_model("t5"), config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=f"of type '{config.peft_type.value}'"):
        Grafts(tiny_model("t5")).load(tmp_path)


def test_the_stored_configuration_says_what_the_layers_are(tmp_path: Path) -> None:
    for family, expected in {"t5": False, "llama": False, "gpt2": True}.items():
        grafts = Grafts(tiny_model(family))
        grafts.add("a", {"lora": config_of(family, {})})
        grafts.save("a", tmp_path / family)
        stored = json.loads((tmp_path / family / "adapter_config.json").read_text())
        assert stored["fan_in_fan_out"] is expected
