"""PEFT's configuration, read and written."""

import pytest

from graftwork.components.lora import LoRAConfig
from graftwork.components.peft import from_peft, to_peft
from graftwork.errors import InputError

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


def test_what_peft_writes_is_read() -> None:
    assert from_peft(FROM_PEFT_021, "f") == LoRAConfig(rank=4, alpha=8, dropout=0.1, targets=("q", "wo"))


@pytest.mark.parametrize(
    "config", [LoRAConfig(), LoRAConfig(rank=3, alpha=4.5, dropout=0.1), LoRAConfig(targets="all-linear")]
)
def test_what_we_write_is_read_equal(config: LoRAConfig) -> None:
    assert from_peft(to_peft(config, "base"), "f") == config


def test_we_write_only_keys_that_peft_knows_and_values_of_its_types() -> None:
    written = to_peft(LoRAConfig(rank=4, alpha=8, dropout=0.1, targets=("wo", "q")), "tiny")
    assert set(written) <= set(FROM_PEFT_021)
    for key, value in written.items():
        assert type(value) is type(FROM_PEFT_021[key])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("use_dora", True),
        ("use_rslora", True),
        ("bias", "all"),
        ("rank_pattern", {"q": 8}),
        ("modules_to_save", ["lm_head"]),
        ("init_lora_weights", "pissa"),
        ("some_later_option", 1),
    ],
)
def test_what_is_not_supported_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(InputError, match=f"PEFT's {key} = "):
        from_peft(FROM_PEFT_021 | {key: value}, "f")


def test_other_types_of_adapter_are_refused() -> None:
    with pytest.raises(InputError, match="of type 'IA3'; of PEFT's types LORA works"):
        from_peft({"peft_type": "IA3"}, "f")


def test_a_pattern_of_targets_is_refused() -> None:
    with pytest.raises(InputError, match="as a pattern"):
        from_peft(FROM_PEFT_021 | {"target_modules": ".*q"}, "f")


def test_a_wrong_value_is_refused() -> None:
    with pytest.raises(InputError, match="f: rank"):
        from_peft(FROM_PEFT_021 | {"r": 0}, "f")
